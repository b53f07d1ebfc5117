//! Holdfast sells seats: the ones a buyer points at, to exactly one buyer each.
//!
//! The code map. A file at the root is infrastructure; a folder is a domain. A module uses only
//! modules above it in this list; a blank line starts the next rank. `tests/tidy` checks it.
#![warn(clippy::unwrap_used, clippy::expect_used)]

pub mod clock;

pub mod id;

pub mod money;

pub mod postgres;

pub mod lanes;

pub mod redis;

pub mod problem;

pub mod page;

pub mod variables;

pub mod config;

pub mod telemetry;

pub mod tasks;

pub mod channels;

pub mod context;

pub mod request;

pub mod document;

pub mod auth;

pub mod seal;

pub mod limits;

pub mod idempotency;

pub mod outbox;

pub mod jobs;

pub mod accounts;

pub mod venues;

pub mod events;

pub mod board;

pub mod holds;

pub mod bookings;

pub mod availability;

pub mod sales;

pub mod waitlist;

pub mod audit;

pub mod deliveries;

pub mod mails;

pub mod webhooks;

pub mod notifications;

pub mod contract;

pub mod docs;

pub mod pages;

pub mod middleware;

pub mod operations;

pub mod server;

pub mod app;

pub mod private_stores;

pub mod demonstration;

pub mod dev;

pub mod with_stores;

pub mod venue_files;

pub mod bench;

pub mod commands;
