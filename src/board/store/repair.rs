//! Setting seats to what PostgreSQL says.

use std::collections::HashMap;
use std::sync::LazyLock;

use fred::types::Value;
use fred::types::scripts::Script;
use sqlx::PgConnection;

use super::super::error::BoardError;
use super::super::model::join;
use super::call::{Fence, Verb, call};
use super::fallback::Kind;
use crate::context::Context;
use crate::id::{CallerId, EventId};

static REPAIR_BOARD: Verb = Verb {
    kind: Kind::RepairBoard,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/repair_board.lua"))),
    keys: &["seats", "holders", "meta", "changes"],
    is_repeatable: true,
};

/// What a seat is to be, if it still is as it was seen; and whose it then was and is, for the limit
/// per person.
#[derive(Clone, Copy, Debug)]
pub struct Repair {
    pub index: u32,
    pub seen: u8,
    pub right: u8,
    pub was: Option<CallerId>,
    pub is: Option<CallerId>,
}

impl Repair {
    fn write(&self) -> String {
        let name = |holder: Option<CallerId>| holder.map(|id| id.to_string()).unwrap_or_default();
        let (seen, right) = (char::from(self.seen), char::from(self.right));
        let (was, is) = (name(self.was), name(self.is));
        format!("{}:{seen}:{right}:{was}:{is}", self.index)
    }
}

/// Answers how many seats were still as they had been seen.
pub async fn repair_board(
    ctx: &Context,
    event_id: EventId,
    epoch: i64,
    repairs: &[Repair],
) -> Result<i64, BoardError> {
    let args = [Value::from(join(repairs.iter().map(Repair::write)))];
    let reply = call(ctx, event_id, &REPAIR_BOARD, Fence::Only(epoch), &args).await?;
    match reply.status.as_str() {
        "repaired" => Ok(reply.number(0)),
        "wrong_epoch" | "not_loaded" => Ok(0),
        _ => reply.unknown(),
    }
}

/// Who had seats that were cancelled, the last time.
pub async fn find_last_holders(
    db: &mut PgConnection,
    event_id: EventId,
    seats: &[u32],
) -> Result<HashMap<u32, CallerId>, sqlx::Error> {
    let seats: Vec<i32> = seats.iter().map(|index| index.cast_signed()).collect();
    let rows = sqlx::query!(
        r#"
        SELECT DISTINCT ON (seat.seat_index) seat.seat_index, booking.holder_id
        FROM cancelled_seats AS seat JOIN bookings AS booking USING (event_id, booking_id)
        WHERE seat.event_id = $1 AND seat.seat_index = ANY ($2)
        ORDER BY seat.seat_index, seat.cancelled_at DESC
        "#,
        event_id.0,
        &seats
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| (row.seat_index.cast_unsigned(), CallerId(row.holder_id)))
        .collect())
}
