//! Whole boards in PostgreSQL: written when Redis goes, read, and left again.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::super::super::error::BoardError;
use super::super::super::model::{Hold, HoldState, Position, SeatState};
use super::super::call::Reply;
use super::super::load::Truth;
use super::super::seats::{ENDED_MEMORY, sale_fields};
use super::rows::{Row, columns};
use super::{Answer, Carried, Record};
use crate::clock::{Instant, from_ms};
use crate::context::Context;
use crate::events::{self, Sale};
use crate::id::{EventId, HoldId};

/// Limit: rows in one statement.
const ROWS_MAX: usize = 2_000;

/// As `read_board.lua`.
pub async fn read(
    ctx: &Context,
    event_id: EventId,
    epoch: Option<i64>,
) -> Result<Option<Reply>, BoardError> {
    let sale = events::sale(ctx, event_id).await?;
    let board = sqlx::query!(
        r#"
        SELECT board.epoch, board.revision, board.version, clock_timestamp() AS "now!",
            coalesce(seats.indexes, '{}') AS "indexes!", coalesce(seats.states, '') AS "states!"
        FROM fallback_boards AS board CROSS JOIN LATERAL (
            SELECT array_agg(seat_index) AS indexes, string_agg(state, '') AS states
            FROM fallback_seats AS seat WHERE seat.event_id = board.event_id) AS seats
        WHERE board.event_id = $1 AND board.is_open
        "#,
        event_id.0
    )
    .fetch_optional(&ctx.db)
    .await?;
    let Some(board) = board else {
        return Ok(None);
    };
    let position = Position {
        epoch: board.epoch,
        revision: board.revision,
    };
    let now = ctx.clock.imposed_ms();
    let now = now.unwrap_or(board.now.timestamp_millis());
    if epoch.is_some_and(|epoch| epoch != board.epoch) {
        return Ok(Some(Answer::of("wrong_epoch").into_reply(position, now)));
    }
    let mut seats = vec![SeatState::Free.byte(); sale.seating.n_seats()];
    for (index, byte) in board.indexes.iter().zip(board.states.bytes()) {
        if let Some(seat) = seats.get_mut(index.cast_unsigned() as usize) {
            *seat = byte;
        }
    }
    let answer = Answer::of("board").with(seats.as_slice());
    let answer = answer.with(i64::from(board.version));
    Ok(Some(answer.into_reply(position, now)))
}

/// How far the board in PostgreSQL has come; the position before all others where there is none.
pub async fn find_position(ctx: &Context, event_id: EventId) -> Result<Position, BoardError> {
    let row = sqlx::query!(
        r#"SELECT epoch, revision FROM fallback_boards WHERE event_id = $1 AND is_open"#,
        event_id.0
    )
    .fetch_optional(&ctx.db)
    .await?;
    Ok(row.map_or_else(Position::default, |row| Position {
        epoch: row.epoch,
        revision: row.revision,
    }))
}

pub async fn list_holds(ctx: &Context, event_id: EventId) -> Result<Vec<Hold>, BoardError> {
    let mut connection = ctx.db.acquire().await?;
    let holds = rows(&mut connection, event_id).await?;
    let parse = |one: &Carried| Hold::parse(one.hold_id, &one.record.write(), 0);
    Ok(holds.iter().filter_map(parse).collect())
}

pub async fn find_hold_of_seat(
    ctx: &Context,
    event_id: EventId,
    index: u32,
) -> Result<Option<HoldId>, BoardError> {
    let hold_id = sqlx::query_scalar!(
        r#"SELECT hold_id FROM fallback_seats WHERE event_id = $1 AND seat_index = $2"#,
        event_id.0,
        index.cast_signed()
    )
    .fetch_optional(&ctx.db)
    .await?;
    Ok(hold_id.flatten().map(HoldId))
}

