//! Applying migrations beside a service at work.

use std::time::Duration;

use holdfast::postgres::{self, MIGRATIONS};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{PgPool, SqlStr};

use crate::failures::until_blocked;

/// All migrations, and one of a version to come.
fn with_next(statement: &'static str) -> Migrator {
    let sql = SqlStr::from_static(statement);
    let kind = MigrationType::Simple;
    let next = Migration::new(20990101000000, "seats that fly".into(), kind, sql, false);
    Migrator::with_migrations(MIGRATIONS.iter().cloned().chain([next]).collect())
}

/// Somebody else's transaction may last, as that of a backup does, and whoever asks for a table
/// stands behind who waits for all of it.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_migration_that_waits_for_a_table_keeps_nobody_else_waiting(db: PgPool) {
    let url = sqlx::ConnectOptions::to_url_lossy(&*db.connect_options());
    let url = url.to_string().into();
    let newer = with_next("ALTER TABLE events ADD COLUMN can_fly boolean");
    let mut lasting = db.begin().await.expect("a transaction");
    let read = sqlx::query("SELECT FROM events")
        .execute(&mut *lasting)
        .await;
    read.expect("a table that is in use");
    let mut migrating = std::pin::pin!(postgres::migrate(&url, &newer));

    tokio::select! {
        outcome = &mut migrating => panic!("{outcome:?} while the table is in use"),
        () = async {
            until_blocked(&db, "ALTER TABLE events").await;
            let read = sqlx::query("SELECT FROM events").execute(&db);
            let read = tokio::time::timeout(Duration::from_secs(10), read).await;
            read.expect("it need not wait for the other's end").expect("a table");
        } => {}
    }

    lasting.rollback().await.expect("an end");
    migrating.await.expect("applied when nobody is in the way");
    let added = sqlx::query("SELECT can_fly FROM events").execute(&db).await;
    added.expect("the column");
}
