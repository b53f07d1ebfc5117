//! The routes of events: create, change, move between states, read.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use iso_currency::Currency;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::{ChangeEvent, CreateEvent, EventView, Verb};
use super::{actions, store};
use crate::auth::{Caller, VenueAdmin};
use crate::context::Context;
use crate::id::{EventId, VenueId};
use crate::money::Amount;
use crate::problem::{Problem, ProblemBody};
use crate::request::{self, Json, Path};
use crate::venues::{Bounds, Point, Section};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(create_event))
        .routes(routes!(change_event))
        .routes(routes!(open_event))
        .routes(routes!(pause_event))
        .routes(routes!(close_event))
        .routes(routes!(cancel_event))
        .routes(routes!(get_event_layout))
}

/// The venue's layout in the event's version, with prices.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "served as text; this describes it")]
struct EventLayout {
    event_id: EventId,
    /// ISO 4217.
    #[schema(value_type = String, examples("EUR"))]
    currency: Currency,
    venue_id: VenueId,
    version: i32,
    name: String,
    /// IANA name.
    time_zone: String,
    seat_count: u32,
    categories: Vec<EventCategory>,
    focal_point: Option<Point>,
    bounds: Bounds,
    sections: Vec<Section>,
}

#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "served as text; this describes it")]
struct EventCategory {
    key: String,
    name: String,
    /// `#rrggbb`
    colour: String,
    amount: Amount,
}

/// Make an event
///
/// Freezes the newest version of the venue's layout. The event is a draft, which only its owner
/// sees, until it is opened.
#[utoipa::path(
    post, path = "/v1/events", operation_id = "create_event", tag = "events",
    request_body = CreateEvent,
    responses(
        (status = 201, description = "The draft", body = EventView),
        (status = 403, description = "`forbidden`: the caller is no venue admin",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`: every mistake, in `errors`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn create_event(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Json(body): Json<CreateEvent>,
) -> Result<Response, Problem> {
    let event = actions::create(&ctx, &body, caller).await?;
    let location = format!("/v1/events/{}", event.event_id);
    let headers = [(header::LOCATION, location)];
    Ok((StatusCode::CREATED, headers, Json(event)).into_response())
}

/// Change an event
///
/// Prices can be changed while the event is a draft or paused; a cancelled event cannot be changed.
/// Holds keep the price that they were quoted.
#[utoipa::path(
    patch, path = "/v1/events/{event_id}", operation_id = "change_event", tag = "events",
    params(("event_id" = EventId, Path, description = "Which event")),
    request_body = ChangeEvent,
    responses(
        (status = 200, description = "The event as it now is", body = EventView),
        (status = 403, description = "`forbidden`: the event is somebody else's",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is no such event",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`version_conflict`: somebody changed it first, `version` is \
            the one it has now; `event_state_conflict`: it is cancelled",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`: every mistake, in `errors`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn change_event(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(event_id): Path<EventId>,
    Json(body): Json<ChangeEvent>,
) -> Result<Json<EventView>, Problem> {
    Ok(Json(actions::change(&ctx, event_id, &body, caller).await?))
}

/// Put an event on sale
///
/// From draft or paused. Repeating it changes nothing.
#[utoipa::path(
    post, path = "/v1/events/{event_id}/open", operation_id = "open_event", tag = "events",
    params(("event_id" = EventId, Path, description = "Which event")),
    responses(
        (status = 200, description = "The event, on sale", body = EventView),
        (status = 403, description = "`forbidden`: the event is somebody else's",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is no such event",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`event_state_conflict`: closed or cancelled, see `state`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn open_event(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(event_id): Path<EventId>,
) -> Result<Json<EventView>, Problem> {
    let event = actions::apply(&ctx, event_id, Verb::Open, caller).await?;
    Ok(Json(event))
}

/// Stop selling for a while
///
/// From on sale. Repeating it changes nothing.
#[utoipa::path(
    post, path = "/v1/events/{event_id}/pause", operation_id = "pause_event", tag = "events",
    params(("event_id" = EventId, Path, description = "Which event")),
    responses(
        (status = 200, description = "The event, paused", body = EventView),
        (status = 403, description = "`forbidden`: the event is somebody else's",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is no such event",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`event_state_conflict`: not on sale, see `state`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn pause_event(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(event_id): Path<EventId>,
) -> Result<Json<EventView>, Problem> {
    let event = actions::apply(&ctx, event_id, Verb::Pause, caller).await?;
    Ok(Json(event))
}

/// End the sale
///
/// From on sale or paused, for good. Repeating it changes nothing.
#[utoipa::path(
    post, path = "/v1/events/{event_id}/close", operation_id = "close_event", tag = "events",
    params(("event_id" = EventId, Path, description = "Which event")),
    responses(
        (status = 200, description = "The event, closed", body = EventView),
        (status = 403, description = "`forbidden`: the event is somebody else's",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is no such event",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`event_state_conflict`: never on sale or cancelled, see \
            `state`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn close_event(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(event_id): Path<EventId>,
) -> Result<Json<EventView>, Problem> {
    let event = actions::apply(&ctx, event_id, Verb::Close, caller).await?;
    Ok(Json(event))
}

/// Call an event off
///
/// From any state, for good; every hold ends, and no booking can be made any more. Within seconds,
/// or a minute where there are thousands, all bookings are cancelled, with a refund of their whole
/// price, and their buyers told. Repeating it changes nothing.
#[utoipa::path(
    post, path = "/v1/events/{event_id}/cancel", operation_id = "cancel_event", tag = "events",
    params(("event_id" = EventId, Path, description = "Which event")),
    responses(
        (status = 200, description = "The event, cancelled", body = EventView),
        (status = 403, description = "`forbidden`: the event is somebody else's",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is no such event",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn cancel_event(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(event_id): Path<EventId>,
) -> Result<Json<EventView>, Problem> {
    let event = actions::apply(&ctx, event_id, Verb::Cancel, caller).await?;
    Ok(Json(event))
}

/// See the plan of an event with its prices
///
/// The venue's layout as it was when the event was made. Its `ETag` changes only with the prices.
#[utoipa::path(
    get, path = "/v1/events/{event_id}/layout", operation_id = "get_event_layout", tag = "events",
    security((), ("bearerAuth" = [])),
    params(
        ("event_id" = EventId, Path, description = "Which event"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of a copy"),
    ),
    responses(
        (status = 200, description = "The layout", body = EventLayout,
         headers(("ETag" = String, description = "Names this content"))),
        (status = 304, description = "The copy is still right"),
        (status = 404, description = "`not_found`: there is no such event, or it is \
            somebody else's and was never opened",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn get_event_layout(
    State(ctx): State<Context>,
    caller: Option<Caller>,
    Path(event_id): Path<EventId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let event = actions::find_visible(&ctx, event_id, caller).await?;
    let etag = event.layout_etag();
    // Prices may change, so a copy is asked about each time; that costs one small query.
    let cache_control = match event.is_public() {
        true => "public, no-cache",
        false => "private, no-cache",
    };
    let answer_headers = [
        (header::ETAG, etag.clone()),
        (header::CACHE_CONTROL, cache_control.to_owned()),
    ];
    if request::is_known(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, answer_headers).into_response());
    }
    let layout = store::layout(&ctx, &event).await?;
    Ok((answer_headers, layout.answer(&headers).await).into_response())
}
