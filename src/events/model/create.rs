//! What an owner says about a new event, and the defaults for what is left out.

use chrono::{DateTime, Utc};
use garde::Validate;
use serde::Deserialize;

use super::terms::{HOLD_TTL_SECONDS, SEATS_PER_HOLD, within};
use super::{PriceOf, Terms};
use crate::id::VenueId;

const HOLD_TTL_SECONDS_DEFAULT: i32 = 600;
const SEATS_PER_HOLD_DEFAULT: i32 = 10;

/// A new event. Its rules are checked together with what the venue demands, so that every mistake
/// is in one answer.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct CreateEvent {
    /// Your own venue, or a built-in one; its newest version is frozen for the event.
    pub venue_id: VenueId,
    #[schema(min_length = 1, max_length = 200, examples("Opening night"))]
    pub name: String,
    /// Must be in the future.
    #[schema(examples("2030-09-01T19:30:00Z"))]
    pub starts_at: DateTime<Utc>,
    /// ISO 4217.
    #[schema(examples("EUR"))]
    pub currency: String,
    /// One for each category of the layout.
    pub prices: Vec<PriceOf>,
    #[schema(minimum = 5, maximum = 3600, default = 600)]
    pub hold_ttl_seconds: Option<i32>,
    /// Without it, three times `hold_ttl_seconds`.
    #[schema(minimum = 5, maximum = 86_400)]
    pub hold_lifetime_max_seconds: Option<i32>,
    /// Without it, 10 or `seats_per_person_max`, whichever is less.
    #[schema(minimum = 1, maximum = 50)]
    pub seats_per_hold_max: Option<i32>,
    /// Without it, twice `seats_per_hold_max`.
    #[schema(minimum = 1, maximum = 10_000)]
    pub seats_per_person_max: Option<i32>,
    pub sales_open_at: Option<DateTime<Utc>>,
    /// After `sales_open_at`, not after `starts_at`; without it, when the event starts.
    pub sales_close_at: Option<DateTime<Utc>>,
}

impl CreateEvent {
    pub(crate) fn terms(&self) -> Terms {
        let hold_ttl_seconds = self.hold_ttl_seconds.unwrap_or(HOLD_TTL_SECONDS_DEFAULT);
        let seats_per_hold_max = self.seats_per_hold_max.unwrap_or_else(|| {
            let person = self.seats_per_person_max.unwrap_or(SEATS_PER_HOLD_DEFAULT);
            person.min(SEATS_PER_HOLD_DEFAULT)
        });
        let terms = Terms {
            name: self.name.clone(),
            starts_at: self.starts_at,
            sales_open_at: self.sales_open_at,
            sales_close_at: self.sales_close_at,
            hold_ttl_seconds,
            hold_lifetime_max_seconds: self
                .hold_lifetime_max_seconds
                .unwrap_or(within(&HOLD_TTL_SECONDS, hold_ttl_seconds) * 3),
            seats_per_hold_max,
            seats_per_person_max: self
                .seats_per_person_max
                .unwrap_or(within(&SEATS_PER_HOLD, seats_per_hold_max) * 2),
        };
        terms.tidied()
    }
}
