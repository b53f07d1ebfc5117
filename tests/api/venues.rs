//! Venues: templates go in, versions with stable seats and layouts come out.

use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, IF_NONE_MATCH};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{Answer, Caller, TestApp};

/// A hall with rows A and B of four seats.
const HALL: &str = r##"format_version: 1
name: Hall
time_zone: Europe/Berlin
focal_point: [0, 0]
categories:
  - {key: standard, name: Standard, colour: "#336699"}
sections:
  - key: S
    name: Stalls
    category: standard
    at: [0, 5]
    rows:
      - {labels: A-B, seats: 4, flags: [accessible]}
"##;

async fn send(caller: &Caller, method: Method, path: &str, kind: &str, body: &str) -> Answer {
    let request = caller.request(method, path).header(CONTENT_TYPE, kind);
    caller.send(request.body(body.to_owned())).await
}

async fn post_yaml(caller: &Caller, path: &str, document: &str) -> Answer {
    send(caller, Method::POST, path, "application/yaml", document).await
}

/// Uploads a template and answers the path of its venue.
async fn upload(caller: &Caller, document: &str) -> String {
    let answer = post_yaml(caller, "/v1/venues", document).await.expect(201);
    format!("/v1/venues/{}", answer.text_of("venue_id"))
}

async fn replace(caller: &Caller, venue: &str, document: &str) -> Answer {
    let path = format!("{venue}/template");
    send(caller, Method::PUT, &path, "application/yaml", document).await
}

async fn stored_seats(app: &TestApp) -> Vec<(String, uuid::Uuid)> {
    sqlx::query_as("SELECT label, seat_id FROM seats ORDER BY label")
        .fetch_all(&app.ctx.db)
        .await
        .expect("seats")
}

