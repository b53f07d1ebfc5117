//! What became of offers: PostgreSQL says whether a hold became a booking, the board how it ended
//! otherwise.

use chrono::TimeDelta;

use super::super::error::WaitlistError;
use super::super::store::{self, Ending, Offer, OfferEnd};
use super::offer::{self, TTL_MIN};
use crate::board::{self, Hold, HoldState};
use crate::context::Context;
use crate::id::EventId;

/// What is to be done about a live offer.
enum Found {
    /// The hold is there, as known or changed by its person.
    Live(Hold),
    Ended(OfferEnd, Option<&'static str>),
    /// The board has no such hold: it was lost, or never placed.
    Missing,
}

/// Ends the offers whose holds have ended, and places those whose holds are missing. Answers how
/// many have ended.
pub(super) async fn settle(ctx: &Context, event_id: EventId) -> Result<usize, WaitlistError> {
    let offers = store::list_live_offers(&ctx.db, event_id, ctx.clock.imposed()).await?;
    if offers.is_empty() {
        return Ok(0);
    }
    let hold_ids: Vec<_> = offers.iter().map(|offer| offer.hold_id).collect();
    let (holds, now) = board::find_holds(ctx, event_id, &hold_ids).await?;
    let (mut endings, mut missing) = (Vec::new(), Vec::new());
    for (offer, hold) in offers.into_iter().zip(holds) {
        // Nobody can decide in no time about an offer that they have yet to hear of.
        let time_min = match offer.is_placed {
            true => TimeDelta::zero(),
            false => TTL_MIN,
        };
        let is_late = offer.expires_at <= now + time_min || !offer.is_event_selling;
        match found(&offer, hold, is_late) {
            Found::Live(_) if !offer.is_event_selling => {
                // Its person could not confirm it any more; its end is seen in the next round.
                board::release_hold(ctx, event_id, offer.hold_id, offer.holder).await?;
            }
            Found::Live(hold) if offer.is_placed => {
                sync(ctx, event_id, &offer, &hold).await?;
            }
            // Its person has other seats for it by now: their token brings those back.
            Found::Missing if offer.seats.is_empty() => {}
            // Placing it again finds it there, and tells its person.
            Found::Live(_) | Found::Missing => missing.push(offer),
            Found::Ended(end, reason) => endings.push(Ending {
                hold_id: offer.hold_id,
                end,
                is_untold: end == OfferEnd::Withdrawn && !offer.is_placed,
                reason: reason.map(str::to_owned),
                message_id: ctx.ids.next(),
            }),
        }
    }
    let mut n_ended = 0;
    if !endings.is_empty() {
        let by = (None, ctx.clock.imposed());
        n_ended = store::end_offers(&ctx.db, event_id, &endings, by).await?;
    }
    offer::place(ctx, event_id, &missing).await?;
    Ok(usize::try_from(n_ended).unwrap_or(usize::MAX))
}

fn found(offer: &Offer, hold: Option<Hold>, is_late: bool) -> Found {
    let has_run_out = has_run_out(hold.as_ref(), is_late);
    let is_paused = is_paused(offer, hold.as_ref());
    match (offer.is_confirmed, hold) {
        (Some(true), _) => Found::Ended(OfferEnd::Accepted, None),
        (Some(false), _) => lapsed(offer),
        (None, _) if is_paused && has_run_out => Found::Ended(OfferEnd::Withdrawn, Some("paused")),
        (None, _) if offer.is_event_selling && !offer.is_placed && has_run_out => {
            Found::Ended(OfferEnd::Withdrawn, Some("not_told"))
        }
        (None, None) if is_late => lapsed(offer),
        (None, None) => Found::Missing,
        (None, Some(hold)) => match hold.state {
            HoldState::Held | HoldState::Confirming => Found::Live(hold),
            HoldState::Confirmed => Found::Ended(OfferEnd::Accepted, None),
            // Refused by the board: a hold that was placed never is without seats.
            HoldState::Released if hold.seats.is_empty() => {
                Found::Ended(OfferEnd::Withdrawn, Some("refused_before"))
            }
            HoldState::Released if offer.is_event_selling => Found::Ended(OfferEnd::Declined, None),
            HoldState::Released | HoldState::Expired => lapsed(offer),
        },
    }
}

fn has_run_out(hold: Option<&Hold>, is_late: bool) -> bool {
    hold.map_or(is_late, |hold| hold.state == HoldState::Expired)
}

/// Whether nothing can be confirmed, or nothing could be until the offer was nearly over: that is
/// nobody's fault.
fn is_paused(offer: &Offer, hold: Option<&Hold>) -> bool {
    let expires_at = hold.map_or(offer.expires_at, |hold| hold.deadline);
    let is_met = |resumed_at| expires_at < resumed_at + TTL_MIN;
    offer.is_event_paused || offer.is_event_selling && offer.resumed_at.is_some_and(is_met)
}

fn lapsed(offer: &Offer) -> Found {
    let reason = match offer.is_event_cancelled {
        true => Some("event_cancelled"),
        false => (!offer.is_event_selling).then_some("sales_ended"),
    };
    Found::Ended(OfferEnd::Lapsed, reason)
}

/// Brings an offer in line with its hold: its person may have extended it, or taken seats out.
/// Seats that they have added are theirs like anybody's, and no part of the offer.
async fn sync(
    ctx: &Context,
    event_id: EventId,
    offer: &Offer,
    hold: &Hold,
) -> Result<(), sqlx::Error> {
    let held: Vec<u32> = hold.seats.iter().map(|seat| seat.index).collect();
    let has_all = offer.seats.iter().all(|seat| held.contains(&seat.index));
    let is_known = has_all && hold.deadline <= offer.expires_at;
    if is_known || hold.state != HoldState::Held {
        return Ok(());
    }
    store::sync_offer(&ctx.db, event_id, offer.hold_id, &held, hold.deadline).await
}
