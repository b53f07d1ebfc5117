//! Hearing what happens on a board.

use super::super::change::Change;
use super::super::error::BoardError;
use super::call::key;
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

/// A board's channel; left when this is dropped.
pub struct Changes(Listener);

/// Listens to a board. What changes after this has returned will be heard, unless it is lost:
/// revisions that follow each other without a gap tell that nothing was.
pub async fn listen(ctx: &Context, event_id: EventId) -> Result<Changes, BoardError> {
    let channel = key(event_id, "changes");
    let listener = ctx.channels.listen(&ctx.tasks, channel).await?;
    Ok(Changes(listener))
}

impl Changes {
    pub async fn next(&mut self) -> Heard {
        match self.0.next().await {
            Some(Message::Published(text)) => {
                Change::parse(&text).map_or(Heard::Garbled, Heard::Change)
            }
            Some(Message::Lost) => Heard::Lost,
            Some(Message::Restored) => Heard::Restored,
            None => Heard::Ended,
        }
    }
}
