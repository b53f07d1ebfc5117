//! Which letter a message becomes.

use super::super::error::MailError;
use super::super::model::Mail;
use super::{booking, waitlist};
use crate::context::Context;
use crate::deliveries::Claim;

pub enum Composed {
    Mail(Box<Mail>),
    /// Why there is nothing to send.
    Nothing(&'static str),
}

pub async fn compose(ctx: &Context, claim: &Claim) -> Result<Composed, MailError> {
    match claim.kind.as_str() {
        "booking.confirmed" | "booking.cancelled" | "event.changed" | "event.reminder" => {
            booking::compose(ctx, claim).await
        }
        "waitlist.joined" | "waitlist.offered" | "waitlist.lapsed" => {
            waitlist::compose(ctx, claim).await
        }
        _ => Ok(Composed::Nothing("no mail is written of this kind")),
    }
}
