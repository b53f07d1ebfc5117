//! Audit: checks on the live system, without stopping it, that what must always hold does hold.
//!
//! The invariants I1 to I6 and I8 to I10 of ARCHITECTURE.md. Repairs mend boards from PostgreSQL,
//! never the other way round.

mod actions;
mod model;
mod store;

pub use actions::audit;
pub use model::Breach;
