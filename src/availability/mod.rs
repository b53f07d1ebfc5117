//! Availability: what a seat map shows of an event, now.

mod http;
mod model;

pub use http::routes;
