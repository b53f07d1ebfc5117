//! Sending what is due.

use uuid::Uuid;

use super::actions;
use super::client::{self, Answer, Request};
use super::error::WebhookError;
use super::model::{Endpoint, FAILURES_MAX, checked_url, payload};
use super::signature::Secret;
use super::store;
use crate::auth::{self, Role};
use crate::context::Context;
use crate::deliveries::{self, Channel, Claim, ClaimLimits, Outcome, Sender};
use crate::events::Reach;
use crate::id::EndpointId;
use crate::jobs::Progress;

pub const SEND_WEBHOOKS: &str = "send_webhooks";

/// Limit: requests at a time to one endpoint: the next are made when these are answered.
const TO_ENDPOINT_MAX: usize = 4;

/// Limit: what of an answer's body is kept.
const ANSWER_CHARS_MAX: usize = 200;

/// Sends the webhooks that are due.
pub async fn send_webhooks(ctx: &Context) -> Result<Progress, WebhookError> {
    deliveries::send_due(ctx, &Webhooks(ctx)).await
}

struct Webhooks<'a>(&'a Context);

impl Sender for Webhooks<'_> {
    type Error = WebhookError;

    const JOB: &'static str = SEND_WEBHOOKS;
    const UNDER_WAY_MAX: usize = 32;
    const ROOM_MIN: usize = TO_ENDPOINT_MAX;

    async fn claim(&self, n_max: usize, busy: &[Uuid]) -> Result<Vec<Claim>, WebhookError> {
        let limits = ClaimLimits {
            n_max: i64::try_from(n_max).unwrap_or(i64::MAX),
            n_of_endpoint_max: TO_ENDPOINT_MAX as i64,
            n_failures_max: FAILURES_MAX,
        };
        let now = self.0.clock.imposed();
        Ok(deliveries::claim_webhooks(&self.0.db, limits, busy, now).await?)
    }

    async fn attempt(&self, claim: Claim) -> Result<(), WebhookError> {
        attempt(self.0, claim).await
    }
}

async fn attempt(ctx: &Context, claim: Claim) -> Result<(), WebhookError> {
    let endpoint_id = EndpointId(claim.recipient_id);
    let endpoint = store::find(&ctx.db, endpoint_id, Reach::EVERYTHING).await?;
    let outcome = match endpoint {
        None => Outcome::Dropped("the endpoint was deleted".to_owned()),
        Some(_) if claim.attempt.is_beyond_limit() => {
            Outcome::Refused("every attempt was cut off".to_owned())
        }
        Some(_) if !claim.attempt.may_begin() => return Ok(()),
        Some(endpoint) if !may_be_told(ctx, &endpoint).await? => {
            let why = "its owner may not own events any more";
            disable(ctx, &endpoint, why).await?;
            Outcome::Dropped(why.to_owned())
        }
        Some(endpoint) => {
            let answer = send(ctx, &endpoint, &claim).await;
            keep_breaker(ctx, &endpoint, &answer).await?;
            outcome_of(answer)
        }
    };
    deliveries::settle(ctx, Channel::Webhook, &claim, outcome).await?;
    Ok(())
}

/// Whether its owner's role still lets them own events, and so know what happens at theirs.
async fn may_be_told(ctx: &Context, endpoint: &Endpoint) -> Result<bool, sqlx::Error> {
    let role = auth::role_of(&ctx.db, endpoint.owner_id).await?;
    Ok(role >= Role::VenueAdmin)
}

async fn disable(ctx: &Context, endpoint: &Endpoint, why: &'static str) -> Result<(), sqlx::Error> {
    if store::disable(&ctx.db, endpoint, why).await? {
        actions::drop_owed(ctx, endpoint.endpoint_id, why);
    }
    Ok(())
}

async fn send(ctx: &Context, endpoint: &Endpoint, claim: &Claim) -> Result<Answer, String> {
    // Again: the settings may have become stricter since the endpoint was made.
    let url = checked_url(&endpoint.terms.url, ctx.config.webhooks.allows_private)?;
    let id = format!("msg_{}", claim.message_id);
    let body = payload(claim);
    let now = claim.now();
    let timestamp = now.timestamp();
    let mut versions = vec![endpoint.secret_version];
    if endpoint.old_secret_until.is_some_and(|until| now < until) {
        versions.push(endpoint.secret_version - 1);
    }
    let signatures: Vec<String> = versions
        .into_iter()
        .map(|version| Secret::of(ctx, endpoint.endpoint_id, version).sign(&id, timestamp, &body))
        .collect();
    let headers = [
        ("webhook-id", id),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ];
    let request = Request {
        url: &url,
        headers,
        body,
        sent_at: now,
    };
    client::post(ctx, request).await
}

/// Counts what fails in a row, and pauses or disables the endpoint by it.
async fn keep_breaker(
    ctx: &Context,
    endpoint: &Endpoint,
    answer: &Result<Answer, String>,
) -> Result<(), WebhookError> {
    let endpoint_id = endpoint.endpoint_id;
    match answer {
        Ok(answer) if is_success(answer.status) => {
            store::mark_success(&ctx.db, endpoint_id).await?;
        }
        Ok(answer) if answer.status == 410 => {
            disable(ctx, endpoint, "it answered 410 Gone").await?;
        }
        _ => {
            let now = ctx.clock.imposed();
            if let Some(until) = store::mark_failure(&ctx.db, endpoint_id, now).await? {
                tracing::warn!(endpoint.id = %endpoint_id, %until, "an endpoint is paused");
            }
        }
    }
    Ok(())
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

fn outcome_of(answer: Result<Answer, String>) -> Outcome {
    let answer = match answer {
        Ok(answer) => answer,
        Err(reason) => return Outcome::failed(reason),
    };
    let body: String = answer.body.chars().take(ANSWER_CHARS_MAX).collect();
    let said = format!("{} {body}", answer.status).trim_end().to_owned();
    match answer.status {
        status if is_success(status) => Outcome::Sent(said),
        410 => Outcome::Dropped(said),
        300..400 => Outcome::Failed {
            reason: format!("{} is a redirect, which is not followed", answer.status),
            not_before: answer.retry_after,
        },
        _ => Outcome::Failed {
            reason: said,
            not_before: answer.retry_after,
        },
    }
}
