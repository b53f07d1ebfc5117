//! What an event's owner does: see the queue and the log, move and remove entries, set the terms.

use super::super::error::WaitlistError;
use super::super::model::{Entry, EntryState, Terms};
use super::super::store::{
    self, Demand, Ending, EntryFilter, LiveOffer, LogFilter, LogItem, OfferEnd,
};
use super::join::tell_board;
use super::mine::{UNOFFERED, let_offer_go};
use super::settle::settle;
use crate::auth::Caller;
use crate::board::{self, BoardError, SeatState};
use crate::context::Context;
use crate::events::{self, Reach};
use crate::holds::HoldError;
use crate::id::{EntryId, EventId};
use crate::page::PageRequest;

/// Limit: removing and being offered seats chase each other no longer than this.
const TRIES_MAX: u32 = 4;

/// An entry as it stands in the queue.
pub struct Standing {
    pub entry: Entry,
    /// From 1, while it waits.
    pub position: Option<i64>,
    pub offer: Option<LiveOffer>,
}

/// A page of the queue, in its order.
pub async fn list(
    ctx: &Context,
    caller: Caller,
    event_id: EventId,
    (filter, page): (EntryFilter, PageRequest),
) -> Result<Vec<Standing>, WaitlistError> {
    events::find_owned(ctx, event_id, Reach::of(caller)).await?;
    let entry_ids = store::list(&ctx.db, event_id, &filter, page).await?;
    let entries = store::find_all(&ctx.db, event_id, &entry_ids).await?;
    queued(ctx, event_id, entries).await
}

/// Entries with their positions and offers. Whoever waits among them follow each other in the
/// queue: a filter by state or by mail address leaves out nobody in between.
async fn queued(
    ctx: &Context,
    event_id: EventId,
    entries: Vec<Entry>,
) -> Result<Vec<Standing>, WaitlistError> {
    let is_offered = |entry: &&Entry| entry.state == EntryState::Offered;
    let offered = entries.iter().filter(is_offered);
    let holds: Vec<_> = offered.filter_map(|entry| entry.hold_id).collect();
    let now = ctx.clock.imposed();
    let mut offers = store::find_live_offers(&ctx.db, event_id, &holds, now).await?;
    let is_waiting = |entry: &Entry| entry.state == EntryState::Waiting;
    let mut n_ahead = match entries.iter().find(|entry| is_waiting(entry)) {
        Some(first) => store::count_ahead(&ctx.db, event_id, first).await?,
        None => 0,
    };
    let placed = entries.into_iter().map(|entry| {
        n_ahead += i64::from(is_waiting(&entry));
        Standing {
            position: is_waiting(&entry).then_some(n_ahead),
            offer: entry.hold_id.and_then(|hold_id| offers.remove(&hold_id)),
            entry,
        }
    });
    Ok(placed.collect())
}

/// How many people are on the list, and how many seats they want, by state.
pub async fn demand(
    ctx: &Context,
    event_id: EventId,
) -> Result<Vec<(EntryState, Demand)>, WaitlistError> {
    Ok(store::count_by_state(&ctx.db, event_id).await?)
}

/// Seats, by index and in order.
pub struct WaitlistSeats {
    /// Kept, and offered to nobody yet.
    pub kept: Vec<u32>,
    /// Of live offers.
    pub offered: Vec<u32>,
}

pub async fn list_seats(
    ctx: &Context,
    caller: Caller,
    event_id: EventId,
) -> Result<WaitlistSeats, WaitlistError> {
    events::find_owned(ctx, event_id, Reach::of(caller)).await?;
    let mut offered = store::list_offered_seats(&ctx.db, event_id).await?;
    offered.sort_unstable();
    let snapshot = board::read_board(ctx, event_id).await?;
    let is_kept = |byte: u8| SeatState::of_byte(byte) == Some(SeatState::Kept);
    let kept = (0_u32..)
        .zip(&snapshot.seats)
        .filter(|(_, byte)| is_kept(**byte))
        .map(|(index, _)| index);
    Ok(WaitlistSeats {
        kept: kept.collect(),
        offered,
    })
}

/// A page of the log, the newest first.
pub async fn log(
    ctx: &Context,
    caller: Caller,
    event_id: EventId,
    (filter, page): (LogFilter, PageRequest),
) -> Result<Vec<LogItem>, WaitlistError> {
    events::find_owned(ctx, event_id, Reach::of(caller)).await?;
    Ok(store::list_log(&ctx.db, event_id, &filter, page).await?)
}

