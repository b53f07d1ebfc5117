//! What a caller learns when the connection is lost at the commit (F11).

use sqlx::PgPool;

use crate::support::TestApp;

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
