//! PostgreSQL stops, in the middle of things.

use std::path::Path;

use holdfast::jobs::Progress;
use holdfast::private_stores::PrivatePostgres;
use holdfast::{bookings, postgres};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

use super::{Stalled, until, until_confirming};
use crate::support::{TestApp, noon, redis_url};

/// A service on a PostgreSQL of its own, which the test may stop.
async fn on_own_postgres() -> (TestApp, PrivatePostgres) {
    let launcher = Path::new(env!("CARGO_BIN_EXE_holdfast"));
    let postgres = PrivatePostgres::start_throwaway(launcher).expect("a PostgreSQL");
    let db = PgPool::connect(&postgres.url())
        .await
        .expect("a connection");
    postgres::MIGRATIONS.run(&db).await.expect("the schema");
    let app = TestApp::start_with(&db, &redis_url(), noon()).await;
    (app, postgres)
}

async fn until_postgres_is_back(app: &TestApp) {
    until("PostgreSQL is back", async || {
        sqlx::query("SELECT 1").execute(&app.ctx.db).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn f8_a_confirm_during_which_postgresql_dies_can_be_repeated() {
    let (app, mut postgres) = on_own_postgres().await;
    let sale = app.on_sale(1, 2).await;
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let stalled = Stalled::start(&app, &sale).await;

    let die = async {
        until_confirming(&app, &sale).await;
        let pid = Pid::from_raw(postgres.pid().cast_signed());
        kill(pid, Signal::SIGKILL).expect("PostgreSQL is killed");
    };
    let (failed, ()) = tokio::join!(ana.confirm(&sale, &hold), die);
    assert_eq!(failed.status, 503, "{}", failed.text);
    assert!(!failed.header("retry-after").is_empty());

    // Holds go on; confirms are told to come again.
    let other = ben.place(&sale, &["S-A-2"]).await.expect(201);
    ben.confirm(&sale, &other)
        .await
        .expect_problem(503, "unavailable");
    ben.place(&sale, &["S-A-1"])
        .await
        .expect_problem(409, "seats_unavailable");

    drop(stalled);
    postgres.restart().expect("PostgreSQL starts again");
    until_postgres_is_back(&app).await;
    let booking = ana.confirm(&sale, &hold).await.expect(201);
    ben.confirm(&sale, &other).await.expect(201);
    let again = ana.confirm(&sale, &hold).await.expect(200);
    assert_eq!(again["booking_id"], booking["booking_id"]);
    assert_eq!(sale.states().await, "bb");
    app.finish().await;
}

#[tokio::test]
async fn f8_a_confirm_that_postgresql_leaves_hanging_can_be_repeated() {
    let (app, postgres) = on_own_postgres().await;
    let sale = app.on_sale(1, 1).await;
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let stalled = Stalled::start(&app, &sale).await;

    let hang = async {
        until_confirming(&app, &sale).await;
        signal_all(postgres.pid(), Signal::SIGSTOP);
    };
    let (failed, ()) = tokio::join!(ana.confirm(&sale, &hold), hang);
    assert_eq!(failed.status, 503, "{}", failed.text);
    ben.place(&sale, &["S-A-1"])
        .await
        .expect_problem(409, "seats_unavailable");

    signal_all(postgres.pid(), Signal::SIGCONT);
    until_postgres_is_back(&app).await;
    stalled.end().await;
    let booking = ana.confirm(&sale, &hold).await;
    assert!([200, 201].contains(&booking.status), "{}", booking.text);
    assert_eq!(sale.states().await, "b");
    app.finish().await;
}

/// Signals a postmaster and all its backends.
fn signal_all(postmaster: u32, signal: Signal) {
    let children = format!("/proc/{postmaster}/task/{postmaster}/children");
    let children = std::fs::read_to_string(children).expect("the children of PostgreSQL");
    let backends = children
        .split_whitespace()
        .filter_map(|pid| pid.parse::<i32>().ok());
    for pid in backends.chain([postmaster.cast_signed()]) {
        kill(Pid::from_raw(pid), signal).ok();
    }
}

#[tokio::test]
async fn f8_an_unknown_commit_is_settled_by_the_reconciler() {
    let (app, mut postgres) = on_own_postgres().await;
    let sale = app.on_sale(1, 1).await;
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let hold_id = hold.text_of("hold_id").parse().expect("a hold id");
    let whose = (hold_id, ana.caller_id.expect("a guest"));
    holdfast::board::begin_confirm(&app.ctx, sale.id(), whose, "0badcafe")
        .await
        .expect("begun");
    kill(Pid::from_raw(postgres.pid().cast_signed()), Signal::SIGKILL).expect("killed");

    // While PostgreSQL is away nobody may end the hold, however late it is.
    app.ctx.clock.advance(chrono::TimeDelta::hours(1));
    app.run_jobs().await;
    ben.place(&sale, &["S-A-1"])
        .await
        .expect_problem(409, "seats_unavailable");
    postgres.restart().expect("PostgreSQL starts again");
    until_postgres_is_back(&app).await;
    app.ctx.clock.advance(chrono::TimeDelta::seconds(10));
    app.run_jobs().await;

    assert_eq!(sale.states().await, ".");
    ana.confirm(&sale, &hold)
        .await
        .expect_problem(410, "hold_expired");
    app.finish().await;
}

/// As a standby at the primary's address, or a server whose disk is nearly full.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f8_a_confirm_that_postgresql_must_not_write_can_be_repeated(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let sale = app.on_sale(1, 1).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);

    set_read_only(&db, "on").await;
    let refused = ana.confirm(&sale, &hold).await;
    set_read_only(&db, "off").await;

    let refused = refused.expect_problem(503, "unavailable");
    assert_eq!(refused["store"], "postgresql");
    ana.confirm(&sale, &hold).await.expect(201);
    assert_eq!(sale.states().await, "b");
    app.finish().await;
}

/// For all connections of the service; those that it has end.
async fn set_read_only(db: &PgPool, value: &str) {
    let set = format!(
        "DO $$ BEGIN
             EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {value}',
                            current_database());
         END $$"
    );
    let mut connection = db.acquire().await.expect("a connection");
    for statement in ["SET default_transaction_read_only = off".to_owned(), set] {
        let done = sqlx::raw_sql(AssertSqlSafe(statement));
        done.execute(&mut *connection).await.expect("a setting");
    }
    sqlx::query(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
         WHERE application_name = 'holdfast' AND datname = current_database()",
    )
    .execute(&mut *connection)
    .await
    .expect("they end");
}

/// As with a disk that is full when a connection begins: its code says nothing (F53).
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_server_that_ends_the_connection_is_away_and_says_nothing_of_what_was_done(db: PgPool) {
    let options = (*db.connect_options()).clone().database("nowhere");
    let refused = PgConnection::connect_with(&options).await.err();
    let refused = refused.expect("there is no such database");
    let mistaken = sqlx::query("SELECT nothing").execute(&db).await.err();
    let mistaken = mistaken.expect("there is no such column");

    let judged = |error| (postgres::is_away(error), postgres::is_undone(error));
    assert_eq!(judged(&refused), (true, false), "{refused}");
    assert_eq!(judged(&mistaken), (false, true), "{mistaken}");
}

/// As with a standby that has fallen silent.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f49_commits_that_are_not_answered_leave_connections_to_requests(db: PgPool) {
    let settings = [
        ("HOLDFAST_REQUEST_TIMEOUT_SECONDS", "1"),
        ("HOLDFAST_DATABASE_CONNECTIONS_MAX", "12"),
    ];
    let app = TestApp::start_set(&db, &settings).await;
    let sale = app.on_sale(1, 14).await;
    for seat in 1..=14 {
        app.guest().book(&sale, &[&format!("S-A-{seat}")]).await;
    }
    sale.apply("cancel").await;
    sqlx::raw_sql(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN PERFORM pg_sleep(3); RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON refunds DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION wait()",
    )
    .execute(&db)
    .await
    .expect("a trigger");

    let cancelled = bookings::cancel_bookings_of_cancelled_events(&app.ctx).await;
    assert!(cancelled.is_err(), "{cancelled:?}");
    for _ in 0..2 {
        let more = bookings::cancel_bookings_of_cancelled_events(&app.ctx).await;
        assert_eq!(more.expect("nothing"), Progress::Idle);
    }

    let waiting = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'active' AND query = 'COMMIT'";
    let n_waiting: i64 = sqlx::query_scalar(waiting)
        .fetch_one(&db)
        .await
        .expect("it");
    assert!((1..=4).contains(&n_waiting), "{n_waiting} commits");
    sqlx::raw_sql("DROP TRIGGER wait ON refunds")
        .execute(&db)
        .await
        .expect("dropped");
    app.run_jobs().await;
    assert_eq!(sale.states().await, ".".repeat(14));
    app.finish().await;
}