/// The terms, and how many people wait.
pub async fn terms(ctx: &Context, event_id: EventId) -> Result<(Terms, i64), WaitlistError> {
    let terms = store::find_terms(&ctx.db, event_id).await?;
    Ok((terms, store::count(&ctx.db, event_id).await?.n_waiting))
}

/// Replaces the terms that the caller has seen, which their version says.
pub async fn put_terms(
    ctx: &Context,
    caller: Caller,
    event_id: EventId,
    terms: &Terms,
) -> Result<(), WaitlistError> {
    events::find_owned(ctx, event_id, Reach::of(caller)).await?;
    if !store::put_terms(&ctx.db, event_id, terms).await? {
        let version = store::find_terms(&ctx.db, event_id).await?.version;
        return Err(WaitlistError::VersionConflict { version });
    }
    tell_board(ctx, event_id).await;
    Ok(())
}

/// Moves somebody who waits before or behind others.
pub async fn move_entry(
    ctx: &Context,
    caller: Caller,
    (event_id, entry_id): (EventId, EntryId),
    (version, priority): (i32, i32),
    reason: &str,
) -> Result<Standing, WaitlistError> {
    events::find_owned(ctx, event_id, Reach::of(caller)).await?;
    let (which, by) = ((event_id, entry_id), (caller.caller_id, reason));
    let change = (version, priority);
    let is_moved = store::move_to(&ctx.db, which, change, by, ctx.clock.imposed()).await?;
    let entry = store::find(&ctx.db, event_id, entry_id).await?;
    let entry = entry.ok_or(WaitlistError::NotFound)?;
    if !is_moved {
        check_version(&entry, version)?;
        return Err(WaitlistError::NotFound);
    }
    tell_board(ctx, event_id).await;
    let entries = queued(ctx, event_id, vec![entry]).await?;
    entries.into_iter().next().ok_or(WaitlistError::NotFound)
}

/// Whether nobody has decided about the entry since the caller has seen it.
fn check_version(entry: &Entry, version: i32) -> Result<(), WaitlistError> {
    if entry.version == version {
        return Ok(());
    }
    let version = entry.version;
    Err(WaitlistError::VersionConflict { version })
}

/// Takes somebody off the list; a live offer ends. Again, it changes nothing.
pub async fn remove(
    ctx: &Context,
    caller: Caller,
    (event_id, entry_id): (EventId, EntryId),
    (version, reason): (i32, &str),
) -> Result<Standing, WaitlistError> {
    events::find_owned(ctx, event_id, Reach::of(caller)).await?;
    // The entry's end may be found by a round before this call has written it down.
    let mut removable = UNOFFERED.to_vec();
    for _ in 0..TRIES_MAX {
        let entry = store::find(&ctx.db, event_id, entry_id).await?;
        let entry = entry.ok_or(WaitlistError::NotFound)?;
        if entry.state != EntryState::Removed {
            check_version(&entry, version)?;
        }
        let now = ctx.clock.imposed();
        match entry.state {
            state if removable.contains(&state) => {
                let (which, by) = ((event_id, entry_id), (Some(caller.caller_id), Some(reason)));
                let change = (&removable[..], EntryState::Removed, Some(version));
                store::take_out(&ctx.db, which, change, by, now).await?;
            }
            EntryState::Offered => {
                removable.push(EntryState::Left);
                let is_gone = let_offer_go(ctx, event_id, &entry).await?;
                let Some(hold_id) = entry.hold_id.filter(|_| is_gone) else {
                    settle(ctx, event_id).await?;
                    continue;
                };
                let ending = Ending {
                    hold_id,
                    end: OfferEnd::Removed,
                    is_untold: false,
                    reason: Some(reason.to_owned()),
                    message_id: ctx.ids.next(),
                };
                let by = (Some(caller.caller_id), now);
                store::end_offers(&ctx.db, event_id, &[ending], by).await?;
            }
            EntryState::Accepted => return Err(HoldError::Confirmed.into()),
            _ => {
                tell_board(ctx, event_id).await;
                return Ok(Standing {
                    entry,
                    position: None,
                    offer: None,
                });
            }
        }
    }
    Err(BoardError::Unsettled.into())
}
