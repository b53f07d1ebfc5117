//! The layer in front of the routes: which requests are covered, and what of an answer is kept.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequestParts, MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::Route;
use axum::routing::future::RouteFuture;
use futures::FutureExt;
use futures::future::{BoxFuture, Either};
use sha2::{Digest, Sha256};
use tower::layer::layer_fn;
use tower::{Layer, Service};
use tracing::Instrument;

use super::store::{self, Answer, Begun, Slot};
use crate::auth::Caller;
use crate::clock::Instant;
use crate::context::Context;
use crate::limits::{self, Counted, Rule};
use crate::problem::{self, Code, Problem};
use crate::request::read_body;

/// Routes whose answers are never kept: the first three carry fresh tokens; placing a hold derives
/// the hold's id from the key, and so is idempotent by itself, also without PostgreSQL.
pub const ROUTES_WITHOUT_KEPT_ANSWERS: [&str; 4] = [
    "/v1/guests",
    "/v1/accounts",
    "/v1/sessions",
    "/v1/events/{event_id}/holds",
];

/// Routes that take a venue template, which may be larger than other bodies.
const TEMPLATE_ROUTES: &str = "/v1/venues";

/// Limit: characters of a key.
pub const KEY_CHARS_MAX: usize = 255;

/// What of an answer is kept beside status and body.
const KEPT_HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
static IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A layer for the routes of `/v1`. A request without a key costs nothing but a look.
pub fn replay_layer(ctx: &Context) -> impl Layer<Route, Service = Replayed> + Clone + use<> {
    let ctx = ctx.clone();
    layer_fn(move |route| Replayed {
        ctx: ctx.clone(),
        route,
    })
}

#[derive(Clone)]
pub struct Replayed {
    ctx: Context,
    route: Route,
}

impl Service<Request> for Replayed {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<RouteFuture<Infallible>, BoxFuture<'static, Result<Response, Infallible>>>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request>::poll_ready(&mut self.route, cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if request.method() != Method::POST || !request.headers().contains_key(&IDEMPOTENCY_KEY) {
            return Either::Left(self.route.call(request));
        }
        let replay = replay(self.ctx.clone(), request, self.route.clone());
        Either::Right(Box::pin(replay.map(|it| Ok(it.into_response()))))
    }
}

async fn replay(ctx: Context, request: Request, route: Route) -> Result<Response, Problem> {
    let key = read_key(request.headers())?;
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let path = matched.as_ref().map_or("", MatchedPath::as_str);
    let Some(key) = key.filter(|_| !ROUTES_WITHOUT_KEPT_ANSWERS.contains(&path)) else {
        return Ok(run(route, request).await);
    };
    let (mut parts, body) = request.into_parts();
    let caller = <Caller as FromRequestParts<Context>>::from_request_parts(&mut parts, &ctx).await;
    let mut request = Request::from_parts(parts, body);
    let Ok(caller) = caller else {
        return Ok(run(route, request).await);
    };
    limits::take(&ctx, Rule::HoldChanges, caller.caller_id).await?;
    request.extensions_mut().insert(Counted);
    if path.starts_with(TEMPLATE_ROUTES) {
        DefaultBodyLimit::max(ctx.config.template_max_bytes).apply(&mut request);
    }
    let (request, request_hash) = hash_request(&ctx, request).await?;
    let slot = Slot {
        caller_id: caller.caller_id,
        key,
        request_hash,
    };
    answer_once(ctx, slot, request, route).await
}

async fn run(mut route: Route, request: Request) -> Response {
    let Ok(response) = route.call(request).await;
    response
}

/// The caller's key, if there is one: 1 to 255 visible ASCII characters.
pub fn read_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(&IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let is_key = |bytes: &[u8]| {
        (1..=KEY_CHARS_MAX).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    };
    match value.to_str() {
        Ok(key) if is_key(key.as_bytes()) && values.next().is_none() => Ok(Some(key.to_owned())),
        _ => Err(Problem::new(
            Code::MalformedRequest,
            "Idempotency-Key must be one header of 1 to 255 visible ASCII characters.",
        )),
    }
}

