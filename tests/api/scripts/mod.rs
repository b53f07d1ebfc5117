//! The board's scripts on broken keys, forgotten scripts, full memory and a wrong clock (F24-F28).

mod board;
mod broken_keys;
mod clock_skew;
mod load;
mod redis_trouble;
mod repaired;
