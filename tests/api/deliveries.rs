//! What is kept of deliveries, for how long, and what it costs to find one.

use holdfast::deliveries::{prune_deliveries, prune_outbox};
use holdfast::jobs::Progress;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use crate::failures::until_blocked;
use crate::queries::recorded;
use crate::support::TestApp;

/// Writes so many messages of some days ago, each with a mail that was sent.
async fn insert_old(db: &PgPool, kind: &str, n: i32, n_days: i32) {
    sqlx::query(
        "WITH message AS (
             INSERT INTO outbox (event_id, message_id, kind, subject_id, body, created_at,
                 derived_at)
             SELECT gen_random_uuid(), gen_random_uuid(), $1, gen_random_uuid(), '{}',
                 now() - make_interval(days => $3), now()
             FROM generate_series(1, $2)
             RETURNING *
         )
         INSERT INTO deliveries (event_id, delivery_id, message_id, channel, recipient_id,
             subject_id, position, due_at, state, settled_at)
         SELECT event_id, gen_random_uuid(), message_id, 'mail', subject_id, subject_id,
             position, now(), 'sent', now()
         FROM message",
    )
    .bind(kind)
    .bind(n)
    .bind(n_days)
    .execute(db)
    .await
    .expect("messages");
}

async fn kinds(db: &PgPool) -> Vec<String> {
    sqlx::query_scalar("SELECT kind FROM outbox ORDER BY kind")
        .fetch_all(db)
        .await
        .expect("the messages")
}

