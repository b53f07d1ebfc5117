//! The service through its HTTP interface, on a real PostgreSQL and a real Redis.
//!
//! Needs `DATABASE_URL` (a database for each test is made beside it) and `REDIS_URL`.

#[path = "../shared/ports.rs"]
mod ports;
mod support;

mod access;
mod accounts;
mod audit;
mod availability;
mod bad_input;
mod blocks;
mod bookings;
mod cluster;
mod contract;
mod deliveries;
mod events;
mod failures;
mod holds;
mod idempotency;
mod limits;
mod live;
mod mails;
mod migrations;
mod notifications;
mod operations;
mod queries;
mod races;
mod random_walk;
mod roles;
mod sales;
mod schema;
mod scripts;
mod venues;
mod waitlist;
mod webhooks;
