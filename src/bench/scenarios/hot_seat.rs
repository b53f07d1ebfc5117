//! All want the same seats: one has them, briefly, and all others must be told so.

use std::time::Instant;

use super::super::pace::Turn;
use super::super::worker::{Placed, Worker};
use super::buy::Shares;

pub async fn want(worker: &mut Worker, turn: Turn) {
    let run = worker.run.clone();
    let (event, seats) = run.stage.party(Shares::of(&run).hot);
    if let Placed::Held(held) = worker.place(event, seats, turn.due).await {
        worker.release(&held, Instant::now()).await;
    }
}
