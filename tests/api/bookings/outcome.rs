//! What a caller learns when the connection is lost at the commit (F11).

use sqlx::PgPool;

use crate::failures::{Stalled, until};
use crate::support::{Fault, Proxy, TestApp, noon, redis_url};

/// From now on a commit that writes the table loses its connection, and with it the transaction.
async fn lose_commits_to(db: &PgPool, table: &str) {
    let statements = format!(
        "CREATE FUNCTION lose_commit() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER lose_commit AFTER INSERT ON {table}
         DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION lose_commit()"
    );
    let statements = sqlx::AssertSqlSafe(statements);
    sqlx::raw_sql(statements)
        .execute(db)
        .await
        .expect("a trigger");
}

async fn keep_commits(db: &PgPool) {
    let statement = sqlx::raw_sql("DROP FUNCTION lose_commit CASCADE");
    statement.execute(db).await.expect("no trigger");
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_confirm_whose_outcome_is_unknown_is_settled_by_repeating_it(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    lose_commits_to(&db, "bookings").await;

    let unknown = ana.confirm(&sale, &hold).await;
    let held = ana.get_hold(&sale, &hold).await.expect(200);
    let released = ana.release(&sale, &hold).await;
    keep_commits(&db).await;
    let booking = ana.confirm(&sale, &hold).await;

    let unknown = unknown.expect_problem(503, "outcome_unknown");
    assert_eq!(unknown["retryable"], true);
    assert_eq!(unknown.header("retry-after"), "1");
    assert_eq!(held["state"], "confirming");
    released.expect_problem(409, "hold_confirming");
    booking.expect(201);
    assert_eq!(sale.states().await, "b...");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_cancel_whose_outcome_is_unknown_is_settled_by_repeating_it(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let booking = ana.book(&sale, &["S-A-1"]).await;
    lose_commits_to(&db, "refunds").await;

    let unknown = ana.cancel(&booking).await;
    let still = sale.states().await;
    keep_commits(&db).await;
    let cancelled = ana.cancel(&booking).await;

    unknown.expect_problem(503, "outcome_unknown");
    assert_eq!(still, "b...");
    assert_eq!(cancelled.expect(200)["refund"]["amount"], "49.50");
    assert_eq!(sale.states().await, "....");
    app.finish().await;
}

/// The backends that wait for the lock of an event: all the ways to it are behind them.
const WAITING: &str = "pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'";

/// Waits until somebody waits for the lock of an event, and does that to the backend.
async fn until_it_waits(db: &PgPool, done_to_it: &str) {
    let statement = format!("SELECT count({done_to_it}) FROM {WAITING}");
    until("a confirm waits for the lock", async || {
        let counting = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(statement.clone()));
        counting.fetch_one(db).await.expect("the activity") == 1
    })
    .await;
}

/// How often somebody has asked what became of the holds.
async fn n_repeats(db: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT sum(n_repeats) FROM hold_outcomes")
        .fetch_one(db)
        .await
        .expect("outcomes")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f11_a_commit_whose_answer_is_lost_is_confirmed_again_and_answers_its_one_booking(
    db: PgPool,
) {
    let (proxy, proxied) = Proxy::start_before(&db).await;
    let app = TestApp::start_with(&proxied, &redis_url(), noon()).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);
    let stalled = Stalled::start_on(&db, &sale).await;

    let lose = async {
        until_it_waits(&db, "pid").await;
        proxy.set(Fault::SwallowOne);
        stalled.end().await;
    };
    let (booking, ()) = tokio::join!(ana.confirm(&sale, &hold), lose);

    let booking = booking.expect(201);
    assert_eq!(proxy.n_swallowed(), 1);
    assert_eq!(n_repeats(&db).await, 1, "the second attempt met the first");
    let again = ana.confirm(&sale, &hold).await.expect(200);
    assert_eq!(again["booking_id"], booking["booking_id"]);
    assert_eq!(again["confirmed_at"], booking["confirmed_at"]);
    assert_eq!(sale.states().await, "bb..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f11_a_connection_that_ends_before_the_commit_costs_the_buyer_nothing(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let stalled = Stalled::start(&app, &sale).await;

    let lose = async {
        until_it_waits(&db, "pg_terminate_backend(pid)").await;
        stalled.end().await;
    };
    let (booking, ()) = tokio::join!(ana.confirm(&sale, &hold), lose);

    booking.expect(201);
    assert_eq!(n_repeats(&db).await, 0);
    assert_eq!(sale.states().await, "b...");
    app.finish().await;
}
