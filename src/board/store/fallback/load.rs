//! Whole boards in PostgreSQL: written when Redis goes, and left again.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::types::Json;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::super::super::error::BoardError;
use super::super::super::model::SeatState;
use super::super::load::Truth;
use super::super::seats::sale_fields;
use super::rows::columns;
use super::{Carried, Record};
use crate::clock::{Instant, from_ms};
use crate::events::Sale;
use crate::id::EventId;

/// Limit: rows in one statement.
const ROWS_MAX: usize = 2_000;

/// Writes a board as PostgreSQL knows it, in place of what is left of an older one.
pub async fn write(db: &mut PgConnection, sale: &Sale, truth: &Truth) -> Result<(), BoardError> {
    let event_id = sale.event_id;
    delete(&mut *db, event_id).await?;
    let [_, sales, opens_at, closes_at, _] = sale_fields(sale).map(|(_, value)| value);
    let at = |ms: &str| from_ms(ms.parse().unwrap_or_default());
    sqlx::query!(
        r#"
        INSERT INTO fallback_boards (event_id, epoch, version, sales, opens_at, closes_at,
            seats_per_person_max, waiting_version, n_waiting)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        event_id.0,
        truth.epoch,
        sale.version,
        sales,
        at(&opens_at),
        at(&closes_at),
        sale.seats_per_person_max.cast_signed(),
        truth.waitlist.version,
        truth.waitlist.n_waiting
    )
    .execute(&mut *db)
    .await?;
    let holds = truth.all_holds();
    write_holds(&mut *db, event_id, &holds).await?;
    write_seats(db, sale, truth, &holds).await
}

/// A hold as a row, in JSON: arrays of arrays have no other way into a statement.
#[derive(Serialize)]
struct NewRow<'a> {
    hold_id: Uuid,
    holder_id: Uuid,
    state: &'static str,
    deadline: Instant,
    placed_at: Instant,
    since: Instant,
    memory_ms: i64,
    asked: &'a str,
    attempts: &'a str,
    seats: Vec<i32>,
    amounts: Vec<i64>,
    due_at: Instant,
}

impl<'a> NewRow<'a> {
    fn of(one: &'a Carried) -> Self {
        let record: &'a Record = &one.record;
        let (seats, amounts) = columns(&record.seats);
        Self {
            hold_id: one.hold_id.0,
            holder_id: record.holder.0,
            state: record.state.word(),
            deadline: from_ms(record.deadline),
            placed_at: from_ms(record.placed_at),
            since: from_ms(record.since),
            memory_ms: record.memory,
            asked: &record.asked,
            attempts: &record.attempts,
            seats,
            amounts,
            due_at: from_ms(one.due),
        }
    }
}

