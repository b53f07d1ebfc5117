//! Endpoints through HTTP.

mod verbs;
mod views;

pub use verbs::routes;
