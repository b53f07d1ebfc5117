//! Seats that the owner takes off sale, and puts back.

use futures::future::join_all;
use holdfast::postgres;
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use crate::failures::until;
use crate::support::{Fault, Proxy, Sale, TestApp, noon, redis_url};

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn blocked_seats_are_not_for_sale_until_they_are_put_back(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();

    sale.block(&["S-A-2", "S-A-1"]).await.expect(204);
    let blocked = sale.states().await;
    let refused = ana.place(&sale, &["S-A-1", "S-A-3"]).await;
    sale.unblock(&["S-A-1"]).await.expect(204);

    assert_eq!(blocked, "xx..");
    let refused = refused.expect_problem(409, "seats_unavailable");
    assert_eq!(
        refused["conflicts"],
        json!([{"seat": "S-A-1", "reason": "blocked"}])
    );
    assert_eq!(sale.states().await, ".x..");
    ana.book(&sale, &["S-A-1"]).await;
    app.finish().await;
}

/// Whoever compares the board with PostgreSQL looks at one after the other: a block that came in
/// between looked as if it had been lifted, and was.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn no_block_is_written_between_the_two_looks_of_a_comparison(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let sale = app.on_sale(1, 3).await;
    sale.block(&["S-A-3"]).await.expect(204);
    let event_id = sale.event_id.parse().expect("an id");

    for (verb, during, after) in [("block", "..x", "x.x"), ("unblock", "x.x", "..x")] {
        let mut comparison = db.begin().await.expect("a transaction");
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(postgres::event_lock(event_id))
            .execute(&mut *comparison)
            .await
            .expect("the lock");
        let changing = async {
            match verb {
                "block" => sale.block(&["S-A-1"]).await,
                _ => sale.unblock(&["S-A-1"]).await,
            }
        };
        let comparing = async {
            until("it waits", async || waits_for_lock(&db).await).await;
            let states = sale.states().await;
            comparison.commit().await.expect("a commit");
            states
        };
        let (changed, seen) = tokio::join!(changing, comparing);

        changed.expect(204);
        assert_eq!(
            (seen.as_str(), sale.states().await.as_str()),
            (during, after)
        );
    }
    app.finish().await;
}

async fn waits_for_lock(db: &PgPool) -> bool {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
             WHERE locktype = 'advisory' AND NOT granted AND datname = current_database())",
    )
    .fetch_one(db)
    .await
    .expect("the locks")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn seats_are_blocked_all_or_none(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 6).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-2"]).await.expect(201);
    ana.book(&sale, &["S-A-3"]).await;
    sale.block(&["S-A-4"]).await.expect(204);
    app.write_seat(&sale, 4, "w").await;

    let refused = sale
        .block(&["S-A-1", "S-A-2", "S-A-3", "S-A-4", "S-A-5"])
        .await;

    let refused = refused.expect_problem(409, "seats_unavailable");
    let expected = json!([
        {"seat": "S-A-2", "reason": "held"},
        {"seat": "S-A-3", "reason": "booked"},
        {"seat": "S-A-5", "reason": "kept"},
    ]);
    assert_eq!(refused["conflicts"], expected);
    assert_eq!(sale.states().await, ".hbxx.");
    ana.release(&sale, &hold).await.expect(204);
    app.lose_board(&sale).await;
    until("the lost board is found", async || {
        sale.states().await == "..bx.."
    })
    .await;
    app.finish().await;
}

/// The first call finds a seat held and takes its rows back; the second one, of another instance,
/// found such a row there, and was told that the seat is blocked.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_refused_block_takes_nothing_from_another_call(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let proxy = Proxy::start(&redis_url()).await;
    let behind = TestApp::start_with(&db, &proxy.url, noon()).await;
    let sale = app.on_sale(1, 3).await;
    let sale_behind = Sale {
        event_id: sale.event_id.clone(),
        owner: sale.owner.at(&behind),
    };
    sale_behind.states().await;
    app.guest().place(&sale, &["S-A-2"]).await.expect(201);

    proxy.set(Fault::Hold);
    let second = async {
        until("the first has its rows", async || n_blocks(&db).await == 2).await;
        let second = sale.block(&["S-A-1"]);
        let passing = async {
            until("the second is done or waits", async || {
                sale.states().await == "xh." || waits_for_lock(&db).await
            })
            .await;
            proxy.set(Fault::None);
        };
        tokio::join!(second, passing).0
    };
    let (refused, blocked) = tokio::join!(sale_behind.block(&["S-A-1", "S-A-2"]), second);

    refused.expect_problem(409, "seats_unavailable");
    blocked.expect(204);
    assert_eq!(
        (sale.states().await.as_str(), n_blocks(&db).await),
        ("xh.", 1)
    );
    behind.stop().await;
    app.finish().await;
}

