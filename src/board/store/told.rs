//! What is told of holds, for webhooks, while somebody asks for it: by scripts in a stream beside
//! the board, by their twins in PostgreSQL in the outbox itself.

use std::sync::LazyLock;

use fred::types::Value;
use fred::types::scripts::Script;
use serde_json::json;
use sqlx::PgExecutor;

use super::super::error::BoardError;
use super::call::{Fence, Verb, call};
use super::fallback::Kind;
use crate::clock::{Instant, from_ms};
use crate::context::Context;
use crate::events::Sale;
use crate::id::{EventId, HoldId};
use crate::outbox::Message;

/// What webhooks can be told of holds.
pub const TOLD_KINDS: [&str; 4] = [
    "hold.placed",
    "hold.extended",
    "hold.released",
    "hold.expired",
];

static READ_TOLD: Verb = Verb {
    kind: Kind::ReadTold,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/read_told.lua"))),
    keys: &["meta", "told"],
    is_repeatable: true,
};

/// An entry's place: numbers are counted from 1 in each epoch, without a gap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ToldPosition {
    pub epoch: i64,
    pub n: i64,
}

/// An entry of a board's stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldEntry {
    pub position: ToldPosition,
    pub news: HoldNews,
}

/// Something that happened to a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldNews {
    /// One of [`TOLD_KINDS`].
    pub kind: &'static str,
    pub hold_id: HoldId,
    pub at: Instant,
    pub deadline: Instant,
    /// The indexes of its seats.
    pub seats: Vec<u32>,
}

impl HoldNews {
    /// As the outbox has it, and when it happened.
    pub fn message(&self, ctx: &Context, sale: &Sale) -> (Message<'static>, Instant) {
        let seats = self.seats.iter();
        let labels = seats.filter_map(|index| Some(&sale.seating.at(*index)?.label));
        let message = Message {
            event_id: sale.event_id,
            message_id: ctx.ids.next(),
            kind: self.kind,
            subject_id: self.hold_id.0,
            body: json!({
                "hold_id": self.hold_id, "seats": labels.collect::<Vec<_>>(),
                "expires_at": self.deadline,
            }),
        };
        (message, self.at)
    }
}

/// What was read of a board's stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The last entry that there has been when it was read.
    pub last: ToldPosition,
    pub entries: Vec<ToldEntry>,
    /// Whether there may be more between the entries and the last.
    pub is_cut: bool,
}

/// Reads at most `n_max` entries after a position, up to which the stream is forgotten; has the
/// scripts tell of holds from now on.
pub async fn read_told(
    ctx: &Context,
    event_id: EventId,
    after: ToldPosition,
    n_max: usize,
) -> Result<Told, BoardError> {
    let limit = i64::try_from(n_max).unwrap_or(i64::MAX);
    let args = [1, after.epoch, after.n, limit].map(Value::from);
    let reply = call(ctx, event_id, &READ_TOLD, Fence::Newest, &args).await?;
    if reply.status != "told" {
        return reply.unknown();
    }
    let text = reply.text(1);
    let parts: Vec<&str> = text.split(';').filter(|part| !part.is_empty()).collect();
    let entries = parts.iter().map(|part| {
        let unreadable = || BoardError::UnknownAnswer((*part).to_owned());
        parse(part).ok_or_else(unreadable)
    });
    Ok(Told {
        last: ToldPosition {
            epoch: reply.position.epoch,
            n: reply.text(0).parse().unwrap_or_default(),
        },
        is_cut: parts.len() >= n_max,
        entries: entries.collect::<Result<_, _>>()?,
    })
}

/// Has the scripts tell of holds no more, which a board that is not loaded does not; false where
/// the board is of another epoch.
pub async fn stop_telling(
    ctx: &Context,
    event_id: EventId,
    epoch: i64,
) -> Result<bool, BoardError> {
    let args = [0, 0, 0, 0].map(Value::from);
    let reply = call(ctx, event_id, &READ_TOLD, Fence::Only(epoch), &args).await?;
    match reply.status.as_str() {
        "untold" | "not_loaded" => Ok(true),
        "wrong_epoch" => Ok(false),
        _ => reply.unknown(),
    }
}

/// Whether an endpoint of the event's owner wants to be told of holds.
pub(super) async fn is_told(
    db: impl PgExecutor<'_>,
    event_id: EventId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (SELECT FROM events
            JOIN webhook_endpoints AS endpoint USING (owner_id)
            WHERE event_id = $1 AND endpoint.state = 'enabled' AND kinds && $2) AS "is!"
        "#,
        event_id.0,
        &TOLD_KINDS.map(str::to_owned)
    )
    .fetch_one(db)
    .await
}

/// `epoch-number=kind=id|at|deadline|index:amount,…`
fn parse(part: &str) -> Option<ToldEntry> {
    let mut fields = part.splitn(3, '=');
    let (epoch, n) = fields.next()?.split_once('-')?;
    let kind = format!("hold.{}", fields.next()?);
    let mut texts = fields.next()?.split('|');
    let hold_id = texts.next()?.parse().ok()?;
    let mut time = || Some(from_ms(texts.next()?.parse().ok()?));
    let (at, deadline) = (time()?, time()?);
    let seats = texts.next()?.split(',').filter(|seat| !seat.is_empty());
    let index = |seat: &str| seat.split(':').next()?.parse().ok();
    Some(ToldEntry {
        position: ToldPosition {
            epoch: epoch.parse().ok()?,
            n: n.parse().ok()?,
        },
        news: HoldNews {
            kind: TOLD_KINDS.into_iter().find(|known| *known == kind)?,
            hold_id,
            at,
            deadline,
            seats: seats.map(index).collect::<Option<_>>()?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_whole_or_not_at_all() {
        let text = "2-17=extended=01890000-0000-7000-8000-000000000001|1000|2000|3:50,12:0";

        let entry = parse(text).unwrap();

        assert_eq!(entry.position, ToldPosition { epoch: 2, n: 17 });
        let news = entry.news;
        assert_eq!(news.kind, "hold.extended");
        assert_eq!((news.at, news.deadline), (from_ms(1000), from_ms(2000)));
        assert_eq!(news.seats, [3, 12]);
        for (from, to) in [
            ("2-17", "2"),
            ("extended", "mended"),
            ("0001|", "|"),
            ("|2000", "|"),
            ("12:0", "x:0"),
        ] {
            assert_eq!(parse(&text.replace(from, to)), None, "{to}");
        }
    }
}
