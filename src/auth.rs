//! Who is calling: bearer tokens (JWT, RFC 7519, HS256) and the roles they stand for.
//!
//! A role that allows more than a customer's is read from the account at each request, so that
//! taking it away works at once and not when the token ends.

use std::str::FromStr;
use std::sync::{OnceLock, PoisonError, RwLock};

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::{header, request::Parts};
use foldhash::HashMap;
use futures::FutureExt;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use sqlx::PgExecutor;

use crate::clock::{Instant, from_ms};
use crate::context::Context;
use crate::id::{AccountId, CallerId};
use crate::problem::{Code, Problem};

/// Limit: tokens found genuine that are remembered, twice.
const TOKENS_REMEMBERED_MAX: usize = 8_192;

/// What a caller may do; each role may do what the ones before it may.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    sqlx::Type,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Role {
    /// Nobody signed in: can hold and confirm.
    Guest,
    Customer,
    /// Owns venues and events.
    VenueAdmin,
    Admin,
}

/// A caller with a valid token.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    pub caller_id: CallerId,
    pub role: Role,
}

/// A caller who owns venues and events, or administers the service.
#[derive(Clone, Copy, Debug)]
pub struct VenueAdmin(pub Caller);

/// A caller who administers the service.
#[derive(Clone, Copy, Debug)]
pub struct Admin(pub Caller);

#[derive(Clone, Debug)]
pub struct AccessToken {
    pub token: String,
    pub expires_at: Instant,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Claims {
    sub: CallerId,
    role: Role,
    iat: i64,
    exp: i64,
}

/// A key for one purpose, derived from the service's secret: a receipt can never pass for a token.
pub fn derive_key(ctx: &Context, purpose: &str) -> Vec<u8> {
    let secret = ctx.config.secret.expose_secret().as_bytes();
    // HMAC takes keys of any length, so this cannot fail.
    Hmac::<Sha256>::new_from_slice(secret).map_or_else(
        |_| Vec::new(),
        |mac| mac.chain_update(purpose).finalize().into_bytes().to_vec(),
    )
}

#[derive(Default)]
struct TokenKeys(OnceLock<(EncodingKey, DecodingKey, Validation)>);

impl TokenKeys {
    fn get(&self, ctx: &Context) -> &(EncodingKey, DecodingKey, Validation) {
        self.0.get_or_init(|| {
            let key = derive_key(ctx, "access token");
            let mut validation = Validation::new(Algorithm::HS256);
            // The expiry is compared with the service's clock, which tests move.
            validation.validate_exp = false;
            (
                EncodingKey::from_secret(&key),
                DecodingKey::from_secret(&key),
                validation,
            )
        })
    }
}

pub fn issue_token(ctx: &Context, caller: Caller) -> Result<AccessToken, Problem> {
    let now = ctx.clock.now();
    let exp = now.timestamp() + i64::try_from(ctx.config.token_ttl.as_secs()).unwrap_or(i64::MAX);
    let claims = Claims {
        sub: caller.caller_id,
        role: caller.role,
        iat: now.timestamp(),
        exp,
    };
    let keys = ctx.memory::<TokenKeys>();
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &keys.get(ctx).0)
        .map_err(|error| Problem::internal(&error))?;
    Ok(AccessToken {
        token,
        expires_at: from_ms(exp.saturating_mul(1000)),
    })
}

fn read_token(ctx: &Context, token: &str) -> Result<Caller, Problem> {
    let genuine = ctx.memory::<GenuineTokens>();
    let claims = match genuine.find(token) {
        Some(claims) => claims,
        None => {
            let claims = verify(ctx, token)?;
            genuine.remember(token, claims);
            claims
        }
    };
    if claims.exp <= ctx.clock.now_ms().div_euclid(1_000) {
        return Err(Problem::new(
            Code::Unauthenticated,
            "The bearer token has expired.",
        ));
    }
    Ok(Caller {
        caller_id: claims.sub,
        role: claims.role,
    })
}

fn verify(ctx: &Context, token: &str) -> Result<Claims, Problem> {
    let keys = ctx.memory::<TokenKeys>();
    let (_, key, validation) = keys.get(ctx);
    jsonwebtoken::decode::<Claims>(token, key, validation)
        .map(|token| token.claims)
        .map_err(|_| Problem::new(Code::Unauthenticated, "The bearer token is not genuine."))
}

