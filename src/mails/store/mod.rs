//! All SQL about mails.

mod facts;
mod preferences;
mod reminders;

pub use facts::{Refund, find_refund, find_sections};
pub use preferences::{is_opted_out, is_unwanted, list_unwanted, opt_in, opt_out, put_wanted};
pub use reminders::{lock_reminding, remind};
