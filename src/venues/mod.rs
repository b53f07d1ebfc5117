//! Venues: the templates that admins upload, and the sections, rows and seats they generate.
//!
//! Invariant: a version, once stored, never changes; the same label is the same seat in every
//! version of a venue.

mod actions;
mod built_in;
mod error;
mod http;
mod model;
mod store;
mod svg;
mod template;

pub use built_in::{BUILT_IN, find_built_in_layout, load_built_in};
pub use error::VenueError;
pub use http::routes;
pub use model::{Bounds, Category, Layout, Point, SeatPlace, Seating, Section};
pub use store::{LayoutDocument, find_layout, seating};
pub use svg::draw_svg;
pub use template::{
    Checked, MediaType, ProblemCode, SectionSummary, Severity, TemplateProblem, check,
};
