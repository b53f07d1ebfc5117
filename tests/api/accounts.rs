//! Guests, registration, sessions, roles.

use chrono::TimeDelta;
use holdfast::accounts::{AccountError, create_admin};
use holdfast::id::{AccountId, CallerId};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{Answer, TestApp};

const PASSWORD: &str = "correct horse";

fn registration(email: &str) -> Value {
    json!({"email": email, "name": "Ana Example", "password": PASSWORD})
}

fn pointers(answer: &Answer) -> Vec<&str> {
    let errors = answer["errors"].as_array().expect("errors");
    errors
        .iter()
        .filter_map(|error| error["pointer"].as_str())
        .collect()
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_guest_gets_a_token_and_is_nobody(db: PgPool) {
    let app = TestApp::start(db).await;

    let guest = app
        .stranger()
        .post("/v1/guests", json!({}))
        .await
        .expect(201);

    assert_eq!(guest["expires_at"], "2037-12-02T00:00:00Z");
    let me = app
        .stranger()
        .with_token(&guest.text_of("token"))
        .get("/v1/me")
        .await
        .expect(200);
    assert_eq!(me["role"], "guest");
    assert_eq!((&me["email"], &me["name"]), (&Value::Null, &Value::Null));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn two_guests_are_different_callers(db: PgPool) {
    let app = TestApp::start(db).await;
    let mut ids = Vec::new();

    for _ in 0..2 {
        let guest = app
            .stranger()
            .post("/v1/guests", json!({}))
            .await
            .expect(201);
        let caller = app.stranger().with_token(&guest.text_of("token"));
        ids.push(caller.get("/v1/me").await.expect(200).text_of("account_id"));
    }

    assert_ne!(ids[0], ids[1]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_token_ends_when_it_says(db: PgPool) {
    let app = TestApp::start(db).await;
    let guest = app
        .stranger()
        .post("/v1/guests", json!({}))
        .await
        .expect(201);
    let caller = app.stranger().with_token(&guest.text_of("token"));

    app.ctx
        .clock
        .advance(TimeDelta::hours(12) - TimeDelta::seconds(1));
    caller.get("/v1/me").await.expect(200);
    app.ctx.clock.advance(TimeDelta::seconds(1));

    let refused = caller
        .get("/v1/me")
        .await
        .expect_problem(401, "unauthenticated");
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn who_registers_is_a_customer_and_signed_in(db: PgPool) {
    let app = TestApp::start(db).await;

    let session = app
        .stranger()
        .post("/v1/accounts", registration("ana@example.org"))
        .await
        .expect(201);

    let account = &session["account"];
    assert_eq!(account["email"], "ana@example.org");
    assert_eq!(account["name"], "Ana Example");
    assert_eq!(account["role"], "customer");
    let me = app
        .stranger()
        .with_token(&session.text_of("token"))
        .get("/v1/me")
        .await
        .expect(200);
    assert_eq!(&me.body, account);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn no_answer_and_no_row_holds_the_password(db: PgPool) {
    let app = TestApp::start(db).await;

    let session = app
        .stranger()
        .post("/v1/accounts", registration("ana@example.org"))
        .await
        .expect(201);

    assert!(!session.text.contains(PASSWORD) && !session.text.contains("argon2"));
    let hash: String = sqlx::query_scalar("SELECT password_hash FROM accounts")
        .fetch_one(&app.ctx.db)
        .await
        .expect("a row");
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_email_is_taken_once_however_it_is_written(db: PgPool) {
    let app = TestApp::start(db).await;
    app.stranger()
        .post("/v1/accounts", registration("ana@example.org"))
        .await
        .expect(201);

    let again = app
        .stranger()
        .post("/v1/accounts", registration("  Ana@Example.ORG "))
        .await;

    again.expect_problem(409, "email_taken");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn of_many_who_register_an_email_at_once_one_gets_it(db: PgPool) {
    let app = TestApp::start(db).await;
    let caller = app.stranger();
    let body = || registration("ana@example.org");

    let answers = tokio::join!(
        caller.post("/v1/accounts", body()),
        caller.post("/v1/accounts", body()),
        caller.post("/v1/accounts", body()),
        caller.post("/v1/accounts", body()),
    );

    let mut statuses = [
        answers.0.status,
        answers.1.status,
        answers.2.status,
        answers.3.status,
    ];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_registration_names_every_member_that_is_not_acceptable(db: PgPool) {
    let app = TestApp::start(db).await;
    let long = |n: usize| "x".repeat(n);

    for (body, expected) in [
        (
            json!({"email": "ana", "name": " ", "password": "short"}),
            vec!["/email", "/name", "/password"],
        ),
        (
            json!({"email": "ana@example.org", "name": "Ana", "password": long(7)}),
            vec!["/password"],
        ),
        (
            json!({"email": "ana@example.org", "name": "Ana", "password": long(129)}),
            vec!["/password"],
        ),
        (
            json!({"email": "ana@example.org", "name": long(101), "password": PASSWORD}),
            vec!["/name"],
        ),
        (
            json!({"email": format!("{}@example.org", long(300)), "name": "Ana",
                "password": PASSWORD}),
            vec!["/email", "/email"],
        ),
    ] {
        let answer = app.stranger().post("/v1/accounts", body).await;

        let answer = answer.expect_problem(422, "validation_failed");
        assert_eq!(pointers(&answer), expected, "{}", answer.text);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn passwords_are_any_characters_in_any_mixture(db: PgPool) {
    let app = TestApp::start(db).await;

    for (n, password) in [
        "aaaaaaaa",
        "密码密码密码密码",
        "  spaces  ",
        &"p".repeat(128),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("ana{n}@example.org");
        let body = json!({"email": email, "name": "Ana", "password": password});
        app.stranger().post("/v1/accounts", body).await.expect(201);
        let body = json!({"email": email, "password": password});
        app.stranger().post("/v1/sessions", body).await.expect(201);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn signing_in_needs_the_right_email_and_password(db: PgPool) {
    let app = TestApp::start(db).await;
    app.stranger()
        .post("/v1/accounts", registration("ana@example.org"))
        .await
        .expect(201);
    let sign_in = async |email: &str, password: &str| {
        let body = json!({"email": email, "password": password});
        app.stranger().post("/v1/sessions", body).await
    };

    let session = sign_in(" ANA@example.org", PASSWORD).await.expect(201);
    let wrong = sign_in("ana@example.org", "wrong horse").await;
    let unknown = sign_in("bob@example.org", PASSWORD).await;

    assert_eq!(session["account"]["email"], "ana@example.org");
    let wrong = wrong.expect_problem(401, "bad_credentials");
    let unknown = unknown.expect_problem(401, "bad_credentials");
    assert_eq!(
        wrong["detail"], unknown["detail"],
        "nobody learns which emails have accounts"
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_admin_gives_and_takes_roles(db: PgPool) {
    let app = TestApp::start(db).await;
    let admin = app.admin().await;
    let session = app
        .stranger()
        .post("/v1/accounts", registration("ana@example.org"))
        .await
        .expect(201);
    let account_id = session["account"]["account_id"].as_str().expect("an id");
    let path = format!("/v1/accounts/{account_id}/role");

    for role in ["venue_admin", "admin", "customer"] {
        let changed = admin.put(&path, json!({"role": role})).await.expect(200);
        assert_eq!(changed["role"], role);
        let body = json!({"email": "ana@example.org", "password": PASSWORD});
        let session = app.stranger().post("/v1/sessions", body).await.expect(201);
        assert_eq!(session["account"]["role"], role);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_last_admin_stays_one(db: PgPool) {
    let app = TestApp::start(db).await;
    let admin = app.admin().await;
    let path = format!("/v1/accounts/{}/role", admin.caller_id.expect("an account"));

    let refused = admin.put(&path, json!({"role": "customer"})).await;

    let refused = refused.expect_problem(422, "validation_failed");
    assert_eq!(pointers(&refused), ["/role"]);
    admin.put(&path, json!({"role": "admin"})).await.expect(200);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn two_admins_who_depose_each_other_leave_one(db: PgPool) {
    let app = TestApp::start(db).await;
    let (first, second) = (app.admin().await, app.admin().await);
    let path = |id: CallerId| format!("/v1/accounts/{id}/role");
    let first_path = path(first.caller_id.expect("an account"));
    let second_path = path(second.caller_id.expect("an account"));

    tokio::join!(
        first.put(&second_path, json!({"role": "customer"})),
        second.put(&first_path, json!({"role": "customer"})),
    );

    let n_admins: i64 = sqlx::query_scalar("SELECT count(*) FROM accounts WHERE role = 'admin'")
        .fetch_one(&app.ctx.db)
        .await
        .expect("a count");
    assert_eq!(n_admins, 1);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_role_must_be_an_accounts_and_the_account_must_exist(db: PgPool) {
    let app = TestApp::start(db).await;
    let admin = app.admin().await;
    let own = format!("/v1/accounts/{}/role", admin.caller_id.expect("an account"));
    let nobodys = format!("/v1/accounts/{}/role", app.ctx.ids.next::<AccountId>());

    let guest = admin.put(&own, json!({"role": "guest"})).await;
    let unknown_role = admin.put(&own, json!({"role": "owner"})).await;
    let unknown_account = admin.put(&nobodys, json!({"role": "customer"})).await;

    guest.expect_problem(422, "validation_failed");
    unknown_role.expect_problem(400, "malformed_request");
    unknown_account.expect_problem(404, "not_found");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_token_of_an_account_that_is_gone_is_refused(db: PgPool) {
    let app = TestApp::start(db).await;
    let customer = app.customer().await;
    sqlx::query("DELETE FROM accounts")
        .execute(&app.ctx.db)
        .await
        .expect("gone");

    let me = customer.get("/v1/me").await;

    me.expect_problem(401, "unauthenticated");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_command_line_makes_an_admin_once(db: PgPool) {
    let app = TestApp::start(db).await;

    let admin = create_admin(&app.ctx, "Root@Example.org ", "Root", PASSWORD).await;
    let again = create_admin(&app.ctx, "root@example.org", "Root", PASSWORD).await;

    assert_eq!(admin.expect("an admin").email, "root@example.org");
    assert!(matches!(again, Err(AccountError::EmailTaken)), "{again:?}");
    let body = json!({"email": "root@example.org", "password": PASSWORD});
    let session = app.stranger().post("/v1/sessions", body).await.expect(201);
    assert_eq!(session["account"]["role"], "admin");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_command_line_refuses_what_registration_refuses(db: PgPool) {
    let app = TestApp::start(db).await;

    for (email, name, password) in [
        ("root", "Root", PASSWORD),
        ("root@example.org", " ", PASSWORD),
        ("root@example.org", "Root", "short"),
    ] {
        let refused = create_admin(&app.ctx, email, name, password).await;
        assert!(
            matches!(refused, Err(AccountError::Unacceptable(_))),
            "{refused:?}"
        );
    }
    app.finish().await;
}
