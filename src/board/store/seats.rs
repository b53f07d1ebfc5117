//! Verbs that change seats for other reasons than a holder's: sweep, free, block, settings.

use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use fred::types::Value;
use fred::types::scripts::Script;
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::error::BoardError;
use super::super::model::{Conflict, SeatState, join, parse_conflicts};
use super::call::{Fence, Reply, Verb, call};
use super::fallback::Kind;
use super::hold::milliseconds;
use super::load::newest_epoch;
use super::waiting;
use crate::clock::Instant;
use crate::context::Context;
use crate::events::{EventState, Sale};
use crate::id::{CallerId, EventId, HoldId};

/// Limit: sweeps before a seat that a lapsed hold has is called held.
pub(super) const SWEEPS_MAX: u32 = 20;

/// Limit: holds swept in one call.
const SWEEP_MAX: i64 = 200;

/// How long a hold that expired or was confirmed is remembered at least, so that its holder is
/// told. There can be only so many of those; a released hold is remembered as long as it was placed
/// with.
pub(super) const ENDED_MEMORY: Duration = Duration::from_secs(15 * 60);

/// How long a confirmed hold is remembered at least that was placed with an idempotency key: as
/// long as the key.
pub(super) const KEYED_MEMORY: Duration = Duration::from_secs(24 * 60 * 60);

/// When the sweep names a confirming hold again whose lease has passed.
const CONFIRMING_AGAIN: Duration = Duration::from_secs(5);

/// A call that frees booked seats is void after this long: the reconciler takes over, which waits
/// longer.
pub(super) const FREEING_MAX: TimeDelta = TimeDelta::seconds(10);

static EXPIRE_HOLDS: Verb = Verb {
    kind: Kind::ExpireHolds,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/expire_holds.lua"))),
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
static FREE_SEATS: Verb = Verb {
    kind: Kind::FreeSeats,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/free_seats.lua"))),
    keys: &["seats", "holders", "meta", "changes"],
    is_repeatable: false,
};
static BLOCK_SEATS: Verb = Verb {
    kind: Kind::BlockSeats,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/block_seats.lua"))),
    keys: &["seats", "deadlines", "meta", "changes"],
    is_repeatable: true,
};
static SET_SALE: Verb = Verb {
    kind: Kind::SetSale,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/set_sale.lua"))),
    keys: &["meta"],
    is_repeatable: true,
};

/// Confirming holds whose lease has passed, for the reconciler of confirms. Whoever's sweep it is
/// that finds one, a buyer's too, has put off when it is named again.
#[derive(Default)]
struct Overdue(Mutex<BTreeSet<(EventId, HoldId)>>);

/// Takes the confirming holds that sweeps have found past their lease.
pub fn take_overdue(ctx: &Context) -> Vec<(EventId, HoldId)> {
    let overdue = ctx.memory::<Overdue>();
    let mut overdue = overdue.0.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut *overdue).into_iter().collect()
}

/// What one sweep did.
#[derive(Debug)]
pub struct Swept {
    pub n_swept: i64,
    pub expired: Vec<HoldId>,
    /// How long until something is due there; negative where it is already. None: nothing will be.
    pub next_in: Option<TimeDelta>,
}

impl Swept {
    /// Whether more may be due at once.
    pub fn is_full(&self) -> bool {
        self.n_swept >= SWEEP_MAX
    }
}

/// Sweeps one batch of lapsed holds, and notes what only the reconciler may end.
pub async fn expire_holds(ctx: &Context, event_id: EventId) -> Result<Swept, BoardError> {
    let args = [
        Value::from(SWEEP_MAX),
        milliseconds(CONFIRMING_AGAIN),
        milliseconds(ENDED_MEMORY),
    ];
    let reply = call(ctx, event_id, &EXPIRE_HOLDS, Fence::Newest, &args).await?;
    if reply.status != "swept" {
        return reply.unknown();
    }
    let expired = ids(&reply.text(1));
    if !expired.is_empty() {
        waiting::nudge(ctx, event_id);
    }
    let confirming = ids(&reply.text(2));
    if !confirming.is_empty() {
        let overdue = ctx.memory::<Overdue>();
        let mut overdue = overdue.0.lock().unwrap_or_else(PoisonError::into_inner);
        overdue.extend(confirming.into_iter().map(|hold_id| (event_id, hold_id)));
    }
    Ok(Swept {
        n_swept: reply.number(0),
        expired,
        next_in: reply
            .text(3)
            .parse::<f64>()
            .ok()
            .map(|ms| TimeDelta::milliseconds(ms as i64 - reply.now_ms)),
    })
}

fn ids(text: &str) -> Vec<HoldId> {
    text.split(',').filter_map(|id| id.parse().ok()).collect()
}

/// Until when seats may be freed that are cancelled from now on, by the board's clock: this
/// machine's may be wrong (F24). To be asked for before anything says that they can be freed: who
/// stands still after that comes too late.
#[derive(Clone, Copy, Debug)]
pub struct FreeingTerm(Instant);

