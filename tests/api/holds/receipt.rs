//! Hold tokens: they bring a hold back that its board has lost.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use super::{conflicts, seats};
use crate::support::{Answer, Caller, Sale, TestApp};

/// Confirms with that token.
async fn confirm_with_token(caller: &Caller, sale: &Sale, hold: &Answer, token: &str) -> Answer {
    let token = json!({"hold_token": token});
    caller.confirm_with(sale, hold, token).await
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_lost_hold_is_confirmed_with_its_token_and_not_without(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);
    app.lose_board(&sale).await;

    let without = ana.confirm(&sale, &hold).await;
    let with = ana.confirm_by_token(&sale, &hold).await;
    let again = ana.confirm_by_token(&sale, &hold).await;

    without.expect_problem(404, "not_found");
    let with = with.expect(201);
    assert_eq!(with["hold_id"], hold["hold_id"]);
    assert_eq!(with["total"], "99.00");
    assert_eq!(seats(&with), ["S-A-1", "S-A-2"]);
    assert_eq!(again.expect(200).body, with.body);
    assert_eq!(sale.states().await, "bb..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_lost_board_comes_back_with_its_bookings_and_without_its_holds(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let confirmed = ana.place(&sale, &["S-A-2"]).await.expect(201);
    let booking = ana.confirm(&sale, &confirmed).await.expect(201);

    app.lose_board(&sale).await;

    assert_eq!(sale.states().await, ".b..");
    ana.get_hold(&sale, &hold)
        .await
        .expect_problem(404, "not_found");
    let again = ana.confirm(&sale, &confirmed).await.expect(200);
    assert_eq!(again.body, booking.body);
    ben.confirm(&sale, &confirmed)
        .await
        .expect_problem(404, "not_found");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_token_keeps_the_price_that_was_quoted(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    sale.reprice("60.00").await;
    app.lose_board(&sale).await;

    let booking = ana.confirm_by_token(&sale, &hold).await.expect(201);

    assert_eq!(booking["total"], "49.50");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn only_a_genuine_token_of_this_hold_and_holder_counts(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, other_sale) = (app.on_sale(1, 4).await, app.on_sale(1, 4).await);
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let other_hold = ana.place(&sale, &["S-A-2"]).await.expect(201);
    let elsewhere = ana.place(&other_sale, &["S-A-1"]).await.expect(201);
    app.lose_board(&sale).await;

    let genuine = hold.text_of("hold_token");
    let forged = format!(
        "{}.{}",
        genuine.split('.').next().expect("a part"),
        "A".repeat(43)
    );
    let tokens = [
        forged,
        "x".to_owned(),
        format!("{genuine}A"),
        other_hold.text_of("hold_token"),
        elsewhere.text_of("hold_token"),
    ];
    for token in tokens {
        let refused = confirm_with_token(&ana, &sale, &hold, &token).await;
        let refused = refused.expect_problem(422, "validation_failed");
        assert_eq!(refused["errors"][0]["pointer"], "/hold_token", "{token}");
    }
    let stolen = ben.confirm_by_token(&sale, &hold).await;
    let stolen = stolen.expect_problem(422, "validation_failed");
    assert_eq!(stolen["errors"][0]["pointer"], "/hold_token");
    let empty = confirm_with_token(&ana, &sale, &hold, "").await;
    empty.expect_problem(422, "validation_failed");
    assert_eq!(sale.states().await, "....");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_token_carries_the_deadline_it_was_given_with(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(300));
    let extended = ana.extend(&sale, &hold).await.expect(200);
    app.lose_board(&sale).await;
    app.ctx.clock.advance(TimeDelta::seconds(300));

    let old = ana.confirm_by_token(&sale, &hold).await;
    let new = ana.confirm_by_token(&sale, &extended).await;

    let old = old.expect_problem(410, "hold_expired");
    assert_eq!(old["expired_at"], "2037-12-01T12:10:00Z");
    new.expect(201);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_token_outlives_its_hold_in_no_other_way(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    app.lose_board(&sale).await;
    app.ctx.clock.advance(TimeDelta::seconds(600));

    let late = ana.confirm_by_token(&sale, &hold).await;

    let late = late.expect_problem(410, "hold_expired");
    assert_eq!(late["expired_at"], hold["expires_at"]);
    assert_eq!(sale.states().await, "....");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn seats_that_were_taken_meanwhile_are_not_brought_back(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana
        .place(&sale, &["S-A-1", "S-A-2", "S-A-3"])
        .await
        .expect(201);
    app.lose_board(&sale).await;
    ben.place(&sale, &["S-A-1"]).await.expect(201);
    ben.book(&sale, &["S-A-3"]).await;

    let refused = ana.confirm_by_token(&sale, &hold).await;

    let refused = refused.expect_problem(409, "seats_unavailable");
    let expected = [("S-A-1", "held"), ("S-A-3", "booked")];
    assert_eq!(refused["conflicts"], conflicts(&expected));
    assert_eq!(sale.states().await, "h.b.");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_token_opens_no_event_that_is_not_on_sale(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    sale.apply("pause").await;
    app.lose_board(&sale).await;

    let refused = ana.confirm_by_token(&sale, &hold).await;
    sale.apply("open").await;
    let booked = ana.confirm_by_token(&sale, &hold).await;

    let refused = refused.expect_problem(409, "event_not_on_sale");
    assert_eq!(refused["state"], "paused");
    booked.expect(201);
    app.finish().await;
}
