//! Somebody who watches a seat map: a client of Server-Sent Events that takes nothing on trust.

use std::io::Write;
use std::time::Duration;

use flate2::write::GzDecoder;
use reqwest::Method;
use serde_json::Value;

use super::{Caller, Sale};

/// How long a message may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub event: String,
    pub id: String,
    pub data: Value,
}

pub struct Viewer {
    response: reqwest::Response,
    stream: Stream,
    pub position: (i64, i64),
    pub states: Vec<u8>,
    pub n_snapshots: usize,
    pub n_changes: usize,
}

/// What has arrived and is not a whole message yet.
struct Stream {
    decoder: Option<GzDecoder<Vec<u8>>>,
    text: Vec<u8>,
    n_bytes: usize,
    retry: Option<u64>,
}

impl Caller {
    /// Watches from the beginning.
    pub async fn watch(&self, sale: &Sale) -> Viewer {
        self.watch_with(sale, &[]).await
    }

    /// Watches with headers of the test's own.
    pub async fn watch_with(&self, sale: &Sale, headers: &[(&str, &str)]) -> Viewer {
        let mut request = self.request(Method::GET, &sale.path("/live"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("the service answers");
        Viewer::of(response)
    }
}

impl Viewer {
    pub fn of(response: reqwest::Response) -> Self {
        assert_eq!(response.status(), 200);
        let is_gzip = response.headers().get("content-encoding").is_some();
        Self {
            stream: Stream {
                decoder: is_gzip.then(|| GzDecoder::new(Vec::new())),
                text: Vec::new(),
                n_bytes: 0,
                retry: None,
            },
            response,
            position: (0, 0),
            states: Vec::new(),
            n_snapshots: 0,
            n_changes: 0,
        }
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.response.headers().get(name);
        value.map_or("", |value| value.to_str().expect("text"))
    }

    pub fn id(&self) -> String {
        format!("{}-{}", self.position.0, self.position.1)
    }

    /// Takes over what somebody knows already, to go on from there.
    pub fn knowing(mut self, other: &Self) -> Self {
        self.position = other.position;
        self.states.clone_from(&other.states);
        self
    }

    /// The next message; none when the stream has ended.
    pub async fn next(&mut self) -> Option<Message> {
        let next = async {
            loop {
                if let Some(message) = self.stream.take() {
                    return Some(message);
                }
                let chunk = self.response.chunk().await.ok().flatten()?;
                self.stream.push(&chunk);
            }
        };
        let message = tokio::time::timeout(PATIENCE, next)
            .await
            .expect("a message")?;
        self.take_over(&message);
        Some(message)
    }

    /// Reads until the states are these.
    pub async fn until(&mut self, states: &str) {
        while self.states != states.as_bytes() {
            let message = self.next().await;
            assert!(message.is_some(), "the stream ended before {states}");
        }
    }

    /// Reads until a position is reached.
    pub async fn until_position(&mut self, position: (i64, i64)) {
        while self.position < position {
            let message = self.next().await;
            assert!(message.is_some(), "the stream ended before {position:?}");
        }
    }

    /// How many bytes have come so far, as they were sent.
    pub fn n_bytes(&self) -> usize {
        self.stream.n_bytes
    }

    /// How long the service wants viewers to wait, in milliseconds.
    pub fn retry(&self) -> u64 {
        self.stream.retry.expect("a time to retry")
    }

    /// I6: a position never goes backwards. Every message is what the contract says.
    fn take_over(&mut self, message: &Message) {
        let data = &message.data;
        let number = |name: &str| data[name].as_i64().expect(name);
        let position = (number("epoch"), number("revision"));
        assert_eq!(message.id, format!("{}-{}", position.0, position.1));
        assert!(
            position >= self.position,
            "{position:?} after {:?}",
            self.position
        );
        match message.event.as_str() {
            "snapshot" => {
                self.n_snapshots += 1;
                self.states = data["states"].as_str().expect("states").into();
            }
            "changes" => {
                self.n_changes += 1;
                assert_eq!(position.0, self.position.0, "changes of another epoch");
                let changes = data["changes"].as_object().expect("changes");
                for (state, seats) in changes {
                    for index in seats.as_array().expect("indexes") {
                        let index = index.as_u64().expect("an index");
                        let index = usize::try_from(index).expect("an index");
                        self.states[index] = state.as_bytes()[0];
                    }
                }
            }
            other => panic!("an unknown message {other}"),
        }
        self.position = position;
    }
}

impl Stream {
    fn push(&mut self, chunk: &[u8]) {
        self.n_bytes += chunk.len();
        match &mut self.decoder {
            None => self.text.extend_from_slice(chunk),
            Some(decoder) => {
                decoder.write_all(chunk).expect("gzip");
                decoder.flush().expect("gzip");
                self.text.append(decoder.get_mut());
            }
        }
    }

    /// The next whole message; comments and times to retry are skipped.
    fn take(&mut self) -> Option<Message> {
        loop {
            let end = self.text.windows(2).position(|pair| pair == b"\n\n")?;
            let block: Vec<u8> = self.text.drain(..end + 2).collect();
            let block = String::from_utf8(block).expect("text");
            let field = |name: &str| {
                let mut lines = block.lines();
                lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            };
            if let Some(retry) = field("retry") {
                self.retry = Some(retry.parse().expect("milliseconds"));
            }
            if let Some(data) = field("data") {
                return Some(Message {
                    event: field("event").expect("an event").to_owned(),
                    id: field("id").expect("an id").to_owned(),
                    data: serde_json::from_str(data).expect("JSON"),
                });
            }
        }
    }
}
