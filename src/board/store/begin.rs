//! The first step of a confirm on the board. Confirms that come while a call is under way begin
//! together with the next one: Redis does for many of them little more than for one.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use fred::types::Value;
use fred::types::scripts::Script;
use tokio::sync::oneshot;

use super::super::error::BoardError;
use super::super::model::Hold;
use super::call::{Fence, Reply, Verb, call};
use super::fallback::Kind;
use super::hold::{hold_at, milliseconds};
use crate::context::Context;
use crate::id::{CallerId, EventId, HoldId};
use crate::{lanes, redis};

/// How long only the reconciler may end a confirming hold: longer than the longest commit.
const LEASE: Duration = Duration::from_secs(30);

/// Limit: confirms of one hold under way at once.
const ATTEMPTS_MAX: i64 = 200;

/// Limit: confirms that one call begins, for a script keeps all others waiting.
const BEGUN_AT_ONCE_MAX: usize = 32;

static BEGIN_CONFIRM: Verb = Verb {
    kind: Kind::BeginConfirm,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/begin_confirm.lua"))),
    keys: &["seats", "holds", "deadlines", "meta", "changes"],
    is_repeatable: true,
};

#[derive(Debug)]
pub enum Begun {
    /// The seats are this attempt's until it is finished or aborted in that epoch.
    Confirming {
        hold: Hold,
        epoch: i64,
    },
    TooManyAttempts,
    /// Confirmed, released or expired.
    Ended(Hold),
    UnknownHold,
}

struct Asked {
    hold_id: HoldId,
    holder: CallerId,
    attempt: String,
    answer: oneshot::Sender<Result<Begun, BoardError>>,
}

/// Takes a hold to confirming for one attempt, which has its own eight hexadecimal digits.
pub async fn begin_confirm(
    ctx: &Context,
    event_id: EventId,
    (hold_id, holder): (HoldId, CallerId),
    attempt: &str,
) -> Result<Begun, BoardError> {
    let (sender, answer) = oneshot::channel();
    let asked = Asked {
        hold_id,
        holder,
        attempt: attempt.to_owned(),
        answer: sender,
    };
    if let Some(turn) = ctx.memory::<Queues>().join(event_id, asked) {
        ctx.tasks.spawn(begin_in_turn(ctx.clone(), turn));
    }
    let lost = |_| Err(redis::not_connected().into());
    answer.await.unwrap_or_else(lost)
}

/// Who waits to begin, by event, and by lane, so that nobody waits for another thread.
#[derive(Default)]
struct Queues(Mutex<HashMap<Queue, Vec<Asked>>>);

type Queue = (EventId, Option<usize>);

/// Whoever has it calls for all who join the queue, until it is empty. There is one at a time.
struct Turn {
    queues: Arc<Queues>,
    queue: Queue,
    /// The queue is gone; another of its name is somebody else's.
    is_over: bool,
}

impl Queues {
    /// The turn of a queue that nobody serves.
    fn join(self: Arc<Self>, event_id: EventId, asked: Asked) -> Option<Turn> {
        let queue = (event_id, lanes::current());
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(others) = waiting.get_mut(&queue) {
            others.push(asked);
            return None;
        }
        waiting.insert(queue, vec![asked]);
        drop(waiting);
        Some(Turn {
            queues: self,
            queue,
            is_over: false,
        })
    }
}

impl Turn {
    /// The first who wait. Nobody: the turn is over, and whoever comes next gets a new one.
    fn next(&mut self) -> Vec<Asked> {
        let mut waiting = self.queues.0.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = waiting.entry(self.queue).or_default();
        let few: Vec<_> = queue.drain(..queue.len().min(BEGUN_AT_ONCE_MAX)).collect();
        if few.is_empty() {
            waiting.remove(&self.queue);
            self.is_over = true;
        }
        few
    }
}

impl Drop for Turn {
    /// Nobody is left waiting for a turn that was cut off.
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let mut waiting = self.queues.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(&self.queue);
    }
}

