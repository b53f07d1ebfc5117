//! Bringing what an owner changed to the board.

use fred::interfaces::{HashesInterface, KeysInterface};
use holdfast::board;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Sale, TestApp};

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_change_is_brought_to_the_board_once(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 6).await;
    change(&app, &sale).await;
    let brought = bring(&app, &sale).await;
    set_version(&app, &sale, 0).await;

    let untouched = bring(&app, &sale).await;
    change(&app, &sale).await;
    let later = bring(&app, &sale).await;

    assert_eq!((untouched, later), (0, brought + 1));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_board_that_cannot_be_changed_does_not_keep_the_others(db: PgPool) {
    let app = TestApp::start(db).await;
    let mut sales = [app.on_sale(1, 6).await, app.on_sale(1, 6).await];
    // The order in which they are brought.
    sales.sort_by_key(|sale| sale.id().0);
    let [broken, whole] = &sales;
    change(&app, broken).await;
    change(&app, whole).await;
    let redis = app.ctx.redis.next();
    let _: () = redis.del(meta(broken)).await.expect("a Redis");
    let garbage = redis.set(meta(broken), "garbage", None, None, false);
    let _: () = garbage.await.expect("a Redis");
    set_version(&app, whole, 0).await;

    board::keep_boards(&app.ctx)
        .await
        .expect_err("a board that cannot be read");

    assert!(version(&app, whole).await > 0);
    let _: () = redis.del(meta(broken)).await.expect("a Redis");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_past_board_leaves_redis_and_is_loaded_for_who_looks(db: PgPool) {
    let app = TestApp::start(db).await;
    let (past, coming) = (app.on_sale(1, 4).await, app.on_sale(1, 4).await);
    let ana = app.guest();
    for sale in [&past, &coming] {
        let hold = ana.place(sale, &["S-A-2"]).await.expect(201);
        ana.confirm(sale, &hold).await.expect(201);
    }
    app.run_jobs().await;
    let before = n_keys(&app, &past).await;
    backdate(&app, &past).await;

    app.run_jobs().await;
    let after = (n_keys(&app, &past).await, n_keys(&app, &coming).await);
    let seen = states(&app, &past).await;
    app.run_jobs().await;
    let loaded = n_keys(&app, &past).await;
    backdate(&app, &past).await;
    app.run_jobs().await;

    assert_eq!((before, after), (5, (0, 5)));
    assert_eq!((seen.as_str(), loaded > 0), (".b..", true));
    assert_eq!(n_keys(&app, &past).await, 0);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_past_board_that_cannot_be_read_does_not_keep_the_others(db: PgPool) {
    let app = TestApp::start(db).await;
    let mut sales = [app.on_sale(1, 4).await, app.on_sale(1, 4).await];
    // The order in which they are taken.
    sales.sort_by_key(|sale| sale.id().0);
    let [broken, whole] = &sales;
    for sale in [broken, whole] {
        assert_eq!(sale.states().await, "....");
        backdate(&app, sale).await;
    }
    let redis = app.ctx.redis.next();
    let _: () = redis.del(meta(broken)).await.expect("a Redis");
    let garbage = redis.set(meta(broken), "garbage", None, None, false);
    let _: () = garbage.await.expect("a Redis");

    board::retire_boards(&app.ctx)
        .await
        .expect_err("a board that cannot be read");

    assert_eq!(n_keys(&app, whole).await, 0);
    let _: () = redis.del(meta(broken)).await.expect("a Redis");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_board_that_still_sells_by_its_own_clock_stays(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    assert_eq!(sale.states().await, "....");
    backdate(&app, &sale).await;
    let now = app.ctx.clock.imposed_ms().expect("a clock of its own");
    let put_off = ("closes_at", (now + 60_000).to_string());
    let _: i64 = app
        .ctx
        .redis
        .next()
        .hset(meta(&sale), put_off)
        .await
        .expect("a Redis");

    board::retire_boards(&app.ctx).await.expect("boards");

    assert!(n_keys(&app, &sale).await > 0);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn of_a_past_board_that_is_looked_at_again_and_again_one_epoch_is_remembered(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;

    for _ in 0..3 {
        backdate(&app, &sale).await;
        board::retire_boards(&app.ctx).await.expect("boards");
        assert_eq!(states(&app, &sale).await, "....");
    }
    backdate(&app, &sale).await;
    board::retire_boards(&app.ctx).await.expect("boards");

    let count = sqlx::query_scalar("SELECT count(*) FROM board_epochs");
    let n_epochs: i64 = count.fetch_one(&app.ctx.db).await.expect("a database");
    assert_eq!(n_epochs, 1);
    app.finish().await;
}

/// Of a board that is loaded where it is away. Who looks through HTTP has it copied, and its keeper
/// would load it again at a time of its own.
async fn states(app: &TestApp, sale: &Sale) -> String {
    let board = board::read_board(&app.ctx, sale.id()).await;
    String::from_utf8(board.expect("a board").seats).expect("text")
}

/// The event began, was last changed and last loaded three days ago.
async fn backdate(app: &TestApp, sale: &Sale) {
    let is_there: bool = app
        .ctx
        .redis
        .next()
        .exists(meta(sale))
        .await
        .expect("a Redis");
    if is_there {
        let over = app.ctx.redis.next().hset(meta(sale), ("closes_at", 0));
        let _: i64 = over.await.expect("a Redis");
    }
    for ago in [
        "UPDATE events SET starts_at = now() - interval '3 days', sales_close_at = NULL,
             sales_open_at = NULL, updated_at = now() - interval '3 days'
         WHERE event_id = $1",
        "UPDATE board_epochs SET began_at = now() - interval '3 days' WHERE event_id = $1",
    ] {
        let backdated = sqlx::query(ago).bind(sale.id().0);
        backdated.execute(&app.ctx.db).await.expect("a database");
    }
}

/// How many keys Redis has of the board.
async fn n_keys(app: &TestApp, sale: &Sale) -> i64 {
    let nouns = ["seats", "holds", "deadlines", "holders", "meta", "told"];
    let keys = nouns.map(|noun| format!("holdfast:{{{}}}:{noun}", sale.id()));
    let redis = app.ctx.redis.next();
    redis.exists(keys.to_vec()).await.expect("a Redis")
}

/// Changes the event just now, by the clock of PostgreSQL, which looks for changes.
async fn change(app: &TestApp, sale: &Sale) {
    sale.edit(json!({"seats_per_person_max": 50})).await;
    sqlx::query("UPDATE events SET updated_at = now() WHERE event_id = $1")
        .bind(sale.id().0)
        .execute(&app.ctx.db)
        .await
        .expect("a database");
}

/// Brings what changed; answers the version that the board then has.
async fn bring(app: &TestApp, sale: &Sale) -> i64 {
    board::keep_boards(&app.ctx).await.expect("boards");
    version(app, sale).await
}

async fn version(app: &TestApp, sale: &Sale) -> i64 {
    let version = app.ctx.redis.next().hget(meta(sale), "version");
    version.await.expect("a version")
}

async fn set_version(app: &TestApp, sale: &Sale, version: i64) {
    let set = app.ctx.redis.next().hset(meta(sale), ("version", version));
    let _: i64 = set.await.expect("a Redis");
}

fn meta(sale: &Sale) -> String {
    format!("holdfast:{{{}}}:meta", sale.event_id)
}
