//! Sending what is due.

use futures::StreamExt;
use futures::stream::iter;

use super::compose::{Composed, compose};
use super::error::MailError;
use super::store;
use super::transport::{self, CONNECTIONS_MAX};
use crate::context::Context;
use crate::deliveries::{self, Channel, Claim, Outcome, Settled};
use crate::jobs::Progress;

pub const SEND_MAILS: &str = "send_mails";

/// Sends the mails that are due, as many at a time as there may be connections. A mail that fails
/// keeps nobody else's waiting.
pub async fn send_mails(ctx: &Context) -> Result<Progress, MailError> {
    let n_max = i64::from(CONNECTIONS_MAX);
    let claims = deliveries::claim_mails(&ctx.db, n_max, ctx.clock.imposed()).await?;
    let n_claims = claims.len() as u64;
    let mut attempts = iter(claims)
        .map(|claim| attempt(ctx, claim))
        .buffer_unordered(CONNECTIONS_MAX as usize);
    while let Some(settled) = attempts.next().await {
        settled?;
    }
    Ok(Progress::of(n_claims))
}

/// Limit: reminders written in one step.
const REMINDED_AT_ONCE_MAX: i64 = 500;

/// Writes reminders of events that begin within a day; they are sent as every message is.
pub async fn remind_of_events(ctx: &Context) -> Result<Progress, MailError> {
    let n_told = store::remind(&ctx.db, REMINDED_AT_ONCE_MAX, ctx.clock.imposed()).await?;
    Ok(Progress::of(n_told))
}

async fn attempt(ctx: &Context, claim: Claim) -> Result<Settled, MailError> {
    let outcome = if claim.attempt.is_beyond_limit() {
        Outcome::Refused("every attempt was cut off".to_owned())
    } else {
        match compose(ctx, &claim).await {
            Ok(Composed::Nothing(why)) => Outcome::Dropped(why.to_owned()),
            Ok(Composed::Mail(mail)) => match mail.message(&ctx.config.mail.from) {
                Ok(_) if !claim.attempt.may_begin() => return Ok(Settled::Overtaken),
                Ok(message) => transport::send(ctx, message, &claim.delivery_id.to_string()).await,
                Err(error) => Outcome::Refused(error.to_string()),
            },
            Err(error) => Outcome::failed(error.to_string()),
        }
    };
    Ok(deliveries::settle(ctx, Channel::Mail, &claim, outcome).await?)
}
