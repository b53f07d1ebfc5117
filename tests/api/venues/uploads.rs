//! Templates go in: as YAML or JSON, checked, within limits, by those who may.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use super::{HALL, n_venues, post_yaml, replace, send, stored_seats, upload};
use crate::support::TestApp;

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
    let stadium = include_str!("../../../venues/stadium.yaml");
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
    let skip: Vec<_> = (1..28_000).rev().map(|n| n.to_string()).collect();
    let name = format!("name: &long {}", "x".repeat(2_000_000));
    let exploding = [
        aliases,
        HALL.replace("name: Hall", &name) + &"x: [*long]\n".repeat(5_000),
        HALL.replace(
            "seats: 4",
            &format!("seats: 4, numbers: {{skip: [{}]}}", skip.join(", ")),
        ),
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
