//! Redis is away: boards are in PostgreSQL meanwhile.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use holdfast::board;
use holdfast::clock::Clock;
use holdfast::private_stores::PrivateRedis;
use serde_json::json;
use sqlx::{PgPool, Postgres, Transaction};

use super::{Stalled, until, until_confirming};
use crate::support::{Answer, Sale, TestApp, config, noon, redis_url};

/// An instance that may fall back.
pub async fn start(db: &PgPool, redis_url: &str, clock: &Clock) -> TestApp {
    let settings = [
        ("REDIS_URL", redis_url),
        ("HOLDFAST_REDIS_DOWN_AFTER_SECONDS", "5"),
        ("HOLDFAST_REDIS_BACK_AFTER_SECONDS", "10"),
        ("HOLDFAST_DATABASE_CONNECTIONS_MAX", "12"),
    ];
    TestApp::start_configured(config(db, &settings), clock.clone()).await
}

/// What every instance does each second, for some seconds.
pub async fn pass(apps: &[&TestApp], n_seconds: i64) {
    for _ in 0..n_seconds {
        apps[0].ctx.clock.advance(TimeDelta::seconds(1));
        for app in apps {
            board::beat(&app.ctx).await.expect("a beat");
        }
        for app in apps {
            board::follow_boards(&app.ctx).await.expect("modes");
            board::move_boards(&app.ctx).await.expect("moved");
        }
    }
}

pub async fn mode(app: &TestApp) -> String {
    let mode = sqlx::query_scalar("SELECT board_mode FROM events");
    mode.fetch_one(&app.ctx.db).await.expect("an event")
}

pub async fn n_epochs(app: &TestApp) -> i64 {
    let n_epochs = sqlx::query_scalar("SELECT count(*) FROM board_epochs");
    n_epochs.fetch_one(&app.ctx.db).await.expect("a count")
}

pub async fn until_redis_is_back(app: &TestApp) {
    until("Redis is back", async || {
        fred::interfaces::ClientLike::ping::<String>(app.ctx.redis.next(), None)
            .await
            .is_ok()
    })
    .await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_sales_go_on_without_redis_and_its_return_costs_no_hold(db: PgPool) {
    let launcher = std::path::Path::new(env!("CARGO_BIN_EXE_holdfast"));
    let mut redis = PrivateRedis::start_throwaway(launcher, &[]).expect("a Redis");
    let clock = noon();
    let app = start(&db, &redis.url(), &clock).await;
    let sale = app.on_sale(1, 8).await;
    let (ana, ben) = (app.guest(), app.guest());
    ana.book(&sale, &["S-A-1"]).await;
    let before = ana.place(&sale, &["S-A-2"]).await.expect(201);
    let mut viewer = app.stranger().watch(&sale).await;
    viewer.until("bh......").await;
    pass(&[&app], 2).await;

    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(redis.pid().cast_signed()),
        nix::sys::signal::Signal::SIGKILL,
    )
    .expect("Redis is killed");
    until("Redis is away", async || {
        ben.place(&sale, &["S-A-3"]).await.status == 503
    })
    .await;
    pass(&[&app], 6).await;
    assert_eq!(mode(&app).await, "postgres");

    // A hold from before comes back by its token; new ones are placed, changed and confirmed.
    let refused = ben.place(&sale, &["S-A-1"]).await;
    refused.expect_problem(409, "seats_unavailable");
    ana.confirm_by_token(&sale, &before).await.expect(201);
    let kept = ben.place(&sale, &["S-A-3", "S-A-4"]).await.expect(201);
    let sold = ben.place(&sale, &["S-A-5"]).await.expect(201);
    let booking = ben.confirm(&sale, &sold).await.expect(201);
    ben.cancel(&booking).await.expect(200);
    let released = ana.place(&sale, &["S-A-6"]).await.expect(201);
    ana.release(&sale, &released).await.expect(204);
    viewer.until("bbhh....").await;
    assert_eq!(sale.states().await, "bbhh....");
    let is_ready = app.stranger().get("/readyz").await;
    assert_eq!(is_ready.status, 200, "{}", is_ready.text);

    redis.restart().expect("Redis starts again");
    until_redis_is_back(&app).await;
    pass(&[&app], 9).await;
    assert_eq!(mode(&app).await, "postgres");
    pass(&[&app], 3).await;
    assert_eq!(mode(&app).await, "redis");

    let found = ben.get_hold(&sale, &kept).await.expect(200);
    assert_eq!(found["state"], "held");
    assert_eq!(found["expires_at"], kept["expires_at"]);
    assert_eq!(found["total"], kept["total"]);
    ana.place(&sale, &["S-A-3"])
        .await
        .expect_problem(409, "seats_unavailable");
    ben.confirm(&sale, &kept).await.expect(201);
    viewer.until("bbbb....").await;
    let n_left: i64 = sqlx::query_scalar("SELECT count(*) FROM fallback_boards")
        .fetch_one(&app.ctx.db)
        .await
        .expect("a count");
    assert_eq!(n_left, 0, "nothing is left of the board in PostgreSQL");
    app.finish().await;
}

