//! Copies of boards in this process: fed by the boards' channels, checked by position.
//!
//! Invariant: a copy is exactly the board at its position. It hears the channel first and reads
//! the board then; each change must be the next revision, or the board is read again; and it is
//! compared with the board every few seconds, since a lost last message leaves no trace. A copy
//! whose channel is down, or that has not been confirmed for a while, is not answered from; in the
//! second case it has no viewers either.

mod copy;
mod keeper;
mod picture;
mod ring;
mod shelf;

pub use copy::{Copy, Cursor, Seen};
pub use shelf::{Room, Viewing, seen, seen_if_loaded, view};
