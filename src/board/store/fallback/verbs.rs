//! Which verb is whose, whose turn it is, and the arguments and answers of scripts.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use fred::types::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::super::error::BoardError;
use super::super::super::model::{HeldSeat, Position, SeatState, join, parse_seats};
use super::super::call::Reply;
use super::desk::Desk;
use super::{Record, confirms, holds, read, seats, waiting};
use crate::context::Context;
use crate::id::{CallerId, EventId, HoldId};
use crate::outbox;

/// How long a new hold waits for its turn before it is told to come again, and how long what
/// somebody already has waits.
const PATIENCE_OF_NEW: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(5);

/// Which script's work is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    PlaceHold,
    ChangeHold,
    ExtendHold,
    ReleaseHold,
    FindHold,
    FindHolds,
    ReadBoard,
    BeginConfirm,
    FinishConfirm,
    AbortConfirm,
    ExpireConfirming,
    ExpireHolds,
    FreeSeats,
    BlockSeats,
    RepairBoard,
    SetSale,
    SetWaiting,
    OfferKeptSeats,
    LetGoKeptSeats,
    KeepFreeSeats,
    ReadTold,
}

impl Kind {
    fn is_new_demand(self) -> bool {
        matches!(self, Self::PlaceHold | Self::ChangeHold)
    }
}

/// The transactions that may run at once in this process: half of the connections, so that
/// everything else goes on.
#[derive(Default)]
struct Turns(OnceLock<Arc<Semaphore>>);

impl Turns {
    fn of(ctx: &Context) -> Arc<Semaphore> {
        let n_turns = (ctx.config.n_database_connections_max / 2).max(1);
        let turns = ctx.memory::<Self>();
        let new = || Arc::new(Semaphore::new(n_turns as usize));
        turns.0.get_or_init(new).clone()
    }
}

/// Carries a verb out, if the board is in PostgreSQL; none where it is not any more. `epoch`: as
/// in the scripts, none fits any.
///
/// # Errors
/// `Busy` when too many wait.
pub async fn ask(
    ctx: &Context,
    event_id: EventId,
    kind: Kind,
    epoch: Option<i64>,
    args: &[Value],
) -> Result<Option<Reply>, BoardError> {
    let _turn = turn(ctx, kind).await?;
    let args = Args(args);
    if kind == Kind::ReadBoard {
        // Without waiting for a change under way.
        return read::read(ctx, event_id, epoch).await;
    }
    if kind == Kind::ExpireHolds
        && let Some(reply) = seats::look_for_due(ctx, event_id, epoch).await?
    {
        return Ok(Some(reply));
    }
    let desk = match kind {
        Kind::FindHold | Kind::FindHolds | Kind::ReadTold => Desk::peek(ctx, event_id).await?,
        _ => Desk::open(ctx, event_id).await?,
    };
    let Some(mut desk) = desk else {
        return Ok(None);
    };
    if epoch.is_some_and(|epoch| epoch != desk.meta.epoch) {
        return desk.close(Answer::of("wrong_epoch")).await.map(Some);
    }
    let answer = match kind {
        Kind::PlaceHold => holds::place(&mut desk, args).await?,
        Kind::ChangeHold => holds::change(&mut desk, args).await?,
        Kind::ExtendHold => holds::extend(&mut desk, args).await?,
        Kind::ReleaseHold => holds::release(&mut desk, args).await?,
        Kind::FindHold => holds::find(&mut desk, args).await?,
        Kind::FindHolds => holds::find_all(&mut desk, args).await?,
        Kind::BeginConfirm => confirms::begin(&mut desk, args).await?,
        Kind::FinishConfirm => confirms::finish(&mut desk, args).await?,
        Kind::AbortConfirm => confirms::abort(&mut desk, args).await?,
        Kind::ExpireConfirming => confirms::expire(&mut desk, args).await?,
        Kind::ExpireHolds => seats::expire(&mut desk, args).await?,
        Kind::FreeSeats => seats::free(&mut desk, args).await?,
        Kind::BlockSeats => seats::block(&mut desk, args).await?,
        Kind::RepairBoard => seats::repair(&mut desk, args).await?,
        Kind::SetSale => seats::set_sale(&mut desk, args).await?,
        Kind::SetWaiting => waiting::set_waiting(&mut desk, args).await?,
        Kind::OfferKeptSeats => waiting::offer(&mut desk, args).await?,
        Kind::LetGoKeptSeats => waiting::let_go(&mut desk, args).await?,
        Kind::KeepFreeSeats => waiting::keep(&mut desk, args).await?,
        // What there is to tell is in the outbox already.
        Kind::ReadTold if args.number(0) == 1 => Answer::of("told").with("0").with(""),
        Kind::ReadTold => Answer::of("untold"),
        Kind::ReadBoard => return read::read(ctx, event_id, epoch).await,
    };
    let is_told = desk.write_told(ctx).await?;
    let reply = desk.close(answer).await?;
    if is_told {
        ctx.tasks.nudge(outbox::DERIVE_NUDGE);
    }
    Ok(Some(reply))
}

