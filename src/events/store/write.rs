//! Writes. Whose event it is stands in every statement; the caller owns the transaction.

use iso_currency::Currency;
use sqlx::PgConnection;

use crate::clock::Instant;
use crate::events::model::{Event, EventPrice, EventState, PriceOf, Reach, Terms};
use crate::id::{AccountId, EventId, VenueId};
use crate::postgres;

pub(crate) struct NewEvent {
    pub event_id: EventId,
    pub owner_id: AccountId,
    pub venue_id: VenueId,
    pub venue_version: i32,
    pub terms: Terms,
    pub currency: Currency,
    pub prices: Vec<EventPrice>,
}

/// `at` is the time to impose; without it PostgreSQL's clock counts, here and below.
pub(crate) async fn insert(
    db: &mut PgConnection,
    event: &NewEvent,
    at: Option<Instant>,
) -> Result<(), sqlx::Error> {
    let terms = &event.terms;
    sqlx::query!(
        r#"INSERT INTO events (event_id, owner_id, venue_id, venue_version, name, starts_at, state,
                               currency, hold_ttl_seconds, hold_lifetime_max_seconds,
                               seats_per_hold_max, seats_per_person_max, sales_open_at,
                               sales_close_at, created_at, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, 'draft', $7, $8, $9, $10, $11, $12, $13,
                   COALESCE($14, clock_timestamp()), COALESCE($14, clock_timestamp()))"#,
        event.event_id.0,
        event.owner_id.0,
        event.venue_id.0,
        event.venue_version,
        terms.name,
        terms.starts_at,
        event.currency.code(),
        terms.hold_ttl_seconds,
        terms.hold_lifetime_max_seconds,
        terms.seats_per_hold_max,
        terms.seats_per_person_max,
        terms.sales_open_at,
        terms.sales_close_at,
        at
    )
    .execute(&mut *db)
    .await?;
    insert_prices(db, event.event_id, &event.prices).await
}

async fn insert_prices(
    db: &mut PgConnection,
    event_id: EventId,
    prices: &[EventPrice],
) -> Result<(), sqlx::Error> {
    let column = |of: fn(&EventPrice) -> &String| prices.iter().map(of).cloned().collect();
    let categories: Vec<String> = column(|price| &price.category);
    let names: Vec<String> = column(|price| &price.name);
    let colours: Vec<String> = column(|price| &price.colour);
    let amounts: Vec<_> = prices.iter().map(|price| price.amount.0).collect();
    sqlx::query!(
        r#"INSERT INTO event_prices (event_id, category, name, colour, amount, position)
           SELECT $1, category, name, colour, amount, position
             FROM UNNEST($2::text[], $3::text[], $4::text[], $5::numeric[])
                  WITH ORDINALITY AS price (category, name, colour, amount, position)"#,
        event_id.0,
        &categories,
        &names,
        &colours,
        &amounts
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Replaces the terms of the event at that version; false when it is another's or has another
/// version by now.
pub(crate) async fn update(
    db: &mut PgConnection,
    event: &Event,
    terms: &Terms,
    reach: Reach,
    at: Option<Instant>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        r#"UPDATE events
              SET name = $5, starts_at = $6, sales_open_at = $7, sales_close_at = $8,
                  hold_ttl_seconds = $9, hold_lifetime_max_seconds = $10,
                  seats_per_hold_max = $11, seats_per_person_max = $12,
                  version = version + 1, updated_at = COALESCE($13, clock_timestamp())
            WHERE event_id = $1 AND (owner_id = $2 OR $3) AND version = $4"#,
        event.event_id.0,
        reach.owner(),
        reach.is_admin,
        event.version,
        terms.name,
        terms.starts_at,
        terms.sales_open_at,
        terms.sales_close_at,
        terms.hold_ttl_seconds,
        terms.hold_lifetime_max_seconds,
        terms.seats_per_hold_max,
        terms.seats_per_person_max,
        at
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Sets the amounts, in the transaction that has updated the event.
pub(crate) async fn update_prices(
    db: &mut PgConnection,
    event_id: EventId,
    prices: &[PriceOf],
    reach: Reach,
) -> Result<(), sqlx::Error> {
    let categories: Vec<_> = prices.iter().map(|price| price.category.clone()).collect();
    let amounts: Vec<_> = prices.iter().map(|price| price.amount.0).collect();
    sqlx::query!(
        r#"UPDATE event_prices
              SET amount = price.amount
             FROM UNNEST($4::text[], $5::numeric[]) AS price (category, amount), events
            WHERE event_prices.event_id = $1 AND event_prices.category = price.category
              AND events.event_id = $1 AND (events.owner_id = $2 OR $3)"#,
        event_id.0,
        reach.owner(),
        reach.is_admin,
        &categories,
        &amounts
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Waits until no confirm of the event is under way, keeps new ones waiting until the transaction
/// ends, and answers the state then: a confirm that comes later sees what this transaction wrote
/// (F40).
pub(crate) async fn lock(
    db: &mut PgConnection,
    event_id: EventId,
    reach: Reach,
) -> Result<Option<EventState>, sqlx::Error> {
    let key = postgres::event_lock(event_id);
    sqlx::query!(r#"SELECT pg_advisory_xact_lock($1)"#, key)
        .execute(&mut *db)
        .await?;
    sqlx::query_scalar!(
        r#"SELECT state AS "state: EventState" FROM events
            WHERE event_id = $1 AND (owner_id = $2 OR $3) FOR UPDATE"#,
        event_id.0,
        reach.owner(),
        reach.is_admin
    )
    .fetch_optional(db)
    .await
}

/// Gives a locked event its new state. A cancelled event gets another epoch, so that its board and
/// every hold on it end.
pub(crate) async fn mark(
    db: &mut PgConnection,
    event_id: EventId,
    state: EventState,
    reach: Reach,
    at: Option<Instant>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"UPDATE events
              SET state = now.state, version = version + 1, updated_at = now.at,
                  board_epoch = board_epoch + (now.state = 'cancelled')::int,
                  opened_at = CASE WHEN now.state = 'on_sale' THEN COALESCE(opened_at, now.at)
                                   ELSE opened_at END,
                  last_opened_at = CASE WHEN now.state = 'on_sale' THEN now.at
                                        ELSE last_opened_at END,
                  closed_at = CASE WHEN now.state = 'closed' THEN now.at ELSE closed_at END,
                  cancelled_at = CASE WHEN now.state = 'cancelled' THEN now.at END
             FROM (SELECT $4::text AS state, COALESCE($5, clock_timestamp()) AS at) now
            WHERE event_id = $1 AND (owner_id = $2 OR $3)"#,
        event_id.0,
        reach.owner(),
        reach.is_admin,
        state.as_str(),
        at
    )
    .execute(db)
    .await?;
    Ok(())
}
