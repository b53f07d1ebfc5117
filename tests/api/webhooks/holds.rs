//! What is told of holds, which live in Redis alone.

use std::collections::HashMap;

use chrono::TimeDelta;
use fred::interfaces::LuaInterface;
use fred::types::Value;
use holdfast::holds;
use serde_json::json;
use sqlx::PgPool;

use super::start;
use crate::support::{Answer, Sale, TestApp, WebhookReceiver};

pub const HOLDS: [&str; 4] = [
    "hold.placed",
    "hold.extended",
    "hold.released",
    "hold.expired",
];

/// A sale whose boards tell of holds.
async fn told_sale(app: &TestApp, receiver: &WebhookReceiver, n_seats: u32) -> (Sale, Answer) {
    let sale = app.on_sale(1, n_seats).await;
    let endpoint = sale.subscribe(receiver, &HOLDS).await;
    app.guest().get(&sale.path("/availability")).await;
    app.run_jobs().await;
    (sale, endpoint)
}

/// What was told of a hold, without the `hold.`.
pub fn told_of(receiver: &WebhookReceiver, hold: &Answer) -> Vec<String> {
    let received = receiver.received();
    let about = received
        .iter()
        .filter(|it| it.body["data"]["hold_id"] == hold["hold_id"]);
    about.map(|it| it.kind().replace("hold.", "")).collect()
}

async fn on_board(app: &TestApp, sale: &Sale, script: &str, noun: &str) -> Value {
    let key = format!("holdfast:{{{}}}:{noun}", sale.event_id);
    let redis = app.ctx.redis.next();
    let answer = redis.eval::<Value, _, _, _>(script, vec![key], Vec::<String>::new());
    answer.await.expect("an answer")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_happens_to_a_hold_is_told_in_order(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let (sale, endpoint) = told_sale(&app, &receiver, 4).await;
    let guest = app.guest();
    let released = guest.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::minutes(1));
    guest.extend(&sale, &released).await.expect(200);
    guest.extend(&sale, &released).await.expect(200);
    guest
        .change(&sale, &released, &[], &["S-A-1"])
        .await
        .expect(200);
    guest.release(&sale, &released).await.expect(204);
    guest.release(&sale, &released).await;
    let expired = guest.place(&sale, &["S-A-3"]).await.expect(201);
    let booked = guest.place(&sale, &["S-A-4"]).await.expect(201);
    guest.confirm(&sale, &booked).await.expect(201);
    app.ctx.clock.advance(TimeDelta::minutes(11));

    app.run_jobs().await;
    app.run_jobs().await;

    let expected = ["placed", "extended", "released"];
    assert_eq!(told_of(&receiver, &released), expected);
    assert_eq!(told_of(&receiver, &expired), ["placed", "expired"]);
    assert_eq!(told_of(&receiver, &booked), ["placed"]);
    let received = receiver.received();
    assert!(
        received
            .iter()
            .all(|it| it.is_signed_by(&endpoint.text_of("secret")))
    );
    let of_released = received
        .iter()
        .filter(|it| it.body["data"]["hold_id"] == released["hold_id"]);
    let bodies: Vec<_> = of_released.map(|it| it.body.clone()).collect();
    let sequence = bodies[0]["data"]["sequence"].clone();
    let placed = json!({
        "type": "hold.placed", "timestamp": "2037-12-01T12:00:00Z",
        "data": {
            "event_id": sale.event_id, "hold_id": released["hold_id"], "sequence": sequence,
            "seats": ["S-A-1", "S-A-2"], "expires_at": "2037-12-01T12:10:00Z",
        },
    });
    assert_eq!(bodies[0], placed);
    assert_eq!(bodies[1]["data"]["expires_at"], "2037-12-01T12:11:00Z");
    assert_eq!(bodies[2]["data"]["seats"], json!(["S-A-2"]));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn where_nobody_asks_for_it_nothing_is_written(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 2).await;
    sale.subscribe(&receiver, &["booking.confirmed"]).await;
    let other = app.on_sale(1, 2).await;
    other.subscribe(&receiver, &HOLDS).await;
    let guest = app.guest();

    app.run_jobs().await;
    let hold = guest.place(&sale, &["S-A-1"]).await.expect(201);
    guest.release(&sale, &hold).await.expect(204);
    app.run_jobs().await;

    assert_eq!(receiver.kinds(), [""; 0]);
    let exists = "return redis.call('EXISTS', KEYS[1])";
    assert_eq!(on_board(&app, &sale, exists, "told").await, Value::from(0));
    let field = "return redis.call('HEXISTS', KEYS[1], 'told')";
    assert_eq!(on_board(&app, &sale, field, "meta").await, Value::from(0));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn who_does_not_want_it_any_more_is_not_told(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let (sale, endpoint) = told_sale(&app, &receiver, 2).await;
    let path = format!("/v1/webhook-endpoints/{}", endpoint.text_of("endpoint_id"));
    let kinds = json!({"kinds": ["event.opened"]});
    sale.owner.patch(&path, kinds).await.expect(200);
    app.run_jobs().await;

    app.guest().place(&sale, &["S-A-1"]).await.expect(201);

    let exists = "return redis.call('EXISTS', KEYS[1])";
    assert_eq!(on_board(&app, &sale, exists, "told").await, Value::from(0));
    let kinds = json!({"kinds": HOLDS});
    sale.owner.patch(&path, kinds).await.expect(200);
    app.run_jobs().await;
    app.guest().place(&sale, &["S-A-2"]).await.expect(201);
    app.run_jobs().await;
    assert_eq!(receiver.kinds(), ["hold.placed"]);
    app.finish().await;
}

/// F23: each entry is taken once, however many take them.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f23_several_instances_tell_each_hold_once(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let (sale, _) = told_sale(&app, &receiver, 60).await;
    let siblings = [app.start_sibling().await, app.start_sibling().await];
    let [first, second] = &siblings;

    for round in 0..6 {
        for seat in 0..10 {
            let seat = format!("S-A-{}", round * 10 + seat + 1);
            app.guest().place(&sale, &[&seat]).await.expect(201);
        }
        let (told, again, and_again) = tokio::join!(
            holds::tell_holds(&app.ctx),
            holds::tell_holds(&first.ctx),
            holds::tell_holds(&second.ctx)
        );
        told.and(again).and(and_again).expect("no failure");
    }
    app.run_jobs().await;

    let mut counts = HashMap::<String, usize>::new();
    for webhook in receiver.received() {
        let hold_id = webhook.body["data"]["hold_id"].to_string();
        *counts.entry(hold_id).or_default() += 1;
    }
    assert_eq!(counts.len(), 60);
    assert!(counts.values().all(|n| *n == 1), "{counts:?}");
    for sibling in siblings {
        sibling.stop().await;
    }
    app.finish().await;
}

