//! Somebody who watches a seat map: a cursor, and what wakes it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::CancellationToken;

use super::audience::Place;
use super::message::{Message, gzip_header};
use crate::availability::copies::{Cursor, Viewing};
use crate::board::Position;
use crate::context::Context;

/// How long a stream may be silent. Proxies commonly take a minute of silence for death.
const SILENCE_MAX: Duration = Duration::from_secs(15);
/// How long a copy has to be compared with its board once it is in doubt: where the process stood
/// still, that happens at once.
const DOUBT_MAX: Duration = Duration::from_secs(2);

/// Viewers who lose the service at the same moment come back spread over this time (F34).
const RETRY_MIN_MS: u64 = 1_000;
const RETRY_SPREAD_MS: u64 = 4_000;

static HEARTBEAT: LazyLock<Message> = LazyLock::new(Message::heartbeat);

pub struct Viewer {
    copy: Viewing,
    cursor: Cursor,
    is_gzip: bool,
    greeting: Option<Bytes>,
    telling: watch::Receiver<()>,
    silence_max: Duration,
    silence: Pin<Box<Sleep>>,
    is_in_doubt: bool,
    stopping: CancellationToken,
    _place: Place,
}

impl Viewer {
    pub fn new(ctx: &Context, copy: Viewing, cursor: Cursor, is_gzip: bool, place: Place) -> Self {
        let silence_max = SILENCE_MAX.min(copy.confirmed_for);
        Self {
            telling: copy.telling(),
            copy,
            cursor,
            is_gzip,
            greeting: Some(greeting(ctx, is_gzip)),
            silence_max,
            silence: Box::pin(sleep(silence_max)),
            is_in_doubt: false,
            stopping: ctx.tasks.stopping(),
            _place: place,
        }
    }

    /// Messages until the service stops, or does not know any more what becomes of the board: at
    /// another instance, or later here, the viewer goes on from there.
    pub fn stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        futures::stream::unfold(self, async |mut viewer| {
            let bytes = viewer.next().await?;
            Some((Ok(bytes), viewer))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        loop {
            if self.stopping.is_cancelled() {
                return None;
            }
            // Before looking, so that what comes after the look wakes this viewer.
            self.telling.mark_unchanged();
            if let Some(message) = self.copy.next(&mut self.cursor) {
                self.silence
                    .as_mut()
                    .reset(Instant::now() + self.silence_max);
                return Some(form(&message, self.is_gzip));
            }
            tokio::select! {
                told = self.telling.changed() => told.ok()?,
                () = self.silence.as_mut() => return self.break_silence(),
                () = self.stopping.cancelled() => return None,
            }
        }
    }

    /// None where it is not known any more what becomes of the board.
    fn break_silence(&mut self) -> Option<Bytes> {
        let was_in_doubt = self.is_in_doubt;
        self.is_in_doubt = !self.copy.is_confirmed();
        if was_in_doubt && self.is_in_doubt {
            return None;
        }
        let wait = if self.is_in_doubt {
            DOUBT_MAX
        } else {
            self.silence_max
        };
        self.silence.as_mut().reset(Instant::now() + wait);
        Some(form(&HEARTBEAT, self.is_gzip))
    }
}

fn form(message: &Message, is_gzip: bool) -> Bytes {
    if is_gzip {
        message.deflated().clone()
    } else {
        message.plain().clone()
    }
}

fn greeting(ctx: &Context, is_gzip: bool) -> Bytes {
    let random = u64::from(u16::from_be_bytes(ctx.ids.bytes()));
    let retry = Message::retry(RETRY_MIN_MS + random % RETRY_SPREAD_MS);
    if is_gzip {
        [gzip_header(), retry.deflated().clone()].concat().into()
    } else {
        retry.plain().clone()
    }
}

/// Reads `<epoch>-<revision>`; none where it is anything else.
pub fn parse_position(id: &str) -> Option<Position> {
    let (epoch, revision) = id.trim().split_once('-')?;
    let number = |text: &str| text.parse::<u32>().ok().map(i64::from);
    Some(Position {
        epoch: number(epoch)?,
        revision: number(revision)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_position_is_read_as_one() {
        let position = Position {
            epoch: 3,
            revision: 17,
        };
        assert_eq!(parse_position("3-17"), Some(position));
        for id in [
            "",
            "-",
            "3",
            "3-",
            "-3-1",
            "3-17-1",
            "3-x",
            "99999999999-1",
            "3--1",
        ] {
            assert_eq!(parse_position(id), None, "{id}");
        }
    }
}
