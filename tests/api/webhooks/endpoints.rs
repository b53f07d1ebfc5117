//! What owners do with their endpoints.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use super::{BOOKINGS, start};
use crate::failures::{until, until_blocked};
use crate::support::{Reply, WebhookReceiver};

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_endpoint_is_made_changed_and_deleted(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 2).await;
    let made = sale.subscribe(&receiver, &BOOKINGS).await;
    let path = format!("/v1/webhook-endpoints/{}", made.text_of("endpoint_id"));

    let change = json!({"kinds": ["event.opened"], "description": " the box office "});
    let changed = sale.owner.patch(&path, change).await.expect(200);

    assert!(made.text_of("secret").starts_with("whsec_"));
    assert_eq!(changed["secret"], json!(null), "it is shown once");
    assert_eq!(changed["kinds"], json!(["event.opened"]));
    assert_eq!(changed["description"], "the box office");
    assert_eq!(changed["url"], receiver.url);
    let listed = sale.owner.get("/v1/webhook-endpoints").await.expect(200);
    assert_eq!(listed["items"], json!([changed.body]));
    sale.owner.delete(&path).await.expect(204);
    sale.owner.get(&path).await.expect(404);
    sale.owner.delete(&path).await.expect(404);
    app.finish().await;
}

/// Whoever changes one member has seen none of the others change.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_a_change_does_not_name_stays_as_somebody_else_has_just_made_it(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 2).await;
    let made = sale.subscribe(&receiver, &BOOKINGS).await;
    let path = format!("/v1/webhook-endpoints/{}", made.text_of("endpoint_id"));
    let mut meanwhile = db.begin().await.expect("a transaction");
    sqlx::query(
        "UPDATE webhook_endpoints SET state = 'disabled', disabled_because = 'it is gone',
             url = 'http://127.0.0.1:1/', kinds = '{event.opened}'",
    )
    .execute(&mut *meanwhile)
    .await
    .expect("a change");

    let change = sale
        .owner
        .patch(&path, json!({"description": "the box office"}));
    let (changed, ()) = tokio::join!(change, async {
        until_blocked(&db, "webhook_endpoints").await;
        meanwhile.commit().await.expect("a commit");
    });

    let changed = changed.expect(200);
    assert_eq!(changed["description"], "the box office");
    assert_eq!(changed["url"], "http://127.0.0.1:1/");
    assert_eq!(changed["kinds"], json!(["event.opened"]));
    assert_eq!(changed["is_enabled"], false);
    assert_eq!(changed["disabled_because"], "it is gone");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_endpoint_is_disabled_and_enabled_by_its_owner(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 2).await;
    let made = sale.subscribe(&receiver, &BOOKINGS).await;
    let path = format!("/v1/webhook-endpoints/{}", made.text_of("endpoint_id"));
    let set = async |is_enabled: bool| {
        let change = json!({"is_enabled": is_enabled});
        let changed = sale.owner.patch(&path, change).await.expect(200);
        (
            changed["is_enabled"].clone(),
            changed["disabled_because"].clone(),
        )
    };

    let why = json!("its owner disabled it");
    assert_eq!(set(false).await, (json!(false), why.clone()));
    assert_eq!(set(false).await, (json!(false), why));
    assert_eq!(set(true).await, (json!(true), json!(null)));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn everything_wrong_with_an_endpoint_is_said_at_once(db: PgPool) {
    let (app, _receiver) = start(&db).await;
    let owner = app.venue_admin().await;
    let body = json!({
        "url": "gopher://example.org", "kinds": ["booking.confirmed", "booking.lost"],
        "description": "x".repeat(201),
    });

    let answer = owner.post("/v1/webhook-endpoints", body).await;

    let answer = answer.expect_problem(422, "validation_failed");
    let errors = answer["errors"].as_array().expect("errors").iter();
    let pointers: Vec<_> = errors.map(|error| error["pointer"].as_str()).collect();
    let expected = ["/url", "/description", "/kinds/1"].map(Some);
    assert_eq!(pointers, expected);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_owner_has_at_most_twenty_endpoints(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let owner = app.venue_admin().await;
    let body = json!({"url": receiver.url, "kinds": ["event.opened"]});
    for _ in 0..20 {
        owner
            .post("/v1/webhook-endpoints", body.clone())
            .await
            .expect(201);
    }

    let one_more = owner.post("/v1/webhook-endpoints", body).await;

    one_more.expect_problem(422, "validation_failed");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn after_a_rotation_both_secrets_sign_for_a_day(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 3).await;
    let made = sale.subscribe(&receiver, &BOOKINGS).await;
    let path = format!("/v1/webhook-endpoints/{}", made.text_of("endpoint_id"));
    let rotate = format!("{path}/rotate-secret");

    let request = sale.owner.request(Method::POST, &rotate);
    let rotated = sale.owner.send(request).await.expect(200);

    let (old, new) = (made.text_of("secret"), rotated.text_of("secret"));
    assert_ne!(old, new);
    app.guest().book(&sale, &["S-A-1"]).await;
    app.run_jobs().await;
    app.ctx.clock.advance(TimeDelta::hours(25));
    app.guest().book(&sale, &["S-A-2"]).await;
    app.run_jobs().await;
    let received = receiver.received();
    let signed_by: Vec<_> = received
        .iter()
        .map(|it| (it.is_signed_by(&old), it.is_signed_by(&new)))
        .collect();
    assert_eq!(signed_by, [(true, true), (false, true)]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_test_goes_the_way_of_every_message(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 3).await;
    let made = sale.subscribe(&receiver, &BOOKINGS).await;
    let other = WebhookReceiver::start().await;
    sale.subscribe(&other, &BOOKINGS).await;
    let path = format!("/v1/webhook-endpoints/{}/test", made.text_of("endpoint_id"));

    let request = sale.owner.request(Method::POST, &path);
    let answer = sale.owner.send(request).await.expect(202);
    app.run_jobs().await;

    assert_eq!(receiver.kinds(), ["webhook.test"]);
    assert!(other.received().is_empty());
    let log = sale.log(&made).await;
    assert_eq!(log[0]["message_id"], answer["message_id"]);
    assert_eq!(log[0]["state"], "sent");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_delivery_is_replayed_under_its_id(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 3).await;
    let made = sale.subscribe(&receiver, &BOOKINGS).await;
    app.guest().book(&sale, &["S-A-1"]).await;
    app.run_jobs().await;
    let delivery_id = sale.log(&made).await[0]["delivery_id"].clone();
    let endpoint_id = made.text_of("endpoint_id");
    let delivery_id = delivery_id.as_str().expect("an id");
    let path = format!("/v1/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/replay");

    let request = sale.owner.request(Method::POST, &path);
    let answer = sale.owner.send(request).await.expect(200);
    app.run_jobs().await;

    assert_eq!(answer["state"], "due");
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].id(), received[1].id());
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_a_deleted_endpoint_is_owed_is_dropped(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 3).await;
    let made = sale.subscribe(&receiver, &BOOKINGS).await;
    receiver.will([Reply::Status(500)]);
    app.guest().book(&sale, &["S-A-1"]).await;
    app.run_jobs().await;
    let path = format!("/v1/webhook-endpoints/{}", made.text_of("endpoint_id"));

    sale.owner.delete(&path).await.expect(204);

    app.ctx.clock.advance(TimeDelta::hours(1));
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 1);
    until("what it was owed is dropped", async || {
        let states: Vec<String> = sqlx::query_scalar("SELECT state FROM deliveries")
            .fetch_all(&app.ctx.db)
            .await
            .expect("the deliveries");
        states == ["dropped"]
    })
    .await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn nothing_is_owed_any_more_to_an_endpoint_that_is_gone(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 3).await;
    let made = sale.subscribe(&receiver, &BOOKINGS).await;
    app.guest().book(&sale, &["S-A-1"]).await;
    app.run_jobs().await;
    let delivery = sale.log(&made).await[0].clone();
    let path = format!("/v1/webhook-endpoints/{}", made.text_of("endpoint_id"));
    sale.owner.delete(&path).await.expect(204);

    let id = delivery["delivery_id"].as_str().expect("an id");
    let admin = app.admin().await;
    let resend = admin.request(Method::POST, &format!("/v1/deliveries/{id}/resend"));
    let resent = admin.send(resend).await;

    resent.expect_problem(404, "not_found");
    app.finish().await;
}
