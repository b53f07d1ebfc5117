//! PostgreSQL stops, in the middle of things.
