//! Verbs that change seats for other reasons than a holder's, as in `expire_holds.lua`,
//! `free_seats.lua`, `block_seats.lua`, `repair_board.lua` and `set_sale.lua`.

use super::super::super::error::BoardError;
use super::super::super::model::{HoldState, SeatState, join};
use super::super::call::Reply;
use super::desk::Desk;
use super::{Answer, Args};
use crate::context::Context;
use crate::id::{CallerId, EventId, HoldId};

/// The answer of a sweep that finds nothing, without waiting for the board's turn: each instance
/// sweeps every second, mostly in vain.
pub async fn look_for_due(
    ctx: &Context,
    event_id: EventId,
    epoch: Option<i64>,
) -> Result<Option<Reply>, BoardError> {
    let Some(mut desk) = Desk::peek(ctx, event_id).await? else {
        return Ok(None);
    };
    let next = desk.next_due().await?;
    let is_due = next.is_some_and(|at| at <= desk.now);
    if is_due || epoch.is_some_and(|epoch| epoch != desk.meta.epoch) {
        return Ok(None);
    }
    desk.close(swept(0, &[], &[], next)).await.map(Some)
}

fn swept(n_swept: usize, expired: &[HoldId], confirming: &[HoldId], next: Option<i64>) -> Answer {
    Answer::of("swept")
        .with(i64::try_from(n_swept).unwrap_or(i64::MAX))
        .with(join(expired.iter()))
        .with(join(confirming.iter()))
        .with(next.map(|at| at.to_string()).unwrap_or_default())
}

pub async fn expire(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    let due = desk.due(args.number(0)).await?;
    let (mut expired, mut confirming, mut forgotten) = (Vec::new(), Vec::new(), Vec::new());
    for (hold_id, record) in &due {
        let hold_id = *hold_id;
        match record.state {
            HoldState::Held => {
                let whose = (hold_id, record.holder);
                desk.turn(whose, &record.indexes(), desk.meta.freed());
                desk.tell("hold.expired", hold_id, record);
                expired.push(hold_id);
            }
            HoldState::Confirming => confirming.push(hold_id),
            HoldState::Confirmed | HoldState::Released | HoldState::Expired => {
                forgotten.push(hold_id);
            }
        }
    }
    desk.expire(&expired, args.number(2)).await?;
    desk.postpone(&confirming, desk.now + args.number(1))
        .await?;
    desk.forget(&forgotten).await?;
    let next = desk.next_due().await?;
    Ok(swept(due.len(), &expired, &confirming, next))
}

pub async fn free(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    // A delayed call must not free a seat that has been booked again since.
    if desk.now >= args.number(2) {
        return Ok(Answer::of("void"));
    }
    let seen = args.text(0).bytes().next().and_then(SeatState::of_byte);
    let seats = in_state(desk, &args.indexes(3), &[seen.unwrap_or(SeatState::Booked)]).await?;
    let n_freed = i64::try_from(seats.len()).unwrap_or(i64::MAX);
    desk.set(seats, desk.meta.freed());
    Ok(Answer::of("freed").with(n_freed))
}

/// Those of the seats that are in one of the states, with it.
pub async fn in_state(
    desk: &mut Desk,
    indexes: &[u32],
    states: &[SeatState],
) -> Result<Vec<(u32, SeatState)>, BoardError> {
    let look = desk.look(indexes, None).await?;
    let seen = indexes.iter().copied().zip(look.states);
    Ok(seen.filter(|(_, state)| states.contains(state)).collect())
}

pub async fn block(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    let indexes = args.indexes(0);
    let look = desk.look(&indexes, None).await?;
    let seen = indexes.iter().copied().zip(look.states.iter().copied());
    let is_fine = |state: SeatState| matches!(state, SeatState::Free | SeatState::Blocked);
    let conflicts: Vec<_> = seen.clone().filter(|(_, state)| !is_fine(*state)).collect();
    if !conflicts.is_empty() {
        return Ok(match look.is_due {
            true => Answer::of("lapsed"),
            false => Answer::conflicts(&conflicts),
        });
    }
    let free: Vec<_> = seen
        .filter(|(_, state)| *state == SeatState::Free)
        .collect();
    desk.set(free, SeatState::Blocked);
    Ok(Answer::of("blocked"))
}

pub async fn repair(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    let text = args.text(0);
    let repairs: Vec<Repair> = text.split(',').filter_map(Repair::parse).collect();
    let indexes: Vec<u32> = repairs.iter().map(|repair| repair.index).collect();
    let look = desk.look(&indexes, None).await?;
    let mut n_repaired = 0_i64;
    for (repair, now) in repairs.into_iter().zip(look.states) {
        let seat = (repair.index, repair.seen);
        if repair.seen != now {
            continue;
        }
        match (repair.right, repair.holder) {
            (SeatState::Booked, Some(holder)) => desk.book(seat, holder),
            (SeatState::Free, _) => desk.set([seat], desk.meta.freed()),
            (right, _) => desk.set([seat], right),
        }
        n_repaired += 1;
    }
    Ok(Answer::of("repaired").with(n_repaired))
}

struct Repair {
    index: u32,
    seen: SeatState,
    right: SeatState,
    /// Whose it is from now on; whose it was, its row knows.
    holder: Option<CallerId>,
}

impl Repair {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let index = parts.next()?.parse().ok()?;
        let mut state = || SeatState::of_byte(parts.next()?.bytes().next()?);
        let (seen, right) = (state()?, state()?);
        Some(Self {
            index,
            seen,
            right,
            holder: parts.nth(1)?.parse().ok(),
        })
    }
}

pub async fn set_sale(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    if desk.meta.version > args.number(0) {
        return Ok(Answer::of("newer"));
    }
    let meta = &mut desk.meta;
    meta.version = args.number(0);
    meta.sales = args.text(1);
    meta.opens_at = args.number(2);
    meta.closes_at = args.number(3);
    meta.seats_per_person_max = args.number(4);
    desk.put_meta().await?;
    Ok(Answer::of("set"))
}
