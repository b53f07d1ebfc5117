//! From a tree to a template: each part is read by itself, so that a mistake in one hides none in
//! another. What could not be read is absent from the template and present in the problems.

mod fields;
mod marks;
mod rows;
mod sections;
mod tables;
mod template;
mod values;

pub(super) use template::read_template;
