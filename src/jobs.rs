//! Background work: each job runs by schedule and by nudge, never twice at once in one process.
//!
//! A job is an idempotent step without arguments that is safe on several instances. The schedule
//! (tokio-cron-scheduler, which fires late and in parallel) only nudges; one runner for each job
//! works.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio_cron_scheduler::{Job as CronJob, JobScheduler};

use crate::clock::Instant;
use crate::context::Context;

/// Limit: a step that takes longer is given up; the next one finds the same work.
const STEP_MAX: Duration = Duration::from_secs(60);

/// How far a step got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Idle,
    /// There may be more: the runner calls again at once.
    Worked(u64),
    /// Nothing more until then.
    Until(Instant),
}

impl Progress {
    pub fn of(n_done: u64) -> Self {
        if n_done == 0 {
            Self::Idle
        } else {
            Self::Worked(n_done)
        }
    }
}

pub type Step = Pin<Box<dyn Future<Output = anyhow::Result<Progress>> + Send>>;

/// A name, a cron schedule with seconds, and a step.
#[derive(Clone, Copy)]
pub struct Job {
    pub name: &'static str,
    pub schedule: &'static str,
    pub step: fn(Context) -> Step,
}

/// Starts the jobs; they stop with the context's tasks.
pub async fn start(ctx: &Context, jobs: &[Job]) -> anyhow::Result<()> {
    let mut scheduler = JobScheduler::new().await?;
    for job in jobs {
        let (tasks, name) = (ctx.tasks.clone(), job.name);
        let tick = CronJob::new(job.schedule, move |_, _| tasks.nudge(name))?;
        scheduler.add(tick).await?;
        ctx.tasks.spawn(keep_running(ctx.clone(), *job));
    }
    scheduler.start().await?;
    let stopping = ctx.tasks.stopping();
    ctx.tasks.spawn(async move {
        stopping.cancelled().await;
        if let Err(error) = scheduler.shutdown().await {
            tracing::warn!(cause = %error, "the schedule does not stop");
        }
    });
    Ok(())
}

/// Runs every job once, until none has more to do; for tests and for the command line.
pub async fn run_all(ctx: &Context, jobs: &[Job]) {
    for job in jobs {
        while let Some(Progress::Worked(_)) = run_step(ctx, *job).await {}
    }
}

async fn keep_running(ctx: Context, job: Job) {
    let stopping = ctx.tasks.stopping();
    let nudged = ctx.tasks.nudged(job.name);
    while !stopping.is_cancelled() {
        let wait = match run_step(&ctx, job).await {
            Some(Progress::Worked(_)) => continue,
            Some(Progress::Until(due)) => (due - ctx.clock.now()).to_std().unwrap_or_default(),
            Some(Progress::Idle) | None => Duration::MAX,
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = nudged.notified() => {}
            () = tokio::time::sleep(wait.max(Duration::from_millis(20))) => {}
        }
    }
}

async fn run_step(ctx: &Context, job: Job) -> Option<Progress> {
    let step = tokio::time::timeout(STEP_MAX, (job.step)(ctx.clone()));
    let outcome = match step.await {
        Ok(Ok(progress)) => Ok(progress),
        Ok(Err(error)) => Err(format!("{error:#}")),
        Err(_) => Err(format!("took more than {STEP_MAX:?}")),
    };
    let label = if outcome.is_ok() { "ok" } else { "failed" };
    metrics::counter!("holdfast_job_runs_total", "job" => job.name, "outcome" => label)
        .increment(1);
    outcome
        .inspect_err(|cause| tracing::warn!(job = job.name, cause, "job failed"))
        .ok()
}