async fn begin_in_turn(ctx: Context, mut turn: Turn) {
    let (event_id, _) = turn.queue;
    loop {
        let few = turn.next();
        if few.is_empty() {
            return;
        }
        let answers = begin(&ctx, event_id, &few).await;
        // Who does not listen any more has gone with its task.
        match answers {
            Ok(answers) => {
                for (asked, answer) in few.into_iter().zip(answers) {
                    asked.answer.send(answer).ok();
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for asked in few {
                    let shared = BoardError::Shared(error.clone());
                    asked.answer.send(Err(shared)).ok();
                }
            }
        }
    }
}

async fn begin(
    ctx: &Context,
    event_id: EventId,
    few: &[Asked],
) -> Result<Vec<Result<Begun, BoardError>>, BoardError> {
    let mut args = vec![milliseconds(LEASE), Value::from(ATTEMPTS_MAX)];
    for asked in few {
        args.push(Value::from(asked.hold_id.to_string()));
        args.push(Value::from(asked.holder.to_string()));
        args.push(Value::from(asked.attempt.clone()));
    }
    let reply = call(ctx, event_id, &BEGIN_CONFIRM, Fence::Newest, &args).await?;
    if reply.status != "begun" {
        return reply.unknown();
    }
    let nth = few.iter().enumerate();
    Ok(nth
        .map(|(nth, asked)| begun(&reply, 2 * nth, asked.hold_id))
        .collect())
}

fn begun(reply: &Reply, at: usize, hold_id: HoldId) -> Result<Begun, BoardError> {
    match reply.text(at).as_str() {
        "confirming" => Ok(Begun::Confirming {
            hold: hold_at(reply, at + 1, hold_id)?,
            epoch: reply.position.epoch,
        }),
        "too_many" => Ok(Begun::TooManyAttempts),
        "ended" => Ok(Begun::Ended(hold_at(reply, at + 1, hold_id)?)),
        "unknown_hold" => Ok(Begun::UnknownHold),
        other => Err(BoardError::UnknownAnswer(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn asked(n: u128) -> Asked {
        Asked {
            hold_id: HoldId(Uuid::from_u128(n)),
            holder: CallerId(Uuid::from_u128(n)),
            attempt: String::new(),
            answer: oneshot::channel().0,
        }
    }

    fn holds(few: &[Asked]) -> Vec<u128> {
        let holds = few.iter().map(|asked| asked.hold_id.0.as_u128());
        holds.collect()
    }

    #[test]
    fn a_queue_has_one_turn_at_a_time_and_who_comes_meanwhile_is_next() {
        let queues = Arc::<Queues>::default();
        let event_id = EventId(Uuid::nil());

        let mut turn = queues.clone().join(event_id, asked(1)).unwrap();
        assert_eq!(holds(&turn.next()), [1]);
        assert!(queues.clone().join(event_id, asked(2)).is_none());
        assert!(queues.clone().join(event_id, asked(3)).is_none());
        assert_eq!(holds(&turn.next()), [2, 3]);
        assert!(turn.next().is_empty());

        // The old turn is over, though it is still there.
        let mut second = queues.clone().join(event_id, asked(4)).unwrap();
        drop(turn);
        assert_eq!(holds(&second.next()), [4]);
    }

    #[test]
    fn a_turn_that_is_cut_off_leaves_nobody_waiting() {
        let queues = Arc::<Queues>::default();
        let event_id = EventId(Uuid::nil());
        let mut turn = queues.clone().join(event_id, asked(1)).unwrap();
        turn.next();
        let (sender, mut answer) = oneshot::channel();
        let waiting = Asked {
            answer: sender,
            ..asked(2)
        };
        assert!(queues.clone().join(event_id, waiting).is_none());

        drop(turn);

        assert_eq!(
            answer.try_recv().err(),
            Some(oneshot::error::TryRecvError::Closed)
        );
        assert!(queues.join(event_id, asked(3)).is_some());
    }
}
