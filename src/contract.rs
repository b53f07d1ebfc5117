//! What all operations of the OpenAPI document have in common, written into it once.
//!
//! Each operation describes its own answers; those that follow from its shape are added here: who
//! needs a token may be refused one, what takes a body may be sent a bad one, and so on.

use utoipa::OpenApi as _;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, OpenApi, PathItem, Ref, RefOr, Required, ResponseBuilder, Type,
};

use crate::idempotency::{KEY_CHARS_MAX, ROUTES_WITHOUT_KEPT_ANSWERS};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Holdfast",
        description = "Seat-level hold-and-confirm reservations: hold the seats you point at, all \
            or none, then confirm the hold. Every error is a problem (RFC 9457) with a code. A \
            POST with a valid token can be repeated with an `Idempotency-Key`; those that answer \
            with a token, `/v1/guests`, `/v1/accounts` and `/v1/sessions`, cannot.",
        license(name = "MIT", identifier = "MIT")
    ),
    tags(
        (name = "accounts", description = "Tokens for guests, registration, sessions and roles"),
        (name = "venues", description = "Templates, and the sections and seats they generate"),
        (name = "events", description = "Performances: prices, states, seats and the live map"),
        (name = "holds", description = "Temporary, exclusive claims on seats"),
        (name = "bookings", description = "Confirmed holds"),
        (name = "notifications", description = "What people are told, and which mails they want"),
        (name = "webhooks", description = "What happens to an owner's events, told to endpoints"),
        (name = "waitlist", description = "Who is next when seats come free"),
        (name = "operations", description = "Health, metrics and the meaning of problems"),
    ),
    components(schemas(crate::problem::ProblemBody, crate::problem::FieldError))
)]
struct Preamble;

/// The document before any route is in it.
pub fn preamble() -> OpenApi {
    Preamble::openapi()
}

/// Adds what follows from the shape of each operation.
pub fn complete(mut openapi: OpenApi) -> OpenApi {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some(
            "From `POST /v1/guests`, `/v1/accounts` or `/v1/sessions`",
        ))
        .build();
    openapi
        .components
        .get_or_insert_default()
        .add_security_scheme("bearerAuth", SecurityScheme::Http(bearer));
    for (path, item) in &mut openapi.paths.paths {
        let keeps_answers = !ROUTES_WITHOUT_KEPT_ANSWERS.contains(&path.as_str());
        if let Some(post) = item.post.as_mut().filter(|_| keeps_answers) {
            describe_key(post);
        }
        let is_closed = path.starts_with("/v1/");
        operations(item).for_each(|operation| describe(operation, is_closed));
    }
    openapi
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let methods = [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.patch,
        &mut item.delete,
    ];
    methods.into_iter().filter_map(Option::as_mut)
}

fn describe_key(post: &mut Operation) {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(KEY_CHARS_MAX))
        .build();
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Names this request among the caller's. Sent again within 24 hours with the same \
             body, it gets the first answer, marked `Idempotency-Replayed: true`.",
        ))
        .schema(Some(schema))
        .build();
    post.parameters.get_or_insert_default().push(key.into());
    add_problem(
        post,
        "400",
        "`malformed_request`: the key is not acceptable",
    );
    add_problem(
        post,
        "409",
        "`request_in_progress`: the key's first request still runs",
    );
    add_problem(
        post,
        "422",
        "`idempotency_key_reused`: the key belongs to another request",
    );
}

/// An operation of `/v1` needs a token unless it says `security(())`.
fn describe(operation: &mut Operation, is_closed: bool) {
    let bearer = SecurityRequirement::new("bearerAuth", Vec::<String>::new());
    let ways_in = operation.security.get_or_insert_with(|| {
        let way_in = if is_closed {
            bearer.clone()
        } else {
            SecurityRequirement::default()
        };
        vec![way_in]
    });
    if ways_in.contains(&bearer) {
        let text = "`unauthenticated`: no, expired or forged token";
        add_problem(operation, "401", text);
    }
    if takes(operation, &ParameterIn::Path) {
        add_problem(
            operation,
            "404",
            "`not_found`: unknown, or not the caller's",
        );
    }
    if takes(operation, &ParameterIn::Path) || takes(operation, &ParameterIn::Query) {
        let text = "`malformed_request`: a parameter cannot be read";
        add_problem(operation, "400", text);
    }
    if takes(operation, &ParameterIn::Query) {
        let text = "`validation_failed`: a parameter is not acceptable";
        add_problem(operation, "422", text);
    }
    if operation.request_body.is_some() {
        for (status, text) in [
            ("400", "`malformed_request`: the body cannot be read"),
            ("413", "`payload_too_large`: the body is too large"),
            (
                "415",
                "`unsupported_media_type`: the body's media type is not understood",
            ),
            (
                "422",
                "`validation_failed`: the body is not acceptable; `errors` says where",
            ),
        ] {
            add_problem(operation, status, text);
        }
    }
    add_problem(
        operation,
        "503",
        "`unavailable`: a store is away; `Retry-After` says when to try",
    );
    add_problem(operation, "default", "Any other failure");
    describe_limit(operation);
    describe_ids(operation);
}

/// What is limited by the minute; an operation with another limit describes its headers itself.
fn describe_limit(operation: &mut Operation) {
    let Some(RefOr::T(refusal)) = operation.responses.responses.get_mut("429") else {
        return;
    };
    if !refusal.headers.is_empty() {
        return;
    }
    for (name, text) in [
        ("Retry-After", "Seconds until the next request may pass"),
        ("RateLimit-Limit", "Requests that may pass in a minute"),
        ("RateLimit-Remaining", "How many of them are left: 0"),
        (
            "RateLimit-Reset",
            "Seconds until all of them may pass again",
        ),
    ] {
        let header = HeaderBuilder::new()
            .schema(Some(
                ObjectBuilder::new().schema_type(Type::Integer).build(),
            ))
            .description(Some(text))
            .build();
        refusal.headers.insert(name.to_owned(), header.into());
    }
}

fn takes(operation: &Operation, place: &ParameterIn) -> bool {
    let mut parameters = operation.parameters.iter().flatten();
    parameters.any(
        |parameter| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == *place),
    )
}

/// What ids in paths name, for the parameters that do not say it themselves.
const NAMED_IDS: [(&str, &str); 6] = [
    ("account_id", "Which account"),
    ("venue_id", "Which venue"),
    ("event_id", "Which event"),
    ("hold_id", "Which hold"),
    ("entry_id", "Which entry of the waitlist"),
    ("booking_id", "Which booking"),
];

fn describe_ids(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else {
            continue;
        };
        let named = NAMED_IDS.iter().find(|(name, _)| *name == parameter.name);
        if let Some((_, text)) = named {
            parameter
                .description
                .get_or_insert_with(|| (*text).to_owned());
        }
    }
}

/// Adds a problem to what an answer's description says, unless the operation speaks of it already.
fn add_problem(operation: &mut Operation, status: &str, text: &str) {
    let responses = &mut operation.responses.responses;
    match responses.get_mut(status) {
        Some(RefOr::T(response)) => {
            let code = text.split(':').next().unwrap_or_default();
            if !response.description.contains(code) {
                response.description.push_str("; ");
                response.description.push_str(text);
            }
        }
        Some(RefOr::Ref(_)) => {}
        None => {
            let body = ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build();
            let response = ResponseBuilder::new()
                .description(text)
                .content("application/problem+json", body)
                .build();
            responses.insert(status.to_owned(), response.into());
        }
    }
}
