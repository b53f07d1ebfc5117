//! No webhook looks into the operator's own house (F43).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use sqlx::PgPool;
use tokio::net::TcpListener;

use super::BOOKINGS;
use crate::support::TestApp;

/// F43
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f43_an_endpoint_at_a_private_address_is_refused(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;

    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "[ff02::1]",
    ] {
        let body = json!({"url": format!("https://{host}/hook"), "kinds": BOOKINGS});
        let answer = owner.post("/v1/webhook-endpoints", body).await;

        let answer = answer.expect_problem(422, "validation_failed");
        assert_eq!(answer["errors"][0]["pointer"], "/url", "{host}");
    }
    let plain = json!({"url": "http://hooks.example.org/", "kinds": BOOKINGS});
    let answer = owner.post("/v1/webhook-endpoints", plain).await;
    answer.expect_problem(422, "validation_failed");
    app.finish().await;
}

/// F43: the name is harmless when the endpoint is made; what counts is what it leads to when it is
/// used.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f43_a_name_that_leads_to_a_private_address_is_not_connected_to(db: PgPool) {
    let app = TestApp::start(db).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let port = listener.local_addr().expect("an address").port();
    let n_connections = Arc::new(AtomicUsize::new(0));
    let counted = n_connections.clone();
    #[expect(clippy::disallowed_methods, reason = "a test's own task")]
    let listening = tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let sale = app.on_sale(1, 2).await;
    let body = json!({"url": format!("https://localhost:{port}/hook"), "kinds": BOOKINGS});
    let endpoint = sale
        .owner
        .post("/v1/webhook-endpoints", body)
        .await
        .expect(201);
    app.guest().book(&sale, &["S-A-1"]).await;

    app.run_jobs().await;

    assert_eq!(n_connections.load(Ordering::SeqCst), 0);
    let log = sale.log(&endpoint).await;
    assert_eq!(log[0]["answer"], "the host leads to a private address");
    assert_eq!(log[0]["state"], "due");
    listening.abort();
    app.finish().await;
}
