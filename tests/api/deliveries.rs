//! What is kept of deliveries, for how long, and what it costs to find one.

use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

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
