//! What happens around every request: its id, its log line, its metrics, its time limit, the
//! headers of its answer and the body of a problem.
//!
//! A log line and a metric name the matched route, never the path or the query: those hold ids,
//! references and mail addresses.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::{LazyLock, PoisonError, RwLock};
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use foldhash::HashMap;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use metrics::{Counter, Histogram};
use tower::{Layer, Service};
use tracing::{Instrument, Span};
use uuid::Uuid;

use crate::context::Context;
use crate::id::RequestId;
use crate::problem::{self, Code, Problem};

pub static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Limit: a longer id from outside is replaced.
const REQUEST_ID_MAX_BYTES: usize = 128;

/// Routes that are asked over and over: what goes well there is counted, and not logged; what their
/// work logs meanwhile stands outside of a request.
const ASKED_OFTEN: [&str; 4] = [
    "/healthz",
    "/readyz",
    "/metrics",
    "/v1/events/{event_id}/availability",
];

/// Headers that an answer has unless its handler chose otherwise.
static DEFAULT_HEADERS: LazyLock<HeaderMap> = LazyLock::new(|| {
    HeaderMap::from_iter([
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
             object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
            ),
        ),
    ])
});

/// Attends a request on its way in (id, span, time limit, panics) and its answer on the way back
/// (log line and metrics, a problem's body, headers).
///
/// One layer and not five, and written by hand: `axum::middleware::from_fn` copies what it wraps
/// for every request, with everything inside it.
#[derive(Clone)]
pub struct Attend(pub Context);

#[derive(Clone)]
pub struct Attended<S> {
    ctx: Context,
    inner: S,
}

impl<S> Layer<S> for Attend {
    type Service = Attended<S>;

    fn layer(&self, inner: S) -> Attended<S> {
        Attended {
            ctx: self.0.clone(),
            inner,
        }
    }
}

impl<S> Service<Request> for Attended<S>
where
    S: Service<Request, Error = Infallible>,
    S::Response: IntoResponse + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let id = sane_id(request.headers()).unwrap_or_else(|| made_id(&self.ctx));
        request.headers_mut().insert(REQUEST_ID.clone(), id.clone());
        let asked = Asked {
            method: known_method(request.method()),
            matched: request.extensions().get::<MatchedPath>().cloned(),
            id,
        };
        let span = if asked.is_often() {
            Span::none()
        } else {
            asked.span()
        };
        let answer = span.in_scope(|| self.inner.call(request));
        let answer = limit(self.ctx.config.request_timeout, answer);
        let observed = answer_observed(self.ctx.clone(), asked, answer).instrument(span);
        Box::pin(observed.map(Ok))
    }
}

/// What is known of a request when it comes.
struct Asked {
    method: &'static str,
    matched: Option<MatchedPath>,
    id: HeaderValue,
}

impl Asked {
    fn route(&self) -> &str {
        self.matched
            .as_ref()
            .map_or("unmatched", MatchedPath::as_str)
    }

    fn is_often(&self) -> bool {
        ASKED_OFTEN.contains(&self.route())
    }

    /// Of the highest level: the id is also in the lines of a log that shows only failures.
    fn span(&self) -> Span {
        let request_id = self.id.to_str().unwrap_or_default();
        let (method, route) = (self.method, self.route());
        tracing::error_span!("request", method, route = %route, request.id = %request_id)
    }

    /// The line of its answer.
    fn log(&self, status: u16, taken: Duration) {
        let duration_ms = u64::try_from(taken.as_millis()).unwrap_or(u64::MAX);
        if !self.is_often() {
            tracing::info!(status, duration_ms, "answered");
        } else if status >= 400 {
            let span = self.span();
            span.in_scope(|| tracing::info!(status, duration_ms, "answered"));
        }
    }
}

/// Gives an answer the body of its problem and the headers of every answer.
fn dress(response: Response, id: HeaderValue) -> Response {
    let mut response = problem::write_body(response, Some(&id));
    let headers = response.headers_mut();
    let chosen = std::mem::replace(headers, DEFAULT_HEADERS.clone());
    headers.extend(chosen);
    headers.insert(REQUEST_ID.clone(), id);
    response
}

