//! All copies of this process: one for each board that somebody reads or watches, up to a bound.

use std::ops::Deref;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use foldhash::HashMap;
use metrics::Counter;

use super::copy::{Copy, Seen};
use super::keeper;
use crate::board::{self, BoardError, Position};
use crate::context::Context;
use crate::id::EventId;

#[derive(Default)]
struct Shelf {
    copies: Mutex<HashMap<EventId, Arc<Copy>>>,
    /// Found by its labels once: to find it for each reader would cost more than to read.
    n_read: OnceLock<Counter>,
}

/// What to do where there are as many copies as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Drop one that nobody watches.
    Make,
    /// Do without.
    IfFree,
}

/// A copy that is watched, and therefore kept.
pub struct Viewing(Arc<Copy>);

/// The board as the public sees it, from this process's copy if that is good, else from Redis.
pub async fn seen(ctx: &Context, event_id: EventId, room: Room) -> Result<Arc<Seen>, BoardError> {
    // A buyer who has just been answered here sees at least what the answer was made of.
    let floor = board::position_seen(ctx, event_id);
    let shelf = ctx.memory::<Shelf>();
    let copy = shelf.find_or_make(ctx, event_id, room);
    if let Some(copy) = copy
        && let Some(seen) = copy.seen_from(floor).await
    {
        shelf
            .n_read
            .get_or_init(|| counter_from("copy"))
            .increment(1);
        return Ok(seen);
    }
    counter_from("redis").increment(1);
    let snapshot = board::read_board(ctx, event_id).await?;
    Ok(Arc::new(Seen::of(&snapshot)))
}

/// As [`seen`], of a board that need not be loaded for it; none of any other.
pub async fn seen_if_loaded(
    ctx: &Context,
    event_id: EventId,
) -> Result<Option<Arc<Seen>>, BoardError> {
    let has_copy = ctx.memory::<Shelf>().copies().contains_key(&event_id);
    if !has_copy && board::find_position(ctx, event_id).await? == Position::default() {
        return Ok(None);
    }
    seen(ctx, event_id, Room::IfFree).await.map(Some)
}

fn counter_from(store: &'static str) -> Counter {
    metrics::counter!("holdfast_availability_reads_total", "from" => store)
}

/// The copy to watch; none when there are too many boards that are watched.
pub fn view(ctx: &Context, event_id: EventId) -> Option<Viewing> {
    let shelf = ctx.memory::<Shelf>();
    let mut copies = shelf.copies();
    let copy = find_or_make(ctx, &mut copies, event_id, Room::Make)?;
    copy.n_viewers.fetch_add(1, Ordering::SeqCst);
    Some(Viewing(copy))
}

/// Takes a copy away that nobody has read for a while; false where it is still wanted.
pub fn retire(ctx: &Context, copy: &Arc<Copy>) -> bool {
    let shelf = ctx.memory::<Shelf>();
    let mut copies = shelf.copies();
    let is_idle = copy.used_at().elapsed() >= ctx.config.feed.copy_idle;
    if copy.is_watched() || !is_idle {
        return false;
    }
    take_off(&mut copies, copy);
    true
}

/// Takes a copy away whose keeper has ended.
pub fn remove(ctx: &Context, copy: &Arc<Copy>) {
    take_off(&mut ctx.memory::<Shelf>().copies(), copy);
}

fn take_off(copies: &mut HashMap<EventId, Arc<Copy>>, copy: &Arc<Copy>) {
    let current = copies.get(&copy.event_id);
    if current.is_some_and(|current| Arc::ptr_eq(current, copy)) {
        copies.remove(&copy.event_id);
        count(copies);
    }
}

fn find_or_make(
    ctx: &Context,
    copies: &mut HashMap<EventId, Arc<Copy>>,
    event_id: EventId,
    room: Room,
) -> Option<Arc<Copy>> {
    if let Some(copy) = copies.get(&event_id) {
        return Some(copy.clone());
    }
    if copies.len() >= ctx.config.feed.n_copies_max {
        if room == Room::IfFree {
            return None;
        }
        drop_one(copies)?;
    }
    // One missed comparison is a slow moment of Redis, three are not.
    let confirmed_for = ctx.config.feed.check_interval * 3;
    let copy = Arc::new(Copy::new(event_id, confirmed_for));
    copies.insert(event_id, copy.clone());
    count(copies);
    ctx.tasks.spawn(keeper::keep(ctx.clone(), copy.clone()));
    Some(copy)
}

/// Drops the copy that has not been read for the longest time, of those that nobody watches.
fn drop_one(copies: &mut HashMap<EventId, Arc<Copy>>) -> Option<()> {
    let unwatched = copies.values().filter(|copy| !copy.is_watched());
    let copy = unwatched.min_by_key(|copy| copy.used_at())?.clone();
    copy.ending.cancel();
    take_off(copies, &copy);
    Some(())
}

fn count(copies: &HashMap<EventId, Arc<Copy>>) {
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    metrics::gauge!("holdfast_board_copies").set(copies.len() as f64);
}

impl Shelf {
    fn copies(&self) -> MutexGuard<'_, HashMap<EventId, Arc<Copy>>> {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find_or_make(&self, ctx: &Context, event_id: EventId, room: Room) -> Option<Arc<Copy>> {
        find_or_make(ctx, &mut self.copies(), event_id, room)
    }
}

impl Deref for Viewing {
    type Target = Copy;

    fn deref(&self) -> &Copy {
        &self.0
    }
}

impl Drop for Viewing {
    fn drop(&mut self) {
        self.0.n_viewers.fetch_sub(1, Ordering::SeqCst);
    }
}
