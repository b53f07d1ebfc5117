//! Mails: what people are told of their bookings, from the outbox, over SMTP or into a folder.
//!
//! A mail is composed when it is sent, from templates in the language of the installation; files
//! in a folder replace the built-in ones. Its Message-ID is its delivery's id, the same in every
//! attempt, so that a mail that arrives twice can be told to be one.
//!
//! Invariant: nothing that a person typed gets into a head or a page of a mail unescaped.

mod compose;
mod error;
mod folder;
mod http;
mod jobs;
mod model;
mod picture;
mod preferences;
mod store;
mod templates;
mod transport;
mod words;

pub use error::MailError;
pub use http::{link_routes, routes, shown_routes};
pub use jobs::{SEND_MAILS, remind_of_events, send_mails};
pub use templates::prepare;
