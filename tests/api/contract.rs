//! The HTTP contract as a whole. The tests are driven by the OpenAPI document, so that a route is
//! covered as soon as it exists; what the document cannot say stands in the tables below.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast::auth::Role;
use holdfast::docs;
use holdfast::problem::Code;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::document::{Members, Operation, document, example_of, operations};
use crate::support::{Answer, Caller, TestApp, config};

/// Who may call an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Access {
    /// Anybody, without a token.
    Public,
    /// Whoever has a valid token of that role, or a higher one.
    From(Role),
}

use Access::{From, Public};

/// Every operation, reviewed. A route that is not here fails the tests.
const ACCESS: &[(&str, Access)] = &[
    ("create_guest", Public),
    ("create_account", Public),
    ("create_session", Public),
    ("get_me", From(Role::Guest)),
    ("change_account_role", From(Role::Admin)),
];

/// Codes that no test produces yet.
const CODES_WITHOUT_TEST: &[&str] = &[
    "seats_unavailable",
    "hold_expired",
    "hold_released",
    "hold_confirming",
    "hold_confirmed",
    "hold_cannot_be_extended",
    "hold_limit_reached",
    "event_not_on_sale",
    "event_state_conflict",
    "booking_not_cancellable",
    "version_conflict",
    "unknown_seats",
    "template_invalid",
    "outcome_unknown",
];

fn access_to(operation: &Operation) -> Access {
    let row = ACCESS.iter().find(|(id, _)| *id == operation.id);
    row.unwrap_or_else(|| panic!("{} is not in ACCESS", operation.id))
        .1
}

/// A caller of each role.
async fn callers(app: &TestApp) -> [(Role, Caller); 4] {
    [
        (Role::Guest, app.guest()),
        (Role::Customer, app.customer().await),
        (Role::VenueAdmin, app.venue_admin().await),
        (Role::Admin, app.admin().await),
    ]
}

/// The operation with ids of nothing, sent with a body that it accepts.
async fn send(app: &TestApp, operation: &Operation, caller: &Caller) -> Answer {
    let path = operation.path_with(|_| app.ctx.ids.next::<holdfast::id::AccountId>().to_string());
    caller.send(operation.request(caller, &path)).await
}

#[test]
fn every_operation_is_classified() {
    let classified: BTreeSet<&str> = ACCESS.iter().map(|(id, _)| *id).collect();
    let operations = operations();
    let existing: BTreeSet<&str> = operations.iter().map(|it| it.id.as_str()).collect();

    assert_eq!(classified, existing);
}

