//! Holds over HTTP: place, look at, change, extend, release.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use garde::Validate;
use iso_currency::Currency;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::actions;
use crate::auth::Caller;
use crate::board::{self, HeldSeat, HoldState};
use crate::context::Context;
use crate::events::{self, Sale};
use crate::id::{EventId, HoldId};
use crate::idempotency;
use crate::limits::Changer;
use crate::money::Amount;
use crate::problem::{Problem, ProblemBody};
use crate::request::{Json, Path};
use crate::venues::SeatPlace;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(place_hold))
        .routes(routes!(get_hold, change_hold, release_hold))
        .routes(routes!(extend_hold))
}

/// Seats to hold.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PlaceHold {
    /// Labels, such as `STALLS-A-12`. The event may allow fewer than 50.
    #[garde(length(min = 1, max = board::SEATS_PER_CALL_MAX), inner(length(min = 1, max = 100)))]
    #[schema(min_items = 1, max_items = 50)]
    seats: Vec<String>,
}

/// Seats to add to a hold and to remove from it.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ChangeHold {
    #[serde(default)]
    #[garde(length(max = board::SEATS_PER_CALL_MAX), inner(length(min = 1, max = 100)))]
    #[schema(max_items = 50)]
    add: Vec<String>,
    #[serde(default)]
    #[garde(length(max = board::SEATS_PER_CALL_MAX), inner(length(min = 1, max = 100)))]
    #[schema(max_items = 50)]
    remove: Vec<String>,
}

/// A hold as its holder sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = Hold)]
pub struct HoldView {
    hold_id: HoldId,
    /// A signed receipt: sent with a confirm, it brings the hold back should the board be lost.
    hold_token: String,
    event_id: EventId,
    state: HoldStateView,
    seats: Vec<HeldSeatView>,
    total: Amount,
    /// ISO 4217.
    #[schema(value_type = String, examples("EUR"))]
    currency: Currency,
    placed_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    expires_in_seconds: i64,
    /// The clock that decides when the hold expires.
    now: DateTime<Utc>,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HoldState)]
pub enum HoldStateView {
    Held,
    Confirming,
    Confirmed,
    Released,
    Expired,
}

/// A seat of a hold or of a booking, with its price.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HeldSeat)]
pub struct HeldSeatView {
    #[schema(examples("STALLS-A-12"))]
    pub seat: String,
    pub section: String,
    pub row: String,
    pub number: String,
    pub category: String,
    pub price: Amount,
}

impl HeldSeatView {
    pub fn of(seat: &SeatPlace, price: Amount) -> Self {
        Self {
            seat: seat.label.clone(),
            section: seat.section.clone(),
            row: seat.row.clone(),
            number: seat.number.clone(),
            category: seat.category.clone(),
            price,
        }
    }
}

impl HoldView {
    pub fn of(ctx: &Context, sale: &Sale, hold: &board::Hold) -> Self {
        let price = |seat: &HeldSeat| Amount::from_minor(seat.amount, sale.currency);
        let seats = hold
            .seats
            .iter()
            .filter_map(|seat| Some(HeldSeatView::of(sale.seating.at(seat.index)?, price(seat))));
        let total = hold.seats.iter().map(|seat| seat.amount).sum();
        Self {
            hold_id: hold.hold_id,
            hold_token: actions::token(ctx, sale.event_id, hold),
            event_id: sale.event_id,
            state: match hold.state {
                HoldState::Held => HoldStateView::Held,
                HoldState::Confirming => HoldStateView::Confirming,
                HoldState::Confirmed => HoldStateView::Confirmed,
                HoldState::Released => HoldStateView::Released,
                HoldState::Expired => HoldStateView::Expired,
            },
            seats: seats.collect(),
            total: Amount::from_minor(total, sale.currency),
            currency: sale.currency,
            placed_at: hold.placed_at,
            expires_at: hold.deadline,
            expires_in_seconds: (hold.deadline - hold.now).num_seconds().max(0),
            now: hold.now,
        }
    }
}

async fn view(ctx: &Context, event_id: EventId, hold: &board::Hold) -> Result<HoldView, Problem> {
    let sale = events::sale(ctx, event_id).await?;
    Ok(HoldView::of(ctx, &sale, hold))
}

