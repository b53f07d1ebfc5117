//! The states of an event and the verbs between them.

use chrono::TimeDelta;
use holdfast::id::EventId;
use holdfast::postgres;
use serde_json::json;
use sqlx::PgPool;

use super::{done, draft, tried};
use crate::support::TestApp;

const VERBS: [&str; 4] = ["open", "pause", "close", "cancel"];

/// How to get there from draft, and what each of the verbs then leads to.
type Line = (
    &'static str,
    &'static [&'static str],
    [Option<&'static str>; 4],
);

const TABLE: [Line; 5] = [
    (
        "draft",
        &[],
        [Some("on_sale"), None, None, Some("cancelled")],
    ),
    (
        "on_sale",
        &["open"],
        [
            Some("on_sale"),
            Some("paused"),
            Some("closed"),
            Some("cancelled"),
        ],
    ),
    (
        "paused",
        &["open", "pause"],
        [
            Some("on_sale"),
            Some("paused"),
            Some("closed"),
            Some("cancelled"),
        ],
    ),
    (
        "closed",
        &["open", "close"],
        [None, None, Some("closed"), Some("cancelled")],
    ),
    (
        "cancelled",
        &["cancel"],
        [None, None, None, Some("cancelled")],
    ),
];

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn every_verb_leads_from_every_state_where_the_table_says(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;

    for (state, way, line) in TABLE {
        for (verb, expected) in VERBS.into_iter().zip(line) {
            let event = draft(&app, &owner).await;
            for step in way {
                done(&owner, &event, step).await;
            }
            let before = owner.get(&event).await.expect(200);
            assert_eq!(before["state"], state);

            let answer = tried(&owner, &event, verb).await;

            let after = owner.get(&event).await.expect(200);
            let Some(expected) = expected else {
                let problem = answer.expect_problem(409, "event_state_conflict");
                assert_eq!(problem["state"], state, "{state} {verb}");
                assert_eq!(after.body, before.body, "{state} {verb}");
                continue;
            };
            assert_eq!(answer.expect(200)["state"], expected, "{state} {verb}");
            assert_eq!(after["state"], expected, "{state} {verb}");
            let n_changes = i64::from(expected != state);
            let version = before["version"].as_i64().expect("a number") + n_changes;
            assert_eq!(after["version"], version, "{state} {verb}");
        }
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_event_remembers_when_it_was_first_opened_then_closed_and_cancelled(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;

    for verb in ["open", "pause", "open", "close", "cancel"] {
        app.ctx.clock.advance(TimeDelta::minutes(1));
        done(&owner, &event, verb).await;
    }

    let event = owner.get(&event).await;
    assert_eq!(event["opened_at"], "2037-12-01T12:01:00Z");
    assert_eq!(event["closed_at"], "2037-12-01T12:04:00Z");
    assert_eq!(event["cancelled_at"], "2037-12-01T12:05:00Z");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn cancelling_ends_the_board_once(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;
    let epoch = || sqlx::query_scalar::<_, i64>("SELECT board_epoch FROM events").fetch_one(&db);
    for verb in ["open", "pause", "open", "close"] {
        done(&owner, &event, verb).await;
    }
    assert_eq!(epoch().await.expect("an epoch"), 0);

    done(&owner, &event, "cancel").await;
    done(&owner, &event, "cancel").await;

    assert_eq!(epoch().await.expect("an epoch"), 1);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_verb_waits_for_confirms_under_way(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;
    done(&owner, &event, "open").await;
    let event_id: EventId = event["/v1/events/".len()..].parse().expect("an id");
    // The first look loads the board, which would wait for the lock, too.
    owner.get(&event).await.expect(200);
    let mut confirm = db.begin().await.expect("a transaction");
    sqlx::query("SELECT pg_advisory_xact_lock_shared($1)")
        .bind(postgres::event_lock(event_id))
        .execute(&mut *confirm)
        .await
        .expect("the lock");

    let closing = app.ctx.tasks.spawn({
        let (owner, event) = (owner.clone(), event.clone());
        async move { tried(&owner, &event, "close").await }
    });
    while !closing.is_finished() && !is_somebody_waiting(&mut confirm).await {
        tokio::task::yield_now().await;
    }
    let during = owner.get(&event).await;
    confirm.commit().await.expect("a commit");
    let closed = closing.await.expect("an answer");

    assert_eq!(during["state"], "on_sale");
    assert_eq!(closed.expect(200)["state"], "closed");
    app.finish().await;
}

async fn is_somebody_waiting(db: &mut sqlx::PgConnection) -> bool {
    sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
              WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
         )",
    )
    .fetch_one(db)
    .await
    .expect("the locks")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_verb_sent_twice_at_once_is_done_once(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;

    let (first, second) = tokio::join!(done(&owner, &event, "open"), done(&owner, &event, "open"));

    assert_eq!(
        (&first["version"], &second["version"]),
        (&json!(2), &json!(2))
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn only_the_owner_and_admins_move_an_event(db: PgPool) {
    let app = TestApp::start(db).await;
    let (owner, other) = (app.venue_admin().await, app.venue_admin().await);
    let (customer, admin) = (app.customer().await, app.admin().await);

    for verb in VERBS {
        let event = draft(&app, &owner).await;
        tried(&other, &event, verb)
            .await
            .expect_problem(404, "not_found");
        done(&owner, &event, "open").await;
        tried(&app.stranger(), &event, verb)
            .await
            .expect_problem(401, "unauthenticated");
        tried(&app.guest(), &event, verb)
            .await
            .expect_problem(403, "forbidden");
        tried(&customer, &event, verb)
            .await
            .expect_problem(403, "forbidden");
        tried(&other, &event, verb)
            .await
            .expect_problem(403, "forbidden");
        done(&admin, &event, verb).await;
    }

    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_event_that_does_not_exist_cannot_be_moved(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let nowhere = format!("/v1/events/{}", app.ctx.ids.next::<EventId>());

    for verb in VERBS {
        tried(&owner, &nowhere, verb)
            .await
            .expect_problem(404, "not_found");
        tried(&owner, "/v1/events/gala", verb)
            .await
            .expect_problem(400, "malformed_request");
    }

    app.finish().await;
}

/// The transaction in which it found out that nothing is to be done stayed open, with the event's
/// lock, while another connection was waited for.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_verb_that_is_repeated_needs_one_connection(db: PgPool) {
    let app = TestApp::start_set(&db, &[("HOLDFAST_DATABASE_CONNECTIONS_MAX", "1")]).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;
    done(&owner, &event, "open").await;

    let repeated = tried(&owner, &event, "open").await;

    assert_eq!(repeated.expect(200)["state"], "on_sale");
    app.finish().await;
}
