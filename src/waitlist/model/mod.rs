//! Who waits for what, and the rules by which seats are offered.

mod entry;
mod house;
mod link;
mod plan;
mod pool;
mod quiet;
mod seats;
mod shelf;
mod terms;
#[cfg(test)]
mod tests;
mod wish;

pub use entry::{Entry, EntryState, Queued};
pub use house::House;
pub use link::Link;
pub use plan::{Plan, Planned, SeatNow, SkipReason, Waiting, plan};
pub use pool::Pool;
pub use quiet::QuietHours;
pub use terms::{Policy, Terms};
pub use wish::{Wanted, Wish, wanted_by_all};
