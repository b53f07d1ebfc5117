//! The development page that shows the mails in the folder. It is there in `holdfast dev` only: it
//! asks nobody who they are.

use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use uuid::Uuid;

use super::super::folder::{self, Shown};
use super::super::templates;
use crate::context::Context;
use crate::problem::Problem;
use crate::request::Path;

const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A mail's own page: no script, no other host, and an origin of its own.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox";

pub fn routes() -> axum::Router<Context> {
    axum::Router::new()
        .route("/mails", get(list))
        .route("/mails/{name}", get(show))
        .route("/mails/{name}/page", get(page))
        .route("/mails/{name}/files/{n}", get(file))
}

async fn list(State(ctx): State<Context>) -> Result<Response, Problem> {
    let mails = match &ctx.config.mail.folder {
        Some(folder) => folder::list(folder).await,
        None => Ok(Vec::new()),
    };
    let mails = mails.map_err(|error| Problem::internal(&error))?;
    let html = templates::render_shown(&mails, None);
    answer(html.map_err(|error| Problem::internal(&error))?)
}

async fn show(State(ctx): State<Context>, Path(name): Path<Uuid>) -> Result<Response, Problem> {
    let mail = find(&ctx, name).await?;
    let html = templates::render_shown(&[], Some(&mail));
    answer(html.map_err(|error| Problem::internal(&error))?)
}

fn answer(html: String) -> Result<Response, Problem> {
    let policy = [(header::CONTENT_SECURITY_POLICY, PAGE_POLICY)];
    Ok((policy, Html(html)).into_response())
}

async fn page(State(ctx): State<Context>, Path(name): Path<Uuid>) -> Result<Response, Problem> {
    let mail = find(&ctx, name).await?;
    let policy = [(header::CONTENT_SECURITY_POLICY, MAIL_POLICY)];
    Ok((policy, Html(mail.html)).into_response())
}

async fn file(
    State(ctx): State<Context>,
    Path((name, n)): Path<(Uuid, usize)>,
) -> Result<Response, Problem> {
    let mut mail = find(&ctx, name).await?;
    if n >= mail.files.len() {
        return Err(Problem::not_found("file"));
    }
    let file = mail.files.swap_remove(n);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let file_name: String = file.name.chars().filter(|c| is_plain(*c)).collect();
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{file_name}\""),
        ),
    ];
    Ok((headers, file.bytes).into_response())
}

async fn find(ctx: &Context, name: Uuid) -> Result<Shown, Problem> {
    let found = match &ctx.config.mail.folder {
        Some(folder) => folder::read(folder, name).await,
        None => Ok(None),
    };
    let found = found.map_err(|error| Problem::internal(&error))?;
    found.ok_or_else(|| Problem::not_found("mail"))
}
