//! Each webhook arrives, whatever the receiver does (F43).

use std::collections::HashSet;

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use super::{BOOKINGS, start, start_waiting};
use crate::support::{Reply, Webhook, WebhookReceiver};

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_booking_is_told_signed_and_by_its_ids(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 2).await;
    let endpoint = sale.subscribe(&receiver, &BOOKINGS).await;
    let booking = app.guest().book(&sale, &["S-A-1"]).await;

    app.run_jobs().await;

    let [webhook] = &receiver.received()[..] else {
        panic!("{:?}", receiver.received());
    };
    assert!(webhook.is_signed_by(&endpoint.text_of("secret")));
    assert!(!webhook.is_signed_by("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    assert_eq!(webhook.header("content-type"), "application/json");
    let sequence = webhook.body["data"]["sequence"].clone();
    assert_eq!(
        webhook.body,
        json!({
            "type": "booking.confirmed",
            "timestamp": "2037-12-01T12:00:00Z",
            "data": {
                "event_id": sale.event_id,
                "booking_id": booking["booking_id"],
                "hold_id": booking["hold_id"],
                "sequence": sequence,
            },
        })
    );
    let log = sale.log(&endpoint).await;
    assert_eq!(log[0]["state"], "sent");
    assert_eq!(log[0]["answer"], "204");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn only_what_was_asked_for_is_told_and_only_to_the_events_owner(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let (sale, other_sale) = (app.on_sale(1, 2).await, app.on_sale(1, 2).await);
    sale.subscribe(&receiver, &["booking.cancelled"]).await;
    let guest = app.guest();
    let booking = guest.book(&sale, &["S-A-1"]).await;
    let other = guest.book(&other_sale, &["S-A-1"]).await;
    guest.cancel(&booking).await.expect(200);
    guest.cancel(&other).await.expect(200);

    app.run_jobs().await;

    assert_eq!(receiver.kinds(), ["booking.cancelled"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn who_owns_events_no_more_is_told_nothing(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 3).await;
    let endpoint = sale.subscribe(&receiver, &BOOKINGS).await;
    app.guest().book(&sale, &["S-A-1"]).await;
    app.give_role(&sale.owner, "customer").await;

    app.run_jobs().await;
    app.guest().book(&sale, &["S-A-2"]).await;
    app.run_jobs().await;

    assert!(receiver.received().is_empty());
    app.give_role(&sale.owner, "venue_admin").await;
    let why = "its owner may not own events any more";
    assert_eq!(sale.endpoint(&endpoint).await["disabled_because"], why);
    let log = sale.log(&endpoint).await;
    assert_eq!(log.len(), 1);
    assert_eq!(
        (&log[0]["state"], &log[0]["answer"]),
        (&json!("dropped"), &json!(why))
    );
    app.finish().await;
}

/// F43
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f43_a_webhook_comes_again_under_its_id_until_it_is_taken(db: PgPool) {
    let (app, receiver) = start_waiting(&db, "1").await;
    let sale = app.on_sale(1, 2).await;
    let endpoint = sale.subscribe(&receiver, &BOOKINGS).await;
    receiver.will([Reply::Status(500), Reply::Hangs, Reply::DiesBeforeAnswer]);
    app.guest().book(&sale, &["S-A-1"]).await;

    for _ in 0..6 {
        app.run_jobs().await;
        app.ctx.clock.advance(TimeDelta::minutes(1));
    }

    let received = receiver.received();
    let ids: HashSet<&str> = received.iter().map(Webhook::id).collect();
    let bodies: HashSet<&str> = received.iter().map(|it| it.text.as_str()).collect();
    let times: HashSet<&str> = received
        .iter()
        .map(|it| it.header("webhook-timestamp"))
        .collect();
    assert_eq!(
        (received.len(), ids.len(), bodies.len(), times.len()),
        (4, 1, 1, 4)
    );
    assert!(
        received
            .iter()
            .all(|it| it.is_signed_by(&endpoint.text_of("secret")))
    );
    assert_eq!(sale.endpoint(&endpoint).await["n_failures"], 0);
    app.finish().await;
}

/// F43
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f43_410_disables_the_endpoint(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 3).await;
    let endpoint = sale.subscribe(&receiver, &BOOKINGS).await;
    receiver.will([Reply::Status(410)]);
    let guest = app.guest();
    guest.book(&sale, &["S-A-1"]).await;
    app.run_jobs().await;

    guest.book(&sale, &["S-A-2"]).await;
    app.ctx.clock.advance(TimeDelta::hours(3));
    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 1);
    let endpoint = sale.endpoint(&endpoint).await;
    assert_eq!(endpoint["is_enabled"], false);
    assert_eq!(endpoint["disabled_because"], "it answered 410 Gone");
    assert_eq!(sale.log(&endpoint).await[0]["state"], "dropped");
    app.finish().await;
}

/// F43
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f43_a_redirect_is_a_failure_and_not_followed(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let elsewhere = WebhookReceiver::start().await;
    let sale = app.on_sale(1, 2).await;
    let endpoint = sale.subscribe(&receiver, &BOOKINGS).await;
    let targets = [
        elsewhere.url.clone(),
        "http://169.254.169.254/latest".to_owned(),
    ];
    receiver.will(targets.map(|target| Reply::With(307, "location", target)));
    app.guest().book(&sale, &["S-A-1"]).await;

    app.run_jobs().await;
    app.ctx.clock.advance(TimeDelta::minutes(1));
    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 2);
    assert_eq!(elsewhere.received().len(), 0);
    let log = sale.log(&endpoint).await;
    assert_eq!(log[0]["state"], "due");
    assert_eq!(log[0]["answer"], "307 is a redirect, which is not followed");
    app.finish().await;
}

/// F43
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f43_an_endpoint_that_asks_for_time_gets_it(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 2).await;
    sale.subscribe(&receiver, &BOOKINGS).await;
    receiver.will([Reply::With(429, "retry-after", "600".to_owned())]);
    app.guest().book(&sale, &["S-A-1"]).await;

    app.run_jobs().await;
    app.ctx.clock.advance(TimeDelta::seconds(590));
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 1);
    app.ctx.clock.advance(TimeDelta::seconds(11));
    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 2);
    app.finish().await;
}