/// Everybody wants the same few seats, at two instances, while the board goes to and fro.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_no_seat_has_two_holders_whichever_store_has_the_board(db: PgPool) {
    let here = start(&db, &redis_url(), &noon()).await;
    let there = start(&db, &redis_url(), &here.ctx.clock.clone()).await;
    let sale = here.on_sale(1, 10).await;
    let callers: Vec<_> = (0..40)
        .map(|n| {
            if n % 2 == 0 {
                here.guest()
            } else {
                there.guest()
            }
        })
        .collect();
    let buy = async |n: usize| {
        let seat = format!("S-A-{}", n % 10 + 1);
        let hold = persist(async || callers[n].place_keyed(&sale, &[&seat], "once").await).await;
        if hold.status != 201 {
            hold.expect_problem(409, "seats_unavailable");
            return None;
        }
        let booking = persist(async || callers[n].confirm_by_token(&sale, &hold).await).await;
        Some((seat, booking.expect(201).text_of("booking_id")))
    };
    let to_and_fro = async {
        for _ in 0..3 {
            board::fall_back(&there.ctx, sale.id())
                .await
                .expect("moved");
            board::go_back(&here.ctx, sale.id()).await.expect("moved");
        }
    };

    let (sold, ()) = tokio::join!(join_all((0..40).map(&buy)), to_and_fro);

    let sold: HashMap<_, _> = sold.into_iter().flatten().collect();
    assert_eq!(sold.len(), 10, "{sold:?}");
    assert_eq!(here.guest().states_of(&sale).await, "b".repeat(10));
    assert!(n_epochs(&here).await >= 6);
    there.stop().await;
    here.finish().await;
}

/// Repeats what is told to come again.
async fn persist(ask: impl AsyncFn() -> Answer) -> Answer {
    for _ in 0..100 {
        let answer = ask().await;
        if answer.status != 503 {
            return answer;
        }
    }
    panic!("the service stays unavailable");
}

