//! The terms of a waitlist, which the event's owner sets, and the rule that they come to.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::quiet::QuietHours;

/// Who is offered seats that came free.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Policy {
    /// The first in the queue, who waits until seats come free that fit; nobody before them.
    Strict,
    /// The first in the queue whom they fit; for whoever is passed over too often or waits too
    /// long seats are collected.
    #[default]
    FirstThatFits,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Goes up with each change; 0 where they were never set.
    pub version: i32,
    /// Whether anybody can join.
    pub is_open: bool,
    pub policy: Policy,
    pub offer_ttl: Duration,
    pub quantity_max: u32,
    pub entries_max: u32,
    pub skips_max: u32,
    pub waiting_max: Duration,
    /// Whether an entry counts only once the link in its mail was opened.
    pub verification_required: bool,
    pub quiet_hours: Option<QuietHours>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            version: 0,
            is_open: true,
            policy: Policy::default(),
            offer_ttl: Duration::from_secs(15 * 60),
            quantity_max: 6,
            entries_max: 10_000,
            skips_max: 10,
            waiting_max: Duration::from_secs(3 * 24 * 60 * 60),
            verification_required: false,
            quiet_hours: None,
        }
    }
}

impl Policy {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::FirstThatFits => "first_that_fits",
        }
    }
}

impl Terms {
    /// The rule, for the people who wait.
    pub fn rule(&self) -> String {
        let who = match self.policy {
            Policy::Strict => {
                "Seats that come free are offered strictly in the order of the queue: the first \
                 waits until seats come free that fit, and nobody is served before."
                    .to_owned()
            }
            Policy::FirstThatFits => format!(
                "Seats that come free are offered to the first in the queue whom they fit; for \
                 whoever has been passed over {} times, or has waited {}, seats are collected.",
                self.skips_max,
                in_words(self.waiting_max)
            ),
        };
        let ttl = in_words(self.offer_ttl);
        let quiet = self
            .quiet_hours
            .map(|quiet| format!(", not counting the hours from {quiet} at the venue"));
        format!(
            "{who} An offer is held for {ttl}{}; whoever lets it go or lapse leaves the queue, \
             and the seats go to the next.",
            quiet.unwrap_or_default()
        )
    }
}

/// `15 minutes`, `3 days`: in the largest unit that is whole.
fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let whole = units
        .iter()
        .find(|(size, _)| seconds >= *size && seconds.is_multiple_of(*size));
    let (size, unit) = whole.copied().unwrap_or((1, "second"));
    let n = seconds / size;
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}
