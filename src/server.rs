//! The HTTP server: accepts connections, and lets running requests finish when told to stop.
//!
//! `axum::serve` gives a caller all the time in the world to send a request's head; here a slow
//! one is cut off.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;
use tower::ServiceExt;

use crate::context::Context;
use crate::lanes;

/// Limit: how long a caller may take to send the head of a request, or keep an idle connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// Limit: the size of a request's head.
const HEAD_MAX_BYTES: usize = 32 * 1024;
/// Limit: what the system takes from us and has not sent yet.
#[cfg(target_os = "linux")]
const UNSENT_MAX_BYTES: u32 = 64 * 1024;
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
                // Leaves the event loop that accepted it for the one that serves it.
                if let Ok(stream) = stream.into_std() {
                    begin(ctx, stream, peer, router.clone());
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves a connection on the lane that has the fewest, or here where there are no lanes.
fn begin(ctx: &Context, stream: std::net::TcpStream, peer: SocketAddr, router: Router) {
    let place = ctx.lanes.take_place();
    let lane = place.as_ref().map(|place| place.handle().clone());
    let service = ctx.clone();
    let conversation = async move {
        // A connection that cannot be served is broken already.
        if let Ok(stream) = TcpStream::from_std(stream) {
            converse(service, stream, peer, router).await;
        }
        drop(place);
    };
    match lane {
        Some(lane) => ctx.tasks.spawn_on(conversation, &lane),
        None => ctx.tasks.spawn(conversation),
    };
}

/// One connection, from its first request to its last.
async fn converse(ctx: Context, stream: TcpStream, peer: SocketAddr, router: Router) {
    // Answers are small: waiting to fill a packet only delays them. A closed socket fails later.
    stream.set_nodelay(true).ok();
    // Without it the system keeps megabytes for a caller who reads slowly; no more than that
    // depends on it.
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(&stream)
        .set_tcp_notsent_lowat(UNSENT_MAX_BYTES)
        .ok();
    let service = service_fn(move |request| answer(router.clone(), peer, request));
    let stream = Patient::new(stream, ctx.config.write_timeout);
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
    lanes::count_request();
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
}

/// A connection that breaks when the caller accepts nothing for too long (F33).
struct Patient {
    stream: TcpStream,
    patience: Duration,
    /// Runs while there is something to write and no room for it.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    fn new(stream: TcpStream, patience: Duration) -> Self {
        Self {
            stream,
            patience,
            waiting: None,
        }
    }

    fn watch<T>(
        &mut self,
        cx: &mut TaskContext<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let patience = self.patience;
        let waiting = self
            .waiting
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        match waiting.as_mut().poll(cx) {
            Poll::Ready(()) => {
                metrics::counter!("http_connections_stalled_total").increment(1);
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
