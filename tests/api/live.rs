//! The live seat map: what viewers are told, and when.

use serde_json::json;
use sqlx::PgPool;

use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_viewer_gets_every_seat_and_then_what_changes(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    ana.place(&sale, &["S-A-1"]).await.expect(201);

    let mut viewer = app.stranger().watch(&sale).await;
    let snapshot = viewer.next().await.expect("a snapshot");
    ana.place(&sale, &["S-A-3", "S-A-4"]).await.expect(201);
    let changes = viewer.next().await.expect("changes");

    assert_eq!(viewer.header("content-type"), "text/event-stream");
    assert_eq!(viewer.header("cache-control"), "no-store");
    assert_eq!(viewer.header("x-accel-buffering"), "no");
    assert_eq!(snapshot.event, "snapshot");
    assert_eq!(snapshot.data["states"], "h...");
    assert_eq!(changes.event, "changes");
    assert_eq!(changes.data["changes"], json!({"h": [2, 3]}));
    assert_eq!(viewer.states, b"h.hh");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn two_instances_show_the_same_map(db: PgPool) {
    let app = TestApp::start(db).await;
    let sibling = app.start_sibling().await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let mut here = app.stranger().watch(&sale).await;
    let mut there = app.stranger().at(&sibling).watch(&sale).await;
    here.until("....").await;
    there.until("....").await;

    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    there.until("h...").await;
    ana.at(&sibling).confirm(&sale, &hold).await.expect(201);

    here.until("b...").await;
    there.until("b...").await;
    assert_eq!(here.n_snapshots + there.n_snapshots, 2);
    sibling.finish().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn who_comes_back_gets_only_what_has_changed_since(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let mut stays = app.stranger().watch(&sale).await;
    let mut leaves = app.stranger().watch(&sale).await;
    leaves.until("....").await;
    ana.place(&sale, &["S-A-1"]).await.expect(201);
    stays.until("h...").await;
    ana.place(&sale, &["S-A-2"]).await.expect(201);
    stays.until("hh..").await;

    for by_header in [true, false] {
        let id = leaves.id();
        let back = if by_header {
            app.stranger()
                .watch_with(&sale, &[("Last-Event-ID", &id)])
                .await
        } else {
            let path = format!("/live?last_event_id={id}");
            let request = app
                .stranger()
                .request(reqwest::Method::GET, &sale.path(&path));
            crate::support::Viewer::of(request.send().await.expect("an answer"))
        };
        let mut back = back.knowing(&leaves);
        back.until("hh..").await;
        assert_eq!(back.n_snapshots, 0);
        assert_eq!(back.id(), stays.id());
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_id_that_is_none_gets_a_snapshot(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;

    for id in [
        "",
        "x",
        "1",
        "-1-1",
        "1-2-3",
        "99999999999999999999-1",
        "0-0",
        "1-4000000000",
    ] {
        let mut viewer = app
            .stranger()
            .watch_with(&sale, &[("Last-Event-ID", id)])
            .await;
        assert_eq!(
            viewer.next().await.expect("a message").event,
            "snapshot",
            "{id}"
        );
    }
    app.finish().await;
}
