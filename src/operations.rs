//! For those who run the service: is it up, is it ready, what does it count, what does a code mean.

use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::Context;
use crate::problem::{Code, Problem, ProblemBody};
use crate::request::{Json, Path};
use crate::{board, postgres, redis, telemetry};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(get_health))
        .routes(routes!(get_readiness))
        .routes(routes!(get_metrics))
        .routes(routes!(get_problem))
}

#[derive(Serialize, utoipa::ToSchema)]
struct Health {
    #[schema(examples("up"))]
    status: &'static str,
}

/// Whether the process runs; says nothing about the stores.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "get_health",
    tag = "operations",
    responses((status = 200, description = "The process runs.", body = Health))
)]
async fn get_health() -> Json<Health> {
    Json(Health { status: "up" })
}

/// Whether the service can do its work: PostgreSQL and Redis answer, and every migration is
/// applied.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "get_readiness",
    tag = "operations",
    responses(
        (status = 200, description = "Everything is there.", body = Health),
        (
            status = 503,
            description = "Something is away: `failing` names `postgresql`, `redis`, `migrations`.",
            body = ProblemBody,
            content_type = "application/problem+json"
        ),
    )
)]
async fn get_readiness(State(ctx): State<Context>) -> Result<Json<Health>, Problem> {
    let (missing, pong) = tokio::join!(
        postgres::missing_migrations(&ctx.db),
        redis::ping(&ctx.redis)
    );
    let mut failing = Vec::new();
    match missing {
        Ok(0) => {}
        Ok(_) => failing.push("migrations"),
        Err(_) => failing.push("postgresql"),
    }
    // Sales go on without Redis once their boards are in PostgreSQL.
    if pong.is_err() && !board::is_any_fallen_back(&ctx) {
        failing.push("redis");
    }
    if failing.is_empty() {
        return Ok(Json(Health { status: "ready" }));
    }
    tracing::warn!(?failing, "not ready");
    let detail = format!("Not ready: {}.", failing.join(", "));
    Err(Problem::new(Code::Unavailable, detail)
        .retry_after(1)
        .with("failing", failing))
}

/// Counters and histograms in Prometheus' text format.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "get_metrics",
    tag = "operations",
    responses(
        (status = 200, description = "The process's metrics.", body = String,
         content_type = "text/plain")
    )
)]
async fn get_metrics() -> Response {
    let content_type = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], telemetry::metrics()).into_response()
}

/// What a problem's code means, for people: the page that a problem's `type` points to.
#[utoipa::path(
    get,
    path = "/problems/{code}",
    operation_id = "get_problem",
    tag = "operations",
    params(("code" = String, Path, description = "A problem's `code`.")),
    responses(
        (status = 200, description = "A page about the code.", body = String,
         content_type = "text/html"),
        (status = 404, description = "`not_found`: there is no such code.", body = ProblemBody,
         content_type = "application/problem+json"),
    )
)]
async fn get_problem(Path(code): Path<String>) -> Result<Html<String>, Problem> {
    let known = Code::ALL.iter().find(|known| known.as_str() == code);
    known
        .map(|code| Html(page(*code)))
        .ok_or_else(|| Problem::not_found("problem code"))
}

fn page(code: Code) -> String {
    let name = code.as_str();
    let title = code.title();
    let status = code.status();
    let advice = if code.is_retryable() {
        "The same request can succeed later. Wait as long as <code>Retry-After</code> says, or a \
         little longer each time."
    } else {
        "The same request will fail again: something in it, or what it is about, has to change."
    };
    format!(
        "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>{name} - Holdfast</title>
<style>
  body {{ font: 1rem/1.5 system-ui; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }}
</style>
<h1><code>{name}</code></h1>
<p>{title}.</p>
<p>HTTP status {status}. {advice}</p>
<p>An answer with this code says more in <code>detail</code> and in members of its own; quote its
<code>request_id</code> when you ask for help. <a href=\"/docs\">All answers of each call</a>.</p>
</html>
"
    )
}
