//! Messages of the live seat map as Server-Sent Events, plain and for a gzip stream.
//!
//! A gzip stream is a header and deflate blocks. Blocks that refer to nothing before them and end
//! on a byte fit into everybody's stream, so nobody needs a compressor of their own. The stream
//! has no end, so its trailer is never written.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress, Status};
use serde::Serialize;

use crate::availability::model::Availability;
use crate::board::Position;

/// RFC 1952: deflate, no name, no time, unknown system.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// RFC 1951: the longest block that is not compressed.
const STORED_BLOCK_MAX: usize = 0xffff;

/// A message is not compressed unless it is longer than this: it would only grow.
const TINY_MAX: usize = 160;

#[derive(Debug)]
pub struct Message {
    plain: Bytes,
    deflated: OnceLock<Bytes>,
}

#[derive(Serialize)]
struct Changes<'a> {
    epoch: i64,
    revision: i64,
    changes: BTreeMap<char, &'a [u32]>,
}

impl Message {
    pub fn new(plain: impl Into<Bytes>) -> Self {
        Self {
            plain: plain.into(),
            deflated: OnceLock::new(),
        }
    }

    pub fn snapshot(position: Position, states: &[u8]) -> Self {
        let availability = Availability::new(position, states);
        Self::event("snapshot", position, &availability)
    }

    /// `changes`: seats by their new state.
    pub fn changes(position: Position, changes: &BTreeMap<u8, Vec<u32>>) -> Self {
        let by_state = changes.iter();
        let changes = Changes {
            epoch: position.epoch,
            revision: position.revision,
            changes: by_state
                .map(|(state, seats)| (char::from(*state), seats.as_slice()))
                .collect(),
        };
        Self::event("changes", position, &changes)
    }

    fn event(name: &str, position: Position, data: &impl Serialize) -> Self {
        let Position { epoch, revision } = position;
        let head = format!("id: {epoch}-{revision}\nevent: {name}\ndata: ");
        let mut text = head.into_bytes();
        // Writing to memory does not fail.
        serde_json::to_writer(&mut text, data).ok();
        text.extend_from_slice(b"\n\n");
        Self::new(text)
    }

    /// How long to wait before connecting again.
    pub fn retry(ms: u64) -> Self {
        Self::new(format!("retry: {ms}\n\n"))
    }

    /// Keeps proxies from taking silence for death.
    pub fn heartbeat() -> Self {
        Self::new(&b":\n\n"[..])
    }

    pub fn plain(&self) -> &Bytes {
        &self.plain
    }

    /// As a part of a gzip stream.
    pub fn deflated(&self) -> &Bytes {
        self.deflated.get_or_init(|| deflate(&self.plain).into())
    }
}

/// What every gzip stream begins with.
pub fn gzip_header() -> Bytes {
    Bytes::from_static(&GZIP_HEADER)
}

fn deflate(plain: &[u8]) -> Vec<u8> {
    let compressed = (plain.len() > TINY_MAX).then(|| compress(plain)).flatten();
    compressed
        .filter(|blocks| blocks.len() < plain.len())
        .unwrap_or_else(|| store(plain))
}

/// Blocks that end on a byte and refer to nothing before them.
fn compress(plain: &[u8]) -> Option<Vec<u8>> {
    let mut compressor = Compress::new(Compression::new(4), false);
    let mut blocks = Vec::with_capacity(plain.len() + 64);
    let status = compressor
        .compress_vec(plain, &mut blocks, FlushCompress::Full)
        .ok()?;
    let is_whole = compressor.total_in() == plain.len() as u64 && blocks.len() < blocks.capacity();
    (status == Status::Ok && is_whole).then_some(blocks)
}

fn store(plain: &[u8]) -> Vec<u8> {
    let mut blocks = Vec::with_capacity(plain.len() + 8);
    for part in plain.chunks(STORED_BLOCK_MAX) {
        let length = u16::try_from(part.len()).unwrap_or(u16::MAX);
        blocks.push(0);
        blocks.extend_from_slice(&length.to_le_bytes());
        blocks.extend_from_slice(&(!length).to_le_bytes());
        blocks.extend_from_slice(part);
    }
    blocks
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    const AT: Position = Position {
        epoch: 3,
        revision: 17,
    };

    fn unzipped(messages: &[&Message]) -> String {
        let mut stream = gzip_header().to_vec();
        for message in messages {
            stream.extend_from_slice(message.deflated());
        }
        let mut text = Vec::new();
        // The end of the stream is missing, as it always is.
        GzDecoder::new(&stream[..]).read_to_end(&mut text).ok();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn messages_are_server_sent_events() {
        let changes = BTreeMap::from([(b'h', vec![17, 18]), (b'.', vec![4])]);

        let message = Message::changes(AT, &changes);
        let snapshot = Message::snapshot(AT, b"..h");

        assert_eq!(
            message.plain(),
            "id: 3-17\nevent: changes\n\
             data: {\"epoch\":3,\"revision\":17,\"changes\":{\".\":[4],\"h\":[17,18]}}\n\n"
        );
        assert_eq!(
            snapshot.plain(),
            "id: 3-17\nevent: snapshot\n\
             data: {\"epoch\":3,\"revision\":17,\"states\":\"..h\"}\n\n"
        );
    }

    #[test]
    fn compressed_messages_fit_into_any_stream_in_any_order() {
        let seats: Vec<u32> = (0..2_000).map(|n| n * 7).collect();
        let long = Message::changes(AT, &BTreeMap::from([(b'h', seats)]));
        let short = Message::changes(AT, &BTreeMap::from([(b'b', vec![1])]));
        let stadium = Message::snapshot(AT, &b"..hb".repeat(15_000));

        for order in [
            [&long, &short, &stadium],
            [&stadium, &long, &long],
            [&short, &stadium, &short],
        ] {
            let plain: String = order
                .iter()
                .map(|message| String::from_utf8_lossy(message.plain()))
                .collect();
            assert_eq!(unzipped(&order), plain);
        }
    }

    #[test]
    fn compressing_pays_or_is_not_done() {
        let stadium = Message::snapshot(AT, &[b'.'; 60_000]);
        let short = Message::changes(AT, &BTreeMap::from([(b'b', vec![1])]));

        assert!(stadium.deflated().len() * 100 < stadium.plain().len());
        assert_eq!(short.deflated().len(), short.plain().len() + 5);
    }

    #[test]
    fn what_is_longer_than_a_block_is_stored_in_several() {
        let message = Message::new(vec![b'x'; 200_000]);
        let stored = store(message.plain());
        message.deflated.set(stored.into()).unwrap();

        assert_eq!(unzipped(&[&message]).len(), 200_000);
    }
}
