//! The page that a mail's link leads to, and one-click unsubscribing (RFC 8058).
//!
//! Opening the link changes nothing: mail programs and filters open links by themselves.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use super::super::preferences::{Link, OPTIONAL_KINDS};
use super::super::{store, templates};
use crate::context::Context;
use crate::problem::Problem;
use crate::request::Path;

/// No script, no other host; styles only of the page itself, into which nothing is put that people
/// wrote but their own address, escaped.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

pub fn routes() -> axum::Router<Context> {
    axum::Router::new().route("/mail-preferences/{token}", get(show).post(change))
}

async fn show(State(ctx): State<Context>, Path(token): Path<String>) -> Result<Response, Problem> {
    let link = read(&ctx, &token)?;
    page(&ctx, &link).await
}

/// `List-Unsubscribe=One-Click`, as mail programs send it, or the page's own button.
async fn change(
    State(ctx): State<Context>,
    Path(token): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let link = read(&ctx, &token)?;
    if body.as_ref() == b"mails=on" {
        store::opt_in(&ctx.db, &link.email, &link.kind).await?;
    } else {
        store::opt_out(&ctx.db, &link.email, &link.kind, ctx.clock.now()).await?;
    }
    page(&ctx, &link).await
}

fn read(ctx: &Context, token: &str) -> Result<Link, Problem> {
    Link::read(ctx, token)
        .filter(|link| OPTIONAL_KINDS.contains(&link.kind.as_str()))
        .ok_or_else(|| Problem::not_found("link"))
}

async fn page(ctx: &Context, link: &Link) -> Result<Response, Problem> {
    let is_off = store::is_opted_out(&ctx.db, &link.email, &link.kind).await?;
    let html = templates::render_preferences(ctx, link, is_off);
    let html = html.map_err(|error| Problem::internal(&error))?;
    let headers = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    Ok((headers, Html(html)).into_response())
}
