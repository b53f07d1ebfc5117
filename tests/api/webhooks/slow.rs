//! Who is slow, or fails, keeps nobody else waiting; nothing that was begun is dropped.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use super::{BOOKINGS, start, start_waiting};
use crate::failures::until;
use crate::support::{Reply, WebhookReceiver};

/// F43: the step is under way for as long as the slow one takes; what happens meanwhile is told.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f43_while_an_endpoint_hangs_others_are_told(db: PgPool) {
    let (app, hanging) = start(&db).await;
    let fine = WebhookReceiver::start().await;
    let (slow_sale, sale) = (app.on_sale(1, 2).await, app.on_sale(1, 4).await);
    slow_sale.subscribe(&hanging, &BOOKINGS).await;
    sale.subscribe(&fine, &BOOKINGS).await;
    hanging.will([Reply::Hangs]);
    let told = async |n: usize| {
        holdfast::deliveries::derive_deliveries(&app.ctx)
            .await
            .expect("deliveries");
        until("the other endpoint is told", async || {
            fine.received().len() == n
        })
        .await;
    };
    let guest = app.guest();
    guest.book(&slow_sale, &["S-A-1"]).await;
    guest.book(&sale, &["S-A-1"]).await;
    holdfast::deliveries::derive_deliveries(&app.ctx)
        .await
        .expect("deliveries");

    tokio::select! {
        _ = holdfast::webhooks::send_webhooks(&app.ctx) => panic!("one endpoint hangs"),
        () = async {
            told(1).await;
            until("the slow one is asked", async || hanging.received().len() == 1).await;
            for (n, seat) in [(2, "S-A-2"), (3, "S-A-3")] {
                guest.book(&sale, &[seat]).await;
                let late = tokio::time::timeout(Duration::from_secs(5), told(n)).await;
                late.expect("not before the slow one has answered");
            }
        } => {}
    }

    app.finish().await;
}

/// F43: whoever has said that it took a message is not sent it again.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f43_an_answer_counts_though_its_body_does_not_end(db: PgPool) {
    let (app, receiver) = start_waiting(&db, "1").await;
    let sale = app.on_sale(1, 4).await;
    let endpoint = sale.subscribe(&receiver, &BOOKINGS).await;
    receiver.will([Reply::NeverEnds(200), Reply::NeverEnds(500)]);
    app.guest().book(&sale, &["S-A-1"]).await;
    app.run_jobs().await;
    app.ctx.clock.advance(TimeDelta::seconds(1));
    app.guest().book(&sale, &["S-A-2"]).await;
    app.run_jobs().await;

    let log = sale.log(&endpoint).await;
    let came_of_it: Vec<_> = log.iter().map(|it| (&it["state"], &it["answer"])).collect();
    let (sent, due) = (json!("sent"), json!("due"));
    let (fine, failed) = (json!("200 begun"), json!("500 begun"));
    assert_eq!(came_of_it, [(&due, &failed), (&sent, &fine)]);
    assert_eq!(receiver.received().len(), 2);
    app.finish().await;
}

/// The places of those who are sent to are few: a body that does not end keeps none for long.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn endpoints_that_do_not_end_their_bodies_keep_no_other_waiting(db: PgPool) {
    let (app, fine) = start(&db).await;
    let mut endless = Vec::new();
    for _ in 0..8 {
        let (sale, receiver) = (app.on_sale(1, 4).await, WebhookReceiver::start().await);
        sale.subscribe(&receiver, &BOOKINGS).await;
        receiver.will((0..4).map(|_| Reply::NeverEnds(200)));
        for seat in 1..=4 {
            app.guest().book(&sale, &[&format!("S-A-{seat}")]).await;
        }
        endless.push(receiver);
    }
    let sale = app.on_sale(1, 1).await;
    sale.subscribe(&fine, &BOOKINGS).await;
    app.guest().book(&sale, &["S-A-1"]).await;
    holdfast::deliveries::derive_deliveries(&app.ctx)
        .await
        .expect("deliveries");

    let sending = holdfast::webhooks::send_webhooks(&app.ctx);
    let sent = tokio::time::timeout(Duration::from_secs(10), sending).await;

    sent.expect("no body is waited for as long as for an answer")
        .expect("no failure");
    let told: usize = endless.iter().map(|it| it.received().len()).sum();
    assert_eq!((told, fine.received().len()), (32, 1));
    app.finish().await;
}

/// F42: one delivery that cannot be settled ends no other's attempt half-way. Four are under way at
/// a time.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f42_a_failure_of_one_attempt_ends_no_other(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 4).await;
    let endpoint = sale.subscribe(&receiver, &BOOKINGS).await;
    let guest = app.guest();
    for seat in 1..=4 {
        guest.book(&sale, &[&format!("S-A-{seat}")]).await;
    }
    holdfast::deliveries::derive_deliveries(&app.ctx)
        .await
        .expect("deliveries");
    sqlx::raw_sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             IF NEW.state = 'sent' AND NEW.delivery_id =
                 (SELECT delivery_id FROM deliveries ORDER BY position LIMIT 1)
             THEN RAISE 'no'; END IF;
             RETURN NEW;
         END $$;
         CREATE TRIGGER refuse BEFORE UPDATE ON deliveries
             FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    .execute(&app.ctx.db)
    .await
    .expect("a trigger");

    let sent = holdfast::webhooks::send_webhooks(&app.ctx).await;

    assert!(sent.is_err(), "{sent:?}");
    assert_eq!(receiver.received().len(), 4);
    let log = sale.log(&endpoint).await;
    assert_eq!(log.iter().filter(|it| it["state"] == "sent").count(), 3);
    app.finish().await;
}
