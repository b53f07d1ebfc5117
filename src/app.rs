//! Puts the service together: routes, middleware, jobs.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};
use tower::layer::util::Identity;
use tower::util::{Either, option_layer};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa_axum::router::OpenApiRouter;

use crate::context::Context;
use crate::jobs::{self, Job, Progress};
use crate::middleware::{Attend, REQUEST_ID};
use crate::problem::{Code, Problem};
use crate::{accounts, audit, availability, board, bookings, contract, deliveries, docs, events};
use crate::{
    holds, idempotency, mails, notifications, operations, pages, sales, server, telemetry,
};
use crate::{venues, waitlist, webhooks};

/// Limit: connections that wait to be accepted. One more waits a second until its caller knocks
/// again, and when a sale opens thousands come at once. The system may allow fewer.
const WAITING_MAX: u32 = 4_096;

/// Limit: an answer below this fits into one packet as it is, and is not compressed.
const PACKET_BYTES: u64 = 1_400;

/// Every route of `/v1` with its part of the OpenAPI document. Each domain brings its own.
fn api() -> OpenApiRouter<Context> {
    OpenApiRouter::with_openapi(contract::preamble())
        .merge(accounts::routes())
        .merge(venues::routes())
        .merge(events::routes())
        .merge(board::routes())
        .merge(holds::routes())
        .merge(bookings::routes())
        .merge(availability::routes())
        .merge(webhooks::routes())
        .merge(deliveries::routes())
        .merge(mails::routes())
        .merge(notifications::routes())
        .merge(sales::routes())
        .merge(waitlist::routes())
        .merge(operations::routes())
}

/// Answers that bring what compression they need: the common one costs 8 kB for each that has no
/// end, and time for each that has been compressed for all.
fn feeds() -> OpenApiRouter<Context> {
    availability::feeds()
}

/// The background work. Each job is safe on several instances, and by its schedule would do its
/// work even if every nudge were lost.
pub const JOBS: &[Job] = &[
    Job {
        name: "beat",
        schedule: "* * * * * *",
        step: |ctx| Box::pin(async move { Ok(board::beat(&ctx).await?) }),
    },
    Job {
        name: "follow_boards",
        schedule: "* * * * * *",
        step: |ctx| Box::pin(async move { Ok(board::follow_boards(&ctx).await?) }),
    },
    Job {
        name: "move_boards",
        schedule: "* * * * * *",
        step: |ctx| Box::pin(async move { Ok(board::move_boards(&ctx).await?) }),
    },
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
        name: holds::TELL_HOLDS,
        schedule: "* * * * * *",
        step: |ctx| Box::pin(async move { Ok(holds::tell_holds(&ctx).await?) }),
    },
    Job {
        name: "settle_confirming_holds",
        schedule: "* * * * * *",
        step: |ctx| Box::pin(async move { Ok(bookings::settle_confirming_holds(&ctx).await?) }),
    },
    Job {
        name: board::KEPT_NUDGE,
        schedule: "* * * * * *",
        step: |ctx| Box::pin(async move { Ok(waitlist::offer_kept_seats(&ctx).await?) }),
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
        name: "retire_boards",
        schedule: "20 * * * * *",
        step: |ctx| Box::pin(async move { Ok(board::retire_boards(&ctx).await?) }),
    },
    Job {
        name: "audit_in_background",
        schedule: "*/5 * * * * *",
        step: |ctx| Box::pin(async move { Ok(audit::audit_in_background(&ctx).await?) }),
    },
    Job {
        name: "prune_idempotency_keys",
        schedule: "30 * * * * *",
        step: |ctx| Box::pin(async move { Ok(Progress::of(idempotency::prune(&ctx).await?)) }),
    },
    Job {
        name: "tidy_metrics",
        schedule: "*/5 * * * * *",
        step: |_| {
            telemetry::tidy_metrics();
            Box::pin(std::future::ready(Ok(Progress::Idle)))
        },
    },
    Job {
        name: deliveries::DERIVE_DELIVERIES,
        schedule: "* * * * * *",
        step: |ctx| Box::pin(async move { Ok(deliveries::derive_deliveries(&ctx).await?) }),
    },
    Job {
        name: mails::SEND_MAILS,
        schedule: "* * * * * *",
        step: |ctx| Box::pin(async move { Ok(mails::send_mails(&ctx).await?) }),
    },
    Job {
        name: "remind_of_events",
        schedule: "15 * * * * *",
        step: |ctx| Box::pin(async move { Ok(mails::remind_of_events(&ctx).await?) }),
    },
    Job {
        name: webhooks::SEND_WEBHOOKS,
        schedule: "* * * * * *",
        step: |ctx| Box::pin(async move { Ok(webhooks::send_webhooks(&ctx).await?) }),
    },
    Job {
        name: "prune_deliveries",
        schedule: "45 * * * * *",
        step: |ctx| Box::pin(async move { Ok(deliveries::prune_deliveries(&ctx).await?) }),
    },
    Job {
        name: "prune_outbox",
        schedule: "50 7 * * * *",
        step: |ctx| Box::pin(async move { Ok(deliveries::prune_outbox(&ctx).await?) }),
    },
    Job {
        name: "prune_notifications",
        schedule: "50 37 * * * *",
        step: |ctx| Box::pin(async move { Ok(deliveries::prune_notifications(&ctx).await?) }),
    },
    Job {
        name: "prune_waitlist_log",
        schedule: "50 * * * * *",
        step: |ctx| Box::pin(async move { Ok(waitlist::prune_log(&ctx).await?) }),
    },
];

