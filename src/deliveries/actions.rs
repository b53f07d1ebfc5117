//! What comes of attempts.

use std::time::Duration;

use uuid::Uuid;

use super::model::{ATTEMPTS_MAX, Channel, Claim, Delivery, Outcome, delay};
use super::store::{self, Change};
use crate::context::Context;
use crate::id::DeliveryId;

/// Limit: characters of an answer that are kept.
const ANSWER_CHARS_MAX: usize = 500;

/// What a delivery has become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    Sent,
    /// To be attempted again.
    Due,
    Dead,
    Dropped,
    /// Somebody else has claimed it since.
    Overtaken,
}

/// Writes down what came of an attempt.
pub async fn settle(
    ctx: &Context,
    channel: Channel,
    claim: &Claim,
    outcome: Outcome,
) -> Result<Settled, sqlx::Error> {
    let (settled, due_in, answer) = verdict(ctx, claim, outcome);
    let answer: String = answer.chars().take(ANSWER_CHARS_MAX).collect();
    let change = Change {
        state: state_of(settled),
        due_in,
        answer: &answer.replace('\0', ""),
    };
    let is_ours = store::settle(&ctx.db, claim, change, ctx.clock.imposed()).await?;
    let settled = if is_ours { settled } else { Settled::Overtaken };
    let (channel, outcome) = (channel.as_str(), word_of(settled));
    metrics::counter!("holdfast_deliveries_total", "channel" => channel, "outcome" => outcome)
        .increment(1);
    let (id, kind, n) = (claim.delivery_id, &claim.kind, claim.attempt.n);
    match settled {
        // Without the answer, which may name the recipient: it is kept with the delivery.
        Settled::Dead => {
            tracing::warn!(delivery.id = %id, channel, kind, n, "a delivery is a dead letter");
        }
        _ => tracing::debug!(delivery.id = %id, channel, kind, n, outcome, "delivery attempted"),
    }
    Ok(settled)
}

fn verdict(ctx: &Context, claim: &Claim, outcome: Outcome) -> (Settled, Duration, String) {
    match outcome {
        Outcome::Sent(answer) => (Settled::Sent, Duration::ZERO, answer),
        Outcome::Refused(reason) => (Settled::Dead, Duration::ZERO, reason),
        Outcome::Dropped(reason) => (Settled::Dropped, Duration::ZERO, reason),
        Outcome::Failed { reason, .. } if claim.attempt.n_counted >= ATTEMPTS_MAX => {
            (Settled::Dead, Duration::ZERO, reason)
        }
        Outcome::Failed { reason, not_before } => {
            let random = u16::from_le_bytes(ctx.ids.bytes());
            let due_in = delay(claim.attempt.n_counted, random);
            let due_in = due_in.max(not_before.unwrap_or_default());
            (Settled::Due, due_in, reason)
        }
    }
}

fn state_of(settled: Settled) -> &'static str {
    match settled {
        Settled::Due | Settled::Overtaken => "due",
        Settled::Sent => "sent",
        Settled::Dead => "dead",
        Settled::Dropped => "dropped",
    }
}

fn word_of(settled: Settled) -> &'static str {
    match settled {
        Settled::Due => "failed",
        Settled::Overtaken => "overtaken",
        _ => state_of(settled),
    }
}

/// Makes a settled delivery due again; with a recipient, only one of theirs.
pub async fn send_again(
    ctx: &Context,
    delivery_id: DeliveryId,
    recipient_id: Option<Uuid>,
) -> Result<Option<Delivery>, sqlx::Error> {
    store::send_again(&ctx.db, delivery_id, recipient_id, ctx.clock.imposed()).await
}
