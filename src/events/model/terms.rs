//! The terms of a sale that its owner sets and may change: name, times, limits.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, SubsecRound, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::problem::FieldError;

/// Limit: characters of a name.
const NAME_CHARS_MAX: usize = 200;

/// Limit: shorter holds would end before a buyer has paid, longer ones keep seats from others.
pub(super) const HOLD_TTL_SECONDS: RangeInclusive<i32> = 5..=3600;
const HOLD_LIFETIME_SECONDS_MAX: i32 = 86_400;

/// Limit: as many seats as one script changes.
pub(super) const SEATS_PER_HOLD: RangeInclusive<i32> = 1..=50;
const SEATS_PER_PERSON_MAX: i32 = 10_000;

/// Times, and how much one buyer may take for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Terms {
    pub name: String,
    pub starts_at: DateTime<Utc>,
    /// Without it, sales begin when the event is opened.
    #[schema(required)]
    pub sales_open_at: Option<DateTime<Utc>>,
    /// Without it, sales end when the event starts.
    #[schema(required)]
    pub sales_close_at: Option<DateTime<Utc>>,
    /// How long a hold lasts unless it is extended.
    pub hold_ttl_seconds: i32,
    /// How long a hold lasts at most, however often it is extended.
    pub hold_lifetime_max_seconds: i32,
    pub seats_per_hold_max: i32,
    /// Held and booked together.
    pub seats_per_person_max: i32,
}

impl Terms {
    /// The same without blanks around the name and with times to the millisecond.
    pub fn tidied(self) -> Self {
        let to_ms = |at: DateTime<Utc>| at.trunc_subsecs(3);
        Self {
            name: self.name.trim().to_owned(),
            starts_at: to_ms(self.starts_at),
            sales_open_at: self.sales_open_at.map(to_ms),
            sales_close_at: self.sales_close_at.map(to_ms),
            ..self
        }
    }

    /// Everything that is wrong with the terms. Whether the start is still to come is for the
    /// caller to say: a name can be mended after the performance.
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = Faults::default();
        faults.unless(
            (1..=NAME_CHARS_MAX).contains(&self.name.chars().count()),
            "/name",
            "must have 1 to 200 characters",
        );
        faults.unless(
            !self.name.chars().any(char::is_control),
            "/name",
            "must not have control characters",
        );
        self.check_times(&mut faults);
        self.check_limits(&mut faults);
        faults.0
    }

    fn check_times(&self, faults: &mut Faults) {
        let times = [
            ("/starts_at", Some(self.starts_at)),
            ("/sales_open_at", self.sales_open_at),
            ("/sales_close_at", self.sales_close_at),
        ];
        for (pointer, at) in times {
            faults.unless(
                at.is_none_or(|at| (2000..=9999).contains(&at.year())),
                pointer,
                "must lie in the years 2000 to 9999",
            );
        }
        let is_after_open = self.sales_open_at.zip(self.sales_close_at);
        faults.unless(
            is_after_open.is_none_or(|(open, close)| open < close),
            "/sales_close_at",
            "must be after sales_open_at",
        );
        faults.unless(
            self.sales_close_at.is_none_or(|at| at <= self.starts_at),
            "/sales_close_at",
            "must not be after starts_at",
        );
    }

    fn check_limits(&self, faults: &mut Faults) {
        // Within their own bounds, so that one mistake is reported once.
        let ttl = within(&HOLD_TTL_SECONDS, self.hold_ttl_seconds);
        let per_hold = within(&SEATS_PER_HOLD, self.seats_per_hold_max);
        faults.unless(
            HOLD_TTL_SECONDS.contains(&self.hold_ttl_seconds),
            "/hold_ttl_seconds",
            "must be from 5 to 3600",
        );
        faults.unless(
            (ttl..=HOLD_LIFETIME_SECONDS_MAX).contains(&self.hold_lifetime_max_seconds),
            "/hold_lifetime_max_seconds",
            "must be from hold_ttl_seconds to 86400",
        );
        faults.unless(
            SEATS_PER_HOLD.contains(&self.seats_per_hold_max),
            "/seats_per_hold_max",
            "must be from 1 to 50",
        );
        faults.unless(
            (per_hold..=SEATS_PER_PERSON_MAX).contains(&self.seats_per_person_max),
            "/seats_per_person_max",
            "must be from seats_per_hold_max to 10000",
        );
    }
}

/// What a change of terms is to those who are told of it: the names of the members that changed,
/// and what people who have seats must know of as it was before.
pub(crate) fn news_of_change(old: &Terms, new: &Terms, has_new_prices: bool) -> Value {
    let members = [
        ("name", old.name != new.name),
        ("starts_at", old.starts_at != new.starts_at),
        ("sales_open_at", old.sales_open_at != new.sales_open_at),
        ("sales_close_at", old.sales_close_at != new.sales_close_at),
        ("prices", has_new_prices),
    ];
    let changed = members.into_iter().filter(|(_, is_changed)| *is_changed);
    let changed: Vec<_> = changed.map(|(name, _)| name).collect();
    let mut before = Map::new();
    if old.name != new.name {
        before.insert("name".to_owned(), json!(old.name));
    }
    if old.starts_at != new.starts_at {
        before.insert("starts_at".to_owned(), json!(old.starts_at));
    }
    if before.is_empty() {
        return json!({ "changed": changed });
    }
    json!({ "changed": changed, "before": before })
}

/// The number of the range that is nearest.
pub(super) fn within(range: &RangeInclusive<i32>, number: i32) -> i32 {
    number.clamp(*range.start(), *range.end())
}

#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn unless(&mut self, is_right: bool, pointer: &str, detail: &str) {
        if !is_right {
            self.0.push(FieldError {
                pointer: pointer.to_owned(),
                detail: detail.to_owned(),
            });
        }
    }
}
