//! What became of offers: PostgreSQL says whether a hold became a booking, the board how it ended
//! otherwise.

use super::super::error::WaitlistError;
use super::super::store::{self, Ending, Offer, OfferEnd};
use super::offer;
use crate::board::{self, Hold, HoldState};
use crate::context::Context;
use crate::id::EventId;

/// What is to be done about a live offer.
enum Found {
    /// The hold is there, as known or changed by its person.
    Live(Hold),
    Ended(OfferEnd),
    /// The board has no such hold: it was lost, or never placed.
    Missing,
}

/// Ends the offers whose holds have ended, and places those whose holds are missing. Answers how
/// many have ended.
pub(super) async fn settle(ctx: &Context, event_id: EventId) -> Result<usize, WaitlistError> {
    let offers = store::list_live_offers(&ctx.db, event_id).await?;
    if offers.is_empty() {
        return Ok(0);
    }
    let hold_ids: Vec<_> = offers.iter().map(|offer| offer.hold_id).collect();
    let (holds, now) = board::find_holds(ctx, event_id, &hold_ids).await?;
    let (mut endings, mut missing) = (Vec::new(), Vec::new());
    for (offer, hold) in offers.into_iter().zip(holds) {
        let is_late = offer.expires_at <= now || !offer.is_event_selling;
        match found(&offer, hold, is_late) {
            Found::Live(hold) => sync(ctx, event_id, &offer, &hold, &mut missing).await?,
            Found::Missing => missing.push(offer),
            Found::Ended(end) => endings.push(Ending {
                hold_id: offer.hold_id,
                end,
                reason: None,
                message_id: ctx.ids.next(),
            }),
        }
    }
    let mut n_ended = 0;
    if !endings.is_empty() {
        let by = (None, ctx.clock.now());
        n_ended = store::end_offers(&ctx.db, event_id, &endings, by).await?;
    }
    offer::place(ctx, event_id, &missing).await?;
    Ok(usize::try_from(n_ended).unwrap_or(usize::MAX))
}

fn found(offer: &Offer, hold: Option<Hold>, is_late: bool) -> Found {
    match (offer.is_confirmed, hold) {
        (Some(true), _) => Found::Ended(OfferEnd::Accepted),
        (Some(false), _) => Found::Ended(OfferEnd::Lapsed),
        (None, None) if is_late => Found::Ended(OfferEnd::Lapsed),
        (None, None) => Found::Missing,
        (None, Some(hold)) => match hold.state {
            HoldState::Held | HoldState::Confirming => Found::Live(hold),
            HoldState::Confirmed => Found::Ended(OfferEnd::Accepted),
            // Refused by the board: a hold that was placed never is without seats.
            HoldState::Released if hold.seats.is_empty() => Found::Ended(OfferEnd::Withdrawn),
            HoldState::Released => Found::Ended(OfferEnd::Declined),
            HoldState::Expired => Found::Ended(OfferEnd::Lapsed),
        },
    }
}

async fn sync(
    ctx: &Context,
    event_id: EventId,
    offer: &Offer,
    hold: &Hold,
    missing: &mut Vec<Offer>,
) -> Result<(), WaitlistError> {
    if !offer.is_placed {
        // Placing it again finds it there, and tells its person.
        missing.push(offer.clone());
    }
    let is_known = offer.seats == hold.seats && offer.expires_at == hold.deadline;
    if offer.is_placed && !is_known && hold.state == HoldState::Held {
        let hold_id = offer.hold_id;
        store::sync_offers(&ctx.db, event_id, hold_id, &hold.seats, hold.deadline).await?;
    }
    Ok(())
}
