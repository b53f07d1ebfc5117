//! What an answer says, as far as the model predicts it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::records::{Booking, Hold, Seat, State};
use crate::support::Answer;

/// Seats in a row; rows are `A`, `B`, ….
pub const SEATS_PER_ROW: usize = 6;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub status: u16,
    pub code: Option<String>,
    pub conflicts: BTreeSet<(Seat, String)>,
    /// The limit, and how many seats count against it.
    pub limit: Option<(usize, usize)>,
    pub state: Option<String>,
    /// Price, and whether it was cancelled.
    pub seats: BTreeMap<Seat, (i64, bool)>,
    pub total: Option<i64>,
    pub refund: Option<i64>,
    pub expires_at: Option<i64>,
    pub is_replayed: bool,
}

impl Outcome {
    pub fn done(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    pub fn refused(status: u16, code: &str) -> Self {
        Self {
            code: Some(code.to_owned()),
            ..Self::done(status)
        }
    }

    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    pub fn of_hold(status: u16, hold: &Hold, state: State) -> Self {
        let seats = hold.seats.iter();
        Self {
            state: Some(format!("{state:?}").to_lowercase()),
            seats: seats
                .map(|(seat, price)| (*seat, (*price, false)))
                .collect(),
            total: Some(hold.seats.values().sum()),
            expires_at: Some(hold.deadline),
            ..Self::done(status)
        }
    }

    pub fn of_booking(status: u16, booking: &Booking) -> Self {
        let cancelled = booking
            .seats
            .values()
            .filter(|(_, is_cancelled)| *is_cancelled);
        let n_cancelled = cancelled.clone().count();
        let state = match booking.seats.len() - n_cancelled {
            0 => "cancelled",
            _ if n_cancelled > 0 => "partly_cancelled",
            _ => "confirmed",
        };
        Self {
            state: Some(state.to_owned()),
            seats: booking.seats.clone(),
            total: Some(booking.seats.values().map(|(price, _)| price).sum()),
            refund: (n_cancelled > 0).then(|| cancelled.map(|(price, _)| price).sum()),
            ..Self::done(status)
        }
    }

    pub fn of(answer: &Answer) -> Self {
        let body = &answer.body;
        let is_problem = answer.status >= 400;
        let seats = items(&body["seats"]).filter(|_| !is_problem).map(|seat| {
            let is_cancelled = seat["is_cancelled"].as_bool().unwrap_or_default();
            (
                index_of(&seat["seat"]),
                (cents(&seat["price"]), is_cancelled),
            )
        });
        let conflicts = items(&body["conflicts"]);
        let number = |name: &str| body[name].as_u64().map(|number| number as usize);
        Self {
            status: answer.status,
            code: body["code"].as_str().map(str::to_owned),
            conflicts: conflicts
                .map(|it| (index_of(&it["seat"]), text(&it["reason"])))
                .collect(),
            limit: number("limit").zip(number("held")),
            state: (!is_problem && body["seats"].is_array()).then(|| text(&body["state"])),
            seats: seats.collect(),
            total: body["total"].is_string().then(|| cents(&body["total"])),
            refund: body["refund"]
                .is_object()
                .then(|| cents(&body["refund"]["amount"])),
            expires_at: body["hold_token"]
                .is_string()
                .then(|| milliseconds(&body["expires_at"])),
            is_replayed: answer.header("idempotency-replayed") == "true",
        }
    }
}

fn label_of(seat: Seat) -> String {
    let row = ["A", "B", "C", "D", "E"][seat / SEATS_PER_ROW];
    format!("S-{row}-{}", seat % SEATS_PER_ROW + 1)
}

pub fn labels(seats: &BTreeSet<Seat>) -> Vec<String> {
    seats.iter().map(|seat| label_of(*seat)).collect()
}

fn index_of(label: &Value) -> Seat {
    let label = text(label);
    let row = usize::from(label.as_bytes()[2] - b'A');
    row * SEATS_PER_ROW + label[4..].parse::<usize>().expect("a seat's number") - 1
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn cents(amount: &Value) -> i64 {
    let digits = text(amount).replace('.', "");
    digits.parse().expect("an amount with two decimal places")
}

pub fn milliseconds(instant: &Value) -> i64 {
    let instant: DateTime<Utc> = text(instant).parse().expect("a time");
    instant.timestamp_millis()
}
