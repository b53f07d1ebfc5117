//! What an owner changes about an event.

use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Deserializer};

use super::{PriceOf, Terms};

/// Changes to an event; what is left out stays. `null` takes a time of the sale window away.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct ChangeEvent {
    /// The version that the change was made for.
    #[schema(examples(1))]
    pub version: i32,
    #[serde(default, deserialize_with = "given")]
    #[schema(min_length = 1, max_length = 200, value_type = String, examples("Opening night"))]
    pub name: Option<String>,
    /// Must be in the future.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = DateTime<Utc>, examples("2030-09-01T19:30:00Z"))]
    pub starts_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub sales_open_at: Option<Option<DateTime<Utc>>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub sales_close_at: Option<Option<DateTime<Utc>>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(minimum = 5, maximum = 3600, value_type = i32)]
    pub hold_ttl_seconds: Option<i32>,
    #[serde(default, deserialize_with = "given")]
    #[schema(minimum = 5, maximum = 86_400, value_type = i32)]
    pub hold_lifetime_max_seconds: Option<i32>,
    #[serde(default, deserialize_with = "given")]
    #[schema(minimum = 1, maximum = 50, value_type = i32)]
    pub seats_per_hold_max: Option<i32>,
    #[serde(default, deserialize_with = "given")]
    #[schema(minimum = 1, maximum = 10_000, value_type = i32)]
    pub seats_per_person_max: Option<i32>,
    /// All of them, while the event is a draft or paused.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Vec<PriceOf>)]
    pub prices: Option<Vec<PriceOf>>,
}

impl ChangeEvent {
    /// The terms as they will stand.
    pub(crate) fn applied_to(&self, old: &Terms) -> Terms {
        let number = |new: Option<i32>, old: i32| new.unwrap_or(old);
        let terms = Terms {
            name: self.name.clone().unwrap_or_else(|| old.name.clone()),
            starts_at: self.starts_at.unwrap_or(old.starts_at),
            sales_open_at: self.sales_open_at.unwrap_or(old.sales_open_at),
            sales_close_at: self.sales_close_at.unwrap_or(old.sales_close_at),
            hold_ttl_seconds: number(self.hold_ttl_seconds, old.hold_ttl_seconds),
            hold_lifetime_max_seconds: number(
                self.hold_lifetime_max_seconds,
                old.hold_lifetime_max_seconds,
            ),
            seats_per_hold_max: number(self.seats_per_hold_max, old.seats_per_hold_max),
            seats_per_person_max: number(self.seats_per_person_max, old.seats_per_person_max),
        };
        terms.tidied()
    }
}

/// Tells `null` from a member that is left out: `null` must be something that `T` can be.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}
