//! Viewers of the live feed, and the changes that they are to see.

use std::cell::{Cell, RefCell};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::super::client::Client;
use super::super::connection::Connection;
use super::super::feed::{Message, Reader, take_message};
use super::super::framing::Chunks;
use super::super::ledger::Held;
use super::super::recorder::Recorder;
use super::super::request::Caller;
use super::super::stage::Stage;
use super::super::worker::{Placed, Run, Worker};

/// How long a seat stays held: long enough that no tick of the feed swallows the change.
const HELD_FOR: Duration = Duration::from_millis(500);
/// How long the last changes may take to reach everybody.
const SETTLING_MAX: Duration = Duration::from_secs(10);
/// Nobody has seen a change for so long: no more are under way.
const QUIET: Duration = Duration::from_millis(500);
/// Limit: viewers whose copy of the board is kept and compared in the end.
pub const COPIES_MAX: usize = 50;
/// Limit: bytes of one message.
const MESSAGE_MAX_BYTES: usize = 1 << 20;
const SEEN: &str = "change seen";

/// The viewers of an event, and which changes they are waiting for.
#[derive(Default)]
pub struct Audience {
    viewers: Vec<Feed>,
    pub watched: Rc<Watched>,
}

/// When the first seat of a party was to be held, and to be free again.
#[derive(Default)]
pub struct Watched {
    held: RefCell<Vec<Option<Instant>>>,
    freed: RefCell<Vec<Option<Instant>>>,
    copies: RefCell<Vec<Vec<u8>>>,
    reader: RefCell<Reader>,
    n_viewers: u64,
    /// How often a viewer is to see a change: each that was acknowledged, each viewer.
    n_expected: Cell<u64>,
    n_seen: Cell<u64>,
}

impl Audience {
    /// Connects everybody; there is nobody where the scenario has no viewers.
    pub async fn gather(stage: &Stage, n: u32) -> anyhow::Result<Self> {
        if n == 0 {
            return Ok(Self::default());
        }
        let (n_viewers, mut request) = (n as usize, Vec::new());
        let path = ["/v1/events/", &stage.event_ids[0], "/live"];
        Caller::new(&stage.target.host, None).write(&mut request, "GET", &path, None);
        let mut viewers = Vec::new();
        for nth in 0..n_viewers {
            let connection = Connection::new(stage.target.address);
            let viewer = connection.subscribe(&request).await;
            let (stream, input) =
                viewer.with_context(|| format!("viewer {} cannot watch", nth + 1))?;
            viewers.push(Feed::new(nth, stream, input));
        }
        Ok(Self {
            viewers,
            watched: Rc::new(Watched::new(stage.house.n_seats(), n)),
        })
    }

    /// Everybody watches for as long as the tasks live.
    pub fn watch(&mut self, run: &Rc<Run>) -> JoinSet<()> {
        let mut watching = JoinSet::new();
        for feed in self.viewers.drain(..) {
            watching.spawn_local(follow(feed, run.clone(), self.watched.clone()));
        }
        watching
    }

    /// What the viewers saw must come to what there is, byte by byte. Answers what does not.
    pub async fn compare(&self, stage: &Stage) -> anyhow::Result<Vec<String>> {
        let of_first = || {
            let copies = self.watched.copies.borrow();
            copies.iter().map(|copy| (0, copy.clone())).collect()
        };
        let breaches = compare_boards(stage, of_first).await;
        self.watched.settle().await;
        breaches
    }
}

