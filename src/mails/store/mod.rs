//! All SQL about mails.

mod facts;
mod preferences;
mod reminders;

pub use facts::{Refund, find_refund, find_sections};
pub use preferences::{find_email, is_opted_out, list_opt_outs, opt_in, opt_out};
pub use reminders::remind;
