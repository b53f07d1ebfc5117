//! What callers do, a file for each scenario.

mod browse;
mod buy;
mod bystanders;
mod hot_seat;
mod onsale;
mod viewers;
mod visit;
mod waitlist;

pub use bystanders::{Bystanders, Bystanding};
pub use viewers::{Audience, Watched};
pub use visit::work;
pub use waitlist::Crowd;
