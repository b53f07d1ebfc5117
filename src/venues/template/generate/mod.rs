//! From a template to seats: each section in its own frame, row by row, then the marks, then the
//! labels and indexes.

mod draft;
mod marks;
mod places;
mod rows;
mod sections;
mod tables;
mod uses;

pub(super) use draft::{Drawn, point};
pub(super) use sections::{generate, n_seats_of};
