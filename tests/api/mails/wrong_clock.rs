//! F24: what is told, and when, is decided by PostgreSQL's clock; an instance's may be wrong by an
//! hour.

use chrono::TimeDelta;
use holdfast::clock::Clock;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{MailServer, TestApp, Webhook, WebhookReceiver, config};

/// How far a moment is from PostgreSQL's now, in seconds.
async fn seconds_from_now(db: &PgPool, epoch: &str) -> f64 {
    sqlx::query_scalar("SELECT abs($1::float8 - extract(epoch FROM now())::float8)")
        .bind(epoch.parse::<f64>().expect("seconds"))
        .fetch_one(db)
        .await
        .expect("a difference")
}

async fn tell_of_an_offer(db: &PgPool, skew: TimeDelta) -> (Vec<String>, Vec<Webhook>) {
    let (mails, webhooks) = (MailServer::start().await, WebhookReceiver::start().await);
    let settings = [
        ("HOLDFAST_SMTP_URL", mails.url.as_str()),
        ("HOLDFAST_WEBHOOK_PRIVATE_ADDRESSES", "allow"),
    ];
    let app = TestApp::start_configured(config(db, &settings), Clock::Skewed(skew)).await;
    let sale = app.on_sale(1, 1).await;
    sale.subscribe(&webhooks, &["waitlist.offered"]).await;
    sale.set_waitlist(json!({})).await;
    let (seller, ana) = (app.guest(), app.guest());
    let booking = seller.book(&sale, &["S-A-1"]).await;
    ana.join(&sale, 1).await.expect(201);
    app.run_jobs().await;

    seller.cancel(&booking).await.expect(200);
    app.run_jobs().await;
    app.run_jobs().await;

    let states = sqlx::query_scalar(
        "SELECT state FROM deliveries JOIN outbox USING (event_id, message_id)
         WHERE event_id = $1 AND kind = 'waitlist.offered' AND channel = 'mail'",
    )
    .bind(sale.id().0)
    .fetch_all(db)
    .await
    .expect("the deliveries");
    app.stop().await;
    (states, webhooks.received())
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f24_a_wrong_clock_drops_no_offer_and_dates_no_webhook(db: PgPool) {
    for skew in [TimeDelta::hours(1), TimeDelta::hours(-1)] {
        let (states, webhooks) = tell_of_an_offer(&db, skew).await;

        assert_eq!(states, ["sent"], "by a clock that is wrong by {skew}");
        let [webhook] = &webhooks[..] else {
            panic!("{webhooks:?}");
        };
        let late = seconds_from_now(&db, webhook.header("webhook-timestamp")).await;
        assert!(late < 60.0, "{late} s, by a clock that is wrong by {skew}");
    }
}

/// An old secret signs for a day, whatever the clock of who replaced it or of who signs.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f24_a_wrong_clock_ends_no_secret(db: PgPool) {
    for skew in [TimeDelta::hours(-1), TimeDelta::hours(1)] {
        let app = TestApp::start_configured(config(&db, &[]), Clock::Skewed(skew)).await;
        let owner = app.venue_admin().await;
        let endpoint = json!({"url": "https://example.org/", "kinds": ["event.opened"]});
        let made = owner
            .post("/v1/webhook-endpoints", endpoint)
            .await
            .expect(201);
        let path = format!("/v1/webhook-endpoints/{}", made.text_of("endpoint_id"));

        let rotate = owner.request(reqwest::Method::POST, &format!("{path}/rotate-secret"));
        let rotated = owner.send(rotate).await.expect(200);

        let until = rotated.text_of("old_secret_until");
        let until: chrono::DateTime<chrono::Utc> = until.parse().expect("a time");
        let day_before = until - TimeDelta::days(1);
        let late = seconds_from_now(&db, &day_before.timestamp().to_string()).await;
        assert!(late < 60.0, "{late} s, by a clock that is wrong by {skew}");
        app.stop().await;
    }
}
