//! The buyers' and the venue admins' pages: what Vite makes of `web/`, built into the program.
//!
//! A debug build reads them from `web/dist` at each request, so that a page can be changed without
//! building the service. Files come with their compressed forms; nothing is compressed here.

use std::borrow::Cow;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use rust_embed::{Embed, EmbeddedFile};

use crate::context::Context;
use crate::problem::Problem;
use crate::request::{self, Path};

#[derive(Embed)]
#[folder = "web/dist/"]
#[allow_missing = true]
struct Files;

/// No script but our own files, no style but files and what scripts set, no other host.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// The name of a file under `assets/` has a hash of its content.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const TO_BE_CHECKED: &str = "no-cache";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><title>Holdfast</title>\
    <h1>The pages have not been built</h1>\
    <p>The service runs without them; its interface is at <a href=\"/docs\">/docs</a>. To get the \
    pages, install Node.js (20.19, 22.12 or newer), then type <code>./run</code> again, or \
    <code>(cd web &amp;&amp; npm ci &amp;&amp; npm run build)</code> before building the \
    service.</p></html>";

/// The paths of `web/src/buyer` and `web/src/admin` are decided in the browser.
pub fn routes() -> Router<Context> {
    let mut routes = Router::new();
    for path in [
        "/",
        "/events",
        "/events/{event_id}",
        "/bookings",
        "/bookings/{booking_id}",
    ] {
        routes = routes.route(
            path,
            get(async |headers: HeaderMap| page(&headers, "index")),
        );
    }
    for path in ["/admin", "/admin/{*page}"] {
        routes = routes.route(
            path,
            get(async |headers: HeaderMap| page(&headers, "admin")),
        );
    }
    for path in ["/seat-map.js", "/icon.svg"] {
        let name = path.trim_start_matches('/');
        let file = async move |headers: HeaderMap| file(&headers, name, TO_BE_CHECKED);
        routes = routes.route(path, get(file));
    }
    routes.route("/assets/{*name}", get(asset))
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    file(&headers, &format!("assets/{name}"), IMMUTABLE)
}

fn page(headers: &HeaderMap, name: &str) -> Response {
    let name = format!("{name}.html");
    if Files::get(&name).is_none() {
        return (StatusCode::NOT_FOUND, Html(NOT_BUILT)).into_response();
    }
    let policy = [(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)];
    (policy, file(headers, &name, TO_BE_CHECKED)).into_response()
}

fn file(headers: &HeaderMap, name: &str, cache_control: &'static str) -> Response {
    let Some((encoding, file)) = best_form(headers, name) else {
        return Problem::not_found("page").into_response();
    };
    let etag = etag(&file);
    let kept = [
        (header::ETAG, etag.as_str()),
        (header::CACHE_CONTROL, cache_control),
        (header::VARY, "accept-encoding"),
    ];
    if request::is_known(headers, &etag) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    let content_type = [(header::CONTENT_TYPE, content_type(name))];
    let encoding = encoding.map(|encoding| [(header::CONTENT_ENCODING, encoding)]);
    (kept, content_type, encoding, bytes(file.data)).into_response()
}

/// The smallest form that the client takes.
fn best_form(headers: &HeaderMap, name: &str) -> Option<(Option<&'static str>, EmbeddedFile)> {
    let forms = [("br", "br"), ("gzip", "gz")].into_iter();
    let compressed = forms
        .filter(|(encoding, _)| request::accepts_encoding(headers, encoding))
        .find_map(|(encoding, end)| Some((Some(encoding), Files::get(&format!("{name}.{end}"))?)));
    compressed.or_else(|| Some((None, Files::get(name)?)))
}

fn etag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

fn bytes(data: Cow<'static, [u8]>) -> axum::body::Bytes {
    match data {
        Cow::Borrowed(bytes) => axum::body::Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_a_problem() {
        let answer = file(&HeaderMap::new(), "assets/none.js", IMMUTABLE);

        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    }
}
