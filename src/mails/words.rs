//! Dates and money as a language writes them.

use chrono::{Datelike, Timelike};
use chrono_tz::{OffsetName, Tz};
use iso_currency::Currency;
use serde::Serialize;

use crate::clock::Instant;
use crate::money::Amount;

const EN_DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const EN_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DE_DAYS: [&str; 7] = [
    "Montag",
    "Dienstag",
    "Mittwoch",
    "Donnerstag",
    "Freitag",
    "Samstag",
    "Sonntag",
];
const DE_MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// An instant as people at the venue read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LocalTime {
    /// `Friday, 1 January 2027`
    pub date: String,
    /// `20:00`
    pub time: String,
    /// `CET`; where a zone has no such letters, its distance from UTC.
    pub zone: String,
    /// `Europe/Berlin`
    pub zone_name: String,
}

/// A zone that is not known is read as UTC, and says so.
pub fn local_time(at: Instant, zone_name: &str, language: &str) -> LocalTime {
    let zone: Tz = zone_name.parse().unwrap_or(Tz::UTC);
    let local = at.with_timezone(&zone);
    let day = local.weekday().num_days_from_monday() as usize;
    let (month, day_of_month, year) = (local.month0() as usize, local.day(), local.year());
    let date = match language {
        "en" => format!(
            "{}, {day_of_month} {} {year}",
            EN_DAYS[day], EN_MONTHS[month]
        ),
        "de" => format!(
            "{}, {day_of_month}. {} {year}",
            DE_DAYS[day], DE_MONTHS[month]
        ),
        _ => format!("{year:04}-{:02}-{day_of_month:02}", month + 1),
    };
    let abbreviation = local.offset().abbreviation().unwrap_or_default();
    let zone_text = if abbreviation.starts_with(['+', '-']) || abbreviation.is_empty() {
        format!("UTC{}", local.format("%:z"))
    } else {
        abbreviation.to_owned()
    };
    LocalTime {
        date,
        time: format!("{:02}:{:02}", local.hour(), local.minute()),
        zone: zone_text,
        zone_name: zone.name().to_owned(),
    }
}

/// `EUR 1,234.50`, in German `1.234,50 EUR`; the code and not a sign, which many currencies share.
pub fn money(amount: Amount, currency: Currency, language: &str) -> String {
    let exact = Amount::from_minor(amount.to_minor(currency), currency);
    let digits = exact.0.abs().to_string();
    let (whole, part) = digits.split_once('.').unwrap_or((&digits, ""));
    let sign = if exact.0.is_sign_negative() { "-" } else { "" };
    let (group, point) = if language == "de" {
        ('.', ',')
    } else {
        (',', '.')
    };
    let whole = grouped(whole, group);
    let number = if part.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}{point}{part}")
    };
    if language == "de" {
        format!("{number} {}", currency.code())
    } else {
        format!("{} {number}", currency.code())
    }
}

fn grouped(digits: &str, group: char) -> String {
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(group);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_the_venues_and_name_its_zone() {
        let at: Instant = "2027-07-01T18:30:00Z".parse().unwrap();
        let read = |zone, language| {
            let time = local_time(at, zone, language);
            format!(
                "{} {} {} ({})",
                time.date, time.time, time.zone, time.zone_name
            )
        };

        assert_eq!(
            read("Europe/Berlin", "en"),
            "Thursday, 1 July 2027 20:30 CEST (Europe/Berlin)"
        );
        assert_eq!(
            read("Europe/Berlin", "de"),
            "Donnerstag, 1. Juli 2027 20:30 CEST (Europe/Berlin)"
        );
        assert_eq!(
            read("America/Sao_Paulo", "fr"),
            "2027-07-01 15:30 UTC-03:00 (America/Sao_Paulo)"
        );
        assert_eq!(
            read("Nowhere", "en"),
            "Thursday, 1 July 2027 18:30 UTC (UTC)"
        );
    }

    #[test]
    fn money_has_its_currency_and_groups() {
        let amount = |minor, currency| Amount::from_minor(minor, currency);
        let euros = amount(123_456_750, Currency::EUR);

        assert_eq!(money(euros, Currency::EUR, "en"), "EUR 1,234,567.50");
        assert_eq!(money(euros, Currency::EUR, "de"), "1.234.567,50 EUR");
        assert_eq!(
            money(amount(950, Currency::JPY), Currency::JPY, "en"),
            "JPY 950"
        );
        assert_eq!(
            money(amount(5, Currency::EUR), Currency::EUR, "de"),
            "0,05 EUR"
        );
    }
}