fn sane_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let id = headers.get(&REQUEST_ID)?;
    let bytes = id.as_bytes();
    let is_sane =
        (1..=REQUEST_ID_MAX_BYTES).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    is_sane.then(|| id.clone())
}

fn made_id(ctx: &Context) -> HeaderValue {
    let id: RequestId = ctx.ids.next();
    let mut text = Uuid::encode_buffer();
    let text = id.0.as_hyphenated().encode_lower(&mut text);
    // A UUID is always a header value.
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("none"))
}

/// Logs and counts a request once, when its answer begins, and dresses it.
async fn answer_observed(
    ctx: Context,
    asked: Asked,
    answer: impl Future<Output = Response>,
) -> Response {
    let began = Instant::now();
    let response = answer.await;
    let taken = began.elapsed();
    let status = response.status().as_u16();
    asked.log(status, taken);
    let meters = ctx.memory::<Meters>();
    meters.count(asked.route(), asked.method, status, taken);
    dress(response, asked.id)
}

/// The metrics of each kind of answer that was given, by route: to find them anew by their labels
/// would cost more than to count.
#[derive(Default)]
struct Meters(RwLock<HashMap<String, Vec<Meter>>>);

struct Meter {
    method: &'static str,
    status: u16,
    count: Counter,
    duration: Histogram,
}

impl Meters {
    fn count(&self, route: &str, method: &'static str, status: u16, taken: Duration) {
        let is_of = |meter: &&Meter| meter.method == method && meter.status == status;
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(meter) = known.get(route).and_then(|all| all.iter().find(is_of)) {
            return meter.count(taken);
        }
        drop(known);
        let meter = Meter::of(route, method, status);
        meter.count(taken);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let meters = known.entry(route.to_owned()).or_default();
        if !meters.iter().any(|known| is_of(&known)) {
            meters.push(meter);
        }
    }
}

impl Meter {
    fn of(route: &str, method: &'static str, status: u16) -> Self {
        let labels = [
            ("method", method.to_owned()),
            ("route", route.to_owned()),
            ("status", status.to_string()),
        ];
        Self {
            method,
            status,
            count: metrics::counter!("http_requests_total", &labels),
            duration: metrics::histogram!("http_request_duration_seconds", &labels),
        }
    }

    fn count(&self, taken: Duration) {
        self.count.increment(1);
        self.duration.record(taken.as_secs_f64());
    }
}

/// Callers can invent methods; metrics keep every label they ever saw.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Answers 503 to a request that takes too long, and 500 to one that panics. What runs in a task of
/// its own goes on.
async fn limit<R: IntoResponse>(
    time: Duration,
    answer: impl Future<Output = Result<R, Infallible>>,
) -> Response {
    // What a panic leaves behind half done is behind locks that forgive it.
    let answer = AssertUnwindSafe(answer).catch_unwind();
    match tokio::time::timeout(time, answer).await {
        Ok(Ok(Ok(response))) => response.into_response(),
        Ok(Err(_)) => Problem::new(Code::Internal, "The failure has been logged.").into_response(),
        Err(_) => Problem::new(Code::Unavailable, "The request took too long; try again.")
            .retry_after(1)
            .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_meets_a_panic_is_answered() {
        let panics =
            async || -> Result<Response, Infallible> { std::panic::resume_unwind(Box::new(())) };

        let answer = limit(Duration::from_secs(60), panics()).await;

        assert_eq!(answer.status(), Code::Internal.status());
    }

    #[test]
    fn only_a_sane_request_id_is_taken_over() {
        for (id, is_taken) in [
            (&b"abc-123"[..], true),
            (&[b'x'; 128], true),
            (&[b'x'; 129], false),
            (b"", false),
            (b"two words", false),
            (b"tab\there", false),
            ("größe".as_bytes(), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(&REQUEST_ID, HeaderValue::from_bytes(id).unwrap());
            assert_eq!(sane_id(&headers).is_some(), is_taken, "{id:?}");
        }
    }
}
