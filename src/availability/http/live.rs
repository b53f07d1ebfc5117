//! The live seat map, as Server-Sent Events.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Caller;
use crate::availability::copies::{self, Copy, Cursor};
use crate::availability::live::{Audience, Viewer, parse_position};
use crate::availability::model::Availability;
use crate::board::{self, Position};
use crate::context::Context;
use crate::document::Encoding;
use crate::events;
use crate::id::EventId;
use crate::limits::ClientAddress;
use crate::problem::{Code, Problem, ProblemBody};
use crate::request::{Path, Query};

/// Limit: how long the first viewer waits for the board.
const READY_WITHIN: Duration = Duration::from_secs(5);
/// Limit: how long somebody waits who has seen more at another instance than this one has.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(8);

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(watch_event))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LiveQuery {
    /// As the header `Last-Event-ID`, for clients that cannot set it; the header counts first.
    last_event_id: Option<String>,
}

/// The data of a message `changes`: the seats that have changed, by what they are now.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "sent as text; this describes it")]
struct SeatChanges {
    epoch: i64,
    /// After these changes.
    revision: i64,
    /// Indexes of seats by their new state: `.` free, `h` held, `b` booked, `x` not for sale.
    #[schema(example = json!({"h": [17, 18], ".": [4]}))]
    changes: BTreeMap<String, Vec<u32>>,
}

/// The data of one message, told apart by its `event`.
#[derive(utoipa::ToSchema)]
#[schema(as = LiveMessage)]
#[serde(untagged)]
#[expect(dead_code, reason = "sent as text; this describes it")]
enum LiveMessage {
    Snapshot(Availability),
    Changes(SeatChanges),
}

/// Watch which seats are free
///
/// Server-Sent Events: a message `snapshot` with every seat's state, then `changes`, at most ten a
/// second, each of which continues from the message before. The `id` of each is
/// `<epoch>-<revision>`. Who connects again with `Last-Event-ID` gets only the changes since, as
/// far as they are remembered, else a snapshot; so does a viewer who reads too slowly. An event
/// that is not on sale can be watched too; nothing may happen then. Comment lines keep the
/// connection alive. It ends, and 503 is answered, while nobody here knows what becomes of the
/// seats: connect again.
#[utoipa::path(
    get, path = "/v1/events/{event_id}/live", operation_id = "watch_event", tag = "events",
    security((), ("bearerAuth" = [])),
    params(
        ("event_id" = EventId, Path, description = "Which event"),
        ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last message"),
        LiveQuery,
    ),
    responses(
        (status = 200, description = "Messages without end", body = LiveMessage,
         content_type = "text/event-stream"),
        (status = 404, description = "`not_found`: there is no such event, or it is \
            somebody else's and was never opened",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`: too many seat maps are watched from the \
            address", body = ProblemBody, content_type = "application/problem+json",
         headers(("Retry-After" = i32, description = "Seconds until it is worth another try"))),
    )
)]
async fn watch_event(
    State(ctx): State<Context>,
    caller: Option<Caller>,
    address: ClientAddress,
    (Path(event_id), Query(query)): (Path<EventId>, Query<LiveQuery>),
    headers: HeaderMap,
) -> Result<Response, Problem> {
    events::check_visible(&ctx, event_id, caller).await?;
    let place = Audience::admit(&ctx, address)?;
    let copy = copies::view(&ctx, event_id).ok_or_else(|| unavailable("Too many boards"))?;
    if !copy.is_ready(READY_WITHIN).await || !copy.is_confirmed() {
        return Err(unavailable("The board cannot be read"));
    }
    let last_id = headers.get("last-event-id");
    let last_id = last_id.and_then(|id| id.to_str().ok());
    let last_id = last_id.or(query.last_event_id.as_deref());
    let cursor = cursor(&ctx, &copy, last_id).await?;
    let is_gzip = Encoding::accepts_gzip(&headers);
    let viewer = Viewer::new(&ctx, copy, cursor, is_gzip, place);
    Ok(answer(viewer, is_gzip))
}

/// Where somebody continues: what is no position, or one that the board has never had, is answered
/// with a snapshot. Who is ahead of this copy waits for it, so that nobody goes backwards (I6).
async fn cursor(ctx: &Context, copy: &Copy, last_id: Option<&str>) -> Result<Cursor, Problem> {
    let Some(position) = last_id.and_then(parse_position) else {
        return Ok(Cursor::Snapshot);
    };
    if copy.has_told(position, Duration::ZERO).await {
        return Ok(copy.resume(position));
    }
    if was_never(ctx, copy.event_id, position).await? {
        return Ok(Cursor::Snapshot);
    }
    if !copy.has_told(position, CAUGHT_UP_WITHIN).await {
        return Err(unavailable("This instance is behind"));
    }
    Ok(copy.resume(position))
}

/// A position in an epoch that has not begun, or further than its board has come. Another instance
/// may have heard of an epoch that this one has not.
async fn was_never(ctx: &Context, event_id: EventId, position: Position) -> Result<bool, Problem> {
    if board::find_position(ctx, event_id).await? >= position {
        return Ok(false);
    }
    board::follow_epoch(ctx, event_id).await?;
    let has_begun = board::position_seen(ctx, event_id).epoch >= position.epoch;
    let there = board::find_position(ctx, event_id).await?;
    Ok(there < position && (there.epoch == position.epoch || !has_begun))
}

fn unavailable(what: &str) -> Problem {
    Problem::new(Code::Unavailable, format!("{what}; try again.")).retry_after(1)
}

fn answer(viewer: Viewer, is_gzip: bool) -> Response {
    let fixed = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "accept-encoding"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let mut response = (fixed, Body::from_stream(viewer.stream())).into_response();
    if is_gzip {
        let gzip = HeaderValue::from_static("gzip");
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_ENCODING, gzip);
    }
    response
}
