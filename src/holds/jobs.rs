//! Sweeping lapsed holds, for the map and the waitlist, which correctness does not wait for; and
//! taking what boards tell of holds into the outbox.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use futures::{StreamExt, stream};

use super::error::HoldError;
use super::store::{self, Stream, Taken};
pub use crate::board::take_overdue;
use crate::board::{self, Told, ToldPosition};
use crate::clock::Instant;
use crate::context::Context;
use crate::events;
use crate::id::EventId;
use crate::jobs::Progress;
use crate::outbox;

/// The events to sweep, as last read: holds lapse while PostgreSQL is away, too.
#[derive(Default)]
struct LiveEvents(Mutex<Vec<EventId>>);

/// When it was last looked for events, and when each board is to be swept next.
#[derive(Default)]
struct Sweeps(Mutex<Schedule>);

#[derive(Default)]
struct Schedule {
    looked_at: Option<Instant>,
    due: HashMap<EventId, Instant>,
}

/// Between two looks for events, only those are swept that are due: where a thousand are on sale,
/// holds lapse all the time in some.
const LOOK_EVERY: TimeDelta = TimeDelta::milliseconds(900);

/// How long a board rests, in ms, where nothing is due before: less than the shortest hold lasts,
/// so that each is known before it lapses, whoever placed it.
const REST_MS: i64 = 4_000;

/// Boards rest in groups whose ends are so many ms apart: all at once would keep Redis busy.
const GROUP_MS: i64 = 250;

/// Limit: sweeps under way at once. They go to Redis together, which spares wakings where there
/// are a thousand events on sale; more of them would keep a buyer waiting there.
const SWEPT_AT_ONCE: usize = 8;

/// Sweeps a batch of lapsed holds of every live event that may have some. An event that fails does
/// not keep the others.
pub async fn expire_due_holds(ctx: &Context) -> Result<Progress, HoldError> {
    let sweeps = ctx.memory::<Sweeps>();
    let mut n_expired = 0;
    let mut is_more = false;
    let mut failure = None;
    let events = events_to_sweep(ctx, &sweeps).await.into_iter();
    let sweep = async |event_id| (event_id, board::expire_holds(ctx, event_id).await);
    let mut sweeping = stream::iter(events.map(sweep)).buffer_unordered(SWEPT_AT_ONCE);
    while let Some((event_id, swept)) = sweeping.next().await {
        match swept {
            Ok(swept) => {
                n_expired += swept.expired.len() as u64;
                is_more |= swept.is_full();
                sweeps.note(event_id, ctx.clock.now(), swept.next_in);
            }
            Err(error) => failure = Some(error),
        }
    }
    metrics::counter!("holdfast_holds_expired_total").increment(n_expired);
    match (failure, sweeps.next_at()) {
        (Some(error), _) => Err(error.into()),
        (None, _) if is_more => Ok(Progress::Worked(n_expired)),
        (None, Some(due)) => Ok(Progress::Until(due)),
        (None, None) => Ok(Progress::Idle),
    }
}

async fn events_to_sweep(ctx: &Context, sweeps: &Sweeps) -> Vec<EventId> {
    let now = ctx.clock.now();
    let due = sweeps.take_due(now);
    if !due.is_empty() {
        return due;
    }
    sweeps.look(now, live_events(ctx).await)
}

impl Sweeps {
    fn lock(&self) -> MutexGuard<'_, Schedule> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The events that are all that is to be swept now; none where it is to be looked for events.
    fn take_due(&self, now: Instant) -> Vec<EventId> {
        let mut schedule = self.lock();
        let is_recent = |at: Instant| at <= now && now - at < LOOK_EVERY;
        if !schedule.looked_at.is_some_and(is_recent) {
            return Vec::new();
        }
        let due = schedule.due.extract_if(|_, due| !rests(*due, now));
        due.map(|(event_id, _)| event_id).collect()
    }

    /// Those of the live events whose boards do not rest.
    fn look(&self, now: Instant, mut live: Vec<EventId>) -> Vec<EventId> {
        let mut schedule = self.lock();
        schedule.looked_at = Some(now);
        let known = std::mem::take(&mut schedule.due);
        live.retain(|event_id| match known.get(event_id) {
            Some(due) if rests(*due, now) => {
                schedule.due.insert(*event_id, *due);
                false
            }
            _ => true,
        });
        live
    }

