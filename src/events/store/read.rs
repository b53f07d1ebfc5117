//! Reads: events with their prices and their venue's name, as far as a caller reaches.

use iso_currency::Currency;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use crate::clock::Instant;
use crate::events::model::{
    BoardMode, Event, EventFilter, EventPrice, EventState, EventVenue, Reach, Terms,
};
use crate::id::{EventId, VenueId};
use crate::page::PageRequest;

pub async fn find(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    reach: Reach,
) -> Result<Option<Event>, sqlx::Error> {
    Ok(find_all(db, &[event_id], reach).await?.pop())
}

/// One statement, so that a price never meets another version's terms. Newest first.
pub(crate) async fn find_all(
    db: impl PgExecutor<'_>,
    event_ids: &[EventId],
    reach: Reach,
) -> Result<Vec<Event>, sqlx::Error> {
    let rows = sqlx::query_as!(
        EventRow,
        r#"SELECT e.event_id, e.owner_id, e.venue_id, e.venue_version, e.name, e.starts_at,
                  e.state AS "state: EventState", e.currency, e.hold_ttl_seconds,
                  e.hold_lifetime_max_seconds, e.seats_per_hold_max, e.seats_per_person_max,
                  e.sales_open_at, e.sales_close_at, e.version, e.board_epoch,
                  e.board_mode AS "board_mode: BoardMode", e.opened_at,
                  e.closed_at, e.cancelled_at, e.created_at, e.updated_at,
                  v.name AS venue_name, v.time_zone, v.seat_count,
                  v.etag AS layout_tag,
                  (SELECT json_agg(json_build_object('category', p.category, 'name', p.name,
                                                     'colour', p.colour, 'amount', p.amount::text)
                                   ORDER BY p.position)
                     FROM event_prices p
                    WHERE p.event_id = e.event_id) AS "prices!: Json<Vec<EventPrice>>"
             FROM events e
             JOIN venue_versions v ON v.venue_id = e.venue_id AND v.version = e.venue_version
            WHERE e.event_id = ANY($1) AND (e.opened_at IS NOT NULL OR e.owner_id = $2 OR $3)
            ORDER BY e.event_id DESC"#,
        &event_ids.iter().map(|id| id.0).collect::<Vec<_>>(),
        reach.owner(),
        reach.is_admin
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Event::try_from).collect()
}

/// The ids of a page of events, newest first.
pub(crate) async fn list(
    db: impl PgExecutor<'_>,
    page: PageRequest,
    filter: &EventFilter,
    reach: Reach,
) -> Result<Vec<EventId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT event_id AS "event_id: EventId"
             FROM events
            WHERE ($1::uuid IS NULL OR event_id < $1)
              AND ($2::text IS NULL OR state = $2)
              AND ($3::text IS NULL OR position(lower($3) IN lower(name)) > 0)
              AND (opened_at IS NOT NULL OR owner_id = $4 OR $5)
              AND ($6::uuid IS NULL OR owner_id = $6)
            ORDER BY event_id DESC
            LIMIT $7"#,
        page.after,
        filter.state.map(EventState::as_str),
        filter.q,
        reach.owner(),
        reach.is_admin,
        filter.owner_id.map(|owner_id| owner_id.0),
        page.n_rows()
    )
    .fetch_all(db)
    .await
}

/// The newest version of a venue that the caller may put events in: their own, or a built-in one.
pub(crate) async fn find_venue_version(
    db: impl PgExecutor<'_>,
    venue_id: VenueId,
    reach: Reach,
) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT version FROM venues
            WHERE venue_id = $1 AND (owner_id IS NULL OR owner_id = $2 OR $3)"#,
        venue_id.0,
        reach.owner(),
        reach.is_admin
    )
    .fetch_optional(db)
    .await
}

struct EventRow {
    event_id: Uuid,
    owner_id: Uuid,
    venue_id: Uuid,
    venue_version: i32,
    venue_name: String,
    time_zone: String,
    seat_count: i32,
    layout_tag: String,
    name: String,
    starts_at: Instant,
    state: EventState,
    currency: String,
    prices: Json<Vec<EventPrice>>,
    hold_ttl_seconds: i32,
    hold_lifetime_max_seconds: i32,
    seats_per_hold_max: i32,
    seats_per_person_max: i32,
    sales_open_at: Option<Instant>,
    sales_close_at: Option<Instant>,
    version: i32,
    board_epoch: i64,
    board_mode: BoardMode,
    opened_at: Option<Instant>,
    closed_at: Option<Instant>,
    cancelled_at: Option<Instant>,
    created_at: Instant,
    updated_at: Instant,
}

impl TryFrom<EventRow> for Event {
    type Error = sqlx::Error;

    fn try_from(row: EventRow) -> Result<Self, sqlx::Error> {
        let currency = Currency::from_code(&row.currency)
            .ok_or_else(|| sqlx::Error::Decode("not an ISO 4217 currency".into()))?;
        let mut prices = row.prices.0;
        for price in &mut prices {
            let exact = price.amount.in_currency(currency);
            price.amount = exact.map_err(|error| sqlx::Error::Decode(error.into()))?;
        }
        Ok(Self {
            event_id: row.event_id.into(),
            owner_id: row.owner_id.into(),
            venue: EventVenue {
                venue_id: row.venue_id.into(),
                version: row.venue_version,
                name: row.venue_name,
                time_zone: row.time_zone,
            },
            seat_count: row.seat_count,
            layout_tag: row.layout_tag,
            terms: Terms {
                name: row.name,
                starts_at: row.starts_at,
                sales_open_at: row.sales_open_at,
                sales_close_at: row.sales_close_at,
                hold_ttl_seconds: row.hold_ttl_seconds,
                hold_lifetime_max_seconds: row.hold_lifetime_max_seconds,
                seats_per_hold_max: row.seats_per_hold_max,
                seats_per_person_max: row.seats_per_person_max,
            },
            state: row.state,
            currency,
            prices,
            version: row.version,
            board_epoch: row.board_epoch,
            board_mode: row.board_mode,
            opened_at: row.opened_at,
            closed_at: row.closed_at,
            cancelled_at: row.cancelled_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
