//! Puts the service together: routes, middleware, jobs.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::HeaderValue;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa_axum::router::OpenApiRouter;

use crate::context::Context;
use crate::jobs::{Job, Progress};
use crate::problem::{self, Code, Problem};
use crate::{accounts, availability, board, bookings, contract, docs, events, holds, idempotency};

/// Every route of `/v1` with its part of the OpenAPI document. Each domain brings its own.
fn api() -> OpenApiRouter<Context> {
    OpenApiRouter::with_openapi(contract::preamble())
        .merge(accounts::routes())
        .merge(events::routes())
        .merge(board::routes())
        .merge(holds::routes())
        .merge(bookings::routes())
        .merge(availability::routes())
}

/// The background work. Each job is safe on several instances, and by the minute would do its work
/// even if every nudge were lost.
pub const JOBS: &[Job] = &[
    Job {
        name: events::BOARDS_NUDGE,
        schedule: "* * * * * *",
        step: |ctx| Box::pin(async move { Ok(board::keep_boards(&ctx).await?) }),
    },
    Job {
        name: "expire_due_holds",
        schedule: "* * * * * *",
        step: |ctx| Box::pin(async move { Ok(holds::expire_due_holds(&ctx).await?) }),
    },
    Job {
        name: "settle_confirming_holds",
        schedule: "* * * * * *",
        step: |ctx| Box::pin(async move { Ok(bookings::settle_confirming_holds(&ctx).await?) }),
    },
    Job {
        name: "cancel_bookings_of_cancelled_events",
        schedule: "*/5 * * * * *",
        step: |ctx| {
            Box::pin(async move { Ok(bookings::cancel_bookings_of_cancelled_events(&ctx).await?) })
        },
    },
    Job {
        name: "reconcile_boards",
        schedule: "0 * * * * *",
        step: |ctx| Box::pin(async move { Ok(board::reconcile_boards(&ctx).await?) }),
    },
    Job {
        name: "prune_idempotency_keys",
        schedule: "30 * * * * *",
        step: |ctx| Box::pin(async move { Ok(Progress::of(idempotency::prune(&ctx).await?)) }),
    },
    Job {
        name: "prune_outbox",
        schedule: "45 * * * * *",
        step: |ctx| Box::pin(async move { Ok(bookings::prune_outbox(&ctx).await?) }),
    },
];

/// Starts what works beside the routes: the committers of confirms.
pub fn start_committers(ctx: &Context) {
    for _ in 0..ctx.config.n_confirm_connections {
        ctx.tasks.spawn(bookings::commit_confirms(ctx.clone()));
    }
}

/// The HTTP contract, generated from the code.
pub fn openapi() -> utoipa::openapi::OpenApi {
    contract::complete(api().into_openapi())
}

pub fn router(ctx: &Context) -> Router {
    let (routes, _) = api().split_for_parts();
    let routes = routes.layer(from_fn_with_state(ctx.clone(), idempotency::replay));
    dress(ctx, routes.merge(docs::routes(&openapi())))
}

/// Puts on what every route wears: limits of size and time, and problems for whatever goes wrong.
pub fn dress(ctx: &Context, routes: Router<Context>) -> Router {
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

/// Writes the body of a problem, now that the request's id is known.
async fn write_problem(request: Request, next: Next) -> Response {
    let request_id = request.headers().get("x-request-id").cloned();
    problem::write_body(next.run(request).await, request_id.as_ref())
}
