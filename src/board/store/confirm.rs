//! The last steps of a confirm on the board: finish, abort; and how the reconciler ends one.

use std::sync::LazyLock;

use fred::types::Value;
use fred::types::scripts::Script;

use super::super::error::BoardError;
use super::super::model::join;
use super::call::{Fence, Verb, call};
use super::fallback::Kind;
use super::hold::milliseconds;
use super::seats::{ENDED_MEMORY, KEYED_MEMORY};
use super::waiting;
use crate::context::Context;
use crate::id::{CallerId, EventId, HoldId};

/// Limit: confirms that one call finishes, for a script keeps all others waiting.
const FINISHED_AT_ONCE_MAX: usize = 32;

static FINISH_CONFIRM: Verb = Verb {
    kind: Kind::FinishConfirm,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/finish_confirm.lua"))),
    keys: &["seats", "holds", "deadlines", "meta", "changes", "holders"],
    is_repeatable: true,
};
static ABORT_CONFIRM: Verb = Verb {
    kind: Kind::AbortConfirm,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/abort_confirm.lua"))),
    keys: &[
        "seats",
        "holds",
        "deadlines",
        "holders",
        "meta",
        "changes",
        "told",
    ],
    is_repeatable: true,
};
static EXPIRE_CONFIRMING: Verb = Verb {
    kind: Kind::ExpireConfirming,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/expire_confirming.lua"))),
    keys: &[
        "seats",
        "holds",
        "deadlines",
        "holders",
        "meta",
        "changes",
        "told",
    ],
    is_repeatable: true,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aborted {
    /// Held again with the time that was left, or nothing to do.
    Aborted,
    /// The board has been loaded again since; the hold is not on it.
    BoardLost,
}

/// Marks the holds' seats booked. What has been done already, or belongs to an older epoch than the
/// one given, is left: loading the board has seen the bookings.
pub async fn finish_confirm(
    ctx: &Context,
    event_id: EventId,
    hold_ids: &[HoldId],
    epoch: i64,
) -> Result<(), BoardError> {
    for few in hold_ids.chunks(FINISHED_AT_ONCE_MAX) {
        finish(ctx, event_id, few, &[], epoch).await?;
    }
    Ok(())
}

/// As [`finish_confirm`], of one hold of whose seats some have been cancelled since: they come free
/// in the same step. Between two steps somebody else could free and sell them.
pub async fn finish_confirm_in_part(
    ctx: &Context,
    event_id: EventId,
    hold_id: HoldId,
    cancelled: &[u32],
    epoch: i64,
) -> Result<(), BoardError> {
    finish(ctx, event_id, &[hold_id], cancelled, epoch).await?;
    waiting::nudge(ctx, event_id);
    Ok(())
}

async fn finish(
    ctx: &Context,
    event_id: EventId,
    hold_ids: &[HoldId],
    cancelled: &[u32],
    epoch: i64,
) -> Result<(), BoardError> {
    let args = [
        Value::from(join(hold_ids.iter())),
        milliseconds(ENDED_MEMORY),
        milliseconds(KEYED_MEMORY),
        Value::from(join(cancelled.iter())),
    ];
    let reply = call(ctx, event_id, &FINISH_CONFIRM, Fence::Only(epoch), &args).await?;
    match reply.status.as_str() {
        "finished" | "ended" | "wrong_epoch" | "not_loaded" => Ok(()),
        _ => reply.unknown(),
    }
}

/// Ends an attempt that certainly did not commit. `booked`: the seats that PostgreSQL says are
/// booked, and by whom.
pub async fn abort_confirm(
    ctx: &Context,
    event_id: EventId,
    (hold_id, epoch): (HoldId, i64),
    attempt: &str,
    booked: &[(u32, CallerId)],
) -> Result<Aborted, BoardError> {
    let booked = booked.iter().map(|(index, of)| format!("{index}:{of}"));
    let args = [
        Value::from(hold_id.to_string()),
        Value::from(attempt),
        Value::from(join(booked)),
    ];
    let reply = call(ctx, event_id, &ABORT_CONFIRM, Fence::Only(epoch), &args).await?;
    match reply.status.as_str() {
        "aborted" | "other_attempts" | "ended" => Ok(Aborted::Aborted),
        "unknown_hold" | "wrong_epoch" | "not_loaded" => Ok(Aborted::BoardLost),
        _ => reply.unknown(),
    }
}

/// Frees a confirming hold's seats. Only after PostgreSQL has recorded the hold as expired.
pub async fn expire_confirming(
    ctx: &Context,
    event_id: EventId,
    hold_id: HoldId,
) -> Result<(), BoardError> {
    let args = [
        Value::from(hold_id.to_string()),
        milliseconds(ENDED_MEMORY),
        milliseconds(KEYED_MEMORY),
    ];
    let reply = call(ctx, event_id, &EXPIRE_CONFIRMING, Fence::Newest, &args).await?;
    match reply.status.as_str() {
        "expired" => {
            waiting::nudge(ctx, event_id);
            Ok(())
        }
        "ended" | "unknown_hold" => Ok(()),
        _ => reply.unknown(),
    }
}
