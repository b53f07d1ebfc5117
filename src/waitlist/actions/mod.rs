//! The verbs of a waitlist, a file each.

mod accept;
mod houses;
mod join;
mod mine;
mod offer;
mod owner;
mod round;
mod settle;

pub use accept::accept;
pub use join::{JoinWaitlist, join};
pub use mine::{Mine, Who, find, leave, link_token, verify};
pub use owner::{list, log, move_entry, put_terms, remove, terms};
pub use round::promote;
