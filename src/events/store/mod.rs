//! All SQL about events, and the copies of events that sales read from memory.

mod read;
mod sales;
mod write;

pub use read::{find, find_all, find_venue_version, list};
pub use sales::{forget_sale, reload_sale, sale};
pub use write::{NewEvent, insert, lock, mark, update, update_prices};
