//! Offering: claim in PostgreSQL, then place the hold on the board. Whoever finds a claim without
//! its hold places it, so a process may stop in between.

use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;
use futures::future::join_all;

use super::super::error::WaitlistError;
use super::super::model::Planned;
use super::super::store::{
    self, Claim, ClaimTimes, Ending, Offer, OfferEnd, PlacedOffer, QueueNow,
};
use crate::board::{self, BoardError, HeldSeat, HoldState, NewHold, Offered, Refused};
use crate::clock::Instant;
use crate::context::Context;
use crate::events::Sale;
use crate::id::{EventId, HoldId};
use crate::postgres;

/// Limit: nobody can decide in less; an offer that would be shorter is not made.
pub(super) const TTL_MIN: TimeDelta = TimeDelta::seconds(30);

/// How long somebody rests whose limit of seats stood against an offer: twice as long each time, up
/// to the longest.
const RESTS: [TimeDelta; 2] = [TimeDelta::minutes(1), TimeDelta::minutes(16)];

/// Longer than a process may stand still and go on.
const MEMORY: Duration = Duration::from_millis(board::OFFER_MEMORY_MS.unsigned_abs());

/// What became of a plan's offers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OffersMade {
    /// How many of them the board has placed.
    pub n_placed: usize,
    /// How many the limit of seats per person has kept from theirs: whoever is behind is next.
    pub n_limited: usize,
    /// Another round was quicker with a seat, or nothing of the plan is as it was: the rest waits
    /// for a new one.
    pub is_overtaken: bool,
}

/// Makes the offers, in the order of the queue.
pub(super) async fn offer_all(
    ctx: &Context,
    sale: &Sale,
    queue: &QueueNow,
    planned: &[Planned],
) -> Result<OffersMade, WaitlistError> {
    if planned.is_empty() {
        return Ok(OffersMade::default());
    }
    let imposed_now = ctx.clock.imposed();
    let now = store::now(&ctx.db, imposed_now).await?;
    let expires_at = deadline(queue, now);
    if expires_at - now < TTL_MIN {
        return Ok(OffersMade::default());
    }
    let claims: Vec<Claim> = planned.iter().map(|one| claim_of(ctx, sale, one)).collect();
    let times = ClaimTimes {
        imposed_now,
        void_at: expires_at - TTL_MIN,
        expires_at,
    };
    let (mine, is_overtaken) = claim_all(ctx, sale, &claims, times).await?;
    let live = store::list_live_offers(&ctx.db, sale.event_id, imposed_now).await?;
    let to_place: Vec<_> = live
        .into_iter()
        .filter(|offer| mine.contains(&offer.hold_id))
        .collect();
    let made = place(ctx, sale.event_id, &to_place).await?;
    Ok(OffersMade {
        is_overtaken,
        ..made
    })
}

/// When an offer made now ends: its time without the quiet hours, and not after the sale.
fn deadline(queue: &QueueNow, now: Instant) -> Instant {
    let ttl = queue.terms.offer_ttl;
    let zone: Tz = queue.time_zone.parse().unwrap_or(Tz::UTC);
    let ends_at = match queue.terms.quiet_hours {
        Some(quiet) => quiet.deadline(now, ttl, zone),
        None => now + ttl,
    };
    ends_at.min(queue.closes_at)
}

fn claim_of(ctx: &Context, sale: &Sale, planned: &Planned) -> Claim {
    let seats = planned.seats.iter().filter_map(|index| {
        let seat = sale.seating.at(*index)?;
        Some(HeldSeat {
            index: *index,
            amount: sale.price_of(seat),
        })
    });
    Claim {
        entry_id: planned.entry_id,
        hold_id: ctx.ids.next(),
        seats: seats.collect(),
    }
}

