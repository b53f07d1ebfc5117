//! Every seat's state, from this process's copy of the board.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Caller;
use crate::availability::copies::{self, Room};
use crate::availability::model::Availability;
use crate::context::Context;
use crate::events;
use crate::id::EventId;
use crate::problem::Problem;
use crate::request::{self, Path};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(get_event_availability))
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
    events::check_visible(&ctx, event_id, caller).await?;
    let seen = copies::seen(&ctx, event_id, Room::Make).await?;
    let answer_headers = [
        (header::ETAG, seen.etag.as_str()),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    if request::is_known(&headers, &seen.etag) {
        return Ok((StatusCode::NOT_MODIFIED, answer_headers).into_response());
    }
    Ok((answer_headers, seen.document.answer(&headers).await).into_response())
}