/// A board that is loaded again tells on; what had been told before is not lost with it.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_board_that_was_lost_tells_on(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let (sale, _) = told_sale(&app, &receiver, 4).await;
    let before = app.guest().place(&sale, &["S-A-1"]).await.expect(201);

    for noun in ["seats", "holds", "deadlines", "holders", "meta"] {
        on_board(&app, &sale, "return redis.call('DEL', KEYS[1])", noun).await;
    }
    let after = app.guest().place(&sale, &["S-A-2"]).await.expect(201);
    app.run_jobs().await;
    on_board(&app, &sale, "return redis.call('DEL', KEYS[1])", "told").await;
    let later = app.guest().place(&sale, &["S-A-3"]).await.expect(201);
    app.run_jobs().await;

    for hold in [before, after, later] {
        assert_eq!(told_of(&receiver, &hold), ["placed"]);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_redis_dropped_before_it_was_taken_is_counted(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let (sale, _) = told_sale(&app, &receiver, 6).await;
    for seat in 1..=5 {
        let seat = format!("S-A-{seat}");
        app.guest().place(&sale, &[&seat]).await.expect(201);
    }

    let trim = "return redis.call('XTRIM', KEYS[1], 'MAXLEN', 2)";
    on_board(&app, &sale, trim, "told").await;
    app.run_jobs().await;
    app.guest().place(&sale, &["S-A-6"]).await.expect(201);
    on_board(&app, &sale, "return redis.call('DEL', KEYS[1])", "told").await;
    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 2);
    let n_lost: i64 = sqlx::query_scalar("SELECT n_lost FROM hold_streams")
        .fetch_one(&app.ctx.db)
        .await
        .expect("a stream");
    assert_eq!(n_lost, 3 + 1);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_broken_stream_keeps_nobody_from_a_seat(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let (sale, _) = told_sale(&app, &receiver, 3).await;
    let broken = "redis.call('DEL', KEYS[1]) return redis.call('RPUSH', KEYS[1], 'x')";
    on_board(&app, &sale, broken, "told").await;

    let guest = app.guest();
    let hold = guest.place(&sale, &["S-A-1"]).await.expect(201);
    guest.release(&sale, &hold).await.expect(204);
    app.run_jobs().await;
    let told = guest.place(&sale, &["S-A-2"]).await.expect(201);
    app.run_jobs().await;

    assert_eq!(told_of(&receiver, &hold), [""; 0]);
    assert_eq!(told_of(&receiver, &told), ["placed"]);
    app.finish().await;
}
