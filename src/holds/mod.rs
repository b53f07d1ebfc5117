//! Holds: temporary, exclusive claims on seats of one event by one holder.
//!
//! `held → confirming → confirmed`, or `released`, or `expired`, once. A hold lives on its event's
//! board; its hold token is a signed receipt with which it comes back when the board was lost.
//!
//! Somebody else's hold does not exist.

mod actions;
mod error;
mod http;
mod jobs;
mod model;
mod store;

pub use actions::{difference, mend, restore, token};
pub use error::HoldError;
pub use http::{HeldSeatView, HoldView, routes};
pub use jobs::{TELL_HOLDS, expire_due_holds, take_overdue, tell_holds};
