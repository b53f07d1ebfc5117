//! People who join the waitlist of a sold-out house, and seats that come free for them.

mod attend;
mod crowd;
mod judge;

pub use attend::wait_for_seats;
pub use crowd::Crowd;