/// F43
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f43_a_failing_endpoint_is_paused_and_keeps_no_other_waiting(db: PgPool) {
    let (app, failing) = start(&db).await;
    let fine = WebhookReceiver::start().await;
    let sale = app.on_sale(3, 10).await;
    let endpoint = sale.subscribe(&failing, &BOOKINGS).await;
    sale.subscribe(&fine, &BOOKINGS).await;
    failing.will(vec![Reply::Status(503); 8]);
    let guests: Vec<_> = (1..=9)
        .map(|seat| (app.guest(), format!("S-A-{seat}")))
        .collect();
    for (guest, seat) in &guests {
        guest.book(&sale, &[seat]).await;
    }

    app.run_jobs().await;

    assert_eq!(fine.received().len(), 9);
    // Four at a time: the breaker opens while the second lot of four is answered.
    let n_before = failing.received().len();
    assert_eq!(n_before, 8);
    assert_ne!(sale.endpoint(&endpoint).await["paused_until"], json!(null));
    app.run_jobs().await;
    assert_eq!(failing.received().len(), n_before, "while it is paused");
    for _ in 0..20 {
        app.ctx.clock.advance(TimeDelta::minutes(1));
        app.run_jobs().await;
    }
    let ids: HashSet<String> = failing
        .received()
        .iter()
        .map(|it| it.id().to_owned())
        .collect();
    assert_eq!(ids.len(), 9);
    assert!(
        sale.log(&endpoint)
            .await
            .iter()
            .all(|it| it["state"] == "sent")
    );
    app.finish().await;
}
