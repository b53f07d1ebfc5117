//! Changing an event.

use chrono::TimeDelta;
use holdfast::auth::{self, Role};
use holdfast::id::EventId;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{done, draft, pointers, with};
use crate::support::{Answer, TestApp};

/// An event as its verbs answer it: how many seats are free is told only to who asks for that.
fn without_seats(event: Answer) -> Value {
    let mut body = event.body;
    body.as_object_mut().expect("an event").remove("seats");
    body
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_change_sets_what_it_names_and_leaves_the_rest(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;
    let before = without_seats(owner.get(&event).await);
    let members = json!({
        "name": "Soirée", "starts_at": "2038-02-01T19:00:00Z",
        "sales_open_at": "2037-12-24T00:00:00Z", "sales_close_at": "2038-02-01T18:00:00Z",
        "hold_ttl_seconds": 60, "hold_lifetime_max_seconds": 90, "seats_per_hold_max": 4,
        "seats_per_person_max": 6,
    });

    let renamed = json!({"version": 1, "name": "Soirée"});
    let renamed = owner.patch(&event, renamed).await.expect(200);
    let changed = with(members.clone(), &json!({"version": 2}));
    let changed = owner.patch(&event, changed).await.expect(200);

    let expected = json!({"version": 2, "name": "Soirée"});
    assert_eq!(renamed.body, with(before.clone(), &expected));
    let expected = with(members, &json!({"version": 3}));
    assert_eq!(changed.body, with(before, &expected));
    let after = without_seats(owner.get(&event).await);
    assert_eq!(after, changed.body);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn null_takes_a_time_of_the_sale_window_away_and_nothing_else(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;
    let at = "2037-12-24T00:00:00Z";
    let body = json!({"version": 1, "sales_open_at": at});
    owner.patch(&event, body).await.expect(200);

    let body = json!({"version": 2, "sales_open_at": null});
    let changed = owner.patch(&event, body).await.expect(200);
    let body = json!({"version": 3, "name": null});
    let problem = owner.patch(&event, body).await;

    assert_eq!(changed["sales_open_at"], json!(null));
    let problem = problem.expect_problem(400, "malformed_request");
    assert_eq!(pointers(&problem), ["/name"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn of_two_changes_to_the_same_version_exactly_one_wins(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;

    for version in 1..=20 {
        let change = |name: &str| owner.patch(&event, json!({"version": version, "name": name}));
        let (one, two) = tokio::join!(change("one"), change("two"));

        let (winner, loser) = if one.status == 200 {
            (one, two)
        } else {
            (two, one)
        };
        let winner = winner.expect(200);
        let problem = loser.expect_problem(409, "version_conflict");
        assert_eq!(problem["version"], version + 1);
        assert_eq!(owner.get(&event).await["name"], winner["name"]);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_change_must_name_the_version_it_was_made_for(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;

    let without = owner.patch(&event, json!({"name": "Soirée"})).await;
    let other = owner
        .patch(&event, json!({"version": 2, "name": "Soirée"}))
        .await;

    without.expect_problem(400, "malformed_request");
    assert_eq!(other.expect_problem(409, "version_conflict")["version"], 1);
    assert_eq!(owner.get(&event).await["name"], "Gala");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn prices_change_only_while_nothing_is_sold(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;
    let to = |version: i64, amount: &str| {
        let prices = [json!({"category": "standard", "amount": amount})];
        json!({"version": version, "prices": prices})
    };

    let as_draft = owner.patch(&event, to(1, "50")).await;
    done(&owner, &event, "open").await;
    let on_sale = owner.patch(&event, to(3, "51")).await;
    done(&owner, &event, "pause").await;
    let paused = owner.patch(&event, to(4, "52")).await;
    done(&owner, &event, "close").await;
    let closed = owner.patch(&event, to(6, "53")).await;

    assert_eq!(as_draft.expect(200)["prices"][0]["amount"], "50.00");
    assert_eq!(paused.expect(200)["prices"][0]["amount"], "52.00");
    for refused in [on_sale, closed] {
        let problem = refused.expect_problem(422, "validation_failed");
        assert_eq!(pointers(&problem), ["/prices"]);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn every_mistake_of_a_change_is_in_one_answer(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;

    let body = json!({
        "version": 1, "name": "", "starts_at": "2037-12-01T11:59:59Z", "hold_ttl_seconds": 3600,
        "seats_per_hold_max": 21, "sales_close_at": "2037-12-25T00:00:00Z",
        "prices": [{"category": "box", "amount": "1.234"}],
    });
    let problem = owner.patch(&event, body).await;

    let problem = problem.expect_problem(422, "validation_failed");
    assert_eq!(
        pointers(&problem),
        [
            "/hold_lifetime_max_seconds",
            "/name",
            "/prices",
            "/prices/0/amount",
            "/prices/0/category",
            "/sales_close_at",
            "/seats_per_person_max",
            "/starts_at",
        ]
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_name_can_be_mended_after_the_performance(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;
    app.ctx.clock.advance(TimeDelta::hours(1000));
    let caller_id = owner.caller_id.expect("an account");
    let role = Role::VenueAdmin;
    let token = auth::issue_token(&app.ctx, auth::Caller { caller_id, role }).expect("a token");
    let owner = owner.with_token(&token.token);

    let changed = owner
        .patch(&event, json!({"version": 1, "name": "Soirée"}))
        .await;

    assert_eq!(changed.expect(200)["name"], "Soirée");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_cancelled_event_cannot_be_changed(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;
    done(&owner, &event, "cancel").await;

    let problem = owner
        .patch(&event, json!({"version": 2, "name": "Soirée"}))
        .await;

    let problem = problem.expect_problem(409, "event_state_conflict");
    assert_eq!(problem["state"], "cancelled");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn only_the_owner_and_admins_change_an_event(db: PgPool) {
    let app = TestApp::start(db).await;
    let (owner, other) = (app.venue_admin().await, app.venue_admin().await);
    let event = draft(&app, &owner).await;
    let nowhere = format!("/v1/events/{}", app.ctx.ids.next::<EventId>());
    let change = |version: i64| json!({"version": version, "name": "Soirée"});

    other
        .patch(&event, change(1))
        .await
        .expect_problem(404, "not_found");
    owner
        .patch(&nowhere, change(1))
        .await
        .expect_problem(404, "not_found");
    done(&owner, &event, "open").await;
    other
        .patch(&event, change(2))
        .await
        .expect_problem(403, "forbidden");
    let by_customer = app.customer().await.patch(&event, change(2)).await;
    by_customer.expect_problem(403, "forbidden");
    let by_stranger = app.stranger().patch(&event, change(2)).await;
    by_stranger.expect_problem(401, "unauthenticated");
    app.admin().await.patch(&event, change(2)).await.expect(200);

    app.finish().await;
}
