//! Calls that prepare a load and look at its outcome; nobody measures these.

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::connection::Connection;
use super::request::Caller;
use super::target::Target;

/// Limit: how often a call is made that is refused for being too frequent.
const TRIES_MAX: u32 = 3;

pub struct Client {
    connection: Connection,
    host: String,
    caller: Caller,
}

/// The problem that an answer names.
#[derive(Debug)]
pub struct Refusal {
    pub status: u16,
    pub code: String,
    pub detail: String,
}

impl Refusal {
    pub fn read(status: u16, body: &[u8]) -> Self {
        let problem: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| problem[name].as_str().map(str::to_owned);
        Self {
            status,
            code: text("code").unwrap_or_else(|| format!("status_{status}")),
            detail: text("detail").unwrap_or_default(),
        }
    }
}

impl Client {
    pub fn new(target: &Target) -> Self {
        Self {
            connection: Connection::new(target.address),
            host: target.host.clone(),
            caller: Caller::new(&target.host, None),
        }
    }

    /// The same caller over a connection of its own.
    pub fn sibling(&self, target: &Target) -> Self {
        Self {
            caller: self.caller.clone(),
            ..Self::new(target)
        }
    }

    /// From now on calls are that caller's.
    pub fn speak_for(&mut self, caller: &Caller) {
        self.caller = caller.clone();
    }

    pub fn sign_in(&mut self, token: &str) {
        self.caller = Caller::new(&self.host, Some(token));
    }

    pub async fn get(&mut self, path: &str) -> anyhow::Result<Value> {
        let body = self.get_bytes(path).await?;
        serde_json::from_slice(body).with_context(|| format!("GET {path} answers no JSON"))
    }

    pub async fn get_bytes(&mut self, path: &str) -> anyhow::Result<&[u8]> {
        let mut request = Vec::new();
        self.caller.write(&mut request, "GET", &[path], None);
        let answer = self.connection.exchange(&request).await;
        let answer = answer.with_context(|| format!("GET {path} fails"))?;
        if answer.status == 200 {
            Ok(answer.body)
        } else {
            let Refusal { code, detail, .. } = Refusal::read(answer.status, answer.body);
            bail!("GET {path} is refused: {code}. {detail}")
        }
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let mut n_tries = 1;
        loop {
            match self.try_send("POST", path, body).await? {
                Ok(answer) => return Ok(answer),
                Err(refusal) if refusal.status == 503 && n_tries < TRIES_MAX => n_tries += 1,
                Err(Refusal { code, detail, .. }) => {
                    bail!("POST {path} is refused: {code}. {detail}")
                }
            }
        }
    }

    pub async fn put(&mut self, path: &str, body: &Value) -> anyhow::Result<Value> {
        match self.try_send("PUT", path, body).await? {
            Ok(answer) => Ok(answer),
            Err(Refusal { code, detail, .. }) => bail!("PUT {path} is refused: {code}. {detail}"),
        }
    }

    pub async fn try_post(
        &mut self,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<Result<Value, Refusal>> {
        self.try_send("POST", path, body).await
    }

    async fn try_send(
        &mut self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<Result<Value, Refusal>> {
        let mut request = Vec::new();
        let body = body.to_string();
        self.caller
            .write_json(&mut request, method, &[path], body.as_bytes());
        let answer = self.connection.exchange(&request).await;
        let answer = answer.with_context(|| format!("{method} {path} fails"))?;
        if (200..300).contains(&answer.status) {
            let value = serde_json::from_slice(answer.body);
            Ok(Ok(value.with_context(|| {
                format!("{method} {path} answers no JSON")
            })?))
        } else {
            Ok(Err(Refusal::read(answer.status, answer.body)))
        }
    }
}
