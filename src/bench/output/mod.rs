//! What a load found, for people and for programs.

mod histogram;
mod json;
mod machine;
mod results;
mod table;

pub use json::json;
pub use machine::Machine;
pub use results::{Results, write};
pub use table::table;
