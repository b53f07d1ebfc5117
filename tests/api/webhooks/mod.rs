//! Webhooks, to a receiver of their own.

mod breaker;
mod delivery;
mod endpoints;
mod events;
mod fallback;
mod holds;
mod order;
mod owed;
mod private_addresses;
mod slow;
mod tls;

use serde_json::json;
use sqlx::PgPool;

use crate::support::{Answer, Sale, TestApp, WebhookReceiver, config};

/// The service, allowed to send to this machine.
pub async fn start(db: &PgPool) -> (TestApp, WebhookReceiver) {
    start_waiting(db, "15").await
}

/// Another instance, with the same stores and clock.
pub async fn start_sibling(app: &TestApp) -> TestApp {
    let settings = [("HOLDFAST_WEBHOOK_PRIVATE_ADDRESSES", "allow")];
    let config = config(&app.ctx.db, &settings);
    TestApp::start_configured(config, app.ctx.clock.clone()).await
}

/// As [`start`], with so many seconds until an endpoint is given up.
pub async fn start_waiting(db: &PgPool, seconds: &str) -> (TestApp, WebhookReceiver) {
    let settings = [
        ("HOLDFAST_WEBHOOK_PRIVATE_ADDRESSES", "allow"),
        ("HOLDFAST_WEBHOOK_TIMEOUT_SECONDS", seconds),
    ];
    let app = TestApp::start_set(db, &settings).await;
    (app, WebhookReceiver::start().await)
}

impl Sale {
    /// Has the owner told of these kinds.
    pub async fn subscribe(&self, receiver: &WebhookReceiver, kinds: &[&str]) -> Answer {
        let endpoint = json!({"url": receiver.url, "kinds": kinds});
        let made = self.owner.post("/v1/webhook-endpoints", endpoint).await;
        made.expect(201)
    }

    pub async fn endpoint(&self, endpoint: &Answer) -> Answer {
        let path = format!("/v1/webhook-endpoints/{}", endpoint.text_of("endpoint_id"));
        self.owner.get(&path).await.expect(200)
    }

    /// The endpoint's log, newest first.
    pub async fn log(&self, endpoint: &Answer) -> Vec<serde_json::Value> {
        let endpoint_id = endpoint.text_of("endpoint_id");
        let path = format!("/v1/webhook-endpoints/{endpoint_id}/deliveries");
        let log = self.owner.get(&path).await.expect(200);
        log["items"].as_array().expect("items").clone()
    }
}

pub const BOOKINGS: [&str; 2] = ["booking.confirmed", "booking.cancelled"];
