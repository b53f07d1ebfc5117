//! What a caller learns when the connection is lost at the commit (F11), or the commit takes long.

use chrono::TimeDelta;
use holdfast::events;
use holdfast::id::{BookingId, HoldId};
use sqlx::{PgPool, Postgres, Transaction};

use crate::failures::{Stalled, until};
use crate::support::{Answer, Caller, Fault, Proxy, Sale, TestApp, noon, redis_url};

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

/// What is waited for: the lock of an event, with all the ways to it behind who waits; or what
/// becomes of a row that another transaction has written.
const EVENT: &str = "advisory";
const ROW: &str = "transactionid";

/// Waits until somebody waits for that, and does something to the backend.
async fn until_it_waits(db: &PgPool, lock: &str, done_to_it: &str) {
    let statement = format!(
        "SELECT count({done_to_it}) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = '{lock}'"
    );
    until("a confirm waits for a lock", async || {
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
        until_it_waits(&db, EVENT, "pid").await;
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
        until_it_waits(&db, EVENT, "pg_terminate_backend(pid)").await;
        stalled.end().await;
    };
    let (booking, ()) = tokio::join!(ana.confirm(&sale, &hold), lose);

    booking.expect(201);
    assert_eq!(n_repeats(&db).await, 0);
    assert_eq!(sale.states().await, "b...");
    app.finish().await;
}

/// A confirm of the first seat that PostgreSQL has taken, and whose commit it has not answered: as
/// while it waits for a standby.
async fn commit_under_way(
    app: &TestApp,
    sale: &Sale,
    (holder, hold): (&Caller, &Answer),
) -> (Transaction<'static, Postgres>, BookingId) {
    app.begin_confirm(sale, holder, hold).await;
    let event = events::sale(&app.ctx, sale.id()).await.expect("the event");
    let hold_id: HoldId = hold.text_of("hold_id").parse().expect("a hold id");
    let (booking_id, now) = (app.ctx.ids.next::<BookingId>(), app.ctx.clock.now());
    let mut tx = app.ctx.db.begin().await.expect("a transaction");
    let confirm = sqlx::query(
        "SELECT FROM confirm_holds(ARRAY[$1], ARRAY[$2], ARRAY[$3], ARRAY[$4],
             ARRAY(SELECT board_epoch FROM events WHERE event_id = $2), ARRAY[$5], ARRAY[$5],
             ARRAY['A reference'], ARRAY['Ana'], ARRAY['ana@example.org'], ARRAY[NULL], ARRAY[49.5],
             ARRAY['EUR'], ARRAY[$6], ARRAY[$5], ARRAY[$7], ARRAY[0], ARRAY[49.5], $8)",
    );
    confirm
        .bind(holdfast::postgres::event_lock(sale.id()))
        .bind(sale.id().0)
        .bind(hold_id.0)
        .bind(holder.caller_id.expect("a guest").0)
        .bind(booking_id.0)
        .bind(now + TimeDelta::seconds(60))
        .bind(event.seating.at(0).expect("a seat").seat_id.0)
        .bind(now)
        .execute(&mut *tx)
        .await
        .expect("a confirm");
    (tx, booking_id)
}

/// After that PostgreSQL confirms no hold that was placed at noon.
const TOO_LATE: TimeDelta = TimeDelta::seconds(600 + 61);

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f12_nobody_is_told_that_a_hold_has_expired_while_a_confirm_may_still_commit(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let sale = app.on_sale(1, 2).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let (first, booking_id) = commit_under_way(&app, &sale, (&ana, &hold)).await;
    app.ctx.clock.advance(TOO_LATE);

    // As PostgreSQL ends the wait when it has been long.
    let end_the_wait = until_it_waits(&db, ROW, "pg_terminate_backend(pid)");
    let (unknown, ()) = tokio::join!(ana.confirm(&sale, &hold), end_the_wait);
    unknown.expect_problem(503, "outcome_unknown");
    let released = ana.release(&sale, &hold).await;
    released.expect_problem(409, "hold_confirming");
    let commit = async {
        until_it_waits(&db, ROW, "pid").await;
        first.commit().await.expect("committed");
    };
    let (again, ()) = tokio::join!(ana.confirm(&sale, &hold), commit);

    assert_eq!(again.expect(200)["booking_id"], booking_id.to_string());
    assert_eq!(sale.states().await, "b.");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_confirm_that_comes_too_late_ends_the_hold_for_every_other(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let sale = app.on_sale(1, 2).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let (first, _) = commit_under_way(&app, &sale, (&ana, &hold)).await;
    app.ctx.clock.advance(TOO_LATE);

    let fail = async {
        until_it_waits(&db, ROW, "pid").await;
        first.rollback().await.expect("undone");
    };
    let (late, ()) = tokio::join!(ana.confirm(&sale, &hold), fail);

    late.expect_problem(410, "hold_expired");
    assert_eq!(ana.get_hold(&sale, &hold).await["state"], "expired");
    let again = ana.confirm_by_token(&sale, &hold).await;
    again.expect_problem(410, "hold_expired");
    assert_eq!(sale.states().await, "..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_takes_longer_than_its_request_may_yet_happen(db: PgPool) {
    let settings = [("HOLDFAST_REQUEST_TIMEOUT_SECONDS", "3")];
    let app = TestApp::start_set(&db, &settings).await;
    let sale = app.on_sale(1, 2).await;
    let ana = app.guest();
    let booking = ana.book(&sale, &["S-A-1"]).await;
    let hold = ana.place(&sale, &["S-A-2"]).await.expect(201);
    let mut lock = db.begin().await.expect("a database");
    for table in ["refunds", "hold_outcomes"] {
        let lock_it = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        sqlx::raw_sql(sqlx::AssertSqlSafe(lock_it))
            .execute(&mut *lock)
            .await
            .expect("a lock");
    }

    let (cancelled, confirmed) = tokio::join!(ana.cancel(&booking), ana.confirm(&sale, &hold));
    lock.rollback().await.expect("a database");

    for slow in [cancelled, confirmed] {
        slow.expect_problem(503, "outcome_unknown");
    }
    let again = ana.confirm(&sale, &hold).await;
    assert!([200, 201].contains(&again.status), "{}", again.text);
    assert_eq!(ana.cancel(&booking).await.expect(200)["state"], "cancelled");
    app.finish().await;
}
