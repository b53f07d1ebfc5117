//! Keeping boards in step with PostgreSQL, and taking seats off sale.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use serde::Serialize;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::error::BoardError;
use super::model::{Hold, HoldState, SeatState, Snapshot};
use super::store::{self, Repair, Truth};
use crate::clock::Instant;
use crate::context::Context;
use crate::events::{self, Sale};
use crate::id::{CallerId, EventId, HoldId};
use crate::venues::SeatPlace;

/// How long after a cancellation its own call may still free the seats; longer than that call is
/// good for.
const FREEING_GRACE: TimeDelta = TimeDelta::seconds(60);

/// Whether whoever cancelled seats at that time may still free them. `now` is the board's: this
/// machine's clock may be wrong (F24).
pub fn may_be_freed_still(cancelled_at: Instant, now: Instant) -> bool {
    cancelled_at > now - FREEING_GRACE
}

/// How long after its deadline a hold may still be live: the lease of a confirm, and a few sweeps.
const SWEEP_GRACE: TimeDelta = TimeDelta::seconds(120);

/// A seat on which board and PostgreSQL disagree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub event_id: EventId,
    pub seat_index: u32,
    /// `booking_not_on_board`, `booking_lost`, `cancelled_not_freed`, `block_not_on_board`,
    /// `block_lifted`, `held_without_hold`
    pub kind: &'static str,
    /// What the seat is set to by a repair: where it is free, the board says whether it is kept. A
    /// lost booking is an alarm and never freed.
    #[serde(skip)]
    repair: Option<(u8, u8)>,
}

impl Finding {
    pub fn is_repairable(&self) -> bool {
        self.repair.is_some()
    }

    fn what(&self) -> (u32, &'static str) {
        (self.seat_index, self.kind)
    }
}

/// Compares a board with PostgreSQL, seat by seat; with `is_repairing` mends the board, never
/// PostgreSQL. A board that is not loaded is in step.
pub async fn reconcile(
    ctx: &Context,
    event_id: EventId,
    is_repairing: bool,
) -> Result<Vec<Finding>, BoardError> {
    let mut connection = store::detached(ctx).await?;
    let findings = reconcile_with(ctx, &mut connection, event_id, is_repairing).await?;
    connection.close().await?;
    Ok(findings)
}

/// As [`reconcile`], for many boards one after the other. A connection on which this failed is to
/// be dropped: it may still keep others from the board.
pub async fn reconcile_with(
    ctx: &Context,
    connection: &mut PgConnection,
    event_id: EventId,
    is_repairing: bool,
) -> Result<Vec<Finding>, BoardError> {
    store::lock_board(connection, event_id).await?;
    let findings = compare(ctx, connection, event_id, is_repairing).await?;
    store::unlock_board(connection, event_id).await?;
    for finding in ctx.memory::<Reported>().new_ones(event_id, &findings) {
        tracing::warn!(
            event.id = %event_id, seat.index = finding.seat_index, kind = finding.kind,
            repaired = is_repairing && finding.is_repairable(), "board and PostgreSQL disagree"
        );
        metrics::counter!("holdfast_board_findings_total", "kind" => finding.kind).increment(1);
    }
    Ok(findings)
}

async fn compare(
    ctx: &Context,
    connection: &mut PgConnection,
    event_id: EventId,
    is_repairing: bool,
) -> Result<Vec<Finding>, BoardError> {
    let mut tx = connection.begin().await?;
    // The one place where Redis is read inside a transaction: no confirm or cancel may be under way
    // between the two readings, or each of them would look like a difference (decision 0004).
    store::lock_event(&mut tx, event_id).await?;
    let truth = store::truth(&mut tx, event_id).await?;
    let board = store::read_board_of(ctx, event_id, truth.epoch).await?;
    tx.commit().await?;
    let Some(board) = board else {
        return Ok(Vec::new());
    };

    let mut findings = differences(event_id, &truth, &board);
    let holds = live_holds(ctx, event_id, &board).await?;
    findings.extend(orphans(ctx, event_id, (&truth, &board), &holds).await?);
    if is_repairing {
        let repairs = repairs(connection, (event_id, &truth), &findings, &holds).await?;
        for batch in repairs.chunks(1_000) {
            store::repair_board(ctx, event_id, truth.epoch, batch).await?;
        }
    }
    Ok(findings)
}

