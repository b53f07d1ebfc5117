//! An entry of a waitlist.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::terms::Terms;
use super::wish::Wish;
use crate::bookings::Contact;
use crate::clock::Instant;
use crate::id::{CallerId, EntryId, HoldId};

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = WaitlistEntryState)]
pub enum EntryState {
    /// The link in the mail has not been opened: it does not count yet.
    Unverified,
    Waiting,
    /// Seats are held.
    Offered,
    /// The offer has become a booking.
    Accepted,
    /// An offer ran out, or the sale ended.
    Lapsed,
    /// The person left, or let the offer go.
    Left,
    /// The event's owner took it away.
    Removed,
}

impl EntryState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Waiting => "waiting",
            Self::Offered => "offered",
            Self::Accepted => "accepted",
            Self::Lapsed => "lapsed",
            Self::Left => "left",
            Self::Removed => "removed",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub entry_id: EntryId,
    pub holder: CallerId,
    pub contact: Contact,
    pub wish: Wish,
    pub state: EntryState,
    /// Goes up with each decision of the event's owner about it.
    pub version: i32,
    pub priority: i32,
    pub joined_at: Instant,
    pub n_skips: i32,
    /// Why it was passed over last.
    pub skip_reason: Option<String>,
    pub ended_at: Option<Instant>,
    /// The live offer's hold.
    pub hold_id: Option<HoldId>,
}

/// An entry that waits, as far as a round is concerned.
#[derive(Clone, Debug)]
pub struct Queued {
    pub entry_id: EntryId,
    pub wish: Wish,
    pub joined_at: Instant,
    pub n_skips: i32,
    /// Not to be offered seats before.
    pub retry_at: Option<Instant>,
    /// The seats of the event that its person has booked.
    pub n_booked: i64,
}

impl Queued {
    /// Whether seats are collected for it.
    pub fn is_aged(&self, terms: &Terms, now: Instant) -> bool {
        let waiting_max = TimeDelta::from_std(terms.waiting_max).unwrap_or(TimeDelta::MAX);
        let has_been_skipped = self.n_skips.unsigned_abs() >= terms.skips_max;
        has_been_skipped || now - self.joined_at >= waiting_max
    }

    /// Whether it is to be passed over: its person would have more seats than one may.
    pub fn is_resting(&self, seats_per_person_max: u32, now: Instant) -> bool {
        let n_seats = self.n_booked + i64::from(self.wish.quantity);
        let is_too_much = n_seats > i64::from(seats_per_person_max);
        is_too_much || self.retry_at.is_some_and(|at| at > now)
    }
}
