//! Who does not want mails of which kind: an address, by the link in such a mail; an account, about
//! what it holds itself.

use sqlx::PgExecutor;

use crate::clock::Instant;
use crate::deliveries::Claim;
use crate::id::AccountId;

/// Whether the claim's mail is not wanted at the address, or not by the account that has the
/// booking or the entry that it is about.
pub async fn is_unwanted(
    db: impl PgExecutor<'_>,
    claim: &Claim,
    email: &str,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (SELECT FROM mail_opt_outs WHERE email = lower($1) AND kind = $2)
            OR EXISTS (
                SELECT FROM account_mail_opt_outs WHERE kind = $2 AND account_id IN (
                    SELECT holder_id FROM bookings WHERE event_id = $3 AND booking_id = $4
                    UNION ALL
                    SELECT holder_id FROM waitlist_entries WHERE event_id = $3 AND entry_id = $4
                )
            ) AS "is!"
        "#,
        email,
        claim.kind,
        claim.event_id.0,
        claim.subject_id
    )
    .fetch_one(db)
    .await
}

/// Whether the address does not want mails of the kind.
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

/// The kinds that an account does not want.
pub async fn list_unwanted(
    db: impl PgExecutor<'_>,
    account_id: AccountId,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT kind FROM account_mail_opt_outs WHERE account_id = $1"#,
        account_id.0
    )
    .fetch_all(db)
    .await
}

/// Writes down which kinds an account wants, and which it does not; the others stay as they are.
pub async fn put_wanted(
    db: impl PgExecutor<'_>,
    account_id: AccountId,
    (wanted, unwanted): (&[String], &[String]),
    now: Instant,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        WITH wanted AS (
            DELETE FROM account_mail_opt_outs WHERE account_id = $1 AND kind = ANY ($2)
        )
        INSERT INTO account_mail_opt_outs (account_id, kind, created_at)
        SELECT account_id, kind, $4 FROM accounts, unnest($3::text[]) AS kind
        WHERE account_id = $1
        ON CONFLICT DO NOTHING
        "#,
        account_id.0,
        wanted,
        unwanted,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}
