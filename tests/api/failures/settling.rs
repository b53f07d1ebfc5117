//! Confirms that end between their beginning and what the board is told.

use chrono::TimeDelta;
use holdfast::{board, bookings};
use sqlx::PgPool;

use super::{Stalled, settle, until, until_confirming};
use crate::support::{Answer, Caller, Fault, Proxy, Sale, TestApp, noon, redis_url};

/// Longer than a lease.
const OVERDUE: TimeDelta = TimeDelta::seconds(31);

/// Longer than whoever cancels seats may take to free them.
const TOO_LATE_TO_FREE: TimeDelta = TimeDelta::seconds(61);

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f9_a_key_that_is_used_again_books_no_seat_that_nobody_booked(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 3).await;
    let ana = app.guest();
    let first = ana.place_keyed(&sale, &["S-A-1"], "k").await.expect(201);
    ana.confirm(&sale, &first).await.expect(201);
    app.lose_board(&sale).await;
    let second = ana.place_keyed(&sale, &["S-A-2"], "k").await.expect(201);
    assert_eq!(second["hold_id"], first["hold_id"]);

    // Whoever began to confirm it is gone.
    app.begin_confirm(&sale, &ana, &second).await;
    app.ctx.clock.advance(OVERDUE);
    settle(&app).await;

    assert_eq!(sale.states().await, "b..");
    app.finish().await;
}

