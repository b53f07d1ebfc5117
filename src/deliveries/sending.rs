//! Working off what is due: a slow recipient keeps none waiting but itself.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use futures::stream::FuturesUnordered;
use futures::{Stream, StreamExt};
use tokio::time::Instant as Moment;
use uuid::Uuid;

use super::model::Claim;
use crate::context::Context;
use crate::jobs::Progress;

/// Limit: nothing is claimed later in a step than this, so that every attempt ends within it.
const CLAIMING_MAX: Duration = Duration::from_secs(20);

/// How often is looked for what has become due while attempts are under way.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A channel's way to claim and to attempt.
pub trait Sender: Sync {
    type Error: Send;

    /// The job that sends: a nudge has it look again.
    const JOB: &'static str;
    /// Limit: attempts under way at a time.
    const UNDER_WAY_MAX: usize;
    /// Nothing is claimed for fewer places than these, but every second.
    const ROOM_MIN: usize;

    /// Claims at most so many, none of them to the recipients that are busy.
    fn claim(
        &self,
        n_max: usize,
        busy: &[Uuid],
    ) -> impl Future<Output = Result<Vec<Claim>, Self::Error>> + Send;

    /// Attempts one and settles it.
    fn attempt(&self, claim: Claim) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Sends what is due until nothing is, or the service is to stop. An attempt that was begun is
/// brought to its end, whatever becomes of others: what is dropped half-way would be sent twice.
pub async fn send_due<S: Sender>(ctx: &Context, sender: &S) -> Result<Progress, S::Error> {
    let begun = Moment::now();
    let (nudged, stopping) = (ctx.tasks.nudged(S::JOB), ctx.tasks.stopping());
    let mut attempts = FuturesUnordered::new();
    let mut ended: Vec<(Uuid, Result<(), S::Error>)> = Vec::new();
    let mut busy: HashMap<Uuid, usize> = HashMap::new();
    let (mut n_attempts, mut failure, mut is_time) = (0, None, true);
    loop {
        let room = S::UNDER_WAY_MAX - attempts.len();
        let may_claim = begun.elapsed() < CLAIMING_MAX && !stopping.is_cancelled();
        if is_time && room > 0 && may_claim && failure.is_none() {
            let recipients: Vec<Uuid> = busy.keys().copied().collect();
            let claiming = sender.claim(room, &recipients);
            match meanwhile(claiming, &mut attempts, &mut ended).await {
                Ok(claims) => {
                    for claim in claims {
                        let recipient_id = claim.recipient_id;
                        *busy.entry(recipient_id).or_default() += 1;
                        n_attempts += 1;
                        attempts.push(async move { (recipient_id, sender.attempt(claim).await) });
                    }
                }
                Err(error) => failure = Some(error),
            }
        }
        is_time = false;
        if ended.is_empty() {
            tokio::select! {
                one = attempts.next() => match one {
                    Some(one) => ended.push(one),
                    None => break,
                },
                () = nudged.notified() => is_time = true,
                () = tokio::time::sleep(LOOK_EVERY) => is_time = true,
            }
        }
        for (recipient_id, outcome) in ended.drain(..) {
            failure = failure.or(outcome.err());
            let is_idle = is_done(&mut busy, recipient_id);
            is_time |= is_idle && S::UNDER_WAY_MAX - attempts.len() >= S::ROOM_MIN;
            // The last of a lot, however small.
            is_time |= attempts.is_empty();
        }
    }
    failure.map_or(Ok(Progress::of(n_attempts)), Err)
}

/// Does some work while attempts go on: an attempt that is not polled keeps its connection to
/// PostgreSQL, for which the work may be waiting.
async fn meanwhile<T, E>(
    work: impl Future<Output = T>,
    attempts: &mut (impl Stream<Item = E> + Unpin),
    ended: &mut Vec<E>,
) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            Some(one) = attempts.next() => ended.push(one),
        }
    }
}

/// Whether it was the recipient's last attempt under way.
fn is_done(busy: &mut HashMap<Uuid, usize>, recipient_id: Uuid) -> bool {
    let Some(n) = busy.get_mut(&recipient_id) else {
        return true;
    };
    *n -= 1;
    if *n == 0 {
        busy.remove(&recipient_id);
    }
    !busy.contains_key(&recipient_id)
}
