//! All want the same seats: one has them, briefly, and all others must be told so.

use super::super::options::Scenario;
use super::super::pace::Turn;
use super::super::worker::{Placed, Worker};

pub async fn want(worker: &mut Worker, turn: Turn) {
    let run = worker.run.clone();
    let nth = match run.bench.scenario {
        // Where nobody else wants them.
        Scenario::Mixed => run.stage.n_parties() / 2 - 1,
        _ => 0,
    };
    let (event, seats) = run.stage.party(nth);
    if let Placed::Held(held) = worker.place(event, seats, turn.due).await {
        worker.release(&held).await;
    }
}
