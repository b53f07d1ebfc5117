//! The board's verbs while Redis is away: the same arguments and answers as the scripts', carried
//! out by transactions of PostgreSQL (decision 0026).
//!
//! Invariant: a change locks the board's row first, so that changes of one event happen one after
//! the other, as in Redis; what a verb has read then holds until it commits. The header of a verb's
//! script says what it takes and answers; a walk of the tests compares both with one model.

mod confirms;
mod desk;
mod holds;
mod load;
mod read;
mod record;
mod rows;
mod seats;
mod telling;
mod verbs;
mod waiting;

pub use load::{clear, close, write};
pub use read::{carry_over, find_hold_of_seat, find_position, list_holds, read_carried, read_left};
pub use record::{Carried, Record};
use verbs::{Answer, Args};
pub use verbs::{Kind, ask};
