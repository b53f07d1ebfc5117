//! Reading a board in PostgreSQL: every seat, all holds, and the holds that go with it.

use std::collections::HashSet;

use sqlx::PgConnection;
use uuid::Uuid;

use super::super::super::error::BoardError;
use super::super::super::model::{Hold, HoldState, Position, SeatState};
use super::super::call::{Positions, Reply};
use super::load::delete;
use super::rows::Row;
use super::{Answer, Carried, Record};
use crate::context::Context;
use crate::events;
use crate::id::{EventId, HoldId};

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

/// As [`read_carried`], of a board that was in Redis in that epoch. Where it is known to have
/// changed there, it was brought back long since, and what was left of it is forgotten.
pub async fn read_left(
    ctx: &Context,
    db: &mut PgConnection,
    event_id: EventId,
    epoch: i64,
) -> Result<Vec<Carried>, BoardError> {
    let seen = ctx.memory::<Positions>().seen(event_id);
    if seen > (Position { epoch, revision: 0 }) {
        delete(db, event_id).await?;
        return Ok(Vec::new());
    }
    read_carried(ctx, db, event_id).await
}

/// Holds as they stand in a new epoch; exact while the caller holds the event's lock exclusively.
/// No confirm that began in an older epoch can commit any more: what has not become a booking is
/// held again, with the time that was left. A cancelled event has no holds.
///
/// What PostgreSQL says became of a hold counts where a confirm had begun, or where its seats are
/// booked. Another hold may have the same id as one that was confirmed long ago, by its idempotency
/// key: that one goes on, without the seats that others have booked.
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
                AND outcome = 'expired') AS "expired!",
            ARRAY(SELECT seat_index FROM seat_bookings WHERE event_id = $1) AS "booked!"
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
    let booked: HashSet<u32> = known.booked.into_iter().map(i32::cast_unsigned).collect();
    for one in holds.iter_mut().filter(|one| one.record.is_live()) {
        let record = &mut one.record;
        let is_booked = record.seats.iter().any(|seat| booked.contains(&seat.index));
        one.due = if record.state == HoldState::Held && !is_booked {
            record.deadline
        } else if known.confirmed.contains(&one.hold_id.0) {
            record.end(HoldState::Confirmed, now)
        } else if known.expired.contains(&one.hold_id.0) {
            record.end_for_good(now)
        } else {
            go_on_without(record, &booked, now)
        };
    }
    Ok(holds)
}

/// Holds again what nobody has booked; answers when that is due. A hold that has lost every seat is
/// released, as by an aborted confirm.
fn go_on_without(record: &mut Record, booked: &HashSet<u32>, now: i64) -> i64 {
    if record.state == HoldState::Confirming {
        record.give_back(now);
    }
    record.seats.retain(|seat| !booked.contains(&seat.index));
    if record.seats.is_empty() {
        return record.end(HoldState::Released, now);
    }
    record.deadline
}
