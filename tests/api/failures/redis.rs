//! Redis loses answers, data, or time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use chrono::TimeDelta;
use fred::interfaces::{KeysInterface, LuaInterface};
use holdfast::board;
use holdfast::private_stores::PrivateRedis;
use sqlx::PgPool;

use super::{Stalled, until, until_confirming};
use crate::support::{Answer, Fault, Proxy, Sale, TestApp, noon, redis_url};

/// Forgets everything that Redis knows of the event.
async fn lose_board(app: &TestApp, sale: &Sale) {
    let nouns = ["seats", "holds", "deadlines", "holders", "meta"];
    let keys = nouns
        .map(|noun| format!("holdfast:{{{}}}:{noun}", sale.event_id))
        .to_vec();
    let n_lost: i64 = app
        .ctx
        .redis
        .next()
        .del(keys)
        .await
        .expect("keys are deleted");
    assert!(n_lost > 0);
}

async fn behind_a_proxy(db: &PgPool) -> (TestApp, Proxy) {
    let proxy = Proxy::start(&redis_url()).await;
    let noon = "2037-12-01T12:00:00Z".parse().expect("a time");
    let app = TestApp::start_with(db, &proxy.url, holdfast::clock::Clock::manual(noon)).await;
    (app, proxy)
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f2_a_booking_whose_board_was_not_told_stays_closed_until_it_is(db: PgPool) {
    let (app, proxy) = behind_a_proxy(&db).await;
    let sale = app.on_sale(1, 1).await;
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let stalled = Stalled::start(&app, &sale).await;

    let meanwhile = async {
        until_confirming(&app, &sale).await;
        proxy.set(Fault::Cut);
        stalled.end().await;
    };
    let (confirmed, ()) = tokio::join!(ana.confirm(&sale, &hold), meanwhile);
    confirmed.expect(201);
    proxy.set(Fault::None);
    until("Redis is back", async || {
        board::read_board(&app.ctx, sale.id()).await.is_ok()
    })
    .await;

    ben.place(&sale, &["S-A-1"])
        .await
        .expect_problem(409, "seats_unavailable");
    assert_eq!(sale.states().await, "h");
    app.ctx.clock.advance(TimeDelta::seconds(31));
    app.run_jobs().await;
    assert_eq!(sale.states().await, "b");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f3_a_lost_board_is_loaded_before_anything_is_answered_from_it(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 6).await;
    let (ana, ben, owner) = (app.guest(), app.guest(), &sale.owner);
    ana.book(&sale, &["S-A-1", "S-A-2"]).await;
    owner
        .post(
            &sale.path("/blocks"),
            serde_json::json!({"seats": ["S-A-3"], "reason": "camera"}),
        )
        .await
        .expect(204);
    let kept = ana.place(&sale, &["S-A-4"]).await.expect(201);
    let lost = ana.place(&sale, &["S-A-5"]).await.expect(201);

    lose_board(&app, &sale).await;
    let all = ["S-A-1", "S-A-2", "S-A-3"];
    let refused = ben
        .place(&sale, &all)
        .await
        .expect_problem(409, "seats_unavailable");
    let reasons: Vec<_> = refused["conflicts"]
        .as_array()
        .expect("conflicts")
        .iter()
        .map(|conflict| conflict["reason"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(reasons, ["booked", "booked", "blocked"]);

    // The token brings a hold back; without it the hold is gone, and its seat is anybody's.
    ana.confirm_by_token(&sale, &kept).await.expect(201);
    ana.confirm(&sale, &lost)
        .await
        .expect_problem(404, "not_found");
    ben.place(&sale, &["S-A-5"]).await.expect(201);
    ana.confirm_by_token(&sale, &lost)
        .await
        .expect_problem(409, "seats_unavailable");
    assert_eq!(sale.states().await, "bbxbh.");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f3_a_board_lost_under_a_confirm_costs_the_buyer_nothing(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 2).await;
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let stalled = Stalled::start(&app, &sale).await;

    let meanwhile = async {
        until_confirming(&app, &sale).await;
        lose_board(&app, &sale).await;
        // Loads the board in a new epoch, as soon as the event's lock allows.
        let load = ben.place(&sale, &["S-A-2"]);
        let (loaded, ()) = tokio::join!(load, stalled.end());
        loaded.expect(201);
    };
    let (confirmed, ()) = tokio::join!(ana.confirm(&sale, &hold), meanwhile);

    confirmed.expect(201);
    assert_eq!(sale.states().await, "bh");
    app.finish().await;
}

/// Repeats a request that is told to come again, as a client does: a board that is emptied faster
/// than it can be loaded has no other answer.
async fn persist(ask: impl AsyncFn() -> Answer) -> Answer {
    for _ in 0..50 {
        let answer = ask().await;
        if answer.status != 503 {
            return answer;
        }
        answer.expect_problem(503, "unavailable");
    }
    panic!("the service stays unavailable");
}

/// A Redis that is emptied again and again while buyers buy: no seat is lost or sold twice, and
/// every buyer with a token gets an honest answer.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f3_a_house_sells_out_while_redis_is_flushed(db: PgPool) {
    let launcher = std::path::Path::new(env!("CARGO_BIN_EXE_holdfast"));
    let redis = PrivateRedis::start_throwaway(launcher, &[]).expect("a Redis");
    let app = TestApp::start_with(&db, &redis.url(), noon()).await;
    let sale = app
        .on_sale_with(5, 20, serde_json::json!({"seats_per_person_max": 100}))
        .await;
    let n_left = AtomicUsize::new(5);

    let buyers = (0..5).map(|row| {
        let (caller, sale, n_left) = (app.guest(), &sale, &n_left);
        async move {
            for seat in 1..=20 {
                let seat = format!("S-{}-{seat}", ["A", "B", "C", "D", "E"][row]);
                let hold = persist(async || caller.place_keyed(sale, &[&seat], &seat).await).await;
                let hold = hold.expect(201);
                persist(async || caller.confirm_by_token(sale, &hold).await)
                    .await
                    .expect(201);
                let again = persist(async || caller.place(sale, &[&seat]).await).await;
                again.expect_problem(409, "seats_unavailable");
            }
            n_left.fetch_sub(1, Ordering::SeqCst);
        }
    });
    let flush = async {
        let mut n_flushed = 0;
        while n_left.load(Ordering::SeqCst) > 0 {
            redis.ask("FLUSHALL").expect("flushed");
            n_flushed += 1;
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        }
        n_flushed
    };
    let (_, n_flushed) = tokio::join!(futures::future::join_all(buyers), flush);

    assert!(n_flushed > 3, "{n_flushed}");
    assert_eq!(sale.states().await, "b".repeat(100));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f4_a_board_that_went_backwards_is_loaded_anew(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 3).await;
    let (ana, ben) = (app.guest(), app.guest());
    ana.place(&sale, &["S-A-3"]).await.expect(201);
    let redis = app.ctx.redis.next();
    let nouns = ["seats", "holds", "deadlines", "holders", "meta"];
    let keys = nouns.map(|noun| format!("holdfast:{{{}}}:{noun}", sale.event_id));
    let mut stale = Vec::new();
    for key in &keys {
        let dump: fred::types::Value = redis.dump(key).await.expect("a dump");
        stale.push(dump);
    }
    let before = sale
        .owner
        .get(&sale.path("/availability"))
        .await
        .expect(200);
    ana.book(&sale, &["S-A-1"]).await;

    // A replica that had not heard of the booking is promoted.
    for (key, dump) in keys.iter().zip(stale) {
        let script = "redis.call('DEL', KEYS[1]) return redis.call('RESTORE', KEYS[1], 0, ARGV[1])";
        let _: String = redis
            .eval(script, key.as_str(), dump)
            .await
            .expect("restored");
    }
    let refused = ben
        .place(&sale, &["S-A-1"])
        .await
        .expect_problem(409, "seats_unavailable");

    assert_eq!(refused["conflicts"][0]["reason"], "booked");
    let after = sale
        .owner
        .get(&sale.path("/availability"))
        .await
        .expect(200);
    assert!(
        after["epoch"].as_i64() > before["epoch"].as_i64(),
        "I6: {}",
        after.text
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f7_a_hold_whose_answer_was_swallowed_is_the_same_hold_when_asked_again(db: PgPool) {
    let (app, proxy) = behind_a_proxy(&db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    ana.place(&sale, &["S-A-4"]).await.expect(201);

    proxy.set(Fault::SwallowAnswers);
    let unknown = ana.place_keyed(&sale, &["S-A-1", "S-A-2"], "key-1").await;
    let unknown = unknown.expect_problem(503, "unavailable");
    assert_eq!(unknown["retryable"], true);
    assert!(proxy.n_swallowed() > 0);
    proxy.set(Fault::None);
    until("Redis is back", async || {
        board::read_board(&app.ctx, sale.id()).await.is_ok()
    })
    .await;
    let again = ana
        .place_keyed(&sale, &["S-A-1", "S-A-2"], "key-1")
        .await
        .expect(201);

    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(sale.states().await, "hh.h");
    ana.confirm(&sale, &again).await.expect(201);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f28_scripts_that_redis_has_forgotten_are_loaded_again(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 8).await;
    let ana = app.guest();

    for n in 1..=8 {
        app.ctx
            .redis
            .next()
            .script_flush(false)
            .await
            .expect("flushed");
        let seat = format!("S-A-{n}");
        let hold = ana.place(&sale, &[&seat]).await.expect(201);
        app.ctx
            .redis
            .next()
            .script_flush(false)
            .await
            .expect("flushed");
        ana.confirm(&sale, &hold).await.expect(201);
    }

    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_an_instance_that_starts_while_redis_is_away_finds_it_later(db: PgPool) {
    let proxy = Proxy::start(&redis_url()).await;
    proxy.set(Fault::Cut);
    let app = TestApp::start_with(&db, &proxy.url, noon()).await;
    let answers = async || holdfast::redis::ping(&app.ctx.redis).await.is_ok();
    assert!(!answers().await);

    proxy.set(Fault::None);

    until("Redis is found", answers).await;
    app.finish().await;
}

/// Connections that the service has to this test's database.
async fn n_connections(db: &PgPool) -> i64 {
    let count = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'holdfast'";
    sqlx::query_scalar(count)
        .fetch_one(db)
        .await
        .expect("a count")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn many_boards_that_redis_lacks_are_loaded_a_few_at_a_time(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let mut sales = Vec::new();
    for _ in 0..60 {
        sales.push(app.on_sale(1, 4).await);
    }
    for sale in &sales {
        let there = board::find_position(&app.ctx, sale.id()).await;
        assert_eq!(there.expect("a Redis"), board::Position::default());
    }

    let is_done = AtomicBool::new(false);
    let listing = async {
        let page = app.stranger().get("/v1/events?limit=60").await.expect(200);
        is_done.store(true, Ordering::SeqCst);
        page
    };
    let counting = async {
        let mut most = 0;
        while !is_done.load(Ordering::SeqCst) {
            most = most.max(n_connections(&db).await);
        }
        most
    };
    let (page, most) = tokio::join!(listing, counting);

    let items = page["items"].as_array().expect("items");
    assert!(
        items.iter().all(|item| item["seats"]["free"] == 4),
        "{}",
        page.text
    );
    assert_eq!(items.len(), 60);
    let config = &app.ctx.config;
    let in_pools = config.n_database_connections_max + config.n_confirm_connections;
    assert!(most <= i64::from(in_pools) + 4, "{most} connections");
    app.finish().await;
}
