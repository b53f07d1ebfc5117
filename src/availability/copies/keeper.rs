//! Keeps one copy in step with its board, until nobody has read it for a while.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::copy::Copy;
use super::picture::Step;
use super::shelf;
use crate::board::{self, BoardError, Changes, Heard, Position};
use crate::context::Context;

/// How long changes are gathered for viewers.
const TICK: Duration = Duration::from_millis(100);
/// How long the first of them waits: whoever made it shall have the answer before viewers are told.
const COURTESY: Duration = Duration::from_millis(5);
/// How long a message may be on its way before it counts as lost.
const ON_THE_WAY_MAX: Duration = Duration::from_millis(300);
/// How long to wait before a board is tried again, after the first failure and at most.
const RETRY_PAUSE: Duration = Duration::from_millis(100);
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(2);

/// Why following a board ends.
enum End {
    Idle,
    /// The subscription is not to be trusted.
    Deaf,
}

pub async fn keep(ctx: Context, copy: Arc<Copy>) {
    let stopping = ctx.tasks.stopping();
    let ending = copy.ending.clone();
    let mut pause = RETRY_PAUSE;
    loop {
        let began = Instant::now();
        let ended = tokio::select! {
            biased;
            () = stopping.cancelled() => break,
            () = ending.cancelled() => break,
            ended = follow(&ctx, &copy) => ended,
        };
        copy.deafen();
        if began.elapsed() > RETRY_PAUSE_MAX {
            pause = RETRY_PAUSE;
        }
        match ended {
            Ok(End::Idle) => return,
            Ok(End::Deaf) => {}
            Err(error) => {
                tracing::warn!(event.id = %copy.event_id, cause = %error, "a copy is not fed");
            }
        }
        tokio::time::sleep(pause).await;
        pause = RETRY_PAUSE_MAX.min(pause * 2);
    }
    copy.deafen();
    shelf::remove(&ctx, &copy);
}

/// Hears the channel, reads the board, and then takes over change after change.
async fn follow(ctx: &Context, copy: &Arc<Copy>) -> Result<End, BoardError> {
    let mut follower = Follower {
        ctx,
        copy,
        changes: board::listen(ctx, copy.event_id).await?,
        ticked_at: Instant::now(),
        tick_at: None,
        heard_at: None,
        suspicion: None,
    };
    follower.read_board("listening").await?;
    let mut checks = interval(ctx.config.feed.check_interval);
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    checks.reset();
    loop {
        let (tick_at, suspicion) = (follower.tick_at, follower.suspicion);
        tokio::select! {
            heard = follower.changes.next() => {
                if heard == Heard::Ended {
                    return Ok(End::Deaf);
                }
                follower.hear(heard).await?;
            }
            () = at(tick_at) => follower.tick(),
            () = at(suspicion.map(|(_, due)| due)) => {
                if follower.has_missed_something() {
                    return Ok(End::Deaf);
                }
            }
            _ = checks.tick() => {
                if shelf::retire(ctx, copy) {
                    return Ok(End::Idle);
                }
                copy.forget_unwanted();
                follower.check().await?;
            }
        }
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

struct Follower<'a> {
    ctx: &'a Context,
    copy: &'a Arc<Copy>,
    changes: Changes,
    ticked_at: Instant,
    tick_at: Option<Instant>,
    /// When the first change came that viewers have not been told yet.
    heard_at: Option<Instant>,
    /// Where the board was found to be, and when the copy has to be there.
    suspicion: Option<(Position, Instant)>,
}

impl Follower<'_> {
    async fn read_board(&mut self, cause: &'static str) -> Result<(), BoardError> {
        metrics::counter!("holdfast_board_copy_reads_total", "cause" => cause).increment(1);
        let snapshot = board::read_board(self.ctx, self.copy.event_id).await?;
        self.copy.renew(&snapshot);
        self.schedule_tick();
        Ok(())
    }

    async fn hear(&mut self, heard: Heard) -> Result<(), BoardError> {
        match heard {
            Heard::Change(change) => match self.copy.apply(&change) {
                Step::Taken => {
                    board::see_position(self.ctx, self.copy.event_id, change.position);
                    self.schedule_tick();
                }
                Step::Old => {}
                Step::Missed => self.read_board("gap").await?,
            },
            Heard::Garbled => self.read_board("garbled").await?,
            Heard::Restored => self.read_board("reconnected").await?,
            Heard::Lost | Heard::Ended => self.copy.deafen(),
        }
        Ok(())
    }

    /// What comes after a while of silence is told almost at once; what follows is gathered.
    fn schedule_tick(&mut self) {
        let heard_at = *self.heard_at.get_or_insert_with(Instant::now);
        if self.tick_at.is_none() {
            self.tick_at = Some((self.ticked_at + TICK).max(heard_at + COURTESY));
        }
    }

    fn tick(&mut self) {
        self.tick_at = None;
        let waited = self.heard_at.take().map(|at| at.elapsed().as_secs_f64());
        if self.copy.tick() {
            self.ticked_at = Instant::now();
            metrics::histogram!("holdfast_live_told_seconds").record(waited.unwrap_or_default());
        }
    }

    /// Compares the copy with its board: a lost message that no other followed leaves no trace.
    async fn check(&mut self) -> Result<(), BoardError> {
        let there = board::find_position(self.ctx, self.copy.event_id).await?;
        let here = self.copy.position().unwrap_or_default();
        if there == here {
            self.copy.confirm();
        } else if there > here {
            self.suspicion = Some((there, Instant::now() + ON_THE_WAY_MAX));
        } else {
            self.read_board("board_lost").await?;
        }
        Ok(())
    }

    fn has_missed_something(&mut self) -> bool {
        let expected = self.suspicion.take().map(|(position, _)| position);
        let has_missed = expected > self.copy.position();
        if has_missed {
            metrics::counter!("holdfast_board_copy_reads_total", "cause" => "silence").increment(1);
        } else {
            self.copy.confirm();
        }
        has_missed
    }
}
