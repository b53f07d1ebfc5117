//! Messages of the live feed (Server-Sent Events), as a viewer reads them.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

/// One message, as far as a viewer cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    Snapshot(Vec<u8>),
    /// Seats by their new state.
    Changes(Vec<(u8, Vec<usize>)>),
    /// A heartbeat, or how long to wait before coming back.
    Other,
}

#[derive(Deserialize)]
struct Snapshot {
    states: String,
}

#[derive(Deserialize)]
struct Changes {
    changes: BTreeMap<String, Vec<usize>>,
}

/// Reads messages; many viewers of one event get the same ones, which are then read once.
#[derive(Debug, Default)]
pub struct Reader {
    last: Vec<u8>,
    message: Option<Message>,
}

impl Reader {
    pub fn read(&mut self, text: &[u8]) -> anyhow::Result<&Message> {
        if self.message.is_none() || self.last != text {
            self.message = Some(read(text)?);
            self.last.clear();
            self.last.extend_from_slice(text);
        }
        self.message.as_ref().context("no message was read")
    }
}

/// Takes the first whole message off the bytes that have come.
pub fn take_message(bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n")?;
    let rest = bytes.split_off(end + 2);
    Some(std::mem::replace(bytes, rest))
}

/// Takes a message over into a copy of the board.
pub fn apply(text: &[u8], copy: &mut Vec<u8>) -> anyhow::Result<()> {
    match read(text)? {
        Message::Snapshot(states) => *copy = states,
        Message::Changes(changes) => {
            for (state, seats) in changes {
                for seat in seats {
                    let place = copy.get_mut(seat);
                    *place.context("a change to a seat that is not there")? = state;
                }
            }
        }
        Message::Other => {}
    }
    Ok(())
}

fn read(text: &[u8]) -> anyhow::Result<Message> {
    let text = str::from_utf8(text)?;
    let field = |name| text.lines().find_map(|line| line.strip_prefix(name));
    let data = field("data: ").unwrap_or_default();
    Ok(match field("event: ") {
        Some("snapshot") => {
            let snapshot: Snapshot = serde_json::from_str(data).context("a garbled snapshot")?;
            Message::Snapshot(snapshot.states.into_bytes())
        }
        Some("changes") => {
            let changes: Changes = serde_json::from_str(data).context("garbled changes")?;
            let is_byte = changes.changes.keys().all(|state| state.len() == 1);
            ensure!(is_byte, "changes to a state that is no byte");
            let changes = changes.changes.into_iter();
            Message::Changes(
                changes
                    .map(|(state, seats)| (state.as_bytes()[0], seats))
                    .collect(),
            )
        }
        _ => Message::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_a_snapshot_and_the_changes_after_it() {
        let mut copy = Vec::new();

        for text in [
            "retry: 500\n\n",
            "event: snapshot\ndata: {\"states\":\"..hb\"}\n\n",
            "event: changes\ndata: {\"changes\":{\".\":[2],\"h\":[0,1]}}\n\n",
        ] {
            apply(text.as_bytes(), &mut copy).unwrap();
        }

        assert_eq!(copy, b"hh.b");
        let beyond = b"event: changes\ndata: {\"changes\":{\".\":[4]}}\n\n";
        assert!(apply(beyond, &mut copy).is_err());
    }

    #[test]
    fn messages_are_taken_one_by_one_and_read() {
        let mut bytes = b"retry: 500\n\nid: 3-16\nevent: snapshot\n\
            data: {\"epoch\":3,\"revision\":16,\"states\":\"..h\"}\n\nid: 3-17\nevent: changes\n\
            data: {\"epoch\":3,\"revision\":17,\"changes\":{\".\":[4],\"h\":[17,18]}}\n\n:\n"
            .to_vec();
        let mut reader = Reader::default();
        let mut messages = Vec::new();
        while let Some(text) = take_message(&mut bytes) {
            messages.push(reader.read(&text).unwrap().clone());
        }

        assert_eq!(
            messages,
            [
                Message::Other,
                Message::Snapshot(b"..h".to_vec()),
                Message::Changes(vec![(b'.', vec![4]), (b'h', vec![17, 18])]),
            ]
        );
        assert_eq!(bytes, b":\n");
        assert!(reader.read(b"event: changes\ndata: {}\n\n").is_err());
    }
}
