//! What owners do with their endpoints.

use serde_json::json;
use uuid::Uuid;

use super::error::WebhookError;
use super::model::{Change, ENDPOINTS_MAX, Endpoint, EndpointTerms};
use super::signature::Secret;
use super::store;
use crate::auth::Caller;
use crate::clock::Instant;
use crate::context::Context;
use crate::deliveries::{self, Delivery};
use crate::events::Reach;
use crate::holds;
use crate::id::{AccountId, DeliveryId, EndpointId, EventId};
use crate::outbox::{self, Message};

/// Makes an endpoint and answers it with its secret.
pub async fn create(
    ctx: &Context,
    terms: EndpointTerms,
    caller: Caller,
) -> Result<(Endpoint, String), WebhookError> {
    let faults = terms.faults(ctx.config.webhooks.allows_private);
    if !faults.is_empty() {
        return Err(WebhookError::Invalid(faults));
    }
    let endpoint = Endpoint {
        endpoint_id: ctx.ids.next(),
        owner_id: AccountId(caller.caller_id.0),
        terms,
        is_enabled: true,
        disabled_because: None,
        secret_version: 1,
        old_secret_until: None,
        n_failures: 0,
        paused_until: None,
        created_at: ctx.clock.now(),
    };
    let mut tx = ctx.db.begin().await?;
    if !store::insert(&mut tx, &endpoint, ENDPOINTS_MAX).await? {
        return Err(WebhookError::TooMany);
    }
    tx.commit().await?;
    ctx.tasks.nudge(holds::TELL_HOLDS);
    let secret = Secret::of(ctx, endpoint.endpoint_id, 1).write();
    Ok((endpoint, secret))
}

pub async fn find(
    ctx: &Context,
    endpoint_id: EndpointId,
    caller: Caller,
) -> Result<Endpoint, WebhookError> {
    let found = store::find(&ctx.db, endpoint_id, Reach::of(caller)).await?;
    found.ok_or(WebhookError::NotFound)
}

pub async fn change(
    ctx: &Context,
    endpoint_id: EndpointId,
    change: Change,
    caller: Caller,
) -> Result<Endpoint, WebhookError> {
    let changed = find(ctx, endpoint_id, caller).await?.terms.with(&change);
    let faults = changed.faults(ctx.config.webhooks.allows_private);
    if !faults.is_empty() {
        return Err(WebhookError::Invalid(faults));
    }
    let changed = store::update(&ctx.db, endpoint_id, &change, Reach::of(caller)).await?;
    ctx.tasks.nudge(holds::TELL_HOLDS);
    changed.ok_or(WebhookError::NotFound)
}

pub async fn delete(
    ctx: &Context,
    endpoint_id: EndpointId,
    caller: Caller,
) -> Result<(), WebhookError> {
    if !store::delete(&ctx.db, endpoint_id, Reach::of(caller)).await? {
        return Err(WebhookError::NotFound);
    }
    drop_owed(ctx, endpoint_id, "the endpoint was deleted");
    Ok(())
}

/// Limit: deliveries that are dropped by one statement.
const DROPPED_AT_ONCE_MAX: i64 = 5_000;

/// Drops what is owed to an endpoint that is told nothing any more. That can be millions: nobody
/// waits for it, and none of it is tried meanwhile. What is left over where the service stops is
/// dropped with all that could be sent nowhere for long.
pub fn drop_owed(ctx: &Context, endpoint_id: EndpointId, why: &'static str) {
    let (ctx, n_max) = (ctx.clone(), DROPPED_AT_ONCE_MAX);
    ctx.tasks.clone().spawn(async move {
        while !ctx.tasks.stopping().is_cancelled() {
            match store::drop_due(&ctx.db, endpoint_id, why, n_max).await {
                Ok(n_dropped) if n_dropped == n_max.unsigned_abs() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(endpoint.id = %endpoint_id, cause = %error, "it is owed still");
                    break;
                }
            }
        }
    });
}

/// The new secret, and until when the one before signs, too.
pub async fn rotate_secret(
    ctx: &Context,
    endpoint_id: EndpointId,
    caller: Caller,
) -> Result<(String, Instant), WebhookError> {
    let (reach, now) = (Reach::of(caller), ctx.clock.imposed());
    let rotated = store::rotate_secret(&ctx.db, endpoint_id, reach, now).await?;
    let rotated = rotated.ok_or(WebhookError::NotFound)?;
    let secret = Secret::of(ctx, endpoint_id, rotated.secret_version);
    Ok((secret.write(), rotated.old_secret_until))
}

/// Has a `webhook.test` sent to the endpoint, on the way that every message takes.
pub async fn test(
    ctx: &Context,
    endpoint_id: EndpointId,
    caller: Caller,
) -> Result<crate::id::MessageId, WebhookError> {
    let endpoint = find(ctx, endpoint_id, caller).await?;
    let message = Message {
        event_id: EventId(Uuid::nil()),
        message_id: ctx.ids.next(),
        kind: "webhook.test",
        subject_id: endpoint.endpoint_id.0,
        body: json!({ "endpoint_id": endpoint.endpoint_id }),
    };
    let mut tx = ctx.db.begin().await?;
    outbox::append(&mut tx, &message, ctx.clock.imposed()).await?;
    tx.commit().await?;
    ctx.tasks.nudge(deliveries::DERIVE_DELIVERIES);
    Ok(message.message_id)
}

/// Sends a delivery of the endpoint again, under the id that it had.
pub async fn replay(
    ctx: &Context,
    endpoint_id: EndpointId,
    delivery_id: DeliveryId,
    caller: Caller,
) -> Result<Delivery, WebhookError> {
    find(ctx, endpoint_id, caller).await?;
    let replayed = deliveries::send_again(ctx, delivery_id, Some(endpoint_id.0)).await?;
    replayed.ok_or(WebhookError::DeliveryNotFound)
}
