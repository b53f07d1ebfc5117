//! What comes out: lists of venues, and layouts with their tags.

use reqwest::Method;
use reqwest::header::IF_NONE_MATCH;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{HALL, upload};
use crate::support::TestApp;

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
    assert_eq!(mine["items"][0].get("sections"), None);
    app.finish().await;
}