async fn write_holds(
    db: &mut PgConnection,
    event_id: EventId,
    holds: &[Carried],
) -> Result<(), BoardError> {
    for chunk in holds.chunks(ROWS_MAX) {
        let rows: Vec<NewRow<'_>> = chunk.iter().map(NewRow::of).collect();
        sqlx::query!(
            r#"
            INSERT INTO fallback_holds (event_id, hold_id, holder_id, state, deadline, placed_at,
                since, memory_ms, asked, attempts, seats, amounts, due_at)
            SELECT $1, hold_id, holder_id, state, deadline, placed_at, since, memory_ms, asked,
                attempts, seats, amounts, due_at
            FROM jsonb_to_recordset($2) AS t (hold_id uuid, holder_id uuid, state text,
                deadline timestamptz, placed_at timestamptz, since timestamptz,
                memory_ms bigint, asked text, attempts text, seats integer[], amounts bigint[],
                due_at timestamptz)
            "#,
            event_id.0,
            Json(rows) as _
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// A seat's state, its hold and its holder.
type Seat = (SeatState, Option<Uuid>, Option<Uuid>);

/// As the bytes of a board that is loaded into Redis: what is booked comes before what is held.
fn seats_of(sale: &Sale, truth: &Truth, holds: &[Carried]) -> Vec<(u32, Seat)> {
    let mut seats: HashMap<u32, Seat> = HashMap::new();
    if truth.free() == SeatState::Kept {
        let all = 0..u32::try_from(sale.seating.n_seats()).unwrap_or_default();
        seats.extend(all.map(|index| (index, (SeatState::Kept, None, None))));
    }
    let blocked = truth.blocked.iter();
    seats.extend(blocked.map(|index| (*index, (SeatState::Blocked, None, None))));
    for one in holds.iter().filter(|one| one.record.is_live()) {
        let held = (
            SeatState::Held,
            Some(one.hold_id.0),
            Some(one.record.holder.0),
        );
        seats.extend(one.record.seats.iter().map(|seat| (seat.index, held)));
    }
    let booked = truth.booked.iter();
    seats.extend(booked.map(|(index, holder)| (*index, (SeatState::Booked, None, Some(*holder)))));
    let mut seats: Vec<_> = seats.into_iter().collect();
    seats.sort_unstable_by_key(|(index, _)| *index);
    seats
}

async fn write_seats(
    db: &mut PgConnection,
    sale: &Sale,
    truth: &Truth,
    holds: &[Carried],
) -> Result<(), BoardError> {
    for chunk in seats_of(sale, truth, holds).chunks(ROWS_MAX) {
        let indexes: Vec<i32> = chunk.iter().map(|(index, _)| index.cast_signed()).collect();
        let word = |state: SeatState| char::from(state.byte()).to_string();
        let states: Vec<String> = chunk.iter().map(|(_, (state, ..))| word(*state)).collect();
        let holds: Vec<Option<Uuid>> = chunk.iter().map(|(_, (_, hold, _))| *hold).collect();
        let holders: Vec<Option<Uuid>> = chunk.iter().map(|(_, (.., holder))| *holder).collect();
        sqlx::query!(
            r#"
            INSERT INTO fallback_seats (event_id, seat_index, state, hold_id, holder_id)
            SELECT $1, * FROM unnest($2::integer[], $3::text[], $4::uuid[], $5::uuid[])
            "#,
            sale.event_id.0,
            &indexes,
            &states,
            &holds as &[Option<Uuid>],
            &holders as &[Option<Uuid>]
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Ends the board in PostgreSQL, once the verb under way has; its holds stay, to be carried over.
pub async fn close(db: &mut PgConnection, event_id: EventId) -> Result<(), BoardError> {
    sqlx::query!(
        r#"UPDATE fallback_boards SET is_open = false WHERE event_id = $1"#,
        event_id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets what is left of a board, once Redis has it in that epoch. All of it or nothing, and
/// while the event's row says so: whoever takes the board out of Redis again has done it before, or
/// finds nothing left.
pub async fn clear(db: &mut PgConnection, event_id: EventId, epoch: i64) -> Result<(), BoardError> {
    if !is_left(&mut *db, event_id, epoch).await? {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    let in_redis = sqlx::query_scalar!(
        r#"
        SELECT event_id FROM events
        WHERE event_id = $1 AND board_mode = 'redis' AND board_epoch = $2
        FOR SHARE
        "#,
        event_id.0,
        epoch
    )
    .fetch_optional(&mut *tx)
    .await?;
    if in_redis.is_some() {
        delete(&mut tx, event_id).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn is_left(db: &mut PgConnection, event_id: EventId, epoch: i64) -> Result<bool, BoardError> {
    let is_left = sqlx::query_scalar!(
        r#"
        SELECT event_id FROM fallback_boards
        WHERE event_id = $1 AND NOT is_open AND epoch < $2
        "#,
        event_id.0,
        epoch
    )
    .fetch_optional(db)
    .await?;
    Ok(is_left.is_some())
}

/// The board's row first, as every verb.
pub(super) async fn delete(db: &mut PgConnection, event_id: EventId) -> Result<(), BoardError> {
    sqlx::query!(
        r#"SELECT FROM fallback_boards WHERE event_id = $1 FOR UPDATE"#,
        event_id.0
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"DELETE FROM fallback_seats WHERE event_id = $1"#,
        event_id.0
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"DELETE FROM fallback_holds WHERE event_id = $1"#,
        event_id.0
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"DELETE FROM fallback_boards WHERE event_id = $1"#,
        event_id.0
    )
    .execute(db)
    .await?;
    Ok(())
}
