//! PostgreSQL: the pools, the migrations, and which errors mean that it is away.

use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::error::DatabaseError;
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgDatabaseError, PgPoolOptions, PgSeverity};
use sqlx::{Connection, PgConnection, PgPool};
use thiserror::Error;

pub static MIGRATIONS: Migrator = sqlx::migrate!();

/// Limit: a statement that waits longer for a lock, or a transaction that sits idle longer, is
/// ended by the server, so that nothing blocks the house. No plan is compiled: that takes up to a
/// second for what takes a millisecond.
const SESSION: [(&str, &str); 4] = [
    ("jit", "off"),
    ("lock_timeout", "5s"),
    ("statement_timeout", "30s"),
    ("idle_in_transaction_session_timeout", "30s"),
];

/// A pool that connects on first use, so that the service starts while PostgreSQL is away.
pub fn pool(url: &str, n_connections_max: u32) -> Result<PgPool, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?
        .options(SESSION)
        .application_name("holdfast");
    Ok(PgPoolOptions::new()
        .max_connections(n_connections_max)
        .acquire_timeout(Duration::from_secs(2))
        .connect_lazy_with(options))
}

/// Limit: how long a migration waits for a table. Whoever asks for the table meanwhile stands
/// behind it, so it lets them by for a while before it tries again.
const MIGRATION_SESSION: [(&str, &str); 1] = [("lock_timeout", "2s")];
const MIGRATION_PAUSE: Duration = Duration::from_secs(3);

/// Limit: how often a migration tries to have its table.
const MIGRATION_TRIES_MAX: usize = 20;

#[derive(Debug, Error)]
pub enum MigrationError {
    #[error(
        "a table is in use for too long: end what has it, which pg_stat_activity lists, or try \
         again later; what was applied stays ({0})"
    )]
    TableInUse(MigrateError),
    #[error(transparent)]
    Failed(#[from] MigrateError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Applies what the database lacks; waits for another process that does the same. Answers how many
/// migrations of a newer program are there: they leave to an older one what it needs.
pub async fn migrate(url: &SecretString, migrations: &Migrator) -> Result<usize, MigrationError> {
    let options = PgConnectOptions::from_str(url.expose_secret())?.options(MIGRATION_SESSION);
    let mut connection = PgConnection::connect_with(&options).await?;
    // The other process may take as long as it needs. The lock ends with the connection.
    while let Err(error) = connection.lock().await {
        if !is_lock_timeout(&error) {
            return Err(error.into());
        }
    }
    let mut migrator = Migrator::with_migrations(migrations.iter().cloned().collect());
    migrator.set_locking(false);
    let newest = migrator.iter().map(|migration| migration.version).max();
    let mut unknown = list_applied(&mut connection).await?;
    unknown.retain(|version| !migrator.version_exists(*version));
    // Another one than a newer program's is a mistake, which is refused.
    let is_newer = |version: &i64| newest < Some(*version);
    migrator.set_ignore_missing(unknown.iter().all(is_newer));
    apply(&mut connection, &migrator).await?;
    // All is committed; a line that breaks now takes the lock with it.
    connection.close().await.ok();
    Ok(unknown.len())
}

/// Each migration is a transaction, so one that did not get its table has done nothing.
async fn apply(connection: &mut PgConnection, migrator: &Migrator) -> Result<(), MigrationError> {
    let mut n_tries = 0;
    loop {
        n_tries += 1;
        match migrator.run(&mut *connection).await {
            Err(error) if is_lock_timeout(&error) && n_tries == MIGRATION_TRIES_MAX => {
                return Err(MigrationError::TableInUse(error));
            }
            Err(error) if is_lock_timeout(&error) => tokio::time::sleep(MIGRATION_PAUSE).await,
            outcome => return Ok(outcome?),
        }
    }
}

fn is_lock_timeout(error: &MigrateError) -> bool {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else {
        return false;
    };
    matches!(error, sqlx::Error::Database(database) if database.code().as_deref() == Some("55P03"))
}

/// How many migrations of this program the database lacks.
pub async fn missing_migrations(db: &PgPool) -> Result<usize, MigrateError> {
    let mut connection = db.acquire().await?;
    let applied = list_applied(&mut connection).await?;
    Ok(MIGRATIONS
        .iter()
        .filter(|migration| !applied.contains(&migration.version))
        .count())
}

async fn list_applied(connection: &mut PgConnection) -> Result<Vec<i64>, MigrateError> {
    let applied = match connection.list_applied_migrations("_sqlx_migrations").await {
        Err(MigrateError::Execute(error)) if is_undefined_table(&error) => Vec::new(),
        applied => applied?,
    };
    Ok(applied.into_iter().map(|one| one.version).collect())
}

fn is_undefined_table(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(database) if database.code().as_deref() == Some("42P01"))
}

/// The advisory lock of an event: confirms and cancels take it shared; whatever must see none of
/// them under way takes it exclusively.
pub fn event_lock(event_id: crate::id::EventId) -> i64 {
    // The last eight bytes of a UUIDv7 are random.
    let (_, low) = event_id.0.as_u64_pair();
    low.cast_signed()
}

/// Whether the statement failed because PostgreSQL cannot be reached, is starting or stopping, or
/// must not write now.
pub fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(database) => {
            // Classes 08 connection, 53 resources, 57 intervention; lock and statement timeouts; a
            // standby, or a server that is set to read only.
            // And whatever ends a connection: with a full disk none begins, by code XX000 (F53).
            let is_ended = severity(&**database).is_some_and(|it| it != PgSeverity::Error);
            let is_code = database.code().is_some_and(|code| {
                code.starts_with("08")
                    || code.starts_with("53")
                    || code.starts_with("57")
                    || matches!(&*code, "55P03" | "40P01" | "40001" | "25P03" | "25006")
            });
            is_ended || is_code
        }
        _ => false,
    }
}

fn severity(error: &dyn DatabaseError) -> Option<PgSeverity> {
    let error = error.try_downcast_ref::<PgDatabaseError>()?;
    Some(error.severity())
}

/// Whether PostgreSQL says that a statement which is a transaction by itself has done nothing. A
/// connection that ends, for whatever reason, says nothing about that.
pub fn is_undone(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(database) => severity(&**database) == Some(PgSeverity::Error),
        sqlx::Error::Encode(_) => true,
        _ => false,
    }
}

/// Whether a constraint of that name refused the statement.
pub fn is_violation_of(error: &sqlx::Error, constraint: &str) -> bool {
    matches!(error, sqlx::Error::Database(database) if database.constraint() == Some(constraint))
}

/// Whether a text held a character that PostgreSQL cannot store, which is U+0000. Requests are
/// searched for it when they are read; this catches what comes in by another way.
pub fn is_unstorable_text(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(database)
        if matches!(database.code().as_deref(), Some("22021" | "22P05")))
}
