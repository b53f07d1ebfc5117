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

/// Mails that cannot wait, and mails that a whole house is told at once. Those would have the
/// others stand in line for minutes: an offer of the waitlist can be over by then.
const TO_ONE: i16 = 0;
const TO_MANY: i16 = 1;

/// What an endpoint's owner asks for to see it work; its subject is the endpoint.
const WEBHOOK_TEST: &str = "webhook.test";

/// One mail for each contact that a message concerns. Who booked after an event was changed knows
/// it only as it now is.
pub async fn derive_mails(
    tx: &mut PgConnection,
    taken: &Taken,
    imposed_now: Option<Instant>,
) -> Result<(), sqlx::Error> {
    let cancelled = cancelled_events(tx, taken).await?;
    let owed: Vec<_> = taken
        .of_kinds(&TO_SUBJECT)
        .map(|message| Owed {
            message,
            recipient_id: message.subject_id,
            rank: rank_of(message, &cancelled),
        })
        .collect();
    insert(tx, Channel::Mail, &owed, imposed_now).await?;
    if let Some(change) = taken.told_change() {
        derive_mails_of_bookings(tx, change, imposed_now).await?;
    }
    Ok(())
}

/// Of the events whose bookings were cancelled, those that were cancelled themselves.
async fn cancelled_events(
    tx: &mut PgConnection,
    taken: &Taken,
) -> Result<HashSet<Uuid>, sqlx::Error> {
    let cancellations = taken.of_kinds(&["booking.cancelled"]);
    let event_ids: Vec<_> = cancellations.map(|message| message.event_id).collect();
    if event_ids.is_empty() {
        return Ok(HashSet::new());
    }
    let cancelled = sqlx::query_scalar!(
        "SELECT event_id FROM events WHERE event_id = ANY ($1) AND state = 'cancelled'",
        &event_ids
    )
    .fetch_all(tx)
    .await?;
    Ok(cancelled.into_iter().collect())
}

fn rank_of(message: &Message, cancelled_events: &HashSet<Uuid>) -> i16 {
    match message.kind.as_str() {
        "event.reminder" | "waitlist.lapsed" => TO_MANY,
        "booking.cancelled" if cancelled_events.contains(&message.event_id) => TO_MANY,
        _ => TO_ONE,
    }
}

async fn derive_mails_of_bookings(
    tx: &mut PgConnection,
    change: &Message,
    imposed_now: Option<Instant>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        INSERT INTO deliveries (event_id, delivery_id, message_id, channel, recipient_id,
            subject_id, position, due_at, rank)
        SELECT event_id, delivery_id_of($2, 'mail', booking_id, $3), $2, 'mail', booking_id,
            booking_id, $4, COALESCE($5, clock_timestamp()), $6
        FROM bookings
        WHERE event_id = $1 AND state <> 'cancelled' AND confirmed_at <= $3
        ON CONFLICT ON CONSTRAINT message_delivered_once_to_recipient DO NOTHING
        "#,
        change.event_id,
        change.message_id,
        change.created_at,
        change.position,
        imposed_now,
        TO_MANY
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
        owed.extend(wanted.map(|message| Owed::webhook(message, endpoint.endpoint_id)));
    }
    let tests: Vec<_> = taken.of_kinds(&[WEBHOOK_TEST]).collect();
    if !tests.is_empty() {
        let endpoints = lock_tested_endpoints(tx, &tests).await?;
        let there = |message: &&Message| endpoints.contains(&message.subject_id);
        owed.extend(
            tests
                .into_iter()
                .filter(there)
                .map(|message| Owed::webhook(message, message.subject_id)),
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

/// A message, and to whom it is owed.
struct Owed<'a> {
    message: &'a Message,
    recipient_id: Uuid,
    rank: i16,
}

impl<'a> Owed<'a> {
    fn webhook(message: &'a Message, recipient_id: Uuid) -> Self {
        Self {
            message,
            recipient_id,
            rank: TO_ONE,
        }
    }
}

/// What is there already stays as it is.
async fn insert(
    tx: &mut PgConnection,
    channel: Channel,
    owed: &[Owed<'_>],
    imposed_now: Option<Instant>,
) -> Result<(), sqlx::Error> {
    if owed.is_empty() {
        return Ok(());
    }
    let column =
        |of: fn(&Message) -> Uuid| -> Vec<_> { owed.iter().map(|it| of(it.message)).collect() };
    let recipient_ids: Vec<_> = owed.iter().map(|it| it.recipient_id).collect();
    let positions: Vec<_> = owed.iter().map(|it| it.message.position).collect();
    let times: Vec<_> = owed.iter().map(|it| it.message.created_at).collect();
    let ranks: Vec<_> = owed.iter().map(|it| it.rank).collect();
    sqlx::query!(
        r#"
        INSERT INTO deliveries (event_id, delivery_id, message_id, channel, recipient_id,
            subject_id, position, due_at, rank)
        SELECT event_id, delivery_id_of(message_id, $1, recipient_id, created_at), message_id, $1,
            recipient_id, subject_id, position, COALESCE($9, clock_timestamp()), rank
        FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[],
            $7::timestamptz[], $8::smallint[])
            AS owed (event_id, message_id, recipient_id, subject_id, position, created_at, rank)
        ON CONFLICT ON CONSTRAINT message_delivered_once_to_recipient DO NOTHING
        "#,
        channel.as_str(),
        &column(|it| it.event_id),
        &column(|it| it.message_id),
        &recipient_ids,
        &column(|it| it.subject_id),
        &positions,
        &times,
        &ranks,
        imposed_now
    )
    .execute(tx)
    .await?;
    Ok(())
}
