//! Callers who do not get into each other's way: each wants seats that nobody else wants.

use super::super::options::Scenario;
use super::super::pace::Turn;
use super::super::worker::{Placed, Run, Worker};

/// Parties that are held and released again and again; the others are confirmed, once each. The
/// first one is everybody's in `hot-seat`.
fn n_released_again(run: &Run) -> usize {
    let n_parties = run.stage.n_parties();
    match run.bench.scenario {
        Scenario::Mixed => n_parties / 2,
        Scenario::Confirm => 0,
        _ => n_parties,
    }
}

pub async fn hold_and_release(worker: &mut Worker, turn: Turn, nth: usize) {
    let run = worker.run.clone();
    let n_workers = run.bench.n_workers() as usize;
    let n_mine = (n_released_again(&run) / n_workers).max(1);
    let (event, seats) = run.stage.party(worker.nth + n_workers * (nth % n_mine));
    if let Placed::Held(held) = worker.place(event, seats, turn.due).await {
        worker.release(&held).await;
    }
}

pub async fn hold_and_confirm(worker: &mut Worker, turn: Turn) {
    let run = worker.run.clone();
    let nth = n_released_again(&run) + run.n_used.get();
    if nth >= run.stage.n_parties() {
        run.sold_out();
        return;
    }
    run.n_used.set(run.n_used.get() + 1);
    let (event, seats) = run.stage.party(nth);
    if let Placed::Held(held) = worker.place(event, seats, turn.due).await {
        worker.confirm(&held).await;
    }
}
