//! Callers who do not get into each other's way: each wants seats that nobody else wants.

use std::time::Instant;

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
        worker.release(&held, Instant::now()).await;
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
        worker.confirm(&held, Instant::now()).await;
    }
}

pub async fn confirm_held(worker: &mut Worker, turn: Turn) {
    let run = worker.run.clone();
    let ready = run.ready.borrow_mut().pop();
    let Some((guest, held)) = ready else {
        run.pace.stop();
        return;
    };
    worker.become_guest(guest);
    worker.confirm(&held, turn.due).await;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::super::stub;
    use super::*;

    #[tokio::test]
    async fn a_confirm_that_is_a_callers_first_call_counts_from_when_they_came() {
        let run = stub::run("confirm-held", |_| (201, r#"{"booking_id":"booking"}"#)).await;
        let placed = Instant::now();
        let held = run.ledger.borrow_mut().placed(0, vec![0], "hold", placed);
        run.ready.borrow_mut().push((0, held));
        let due = placed.checked_sub(Duration::from_secs(5)).unwrap();

        confirm_held(&mut Worker::new(0, run.clone()), Turn { nth: 0, due }).await;

        let recorder = run.recorder.borrow();
        assert_eq!(recorder.operations[0].name, "confirm");
        assert!(recorder.operations[0].latencies.min() > 4_900_000);
    }
}
