//! The waitlist's verbs: offer seats, let them go, keep them, and say how many people wait.

use std::collections::HashSet;
use std::sync::{LazyLock, PoisonError, RwLock};
use std::time::Duration;

use fred::types::Value;
use fred::types::scripts::Script;

use super::super::error::BoardError;
use super::super::model::{Hold, Snapshot, join, write_seats};
use super::call::{Fence, Verb, call};
use super::fallback::Kind;
use super::hold::{hold, milliseconds};
use super::place::NewHold;
use super::seats::SWEEPS_MAX;
use crate::clock::{Instant, from_ms};
use crate::context::Context;
use crate::id::{EventId, HoldId};

/// The job that offers kept seats.
pub const KEPT_NUDGE: &str = "offer_kept_seats";

/// Limit: holds read in one call.
const HOLDS_PER_CALL_MAX: usize = 500;

/// Limit: seats let go, or kept, in one call.
const SEATS_PER_CALL_MAX: usize = 1_000;

/// Letting seats go is void this long after it was found that nobody wants them.
const LETTING_GO_MAX: Duration = Duration::from_secs(5);

static OFFER_KEPT_SEATS: Verb = Verb {
    kind: Kind::OfferKeptSeats,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/offer_kept_seats.lua"))),
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
static LET_GO_KEPT_SEATS: Verb = Verb {
    kind: Kind::LetGoKeptSeats,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/let_go_kept_seats.lua"))),
    keys: &["seats", "meta", "changes"],
    is_repeatable: true,
};
static KEEP_FREE_SEATS: Verb = Verb {
    kind: Kind::KeepFreeSeats,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/keep_free_seats.lua"))),
    keys: &["seats", "meta", "changes"],
    is_repeatable: true,
};
static SET_WAITING: Verb = Verb {
    kind: Kind::SetWaiting,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/set_waiting.lua"))),
    keys: &["meta"],
    is_repeatable: true,
};
static FIND_HOLDS: Verb = Verb {
    kind: Kind::FindHolds,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/find_holds.lua"))),
    keys: &["holds", "meta"],
    is_repeatable: true,
};

#[derive(Debug)]
pub enum Offered {
    /// The hold as it stands: placed now, or by whoever came first.
    Hold(Hold),
    /// For good, and why; nobody can place it any more.
    Refused(Refused),
    /// The board has been loaded again since: look at it anew.
    BoardLost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    Conflicts,
    LimitReached,
    NotOnSale,
    /// Somebody else was told; they know why.
    Before,
}

/// Events with people waiting, as this instance last heard: only their seats are worth a nudge.
#[derive(Default)]
struct WaitedFor(RwLock<HashSet<EventId>>);

/// Wakes the job that offers seats, where somebody waits for them.
pub(super) fn nudge(ctx: &Context, event_id: EventId) {
    let waited_for = ctx.memory::<WaitedFor>();
    let events = waited_for.0.read().unwrap_or_else(PoisonError::into_inner);
    if events.contains(&event_id) {
        ctx.tasks.nudge(KEPT_NUDGE);
    }
}

/// Tells the board how many people wait, unless it knows a newer version of the waitlist.
pub async fn set_waiting(
    ctx: &Context,
    event_id: EventId,
    version: i64,
    n_waiting: i64,
) -> Result<(), BoardError> {
    let args = [Value::from(version), Value::from(n_waiting)];
    let reply = call(ctx, event_id, &SET_WAITING, Fence::Newest, &args).await?;
    match reply.status.as_str() {
        "set" => {
            let waited_for = ctx.memory::<WaitedFor>();
            let mut events = waited_for.0.write().unwrap_or_else(PoisonError::into_inner);
            if n_waiting > 0 {
                events.insert(event_id);
            } else {
                events.remove(&event_id);
            }
            Ok(())
        }
        "newer" => Ok(()),
        _ => reply.unknown(),
    }
}

/// Places the hold of an offer on kept or free seats, in that epoch only. Repeated by anybody, it
/// answers what the first call came to.
pub async fn offer_kept_seats(
    ctx: &Context,
    event_id: EventId,
    epoch: i64,
    new: &NewHold,
) -> Result<Offered, BoardError> {
    let args = [
        Value::from(new.hold_id.to_string()),
        Value::from(new.holder.to_string()),
        milliseconds(new.ttl),
        milliseconds(new.memory),
        Value::from(write_seats(&new.seats)),
    ];
    for _ in 0..SWEEPS_MAX {
        let reply = call(ctx, event_id, &OFFER_KEPT_SEATS, Fence::Only(epoch), &args).await?;
        return match reply.status.as_str() {
            "placed" | "repeated" => {
                let hold = hold(&reply, new.hold_id)?;
                Ok(match hold.seats.is_empty() {
                    true => Offered::Refused(Refused::Before),
                    false => Offered::Hold(hold),
                })
            }
            "refused" => Ok(Offered::Refused(match reply.text(0).as_str() {
                "limit_reached" => Refused::LimitReached,
                "not_on_sale" => Refused::NotOnSale,
                _ => Refused::Conflicts,
            })),
            "lapsed" => {
                super::expire_holds(ctx, event_id).await?;
                continue;
            }
            "wrong_epoch" | "not_loaded" => Ok(Offered::BoardLost),
            _ => reply.unknown(),
        };
    }
    Err(BoardError::Unsettled)
}

/// Puts kept seats back on sale, if the waitlist is still at that version and `read_at`, on the
/// board's clock, is not long ago.
pub async fn let_go_kept_seats(
    ctx: &Context,
    event_id: EventId,
    (snapshot, version): (&Snapshot, i64),
    seats: &[u32],
) -> Result<i64, BoardError> {
    let void_at = snapshot.now + LETTING_GO_MAX;
    let mut n_let_go = 0;
    for batch in seats.chunks(SEATS_PER_CALL_MAX) {
        let args = [
            Value::from(version),
            Value::from(void_at.timestamp_millis()),
            Value::from(join(batch.iter())),
        ];
        let fence = Fence::Only(snapshot.position.epoch);
        let reply = call(ctx, event_id, &LET_GO_KEPT_SEATS, fence, &args).await?;
        match reply.status.as_str() {
            "let_go" => n_let_go += reply.number(0),
            "void" | "wrong_epoch" | "not_loaded" => {}
            _ => return reply.unknown(),
        }
    }
    Ok(n_let_go)
}

/// Takes free seats off sale for somebody on the waitlist, if it is still at that version.
pub async fn keep_free_seats(
    ctx: &Context,
    event_id: EventId,
    (snapshot, version): (&Snapshot, i64),
    seats: &[u32],
) -> Result<i64, BoardError> {
    let mut n_kept = 0;
    for batch in seats.chunks(SEATS_PER_CALL_MAX) {
        let args = [Value::from(version), Value::from(join(batch.iter()))];
        let fence = Fence::Only(snapshot.position.epoch);
        let reply = call(ctx, event_id, &KEEP_FREE_SEATS, fence, &args).await?;
        match reply.status.as_str() {
            "kept" => n_kept += reply.number(0),
            "void" | "wrong_epoch" | "not_loaded" => {}
            _ => return reply.unknown(),
        }
    }
    Ok(n_kept)
}

/// Several holds as their board remembers them, and what time it is for the board.
pub async fn find_holds(
    ctx: &Context,
    event_id: EventId,
    hold_ids: &[HoldId],
) -> Result<(Vec<Option<Hold>>, Instant), BoardError> {
    let mut holds = Vec::with_capacity(hold_ids.len());
    let mut now = from_ms(0);
    for batch in hold_ids.chunks(HOLDS_PER_CALL_MAX) {
        let args = [Value::from(join(batch.iter()))];
        let reply = call(ctx, event_id, &FIND_HOLDS, Fence::Newest, &args).await?;
        if reply.status != "holds" {
            return reply.unknown();
        }
        now = from_ms(reply.now_ms);
        let parse =
            |(at, hold_id): (usize, &HoldId)| Hold::parse(*hold_id, &reply.text(at), reply.now_ms);
        holds.extend(batch.iter().enumerate().map(parse));
    }
    Ok((holds, now))
}
