//! Events with how many of their seats are in which state.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Caller;
use crate::availability::copies::{self, Room, Seen};
use crate::availability::model::SeatCounts;
use crate::board::BoardError;
use crate::context::Context;
use crate::events::{self, EventFilter, EventState, EventView};
use crate::id::{AccountId, EventId};
use crate::page::PageQuery;
use crate::problem::{Code, Problem, ProblemBody};
use crate::request::{Json, Path, Query};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_events))
        .routes(routes!(get_event))
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
    /// `null` for a moment when the seats' states cannot be read; in a list also for an event that
    /// is not on sale, or has begun, unless its seats' states are at hand.
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
/// Newest first; what was never opened only to its owner.
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
    let items = events.into_iter();
    let items = items.map(|event| listed(&ctx, event));
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
        (status = 404, description = "`not_found`: there is no such event, or it is \
            somebody else's and was never opened",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn get_event(
    State(ctx): State<Context>,
    caller: Option<Caller>,
    Path(event_id): Path<EventId>,
) -> Result<Json<EventWithSeats>, Problem> {
    let event = events::view(&ctx, event_id, caller).await?;
    let seen = copies::seen(&ctx, event.event_id, Room::Make).await;
    Ok(Json(with_seats(event, seen.map(Some))))
}

/// A list has no board loaded for an event that is not on sale: there may be hundreds, and of most
/// nobody wants to know.
async fn listed(ctx: &Context, event: EventView) -> EventWithSeats {
    let is_selling = matches!(event.state, EventState::OnSale | EventState::Paused)
        && event.terms.starts_at > ctx.clock.now();
    let seen = if is_selling {
        let seen = copies::seen(ctx, event.event_id, Room::IfFree).await;
        seen.map(Some)
    } else {
        copies::seen_if_loaded(ctx, event.event_id).await
    };
    with_seats(event, seen)
}

fn with_seats(event: EventView, seen: Result<Option<Arc<Seen>>, BoardError>) -> EventWithSeats {
    let seen = seen.inspect_err(|error| {
        tracing::debug!(event.id = %event.event_id, cause = %error, "event shown without counts");
    });
    EventWithSeats {
        event,
        seats: seen.ok().flatten().map(|seen| seen.counts()),
    }
}
