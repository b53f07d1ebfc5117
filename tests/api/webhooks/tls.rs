//! Webhooks by https.

use sqlx::PgPool;

use super::BOOKINGS;
use crate::support::{Authority, Sale, TestApp, WebhookReceiver};

async fn start(db: &PgPool, authority: &Authority) -> (TestApp, Sale) {
    let settings = [
        ("HOLDFAST_WEBHOOK_PRIVATE_ADDRESSES", "allow"),
        ("HOLDFAST_WEBHOOK_CA_FILE", authority.file()),
    ];
    let app = TestApp::start_set(db, &settings).await;
    let sale = app.on_sale(1, 2).await;
    (app, sale)
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_endpoint_of_our_own_authority_is_told_by_https(db: PgPool) {
    let authority = Authority::new();
    let (app, sale) = start(&db, &authority).await;
    let receiver = WebhookReceiver::start_secured(authority.acceptor("127.0.0.1")).await;
    let endpoint = sale.subscribe(&receiver, &BOOKINGS).await;
    app.guest().book(&sale, &["S-A-1"]).await;

    app.run_jobs().await;

    assert_eq!(sale.log(&endpoint).await[0]["answer"], "204");
    assert!(receiver.received()[0].is_signed_by(&endpoint.text_of("secret")));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f43_an_endpoint_that_cannot_show_who_it_is_is_told_nothing(db: PgPool) {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let (app, sale) = start(&db, &ours).await;
    let receivers = [
        WebhookReceiver::start_secured(theirs.acceptor("127.0.0.1")).await,
        WebhookReceiver::start_secured(ours.acceptor("hooks.example.org")).await,
    ];
    let mut endpoints = Vec::new();
    for receiver in &receivers {
        endpoints.push(sale.subscribe(receiver, &BOOKINGS).await);
    }
    app.guest().book(&sale, &["S-A-1"]).await;

    app.run_jobs().await;

    for (receiver, endpoint) in receivers.iter().zip(&endpoints) {
        assert_eq!(receiver.received().len(), 0);
        let log = sale.log(endpoint).await;
        assert_eq!(log[0]["state"], "due");
        let answer = log[0]["answer"].as_str().expect("an answer");
        assert!(answer.starts_with("no TLS: "), "{answer}");
    }
    app.finish().await;
}
