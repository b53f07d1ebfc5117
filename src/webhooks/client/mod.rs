//! One request to somebody's server, which may be anybody's: addresses are checked and pinned,
//! times and sizes bounded, redirects answers like any other.

mod address;
mod connect;
mod request;

pub use address::is_public;
pub use request::{Answer, Request, post};
