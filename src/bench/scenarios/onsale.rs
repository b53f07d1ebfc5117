//! Buyers who all come at once and come again until every seat is booked.

use std::time::{Duration, Instant};

use super::super::worker::{Copy, Placed, Worker};

/// Buyers who let go of what they hold, of a hundred.
const GIVING_UP_PERCENT: u32 = 10;
/// The most that the load's events allow in one hold.
const WANTED_MAX: usize = 10;
/// How often somebody chooses anew from what they have seen before they look again.
const TRIES_MAX: usize = 3;
/// How long somebody waits who sees nothing free while some seats may still come back.
const PAUSE: Duration = Duration::from_millis(20);

pub async fn buy_until_sold_out(mut worker: Worker) {
    let run = worker.run.clone();
    let mut copy = Copy::default();
    while let Some(turn) = run.pace.next().await {
        let nth = worker.next_turn();
        let event = (worker.nth + nth) % run.stage.event_ids.len();
        worker.look(event, &mut copy, turn.due).await;
        let mut states = copy.states().to_vec();
        if states.is_empty() {
            tokio::time::sleep(PAUSE).await;
        } else if !states.contains(&b'.') {
            if run.is_sold_out() {
                run.sold_out();
                return;
            }
            tokio::time::sleep(PAUSE).await;
        } else {
            buy(&mut worker, event, &mut states).await;
        }
    }
}

async fn buy(worker: &mut Worker, event: usize, states: &mut [u8]) {
    let run = worker.run.clone();
    for _ in 0..TRIES_MAX {
        let n_wanted = (1 + worker.pick(2 * run.bench.party as usize - 1)).min(WANTED_MAX);
        let from = worker.pick_low(states.len());
        let seats = run.stage.house.choose(states, n_wanted, from);
        if seats.is_empty() {
            return;
        }
        match worker.place(event, seats, Instant::now()).await {
            Placed::Held(held) if worker.chance(GIVING_UP_PERCENT) => {
                worker.release(&held, Instant::now()).await;
                return;
            }
            Placed::Held(held) => {
                worker.confirm(&held, Instant::now()).await;
                if run.is_sold_out() {
                    run.sold_out();
                }
                return;
            }
            Placed::Refused(conflicts) => {
                for seat in conflicts {
                    states[seat] = b'h';
                }
            }
            Placed::Failed => return,
        }
    }
}
