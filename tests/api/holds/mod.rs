//! Holds: place, look at, change, extend, release, expire, and bring back by token.

mod change;
mod expire;
mod extend;
mod limits;
mod place;
mod receipt;
mod release;
mod repaired;
mod repeat;
mod together;

use serde_json::{Value, json};

use crate::support::Answer;

/// The seats in conflict as an answer lists them.
fn conflicts(seats: &[(&str, &str)]) -> Value {
    let conflicts = seats.iter();
    conflicts
        .map(|(seat, reason)| json!({"seat": seat, "reason": reason}))
        .collect()
}

/// The labels of a hold's seats.
fn seats(hold: &Answer) -> Vec<&str> {
    let seats = hold["seats"].as_array().expect("seats");
    seats
        .iter()
        .filter_map(|seat| seat["seat"].as_str())
        .collect()
}
