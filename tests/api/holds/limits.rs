//! How many seats a hold and a person may have, and how often somebody may try.

use chrono::TimeDelta;
use fred::interfaces::HashesInterface;
use holdfast::board::SEATS_PER_CALL_MAX;
use holdfast::{board, bookings};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::seats;
use crate::support::{Sale, TestApp};

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_seat_that_is_named_twice_counts_once(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app
        .on_sale_with(1, 4, json!({"seats_per_hold_max": 1}))
        .await;

    let hold = app.guest().place(&sale, &["S-A-1", "S-A-1", "S-A-1"]).await;

    let hold = hold.expect(201);
    assert_eq!(seats(&hold), ["S-A-1"]);
    assert_eq!(hold["total"], "49.50");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_hold_has_no_more_seats_than_the_event_allows(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app
        .on_sale_with(1, 4, json!({"seats_per_hold_max": 2}))
        .await;

    let refused = app.guest().place(&sale, &["S-A-1", "S-A-2", "S-A-3"]).await;

    let refused = refused.expect_problem(422, "validation_failed");
    assert_eq!(refused["errors"][0]["pointer"], "/seats");
    assert_eq!(sale.states().await, "....");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_list_of_seats_that_cannot_be_says_where(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let long = "x".repeat(101);
    let too_many = vec!["S-A-1"; SEATS_PER_CALL_MAX + 1];
    let cases = [
        (json!([]), "/seats"),
        (json!(too_many), "/seats"),
        (json!(["S-A-1", ""]), "/seats/1"),
        (json!([long]), "/seats/0"),
    ];

    for (seats, pointer) in cases {
        let refused = ana
            .post(&sale.path("/holds"), json!({"seats": seats}))
            .await;

        let refused = refused.expect_problem(422, "validation_failed");
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    app.finish().await;
}

/// F36
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_whole_house_in_one_request_is_refused(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let house = |label: &str| -> Value { (0..10_000).map(|_| label).collect() };

    let short = ana
        .post(&sale.path("/holds"), json!({"seats": house("A")}))
        .await;
    let long = ana
        .post(&sale.path("/holds"), json!({"seats": house("STALLS-A-1")}))
        .await;

    short.expect_problem(422, "validation_failed");
    long.expect_problem(413, "payload_too_large");
    app.finish().await;
}

/// I10
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_persons_holds_and_bookings_count_together(db: PgPool) {
    let app = TestApp::start(db).await;
    let limits = json!({"seats_per_hold_max": 2, "seats_per_person_max": 3});
    let sale = app.on_sale_with(1, 8, limits).await;
    let (ana, ben) = (app.guest(), app.guest());

    let booking = ana.book(&sale, &["S-A-1"]).await;
    let hold = ana.place(&sale, &["S-A-2"]).await.expect(201);
    let refused = ana.place(&sale, &["S-A-3", "S-A-4"]).await;
    let refused = refused.expect_problem(409, "hold_limit_reached");
    assert_eq!(
        (&refused["limit"], &refused["held"]),
        (&json!(3), &json!(2))
    );
    ben.place(&sale, &["S-A-3", "S-A-4"]).await.expect(201);
    let third = ana.place(&sale, &["S-A-5"]).await.expect(201);
    let refused = ana.change(&sale, &third, &["S-A-6"], &[]).await;
    let refused = refused.expect_problem(409, "hold_limit_reached");
    assert_eq!(
        (&refused["limit"], &refused["held"]),
        (&json!(3), &json!(3))
    );

    ana.release(&sale, &hold).await.expect(204);
    ana.place(&sale, &["S-A-6"]).await.expect(201);
    ana.place(&sale, &["S-A-7"])
        .await
        .expect_problem(409, "hold_limit_reached");
    ana.cancel(&booking).await.expect(200);
    ana.place(&sale, &["S-A-7"]).await.expect(201);
    ana.place(&sale, &["S-A-8"])
        .await
        .expect_problem(409, "hold_limit_reached");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn bookings_count_after_the_board_was_lost(db: PgPool) {
    let app = TestApp::start(db).await;
    let limits = json!({"seats_per_hold_max": 2, "seats_per_person_max": 2});
    let sale = app.on_sale_with(1, 4, limits).await;
    let ana = app.guest();
    ana.book(&sale, &["S-A-1"]).await;

    app.lose_board(&sale).await;

    let refused = ana.place(&sale, &["S-A-2", "S-A-3"]).await;
    let refused = refused.expect_problem(409, "hold_limit_reached");
    assert_eq!(
        (&refused["limit"], &refused["held"]),
        (&json!(2), &json!(1))
    );
    ana.place(&sale, &["S-A-2"]).await.expect(201);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn who_tries_too_often_is_told_when_to_come_back(db: PgPool) {
    let often = [("HOLDFAST_HOLD_CHANGES_PER_MINUTE", "3")];
    let app = TestApp::start_set(&db, &often).await;
    let sale = app.on_sale(1, 4).await;
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    ana.change(&sale, &hold, &["S-A-2"], &[]).await.expect(200);
    ana.extend(&sale, &hold).await.expect(200);

    let placed = ana.place(&sale, &["S-A-3"]).await;
    let changed = ana.change(&sale, &hold, &["S-A-3"], &[]).await;
    let extended = ana.extend(&sale, &hold).await;
    let confirmed = ana.confirm(&sale, &hold).await;

    for refused in [placed, changed, extended, confirmed] {
        let refused = refused.expect_problem(429, "rate_limited");
        assert_eq!(refused.header("retry-after"), "20");
    }
    ben.place(&sale, &["S-A-3"]).await.expect(201);
    ana.release(&sale, &hold).await.expect(204);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_body_is_no_request_with_other_members(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let hold = format!("/holds/{}", hold.text_of("hold_id"));

    for (method, path) in [(Method::POST, "/holds"), (Method::PATCH, hold.as_str())] {
        let request = ana.request(method, &sale.path(path));
        let body = json!({"seats": ["S-A-2"], "places": ["S-A-2"]});
        let refused = ana.send(request.json(&body)).await;

        refused.expect_problem(400, "malformed_request");
    }
    app.finish().await;
}

/// The board keeps a number for each person who has seats, and for nobody else.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn who_let_go_of_every_seat_leaves_nothing_behind(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 6).await;
    let [released, lapsed, swapped, cancelled, cut_off] = [(); 5].map(|()| app.guest());
    let holder = released.place(&sale, &["S-A-1"]).await.expect(201);
    released.release(&sale, &holder).await.expect(204);
    let booking = cancelled.book(&sale, &["S-A-2"]).await;
    cancelled.cancel(&booking).await.expect(200);
    let hold = swapped.place(&sale, &["S-A-3"]).await.expect(201);
    swapped
        .change(&sale, &hold, &["S-A-4"], &["S-A-3"])
        .await
        .expect(200);
    lapsed.place(&sale, &["S-A-5"]).await.expect(201);
    let hold = cut_off.place(&sale, &["S-A-6"]).await.expect(201);
    app.begin_confirm(&sale, &cut_off, &hold).await;
    assert_eq!(n_holders(&app, &sale).await, 3);

    app.ctx.clock.advance(TimeDelta::seconds(600));
    board::expire_holds(&app.ctx, sale.id()).await.unwrap();
    bookings::settle_confirming_holds(&app.ctx).await.unwrap();

    assert_eq!(n_holders(&app, &sale).await, 0);
    app.finish().await;
}

async fn n_holders(app: &TestApp, sale: &Sale) -> i64 {
    let key = format!("holdfast:{{{}}}:holders", sale.id());
    app.ctx.redis.next().hlen(key).await.expect("a Redis")
}