/// Hold seats
///
/// All of them or none, for the event's `hold_ttl_seconds`. With an `Idempotency-Key` the same
/// request again answers the same hold as it now stands, until 15 minutes after it was released or
/// expired.
#[utoipa::path(
    post, path = "/v1/events/{event_id}/holds",
    operation_id = "place_hold", tag = "holds",
    params(
        ("event_id" = EventId, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters"),
    ),
    request_body = PlaceHold,
    responses(
        (status = 201, description = "The hold.", body = HoldView),
        (status = 409,
         description = "`seats_unavailable` with every conflict, `hold_limit_reached`, \
            `event_not_on_sale`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 422,
         description = "`validation_failed`, `unknown_seats`, `idempotency_key_reused`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn place_hold(
    State(ctx): State<Context>,
    Changer(caller): Changer,
    Path(event_id): Path<EventId>,
    headers: HeaderMap,
    Json(body): Json<PlaceHold>,
) -> Result<Response, Problem> {
    let key = idempotency::read_key(&headers)?;
    let placed = actions::place(&ctx, caller, event_id, &body.seats, key.as_deref()).await?;
    let hold = view(&ctx, event_id, &placed.hold).await?;
    let mut response = (StatusCode::CREATED, Json(hold)).into_response();
    if placed.is_repeated {
        let name = HeaderName::from_static("idempotency-replayed");
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Look at a hold
#[utoipa::path(
    get, path = "/v1/events/{event_id}/holds/{hold_id}",
    operation_id = "get_hold", tag = "holds",
    params(("event_id" = EventId, Path), ("hold_id" = HoldId, Path)),
    responses(
        (status = 200,
         description = "The hold, live or ended a while ago.", body = HoldView),
    )
)]
async fn get_hold(
    State(ctx): State<Context>,
    caller: Caller,
    Path((event_id, hold_id)): Path<(EventId, HoldId)>,
) -> Result<Json<HoldView>, Problem> {
    let hold = actions::find(&ctx, caller, event_id, hold_id).await?;
    Ok(Json(view(&ctx, event_id, &hold).await?))
}

/// Change a hold's seats
///
/// Adds and removes, all or nothing; the deadline stays. The same change again changes nothing.
#[utoipa::path(
    patch, path = "/v1/events/{event_id}/holds/{hold_id}",
    operation_id = "change_hold", tag = "holds",
    params(("event_id" = EventId, Path), ("hold_id" = HoldId, Path)),
    request_body = ChangeHold,
    responses(
        (status = 200, description = "The hold with its new seats.", body = HoldView),
        (status = 409,
         description = "`seats_unavailable` with every conflict, `hold_limit_reached`, \
            `hold_released`, `hold_confirming`, `hold_confirmed`, \
            `event_not_on_sale`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "`hold_expired`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`, `unknown_seats`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn change_hold(
    State(ctx): State<Context>,
    Changer(caller): Changer,
    Path(ids): Path<(EventId, HoldId)>,
    Json(body): Json<ChangeHold>,
) -> Result<Json<HoldView>, Problem> {
    let hold = actions::change(&ctx, caller, ids, &body.add, &body.remove).await?;
    Ok(Json(view(&ctx, ids.0, &hold).await?))
}

/// Extend a hold
///
/// A full time to live from now, up to the event's `hold_lifetime_max_seconds` since it was placed.
/// Take the new `hold_token`, too.
#[utoipa::path(
    post, path = "/v1/events/{event_id}/holds/{hold_id}/extend",
    operation_id = "extend_hold", tag = "holds",
    params(("event_id" = EventId, Path), ("hold_id" = HoldId, Path)),
    responses(
        (status = 200, description = "The hold with its new deadline.", body = HoldView),
        (status = 409,
         description = "`hold_cannot_be_extended`, `hold_released`, `hold_confirming`, \
            `hold_confirmed`, `event_not_on_sale`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "`hold_expired`",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn extend_hold(
    State(ctx): State<Context>,
    Changer(caller): Changer,
    Path((event_id, hold_id)): Path<(EventId, HoldId)>,
) -> Result<Json<HoldView>, Problem> {
    let hold = actions::extend(&ctx, caller, event_id, hold_id).await?;
    Ok(Json(view(&ctx, event_id, &hold).await?))
}

/// Release a hold
///
/// Its seats are free at once. Again answers the same.
#[utoipa::path(
    delete, path = "/v1/events/{event_id}/holds/{hold_id}",
    operation_id = "release_hold", tag = "holds",
    params(("event_id" = EventId, Path), ("hold_id" = HoldId, Path)),
    responses(
        (status = 204, description = "The hold has ended."),
        (status = 409, description = "`hold_confirming`, `hold_confirmed`",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn release_hold(
    State(ctx): State<Context>,
    caller: Caller,
    Path((event_id, hold_id)): Path<(EventId, HoldId)>,
) -> Result<StatusCode, Problem> {
    actions::release(&ctx, caller, event_id, hold_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
