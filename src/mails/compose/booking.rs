//! Letters to the contact of a booking.

use std::collections::HashMap;

use chrono::TimeDelta;
use serde_json::Value;

use super::super::error::MailError;
use super::super::model::{File, Letter, Mail, name_of};
use super::super::preferences::Link;
use super::super::words::{local_time, money};
use super::super::{picture, store, templates};
use super::facts::{BeforeFacts, BookingFacts, EventFacts, Facts, RefundFacts, SeatFacts};
use super::letter::Composed;
use crate::bookings::{self, BookedSeat, Booking, BookingState};
use crate::clock::Instant;
use crate::context::Context;
use crate::deliveries::Claim;
use crate::events::{self, Event, EventState, Reach};
use crate::id::BookingId;
use crate::money::Amount;

const QR_CODE: &str = "qr-code.png";

/// How long before its start an event is reminded of.
const DAY: TimeDelta = TimeDelta::hours(24);

/// An event that is put off by so much is reminded of again (`store::remind`).
const AGAIN_AFTER: TimeDelta = TimeDelta::hours(12);

pub async fn compose(ctx: &Context, claim: &Claim) -> Result<Composed, MailError> {
    let Some((event, booking)) = find(ctx, claim).await? else {
        return Ok(Composed::Nothing("the booking is gone"));
    };
    let letter = match choose(claim, &event, &booking) {
        Ok(letter) => letter,
        Err(why) => return Ok(Composed::Nothing(why)),
    };
    let link = Link::new(&booking.contact.email, &claim.kind);
    let is_optional = letter == Letter::EventReminder;
    if is_optional && store::is_unwanted(&ctx.db, claim, &link.email).await? {
        return Ok(Composed::Nothing("mails of this kind are not wanted"));
    }
    let preferences_url = is_optional.then(|| link.url(ctx));
    let mut facts = facts_of(ctx, claim, &event, &booking).await?;
    facts.preferences_url = preferences_url.clone();
    Ok(Composed::Mail(Box::new(Mail {
        message_id: ctx.config.mail.message_id(claim.delivery_id),
        date: claim.happened_at,
        rendered: templates::render(ctx, letter, &facts)?,
        files: files_of(ctx, letter, &booking).await?,
        name: name_of(&booking.contact.name).map(str::to_owned),
        email: booking.contact.email,
        unsubscribe_url: preferences_url,
    })))
}

/// What goes with a letter: the reference to be scanned, and the calendar's entry, which takes the
/// place of the one sent before.
async fn files_of(
    ctx: &Context,
    letter: Letter,
    booking: &Booking,
) -> Result<Vec<File>, MailError> {
    let mut files = Vec::new();
    if matches!(letter, Letter::BookingConfirmed | Letter::EventReminder) {
        files.push(File {
            name: QR_CODE.to_owned(),
            content_type: "image/png",
            bytes: picture::draw_qr_code(&booking.reference)?,
            is_inline: true,
        });
    }
    if letter != Letter::EventReminder {
        let (reference, file) =
            bookings::calendar_file(ctx, booking.booking_id, Reach::EVERYTHING).await?;
        files.push(File {
            name: format!("{reference}.ics"),
            content_type: "text/calendar; charset=utf-8",
            bytes: file.into_bytes(),
            is_inline: false,
        });
    }
    Ok(files)
}

async fn find(ctx: &Context, claim: &Claim) -> Result<Option<(Event, Booking)>, MailError> {
    let mut connection = ctx.db.acquire().await?;
    let booking_id = BookingId(claim.recipient_id);
    let booking = bookings::find(&mut connection, booking_id, Reach::EVERYTHING).await?;
    drop(connection);
    let event = events::find(&ctx.db, claim.event_id, Reach::EVERYTHING).await?;
    Ok(event.zip(booking))
}

/// The letter, or why there is none.
fn choose(claim: &Claim, event: &Event, booking: &Booking) -> Result<Letter, &'static str> {
    let is_over = booking.state == BookingState::Cancelled || event.state == EventState::Cancelled;
    match claim.kind.as_str() {
        "booking.confirmed" => Ok(Letter::BookingConfirmed),
        "booking.cancelled" if event.state == EventState::Cancelled => Ok(Letter::EventCancelled),
        "booking.cancelled" => Ok(Letter::BookingCancelled),
        _ if is_over => Err("the booking was cancelled meanwhile"),
        "event.reminder" if event.terms.starts_at <= claim.now() => Err("the event has begun"),
        "event.reminder" if is_reminded_again(claim, event) => Err("the event was put off"),
        "event.reminder" => Ok(Letter::EventReminder),
        _ => Ok(Letter::EventChanged),
    }
}

/// Whether the event was put off so far since the reminder was written that another one follows.
fn is_reminded_again(claim: &Claim, event: &Event) -> bool {
    let starts_at = event.terms.starts_at;
    match time_of(&claim.body["starts_at"]) {
        Some(reminded_for) => starts_at >= reminded_for + AGAIN_AFTER,
        // An older version does not write for which start it is.
        None => starts_at > claim.now() + DAY,
    }
}

