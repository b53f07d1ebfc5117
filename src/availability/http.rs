//! Events and their seats as a seat map shows them.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::{Availability, SeatCounts};
use crate::auth::Caller;
use crate::board;
use crate::context::Context;
use crate::events::{self, EventFilter, EventState, EventView};
use crate::id::{AccountId, EventId};
use crate::page::PageQuery;
use crate::problem::{Code, Problem, ProblemBody};
use crate::request::{self, Json, Path, Query};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_events))
        .routes(routes!(get_event))
        .routes(routes!(get_event_availability))
}

/// Limit: characters of a name to look for.
const Q_CHARS_MAX: usize = 100;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// How many items at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Only events in this state.
    state: Option<EventState>,
    /// Only events with this in their name, in any case.
    #[param(max_length = 100)]
    q: Option<String>,
    /// Only the caller's own events; needs a token.
    #[serde(default)]
    mine: bool,
}

impl EventsQuery {
    fn filter(&self, caller: Option<Caller>) -> Result<EventFilter, Problem> {
        let q = self.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
        if q.is_some_and(|q| q.chars().count() > Q_CHARS_MAX || q.chars().any(char::is_control)) {
            let detail = format!("must have at most {Q_CHARS_MAX} characters, none for control");
            return Err(Problem::invalid_member("/q", detail));
        }
        if self.mine && caller.is_none() {
            let detail = "`mine` needs a bearer token.";
            return Err(Problem::new(Code::Unauthenticated, detail));
        }
        let own = caller.filter(|_| self.mine);
        Ok(EventFilter {
            state: self.state,
            q: q.map(str::to_owned),
            owner_id: own.map(|caller| AccountId(caller.caller_id.0)),
        })
    }
}

/// An event with how many of its seats are in which state.
#[derive(Serialize, utoipa::ToSchema)]
struct EventWithSeats {
    #[serde(flatten)]
    event: EventView,
    /// `null` for a moment when the seats' states cannot be read.
    seats: Option<SeatCounts>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct EventPage {
    items: Vec<EventWithSeats>,
    /// Where the next page begins; `null` on the last one.
    #[schema(required)]
    next: Option<String>,
}

/// List events
///
/// Newest first; drafts only to their owners.
#[utoipa::path(
    get, path = "/v1/events", operation_id = "list_events", tag = "events",
    security((), ("bearerAuth" = [])),
    params(EventsQuery),
    responses(
        (status = 200, description = "A page of events", body = EventPage),
        (status = 422, description = "`validation_failed`: `limit`, `after` or `q` will not do",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn list_events(
    State(ctx): State<Context>,
    caller: Option<Caller>,
    Query(query): Query<EventsQuery>,
) -> Result<Json<EventPage>, Problem> {
    let filter = query.filter(caller)?;
    let page = PageQuery {
        limit: query.limit,
        after: query.after,
    }
    .request()?;
    let (events, next) = events::list(&ctx, caller, page, &filter).await?;
    let items = events.into_iter().map(|event| with_seats(&ctx, event));
    Ok(Json(EventPage {
        items: futures::future::join_all(items).await,
        next,
    }))
}

/// See an event
#[utoipa::path(
    get, path = "/v1/events/{event_id}", operation_id = "get_event", tag = "events",
    security((), ("bearerAuth" = [])),
    params(("event_id" = EventId, Path, description = "Which event")),
    responses(
        (status = 200, description = "The event", body = EventWithSeats),
        (status = 404, description = "`not_found`: there is no such event, or it is a draft of \
            somebody else's", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn get_event(
    State(ctx): State<Context>,
    caller: Option<Caller>,
    Path(event_id): Path<EventId>,
) -> Result<Json<EventWithSeats>, Problem> {
    let event = events::view(&ctx, event_id, caller).await?;
    Ok(Json(with_seats(&ctx, event).await))
}

async fn with_seats(ctx: &Context, event: EventView) -> EventWithSeats {
    let board = board::read_board(ctx, event.event_id).await;
    let seats = board.map(|snapshot| Availability::of(&snapshot).counts());
    let seats = seats.inspect_err(|error| {
        tracing::debug!(event.id = %event.event_id, cause = %error, "event shown without counts");
    });
    EventWithSeats {
        event,
        seats: seats.ok(),
    }
}

/// See which seats are free
///
/// One character for each seat, in the order of the event's layout. Ask again with the `ETag` in
/// `If-None-Match`: 304 while nothing has changed.
#[utoipa::path(
    get, path = "/v1/events/{event_id}/availability", operation_id = "get_event_availability",
    tag = "events",
    security((), ("bearerAuth" = [])),
    params(
        ("event_id" = EventId, Path, description = "Which event"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of a copy"),
    ),
    responses(
        (status = 200, description = "Every seat's state", body = Availability),
        (status = 304, description = "The copy is up to date"),
    )
)]
async fn get_event_availability(
    State(ctx): State<Context>,
    caller: Option<Caller>,
    Path(event_id): Path<EventId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    events::view(&ctx, event_id, caller).await?;
    let snapshot = board::read_board(&ctx, event_id).await?;
    let availability = Availability::of(&snapshot);
    let etag = availability.etag();
    let answer_headers = [
        (header::ETAG, etag.clone()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    if request::is_known(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, answer_headers).into_response());
    }
    Ok((answer_headers, Json(availability)).into_response())
}
