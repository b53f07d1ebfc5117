//! What the event's owner, the clock or another process does at the wrong moment.

use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

use super::{bytes, offered_seats};
use crate::failures::{promote, sold_out, until};
use crate::support::{Sale, TestApp};

/// For those who are to wait for one lock at a time, and whoever counts them.
pub const ROOM_FOR_ALL: [(&str, &str); 1] = [("HOLDFAST_DATABASE_CONNECTIONS_MAX", "6")];

/// A connection of the test's own, in a transaction that has run a statement.
pub async fn holding(app: &TestApp, statement: &str) -> PgConnection {
    let options = app.ctx.db.connect_options();
    let mut connection = PgConnection::connect_with(&options)
        .await
        .expect("a connection");
    for statement in ["BEGIN", statement] {
        run(&mut connection, statement).await;
    }
    connection
}

pub async fn run(connection: &mut PgConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(connection)
        .await
        .expect(statement);
}

pub async fn until_waiting(app: &TestApp, n_waiting: i64) {
    until("statements wait for a lock", async || {
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let found: i64 = sqlx::query_scalar(waiting)
            .fetch_one(&app.ctx.db)
            .await
            .expect("a count");
        found == n_waiting
    })
    .await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_waitlist_never_has_more_entries_than_it_may(db: PgPool) {
    let app = TestApp::start_set(&db, &ROOM_FOR_ALL).await;
    let (sale, ..) = sold_out(&app, 1).await;
    sale.set_waitlist(json!({"entries_max": 2})).await;
    let people = [(); 4].map(|()| app.guest());
    let mut lock = holding(&app, "SELECT FROM waitlists FOR UPDATE").await;

    let joins = join_all(people.iter().map(|person| person.join(&sale, 1)));
    let scene = async {
        until_waiting(&app, 4).await;
        run(&mut lock, "COMMIT").await;
    };
    let (joined, ()) = tokio::join!(joins, scene);

    let mut outcomes: Vec<_> = joined
        .iter()
        .map(|answer| (answer.status, answer["reason"].clone()))
        .collect();
    outcomes.sort_by_key(|(status, _)| *status);
    let (joined, full) = ((201, json!(null)), (409, json!("full")));
    assert_eq!(
        outcomes,
        [joined.clone(), joined, full.clone(), full],
        "all at once"
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn whoever_verifies_in_the_last_moment_does_not_lapse(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, ..) = sold_out(&app, 1).await;
    sale.set_waitlist(json!({"verification_required": true}))
        .await;
    let ana = app.guest();
    ana.join(&sale, 1).await.expect(201);
    app.ctx.clock.advance(TimeDelta::hours(25));
    let mut lock = holding(&app, "SELECT FROM waitlists FOR UPDATE").await;

    let scene = async {
        until_waiting(&app, 1).await;
        run(
            &mut lock,
            "UPDATE waitlist_entries SET state = 'waiting';
             UPDATE waitlists SET version = version + 1; COMMIT",
        )
        .await;
    };
    tokio::join!(promote(&app), scene);

    assert_eq!(state_of_entry(&app, &sale).await, "waiting");
    app.finish().await;
}

/// Of the only entry of an event.
async fn state_of_entry(app: &TestApp, sale: &Sale) -> String {
    sqlx::query_scalar("SELECT state FROM waitlist_entries WHERE event_id = $1")
        .bind(sale.id().0)
        .fetch_one(&app.ctx.db)
        .await
        .expect("the entry")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn nobody_lapses_while_the_owner_puts_off_the_end_of_the_sale(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, ..) = sold_out(&app, 1).await;
    sale.edit(json!({"sales_close_at": "2037-12-01T13:00:00Z"}))
        .await;
    let ana = app.guest();
    ana.join(&sale, 1).await.expect(201);
    app.ctx.clock.advance(TimeDelta::hours(1));
    let edit = "UPDATE events SET sales_close_at = sales_close_at + interval '1 day'";
    let mut lock = holding(&app, edit).await;

    let scene = async {
        until_waiting(&app, 1).await;
        run(&mut lock, "COMMIT").await;
    };
    tokio::join!(promote(&app), scene);

    assert_eq!(ana.entry(&sale).await["state"], "waiting");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn seats_are_offered_only_if_the_event_is_on_sale_at_that_moment(db: PgPool) {
    let app = TestApp::start(db).await;
    for (edit, state) in [
        ("state = 'paused'", "waiting"),
        ("state = 'closed'", "waiting"),
        ("sales_close_at = '2037-12-01T12:00:00Z'", "waiting"),
        ("name = 'Another'", "offered"),
    ] {
        let (sale, seller, all) = sold_out(&app, 1).await;
        let ana = app.guest();
        ana.join(&sale, 1).await.expect(201);
        seller.cancel(&all).await.expect(200);
        // The round has seen it on sale when it comes to offer seats.
        let event_id = &sale.event_id;
        let edit = format!("UPDATE events SET {edit} WHERE event_id = '{event_id}'");
        let mut lock = holding(&app, &edit).await;

        let scene = async {
            until_waiting(&app, 1).await;
            run(&mut lock, "COMMIT").await;
        };
        tokio::join!(promote(&app), scene);

        assert_eq!(state_of_entry(&app, &sale).await, state, "{edit}");
    }
    app.finish().await;
}

/// An offer that was claimed, and whose hold nobody has placed yet.
async fn claim(app: &TestApp, sale: &Sale, seat_index: i32) {
    let statement = "
        WITH raised AS (UPDATE waitlists SET version = version + 1 WHERE event_id = $1),
        entry AS (
            UPDATE waitlist_entries SET state = 'offered'
            WHERE event_id = $1 AND state = 'waiting' RETURNING entry_id
        ), seat AS (
            INSERT INTO waitlist_offer_seats (event_id, seat_index, hold_id)
            SELECT $1, $2, entry_id FROM entry
        )
        INSERT INTO waitlist_offers (event_id, hold_id, entry_id, state, seats, amounts,
            offered_at, expires_at)
        SELECT $1, entry_id, entry_id, 'live', ARRAY[$2], '{4950}', $3, $3 + interval '15 minutes'
        FROM entry";
    sqlx::query(statement)
        .bind(sale.id().0)
        .bind(seat_index)
        .bind(app.ctx.clock.now())
        .execute(&app.ctx.db)
        .await
        .expect("a claim");
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_seat_that_is_claimed_for_the_last_one_who_waits_is_not_let_go(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 2).await;
    let ana = app.guest();
    ana.join(&sale, 1).await.expect(201);
    seller.cancel_seats(&all, &["S-A-1"]).await.expect(200);
    claim(&app, &sale, 0).await;
    // Nobody can place it yet: the board is to be loaded anew.
    let raise = "UPDATE events SET board_epoch = board_epoch + 1";
    sqlx::raw_sql(raise)
        .execute(&app.ctx.db)
        .await
        .expect(raise);

    promote(&app).await;

    assert_eq!(bytes(&app, &sale).await, "wb");
    app.lose_board(&sale).await;
    promote(&app).await;
    assert_eq!(offered_seats(&ana.entry(&sale).await), ["S-A-1"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_offer_that_is_found_with_seconds_left_is_made_anew(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 1).await;
    let ana = app.guest();
    ana.join(&sale, 1).await.expect(201);
    seller.cancel(&all).await.expect(200);
    claim(&app, &sale, 0).await;
    app.ctx.clock.advance(TimeDelta::seconds(875));

    promote(&app).await;

    let entry = ana.entry(&sale).await;
    assert_eq!(offered_seats(&entry), ["S-A-1"]);
    assert_eq!(entry["offer"]["expires_in_seconds"], 900);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_claimed_seat_that_was_booked_meanwhile_stays_booked_after_a_lost_board(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 2).await;
    let ana = app.guest();
    ana.join(&sale, 1).await.expect(201);
    seller.cancel_seats(&all, &["S-A-1"]).await.expect(200);
    claim(&app, &sale, 0).await;
    app.insert_rival_booking(&sale, 0).await;
    app.lose_board(&sale).await;
    assert_eq!(bytes(&app, &sale).await, "bb");

    app.ctx.clock.advance(TimeDelta::seconds(60));
    promote(&app).await;
    assert_eq!(ana.entry(&sale).await["state"], "waiting");
    app.ctx.clock.advance(TimeDelta::minutes(30));
    app.run_jobs().await;

    assert_eq!(
        bytes(&app, &sale).await,
        "bb",
        "the offer's end frees no seat"
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_promoter_that_is_late_gives_no_seat_back_to_an_offer(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 3).await;
    let ana = app.guest();
    ana.join(&sale, 3).await.expect(201);
    seller.cancel(&all).await.expect(200);
    promote(&app).await;
    let hold_id = ana.entry(&sale).await["offer"]["hold_id"].clone();
    let path = sale.path(&format!("/holds/{}", hold_id.as_str().expect("a hold")));
    ana.patch(&path, json!({"remove": ["S-A-3"]}))
        .await
        .expect(200);
    let mut lock = holding(&app, "SELECT FROM waitlist_offers FOR UPDATE").await;

    let scene = async {
        until_waiting(&app, 1).await;
        // Meanwhile another one has seen that the second seat is gone, too.
        ana.patch(&path, json!({"remove": ["S-A-2"]}))
            .await
            .expect(200);
        run(
            &mut lock,
            "UPDATE waitlist_offers SET seats = '{0}', amounts = '{4950}';
             DELETE FROM waitlist_offer_seats WHERE seat_index > 0; COMMIT",
        )
        .await;
    };
    tokio::join!(promote(&app), scene);

    app.assert_invariants().await;
    assert_eq!(offered_seats(&ana.entry(&sale).await), ["S-A-1"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn whoever_removes_somebody_is_not_overtaken_by_a_promoter(db: PgPool) {
    let app = TestApp::start(db).await;
    let sibling = app.start_sibling().await;
    let (sale, seller, all) = sold_out(&app, 12).await;
    for n in 1..=12 {
        let person = app.guest();
        let entry = person.join(&sale, 1).await.expect(201).text_of("entry_id");
        let seat = format!("S-A-{n}");
        seller.cancel_seats(&all, &[&seat]).await.expect(200);
        promote(&app).await;

        let removal = json!({"version": 1, "reason": "A tout"});
        let remove = sale.decide_as_seen("remove", &entry, removal);
        let rounds = async {
            for _ in 0..4 {
                promote(&sibling).await;
            }
        };
        let (removed, ()) = tokio::join!(remove, rounds);

        assert_eq!(removed.expect(200)["state"], "removed", "{n}");
        assert_eq!(person.entry(&sale).await["state"], "removed");
        promote(&app).await;
        app.guest().book(&sale, &[&seat]).await;
    }
    let log = sale.waitlist_log().await;
    let n_removed = log
        .iter()
        .filter(|(kind, reason, _)| kind == "removed" && reason == "A tout");
    assert_eq!(n_removed.count(), 12, "{log:?}");
    sibling.stop().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn nobody_waits_for_a_sale_that_has_not_begun(db: PgPool) {
    let app = TestApp::start(db).await;
    let opens = json!({"sales_open_at": "2037-12-01T13:00:00Z"});
    let sale = app.on_sale_with(1, 2, opens).await;
    let ana = app.guest();

    ana.join(&sale, 1)
        .await
        .expect_problem(409, "event_not_on_sale");

    app.ctx.clock.advance(TimeDelta::hours(1));
    ana.join(&sale, 1)
        .await
        .expect_problem(409, "seats_available");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn seats_that_are_unblocked_while_people_wait_are_kept_for_them(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 2).await;
    sale.block(&["S-A-1", "S-A-2"]).await;
    let (ana, customer) = (app.guest(), app.customer().await);
    ana.join(&sale, 2).await.expect(201);
    let contact =
        json!({"name": "Ana", "email": format!("{}@example.org", ana.caller_id.expect("an id"))});
    customer
        .join_with(&sale, json!({"contact": contact}))
        .await
        .expect_problem(409, "already_waiting");

    sale.unblock(&["S-A-1"]).await;
    assert_eq!(bytes(&app, &sale).await, "wx");
    sale.unblock(&["S-A-2"]).await;
    assert_eq!(bytes(&app, &sale).await, "ww");
    app.run_jobs().await;

    assert_eq!(offered_seats(&ana.entry(&sale).await), ["S-A-1", "S-A-2"]);
    app.finish().await;
}
