//! Bookings: confirmed claims on seats, the records of confirmed holds.
//!
//! `confirmed → partly_cancelled → cancelled`. A confirm is one PostgreSQL transaction between two
//! steps on the board; confirms that come together commit together.
//!
//! Invariant: the unique constraint on `seat_bookings` and the one row in `hold_outcomes` decide,
//! whatever Redis, clocks and retries do.

mod actions;
mod calendar;
mod error;
mod http;
mod jobs;
mod model;
mod store;

pub use actions::calendar as calendar_file;
pub use actions::{ConfirmHold, Confirmed, commit_confirms, confirm};
pub use error::BookingError;
pub use http::{BookingView, routes, view};
pub use jobs::{cancel_bookings_of_cancelled_events, settle_confirming_holds};
pub use model::{BookedSeat, Booking, BookingState, Contact};
pub use store::find;
