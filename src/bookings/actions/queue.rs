//! Confirms that wait for a committer, and which of them make a batch.

use std::collections::{HashSet, VecDeque};
use std::sync::Mutex as StdMutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, oneshot};

use super::super::store::Confirm;
use super::commit::Outcome;

/// Limit: confirms in one transaction.
const BATCH_MAX: usize = 256;

/// A batch of that many waits for no more, and none waits longer than that.
const BATCH_SMALL: usize = 48;
const GATHERING_MAX: Duration = Duration::from_millis(2);

/// Limit: confirms that wait; more are told to come again.
const QUEUE_MAX: usize = 4_096;

pub(super) type Waiting = (Confirm, oneshot::Sender<Outcome>);

pub(super) struct Queue {
    pub(super) sender: mpsc::Sender<Waiting>,
    receiver: Mutex<mpsc::Receiver<Waiting>>,
    /// Taken from the channel, but the same hold was in the batch already.
    postponed: StdMutex<VecDeque<Waiting>>,
    /// Committers that commit now.
    n_busy: AtomicUsize,
}

/// A committer commits as long as this lasts, also where it ends by a panic.
pub(super) struct Busy<'a>(&'a AtomicUsize);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Default for Queue {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let receiver = Mutex::new(receiver);
        Self {
            sender,
            receiver,
            postponed: StdMutex::default(),
            n_busy: AtomicUsize::new(0),
        }
    }
}

impl Queue {
    pub(super) fn busy(&self) -> Busy<'_> {
        self.n_busy.fetch_add(1, Ordering::SeqCst);
        Busy(&self.n_busy)
    }

    fn take_postponed(&self) -> VecDeque<Waiting> {
        let mut postponed = self
            .postponed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *postponed)
    }

    fn postpone(&self, again: Vec<Waiting>) {
        let mut postponed = self
            .postponed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        postponed.extend(again);
    }
}

/// While others commit, a small batch waits for more: a transaction costs PostgreSQL as much as
/// several confirms in it.
pub(super) async fn gather(queue: &Queue, batch: &mut Vec<Waiting>) {
    let ready = tokio::time::Instant::now() + GATHERING_MAX;
    while batch.len() < BATCH_SMALL && queue.n_busy.load(Ordering::SeqCst) > 0 {
        let more = tokio::time::timeout_at(ready, take(queue, batch)).await;
        let more = more.unwrap_or_default();
        if more.is_empty() {
            return;
        }
        batch.extend(more);
    }
}

/// What waits, each hold once; waits for the first one only.
pub(super) async fn next_batch(queue: &Queue) -> Vec<Waiting> {
    take(queue, &[]).await
}

/// What waits beside a batch, each hold once in both; nothing where only the same holds do.
///
/// Invariant: what is postponed is so before the next one may look, or it would wait until somebody
/// else confirms.
async fn take(queue: &Queue, batch: &[Waiting]) -> Vec<Waiting> {
    let mut receiver = queue.receiver.lock().await;
    let mut taken = queue.take_postponed();
    if taken.is_empty() {
        taken.extend(receiver.recv().await);
    }
    while batch.len() + taken.len() < BATCH_MAX {
        let Ok(waiting) = receiver.try_recv() else {
            break;
        };
        taken.push_back(waiting);
    }
    let mut holds: HashSet<_> = batch.iter().map(|(confirm, _)| confirm.hold()).collect();
    let (more, again): (Vec<_>, Vec<_>) = taken
        .into_iter()
        .partition(|(confirm, _)| holds.insert(confirm.hold()));
    queue.postpone(again);
    more
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use rust_decimal::Decimal;
    use uuid::Uuid;

    use super::*;
    use crate::bookings::model::Contact;
    use crate::id::{BookingId, CallerId, EventId, HoldId, MessageId};

    fn confirm(hold: u128) -> Waiting {
        let id = Uuid::from_u128;
        let confirm = Confirm {
            event_id: EventId(id(1)),
            hold_id: HoldId(id(hold)),
            holder: CallerId(id(2)),
            epoch: 1,
            booking_id: BookingId(id(3)),
            message_id: MessageId(id(4)),
            reference: String::new(),
            contact: Contact {
                name: String::new(),
                email: String::new(),
            },
            payment_reference: None,
            total: Decimal::ZERO,
            currency: "EUR".to_owned(),
            not_after: DateTime::<Utc>::UNIX_EPOCH,
            seats: Vec::new(),
        };
        (confirm, oneshot::channel().0)
    }

    fn queue(holds: impl IntoIterator<Item = u128>) -> Queue {
        let queue = Queue::default();
        for hold in holds {
            queue.sender.try_send(confirm(hold)).unwrap();
        }
        queue
    }

    fn holds(batch: &[Waiting]) -> Vec<u128> {
        let holds = batch.iter().map(|(confirm, _)| confirm.hold_id.0.as_u128());
        holds.collect()
    }

    #[tokio::test]
    async fn a_hold_is_once_in_a_batch_and_its_other_confirms_are_in_the_next() {
        let queue = queue([7, 8, 7, 7]);

        assert_eq!(holds(&next_batch(&queue).await), [7, 8]);
        assert_eq!(holds(&next_batch(&queue).await), [7]);
        assert_eq!(holds(&next_batch(&queue).await), [7]);
    }

    #[tokio::test]
    async fn a_batch_gathers_what_comes_while_others_commit_each_hold_once() {
        let queue = queue([7]);
        let mut batch = next_batch(&queue).await;
        queue.n_busy.store(1, Ordering::SeqCst);
        for hold in [8, 7, 9] {
            queue.sender.try_send(confirm(hold)).unwrap();
        }

        gather(&queue, &mut batch).await;

        assert_eq!(holds(&batch), [7, 8, 9]);
        assert_eq!(holds(&next_batch(&queue).await), [7]);
    }

    #[tokio::test]
    async fn a_batch_waits_for_nobody_while_all_are_idle() {
        let queue = queue([7]);
        let mut batch = next_batch(&queue).await;
        queue.sender.try_send(confirm(8)).unwrap();

        gather(&queue, &mut batch).await;

        assert_eq!(holds(&batch), [7]);
    }

    #[tokio::test]
    async fn no_batch_is_larger_than_the_limit() {
        let queue = queue(0..300);
        let mut batch = next_batch(&queue).await;
        assert_eq!(batch.len(), BATCH_MAX);
        batch.truncate(BATCH_SMALL - 1);
        queue.n_busy.store(1, Ordering::SeqCst);
        for hold in 1_000..1_300 {
            queue.sender.try_send(confirm(hold)).unwrap();
        }

        gather(&queue, &mut batch).await;

        assert_eq!(batch.len(), BATCH_MAX);
    }
}