/// How to mend what was found, and for whom each seat then counts no more, and for whom it does.
async fn repairs(
    connection: &mut PgConnection,
    (event_id, truth): (EventId, &Truth),
    findings: &[Finding],
    holds: &[Hold],
) -> Result<Vec<Repair>, BoardError> {
    let mended = findings.iter().filter_map(|finding| {
        let (seen, right) = finding.repair?;
        Some((finding.seat_index, seen, right))
    });
    let mended: Vec<_> = mended.collect();
    if mended.is_empty() {
        return Ok(Vec::new());
    }
    let booked = truth
        .booked
        .iter()
        .map(|(index, id)| (*index, CallerId(*id)));
    let booked: HashMap<_, _> = booked.collect();
    let held = holds
        .iter()
        .flat_map(|hold| hold.seats.iter().map(|seat| (seat.index, hold.holder)));
    let held: HashMap<_, _> = held.collect();
    let is_booked = |byte: u8| byte == SeatState::Booked.byte();
    let freed = mended.iter().filter(|(_, seen, _)| is_booked(*seen));
    let freed: Vec<_> = freed.map(|(index, ..)| *index).collect();
    let cancelled = store::find_last_holders(connection, event_id, &freed).await?;
    let repair = |(index, seen, right)| Repair {
        index,
        seen,
        right,
        was: match SeatState::of_byte(seen) {
            Some(SeatState::Booked) => cancelled.get(&index).copied(),
            Some(SeatState::Held | SeatState::Confirming) => held.get(&index).copied(),
            _ => None,
        },
        is: booked.get(&index).copied().filter(|_| is_booked(right)),
    };
    Ok(mended.into_iter().map(repair).collect())
}

/// What the last look at each board found: a finding is logged and counted when it is new.
#[derive(Default)]
struct Reported(Mutex<HashMap<EventId, Vec<Finding>>>);

impl Reported {
    fn new_ones<'a>(&self, event_id: EventId, found: &'a [Finding]) -> Vec<&'a Finding> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = if found.is_empty() {
            all.remove(&event_id)
        } else {
            all.insert(event_id, found.to_vec())
        };
        let before: HashSet<_> = before.iter().flatten().map(Finding::what).collect();
        found
            .iter()
            .filter(|one| !before.contains(&one.what()))
            .collect()
    }
}

fn differences(event_id: EventId, truth: &Truth, board: &Snapshot) -> Vec<Finding> {
    let n_seats = board.seats.len();
    let booked = flags(n_seats, truth.booked.iter().map(|(index, _)| *index));
    let blocked = flags(n_seats, truth.blocked.iter().copied());
    let mut findings = Vec::new();
    let seats = board
        .seats
        .iter()
        .copied()
        .zip(booked.into_iter().zip(blocked));
    for (index, (byte, (is_booked, is_blocked))) in (0_u32..).zip(seats) {
        let free = if is_blocked {
            SeatState::Blocked
        } else {
            SeatState::Free
        };
        let found = match SeatState::of_byte(byte) {
            // A commit whose finish is still to come shows as confirming.
            Some(SeatState::Booked | SeatState::Confirming) if is_booked => None,
            _ if is_booked => Some(("booking_not_on_board", Some(SeatState::Booked))),
            Some(SeatState::Booked) => match truth.cancelled.get(&index) {
                None => Some(("booking_lost", None)),
                Some(at) if may_be_freed_still(*at, board.now) => None,
                Some(_) => Some(("cancelled_not_freed", Some(free))),
            },
            Some(SeatState::Free | SeatState::Kept) if is_blocked => {
                Some(("block_not_on_board", Some(free)))
            }
            Some(SeatState::Blocked) if !is_blocked => Some(("block_lifted", Some(free))),
            _ => None,
        };
        findings.extend(found.map(|(kind, right)| Finding {
            event_id,
            seat_index: index,
            kind,
            repair: right.map(|right| (byte, right.byte())),
        }));
    }
    findings
}

/// Which of so many seats are named.
fn flags(n_seats: usize, named: impl Iterator<Item = u32>) -> Vec<bool> {
    let mut flags = vec![false; n_seats];
    for index in named {
        if let Some(flag) = flags.get_mut(index as usize) {
            *flag = true;
        }
    }
    flags
}

const HELD: [SeatState; 2] = [SeatState::Held, SeatState::Confirming];

