//! Waitlists: who is next when seats of a sold-out event come free.
//!
//! An entry is `unverified → waiting → offered → accepted`, or ends as `lapsed`, `left` or
//! `removed`. An offer is a hold, placed for the person on seats that were kept for the waitlist.
//!
//! Invariant: an entry has at most one live offer, and a seat at most one (I9): PostgreSQL's keys
//! decide, before the board places the hold. While people wait, what is freed is kept.

mod actions;
mod error;
mod http;
mod jobs;
mod model;
mod store;

pub use actions::link_token;
pub use error::WaitlistError;
pub use http::routes;
pub use jobs::{offer_kept_seats, prune_log};
