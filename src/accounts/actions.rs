//! Register, sign in, change a role.

use std::sync::Arc;
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
    let turns = ctx.memory::<HashingTurns>();
    let password_hash = turns.spend(move || hash_password(&password)).await??;
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
    let turns = ctx.memory::<HashingTurns>();
    let account = turns.spend(move || match found {
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

struct HashingTurns(Arc<Semaphore>);

impl Default for HashingTurns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(HASHES_AT_ONCE_MAX)))
    }
}

impl HashingTurns {
    /// Hashes in its turn, on a thread of its own, so that no other request waits for it. The turn
    /// ends with the work, not with the request: who hangs up must not start more than fits.
    async fn spend<T: Send + 'static>(
        &self,
        hash: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccountError> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, self.0.clone().acquire_owned()).await;
        // Invariant: the semaphore is never closed.
        let turn = turn.ok().and_then(Result::ok).ok_or(AccountError::Busy)?;
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            hash()
        });
        Ok(work.await?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn who_hangs_up_does_not_end_the_turn_of_a_hash_under_way() {
        let turns = HashingTurns::default();
        let mut under_way = Vec::new();
        for _ in 0..HASHES_AT_ONCE_MAX {
            let (begin, begun) = tokio::sync::oneshot::channel();
            let (end, until) = mpsc::channel::<()>();
            under_way.push(end);
            let hashing = turns.spend(move || {
                let _ = begin.send(());
                let _ = until.recv();
            });
            tokio::select! {
                _ = hashing => panic!("nobody has ended it"),
                begun = begun => begun.expect("it begins"),
            }
        }

        assert_eq!(turns.0.available_permits(), 0);
        drop(under_way);
        turns.spend(|| ()).await.expect("a turn, once they end");
    }
}