#[test]
fn the_document_says_who_needs_a_token() {
    for operation in operations() {
        let ways_in = operation.value["security"].as_array().expect("security");

        let is_open = ways_in.contains(&json!({}));

        assert_eq!(is_open, access_to(&operation) == Public, "{}", operation.id);
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn only_public_operations_answer_without_a_token(db: PgPool) {
    let app = TestApp::start(db).await;

    for operation in operations() {
        let answer = send(&app, &operation, &app.stranger()).await;

        match access_to(&operation) {
            Public => {
                assert_ne!(answer["code"], "unauthenticated", "{}", operation.id);
                assert!(answer.status < 500, "{}: {}", operation.id, answer.text);
            }
            From(_) => {
                answer.expect_problem(401, "unauthenticated");
            }
        }
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_token_that_is_not_genuine_opens_nothing(db: PgPool) {
    let app = TestApp::start(db.clone()).await;

    for (what, token) in forged_tokens(&app, &db).await {
        let forger = app.stranger().with_token(&token);
        for operation in operations() {
            let answer = send(&app, &operation, &forger).await;

            assert!(
                answer.status < 500,
                "{what}: {}: {}",
                operation.id,
                answer.text
            );
            if access_to(&operation) != Public {
                answer.expect_problem(401, "unauthenticated");
            }
        }
    }
    app.finish().await;
}

async fn forged_tokens(app: &TestApp, db: &PgPool) -> Vec<(&'static str, String)> {
    let admin = app.admin().await;
    let genuine = admin.token.clone().expect("a token");
    let parts: Vec<&str> = genuine.split('.').collect();
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let of_another_key = {
        let secret = [("HOLDFAST_SECRET", "another secret, and not the service's")];
        let other = TestApp::start_set(db, &secret).await;
        let token = other.guest().token.expect("a token");
        other.finish().await;
        token
    };
    let of_yesterday = {
        let clock =
            holdfast::clock::Clock::manual(app.ctx.clock.now() - chrono::TimeDelta::days(1));
        let earlier = TestApp::start_configured(config(db, &[]), clock).await;
        let token = earlier.guest().token.expect("a token");
        earlier.finish().await;
        token
    };
    let claims =
        json!({"sub": admin.caller_id, "role": "admin", "iat": 0, "exp": 4_102_444_800_i64});
    let none = encode(json!({"alg": "none", "typ": "JWT"}));
    vec![
        ("another key", of_another_key),
        ("expired", of_yesterday),
        ("alg none", format!("{none}.{}.", encode(claims.clone()))),
        (
            "alg none, signed",
            format!("{none}.{}.{}", encode(claims.clone()), parts[2]),
        ),
        (
            "other claims",
            format!("{}.{}.{}", parts[0], encode(claims), parts[2]),
        ),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("not a token", "x".to_owned()),
        ("nothing", String::new()),
    ]
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn below_the_role_the_answer_is_403(db: PgPool) {
    let app = TestApp::start(db).await;
    let callers = callers(&app).await;

    for operation in operations() {
        let From(needed) = access_to(&operation) else {
            continue;
        };
        for (role, caller) in &callers {
            let answer = send(&app, &operation, caller).await;

            assert!(answer.status < 500, "{}: {}", operation.id, answer.text);
            if *role < needed {
                answer.expect_problem(403, "forbidden");
            } else {
                assert_ne!(answer.status, 401, "{} as {role:?}", operation.id);
                assert_ne!(answer["code"], "forbidden", "{} as {role:?}", operation.id);
            }
        }
    }
    app.finish().await;
}

/// What somebody owns, by the name of the path parameter that names it.
async fn insert_belongings(app: &TestApp) -> BTreeMap<&'static str, String> {
    let owner = app.venue_admin().await.caller_id.expect("an account");
    let venue_id = app.insert_venue(1, 4).await;
    sqlx::query("UPDATE venues SET owner_id = $1 WHERE venue_id = $2")
        .bind(owner.0)
        .bind(venue_id.0)
        .execute(&app.ctx.db)
        .await
        .expect("an owner");
    let event_id: holdfast::id::EventId = app.ctx.ids.next();
    sqlx::query(
        "INSERT INTO events (event_id, owner_id, venue_id, venue_version, name, starts_at, state,
                             currency, hold_ttl_seconds, hold_lifetime_max_seconds,
                             seats_per_hold_max, seats_per_person_max)
         VALUES ($1, $2, $3, 1, 'An evening', '2027-01-01Z', 'draft', 'EUR', 300, 900, 10, 20)",
    )
    .bind(event_id.0)
    .bind(owner.0)
    .bind(venue_id.0)
    .execute(&app.ctx.db)
    .await
    .expect("an event");
    let booking_id: holdfast::id::BookingId = app.ctx.ids.next();
    sqlx::query(
        "INSERT INTO bookings (booking_id, event_id, hold_id, holder_id, reference, state,
                               contact_name, contact_email, total, currency, confirmed_at)
         VALUES ($1, $2, $1, $3, 'HF-1', 'confirmed', 'Ana', 'ana@example.org', 1, 'EUR', now())",
    )
    .bind(booking_id.0)
    .bind(event_id.0)
    .bind(owner.0)
    .execute(&app.ctx.db)
    .await
    .expect("a booking");
    BTreeMap::from([
        ("account_id", owner.to_string()),
        ("venue_id", venue_id.to_string()),
        ("event_id", event_id.to_string()),
        ("booking_id", booking_id.to_string()),
        ("hold_id", booking_id.to_string()),
    ])
}

/// Whether the operation acts on something that only its owner may see or change.
fn is_about_belongings(operation: &Operation) -> bool {
    let names = |names: &[&str]| names.iter().any(|name| operation.has_path_parameter(name));
    match access_to(operation) {
        From(Role::VenueAdmin) => names(&["venue_id", "event_id", "hold_id", "booking_id"]),
        From(Role::Guest | Role::Customer) => names(&["hold_id", "booking_id"]),
        Public | From(Role::Admin) => false,
    }
}

/// F48
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_belongs_to_somebody_else_does_not_exist(db: PgPool) {
    let app = TestApp::start(db).await;
    let belongings = insert_belongings(&app).await;
    let strangers = [app.guest(), app.customer().await, app.venue_admin().await];

    for operation in operations().iter().filter(|it| is_about_belongings(it)) {
        let path = operation.path_with(|name| belongings[name].clone());
        for stranger in &strangers {
            let answer = stranger.send(operation.request(stranger, &path)).await;

            let is_below = answer.status == 403 && access_to(operation) == From(Role::VenueAdmin);
            if !is_below {
                assert_eq!(answer.status, 404, "{}: {}", operation.id, answer.text);
                answer.expect_problem(404, "not_found");
            }
        }
        let owner = &strangers[2];
        let answer = owner.send(operation.request(owner, &path)).await;
        assert_eq!(answer.status, 404, "{}: {}", operation.id, answer.text);
    }
    app.finish().await;
}

#[test]
fn every_code_is_distinct_and_says_what_it_means() {
    let words: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();

    assert_eq!(words.len(), Code::ALL.len());
    for code in Code::ALL {
        assert!(
            !code.title().is_empty() && !code.title().ends_with('.'),
            "{code:?}"
        );
        assert!(
            code.status().is_client_error() || code.status().is_server_error(),
            "{code:?}"
        );
        assert_eq!(json!(code), code.as_str());
    }
}

#[test]
fn every_code_is_produced_by_a_test() {
    let mut sources = String::new();
    read_sources(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api")),
        &mut sources,
    );

    let is_untested = |code: &&str| !sources.contains(&format!("\"{code}\""));
    let untested: Vec<&str> = Code::ALL
        .iter()
        .map(|code| code.as_str())
        .filter(is_untested)
        .collect();

    assert_eq!(untested, CODES_WITHOUT_TEST);
}

/// Appends every Rust file below the folder but this one.
fn read_sources(folder: &Path, sources: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read_sources(&path, sources);
        } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("contract.rs") {
            sources.push_str(&std::fs::read_to_string(&path).expect("a source"));
        }
    }
}

