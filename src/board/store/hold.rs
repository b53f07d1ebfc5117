//! What a holder does with a hold: change, extend, release.

use std::sync::LazyLock;
use std::time::Duration;

use fred::types::Value;
use fred::types::scripts::Script;
use futures::FutureExt;

use super::super::error::BoardError;
use super::super::model::{Conflict, HeldSeat, Hold, join, parse_conflicts, write_seats};
use super::call::{Fence, Reply, Verb, call};
use super::fallback::Kind;
use super::seats::{SWEEPS_MAX, set_sale};
use super::waiting;
use crate::context::Context;
use crate::events::{self, Sale};
use crate::id::{CallerId, EventId, HoldId};

static CHANGE_HOLD: Verb = Verb {
    kind: Kind::ChangeHold,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/change_hold.lua"))),
    keys: &["seats", "holds", "deadlines", "holders", "meta", "changes"],
    is_repeatable: true,
};
static EXTEND_HOLD: Verb = Verb {
    kind: Kind::ExtendHold,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/extend_hold.lua"))),
    keys: &["holds", "deadlines", "meta", "told"],
    is_repeatable: true,
};
static RELEASE_HOLD: Verb = Verb {
    kind: Kind::ReleaseHold,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/release_hold.lua"))),
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

#[derive(Debug)]
pub enum Changed {
    Changed(Hold),
    /// Not live any more, or being confirmed.
    Ended(Hold),
    Conflicts(Vec<Conflict>),
    LimitReached {
        limit: i64,
        held: i64,
    },
    NotOnSale,
    /// No seat would be left.
    Empty,
    UnknownHold,
}

#[derive(Debug)]
pub enum Extended {
    Extended(Hold),
    AtCap(Hold),
    Ended(Hold),
    NotOnSale,
    UnknownHold,
}

#[derive(Debug)]
pub enum Released {
    Released(Hold),
    /// It had ended before.
    Ended(Hold),
    Confirming(Hold),
    UnknownHold,
}

/// Adds and removes seats of a hold, all or nothing; the same change again changes nothing.
pub async fn change_hold(
    ctx: &Context,
    sale: &Sale,
    (hold_id, holder): (HoldId, CallerId),
    add: &[HeldSeat],
    remove: &[u32],
) -> Result<Changed, BoardError> {
    let args = vec![
        Value::from(hold_id.to_string()),
        Value::from(holder.to_string()),
        Value::from(i64::from(sale.seats_per_hold_max)),
        Value::from(write_seats(add)),
        Value::from(join(remove.iter())),
    ];
    let reply = call_for_sale(ctx, sale, &CHANGE_HOLD, args).await?;
    match reply.status.as_str() {
        "changed" => {
            waiting::nudge(ctx, sale.event_id);
            Ok(Changed::Changed(hold(&reply, hold_id)?))
        }
        "ended" => Ok(Changed::Ended(hold(&reply, hold_id)?)),
        "conflicts" => Ok(Changed::Conflicts(parse_conflicts(&reply.text(0)))),
        "limit_reached" => Ok(Changed::LimitReached {
            limit: reply.number(0),
            held: reply.number(1),
        }),
        "not_on_sale" => Ok(Changed::NotOnSale),
        "empty" => Ok(Changed::Empty),
        "unknown_hold" => Ok(Changed::UnknownHold),
        _ => reply.unknown(),
    }
}

pub async fn extend_hold(
    ctx: &Context,
    sale: &Sale,
    hold_id: HoldId,
    holder: CallerId,
) -> Result<Extended, BoardError> {
    let args = [
        Value::from(hold_id.to_string()),
        Value::from(holder.to_string()),
        milliseconds(sale.hold_ttl),
        milliseconds(sale.hold_lifetime_max),
    ];
    let reply = call(ctx, sale.event_id, &EXTEND_HOLD, Fence::Newest, &args).await?;
    match reply.status.as_str() {
        "extended" => Ok(Extended::Extended(hold(&reply, hold_id)?)),
        "at_cap" => Ok(Extended::AtCap(hold(&reply, hold_id)?)),
        "ended" => Ok(Extended::Ended(hold(&reply, hold_id)?)),
        "not_on_sale" => Ok(Extended::NotOnSale),
        "unknown_hold" => Ok(Extended::UnknownHold),
        _ => reply.unknown(),
    }
}

pub async fn release_hold(
    ctx: &Context,
    event_id: EventId,
    hold_id: HoldId,
    holder: CallerId,
) -> Result<Released, BoardError> {
    let args = [
        Value::from(hold_id.to_string()),
        Value::from(holder.to_string()),
    ];
    let reply = call(ctx, event_id, &RELEASE_HOLD, Fence::Newest, &args).await?;
    match reply.status.as_str() {
        "released" => {
            waiting::nudge(ctx, event_id);
            Ok(Released::Released(hold(&reply, hold_id)?))
        }
        "ended" => Ok(Released::Ended(hold(&reply, hold_id)?)),
        "confirming" => Ok(Released::Confirming(hold(&reply, hold_id)?)),
        "unknown_hold" => Ok(Released::UnknownHold),
        _ => reply.unknown(),
    }
}

/// Calls a verb that depends on the event's settings.
///
/// # Errors `SaleChanged` when the caller was behind: prices and limits may be others now.
async fn call_for_sale(
    ctx: &Context,
    sale: &Sale,
    verb: &Verb,
    args: Vec<Value>,
) -> Result<Reply, BoardError> {
    let version = Value::from(i64::from(sale.version));
    let args: Vec<_> = std::iter::once(version).chain(args).collect();
    for _ in 0..SWEEPS_MAX {
        let reply = call(ctx, sale.event_id, verb, Fence::Newest, &args).await?;
        if !has_made_way(ctx, sale, &reply.status).boxed().await? {
            return Ok(reply);
        }
    }
    Err(BoardError::Unsettled)
}

/// Whether the verb is to be called again: where the board knows another version of the event's
/// settings than the caller, whoever is behind has caught up; where lapsed holds were in the way,
/// they are swept.
pub(super) async fn has_made_way(
    ctx: &Context,
    sale: &Sale,
    status: &str,
) -> Result<bool, BoardError> {
    match status {
        "wrong_version" => catch_up(ctx, sale).await?,
        "lapsed" => {
            super::expire_holds(ctx, sale.event_id).await?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

async fn catch_up(ctx: &Context, sale: &Sale) -> Result<(), BoardError> {
    let newest = events::reload_sale(ctx, sale.event_id).await?;
    set_sale(ctx, &newest).await?;
    if newest.version != sale.version {
        return Err(BoardError::SaleChanged);
    }
    Ok(())
}

pub(super) fn hold(reply: &Reply, hold_id: HoldId) -> Result<Hold, BoardError> {
    hold_at(reply, 0, hold_id)
}

/// The hold whose record is the value at a place of the answer.
pub(super) fn hold_at(reply: &Reply, at: usize, hold_id: HoldId) -> Result<Hold, BoardError> {
    let record = reply.text(at);
    Hold::parse(hold_id, &record, reply.now_ms).ok_or(BoardError::UnknownAnswer(record))
}

pub(super) fn milliseconds(duration: Duration) -> Value {
    Value::from(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}
