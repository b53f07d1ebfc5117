//! Work that outlives a request: tasks that shutdown waits for, those that serve them, and nudges
//! that wake jobs.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
    servants: TaskTracker,
    /// All but the servants have ended.
    is_deserted: CancellationToken,
    nudges: Arc<Mutex<HashMap<&'static str, Arc<Notify>>>>,
}

impl Tasks {
    /// Runs a future to its end, even when the request that started it is gone.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        // What is spawned is moved several times, and a confirm is kilobytes. Without its type, the
        // runtime is compiled once for all.
        self.tracker.spawn(work.boxed())
    }

    /// As [`Tasks::spawn`], on another runtime.
    pub fn spawn_on<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
        runtime: &Handle,
    ) -> JoinHandle<T> {
        self.tracker.spawn_on(work.boxed(), runtime)
    }

    /// Runs what other tasks wait for, on that runtime or this one. It never ends by itself, and
    /// begins anew where it panics: it is dropped when all others have ended, and nobody can come
    /// to it any more.
    pub fn spawn_servant<W: Future<Output = ()> + Send + 'static>(
        &self,
        serve: impl Fn() -> W + Send + Sync + 'static,
        runtime: Option<&Handle>,
    ) {
        let is_deserted = self.is_deserted.clone();
        let work = async move {
            let serving = async {
                while AssertUnwindSafe(serve()).catch_unwind().await.is_err() {
                    tracing::error!("what others wait for has panicked, and begins anew");
                }
            };
            tokio::select! {
                () = serving => {}
                () = is_deserted.cancelled() => {}
            }
        };
        match runtime {
            Some(runtime) => self.servants.spawn_on(work.boxed(), runtime),
            None => self.servants.spawn(work.boxed()),
        };
    }

    /// Ends when the service is told to stop.
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Tells everything to stop and waits for it; false when `timeout` passed first.
    pub async fn stop(&self, timeout: Duration) -> bool {
        self.stopping.cancel();
        self.tracker.close();
        self.servants.close();
        let ended = async {
            self.tracker.wait().await;
            self.is_deserted.cancel();
            self.servants.wait().await;
        };
        tokio::time::timeout(timeout, ended).await.is_ok()
    }

    /// Wakes a job before its next turn. Carries no data, and may be lost: the job's schedule finds
    /// the work too.
    pub fn nudge(&self, job: &'static str) {
        self.nudged(job).notify_one();
    }

    pub fn nudged(&self, job: &'static str) -> Arc<Notify> {
        let mut nudges = self.nudges.lock().unwrap_or_else(PoisonError::into_inner);
        nudges.entry(job).or_default().clone()
    }
}

/// Runs a program's work on a runtime of its own. Does not wait for threads that look up a name or
/// write to a disk for somebody who has given up.
pub fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = Runtime::new()?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_background();
    outcome
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, RecvTimeoutError};

    use tokio::sync::{Mutex, oneshot};

    use super::*;

    /// It panics on its first errand.
    #[tokio::test]
    async fn a_servant_serves_until_all_others_have_ended_and_outlives_its_panics() {
        let (errand, errands) = tokio::sync::mpsc::channel::<Option<oneshot::Sender<()>>>(8);
        let errands = Arc::new(Mutex::new(errands));
        let tasks = Tasks::default();
        let serve = move || {
            let errands = errands.clone();
            async move {
                while let Some(errand) = errands.lock().await.recv().await {
                    errand.expect("an errand").send(()).ok();
                }
            }
        };
        tasks.spawn_servant(serve, None);
        let stopping = tasks.stopping();
        let last = tasks.spawn(async move {
            errand.send(None).await.unwrap();
            stopping.cancelled().await;
            tokio::task::yield_now().await;
            let (done, is_done) = oneshot::channel();
            errand.send(Some(done)).await.unwrap();
            is_done.await
        });

        assert!(tasks.stop(Duration::from_secs(10)).await);

        assert_eq!(last.await.unwrap(), Ok(()));
    }

    #[test]
    fn what_is_over_waits_for_no_thread_that_is_stuck() {
        let (end, ended) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let stuck = move || tell.send(ended.recv_timeout(Duration::from_secs(10)));
        block_on(async move {
            let (begin, begun) = oneshot::channel();
            tokio::task::spawn_blocking(move || {
                begin.send(()).unwrap();
                stuck().unwrap();
            });
            Ok(begun.await?)
        })
        .unwrap();

        drop(end);

        assert_eq!(told.recv(), Ok(Err(RecvTimeoutError::Disconnected)));
    }
}
