//! Deliveries: what is owed to whom, made from the outbox; one message to one recipient.
//!
//! `due → sent`, or `dead` after too many attempts, or `dropped` where there is nobody to send to.
//! A dead letter that is sent anew is due again. Channels claim what is due, attempt it and say
//! what came of it; an attempt that is never settled is made again after its lease.
//!
//! Invariant: a message makes one delivery to a recipient, and in a lane (channel, recipient,
//! subject) nothing is claimed before what happened earlier is settled.

mod actions;
mod error;
mod http;
mod jobs;
mod model;
mod sending;
mod store;

pub use actions::{Settled, send_again, settle};
pub use error::DeliveryError;
pub use http::routes;
pub use jobs::{
    DERIVE_DELIVERIES, derive_deliveries, prune_deliveries, prune_notifications, prune_outbox,
};
pub use model::{Attempt, Channel, Claim, Delivery, DeliveryFilter, DeliveryState, Outcome};
pub use sending::{Sender, send_due};
pub use store::{ClaimLimits, claim_mails, claim_webhooks, list};
