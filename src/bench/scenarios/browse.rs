//! Callers who only look: at which seats are free, and now and then at the layout.

use super::super::pace::Turn;
use super::super::worker::{Copy, Worker};

/// Looks at the layout, of a hundred.
const LAYOUT_PERCENT: u32 = 5;

/// What the worker's callers have seen, by event.
#[derive(Default)]
pub struct Copies {
    availability: Vec<Copy>,
    layout: Copy,
}

pub async fn look_around(worker: &mut Worker, copies: &mut Copies, turn: Turn) {
    let run = worker.run.clone();
    let n_events = run.stage.event_ids.len();
    copies.availability.resize_with(n_events, Copy::default);
    let event = worker.pick(n_events);
    let is_conditional = worker.chance(run.bench.conditional);
    if run.bench.conditional > 0 && worker.chance(LAYOUT_PERCENT) {
        // Made once and read for years: everybody but a newcomer has a copy.
        let path = ["/v1/events/", &run.stage.event_ids[0], "/layout"];
        let names = ["layout", "layout, unchanged"];
        worker
            .read(names, &path, &mut copies.layout, turn.due)
            .await;
        return;
    }
    let copy = &mut copies.availability[event];
    if !is_conditional {
        copy.etag.clear();
    }
    worker.look(event, copy, turn.due).await;
}

/// Asks a server that may be any for what it has at its root. Keeps a copy, as whoever looks around
/// does: to compare servers, the generator must do the same for both.
pub async fn ask(worker: &mut Worker, copies: &mut Copies, turn: Turn) {
    let names = ["answer", "answer, unchanged"];
    copies.availability.resize_with(1, Copy::default);
    let copy = &mut copies.availability[0];
    worker.read(names, &["/"], copy, turn.due).await;
}
