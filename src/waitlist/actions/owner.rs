//! What an event's owner does: see the queue and the log, move and remove entries, set the terms.

use super::super::error::WaitlistError;
use super::super::model::{Entry, EntryState, Terms};
use super::super::store::{self, Ending, LogItem, OfferEnd};
use super::join::tell_board;
use super::mine::{UNOFFERED, let_offer_go};
use super::settle::settle;
use crate::auth::Caller;
use crate::board::BoardError;
use crate::context::Context;
use crate::events::{self, Reach};
use crate::holds::HoldError;
use crate::id::{EntryId, EventId};
use crate::page::PageRequest;

/// Limit: removing and being offered seats chase each other no longer than this.
const TRIES_MAX: u32 = 4;

/// A page of the queue, in its order.
pub async fn list(
    ctx: &Context,
    caller: Caller,
    event_id: EventId,
    (state, page): (Option<EntryState>, PageRequest),
) -> Result<Vec<Entry>, WaitlistError> {
    events::find_owned(ctx, event_id, Reach::of(caller)).await?;
    let entry_ids = store::list(&ctx.db, event_id, state, page).await?;
    Ok(store::find_all(&ctx.db, event_id, &entry_ids).await?)
}

/// A page of the log, the newest first.
pub async fn log(
    ctx: &Context,
    caller: Caller,
    event_id: EventId,
    (entry_id, page): (Option<EntryId>, PageRequest),
) -> Result<Vec<LogItem>, WaitlistError> {
    events::find_owned(ctx, event_id, Reach::of(caller)).await?;
    Ok(store::list_log(&ctx.db, event_id, entry_id, page).await?)
}

/// The terms, and how many people wait.
pub async fn terms(ctx: &Context, event_id: EventId) -> Result<(Terms, i64), WaitlistError> {
    let terms = store::find_terms(&ctx.db, event_id).await?;
    Ok((terms, store::count(&ctx.db, event_id).await?.n_waiting))
}

pub async fn put_terms(
    ctx: &Context,
    caller: Caller,
    event_id: EventId,
    terms: &Terms,
) -> Result<(), WaitlistError> {
    events::find_owned(ctx, event_id, Reach::of(caller)).await?;
    store::put_terms(&ctx.db, event_id, terms).await?;
    tell_board(ctx, event_id).await;
    Ok(())
}

/// Moves somebody who waits before or behind others.
pub async fn move_entry(
    ctx: &Context,
    caller: Caller,
    (event_id, entry_id): (EventId, EntryId),
    priority: i32,
    reason: &str,
) -> Result<Entry, WaitlistError> {
    events::find_owned(ctx, event_id, Reach::of(caller)).await?;
    let (which, by) = ((event_id, entry_id), (caller.caller_id, reason));
    let is_moved = store::move_to(&ctx.db, which, priority, by, ctx.clock.now()).await?;
    if !is_moved {
        return Err(WaitlistError::NotFound);
    }
    tell_board(ctx, event_id).await;
    store::find(&ctx.db, event_id, entry_id)
        .await?
        .ok_or(WaitlistError::NotFound)
}

/// Takes somebody off the list; a live offer ends. Again, it changes nothing.
pub async fn remove(
    ctx: &Context,
    caller: Caller,
    (event_id, entry_id): (EventId, EntryId),
    reason: &str,
) -> Result<Entry, WaitlistError> {
    events::find_owned(ctx, event_id, Reach::of(caller)).await?;
    // The entry's end may be found by a round before this call has written it down.
    let mut removable = UNOFFERED.to_vec();
    for _ in 0..TRIES_MAX {
        let entry = store::find(&ctx.db, event_id, entry_id).await?;
        let entry = entry.ok_or(WaitlistError::NotFound)?;
        let now = ctx.clock.now();
        match entry.state {
            state if removable.contains(&state) => {
                let (which, by) = ((event_id, entry_id), (Some(caller.caller_id), Some(reason)));
                let change = (&removable[..], EntryState::Removed);
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
                    reason: Some(reason.to_owned()),
                    message_id: ctx.ids.next(),
                };
                let by = (Some(caller.caller_id), now);
                store::end_offers(&ctx.db, event_id, &[ending], by).await?;
            }
            EntryState::Accepted => return Err(HoldError::Confirmed.into()),
            _ => {
                tell_board(ctx, event_id).await;
                return Ok(entry);
            }
        }
    }
    Err(BoardError::Unsettled.into())
}
