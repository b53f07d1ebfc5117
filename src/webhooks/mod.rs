//! Webhooks: what happens to an owner's events, told to the owner's endpoints, as Standard Webhooks
//! specifies (<https://github.com/standard-webhooks/standard-webhooks>).
//!
//! At least once, in the order of what happened to one subject, each message under one id however
//! often it is sent. An endpoint that fails again and again is paused, one that answers 410 is
//! disabled.
//!
//! Invariant: no request goes to an address that was not checked; what was resolved and checked is
//! what is connected to, and no redirect is followed.

mod actions;
mod client;
mod error;
mod http;
mod jobs;
mod model;
mod signature;
mod store;

pub use error::WebhookError;
pub use http::routes;
pub use jobs::{SEND_WEBHOOKS, send_webhooks};
