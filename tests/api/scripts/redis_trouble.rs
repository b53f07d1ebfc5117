//! A Redis that forgets its scripts (F28) or has no memory left (F26).

use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::join_all;
use futures::join;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Caller, PrivateRedis, Sale, TestApp, noon};

async fn hold_and_release(caller: Caller, sale: &Sale, seat: String) {
    for _ in 0..40 {
        let hold = caller.place(sale, &[&seat]).await.expect(201);
        caller.extend(sale, &hold).await.expect(200);
        caller.release(sale, &hold).await.expect(204);
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn no_caller_notices_that_redis_forgets_its_scripts(db: PgPool) {
    let redis = PrivateRedis::start().await;
    let app = TestApp::start_with(&db, &redis.url(), noon()).await;
    let sale = app.on_sale(1, 6).await;

    let is_done = AtomicBool::new(false);
    let mut n_flushes = 0;
    let forget = async {
        use fred::interfaces::LuaInterface;
        while !is_done.load(Ordering::SeqCst) {
            let flushed = app.ctx.redis.next().script_flush(false).await;
            flushed.expect("scripts to flush");
            n_flushes += 1;
        }
    };
    let sell = async {
        let seats = (1..=6).map(|n| format!("S-A-{n}"));
        join_all(seats.map(|seat| hold_and_release(app.guest(), &sale, seat))).await;
        is_done.store(true, Ordering::SeqCst);
    };
    join!(forget, sell);

    assert!(n_flushes > 100, "only {n_flushes} flushes");
    assert_eq!(sale.states().await, "......");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn full_memory_refuses_every_verb_and_changes_nothing(db: PgPool) {
    let redis = PrivateRedis::start().await;
    let app = TestApp::start_with(&db, &redis.url(), noon()).await;
    let sale = app.on_sale(1, 6).await;
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let booking = ana.book(&sale, &["S-A-2"]).await;
    let key = |noun: &str| format!("holdfast:{{{}}}:{noun}", sale.event_id);
    let keys = ["seats", "holds", "deadlines", "holders", "meta"].map(key);
    let dump = || keys.each_ref().map(|key| redis.command(&["DUMP", key]));

    let before = dump();
    redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
    let owner = &sale.owner;
    let blocks = sale.path("/blocks");
    let refused = [
        ben.place(&sale, &["S-A-3"]).await,
        ana.change(&sale, &hold, &["S-A-4"], &[]).await,
        ana.extend(&sale, &hold).await,
        ana.release(&sale, &hold).await,
        ana.confirm(&sale, &hold).await,
        owner
            .post(&blocks, json!({"seats": ["S-A-5"], "reason": "repairs"}))
            .await,
    ];

    for answer in refused {
        let answer = answer.expect_problem(503, "unavailable");
        assert_eq!(answer.header("retry-after"), "1");
    }
    assert_eq!(dump(), before);
    // PostgreSQL decides what is booked: the cancellation stands, its seat waits for the board.
    ana.cancel(&booking).await.expect(200);
    assert_eq!(dump(), before);

    redis.command(&["CONFIG", "SET", "maxmemory", "0"]);
    ana.confirm(&sale, &hold).await.expect(201);
    ben.place(&sale, &["S-A-3"]).await.expect(201);
    app.ctx.clock.advance(chrono::TimeDelta::minutes(2));
    app.run_jobs().await;
    assert_eq!(sale.states().await, "b.h.x.");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f53_a_redis_that_will_not_write_counts_as_away(db: PgPool) {
    let redis = PrivateRedis::start().await;
    let app = TestApp::start_with(&db, &redis.url(), noon()).await;
    let sale = app.on_sale(1, 3).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let expect_refusals = async || {
        for answer in [
            ana.place(&sale, &["S-A-2"]).await,
            ana.release(&sale, &hold).await,
            ana.confirm(&sale, &hold).await,
        ] {
            answer.expect_problem(503, "unavailable");
        }
    };

    redis.command(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    expect_refusals().await;
    redis.command(&["CONFIG", "SET", "min-replicas-to-write", "0"]);

    // Without its folder it cannot save, and with times for saving it then refuses to write.
    let folder = redis.command(&["CONFIG", "GET", "dir"]);
    std::fs::remove_dir_all(folder.lines().nth(1).expect("a folder")).expect("it can go");
    redis.command(&["CONFIG", "SET", "save", "3600 1"]);
    redis.command(&["BGSAVE"]);
    while !redis
        .command(&["INFO", "persistence"])
        .contains("rdb_last_bgsave_status:err")
    {
        tokio::task::yield_now().await;
    }
    expect_refusals().await;
    redis.command(&["CONFIG", "SET", "save", ""]);

    ana.confirm(&sale, &hold).await.expect(201);
    assert_eq!(sale.states().await, "b..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn memory_that_runs_out_between_the_steps_of_a_confirm_loses_no_booking(db: PgPool) {
    let redis = PrivateRedis::start().await;
    let app = TestApp::start_with(&db, &redis.url(), noon()).await;
    let sale = app.on_sale(1, 2).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);

    // The commit waits for the event's lock, so memory runs out after the confirm began.
    let lock = holdfast::postgres::event_lock(sale.id());
    let mut tx = app.ctx.db.begin().await.expect("a transaction");
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(lock)
        .execute(&mut *tx)
        .await
        .expect("a lock");
    let run_out = async {
        while sale.states_confirming(&redis).await != "c." {}
        redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
        tx.commit().await.expect("the lock goes");
    };
    let (booking, ()) = join!(ana.confirm(&sale, &hold), run_out);

    let booking = booking.expect(201);
    redis.command(&["CONFIG", "SET", "maxmemory", "0"]);
    let again = ana.confirm(&sale, &hold).await.expect(200);
    assert_eq!(again["booking_id"], booking["booking_id"]);
    assert_eq!(sale.states().await, "b.");
    app.finish().await;
}

impl Sale {
    /// Every seat's byte as Redis has it.
    async fn states_confirming(&self, redis: &PrivateRedis) -> String {
        let key = format!("holdfast:{{{}}}:seats", self.event_id);
        let seats = redis.command(&["GET", &key]).trim().to_owned();
        tokio::task::yield_now().await;
        seats
    }
}