/// Starts what works beside the routes: the committers of confirms.
pub fn start_committers(ctx: &Context) {
    for nth in 0..ctx.config.n_confirm_connections as usize {
        let committer = ctx.clone();
        let commit = move || bookings::commit_confirms(committer.clone());
        ctx.tasks.spawn_servant(commit, ctx.lanes.handle(nth));
    }
}

/// The HTTP contract, generated from the code.
pub fn openapi() -> utoipa::openapi::OpenApi {
    contract::complete(api().merge(feeds()).into_openapi())
}

pub fn router(ctx: &Context) -> Router {
    let (routes, _) = api().split_for_parts();
    let routes = routes
        .layer(idempotency::replay_layer(ctx))
        .merge(docs::routes(openapi))
        .merge(pages::routes())
        .merge(mails::link_routes());
    let routes = if ctx.config.mail.is_shown {
        routes.merge(mails::shown_routes())
    } else {
        routes
    };
    let (feeds, _) = feeds().split_for_parts();
    let feeds = feeds
        .method_not_allowed_fallback(method_not_allowed)
        .layer(edge(ctx));
    dress(ctx, routes).merge(feeds.with_state(ctx.clone()))
}

/// Puts on what every route wears that is no feed.
pub fn dress(ctx: &Context, routes: Router<Context>) -> Router {
    let limit = DefaultBodyLimit::max(ctx.config.body_max_bytes);
    routes
        .fallback(async || Problem::not_found("route"))
        .method_not_allowed_fallback(method_not_allowed)
        .layer((edge(ctx), compression(), limit))
        .with_state(ctx.clone())
}

/// For lists and documents: for a hold a compressor costs more than the rest of the answer.
fn compression() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new().compress_when(DefaultPredicate::new().and(SizeAbove::new(PACKET_BYTES)))
}

async fn method_not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed, "Another method may do: see /docs.")
}

/// What a request meets first: the leave for other origins' pages to read the answer, whatever it
/// is. Applied together with all that is inside it: each call of `layer` boxes every route once
/// more, and each box is copied for each request.
fn edge(ctx: &Context) -> (Either<CorsLayer, Identity>, Attend) {
    (option_layer(cors(ctx)), Attend(ctx.clone()))
}

/// None where no other origin's pages may call: every request would copy its lists.
fn cors(ctx: &Context) -> Option<CorsLayer> {
    let origins = &ctx.config.cors_origins;
    if origins.is_empty() {
        return None;
    }
    let origins = origins.iter().filter_map(|origin| origin.parse().ok());
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.collect::<Vec<HeaderValue>>()))
        .allow_methods(tower_http::cors::AllowMethods::mirror_request())
        .allow_headers(tower_http::cors::AllowHeaders::mirror_request())
        .expose_headers([
            header::ETAG,
            header::RETRY_AFTER,
            REQUEST_ID.clone(),
            HeaderName::from_static("idempotency-replayed"),
        ])
        .max_age(Duration::from_secs(3600));
    Some(cors)
}

/// Once a start; again while PostgreSQL is away.
async fn load_built_in_venues(ctx: Context) {
    let stopping = ctx.tasks.stopping();
    while let Err(error) = venues::load_built_in(&ctx).await {
        tracing::warn!(cause = %error, "the built-in venues are not loaded");
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(Duration::from_secs(5)) => {}
        }
    }
}

/// Listens; says which setting to change when the port is taken.
pub fn listen(bind: SocketAddr) -> anyhow::Result<TcpListener> {
    let listen = || {
        let socket = match bind {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // As everybody does who listens: a start after a crash finds its port.
        socket.set_reuseaddr(true)?;
        socket.bind(bind)?;
        socket.listen(WAITING_MAX)
    };
    listen().with_context(|| format!("cannot listen on {bind} (HOLDFAST_BIND chooses another)"))
}

/// Serves until SIGTERM or SIGINT, then lets what runs finish. A second signal ends it at once.
pub async fn serve(ctx: &Context, listener: TcpListener) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    start_committers(ctx);
    mails::prepare(ctx);
    if !ctx.config.mail.is_sent() {
        tracing::warn!(
            "no mails are sent: set HOLDFAST_SMTP_URL, or HOLDFAST_MAIL_DIR to see them"
        );
    }
    ctx.tasks.spawn(load_built_in_venues(ctx.clone()));
    jobs::start(ctx, JOBS).await?;
    tokio::select! {
        () = server::accept(ctx, listener, router(ctx)) => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: running requests may finish");
    let is_stopped = tokio::select! {
        is_stopped = ctx.tasks.stop(ctx.config.shutdown_timeout) => is_stopped,
        _ = terminate.recv() => false,
        _ = interrupt.recv() => false,
    };
    if !is_stopped {
        tracing::warn!("stopped with requests or jobs still running");
    }
    ctx.lanes.end();
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn a_crowd_that_comes_at_once_is_not_sent_away() {
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();

        let knocks = (0..300).map(|_| TcpStream::connect(address));
        let crowd = futures::future::join_all(knocks);

        // Who is sent away knocks again after a second.
        let crowd = tokio::time::timeout(Duration::from_millis(900), crowd).await;
        assert!(crowd.unwrap().iter().all(Result::is_ok));
    }
}
