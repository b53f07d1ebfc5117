//! One load from its first sign-in to its results.

use std::cell::{Cell, RefCell};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::task::{JoinSet, LocalSet};

use super::audit::{self, Audit};
use super::ledger::Ledger;
use super::options::{Bench, Scenario};
use super::output::{self, Machine, Results};
use super::recorder::Recorder;
use super::scenarios::{self, Audience, Bystanders, Crowd};
use super::stage::Stage;
use super::standing::{ReadyHolds, StandingHolds};
use super::worker::{Run, Worker};
use crate::clock::Clock;

const BAR_CHARS: u32 = 24;
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// One thread does it all: the service shares the machine, and shall have the rest of it.
pub fn run(bench: &Bench) -> anyhow::Result<ExitCode> {
    bench.check()?;
    allow_many_connections();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let results = LocalSet::new().block_on(&runtime, conduct(bench))?;
    print!("{}", output::table(&results));
    if let Some(path) = &bench.json {
        output::write(path, &output::json(&results)?)?;
    }
    if let Some(path) = &bench.html {
        output::write(path, &output::page(&results))?;
    }
    ensure!(
        results.n_answered() > 0,
        "the service did nothing it was asked for"
    );
    Ok(if results.audit.breaches_count == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// As many as this user may have at all. Where that fails, a connection will say so.
fn allow_many_connections() {
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        setrlimit(Resource::RLIMIT_NOFILE, most, most).ok();
    }
}

async fn conduct(bench: &Bench) -> anyhow::Result<Results> {
    let started_at = Clock::System.now();
    let Prepared { stage, company } = prepare(bench).await?;
    let Company {
        mut audience,
        crowd,
        standing,
        ready,
        bystanders,
    } = company;
    let before = Machine::now();
    let read_before = bystanders.progress();
    let mut ledger = Ledger::new(stage.house.clone(), stage.event_ids.len());
    crowd.enter(&mut ledger);
    standing.enter(&mut ledger);
    let ready = ready.enter(&mut ledger);
    let crowd = Rc::new(crowd);
    let pace = bench.pace();
    let run = Rc::new(Run {
        bench: bench.clone(),
        recorder: RefCell::new(Recorder::new(pace.start(), bench.window())),
        ledger: RefCell::new(ledger),
        watched: audience.watched.clone(),
        crowd: crowd.clone(),
        ready: RefCell::new(ready),
        n_used: Cell::new(0),
        sold_out_after: Cell::new(None),
        pace,
        stage,
    });
    let mut watching = audience.watch(&run);
    let served = serve_callers(&run).await;
    let elapsed = run.pace.start().elapsed();
    let bystanding = bystanders.progress().since(read_before);
    let machine = before.until_now().without(bystanding.cpu_seconds);
    let compared = match served {
        Ok(()) => unless_interrupted(compare(&audience, &bystanders, &run.stage)).await,
        Err(error) => Err(error),
    };
    watching.shutdown().await;
    bystanders.end(&mut run.recorder.borrow_mut());
    let run = Rc::into_inner(run).context("a caller is still there")?;
    let (stage, mut ledger) = (run.stage, run.ledger.into_inner());
    crowd.judge(bench.policy, &mut ledger);
    Ok(Results {
        bench: bench.clone(),
        started_at,
        elapsed,
        n_left_out: run.pace.n_left_out() + crowd.n_left_out.get(),
        n_unseen: audience.watched.n_unseen(),
        sold_out_after: run.sold_out_after.get(),
        recorder: run.recorder.into_inner(),
        machine,
        bystanding,
        audit: close(stage, ledger, compared).await,
    })
}

async fn compare(
    audience: &Audience,
    bystanders: &Bystanders,
    stage: &Stage,
) -> anyhow::Result<Vec<String>> {
    let mut breaches = audience.compare(stage).await?;
    breaches.extend(bystanders.compare(stage).await?);
    Ok(breaches)
}

/// The audit, and putting the stage away.
async fn close(
    mut stage: Stage,
    mut ledger: Ledger,
    compared: anyhow::Result<Vec<String>>,
) -> Audit {
    let audit = match compared {
        Ok(breaches) => {
            for breach in breaches {
                ledger.breach(|_| breach);
            }
            unless_interrupted(audit::audit(&mut stage, &mut ledger)).await
        }
        Err(error) => Err(error),
    };
    // What was measured is told even when the service is gone by now.
    let mut audit = audit.unwrap_or_else(|error| {
        let mut audit = Audit::of(&mut ledger);
        audit.add(format!("the audit cannot be done: {error:#}"));
        audit
    });
    if let Err(error) = unless_interrupted(stage.strike()).await {
        audit.add(format!(
            "the load's events could not all be cancelled: {error:#}"
        ));
    }
    audit
}

struct Prepared {
    stage: Stage,
    company: Company,
}

/// Who and what is there besides the callers.
#[derive(Default)]
struct Company {
    audience: Audience,
    crowd: Crowd,
    standing: StandingHolds,
    ready: ReadyHolds,
    bystanders: Bystanders,
}

async fn prepare(bench: &Bench) -> anyhow::Result<Prepared> {
    if bench.scenario == Scenario::Bare {
        return Ok(Prepared {
            stage: Stage::bare(bench).await?,
            company: Company::default(),
        });
    }
    let mut stage = Stage::build(bench).await?;
    // From here on there are events to strike, even when somebody presses Ctrl-C.
    match unless_interrupted(gather(&mut stage, bench)).await {
        Ok(company) => Ok(Prepared { stage, company }),
        Err(error) => {
            // That this fails too is no news.
            unless_interrupted(stage.strike()).await.ok();
            Err(error.context("the load did not begin"))
        }
    }
}

/// Fails when somebody presses Ctrl-C meanwhile, who then does not wait for this part of the run.
async fn unless_interrupted<T>(part: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::select! {
        done = part => done,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            Err(anyhow!("interrupted"))
        }
    }
}

