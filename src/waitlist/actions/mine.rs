//! What people do with their own entry: look at it, verify their address, leave.

use super::super::error::WaitlistError;
use super::super::model::{Entry, EntryState, Link, Terms};
use super::super::store;
use super::join::tell_board;
use super::settle;
use crate::auth::{self, Caller};
use crate::board::{self, Hold, HoldState, Released};
use crate::context::Context;
use crate::holds::HoldError;
use crate::id::{EntryId, EventId};

/// Who asks: somebody signed in or a guest, or whoever has the entry's secret link.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    pub caller: Option<Caller>,
    pub token: Option<&'a str>,
}

/// An entry as its person sees it.
pub struct Mine {
    pub entry: Entry,
    /// How many are ahead, while it waits.
    pub n_ahead: Option<i64>,
    /// The hold of a live offer.
    pub offer: Option<Hold>,
    pub terms: Terms,
}

/// Limit: leaving and being offered seats chase each other no longer than this.
const TRIES_MAX: u32 = 4;

/// On the list, without an offer.
pub(super) const UNOFFERED: [EntryState; 2] = [EntryState::Unverified, EntryState::Waiting];

/// The entry's secret: with it the entry is seen, and its offer accepted, from any device.
pub fn link_token(ctx: &Context, event_id: EventId, entry_id: EntryId) -> String {
    Link { event_id, entry_id }.sign(&link_key(ctx))
}

fn link_key(ctx: &Context) -> Vec<u8> {
    auth::derive_key(ctx, "waitlist link")
}

/// The entry of the link, or the caller's live or last one.
pub async fn find_entry(
    ctx: &Context,
    event_id: EventId,
    who: Who<'_>,
) -> Result<Entry, WaitlistError> {
    let entry_id = match (who.token, who.caller) {
        (Some(token), _) => Link::verify(event_id, token, &link_key(ctx)).map(|link| link.entry_id),
        (None, Some(caller)) => store::find_newest(&ctx.db, event_id, caller.caller_id).await?,
        (None, None) => None,
    };
    let entry = store::find(&ctx.db, event_id, entry_id.ok_or(WaitlistError::NotFound)?).await?;
    entry.ok_or(WaitlistError::NotFound)
}

pub async fn find(ctx: &Context, event_id: EventId, who: Who<'_>) -> Result<Mine, WaitlistError> {
    let mut entry = find_entry(ctx, event_id, who).await?;
    let mut offer = offer_of(ctx, event_id, &entry).await?;
    if entry.state == EntryState::Offered && offer.is_none() {
        // It has ended, or is about to be placed: no need to wait for the next round.
        settle::settle(ctx, event_id).await?;
        entry = find_entry(ctx, event_id, who).await?;
        offer = offer_of(ctx, event_id, &entry).await?;
    }
    let n_ahead = match entry.state {
        EntryState::Waiting => Some(store::count_ahead(&ctx.db, event_id, &entry).await?),
        _ => None,
    };
    Ok(Mine {
        entry,
        n_ahead,
        offer,
        terms: store::find_terms(&ctx.db, event_id).await?,
    })
}

async fn offer_of(
    ctx: &Context,
    event_id: EventId,
    entry: &Entry,
) -> Result<Option<Hold>, WaitlistError> {
    let Some(hold_id) = entry.hold_id.filter(|_| entry.state == EntryState::Offered) else {
        return Ok(None);
    };
    let (hold, _) = board::find_hold(ctx, event_id, hold_id).await?;
    let is_live = |hold: &Hold| matches!(hold.state, HoldState::Held | HoldState::Confirming);
    Ok(hold.filter(is_live))
}

/// Counts the entry in, now that its link has been opened. Again, it changes nothing.
pub async fn verify(ctx: &Context, event_id: EventId, token: &str) -> Result<(), WaitlistError> {
    let who = Who {
        caller: None,
        token: Some(token),
    };
    let entry = find_entry(ctx, event_id, who).await?;
    // Each opening of the link asks; the queue's version is raised by the first one only.
    let is_due = entry.state == EntryState::Unverified;
    let now = ctx.clock.imposed();
    if is_due && store::verify(&ctx.db, event_id, entry.entry_id, now).await? {
        tell_board(ctx, event_id).await;
    }
    Ok(())
}

/// Leaves; a live offer is let go. Again, it changes nothing.
pub async fn leave(ctx: &Context, event_id: EventId, who: Who<'_>) -> Result<(), WaitlistError> {
    let mut entry = find_entry(ctx, event_id, who).await?;
    for _ in 0..TRIES_MAX {
        match entry.state {
            EntryState::Unverified | EntryState::Waiting => {
                let which = (event_id, entry.entry_id);
                let by = (who.caller.map(|caller| caller.caller_id), None);
                let change = (&UNOFFERED[..], EntryState::Left, None);
                store::take_out(&ctx.db, which, change, by, ctx.clock.imposed()).await?;
            }
            EntryState::Offered => {
                let_offer_go(ctx, event_id, &entry).await?;
                settle::settle(ctx, event_id).await?;
            }
            EntryState::Accepted => return Err(HoldError::Confirmed.into()),
            EntryState::Lapsed | EntryState::Left | EntryState::Removed => {
                tell_board(ctx, event_id).await;
                return Ok(());
            }
        }
        // That one, and not another that its person joins with by now.
        let now = store::find(&ctx.db, event_id, entry.entry_id).await?;
        entry = now.ok_or(WaitlistError::NotFound)?;
    }
    Err(board::BoardError::Unsettled.into())
}

/// Releases the hold of an offer. False where the board has no such hold: it is still to be placed.
///
/// # Errors
/// `Confirming` while it is being confirmed, `Confirmed` when it is a booking.
pub(super) async fn let_offer_go(
    ctx: &Context,
    event_id: EventId,
    entry: &Entry,
) -> Result<bool, WaitlistError> {
    let Some(hold_id) = entry.hold_id else {
        return Ok(false);
    };
    match board::release_hold(ctx, event_id, hold_id, entry.holder).await? {
        Released::Confirming(_) => Err(HoldError::Confirming.into()),
        Released::Ended(hold) if hold.state == HoldState::Confirmed => {
            Err(HoldError::Confirmed.into())
        }
        Released::Released(_) | Released::Ended(_) => Ok(true),
        Released::UnknownHold => Ok(false),
    }
}
