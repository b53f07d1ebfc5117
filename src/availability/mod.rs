//! Availability: what a seat map shows of an event, now.

mod copies;
mod http;
mod live;
mod model;

pub use http::{feeds, routes};
