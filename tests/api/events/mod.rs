//! Events: making, changing, moving between states, reading.

mod boards;
mod change;
mod create;
mod layout;
mod read;
mod sale;
mod states;

use holdfast::id::VenueId;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, TestApp};

/// A new event in a venue of [`TestApp::insert_venue`].
fn gala(venue_id: VenueId) -> Value {
    json!({
        "venue_id": venue_id, "name": "Gala", "starts_at": "2038-01-01T19:00:00Z",
        "currency": "EUR", "prices": [{"category": "standard", "amount": "49.50"}],
    })
}

/// The body with those members instead.
fn with(mut body: Value, members: &Value) -> Value {
    for (member, value) in members.as_object().expect("members") {
        body[member] = value.clone();
    }
    body
}

/// Makes a draft in a house of four seats; answers its path.
async fn draft(app: &TestApp, owner: &Caller) -> String {
    let venue_id = app.insert_venue(1, 4).await;
    path_of(&owner.post("/v1/events", gala(venue_id)).await.expect(201))
}

fn path_of(event: &Answer) -> String {
    format!("/v1/events/{}", event.text_of("event_id"))
}

/// Does the verb and expects it to work.
async fn done(owner: &Caller, event: &str, verb: &str) -> Answer {
    let path = format!("{event}/{verb}");
    owner
        .send(owner.request(reqwest::Method::POST, &path))
        .await
        .expect(200)
}

/// Tries the verb.
async fn tried(caller: &Caller, event: &str, verb: &str) -> Answer {
    let path = format!("{event}/{verb}");
    caller
        .send(caller.request(reqwest::Method::POST, &path))
        .await
}

/// Where the mistakes are, sorted.
fn pointers(problem: &Answer) -> Vec<String> {
    let errors = problem["errors"].as_array().expect("errors");
    let pointer = |error: &Value| error["pointer"].as_str().expect("a pointer").to_owned();
    let mut pointers: Vec<String> = errors.iter().map(pointer).collect();
    pointers.sort();
    pointers
}

async fn insert_category(app: &TestApp, venue_id: VenueId, key: &str) {
    let category = json!({"key": key, "name": key.to_uppercase(), "colour": "#aa0000"});
    sqlx::query(
        "UPDATE venue_versions
            SET layout = jsonb_insert(layout::jsonb, '{categories,-1}', $2, true)::text
          WHERE venue_id = $1",
    )
    .bind(venue_id.0)
    .bind(category)
    .execute(&app.ctx.db)
    .await
    .expect("a category");
}

async fn insert_owner(app: &TestApp, venue_id: VenueId, owner: &Caller) {
    sqlx::query("UPDATE venues SET owner_id = $2 WHERE venue_id = $1")
        .bind(venue_id.0)
        .bind(owner.caller_id.expect("an account").0)
        .execute(&app.ctx.db)
        .await
        .expect("an owner");
}

/// The venue's next version, in which the house has another name and nothing else changed.
async fn insert_next_version(app: &TestApp, venue_id: VenueId) {
    sqlx::query(
        "WITH next AS (
             UPDATE venues SET version = version + 1 WHERE venue_id = $1
             RETURNING venue_id, version
         )
         INSERT INTO venue_versions (venue_id, version, name, time_zone, seat_count, sections,
                                     document, media_type, layout, etag)
         SELECT venue_id, next.version, 'Renamed house', time_zone, seat_count, sections, document,
                media_type,
                jsonb_set(replace(layout, 'Test house', 'Renamed house')::jsonb,
                          '{version}', to_jsonb(next.version))::text,
                etag || next.version
           FROM venue_versions JOIN next USING (venue_id)
          WHERE venue_versions.version = next.version - 1",
    )
    .bind(venue_id.0)
    .execute(&app.ctx.db)
    .await
    .expect("a version");
}
