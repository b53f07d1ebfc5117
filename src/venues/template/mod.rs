//! Venue templates: compact documents, as YAML or JSON, that people write and seats come from.
//!
//! `read` turns a document into a tree in which everything knows its line and column, and the tree
//! into a [`spec::Template`]; `generate` turns a template into seats. Both go on after a mistake,
//! so that one pass finds them all. Nothing is allocated by a number from a document before that
//! number has been compared with its limit. docs/venue-templates.md explains the format.

mod check;
mod counts;
mod figures;
mod frame;
mod generate;
mod labels;
mod layout;
mod limits;
mod looks;
mod numbering;
mod overlap;
mod problems;
mod read;
mod spec;
mod tree;

pub use check::{Checked, MediaType, SectionSummary, check};
pub use problems::{ProblemCode, Severity, TemplateProblem};

#[cfg(test)]
mod tests;
