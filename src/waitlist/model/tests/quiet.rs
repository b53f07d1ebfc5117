//! Deadlines with quiet hours, on any night, in any zone.

use std::time::Duration;

use chrono::{NaiveTime, TimeDelta, Timelike};
use chrono_tz::Tz;
use proptest::prelude::*;

use crate::clock::Instant;
use crate::waitlist::model::quiet::QuietHours;

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap()
}

fn deadline(now: &str, minutes: u64, quiet: (&str, &str), zone: Tz) -> String {
    let quiet = QuietHours::new(time(quiet.0), time(quiet.1)).unwrap();
    let now: Instant = now.parse().unwrap();
    let at = quiet.deadline(now, Duration::from_secs(minutes * 60), zone);
    at.with_timezone(&zone).format("%d %H:%M").to_string()
}

#[test]
fn the_time_of_an_offer_stands_still_at_night() {
    let berlin = Tz::Europe__Berlin;
    let night = ("22:00", "08:00");
    for (now, minutes, expected) in [
        ("2026-12-01T12:00:00Z", 15, "01 13:15"),
        ("2026-12-01T20:55:00Z", 15, "02 08:10"),
        ("2026-12-01T20:45:00Z", 15, "01 22:00"),
        ("2026-12-01T23:30:00Z", 15, "02 08:15"),
        ("2026-12-02T03:00:00Z", 15, "02 08:15"),
        ("2026-12-01T12:00:00Z", 14 * 60 * 2, "03 13:00"),
    ] {
        assert_eq!(
            deadline(now, minutes, night, berlin),
            expected,
            "{now} + {minutes} min"
        );
    }
    assert_eq!(
        deadline("2026-12-01T11:55:00Z", 15, ("13:00", "15:00"), berlin),
        "01 15:10"
    );
}

#[test]
fn on_the_nights_when_the_clocks_change_the_morning_is_the_mornings() {
    let berlin = Tz::Europe__Berlin;
    let night = ("22:00", "08:00");
    assert_eq!(
        deadline("2027-03-27T20:55:00Z", 15, night, berlin),
        "28 08:10"
    );
    assert_eq!(
        deadline("2026-10-24T19:55:00Z", 15, night, berlin),
        "25 08:10"
    );
    // 02:30 is skipped in March, and there twice in October.
    let late = ("23:00", "02:30");
    assert_eq!(
        deadline("2027-03-28T00:00:00Z", 15, late, berlin),
        "28 03:15"
    );
    assert_eq!(
        deadline("2026-10-25T00:10:00Z", 15, late, berlin),
        "25 02:45"
    );
}

proptest! {
    /// Counted minute by minute on the clock on the wall.
    #[test]
    fn an_offer_lasts_its_time_awake(
        start in 0_i64..60 * 24 * 800,
        minutes in 1_i64..600,
        from in 0_u32..24 * 4,
        length in 1_u32..23 * 4,
        zone in prop::sample::select(&[
            Tz::Europe__Berlin, Tz::America__New_York, Tz::Australia__Lord_Howe, Tz::Asia__Kolkata,
            Tz::America__Santiago, Tz::Pacific__Chatham, Tz::UTC,
        ][..]),
    ) {
        let clock = |quarter: u32| NaiveTime::from_hms_opt(quarter / 4 % 24, quarter % 4 * 15, 0).unwrap();
        let quiet = QuietHours::new(clock(from), clock(from + length)).unwrap();
        let first: Instant = "2026-01-01T00:00:00Z".parse().unwrap();
        let now = first + TimeDelta::minutes(start);

        let ends_at = quiet.deadline(now, Duration::from_secs(minutes.unsigned_abs() * 60), zone);

        let is_quiet = |at: Instant| {
            let minute = at.with_timezone(&zone).time();
            let minute = minute.with_second(0).unwrap();
            match quiet.from < quiet.until {
                true => quiet.from <= minute && minute < quiet.until,
                false => quiet.from <= minute || minute < quiet.until,
            }
        };
        let total = (ends_at - now).num_minutes();
        let awake = (0..total).filter(|n| !is_quiet(now + TimeDelta::minutes(*n))).count();
        // An hour that is there twice may be quiet as a whole, in favour of the person.
        let awake = i64::try_from(awake).unwrap();
        prop_assert!((minutes..=minutes + 60).contains(&awake), "{awake} of {minutes}");
        let changes = (0..=total / 60 + 26)
            .map(|n| now - TimeDelta::hours(13) + TimeDelta::hours(n))
            .map(|at| chrono::Offset::fix(at.with_timezone(&zone).offset()))
            .collect::<std::collections::HashSet<_>>();
        prop_assert!(awake == minutes || changes.len() > 1, "{awake} of {minutes}");
    }
}
