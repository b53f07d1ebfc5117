//! What follows on a commit: the board is told, then those who wait.

use std::collections::HashMap;

use super::super::store::Answer;
use super::commit::Outcome;
use super::queue::Waiting;
use crate::board;
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
    let finished = board::finish_confirm(ctx, event_id, hold_ids, Some(epoch)).await;
    if let Err(error) = finished {
        tracing::warn!(holds = ?hold_ids, cause = %error, "finish waits for the reconciler");
    }
}
