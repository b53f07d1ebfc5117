//! Taking seats off sale and putting them back, for an event's owner.

use axum::extract::State;
use axum::http::StatusCode;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::actions;
use crate::auth::VenueAdmin;
use crate::context::Context;
use crate::events::{self, Sale};
use crate::id::EventId;
use crate::problem::{Code, Problem, ProblemBody};
use crate::request::{Json, Path};
use crate::venues::SeatPlace;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(block_seats, unblock_seats))
}

/// Seats to take off sale.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct BlockSeats {
    /// Labels, such as `STALLS-A-12`.
    #[garde(length(min = 1, max = 500), inner(length(min = 1, max = 100)))]
    #[schema(min_items = 1, max_items = 500)]
    seats: Vec<String>,
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Seats to put back on sale.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UnblockSeats {
    #[garde(length(min = 1, max = 500), inner(length(min = 1, max = 100)))]
    #[schema(min_items = 1, max_items = 500)]
    seats: Vec<String>,
}

/// Take free seats off sale
///
/// All of them or none. Seats that are blocked already count as done.
#[utoipa::path(
    post, path = "/v1/events/{event_id}/blocks",
    operation_id = "block_seats", tag = "events",
    params(("event_id" = EventId, Path)),
    request_body = BlockSeats,
    responses(
        (status = 204, description = "The seats are blocked."),
        (status = 403, description = "`forbidden`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`seats_unavailable`, with every seat that is not free",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`, `unknown_seats`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn block_seats(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(event_id): Path<EventId>,
    Json(body): Json<BlockSeats>,
) -> Result<StatusCode, Problem> {
    events::find_owned(&ctx, event_id, events::Reach::of(caller)).await?;
    let sale = events::sale(&ctx, event_id).await?;
    let seats = find_seats(&sale, &body.seats)?;
    actions::block(&ctx, &sale, &seats, (caller.caller_id, &body.reason)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put blocked seats back on sale
///
/// Seats that are not blocked count as done.
#[utoipa::path(
    delete, path = "/v1/events/{event_id}/blocks",
    operation_id = "unblock_seats", tag = "events",
    params(("event_id" = EventId, Path)),
    request_body = UnblockSeats,
    responses(
        (status = 204, description = "The seats are not blocked any more."),
        (status = 403, description = "`forbidden`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`, `unknown_seats`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn unblock_seats(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(event_id): Path<EventId>,
    Json(body): Json<UnblockSeats>,
) -> Result<StatusCode, Problem> {
    events::find_owned(&ctx, event_id, events::Reach::of(caller)).await?;
    let sale = events::sale(&ctx, event_id).await?;
    let seats = find_seats(&sale, &body.seats)?;
    actions::unblock(&ctx, event_id, &seats).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The seats of those labels, each once, in index order.
///
/// # Errors
/// `unknown_seats`, naming every label that the layout has not.
pub fn find_seats<'a>(sale: &'a Sale, labels: &[String]) -> Result<Vec<&'a SeatPlace>, Problem> {
    let unknown: Vec<_> = labels
        .iter()
        .filter(|label| sale.seating.find(label).is_none())
        .collect();
    if !unknown.is_empty() {
        let names = unknown
            .iter()
            .map(|label| label.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        let detail = format!("The event has no seats {names}.");
        return Err(Problem::new(Code::UnknownSeats, detail).with("seats", unknown));
    }
    let mut seats: Vec<_> = labels
        .iter()
        .filter_map(|label| sale.seating.find(label))
        .collect();
    seats.sort_unstable_by_key(|seat| seat.index);
    seats.dedup_by_key(|seat| seat.index);
    Ok(seats)
}
