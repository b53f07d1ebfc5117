//! One round of an event's waitlist: settle what became of offers, offer seats, let seats go.
//!
//! Any number of processes may run rounds of one event at once. Each step is repeated without
//! harm, and each effect is a comparison and a write in one: a claim in PostgreSQL that two cannot
//! have, or a script that does what it does once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;

use super::super::error::WaitlistError;
use super::super::model::{Plan, SeatNow, Waiting, plan, wanted_by_all};
use super::super::store::{self, NewLog, QueueNow};
use super::houses::off_thread;
use super::{houses, offer, settle};
use crate::board::{self, Position, SeatState, Snapshot};
use crate::clock::Instant;
use crate::context::Context;
use crate::events::{self, EventState, Sale};
use crate::id::EventId;

/// Limit: people whom one round looks at.
const QUEUE_MAX: i64 = 20_000;

/// Limit: people who are counted as passed over in one round, the first in the queue first: they
/// are the next for whom seats are collected.
const SKIPS_MAX: usize = 500;

/// Limit: entries that lapse in one statement.
const LAPSED_AT_ONCE_MAX: i64 = 1_000;

/// How long an entry may wait for its mail to be opened.
const VERIFICATION_MAX: TimeDelta = TimeDelta::hours(24);

/// What a round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoundDone {
    pub n_offered: usize,
    pub n_ended: usize,
    /// There may be more to do at once.
    pub is_full: bool,
}

pub async fn promote(ctx: &Context, event_id: EventId) -> Result<RoundDone, WaitlistError> {
    let (db, most, now) = (&ctx.db, LAPSED_AT_ONCE_MAX, ctx.clock.imposed());
    let n_lapsed = store::lapse_entries(db, event_id, VERIFICATION_MAX, most, now).await?;
    let n_ended = settle::settle(ctx, event_id).await?;
    let Some(queue) = store::queue(db, event_id, now).await? else {
        return Ok(RoundDone::default());
    };
    let done = RoundDone {
        n_ended: n_ended + usize::try_from(n_lapsed).unwrap_or_default(),
        is_full: n_lapsed > 0,
        n_offered: 0,
    };
    board::set_waiting(ctx, event_id, queue.version, queue.n_waiting).await?;
    if queue.n_waiting == 0 {
        drain(ctx, event_id, &queue).await?;
        return Ok(done);
    }
    let has_begun = queue.opens_at.is_none_or(|at| at <= queue.now);
    let is_over = queue.closes_at <= queue.now;
    if queue.event_state != EventState::OnSale || is_over || !has_begun {
        return Ok(done);
    }
    let offered = offer_seats(ctx, event_id, &queue).await?;
    Ok(RoundDone {
        n_offered: offered.n_offered,
        is_full: done.is_full || offered.is_full,
        ..done
    })
}

/// Nobody waits: lets every kept seat go, but those that are claimed for offers. What is freed
/// after the board was told is not kept any more, so one reading finds them all.
async fn drain(ctx: &Context, event_id: EventId, queue: &QueueNow) -> Result<(), WaitlistError> {
    let snapshot = board::read_board(ctx, event_id).await?;
    let offered = store::list_offered_seats(&ctx.db, event_id).await?;
    let now = (0_u32..).zip(seats_now(&snapshot, &offered));
    let kept = now.filter(|(_, seat)| *seat == SeatNow::Kept);
    let kept: Vec<u32> = kept.map(|(index, _)| index).collect();
    let n_let_go = let_go(
        ctx,
        event_id,
        (&snapshot, queue.version),
        &kept,
        "nobody_waits",
    )
    .await?;
    if n_let_go == kept.len() && queue.n_live == 0 {
        let epoch = snapshot.position.epoch;
        store::mark_drained(&ctx.db, event_id, queue.version, epoch).await?;
        Looked::forget(ctx, event_id);
    }
    Ok(())
}

async fn let_go(
    ctx: &Context,
    event_id: EventId,
    asked: (&Snapshot, i64),
    seats: &[u32],
    reason: &str,
) -> Result<usize, WaitlistError> {
    if seats.is_empty() {
        return Ok(0);
    }
    let n_let_go = board::let_go_kept_seats(ctx, event_id, asked, seats).await?;
    if n_let_go > 0 {
        let log = NewLog {
            kind: "let_go",
            entry_id: None,
            seats,
            reason: Some(reason),
        };
        store::insert_log(&ctx.db, event_id, &log, ctx.clock.imposed()).await?;
    }
    Ok(usize::try_from(n_let_go).unwrap_or_default())
}

