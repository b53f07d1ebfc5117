//! The HTTP server: accepts connections, and lets running requests finish when told to stop.
//!
//! `axum::serve` gives a caller all the time in the world to send a request's head; here a slow
//! one is cut off.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::context::Context;

/// Limit: how long a caller may take to send the head of a request, or keep an idle connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// Limit: the size of a request's head.
const HEAD_MAX_BYTES: usize = 32 * 1024;
/// How long to wait when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `ctx.tasks` are told to stop; they also wait for the connections' ends.
pub async fn accept(ctx: &Context, listener: TcpListener, router: Router) {
    let stopping = ctx.tasks.stopping();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                ctx.tasks
                    .spawn(converse(ctx.clone(), stream, peer, router.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// One connection, from its first request to its last.
async fn converse(ctx: Context, stream: TcpStream, peer: SocketAddr, router: Router) {
    // Answers are small: waiting to fill a packet only delays them. A closed socket fails later.
    stream.set_nodelay(true).ok();
    let service = service_fn(move |request| answer(router.clone(), peer, request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_MAX_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let stopping = ctx.tasks.stopping();
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection broke");
    }
}

async fn answer(
    router: Router,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<axum::response::Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
}
