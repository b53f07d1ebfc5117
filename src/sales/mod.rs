//! Sales: what an event's owner sees of it: how it sells, and who has a seat.
//!
//! Amounts and bookings come from PostgreSQL, the seats' states from the board. Nothing is changed
//! here.

mod actions;
mod http;
mod model;
mod store;

pub use http::routes;