pub async fn begin_freeing(ctx: &Context, event_id: EventId) -> Result<FreeingTerm, BoardError> {
    let (_, now) = super::find_hold(ctx, event_id, HoldId(Uuid::nil())).await?;
    Ok(FreeingTerm(now + FREEING_MAX))
}

/// Frees the seats of a cancelled booking: the epoch is the one in which PostgreSQL cancelled it.
/// Never repeated: what is lost is found by the reconciler.
pub async fn free_booked_seats(
    ctx: &Context,
    event_id: EventId,
    (epoch, holder): (i64, CallerId),
    seats: &[u32],
    term: FreeingTerm,
) -> Result<(), BoardError> {
    let args = [
        Value::from(char::from(SeatState::Booked.byte()).to_string()),
        Value::from(holder.to_string()),
        Value::from(term.0.timestamp_millis()),
        Value::from(join(seats.iter())),
    ];
    let reply = call(ctx, event_id, &FREE_SEATS, Fence::Only(epoch), &args).await?;
    match reply.status.as_str() {
        "freed" => {
            waiting::nudge(ctx, event_id);
            Ok(())
        }
        "void" | "wrong_epoch" | "not_loaded" => Ok(()),
        _ => reply.unknown(),
    }
}

/// Puts blocked seats back on sale, which PostgreSQL does not have as blocked any more.
pub async fn free_blocked_seats(
    ctx: &Context,
    db: &mut PgConnection,
    event_id: EventId,
    seats: &[u32],
) -> Result<(), BoardError> {
    let args = [
        Value::from(char::from(SeatState::Blocked.byte()).to_string()),
        Value::from(""),
        Value::from(i64::MAX),
        Value::from(join(seats.iter())),
    ];
    for _ in 0..SWEEPS_MAX {
        let reply = call(ctx, event_id, &FREE_SEATS, Fence::Newest, &args).await?;
        match reply.status.as_str() {
            "freed" if is_newest(ctx, db, event_id, &reply).await? => {
                waiting::nudge(ctx, event_id);
                return Ok(());
            }
            "freed" => {}
            _ => return reply.unknown(),
        }
    }
    Err(BoardError::Unsettled)
}

/// Takes free seats off sale, which PostgreSQL has as blocked already: all, or none and why.
pub async fn block_seats(
    ctx: &Context,
    db: &mut PgConnection,
    event_id: EventId,
    seats: &[u32],
) -> Result<Vec<Conflict>, BoardError> {
    let args = [Value::from(join(seats.iter()))];
    for _ in 0..SWEEPS_MAX {
        let reply = call(ctx, event_id, &BLOCK_SEATS, Fence::Newest, &args).await?;
        let conflicts = match reply.status.as_str() {
            "blocked" => Vec::new(),
            "conflicts" => parse_conflicts(&reply.text(0)),
            "lapsed" => {
                expire_holds(ctx, event_id).await?;
                continue;
            }
            _ => return reply.unknown(),
        };
        if is_newest(ctx, db, event_id, &reply).await? {
            return Ok(conflicts);
        }
    }
    Err(BoardError::Unsettled)
}

/// Whether it was the newest board that answered. One that comes after it is made from what
/// PostgreSQL had before; of one that was there already this instance may not have heard.
async fn is_newest(
    ctx: &Context,
    db: &mut PgConnection,
    event_id: EventId,
    reply: &Reply,
) -> Result<bool, BoardError> {
    Ok(newest_epoch(ctx, db, event_id).await? <= reply.position.epoch)
}

/// Brings an event's state and limits to its board, unless the board has newer ones.
pub async fn set_sale(ctx: &Context, sale: &Sale) -> Result<(), BoardError> {
    let args = sale_fields(sale).map(|(_, value)| Value::from(value));
    let reply = call(ctx, sale.event_id, &SET_SALE, Fence::Newest, &args).await?;
    match reply.status.as_str() {
        "set" | "newer" => Ok(()),
        _ => reply.unknown(),
    }
}

/// What a board knows of its event: field and value.
pub(super) fn sale_fields(sale: &Sale) -> [(&'static str, String); 5] {
    let sales = match sale.state {
        EventState::OnSale => "open",
        EventState::Paused => "paused",
        EventState::Draft | EventState::Closed | EventState::Cancelled => "closed",
    };
    let opens_at = sale.sales_open_at.map_or(0, |at| at.timestamp_millis());
    let closes_at = sale.sales_close_at.unwrap_or(sale.starts_at);
    [
        ("version", sale.version.to_string()),
        ("sales", sales.to_owned()),
        ("opens_at", opens_at.to_string()),
        ("closes_at", closes_at.timestamp_millis().to_string()),
        (
            "seats_per_person_max",
            sale.seats_per_person_max.to_string(),
        ),
    ]
}
