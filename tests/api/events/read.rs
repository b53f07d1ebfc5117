//! Seeing events, one by one and in lists.

use holdfast::id::EventId;
use serde_json::json;
use sqlx::PgPool;

use super::{done, draft, gala, path_of, pointers, with};
use crate::support::{Answer, Caller, TestApp};

fn names(page: &Answer) -> Vec<&str> {
    let items = page["items"].as_array().expect("items").iter();
    items
        .map(|event| event["name"].as_str().expect("a name"))
        .collect()
}

async fn insert_three(app: &TestApp, owner: &Caller) -> Vec<String> {
    let venue_id = app.insert_venue(1, 4).await;
    let mut events = Vec::new();
    for name in ["Aida", "Boris Godunov", "Carmen 100%"] {
        app.ctx.clock.advance(chrono::TimeDelta::milliseconds(1));
        let body = with(gala(venue_id), &json!({"name": name}));
        events.push(path_of(&owner.post("/v1/events", body).await.expect(201)));
    }
    events
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_draft_exists_only_for_its_owner_and_admins(db: PgPool) {
    let app = TestApp::start(db).await;
    let (owner, other) = (app.venue_admin().await, app.venue_admin().await);
    let (stranger, admin) = (app.stranger(), app.admin().await);
    let event = draft(&app, &owner).await;

    for (caller, can_see) in [
        (&owner, true),
        (&admin, true),
        (&other, false),
        (&stranger, false),
    ] {
        let seen = caller.get(&event).await;
        let listed = caller.get("/v1/events").await.expect(200);
        let expected: &[&str] = if can_see { &["Gala"] } else { &[] };
        assert_eq!(names(&listed), expected);
        if can_see {
            seen.expect(200);
        } else {
            seen.expect_problem(404, "not_found");
        }
    }
    done(&owner, &event, "open").await;

    other.get(&event).await.expect(200);
    stranger.get(&event).await.expect(200);
    assert_eq!(names(&stranger.get("/v1/events").await), ["Gala"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_draft_that_was_cancelled_is_as_secret_as_before(db: PgPool) {
    let app = TestApp::start(db).await;
    let (owner, admin) = (app.venue_admin().await, app.admin().await);
    let (other, stranger) = (app.venue_admin().await, app.stranger());
    let event = draft(&app, &owner).await;
    done(&owner, &event, "cancel").await;

    for unseen in ["", "/layout", "/availability", "/live", "/waitlist/terms"] {
        for caller in [&stranger, &other] {
            let answer = caller.get(&format!("{event}{unseen}")).await;
            answer.expect_problem(404, "not_found");
        }
    }
    for caller in [&stranger, &other] {
        for query in ["", "?state=cancelled"] {
            let listed = caller.get(&format!("/v1/events{query}")).await.expect(200);
            assert!(names(&listed).is_empty(), "{query}");
        }
    }
    let held = app
        .guest()
        .post(&format!("{event}/holds"), json!({"seats": ["S-A-1"]}))
        .await;
    held.expect_problem(404, "not_found");
    for caller in [&owner, &admin] {
        let seen = caller.get(&event).await.expect(200);
        assert_eq!(seen["state"], "cancelled");
        let layout = caller.get(&format!("{event}/layout")).await.expect(200);
        assert_eq!(layout.header("cache-control"), "private, no-cache");
        assert_eq!(names(&caller.get("/v1/events").await), ["Gala"]);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_event_that_was_on_sale_is_public_also_once_it_is_cancelled(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;
    for verb in ["open", "cancel"] {
        done(&owner, &event, verb).await;
    }

    let seen = app.stranger().get(&event).await.expect(200);
    let listed = app.stranger().get("/v1/events").await.expect(200);

    assert_eq!(seen["state"], "cancelled");
    assert_eq!(names(&listed), ["Gala"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_admin_who_is_none_any_more_does_not_see_drafts(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let (owner, admin) = (app.venue_admin().await, app.admin().await);
    let event = draft(&app, &owner).await;
    sqlx::query("UPDATE accounts SET role = 'customer' WHERE role = 'admin'")
        .execute(&db)
        .await
        .expect("a demotion");

    let seen = admin.get(&event).await;

    seen.expect_problem(404, "not_found");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn who_owns_an_event_is_told_to_the_owner_and_admins(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;
    done(&owner, &event, "open").await;

    let to_owner = owner.get(&event).await;
    let to_admin = app.admin().await.get(&event).await;
    let to_guest = app.guest().get(&event).await;

    assert_eq!(to_owner["owner_id"], json!(owner.caller_id));
    assert_eq!(to_admin["owner_id"], json!(owner.caller_id));
    assert_eq!(to_guest.body.get("owner_id"), None);
    assert_eq!(to_owner["board_mode"], "redis");
    assert_eq!(to_guest.body.get("board_mode"), None);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn events_come_newest_first_in_pages(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    insert_three(&app, &owner).await;

    let first = owner.get("/v1/events?limit=2").await.expect(200);
    let after = first.text_of("next");
    let second = owner
        .get(&format!("/v1/events?limit=2&after={after}"))
        .await
        .expect(200);

    assert_eq!(names(&first), ["Carmen 100%", "Boris Godunov"]);
    assert_eq!(names(&second), ["Aida"]);
    assert_eq!(second["next"], json!(null));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn events_are_found_by_state_and_by_part_of_their_name(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let events = insert_three(&app, &owner).await;
    done(&owner, &events[0], "open").await;
    done(&owner, &events[1], "cancel").await;
    let table: [(&str, &[&str]); 6] = [
        ("state=on_sale", &["Aida"]),
        ("state=draft", &["Carmen 100%"]),
        ("q=GODU", &["Boris Godunov"]),
        ("q=%25", &["Carmen 100%"]),
        ("q=%20%20", &["Carmen 100%", "Boris Godunov", "Aida"]),
        ("q=a&state=cancelled", &[]),
    ];

    for (query, expected) in table {
        let page = owner.get(&format!("/v1/events?{query}")).await.expect(200);
        assert_eq!(names(&page), expected, "{query}");
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_list_that_cannot_be_says_why(db: PgPool) {
    let app = TestApp::start(db).await;
    let long = format!("q={}", "x".repeat(101));
    let unacceptable = [
        ("limit=0", "/limit"),
        ("limit=201", "/limit"),
        ("after=here", "/after"),
        ("q=%07", "/q"),
        (&long, "/q"),
    ];
    let unreadable = ["state=open", "limit=many", "page=2"];

    for (query, pointer) in unacceptable {
        let problem = app.stranger().get(&format!("/v1/events?{query}")).await;
        let problem = problem.expect_problem(422, "validation_failed");
        assert_eq!(pointers(&problem), [pointer]);
    }
    for query in unreadable {
        let problem = app.stranger().get(&format!("/v1/events?{query}")).await;
        problem.expect_problem(400, "malformed_request");
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_event_that_does_not_exist_is_not_found(db: PgPool) {
    let app = TestApp::start(db).await;
    let nowhere = format!("/v1/events/{}", app.ctx.ids.next::<EventId>());
    let stranger = app.stranger();

    stranger
        .get(&nowhere)
        .await
        .expect_problem(404, "not_found");
    stranger
        .get("/v1/events/gala")
        .await
        .expect_problem(400, "malformed_request");
    let forged = stranger.with_token("forged").get(&nowhere).await;
    forged.expect_problem(401, "unauthenticated");

    app.finish().await;
}
