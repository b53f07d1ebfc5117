//! What an endpoint is owed that is told nothing any more, however much that is.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use super::{BOOKINGS, start};
use crate::failures::until;
use crate::support::{Answer, Reply, Sale, TestApp};

/// Makes dropping anything fail.
async fn let_nothing_be_dropped(db: &PgPool) {
    sqlx::raw_sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             IF NEW.answer LIKE 'the endpoint%' OR NEW.answer LIKE 'it answered%'
             THEN RAISE 'not now'; END IF;
             RETURN NEW;
         END $$;
         CREATE TRIGGER refuse BEFORE UPDATE ON deliveries
             FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    .execute(db)
    .await
    .expect("a trigger");
}

/// Owes the endpoint so many messages more, all due.
async fn owe(app: &TestApp, sale: &Sale, endpoint: &Answer, n: i32) {
    sqlx::query(
        "WITH message AS (
             INSERT INTO outbox (event_id, message_id, kind, subject_id, body, derived_at)
             SELECT $1, gen_random_uuid(), 'booking.confirmed', gen_random_uuid(), '{}', now()
             FROM generate_series(1, $3)
             RETURNING *
         )
         INSERT INTO deliveries (event_id, delivery_id, message_id, channel, recipient_id,
             subject_id, position, due_at)
         SELECT event_id, gen_random_uuid(), message_id, 'webhook', $2::uuid, subject_id,
             position, '2037-12-01T13:00:00Z'
         FROM message",
    )
    .bind(sale.id().0)
    .bind(endpoint.text_of("endpoint_id"))
    .bind(n)
    .execute(&app.ctx.db)
    .await
    .expect("deliveries");
}

async fn count(app: &TestApp, state: &str) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM deliveries WHERE state = $1")
        .bind(state)
        .fetch_one(&app.ctx.db)
        .await
        .expect("a number")
}

/// F43
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f43_410_disables_the_endpoint_though_what_it_is_owed_cannot_be_dropped(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 3).await;
    let endpoint = sale.subscribe(&receiver, &BOOKINGS).await;
    receiver.will([Reply::Status(410)]);
    app.guest().book(&sale, &["S-A-1"]).await;
    owe(&app, &sale, &endpoint, 1).await;
    let_nothing_be_dropped(&db).await;

    app.run_jobs().await;
    app.ctx.clock.advance(TimeDelta::hours(3));
    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 1);
    assert_eq!(sale.endpoint(&endpoint).await["is_enabled"], false);
    assert_eq!(
        (count(&app, "due").await, count(&app, "dropped").await),
        (1, 1)
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_endpoint_is_deleted_though_what_it_is_owed_cannot_be_dropped(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 3).await;
    let endpoint = sale.subscribe(&receiver, &BOOKINGS).await;
    owe(&app, &sale, &endpoint, 1).await;
    let_nothing_be_dropped(&db).await;
    let path = format!("/v1/webhook-endpoints/{}", endpoint.text_of("endpoint_id"));

    sale.owner.delete(&path).await.expect(204);

    sale.owner.get(&path).await.expect(404);
    app.ctx.clock.advance(TimeDelta::hours(3));
    app.run_jobs().await;
    assert!(receiver.received().is_empty());
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn all_that_a_deleted_endpoint_is_owed_is_dropped(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 3).await;
    let (endpoint, other) = (
        sale.subscribe(&receiver, &BOOKINGS).await,
        sale.subscribe(&receiver, &BOOKINGS).await,
    );
    owe(&app, &sale, &endpoint, 12_000).await;
    owe(&app, &sale, &other, 3).await;
    let path = format!("/v1/webhook-endpoints/{}", endpoint.text_of("endpoint_id"));

    sale.owner.delete(&path).await.expect(204);

    until("all is dropped", async || {
        count(&app, "dropped").await == 12_000
    })
    .await;
    assert_eq!(count(&app, "due").await, 3);
    app.finish().await;
}

/// Whoever enables an endpoint again is told of what comes from then on.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_comes_after_an_endpoint_was_enabled_again_is_told(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 3).await;
    let endpoint = sale.subscribe(&receiver, &BOOKINGS).await;
    receiver.will([Reply::Status(410)]);
    app.guest().book(&sale, &["S-A-1"]).await;
    app.run_jobs().await;
    let path = format!("/v1/webhook-endpoints/{}", endpoint.text_of("endpoint_id"));
    let enable = sale.owner.request(Method::PATCH, &path);
    let enable = enable.json(&json!({"is_enabled": true}));
    sale.owner.send(enable).await.expect(200);

    app.guest().book(&sale, &["S-A-2"]).await;
    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 2);
    assert_eq!(count(&app, "sent").await, 1);
    app.finish().await;
}
