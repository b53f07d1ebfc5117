//! Group commit: confirms that arrive together commit together.
//!
//! A few committers share one queue. Each takes what is there, up to a bound, and commits it as one
//! transaction; what arrives meanwhile is the next batch. Nobody waits while all committers are
//! idle, and a small batch no longer than two milliseconds while others commit. A batch that meets
//! any conflict is rolled back and its members run one by one (F17).

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres};
use tokio::sync::oneshot;

use super::super::store::{self, Answer, Confirm, Refusal};
use super::finish::finish_batch;
use super::queue::{Queue, Waiting, gather, next_batch};
use crate::context::Context;
use crate::id::{CallerId, EventId, HoldId};
use crate::postgres;

/// Limit: how long the commit of a batch may take, and once more where its connection was lost.
/// Together far below the lease.
const COMMIT_MAX: Duration = Duration::from_secs(6);

/// How long a connection is kept that nobody needs: it may be dead without anybody knowing, and
/// whether what is sent on it has committed would be unknown. The pool asks it before it gives it.
const KEPT_FOR: Duration = Duration::from_secs(1);

/// How a confirm ended without an answer from PostgreSQL.
#[derive(Debug)]
pub enum CommitFailure {
    /// It certainly did not commit: these seats are booked by others, who are named.
    SeatsBooked(Vec<(u32, CallerId)>),
    /// It certainly did not commit.
    Failed(sqlx::Error),
    /// It may have committed.
    Unknown(sqlx::Error),
    QueueFull,
}

pub(super) type Outcome = Result<Answer, CommitFailure>;

/// Hands a confirm to the committers and waits for what becomes of it: where it committed, the
/// board knows of it, or the reconciler will tell it.
pub(super) async fn submit(ctx: &Context, confirm: Confirm) -> Outcome {
    let queue = ctx.memory::<Queue>();
    let (sender, outcome) = oneshot::channel();
    match queue.sender.try_send((confirm, sender)) {
        Err(_) => Err(CommitFailure::QueueFull),
        // A committer that is gone may have committed before it went.
        Ok(()) => outcome
            .await
            .unwrap_or(Err(CommitFailure::Unknown(sqlx::Error::WorkerCrashed))),
    }
}

/// Commits confirms for ever, a servant of those that submit them. Run several side by side.
pub async fn commit_confirms(ctx: Context) {
    let queue = ctx.memory::<Queue>();
    let mut connection = None;
    loop {
        let mut batch = tokio::select! {
            batch = next_batch(&queue) => batch,
            () = tokio::time::sleep(KEPT_FOR), if connection.is_some() => {
                connection = None;
                continue;
            }
        };
        gather(&queue, &mut batch).await;
        metrics::histogram!("holdfast_confirm_batch_size").record(batch.len() as f64);
        let _busy = queue.busy();
        commit_batch(&ctx, &mut connection, batch).await;
    }
}

type Kept = Option<PoolConnection<Postgres>>;

async fn commit_batch(ctx: &Context, connection: &mut Kept, batch: Vec<Waiting>) {
    let confirms: Vec<_> = batch.iter().map(|(confirm, _)| confirm).collect();
    let outcomes = match commit(ctx, connection, &confirms).await {
        Ok(outcomes) => outcomes,
        Err(CommitFailure::Failed(error)) if confirms.len() > 1 && !postgres::is_away(&error) => {
            let mut outcomes = Vec::new();
            for confirm in &confirms {
                outcomes.push(commit_alone(ctx, connection, confirm).await);
            }
            outcomes
        }
        Err(CommitFailure::Failed(error)) if confirms.len() == 1 => {
            vec![explain(connection, confirms[0], error).await]
        }
        Err(failure) => confirms.iter().map(|_| Err(failure.again())).collect(),
    };
    finish_batch(ctx, batch, outcomes);
}

async fn commit_alone(ctx: &Context, connection: &mut Kept, confirm: &Confirm) -> Outcome {
    match commit(ctx, connection, &[confirm]).await {
        Ok(mut outcomes) => outcomes.pop().unwrap_or_else(|| Err(gone())),
        Err(CommitFailure::Failed(error)) => explain(connection, confirm, error).await,
        Err(failure) => Err(failure),
    }
}

/// Why a confirm by itself failed: the seats that others have, or the failure as it is.
async fn explain(connection: &mut Kept, confirm: &Confirm, error: sqlx::Error) -> Outcome {
    if !postgres::is_violation_of(&error, "seat_booked_once_per_event") {
        return Err(CommitFailure::Failed(error));
    }
    let Some(connection) = connection else {
        return Err(CommitFailure::Failed(error));
    };
    match store::find_booked_seats(connection, confirm).await {
        Ok(seats) => Err(CommitFailure::SeatsBooked(seats)),
        Err(error) => Err(CommitFailure::Failed(error)),
    }
}

