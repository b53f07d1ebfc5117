//! Which mails an account wants.

use std::collections::BTreeMap;

use axum::extract::State;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::preferences::OPTIONAL_KINDS;
use super::super::store;
use crate::auth::{Caller, Role};
use crate::context::Context;
use crate::id::AccountId;
use crate::problem::{Code, FieldError, Problem, ProblemBody};
use crate::request::Json;

/// Limit: mistakes that are named at once.
const FAULTS_MAX: usize = 20;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(get_mail_preferences, put_mail_preferences))
}

/// Whether mails of each kind are wanted. Mails about bookings and offers always come.
#[derive(Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
struct MailPreferences {
    /// By kind: `event.reminder`, `waitlist.lapsed`. A kind that is left out stays as it is.
    #[schema(examples(json!({"event.reminder": true, "waitlist.lapsed": false})))]
    kinds: BTreeMap<String, bool>,
}

/// See which mails the caller's account wants
///
/// About what it holds itself.
#[utoipa::path(
    get, path = "/v1/me/mail-preferences", operation_id = "get_mail_preferences",
    tag = "notifications",
    responses(
        (status = 200, description = "The preferences", body = MailPreferences),
        (status = 403, description = "`forbidden`: a guest has no account; see the mail's link",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn get_mail_preferences(
    State(ctx): State<Context>,
    caller: Caller,
) -> Result<Json<MailPreferences>, Problem> {
    preferences_of(&ctx, account_of(caller)?).await
}

/// Say which mails the caller's account wants
///
/// About what it holds itself: others may use its mail address, too, and have the link in the mail.
#[utoipa::path(
    put, path = "/v1/me/mail-preferences", operation_id = "put_mail_preferences",
    tag = "notifications",
    request_body = MailPreferences,
    responses(
        (status = 200, description = "The preferences as they now are", body = MailPreferences),
        (status = 403, description = "`forbidden`: a guest has no account; see the mail's link",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn put_mail_preferences(
    State(ctx): State<Context>,
    caller: Caller,
    Json(body): Json<MailPreferences>,
) -> Result<Json<MailPreferences>, Problem> {
    let account_id = account_of(caller)?;
    let unknown = body
        .kinds
        .keys()
        .filter(|kind| !OPTIONAL_KINDS.contains(&kind.as_str()));
    let faults: Vec<FieldError> = unknown
        .take(FAULTS_MAX)
        .map(|kind| FieldError {
            pointer: format!("/kinds/{}", kind.replace('~', "~0").replace('/', "~1")),
            detail: format!("must be one of {}", OPTIONAL_KINDS.join(", ")),
        })
        .collect();
    if !faults.is_empty() {
        return Err(Problem::invalid(&faults));
    }
    let (wanted, unwanted): (Vec<_>, Vec<_>) = body
        .kinds
        .into_iter()
        .partition(|(_, is_wanted)| *is_wanted);
    let names = |kinds: Vec<(String, bool)>| kinds.into_iter().map(|(kind, _)| kind).collect();
    let (wanted, unwanted): (Vec<_>, Vec<_>) = (names(wanted), names(unwanted));
    let now = ctx.clock.now();
    store::put_wanted(&ctx.db, account_id, (&wanted, &unwanted), now).await?;
    preferences_of(&ctx, account_id).await
}

async fn preferences_of(
    ctx: &Context,
    account_id: AccountId,
) -> Result<Json<MailPreferences>, Problem> {
    let unwanted = store::list_unwanted(&ctx.db, account_id).await?;
    let is_wanted = |kind: &str| !unwanted.iter().any(|it| it == kind);
    let kinds = OPTIONAL_KINDS.map(|kind| (kind.to_owned(), is_wanted(kind)));
    let kinds = kinds.into_iter().collect();
    Ok(Json(MailPreferences { kinds }))
}

fn account_of(caller: Caller) -> Result<AccountId, Problem> {
    if caller.role == Role::Guest {
        let detail = "A guest has no account; use the link in the mail.";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    Ok(AccountId(caller.caller_id.0))
}
