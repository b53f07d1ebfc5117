//! A request on a connection of its own, and as much of the answer as is worth reading.

use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http_body_util::{BodyExt, Full};
use hyper::Response;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{self, HeaderMap};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::time::{Instant as Moment, sleep_until, timeout_at};
use url::Url;

use super::connect::{connect, tls_config};
use crate::clock::{Instant, from_ms};
use crate::context::Context;

/// Limit: bytes of an answer's head, and of its body that are read.
const HEAD_MAX_BYTES: usize = 16 * 1024;
const BODY_MAX_BYTES: usize = 4 * 1024;

/// Limit: how long the body may take once the head is there: an attempt keeps its place meanwhile.
const BODY_MAX: Duration = Duration::from_secs(1);

/// Limit: the longest that an endpoint can ask us to wait.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3600);

pub struct Request<'a> {
    pub url: &'a Url,
    /// Of the webhook: id, time and signatures.
    pub headers: [(&'static str, String); 3],
    pub body: String,
    /// By the clock that decides when it is sent again.
    pub sent_at: Instant,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    /// The begin of it.
    pub body: String,
}

#[derive(Default)]
struct Tls(OnceLock<Result<Arc<ClientConfig>, String>>);

/// Sends the request; what went wrong is said in words.
pub async fn post(ctx: &Context, request: Request<'_>) -> Result<Answer, String> {
    let kept = ctx.memory::<Tls>();
    let made = kept
        .0
        .get_or_init(|| tls_config(ctx.config.webhooks.ca_file.as_deref()).map(Arc::new));
    let tls = made.as_ref().map_err(String::clone)?;
    // From resolving the host to the head of the answer.
    let timeout = ctx.config.webhooks.timeout;
    let deadline = Moment::now() + timeout;
    let sent_at = request.sent_at;
    let asking = ask(request, ctx.config.webhooks.allows_private, tls);
    let asked = timeout_at(deadline, asking).await;
    let late = |_| format!("no answer within {} s", timeout.as_secs());
    let (response, connection) = asked.map_err(late)??;
    let (head, body) = response.into_parts();
    Ok(Answer {
        status: head.status.as_u16(),
        retry_after: retry_after(&head.headers, sent_at),
        body: begin_of(body, connection, deadline.min(Moment::now() + BODY_MAX)).await,
    })
}

/// Moves the bytes, as long as it is polled; dropped, it leaves nothing behind.
type Connection = BoxFuture<'static, hyper::Result<()>>;

/// Sends the request and waits for the head of the answer.
async fn ask(
    request: Request<'_>,
    allows_private: bool,
    tls: &Arc<ClientConfig>,
) -> Result<(Response<Incoming>, Connection), String> {
    let stream = connect(request.url, allows_private, tls).await?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_MAX_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| in_words(&error))?;
    let mut connection = connection.fuse().boxed();
    let mut answering = pin!(sender.send_request(written(request)?));
    let answer = tokio::select! {
        biased;
        answer = &mut answering => answer,
        ended = &mut connection => match ended {
            Ok(()) => answering.await,
            Err(error) => Err(error),
        },
    };
    let response = answer.map_err(|error| in_words(&error))?;
    Ok((response, connection))
}

/// What there is of a body until it ends, is enough, or has taken too long: the head has said
/// already what has become of the request.
async fn begin_of(mut body: Incoming, mut connection: Connection, deadline: Moment) -> String {
    let mut read = Vec::new();
    while read.len() < BODY_MAX_BYTES {
        let frame = tokio::select! {
            biased;
            frame = body.frame() => frame,
            _ = &mut connection => continue,
            () = sleep_until(deadline) => None,
        };
        let Some(Ok(frame)) = frame else {
            break;
        };
        read.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
    }
    read.truncate(BODY_MAX_BYTES);
    String::from_utf8_lossy(&read).into_owned()
}

fn written(request: Request<'_>) -> Result<hyper::Request<Full<Bytes>>, String> {
    let url = request.url;
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let mut builder = hyper::Request::post(target)
        .header(header::HOST, host)
        .header(header::CONTENT_TYPE, "application/json")
        .header(
            header::USER_AGENT,
            concat!("Holdfast/", env!("CARGO_PKG_VERSION")),
        )
        .header(header::CONNECTION, "close");
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    let body = Full::new(Bytes::from(request.body));
    builder.body(body).map_err(|error| error.to_string())
}

/// Seconds or a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap, now: Instant) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = httpdate::parse_http_date(text).ok()?;
            let at = at.duration_since(std::time::UNIX_EPOCH).ok()?;
            let at = from_ms(i64::try_from(at.as_millis()).ok()?);
            (at - now).to_std().unwrap_or_default()
        }
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

fn in_words(error: &hyper::Error) -> String {
    use std::error::Error;
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_and_has_a_limit() {
        let now: Instant = "2026-12-01T12:00:00Z".parse().unwrap();
        let read = |text: &'static str| {
            let value = header::HeaderValue::from_static(text);
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, value)]);
            retry_after(&headers, now).map(|wait| wait.as_secs())
        };

        assert_eq!(read("120"), Some(120));
        assert_eq!(read("Tue, 01 Dec 2026 12:01:30 GMT"), Some(90));
        assert_eq!(read("Tue, 01 Dec 2026 11:00:00 GMT"), Some(0));
        assert_eq!(read("99999999"), Some(86_400));
        assert_eq!(read("-5"), None);
        assert_eq!(read("soon"), None);
    }
}
