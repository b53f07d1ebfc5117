//! The live seat map: what viewers are told, when, and how many may watch.

mod audience;
mod messages;
mod out_of_touch;
mod restless;
