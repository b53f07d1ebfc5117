//! All SQL about deliveries.

mod attempt;
mod derive;
mod prune;

pub use attempt::{Change, claim_mails, settle};
pub use derive::{derive_mails, lock_derivation, take_messages};
pub use prune::{delete_old_deliveries, delete_old_messages};
