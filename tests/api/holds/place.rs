//! Placing a hold: all of the seats or none, and why not.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use super::{conflicts, seats};
use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_hold_says_what_is_held_for_how_much_and_until_when(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;

    let hold = app
        .guest()
        .place(&sale, &["S-A-2", "S-A-1"])
        .await
        .expect(201);

    assert_eq!(hold["event_id"], sale.event_id);
    assert_eq!(hold["state"], "held");
    let first = json!({
        "seat": "S-A-1", "section": "S", "row": "A", "number": "1", "category": "standard",
        "price": "49.50",
    });
    assert_eq!(hold["seats"][0], first);
    assert_eq!(seats(&hold), ["S-A-1", "S-A-2"]);
    assert_eq!(
        (&hold["total"], &hold["currency"]),
        (&json!("99.00"), &json!("EUR"))
    );
    assert_eq!(hold["placed_at"], "2037-12-01T12:00:00Z");
    assert_eq!(hold["now"], "2037-12-01T12:00:00Z");
    assert_eq!(hold["expires_at"], "2037-12-01T12:10:00Z");
    assert_eq!(hold["expires_in_seconds"], 600);
    assert_eq!(sale.states().await, "hh..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn every_seat_that_cannot_be_had_is_listed_with_its_reason(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 6).await;
    let (ana, ben) = (app.guest(), app.guest());
    ben.place(&sale, &["S-A-1"]).await.expect(201);
    ben.book(&sale, &["S-A-2"]).await;
    sale.block(&["S-A-3"]).await.expect(204);
    app.write_seat(&sale, 3, "w").await;

    let all = ["S-A-1", "S-A-2", "S-A-3", "S-A-4", "S-A-5"];
    let refused = ana.place(&sale, &all).await;

    let refused = refused.expect_problem(409, "seats_unavailable");
    let expected = [
        ("S-A-1", "held"),
        ("S-A-2", "booked"),
        ("S-A-3", "blocked"),
        ("S-A-4", "kept"),
    ];
    assert_eq!(refused["conflicts"], conflicts(&expected));
    assert_eq!(refused["retryable"], true);
    assert_eq!(sale.states().await, "hbxx..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_callers_own_hold_is_in_the_way_of_another(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    ana.place(&sale, &["S-A-1"]).await.expect(201);

    let refused = ana.place(&sale, &["S-A-1", "S-A-2"]).await;

    let refused = refused.expect_problem(409, "seats_unavailable");
    assert_eq!(refused["conflicts"], conflicts(&[("S-A-1", "held")]));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn every_unknown_seat_is_named(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;

    let refused = app.guest().place(&sale, &["S-A-1", "S-Z-1", "s-a-2"]).await;

    let refused = refused.expect_problem(422, "unknown_seats");
    assert_eq!(refused["seats"], json!(["S-Z-1", "s-a-2"]));
    assert_eq!(sale.states().await, "....");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_is_on_sale_can_be_held_and_nothing_else(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.draft_with(1, 4, json!({})).await;
    let ana = app.guest();

    ana.place(&sale, &["S-A-1"])
        .await
        .expect_problem(404, "not_found");
    let draft = sale.owner.place(&sale, &["S-A-1"]).await;
    let draft = draft.expect_problem(409, "event_not_on_sale");
    assert_eq!(draft["state"], "draft");
    sale.apply("open").await;
    ana.place(&sale, &["S-A-1"]).await.expect(201);
    for (verb, state) in [
        ("pause", "paused"),
        ("close", "closed"),
        ("cancel", "cancelled"),
    ] {
        sale.apply(verb).await;
        let refused = ana.place(&sale, &["S-A-2"]).await;
        let refused = refused.expect_problem(409, "event_not_on_sale");
        assert_eq!(refused["state"], state);
    }

    assert_eq!(sale.states().await, "h...");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn seats_are_held_only_within_the_sale_window(db: PgPool) {
    let app = TestApp::start(db).await;
    let window = json!({
        "sales_open_at": "2037-12-01T13:00:00Z", "sales_close_at": "2037-12-01T14:00:00Z",
    });
    let sale = app.on_sale_with(1, 4, window).await;
    let ana = app.guest();
    let advance = |ms| app.ctx.clock.advance(chrono::TimeDelta::milliseconds(ms));

    let refused = ana.place(&sale, &["S-A-1"]).await;
    let refused = refused.expect_problem(409, "event_not_on_sale");
    assert_eq!(refused["state"], "on_sale");
    assert_eq!(refused["sales_open_at"], "2037-12-01T13:00:00Z");
    assert_eq!(refused["sales_close_at"], "2037-12-01T14:00:00Z");
    advance(3_599_999);
    ana.place(&sale, &["S-A-1"])
        .await
        .expect_problem(409, "event_not_on_sale");
    advance(1);
    ana.place(&sale, &["S-A-1"]).await.expect(201);
    advance(3_599_999);
    let last = ana.place(&sale, &["S-A-2"]).await.expect(201);
    advance(1);
    ana.place(&sale, &["S-A-3"])
        .await
        .expect_problem(409, "event_not_on_sale");
    let added = ana.change(&sale, &last, &["S-A-3"], &[]).await;
    added.expect_problem(409, "event_not_on_sale");

    ana.confirm(&sale, &last).await.expect(201);
    app.run_jobs().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn without_a_closing_time_seats_are_sold_until_the_event_starts(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app
        .on_sale_with(1, 2, json!({"starts_at": "2037-12-01T13:00:00Z"}))
        .await;
    let ana = app.guest();

    app.ctx.clock.advance(TimeDelta::milliseconds(3_599_999));
    ana.place(&sale, &["S-A-1"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::milliseconds(1));
    let refused = ana.place(&sale, &["S-A-2"]).await;

    refused.expect_problem(409, "event_not_on_sale");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_event_that_does_not_exist_has_no_seats(db: PgPool) {
    let app = TestApp::start(db).await;
    let mut nowhere = app.on_sale(1, 4).await;
    nowhere.event_id = app.ctx.ids.next::<holdfast::id::EventId>().to_string();

    let refused = app.guest().place(&nowhere, &["S-A-1"]).await;

    refused.expect_problem(404, "not_found");
    app.finish().await;
}
