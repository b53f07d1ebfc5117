//! A long sale: what is asked for every few seconds is found without reading everything.

use std::time::Duration;

use sqlx::PgPool;

use crate::failures::sold_out;
use crate::support::{Sale, TestApp, database_time};

/// What the database may do for twenty looks.
const LOOKS_MAX: Duration = Duration::from_millis(150);

/// Two hundred thousand decisions about people who have joined and left again, one of whom an
/// administrator has removed.
async fn insert_past(app: &TestApp, sale: &Sale) {
    let statement = "
        WITH entry AS (
            INSERT INTO waitlist_entries (event_id, entry_id, holder_id, name, email, quantity,
                is_together, state, joined_at, ended_at)
            SELECT $1, gen_random_uuid(), gen_random_uuid(), 'Ana', n || '@example.org', 1, true,
                CASE WHEN n = 1 THEN 'removed' ELSE 'left' END, now(), now()
            FROM generate_series(1, 100000) AS n
            RETURNING entry_id, state
        )
        INSERT INTO waitlist_log (event_id, kind, entry_id, logged_at)
        SELECT $1, kind, entry_id, now()
        FROM entry, LATERAL (VALUES ('joined'), (state)) AS decision (kind)
        ORDER BY state = 'left'";
    sqlx::query(statement)
        .bind(sale.id().0)
        .execute(&app.ctx.db)
        .await
        .expect(statement);
    let analyze = "ANALYZE waitlist_entries, waitlist_log";
    sqlx::query(analyze)
        .execute(&app.ctx.db)
        .await
        .expect(analyze);
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_is_rare_in_a_long_log_is_found_at_once(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, ..) = sold_out(&app, 1).await;
    insert_past(&app, &sale).await;
    let removed = sale.path("/waitlist?state=removed");
    let found = sale.owner.get(&removed).await.expect(200);
    let entry_id = found["items"][0]["entry_id"].as_str().expect("an entry");

    for (query, n_items) in [
        ("/waitlist?email=1@example.org".to_owned(), 1),
        ("/waitlist/log?kind=removed".to_owned(), 1),
        (format!("/waitlist/log?entry_id={entry_id}"), 2),
        (format!("/waitlist/log?entry_id={entry_id}&kind=joined"), 1),
        ("/waitlist/log".to_owned(), 50),
    ] {
        let before = database_time(&app.ctx.db).await;
        for _ in 0..20 {
            let page = sale.owner.get(&sale.path(&query)).await.expect(200);
            let n_found = page["items"].as_array().expect("items").len();
            assert_eq!(n_found, n_items, "{query}");
        }
        let worked = database_time(&app.ctx.db).await - before;
        println!("twenty times {query}: {worked:?} of the database");
        assert!(worked < LOOKS_MAX, "{query}: {worked:?}");
    }
    app.finish().await;
}
