//! Routes of what a seat map shows.

mod events;
mod live;
mod routes;
mod seats;

pub use routes::{feeds, routes};
