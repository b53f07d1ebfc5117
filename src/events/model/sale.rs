//! An event as the sale needs it: what a hold is checked against, without a query.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use iso_currency::Currency;

use super::{Event, EventState};
use crate::clock::Instant;
use crate::id::{AccountId, EventId, VenueId};
use crate::venues::{SeatPlace, Seating};

/// A copy of the event at `version`; the newer one may be in PostgreSQL already.
#[derive(Clone, Debug)]
pub struct Sale {
    pub event_id: EventId,
    pub owner_id: AccountId,
    pub name: String,
    pub state: EventState,
    /// Whether everybody may see the event.
    pub is_public: bool,
    pub version: i32,
    pub venue_id: VenueId,
    pub venue_version: i32,
    pub currency: Currency,
    /// Minor units by category key.
    pub prices: HashMap<String, i64>,
    pub hold_ttl: Duration,
    pub hold_lifetime_max: Duration,
    pub seats_per_hold_max: u32,
    pub seats_per_person_max: u32,
    pub sales_open_at: Option<Instant>,
    pub sales_close_at: Option<Instant>,
    pub starts_at: Instant,
    pub seating: Arc<Seating>,
}

impl Sale {
    /// `seating` must be of the event's venue and version.
    pub fn of(event: Event, seating: Arc<Seating>) -> Self {
        let currency = event.currency;
        let is_public = event.is_public();
        let prices = event.prices.into_iter();
        let terms = event.terms;
        Self {
            event_id: event.event_id,
            owner_id: event.owner_id,
            name: terms.name,
            state: event.state,
            is_public,
            version: event.version,
            venue_id: event.venue.venue_id,
            venue_version: event.venue.version,
            currency,
            prices: prices
                .map(|price| (price.category, price.amount.to_minor(currency)))
                .collect(),
            hold_ttl: seconds(terms.hold_ttl_seconds),
            hold_lifetime_max: seconds(terms.hold_lifetime_max_seconds),
            seats_per_hold_max: terms.seats_per_hold_max.unsigned_abs(),
            seats_per_person_max: terms.seats_per_person_max.unsigned_abs(),
            sales_open_at: terms.sales_open_at,
            sales_close_at: terms.sales_close_at,
            starts_at: terms.starts_at,
            seating,
        }
    }

    /// What the seat costs, in minor units of the currency.
    pub fn price_of(&self, seat: &SeatPlace) -> i64 {
        #[expect(clippy::expect_used, reason = "creating an event checks it")]
        *self
            .prices
            .get(&seat.category)
            .expect("every category of the frozen layout has a price")
    }
}

fn seconds(seconds: i32) -> Duration {
    Duration::from_secs(u64::from(seconds.unsigned_abs()))
}
