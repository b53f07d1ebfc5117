//! What a verb tells of holds, which in Redis goes to the stream beside the board: here it goes to
//! the outbox, in the verb's own transaction.

use super::super::super::error::BoardError;
use super::super::told::{HoldNews, is_told};
use super::Record;
use super::desk::Desk;
use crate::clock::from_ms;
use crate::context::Context;
use crate::events;
use crate::id::HoldId;
use crate::outbox;

impl Desk {
    /// Tells of a hold, as its record now has it.
    pub fn tell(&mut self, kind: &'static str, hold_id: HoldId, record: &Record) {
        self.told.push(HoldNews {
            kind,
            hold_id,
            at: from_ms(self.now),
            deadline: from_ms(record.deadline),
            seats: record.indexes(),
        });
    }

    /// Writes down what is told, where somebody asks for it; answers whether anything was.
    pub(super) async fn write_told(&mut self, ctx: &Context) -> Result<bool, BoardError> {
        let told = std::mem::take(&mut self.told);
        if told.is_empty() || !is_told(&mut *self.tx, self.event_id).await? {
            return Ok(false);
        }
        let sale = events::sale(ctx, self.event_id).await?;
        let messages = told.iter().map(|news| news.message(ctx, &sale));
        outbox::append_all(&mut self.tx, &messages.collect::<Vec<_>>()).await?;
        Ok(true)
    }
}
