//! Bookings: confirm a hold, find the booking again, cancel it.

mod calendar;
mod cancel;
mod confirm;
mod list;
mod lookup;
mod money;
mod outcome;
mod refusals;
mod together;

use serde_json::Value;

use crate::support::Answer;

/// The ids of a page's bookings.
fn ids(page: &Answer) -> Vec<&Value> {
    let items = page["items"].as_array().expect("items");
    items.iter().map(|item| &item["booking_id"]).collect()
}
