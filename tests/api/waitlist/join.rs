//! Joining and leaving.

use serde_json::json;
use sqlx::PgPool;

use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn whoever_can_buy_now_need_not_wait(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let (seller, ana) = (app.guest(), app.guest());
    seller.book(&sale, &["S-A-2"]).await;

    let refused = ana
        .join(&sale, 2)
        .await
        .expect_problem(409, "seats_available");
    assert_eq!(refused["seats"], json!(["S-A-3", "S-A-4"]));
    ana.join(&sale, 3).await.expect(201);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_person_and_a_mail_address_wait_once(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 2).await;
    let (seller, ana, ben) = (app.guest(), app.guest(), app.guest());
    seller.book(&sale, &["S-A-1", "S-A-2"]).await;
    let contact = json!({"name": "Ana", "email": "Ana@example.org"});
    ana.join_with(&sale, json!({"contact": contact}))
        .await
        .expect(201);

    ana.join(&sale, 1)
        .await
        .expect_problem(409, "already_waiting");
    let contact = json!({"name": "Ben", "email": "ana@EXAMPLE.org"});
    let again = ben.join_with(&sale, json!({"contact": contact})).await;
    again.expect_problem(409, "already_waiting");
    ana.leave(&sale).await.expect(204);
    ana.leave(&sale).await.expect(204);
    ben.join_with(&sale, json!({"contact": contact}))
        .await
        .expect(201);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_wish_that_the_house_can_never_meet_is_refused(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(2, 3).await;
    let ana = app.guest();

    for (members, pointer) in [
        (json!({"quantity": 4}), "/quantity"),
        (json!({"quantity": 7}), "/quantity"),
        (json!({"quantity": 0}), "/quantity"),
        (json!({"quantity": 1, "price_max": "49.49"}), "/quantity"),
        (json!({"quantity": 1, "price_max": "0.001"}), "/price_max"),
        (
            json!({"quantity": 1, "sections": ["S", "T"]}),
            "/sections/1",
        ),
        (
            json!({"quantity": 1, "categories": ["vip"]}),
            "/categories/0",
        ),
        (
            json!({"contact": {"name": "Ana", "email": "nobody"}}),
            "/contact/email",
        ),
    ] {
        let refused = ana
            .join_with(&sale, members)
            .await
            .expect_problem(422, "validation_failed");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{}", refused.text);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_waitlist_can_be_closed_and_full(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 1).await;
    let (seller, ana, ben) = (app.guest(), app.guest(), app.guest());
    seller.book(&sale, &["S-A-1"]).await;

    sale.set_waitlist(json!({"is_open": false})).await;
    let refused = ana
        .join(&sale, 1)
        .await
        .expect_problem(409, "waitlist_closed");
    assert_eq!(refused["reason"], "not_open");
    sale.set_waitlist(json!({"entries_max": 1})).await;
    ana.join(&sale, 1).await.expect(201);
    let refused = ben
        .join(&sale, 1)
        .await
        .expect_problem(409, "waitlist_closed");
    assert_eq!(refused["reason"], "full");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_seat_that_somebody_before_waits_for_is_not_available(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 2).await;
    let (seller, ana, ben) = (app.guest(), app.guest(), app.guest());
    let all = seller.book(&sale, &["S-A-1", "S-A-2"]).await;
    ana.join(&sale, 1).await.expect(201);
    app.ctx.clock.advance(chrono::TimeDelta::seconds(1));
    seller.cancel_seats(&all, &["S-A-2"]).await.expect(200);
    app.write_seat(&sale, 1, ".").await;

    ben.join(&sale, 1).await.expect(201);

    app.run_jobs().await;
    assert_eq!(ana.entry(&sale).await["state"], "offered");
    assert_eq!(ben.entry(&sale).await["position"], 1);
    app.finish().await;
}
