//! The waitlist for an event's owner: the queue, the log, the terms.

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::actions::{self, Standing};
use super::super::error::WaitlistError;
use super::super::store::LogItem;
use super::requests::{EntriesQuery, LogQuery, MoveEntry, RemoveEntry, TermsBody};
use super::views::{LogPage, LogView, QueuePage, QueuedView, SeatsView, TotalsView, WaitlistView};
use crate::auth::{Caller, VenueAdmin};
use crate::context::Context;
use crate::events;
use crate::id::{EntryId, EventId};
use crate::problem::{Problem, ProblemBody};
use crate::request::{Json, Path, Query};

pub(super) fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_waitlist))
        .routes(routes!(list_waitlist_seats))
        .routes(routes!(get_waitlist_terms, put_waitlist_terms))
        .routes(routes!(list_waitlist_log))
        .routes(routes!(move_entry))
        .routes(routes!(remove_entry))
}

/// See the queue of an event
#[utoipa::path(
    get, path = "/v1/events/{event_id}/waitlist",
    operation_id = "list_waitlist", tag = "waitlist",
    params(("event_id" = EventId, Path), EntriesQuery),
    responses(
        (status = 200, description = "In the order of the queue, for the event's owner.",
         body = QueuePage),
        (status = 403, description = "`forbidden`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn list_waitlist(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(event_id): Path<EventId>,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<QueuePage>, Problem> {
    let page = query.page().request()?;
    let rows = actions::list(&ctx, caller, event_id, (query.filter(), page)).await?;
    let totals = actions::demand(&ctx, event_id).await?;
    let sale = events::sale(&ctx, event_id).await?;
    let (rows, next) = page.cut(rows, |queued| queued.entry.entry_id.0);
    let items = rows
        .into_iter()
        .map(|queued| QueuedView::of(queued, &sale))
        .collect();
    let totals = TotalsView::of(&totals);
    Ok(Json(QueuePage {
        items,
        totals,
        next,
    }))
}

/// See which seats are not on sale because of the waitlist
///
/// On the public map those that are kept look as if they were blocked.
#[utoipa::path(
    get, path = "/v1/events/{event_id}/waitlist/seats",
    operation_id = "list_waitlist_seats", tag = "waitlist",
    params(("event_id" = EventId, Path)),
    responses(
        (status = 200, description = "For the event's owner.", body = SeatsView),
        (status = 403, description = "`forbidden`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn list_waitlist_seats(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(event_id): Path<EventId>,
) -> Result<Json<SeatsView>, Problem> {
    let seats = actions::list_seats(&ctx, caller, event_id).await?;
    let sale = events::sale(&ctx, event_id).await?;
    Ok(Json(SeatsView::of(&seats, &sale)))
}

/// See every decision about the waitlist
///
/// Offered, skipped and why, accepted, lapsed, let go, moved, removed.
#[utoipa::path(
    get, path = "/v1/events/{event_id}/waitlist/log",
    operation_id = "list_waitlist_log", tag = "waitlist",
    params(("event_id" = EventId, Path), LogQuery),
    responses(
        (status = 200, description = "The newest first, for the event's owner.", body = LogPage),
        (status = 403, description = "`forbidden`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn list_waitlist_log(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(event_id): Path<EventId>,
    Query(query): Query<LogQuery>,
) -> Result<Json<LogPage>, Problem> {
    let page = query.page().request()?;
    let rows = actions::log(&ctx, caller, event_id, (query.filter()?, page)).await?;
    let sale = events::sale(&ctx, event_id).await?;
    let (rows, next) = page.cut(rows, LogItem::cursor);
    let items = rows
        .into_iter()
        .map(|item| LogView::of(item, &sale))
        .collect();
    Ok(Json(LogPage { items, next }))
}

/// See the terms of a waitlist
///
/// And how many people wait.
#[utoipa::path(
    get, path = "/v1/events/{event_id}/waitlist/terms",
    operation_id = "get_waitlist_terms", tag = "waitlist",
    security((), ("bearerAuth" = [])),
    params(("event_id" = EventId, Path)),
    responses(
        (status = 200, description = "The terms.", body = WaitlistView),
    )
)]
async fn get_waitlist_terms(
    State(ctx): State<Context>,
    caller: Option<Caller>,
    Path(event_id): Path<EventId>,
) -> Result<Json<WaitlistView>, Problem> {
    events::view(&ctx, event_id, caller).await?;
    let (terms, n_waiting) = actions::terms(&ctx, event_id).await?;
    Ok(Json(WaitlistView::of(&terms, n_waiting)))
}

/// Set the terms of a waitlist
///
/// What is left out has its default, but for the version: that of the terms that they replace. They
/// hold from the next offer on.
#[utoipa::path(
    put, path = "/v1/events/{event_id}/waitlist/terms",
    operation_id = "put_waitlist_terms", tag = "waitlist",
    params(("event_id" = EventId, Path)),
    request_body = TermsBody,
    responses(
        (status = 200, description = "The terms as they now are.", body = WaitlistView),
        (status = 403, description = "`forbidden`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`version_conflict`: somebody changed them first, `version` \
            is the one they have now",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn put_waitlist_terms(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(event_id): Path<EventId>,
    Json(body): Json<TermsBody>,
) -> Result<Json<WaitlistView>, Problem> {
    actions::put_terms(&ctx, caller, event_id, &body.terms()?).await?;
    let (terms, n_waiting) = actions::terms(&ctx, event_id).await?;
    Ok(Json(WaitlistView::of(&terms, n_waiting)))
}

/// Move an entry
///
/// Before or behind others, with a reason, which is in the log.
#[utoipa::path(
    post, path = "/v1/events/{event_id}/waitlist/entries/{entry_id}/move",
    operation_id = "move_entry", tag = "waitlist",
    params(("event_id" = EventId, Path), ("entry_id" = EntryId, Path)),
    request_body = MoveEntry,
    responses(
        (status = 200, description = "The entry.", body = QueuedView),
        (status = 403, description = "`forbidden`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`version_conflict`: somebody moved or removed it first, \
            `version` is the one it has now; `request_in_progress`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn move_entry(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(ids): Path<(EventId, EntryId)>,
    Json(body): Json<MoveEntry>,
) -> Result<Json<QueuedView>, Problem> {
    let change = (body.version, body.priority);
    let queued = actions::move_entry(&ctx, caller, ids, change, &body.reason).await?;
    Ok(Json(view(&ctx, ids.0, queued).await?))
}

/// Remove an entry
///
/// With a reason, which is in the log. A live offer ends, and its seats go to the next.
#[utoipa::path(
    post, path = "/v1/events/{event_id}/waitlist/entries/{entry_id}/remove",
    operation_id = "remove_entry", tag = "waitlist",
    params(("event_id" = EventId, Path), ("entry_id" = EntryId, Path)),
    request_body = RemoveEntry,
    responses(
        (status = 200, description = "The entry.", body = QueuedView),
        (status = 403, description = "`forbidden`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`version_conflict`: somebody moved it first, `version` is \
            the one it has now; `hold_confirming`, `hold_confirmed`, `request_in_progress`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn remove_entry(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(ids): Path<(EventId, EntryId)>,
    Json(body): Json<RemoveEntry>,
) -> Result<Json<QueuedView>, Problem> {
    let why = (body.version, &*body.reason);
    let queued = actions::remove(&ctx, caller, ids, why).await?;
    Ok(Json(view(&ctx, ids.0, queued).await?))
}

async fn view(
    ctx: &Context,
    event_id: EventId,
    queued: Standing,
) -> Result<QueuedView, WaitlistError> {
    let sale = events::sale(ctx, event_id).await?;
    Ok(QueuedView::of(queued, &sale))
}
