//! Puts the service together: routes, middleware, jobs.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::context::Context;
use crate::events;
use crate::problem::{Code, Problem};
use crate::request::Json;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Holdfast",
        description = "Seat-level hold-and-confirm reservations.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(crate::problem::ProblemBody, crate::problem::FieldError))
)]
struct Contract;

/// Every route of `/v1` with its part of the OpenAPI document. Each domain brings its own.
fn api() -> OpenApiRouter<Context> {
    OpenApiRouter::with_openapi(Contract::openapi()).merge(events::routes())
}

/// The HTTP contract, generated from the code.
pub fn openapi() -> utoipa::openapi::OpenApi {
    api().into_openapi()
}

pub fn router(ctx: &Context) -> Router {
    let (routes, _) = api().split_for_parts();
    routes
        .fallback(async || Problem::not_found("route"))
        .method_not_allowed_fallback(async || {
            Problem::new(Code::MethodNotAllowed, "Another method may do: see /docs.")
        })
        .layer(DefaultBodyLimit::max(ctx.config.body_max_bytes))
        .layer(from_fn_with_state(ctx.clone(), limit_time))
        .layer(CatchPanicLayer::custom(|_| {
            Problem::new(Code::Internal, "The failure has been logged.").into_response()
        }))
        .layer(from_fn(write_problem))
        .layer(CompressionLayer::new())
        .layer(cors(ctx))
        .with_state(ctx.clone())
}

fn cors(ctx: &Context) -> CorsLayer {
    let origins = ctx
        .config
        .cors_origins
        .iter()
        .filter_map(|origin| origin.parse().ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.collect::<Vec<HeaderValue>>()))
        .allow_methods(tower_http::cors::AllowMethods::mirror_request())
        .allow_headers(tower_http::cors::AllowHeaders::mirror_request())
        .max_age(Duration::from_secs(3600))
}

/// Answers 503 to a request that takes too long. What runs in a task of its own goes on.
async fn limit_time(State(ctx): State<Context>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(ctx.config.request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(Code::Unavailable, "The request took too long; try again.")
            .retry_after(1)
            .into_response(),
    }
}

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Writes the body of a problem, now that the request's id is known.
async fn write_problem(request: Request, next: Next) -> Response {
    let request_id = request.headers().get(&REQUEST_ID).cloned();
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let id = request_id.as_ref().and_then(|id| id.to_str().ok());
        let (mut parts, _) = response.into_parts();
        let body = Json(problem.body(id)).into_response().into_body();
        let content_type = HeaderValue::from_static("application/problem+json");
        parts.headers.insert(header::CONTENT_TYPE, content_type);
        parts.headers.remove(header::CONTENT_LENGTH);
        if parts.status == StatusCode::UNAUTHORIZED {
            parts
                .headers
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        return Response::from_parts(parts, body);
    }
    response
}