async fn turn(ctx: &Context, kind: Kind) -> Result<OwnedSemaphorePermit, BoardError> {
    let patience = if kind.is_new_demand() {
        PATIENCE_OF_NEW
    } else {
        PATIENCE
    };
    let waiting = tokio::time::timeout(patience, Turns::of(ctx).acquire_owned());
    match waiting.await {
        Ok(Ok(turn)) => Ok(turn),
        _ => {
            metrics::counter!("holdfast_fallback_refused_total").increment(1);
            Err(BoardError::Busy)
        }
    }
}

/// What a verb answers: its status, and what its script's header says follows.
pub struct Answer {
    status: &'static str,
    values: Vec<Value>,
}

impl Answer {
    pub fn of(status: &'static str) -> Self {
        Self {
            status,
            values: Vec::new(),
        }
    }

    pub fn with(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    pub fn record(status: &'static str, record: &Record) -> Self {
        Self::of(status).with(record.write())
    }

    pub fn conflicts(conflicts: &[(u32, SeatState)]) -> Self {
        let written = conflicts
            .iter()
            .map(|(index, state)| format!("{index}:{}", char::from(state.byte())));
        Self::of("conflicts").with(join(written))
    }

    pub fn into_reply(self, position: Position, now_ms: i64) -> Reply {
        Reply::new(self.status, position, now_ms, self.values)
    }
}

/// The arguments of a script after time and epoch.
#[derive(Clone, Copy)]
pub struct Args<'a>(&'a [Value]);

impl Args<'_> {
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// So many from a place on.
    pub fn part(&self, at: usize, n: usize) -> Self {
        Self(self.0.get(at..at + n).unwrap_or_default())
    }

    pub fn text(self, at: usize) -> String {
        let value = self.0.get(at).and_then(Value::as_string);
        value.unwrap_or_default()
    }

    pub fn number(self, at: usize) -> i64 {
        self.0.get(at).and_then(Value::as_i64).unwrap_or_default()
    }

    pub fn hold_id(self, at: usize) -> Result<HoldId, BoardError> {
        let text = self.text(at);
        text.parse().map_err(|_| BoardError::UnknownAnswer(text))
    }

    /// `id,…`
    pub fn hold_ids(self, at: usize) -> Result<Vec<HoldId>, BoardError> {
        let text = self.text(at);
        let ids = text.split(',').map(str::parse);
        ids.collect::<Result<_, _>>()
            .map_err(|_| BoardError::UnknownAnswer(text))
    }

    pub fn holder(self, at: usize) -> Result<CallerId, BoardError> {
        let text = self.text(at);
        text.parse().map_err(|_| BoardError::UnknownAnswer(text))
    }

    /// `index:amount,…`
    pub fn seats(self, at: usize) -> Result<Vec<HeldSeat>, BoardError> {
        let text = self.text(at);
        parse_seats(&text).ok_or(BoardError::UnknownAnswer(text))
    }

    /// `index:holder,…`
    pub fn holders(self, at: usize) -> Result<HashMap<u32, CallerId>, BoardError> {
        let text = self.text(at);
        let pairs = text.split(',').filter(|pair| !pair.is_empty());
        let holder = |pair: &str| {
            let (index, holder) = pair.split_once(':')?;
            Some((index.parse().ok()?, holder.parse().ok()?))
        };
        let holders: Option<_> = pairs.map(holder).collect();
        holders.ok_or(BoardError::UnknownAnswer(text))
    }

    /// `index,…`
    pub fn indexes(self, at: usize) -> Vec<u32> {
        let text = self.text(at);
        text.split(',')
            .filter_map(|index| index.parse().ok())
            .collect()
    }
}