/// One transaction for all of them. What a lost connection leaves open is settled by confirming
/// again on another: whoever comes second waits for the first, and writes (F12).
async fn commit(
    ctx: &Context,
    connection: &mut Kept,
    confirms: &[&Confirm],
) -> Result<Vec<Outcome>, CommitFailure> {
    match commit_on(ctx, connection, confirms).await {
        Err(CommitFailure::Unknown(error)) if !is_slow(&error) => {
            tracing::warn!(cause = %error, "confirming again on another connection");
            let outcomes = commit_on(ctx, connection, confirms).await;
            outcomes.map_or(Err(CommitFailure::Unknown(error)), |outcomes| {
                Ok(outcomes.into_iter().map(after_loss).collect())
            })
        }
        outcomes => outcomes,
    }
}

/// Only what has become of a hold settles a confirm that may still commit.
fn after_loss(outcome: Outcome) -> Outcome {
    match outcome {
        Ok(Answer::Refused(_)) | Err(_) => Err(CommitFailure::Unknown(sqlx::Error::WorkerCrashed)),
        outcome => outcome,
    }
}

async fn commit_on(
    ctx: &Context,
    kept: &mut Kept,
    confirms: &[&Confirm],
) -> Result<Vec<Outcome>, CommitFailure> {
    let mut connection = match kept.take() {
        Some(connection) => connection,
        None => ctx
            .confirm_db
            .acquire()
            .await
            .map_err(CommitFailure::Failed)?,
    };
    let outcomes = transact(ctx, &mut connection, confirms).await;
    match &outcomes {
        Err(CommitFailure::Unknown(_)) => connection.close_on_drop(),
        _ => *kept = Some(connection),
    }
    outcomes
}

async fn transact(
    ctx: &Context,
    connection: &mut PgConnection,
    confirms: &[&Confirm],
) -> Result<Vec<Outcome>, CommitFailure> {
    let confirmed = store::confirm_all(connection, confirms, ctx.clock.imposed());
    let answers = match tokio::time::timeout(COMMIT_MAX, confirmed).await {
        Ok(Ok(answers)) => answers,
        Ok(Err(error)) if postgres::is_undone(&error) => return Err(CommitFailure::Failed(error)),
        Ok(Err(error)) => return Err(CommitFailure::Unknown(error)),
        Err(_) => return Err(CommitFailure::Unknown(sqlx::Error::PoolTimedOut)),
    };
    let mut outcomes = Vec::with_capacity(answers.len());
    for (confirm, answer) in confirms.iter().zip(answers) {
        outcomes.push(match answer {
            // What has become of it may have to be waited for: see `expire`.
            Answer::Refused(Refusal::TooLate) => Ok(answer),
            Answer::Refused(_) => look_back(connection, confirm, answer).await,
            answer => Ok(answer),
        });
    }
    Ok(outcomes)
}

/// Why a confirm was refused: it may have ended before.
async fn look_back(connection: &mut PgConnection, confirm: &Confirm, refused: Answer) -> Outcome {
    let before = store::ended_before(connection, confirm);
    match tokio::time::timeout(COMMIT_MAX, before).await {
        Ok(before) => Ok(before.map_err(CommitFailure::Failed)?.unwrap_or(refused)),
        Err(_) => Err(CommitFailure::Failed(sqlx::Error::PoolTimedOut)),
    }
}

/// Ends a hold as expired, unless it has become a booking. Waits for a confirm of it that may still
/// commit, as long as PostgreSQL lets anybody wait for a lock; not by a committer, where others
/// would wait, too.
pub(super) async fn expire(
    ctx: &Context,
    (event_id, hold_id): (EventId, HoldId),
) -> Result<store::Outcome, sqlx::Error> {
    let ended = store::expire(&ctx.db, event_id, hold_id, ctx.clock.imposed());
    let ended = tokio::time::timeout(COMMIT_MAX, ended).await;
    ended.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// Whoever confirms again would wait for the one that is slow.
fn is_slow(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::PoolTimedOut)
}

fn gone() -> CommitFailure {
    CommitFailure::Failed(sqlx::Error::WorkerCrashed)
}

impl CommitFailure {
    /// The same failure for another member of the batch.
    fn again(&self) -> Self {
        match self {
            Self::SeatsBooked(seats) => Self::SeatsBooked(seats.clone()),
            Self::Failed(error) => Self::Failed(sqlx::Error::Protocol(error.to_string())),
            Self::Unknown(error) => Self::Unknown(sqlx::Error::Protocol(error.to_string())),
            Self::QueueFull => Self::QueueFull,
        }
    }
}
