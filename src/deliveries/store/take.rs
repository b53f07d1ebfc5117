//! Which messages are derived next.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::clock::Instant;

/// `pg_advisory_xact_lock` of whoever derives; any number that no event's lock is likely to be.
const DERIVATION_LOCK: i64 = 0x686f_6c64_6661_7374;

/// Messages about an event, told to all who have booked it where they say what was `before`.
const TO_BOOKINGS_OF_EVENT: &str = "event.changed";

/// A message as far as it is looked at to derive what is owed for it.
#[derive(Debug)]
pub struct Message {
    pub event_id: Uuid,
    pub message_id: Uuid,
    pub kind: String,
    pub subject_id: Uuid,
    pub position: i64,
    pub created_at: Instant,
    /// Says what was before.
    has_before: bool,
}

/// The messages that a batch derives.
#[derive(Debug, Default)]
pub struct Taken {
    messages: Vec<Message>,
    /// The places of an event's messages.
    by_event: HashMap<Uuid, Vec<usize>>,
}

impl Taken {
    fn of(messages: Vec<Message>) -> Self {
        let mut by_event: HashMap<_, Vec<_>> = HashMap::new();
        for (at, message) in messages.iter().enumerate() {
            by_event.entry(message.event_id).or_default().push(at);
        }
        Self { messages, by_event }
    }

    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether one of them concerns every booking of an event: others may have been left for it.
    pub fn is_wide(&self) -> bool {
        self.of_kinds(&[TO_BOOKINGS_OF_EVENT]).next().is_some()
    }

    /// The one that every booking of its event is to be told, if there is one.
    pub fn told_change(&self) -> Option<&Message> {
        self.of_kinds(&[TO_BOOKINGS_OF_EVENT])
            .find(|message| message.has_before)
    }

    pub fn of_kinds(&self, kinds: &[&str]) -> impl Iterator<Item = &Message> {
        self.messages
            .iter()
            .filter(|message| kinds.contains(&message.kind.as_str()))
    }

    pub fn about_waitlists(&self) -> impl Iterator<Item = &Message> {
        self.messages
            .iter()
            .filter(|message| message.kind.starts_with("waitlist."))
    }

    pub fn of_event(&self, event_id: Uuid) -> impl Iterator<Item = &Message> {
        let places = self.by_event.get(&event_id).into_iter().flatten();
        places.map(|at| &self.messages[*at])
    }

    pub fn event_ids(&self) -> Vec<Uuid> {
        self.by_event.keys().copied().collect()
    }
}

/// Derives alone until the transaction ends, or answers that another process does: deliveries of
/// one subject must come to be in the order of its messages.
pub async fn lock_derivation(tx: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT pg_try_advisory_xact_lock($1) AS "is_locked!""#,
        DERIVATION_LOCK
    )
    .fetch_one(tx)
    .await
}

/// Takes the first messages that have not been derived, which are nobody else's while the
/// derivation is locked, so that each can be found again where it lies (`ctid`). A message is found
/// by its state and not by its position, so that one which commits late is found late, but found
/// (F45). Of those that concern every booking of an event a
/// batch has one: a house is work enough for a transaction.
pub async fn take_messages(
    tx: &mut PgConnection,
    n_max: i64,
    imposed_now: Option<Instant>,
) -> Result<Taken, sqlx::Error> {
    let messages = sqlx::query_as!(
        Message,
        r#"
        WITH first AS (
            SELECT ctid, kind, position FROM outbox
            WHERE derived_at IS NULL
            ORDER BY position LIMIT $1
        ), counted AS (
            SELECT ctid AS place,
                count(*) FILTER (WHERE kind = $3) OVER (ORDER BY position) AS n_wide
            FROM first
        )
        UPDATE outbox SET derived_at = COALESCE($2, clock_timestamp())
        FROM counted
        WHERE outbox.ctid = place AND n_wide <= 1
        RETURNING event_id, message_id, kind, subject_id, position, created_at,
            body ? 'before' AS "has_before!"
        "#,
        n_max,
        imposed_now,
        TO_BOOKINGS_OF_EVENT
    )
    .fetch_all(tx)
    .await?;
    Ok(Taken::of(messages))
}
