//! Bad input is answered with a problem that says what is wrong, never with a 500. Driven by the
//! OpenAPI document: every route that takes a body, a parameter in its path or in its query is sent
//! everything that has broken such services before.

mod bodies;
mod parameters;

use holdfast::auth::Role;
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use self::bodies::{
    Bad, pointers_of, strange_values, unacceptable, unacceptable_values, with_member,
};
use crate::access::{Access, access_to};
use crate::support::document::{Members, Operation, operations};
use crate::support::{Answer, Belongings, Caller, TestApp};

/// Somebody who may call the operation, and things for it to act on.
struct Scene {
    admin: Caller,
    belongings: Belongings,
}

impl Scene {
    async fn set(app: &TestApp) -> Self {
        Self {
            admin: app.admin().await,
            belongings: Belongings::make(app).await,
        }
    }

    fn path_of(&self, operation: &Operation) -> String {
        self.belongings
            .path_of(operation, &self.belongings.event_id)
    }

    fn caller_of(&self, operation: &Operation) -> &Caller {
        match access_to(operation) {
            Access::Public | Access::From(Role::Guest | Role::Customer) => &self.belongings.buyer,
            Access::From(Role::VenueAdmin) => &self.belongings.owner,
            Access::From(Role::Admin) => &self.admin,
        }
    }

    async fn send(&self, operation: &Operation, bad: &Bad) -> Answer {
        let caller = self.caller_of(operation);
        let request = caller.request(operation.method.clone(), &self.path_of(operation));
        let request = request.header("content-type", bad.media_type);
        caller.send(request.body(bad.body.clone())).await
    }
}

fn with_body() -> Vec<Operation> {
    operations()
        .into_iter()
        .filter(|it| it.body().is_some())
        .collect()
}

/// Operations whose JSON bodies have members that the document names; a template has not.
fn with_json() -> Vec<Operation> {
    let is_described = |it: &Operation| {
        let described = it
            .body()
            .filter(|(media_type, _)| *media_type == "application/json");
        described.is_some_and(|(_, body)| body["schema"] != json!({"type": "object"}))
    };
    operations().into_iter().filter(is_described).collect()
}

fn with_template() -> Vec<Operation> {
    let takes_yaml =
        |it: &Operation| !it.value["requestBody"]["content"]["application/yaml"].is_null();
    operations().into_iter().filter(takes_yaml).collect()
}

