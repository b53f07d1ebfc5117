//! The first step of a confirm on the board.

use std::sync::LazyLock;
use std::time::Duration;

use fred::types::Value;
use fred::types::scripts::Script;

use super::super::error::BoardError;
use super::super::model::Hold;
use super::call::{Fence, Reply, Verb, call};
use super::fallback::Kind;
use super::hold::{hold_at, milliseconds};
use super::together::{self, Answered, Asked};
use crate::context::Context;
use crate::id::{CallerId, EventId, HoldId};

/// How long only the reconciler may end a confirming hold: longer than the longest commit.
const LEASE: Duration = Duration::from_secs(30);

/// Limit: confirms of one hold under way at once.
const ATTEMPTS_MAX: i64 = 200;

static BEGIN_CONFIRM: Verb = Verb {
    kind: Kind::BeginConfirm,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/begin_confirm.lua"))),
    keys: &["seats", "holds", "deadlines", "meta", "changes"],
    is_repeatable: true,
};

#[derive(Debug)]
pub enum Begun {
    /// The seats are this attempt's until it is finished or aborted in that epoch.
    Confirming {
        hold: Hold,
        epoch: i64,
    },
    TooManyAttempts,
    /// Confirmed, released or expired.
    Ended(Hold),
    UnknownHold,
}

/// An attempt to confirm a hold.
struct Attempt {
    hold_id: HoldId,
    holder: CallerId,
    name: String,
}

/// Takes a hold to confirming for one attempt, which has its own eight hexadecimal digits.
pub async fn begin_confirm(
    ctx: &Context,
    event_id: EventId,
    (hold_id, holder): (HoldId, CallerId),
    attempt: &str,
) -> Result<Begun, BoardError> {
    let attempt = Attempt {
        hold_id,
        holder,
        name: attempt.to_owned(),
    };
    together::ask(ctx, event_id, attempt).await
}

impl Asked for Attempt {
    type Answer = Begun;

    async fn call(
        ctx: &Context,
        event_id: EventId,
        few: &[Self],
    ) -> Result<Vec<Answered<Self>>, BoardError> {
        let mut args = vec![milliseconds(LEASE), Value::from(ATTEMPTS_MAX)];
        for attempt in few {
            args.push(Value::from(attempt.hold_id.to_string()));
            args.push(Value::from(attempt.holder.to_string()));
            args.push(Value::from(attempt.name.as_str()));
        }
        let reply = call(ctx, event_id, &BEGIN_CONFIRM, Fence::Newest, &args).await?;
        if reply.status != "begun" {
            return reply.unknown();
        }
        let nth = few.iter().enumerate();
        Ok(nth
            .map(|(nth, attempt)| begun(&reply, 2 * nth, attempt.hold_id))
            .collect())
    }
}

fn begun(reply: &Reply, at: usize, hold_id: HoldId) -> Result<Begun, BoardError> {
    match reply.text(at).as_str() {
        "confirming" => Ok(Begun::Confirming {
            hold: hold_at(reply, at + 1, hold_id)?,
            epoch: reply.position.epoch,
        }),
        "too_many" => Ok(Begun::TooManyAttempts),
        "ended" => Ok(Begun::Ended(hold_at(reply, at + 1, hold_id)?)),
        "unknown_hold" => Ok(Begun::UnknownHold),
        other => Err(BoardError::UnknownAnswer(other.to_owned())),
    }
}
