//! `holdfast bench`: load on a running service, measured from outside and audited afterwards.
//!
//! Knows the service only through HTTP, as any client does, and shares no type with it. Arrival
//! times are fixed before the run and latency counts from them, so a stall is seen by everybody
//! who would have arrived meanwhile. What the service acknowledged is kept in a ledger; when the
//! load is over, the interface must still say the same.

mod arrivals;
mod audit;
mod client;
mod connection;
mod feed;
mod framing;
mod house;
mod http;
mod ledger;
mod options;
mod output;
mod pace;
mod recorder;
mod request;
mod run;
mod scenarios;
mod stage;
mod standing;
#[cfg(test)]
mod stub;
mod target;
mod times;
mod worker;

pub use http::{BareRoute, serve_bare_route};
pub use options::Bench;
pub use run::run;
