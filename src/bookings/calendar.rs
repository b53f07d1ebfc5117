//! A booking as a calendar file (RFC 5545), for downloads and mails.

use chrono::TimeDelta;
use icalendar::{Calendar, Component, EventLike, EventStatus, Property};

use super::model::{Booking, BookingState};
use crate::clock::Instant;
use crate::events::{Event, EventState};
use crate::venues::Seating;

pub const MEDIA_TYPE: &str = "text/calendar; charset=utf-8";

/// How long an evening is taken to last: events have a beginning only.
const DURATION: TimeDelta = TimeDelta::minutes(150);

/// The file. Imported again after a change it takes the place of the earlier one: the booking is
/// its name, and versions of booking and event only go up.
pub fn calendar(booking: &Booking, event: &Event, seating: &Seating, now: Instant) -> String {
    let is_cancelled =
        booking.state == BookingState::Cancelled || event.state == EventState::Cancelled;
    let (method, status) = if is_cancelled {
        ("CANCEL", EventStatus::Cancelled)
    } else {
        ("PUBLISH", EventStatus::Confirmed)
    };
    let starts_at = event.terms.starts_at;
    let sequence = booking.version.saturating_add(event.version);
    let entry = icalendar::Event::new()
        .uid(&format!("{}@holdfast", booking.booking_id))
        .timestamp(now)
        .sequence(sequence.unsigned_abs())
        .status(status)
        .starts(starts_at)
        .ends(starts_at.checked_add_signed(DURATION).unwrap_or(starts_at))
        .summary(&plain(&event.terms.name))
        .location(&plain(&event.venue.name))
        .description(&description(booking, event, seating))
        .done();
    Calendar::empty()
        .append_property(Property::new("VERSION", "2.0"))
        .append_property(Property::new("PRODID", "-//Holdfast//Bookings//EN"))
        .append_property(Property::new("METHOD", method))
        .append_property(Property::new("X-WR-TIMEZONE", &event.venue.time_zone))
        .push(entry)
        .to_string()
}

fn description(booking: &Booking, event: &Event, seating: &Seating) -> String {
    let seats = booking.seats.iter().filter(|seat| !seat.is_cancelled());
    let labels: Vec<_> = seats
        .filter_map(|seat| Some(seating.at(seat.index)?.label.as_str()))
        .collect();
    let mut lines = vec![format!("Booking {}", booking.reference)];
    if !labels.is_empty() {
        lines.push(format!("Seats: {}", labels.join(", ")));
    }
    if let Ok(zone) = event.venue.time_zone.parse::<chrono_tz::Tz>() {
        let begins = event.terms.starts_at.with_timezone(&zone);
        lines.push(format!(
            "Begins {} ({zone})",
            begins.format("%Y-%m-%d %H:%M")
        ));
    }
    lines.join("\n")
}

/// On one line: a control character would end it.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
