//! What an event's owner does to its sale.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Sale};

impl Sale {
    /// Opens, pauses, closes or cancels the event.
    pub async fn apply(&self, verb: &str) -> Answer {
        let path = self.path(&format!("/{verb}"));
        let request = self.owner.request(Method::POST, &path);
        self.owner.send(request).await.expect(200)
    }

    /// Changes some of the event's settings, whatever its version.
    pub async fn edit(&self, mut change: Value) -> Answer {
        let event = self.owner.get(&self.path("")).await.expect(200);
        change["version"] = event["version"].clone();
        self.owner.patch(&self.path(""), change).await.expect(200)
    }

    /// Pauses, asks another price for every seat, and opens again.
    pub async fn reprice(&self, amount: &str) {
        self.apply("pause").await;
        self.edit(json!({"prices": [{"category": "standard", "amount": amount}]}))
            .await;
        self.apply("open").await;
    }

    pub async fn block(&self, seats: &[&str]) -> Answer {
        let body = json!({"seats": seats, "reason": "Camera"});
        self.owner.post(&self.path("/blocks"), body).await
    }

    pub async fn unblock(&self, seats: &[&str]) -> Answer {
        let request = self.owner.request(Method::DELETE, &self.path("/blocks"));
        self.owner
            .send(request.json(&json!({"seats": seats})))
            .await
    }

    /// How many seats are in which state, as the event shows it.
    pub async fn counts(&self) -> Value {
        self.owner.get(&self.path("")).await.expect(200)["seats"].clone()
    }
}
