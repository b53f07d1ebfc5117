//! Somebody who calls the service.

use holdfast::id::CallerId;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::{Answer, TestApp};

#[derive(Clone)]
pub struct Caller {
    pub caller_id: Option<CallerId>,
    pub token: Option<String>,
    base: String,
    http: reqwest::Client,
}

impl Caller {
    pub fn new(app: &TestApp, identity: Option<(CallerId, String)>) -> Self {
        let (caller_id, token) = identity.unzip();
        Self {
            caller_id,
            token,
            base: app.url(""),
            http: app.http.clone(),
        }
    }

    /// The same person at another instance.
    pub fn at(&self, app: &TestApp) -> Self {
        Self {
            base: app.url(""),
            ..self.clone()
        }
    }

    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Asks with query parameters that need to be escaped.
    pub async fn get_with(&self, path: &str, query: &[(&str, &str)]) -> Answer {
        let url = reqwest::Url::parse_with_params(&format!("{}{path}", self.base), query);
        let mut request = self.http.get(url.expect("a URL"));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        self.send(request).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body))
            .await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body))
            .await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::read(request.send().await.expect("the service answers")).await
    }
}
