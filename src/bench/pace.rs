//! Who goes next, and when: by the schedule (open loop), or when a connection is free (closed).

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::arrivals::Arrivals;

/// The pacemaker looks this often; arrivals closer together than that are let in together.
const BEAT_MIN: Duration = Duration::from_micros(50);
const BEAT_MAX: Duration = Duration::from_millis(20);

/// One caller's turn.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    pub nth: u64,
    /// When the caller meant to come; latency counts from here.
    pub due: Instant,
}

pub struct Pace {
    start: Instant,
    /// Nobody is let in any more after this, come or not.
    end: Instant,
    n_max: u64,
    n_begun: Cell<u64>,
    is_stopped: Cell<bool>,
    schedule: Option<Schedule>,
}

struct Schedule {
    arrivals: RefCell<Arrivals>,
    n_due: Arc<Semaphore>,
}

impl Pace {
    /// Those who have come wait for a free connection, until `patience` after the start at most.
    /// The pacemaker has the same arrivals as the callers.
    pub fn open(arrivals: impl Fn() -> Arrivals, patience: Duration) -> Self {
        let start = Instant::now();
        let n_due = Arc::new(Semaphore::new(0));
        let beats = (arrivals(), n_due.clone());
        thread::spawn(move || beat(start, beats.0, &beats.1));
        Self {
            start,
            end: start + patience,
            n_max: u64::MAX,
            n_begun: Cell::new(0),
            is_stopped: Cell::new(false),
            schedule: Some(Schedule {
                arrivals: RefCell::new(arrivals()),
                n_due,
            }),
        }
    }

    pub fn closed(window: Duration, n_max: u64) -> Self {
        let start = Instant::now();
        Self {
            start,
            end: start + window,
            n_max,
            n_begun: Cell::new(0),
            is_stopped: Cell::new(false),
            schedule: None,
        }
    }

    pub fn start(&self) -> Instant {
        self.start
    }

    pub fn is_over(&self) -> bool {
        self.is_stopped.get() || Instant::now() >= self.end
    }

    pub fn is_stopped(&self) -> bool {
        self.is_stopped.get()
    }

    /// Lets nobody in any more.
    pub fn stop(&self) {
        self.is_stopped.set(true);
        if let Some(schedule) = &self.schedule {
            schedule.n_due.close();
        }
    }

    /// The next turn, once it is due; none when the run is over.
    pub async fn next(&self) -> Option<Turn> {
        if self.is_over() || self.n_begun.get() >= self.n_max {
            return None;
        }
        let due = match &self.schedule {
            None => Instant::now(),
            Some(schedule) => {
                schedule.n_due.acquire().await.ok()?.forget();
                if self.is_over() {
                    return None;
                }
                self.start + schedule.arrivals.borrow_mut().next()?
            }
        };
        let nth = self.n_begun.replace(self.n_begun.get() + 1);
        Some(Turn { nth, due })
    }

    /// How many arrived and were never let in; nobody was when the run was stopped.
    pub fn n_left_out(&self) -> u64 {
        if self.is_stopped.get() {
            return 0;
        }
        let left = self.schedule.as_ref();
        left.map_or(0, |schedule| {
            schedule
                .arrivals
                .borrow_mut()
                .by_ref()
                .fold(0, |n, _| n + 1)
        })
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Adds a permit for each arrival that is due. A thread, since tokio's timers tick in milliseconds.
fn beat(start: Instant, arrivals: Arrivals, n_due: &Semaphore) {
    let mut arrivals = arrivals.peekable();
    while let Some(next) = arrivals.peek() {
        if n_due.is_closed() {
            return;
        }
        let wait = next.saturating_sub(start.elapsed());
        if !wait.is_zero() {
            thread::sleep(wait.clamp(BEAT_MIN, BEAT_MAX));
        }
        let now = start.elapsed();
        let mut n_now = 0;
        while arrivals.next_if(|at| *at <= now).is_some() {
            n_now += 1;
        }
        n_due.add_permits(n_now);
    }
    // Whoever waits for one more learns that there is none.
    n_due.add_permits(Semaphore::MAX_PERMITS / 2);
}
