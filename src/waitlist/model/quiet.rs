//! Quiet hours: while the house is asleep, the time of an offer does not run.

use std::fmt;
use std::time::Duration;

use chrono::{LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::clock::Instant;

/// From one local time until another, over midnight where `until` is the earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    pub from: NaiveTime,
    pub until: NaiveTime,
}

/// Limit: days over which a deadline is looked for; quiet hours leave at least a minute of each.
const DAYS_MAX: usize = 1_500;

impl QuietHours {
    /// None where the two are the same: that would be no hours, or all of them.
    pub fn new(from: NaiveTime, until: NaiveTime) -> Option<Self> {
        (from != until).then_some(Self { from, until })
    }

    /// When `ttl` has passed since `now`, quiet hours not counted. Right on the days on which the
    /// clocks change: a local time that is skipped counts as the first instant after, one that is
    /// there twice begins the quiet hours early and ends them late.
    pub fn deadline(self, now: Instant, ttl: Duration, zone: Tz) -> Instant {
        let mut left = TimeDelta::from_std(ttl).unwrap_or(TimeDelta::MAX);
        let mut at = now;
        let today = now.with_timezone(&zone).date_naive();
        // The quiet hours that began the day before may still go on.
        let nights = today.pred_opt().unwrap_or(today).iter_days();
        for night in nights.take(DAYS_MAX) {
            let (begins_at, ends_at) = self.on(night, zone);
            let awake = (begins_at - at).max(TimeDelta::zero());
            if left <= awake {
                return at + left;
            }
            if at < ends_at {
                left -= awake;
                at = ends_at;
            }
        }
        at + left
    }

    /// The quiet hours that begin on that day.
    fn on(self, date: NaiveDate, zone: Tz) -> (Instant, Instant) {
        let end_date = match self.from < self.until {
            true => date,
            false => date.succ_opt().unwrap_or(date),
        };
        let begins_at = first_instant(date.and_time(self.from), zone);
        let ends_at = last_instant(end_date.and_time(self.until), zone);
        (begins_at, ends_at)
    }
}

fn first_instant(local: NaiveDateTime, zone: Tz) -> Instant {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.with_timezone(&Utc),
        LocalResult::None => after_gap(local, zone),
    }
}

fn last_instant(local: NaiveDateTime, zone: Tz) -> Instant {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(_, at) => at.with_timezone(&Utc),
        LocalResult::None => after_gap(local, zone),
    }
}

/// The first instant after a local time that the clocks skip; they skip less than a day.
fn after_gap(local: NaiveDateTime, zone: Tz) -> Instant {
    let later = (1..=24 * 60).map(|n| local + TimeDelta::minutes(n));
    let at = later
        .filter_map(|local| zone.from_local_datetime(&local).earliest())
        .next();
    at.map_or_else(
        || Utc.from_utc_datetime(&local),
        |at| at.with_timezone(&Utc),
    )
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, until) = (self.from.format("%H:%M"), self.until.format("%H:%M"));
        write!(f, "{from} to {until}")
    }
}
