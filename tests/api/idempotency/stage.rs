//! A route that counts its runs and answers as its body asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use holdfast::context::Context;
use holdfast::problem::{Code, Problem};
use holdfast::{app, idempotency};
use reqwest::Method;
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::support::{Answer, Caller, TestApp, config, noon};

/// What the test sees and steers of the route.
#[derive(Default)]
pub struct Stage {
    n_runs: AtomicUsize,
    pub entered: Notify,
    pub may_answer: Notify,
}

impl Stage {
    pub fn n_runs(&self) -> usize {
        self.n_runs.load(Ordering::SeqCst)
    }
}

async fn perform(stage: Arc<Stage>, body: Bytes) -> Response {
    let n_runs = stage.n_runs.fetch_add(1, Ordering::SeqCst) + 1;
    let text = format!("run {n_runs}");
    match &*body {
        b"conflict" => Problem::new(Code::EmailTaken, text).into_response(),
        b"retryable conflict" => Problem::new(Code::SeatsUnavailable, text).into_response(),
        b"rate limit" => Problem::new(Code::RateLimited, text)
            .retry_after(1)
            .into_response(),
        b"failure" => Problem::new(Code::Internal, text).into_response(),
        b"panic" => panic!("{text}"),
        b"wait" => {
            stage.entered.notify_one();
            stage.may_answer.notified().await;
            text.into_response()
        }
        _ => (
            StatusCode::CREATED,
            [(header::LOCATION, "/v1/things/1")],
            text,
        )
            .into_response(),
    }
}

fn routes(ctx: &Context, stage: &Arc<Stage>) -> Router {
    let perform = || {
        let stage = stage.clone();
        post(async move |body: Bytes| perform(stage, body).await)
    };
    let routes = Router::new()
        .route("/v1/things", perform())
        .route("/v1/other-things", perform())
        .route("/v1/guests", perform())
        .layer(idempotency::replay_layer(ctx));
    app::dress(ctx, routes)
}

pub async fn start(db: &PgPool, settings: &[(&str, &str)]) -> (TestApp, Arc<Stage>) {
    let stage = Arc::new(Stage::default());
    let app = TestApp::start_serving(config(db, settings), noon(), |ctx| routes(ctx, &stage)).await;
    (app, stage)
}

pub async fn send(caller: &Caller, path: &str, key: &str, body: &str) -> Answer {
    let request = caller
        .request(Method::POST, path)
        .header("idempotency-key", key);
    caller.send(request.body(body.to_owned())).await
}
