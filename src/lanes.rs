//! Lanes: threads that serve connections, one for each core, each with an event loop of its own.
//!
//! A request is read, worked on and answered on one thread, and its commands go over that thread's
//! own connection to Redis: no thread wakes another, and what has come in together is written
//! together (decision 0021). Jobs are the main runtime's, and what they share with requests may be
//! waited for on any thread.

use std::cell::Cell;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A lane is busy from so many requests in a stretch on.
const BUSY_FROM: u32 = 4;
const STRETCH: Duration = Duration::from_millis(1);

thread_local! {
    static CURRENT: Cell<Option<usize>> = const { Cell::new(None) };
    static PACE: Cell<Option<Pace>> = const { Cell::new(None) };
}

/// Which lane this thread is, if it is one.
pub fn current() -> Option<usize> {
    CURRENT.get()
}

/// Counts a request that this thread begins.
pub fn count_request() {
    if let Some(mut pace) = PACE.get() {
        pace.n_turn += 1;
        PACE.set(Some(pace));
    }
}

/// On a busy lane others go first before it looks whether there is more to do: what they send is
/// then read, worked on and written together, and not one by one as it comes (decision 0043).
fn end_turn() {
    let Some(mut pace) = PACE.get() else {
        return;
    };
    if pace.n_turn > 0 {
        let is_busy = pace.end_turn(Instant::now());
        PACE.set(Some(pace));
        if is_busy {
            thread::yield_now();
        }
    }
}

/// How many requests come to a lane. A turn lasts until there is nothing more to do.
#[derive(Clone, Copy)]
struct Pace {
    n_turn: u32,
    n_stretch: u32,
    stretch_began: Instant,
    is_busy: bool,
}

impl Pace {
    fn begin(now: Instant) -> Self {
        Self {
            n_turn: 0,
            n_stretch: 0,
            stretch_began: now,
            is_busy: false,
        }
    }

    /// Whether the lane is busy, by the last stretch that is over.
    fn end_turn(&mut self, now: Instant) -> bool {
        self.n_stretch += std::mem::take(&mut self.n_turn);
        let stretch = now - self.stretch_began;
        if stretch >= STRETCH {
            self.is_busy = STRETCH * self.n_stretch >= stretch * BUSY_FROM;
            self.n_stretch = 0;
            self.stretch_began = now;
        }
        self.is_busy
    }
}

/// The threads end with the last clone.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    lanes: Arc<[Lane]>,
    end: CancellationToken,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
    _end_with_last: Option<Arc<DropGuard>>,
}

#[derive(Clone, Debug)]
struct Lane {
    handle: Handle,
    n_places_taken: Arc<AtomicUsize>,
}

/// One connection's place on a lane; given back when this is dropped.
#[derive(Debug)]
pub struct Place(Lane);

impl Lanes {
    /// One for each core that this process may use.
    pub fn start() -> io::Result<Self> {
        let n_lanes = thread::available_parallelism().map_or(1, usize::from);
        let end = CancellationToken::new();
        let started = (0..n_lanes).map(|nth| Lane::start(nth, end.clone()));
        let started: Vec<_> = started.collect::<Result<_, _>>()?;
        let (lanes, threads): (Vec<_>, Vec<_>) = started.into_iter().unzip();
        Ok(Self {
            lanes: lanes.into(),
            threads: Arc::new(Mutex::new(threads)),
            _end_with_last: Some(Arc::new(end.clone().drop_guard())),
            end,
        })
    }

    /// Cuts off what still runs on them. To be called before the main runtime ends: a request must
    /// not go on, and be answered, without it.
    pub fn end(&self) {
        self.end.cancel();
        let threads = self.threads.lock();
        let threads = std::mem::take(&mut *threads.unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // Who panicked has ended, too.
            thread.join().ok();
        }
    }

    pub fn len(&self) -> usize {
        self.lanes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// The runtime of a lane; they are counted round and round.
    pub fn handle(&self, nth: usize) -> Option<&Handle> {
        let nth = nth.checked_rem(self.lanes.len())?;
        Some(&self.lanes[nth].handle)
    }

    /// A place on the lane that has given away the fewest.
    pub fn take_place(&self) -> Option<Place> {
        let n_taken = |lane: &&Lane| lane.n_places_taken.load(Ordering::Relaxed);
        let lane = self.lanes.iter().min_by_key(n_taken)?;
        lane.n_places_taken.fetch_add(1, Ordering::Relaxed);
        Some(Place(lane.clone()))
    }
}

impl Lane {
    fn start(nth: usize, end: CancellationToken) -> io::Result<(Self, JoinHandle<()>)> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .on_thread_park(end_turn)
            .build()?;
        let handle = runtime.handle().clone();
        let work = move || {
            CURRENT.set(Some(nth));
            PACE.set(Some(Pace::begin(Instant::now())));
            runtime.block_on(end.cancelled());
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new()
            .name(format!("lane-{nth}"))
            .spawn(work)?;
        let lane = Self {
            handle,
            n_places_taken: Arc::default(),
        };
        Ok((lane, thread))
    }
}

impl Place {
    /// The runtime of the lane.
    pub fn handle(&self) -> &Handle {
        &self.0.handle
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.n_places_taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_shared_out_evenly_and_given_back() {
        let lanes = Lanes::start().unwrap();
        let n_taken = |lanes: &Lanes| -> Vec<_> {
            let lanes = lanes.lanes.iter();
            lanes
                .map(|lane| lane.n_places_taken.load(Ordering::Relaxed))
                .collect()
        };
        let places: Vec<_> = (0..3 * lanes.len())
            .map(|_| lanes.take_place().unwrap())
            .collect();
        assert_eq!(n_taken(&lanes), vec![3; lanes.len()]);

        drop(places);

        assert_eq!(n_taken(&lanes), vec![0; lanes.len()]);
    }

    #[test]
    fn a_lane_is_busy_while_many_requests_come_in_a_short_time() {
        let (at, us) = (Instant::now(), Duration::from_micros);
        let mut pace = Pace::begin(at);
        let mut turn = |n_requests, after| {
            pace.n_turn = n_requests;
            pace.end_turn(at + after)
        };

        assert!(!turn(3, us(500)), "nothing is known yet");
        assert!(turn(1, us(1_000)), "four in a millisecond");
        assert!(turn(1, us(1_500)), "as in the stretch before");
        assert!(!turn(2, us(2_000)), "three in a millisecond");
        assert!(turn(9, us(4_000)), "nine in two");
        assert!(!turn(4, us(60_000)), "four in a long time");
    }

    #[test]
    fn work_on_a_lane_knows_which_it_is() {
        let lanes = Lanes::start().unwrap();
        let last = lanes.len() - 1;

        let (sender, known) = std::sync::mpsc::channel();
        let work = async move { sender.send(current()).unwrap() };
        lanes.handle(last).unwrap().spawn(work);

        assert_eq!(known.recv().unwrap(), Some(last));
        assert_eq!(current(), None);
        assert!(Lanes::default().take_place().is_none());
    }
}
