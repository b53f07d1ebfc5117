//! What callers do, a file for each scenario.

mod browse;
mod buy;
mod hot_seat;
mod onsale;
mod visit;

pub use visit::work;
