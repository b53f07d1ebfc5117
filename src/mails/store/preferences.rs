//! Who does not want mails of which kind.

use sqlx::PgExecutor;

use crate::clock::Instant;
use crate::id::AccountId;

pub async fn is_opted_out(
    db: impl PgExecutor<'_>,
    email: &str,
    kind: &str,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (SELECT FROM mail_opt_outs WHERE email = lower($1) AND kind = $2) AS "is!"
        "#,
        email,
        kind
    )
    .fetch_one(db)
    .await
}

pub async fn list_opt_outs(
    db: impl PgExecutor<'_>,
    email: &str,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT kind FROM mail_opt_outs WHERE email = lower($1)"#,
        email
    )
    .fetch_all(db)
    .await
}

pub async fn opt_out(
    db: impl PgExecutor<'_>,
    email: &str,
    kind: &str,
    now: Instant,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        INSERT INTO mail_opt_outs (email, kind, created_at) VALUES (lower($1), $2, $3)
        ON CONFLICT (email, kind) DO NOTHING
        "#,
        email,
        kind,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn opt_in(db: impl PgExecutor<'_>, email: &str, kind: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"DELETE FROM mail_opt_outs WHERE email = lower($1) AND kind = $2"#,
        email,
        kind
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Where an account gets its mail.
pub async fn find_email(
    db: impl PgExecutor<'_>,
    account_id: AccountId,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT email FROM accounts WHERE account_id = $1"#,
        account_id.0
    )
    .fetch_optional(db)
    .await
}
