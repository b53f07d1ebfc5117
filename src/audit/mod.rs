//! Audit: checks on the live system, without stopping it, that what must always hold does hold.
//!
//! The invariants I1 to I6 and I8 to I10 of ARCHITECTURE.md; I7 is for viewers to check. Repairs
//! mend boards from PostgreSQL, never the other way round.

mod actions;
mod jobs;
mod model;
mod store;

pub use actions::audit;
pub use jobs::audit_in_background;
pub use model::Breach;
