//! The audit names what is broken, says nothing of what is not, and mends no more than boards.

use fred::interfaces::HashesInterface;
use holdfast::audit::{Breach, audit, audit_in_background};
use holdfast::board;
use sqlx::PgPool;

use crate::support::{Sale, TestApp};

async fn run(app: &TestApp, is_repairing: bool) -> Vec<Breach> {
    audit(&app.ctx, is_repairing).await.expect("stores")
}

/// What an audit finds: invariant and subject, in order.
async fn findings(app: &TestApp) -> Vec<(&'static str, String)> {
    let breaches = run(app, false).await;
    let told = breaches.into_iter().map(|one| (one.invariant, one.subject));
    told.collect()
}

async fn do_in_database(app: &TestApp, statements: &'static str) {
    let done = sqlx::raw_sql(statements).execute(&app.ctx.db).await;
    done.expect("nothing refuses it");
}

/// A byte for each seat, as the board has it now.
async fn board_of(app: &TestApp, sale: &Sale) -> String {
    let board = board::read_board(&app.ctx, sale.id())
        .await
        .expect("a board");
    String::from_utf8(board.seats).expect("bytes of seats")
}

/// A sale with a booking of two seats and one of another person's.
async fn sold(db: PgPool) -> (TestApp, Sale) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 6).await;
    app.guest().book(&sale, &["S-A-1", "S-A-2"]).await;
    app.guest().book(&sale, &["S-A-3"]).await;
    assert_eq!(findings(&app).await, []);
    (app, sale)
}

