//! From messages to deliveries. No statement here reads into a body further than asking whether it
//! has a key, so that no message can keep the others from being derived.

use std::collections::HashSet;

use sqlx::PgConnection;
use uuid::Uuid;

use super::super::model::Channel;
use super::take::{Message, Taken};
use crate::clock::Instant;

/// Messages about a booking or a waitlist entry, told by mail to its contact.
const TO_SUBJECT: [&str; 6] = [
    "booking.confirmed",
    "booking.cancelled",
    "event.reminder",
    "waitlist.joined",
    "waitlist.offered",
    "waitlist.lapsed",
];

/// What an endpoint's owner asks for to see it work; its subject is the endpoint.
const WEBHOOK_TEST: &str = "webhook.test";

/// One mail for each contact that a message concerns. Who booked after an event was changed knows
/// it only as it now is.
pub async fn derive_mails(
    tx: &mut PgConnection,
    taken: &Taken,
    imposed_now: Option<Instant>,
) -> Result<(), sqlx::Error> {
    let owed: Vec<_> = taken
        .of_kinds(&TO_SUBJECT)
        .map(|message| (message, message.subject_id))
        .collect();
    insert(tx, Channel::Mail, &owed, imposed_now).await?;
    if let Some(change) = taken.told_change() {
        derive_mails_of_bookings(tx, change, imposed_now).await?;
    }
    Ok(())
}

async fn derive_mails_of_bookings(
    tx: &mut PgConnection,
    change: &Message,
    imposed_now: Option<Instant>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        INSERT INTO deliveries (event_id, delivery_id, message_id, channel, recipient_id,
            subject_id, position, due_at)
        SELECT event_id, delivery_id_of($2, 'mail', booking_id, $3), $2, 'mail', booking_id,
            booking_id, $4, COALESCE($5, clock_timestamp())
        FROM bookings
        WHERE event_id = $1 AND state <> 'cancelled' AND confirmed_at <= $3
        ON CONFLICT ON CONSTRAINT message_delivered_once_to_recipient DO NOTHING
        "#,
        change.event_id,
        change.message_id,
        change.created_at,
        change.position,
        imposed_now
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// One webhook for each enabled endpoint of the event's owner that asks for messages of that kind.
/// The endpoints are locked, so that none is deleted without its deliveries.
pub async fn derive_webhooks(
    tx: &mut PgConnection,
    taken: &Taken,
    imposed_now: Option<Instant>,
) -> Result<(), sqlx::Error> {
    let mut owed = Vec::new();
    for endpoint in lock_endpoints(tx, taken).await? {
        let of_event = taken.of_event(endpoint.event_id);
        let wanted = of_event.filter(|message| endpoint.kinds.contains(&message.kind));
        owed.extend(wanted.map(|message| (message, endpoint.endpoint_id)));
    }
    let tests: Vec<_> = taken.of_kinds(&[WEBHOOK_TEST]).collect();
    if !tests.is_empty() {
        let endpoints = lock_tested_endpoints(tx, &tests).await?;
        let there = |message: &&Message| endpoints.contains(&message.subject_id);
        owed.extend(
            tests
                .into_iter()
                .filter(there)
                .map(|message| (message, message.subject_id)),
        );
    }
    insert(tx, Channel::Webhook, &owed, imposed_now).await
}

struct Endpoint {
    event_id: Uuid,
    endpoint_id: Uuid,
    kinds: Vec<String>,
}

async fn lock_endpoints(
    tx: &mut PgConnection,
    taken: &Taken,
) -> Result<Vec<Endpoint>, sqlx::Error> {
    sqlx::query_as!(
        Endpoint,
        r#"
        SELECT event_id, endpoint_id, kinds
        FROM events JOIN webhook_endpoints AS endpoint USING (owner_id)
        WHERE event_id = ANY ($1) AND endpoint.state = 'enabled'
        FOR KEY SHARE OF endpoint
        "#,
        &taken.event_ids()
    )
    .fetch_all(tx)
    .await
}

async fn lock_tested_endpoints(
    tx: &mut PgConnection,
    tests: &[&Message],
) -> Result<HashSet<Uuid>, sqlx::Error> {
    let subject_ids: Vec<_> = tests.iter().map(|message| message.subject_id).collect();
    let endpoints = sqlx::query_scalar!(
        "SELECT endpoint_id FROM webhook_endpoints WHERE endpoint_id = ANY ($1) FOR KEY SHARE",
        &subject_ids
    )
    .fetch_all(tx)
    .await?;
    Ok(endpoints.into_iter().collect())
}

/// What is owed: messages, and to whom. What is there already stays as it is.
async fn insert(
    tx: &mut PgConnection,
    channel: Channel,
    owed: &[(&Message, Uuid)],
    imposed_now: Option<Instant>,
) -> Result<(), sqlx::Error> {
    if owed.is_empty() {
        return Ok(());
    }
    let column = |of: fn(&Message) -> Uuid| -> Vec<_> {
        owed.iter().map(|(message, _)| of(message)).collect()
    };
    let recipient_ids: Vec<_> = owed.iter().map(|(_, recipient_id)| *recipient_id).collect();
    let positions: Vec<_> = owed.iter().map(|(message, _)| message.position).collect();
    let times: Vec<_> = owed.iter().map(|(message, _)| message.created_at).collect();
    sqlx::query!(
        r#"
        INSERT INTO deliveries (event_id, delivery_id, message_id, channel, recipient_id,
            subject_id, position, due_at)
        SELECT event_id, delivery_id_of(message_id, $1, recipient_id, created_at), message_id, $1,
            recipient_id, subject_id, position, COALESCE($8, clock_timestamp())
        FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[],
            $7::timestamptz[])
            AS owed (event_id, message_id, recipient_id, subject_id, position, created_at)
        ON CONFLICT ON CONSTRAINT message_delivered_once_to_recipient DO NOTHING
        "#,
        channel.as_str(),
        &column(|it| it.event_id),
        &column(|it| it.message_id),
        &recipient_ids,
        &column(|it| it.subject_id),
        &positions,
        &times,
        imposed_now
    )
    .execute(tx)
    .await?;
    Ok(())
}