async fn rows(db: &mut PgConnection, event_id: EventId) -> Result<Vec<Carried>, BoardError> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT hold_id, holder_id, state, deadline, placed_at, since, memory_ms, asked, attempts,
            seats, amounts, due_at
        FROM fallback_holds WHERE event_id = $1
        "#,
        event_id.0
    )
    .fetch_all(db)
    .await?;
    let carried = |row: &Row| {
        Some(Carried {
            hold_id: HoldId(row.hold_id),
            record: row.record()?,
            due: row.due_at.timestamp_millis(),
        })
    };
    Ok(rows.iter().filter_map(carried).collect())
}

/// The holds that PostgreSQL has for the event's next board, wherever that will be.
pub async fn read_carried(
    ctx: &Context,
    db: &mut PgConnection,
    event_id: EventId,
) -> Result<Vec<Carried>, BoardError> {
    let holds = rows(&mut *db, event_id).await?;
    carry_over(ctx, db, event_id, holds).await
}

/// Holds as they stand in a new epoch; exact while the caller holds the event's lock exclusively.
/// No confirm that began in an older epoch can commit any more: what has not become a booking is
/// held again, with the time that was left. A cancelled event has no holds.
pub async fn carry_over(
    ctx: &Context,
    db: &mut PgConnection,
    event_id: EventId,
    mut holds: Vec<Carried>,
) -> Result<Vec<Carried>, BoardError> {
    if holds.is_empty() {
        return Ok(holds);
    }
    let live = holds.iter().filter(|one| one.record.is_live());
    let live: Vec<Uuid> = live.map(|one| one.hold_id.0).collect();
    let known = sqlx::query!(
        r#"
        SELECT clock_timestamp() AS "now!",
            (SELECT state = 'cancelled' FROM events WHERE event_id = $1) AS "is_cancelled!",
            ARRAY(SELECT hold_id FROM hold_outcomes WHERE event_id = $1 AND hold_id = ANY ($2)
                AND outcome = 'confirmed') AS "confirmed!",
            ARRAY(SELECT hold_id FROM hold_outcomes WHERE event_id = $1 AND hold_id = ANY ($2)
                AND outcome = 'expired') AS "expired!"
        "#,
        event_id.0,
        &live
    )
    .fetch_one(db)
    .await?;
    if known.is_cancelled {
        return Ok(Vec::new());
    }
    let imposed = ctx.clock.imposed_ms();
    let now = imposed.unwrap_or(known.now.timestamp_millis());
    let memory = i64::try_from(ENDED_MEMORY.as_millis()).unwrap_or(i64::MAX);
    for one in holds.iter_mut().filter(|one| one.record.is_live()) {
        let record = &mut one.record;
        one.due = if known.confirmed.contains(&one.hold_id.0) {
            record.end(HoldState::Confirmed, now, memory)
        } else if known.expired.contains(&one.hold_id.0) {
            record.end(HoldState::Expired, now, memory)
        } else if record.state == HoldState::Confirming {
            record.give_back(now)
        } else {
            record.deadline
        };
    }
    Ok(holds)
}

/// Writes a board as PostgreSQL knows it, in place of what is left of an older one.
pub async fn write(
    db: &mut PgConnection,
    sale: &Sale,
    truth: &Truth,
) -> Result<(), BoardError> {
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
    seats.extend(
        booked.map(|(index, holder)| (*index, (SeatState::Booked, None, Some(*holder)))),
    );
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

/// Forgets what is left of a board, once Redis has it in that epoch or a later one.
pub async fn clear(
    db: &mut PgConnection,
    event_id: EventId,
    epoch: i64,
) -> Result<(), BoardError> {
    let is_left = sqlx::query_scalar!(
        r#"
        SELECT event_id FROM fallback_boards
        WHERE event_id = $1 AND NOT is_open AND epoch < $2
        "#,
        event_id.0,
        epoch
    )
    .fetch_optional(&mut *db)
    .await?;
    if is_left.is_some() {
        delete(db, event_id).await?;
    }
    Ok(())
}

/// The board's row first, as every verb.
async fn delete(db: &mut PgConnection, event_id: EventId) -> Result<(), BoardError> {
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
