//! A delivery's claim, what may come of an attempt, and when the next one is due.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant as Moment;
use uuid::Uuid;

use crate::clock::Instant;
use crate::id::{DeliveryId, EndpointId, EventId, MessageId};

/// Limit: attempts before a delivery is a dead letter; with [`delay`], over about 11 hours.
pub const ATTEMPTS_MAX: i32 = 16;

/// How long an attempt keeps others from trying; longer than any attempt takes.
pub const LEASE: Duration = Duration::from_secs(60);

/// An attempt that has not begun by then is not begun: the lease would not cover it.
const BEGIN_WITHIN: Duration = Duration::from_secs(25);

const DELAY_FIRST: Duration = Duration::from_secs(5);
const DELAY_MAX: Duration = Duration::from_secs(2 * 3600);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Mail,
    Webhook,
}

impl Channel {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Due,
    Sent,
    /// Given up after too many attempts, or because the other side will never take it.
    Dead,
    /// There was nobody, or nothing, to send to.
    Dropped,
}

impl DeliveryState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Dropped => "dropped",
        }
    }
}

/// Which deliveries of a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeliveryFilter {
    pub recipient_id: Option<Uuid>,
    pub state: Option<DeliveryState>,
}

impl DeliveryFilter {
    pub fn of_endpoint(endpoint_id: EndpointId) -> Self {
        Self {
            recipient_id: Some(endpoint_id.0),
            state: None,
        }
    }
}

/// A delivery as callers see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Delivery {
    pub delivery_id: DeliveryId,
    pub message_id: MessageId,
    /// Nil where the message is of no event.
    pub event_id: EventId,
    #[schema(examples("booking.confirmed"))]
    pub kind: String,
    /// `mail` or `webhook`
    #[schema(examples("mail"))]
    pub channel: String,
    /// A mail: the booking or waitlist entry whose contact gets it. A webhook: the endpoint.
    pub recipient_id: Uuid,
    /// What it is about: nothing about one subject overtakes another.
    pub subject_id: Uuid,
    /// `due`, `sent`, `dead` or `dropped`
    #[schema(examples("sent"))]
    pub state: String,
    pub n_attempts: i32,
    /// When it may be attempted, while it is due.
    pub due_at: DateTime<Utc>,
    #[schema(required)]
    pub attempted_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub settled_at: Option<DateTime<Utc>>,
    /// What came of the last attempt, or why nothing was sent.
    #[schema(required)]
    pub answer: Option<String>,
    pub happened_at: DateTime<Utc>,
}

/// A delivery that this process may attempt, with the message it is of.
#[derive(Clone, Debug)]
pub struct Claim {
    pub event_id: EventId,
    pub delivery_id: DeliveryId,
    pub message_id: MessageId,
    pub recipient_id: Uuid,
    pub subject_id: Uuid,
    pub position: i64,
    pub kind: String,
    pub body: Value,
    pub happened_at: Instant,
    pub attempt: Attempt,
}

impl Claim {
    /// What time it is by the clock of PostgreSQL, whatever this machine's says.
    pub fn now(&self) -> Instant {
        self.attempt.claimed_at + self.attempt.claimed.elapsed()
    }
}

/// Which attempt it is.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// Counts all attempts ever made; settling compares it.
    pub n: i32,
    /// Counts those that the limit counts.
    pub n_counted: i32,
    pub claimed: Moment,
    /// When that was by PostgreSQL's clock.
    pub claimed_at: Instant,
}

impl Attempt {
    /// Whether the lease still covers an attempt: false for a process that was stopped meanwhile.
    pub fn may_begin(&self) -> bool {
        self.claimed.elapsed() < BEGIN_WITHIN
    }

    /// Whether the attempts before were so many that none is made now. Each of them ended the
    /// process or its time; otherwise the last one would have been settled as dead.
    pub fn is_beyond_limit(&self) -> bool {
        self.n_counted > ATTEMPTS_MAX
    }
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sent(String),
    /// Worth another try, not before the time that the other side asked for.
    Failed {
        reason: String,
        not_before: Option<Duration>,
    },
    /// The same would happen again.
    Refused(String),
    /// There is nobody, or nothing, to send to.
    Dropped(String),
}

impl Outcome {
    pub fn failed(reason: impl Into<String>) -> Self {
        Self::Failed {
            reason: reason.into(),
            not_before: None,
        }
    }
}

/// How long to wait after that many attempts: doubled each time from 5 seconds to 2 hours, spread
/// by a quarter either way so that what failed together does not come back together.
pub fn delay(n_counted: i32, random: u16) -> Duration {
    let n_doublings = n_counted.clamp(1, 32).cast_unsigned() - 1;
    let doubled = DELAY_FIRST.saturating_mul(1u32.checked_shl(n_doublings).unwrap_or(u32::MAX));
    let spread = 0.75 + 0.5 * f64::from(random) / f64::from(u16::MAX);
    doubled.min(DELAY_MAX).mul_f64(spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_two_hours_and_are_spread() {
        let middle = u16::MAX / 2;
        let seconds: Vec<u64> = (1..=ATTEMPTS_MAX)
            .map(|n| delay(n, middle).as_secs_f64().round() as u64)
            .collect();

        assert_eq!(seconds[..6], [5, 10, 20, 40, 80, 160]);
        assert_eq!(seconds[10..], [5120, 7200, 7200, 7200, 7200, 7200]);
        // The last attempt is followed by no wait: over 11 hours, as people are told.
        let n_waits = seconds.len() - 1;
        let hours = seconds[..n_waits].iter().sum::<u64>() as f64 / 3600.0;
        assert_eq!(hours.round(), 11.0);
        assert_eq!(delay(1, 0), Duration::from_millis(3750));
        assert_eq!(delay(1, u16::MAX), Duration::from_millis(6250));
        assert_eq!(delay(i32::MAX, middle).as_secs() / 3600, 1);
    }
}
