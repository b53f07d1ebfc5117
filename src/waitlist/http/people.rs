//! What people do with their own entry.

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::actions::{self, Who};
use super::owners;
use super::requests::{AcceptOffer, JoinWaitlistBody, MineQuery, VerifyEntry};
use super::views::{self, MineView};
use crate::auth::Caller;
use crate::bookings::{self, BookingView};
use crate::context::Context;
use crate::id::EventId;
use crate::limits::{self, Changer, ClientAddress, Counted, Rule};
use crate::problem::{Problem, ProblemBody};
use crate::request::{Json, Path, Query};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(join_waitlist))
        .routes(routes!(get_my_entry, leave_waitlist))
        .routes(routes!(verify_entry))
        .routes(routes!(accept_offer))
        .merge(owners::routes())
}

/// Join the waitlist
///
/// For seats that cannot be had now. While people wait, seats that come free are kept, and held for
/// the next in the queue whom they fit.
#[utoipa::path(
    post, path = "/v1/events/{event_id}/waitlist",
    operation_id = "join_waitlist", tag = "waitlist",
    params(("event_id" = EventId, Path)),
    request_body = JoinWaitlistBody,
    responses(
        (status = 201, description = "The entry.", body = MineView),
        (status = 409, description = "`already_waiting`, for the caller or the mail address; \
            `seats_available` with seats that can be held now; `waitlist_closed`; \
            `event_not_on_sale`; `request_in_progress`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn join_waitlist(
    State(ctx): State<Context>,
    Changer(caller): Changer,
    Path(event_id): Path<EventId>,
    Json(body): Json<JoinWaitlistBody>,
) -> Result<(StatusCode, Json<MineView>), Problem> {
    actions::join(&ctx, caller, event_id, body.into()).await?;
    let who = Who {
        caller: Some(caller),
        token: None,
    };
    let mine = actions::find(&ctx, event_id, who).await?;
    Ok((
        StatusCode::CREATED,
        Json(views::mine(&ctx, event_id, mine).await?),
    ))
}

/// Look at one's entry
///
/// Of the caller, or of whoever has the entry's token. With an offer, seats are held: confirm the
/// hold, or accept the offer by the token.
#[utoipa::path(
    get, path = "/v1/events/{event_id}/waitlist/mine",
    operation_id = "get_my_entry", tag = "waitlist",
    security((), ("bearerAuth" = [])),
    params(("event_id" = EventId, Path), MineQuery,
        ("Waitlist-Token" = Option<String>, Header, description = "The entry's secret")),
    responses(
        (status = 200, description = "The live entry, or the last one.", body = MineView),
    )
)]
async fn get_my_entry(
    State(ctx): State<Context>,
    caller: Option<Caller>,
    Path(event_id): Path<EventId>,
    Query(query): Query<MineQuery>,
    headers: HeaderMap,
) -> Result<Json<MineView>, Problem> {
    let who = Who {
        caller,
        token: query.token(&headers),
    };
    let mine = actions::find(&ctx, event_id, who).await?;
    Ok(Json(views::mine(&ctx, event_id, mine).await?))
}

/// Leave the waitlist
///
/// A live offer is let go. Again answers the same.
#[utoipa::path(
    delete, path = "/v1/events/{event_id}/waitlist/mine",
    operation_id = "leave_waitlist", tag = "waitlist",
    security((), ("bearerAuth" = [])),
    params(("event_id" = EventId, Path), MineQuery,
        ("Waitlist-Token" = Option<String>, Header, description = "The entry's secret")),
    responses(
        (status = 204, description = "The entry has ended."),
        (status = 409, description = "`hold_confirming`, `hold_confirmed`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn leave_waitlist(
    State(ctx): State<Context>,
    (caller, address): (Option<Caller>, ClientAddress),
    Path(event_id): Path<EventId>,
    Query(query): Query<MineQuery>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let who = Who {
        caller,
        token: query.token(&headers),
    };
    limits::take(&ctx, Rule::Withdrawals, address).await?;
    actions::leave(&ctx, event_id, who).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Verify the mail address of an entry
///
/// For the page that the mail's link leads to. Where the waitlist asks for it, an entry counts from
/// then on. Again answers the same.
#[utoipa::path(
    post, path = "/v1/events/{event_id}/waitlist/mine/verify",
    operation_id = "verify_entry", tag = "waitlist",
    security(()),
    params(("event_id" = EventId, Path)),
    request_body = VerifyEntry,
    responses(
        (status = 200, description = "The entry.", body = MineView),
    )
)]
async fn verify_entry(
    State(ctx): State<Context>,
    Path(event_id): Path<EventId>,
    Json(body): Json<VerifyEntry>,
) -> Result<Json<MineView>, Problem> {
    actions::verify(&ctx, event_id, &body.token).await?;
    let who = Who {
        caller: None,
        token: Some(&body.token),
    };
    let mine = actions::find(&ctx, event_id, who).await?;
    Ok(Json(views::mine(&ctx, event_id, mine).await?))
}

/// Accept an offer
///
/// Confirms the hold of the entry's offer, from any device that has the entry's token. Whoever
/// holds the hold may as well confirm it like any other. Again answers the same booking.
#[utoipa::path(
    post, path = "/v1/events/{event_id}/waitlist/mine/accept",
    operation_id = "accept_offer", tag = "waitlist",
    security((), ("bearerAuth" = [])),
    params(("event_id" = EventId, Path)),
    request_body = AcceptOffer,
    responses(
        (status = 201, description = "The booking.", body = BookingView),
        (status = 200, description = "The booking that was made before.", body = BookingView),
        (status = 409, description = "`seats_unavailable`, `hold_released`, `hold_confirming`, \
            `event_not_on_sale`, `request_in_progress`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "`hold_expired`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`, counted for the entry's person",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "`outcome_unknown`, `unavailable`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn accept_offer(
    State(ctx): State<Context>,
    (caller, counted): (Option<Caller>, Option<Extension<Counted>>),
    Path(event_id): Path<EventId>,
    Json(body): Json<AcceptOffer>,
) -> Result<(StatusCode, Json<BookingView>), Problem> {
    let who = Who {
        caller,
        token: body.token.as_deref(),
    };
    let entry = actions::find_entry(&ctx, event_id, who).await?;
    // A confirm like any other: by the link or without it, the person has the permits of one.
    let is_theirs = caller.is_some_and(|caller| caller.caller_id == entry.holder);
    if counted.is_none() || !is_theirs {
        limits::take(&ctx, Rule::HoldChanges, entry.holder).await?;
    }
    let what = (body.contact, body.payment_reference);
    let confirmed = actions::accept(&ctx, event_id, entry, what).await?;
    let status = match confirmed.is_repeated {
        true => StatusCode::OK,
        false => StatusCode::CREATED,
    };
    Ok((status, Json(bookings::view(&ctx, confirmed.booking).await?)))
}
