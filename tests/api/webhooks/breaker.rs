//! How long an endpoint is left alone that fails again and again.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;

use super::{BOOKINGS, start, start_sibling};
use crate::support::{Answer, Reply, Sale, TestApp, WebhookReceiver};

/// A dozen bookings that an endpoint is to be told of.
async fn stage(db: &PgPool) -> (TestApp, WebhookReceiver, Sale, Answer) {
    let (app, receiver) = start(db).await;
    let sale = app.on_sale(2, 12).await;
    let endpoint = sale.subscribe(&receiver, &BOOKINGS).await;
    for seat in 1..=12 {
        app.guest().book(&sale, &[&format!("S-A-{seat}")]).await;
    }
    holdfast::deliveries::derive_deliveries(&app.ctx)
        .await
        .expect("deliveries");
    (app, receiver, sale, endpoint)
}

async fn send(app: &TestApp) {
    let sent = holdfast::webhooks::send_webhooks(&app.ctx).await;
    sent.expect("attempts");
}

/// For how many seconds the endpoint is paused.
async fn pause(app: &TestApp, sale: &Sale, endpoint: &Answer) -> Option<i64> {
    let endpoint = sale.endpoint(endpoint).await;
    let until = endpoint["paused_until"].as_str()?;
    let until: DateTime<Utc> = until.parse().expect("a time");
    Some((until - app.ctx.clock.now()).num_seconds())
}

/// F43: what was under way when the breaker opened makes no pause longer, on however many
/// instances.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f43_failures_at_once_are_one_reason_to_pause(db: PgPool) {
    let (app, receiver, sale, endpoint) = stage(&db).await;
    let (second, third) = (start_sibling(&app).await, start_sibling(&app).await);
    receiver.will(vec![Reply::Status(503); 24]);

    tokio::join!(send(&app), send(&second), send(&third));
    assert_eq!(pause(&app, &sale, &endpoint).await, Some(30));
    app.ctx.clock.advance(TimeDelta::seconds(31));
    tokio::join!(send(&app), send(&second), send(&third));

    assert_eq!(pause(&app, &sale, &endpoint).await, Some(60));
    second.stop().await;
    third.stop().await;
    app.finish().await;
}

/// F43
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f43_a_pause_is_twice_the_one_before_up_to_an_hour_and_a_success_ends_it(db: PgPool) {
    let (app, receiver, sale, endpoint) = stage(&db).await;
    receiver.will(vec![Reply::Status(503); 4]);
    // Four at a time, of which the last opens nothing yet; the fifth does.
    receiver.will(vec![Reply::Status(503); 4]);
    let mut pauses = Vec::new();

    for _ in 0..9 {
        send(&app).await;
        let seconds = pause(&app, &sale, &endpoint).await.expect("a pause");
        pauses.push(seconds);
        receiver.will([Reply::Status(503)]);
        app.ctx.clock.advance(TimeDelta::seconds(seconds));
    }
    assert_eq!(pauses, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    send(&app).await;
    let n_received = receiver.received().len();
    app.ctx.clock.advance(TimeDelta::hours(1));
    send(&app).await;

    assert!(
        receiver.received().len() > n_received + 1,
        "all that was owed"
    );
    assert_eq!(pause(&app, &sale, &endpoint).await, None);
    assert_eq!(sale.endpoint(&endpoint).await["n_failures"], 0);
    app.finish().await;
}
