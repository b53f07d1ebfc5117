//! A server that webhooks are sent to, and that misbehaves when told to.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures::{StreamExt, stream};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How a request is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    Status(u16),
    /// With a header, such as `Retry-After` or `Location`.
    With(u16, &'static str, String),
    Hangs,
    /// Answers, with a body that does not end.
    NeverEnds(u16),
    DiesBeforeAnswer,
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Webhook {
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Webhook {
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).expect("the header");
        value.to_str().expect("text")
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn kind(&self) -> &str {
        self.body["type"].as_str().expect("a type")
    }

    /// Whether one of the signatures is the secret's, as the specification says to verify.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let key = secret.strip_prefix("whsec_").expect("a secret");
        let key = BASE64_STANDARD.decode(key).expect("base64");
        let signed = format!(
            "{}.{}.{}",
            self.id(),
            self.header("webhook-timestamp"),
            self.text
        );
        let mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
        let expected = mac.chain_update(signed).finalize().into_bytes();
        let expected = format!("v1,{}", BASE64_STANDARD.encode(expected));
        self.header("webhook-signature")
            .split(' ')
            .any(|it| it == expected)
    }
}

#[derive(Clone, Default)]
struct Kept {
    received: Arc<Mutex<Vec<Webhook>>>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
}

/// Stops when dropped.
pub struct WebhookReceiver {
    pub url: String,
    kept: Kept,
    serving: JoinHandle<()>,
}

impl WebhookReceiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let url = url_of("http", &listener);
        Self::start_on(listener, url)
    }

    /// By https, with that certificate.
    pub async fn start_secured(acceptor: TlsAcceptor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let url = url_of("https", &listener);
        Self::start_on(Secured(listener, acceptor), url)
    }

    fn start_on<L: Listener<Addr = SocketAddr>>(listener: L, url: String) -> Self {
        let kept = Kept::default();
        let routes = Router::new().fallback(take).with_state(kept.clone());
        #[expect(clippy::disallowed_methods, reason = "a test's own task")]
        let serving = tokio::spawn(async move {
            axum::serve(listener, routes).await.ok();
        });
        Self { url, kept, serving }
    }

    /// How the next requests are answered, one after the other; with 204 from then on.
    pub fn will(&self, replies: impl IntoIterator<Item = Reply>) {
        self.kept.replies.lock().expect("replies").extend(replies);
    }

    pub fn received(&self) -> Vec<Webhook> {
        self.kept.received.lock().expect("webhooks").clone()
    }

    pub fn kinds(&self) -> Vec<String> {
        self.received()
            .iter()
            .map(|it| it.kind().to_owned())
            .collect()
    }
}

fn url_of(scheme: &str, listener: &TcpListener) -> String {
    let address = listener.local_addr().expect("an address");
    format!("{scheme}://{address}/hook")
}

/// Takes connections that speak TLS; others are passed over.
struct Secured(TcpListener, TlsAcceptor);

impl Listener for Secured {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = self.0.accept().await.expect("a connection");
            if let Ok(stream) = self.1.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Drop for WebhookReceiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(State(kept): State<Kept>, headers: HeaderMap, body: Bytes) -> Response {
    let text = String::from_utf8(body.to_vec()).expect("UTF-8");
    let webhook = Webhook {
        headers,
        body: serde_json::from_str(&text).expect("JSON"),
        text,
    };
    kept.received.lock().expect("webhooks").push(webhook);
    let reply = kept.replies.lock().expect("replies").pop_front();
    let status = |code| StatusCode::from_u16(code).expect("a status");
    match reply.unwrap_or(Reply::Status(204)) {
        Reply::Status(code) => status(code).into_response(),
        Reply::With(code, name, value) => (status(code), [(name, value)]).into_response(),
        Reply::Hangs => {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            StatusCode::OK.into_response()
        }
        Reply::NeverEnds(code) => {
            let begin = stream::iter([Ok::<_, std::convert::Infallible>("begun")]);
            let body = Body::from_stream(begin.chain(stream::pending()));
            (status(code), body).into_response()
        }
        // Ends the connection's task, without a word on the console.
        Reply::DiesBeforeAnswer => std::panic::resume_unwind(Box::new(())),
    }
}
