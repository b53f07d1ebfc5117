//! The failure cases of the design, by number: what goes wrong in production, done on purpose.

mod clients;
mod cut_off;
mod fallback;
mod feed;
mod postgres;
mod promoters;
mod redis;
mod returns;
mod settling;
mod states;
mod waitlist;

use std::time::Duration;

use holdfast::board;
use sqlx::{Connection, PgConnection, PgPool};

use crate::support::{Sale, TestApp};

pub use waitlist::{count, promote, sold_out};

/// Keeps confirms and cancels of an event waiting in PostgreSQL, until dropped.
pub struct Stalled(PgConnection);

impl Stalled {
    pub async fn start(app: &TestApp, sale: &Sale) -> Self {
        Self::start_on(&app.ctx.db, sale).await
    }

    /// As [`Stalled::start`], by a connection to that database.
    pub async fn start_on(db: &PgPool, sale: &Sale) -> Self {
        let options = db.connect_options();
        let mut connection = PgConnection::connect_with(&options)
            .await
            .expect("a connection");
        sqlx::query("SELECT pg_advisory_lock($1)")
            .bind(holdfast::postgres::event_lock(sale.id()))
            .execute(&mut connection)
            .await
            .expect("the event's lock");
        Self(connection)
    }

    pub async fn end(self) {
        self.0.close().await.expect("the lock is let go");
    }
}

/// Runs the jobs that end holds: they need no lock of an event, and mend no seat.
pub async fn settle(app: &TestApp) {
    let names = ["expire_due_holds", "settle_confirming_holds"];
    let jobs = holdfast::app::JOBS.iter().copied();
    let jobs: Vec<_> = jobs.filter(|job| names.contains(&job.name)).collect();
    holdfast::jobs::run_all(&app.ctx, &jobs).await;
}

/// Waits until a seat of the event is being confirmed.
pub async fn until_confirming(app: &TestApp, sale: &Sale) {
    until("a seat is being confirmed", async || {
        let board = board::read_board(&app.ctx, sale.id())
            .await
            .expect("a board");
        board.seats.contains(&b'c')
    })
    .await;
}

/// Waits until a statement that names the table waits for somebody's lock.
pub async fn until_blocked(db: &PgPool, table: &str) {
    until("a statement waits for a lock", async || {
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'
                   AND position($1 IN query) > 0)",
        )
        .bind(table)
        .fetch_one(db)
        .await
        .expect("an answer")
    })
    .await;
}

/// Waits for a condition that something outside the test brings about; ten seconds at most.
pub async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let patience = tokio::time::timeout(Duration::from_secs(10), async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(patience.await.is_ok(), "waited in vain until {what}");
}
