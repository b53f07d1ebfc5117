//! Bookings over HTTP: confirm a hold, look bookings up, cancel them.

mod calendar;
mod requests;
mod verbs;
mod views;

pub use verbs::routes;
pub use views::{BookingView, view};
