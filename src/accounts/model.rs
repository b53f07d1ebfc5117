//! What an account is, how emails are written, and how passwords are hashed.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use garde::Validate;
use serde::{Deserialize, Deserializer, Serialize};

use crate::auth::{Caller, Role};
use crate::id::AccountId;

/// Somebody who can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Account {
    pub account_id: AccountId,
    #[schema(examples("ana@example.org"))]
    pub email: String,
    pub name: String,
    pub role: Role,
}

impl Account {
    pub fn caller(&self) -> Caller {
        Caller {
            caller_id: self.account_id.into(),
            role: self.role,
        }
    }
}

/// A new account's particulars, before it has an id. The upper limit of a password bounds what a
/// stranger can have hashed.
#[derive(Validate)]
pub(super) struct Registration {
    #[garde(email, length(chars, max = 254))]
    pub(super) email: String,
    #[garde(length(chars, min = 1, max = 100))]
    pub(super) name: String,
    #[garde(length(chars, min = 8, max = 128))]
    pub(super) password: String,
    #[garde(skip)]
    pub(super) role: Role,
}

/// As emails are stored and compared: without blanks around them, in lower case.
pub(super) fn normalise_email(email: &str) -> String {
    email.trim().to_lowercase()
}

pub(super) fn deserialize_email<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    String::deserialize(from).map(|email| normalise_email(&email))
}

pub(super) fn deserialize_trimmed<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    String::deserialize(from).map(|text| text.trim().to_owned())
}

/// argon2id with the parameters that OWASP recommends (19 MiB, two passes), as a PHC string.
pub(super) fn hash_password(password: &str) -> Result<String, Error> {
    let hash: PasswordHash = Argon2::default().hash_password(password.as_bytes())?;
    Ok(hash.to_string())
}

/// Whether the password is the one that was hashed. Takes as long as [`hash_password`]. A hash that
/// cannot be read matches nothing.
pub(super) fn is_password_of(password: &str, password_hash: &str) -> bool {
    PasswordHash::new(password_hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_its_own_hash_only() {
        let hash = hash_password("correct horse").unwrap();

        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(is_password_of("correct horse", &hash));
        assert!(!is_password_of("Correct horse", &hash));
        assert!(!is_password_of("correct horse", "no password"));
    }

    #[test]
    fn the_same_password_is_never_hashed_to_the_same_text() {
        assert_ne!(
            hash_password("correct horse"),
            hash_password("correct horse")
        );
    }
}
