//! Viewers who watch while others do what is measured: on a thread of their own, so that nobody who
//! is measured waits until they have read.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use futures::{StreamExt, TryStreamExt};
use tokio::sync::oneshot;
use tokio::task::{JoinSet, LocalSet};
use tokio_util::sync::CancellationToken;

use super::super::connection::Connection;
use super::super::feed;
use super::super::options::{Bench, Watching};
use super::super::output::cpu_time_of_thread;
use super::super::recorder::Recorder;
use super::super::request::Caller;
use super::super::stage::Stage;
use super::super::target::Target;
use super::viewers::{COPIES_MAX, Feed, compare_boards};

/// How many connect at the same time.
const SIDE_BY_SIDE: usize = 32;
const TICK: Duration = Duration::from_millis(100);

/// Nobody, or a thread that reads until it is ended.
#[derive(Default)]
pub struct Bystanders {
    n_viewers: usize,
    shared: Arc<Shared>,
    thread: Option<thread::JoinHandle<Failures>>,
}

/// How often viewers were cut off, by why.
type Failures = BTreeMap<String, u64>;

#[derive(Default)]
struct Shared {
    n_messages: AtomicU64,
    cpu_us: AtomicU64,
    /// The boards that the first viewers have put together, with their events.
    copies: Mutex<Vec<(usize, Vec<u8>)>>,
    end: CancellationToken,
}

/// What they have read, and what that has cost.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Bystanding {
    pub n_viewers: usize,
    pub n_messages: u64,
    pub cpu_seconds: f64,
}

impl Bystanders {
    /// Connects everybody.
    pub async fn gather(stage: &Stage, bench: &Bench) -> anyhow::Result<Self> {
        let n_viewers = bench.n_bystanders() as usize;
        if n_viewers == 0 {
            return Ok(Self::default());
        }
        let n_watched = match bench.watching {
            Watching::All => stage.event_ids.len(),
            Watching::First => 1,
        };
        let shared = Arc::new(Shared::default());
        let first = (0..n_viewers.min(COPIES_MAX)).map(|nth| (nth % n_watched, Vec::new()));
        *shared.copies() = first.collect();
        let (target, event_ids) = (stage.target.clone(), stage.event_ids[..n_watched].to_vec());
        let (ready, is_ready) = oneshot::channel();
        let theirs = shared.clone();
        let work = move || watch(&target, &event_ids, n_viewers, theirs, ready);
        let bystanders = Self {
            n_viewers,
            shared,
            thread: Some(thread::spawn(work)),
        };
        is_ready.await.context("the viewers' thread ended")??;
        Ok(bystanders)
    }

    /// Until now.
    pub fn progress(&self) -> Bystanding {
        Bystanding {
            n_viewers: self.n_viewers,
            n_messages: self.shared.n_messages.load(Ordering::Relaxed),
            cpu_seconds: Duration::from_micros(self.shared.cpu_us.load(Ordering::Relaxed))
                .as_secs_f64(),
        }
    }

    /// What they saw must come to what there is. Answers what does not.
    pub async fn compare(&self, stage: &Stage) -> anyhow::Result<Vec<String>> {
        compare_boards(stage, || self.shared.copies().clone()).await
    }

    /// Sends everybody home, and notes who was cut off before.
    pub fn end(mut self, recorder: &mut Recorder) {
        self.shared.end.cancel();
        let thread = self.thread.take();
        let failures = thread.map(thread::JoinHandle::join).transpose();
        for (failure, n) in failures.ok().flatten().unwrap_or_default() {
            (0..n).for_each(|_| recorder.failed("watch", &failure));
        }
    }
}

impl Drop for Bystanders {
    fn drop(&mut self) {
        self.shared.end.cancel();
    }
}

impl Bystanding {
    pub fn since(self, before: Self) -> Self {
        Self {
            n_viewers: self.n_viewers,
            n_messages: self.n_messages - before.n_messages,
            cpu_seconds: self.cpu_seconds - before.cpu_seconds,
        }
    }
}

impl Shared {
    fn copies(&self) -> MutexGuard<'_, Vec<(usize, Vec<u8>)>> {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread's work.
fn watch(
    target: &Target,
    event_ids: &[String],
    n_viewers: usize,
    shared: Arc<Shared>,
    ready: oneshot::Sender<anyhow::Result<()>>,
) -> Failures {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            ready.send(Err(error.into())).ok();
            return Failures::new();
        }
    };
    let end = shared.end.clone();
    let watching = async move {
        let connected = tokio::select! {
            () = end.cancelled() => return Failures::new(),
            connected = connect(target, event_ids, n_viewers) => connected,
        };
        match connected {
            Ok(feeds) => {
                ready.send(Ok(())).ok();
                follow_all(feeds, shared).await
            }
            Err(error) => {
                ready.send(Err(error)).ok();
                Failures::new()
            }
        }
    };
    LocalSet::new().block_on(&runtime, watching)
}

async fn connect(
    target: &Target,
    event_ids: &[String],
    n_viewers: usize,
) -> anyhow::Result<Vec<Feed>> {
    let caller = Caller::new(&target.host, None);
    let connecting = (0..n_viewers).map(async |nth| {
        let mut request = Vec::new();
        let path = ["/v1/events/", &event_ids[nth % event_ids.len()], "/live"];
        caller.write(&mut request, "GET", &path, None);
        let feed = Connection::new(target.address).subscribe(&request).await;
        let (stream, input) = feed.with_context(|| format!("viewer {} cannot watch", nth + 1))?;
        anyhow::Ok(Feed::new(nth, stream, input))
    });
    let connecting = futures::stream::iter(connecting).buffer_unordered(SIDE_BY_SIDE);
    connecting.try_collect().await
}

async fn follow_all(feeds: Vec<Feed>, shared: Arc<Shared>) -> Failures {
    let failures = Rc::new(RefCell::new(Failures::new()));
    let mut watching = JoinSet::new();
    for feed in feeds {
        let (shared, failures) = (shared.clone(), failures.clone());
        watching.spawn_local(async move {
            if let Err(error) = follow(feed, &shared).await {
                *failures
                    .borrow_mut()
                    .entry(format!("{error:#}"))
                    .or_default() += 1;
            }
        });
    }
    let mut ticks = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            () = shared.end.cancelled() => break,
            _ = ticks.tick() => {
                let us = u64::try_from(cpu_time_of_thread().as_micros()).unwrap_or(u64::MAX);
                shared.cpu_us.store(us, Ordering::Relaxed);
            }
        }
    }
    watching.shutdown().await;
    failures.take()
}

async fn follow(mut viewer: Feed, shared: &Shared) -> anyhow::Result<()> {
    loop {
        let text = viewer.next().await?;
        shared.n_messages.fetch_add(1, Ordering::Relaxed);
        if viewer.nth < COPIES_MAX
            && let Some((_, copy)) = shared.copies().get_mut(viewer.nth)
        {
            feed::apply(&text, copy)?;
        }
    }
}
