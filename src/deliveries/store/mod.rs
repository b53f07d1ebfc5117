//! All SQL about deliveries.

mod attempt;
mod derive;
mod list;
mod prune;

pub use attempt::{Change, ClaimLimits, claim_mails, claim_webhooks, settle};
pub use derive::{derive_mails, derive_webhooks, lock_derivation, take_messages};
pub use list::{list, send_again};
pub use prune::{delete_old_deliveries, delete_old_messages};
