//! All SQL about bookings and about what became of holds.

mod cancel;
mod confirm;
mod outcome;
mod read;

pub use cancel::{Cancellation, lock_booking, move_seats};
pub use confirm::{
    Answer, Confirm, ConfirmedSeat, Refusal, confirm_all, ended_before, find_booked_seats,
};
pub use outcome::{Outcome, expire, repeat};
pub use read::{
    EventFilter, find, find_by_reference, list_by_event, list_by_holder, list_of_cancelled_events,
};
