//! F23: what a process that stood still has to say is void.

use chrono::TimeDelta;
use holdfast::board::{self, Snapshot};
use serde_json::json;
use sqlx::PgPool;

use super::bytes;
use crate::failures::{promote, sold_out};
use crate::support::{Sale, TestApp};

async fn version(app: &TestApp, sale: &Sale) -> i64 {
    sqlx::query_scalar("SELECT version FROM waitlists WHERE event_id = $1")
        .bind(sale.id().0)
        .fetch_one(&app.ctx.db)
        .await
        .expect("a waitlist")
}

async fn snapshot(app: &TestApp, sale: &Sale) -> Snapshot {
    let snapshot = board::read_board(&app.ctx, sale.id()).await;
    snapshot.expect("a board")
}

async fn let_go(app: &TestApp, sale: &Sale, asked: (&Snapshot, i64)) -> i64 {
    let n_let_go = board::let_go_kept_seats(&app.ctx, sale.id(), asked, &[0]).await;
    n_let_go.expect("a board")
}

/// Ana waits for two seats; the first of them has come free.
async fn scene(app: &TestApp) -> Sale {
    let (sale, seller, all) = sold_out(app, 2).await;
    app.guest().join(&sale, 2).await.expect(201);
    seller.cancel_seats(&all, &["S-A-1"]).await.expect(200);
    assert_eq!(bytes(app, &sale).await, "wb");
    sale
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f23_an_old_number_of_people_waiting_is_not_taken_for_a_new_one(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 2).await;
    sale.set_waitlist(json!({})).await;
    let before = version(&app, &sale).await;
    let ana = app.guest();
    ana.join(&sale, 2).await.expect(201);

    // Nobody waited, says a process that looked before Ana came.
    board::set_waiting(&app.ctx, sale.id(), before, 0)
        .await
        .expect("a board");
    seller.cancel_seats(&all, &["S-A-1"]).await.expect(200);
    assert_eq!(bytes(&app, &sale).await, "wb", "it is kept");

    let before = version(&app, &sale).await;
    ana.leave(&sale).await.expect(204);
    // Somebody waits, says one that looked before Ana left.
    board::set_waiting(&app.ctx, sale.id(), before, 1)
        .await
        .expect("a board");
    seller.cancel_seats(&all, &["S-A-2"]).await.expect(200);
    assert_eq!(bytes(&app, &sale).await, "w.", "it is kept for nobody");
    app.run_jobs().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f23_a_seat_is_not_let_go_once_somebody_else_may_want_it(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = scene(&app).await;
    let looked = (snapshot(&app, &sale).await, version(&app, &sale).await);
    app.guest().join(&sale, 1).await.expect(201);

    let n_let_go = let_go(&app, &sale, (&looked.0, looked.1)).await;

    assert_eq!((n_let_go, bytes(&app, &sale).await.as_str()), (0, "wb"));
    promote(&app).await;
    assert_eq!(bytes(&app, &sale).await, "hb");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f23_a_seat_is_not_let_go_by_whoever_looked_long_ago(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = scene(&app).await;
    let (looked, version) = (snapshot(&app, &sale).await, version(&app, &sale).await);

    app.ctx.clock.advance(TimeDelta::seconds(5));
    assert_eq!(let_go(&app, &sale, (&looked, version)).await, 0);
    let looked = snapshot(&app, &sale).await;
    app.ctx.clock.advance(TimeDelta::milliseconds(4_999));
    assert_eq!(let_go(&app, &sale, (&looked, version)).await, 1);

    assert_eq!(bytes(&app, &sale).await, ".b");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f23_a_seat_is_not_let_go_on_a_board_that_was_loaded_since(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = scene(&app).await;
    let (looked, version) = (snapshot(&app, &sale).await, version(&app, &sale).await);
    app.lose_board(&sale).await;
    assert_eq!(bytes(&app, &sale).await, "wb");

    assert_eq!(let_go(&app, &sale, (&looked, version)).await, 0);

    assert_eq!(bytes(&app, &sale).await, "wb");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f23_seats_are_not_kept_for_somebody_who_has_left(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 2).await;
    let ana = app.guest();
    ana.join(&sale, 2).await.expect(201);
    let (looked, before) = (snapshot(&app, &sale).await, version(&app, &sale).await);
    ana.leave(&sale).await.expect(204);
    seller.cancel_seats(&all, &["S-A-1"]).await.expect(200);
    let keep = async |version| {
        let asked = (&looked, version);
        let n_kept = board::keep_free_seats(&app.ctx, sale.id(), asked, &[0]).await;
        n_kept.expect("a board")
    };

    assert_eq!(keep(before).await, 0, "an old version");
    assert_eq!(keep(version(&app, &sale).await).await, 0, "nobody waits");

    assert_eq!(bytes(&app, &sale).await, ".b");
    app.finish().await;
}
