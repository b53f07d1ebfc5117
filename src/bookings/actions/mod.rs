//! The verbs of bookings, a file each.

mod calendar;
mod cancel;
mod commit;
mod confirm;
mod finish;
mod queue;
mod task;

pub use calendar::calendar;
pub use cancel::{Cancel, cancel, cancel_keeping};
pub use commit::commit_confirms;
pub use confirm::{ConfirmHold, Confirmed, confirm};
pub use finish::finish_booked;
