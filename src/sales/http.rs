//! What an event's owner may ask about its sale.

use axum::extract::State;
use chrono::{DateTime, Datelike, Utc};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::actions;
use super::model::{Sales, SeatDetails};
use super::store::Range;
use crate::auth::VenueAdmin;
use crate::context::Context;
use crate::events::Reach;
use crate::id::EventId;
use crate::problem::{Problem, ProblemBody};
use crate::request::{Json, Path, Query};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(get_event_sales))
        .routes(routes!(get_event_seat))
}

/// Which stretch of time the series is about; without it, all.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SalesQuery {
    /// Nothing before this.
    since: Option<DateTime<Utc>>,
    /// Nothing from this on.
    until: Option<DateTime<Utc>>,
}

impl SalesQuery {
    fn range(&self) -> Result<Range, Problem> {
        let Self { since, until } = *self;
        for (pointer, at) in [("/since", since), ("/until", until)] {
            // As RFC 3339 has it; chrono reads more, and PostgreSQL keeps no year before 4713 BC.
            if at.is_some_and(|at| !(0..=9999).contains(&at.year())) {
                let detail = "must lie in the years 0000 to 9999";
                return Err(Problem::invalid_member(pointer, detail));
            }
        }
        if let (Some(since), Some(until)) = (since, until)
            && since >= until
        {
            return Err(Problem::invalid_member(
                "/until",
                "must be later than `since`",
            ));
        }
        Ok(Range { since, until })
    }
}

/// See how an event sells
///
/// Seats and amounts as of now, and a series over time of at most 500 buckets. `since` and `until`
/// narrow the series only.
#[utoipa::path(
    get, path = "/v1/events/{event_id}/sales", operation_id = "get_event_sales", tag = "events",
    params(("event_id" = EventId, Path, description = "Which event"), SalesQuery),
    responses(
        (status = 200, description = "The figures, for the event's owner", body = Sales),
        (status = 403, description = "`forbidden`: the event is somebody else's",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is no such event",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`: `until` is not later than `since`, \
            or a year has not four digits",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn get_event_sales(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(event_id): Path<EventId>,
    Query(query): Query<SalesQuery>,
) -> Result<Json<Sales>, Problem> {
    let range = query.range()?;
    let sales = actions::sales(&ctx, event_id, Reach::of(caller), range).await?;
    Ok(Json(sales))
}

/// See who has a seat
#[utoipa::path(
    get, path = "/v1/events/{event_id}/seats/{seat}", operation_id = "get_event_seat",
    tag = "events",
    params(
        ("event_id" = EventId, Path, description = "Which event"),
        ("seat" = String, Path, description = "The seat's label, such as `STALLS-A-12`"),
    ),
    responses(
        (status = 200, description = "The seat, for the event's owner", body = SeatDetails),
        (status = 403, description = "`forbidden`: the event is somebody else's",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is no such event, or no such seat in it",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn get_event_seat(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path((event_id, seat)): Path<(EventId, String)>,
) -> Result<Json<SeatDetails>, Problem> {
    let seat = actions::seat(&ctx, event_id, Reach::of(caller), &seat).await?;
    Ok(Json(seat))
}
