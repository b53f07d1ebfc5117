//! The verbs of a waitlist, a file each.

mod accept;
mod check;
mod houses;
mod join;
mod mine;
mod offer;
mod owner;
mod round;
mod settle;

pub use accept::accept;
pub use check::{Complaint, check};
pub use join::{JoinWaitlist, join};
pub use mine::{Mine, Who, find, find_entry, leave, link_token, verify};
pub use owner::{
    Standing, WaitlistSeats, demand, list, list_seats, log, move_entry, put_terms, remove, terms,
};
pub use round::promote;
