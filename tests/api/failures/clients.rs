//! Callers who go away, come twice, or are late.

use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use holdfast::board;
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use super::{Stalled, settle, until, until_confirming};
use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f1_a_hold_that_expires_while_its_confirm_is_under_way_is_not_given_away(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 1).await;
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::milliseconds(599_950));
    let stalled = Stalled::start(&app, &sale).await;

    let meanwhile = async {
        until_confirming(&app, &sale).await;
        app.ctx.clock.advance(TimeDelta::seconds(20));
        settle(&app).await;
        let refused = ben
            .place(&sale, &["S-A-1"])
            .await
            .expect_problem(409, "seats_unavailable");
        assert_eq!(refused["conflicts"][0]["reason"], "held");
        stalled.end().await;
    };
    let (confirmed, ()) = tokio::join!(ana.confirm(&sale, &hold), meanwhile);

    confirmed.expect(201);
    assert_eq!(sale.states().await, "b");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f1_a_confirm_that_outlives_its_lease_never_meets_the_seat_with_another(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 1).await;
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let stalled = Stalled::start(&app, &sale).await;

    let meanwhile = async {
        until_confirming(&app, &sale).await;
        app.ctx.clock.advance(TimeDelta::seconds(31));
        settle(&app).await;
        let taken = ben.place(&sale, &["S-A-1"]).await.expect(201);
        stalled.end().await;
        taken
    };
    let (confirmed, taken) = tokio::join!(ana.confirm(&sale, &hold), meanwhile);

    confirmed.expect_problem(410, "hold_expired");
    ben.confirm(&sale, &taken).await.expect(201);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f9_a_confirm_cut_off_before_its_commit_ends_as_expired(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 1).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let hold_id = hold.text_of("hold_id").parse().expect("a hold id");
    let whose = (hold_id, ana.caller_id.expect("a guest"));

    // The instance that began it is gone.
    board::begin_confirm(&app.ctx, sale.id(), whose, "0badcafe")
        .await
        .expect("begun");
    app.ctx.clock.advance(TimeDelta::seconds(29));
    app.run_jobs().await;
    assert_eq!(sale.states().await, "h");
    ana.release(&sale, &hold)
        .await
        .expect_problem(409, "hold_confirming");
    app.ctx.clock.advance(TimeDelta::seconds(2));
    app.run_jobs().await;

    assert_eq!(sale.states().await, ".");
    ana.confirm_by_token(&sale, &hold)
        .await
        .expect_problem(410, "hold_expired");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f9_a_confirm_cut_off_is_taken_up_by_its_repeat(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 1).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let hold_id = hold.text_of("hold_id").parse().expect("a hold id");
    let whose = (hold_id, ana.caller_id.expect("a guest"));
    board::begin_confirm(&app.ctx, sale.id(), whose, "0badcafe")
        .await
        .expect("begun");

    ana.confirm(&sale, &hold).await.expect(201);

    assert_eq!(sale.states().await, "b");
    app.finish().await;
}

/// Decision 0005: what one attempt gives up, another may still be committing.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f15_a_hold_is_given_back_only_when_its_last_attempt_to_confirm_is(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 1).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let hold_id = hold.text_of("hold_id").parse().expect("a hold id");
    let whose = (hold_id, ana.caller_id.expect("a guest"));
    let mut epoch = 0;
    for attempt in ["aaaaaaaa", "bbbbbbbb", "aaaaaaaa"] {
        let begun = board::begin_confirm(&app.ctx, sale.id(), whose, attempt).await;
        let board::Begun::Confirming {
            epoch: begun_in, ..
        } = begun.expect("begun")
        else {
            panic!("the hold is live");
        };
        epoch = begun_in;
    }
    let abort = async |attempt| {
        let which = (hold_id, epoch);
        board::abort_confirm(&app.ctx, sale.id(), which, attempt, &[])
            .await
            .expect("aborted");
    };

    abort("aaaaaaaa").await;
    ana.release(&sale, &hold)
        .await
        .expect_problem(409, "hold_confirming");
    abort("aaaaaaaa").await;
    ana.release(&sale, &hold)
        .await
        .expect_problem(409, "hold_confirming");
    abort("bbbbbbbb").await;

    assert_eq!(ana.get_hold(&sale, &hold).await["state"], "held");
    ana.confirm(&sale, &hold).await.expect(201);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f11_a_caller_who_hangs_up_during_a_confirm_finds_one_booking(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(2, 15).await;

    for n in 0..30_u64 {
        let ana = app.guest();
        let seat = format!("S-{}-{}", ["A", "B"][usize::from(n >= 15)], n % 15 + 1);
        let hold = ana.place(&sale, &[&seat]).await.expect(201);
        let path = sale.path(&format!("/holds/{}/confirm", hold.text_of("hold_id")));
        let body = json!({"contact": {"name": "Ana", "email": "ana@example.org"}});
        let hung_up = ana
            .request(Method::POST, &path)
            .json(&body)
            .timeout(Duration::from_micros(300 * n + 1))
            .send()
            .await;
        drop(hung_up);

        let booking = ana.confirm(&sale, &hold).await;
        assert!([200, 201].contains(&booking.status), "{}", booking.text);
        let mine = ana.get("/v1/bookings").await.expect(200);
        assert_eq!(mine["items"].as_array().expect("bookings").len(), 1);
    }

    until("no confirm is under way", async || {
        !sale.states().await.contains('h')
    })
    .await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f40_no_booking_is_made_once_an_event_has_been_cancelled(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(4, 20).await;
    let mut buyers = Vec::new();
    for n in 0..80 {
        let caller = app.guest();
        let seat = format!("S-{}-{}", ["A", "B", "C", "D"][n / 20], n % 20 + 1);
        let hold = caller.place(&sale, &[&seat]).await.expect(201);
        buyers.push((caller, hold));
    }

    let confirms = join_all(
        buyers
            .iter()
            .map(|(caller, hold)| caller.confirm(&sale, hold)),
    );
    let cancel = async {
        until("a booking has been made", async || {
            let n: i64 = sqlx::query_scalar("SELECT count(*) FROM bookings")
                .fetch_one(&app.ctx.db)
                .await
                .expect("a count");
            n > 0
        })
        .await;
        sale.owner
            .post(&sale.path("/cancel"), json!({}))
            .await
            .expect(200);
        let n_made: i64 = sqlx::query_scalar("SELECT count(*) FROM bookings")
            .fetch_one(&app.ctx.db)
            .await
            .expect("a count");
        n_made
    };
    let (answers, n_made) = tokio::join!(confirms, cancel);

    let n_confirmed = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(i64::try_from(n_confirmed).expect("small"), n_made);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        answer.expect_problem(409, "event_not_on_sale");
    }
    app.run_jobs().await;
    let n_left: i64 = sqlx::query_scalar("SELECT count(*) FROM seat_bookings")
        .fetch_one(&app.ctx.db)
        .await
        .expect("a count");
    assert_eq!(n_left, 0, "bookings of a cancelled event are cancelled");
    app.finish().await;
}