#[test]
fn the_committed_document_is_the_generated_one() {
    let committed = include_str!("../../openapi.json");

    let generated = docs::write(&holdfast::app::openapi());

    assert!(
        committed == generated,
        "run `holdfast openapi > openapi.json`"
    );
}

#[test]
fn every_operation_describes_itself() {
    let document = document();
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .expect("tags")
        .iter()
        .filter_map(|it| it["name"].as_str())
        .collect();
    let mut sources = String::new();
    read_sources(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
        &mut sources,
    );
    let mut ids = BTreeSet::new();

    for operation in operations() {
        let (id, value) = (&operation.id, &operation.value);
        assert!(ids.insert(id.clone()), "{id} is there twice");
        assert!(
            sources.contains(&format!("async fn {id}(")),
            "{id} is not its function's name"
        );
        let has_summary = value["summary"]
            .as_str()
            .is_some_and(|text| !text.is_empty());
        assert!(has_summary, "{id} has no summary");
        let tag = value["tags"][0].as_str().unwrap_or_default();
        assert!(
            tags.contains(tag),
            "{id} has the tag {tag}, which is not described"
        );
        for parameter in value["parameters"].as_array().into_iter().flatten() {
            let text = parameter["description"].as_str().unwrap_or_default();
            assert!(
                !text.is_empty(),
                "{id}: {} has no description",
                parameter["name"]
            );
        }
    }
}

