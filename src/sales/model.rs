//! Figures and seats as an event's owner sees them.

use chrono::{DateTime, TimeDelta, Utc};
use iso_currency::Currency;
use serde::Serialize;
use utoipa::ToSchema;

use crate::board::SeatState;
use crate::clock::Instant;
use crate::id::{BookingId, CallerId, HoldId};
use crate::money::Amount;

/// Limit: buckets that a series is cut into.
pub const BUCKETS_MAX: i64 = 500;

/// Lengths of a bucket, in seconds: a minute to a week.
const BUCKET_SECONDS: [i64; 10] = [
    60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800,
];

/// How an event sells.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sales {
    /// ISO 4217.
    #[schema(value_type = String, examples("EUR"))]
    pub currency: Currency,
    /// Seats that are booked now.
    pub seats_booked: i64,
    /// What was paid, less what was given back.
    pub revenue: Amount,
    /// What was given back.
    pub refunded: Amount,
    /// In the order of the plan.
    pub categories: Vec<CategorySales>,
    /// How long a bucket of the series is.
    pub bucket_seconds: i64,
    /// Buckets in which something happened, in order of time.
    pub series: Vec<Bucket>,
}

/// How the seats of one category sell.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategorySales {
    pub category: String,
    pub name: String,
    pub total: usize,
    pub free: usize,
    /// Held, or being confirmed.
    pub held: usize,
    pub booked: usize,
    /// Taken off sale, or kept for the waitlist.
    pub blocked: usize,
    /// What was paid, less what was given back.
    pub revenue: Amount,
}

/// What happened in one stretch of time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Bucket {
    /// When it begins.
    pub at: DateTime<Utc>,
    /// Seats that were booked, also if they were cancelled later.
    pub booked: i64,
    /// Seats that were cancelled.
    pub cancelled: i64,
    /// What was paid, less what was given back; negative where more was given back.
    pub revenue: Amount,
}

/// The shortest length of which few enough buckets cover a stretch of time.
pub fn bucket_seconds(from: Instant, to: Instant) -> i64 {
    let n_buckets = |seconds: i64| {
        let nth = |at: Instant| at.timestamp().div_euclid(seconds);
        nth(to) - nth(from) + 1
    };
    let longer = (1..32).map(|doubled| 604_800 << doubled);
    let mut lengths = BUCKET_SECONDS.into_iter().chain(longer);
    lengths
        .find(|seconds| n_buckets(*seconds) <= BUCKETS_MAX)
        .unwrap_or(i64::MAX)
}

/// An interval for PostgreSQL.
pub fn interval(seconds: i64) -> TimeDelta {
    TimeDelta::try_seconds(seconds).unwrap_or(TimeDelta::MAX)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OwnersSeatState)]
pub enum SeatStateView {
    Free,
    Held,
    Confirming,
    Booked,
    Blocked,
    Kept,
}

impl From<SeatState> for SeatStateView {
    fn from(state: SeatState) -> Self {
        match state {
            SeatState::Free => Self::Free,
            SeatState::Held => Self::Held,
            SeatState::Confirming => Self::Confirming,
            SeatState::Booked => Self::Booked,
            SeatState::Blocked => Self::Blocked,
            SeatState::Kept => Self::Kept,
        }
    }
}

/// A seat, and who has it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatDetails {
    /// Its label.
    #[schema(examples("STALLS-A-12"))]
    pub seat: String,
    pub section: String,
    pub row: String,
    pub number: String,
    pub category: String,
    /// What it costs now.
    pub price: Amount,
    /// ISO 4217.
    #[schema(value_type = String, examples("EUR"))]
    pub currency: Currency,
    pub state: SeatStateView,
    #[schema(required)]
    pub hold: Option<SeatHold>,
    #[schema(required)]
    pub booking: Option<SeatBooking>,
    #[schema(required)]
    pub block: Option<SeatBlock>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HolderKind {
    Guest,
    Account,
}

/// The hold that has a seat.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatHold {
    pub hold_id: HoldId,
    pub holder: CallerId,
    pub holder_kind: HolderKind,
    /// An account's mail address; guests have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder_email: Option<String>,
    pub placed_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub expires_in_seconds: i64,
}

/// The booking that has a seat.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatBooking {
    pub booking_id: BookingId,
    /// The booking's name for people.
    #[schema(examples("7K3QM-4XRT9"))]
    pub reference: String,
    pub contact: SeatContact,
    pub confirmed_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SeatContact {
    pub name: String,
    pub email: String,
}

/// Why a seat is not for sale.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatBlock {
    pub reason: String,
    pub blocked_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::from_ms;

    fn at(seconds: i64) -> Instant {
        from_ms(seconds * 1000)
    }

    #[test]
    fn a_bucket_is_as_short_as_the_limit_allows() {
        assert_eq!(bucket_seconds(at(0), at(0)), 60);
        assert_eq!(bucket_seconds(at(0), at(60 * 500 - 1)), 60);
        assert_eq!(bucket_seconds(at(0), at(60 * 500)), 300);
        assert_eq!(bucket_seconds(at(0), at(90 * 86_400)), 21_600);
    }

    proptest! {
        #[test]
        fn there_are_never_too_many_buckets(
            from in -60_000_000_000_i64..200_000_000_000, length in 0_i64..260_000_000_000,
        ) {
            let seconds = bucket_seconds(at(from), at(from + length));

            let n = (from + length).div_euclid(seconds) - from.div_euclid(seconds) + 1;
            prop_assert!((1..=BUCKETS_MAX).contains(&n), "{n} buckets of {seconds} s");
        }
    }
}
