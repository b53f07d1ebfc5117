//! All SQL about events, and what of it is kept in memory.

mod layouts;
mod read;
mod sales;
mod write;

pub(super) use layouts::layout;
pub use read::find;
pub(super) use read::{find_all, find_venue_version, list};
pub(super) use sales::forget_sale;
pub use sales::{reload_sale, sale};
pub(super) use write::{NewEvent, insert, lock, mark, update, update_prices};