/// Reads the body, hashes what makes two requests the same, and puts the body back.
async fn hash_request(ctx: &Context, request: Request) -> Result<(Request, Vec<u8>), Problem> {
    let (parts, body) = request.into_parts();
    let body = read_body(Request::from_parts(parts.clone(), body), ctx).await?;
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let hash = Sha256::new()
        .chain_update(format!("{}\0{path}\0", parts.method))
        .chain_update(&body)
        .finalize();
    Ok((Request::from_parts(parts, Body::from(body)), hash.to_vec()))
}

async fn answer_once(
    ctx: Context,
    slot: Slot,
    request: Request,
    route: Route,
) -> Result<Response, Problem> {
    let lease_until = match store::begin(&ctx, &slot, lease(&ctx)).await? {
        Begun::Run { lease_until } => lease_until,
        Begun::Answered(answer) => return Ok(answer.into_response()),
        Begun::Running => {
            let detail = "The first request with this key has not been answered yet.";
            return Err(Problem::new(Code::RequestInProgress, detail).retry_after(1));
        }
        Begun::Unusable(why) => return Err(Problem::new(Code::IdempotencyKeyReused, why)),
    };
    let work = run_and_keep(ctx.clone(), slot, lease_until, request, route).in_current_span();
    match ctx.tasks.spawn(work).await {
        Ok(response) => Ok(response),
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(error) => Err(Problem::internal(&error)),
    }
}

/// Limit: how long a run may go on after its client was told that it takes too long.
fn run_timeout(ctx: &Context) -> Duration {
    ctx.config.request_timeout * 2
}

fn lease(ctx: &Context) -> Duration {
    run_timeout(ctx) + Duration::from_secs(10)
}

async fn run_and_keep(
    ctx: Context,
    slot: Slot,
    lease_until: Instant,
    request: Request,
    route: Route,
) -> Response {
    let request_id = request.headers().get("x-request-id").cloned();
    let work = AssertUnwindSafe(run(route, request)).catch_unwind();
    let response = match tokio::time::timeout(run_timeout(&ctx), work).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            drop(store::forget(&ctx.db, &slot, lease_until).await);
            std::panic::resume_unwind(panic);
        }
        Err(_) => {
            let detail = "The request took too long; try again.";
            Problem::new(Code::Unavailable, detail)
                .retry_after(1)
                .into_response()
        }
    };
    let (response, answer) = copy_answer(response, request_id.as_ref()).await;
    let kept = match answer {
        Some(answer) => store::keep(&ctx, &slot, lease_until, answer).await,
        None => store::forget(&ctx.db, &slot, lease_until).await,
    };
    if let Err(error) = kept {
        // The work is done and its answer is right; the key is free again after its lease.
        tracing::warn!(cause = %error, "an idempotent answer was not kept");
    }
    response
}

/// The response, and what to keep of it: nothing when it invites the same request again.
async fn copy_answer(
    response: Response,
    request_id: Option<&HeaderValue>,
) -> (Response, Option<Answer>) {
    let problem = response.extensions().get::<Problem>();
    if response.status().is_server_error() || problem.is_some_and(|it| it.code.is_retryable()) {
        return (response, None);
    }
    let (parts, body) = problem::write_body(response, request_id).into_parts();
    // Limit: none is needed, since handlers of POST answer from memory.
    let body = match axum::body::to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => return (Problem::internal(&error).into_response(), None),
    };
    let text = |name: &HeaderName| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
    let headers = KEPT_HEADERS
        .iter()
        .filter_map(|name| Some((name.as_str().to_owned(), text(name)?.into())))
        .collect::<serde_json::Map<_, _>>();
    let answer = Answer {
        status: parts.status.as_u16().cast_signed(),
        headers: headers.into(),
        body: body.to_vec(),
    };
    (Response::from_parts(parts, Body::from(body)), Some(answer))
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        let status = StatusCode::from_u16(self.status.cast_unsigned());
        *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for name in KEPT_HEADERS {
            let value = self.headers.get(name.as_str()).and_then(|it| it.as_str());
            if let Some(value) = value.and_then(|text| text.parse().ok()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
            .headers_mut()
            .insert(&IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
        response
    }
}