/// Asserts that the answer blames the request, with a status that the document speaks of.
fn expect_refusal(answer: Answer, operation: &Operation, what: &str) {
    let place = format!(
        "{}: {what}: {} {}",
        operation.id, answer.status, answer.text
    );
    assert!(
        matches!(answer.status, 400 | 404 | 409 | 413 | 415 | 422),
        "{place}"
    );
    let described = &operation.value["responses"][answer.status.to_string()];
    assert!(described.is_object(), "undocumented: {place}");
    let code = answer.text_of("code");
    answer.expect_problem_of(&code);
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_body_that_is_no_request_is_refused(db: PgPool) {
    let app = TestApp::start(db).await;
    let scene = Scene::set(&app).await;

    for operation in with_json() {
        let example = operation.example(Members::Required).expect("an example");
        let example = scene.belongings.adapt(example);
        for bad in unacceptable(&example) {
            let answer = scene.send(&operation, &bad).await;

            expect_refusal(answer, &operation, &bad.what);
        }
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn no_value_of_any_member_is_a_failure(db: PgPool) {
    let app = TestApp::start(db).await;
    let scene = Scene::set(&app).await;

    for operation in with_json() {
        let example = operation.example(Members::All).expect("an example");
        let example = scene.belongings.adapt(example);
        for pointer in pointers_of(&example, "") {
            for (what, value) in strange_values() {
                let bad = Bad::json(what, with_member(&example, &pointer, &value));

                let answer = scene.send(&operation, &bad).await;

                let place = format!("{}: {what} at {pointer}", operation.id);
                assert!(answer.status < 500, "{place}: {}", answer.text);
            }
            for (what, value) in unacceptable_values() {
                let bad = Bad::json(what, with_member(&example, &pointer, &value));

                let answer = scene.send(&operation, &bad).await;

                expect_refusal(answer, &operation, &format!("{what} at {pointer}"));
            }
        }
    }
    app.finish().await;
}

/// What is wrong with templates the tests of venues ask; here they must only not fail.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn no_template_is_a_failure(db: PgPool) {
    let app = TestApp::start(db).await;
    let scene = Scene::set(&app).await;

    for operation in with_template() {
        for mut bad in unacceptable(&json!({"name": "House"})) {
            for media_type in ["application/json", "application/yaml"] {
                bad.media_type = media_type;

                let answer = scene.send(&operation, &bad).await;

                let place = format!("{}: {} as {media_type}", operation.id, bad.what);
                assert!(answer.status < 500, "{place}: {}", answer.text);
                let described = &operation.value["responses"][answer.status.to_string()];
                assert!(
                    described.is_object(),
                    "undocumented: {place}: {}",
                    answer.status
                );
            }
        }
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_empty_body_is_no_failure(db: PgPool) {
    let app = TestApp::start(db).await;
    let scene = Scene::set(&app).await;

    for operation in with_body() {
        let is_template = with_template().iter().any(|it| it.id == operation.id);
        let is_required = operation.value["requestBody"]["required"] == true && !is_template;
        for media_type in ["application/json", "application/yaml", "text/plain"] {
            let nothing = Bad {
                what: "nothing".to_owned(),
                media_type,
                body: Vec::new(),
            };

            let answer = scene.send(&operation, &nothing).await;

            assert!(answer.status < 500, "{}: {}", operation.id, answer.text);
            if is_required {
                expect_refusal(answer, &operation, "an empty body");
            }
        }
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn ten_megabytes_are_refused_while_they_are_sent(db: PgPool) {
    let app = TestApp::start(db).await;
    let scene = Scene::set(&app).await;
    let ten_megabytes = vec![b' '; 10_000_000];

    for operation in with_body() {
        let (media_type, _) = operation.body().expect("a body");
        let token = scene
            .caller_of(&operation)
            .token
            .as_deref()
            .expect("a token");
        let head = format!(
            "{} {} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {token}\r\n\
             content-type: {media_type}\r\ncontent-length: 10000000\r\n\r\n",
            operation.method,
            scene.path_of(&operation)
        );
        let socket = tokio::net::TcpStream::connect(app.address)
            .await
            .expect("a socket");
        let (mut reader, mut writer) = socket.into_split();
        let mut answer = [0; 12];

        // The service stops reading when it has seen enough, so sending fails in the middle.
        let (_, read) = tokio::join!(
            async {
                writer.write_all(head.as_bytes()).await?;
                writer.write_all(&ten_megabytes).await
            },
            reader.read_exact(&mut answer)
        );

        read.expect("an answer");
        assert_eq!(
            String::from_utf8_lossy(&answer),
            "HTTP/1.1 413",
            "{}",
            operation.id
        );
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_body_that_grows_above_the_limit_is_refused(db: PgPool) {
    let app = TestApp::start_set(
        &db,
        &[
            ("HOLDFAST_BODY_MAX_BYTES", "1000"),
            ("HOLDFAST_TEMPLATE_MAX_BYTES", "1000"),
        ],
    )
    .await;
    let scene = Scene::set(&app).await;

    for operation in with_body() {
        let (media_type, _) = operation.body().expect("a body");
        let caller = scene.caller_of(&operation);
        let request = caller.request(operation.method.clone(), &scene.path_of(&operation));
        let large = vec![b' '; 1001];

        let answer = caller
            .send(request.header("content-type", media_type).body(large))
            .await;

        answer.expect_problem(413, "payload_too_large");
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_mistake_is_named_by_its_pointer(db: PgPool) {
    let app = TestApp::start(db).await;
    let body = json!({"email": "ana@example.org", "name": 5, "password": "correct horse"});

    let answer = app.stranger().post("/v1/accounts", body).await;

    let answer = answer.expect_problem(400, "malformed_request");
    assert_eq!(answer["errors"][0]["pointer"], "/name");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_media_type_that_is_not_json_is_named(db: PgPool) {
    let app = TestApp::start(db).await;
    let request = app
        .stranger()
        .request(Method::POST, "/v1/accounts")
        .body("email=ana");

    let answer = app.stranger().send(request).await;

    answer.expect_problem(415, "unsupported_media_type");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_unknown_route_is_a_problem(db: PgPool) {
    let app = TestApp::start(db).await;

    for path in ["/v1/nowhere", "/docs/nowhere", "/%ff"] {
        app.stranger()
            .get(path)
            .await
            .expect_problem(404, "not_found");
    }

    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_unknown_method_is_a_problem(db: PgPool) {
    let app = TestApp::start(db).await;

    let answer = app.stranger().delete("/v1/guests").await;

    answer.expect_problem(405, "method_not_allowed");
    app.finish().await;
}
