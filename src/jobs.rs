//! Background work: each job runs by schedule and by nudge, never twice at once in one process.
//!
//! A job is an idempotent step without arguments that is safe on several instances. The schedule
//! (tokio-cron-scheduler, which fires late and in parallel) only nudges; one runner for each job
//! works. The schedule follows the system's clock, so that it is silent for as long as that is set
//! back: a runner that is not nudged in time goes by itself.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;

use futures::FutureExt;
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

impl Job {
    /// From one turn to the next, as the schedule's seconds and minutes have it; none of ours
    /// waits longer than an hour.
    fn period(&self) -> Duration {
        let mut fields = self.schedule.split(' ').zip([1, 60]);
        let seconds = fields.find_map(|(field, unit)| Some(every(field)? * unit));
        Duration::from_secs(seconds.unwrap_or(3600))
    }
}

/// Every how many of its units a field of a schedule has a turn, unless it names one.
fn every(field: &str) -> Option<u64> {
    match field.split_once('/') {
        Some((_, every)) => every.parse().ok(),
        None => (field == "*").then_some(1),
    }
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
    // The nudge of the schedule comes before.
    let wait_max = 2 * job.period();
    while !stopping.is_cancelled() {
        let wait = match run_step(&ctx, job).await {
            Some(Progress::Worked(_)) => continue,
            Some(Progress::Until(due)) => (due - ctx.clock.now()).to_std().unwrap_or_default(),
            Some(Progress::Idle) | None => wait_max,
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = nudged.notified() => {}
            () = tokio::time::sleep(wait.clamp(Duration::from_millis(20), wait_max)) => {}
        }
    }
}

async fn run_step(ctx: &Context, job: Job) -> Option<Progress> {
    let step = async { (job.step)(ctx.clone()).await };
    let step = AssertUnwindSafe(step).catch_unwind();
    let outcome = match tokio::time::timeout(STEP_MAX, step).await {
        Ok(Ok(Ok(progress))) => Ok(progress),
        Ok(Ok(Err(error))) => Err(format!("{error:#}")),
        Ok(Err(_)) => Err("panicked".to_owned()),
        Err(_) => Err(format!("took more than {STEP_MAX:?}")),
    };
    let label = if outcome.is_ok() { "ok" } else { "failed" };
    metrics::counter!("holdfast_job_runs_total", "job" => job.name, "outcome" => label)
        .increment(1);
    outcome
        .inspect_err(|cause| tracing::warn!(job = job.name, cause, "job failed"))
        .ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::id::Ids;

    /// How often the job of a test has run.
    #[derive(Default)]
    struct Runs(AtomicUsize);

    impl Runs {
        fn add(ctx: &Context) -> usize {
            ctx.memory::<Self>().0.fetch_add(1, Ordering::SeqCst)
        }
    }

    /// Stores are nowhere.
    fn context() -> Context {
        let variables = [
            ("DATABASE_URL", "postgres://127.0.0.1:1/holdfast"),
            ("REDIS_URL", "redis://127.0.0.1:1"),
            ("HOLDFAST_SECRET", "a secret for tests, and for tests only"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::from_variables(variables).unwrap();
        Context::new(config, Clock::System, Ids::random(Clock::System)).unwrap()
    }

    /// Waits until a job of each second has run twice, though no schedule nudges it.
    async fn expect_second_run(step: fn(Context) -> Step) {
        let ctx = context();
        let job = Job {
            name: "test",
            schedule: "* * * * * *",
            step,
        };
        ctx.tasks.spawn(keep_running(ctx.clone(), job));
        let runs = ctx.memory::<Runs>();
        let second = tokio::time::timeout(Duration::from_secs(10), async {
            while runs.0.load(Ordering::SeqCst) < 2 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        assert!(second.await.is_ok(), "it does not run again");
        assert!(ctx.tasks.stop(Duration::from_secs(10)).await);
    }

    #[tokio::test]
    async fn a_job_goes_on_while_the_schedule_waits_for_a_clock_that_was_set_back() {
        expect_second_run(|ctx| {
            Runs::add(&ctx);
            Box::pin(std::future::ready(Ok(Progress::Idle)))
        })
        .await;
    }

    #[tokio::test]
    async fn a_job_that_panics_runs_again() {
        expect_second_run(|ctx| {
            Box::pin(async move {
                assert!(Runs::add(&ctx) > 0, "a mistake in a job");
                Ok(Progress::Idle)
            })
        })
        .await;
    }

    #[test]
    fn a_period_is_read_from_the_schedule() {
        let period = |schedule| {
            let step: fn(Context) -> Step = |_| Box::pin(std::future::pending());
            let name = "test";
            Job {
                name,
                schedule,
                step,
            }
            .period()
            .as_secs()
        };
        assert_eq!(period("* * * * * *"), 1);
        assert_eq!(period("*/5 * * * * *"), 5);
        assert_eq!(period("45 * * * * *"), 60);
        assert_eq!(period("0 */5 * * * *"), 300);
        assert_eq!(period("50 7 * * * *"), 3600);
    }
}
