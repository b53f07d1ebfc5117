//! Problems: every error answer, as problem details (RFC 9457) with a code from a closed list.
//!
//! A code is never renamed, reused or given another status. The list is here because it is the
//! wire contract; which failure becomes which code is each module's own (`error.rs`).

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! codes {
    ($($variant:ident $code:literal $status:ident $retryable:literal $title:literal;)+) => {
        /// What went wrong, for programs. Callers may match on these.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code {
            $(#[serde(rename = $code)] $variant,)+
        }

        impl Code {
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }

            /// Whether the same request can succeed later, without the caller changing anything.
            pub fn is_retryable(self) -> bool {
                match self { $(Self::$variant => $retryable,)+ }
            }

            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }
        }
    };
}

codes! {
    MalformedRequest "malformed_request" BAD_REQUEST false "The request cannot be read";
    Unauthenticated "unauthenticated" UNAUTHORIZED false "A valid bearer token is needed";
    BadCredentials "bad_credentials" UNAUTHORIZED false "Email or password is wrong";
    Forbidden "forbidden" FORBIDDEN false "Your role does not allow this";
    NotFound "not_found" NOT_FOUND false "There is no such thing, or it is not yours";
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED false
        "The resource has no such method";
    EmailTaken "email_taken" CONFLICT false "An account with this email exists";
    SeatsUnavailable "seats_unavailable" CONFLICT true "Some seats cannot be had";
    HoldExpired "hold_expired" GONE false "The hold's time is over";
    HoldReleased "hold_released" CONFLICT false "The hold was released";
    HoldConfirming "hold_confirming" CONFLICT true "The hold is being confirmed";
    HoldConfirmed "hold_confirmed" CONFLICT false "The hold has become a booking";
    HoldCannotBeExtended "hold_cannot_be_extended" CONFLICT false
        "The hold has reached its longest lifetime";
    HoldLimitReached "hold_limit_reached" CONFLICT true "This is more than one person may have";
    EventNotOnSale "event_not_on_sale" CONFLICT true "The event is not on sale";
    EventStateConflict "event_state_conflict" CONFLICT false
        "The event's state does not allow this";
    BookingNotCancellable "booking_not_cancellable" CONFLICT false
        "The booking cannot be cancelled";
    AlreadyWaiting "already_waiting" CONFLICT false "You are on the waitlist already";
    SeatsAvailable "seats_available" CONFLICT false "Seats that meet the wish are free now";
    WaitlistClosed "waitlist_closed" CONFLICT true "Nobody can join the waitlist now";
    VersionConflict "version_conflict" CONFLICT true "Somebody changed it first";
    RequestInProgress "request_in_progress" CONFLICT true
        "A request with this idempotency key is still running";
    IdempotencyKeyReused "idempotency_key_reused" UNPROCESSABLE_ENTITY false
        "The idempotency key was used for another request";
    UnknownSeats "unknown_seats" UNPROCESSABLE_ENTITY false "Some seats do not exist";
    ValidationFailed "validation_failed" UNPROCESSABLE_ENTITY false
        "The request is well-formed but not acceptable";
    TemplateInvalid "template_invalid" UNPROCESSABLE_ENTITY false "The venue template has mistakes";
    PayloadTooLarge "payload_too_large" PAYLOAD_TOO_LARGE false "The body is too large";
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE false
        "The body's media type is not understood";
    RateLimited "rate_limited" TOO_MANY_REQUESTS true "Too many requests";
    OutcomeUnknown "outcome_unknown" SERVICE_UNAVAILABLE true
        "It may or may not have happened: repeat the request";
    Unavailable "unavailable" SERVICE_UNAVAILABLE true "A store is away";
    Internal "internal" INTERNAL_SERVER_ERROR true "The service failed";
}

/// By hand: utoipa does not see through the macro to the words.
impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "What went wrong, for programs. Callers may match on these.",
            ))
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .into()
    }
}

impl ToSchema for Code {}

/// One mistake in a request's body: a JSON pointer (RFC 6901) and a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FieldError {
    #[schema(examples("/seats/3"))]
    pub pointer: String,
    pub detail: String,
}

