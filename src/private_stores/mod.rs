//! A PostgreSQL and a Redis of one's own, for `holdfast dev` and for tests.
//!
//! Children of this process that listen on Unix sockets only. As root they run as another user,
//! since PostgreSQL refuses root. They stop with the value that stands for them, and also when
//! this process is killed. Kept data survives either; throw-away data is removed.
//!
//! Invariant: a store holds a lock on its folder as its standard input, so that never two servers
//! write one folder, not even one that is still dying and its successor.

mod both;
mod child;
mod error;
mod folder;
mod launcher;
mod postgres;
mod programs;
mod redis;
mod server;

pub use both::PrivateStores;
pub use error::StoresError;
pub use folder::server_user;
pub use launcher::{Launch, launch};
pub use postgres::PrivatePostgres;
pub use programs::{postgres_folder, redis_server};
pub use redis::PrivateRedis;
