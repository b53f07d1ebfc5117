//! Venues: templates go in, versions with stable seats and layouts come out.

mod built_in;
mod layouts;
mod uploads;
mod versions;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;

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
