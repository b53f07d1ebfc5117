//! Venues: the templates that admins upload, and the sections, rows and seats they generate.
//!
//! Invariant: a version, once stored, never changes; the same label is the same seat in every
//! version of a venue.

mod error;
mod model;
mod store;

pub use error::VenueError;
pub use model::{Bounds, Category, Layout, Point, SeatPlace, Seating, Section};
pub use store::{find_layout, seating};