#[test]
fn every_answer_is_described_and_every_error_is_a_problem() {
    for operation in operations() {
        for (status, answer) in operation.value["responses"].as_object().expect("responses") {
            let place = format!("{} {status}", operation.id);
            let description = answer["description"].as_str().unwrap_or_default();
            assert!(!description.is_empty(), "{place} has no description");
            if status == "default" || status.as_str() >= "400" {
                let schema = &answer["content"]["application/problem+json"]["schema"];
                assert_eq!(schema["$ref"], "#/components/schemas/Problem", "{place}");
            }
        }
    }
}

#[test]
fn every_operation_documents_the_problems_that_its_shape_implies() {
    for operation in operations() {
        let mut expected = BTreeSet::from(["503", "default"]);
        if let From(role) = access_to(&operation) {
            expected.insert("401");
            if role > Role::Guest {
                expected.insert("403");
            }
        }
        if operation.body().is_some() {
            expected.extend(["400", "413", "415", "422"]);
        }
        if !operation.parameters("path").is_empty() {
            expected.extend(["400", "404"]);
        }
        let responses = operation.value["responses"].as_object().expect("responses");

        let missing: Vec<_> = expected
            .into_iter()
            .filter(|status| !responses.contains_key(*status))
            .collect();

        assert!(
            missing.is_empty(),
            "{} does not document {missing:?}",
            operation.id
        );
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();

    let text = document.to_string();

    for part in text.split("\"$ref\":\"#").skip(1) {
        let pointer = part.split('"').next().expect("a pointer");
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

/// The tests above are only as good as the bodies they send.
#[test]
fn examples_fit_their_schemas() {
    let mut document = document();
    for operation in operations() {
        let Some((_, body)) = operation.body() else {
            continue;
        };
        for members in [Members::Required, Members::All] {
            document["$ref"] = Value::Null;
            let mut schema = body["schema"].clone();
            schema["components"] = document["components"].clone();
            let validator = jsonschema::validator_for(&schema).expect("a schema");

            let example = example_of(&body["schema"], members);

            let faults: Vec<String> = validator
                .iter_errors(&example)
                .map(|fault| fault.to_string())
                .collect();
            assert!(faults.is_empty(), "{}: {example}: {faults:?}", operation.id);
        }
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_document_is_served(db: PgPool) {
    let app = TestApp::start(db).await;

    let answer = app.stranger().get("/openapi.json").await.expect(200);

    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.body, document());
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_page_needs_nothing_from_elsewhere(db: PgPool) {
    let app = TestApp::start(db).await;

    let page = app.stranger().get("/docs").await.expect(200);

    assert!(page.header("content-type").starts_with("text/html"));
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'; script-src 'self';"),
        "{policy}"
    );
    let sources = page
        .text
        .split("src=\"")
        .chain(page.text.split("href=\""))
        .skip(1);
    for source in sources.filter(|source| !source.starts_with('<')) {
        assert!(
            !source.starts_with("http") && !source.starts_with("//"),
            "{source}"
        );
    }
    for file in [
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-initializer.js",
    ] {
        assert!(page.text.contains(file), "{file}");
        app.stranger()
            .get(&format!("/docs/{file}"))
            .await
            .expect(200);
    }
    let start = app
        .stranger()
        .get("/docs/swagger-initializer.js")
        .await
        .expect(200);
    assert!(
        start.text.contains("\"validatorUrl\": \"none\""),
        "{}",
        start.text
    );
    assert!(start.text.contains("/openapi.json") && !start.text.contains("petstore"));
    app.finish().await;
}
