//! A running service, callers, and what they need to begin with.

mod answer;
mod app;
mod caller;
mod fixtures;

pub use answer::Answer;
pub use app::TestApp;
pub use caller::Caller;
