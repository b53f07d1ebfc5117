//! Every Lua script, and the SQL that loads and checks a board.

mod begin;
mod blocks;
mod call;
mod channel;
mod confirm;
mod fallback;
mod hold;
mod instances;
mod load;
mod loads;
mod locks;
mod modes;
mod place;
mod read;
mod repair;
mod retire;
mod seats;
mod switch;
mod together;
mod told;
mod turns;
mod waiting;
mod waitlist;

pub use begin::{Begun, begin_confirm};
pub use blocks::{delete_blocks, insert_blocks};
pub use call::{position_seen, see_position};
pub use channel::{Changes, Heard, listen};
pub use confirm::{
    Aborted, abort_confirm, expire_confirming, finish_confirm, finish_confirm_in_part,
};
pub use hold::{Changed, Extended, Released, change_hold, extend_hold, release_hold};
pub use instances::{beat, lacks_redis, list as list_instances, reaches_redis, regain_redis};
pub use load::{Truth, find_position, follow_epoch, list_changed_events, list_live_events, truth};
pub use locks::{detached, lock_board, lock_event, unlock_board};
pub use modes::{News, is_any_fallen_back, learn, list_in_postgres, list_in_redis};
pub use place::{NewHold, Placed, place_hold};
pub use read::{find_hold, find_hold_of_seat, list_holds, read_board, read_board_of};
pub use repair::{Repair, find_last_holders, repair_board};
pub use retire::{list_over, retire_board};
pub use seats::{
    FreeingTerm, Swept, begin_freeing, block_seats, expire_holds, free_blocked_seats,
    free_booked_seats, set_sale, take_overdue,
};
pub use switch::{clear_left, fall_back, fence, go_back};
pub use told::{HoldNews, TOLD_KINDS, Told, ToldEntry, ToldPosition, read_told, stop_telling};
pub use turns::in_turn_to_block;
pub use waiting::{
    KEPT_NUDGE, Offered, Refused, find_holds, keep_free_seats, let_go_kept_seats, offer_kept_seats,
    set_waiting,
};
pub use waitlist::OFFER_MEMORY_MS;
