//! All SQL about accounts.

use sqlx::{PgConnection, PgExecutor};

use super::error::AccountError;
use super::model::{Account, Registration};
use crate::auth::Role;
use crate::id::AccountId;
use crate::postgres::is_violation_of;

pub(super) struct AccountRow {
    account_id: AccountId,
    email: String,
    name: String,
    role: String,
    password_hash: String,
}

impl AccountRow {
    /// The account and its password's hash. A role that this version does not know allows nothing.
    pub(super) fn into_account(self) -> (Account, String) {
        let account = Account {
            account_id: self.account_id,
            email: self.email,
            name: self.name,
            role: self.role.parse().unwrap_or(Role::Guest),
        };
        (account, self.password_hash)
    }
}

pub(super) async fn insert(
    db: impl PgExecutor<'_>,
    account_id: AccountId,
    registration: &Registration,
    password_hash: &str,
) -> Result<(), AccountError> {
    sqlx::query!(
        r#"INSERT INTO accounts (account_id, email, name, password_hash, role)
           VALUES ($1, $2, $3, $4, $5)"#,
        account_id.0,
        registration.email,
        registration.name,
        password_hash,
        registration.role.as_str()
    )
    .execute(db)
    .await
    .map_err(|error| {
        if is_violation_of(&error, "account_email_taken_once") {
            AccountError::EmailTaken
        } else {
            error.into()
        }
    })?;
    Ok(())
}

pub(super) async fn find(
    db: impl PgExecutor<'_>,
    account_id: AccountId,
) -> Result<Option<AccountRow>, sqlx::Error> {
    sqlx::query_as!(
        AccountRow,
        r#"SELECT account_id, email, name, role, password_hash
           FROM accounts WHERE account_id = $1"#,
        account_id.0
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn find_by_email(
    db: impl PgExecutor<'_>,
    email: &str,
) -> Result<Option<AccountRow>, sqlx::Error> {
    sqlx::query_as!(
        AccountRow,
        r#"SELECT account_id, email, name, role, password_hash
           FROM accounts WHERE email = $1"#,
        email
    )
    .fetch_optional(db)
    .await
}

/// Locks all admins, in one order, so that two of them cannot depose each other at once.
pub(super) async fn lock_admins(db: &mut PgConnection) -> Result<Vec<AccountId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT account_id AS "account_id: AccountId"
           FROM accounts WHERE role = 'admin' ORDER BY account_id FOR UPDATE"#
    )
    .fetch_all(db)
    .await
}

pub(super) async fn set_role(
    db: &mut PgConnection,
    account_id: AccountId,
    role: Role,
) -> Result<Option<AccountRow>, sqlx::Error> {
    sqlx::query_as!(
        AccountRow,
        r#"UPDATE accounts SET role = $2, updated_at = now() WHERE account_id = $1
           RETURNING account_id, email, name, role, password_hash"#,
        account_id.0,
        role.as_str()
    )
    .fetch_optional(db)
    .await
}
