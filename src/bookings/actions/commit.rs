//! Group commit: confirms that arrive together commit together.
//!
//! A few committers share one queue. Each takes what is there, up to a bound, and commits it as one
//! transaction; what arrives meanwhile is the next batch, so nobody waits while a committer is
//! idle. A batch that meets any conflict is rolled back and its members run one by one (F17).

use std::collections::{HashSet, VecDeque};
use std::sync::Mutex as StdMutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Connection, PgConnection, Postgres, Transaction};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::super::store::{self, Answer, Confirm};
use super::finish::finish_batch;
use crate::context::Context;
use crate::postgres;

/// Limit: confirms in one transaction.
const BATCH_MAX: usize = 256;

/// Limit: confirms that wait; more are told to come again.
const QUEUE_MAX: usize = 4_096;

/// Limit: how long a batch may take before its commit, and its commit. Together far below the
/// lease.
const BEFORE_COMMIT_MAX: Duration = Duration::from_secs(6);
const COMMIT_MAX: Duration = Duration::from_secs(6);

/// How a confirm ended without an answer from PostgreSQL.
#[derive(Debug)]
pub enum CommitFailure {
    /// It certainly did not commit: these seats are booked by others.
    SeatsBooked(Vec<u32>),
    /// It certainly did not commit.
    Failed(sqlx::Error),
    /// It may have committed.
    Unknown(sqlx::Error),
    QueueFull,
}

pub(super) type Outcome = Result<Answer, CommitFailure>;
pub(super) type Waiting = (Confirm, oneshot::Sender<Outcome>);

struct Queue {
    sender: mpsc::Sender<Waiting>,
    receiver: Mutex<mpsc::Receiver<Waiting>>,
    /// Taken from the channel, but the same hold was in the batch already.
    postponed: StdMutex<VecDeque<Waiting>>,
    n_waiting: AtomicUsize,
}

impl Default for Queue {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let receiver = Mutex::new(receiver);
        Self {
            sender,
            receiver,
            postponed: StdMutex::default(),
            n_waiting: AtomicUsize::new(0),
        }
    }
}

/// Hands a confirm to the committers and waits for what becomes of it: where it committed, the
/// board knows of it, or the reconciler will tell it.
pub(super) async fn submit(ctx: &Context, confirm: Confirm) -> Outcome {
    let queue = ctx.memory::<Queue>();
    let (sender, outcome) = oneshot::channel();
    queue.n_waiting.fetch_add(1, Ordering::SeqCst);
    let submitted = queue.sender.try_send((confirm, sender));
    let outcome = match submitted {
        Err(_) => Err(CommitFailure::QueueFull),
        // A committer that is gone may have committed before it went.
        Ok(()) => outcome
            .await
            .unwrap_or(Err(CommitFailure::Unknown(sqlx::Error::WorkerCrashed))),
    };
    queue.n_waiting.fetch_sub(1, Ordering::SeqCst);
    outcome
}

/// Commits confirms until the service stops and nobody waits any more. Run several side by side.
pub async fn commit_confirms(ctx: Context) {
    let queue = ctx.memory::<Queue>();
    let stopping = ctx.tasks.stopping();
    let mut connection = None;
    loop {
        let batch = tokio::select! {
            batch = next_batch(&queue) => batch,
            () = stopping.cancelled() => {
                if queue.n_waiting.load(Ordering::SeqCst) == 0 {
                    return;
                }
                let patience = Duration::from_millis(20);
                tokio::time::timeout(patience, next_batch(&queue)).await.unwrap_or_default()
            }
        };
        if !batch.is_empty() {
            metrics::histogram!("holdfast_confirm_batch_size").record(batch.len() as f64);
            commit_batch(&ctx, &mut connection, batch).await;
        }
    }
}