/// Books the first two seats, which the board is not told: it has them as confirming.
async fn book_unheard((app, proxy): (&TestApp, &Proxy), sale: &Sale, ana: &Caller) -> Answer {
    let hold = ana.place(sale, &["S-A-1", "S-A-2"]).await.expect(201);
    let stalled = Stalled::start(app, sale).await;
    let cut = async {
        until_confirming(app, sale).await;
        proxy.set(Fault::Cut);
        stalled.end().await;
    };
    let (booking, ()) = tokio::join!(ana.confirm(sale, &hold), cut);
    proxy.set(Fault::None);
    until("Redis is back", async || {
        board::read_board(&app.ctx, sale.id()).await.is_ok()
    })
    .await;
    booking.expect(201)
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f2_seats_that_were_cancelled_before_the_board_was_told_are_free(db: PgPool) {
    let proxy = Proxy::start(&redis_url()).await;
    let app = TestApp::start_with(&db, &proxy.url, noon()).await;
    let sale = app.on_sale(1, 3).await;
    let ana = app.guest();
    let booking = book_unheard((&app, &proxy), &sale, &ana).await;
    ana.cancel_seats(&booking, &["S-A-2"]).await.expect(200);
    assert_eq!(sale.states().await, "hh.");

    app.ctx.clock.advance(TOO_LATE_TO_FREE);
    settle(&app).await;

    assert_eq!(sale.states().await, "b..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f16_who_stands_still_before_freeing_meets_nobody_else(db: PgPool) {
    for cancelled in [&["S-A-2"][..], &["S-A-1", "S-A-2"]] {
        let proxy = Proxy::start(&redis_url()).await;
        let app = TestApp::start_with(&db, &proxy.url, noon()).await;
        let sale = app.on_sale(1, 3).await;
        let (ana, ben) = (app.guest(), app.guest());
        let booking = book_unheard((&app, &proxy), &sale, &ana).await;
        let epoch = board::position_seen(&app.ctx, sale.id()).epoch;
        let term = board::begin_freeing(&app.ctx, sale.id()).await.unwrap();
        ana.cancel_seats(&booking, cancelled).await.expect(200);

        // Repeated, or named by the sweep: somebody finishes the confirm.
        ana.confirm(&sale, &booking).await.expect(200);
        let is_sold = ben.place(&sale, &["S-A-2"]).await.status == 201;
        let indexes: Vec<u32> = (2 - u32::try_from(cancelled.len()).unwrap()..2).collect();
        let whose = (epoch, ana.caller_id.unwrap());
        board::free_booked_seats(&app.ctx, sale.id(), whose, &indexes, term)
            .await
            .unwrap();

        assert!(!is_sold, "while somebody may still free it");
        app.ctx.clock.advance(TOO_LATE_TO_FREE);
        settle(&app).await;
        let left = if cancelled.len() == 1 { "b.." } else { "..." };
        assert_eq!(sale.states().await, left);
        ben.book(&sale, &["S-A-2"]).await;
        app.finish().await;
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f9_a_hold_whose_commit_is_waited_for_keeps_no_other_from_its_end(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let sale = app.on_sale(1, 2).await;
    let ana = app.guest();
    let slow = ana.place(&sale, &["S-A-1"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(1));
    let other = ana.place(&sale, &["S-A-2"]).await.expect(201);
    app.begin_confirm(&sale, &ana, &slow).await;
    app.begin_confirm(&sale, &ana, &other).await;
    let mut commit = db.begin().await.expect("a transaction");
    sqlx::query(
        "INSERT INTO hold_outcomes (event_id, hold_id, outcome, ended_at)
         VALUES ($1, $2::text::uuid, 'expired', now())",
    )
    .bind(sale.id().0)
    .bind(slow.text_of("hold_id"))
    .execute(&mut *commit)
    .await
    .expect("an outcome");
    app.ctx.clock.advance(OVERDUE);

    // As PostgreSQL ends the wait when it has been long.
    let end_the_wait = until("somebody waits for the commit", async || {
        let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event = 'transactionid'";
        let ended: i64 = sqlx::query_scalar(ended).fetch_one(&db).await.expect("it");
        ended == 1
    });
    tokio::join!(settle(&app), end_the_wait);
    assert_eq!(sale.states().await, "h.");
    commit.commit().await.expect("committed");
    app.ctx.clock.advance(OVERDUE);
    settle(&app).await;

    assert_eq!(sale.states().await, "..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f8_a_confirm_that_cannot_read_its_event_leaves_the_hold_its_holders(db: PgPool) {
    let (proxy, proxied) = Proxy::start_before(&db).await;
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 1).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let other = TestApp::start_with(&proxied, &redis_url(), app.ctx.clock.clone()).await;
    proxy.set(Fault::Cut);

    let failed = ana.at(&other).confirm(&sale, &hold).await;

    failed.expect_problem(503, "unavailable");
    assert_eq!(ana.get_hold(&sale, &hold).await["state"], "held");
    ana.release(&sale, &hold).await.expect(204);
    assert_eq!(sale.states().await, ".");
    other.stop().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f7_a_confirm_whose_beginning_is_not_answered_leaves_the_hold_its_holders(db: PgPool) {
    let proxy = Proxy::start(&redis_url()).await;
    let app = TestApp::start_with(&db, &proxy.url, noon()).await;
    let sale = app.on_sale(1, 1).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);

    proxy.set(Fault::SwallowAnswers);
    let failed = ana.confirm(&sale, &hold).await;
    failed.expect_problem(503, "unavailable");
    proxy.set(Fault::None);

    until("the attempt is taken back", async || {
        ana.get_hold(&sale, &hold).await["state"] == "held"
    })
    .await;
    ana.release(&sale, &hold).await.expect(204);
    assert_eq!(sale.states().await, ".");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f2_who_finishes_second_leaves_what_was_sold_again(db: PgPool) {
    let proxy = Proxy::start(&redis_url()).await;
    let app = TestApp::start_with(&db, &proxy.url, noon()).await;
    let other = TestApp::start_with(&db, &redis_url(), app.ctx.clock.clone()).await;
    let sale = app.on_sale(1, 3).await;
    let (ana, ben) = (app.guest(), app.guest());
    let booking = book_unheard((&app, &proxy), &sale, &ana).await;
    // The board names the hold to each instance in turn.
    ana.cancel_seats(&booking, &["S-A-2"]).await.expect(200);
    app.ctx.clock.advance(TOO_LATE_TO_FREE);
    board::expire_holds(&other.ctx, sale.id()).await.unwrap();
    app.ctx.clock.advance(TimeDelta::seconds(6));
    settle(&app).await;
    assert_eq!(sale.states().await, "b..");
    ben.book(&sale, &["S-A-2"]).await;

    bookings::settle_confirming_holds(&other.ctx).await.unwrap();

    assert_eq!(sale.states().await, "bb.");
    other.stop().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f7_a_refused_confirm_whose_end_is_not_answered_leaves_the_hold_its_holders(db: PgPool) {
    let proxy = Proxy::start(&redis_url()).await;
    let app = TestApp::start_with(&db, &proxy.url, noon()).await;
    let sale = app.on_sale(1, 1).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let stalled = Stalled::start(&app, &sale).await;
    let pause = async {
        until_confirming(&app, &sale).await;
        sqlx::query("UPDATE events SET state = 'paused'")
            .execute(&db)
            .await
            .expect("an event");
        proxy.set(Fault::Cut);
        stalled.end().await;
    };

    let (refused, ()) = tokio::join!(ana.confirm(&sale, &hold), pause);

    refused.expect_problem(409, "event_not_on_sale");
    proxy.set(Fault::None);
    until("the attempt is taken back", async || {
        ana.get_hold(&sale, &hold).await["state"] == "held"
    })
    .await;
    app.finish().await;
}
