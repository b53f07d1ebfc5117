//! Hearing what happens on a board.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::super::change::Change;
use super::super::error::BoardError;
use super::super::model::Position;
use super::call::key;
use super::fallback;
use super::modes::{Modes, is_fallen_back};
use crate::channels::{Listener, Message};
use crate::context::Context;
use crate::id::EventId;

/// What is heard of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Change(Change),
    /// Something that no script of the board says.
    Garbled,
    /// From here on changes are missing.
    Lost,
    /// The channel is heard again; what happened in between is not known.
    Restored,
    /// Nothing more will come.
    Ended,
}

/// How often a board in PostgreSQL, which has no channel, is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

/// A board's channel; left when this is dropped. It ends when the board goes to another store.
pub struct Changes {
    ctx: Context,
    event_id: EventId,
    source: Source,
    modes: watch::Receiver<()>,
}

enum Source {
    Channel(Listener),
    Looks { next_at: Instant, seen: Position },
}

/// Listens to a board. What changes after this has returned will be heard, unless it is lost:
/// revisions that follow each other without a gap tell that nothing was.
pub async fn listen(ctx: &Context, event_id: EventId) -> Result<Changes, BoardError> {
    let modes = ctx.memory::<Modes>().changes();
    let source = if is_fallen_back(ctx, event_id).await {
        Source::Looks {
            next_at: Instant::now() + LOOK_INTERVAL,
            seen: fallback::find_position(ctx, event_id).await?,
        }
    } else {
        let channel = key(event_id, "changes");
        Source::Channel(ctx.channels.listen(&ctx.tasks, channel).await?)
    };
    Ok(Changes {
        ctx: ctx.clone(),
        event_id,
        source,
        modes,
    })
}

impl Changes {
    /// May be dropped and called again at any time.
    pub async fn next(&mut self) -> Heard {
        let is_looking = matches!(self.source, Source::Looks { .. });
        loop {
            tokio::select! {
                Ok(()) = self.modes.changed() => {
                    if is_fallen_back(&self.ctx, self.event_id).await != is_looking {
                        return Heard::Ended;
                    }
                }
                heard = next(&self.ctx, self.event_id, &mut self.source) => return heard,
            }
        }
    }
}

async fn next(ctx: &Context, event_id: EventId, source: &mut Source) -> Heard {
    match source {
        Source::Channel(listener) => match listener.next().await {
            Some(Message::Published(text)) => {
                Change::parse(&text).map_or(Heard::Garbled, Heard::Change)
            }
            Some(Message::Lost) => Heard::Lost,
            Some(Message::Restored) => Heard::Restored,
            None => Heard::Ended,
        },
        Source::Looks { next_at, seen } => loop {
            sleep_until(*next_at).await;
            let found = fallback::find_position(ctx, event_id).await;
            *next_at = Instant::now() + LOOK_INTERVAL;
            match found {
                Err(_) => return Heard::Ended,
                Ok(there) if there != *seen => {
                    *seen = there;
                    return Heard::Restored;
                }
                Ok(_) => {}
            }
        },
    }
}
