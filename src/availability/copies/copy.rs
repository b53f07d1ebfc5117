//! One board's copy: written by its keeper, read by whoever asks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::picture::{Picture, Renewal, Step};
use super::ring::Ring;
use crate::availability::live::Message;
use crate::availability::model::{Availability, SeatCounts};
use crate::board::{Change, Position, Snapshot};
use crate::document::{Document, Effort};
use crate::id::EventId;

/// Limit: how long a reader waits for what this process has already seen of the board.
const PATIENCE: Duration = Duration::from_millis(100);
/// Limit: the same while the copy is being made.
const FIRST_PATIENCE: Duration = Duration::from_secs(1);

pub struct Copy {
    pub event_id: EventId,
    /// Tells the keeper to end.
    pub ending: CancellationToken,
    pub n_viewers: AtomicUsize,
    /// How long the copy is good for after it was compared with its board.
    pub confirmed_for: Duration,
    state: Mutex<State>,
    /// Notified at each change of the state.
    moved: watch::Sender<()>,
    /// Notified when there is something to tell viewers.
    told: watch::Sender<()>,
}

struct State {
    picture: Option<Picture>,
    ring: Ring,
    hearing: Hearing,
    confirmed_at: Instant,
    used_at: Instant,
    seen: Option<Arc<Seen>>,
    snapshot: Option<Arc<Message>>,
    /// Whether somebody has asked for one of these two since [`Copy::forget_unwanted`].
    is_wanted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hearing {
    /// It is being made.
    NotYet,
    Yes,
    /// Nobody knows how old it is.
    No,
}

/// A board as the public sees it, at one position; its document is made once for all readers.
#[derive(Debug)]
pub struct Seen {
    pub position: Position,
    pub etag: String,
    pub document: Document,
    states: Vec<u8>,
    counts: OnceLock<SeatCounts>,
}

/// What a viewer gets next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    Snapshot,
    Frame(u64),
}

impl Seen {
    fn new(position: Position, states: Vec<u8>) -> Self {
        let availability = Availability::new(position, &states);
        let json = serde_json::to_vec(&availability).unwrap_or_default();
        Self {
            position,
            etag: format!("\"{}-{}\"", position.epoch, position.revision),
            document: Document::new(json, Effort::Quick),
            states,
            counts: OnceLock::new(),
        }
    }

    pub fn of(snapshot: &Snapshot) -> Self {
        let picture = Picture::of(snapshot);
        Self::new(picture.position(), picture.seats().to_vec())
    }

    pub fn counts(&self) -> SeatCounts {
        *self.counts.get_or_init(|| SeatCounts::of(&self.states))
    }
}

