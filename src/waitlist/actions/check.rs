//! What an audit asks: whether the board has what the waitlist thinks it has.

use super::super::error::WaitlistError;
use super::super::store;
use crate::board::{self, SeatState};
use crate::context::Context;
use crate::id::EventId;

/// Something that is not as it must be: the rule, and what breaks it.
pub struct Complaint {
    pub rule: &'static str,
    pub subject: String,
}

/// Offers that their people were told of and that the board does not know, and seats that are kept
/// although the waitlist has been found empty.
pub async fn check(ctx: &Context, event_id: EventId) -> Result<Vec<Complaint>, WaitlistError> {
    let mut complaints = Vec::new();
    let offers = store::list_live_offers(&ctx.db, event_id, ctx.clock.imposed()).await?;
    let hold_ids: Vec<_> = offers.iter().map(|offer| offer.hold_id).collect();
    let (holds, now) = board::find_holds(ctx, event_id, &hold_ids).await?;
    for (offer, hold) in offers.iter().zip(holds) {
        let is_due = offer.is_placed && offer.is_confirmed.is_none() && !offer.seats.is_empty();
        let is_missing = hold.is_none() && offer.expires_at > now && offer.is_event_selling;
        if is_due && is_missing {
            complaints.push(Complaint {
                rule: "an offer that its person was told of is a hold on the board",
                subject: format!("hold {}", offer.hold_id),
            });
        }
    }
    let epoch = board::read_board(ctx, event_id).await?.position.epoch;
    let is_drained = async || store::is_drained(&ctx.db, event_id, epoch).await;
    if is_drained().await? {
        let board = board::read_board(ctx, event_id).await?;
        let kept = (0_u32..).zip(&board.seats);
        let kept = kept.filter(|(_, byte)| **byte == SeatState::Kept.byte());
        let kept: Vec<_> = kept.map(|(index, _)| index).collect();
        // Somebody may have joined while the board was read.
        if !kept.is_empty() && is_drained().await? {
            complaints.extend(kept.iter().map(|index| Complaint {
                rule: "no seat is kept for nobody",
                subject: format!("seat index {index}"),
            }));
        }
    }
    Ok(complaints)
}
