//! The board: the seats of one event on sale and their holds, in Redis, or while an instance does
//! not reach Redis in PostgreSQL. Nothing else knows where.
//!
//! A seat is free, held, confirming, booked, blocked or kept. Each verb is one Lua script, so it
//! happens whole or not at all. Deadlines are decided by Redis' clock.
//!
//! Invariant: a board without an epoch is not an empty board: it is loaded from PostgreSQL before
//! anything is answered from it, and a board that went backwards is loaded again.

mod actions;
mod change;
mod error;
mod http;
mod jobs;
mod mode;
mod model;
mod store;

pub use actions::{Finding, list_overdue, may_be_freed_still, reconcile};
pub use change::Change;
pub use error::BoardError;
pub use http::{find_seats, routes};
pub use jobs::{beat, follow_boards, keep_boards, move_boards, reconcile_boards, retire_boards};
pub use model::{
    Conflict, HeldSeat, Hold, HoldState, Position, SEATS_PER_CALL_MAX, SeatState, Snapshot,
};
pub use store::{
    Aborted, Begun, Changed, Changes, Extended, FreeingTerm, Heard, HoldNews, KEPT_NUDGE, NewHold,
    OFFER_MEMORY_MS, Offered, Placed, Refused, Released, Swept, TOLD_KINDS, Told, ToldEntry,
    ToldPosition, abort_confirm, begin_confirm, begin_freeing, change_hold, expire_confirming,
    expire_holds, extend_hold, fall_back, find_hold, find_hold_of_seat, find_holds, find_position,
    finish_confirm, finish_confirm_in_part, follow_epoch, free_booked_seats, go_back,
    is_any_fallen_back, keep_free_seats, let_go_kept_seats, list_live_events, listen,
    offer_kept_seats, place_hold, position_seen, read_board, read_told, release_hold, see_position,
    set_waiting, stop_telling, take_overdue,
};
