//! Events: one performance in one venue, with its prices, its sale window and its limits.
//!
//! `draft → on_sale ⇄ paused`, either of these `→ closed`, and any of them `→ cancelled`. What was
//! never opened is its owner's alone; everything else is public. Events write PostgreSQL only: the
//! board follows, and compares versions to see that it is behind.
//!
//! Invariant: the layout version is frozen when the event is made (F39); the prices cover exactly
//! its categories; `version` goes up with every edit and every change of state.

mod actions;
mod error;
mod http;
mod model;
mod store;

pub use actions::{BOARDS_NUDGE, check_visible, find_owned, list, reach_of, view};
pub(crate) use actions::{apply, create};
pub use error::EventError;
pub use http::routes;
pub(crate) use model::CreateEvent;
pub use model::{
    BoardMode, Event, EventFilter, EventPrice, EventState, EventVenue, EventView, Reach, Sale,
    StateConflict, Terms, Verb,
};
pub use store::{find, reload_sale, sale};
