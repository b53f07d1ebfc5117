//! All SQL of the waitlist. What changes who waits is one statement and raises the waitlist's
//! version in it: a process that stands still in between keeps no lock.

mod decisions;
mod entries;
mod offers;
mod overview;
mod placed;
mod queue;
mod skips;
mod terms;

pub use decisions::{LogFilter, LogItem, NewLog, insert_log, list_log, prune};
pub use entries::{
    EntryFilter, NewEntry, count_ahead, find, find_all, find_newest, insert, list, move_to,
    take_out, verify,
};
pub use offers::{Claim, ClaimTimes, Ending, Offer, OfferEnd, claim, end_offers, list_live_offers};
pub use overview::{Demand, LiveOffer, count_by_state, find_live_offers};
pub use placed::{PlacedOffer, mark_placed, sync_offer};
pub use queue::{
    QueueNow, count, is_drained, lapse_entries, list_active_events, list_offered_seats,
    list_waiting, mark_drained, now, queue,
};
pub use skips::{record_skips, rest};
pub use terms::{find_terms, put_terms};