async fn n_venues(app: &TestApp) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM venues")
        .fetch_one(&app.ctx.db)
        .await
        .expect("a count")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_template_in_yaml_becomes_a_venue(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;

    let answer = post_yaml(&owner, "/v1/venues", HALL).await.expect(201);

    assert_eq!(answer["version"], 1);
    assert_eq!(answer["name"], "Hall");
    assert_eq!(answer["seat_count"], 8);
    assert_eq!(
        answer["sections"],
        json!([{"key": "S", "name": "Stalls", "kind": "reserved", "seat_count": 8}])
    );
    let venue = app
        .stranger()
        .get(answer.header("location"))
        .await
        .expect(200);
    assert_eq!(venue["venue_id"], answer["venue_id"]);
    assert_eq!(venue["time_zone"], "Europe/Berlin");
    assert_eq!(stored_seats(&app).await.len(), 8);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_template_in_json_becomes_the_same_venue(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let document = json!({
        "format_version": 1, "name": "Hall", "time_zone": "Europe/Berlin", "focal_point": [0, 0],
        "categories": [{"key": "standard", "name": "Standard", "colour": "#336699"}],
        "sections": [{
            "key": "S", "name": "Stalls", "category": "standard", "at": [0, 5],
            "rows": [{"labels": "A-B", "seats": 4, "flags": ["accessible"]}],
        }],
    });

    let from_json = owner.post("/v1/venues", document).await.expect(201);
    let from_yaml = upload(&owner, HALL).await;

    let json_path = format!("{}/layout", from_json.header("location"));
    let mut json_layout = owner.get(&json_path).await.expect(200).body;
    let yaml_layout = owner
        .get(&format!("{from_yaml}/layout"))
        .await
        .expect(200)
        .body;
    json_layout["venue_id"] = yaml_layout["venue_id"].clone();
    assert_eq!(json_layout, yaml_layout);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn validating_finds_every_mistake_and_stores_nothing(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let wrong = HALL
        .replace("Europe/Berlin", "Europe/Bern")
        .replace("seats: 4", "seats: 0");

    let right = post_yaml(&owner, "/v1/venues/validate?layout=true", HALL)
        .await
        .expect(200);
    let answer = post_yaml(&owner, "/v1/venues/validate", &wrong)
        .await
        .expect(200);

    assert_eq!(
        (&right["valid"], &right["problems"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(right["layout"]["sections"][0]["rows"][1]["label"], "B");
    assert_eq!(answer["valid"], false);
    let places: Vec<_> = answer["problems"]
        .as_array()
        .expect("problems")
        .iter()
        .map(|problem| {
            (
                &problem["code"],
                &problem["pointer"],
                &problem["line"],
                &problem["column"],
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            (
                &json!("wrong_value"),
                &json!("/time_zone"),
                &json!(3),
                &json!(12)
            ),
            (
                &json!("out_of_range"),
                &json!("/sections/0/rows/0/seats"),
                &json!(13),
                &json!(30)
            ),
        ]
    );
    assert_eq!(
        (n_venues(&app).await, stored_seats(&app).await.len()),
        (0, 0)
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_template_with_mistakes_is_refused_with_all_of_them(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let wrong = HALL
        .replace("category: standard", "category: gold")
        .replace("A-B", "B-A");

    let answer = post_yaml(&owner, "/v1/venues", &wrong)
        .await
        .expect_problem(422, "template_invalid");

    assert_eq!(answer["problems"].as_array().map(Vec::len), Some(2));
    assert_eq!(n_venues(&app).await, 0);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_next_version_keeps_the_seats_that_keep_their_labels(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue = upload(&owner, HALL).await;
    let before = stored_seats(&app).await;

    let shorter = HALL.replace("A-B, seats: 4", "B-C, seats: 3");
    let second = replace(&owner, &venue, &shorter).await.expect(200);
    let third = replace(&owner, &venue, HALL).await.expect(200);

    assert_eq!(
        (&second["version"], &second["seat_count"]),
        (&json!(2), &json!(6))
    );
    assert_eq!(
        (&second["added_count"], &second["removed_count"]),
        (&json!(3), &json!(5))
    );
    assert_eq!(
        (&third["added_count"], &third["removed_count"]),
        (&json!(5), &json!(3))
    );
    let after = stored_seats(&app).await;
    assert_eq!(after.len(), 11);
    assert!(before.iter().all(|seat| after.contains(seat)));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_version_never_changes_when_the_next_one_comes(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue = upload(&owner, HALL).await;
    let first = owner
        .get(&format!("{venue}/layout?version=1"))
        .await
        .expect(200);

    replace(&owner, &venue, &HALL.replace("seats: 4", "seats: 5"))
        .await
        .expect(200);

    let again = owner
        .get(&format!("{venue}/layout?version=1"))
        .await
        .expect(200);
    let newest = owner.get(&format!("{venue}/layout")).await.expect(200);
    assert_eq!(
        (&first.text, first.header("etag")),
        (&again.text, again.header("etag"))
    );
    assert_eq!(
        (&newest["version"], &newest["seat_count"]),
        (&json!(2), &json!(10))
    );
    owner
        .get(&format!("{venue}/layout?version=3"))
        .await
        .expect_problem(404, "not_found");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_same_template_again_makes_no_new_version(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue = upload(&owner, HALL).await;

    let answer = replace(&owner, &venue, HALL).await.expect(200);

    assert_eq!(
        (&answer["version"], &answer["added_count"]),
        (&json!(1), &json!(0))
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn of_many_next_versions_at_once_none_overwrites_another(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue = upload(&owner, HALL).await;
    let documents: Vec<_> = (5..9)
        .map(|n| HALL.replace("seats: 4", &format!("seats: {n}")))
        .collect();

    let answers = futures::future::join_all(
        documents
            .iter()
            .map(|document| replace(&owner, &venue, document)),
    )
    .await;

    let stored: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .collect();
    let mut versions: Vec<_> = stored
        .iter()
        .map(|answer| answer["version"].as_i64())
        .collect();
    versions.sort_unstable();
    let expected: Vec<_> = (2..).map(Some).take(stored.len()).collect();
    assert_eq!(versions, expected);
    for answer in answers.into_iter().filter(|answer| answer.status != 200) {
        answer.expect_problem(409, "version_conflict");
    }
    let venue = owner.get(&venue).await.expect(200);
    assert_eq!(
        venue["version"].as_i64(),
        *expected.last().expect("one wins")
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_layout_is_cached_by_its_tag(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue = upload(&owner, HALL).await;
    let stranger = app.stranger();

    let fixed = stranger
        .get(&format!("{venue}/layout?version=1"))
        .await
        .expect(200);
    let newest = stranger.get(&format!("{venue}/layout")).await.expect(200);
    let path = format!("{venue}/layout?version=1");
    let known = stranger
        .request(Method::GET, &path)
        .header(IF_NONE_MATCH, fixed.header("etag"));
    let other = stranger
        .request(Method::GET, &path)
        .header(IF_NONE_MATCH, "\"another\"");

    assert_eq!(
        fixed.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    assert_eq!(newest.header("cache-control"), "no-cache");
    assert!(
        fixed.header("etag").starts_with('"'),
        "strong: {}",
        fixed.header("etag")
    );
    assert_eq!(fixed.header("etag"), newest.header("etag"));
    assert_eq!(stranger.send(known).await.expect(304).text, "");
    stranger.send(other).await.expect(200);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_layout_has_what_it_takes_to_draw_it(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue = upload(&owner, HALL).await;

    let layout = app
        .stranger()
        .get(&format!("{venue}/layout"))
        .await
        .expect(200);

    let section = &layout["sections"][0];
    assert_eq!(
        section["rows"][1]["seats"][0],
        json!({
            "index": 4, "label": "S-B-1", "number": "1", "x": -0.83, "y": 5.9,
            "category": "standard", "flags": ["accessible"],
        })
    );
    assert!(
        section["outline"]
            .as_array()
            .is_some_and(|outline| outline.len() >= 4)
    );
    assert_eq!(layout["focal_point"], json!({"x": 0.0, "y": 0.0}));
    assert_eq!(layout["categories"][0]["colour"], "#336699");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_template_is_its_owners_only(db: PgPool) {
    let app = TestApp::start(db).await;
    let (owner, other) = (app.venue_admin().await, app.venue_admin().await);
    let venue = upload(&owner, HALL).await;
    let path = format!("{venue}/template");

    let mine = owner.get(&path).await.expect(200);

    assert_eq!(mine.text, HALL);
    assert_eq!(mine.header("content-type"), "application/yaml");
    other.get(&path).await.expect_problem(404, "not_found");
    app.admin()
        .await
        .get(&path)
        .await
        .expect_problem(404, "not_found");
    app.customer()
        .await
        .get(&path)
        .await
        .expect_problem(403, "forbidden");
    app.stranger()
        .get(&path)
        .await
        .expect_problem(401, "unauthenticated");
    replace(&other, &venue, HALL)
        .await
        .expect_problem(404, "not_found");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn only_venue_admins_upload_templates(db: PgPool) {
    let app = TestApp::start(db).await;

    for path in ["/v1/venues", "/v1/venues/validate"] {
        post_yaml(&app.stranger(), path, HALL)
            .await
            .expect_problem(401, "unauthenticated");
        post_yaml(&app.guest(), path, HALL)
            .await
            .expect_problem(403, "forbidden");
        post_yaml(&app.customer().await, path, HALL)
            .await
            .expect_problem(403, "forbidden");
    }

    assert_eq!(n_venues(&app).await, 0);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn venues_are_listed_in_pages_newest_first(db: PgPool) {
    let app = TestApp::start(db).await;
    let (owner, other) = (app.venue_admin().await, app.venue_admin().await);
    for name in ["One", "Two", "Three"] {
        upload(
            &owner,
            &HALL.replace("name: Hall", &format!("name: {name}")),
        )
        .await;
        app.ctx.clock.advance(chrono::TimeDelta::seconds(1));
    }
    upload(&other, HALL).await;

    let first = app.stranger().get("/v1/venues?limit=3").await.expect(200);
    let next = format!("/v1/venues?limit=3&after={}", first.text_of("next"));
    let second = app.stranger().get(&next).await.expect(200);
    let mine = other.get("/v1/venues?mine=true").await.expect(200);

    let names = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().expect("items");
        items
            .iter()
            .map(|item| item["name"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(names(&first.body), ["Hall", "Three", "Two"]);
    assert_eq!(names(&second.body), ["One"]);
    assert_eq!(second["next"], Value::Null);
    assert_eq!(names(&mine.body), ["Hall"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn other_media_types_and_sizes_are_refused(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let large = " ".repeat(app.ctx.config.template_max_bytes + 1);
    let larger_than_other_bodies = format!("{HALL}{}", "# a comment\n".repeat(10_000));

    let plain = send(&owner, Method::POST, "/v1/venues", "text/plain", HALL).await;
    let too_large = post_yaml(&owner, "/v1/venues", &large).await;

    plain.expect_problem(415, "unsupported_media_type");
    too_large.expect_problem(413, "payload_too_large");
    for kind in ["text/yaml; charset=utf-8", "application/x-yaml"] {
        send(&owner, Method::POST, "/v1/venues/validate", kind, HALL)
            .await
            .expect(200);
    }
    assert!(larger_than_other_bodies.len() > app.ctx.config.body_max_bytes);
    post_yaml(&owner, "/v1/venues", &larger_than_other_bodies)
        .await
        .expect(201);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_stadium_is_uploaded_in_seconds(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let stadium = include_str!("../../venues/stadium.yaml");
    let renamed = stadium.replace("name: Stadion am Hafen", "name: Stadion");

    let begin = Instant::now();
    let first = post_yaml(&owner, "/v1/venues", stadium).await.expect(201);
    let uploaded = begin.elapsed();
    let second = replace(&owner, first.header("location"), &renamed)
        .await
        .expect(200);

    assert_eq!(first["seat_count"], 60_000);
    assert!(uploaded < Duration::from_secs(10), "{uploaded:?}");
    assert_eq!(
        (&second["version"], &second["removed_count"]),
        (&json!(2), &json!(0))
    );
    let layout = owner
        .get(&format!("{}/layout", first.header("location")))
        .await
        .expect(200);
    assert!(
        layout.text.len() < 10_000_000,
        "{} bytes",
        layout.text.len()
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn templates_made_to_explode_are_refused_quickly(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let mut aliases = String::from("a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
    for level in 1..40 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        aliases.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let exploding = [
        aliases,
        "[".repeat(1_000_000),
        "a: b\n".repeat(800_000),
        HALL.replace("A-B", "1-1000000000"),
        HALL.replace("seats: 4", "seats: 1000000000"),
        HALL.replace("key: S", "keys: A1-A300")
            .replace("seats: 4", "seats: 500"),
    ];

    let begin = Instant::now();
    for document in &exploding {
        let answer = post_yaml(&owner, "/v1/venues", document).await;
        answer.expect_problem(422, "template_invalid");
    }
    let ten_megabytes = post_yaml(&owner, "/v1/venues", &"x".repeat(10_000_000)).await;

    ten_megabytes.expect_problem(413, "payload_too_large");
    assert!(
        begin.elapsed() < Duration::from_secs(10),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(n_venues(&app).await, 0);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn built_in_venues_are_loaded_once_by_however_many_instances(db: PgPool) {
    let app = TestApp::start(db).await;
    let sibling = app.start_sibling().await;

    let (first, second) = futures::future::join(
        holdfast::venues::load_built_in(&app.ctx),
        holdfast::venues::load_built_in(&sibling.ctx),
    )
    .await;
    first.expect("the venues are loaded");
    second.expect("the venues are loaded");
    holdfast::venues::load_built_in(&app.ctx)
        .await
        .expect("nothing is left to do");

    let page = app.stranger().get("/v1/venues").await.expect(200);
    let mut keys: Vec<_> = page["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|venue| (venue["built_in_key"].as_str(), venue["version"].as_i64()))
        .collect();
    keys.sort_unstable();
    let expected = ["arena", "club", "concert-hall", "stadium", "theatre"];
    assert_eq!(keys, expected.map(|key| (Some(key), Some(1))));
    sibling.finish().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_built_in_venue_whose_document_changed_gets_a_next_version(db: PgPool) {
    let app = TestApp::start(db).await;
    holdfast::venues::load_built_in(&app.ctx)
        .await
        .expect("the venues are loaded");
    sqlx::query(
        "UPDATE venue_versions SET document = '' FROM venues
         WHERE venues.venue_id = venue_versions.venue_id AND built_in_key = 'club'",
    )
    .execute(&app.ctx.db)
    .await
    .expect("an older document");

    holdfast::venues::load_built_in(&app.ctx)
        .await
        .expect("the venues are loaded");

    let page = app.stranger().get("/v1/venues").await.expect(200);
    for venue in page["items"].as_array().expect("items") {
        let expected = if venue["built_in_key"] == "club" {
            2
        } else {
            1
        };
        assert_eq!(venue["version"], expected, "{venue}");
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn admins_change_built_in_venues_and_venue_admins_do_not(db: PgPool) {
    let app = TestApp::start(db).await;
    holdfast::venues::load_built_in(&app.ctx)
        .await
        .expect("the venues are loaded");
    let page = app.stranger().get("/v1/venues?limit=1").await.expect(200);
    let venue = format!(
        "/v1/venues/{}",
        page["items"][0]["venue_id"].as_str().expect("an id")
    );

    replace(&app.venue_admin().await, &venue, HALL)
        .await
        .expect_problem(404, "not_found");
    let answer = replace(&app.admin().await, &venue, HALL).await.expect(200);

    assert_eq!(answer["version"], 2);
    app.finish().await;
}
