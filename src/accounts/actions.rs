//! Register, sign in, change a role.

use std::time::Duration;

use garde::Validate;
use tokio::sync::Semaphore;

use super::error::AccountError;
use super::model::{Account, Registration, hash_password, is_password_of, normalise_email};
use super::store;
use crate::auth::Role;
use crate::context::Context;
use crate::id::AccountId;

pub(super) async fn register(
    ctx: &Context,
    registration: Registration,
) -> Result<Account, AccountError> {
    let account_id: AccountId = ctx.ids.next();
    let password = registration.password.clone();
    let password_hash = off_the_loop(ctx, move || hash_password(&password)).await??;
    store::insert(&ctx.db, account_id, &registration, &password_hash).await?;
    Ok(Account {
        account_id,
        email: registration.email,
        name: registration.name,
        role: registration.role,
    })
}

/// Makes an admin, for the command line; an email that has an account already is refused.
pub async fn create_admin(
    ctx: &Context,
    email: &str,
    name: &str,
    password: &str,
) -> Result<Account, AccountError> {
    let registration = Registration {
        email: normalise_email(email),
        name: name.trim().to_owned(),
        password: password.to_owned(),
        role: Role::Admin,
    };
    registration
        .validate()
        .map_err(|report| AccountError::Unacceptable(report.to_string().trim().to_owned()))?;
    register(ctx, registration).await
}

/// The account of an email, as that is stored.
pub async fn find_by_email(ctx: &Context, email: &str) -> Result<Option<Account>, AccountError> {
    let found = store::find_by_email(&ctx.db, email).await?;
    Ok(found.map(|row| row.into_account().0))
}

pub(super) async fn sign_in(
    ctx: &Context,
    email: &str,
    password: String,
) -> Result<Account, AccountError> {
    let found = store::find_by_email(&ctx.db, email).await?;
    let account = off_the_loop(ctx, move || match found {
        Some(row) => {
            let (account, password_hash) = row.into_account();
            Some(account).filter(|_| is_password_of(&password, &password_hash))
        }
        // An unknown email takes as long as a wrong password, so that nobody can tell them apart.
        None => hash_password(&password).ok().and(None),
    });
    account.await?.ok_or(AccountError::BadCredentials)
}

pub(super) async fn change_role(
    ctx: &Context,
    account_id: AccountId,
    role: Role,
) -> Result<Account, AccountError> {
    let mut transaction = ctx.db.begin().await?;
    let admins = store::lock_admins(&mut transaction).await?;
    if role != Role::Admin && admins == [account_id] {
        return Err(AccountError::LastAdmin);
    }
    let row = store::set_role(&mut transaction, account_id, role)
        .await?
        .ok_or(AccountError::NotFound)?;
    transaction.commit().await?;
    Ok(row.into_account().0)
}

/// Limit: passwords hashed at a time, 19 MiB and a core each, and how long one waits for its turn.
const HASHES_AT_ONCE_MAX: usize = 4;
const TURN_TIMEOUT: Duration = Duration::from_secs(5);

struct HashingTurns(Semaphore);

impl Default for HashingTurns {
    fn default() -> Self {
        Self(Semaphore::new(HASHES_AT_ONCE_MAX))
    }
}

/// Hashes on a thread of its own, so that no other request waits for it.
async fn off_the_loop<T: Send + 'static>(
    ctx: &Context,
    hash: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AccountError> {
    let turns = ctx.memory::<HashingTurns>();
    let turn = tokio::time::timeout(TURN_TIMEOUT, turns.0.acquire())
        .await
        .map_err(|_| AccountError::Busy)?;
    let result = tokio::task::spawn_blocking(hash).await;
    drop(turn);
    Ok(result?)
}
