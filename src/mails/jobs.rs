//! Sending what is due.

use uuid::Uuid;

use super::compose::{Composed, compose};
use super::error::MailError;
use super::store;
use super::transport::{self, CONNECTIONS_MAX};
use crate::context::Context;
use crate::deliveries::{self, Channel, Claim, Outcome, Sender};
use crate::jobs::Progress;

pub const SEND_MAILS: &str = "send_mails";

/// Sends the mails that are due, as many at a time as there may be connections. A mail that fails,
/// or takes long, keeps nobody else's waiting.
pub async fn send_mails(ctx: &Context) -> Result<Progress, MailError> {
    deliveries::send_due(ctx, &Mails(ctx)).await
}

struct Mails<'a>(&'a Context);

impl Sender for Mails<'_> {
    type Error = MailError;

    const JOB: &'static str = SEND_MAILS;
    const UNDER_WAY_MAX: usize = CONNECTIONS_MAX as usize;
    const ROOM_MIN: usize = CONNECTIONS_MAX as usize / 2;

    /// All go to one server: nobody is busier than others.
    async fn claim(&self, n_max: usize, _: &[Uuid]) -> Result<Vec<Claim>, MailError> {
        let n_max = i64::try_from(n_max).unwrap_or(i64::MAX);
        Ok(deliveries::claim_mails(&self.0.db, n_max, self.0.clock.imposed()).await?)
    }

    async fn attempt(&self, claim: Claim) -> Result<(), MailError> {
        attempt(self.0, claim).await
    }
}

/// Writes reminders of events that begin within a day, of one event in a step; they are sent as
/// every message is. One process does it at a time.
pub async fn remind_of_events(ctx: &Context) -> Result<Progress, MailError> {
    let mut tx = ctx.db.begin().await?;
    if !store::lock_reminding(&mut tx).await? {
        return Ok(Progress::Idle);
    }
    let n_told = store::remind(&mut *tx, ctx.clock.imposed()).await?;
    tx.commit().await?;
    Ok(n_told.map_or(Progress::Idle, |n| Progress::Worked(n.unsigned_abs())))
}

async fn attempt(ctx: &Context, claim: Claim) -> Result<(), MailError> {
    let outcome = if claim.attempt.is_beyond_limit() {
        Outcome::Refused("every attempt was cut off".to_owned())
    } else {
        match compose(ctx, &claim).await {
            Ok(Composed::Nothing(why)) => Outcome::Dropped(why.to_owned()),
            Ok(Composed::Mail(mail)) => match mail.message(&ctx.config.mail.from) {
                Ok(_) if !claim.attempt.may_begin() => return Ok(()),
                Ok(message) => transport::send(ctx, message, &claim.delivery_id.to_string()).await,
                Err(error) => Outcome::Refused(error.to_string()),
            },
            Err(error) => Outcome::failed(error.to_string()),
        }
    };
    deliveries::settle(ctx, Channel::Mail, &claim, outcome).await?;
    Ok(())
}
