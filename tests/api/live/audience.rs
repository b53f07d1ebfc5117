//! How many may watch.

use reqwest::Method;
use sqlx::PgPool;

use crate::failures::until;
use crate::support::document::document;
use crate::support::{Answer, Caller, Sale, TestApp, Viewer};

/// Watches from behind a proxy that names the address.
async fn ask(caller: &Caller, sale: &Sale, address: &str) -> reqwest::Response {
    let request = caller.request(Method::GET, &sale.path("/live"));
    let request = request.header("X-Forwarded-For", address);
    request.send().await.expect("the service answers")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn one_address_watches_only_so_often(db: PgPool) {
    let settings = [
        ("HOLDFAST_VIEWERS_PER_ADDRESS_MAX", "2"),
        ("HOLDFAST_TRUSTED_PROXIES_COUNT", "1"),
    ];
    let app = TestApp::start_set(&db, &settings).await;
    let sale = app.on_sale(1, 4).await;
    let nobody = app.stranger();
    let first = Viewer::of(ask(&nobody, &sale, "192.0.2.1").await);
    let _second = Viewer::of(ask(&nobody, &sale, "192.0.2.1").await);

    let refused = Answer::read(ask(&nobody, &sale, "192.0.2.1").await).await;
    let _elsewhere = Viewer::of(ask(&nobody, &sale, "192.0.2.2").await);
    drop(first);

    let refused = refused.expect_problem(429, "rate_limited");
    let live = &document()["paths"]["/v1/events/{event_id}/live"]["get"];
    let headers = live["responses"]["429"]["headers"].as_object();
    for name in headers.expect("headers").keys() {
        assert!(refused.header(name).parse::<u64>().is_ok(), "{name}");
    }
    until("a place is given back", async || {
        ask(&nobody, &sale, "192.0.2.1").await.status() == 200
    })
    .await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn no_more_watch_than_can_be_served(db: PgPool) {
    let app = TestApp::start_set(&db, &[("HOLDFAST_VIEWERS_MAX", "2")]).await;
    let sale = app.on_sale(1, 4).await;
    let nobody = app.stranger();
    let _first = nobody.watch(&sale).await;
    let _second = nobody.watch(&sale).await;

    let refused = nobody.get(&sale.path("/live")).await;

    let refused = refused.expect_problem(503, "unavailable");
    assert!(refused.header("retry-after").parse::<u64>().is_ok());
    nobody.get(&sale.path("/availability")).await.expect(200);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_copy_nobody_reads_makes_room_and_one_that_is_watched_does_not(db: PgPool) {
    let settings = [("HOLDFAST_BOARD_COPIES_MAX", "1")];
    let app = TestApp::start_set(&db, &settings).await;
    let (one, other) = (app.on_sale(1, 4).await, app.on_sale(1, 4).await);
    let nobody = app.stranger();

    assert_eq!(one.states().await, "....");
    let mut watched = nobody.watch(&other).await;
    watched.until("....").await;
    app.guest().place(&one, &["S-A-1"]).await.expect(201);
    let read = one.states().await;
    let refused = nobody.get(&one.path("/live")).await;

    assert_eq!(read, "h...");
    refused.expect_problem(503, "unavailable");
    drop(watched);
    until("the place of the other board is free", async || {
        let request = nobody.request(Method::GET, &one.path("/live"));
        request.send().await.expect("an answer").status() == 200
    })
    .await;
    app.finish().await;
}
