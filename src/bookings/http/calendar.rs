//! A booking for calendars.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::actions;
use super::super::calendar::MEDIA_TYPE;
use crate::auth::Caller;
use crate::context::Context;
use crate::events;
use crate::id::BookingId;
use crate::problem::Problem;
use crate::request::Path;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(get_booking_calendar))
}

/// Take a booking into a calendar
///
/// A file with one entry, in UTC, which lasts two and a half hours, as events have no end. Imported
/// again it replaces the earlier one; for a cancelled booking, or an event that was cancelled, it
/// takes the entry away.
#[utoipa::path(
    get, path = "/v1/bookings/{booking_id}/calendar",
    operation_id = "get_booking_calendar", tag = "bookings",
    params(("booking_id" = BookingId, Path)),
    responses(
        (status = 200, description = "The file, for the booking's holder and the event's owner.",
         body = String, content_type = "text/calendar"),
    )
)]
async fn get_booking_calendar(
    State(ctx): State<Context>,
    caller: Caller,
    Path(booking_id): Path<BookingId>,
) -> Result<Response, Problem> {
    let reach = events::reach_of(&ctx, Some(caller)).await?;
    let (reference, calendar) = actions::calendar(&ctx, booking_id, reach).await?;
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE.to_owned()),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{reference}.ics\""),
        ),
    ];
    Ok((headers, calendar).into_response())
}