/// Those that wait for their turn had taken a connection out of the pool, which makes another.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn calls_that_wait_for_their_turn_have_no_connection(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let sale = app.on_sale(1, 40).await;
    let mut turn = db.begin().await.expect("a transaction");
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(postgres::event_lock(sale.id()) ^ 2)
        .execute(&mut *turn)
        .await
        .expect("the lock");

    let seats: Vec<String> = (1..=40).map(|n| format!("S-A-{n}")).collect();
    let blocking = seats.iter().map(|seat| async { sale.block(&[seat]).await });
    let looking = async {
        until("the first one waits", async || waits_for_lock(&db).await).await;
        // The pool serves in order: whoever is asked for now comes after all those calls.
        for _ in 0..3 {
            sale.owner.get(&sale.path("")).await.expect(200);
        }
        let n_connections = n_connections(&db).await;
        turn.commit().await.expect("a commit");
        n_connections
    };
    let (blocked, n_connections) = tokio::join!(join_all(blocking), looking);

    // The pool's four, one of a call, and those of confirms.
    assert!(n_connections <= 7, "{n_connections}");
    blocked.into_iter().for_each(|one| drop(one.expect(204)));
    assert_eq!(sale.states().await, "x".repeat(40));
    app.finish().await;
}

async fn n_connections(db: &PgPool) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity
         WHERE application_name = 'holdfast' AND datname = current_database()",
    )
    .fetch_one(db)
    .await
    .expect("a count")
}

async fn n_blocks(db: &PgPool) -> i64 {
    let counted = sqlx::query_scalar("SELECT count(*) FROM seat_blocks");
    counted.fetch_one(db).await.expect("a count")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_is_done_already_is_done(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;

    sale.block(&["S-A-1", "S-A-1"]).await.expect(204);
    sale.block(&["S-A-1", "S-A-2"]).await.expect(204);
    let blocked = sale.states().await;
    sale.unblock(&["S-A-1", "S-A-2", "S-A-3"]).await.expect(204);
    sale.unblock(&["S-A-1"]).await.expect(204);

    assert_eq!(blocked, "xx..");
    assert_eq!(sale.states().await, "....");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn unblocking_frees_no_seat_that_somebody_has(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    ana.place(&sale, &["S-A-1"]).await.expect(201);
    ana.book(&sale, &["S-A-2"]).await;

    sale.unblock(&["S-A-1", "S-A-2"]).await.expect(204);

    assert_eq!(sale.states().await, "hb..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn blocks_outlive_the_board(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    sale.block(&["S-A-1", "S-A-2"]).await.expect(204);
    sale.unblock(&["S-A-2"]).await.expect(204);

    app.lose_board(&sale).await;

    assert_eq!(sale.states().await, "x...");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn seats_are_blocked_before_the_sale(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.draft_with(1, 4, json!({})).await;

    sale.block(&["S-A-1"]).await.expect(204);
    sale.apply("open").await;

    let refused = app.guest().place(&sale, &["S-A-1"]).await;
    refused.expect_problem(409, "seats_unavailable");
    assert_eq!(sale.states().await, "x...");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn unblocked_seats_are_kept_while_people_wait(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    sale.block(&["S-A-1"]).await.expect(204);
    app.write_waiting(&sale, 1).await;

    sale.unblock(&["S-A-1"]).await.expect(204);

    let refused = app.guest().place(&sale, &["S-A-1"]).await;
    let refused = refused.expect_problem(409, "seats_unavailable");
    assert_eq!(
        refused["conflicts"],
        json!([{"seat": "S-A-1", "reason": "kept"}])
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_block_that_cannot_be_says_why(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let path = sale.path("/blocks");
    let cases = [
        (json!({"seats": [], "reason": "Camera"}), "/seats"),
        (
            json!({"seats": vec!["S-A-1"; 501], "reason": "Camera"}),
            "/seats",
        ),
        (json!({"seats": [""], "reason": "Camera"}), "/seats/0"),
        (json!({"seats": ["S-A-1"], "reason": ""}), "/reason"),
        (
            json!({"seats": ["S-A-1"], "reason": "x".repeat(201)}),
            "/reason",
        ),
    ];

    for (body, pointer) in cases {
        let refused = sale.owner.post(&path, body).await;
        let refused = refused.expect_problem(422, "validation_failed");
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    let unblock = sale
        .owner
        .request(Method::DELETE, &path)
        .json(&json!({"seats": []}));
    sale.owner
        .send(unblock)
        .await
        .expect_problem(422, "validation_failed");
    for unknown in [
        sale.block(&["S-A-1", "S-Z-1", "S-Z-2"]).await,
        sale.unblock(&["S-Z-1", "S-A-1", "S-Z-2"]).await,
    ] {
        let unknown = unknown.expect_problem(422, "unknown_seats");
        assert_eq!(unknown["seats"], json!(["S-Z-1", "S-Z-2"]));
    }
    assert_eq!(sale.states().await, "....");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn only_the_owner_and_admins_block_seats(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let draft = app.draft_with(1, 4, json!({})).await;
    let as_caller = |caller, sale: &crate::support::Sale| crate::support::Sale {
        owner: caller,
        ..sale.clone()
    };

    for stranger in [app.guest(), app.customer().await, app.venue_admin().await] {
        let theirs = as_caller(stranger, &sale);
        theirs
            .block(&["S-A-1"])
            .await
            .expect_problem(403, "forbidden");
        theirs
            .unblock(&["S-A-1"])
            .await
            .expect_problem(403, "forbidden");
    }
    let unseen = as_caller(app.venue_admin().await, &draft);
    unseen
        .block(&["S-A-1"])
        .await
        .expect_problem(404, "not_found");
    unseen
        .unblock(&["S-A-1"])
        .await
        .expect_problem(404, "not_found");
    let admins = as_caller(app.admin().await, &sale);
    admins.block(&["S-A-1"]).await.expect(204);

    assert_eq!(sale.states().await, "x...");
    app.finish().await;
}