    /// Takes note of a board that has been swept, where something is due after that time.
    fn note(&self, event_id: EventId, now: Instant, next_in: Option<TimeDelta>) {
        let rest = rest(event_id, now);
        let due = now + next_in.map_or(rest, |next_in| next_in.min(rest));
        self.lock().due.insert(event_id, due);
    }

    fn next_at(&self) -> Option<Instant> {
        self.lock().due.values().min().copied()
    }
}

/// How long a board rests from now on.
fn rest(event_id: EventId, now: Instant) -> TimeDelta {
    // The last bytes of a UUIDv7 are random.
    let (_, low) = event_id.0.as_u64_pair();
    let begins = low.cast_signed().rem_euclid(REST_MS / GROUP_MS) * GROUP_MS;
    let since = (now.timestamp_millis() - begins).rem_euclid(REST_MS);
    TimeDelta::milliseconds(REST_MS - since)
}

/// Whether a board that is due then rests now; where the clock went back, that says nothing.
fn rests(due: Instant, now: Instant) -> bool {
    now < due && due - now <= TimeDelta::milliseconds(REST_MS)
}

async fn live_events(ctx: &Context) -> Vec<EventId> {
    let known = ctx.memory::<LiveEvents>();
    if let Ok(events) = board::list_live_events(&ctx.db).await {
        known
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&events);
        return events;
    }
    known
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

pub const TELL_HOLDS: &str = "tell_holds";

/// Limit: what is taken of one event's stream in one step.
const TAKEN_AT_ONCE_MAX: usize = 500;

/// Takes what boards tell of holds into the outbox, each entry once, however many instances do it.
/// An event that fails does not keep the others.
pub async fn tell_holds(ctx: &Context) -> Result<Progress, HoldError> {
    let (mut n_told, mut failure) = (0, None);
    for stream in store::list_streams(&ctx.db).await? {
        match tell_of(ctx, &stream).await {
            Ok(n) => n_told += n,
            Err(error) => failure = Some(error),
        }
    }
    if n_told > 0 {
        ctx.tasks.nudge(outbox::DERIVE_NUDGE);
    }
    failure.map_or(Ok(Progress::of(n_told)), Err)
}

async fn tell_of(ctx: &Context, stream: &Stream) -> Result<u64, HoldError> {
    let (event_id, from) = (stream.event_id, stream.position);
    let begun = match (stream.is_wanted, stream.stream_id) {
        (false, None) => None,
        (false, Some(stream_id)) => {
            if board::stop_telling(ctx, event_id, stream.board_epoch).await? {
                store::end_stream(&ctx.db, event_id, stream_id).await?;
            }
            None
        }
        (true, None) => store::begin_stream(&ctx.db, event_id).await?,
        (true, Some(stream_id)) => Some(stream_id),
    };
    let Some(stream_id) = begun else {
        return Ok(0);
    };
    let told = board::read_told(ctx, event_id, from, TAKEN_AT_ONCE_MAX).await?;
    let (to, n_lost) = reckon(from, &told);
    if to == from {
        return Ok(0);
    }
    let sale = events::sale(ctx, event_id).await?;
    let messages = told.entries.iter().map(|it| it.news.message(ctx, &sale));
    let taken = Taken {
        event_id,
        stream_id,
        from,
        to,
        n_lost,
        messages: messages.collect(),
    };
    if !store::take(&ctx.db, &taken).await? {
        return Ok(0);
    }
    if n_lost > 0 {
        tracing::warn!(event.id = %event_id, n_lost, ?from, ?to, "nobody is told of some holds");
        metrics::counter!("holdfast_hold_messages_lost_total").increment(n_lost.unsigned_abs());
    }
    Ok(taken.messages.len() as u64)
}