/// Claims all at once or, where somebody else was quicker with a seat, one by one up to there, and
/// says so. Whoever is behind is offered nothing on a plan in which that seat was somebody's who
/// came before: it might have been theirs instead.
async fn claim_all(
    ctx: &Context,
    sale: &Sale,
    claims: &[Claim],
    times: ClaimTimes,
) -> Result<(Vec<HoldId>, bool), sqlx::Error> {
    let event = (sale.event_id, sale.version);
    match store::claim(&ctx.db, event, claims, times).await {
        Err(error) if is_taken(&error) => {}
        outcome => {
            let claimed = outcome?;
            let is_overtaken = claimed.is_empty();
            return Ok((claimed, is_overtaken));
        }
    }
    let mut claimed = Vec::new();
    for claim in claims {
        match store::claim(&ctx.db, event, std::slice::from_ref(claim), times).await {
            Err(error) if is_taken(&error) => break,
            outcome => claimed.extend(outcome?),
        }
    }
    Ok((claimed, true))
}

fn is_taken(error: &sqlx::Error) -> bool {
    let constraints = ["waitlist_seat_offered_once", "waitlist_entry_offered_once"];
    constraints
        .iter()
        .any(|constraint| postgres::is_violation_of(error, constraint))
}

/// Places the holds of live offers, in the epoch in which PostgreSQL has them. What cannot be
/// placed is withdrawn, and its person waits on.
pub(super) async fn place(
    ctx: &Context,
    event_id: EventId,
    offers: &[Offer],
) -> Result<OffersMade, WaitlistError> {
    let outcomes = join_all(offers.iter().map(|offer| async move {
        let new = NewHold {
            hold_id: offer.hold_id,
            holder: offer.holder,
            ttl: offer.left.to_std().unwrap_or_default(),
            memory: MEMORY,
            asked: String::new(),
            seats: offer.seats.clone(),
        };
        board::offer_kept_seats(ctx, event_id, offer.epoch, &new).await
    }));
    let (mut placed, mut endings, mut limited) = (Vec::new(), Vec::new(), Vec::new());
    let mut failure = None;
    for (offer, outcome) in offers.iter().zip(outcomes.await) {
        match outcome {
            Ok(Offered::Hold(hold)) if hold.state == HoldState::Held => placed.push(PlacedOffer {
                hold_id: offer.hold_id,
                message_id: ctx.ids.next(),
                expires_at: hold.deadline,
            }),
            // It has ended, or is being confirmed; or it comes with the next look.
            Ok(Offered::Hold(_) | Offered::BoardLost) => {}
            Ok(Offered::Refused(refused)) => {
                endings.push(withdrawn(ctx, offer, refused));
                if refused == Refused::LimitReached {
                    limited.push(offer.entry_id);
                }
            }
            Err(error) => failure = Some(error),
        }
    }
    tell(ctx, event_id, offers, &placed).await?;
    let now = ctx.clock.imposed();
    if !limited.is_empty() {
        store::rest(&ctx.db, event_id, &limited, RESTS, now).await?;
    }
    if !endings.is_empty() {
        store::end_offers(&ctx.db, event_id, &endings, (None, now)).await?;
    }
    metrics::counter!("holdfast_waitlist_offers_total").increment(placed.len() as u64);
    let made = OffersMade {
        n_placed: placed.len(),
        n_limited: limited.len(),
        is_overtaken: false,
    };
    failure.map_or(Ok(made), |error: BoardError| Err(error.into()))
}

/// Tells people of their offers, which the board has placed. An offer that has ended in the
/// meantime is nobody's any more: its hold is released.
async fn tell(
    ctx: &Context,
    event_id: EventId,
    offers: &[Offer],
    placed: &[PlacedOffer],
) -> Result<(), WaitlistError> {
    if placed.is_empty() {
        return Ok(());
    }
    let ended = store::mark_placed(&ctx.db, event_id, placed, ctx.clock.imposed()).await?;
    for offer in offers.iter().filter(|offer| ended.contains(&offer.hold_id)) {
        board::release_hold(ctx, event_id, offer.hold_id, offer.holder).await?;
    }
    Ok(())
}

fn withdrawn(ctx: &Context, offer: &Offer, refused: Refused) -> Ending {
    let reason = match refused {
        Refused::Conflicts => "seats_taken",
        Refused::LimitReached => "limit_reached",
        Refused::NotOnSale => "not_on_sale",
        Refused::Before => "refused_before",
    };
    Ending {
        hold_id: offer.hold_id,
        end: OfferEnd::Withdrawn,
        // The board does not have its hold, whatever its person was told.
        is_untold: false,
        reason: Some(reason.to_owned()),
        message_id: ctx.ids.next(),
    }
}