pub async fn fallen_back(app: &TestApp, n_seats: u32, settings: serde_json::Value) -> Sale {
    let sale = app.on_sale_with(1, n_seats, settings).await;
    assert!(board::fall_back(&app.ctx, sale.id()).await.expect("moved"));
    sale
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_without_redis_one_of_many_wins_a_seat_and_nobody_passes_their_limit(db: PgPool) {
    let app = start(&db, &redis_url(), &noon()).await;
    let sale = fallen_back(&app, 12, json!({"seats_per_person_max": 4})).await;
    let callers: Vec<_> = (0..30).map(|_| app.guest()).collect();

    let wins = callers
        .iter()
        .map(|caller| persist(async || caller.place(&sale, &["S-A-1", "S-A-2"]).await));
    let answers = join_all(wins).await;
    let winners: Vec<_> = answers.iter().filter(|it| it.status == 201).collect();
    assert_eq!(winners.len(), 1);

    let greedy = app.guest();
    let seats: Vec<String> = (3..=12).map(|n| format!("S-A-{n}")).collect();
    let takes = seats
        .iter()
        .map(|seat| persist(async || greedy.place(&sale, &[seat.as_str()]).await));
    let answers = join_all(takes).await;
    let n_had = answers.iter().filter(|it| it.status == 201).count();
    assert_eq!(n_had, 4, "I10");
    for refused in answers.into_iter().filter(|it| it.status != 201) {
        refused.expect_problem(409, "hold_limit_reached");
    }

    // Seats in any order, by everybody at once: nobody waits for another for ever (F18).
    let any = callers.iter().enumerate().map(|(n, caller)| {
        let seats = [format!("S-A-{}", n % 6 + 7), format!("S-A-{}", 12 - n % 6)];
        let sale = &sale;
        persist(async move || {
            let seats = [seats[0].as_str(), seats[1].as_str()];
            caller.place(sale, &seats).await
        })
    });
    let ids: HashSet<_> = join_all(any).await.iter().map(|it| it.status).collect();
    assert!(ids.is_subset(&HashSet::from([201, 409])), "{ids:?}");
    app.finish().await;
}

/// Keeps every verb waiting that changes a board in PostgreSQL.
async fn lock_boards(app: &TestApp) -> Transaction<'static, Postgres> {
    let mut lock = app.ctx.db.begin().await.expect("a transaction");
    sqlx::query("SELECT FROM fallback_boards FOR UPDATE")
        .execute(&mut *lock)
        .await
        .expect("the boards are locked");
    lock
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_more_than_postgresql_serves_at_a_time_are_told_to_come_again(db: PgPool) {
    let app = start(&db, &redis_url(), &noon()).await;
    let mut sales = Vec::new();
    for _ in 0..10 {
        sales.push(fallen_back(&app, 1, json!({})).await);
    }
    let lock = lock_boards(&app).await;

    let callers: Vec<_> = sales.iter().map(|_| app.guest()).collect();
    let places = callers.iter().zip(&sales);
    let places = places.map(|(caller, sale)| caller.place(sale, &["S-A-1"]));
    let mut places: FuturesUnordered<_> = places.collect();
    // Half of twelve connections wait for a board each.
    for _ in 0..4 {
        let refused = places.next().await.expect("an answer");
        let refused = refused.expect_problem(503, "unavailable");
        assert_eq!(refused.header("retry-after"), "1");
    }
    lock.rollback().await.expect("unlocked");
    let answers: Vec<Answer> = places.collect().await;

    assert_eq!(answers.iter().filter(|it| it.status == 201).count(), 6);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_a_crowd_for_one_event_waits_for_two_turns(db: PgPool) {
    let app = start(&db, &redis_url(), &noon()).await;
    let sale = fallen_back(&app, 2, json!({})).await;
    app.guest().place(&sale, &["S-A-2"]).await.expect(201);
    let lock = lock_boards(&app).await;

    let callers: Vec<_> = (0..20).map(|_| app.guest()).collect();
    let places = join_all(callers.iter().map(|caller| caller.place(&sale, &["S-A-1"])));
    let unlocking = async {
        // Longer than a turn is waited for.
        tokio::time::sleep(Duration::from_millis(600)).await;
        lock.rollback().await.expect("unlocked");
    };
    let (answers, ()) = tokio::join!(places, unlocking);

    assert_eq!(answers.iter().filter(|it| it.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|it| it.status == 409).count(), 19);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_a_confirm_under_way_when_the_board_moves_makes_one_booking(db: PgPool) {
    let app = start(&db, &redis_url(), &noon()).await;
    let sale = app.on_sale(1, 2).await;
    let (ana, ben) = (app.guest(), app.guest());

    for (seat, falls_back) in [("S-A-1", true), ("S-A-2", false)] {
        let hold = ana.place(&sale, &[seat]).await.expect(201);
        let stalled = Stalled::start(&app, &sale).await;
        let moving = async {
            until_confirming(&app, &sale).await;
            let ctx = app.ctx.clone();
            let event_id = sale.id();
            // Waits for the event's lock together with the confirm.
            let moved = async {
                match falls_back {
                    true => board::fall_back(&ctx, event_id).await,
                    false => board::go_back(&ctx, event_id).await,
                }
            };
            let (moved, ()) = tokio::join!(moved, stalled.end());
            assert!(moved.expect("moved"));
        };
        let (confirmed, ()) = tokio::join!(ana.confirm(&sale, &hold), moving);

        confirmed.expect(201);
        ben.place(&sale, &[seat])
            .await
            .expect_problem(409, "seats_unavailable");
    }
    assert_eq!(sale.states().await, "bb");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_a_confirm_that_was_cut_off_in_another_epoch_leaves_the_hold_its_time(db: PgPool) {
    let app = start(&db, &redis_url(), &noon()).await;
    let sale = app.on_sale(1, 1).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    app.begin_confirm(&sale, &ana, &hold).await;
    app.ctx.clock.advance(TimeDelta::seconds(20));

    board::fall_back(&app.ctx, sale.id()).await.expect("moved");

    let found = ana.get_hold(&sale, &hold).await.expect(200);
    assert_eq!(found["state"], "held");
    let expires_at = found.text_of("expires_at");
    assert!(
        expires_at.starts_with("2037-12-01T12:10:20"),
        "{expires_at}"
    );
    ana.release(&sale, &hold).await.expect(204);
    assert_eq!(sale.states().await, ".");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_mode_of_an_epoch_is_one_and_the_schema_says_so(db: PgPool) {
    let app = start(&db, &redis_url(), &noon()).await;
    let sale = fallen_back(&app, 1, json!({})).await;

    let db = &db;
    let change = async |statement: &'static str| sqlx::query(statement).execute(db).await;
    let alone = change("UPDATE events SET board_mode = 'redis'").await;
    let again =
        change("INSERT INTO board_epochs SELECT event_id, epoch, 'redis' FROM board_epochs");
    let back = change("UPDATE events SET board_epoch = board_epoch - 1");
    let elsewhere = change("UPDATE fallback_boards SET epoch = epoch - 1");
    for refused in [alone, again.await, back.await, elsewhere.await] {
        let error = refused.expect_err("refused").to_string();
        assert!(error.contains("epoch"), "{error}");
    }
    assert_eq!(sale.states().await, ".");
    app.finish().await;
}
