//! An instance that hears nothing of a board any more.

use std::time::Duration;

use reqwest::{Method, Response};
use sqlx::PgPool;

use crate::failures::until;
use crate::support::{Answer, Caller, Fault, Proxy, Sale, TestApp, noon, redis_url};

/// Watches on from a position, or from the beginning.
async fn ask(caller: &Caller, sale: &Sale, last_id: &str) -> Response {
    let request = caller.request(Method::GET, &sale.path("/live"));
    let request = request.header("Last-Event-ID", last_id);
    request.send().await.expect("the service answers")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn viewers_are_let_go_and_go_on_where_they_were(db: PgPool) {
    let proxy = Proxy::start(&redis_url()).await;
    let deaf = TestApp::start_with(&db, &proxy.url, noon()).await;
    let app = deaf.start_sibling().await;
    let sale = app.on_sale(1, 4).await;
    let nobody = deaf.stranger();
    let mut viewer = nobody.watch(&sale).await;
    viewer.until("....").await;
    let id = viewer.id();

    proxy.set(Fault::Cut);
    app.guest().place(&sale, &["S-A-2"]).await.expect(201);
    let told = viewer.next().await;
    let refused = [
        ask(&nobody, &sale, "").await,
        ask(&nobody, &sale, &id).await,
    ];
    proxy.set(Fault::None);
    until("the instance is in touch again", async || {
        ask(&nobody, &sale, &id).await.status() == 200
    })
    .await;
    let back = nobody.watch_with(&sale, &[("Last-Event-ID", &id)]).await;
    let mut back = back.knowing(&viewer);
    back.until(".h..").await;

    assert_eq!(told, None, "the stream has ended");
    for refused in refused {
        let refused = Answer::read(refused).await;
        let refused = refused.expect_problem(503, "unavailable");
        assert!(refused.header("retry-after").parse::<u64>().is_ok());
    }
    assert_eq!(back.n_snapshots, 0, "the changes are told");
    app.stop().await;
    deaf.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn viewers_stay_where_the_process_stood_still_for_a_while(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let mut viewer = app.stranger().watch(&sale).await;
    viewer.until("....").await;

    // The service runs on this thread, too: for longer than a copy is good for it compares nothing.
    std::thread::sleep(Duration::from_secs(4));
    app.guest().place(&sale, &["S-A-2"]).await.expect(201);

    viewer.until(".h..").await;
    app.finish().await;
}