/// Plants a breach in PostgreSQL and tells which invariants the audit then names, each once.
async fn named_after(db: PgPool, statements: &'static str) -> Vec<&'static str> {
    let (app, _) = sold(db).await;
    do_in_database(&app, statements).await;
    let mut named: Vec<_> = findings(&app).await.iter().map(|one| one.0).collect();
    named.dedup();
    app.stop().await;
    named
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn i1_a_seat_that_is_booked_twice_is_named_and_so_is_the_lost_key(db: PgPool) {
    let statements = "
        ALTER TABLE seat_bookings DROP CONSTRAINT seat_booked_once_per_event;
        INSERT INTO seat_bookings (event_id, booking_id, seat_id, seat_index, price)
        SELECT one.event_id, other.booking_id, one.seat_id, one.seat_index, 0
        FROM seat_bookings AS one, seat_bookings AS other
        WHERE one.seat_index = 0 AND other.seat_index = 2";
    assert_eq!(named_after(db, statements).await, ["I1"]);
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn i2_a_confirmed_hold_without_its_booking_is_named(db: PgPool) {
    // Its seats are nobody's then, and the board shows as booked what is not.
    let statements = "
        WITH lost AS (
            DELETE FROM bookings WHERE total = 49.5 RETURNING event_id, booking_id)
        DELETE FROM seat_bookings AS seat USING lost WHERE seat.booking_id = lost.booking_id";
    assert_eq!(named_after(db, statements).await, ["I2", "I5"]);
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn i3_a_hold_with_two_outcomes_is_named_and_so_is_the_lost_key(db: PgPool) {
    let statements = "
        ALTER TABLE hold_outcomes DROP CONSTRAINT hold_ends_once;
        INSERT INTO hold_outcomes (event_id, hold_id, outcome, ended_at)
        SELECT event_id, hold_id, 'expired', ended_at FROM hold_outcomes LIMIT 1";
    // An outcome without a booking is not the one of the booking, but there is the other.
    assert_eq!(named_after(db, statements).await, ["I3"]);
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn i3_a_hold_that_does_not_end_is_named(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 6).await;
    let hold = app.guest().place(&sale, &["S-A-1"]).await.expect(201);
    app.ctx.clock.advance(chrono::TimeDelta::seconds(600 + 119));
    assert_eq!(findings(&app).await, []);
    app.ctx.clock.advance(chrono::TimeDelta::seconds(2));

    let expected = format!("hold {}", hold.text_of("hold_id"));
    assert_eq!(findings(&app).await, [("I3", expected)]);
    app.stop().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn i4_a_booking_that_lacks_a_seat_is_named(db: PgPool) {
    let statements = "DELETE FROM seat_bookings WHERE seat_index = 1";
    assert_eq!(named_after(db, statements).await, ["I4", "I5"]);
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn i4_a_seat_without_a_booking_is_named(db: PgPool) {
    let statements = "
        UPDATE seat_bookings SET booking_id = gen_random_uuid() WHERE seat_index = 2";
    assert_eq!(named_after(db, statements).await, ["I4", "I5"]);
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn i6_a_board_that_is_ahead_of_postgresql_is_named_and_loaded_again(db: PgPool) {
    let (app, sale) = sold(db).await;
    let ana = app.guest();
    app.lose_board(&sale).await;
    assert_eq!(
        findings(&app).await,
        [],
        "a board that is missing is loaded"
    );
    // As PostgreSQL is after a restore from a backup.
    let back = "
        ALTER TABLE events DISABLE TRIGGER board_epoch_is_recorded;
        UPDATE events SET board_epoch = board_epoch - 1;
        ALTER TABLE events ENABLE TRIGGER board_epoch_is_recorded";
    do_in_database(&app, back).await;

    let named = findings(&app).await;
    assert_eq!(named.len(), 1, "{named:?}");
    assert_eq!(named[0].0, "I6");
    let mended = run(&app, true).await;

    assert!(mended.iter().all(|one| one.is_repaired), "{mended:?}");
    assert_eq!(findings(&app).await, []);
    ana.book(&sale, &["S-A-4"]).await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn i6_a_board_that_stays_behind_or_goes_back_is_named_and_loaded_again(db: PgPool) {
    let (app, sale) = sold(db).await;
    do_in_database(&app, "UPDATE events SET board_epoch = board_epoch + 1").await;
    let behind = findings(&app).await;
    run(&app, true).await;
    assert_eq!(findings(&app).await, []);
    app.guest().book(&sale, &["S-A-4"]).await;
    let redis = app.ctx.redis.next();
    let meta = format!("holdfast:{{{}}}:meta", sale.event_id);
    let _: i64 = redis.hset(meta, ("revision", 0)).await.expect("a Redis");

    // Nobody has asked the board since, so nobody else has noticed.
    let back = findings(&app).await;

    assert_eq!(behind.iter().map(|one| one.0).collect::<Vec<_>>(), ["I6"]);
    assert_eq!(back.iter().map(|one| one.0).collect::<Vec<_>>(), ["I6"]);
    assert_eq!(
        findings(&app).await,
        [],
        "what the audit asked then loaded it"
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn i8_a_refund_of_more_than_was_paid_is_named(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 6).await;
    let ana = app.guest();
    let booking = ana.book(&sale, &["S-A-1"]).await;
    ana.cancel(&booking).await.expect(200);
    assert_eq!(findings(&app).await, []);

    do_in_database(&app, "UPDATE refunds SET amount = 60").await;

    let named = findings(&app).await;
    assert_eq!(
        named.iter().map(|one| one.0).collect::<Vec<_>>(),
        ["I8", "I8"]
    );
    app.stop().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn i10_who_has_more_seats_than_a_person_may_is_named(db: PgPool) {
    let statements = "UPDATE events SET seats_per_hold_max = 1, seats_per_person_max = 1";
    assert_eq!(named_after(db, statements).await, ["I10"]);
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn i10_who_had_them_before_the_limit_was_lowered_is_not(db: PgPool) {
    let (app, sale) = sold(db).await;
    let change = serde_json::json!({
        "version": 2, "seats_per_hold_max": 1, "seats_per_person_max": 1,
    });
    let changed = sale.owner.patch(&sale.path(""), change).await;
    changed.expect(200);

    assert_eq!(findings(&app).await, []);
    app.finish().await;
}

/// Each kind of difference that a repair mends, and the one that it does not.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn i5_boards_are_mended_from_postgresql_and_a_lost_booking_never(db: PgPool) {
    let (app, sale) = sold(db).await;
    sale.block(&["S-A-4"]).await.expect(204);
    for (index, byte) in [(0, "."), (1, "h"), (3, "."), (4, "x"), (5, "h")] {
        app.write_seat(&sale, index, byte).await;
    }

    let kinds = |breaches: &[Breach]| -> Vec<String> {
        let kinds = breaches.iter().map(|one| {
            assert_eq!(one.invariant, "I5", "{one}");
            one.subject
                .rsplit(' ')
                .next()
                .unwrap_or_default()
                .to_owned()
        });
        kinds.collect()
    };
    let expected = [
        "booking_not_on_board",
        "booking_not_on_board",
        "block_not_on_board",
        "block_lifted",
        "held_without_hold",
    ];
    assert_eq!(kinds(&run(&app, false).await), expected);
    assert_eq!(
        board_of(&app, &sale).await,
        ".hb.xh",
        "nothing is mended unasked"
    );
    let mended = run(&app, true).await;
    assert_eq!(kinds(&mended), expected);
    assert!(mended.iter().all(|one| one.is_repaired));
    assert_eq!(board_of(&app, &sale).await, "bbbx..");

    app.write_seat(&sale, 5, "b").await;
    let lost = run(&app, true).await;
    assert_eq!(kinds(&lost), ["booking_lost"]);
    assert!(!lost[0].is_repaired);
    assert_eq!(board_of(&app, &sale).await, "bbbx.b");
    app.stop().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn i5_a_seat_that_a_cancellation_did_not_free_is_mended(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 2).await;
    let ana = app.guest();
    let booking = ana.book(&sale, &["S-A-1"]).await;
    ana.cancel(&booking).await.expect(200);
    app.write_seat(&sale, 0, "b").await;
    assert_eq!(findings(&app).await, [], "its own call may still come");
    app.ctx.clock.advance(chrono::TimeDelta::seconds(61));

    let mended = run(&app, true).await;

    assert_eq!(mended.len(), 1);
    assert!(mended[0].is_repaired, "{mended:?}");
    assert_eq!(board_of(&app, &sale).await, "..");
    app.finish().await;
}

/// Runs the background audit until its pass is over.
async fn pass(app: &TestApp) {
    app.ctx.clock.advance(chrono::TimeDelta::seconds(601));
    end_pass(app).await;
}

async fn end_pass(app: &TestApp) {
    for _ in 0..100 {
        audit_in_background(&app.ctx).await.expect("stores");
        let query = "SELECT is_running FROM audit_passes";
        let running = sqlx::query_scalar(query).fetch_one(&app.ctx.db).await;
        let is_running: bool = running.expect("a row");
        if !is_running {
            return;
        }
    }
    panic!("the pass does not end");
}

/// What the background audit keeps: invariant, and when it was found.
async fn kept(app: &TestApp) -> Vec<(String, holdfast::clock::Instant)> {
    sqlx::query_as("SELECT invariant, found_at FROM audit_findings ORDER BY invariant")
        .fetch_all(&app.ctx.db)
        .await
        .expect("findings")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_background_audit_keeps_what_it_finds_for_as_long_as_it_is_there(db: PgPool) {
    holdfast::telemetry::start_metrics();
    let (app, sale) = sold(db).await;
    let sibling = app.start_sibling().await;
    pass(&app).await;
    assert_eq!(kept(&app).await, []);

    do_in_database(&app, "UPDATE bookings SET total = total + 1").await;
    app.write_seat(&sale, 5, "b").await;
    pass(&app).await;
    let found = kept(&app).await;
    assert_eq!(
        found.iter().map(|one| &*one.0).collect::<Vec<_>>(),
        ["I4", "I4", "I5"]
    );
    pass(&sibling).await;
    assert_eq!(kept(&app).await, found, "found once, by whichever instance");
    let metrics = app.stranger().get("/metrics").await.expect(200).text;
    assert!(
        metrics.contains("holdfast_audit_open_findings{invariant=\"I4\"}"),
        "{metrics}"
    );
    assert!(
        metrics.contains("holdfast_audit_pass_age_seconds"),
        "{metrics}"
    );

    do_in_database(&app, "UPDATE bookings SET total = total - 1").await;
    app.write_seat(&sale, 5, ".").await;
    pass(&app).await;
    assert_eq!(kept(&app).await, []);
    sibling.stop().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn one_process_audits_at_a_time_and_passes_are_ten_minutes_apart(db: PgPool) {
    let (app, _) = sold(db).await;
    pass(&app).await;
    do_in_database(&app, "UPDATE bookings SET total = total + 1").await;

    audit_in_background(&app.ctx).await.expect("stores");
    assert_eq!(kept(&app).await, [], "the next pass is not due");
    app.ctx.clock.advance(chrono::TimeDelta::seconds(601));
    let mut other = app.ctx.db.begin().await.expect("a transaction");
    let lock = "SELECT is_running FROM audit_passes FOR UPDATE";
    sqlx::query(lock).execute(&mut *other).await.expect("a row");
    audit_in_background(&app.ctx).await.expect("stores");
    assert_eq!(kept(&app).await, [], "another process has it");
    other.rollback().await.expect("the row is let go");

    end_pass(&app).await;
    assert_eq!(kept(&app).await.len(), 2);
    app.stop().await;
}