impl Copy {
    pub fn new(event_id: EventId, confirmed_for: Duration) -> Self {
        let now = Instant::now();
        Self {
            event_id,
            ending: CancellationToken::new(),
            n_viewers: AtomicUsize::new(0),
            confirmed_for,
            state: Mutex::new(State {
                picture: None,
                ring: Ring::default(),
                hearing: Hearing::NotYet,
                confirmed_at: now,
                used_at: now,
                seen: None,
                snapshot: None,
                is_wanted: false,
            }),
            moved: watch::Sender::new(()),
            told: watch::Sender::new(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn position(&self) -> Option<Position> {
        self.state().picture.as_ref().map(Picture::position)
    }

    /// Whether the copy was found to be in step a short while ago. Otherwise nobody knows how old
    /// is what viewers have been told.
    pub fn is_confirmed(&self) -> bool {
        self.state().confirmed_at.elapsed() <= self.confirmed_for
    }

    pub fn is_watched(&self) -> bool {
        self.n_viewers.load(Ordering::SeqCst) > 0
    }

    pub fn used_at(&self) -> Instant {
        self.state().used_at
    }

    /// Takes over a change that was heard.
    pub fn apply(&self, change: &Change) -> Step {
        let mut state = self.state();
        let Some(picture) = &mut state.picture else {
            return Step::Missed;
        };
        let step = picture.apply(change);
        if step == Step::Taken {
            state.seen = None;
            state.confirmed_at = Instant::now();
            self.moved.send_replace(());
        }
        step
    }

    /// Takes over a board that was read after the channel was heard.
    pub fn renew(&self, snapshot: &Snapshot) {
        let mut state = self.state();
        let renewal = match &mut state.picture {
            Some(picture) => picture.renew(snapshot),
            None => {
                state.picture = Some(Picture::of(snapshot));
                Renewal::Replaced
            }
        };
        state.seen = None;
        if renewal == Renewal::Replaced {
            state.ring.clear();
            state.snapshot = None;
            self.told.send_replace(());
        }
        state.hearing = Hearing::Yes;
        state.confirmed_at = Instant::now();
        self.moved.send_replace(());
    }

    /// The board has been found to be at the copy's position.
    pub fn confirm(&self) {
        self.state().confirmed_at = Instant::now();
    }

    /// Drops what was made for readers where nobody has come since the last time: of a stadium that
    /// is 200 kB, and there may be hundreds that nobody looks at for a while.
    pub fn forget_unwanted(&self) {
        let mut state = self.state();
        if !std::mem::take(&mut state.is_wanted) {
            state.seen = None;
            state.snapshot = None;
        }
    }

    /// From now on changes may be missing: nobody is answered from this copy.
    pub fn deafen(&self) {
        self.state().hearing = Hearing::No;
        self.moved.send_replace(());
    }

    /// Makes what has changed since the last tick ready for viewers; false where nothing has.
    pub fn tick(&self) -> bool {
        let mut state = self.state();
        let Some(frame) = state.picture.as_mut().and_then(Picture::tick) else {
            return false;
        };
        state.ring.push(frame);
        state.snapshot = None;
        self.told.send_replace(());
        true
    }

    /// The board at `floor` or later; none where this copy does not get there in a moment.
    pub async fn seen_from(&self, floor: Position) -> Option<Arc<Seen>> {
        match self.look(floor)? {
            Some(seen) => Some(seen),
            None => self.wait_for(floor).boxed().await,
        }
    }

    async fn wait_for(&self, floor: Position) -> Option<Arc<Seen>> {
        let mut moved = self.moved.subscribe();
        let patience = match self.state().hearing {
            Hearing::NotYet => FIRST_PATIENCE,
            _ => PATIENCE,
        };
        let waiting = async {
            loop {
                if let Some(seen) = self.look(floor)? {
                    return Some(seen);
                }
                moved.changed().await.ok()?;
            }
        };
        tokio::time::timeout(patience, waiting).await.ok().flatten()
    }

    /// None where the copy is not to be answered from; nothing in it where it is behind.
    fn look(&self, floor: Position) -> Option<Option<Arc<Seen>>> {
        let mut state = self.state();
        let now = Instant::now();
        state.used_at = now;
        let is_old = now - state.confirmed_at > self.confirmed_for;
        match state.hearing {
            Hearing::NotYet => return Some(None),
            Hearing::Yes if !is_old => {}
            Hearing::Yes | Hearing::No => return None,
        }
        state.is_wanted = true;
        if let Some(seen) = &state.seen {
            return Some(Some(seen.clone()).filter(|seen| seen.position >= floor));
        }
        let picture = state.picture.as_ref()?;
        if picture.position() < floor {
            return Some(None);
        }
        let seen = Arc::new(Seen::new(picture.position(), picture.seats().to_vec()));
        state.seen = Some(seen.clone());
        Some(Some(seen))
    }

    /// Waits until viewers can be told something: false when that takes too long.
    pub async fn is_ready(&self, patience: Duration) -> bool {
        let mut moved = self.moved.subscribe();
        let waiting = async {
            while self.state().picture.is_none() {
                if moved.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(patience, waiting).await.is_ok()
    }

    /// Waits until viewers have been told of a position; false when that takes too long.
    pub async fn has_told(&self, position: Position, patience: Duration) -> bool {
        let mut told = self.told.subscribe();
        let is_told = || {
            let state = self.state();
            let picture = state.picture.as_ref();
            picture.is_some_and(|picture| picture.told_position() >= position)
        };
        let waiting = async {
            while !is_told() {
                if told.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(patience, waiting).await.is_ok()
    }

    /// Notified when a viewer may have something to get.
    pub fn telling(&self) -> watch::Receiver<()> {
        self.told.subscribe()
    }

    /// Where somebody continues who has the board at that position.
    pub fn resume(&self, position: Position) -> Cursor {
        let state = self.state();
        let is_up_to_date = state
            .picture
            .as_ref()
            .is_some_and(|picture| picture.told_position() == position);
        if is_up_to_date {
            return Cursor::Frame(state.ring.end());
        }
        let after = state.ring.after(position);
        after.map_or(Cursor::Snapshot, Cursor::Frame)
    }

    /// What a viewer gets next, if there is anything; moves the cursor behind it. A viewer whom the
    /// ring has left behind gets a snapshot.
    pub fn next(&self, cursor: &mut Cursor) -> Option<Arc<Message>> {
        let mut state = self.state();
        if let Cursor::Frame(number) = *cursor
            && !state.ring.has_passed(number)
        {
            let message = state.ring.get(number)?.message.clone();
            *cursor = Cursor::Frame(number + 1);
            return Some(message);
        }
        if let Cursor::Frame(_) = cursor {
            metrics::counter!("holdfast_live_snapshots_total", "cause" => "behind").increment(1);
        }
        let message = state.snapshot()?;
        *cursor = Cursor::Frame(state.ring.end());
        Some(message)
    }
}

impl State {
    /// The board as viewers were last told, made once for all of them.
    fn snapshot(&mut self) -> Option<Arc<Message>> {
        self.is_wanted = true;
        if self.snapshot.is_none() {
            let picture = self.picture.as_ref()?;
            let message = Message::snapshot(picture.told_position(), &picture.told_seats());
            self.snapshot = Some(Arc::new(message));
        }
        self.snapshot.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_for_readers_goes_when_nobody_comes_any_more() {
        let copy = Copy::new(EventId(uuid::Uuid::nil()), Duration::from_secs(60));
        copy.renew(&Snapshot {
            position: Position {
                epoch: 1,
                revision: 4,
            },
            now: crate::clock::from_ms(0),
            seats: b"..h".to_vec(),
        });
        let snapshot = || copy.next(&mut Cursor::Snapshot).unwrap();
        let first = Arc::downgrade(&snapshot());

        copy.forget_unwanted();
        assert!(Arc::ptr_eq(&first.upgrade().unwrap(), &snapshot()));
        copy.forget_unwanted();
        copy.forget_unwanted();

        assert!(first.upgrade().is_none());
        assert!(snapshot().plain().ends_with(b"\"..h\"}\n\n"));
    }
}
