//! Who may call what (F48). Driven by the OpenAPI document, so that a route is covered as soon as
//! it exists; what the document cannot say stands in the table below.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast::auth::Role;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::document::{Operation, operations};
use crate::support::{Answer, Belongings, Caller, TestApp, config};

/// Who may call an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Access {
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
    ("list_venues", Public),
    ("get_venue", Public),
    ("get_venue_layout", Public),
    ("get_venue_template", From(Role::VenueAdmin)),
    ("validate_template", From(Role::VenueAdmin)),
    ("upload_venue", From(Role::VenueAdmin)),
    ("replace_template", From(Role::VenueAdmin)),
    ("list_events", Public),
    ("get_event", Public),
    ("get_event_layout", Public),
    ("get_event_availability", Public),
    ("watch_event", Public),
    ("create_event", From(Role::VenueAdmin)),
    ("change_event", From(Role::VenueAdmin)),
    ("open_event", From(Role::VenueAdmin)),
    ("pause_event", From(Role::VenueAdmin)),
    ("close_event", From(Role::VenueAdmin)),
    ("cancel_event", From(Role::VenueAdmin)),
    ("block_seats", From(Role::VenueAdmin)),
    ("unblock_seats", From(Role::VenueAdmin)),
    ("list_event_bookings", From(Role::VenueAdmin)),
    ("get_event_sales", From(Role::VenueAdmin)),
    ("get_event_seat", From(Role::VenueAdmin)),
    ("place_hold", From(Role::Guest)),
    ("get_hold", From(Role::Guest)),
    ("change_hold", From(Role::Guest)),
    ("extend_hold", From(Role::Guest)),
    ("release_hold", From(Role::Guest)),
    ("confirm_hold", From(Role::Guest)),
    ("lookup_booking", Public),
    ("list_bookings", From(Role::Guest)),
    ("get_booking", From(Role::Guest)),
    ("get_booking_calendar", From(Role::Guest)),
    ("cancel_booking", From(Role::Guest)),
    ("create_webhook_endpoint", From(Role::VenueAdmin)),
    ("list_webhook_endpoints", From(Role::VenueAdmin)),
    ("get_webhook_endpoint", From(Role::VenueAdmin)),
    ("change_webhook_endpoint", From(Role::VenueAdmin)),
    ("delete_webhook_endpoint", From(Role::VenueAdmin)),
    ("rotate_webhook_secret", From(Role::VenueAdmin)),
    ("test_webhook_endpoint", From(Role::VenueAdmin)),
    ("list_webhook_deliveries", From(Role::VenueAdmin)),
    ("replay_webhook_delivery", From(Role::VenueAdmin)),
    ("list_notifications", From(Role::Guest)),
    ("read_notification", From(Role::Guest)),
    ("read_all_notifications", From(Role::Guest)),
    ("get_mail_preferences", From(Role::Customer)),
    ("put_mail_preferences", From(Role::Customer)),
    ("list_deliveries", From(Role::Admin)),
    ("resend_delivery", From(Role::Admin)),
    ("join_waitlist", From(Role::Guest)),
    ("get_my_entry", Public),
    ("leave_waitlist", Public),
    ("verify_entry", Public),
    ("accept_offer", Public),
    ("get_waitlist_terms", Public),
    ("put_waitlist_terms", From(Role::VenueAdmin)),
    ("list_waitlist", From(Role::VenueAdmin)),
    ("list_waitlist_seats", From(Role::VenueAdmin)),
    ("list_waitlist_log", From(Role::VenueAdmin)),
    ("move_entry", From(Role::VenueAdmin)),
    ("remove_entry", From(Role::VenueAdmin)),
    ("get_health", Public),
    ("get_readiness", Public),
    ("get_metrics", Public),
    ("get_problem", Public),
];

pub fn access_to(operation: &Operation) -> Access {
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
    let answer = caller.send(operation.request(caller, &path)).await;
    operation.expect_documented(&answer);
    answer
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

/// Whether the operation acts on something that only its owner may see or change.
fn is_about_belongings(operation: &Operation) -> bool {
    let names = |names: &[&str]| names.iter().any(|name| operation.has_path_parameter(name));
    match access_to(operation) {
        From(Role::VenueAdmin) => names(&[
            "venue_id",
            "event_id",
            "hold_id",
            "booking_id",
            "endpoint_id",
        ]),
        From(Role::Guest | Role::Customer) => names(&["hold_id", "booking_id"]),
        Public | From(Role::Admin) => false,
    }
}

/// F48
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_belongs_to_somebody_else_does_not_exist(db: PgPool) {
    let app = TestApp::start(db).await;
    let belongings = Belongings::make(&app).await;
    let strangers = [
        (Role::Guest, app.guest()),
        (Role::Customer, app.customer().await),
        (Role::VenueAdmin, app.venue_admin().await),
    ];

    for operation in operations().iter().filter(|it| is_about_belongings(it)) {
        let is_for_owners = access_to(operation) == From(Role::VenueAdmin);
        // Everybody sees the event on sale, so only a draft can be kept from them.
        let event_id = [&belongings.event_id, &belongings.draft_id][usize::from(is_for_owners)];
        let path = belongings.path_of(operation, event_id);
        for (role, stranger) in &strangers {
            let answer = stranger.send(operation.request(stranger, &path)).await;

            operation.expect_documented(&answer);
            if *role == Role::VenueAdmin || !is_for_owners {
                assert_eq!(
                    answer.status, 404,
                    "{} as {role:?}: {}",
                    operation.id, answer.text
                );
            } else {
                answer.expect_problem(403, "forbidden");
            }
        }
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_everybody_sees_only_its_owner_changes(db: PgPool) {
    let app = TestApp::start(db).await;
    let belongings = Belongings::make(&app).await;
    let stranger = app.venue_admin().await;

    for operation in operations() {
        let is_for_owners = access_to(&operation) == From(Role::VenueAdmin);
        if !is_for_owners || !operation.has_path_parameter("event_id") {
            continue;
        }
        let path = belongings.path_of(&operation, &belongings.event_id);

        let answer = stranger.send(operation.request(&stranger, &path)).await;

        answer.expect_problem(403, "forbidden");
    }
    app.finish().await;
}