async fn gather(stage: &mut Stage, bench: &Bench) -> anyhow::Result<Company> {
    stage.open(bench).await?;
    Ok(Company {
        crowd: Crowd::gather(stage, bench).await?,
        standing: StandingHolds::place(stage, bench.standing_holds).await?,
        ready: ReadyHolds::place(stage, bench).await?,
        audience: Audience::gather(stage, bench.n_viewers()).await?,
        bystanders: Bystanders::gather(stage, bench).await?,
    })
}

/// After an error nobody is served any more, and nobody knows what has become of the last calls.
async fn serve_callers(run: &Rc<Run>) -> anyhow::Result<()> {
    let mut workers = JoinSet::new();
    for nth in 0..run.bench.n_workers() as usize {
        workers.spawn_local(scenarios::work(Worker::new(nth, run.clone())));
    }
    let is_shown = std::io::stderr().is_terminal();
    let served = until_served(&mut workers, run, is_shown).await;
    if is_shown {
        eprint!("\r\x1b[K");
    }
    if served.is_err() {
        run.pace.stop();
        workers.shutdown().await;
    }
    served
}

/// After the first Ctrl-C nobody else is let in; after a second nobody is waited for.
async fn until_served(workers: &mut JoinSet<()>, run: &Run, is_shown: bool) -> anyhow::Result<()> {
    let mut is_interrupted = false;
    let mut ticks = tokio::time::interval(PROGRESS_EVERY);
    loop {
        tokio::select! {
            ended = workers.join_next() => match ended {
                Some(ended) => ended.context("a caller failed")?,
                None => return Ok(()),
            },
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                ensure!(!is_interrupted, "interrupted while callers were served");
                is_interrupted = true;
                run.pace.stop();
            }
            _ = ticks.tick() => if is_shown {
                show_progress(run);
            },
        }
    }
}

/// A bar that is full when the callers' time is over; those who are inside may take longer.
#[expect(clippy::cast_possible_truncation, reason = "a few characters")]
#[expect(clippy::cast_sign_loss, reason = "time goes forward")]
fn bar(share: f64) -> String {
    let n_done = (share.clamp(0.0, 1.0) * f64::from(BAR_CHARS)) as usize;
    format!(
        "[{}{}]",
        "#".repeat(n_done),
        "-".repeat(BAR_CHARS as usize - n_done)
    )
}

#[expect(clippy::cast_precision_loss, reason = "for people to look at")]
fn show_progress(run: &Run) {
    let (seconds, window) = (run.pace.start().elapsed().as_secs_f64(), run.bench.seconds);
    let recorder = run.recorder.borrow();
    let (n_answered, n_failed) = (recorder.n_answered(), recorder.n_failed());
    let bar = bar(seconds / window as f64);
    let line =
        format!("{bar} {seconds:5.1} s of {window}: {n_answered} answers, {n_failed} failures");
    // Nobody watches when the terminal is gone.
    write!(std::io::stderr(), "\r\x1b[K{line}").ok();
}
