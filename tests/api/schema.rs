//! Rules on the database schema, read from PostgreSQL's catalogue.

use sqlx::PgPool;

/// Unique indexes, primary keys among them, of tables with an `event_id` that leave it out; and
/// such tables without a primary key. With either, a table could not be distributed by event
/// (Citus).
const NOT_DISTRIBUTABLE: &str = "
    SELECT format('%s: %s', t.oid::regclass,
        coalesce(i.indexrelid::regclass::text, 'no primary key'))
    FROM pg_class AS t
    JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attname = 'event_id' AND NOT a.attisdropped
    LEFT JOIN pg_index AS i ON i.indrelid = t.oid AND i.indisunique
    WHERE t.relkind IN ('r', 'p') AND t.relnamespace = ANY ($1::regnamespace[])
      AND (NOT a.attnum = ANY (coalesce(i.indkey::int2[], '{}'))
           OR NOT EXISTS (SELECT FROM pg_index AS p WHERE p.indrelid = t.oid AND p.indisprimary))
    ORDER BY 1";

/// Tables of the schema that say nothing of themselves. The migrator's own is not ours.
const WITHOUT_COMMENT: &str = "
    SELECT t.oid::regclass::text FROM pg_class AS t
    WHERE t.relkind IN ('r', 'p') AND t.relnamespace = ANY ($1::regnamespace[])
      AND t.relname <> '_sqlx_migrations' AND obj_description(t.oid, 'pg_class') IS NULL
    ORDER BY 1";

/// Checks and unique constraints with the name that PostgreSQL gives to those that have none:
/// `<table>_<columns>_check`, `<table>_<columns>_key`.
const UNNAMED: &str = "
    SELECT format('%s: %s', t.oid::regclass, c.conname)
    FROM pg_constraint AS c JOIN pg_class AS t ON t.oid = c.conrelid
    WHERE t.relnamespace = ANY ($1::regnamespace[]) AND t.relname <> '_sqlx_migrations'
      AND (c.contype = 'c' AND c.conname ~ ('^' || t.relname || '_.*check[0-9]*$')
           OR c.contype = 'u' AND c.conname ~ ('^' || t.relname || '_.*key[0-9]*$'))
    ORDER BY 1";

/// What breaks the rule in those schemas.
async fn breaches(db: &PgPool, rule: &'static str, schema: &str) -> Vec<String> {
    let breaches = sqlx::query_scalar(rule).bind(vec![schema]);
    breaches.fetch_all(db).await.expect(rule)
}

/// A schema in which every rule is broken.
async fn insert_bad_schema(db: &PgPool) {
    let statements = "
        CREATE SCHEMA bad;
        CREATE TABLE bad.keyless (event_id uuid);
        CREATE TABLE bad.elsewhere (event_id uuid, seat_id uuid PRIMARY KEY,
            price int CHECK (price > 0));
        CREATE TABLE bad.loose (event_id uuid, seat_id uuid,
            PRIMARY KEY (event_id, seat_id), UNIQUE (seat_id));
        CREATE TABLE bad.indexed (event_id uuid PRIMARY KEY, seat_id uuid);
        CREATE UNIQUE INDEX bad_index ON bad.indexed (seat_id);
        CREATE TABLE bad.good (event_id uuid,
            seat_id uuid CONSTRAINT seat_is_there CHECK (seat_id IS NOT NULL),
            PRIMARY KEY (seat_id, event_id), CONSTRAINT seat_once UNIQUE (seat_id, event_id));
        COMMENT ON TABLE bad.good IS 'Breaks no rule.'";
    sqlx::raw_sql(statements)
        .execute(db)
        .await
        .expect("a schema");
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn every_unique_key_of_an_events_table_contains_the_event(db: PgPool) {
    assert!(breaches(&db, NOT_DISTRIBUTABLE, "public").await.is_empty());

    insert_bad_schema(&db).await;
    let expected = [
        "bad.elsewhere: bad.elsewhere_pkey",
        "bad.indexed: bad.bad_index",
        "bad.keyless: no primary key",
        "bad.loose: bad.loose_seat_id_key",
    ];
    assert_eq!(breaches(&db, NOT_DISTRIBUTABLE, "bad").await, expected);
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn every_table_says_what_it_is_for(db: PgPool) {
    assert!(breaches(&db, WITHOUT_COMMENT, "public").await.is_empty());

    insert_bad_schema(&db).await;
    let expected = ["bad.elsewhere", "bad.indexed", "bad.keyless", "bad.loose"];
    assert_eq!(breaches(&db, WITHOUT_COMMENT, "bad").await, expected);
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn every_constraint_has_a_name_that_says_the_rule(db: PgPool) {
    assert!(breaches(&db, UNNAMED, "public").await.is_empty());

    insert_bad_schema(&db).await;
    let expected = [
        "bad.elsewhere: elsewhere_price_check",
        "bad.loose: loose_seat_id_key",
    ];
    assert_eq!(breaches(&db, UNNAMED, "bad").await, expected);
}

/// The last word on who has a seat.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_seat_is_booked_once_per_event_by_a_constraint_of_that_name(db: PgPool) {
    let definition: String = sqlx::query_scalar(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint
         WHERE conrelid = 'seat_bookings'::regclass AND conname = 'seat_booked_once_per_event'",
    )
    .fetch_one(&db)
    .await
    .expect("the constraint");

    assert_eq!(definition, "UNIQUE (seat_id, event_id)");
}