/// What genuine tokens say, so that a signature is checked once and not at each request. When it
/// is full, the older half is forgotten.
#[derive(Default)]
struct GenuineTokens(RwLock<[HashMap<Box<str>, Claims>; 2]>);

impl GenuineTokens {
    fn find(&self, token: &str) -> Option<Claims> {
        let halves = self.0.read().unwrap_or_else(PoisonError::into_inner);
        halves.iter().find_map(|half| half.get(token).copied())
    }

    fn remember(&self, token: &str, claims: Claims) {
        let mut halves = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if halves[0].len() >= TOKENS_REMEMBERED_MAX {
            let [newer, older] = &mut *halves;
            *older = std::mem::take(newer);
        }
        halves[0].insert(token.into(), claims);
    }
}

fn bearer(parts: &Parts) -> Result<Option<&str>, Problem> {
    let Some(value) = parts.headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => Err(Problem::new(
            Code::Unauthenticated,
            "Send `Authorization: Bearer <token>`.",
        )),
    }
}

impl FromRequestParts<Context> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, ctx: &Context) -> Result<Self, Problem> {
        match bearer(parts)? {
            Some(token) => read_token(ctx, token),
            None => Err(Problem::new(
                Code::Unauthenticated,
                "Send `Authorization: Bearer <token>`.",
            )),
        }
    }
}

/// For public reads that show more to an owner. A token that is not valid is still refused.
impl OptionalFromRequestParts<Context> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, ctx: &Context) -> Result<Option<Self>, Problem> {
        bearer(parts)?
            .map(|token| read_token(ctx, token))
            .transpose()
    }
}

impl FromRequestParts<Context> for VenueAdmin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, ctx: &Context) -> Result<Self, Problem> {
        require(parts, ctx, Role::VenueAdmin)
            .boxed()
            .await
            .map(Self)
    }
}

impl FromRequestParts<Context> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, ctx: &Context) -> Result<Self, Problem> {
        require(parts, ctx, Role::Admin).boxed().await.map(Self)
    }
}

async fn require(parts: &mut Parts, ctx: &Context, needed: Role) -> Result<Caller, Problem> {
    let caller = <Caller as FromRequestParts<Context>>::from_request_parts(parts, ctx).await?;
    let role = current_role(ctx, caller).await?;
    if role < needed {
        let detail = format!("This needs the role `{}`.", needed.as_str());
        return Err(Problem::new(Code::Forbidden, detail));
    }
    Ok(Caller { role, ..caller })
}

/// The caller's role as the account now stands; a guest has none.
pub async fn current_role(ctx: &Context, caller: Caller) -> Result<Role, Problem> {
    if caller.role <= Role::Customer {
        return Ok(caller.role);
    }
    Ok(role_of(&ctx.db, AccountId(caller.caller_id.0)).await?)
}

/// An account's role as it now stands.
pub async fn role_of(db: impl PgExecutor<'_>, account_id: AccountId) -> Result<Role, sqlx::Error> {
    let role = sqlx::query_scalar!(
        r#"SELECT role FROM accounts WHERE account_id = $1"#,
        account_id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(role
        .and_then(|role| role.parse().ok())
        .unwrap_or(Role::Guest))
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "guest" => Ok(Self::Guest),
            "customer" => Ok(Self::Customer),
            "venue_admin" => Ok(Self::VenueAdmin),
            "admin" => Ok(Self::Admin),
            _ => Err(format!("{text} is not a role")),
        }
    }
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Customer => "customer",
            Self::VenueAdmin => "venue_admin",
            Self::Admin => "admin",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_tokens_are_remembered_and_the_newest_for_sure() {
        let genuine = GenuineTokens::default();
        let claims = Claims {
            sub: CallerId(uuid::Uuid::nil()),
            role: Role::Guest,
            iat: 0,
            exp: 0,
        };
        let n_tokens = 3 * TOKENS_REMEMBERED_MAX;
        for nth in 0..n_tokens {
            genuine.remember(&nth.to_string(), claims);
        }

        let known = (0..n_tokens).filter(|nth| genuine.find(&nth.to_string()).is_some());
        let known: Vec<_> = known.collect();
        assert!(known.len() <= 2 * TOKENS_REMEMBERED_MAX, "{}", known.len());
        assert_eq!(known.last(), Some(&(n_tokens - 1)));
        assert!(known.len() >= TOKENS_REMEMBERED_MAX, "{}", known.len());
    }
}