/// Compares boards, each of the event with that number, with those there are until they are the
/// same, for a while. Answers which are not.
pub async fn compare_boards(
    stage: &Stage,
    copies: impl Fn() -> Vec<(usize, Vec<u8>)>,
) -> anyhow::Result<Vec<String>> {
    let mut client = Client::new(&stage.target);
    let began = Instant::now();
    loop {
        let mut boards = HashMap::new();
        for (event, _) in copies() {
            if let Entry::Vacant(board) = boards.entry(event) {
                let path = format!("/v1/events/{}/availability", stage.event_ids[event]);
                let availability = client.get(&path).await?;
                let states = availability["states"].as_str().unwrap_or_default();
                board.insert(states.as_bytes().to_vec());
            }
        }
        let copies = copies().into_iter().zip(1..);
        let differing = copies.filter(|((event, copy), _)| boards.get(event) != Some(copy));
        let breaches = differing
            .map(|(_, nth)| format!("viewer {nth} sees another board than the one there is"));
        let breaches: Vec<String> = breaches.collect();
        if breaches.is_empty() || began.elapsed() > SETTLING_MAX {
            return Ok(breaches);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// One viewer's connection, message after message.
pub struct Feed {
    pub nth: usize,
    stream: TcpStream,
    input: Vec<u8>,
    chunks: Chunks,
    body: Vec<u8>,
}

impl Feed {
    /// `input`: what has come already.
    pub fn new(nth: usize, stream: TcpStream, input: Vec<u8>) -> Self {
        Self {
            nth,
            stream,
            input,
            chunks: Chunks::default(),
            body: Vec::new(),
        }
    }

    pub async fn next(&mut self) -> anyhow::Result<Vec<u8>> {
        loop {
            let n_used = self.chunks.take(&self.input, &mut self.body)?;
            self.input.drain(..n_used);
            if let Some(text) = take_message(&mut self.body) {
                return Ok(text);
            }
            if self.chunks.is_over() || self.body.len() > MESSAGE_MAX_BYTES {
                bail!("the feed ended");
            }
            if self.stream.read_buf(&mut self.input).await? == 0 {
                bail!("the feed was cut off");
            }
        }
    }
}

async fn follow(feed: Feed, run: Rc<Run>, watched: Rc<Watched>) {
    if let Err(error) = read_feed(feed, &run, &watched).await {
        run.recorder
            .borrow_mut()
            .failed(SEEN, &format!("{error:#}"));
    }
}

async fn read_feed(mut feed: Feed, run: &Run, watched: &Watched) -> anyhow::Result<()> {
    loop {
        let text = feed.next().await?;
        let mut reader = watched.reader.borrow_mut();
        let mut recorder = run.recorder.borrow_mut();
        watched.seen(feed.nth, reader.read(&text)?, &mut recorder);
    }
}

impl Watched {
    pub fn new(n_seats: usize, n_viewers: u32) -> Self {
        let nobody_waits = || RefCell::new(vec![None; n_seats]);
        Self {
            held: nobody_waits(),
            freed: nobody_waits(),
            copies: RefCell::new(vec![Vec::new(); COPIES_MAX.min(n_viewers as usize)]),
            n_viewers: n_viewers.into(),
            ..Self::default()
        }
    }

    /// How often a viewer was not told of a change by itself: a snapshot had it, a later change had
    /// swallowed it, or the viewer was cut off. How long those took is not known.
    pub fn n_unseen(&self) -> u64 {
        self.n_expected.get().saturating_sub(self.n_seen.get())
    }

    /// A change was acknowledged.
    fn changed(&self) {
        self.n_expected.set(self.n_expected.get() + self.n_viewers);
    }

    /// Until everybody has seen everything, or nothing more comes.
    async fn settle(&self) {
        let mut n_before = None;
        while self.n_unseen() > 0 && n_before != Some(self.n_seen.get()) {
            n_before = Some(self.n_seen.get());
            tokio::time::sleep(QUIET).await;
        }
    }

    fn seen(&self, nth: usize, message: &Message, recorder: &mut Recorder) {
        let now = Instant::now();
        let mut copies = self.copies.borrow_mut();
        let mut copy = copies.get_mut(nth);
        let changes = match message {
            Message::Changes(changes) => changes,
            Message::Snapshot(states) => {
                if let Some(copy) = copy {
                    copy.clone_from(states);
                }
                return;
            }
            Message::Other => return,
        };
        for (state, seats) in changes {
            let awaited = self.awaited(*state).borrow();
            for &seat in seats {
                if let Some(at) = copy.as_mut().and_then(|copy| copy.get_mut(seat)) {
                    *at = *state;
                }
                if let Some(Some(due)) = awaited.get(seat) {
                    let latency = now.saturating_duration_since(*due).as_micros();
                    recorder.took(SEEN, u64::try_from(latency).unwrap_or(u64::MAX), now);
                    self.n_seen.set(self.n_seen.get() + 1);
                }
            }
        }
    }

    fn awaited(&self, state: u8) -> &RefCell<Vec<Option<Instant>>> {
        if state == b'.' {
            &self.freed
        } else {
            &self.held
        }
    }

    fn expect(&self, state: u8, seat: usize, due: Option<Instant>) {
        self.awaited(state).borrow_mut()[seat] = due;
    }
}

/// Each turn is a change: seats are held, or those held for long enough become free.
pub async fn change_seats(mut worker: Worker) {
    let run = worker.run.clone();
    let n_workers = run.bench.n_workers() as usize;
    let n_mine = run.stage.n_parties_of_event() / n_workers;
    let is_long = |(since, _): &mut (Instant, _)| since.elapsed() > HELD_FOR;
    let mut held = VecDeque::new();
    let mut nth = 0;
    while let Some(turn) = run.pace.next().await {
        let mut oldest = held.pop_front_if(is_long);
        if oldest.is_none() && held.len() >= n_mine {
            oldest = held.pop_front();
        }
        if let Some((_, oldest)) = oldest {
            free(&mut worker, &oldest, turn.due).await;
            continue;
        }
        let seats = run
            .stage
            .seats_of_party(worker.nth + n_workers * (nth % n_mine.max(1)));
        nth += 1;
        let first = seats[0];
        run.watched.expect(b'h', first, Some(turn.due));
        match worker.place(0, seats, turn.due).await {
            Placed::Held(placed) => {
                run.watched.changed();
                held.push_back((Instant::now(), placed));
            }
            Placed::Refused(_) | Placed::Failed => run.watched.expect(b'h', first, None),
        }
    }
    // The others end with the event: the feed might swallow that they were held.
    while let Some((_, held)) = held.pop_front_if(is_long) {
        free(&mut worker, &held, Instant::now()).await;
    }
}

async fn free(worker: &mut Worker, held: &Held, due: Instant) {
    worker.run.watched.expect(b'.', held.seats[0], Some(due));
    if worker.release(held, due).await {
        worker.run.watched.changed();
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::stub;
    use super::*;

    #[tokio::test]
    async fn a_change_that_makes_a_callers_turn_counts_from_when_it_was_due() {
        let run = stub::run("viewers", |_| (204, "")).await;
        let placed = Instant::now();
        let held = run.ledger.borrow_mut().placed(0, vec![0], "hold", placed);
        let due = placed.checked_sub(Duration::from_secs(5)).unwrap();

        free(&mut Worker::new(0, run.clone()), &held, due).await;

        let recorder = run.recorder.borrow();
        assert_eq!(recorder.operations[0].name, "release");
        assert!(recorder.operations[0].latencies.min() > 4_900_000);
    }

    #[test]
    fn a_change_that_only_a_snapshot_tells_of_is_counted() {
        let watched = Watched::new(2, 2);
        let mut recorder = Recorder::new(Instant::now(), Duration::from_secs(1));
        watched.expect(b'h', 0, Some(Instant::now()));
        watched.changed();
        assert_eq!(watched.n_unseen(), 2);

        let told = Message::Changes(vec![(b'h', vec![0, 1])]);
        watched.seen(0, &told, &mut recorder);
        watched.seen(1, &Message::Snapshot(b"hh".to_vec()), &mut recorder);

        assert_eq!((recorder.n_answered(), watched.n_unseen()), (1, 1));
    }
}
