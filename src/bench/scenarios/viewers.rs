//! Viewers of the live feed, and the changes that they are to see.

use std::cell::RefCell;
use std::collections::VecDeque;
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
use super::super::options::Scenario;
use super::super::request::Caller;
use super::super::stage::Stage;
use super::super::worker::{Placed, Run, Worker};

/// How long a seat stays held: long enough that no tick of the feed swallows the change.
const HELD_FOR: Duration = Duration::from_millis(500);
/// How long the last changes may take to reach everybody.
const SETTLING_MAX: Duration = Duration::from_secs(10);
/// Limit: viewers whose copy of the board is kept and compared in the end.
const COPIES_MAX: usize = 50;
/// Limit: bytes of one message.
const MESSAGE_MAX_BYTES: usize = 1 << 20;
const SEEN: &str = "change seen";

/// The viewers of an event, and which changes they are waiting for.
#[derive(Default)]
pub struct Audience {
    viewers: Vec<(TcpStream, Vec<u8>)>,
    pub watched: Rc<Watched>,
}

/// When the first seat of a party was to be held, and to be free again.
#[derive(Default)]
pub struct Watched {
    held: RefCell<Vec<Option<Instant>>>,
    freed: RefCell<Vec<Option<Instant>>>,
    copies: RefCell<Vec<Vec<u8>>>,
    reader: RefCell<Reader>,
}

impl Audience {
    /// Connects everybody; there is nobody where the scenario has no viewers.
    pub async fn gather(stage: &Stage, scenario: Scenario, n: u32) -> anyhow::Result<Self> {
        if scenario != Scenario::Viewers {
            return Ok(Self::default());
        }
        let (n_viewers, mut request) = (n as usize, Vec::new());
        let path = ["/v1/events/", &stage.event_ids[0], "/live"];
        Caller::new(&stage.target.host, None).write(&mut request, "GET", &path, None);
        let mut viewers = Vec::new();
        for nth in 0..n_viewers {
            let connection = Connection::new(stage.target.address);
            let viewer = connection.subscribe(&request).await;
            viewers.push(viewer.with_context(|| format!("viewer {} cannot watch", nth + 1))?);
        }
        let nobody_waits = || RefCell::new(vec![None; stage.house.n_seats()]);
        let watched = Watched {
            held: nobody_waits(),
            freed: nobody_waits(),
            copies: RefCell::new(vec![Vec::new(); n_viewers.min(COPIES_MAX)]),
            reader: RefCell::default(),
        };
        Ok(Self {
            viewers,
            watched: Rc::new(watched),
        })
    }

    /// Everybody watches for as long as the tasks live.
    pub fn watch(&mut self, run: &Rc<Run>) -> JoinSet<()> {
        let mut watching = JoinSet::new();
        for (nth, viewer) in self.viewers.drain(..).enumerate() {
            watching.spawn_local(follow(nth, viewer, run.clone(), self.watched.clone()));
        }
        watching
    }

    /// What the viewers saw must come to what there is, byte by byte. Answers what does not.
    pub async fn compare(&self, stage: &Stage) -> anyhow::Result<Vec<String>> {
        if self.watched.copies.borrow().is_empty() {
            return Ok(Vec::new());
        }
        let mut client = Client::new(&stage.target);
        let path = format!("/v1/events/{}/availability", stage.event_ids[0]);
        let began = Instant::now();
        loop {
            let availability = client.get(&path).await?;
            let states = availability["states"].as_str().unwrap_or_default();
            let copies = self.watched.copies.borrow().clone();
            let differing = copies
                .iter()
                .zip(1..)
                .filter(|(copy, _)| *copy != states.as_bytes());
            let breaches = differing
                .map(|(_, nth)| format!("viewer {nth} sees another board than the one there is"));
            let breaches: Vec<String> = breaches.collect();
            if breaches.is_empty() || began.elapsed() > SETTLING_MAX {
                return Ok(breaches);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn follow(nth: usize, viewer: (TcpStream, Vec<u8>), run: Rc<Run>, watched: Rc<Watched>) {
    if let Err(error) = read_feed(nth, viewer, &run, &watched).await {
        run.recorder
            .borrow_mut()
            .failed(SEEN, &format!("{error:#}"));
    }
}

async fn read_feed(
    nth: usize,
    (mut stream, mut input): (TcpStream, Vec<u8>),
    run: &Run,
    watched: &Watched,
) -> anyhow::Result<()> {
    let (mut chunks, mut body) = (Chunks::default(), Vec::new());
    loop {
        let n_used = chunks.take(&input, &mut body)?;
        input.drain(..n_used);
        while let Some(text) = take_message(&mut body) {
            let mut reader = watched.reader.borrow_mut();
            watched.seen(nth, reader.read(&text)?, run);
        }
        if chunks.is_over() || body.len() > MESSAGE_MAX_BYTES {
            bail!("the feed ended");
        }
        if stream.read_buf(&mut input).await? == 0 {
            bail!("the feed was cut off");
        }
    }
}

impl Watched {
    fn seen(&self, nth: usize, message: &Message, run: &Run) {
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
        let mut recorder = run.recorder.borrow_mut();
        for (state, seats) in changes {
            let awaited = self.awaited(*state).borrow();
            for &seat in seats {
                if let Some(at) = copy.as_mut().and_then(|copy| copy.get_mut(seat)) {
                    *at = *state;
                }
                if let Some(Some(due)) = awaited.get(seat) {
                    let latency = now.saturating_duration_since(*due).as_micros();
                    recorder.took(SEEN, u64::try_from(latency).unwrap_or(u64::MAX), now);
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
    let mut held = VecDeque::new();
    let mut nth = 0;
    while let Some(turn) = run.pace.next().await {
        let is_long = |(since, _): &mut (Instant, _)| since.elapsed() > HELD_FOR;
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
            Placed::Held(placed) => held.push_back((Instant::now(), placed)),
            Placed::Refused(_) | Placed::Failed => run.watched.expect(b'h', first, None),
        }
    }
    for (_, held) in held {
        free(&mut worker, &held, Instant::now()).await;
    }
}

async fn free(worker: &mut Worker, held: &Held, due: Instant) {
    worker.run.watched.expect(b'.', held.seats[0], Some(due));
    worker.release(held).await;
}
