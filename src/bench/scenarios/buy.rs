//! Callers who do not get into each other's way: each wants seats that nobody else wants.

use super::super::options::Scenario;
use super::super::pace::Turn;
use super::super::worker::{Placed, Run, Worker};

/// Who wants which parties of seats.
pub struct Shares {
    /// So many are held and released again and again.
    n_released: usize,
    /// This one everybody wants.
    pub hot: usize,
    /// From here on each is confirmed, once.
    first_confirmed: usize,
}

impl Shares {
    pub fn of(run: &Run) -> Self {
        let n_parties = run.stage.n_parties();
        let (n_released, hot, first_confirmed) = match run.bench.scenario {
            Scenario::Mixed => (n_parties / 2, n_parties / 2, n_parties / 2 + 1),
            _ => (n_parties, 0, 0),
        };
        Self {
            n_released,
            hot,
            first_confirmed,
        }
    }
}

pub async fn hold_and_release(worker: &mut Worker, turn: Turn, nth: usize) {
    let run = worker.run.clone();
    let n_workers = run.bench.n_workers() as usize;
    let n_mine = (Shares::of(&run).n_released / n_workers).max(1);
    let (event, seats) = run.stage.party(worker.nth + n_workers * (nth % n_mine));
    if let Placed::Held(held) = worker.place(event, seats, turn.due).await {
        worker.release(&held).await;
    }
}

pub async fn hold_and_confirm(worker: &mut Worker, turn: Turn) {
    let run = worker.run.clone();
    let nth = Shares::of(&run).first_confirmed + run.n_used.get();
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

pub async fn confirm_held(worker: &mut Worker) {
    let run = worker.run.clone();
    let ready = run.ready.borrow_mut().pop();
    let Some((guest, held)) = ready else {
        run.pace.stop();
        return;
    };
    worker.become_guest(guest);
    worker.confirm(&held).await;
}
