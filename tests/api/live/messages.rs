//! What viewers are told.

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

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn one_compressed_stream_serves_every_viewer(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(20, 100).await;
    let ana = app.guest();
    let gzip = [("Accept-Encoding", "br, gzip")];
    let mut early = app.stranger().watch_with(&sale, &gzip).await;
    early.next().await.expect("a snapshot");
    let n_bytes = early.n_bytes();
    ana.place(&sale, &["S-A-1"]).await.expect(201);
    early.next().await.expect("changes");
    let mut late = app.stranger().watch_with(&sale, &gzip).await;
    late.next().await.expect("a snapshot");

    ana.place(&sale, &["S-A-3"]).await.expect(201);
    early.next().await.expect("changes");
    late.next().await.expect("changes");

    assert_eq!(early.header("content-encoding"), "gzip");
    assert!(n_bytes < 300, "{n_bytes} bytes for 2,000 free seats");
    assert_eq!(early.states, late.states);
    assert_eq!(&early.states[..4], b"h.h.");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn changes_of_a_moment_are_told_together(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(2, 20).await;
    let mut viewer = app.stranger().watch(&sale).await;
    viewer.next().await.expect("a snapshot");

    for index in 0..40 {
        app.write_seat(&sale, index, "w").await;
    }
    viewer.until(&"x".repeat(40)).await;

    // A change each 100 ms: forty steps on a machine that takes two seconds for them are twenty.
    assert!(viewer.n_changes < 40, "{} messages", viewer.n_changes);
    assert_eq!(viewer.n_snapshots, 1);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_board_that_is_loaded_anew_is_told_whole(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    ana.place(&sale, &["S-A-1"]).await.expect(201);
    let mut viewer = app.stranger().watch(&sale).await;
    viewer.until("h...").await;

    app.lose_board(&sale).await;
    ana.place(&sale, &["S-A-2"]).await.expect(201);

    viewer.until(".h..").await;
    assert!(viewer.n_snapshots >= 2);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_event_is_watched_whatever_its_state(db: PgPool) {
    let app = TestApp::start(db).await;
    let draft = app.draft_with(1, 4, json!({})).await;
    let path = draft.path("/live");
    app.stranger()
        .get(&path)
        .await
        .expect_problem(404, "not_found");
    app.guest()
        .get(&path)
        .await
        .expect_problem(404, "not_found");
    let mut owner = draft.owner.watch(&draft).await;
    owner.until("....").await;
    draft.apply("open").await;
    app.guest().book(&draft, &["S-A-1"]).await;

    for verb in ["pause", "close", "cancel"] {
        draft.apply(verb).await;
        app.stranger().watch(&draft).await.until("b...").await;
    }
    owner.until("b...").await;
    let unknown = app.ctx.ids.next::<holdfast::id::EventId>();
    let unknown = format!("/v1/events/{unknown}/live");
    app.stranger()
        .get(&unknown)
        .await
        .expect_problem(404, "not_found");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn streams_end_when_the_service_stops(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let mut viewer = app.stranger().watch(&sale).await;
    viewer.until("....").await;

    let (ended, ()) = tokio::join!(viewer.next(), app.finish());

    assert_eq!(ended, None);
}
