//! Accepting an offer by its entry's link: the confirm of its hold, from any device.

use super::super::error::WaitlistError;
use super::super::model::Entry;
use crate::auth::{Caller, Role};
use crate::board::KEPT_NUDGE;
use crate::bookings::{self, ConfirmHold, Confirmed, Contact};
use crate::context::Context;
use crate::id::EventId;

/// Confirms the hold of the entry's offer for its person. The same again answers the same booking.
pub async fn accept(
    ctx: &Context,
    event_id: EventId,
    entry: Entry,
    (contact, payment_reference): (Option<Contact>, Option<String>),
) -> Result<Confirmed, WaitlistError> {
    let hold_id = entry.hold_id.ok_or(WaitlistError::NoOffer)?;
    let person = Caller {
        caller_id: entry.holder,
        role: Role::Guest,
    };
    let asked = ConfirmHold {
        contact: contact.unwrap_or(entry.contact),
        payment_reference,
        hold_token: None,
    };
    let confirmed = bookings::confirm(ctx, person, event_id, hold_id, asked).await?;
    ctx.tasks.nudge(KEPT_NUDGE);
    Ok(confirmed)
}
