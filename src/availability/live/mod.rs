//! The live seat map: what viewers are told, who may watch, and how far each viewer is.
//!
//! A message is encoded once, and compressed once, for all viewers. A viewer is a cursor into its
//! copy's ring: one who reads slowly costs no memory, and is told everything anew once the ring
//! has passed.

mod audience;
mod message;
mod viewer;

pub use audience::Audience;
pub use message::Message;
pub use viewer::{Viewer, parse_position};
