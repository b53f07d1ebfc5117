//! All SQL of the audit.

mod passes;
mod rules;

pub use passes::{
    claim, end_pass, find_epoch, list_events, move_on, n_open, pass_age, record_findings,
};
pub use rules::{EVENT_RULES, Rule, SCHEMA_RULES, bound, find_in_event, find_in_schema};
