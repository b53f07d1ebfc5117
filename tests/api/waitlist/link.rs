//! The secret link of an entry: from any device, without signing in.

use holdfast::id::{EntryId, EventId};
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use super::{bytes, offered_seats};
use crate::failures::sold_out;
use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_offer_is_seen_and_accepted_by_the_link_alone(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 2).await;
    let (seller, ana, phone) = (app.guest(), app.guest(), app.stranger());
    let all = seller.book(&sale, &["S-A-1", "S-A-2"]).await;
    let token = ana.join(&sale, 2).await.expect(201).text_of("token");
    let mine = sale.path(&format!("/waitlist/mine?token={token}"));
    assert_eq!(phone.get(&mine).await.expect(200)["ahead"], 0);

    seller.cancel(&all).await.expect(200);
    app.run_jobs().await;

    let entry = phone.get(&mine).await.expect(200);
    assert_eq!(offered_seats(&entry), ["S-A-1", "S-A-2"]);
    let accept = sale.path("/waitlist/mine/accept");
    let booking = phone
        .post(&accept, json!({"token": token}))
        .await
        .expect(201);
    assert_eq!(
        booking["contact"]["email"].as_str(),
        entry["contact"]["email"].as_str()
    );
    assert_eq!(
        phone
            .post(&accept, json!({"token": token}))
            .await
            .expect(200)
            .body,
        booking.body
    );
    assert_eq!(phone.get(&mine).await.expect(200)["state"], "accepted");
    phone
        .delete(&mine)
        .await
        .expect_problem(409, "hold_confirmed");
    app.finish().await;
}

/// By the link and by themselves, people have the permits of one.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn whoever_accepts_too_often_is_told_when_to_come_back(db: PgPool) {
    let often = [("HOLDFAST_HOLD_CHANGES_PER_MINUTE", "3")];
    let app = TestApp::start_set(&db, &often).await;
    let (sale, seller, all) = sold_out(&app, 2).await;
    let (ana, ben, phone) = (app.guest(), app.guest(), app.stranger());
    let token = ana.join(&sale, 1).await.expect(201).text_of("token");
    let bens = ben.join(&sale, 1).await.expect(201).text_of("token");
    seller.cancel(&all).await.expect(200);
    app.run_jobs().await;
    let accept = sale.path("/waitlist/mine/accept");
    let ask = async |token: &str| phone.post(&accept, json!({"token": token})).await;
    ask(&token).await.expect(201);
    // What the key has cost is not asked for again.
    let keyed = ana.request(Method::POST, &accept);
    let keyed = keyed.header("idempotency-key", "again").json(&json!({}));
    ana.send(keyed).await.expect(200);

    let by_link = ask(&token).await;
    let by_caller = ana.post(&accept, json!({})).await;

    for refused in [by_link, by_caller] {
        let refused = refused.expect_problem(429, "rate_limited");
        assert_eq!(refused.header("retry-after"), "20");
    }
    ask(&bens).await.expect(201);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_secret_may_come_in_a_header_which_no_proxy_logs(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 1).await;
    let (seller, ana, phone) = (app.guest(), app.guest(), app.stranger());
    seller.book(&sale, &["S-A-1"]).await;
    let token = ana.join(&sale, 1).await.expect(201).text_of("token");
    let send = async |method: Method, token: &str| {
        let request = phone.request(method, &sale.path("/waitlist/mine"));
        phone.send(request.header("Waitlist-Token", token)).await
    };

    let seen = send(Method::GET, &token).await.expect(200);
    assert_eq!(seen["state"], "waiting");
    for wrong in ["x", "", "\u{e9}"] {
        send(Method::GET, wrong)
            .await
            .expect_problem(404, "not_found");
    }
    send(Method::DELETE, &token).await.expect(204);

    assert_eq!(ana.entry(&sale).await["state"], "left");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn only_a_genuine_link_of_the_event_opens_an_entry(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, other) = (app.on_sale(1, 1).await, app.on_sale(1, 1).await);
    let (seller, ana, stranger) = (app.guest(), app.guest(), app.stranger());
    seller.book(&sale, &["S-A-1"]).await;
    let token = ana.join(&sale, 1).await.expect(201).text_of("token");
    let forged = token.replacen(
        &token[30..31],
        if &token[30..31] == "A" { "B" } else { "A" },
        1,
    );

    for path in [
        other.path(&format!("/waitlist/mine?token={token}")),
        sale.path(&format!("/waitlist/mine?token={forged}")),
        sale.path("/waitlist/mine?token=x"),
        sale.path("/waitlist/mine"),
    ] {
        stranger.get(&path).await.expect_problem(404, "not_found");
        stranger
            .delete(&path)
            .await
            .expect_problem(404, "not_found");
    }
    let accept = sale.path("/waitlist/mine/accept");
    stranger
        .post(&accept, json!({"token": token}))
        .await
        .expect_problem(404, "not_found");
    stranger
        .post(&accept, json!({"token": forged}))
        .await
        .expect_problem(404, "not_found");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn where_it_is_asked_for_an_entry_counts_once_its_link_was_opened(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 1).await;
    sale.set_waitlist(json!({"verification_required": true}))
        .await;
    let (seller, ana) = (app.guest(), app.guest());
    let all = seller.book(&sale, &["S-A-1"]).await;
    let entry = ana.join(&sale, 1).await.expect(201);
    assert_eq!(
        (&entry["state"], &entry["token"]),
        (&json!("unverified"), &json!(null))
    );
    seller.cancel(&all).await.expect(200);
    app.run_jobs().await;
    assert_eq!(bytes(&app, &sale).await, ".");

    let event_id: EventId = sale.id();
    let entry_id: EntryId = entry.text_of("entry_id").parse().expect("an id");
    let token = holdfast::waitlist::link_token(&app.ctx, event_id, entry_id);
    let verify = sale.path("/waitlist/mine/verify");
    for _ in 0..2 {
        let verified = app
            .stranger()
            .post(&verify, json!({"token": token}))
            .await
            .expect(200);
        assert_eq!(verified["state"], "waiting");
    }
    app.run_jobs().await;

    assert_eq!(offered_seats(&ana.entry(&sale).await), ["S-A-1"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_entry_that_is_never_verified_lapses_in_a_day(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 1).await;
    sale.set_waitlist(json!({"verification_required": true}))
        .await;
    let (seller, ana) = (app.guest(), app.guest());
    seller.book(&sale, &["S-A-1"]).await;
    let entry = ana.join(&sale, 1).await.expect(201);
    let entry_id: EntryId = entry.text_of("entry_id").parse().expect("an id");
    let token = holdfast::waitlist::link_token(&app.ctx, sale.id(), entry_id);

    app.ctx.clock.advance(chrono::TimeDelta::hours(25));
    app.run_jobs().await;

    let mine = sale.path(&format!("/waitlist/mine?token={token}"));
    assert_eq!(
        app.stranger().get(&mine).await.expect(200)["state"],
        "lapsed"
    );
    app.finish().await;
}
