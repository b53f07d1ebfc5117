//! An HTTP answer, read whole.

use std::ops::Index;

use reqwest::header::HeaderMap;
use serde_json::Value;

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Answer {
    pub async fn read(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = text_of(response).await;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self {
            status,
            headers,
            text,
            body,
        }
    }

    /// Asserts the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Asserts that this is a problem with that code, as RFC 9457 and api.md want it.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.text
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["type"], format!("/problems/{code}"));
        assert_eq!(self.body["status"], status);
        assert!(
            self.body["title"].is_string() && self.body["detail"].is_string(),
            "{}",
            self.text
        );
        self
    }

    /// Asserts that this is a problem, whatever its status.
    #[track_caller]
    pub fn expect_problem_of(self, code: &str) -> Self {
        let status = self.status;
        self.expect_problem(status, code)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// A string member.
    #[track_caller]
    pub fn text_of(&self, member: &str) -> String {
        self.body[member]
            .as_str()
            .unwrap_or_else(|| panic!("{member} in {}", self.text))
            .to_owned()
    }
}

/// The whole body; of one that has no end, what comes first.
async fn text_of(mut response: reqwest::Response) -> String {
    let content_type = response.headers().get("content-type");
    if content_type.is_none_or(|value| value != "text/event-stream") {
        return response.text().await.expect("the answer arrives whole");
    }
    let chunk = response.chunk().await.expect("the answer begins");
    String::from_utf8_lossy(&chunk.unwrap_or_default()).into_owned()
}

impl Index<&str> for Answer {
    type Output = Value;

    fn index(&self, member: &str) -> &Value {
        &self.body[member]
    }
}
