//! Notifications: what people find in the pages about their bookings and entries.
//!
//! They are made with the deliveries, from the same messages; here they are read.

mod error;
mod http;
mod store;

pub use error::NotificationError;
pub use http::routes;
