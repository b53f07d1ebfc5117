//! Losing messages of channels on their way from Redis, and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::proxy::{Sink, Writes};

/// How every message begins that a sharded channel delivers (RESP 2).
const MESSAGE: &[u8] = b"*3\r\n$8\r\nsmessage\r\n";

#[derive(Default)]
pub struct Losses {
    /// Loses one message in so many; none while it is zero.
    pub one_in: AtomicU64,
    pub n_lost: AtomicU64,
    n_seen: AtomicU64,
}

/// A connection's way back to the client.
pub struct Lossy {
    to: Writes,
    losses: Arc<Losses>,
    /// The beginning of a message whose end has not come yet.
    waiting: Vec<u8>,
}

impl Lossy {
    pub fn new(to: Writes, losses: Arc<Losses>) -> Self {
        Self {
            to,
            losses,
            waiting: Vec::new(),
        }
    }
}

impl Sink for Lossy {
    async fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.waiting.extend_from_slice(bytes);
        while self.waiting.starts_with(MESSAGE) {
            let Some(n_bytes) = length_of_message(&self.waiting) else {
                return Ok(());
            };
            let message: Vec<u8> = self.waiting.drain(..n_bytes).collect();
            if !self.losses.loses_one() {
                self.to.put(&message).await?;
            }
        }
        let rest = std::mem::take(&mut self.waiting);
        self.to.put(&rest).await
    }
}

impl Losses {
    fn loses_one(&self) -> bool {
        let one_in = self.one_in.load(Ordering::SeqCst);
        if one_in == 0 {
            return false;
        }
        let is_lost = (self.n_seen.fetch_add(1, Ordering::SeqCst) + 1).is_multiple_of(one_in);
        if is_lost {
            self.n_lost.fetch_add(1, Ordering::SeqCst);
        }
        is_lost
    }
}

/// Channel and text follow, each with its length before it.
fn length_of_message(bytes: &[u8]) -> Option<usize> {
    let mut at = MESSAGE.len();
    for _ in 0..2 {
        let rest = bytes.get(at..)?;
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let length = std::str::from_utf8(&rest[1..end])
            .ok()?
            .parse::<usize>()
            .ok()?;
        at += end + 2 + length + 2;
    }
    (at <= bytes.len()).then_some(at)
}
