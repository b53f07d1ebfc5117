//! Tokens for guests, registration, sessions and roles.

use axum::extract::State;
use axum::http::StatusCode;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::{Account, Registration, deserialize_email, deserialize_trimmed};
use super::{actions, store};
use crate::auth::{self, Admin, Caller, Role};
use crate::clock::Instant;
use crate::context::Context;
use crate::id::{AccountId, CallerId};
use crate::limits::{self, ClientAddress, Rule};
use crate::problem::{Code, Problem, ProblemBody};
use crate::request::{Json, Path};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(create_guest))
        .routes(routes!(create_account))
        .routes(routes!(create_session))
        .routes(routes!(get_me))
        .routes(routes!(change_account_role))
}

#[derive(Serialize, utoipa::ToSchema)]
struct GuestSession {
    /// Send it as `Authorization: Bearer <token>`.
    token: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Session {
    account: Account,
    /// Send it as `Authorization: Bearer <token>`.
    token: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
}

impl Session {
    fn issue(ctx: &Context, account: Account) -> Result<Self, Problem> {
        let token = auth::issue_token(ctx, account.caller())?;
        Ok(Self {
            account,
            token: token.token,
            expires_at: token.expires_at,
        })
    }
}

#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateAccount {
    /// Compared without regard to case.
    #[serde(deserialize_with = "deserialize_email")]
    #[garde(email, length(chars, max = 254))]
    #[schema(format = "email", max_length = 254, examples("ana@example.org"))]
    email: String,
    #[serde(deserialize_with = "deserialize_trimmed")]
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, examples("Ana Example"))]
    name: String,
    #[garde(length(chars, min = 8, max = 128))]
    #[schema(
        format = "password",
        min_length = 8,
        max_length = 128,
        examples("correct horse")
    )]
    password: String,
}

#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateSession {
    #[serde(deserialize_with = "deserialize_email")]
    #[garde(length(chars, min = 1, max = 254))]
    #[schema(
        format = "email",
        min_length = 1,
        max_length = 254,
        examples("ana@example.org")
    )]
    email: String,
    #[garde(length(chars, min = 1, max = 128))]
    #[schema(
        format = "password",
        min_length = 1,
        max_length = 128,
        examples("correct horse")
    )]
    password: String,
}

/// The caller: an account, or a guest, who has neither email nor name.
#[derive(Serialize, utoipa::ToSchema)]
struct Me {
    account_id: CallerId,
    email: Option<String>,
    name: Option<String>,
    role: Role,
}

#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeAccountRole {
    #[garde(custom(is_account_role))]
    #[schema(examples("venue_admin"))]
    role: Role,
}

fn is_account_role(role: &Role, (): &()) -> garde::Result {
    match role {
        Role::Guest => Err(garde::Error::new("an account is not a guest")),
        Role::Customer | Role::VenueAdmin | Role::Admin => Ok(()),
    }
}

/// Get a token without signing in
///
/// A guest can hold and confirm seats. The token is all that proves who the guest is: a lost one
/// cannot be had again. Rate limited by address.
#[utoipa::path(
    post, path = "/v1/guests", operation_id = "create_guest", tag = "accounts",
    security(()),
    responses(
        (status = 201, description = "A new guest's token", body = GuestSession),
        (status = 429, description = "`rate_limited`: too many guests from this address",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn create_guest(
    State(ctx): State<Context>,
    client: ClientAddress,
) -> Result<(StatusCode, Json<GuestSession>), Problem> {
    limits::take(&ctx, Rule::Guests, client).await?;
    let guest = Caller {
        caller_id: ctx.ids.next(),
        role: Role::Guest,
    };
    let token = auth::issue_token(&ctx, guest)?;
    let session = GuestSession {
        token: token.token,
        expires_at: token.expires_at,
    };
    Ok((StatusCode::CREATED, Json(session)))
}

/// Register
///
/// The new account's role is `customer`. Rate limited by address, together with sign-ins.
#[utoipa::path(
    post, path = "/v1/accounts", operation_id = "create_account", tag = "accounts",
    security(()),
    request_body = CreateAccount,
    responses(
        (status = 201, description = "The account, signed in", body = Session),
        (status = 409, description = "`email_taken`: an account with this email exists",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`: too many tries from this address",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn create_account(
    State(ctx): State<Context>,
    client: ClientAddress,
    Json(body): Json<CreateAccount>,
) -> Result<(StatusCode, Json<Session>), Problem> {
    limits::take(&ctx, Rule::SignIns, client).await?;
    let registration = Registration {
        email: body.email,
        name: body.name,
        password: body.password,
        role: Role::Customer,
    };
    let account = actions::register(&ctx, registration).await?;
    Ok((StatusCode::CREATED, Json(Session::issue(&ctx, account)?)))
}

/// Sign in
///
/// Rate limited by address, together with registrations.
#[utoipa::path(
    post, path = "/v1/sessions", operation_id = "create_session", tag = "accounts",
    security(()),
    request_body = CreateSession,
    responses(
        (status = 201, description = "The account and a token", body = Session),
        (status = 401, description = "`bad_credentials`: email or password is wrong",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`: too many tries from this address",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn create_session(
    State(ctx): State<Context>,
    client: ClientAddress,
    Json(body): Json<CreateSession>,
) -> Result<(StatusCode, Json<Session>), Problem> {
    limits::take(&ctx, Rule::SignIns, client).await?;
    let account = actions::sign_in(&ctx, &body.email, body.password).await?;
    Ok((StatusCode::CREATED, Json(Session::issue(&ctx, account)?)))
}

/// See who the token stands for
///
/// The role is the account's as it now is, which may differ from the one the token was made with.
#[utoipa::path(
    get, path = "/v1/me", operation_id = "get_me", tag = "accounts",
    responses((status = 200, description = "The caller", body = Me))
)]
async fn get_me(State(ctx): State<Context>, caller: Caller) -> Result<Json<Me>, Problem> {
    if caller.role == Role::Guest {
        return Ok(Json(Me {
            account_id: caller.caller_id,
            email: None,
            name: None,
            role: Role::Guest,
        }));
    }
    let row = store::find(&ctx.db, AccountId(caller.caller_id.0)).await?;
    let (account, _) = row
        .ok_or_else(|| Problem::new(Code::Unauthenticated, "The account is gone."))?
        .into_account();
    Ok(Json(Me {
        account_id: caller.caller_id,
        email: Some(account.email),
        name: Some(account.name),
        role: account.role,
    }))
}

/// Give an account another role
///
/// For admins. A role that is taken away is gone at once; one that is given needs a new session.
/// The last admin cannot be anything else.
#[utoipa::path(
    put, path = "/v1/accounts/{account_id}/role", operation_id = "change_account_role",
    tag = "accounts",
    params(("account_id" = AccountId, Path, description = "Whose role")),
    request_body = ChangeAccountRole,
    responses(
        (status = 200, description = "The account as it now is", body = Account),
        (status = 403, description = "`forbidden`: the caller is not an admin",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is no such account",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn change_account_role(
    State(ctx): State<Context>,
    Admin(_): Admin,
    Path(account_id): Path<AccountId>,
    Json(body): Json<ChangeAccountRole>,
) -> Result<Json<Account>, Problem> {
    let account = actions::change_role(&ctx, account_id, body.role).await?;
    Ok(Json(account))
}
