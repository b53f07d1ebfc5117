//! Seats that come free are kept, offered, and accepted or passed on.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use super::{bytes, messages, offered_seats};
use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_freed_seat_is_kept_offered_and_confirmed(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let (seller, ana) = (app.guest(), app.guest());
    let all = seller
        .book(&sale, &["S-A-1", "S-A-2", "S-A-3", "S-A-4"])
        .await;
    let joined = ana.join(&sale, 2).await.expect(201);
    assert_eq!(
        (&joined["state"], &joined["position"]),
        (&json!("waiting"), &json!(1))
    );

    seller
        .cancel_seats(&all, &["S-A-2", "S-A-3"])
        .await
        .expect(200);
    assert_eq!(bytes(&app, &sale).await, "bwwb");
    assert_eq!(sale.states().await, "bxxb");
    app.run_jobs().await;

    let entry = ana.entry(&sale).await;
    assert_eq!(entry["state"], "offered", "{}", entry.text);
    assert_eq!(offered_seats(&entry), ["S-A-2", "S-A-3"]);
    assert_eq!(entry["offer"]["expires_in_seconds"], 900);
    let path = sale.path(&format!(
        "/holds/{}/confirm",
        entry["offer"]["hold_id"].as_str().unwrap()
    ));
    let contact = json!({"contact": {"name": "Ana", "email": "ana@example.org"}});
    ana.post(&path, contact).await.expect(201);
    assert_eq!(ana.entry(&sale).await["state"], "accepted");
    assert_eq!(sale.states().await, "bbbb");
    app.run_jobs().await;
    let expected = ["waitlist.joined", "waitlist.accepted", "waitlist.offered"];
    let mut messages = messages(&app).await;
    messages.sort();
    assert_eq!(
        messages,
        ["waitlist.accepted", "waitlist.joined", "waitlist.offered"],
        "{expected:?}"
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_offer_that_lapses_goes_to_the_next(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 2).await;
    let (seller, ana, ben) = (app.guest(), app.guest(), app.guest());
    let all = seller.book(&sale, &["S-A-1", "S-A-2"]).await;
    ana.join(&sale, 2).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(1));
    ben.join(&sale, 2).await.expect(201);
    seller.cancel(&all).await.expect(200);
    app.run_jobs().await;
    assert_eq!(ana.entry(&sale).await["state"], "offered");
    assert_eq!(ben.entry(&sale).await["position"], 1);

    app.ctx.clock.advance(TimeDelta::seconds(900));
    app.run_jobs().await;

    assert_eq!(ana.entry(&sale).await["state"], "lapsed");
    assert_eq!(offered_seats(&ben.entry(&sale).await), ["S-A-1", "S-A-2"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn seats_that_nobody_wants_go_back_on_sale(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let (seller, ana) = (app.guest(), app.guest());
    let all = seller
        .book(&sale, &["S-A-1", "S-A-2", "S-A-3", "S-A-4"])
        .await;
    ana.join(&sale, 3).await.expect(201);

    seller.cancel_seats(&all, &["S-A-2"]).await.expect(200);
    assert_eq!(bytes(&app, &sale).await, "bwbb");
    app.run_jobs().await;

    assert_eq!(bytes(&app, &sale).await, "b.bb");
    ana.leave(&sale).await.expect(204);
    seller.cancel_seats(&all, &["S-A-3"]).await.expect(200);
    assert_eq!(bytes(&app, &sale).await, "b..b");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_seat_that_is_taken_out_of_an_offer_goes_to_the_next(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 3).await;
    let (seller, ana, ben) = (app.guest(), app.guest(), app.guest());
    let all = seller.book(&sale, &["S-A-1", "S-A-2", "S-A-3"]).await;
    ana.join(&sale, 2).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(1));
    ben.join(&sale, 1).await.expect(201);
    seller
        .cancel_seats(&all, &["S-A-1", "S-A-2"])
        .await
        .expect(200);
    app.run_jobs().await;
    let hold = ana.get(&sale.path("/waitlist/mine")).await.expect(200)["offer"].clone();
    let path = sale.path(&format!("/holds/{}", hold["hold_id"].as_str().unwrap()));

    ana.patch(&path, json!({"remove": ["S-A-2"]}))
        .await
        .expect(200);
    app.run_jobs().await;

    assert_eq!(offered_seats(&ben.entry(&sale).await), ["S-A-2"]);
    assert_eq!(offered_seats(&ana.entry(&sale).await), ["S-A-1"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_lost_board_comes_back_with_live_offers_and_kept_seats(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 3).await;
    let (seller, ana, ben) = (app.guest(), app.guest(), app.guest());
    let all = seller.book(&sale, &["S-A-1", "S-A-2", "S-A-3"]).await;
    ana.join(&sale, 1).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(1));
    ben.join(&sale, 2).await.expect(201);
    seller.cancel_seats(&all, &["S-A-1"]).await.expect(200);
    app.run_jobs().await;
    let offer = ana.entry(&sale).await["offer"]["expires_at"].clone();
    app.ctx.clock.advance(TimeDelta::seconds(60));
    seller.cancel_seats(&all, &["S-A-2"]).await.expect(200);

    app.lose_board(&sale).await;

    assert_eq!(bytes(&app, &sale).await, "hwb");
    let entry = ana.entry(&sale).await;
    assert_eq!(entry["offer"]["expires_at"], offer);
    ana.post(&sale.path("/waitlist/mine/accept"), json!({}))
        .await
        .expect(201);
    app.run_jobs().await;
    assert_eq!(bytes(&app, &sale).await, "b.b");
    assert_eq!(ana.entry(&sale).await["state"], "accepted");
    app.finish().await;
}
