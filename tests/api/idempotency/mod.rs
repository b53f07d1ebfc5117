//! `Idempotency-Key` (F38).

mod sealed;
mod stage;

use chrono::TimeDelta;
use holdfast::idempotency;
use holdfast::problem::Code;
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use self::stage::{send, start};
use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_repeated_request_gets_the_first_answer(db: PgPool) {
    let (app, stage) = start(&db, &[]).await;
    let caller = app.guest();

    let first = send(&caller, "/v1/things", "k1", "a").await.expect(201);
    let second = send(&caller, "/v1/things", "k1", "a").await.expect(201);

    assert_eq!(stage.n_runs(), 1);
    assert_eq!(
        (first.text.as_str(), second.text.as_str()),
        ("run 1", "run 1")
    );
    assert_eq!(first.header("idempotency-replayed"), "");
    assert_eq!(second.header("idempotency-replayed"), "true");
    for name in ["content-type", "location"] {
        assert_eq!(first.header(name), second.header(name));
    }
    app.finish().await;
}

/// Two requests with one key: what the second differs in, and what it is answered.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_key_belongs_to_one_request_of_one_caller(db: PgPool) {
    let (app, stage) = start(&db, &[]).await;
    let (ana, bob) = (app.guest(), app.guest());
    send(&ana, "/v1/things", "k1", "a").await.expect(201);

    for (what, caller, path, key, body, expected) in [
        ("nothing", &ana, "/v1/things", "k1", "a", "replayed"),
        (
            "the body",
            &ana,
            "/v1/things",
            "k1",
            "b",
            "idempotency_key_reused",
        ),
        (
            "a blank in the body",
            &ana,
            "/v1/things",
            "k1",
            "a ",
            "idempotency_key_reused",
        ),
        (
            "the path",
            &ana,
            "/v1/other-things",
            "k1",
            "a",
            "idempotency_key_reused",
        ),
        (
            "the query",
            &ana,
            "/v1/things?x=1",
            "k1",
            "a",
            "idempotency_key_reused",
        ),
        ("the key", &ana, "/v1/things", "k2", "a", "run"),
        ("the caller", &bob, "/v1/things", "k1", "a", "run"),
        ("caller and body", &bob, "/v1/things", "k2", "b", "run"),
    ] {
        let n_runs_before = stage.n_runs();

        let answer = send(caller, path, key, body).await;

        let outcome = match answer.status {
            422 => answer
                .expect_problem(422, "idempotency_key_reused")
                .text_of("code"),
            _ if answer.header("idempotency-replayed") == "true" => "replayed".to_owned(),
            _ => answer.expect(201).text[..3].to_owned(),
        };
        assert_eq!(outcome, expected, "another request differs in {what}");
        let is_run = expected == "run";
        assert_eq!(
            stage.n_runs() - n_runs_before,
            usize::from(is_run),
            "{what}"
        );
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_refusal_is_replayed_word_for_word(db: PgPool) {
    let (app, stage) = start(&db, &[]).await;
    let caller = app.guest();

    let first = send(&caller, "/v1/things", "k1", "conflict").await;
    let second = send(&caller, "/v1/things", "k1", "conflict").await;

    let first = first.expect_problem(409, "email_taken");
    let second = second.expect_problem(409, "email_taken");
    assert_eq!(first.text, second.text);
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert_eq!(stage.n_runs(), 1);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_answer_that_invites_another_try_is_not_kept(db: PgPool) {
    let (app, stage) = start(&db, &[]).await;
    let caller = app.guest();

    for (body, status, code) in [
        ("failure", 500, "internal"),
        ("panic", 500, "internal"),
        ("rate limit", 429, "rate_limited"),
        ("retryable conflict", 409, Code::SeatsUnavailable.as_str()),
    ] {
        let n_runs_before = stage.n_runs();

        let key = body.replace(' ', "-");
        let first = send(&caller, "/v1/things", &key, body).await.expect(status);
        let second = send(&caller, "/v1/things", &key, body).await.expect(status);

        assert_eq!(stage.n_runs() - n_runs_before, 2, "{body}");
        for answer in [first, second] {
            let answer = answer.expect_problem(status, code);
            assert_eq!(answer.header("idempotency-replayed"), "", "{body}");
        }
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn while_the_first_request_runs_a_second_is_told_to_wait(db: PgPool) {
    let (app, stage) = start(&db, &[]).await;
    let caller = app.guest();
    let first = {
        let caller = caller.clone();
        app.ctx
            .tasks
            .spawn(async move { send(&caller, "/v1/things", "k1", "wait").await })
    };
    stage.entered.notified().await;

    let second = send(&caller, "/v1/things", "k1", "wait").await;
    let other = send(&caller, "/v1/things", "k1", "a").await;
    stage.may_answer.notify_one();

    let second = second.expect_problem(409, "request_in_progress");
    assert_eq!(second.header("retry-after"), "1");
    other.expect_problem(422, "idempotency_key_reused");
    assert_eq!(first.await.expect("an answer").expect(200).text, "run 1");
    let third = send(&caller, "/v1/things", "k1", "wait").await.expect(200);
    assert_eq!(third.text, "run 1");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_key_of_a_process_that_died_is_free_after_its_lease(db: PgPool) {
    let (app, stage) = start(&db, &[]).await;
    let caller = app.guest();
    send(&caller, "/v1/things", "k1", "a").await.expect(201);
    // What a process leaves that dies between taking the key and keeping the answer.
    sqlx::query("UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL")
        .execute(&app.ctx.db)
        .await
        .expect("the answer is gone");

    send(&caller, "/v1/things", "k1", "a")
        .await
        .expect_problem(409, "request_in_progress");
    app.ctx.clock.advance(TimeDelta::seconds(40));
    send(&caller, "/v1/things", "k1", "b")
        .await
        .expect_problem(422, "idempotency_key_reused");
    let rerun = send(&caller, "/v1/things", "k1", "a").await.expect(201);

    assert_eq!((rerun.text.as_str(), stage.n_runs()), ("run 2", 2));
    let replay = send(&caller, "/v1/things", "k1", "a").await.expect(201);
    assert_eq!(replay.text, "run 2");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_run_that_lost_its_lease_keeps_nothing(db: PgPool) {
    let (app, stage) = start(&db, &[]).await;
    let caller = app.guest();
    let slow = {
        let caller = caller.clone();
        app.ctx
            .tasks
            .spawn(async move { send(&caller, "/v1/things", "k1", "wait").await })
    };
    stage.entered.notified().await;
    app.ctx.clock.advance(TimeDelta::seconds(40));
    let second = {
        let caller = caller.clone();
        app.ctx
            .tasks
            .spawn(async move { send(&caller, "/v1/things", "k1", "wait").await })
    };
    stage.entered.notified().await;

    // Both wait; the notified one that came first, which has lost its lease, answers first.
    stage.may_answer.notify_one();
    assert_eq!(slow.await.expect("an answer").text, "run 1");
    send(&caller, "/v1/things", "k1", "wait")
        .await
        .expect_problem(409, "request_in_progress");
    stage.may_answer.notify_one();
    second.await.expect("an answer").expect(200);

    let replay = send(&caller, "/v1/things", "k1", "wait").await.expect(200);
    assert_eq!(replay.text, "run 2");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn work_goes_on_when_its_client_is_gone_and_shutdown_waits_for_it(db: PgPool) {
    let (app, stage) = start(&db, &[("HOLDFAST_REQUEST_TIMEOUT_SECONDS", "1")]).await;
    let caller = app.guest();

    // The service gives the client up first; for the run it is the same as if the client left.
    let given_up = send(&caller, "/v1/things", "k1", "wait").await;
    stage.may_answer.notify_one();
    app.finish().await;

    given_up.expect_problem(503, "unavailable");
    let kept: Vec<u8> = sqlx::query_scalar("SELECT body FROM idempotency_keys WHERE status = 200")
        .fetch_one(&db)
        .await
        .expect("an answer");
    // Sealed: as long as what was answered, and a tag.
    assert_eq!((kept.len(), stage.n_runs()), ("run 1".len() + 16, 1));
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn of_many_at_once_one_runs(db: PgPool) {
    let (app, stage) = start(&db, &[]).await;
    let caller = app.guest();

    let answers =
        futures::future::join_all((0..20).map(|_| send(&caller, "/v1/things", "k1", "a"))).await;

    assert_eq!(stage.n_runs(), 1);
    for answer in answers {
        assert!(matches!(answer.status, 201 | 409), "{}", answer.text);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn keys_are_one_header_of_visible_ascii(db: PgPool) {
    let (app, stage) = start(&db, &[]).await;
    let caller = app.guest();
    let longest = "k".repeat(255);

    send(&caller, "/v1/things", &longest, "a").await.expect(201);
    for key in ["", "with blank", "tab\tbed", "schlüssel", &"k".repeat(256)] {
        let refused = send(&caller, "/v1/things", key, "a").await;
        refused.expect_problem(400, "malformed_request");
    }
    let twice = caller
        .request(Method::POST, "/v1/things")
        .header("idempotency-key", "k1")
        .header("idempotency-key", "k2");
    caller
        .send(twice)
        .await
        .expect_problem(400, "malformed_request");

    assert_eq!(stage.n_runs(), 1);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn who_has_no_valid_token_has_no_keys(db: PgPool) {
    let (app, stage) = start(&db, &[]).await;

    for caller in [app.stranger(), app.stranger().with_token("forged")] {
        let first = send(&caller, "/v1/things", "k1", "a").await.expect(201);
        let second = send(&caller, "/v1/things", "k1", "a").await.expect(201);
        assert_ne!(first.text, second.text);
    }

    assert_eq!(stage.n_runs(), 4);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn answers_with_tokens_are_never_kept(db: PgPool) {
    let (app, _) = start(&db, &[]).await;
    let caller = app.guest();

    for _ in 0..2 {
        let answer = send(&caller, "/v1/guests", "k1", "a").await.expect(201);
        assert_eq!(answer.header("idempotency-replayed"), "");
    }

    let n_rows: i64 = sqlx::query_scalar("SELECT count(*) FROM idempotency_keys")
        .fetch_one(&app.ctx.db)
        .await
        .expect("a count");
    assert_eq!(n_rows, 0);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_body_with_a_key_has_the_same_limit_as_without(db: PgPool) {
    let (app, stage) = start(&db, &[("HOLDFAST_BODY_MAX_BYTES", "100")]).await;

    let refused = send(&app.guest(), "/v1/things", "k1", &"x".repeat(101)).await;

    refused.expect_problem(413, "payload_too_large");
    send(&app.guest(), "/v1/things", "k1", &"x".repeat(100))
        .await
        .expect(201);
    assert_eq!(stage.n_runs(), 1);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn without_postgresql_a_key_cannot_be_honoured(db: PgPool) {
    let nowhere = [("DATABASE_URL", "postgres://nobody@127.0.0.1:9/nothing")];
    let (app, stage) = start(&db, &nowhere).await;

    let refused = send(&app.guest(), "/v1/things", "k1", "a").await;

    let refused = refused.expect_problem(503, "unavailable");
    assert_eq!(refused["store"], json!("postgresql"));
    assert_eq!(stage.n_runs(), 0);
    app.stop().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn answers_are_kept_for_a_day(db: PgPool) {
    let (app, stage) = start(&db, &[("HOLDFAST_TOKEN_TTL_SECONDS", "864000")]).await;
    let caller = app.guest();
    send(&caller, "/v1/things", "k1", "a").await.expect(201);

    app.ctx
        .clock
        .advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    send(&caller, "/v1/things", "k1", "a").await.expect(201);
    let n_pruned_early = idempotency::prune(&app.ctx).await.expect("pruned");
    app.ctx.clock.advance(TimeDelta::seconds(1));

    assert_eq!((n_pruned_early, stage.n_runs()), (0, 1));
    send(&caller, "/v1/things", "k1", "another body")
        .await
        .expect(201);
    assert_eq!(stage.n_runs(), 2, "an old key is free, pruned or not");
    app.ctx.clock.advance(TimeDelta::hours(24));
    assert_eq!(idempotency::prune(&app.ctx).await.expect("pruned"), 1);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_event_is_made_once_however_often_it_is_asked_for(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event = json!({
        "venue_id": app.insert_venue(1, 4).await, "name": "Gala",
        "starts_at": "2038-01-01T19:00:00Z", "currency": "EUR",
        "prices": [{"category": "standard", "amount": "49.50"}],
    });
    let ask = async || {
        let request = owner.request(Method::POST, "/v1/events").json(&event);
        owner
            .send(request.header("idempotency-key", "gala"))
            .await
            .expect(201)
    };

    let (first, second) = (ask().await, ask().await);

    assert_eq!(first.text, second.text);
    assert_eq!(first.header("location"), second.header("location"));
    let events = owner.get("/v1/events").await.expect(200);
    assert_eq!(events["items"].as_array().map(Vec::len), Some(1));
    app.finish().await;
}
