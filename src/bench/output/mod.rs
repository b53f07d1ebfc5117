//! What a load found, for people and for programs.

mod histogram;
mod html;
mod json;
mod machine;
mod plot;
mod results;
mod table;

pub use html::page;
pub use json::json;
pub use machine::{Machine, cpu_time_of_thread};
pub use results::{Results, write};
pub use table::table;