/// How far what was read leads on from a position, and how many entries are missing before it: each
/// has the next number, from 1 in each epoch.
fn reckon(from: ToldPosition, told: &Told) -> (ToldPosition, i64) {
    let (mut at, mut n_lost) = (from, 0);
    let n_known = |at: ToldPosition, next: ToldPosition| match at.epoch.cmp(&next.epoch) {
        Ordering::Equal => at.n,
        Ordering::Less => 0,
        Ordering::Greater => next.n,
    };
    for entry in &told.entries {
        n_lost += entry.position.n - 1 - n_known(at, entry.position);
        at = entry.position;
    }
    if !told.is_cut {
        n_lost += (told.last.n - n_known(at, told.last)).max(0);
        at = told.last;
    }
    // What was before the stream was begun is nobody's.
    let is_first = from == ToldPosition::default();
    (at, if is_first { 0 } else { n_lost.max(0) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::{HoldNews, ToldEntry};
    use crate::clock::from_ms;
    use crate::id::HoldId;

    fn at(epoch: i64, n: i64) -> ToldPosition {
        ToldPosition { epoch, n }
    }

    fn told(last: (i64, i64), entries: &[(i64, i64)], is_cut: bool) -> Told {
        let entry = |(epoch, n): &(i64, i64)| ToldEntry {
            position: at(*epoch, *n),
            news: HoldNews {
                kind: "hold.placed",
                hold_id: HoldId(uuid::Uuid::nil()),
                at: from_ms(0),
                deadline: from_ms(0),
                seats: Vec::new(),
            },
        };
        Told {
            last: at(last.0, last.1),
            entries: entries.iter().map(entry).collect(),
            is_cut,
        }
    }

    #[test]
    fn between_looks_only_what_is_due_is_swept() {
        let (sweeps, events, at) = (Sweeps::default(), events(), from_ms);
        let ms = |ms| Some(TimeDelta::milliseconds(ms));

        assert_eq!(sweeps.take_due(at(0)), [], "it is to be looked");
        assert_eq!(sweeps.look(at(0), events.clone()), events);
        sweeps.note(events[0], at(0), ms(100));
        sweeps.note(events[1], at(0), ms(200));
        assert_eq!(sweeps.next_at(), Some(at(100)));
        assert_eq!(sweeps.take_due(at(99)), [], "a nudge is a look");
        assert_eq!(sweeps.take_due(at(100)), events[..1]);
        sweeps.note(events[0], at(100), ms(1_700));
        assert_eq!(sweeps.next_at(), Some(at(200)));
        assert_eq!(sweeps.take_due(at(900)), [], "a look is due");
        assert_eq!(sweeps.take_due(at(-1)), [], "the clock went back");
    }

    #[test]
    fn a_look_finds_what_is_new_or_due_or_has_rested() {
        let (sweeps, events, at) = (Sweeps::default(), events(), from_ms);
        let look = |ms, noted: &[EventId]| {
            sweeps.lock().due.clear();
            for event_id in noted {
                sweeps.note(*event_id, at(0), Some(TimeDelta::seconds(60)));
            }
            sweeps.look(at(ms), events.clone())
        };

        assert_eq!(look(200, &events), []);
        assert_eq!(look(200, &events[..1]), events[1..], "new");
        assert_eq!(look(250, &events), events[..1], "the first group");
        assert_eq!(look(500, &events), events, "the second");
        assert_eq!(look(-10_000, &events), events, "the clock went back");
        sweeps.note(events[0], at(250), Some(TimeDelta::seconds(60)));
        assert_eq!(sweeps.next_at(), Some(at(250 + REST_MS)));
        sweeps.note(events[0], at(250), None);
        assert_eq!(sweeps.next_at(), Some(at(250 + REST_MS)));
    }

    fn events() -> Vec<EventId> {
        [1, 2].map(|n| EventId(uuid::Uuid::from_u128(n))).to_vec()
    }

    #[test]
    fn what_is_missing_between_numbers_is_counted() {
        let reckoned = |from: (i64, i64), last, entries: &[_], is_cut| {
            let (to, n_lost) = reckon(at(from.0, from.1), &told(last, entries, is_cut));
            ((to.epoch, to.n), n_lost)
        };

        assert_eq!(reckoned((1, 4), (1, 4), &[], false), ((1, 4), 0));
        let all = [(1, 5), (1, 6)];
        assert_eq!(reckoned((1, 4), (1, 6), &all, false), ((1, 6), 0));
        assert_eq!(reckoned((1, 4), (1, 9), &all, true), ((1, 6), 0), "cut");
        assert_eq!(reckoned((1, 4), (1, 9), &all, false), ((1, 9), 3), "gone");
        let later = [(1, 8), (1, 10)];
        assert_eq!(reckoned((1, 4), (1, 10), &later, false), ((1, 10), 4));
        let next_epoch = [(1, 5), (3, 2)];
        assert_eq!(reckoned((1, 4), (3, 2), &next_epoch, false), ((3, 2), 1));
        assert_eq!(reckoned((1, 4), (1, 2), &[], false), ((1, 2), 0), "back");
        assert_eq!(reckoned((0, 0), (7, 90), &[(7, 90)], false), ((7, 90), 0));
    }
}
