//! Calls of a verb that come while another is under way go together with the next one: Redis does
//! for many of them little more than for one, and who has seats does not wait behind all who want
//! some.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::super::error::BoardError;
use crate::context::Context;
use crate::id::EventId;
use crate::{lanes, redis};

/// Limit: what goes together, for a script keeps all others waiting.
const AT_ONCE_MAX: usize = 32;

/// What one caller asks for.
pub(super) trait Asked: Send + Sync + Sized + 'static {
    type Answer: Send + 'static;

    /// One call for those few, with an answer to each in their order.
    fn call(
        ctx: &Context,
        event_id: EventId,
        few: &[Self],
    ) -> impl Future<Output = Result<Vec<Answered<Self>>, BoardError>> + Send;
}

pub(super) type Answered<A> = Result<<A as Asked>::Answer, BoardError>;

/// Asks together with whoever else does. Nothing is asked for a caller who goes away while it
/// waits for its turn.
pub(super) async fn ask<A: Asked>(
    ctx: &Context,
    event_id: EventId,
    asked: A,
) -> Result<A::Answer, BoardError> {
    let (answer, answered) = oneshot::channel();
    let queues = ctx.memory::<Queues<A>>();
    if let Some(turn) = queues.join(event_id, Waiting { asked, answer }) {
        ctx.tasks.spawn(ask_in_turn(ctx.clone(), turn));
    }
    let lost = |_| Err(redis::not_connected().into());
    answered.await.unwrap_or_else(lost)
}

struct Waiting<A: Asked> {
    asked: A,
    answer: oneshot::Sender<Answered<A>>,
}

/// Who waits, by event, and by lane, so that nobody waits for another thread.
struct Queues<A: Asked>(Mutex<HashMap<Queue, VecDeque<Waiting<A>>>>);

type Queue = (EventId, Option<usize>);

/// Whoever has it calls for all who join the queue, until it is empty. There is one at a time.
struct Turn<A: Asked> {
    queues: Arc<Queues<A>>,
    queue: Queue,
    /// The queue is gone; another of its name is somebody else's.
    is_over: bool,
}

impl<A: Asked> Default for Queues<A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<A: Asked> Queues<A> {
    /// The turn of a queue that nobody serves.
    fn join(self: Arc<Self>, event_id: EventId, one: Waiting<A>) -> Option<Turn<A>> {
        let queue = (event_id, lanes::current());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(others) = all.get_mut(&queue) {
            others.push_back(one);
            return None;
        }
        all.insert(queue, VecDeque::from([one]));
        drop(all);
        Some(Turn {
            queues: self,
            queue,
            is_over: false,
        })
    }
}

impl<A: Asked> Turn<A> {
    /// The first who wait. Nobody: the turn is over, and whoever comes next gets a new one.
    fn next(&mut self) -> Vec<Waiting<A>> {
        let mut all = self.queues.0.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = all.entry(self.queue).or_default();
        let waiting = std::iter::from_fn(|| queue.pop_front());
        let present = waiting.filter(|one| !one.answer.is_closed());
        let few: Vec<_> = present.take(AT_ONCE_MAX).collect();
        if few.is_empty() {
            all.remove(&self.queue);
            self.is_over = true;
        }
        few
    }
}

impl<A: Asked> Drop for Turn<A> {
    /// Nobody is left waiting for a turn that was cut off.
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let mut all = self.queues.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&self.queue);
    }
}

async fn ask_in_turn<A: Asked>(ctx: Context, mut turn: Turn<A>) {
    let (event_id, _) = turn.queue;
    loop {
        let few = turn.next();
        if few.is_empty() {
            return;
        }
        let (asked, waiting): (Vec<_>, Vec<_>) =
            few.into_iter().map(|one| (one.asked, one.answer)).unzip();
        // Who does not listen any more has gone with its request.
        match A::call(&ctx, event_id, &asked).await {
            Ok(answers) => {
                for (answer, said) in waiting.into_iter().zip(answers) {
                    answer.send(said).ok();
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for answer in waiting {
                    answer.send(Err(BoardError::Shared(error.clone()))).ok();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[derive(Debug)]
    struct Number(u8);

    impl Asked for Number {
        type Answer = u8;

        async fn call(
            _: &Context,
            _: EventId,
            few: &[Self],
        ) -> Result<Vec<Answered<Self>>, BoardError> {
            Ok(few.iter().map(|one| Ok(one.0)).collect())
        }
    }

    type Answers = Vec<oneshot::Receiver<Answered<Number>>>;

    fn join(
        queues: &Arc<Queues<Number>>,
        number: u8,
        answers: &mut Answers,
    ) -> Option<Turn<Number>> {
        let (answer, answered) = oneshot::channel();
        answers.push(answered);
        let asked = Number(number);
        queues
            .clone()
            .join(EventId(Uuid::nil()), Waiting { asked, answer })
    }

    fn numbers(few: &[Waiting<Number>]) -> Vec<u8> {
        few.iter().map(|one| one.asked.0).collect()
    }

    #[test]
    fn a_queue_has_one_turn_at_a_time_and_who_comes_meanwhile_is_next() {
        let (queues, mut answers) = (Arc::default(), Answers::new());

        let mut turn = join(&queues, 1, &mut answers).unwrap();
        assert_eq!(numbers(&turn.next()), [1]);
        assert!(join(&queues, 2, &mut answers).is_none());
        assert!(join(&queues, 3, &mut answers).is_none());
        assert_eq!(numbers(&turn.next()), [2, 3]);
        assert!(turn.next().is_empty());

        // The old turn is over, though it is still there.
        let mut second = join(&queues, 4, &mut answers).unwrap();
        drop(turn);
        assert_eq!(numbers(&second.next()), [4]);
    }

    #[test]
    fn nothing_is_asked_for_who_has_gone() {
        let (queues, mut answers) = (Arc::default(), Answers::new());
        let mut turn = join(&queues, 1, &mut answers).unwrap();
        join(&queues, 2, &mut answers);
        join(&queues, 3, &mut answers);

        answers.remove(1);

        assert_eq!(numbers(&turn.next()), [1, 3]);
    }

    #[test]
    fn a_turn_that_is_cut_off_leaves_nobody_waiting() {
        let (queues, mut answers) = (Arc::default(), Answers::new());
        let mut turn = join(&queues, 1, &mut answers).unwrap();
        turn.next();
        assert!(join(&queues, 2, &mut answers).is_none());

        drop(turn);

        assert!(
            answers[1]
                .try_recv()
                .is_err_and(|error| error == oneshot::error::TryRecvError::Closed)
        );
        assert!(join(&queues, 3, &mut answers).is_some());
    }
}