async fn offer_seats(
    ctx: &Context,
    event_id: EventId,
    queue: &QueueNow,
) -> Result<RoundDone, WaitlistError> {
    let snapshot = board::read_board(ctx, event_id).await?;
    let looked = Looked {
        position: snapshot.position,
        version: queue.version,
        at: queue.now,
    };
    if !snapshot
        .seats
        .iter()
        .any(|byte| matches!(*byte, b'w' | b'.'))
        || looked.is_known(ctx, event_id)
    {
        return Ok(RoundDone::default());
    }
    let sale = events::reload_sale(ctx, event_id).await?;
    let planned = plan_round(ctx, &sale, queue, &snapshot).await?;
    let made = offer::offer_all(ctx, &sale, queue, &planned.offers).await?;
    let n_offered = made.n_placed;
    if n_offered > 0 && !made.is_overtaken && !planned.skipped.is_empty() {
        let skipped = &planned.skipped[..planned.skipped.len().min(SKIPS_MAX)];
        store::record_skips(&ctx.db, event_id, skipped, ctx.clock.imposed()).await?;
    }
    let asked = (&snapshot, queue.version);
    keep(ctx, event_id, asked, &planned.keep).await?;
    let_go(ctx, event_id, asked, &planned.let_go, "nobody_wants_them").await?;
    if planned.is_complete && planned.offers.is_empty() {
        looked.remember(ctx, event_id);
    }
    Ok(RoundDone {
        n_offered,
        is_full: n_offered > 0 || made.n_limited > 0 || made.is_overtaken,
        n_ended: 0,
    })
}

async fn keep(
    ctx: &Context,
    event_id: EventId,
    asked: (&Snapshot, i64),
    seats: &[u32],
) -> Result<(), WaitlistError> {
    if seats.is_empty() {
        return Ok(());
    }
    let n_kept = board::keep_free_seats(ctx, event_id, asked, seats).await?;
    if n_kept > 0 {
        let log = NewLog {
            kind: "kept",
            entry_id: None,
            seats,
            reason: Some("collected"),
        };
        store::insert_log(&ctx.db, event_id, &log, ctx.clock.imposed()).await?;
    }
    Ok(())
}

/// What a round would do with the board as it was read.
pub(super) async fn plan_round(
    ctx: &Context,
    sale: &Sale,
    queue: &QueueNow,
    snapshot: &Snapshot,
) -> Result<Plan, WaitlistError> {
    let event_id = sale.event_id;
    let house = houses::house(ctx, sale).await?;
    let offered = store::list_offered_seats(&ctx.db, event_id).await?;
    let entries = store::list_waiting(&ctx.db, event_id, QUEUE_MAX).await?;
    let states = seats_now(snapshot, &offered);
    let (prices, terms, now) = (sale.prices.clone(), queue.terms.clone(), queue.now);
    let seats_per_person_max = sale.seats_per_person_max;
    // The queue may be long.
    off_thread(move || {
        let wishes = entries.iter().map(|entry| &entry.wish);
        let wanted = wanted_by_all(wishes, &house, |category| prices.get(category).copied());
        let waiting = entries.iter().zip(wanted).map(|(entry, wanted)| Waiting {
            entry_id: entry.entry_id,
            wanted,
            is_aged: entry.is_aged(&terms, now),
            is_resting: entry.is_resting(seats_per_person_max, now),
        });
        let waiting: Vec<Waiting> = waiting.collect();
        plan(&house, &states, &waiting, terms.policy)
    })
    .await
}

/// The seats of live offers are somebody's, whether the board has been told yet or not.
fn seats_now(snapshot: &Snapshot, offered: &[u32]) -> Vec<SeatNow> {
    let mut seats: Vec<SeatNow> = snapshot
        .seats
        .iter()
        .map(|byte| match SeatState::of_byte(*byte) {
            Some(SeatState::Kept) => SeatNow::Kept,
            Some(SeatState::Free) => SeatNow::Free,
            Some(SeatState::Blocked) | None => SeatNow::Blocked,
            Some(SeatState::Held | SeatState::Confirming | SeatState::Booked) => SeatNow::Taken,
        })
        .collect();
    for seat in offered {
        if let Some(state) = seats.get_mut(*seat as usize) {
            *state = SeatNow::Taken;
        }
    }
    seats
}

/// A board and a queue that a round has found nothing to do about: until either changes, or some
/// time has passed and people have grown older, looking again is in vain.
#[derive(Clone, Copy)]
struct Looked {
    position: Position,
    version: i64,
    at: Instant,
}

/// The last fruitless look of each event with people waiting, in this process.
#[derive(Default)]
struct Looks(Mutex<HashMap<EventId, Looked>>);

/// How long a fruitless look is good for.
const LOOKED_MAX: TimeDelta = TimeDelta::seconds(5);

impl Looked {
    fn is_known(&self, ctx: &Context, event_id: EventId) -> bool {
        let looks = ctx.memory::<Looks>();
        let looks = looks.0.lock().unwrap_or_else(PoisonError::into_inner);
        looks.get(&event_id).is_some_and(|last| {
            let is_same = last.position == self.position && last.version == self.version;
            is_same && self.at < last.at + LOOKED_MAX
        })
    }

    fn forget(ctx: &Context, event_id: EventId) {
        let looks = ctx.memory::<Looks>();
        let mut looks = looks.0.lock().unwrap_or_else(PoisonError::into_inner);
        looks.remove(&event_id);
    }

    fn remember(self, ctx: &Context, event_id: EventId) {
        let looks = ctx.memory::<Looks>();
        let mut looks = looks.0.lock().unwrap_or_else(PoisonError::into_inner);
        looks.insert(event_id, self);
    }
}
