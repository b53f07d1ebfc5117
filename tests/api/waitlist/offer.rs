//! Seats that come free are kept, offered, and accepted or passed on.

use chrono::TimeDelta;
use holdfast::board;
use serde_json::json;
use sqlx::PgPool;

use super::{bytes, messages, offered_seats};
use crate::support::{Answer, Caller, Sale, TestApp};

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

/// A house of three seats: Ana is offered the first, and the second is on sale.
async fn offered_one_of_two(app: &TestApp) -> (Sale, Caller, String) {
    let sale = app.on_sale(1, 3).await;
    let (seller, ana) = (app.guest(), app.guest());
    let all = seller.book(&sale, &["S-A-1", "S-A-2", "S-A-3"]).await;
    ana.join(&sale, 1).await.expect(201);
    seller.cancel_seats(&all, &["S-A-1"]).await.expect(200);
    app.run_jobs().await;
    seller.cancel_seats(&all, &["S-A-2"]).await.expect(200);
    assert_eq!(bytes(app, &sale).await, "h.b");
    let offer = ana.entry(&sale).await["offer"].clone();
    let hold_id = offer["hold_id"].as_str().expect("a hold");
    let path = sale.path(&format!("/holds/{hold_id}"));
    (sale, ana, path)
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn seats_that_were_added_to_an_offer_come_back_by_its_token_or_are_refused(db: PgPool) {
    let app = TestApp::start(db).await;
    for is_taken in [false, true] {
        let (sale, ana, path) = offered_one_of_two(&app).await;
        let zoe = app.guest();
        let grown = ana.patch(&path, json!({"add": ["S-A-2"]})).await;
        let grown = grown.expect(200);
        app.lose_board(&sale).await;
        if is_taken {
            zoe.place(&sale, &["S-A-2"]).await.expect(201);
        }

        let confirmed = ana.confirm_by_token(&sale, &grown).await;

        if is_taken {
            let refused = confirmed.expect_problem(409, "seats_unavailable");
            assert_eq!(refused["conflicts"][0]["seat"], "S-A-2", "{}", refused.text);
            let left = ana.get(&path).await.expect(200);
            let booked = ana.confirm_by_token(&sale, &left).await.expect(201);
            assert_eq!(seats_of(&booked), ["S-A-1"]);
        } else {
            assert_eq!(seats_of(&confirmed.expect(201)), ["S-A-1", "S-A-2"]);
        }
        app.run_jobs().await;
        assert_eq!(ana.entry(&sale).await["state"], "accepted");
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_offer_that_was_changed_for_other_seats_comes_back_by_its_token(db: PgPool) {
    let app = TestApp::start(db).await;
    for is_known in [false, true] {
        let (sale, ana, path) = offered_one_of_two(&app).await;
        let swap = json!({"add": ["S-A-2"], "remove": ["S-A-1"]});
        let swapped = ana.patch(&path, swap).await.expect(200);
        if is_known {
            app.run_jobs().await;
        }

        app.lose_board(&sale).await;
        app.run_jobs().await;

        let found = bytes(&app, &sale).await;
        assert_eq!(found, if is_known { "..b" } else { "h.b" });
        let booked = ana.confirm_by_token(&sale, &swapped).await.expect(201);
        assert_eq!(seats_of(&booked), ["S-A-2"]);
        app.run_jobs().await;
        assert_eq!(bytes(&app, &sale).await, ".bb");
        assert_eq!(ana.entry(&sale).await["state"], "accepted");
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_token_from_before_a_change_brings_no_seat_back(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, ana, path) = offered_one_of_two(&app).await;
    let grown = ana.patch(&path, json!({"add": ["S-A-2"]})).await;
    let grown = grown.expect(200);
    app.run_jobs().await;
    app.lose_board(&sale).await;
    app.run_jobs().await;
    let shrink = json!({"add": [], "remove": ["S-A-2"]});
    ana.patch(&path, shrink).await.expect(200);

    let booked = ana.confirm_by_token(&sale, &grown).await.expect(201);

    assert_eq!(seats_of(&booked), ["S-A-1"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_same_without_redis_and_back_again(db: PgPool) {
    let app = TestApp::start(db).await;
    for is_back in [false, true] {
        let (sale, ana, path) = offered_one_of_two(&app).await;
        app.run_jobs().await;
        app.lose_board(&sale).await;
        app.run_jobs().await;
        board::fall_back(&app.ctx, sale.id()).await.unwrap();
        let grown = ana.patch(&path, json!({"add": ["S-A-2"]})).await;
        let grown = grown.expect(200);
        let shrink = json!({"add": [], "remove": ["S-A-2"]});
        ana.patch(&path, shrink).await.expect(200);
        if is_back {
            board::go_back(&app.ctx, sale.id()).await.unwrap();
        }

        let booked = ana.confirm_by_token(&sale, &grown).await.expect(201);

        assert_eq!(seats_of(&booked), ["S-A-1"]);
    }
    app.finish().await;
}

/// The labels of a booking's seats.
fn seats_of(booking: &Answer) -> Vec<String> {
    let seats = booking["seats"].as_array().expect("seats").iter();
    let labels = seats.map(|seat| seat["seat"].as_str().expect("a label").to_owned());
    labels.collect()
}
