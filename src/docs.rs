//! `GET /openapi.json`, and `GET /docs`: the contract as a page that needs nothing from elsewhere.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::Config;

use crate::context::Context;
use crate::problem::Problem;
use crate::request::Path;

/// Swagger UI sets style attributes, so styles cannot be held to files; scripts are.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The document is made once for the process: tests start a service each.
pub fn routes(openapi: fn() -> OpenApi) -> Router<Context> {
    static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
    let document = DOCUMENT.get_or_init(|| Bytes::from(write(&openapi())));
    // The page otherwise asks validator.swagger.io whether the document is valid.
    let config = Config::from("/openapi.json")
        .validator_url("none")
        .try_it_out_enabled(true);
    let start = Arc::new(config);
    let files = start.clone();
    Router::new()
        .route("/docs", get(async || Redirect::permanent("/docs/")))
        .route("/docs/", get(async move || page(start, "index.html")))
        .route(
            "/docs/{*file}",
            get(async move |Path(file): Path<String>| page(files, &file)),
        )
        .route(
            "/openapi.json",
            get(async || {
                (
                    [(header::CONTENT_TYPE, "application/json")],
                    document.clone(),
                )
            }),
        )
        .layer(from_fn(harden))
}

/// The document as it is served and committed: indented, with a final newline.
pub fn write(openapi: &OpenApi) -> String {
    // A document made of maps with string keys and of plain values has a JSON form.
    let mut text = openapi.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn page(config: Arc<Config<'static>>, file: &str) -> Response {
    match utoipa_swagger_ui::serve(file, config) {
        Ok(Some(file)) => (
            [(header::CONTENT_TYPE, file.content_type)],
            file.bytes.into_owned(),
        )
            .into_response(),
        Ok(None) | Err(_) => Problem::not_found("page").into_response(),
    }
}

async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    );
    response
}