fn time_of(value: &Value) -> Option<Instant> {
    value.as_str()?.parse().ok()
}

async fn facts_of(
    ctx: &Context,
    claim: &Claim,
    event: &Event,
    booking: &Booking,
) -> Result<Facts, MailError> {
    let language = &ctx.config.mail.language;
    let service_url = &ctx.config.public_url;
    let refund = refund_of(ctx, claim, booking).await?;
    let concerned = match &refund {
        Some(refund) => Concerned::Refunded(&refund.seat_indexes),
        None if claim.kind == "booking.confirmed" => Concerned::Booked,
        None => Concerned::Left,
    };
    let seats = seats_of(ctx, event, booking, concerned).await?;
    let n_left = booking
        .seats
        .iter()
        .filter(|seat| !seat.is_cancelled())
        .count();
    Ok(Facts {
        language: language.clone(),
        service_url: service_url.clone(),
        name: name_of(&booking.contact.name)
            .unwrap_or_default()
            .to_owned(),
        event: event_facts(ctx, event),
        booking: Some(BookingFacts {
            reference: booking.reference.clone(),
            url: format!("{service_url}/bookings/{}", booking.booking_id),
            seats,
            total: money(booking.total, booking.currency, language),
            has_seats_left: n_left > 0,
            has_calendar: true,
            qr_code: format!("cid:{QR_CODE}"),
        }),
        refund: refund.map(|refund| RefundFacts {
            amount: money(Amount(refund.amount), booking.currency, language),
            // A buyer's own words stay out: the address need not be theirs.
            reason: refund.reason.filter(|_| claim.body["is_by_owner"] == true),
        }),
        before: before_of(ctx, event, &claim.body),
        entry: None,
        preferences_url: None,
    })
}

pub fn event_facts(ctx: &Context, event: &Event) -> EventFacts {
    let zone = &event.venue.time_zone;
    EventFacts {
        name: event.terms.name.clone(),
        venue: event.venue.name.clone(),
        starts_at: local_time(event.terms.starts_at, zone, &ctx.config.mail.language),
        url: format!("{}/events/{}", ctx.config.public_url, event.event_id),
    }
}

async fn refund_of(
    ctx: &Context,
    claim: &Claim,
    booking: &Booking,
) -> Result<Option<store::Refund>, MailError> {
    let refund_id = claim.body["refund_id"].as_str();
    let Some(refund_id) = refund_id.and_then(|id| id.parse().ok()) else {
        return Ok(None);
    };
    let (event_id, booking_id) = (booking.event_id, booking.booking_id);
    Ok(store::find_refund(&ctx.db, event_id, booking_id, refund_id).await?)
}

/// Which of its booking's seats a letter is about.
#[derive(Clone, Copy)]
enum Concerned<'a> {
    /// All, whatever has become of them since.
    Booked,
    /// Those that are the booking's still: of the others somebody else may sit on some.
    Left,
    /// Those that a cancellation gave back.
    Refunded(&'a [i32]),
}

impl Concerned<'_> {
    fn has(self, seat: &BookedSeat) -> bool {
        match self {
            Self::Booked => true,
            Self::Left => !seat.is_cancelled(),
            Self::Refunded(indexes) => indexes.contains(&seat.index.cast_signed()),
        }
    }
}

async fn seats_of(
    ctx: &Context,
    event: &Event,
    booking: &Booking,
    concerned: Concerned<'_>,
) -> Result<Vec<SeatFacts>, MailError> {
    let sale = events::sale(ctx, booking.event_id).await?;
    let sections = section_names(ctx, event).await?;
    let language = &ctx.config.mail.language;
    let wanted = booking.seats.iter().filter(|seat| concerned.has(seat));
    let seats = wanted.filter_map(|seat| {
        let place = sale.seating.at(seat.index)?;
        Some(SeatFacts {
            section: sections
                .get(&place.section)
                .unwrap_or(&place.section)
                .clone(),
            row: place.row.clone(),
            number: place.number.clone(),
            label: place.label.clone(),
            category: category_of(event, &place.category),
            price: money(seat.price, booking.currency, language),
        })
    });
    Ok(seats.collect())
}

/// What people call the sections, by their keys.
pub async fn section_names(
    ctx: &Context,
    event: &Event,
) -> Result<HashMap<String, String>, MailError> {
    let (venue_id, version) = (event.venue.venue_id, event.venue.version);
    let sections = store::find_sections(&ctx.db, venue_id, version).await?;
    Ok(sections.into_iter().map(|it| (it.key, it.name)).collect())
}

fn category_of(event: &Event, key: &str) -> String {
    let price = event.prices.iter().find(|price| price.category == key);
    price.map_or_else(|| key.to_owned(), |price| price.name.clone())
}

fn before_of(ctx: &Context, event: &Event, body: &Value) -> Option<BeforeFacts> {
    let before = body.get("before")?;
    let starts_at = time_of(&before["starts_at"]);
    let (zone, language) = (&event.venue.time_zone, &ctx.config.mail.language);
    Some(BeforeFacts {
        name: before["name"].as_str().map(str::to_owned),
        starts_at: starts_at.map(|at| local_time(at, zone, language)),
    })
}
