//! What people have: a venue, a draft, an event on sale, a hold and a booking of its seats.

use serde_json::{Value, json};

use super::document::Operation;
use super::{Caller, TestApp};

pub struct Belongings {
    pub owner: Caller,
    pub buyer: Caller,
    pub venue_id: String,
    pub draft_id: String,
    pub event_id: String,
    pub event_version: Value,
    pub hold_id: String,
    pub booking_id: String,
    pub endpoint_id: String,
    pub entry_id: String,
}

impl Belongings {
    pub async fn make(app: &TestApp) -> Self {
        let (owner, buyer) = (app.venue_admin().await, app.guest());
        let venue_id = app.insert_venue(1, 4).await;
        sqlx::query("UPDATE venues SET owner_id = $1 WHERE venue_id = $2")
            .bind(owner.caller_id.expect("an account").0)
            .bind(venue_id.0)
            .execute(&app.ctx.db)
            .await
            .expect("an owner");
        let event = json!({
            "venue_id": venue_id, "name": "Gala", "starts_at": "2038-01-01T19:00:00Z",
            "currency": "EUR", "prices": [{"category": "standard", "amount": "49.50"}],
        });
        let draft = owner.post("/v1/events", event.clone()).await.expect(201);
        let event = owner.post("/v1/events", event).await.expect(201);
        let path = format!("/v1/events/{}", event.text_of("event_id"));
        let opened = owner
            .post(&format!("{path}/open"), json!({}))
            .await
            .expect(200);
        let holds = format!("{path}/holds");
        let hold = buyer
            .post(&holds, json!({"seats": ["S-A-1"]}))
            .await
            .expect(201);
        let sold = buyer
            .post(&holds, json!({"seats": ["S-A-2"]}))
            .await
            .expect(201);
        let contact = json!({"contact": {"name": "Ana", "email": "ana@example.org"}});
        let confirm = format!("{holds}/{}/confirm", sold.text_of("hold_id"));
        let booking = buyer.post(&confirm, contact).await.expect(201);
        let endpoint = json!({"url": "https://8.8.8.8/", "kinds": ["booking.confirmed"]});
        let endpoint = owner
            .post("/v1/webhook-endpoints", endpoint)
            .await
            .expect(201);
        let wish = json!({"quantity": 4, "contact": {"name": "Ana", "email": "ana@example.org"}});
        let entry = buyer
            .post(&format!("{path}/waitlist"), wish)
            .await
            .expect(201);
        Self {
            owner,
            buyer,
            venue_id: venue_id.to_string(),
            draft_id: draft.text_of("event_id"),
            event_id: event.text_of("event_id"),
            event_version: opened["version"].clone(),
            hold_id: hold.text_of("hold_id"),
            booking_id: booking.text_of("booking_id"),
            endpoint_id: endpoint.text_of("endpoint_id"),
            entry_id: entry.text_of("entry_id"),
        }
    }

    /// A body as the document's examples have it, about these things instead of invented ones.
    pub fn adapt(&self, mut body: Value) -> Value {
        self.adapt_members(&mut body);
        body
    }

    fn adapt_members(&self, value: &mut Value) {
        match value {
            Value::Object(object) => {
                for (name, member) in object {
                    match name.as_str() {
                        "venue_id" => *member = json!(self.venue_id),
                        "seats" | "add" => *member = json!(["S-A-3"]),
                        "remove" => *member = json!(["S-A-1"]),
                        "category" => *member = json!("standard"),
                        "amount" => *member = json!("49.50"),
                        "starts_at" => *member = json!("2029-01-01T19:00:00Z"),
                        "sales_close_at" => *member = json!("2039-01-01T19:00:00Z"),
                        "hold_lifetime_max_seconds" => *member = json!(900),
                        "seats_per_person_max" => *member = json!(20),
                        "version" => *member = json!(self.event_version),
                        _ => self.adapt_members(member),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.adapt_members(item)),
            _ => {}
        }
    }

    /// The operation's path with these ids, and this one for the event.
    pub fn path_of(&self, operation: &Operation, event_id: &str) -> String {
        operation.path_with(|name| match name {
            "account_id" => self.owner.caller_id.expect("an account").to_string(),
            "venue_id" => self.venue_id.clone(),
            "event_id" => event_id.to_owned(),
            "hold_id" => self.hold_id.clone(),
            "booking_id" => self.booking_id.clone(),
            "endpoint_id" => self.endpoint_id.clone(),
            // Of nobody; whose it is is seen from the endpoint first.
            "delivery_id" => self.booking_id.clone(),
            "seat" => "S-A-1".to_owned(),
            "entry_id" => self.entry_id.clone(),
            "code" => "not_found".to_owned(),
            other => panic!("{}: nobody has a {other}", operation.id),
        })
    }
}
