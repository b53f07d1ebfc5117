//! Waitlists over HTTP: people's own entries, and the owner's view of the queue.

mod owners;
mod people;
mod requests;
mod views;

pub use owners::routes;