/// An error answer. `detail` is for people; members are for programs.
#[derive(Clone, Debug)]
pub struct Problem {
    pub code: Code,
    pub detail: String,
    members: Map<String, Value>,
    headers: Vec<(&'static str, u64)>,
}

/// Problem details as they appear in a body; named members differ by code.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    #[serde(rename = "type")]
    #[schema(examples("/problems/seats_unavailable"))]
    kind: String,
    title: String,
    status: u16,
    detail: String,
    code: Code,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(flatten)]
    members: Map<String, Value>,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            members: Map::new(),
            headers: Vec::new(),
        }
    }

    /// Adds a member that a program needs, such as `conflicts` or `expired_at`.
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.members.insert(
            name.to_owned(),
            serde_json::to_value(value).unwrap_or(Value::Null),
        );
        self
    }

    pub fn retry_after(self, seconds: u64) -> Self {
        self.header("retry-after", seconds)
            .with("retry_after_seconds", seconds)
    }

    /// Adds a header to the answer; the name is lower case.
    pub fn header(mut self, name: &'static str, value: u64) -> Self {
        self.headers.push((name, value));
        self
    }

    pub fn not_found(noun: &str) -> Self {
        Self::new(
            Code::NotFound,
            format!("There is no such {noun}, or it is not yours."),
        )
    }

    pub fn invalid(errors: &[FieldError]) -> Self {
        let detail = match errors {
            [only] => format!("{}: {}", only.pointer, only.detail),
            _ => format!("{} members are not acceptable.", errors.len()),
        };
        Self::new(Code::ValidationFailed, detail).with("errors", errors)
    }

    /// One member of the body is not acceptable.
    pub fn invalid_member(pointer: &str, detail: impl Into<String>) -> Self {
        Self::invalid(&[FieldError {
            pointer: pointer.to_owned(),
            detail: detail.into(),
        }])
    }

    /// A store is away; the cause goes to the log, once, here.
    pub fn unavailable(store: &str, cause: &dyn std::error::Error) -> Self {
        tracing::warn!(store, cause = %chain(cause), "store away");
        Self::new(
            Code::Unavailable,
            format!("{store} does not answer; try again."),
        )
        .retry_after(1)
        .with("store", store)
    }

    /// The service's own fault; the cause goes to the log, once, here, and never to the caller.
    pub fn internal(cause: &dyn std::error::Error) -> Self {
        tracing::error!(cause = %chain(cause), "internal failure");
        Self::new(
            Code::Internal,
            "The failure has been logged under the request's id.",
        )
    }

    /// The body, with the request's id once it is known.
    pub fn body(&self, request_id: Option<&str>) -> ProblemBody {
        ProblemBody {
            kind: format!("/problems/{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            detail: self.detail.clone(),
            code: self.code,
            retryable: self.code.is_retryable(),
            request_id: request_id.map(str::to_owned),
            members: self.members.clone(),
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::from(&error)
    }
}

impl From<&sqlx::Error> for Problem {
    fn from(error: &sqlx::Error) -> Self {
        if crate::postgres::is_away(error) {
            Self::unavailable("postgresql", error)
        } else if crate::postgres::is_unstorable_text(error) {
            Self::new(Code::MalformedRequest, "Text must not contain U+0000.")
        } else {
            Self::internal(error)
        }
    }
}

impl From<fred::error::Error> for Problem {
    fn from(error: fred::error::Error) -> Self {
        Self::from(&error)
    }
}

impl From<&fred::error::Error> for Problem {
    fn from(error: &fred::error::Error) -> Self {
        if crate::redis::is_away(error) {
            Self::unavailable("redis", error)
        } else {
            Self::internal(error)
        }
    }
}

/// The problem travels in the response's extensions until [`write_body`] is called by middleware
/// that knows the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        for (name, value) in &self.headers {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), HeaderValue::from(*value));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of a response that is a problem; leaves any other as it is.
pub fn write_body(mut response: Response, request_id: Option<&HeaderValue>) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    let request_id = request_id.and_then(|id| id.to_str().ok());
    let body = serde_json::to_vec(&problem.body(request_id)).unwrap_or_default();
    let (mut parts, _) = response.into_parts();
    let content_type = HeaderValue::from_static("application/problem+json");
    parts.headers.insert(header::CONTENT_TYPE, content_type);
    parts.headers.remove(header::CONTENT_LENGTH);
    if parts.status == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Bearer");
        parts.headers.insert(header::WWW_AUTHENTICATE, scheme);
    }
    Response::from_parts(parts, Body::from(body))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
