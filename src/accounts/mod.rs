//! Accounts: people who can sign in, and what they may do.
//!
//! A guest is a caller without an account: a token with an id of its own and no row. Passwords are
//! 8 to 128 characters of any kind, without rules of composition (NIST SP 800-63B, 3.1.1), and
//! are kept as argon2id.
//!
//! Invariant: an email belongs to one account, and the last admin stays one.

mod actions;
mod error;
mod http;
mod model;
mod store;

pub use actions::{create_admin, find_by_email};
pub use error::AccountError;
pub use http::routes;
pub use model::Account;