/// What waits, each hold once; waits for the first one only.
async fn next_batch(queue: &Queue) -> Vec<Waiting> {
    let mut receiver = queue.receiver.lock().await;
    let mut taken = VecDeque::new();
    std::mem::swap(
        &mut taken,
        &mut *queue
            .postponed
            .lock()
            .unwrap_or_else(PoisonError::into_inner),
    );
    if taken.is_empty() {
        taken.extend(receiver.recv().await);
    }
    while taken.len() < BATCH_MAX {
        let Ok(waiting) = receiver.try_recv() else {
            break;
        };
        taken.push_back(waiting);
    }
    let mut holds = HashSet::new();
    let (batch, again): (Vec<_>, Vec<_>) = taken
        .into_iter()
        .partition(|(confirm, _)| holds.insert((confirm.event_id, confirm.hold_id)));
    queue
        .postponed
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .extend(again);
    batch
}

type Kept = Option<PoolConnection<Postgres>>;

async fn commit_batch(ctx: &Context, connection: &mut Kept, batch: Vec<Waiting>) {
    let confirms: Vec<_> = batch.iter().map(|(confirm, _)| confirm).collect();
    let outcomes: Vec<Outcome> = match commit(ctx, connection, &confirms).await {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
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
        Ok(answers) => answers.into_iter().next().ok_or_else(gone),
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

/// One transaction for all of them. A connection that turns out to be dead before anything was
/// committed is replaced once.
async fn commit(
    ctx: &Context,
    connection: &mut Kept,
    confirms: &[&Confirm],
) -> Result<Vec<Answer>, CommitFailure> {
    let is_kept = connection.is_some();
    match commit_on(ctx, connection, confirms).await {
        Err(CommitFailure::Failed(error)) if is_kept && connection.is_none() => {
            tracing::debug!(cause = %error, "confirming again on a new connection");
            commit_on(ctx, connection, confirms).await
        }
        outcome => outcome,
    }
}

async fn commit_on(
    ctx: &Context,
    kept: &mut Kept,
    confirms: &[&Confirm],
) -> Result<Vec<Answer>, CommitFailure> {
    let mut connection = match kept.take() {
        Some(connection) => connection,
        None => ctx
            .confirm_db
            .acquire()
            .await
            .map_err(CommitFailure::Failed)?,
    };
    let outcome = transact(ctx, &mut connection, confirms).await;
    match &outcome {
        Err(CommitFailure::Failed(error)) if postgres::is_away(error) => connection.close_on_drop(),
        Err(CommitFailure::Unknown(_)) => connection.close_on_drop(),
        _ => *kept = Some(connection),
    }
    outcome
}

async fn transact(
    ctx: &Context,
    connection: &mut PgConnection,
    confirms: &[&Confirm],
) -> Result<Vec<Answer>, CommitFailure> {
    // Until COMMIT is sent, nothing has happened: closing the connection ends the transaction.
    let slow = |_| CommitFailure::Failed(sqlx::Error::PoolTimedOut);
    let prepared = tokio::time::timeout(BEFORE_COMMIT_MAX, prepare(ctx, connection, confirms));
    let (tx, answers) = prepared
        .await
        .map_err(slow)?
        .map_err(CommitFailure::Failed)?;
    match tokio::time::timeout(COMMIT_MAX, tx.commit()).await {
        Ok(Ok(())) => Ok(answers),
        Ok(Err(error)) => Err(CommitFailure::Unknown(error)),
        Err(_) => Err(CommitFailure::Unknown(sqlx::Error::PoolTimedOut)),
    }
}

async fn prepare<'c>(
    ctx: &Context,
    connection: &'c mut PgConnection,
    confirms: &[&Confirm],
) -> Result<(Transaction<'c, Postgres>, Vec<Answer>), sqlx::Error> {
    let mut tx = connection.begin().await?;
    match store::confirm_all(&mut tx, confirms, ctx.clock.imposed()).await {
        Ok(answers) => Ok((tx, answers)),
        Err(error) => {
            if !postgres::is_away(&error) {
                tx.rollback().await?;
            }
            Err(error)
        }
    }
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
