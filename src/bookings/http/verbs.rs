//! The handlers.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::actions;
use super::super::error::BookingError;
use super::super::model;
use super::super::store;
use super::calendar;
use super::requests::{CancelBookingBody, ConfirmHoldBody, EventBookingsQuery, LookupQuery};
use super::views::{self, BookingPage, BookingView};
use crate::auth::{Caller, VenueAdmin};
use crate::context::Context;
use crate::events::{self, Reach};
use crate::id::{BookingId, EventId, HoldId};
use crate::limits::{self, Changer, ClientAddress, Rule};
use crate::page::PageQuery;
use crate::problem::{Problem, ProblemBody};
use crate::request::{Json, OptionalJson, Path, Query};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(confirm_hold))
        .routes(routes!(list_bookings))
        .routes(routes!(lookup_booking))
        .routes(routes!(get_booking))
        .routes(routes!(cancel_booking))
        .routes(routes!(list_event_bookings))
        .merge(calendar::routes())
}

/// Confirm a hold
///
/// The hold becomes a booking, for good. Repeat it as often as need be, with any key: every repeat
/// answers 200 with the same booking. After 503 `outcome_unknown`, repeat to learn the outcome.
#[utoipa::path(
    post, path = "/v1/events/{event_id}/holds/{hold_id}/confirm",
    operation_id = "confirm_hold", tag = "bookings",
    params(("event_id" = EventId, Path), ("hold_id" = HoldId, Path)),
    request_body = ConfirmHoldBody,
    responses(
        (status = 201, description = "The booking.", body = BookingView),
        (status = 200, description = "The booking that an earlier confirm has made.",
         body = BookingView),
        (status = 409, description = "`seats_unavailable` with every seat that cannot be had, \
            `hold_released`, `hold_confirming`, `hold_confirmed`, `hold_limit_reached`, \
            `event_not_on_sale`, `request_in_progress`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "`hold_expired`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "`outcome_unknown`, `unavailable`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn confirm_hold(
    State(ctx): State<Context>,
    Changer(caller): Changer,
    Path((event_id, hold_id)): Path<(EventId, HoldId)>,
    Json(body): Json<ConfirmHoldBody>,
) -> Result<(StatusCode, Json<BookingView>), Problem> {
    let confirmed = actions::confirm(&ctx, caller, event_id, hold_id, body.into()).await?;
    let status = if confirmed.is_repeated {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok((status, Json(views::view(&ctx, confirmed.booking).await?)))
}

/// List the caller's bookings
#[utoipa::path(
    get, path = "/v1/bookings",
    operation_id = "list_bookings", tag = "bookings",
    params(PageQuery),
    responses(
        (status = 200, description = "Newest first.", body = BookingPage),
    )
)]
async fn list_bookings(
    State(ctx): State<Context>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<BookingPage>, Problem> {
    let page = query.request()?;
    let mut connection = ctx.db.acquire().await?;
    let rows = store::list_by_holder(&mut connection, caller.caller_id, page).await?;
    drop(connection);
    let (bookings, next) = page.cut(rows, |booking| booking.booking_id.0);
    Ok(Json(BookingPage {
        items: views::views(&ctx, bookings).await?,
        next,
    }))
}

/// Look a booking up by its reference
///
/// For a guest who comes back: reference and mail address together stand for a token.
#[utoipa::path(
    get, path = "/v1/bookings/lookup",
    operation_id = "lookup_booking", tag = "bookings",
    security(()),
    params(LookupQuery),
    responses(
        (status = 200, description = "The booking.", body = BookingView),
        (status = 404, description = "`not_found`: no booking has both",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn lookup_booking(
    State(ctx): State<Context>,
    address: ClientAddress,
    Query(query): Query<LookupQuery>,
) -> Result<Json<BookingView>, Problem> {
    limits::take(&ctx, Rule::Lookups, address).await?;
    let reference = model::read_reference(&query.reference).ok_or(BookingError::NotFound)?;
    let mut connection = ctx.db.acquire().await?;
    let email = query.email.trim();
    let found = store::find_by_reference(&mut connection, &reference, email).await?;
    drop(connection);
    let booking = found.ok_or(BookingError::NotFound)?;
    Ok(Json(views::view(&ctx, booking).await?))
}

/// Look at a booking
#[utoipa::path(
    get, path = "/v1/bookings/{booking_id}",
    operation_id = "get_booking", tag = "bookings",
    params(("booking_id" = BookingId, Path)),
    responses(
        (status = 200,
         description = "The booking, for its holder and for the event's owner.",
         body = BookingView),
    )
)]
async fn get_booking(
    State(ctx): State<Context>,
    caller: Caller,
    Path(booking_id): Path<BookingId>,
) -> Result<Json<BookingView>, Problem> {
    let reach = events::reach_of(&ctx, Some(caller)).await?;
    let mut connection = ctx.db.acquire().await?;
    let found = store::find(&mut connection, booking_id, reach).await?;
    drop(connection);
    let booking = found.ok_or(BookingError::NotFound)?;
    Ok(Json(views::view(&ctx, booking).await?))
}

/// Cancel a booking, or some of its seats
///
/// By its holder until the sale closes, by the event's owner always; the price is given back. The
/// same cancellation again answers the same.
#[utoipa::path(
    post, path = "/v1/bookings/{booking_id}/cancel",
    operation_id = "cancel_booking", tag = "bookings",
    params(("booking_id" = BookingId, Path)),
    request_body = Option<CancelBookingBody>,
    responses(
        (status = 200, description = "The booking with its refund.", body = BookingView),
        (status = 409, description = "`booking_not_cancellable`, `request_in_progress`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 422,
         description = "`unknown_seats`, `validation_failed`, `idempotency_key_reused`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`, not for those who own events",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "`outcome_unknown`, `unavailable`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn cancel_booking(
    State(ctx): State<Context>,
    caller: Caller,
    address: ClientAddress,
    Path(booking_id): Path<BookingId>,
    OptionalJson(body): OptionalJson<CancelBookingBody>,
) -> Result<Json<BookingView>, Problem> {
    let reach = events::reach_of(&ctx, Some(caller)).await?;
    // An owner may have a whole house to cancel.
    if reach.owner_id.is_none() {
        limits::take(&ctx, Rule::Withdrawals, address).await?;
    }
    let booking = actions::cancel(&ctx, reach, booking_id, body.into()).await?;
    Ok(Json(views::view(&ctx, booking).await?))
}

/// List an event's bookings
#[utoipa::path(
    get, path = "/v1/events/{event_id}/bookings",
    operation_id = "list_event_bookings", tag = "bookings",
    params(("event_id" = EventId, Path), EventBookingsQuery),
    responses(
        (status = 200,
         description = "Newest first, for the event's owner.", body = BookingPage),
        (status = 403, description = "`forbidden`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`, `unknown_seats`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn list_event_bookings(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(event_id): Path<EventId>,
    Query(query): Query<EventBookingsQuery>,
) -> Result<Json<BookingPage>, Problem> {
    let page = query.page().request()?;
    events::find_owned(&ctx, event_id, Reach::of(caller)).await?;
    let filter = filter(&ctx, event_id, &query).await?;
    let Some(filter) = filter else {
        return Ok(Json(BookingPage {
            items: Vec::new(),
            next: None,
        }));
    };
    let mut connection = ctx.db.acquire().await?;
    let rows = store::list_by_event(&mut connection, event_id, &filter, page).await?;
    drop(connection);
    let (bookings, next) = page.cut(rows, |booking| booking.booking_id.0);
    Ok(Json(BookingPage {
        items: views::views(&ctx, bookings).await?,
        next,
    }))
}

/// None when the query can match nothing: what is no reference is nobody's.
async fn filter(
    ctx: &Context,
    event_id: EventId,
    query: &EventBookingsQuery,
) -> Result<Option<store::EventFilter>, Problem> {
    let reference = query.reference.as_deref().map(model::read_reference);
    if reference == Some(None) {
        return Ok(None);
    }
    let seat_index = match &query.seat {
        None => None,
        Some(label) => {
            let sale = events::sale(ctx, event_id)
                .await
                .map_err(BookingError::Event)?;
            let seats = crate::board::find_seats(&sale, std::slice::from_ref(label))?;
            seats.first().map(|seat| seat.index)
        }
    };
    let email = query.email.as_deref().map(|email| email.trim().to_owned());
    Ok(Some(store::EventFilter {
        reference: reference.flatten(),
        email,
        seat_index,
    }))
}