/// A look at all that is kept is worth its cost only where there was more than a batch.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_is_old_is_deleted_by_a_look_that_is_not_repeated_at_once(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    insert_old(&db, "booking.confirmed", 3, 31).await;
    insert_old(&db, "booking.cancelled", 1, 29).await;

    let pruned = prune_outbox(&app.ctx).await;

    assert_eq!(pruned.expect("no failure"), Progress::Idle);
    assert_eq!(kinds(&db).await, ["booking.cancelled"]);
    insert_old(&db, "booking.confirmed", 5_001, 31).await;
    let pruned = prune_outbox(&app.ctx).await;
    assert!(matches!(pruned, Ok(Progress::Worked(_))), "{pruned:?}");
    app.run_jobs().await;
    assert_eq!(kinds(&db).await, ["booking.cancelled"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn messages_about_holds_are_kept_for_three_days(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    insert_old(&db, "hold.placed", 2, 4).await;
    insert_old(&db, "hold.released", 1, 2).await;
    insert_old(&db, "booking.confirmed", 1, 4).await;

    let pruned = prune_deliveries(&app.ctx).await;

    assert_eq!(pruned.expect("no failure"), Progress::Idle);
    assert_eq!(kinds(&db).await, ["booking.confirmed", "hold.released"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn one_instance_at_a_time_deletes_what_is_old(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let sibling = app.start_sibling().await;
    insert_old(&db, "booking.confirmed", 3, 31).await;
    let mut held_up = db.begin().await.expect("a transaction");
    sqlx::query("SELECT FROM outbox FOR UPDATE")
        .execute(&mut *held_up)
        .await
        .expect("locks");

    tokio::select! {
        pruned = prune_outbox(&app.ctx) => panic!("{pruned:?} while it is held up"),
        () = async {
            until_blocked(&db, "DELETE FROM outbox").await;
            let second = prune_outbox(&sibling.ctx);
            let second = tokio::time::timeout(std::time::Duration::from_secs(3), second).await;
            let second = second.expect("the second does not wait").expect("no failure");
            assert_eq!(second, Progress::Idle);
        } => {}
    }

    held_up.rollback().await.expect("an end");
    sibling.stop().await;
    app.finish().await;
}

/// What nobody could send lies before what is due and will be sent.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_is_stranded_is_found_without_reading_what_is_due(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    insert_old(&db, "booking.confirmed", 20_000, 1).await;
    let mut connection = db.acquire().await.expect("a connection");
    for statement in [
        "UPDATE deliveries SET channel = 'webhook', state = 'due', settled_at = NULL,
             due_at = now() - position * interval '1 second'",
        "VACUUM FULL ANALYZE deliveries",
    ] {
        let done = sqlx::query(statement).execute(&mut *connection).await;
        done.expect(statement);
    }

    let n_pages = pages_read(&mut connection, "no endpoint for 30 days", "5000").await;

    assert!(n_pages < 20, "{n_pages} pages to find nothing");
    drop(connection);
    app.finish().await;
}

/// Reads of everything are made once an hour: what keeps another from its work costs them none.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn who_deletes_one_thing_keeps_nobody_from_deleting_another(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    insert_old(&db, "hold.placed", 1, 4).await;
    insert_old(&db, "booking.confirmed", 1, 31).await;
    let mut held_up = db.begin().await.expect("a transaction");
    sqlx::query("SELECT FROM outbox WHERE kind = 'hold.placed' FOR UPDATE")
        .execute(&mut *held_up)
        .await
        .expect("a lock");

    tokio::select! {
        pruned = prune_deliveries(&app.ctx) => panic!("{pruned:?} while it is held up"),
        () = async {
            until_blocked(&db, "DELETE FROM outbox").await;
            prune_outbox(&app.ctx).await.expect("no failure");
        } => {}
    }

    assert_eq!(kinds(&db).await, ["hold.placed"]);
    held_up.rollback().await.expect("an end");
    app.finish().await;
}

/// A read of everything may take longer than a statement may.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn messages_are_deleted_though_notifications_cannot_be(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    insert_old(&db, "booking.confirmed", 1, 31).await;
    let mut locked = db.begin().await.expect("a transaction");
    sqlx::query("LOCK TABLE notifications")
        .execute(&mut *locked)
        .await
        .expect("a lock");

    prune_outbox(&app.ctx).await.expect("no failure");

    assert_eq!(kinds(&db).await, [""; 0]);
    locked.rollback().await.expect("an end");
    app.finish().await;
}

/// How many pages a recorded query with that text reads, with those arguments.
async fn pages_read(db: &mut PgConnection, text: &str, arguments: &str) -> i64 {
    let queries = recorded();
    let texts = queries.iter().filter_map(|it| it["query"].as_str());
    let found: Vec<_> = texts.filter(|it| it.contains(text)).collect();
    let [query] = &found[..] else {
        panic!("{} queries have {text}", found.len());
    };
    let explain = format!(
        "DEALLOCATE ALL; SET plan_cache_mode = force_custom_plan; PREPARE asked AS {query};"
    );
    sqlx::raw_sql(AssertSqlSafe(explain))
        .execute(&mut *db)
        .await
        .expect(text);
    let explain = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE asked ({arguments})");
    let plan: Value = sqlx::query_scalar(AssertSqlSafe(explain))
        .fetch_one(db)
        .await
        .expect(text);
    let pages = |name: &str| plan[0]["Plan"][name].as_i64().expect("a number");
    pages("Shared Hit Blocks") + pages("Shared Read Blocks")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn one_of_many_deliveries_and_a_page_of_them_cost_little(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    insert_old(&db, "booking.confirmed", 20_000, 1).await;
    let mut connection = db.acquire().await.expect("a connection");
    for statement in [
        "UPDATE deliveries SET state = 'dropped' WHERE position % 2000 = 0",
        "VACUUM ANALYZE deliveries, outbox",
    ] {
        let done = sqlx::query(statement).execute(&mut *connection).await;
        done.expect(statement);
    }
    let id: uuid::Uuid = sqlx::query_scalar("SELECT delivery_id FROM deliveries LIMIT 1")
        .fetch_one(&mut *connection)
        .await
        .expect("a delivery");

    let resend = "UPDATE deliveries AS delivery\n        SET state = 'due', settled_at = NULL";
    let n_pages = pages_read(&mut connection, resend, &format!("'{id}', NULL, NULL")).await;
    assert!(n_pages < 100, "{n_pages} pages to send one anew");
    for state in ["NULL", "'sent'", "'due'", "'dead'", "'dropped'"] {
        let list = "answer, message.created_at AS happened_at\n        FROM deliveries";
        let arguments = format!("NULL, {state}, NULL, 51");
        let n_pages = pages_read(&mut connection, list, &arguments).await;
        assert!(
            n_pages < 300,
            "{n_pages} pages to list 50 whose state is {state}"
        );
    }
    drop(connection);
    app.finish().await;
}
