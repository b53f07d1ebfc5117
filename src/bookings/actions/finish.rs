//! What follows on a commit: the board is told, then those who wait.

use std::collections::HashMap;

use super::super::model::{BookedSeat, Booking};
use super::super::store::Answer;
use super::commit::Outcome;
use super::queue::Waiting;
use crate::board::{self, BoardError, HeldSeat, Hold};
use crate::context::Context;
use crate::id::{EventId, HoldId};

/// Answers each confirm of a batch, the committed ones once their seats are marked booked: one call
/// for all of an event. Does not wait for it: the next batch need not.
pub fn finish_batch(ctx: &Context, batch: Vec<Waiting>, outcomes: Vec<Outcome>) {
    let mut committed: HashMap<_, Vec<_>> = HashMap::new();
    for ((confirm, sender), outcome) in batch.into_iter().zip(outcomes) {
        if matches!(outcome, Ok(Answer::Confirmed { .. })) {
            let of_board = committed.entry((confirm.event_id, confirm.epoch));
            of_board
                .or_default()
                .push((confirm.hold_id, sender, outcome));
        } else {
            // Nobody listens when the process stops; the outcome is in PostgreSQL.
            sender.send(outcome).ok();
        }
    }
    for ((event_id, epoch), waiting) in committed {
        let ctx = ctx.clone();
        ctx.clone().tasks.spawn(async move {
            let hold_ids: Vec<_> = waiting.iter().map(|(hold_id, ..)| *hold_id).collect();
            finish(&ctx, event_id, &hold_ids, epoch).await;
            for (_, sender, outcome) in waiting {
                sender.send(outcome).ok();
            }
        });
    }
}

/// Marks seats booked. The bookings stand even when this fails: the sweep names the holds once
/// their lease has passed, and the reconciler finishes them (F2).
pub async fn finish(ctx: &Context, event_id: EventId, hold_ids: &[HoldId], epoch: i64) {
    let finished = board::finish_confirm(ctx, event_id, hold_ids, epoch).await;
    if let Err(error) = finished {
        tracing::warn!(holds = ?hold_ids, cause = %error, "finish waits for the reconciler");
    }
}

/// Marks the seats of a hold booked that had become that booking before. A board that was loaded
/// since, or that has forgotten the hold, lets its idempotency key place another under the same id:
/// those seats are nobody's, nor is any when the whole booking has been cancelled.
///
/// Where seats were cancelled a moment ago the hold stays confirming, and is named again: whoever
/// cancelled them may still free them, and must not meet anybody else there.
pub async fn finish_booked(
    ctx: &Context,
    hold: &Hold,
    epoch: i64,
    booking: &Booking,
) -> Result<(), BoardError> {
    let (event_id, hold_id) = (booking.event_id, hold.hold_id);
    let of_booking = |held: &HeldSeat| {
        let mut seats = booking.seats.iter();
        seats.find(|seat| seat.index == held.index)
    };
    let seats: Option<Vec<&BookedSeat>> = hold.seats.iter().map(of_booking).collect();
    let Some(seats) = seats else {
        return board::expire_confirming(ctx, event_id, hold_id).await;
    };
    let is_recent = |seat: &&BookedSeat| {
        let at = seat.cancelled_at;
        at.is_some_and(|at| board::may_be_freed_still(at, hold.now))
    };
    let (cancelled, booked): (Vec<&BookedSeat>, _) =
        seats.into_iter().partition(|seat| seat.is_cancelled());
    if cancelled.is_empty() {
        return board::finish_confirm(ctx, event_id, &[hold_id], epoch).await;
    }
    if cancelled.iter().any(is_recent) {
        return Ok(());
    }
    if booked.is_empty() {
        return board::expire_confirming(ctx, event_id, hold_id).await;
    }
    // Whoever cancelled them could not free what the board still has as confirming.
    let cancelled: Vec<u32> = cancelled.iter().map(|seat| seat.index).collect();
    board::finish_confirm_in_part(ctx, event_id, hold_id, &cancelled, epoch).await
}
