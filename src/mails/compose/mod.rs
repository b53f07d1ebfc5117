//! From a message to a mail: whom it is for, the facts that templates fill in, and what goes with
//! it.

mod booking;
mod facts;
mod letter;
mod waitlist;

pub use facts::Facts;
pub use letter::{Composed, compose};