/// Holds that have not ended, where the board shows any.
async fn live_holds(
    ctx: &Context,
    event_id: EventId,
    board: &Snapshot,
) -> Result<Vec<Hold>, BoardError> {
    let held = HELD.map(SeatState::byte);
    if !board.seats.iter().any(|byte| held.contains(byte)) {
        return Ok(Vec::new());
    }
    let mut holds = store::list_holds(ctx, event_id).await?;
    holds.retain(|hold| matches!(hold.state, HoldState::Held | HoldState::Confirming));
    Ok(holds)
}

/// Held seats that no live hold has. Believed only when nothing moved while the holds were read.
async fn orphans(
    ctx: &Context,
    event_id: EventId,
    (truth, board): (&Truth, &Snapshot),
    holds: &[Hold],
) -> Result<Vec<Finding>, BoardError> {
    let held = HELD.map(SeatState::byte);
    let booked: HashSet<_> = truth.booked.iter().map(|(index, _)| *index).collect();
    let live = holds
        .iter()
        .flat_map(|hold| hold.seats.iter().map(|seat| seat.index));
    let live: HashSet<_> = live.collect();
    let orphans = (0_u32..)
        .zip(board.seats.iter().copied())
        .filter(|(index, byte)| {
            held.contains(byte) && !live.contains(index) && !booked.contains(index)
        });
    let orphans = orphans.map(|(seat_index, byte)| Finding {
        event_id,
        seat_index,
        kind: "held_without_hold",
        repair: Some((byte, SeatState::Free.byte())),
    });
    let orphans: Vec<_> = orphans.collect();
    if !orphans.is_empty() && store::find_position(ctx, event_id).await? != board.position {
        return Ok(Vec::new());
    }
    Ok(orphans)
}

/// Live holds that should have ended by now, lease and sweeps included (I3).
pub async fn list_overdue(ctx: &Context, event_id: EventId) -> Result<Vec<HoldId>, BoardError> {
    // The board's clock: this machine's may be wrong (F24).
    let (_, now) = store::find_hold(ctx, event_id, HoldId(Uuid::nil())).await?;
    let long_ago = now - SWEEP_GRACE;
    let holds = store::list_holds(ctx, event_id).await?;
    let overdue = holds.into_iter().filter(|hold| {
        let is_live = matches!(hold.state, HoldState::Held | HoldState::Confirming);
        is_live && hold.deadline < long_ago
    });
    Ok(overdue.map(|hold| hold.hold_id).collect())
}

/// Takes free seats off sale: all of them, or none and why. Seats that are blocked already are
/// done.
pub async fn block(
    ctx: &Context,
    sale: &Sale,
    seats: &[&SeatPlace],
    (blocked_by, reason): (CallerId, &str),
) -> Result<(), BoardError> {
    let by = (blocked_by, ctx.clock.now());
    let mut turn = store::in_turn_to_block(ctx, sale.event_id).await?;
    let connection = &mut turn.connection;
    // PostgreSQL first: a board that is loaded in between has the blocks already.
    let inserted = store::insert_blocks(connection, sale.event_id, seats, reason, by).await?;
    let indexes: Vec<_> = seats.iter().map(|seat| seat.index).collect();
    let conflicts = store::block_seats(ctx, connection, sale.event_id, &indexes).await?;
    if !conflicts.is_empty() {
        // A board that was loaded in between has them as blocked.
        store::delete_blocks(connection, sale.event_id, &inserted).await?;
        store::free_blocked_seats(ctx, connection, sale.event_id, &inserted).await?;
    }
    turn.connection.close().await?;
    if conflicts.is_empty() {
        return Ok(());
    }
    Err(BoardError::conflicts(&sale.seating, &conflicts))
}

/// Puts blocked seats back on sale; seats that are not blocked are done already.
pub async fn unblock(
    ctx: &Context,
    event_id: EventId,
    seats: &[&SeatPlace],
) -> Result<(), BoardError> {
    let indexes: Vec<_> = seats.iter().map(|seat| seat.index).collect();
    let mut turn = store::in_turn_to_block(ctx, event_id).await?;
    let connection = &mut turn.connection;
    store::delete_blocks(connection, event_id, &indexes).await?;
    store::free_blocked_seats(ctx, connection, event_id, &indexes).await?;
    turn.connection.close().await?;
    Ok(())
}

/// Brings an event's newest epoch, state and limits to its board. Answers the version they have,
/// which may be behind that of a change made just before.
pub async fn keep(ctx: &Context, event_id: EventId) -> Result<i32, BoardError> {
    store::follow_epoch(ctx, event_id).await?;
    let sale = events::reload_sale(ctx, event_id).await?;
    store::set_sale(ctx, &sale).await?;
    Ok(sale.version)
}
