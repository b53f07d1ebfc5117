//! All SQL about venues, and the seatings kept in memory.

mod find;
mod insert;
mod seating;

pub(super) use find::{
    BuiltIn, StoredTemplate, Venue, VenueFilter, VenueSummary, VersionHead, find_built_in,
    find_template, find_venue, find_version_head, had_document, list_venues, quoted,
};
pub use find::{LayoutDocument, find_layout};
pub(super) use insert::{NewVersion, advance_version, insert_seats, insert_venue, insert_version};
pub use seating::seating;
