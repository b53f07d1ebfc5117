//! The program as people run it: real processes, started, stopped, killed and started again.
//!
//! Needs nothing but the programs of PostgreSQL and Redis: every test starts stores of its own.

mod audit;
mod bench;
mod command_line;
mod dev;
mod fallback;
#[path = "../shared/ports.rs"]
mod ports;
mod promoters;
mod serve;
mod stores;
mod support;
mod viewers;
