//! All SQL about deliveries.

mod attempt;
mod derive;
mod list;
mod notify;
mod prune;
mod sold_out;
mod take;

pub use attempt::{Change, ClaimLimits, claim_mails, claim_webhooks, settle};
pub use derive::{derive_mails, derive_webhooks};
pub use list::{list, send_again};
pub use notify::derive_notifications;
pub use prune::{
    Pruned, delete_old_deliveries, delete_old_hold_messages, delete_old_messages,
    delete_old_notifications, drop_stranded_deliveries, lock_pruning,
};
pub use sold_out::tell_sold_out;
pub use take::{lock_derivation, take_messages};
