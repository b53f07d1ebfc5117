//! `Idempotency-Key`: the same POST by one caller is run once, and answered alike for 24 hours.
//!
//! A key is `running` under a lease, then `answered`, or forgotten when its answer invites another
//! try. The run is a task of its own: a client that goes away cannot cut it off between doing the
//! work and keeping the answer. A run is ended before its lease, so no two runs overlap; one that
//! died with its process is run again when the lease is over, so what a handler does must be safe
//! to repeat. Requests without a valid token are not covered: nobody owns their keys. Answers are
//! sealed: some carry a secret or a token.

mod http;
mod store;

pub use http::{KEY_CHARS_MAX, ROUTES_WITHOUT_KEPT_ANSWERS, read_key, replay_layer};
pub use store::prune;
