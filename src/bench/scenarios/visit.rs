//! Which scenario a worker plays, turn by turn.

use super::super::options::Scenario;
use super::super::pace::Turn;
use super::super::worker::Worker;
use super::{browse, buy, hot_seat, onsale, viewers, waitlist};

/// Serves callers until nobody is let in any more.
pub async fn work(mut worker: Worker) {
    match worker.run.bench.scenario {
        Scenario::Onsale => return onsale::buy_until_sold_out(worker).await,
        Scenario::Viewers => return viewers::change_seats(worker).await,
        Scenario::Waitlist => return waitlist::wait_for_seats(worker).await,
        _ => {}
    }
    let mut copies = browse::Copies::default();
    let run = worker.run.clone();
    while let Some(turn) = run.pace.next().await {
        let nth = worker.next_turn();
        visit(&mut worker, &mut copies, turn, nth).await;
    }
}

async fn visit(worker: &mut Worker, copies: &mut browse::Copies, turn: Turn, nth: usize) {
    match worker.run.bench.scenario {
        Scenario::HoldRelease => buy::hold_and_release(worker, turn, nth).await,
        Scenario::Confirm => buy::hold_and_confirm(worker, turn).await,
        Scenario::ConfirmHeld => buy::confirm_held(worker, turn).await,
        Scenario::HotSeat => hot_seat::want(worker, turn).await,
        Scenario::Browse => browse::look_around(worker, copies, turn).await,
        Scenario::Bare => browse::ask(worker, copies, turn).await,
        Scenario::Mixed => match worker.of_a_hundred() {
            0..70 => browse::look_around(worker, copies, turn).await,
            70..90 => buy::hold_and_release(worker, turn, nth).await,
            90..98 => buy::hold_and_confirm(worker, turn).await,
            _ => hot_seat::want(worker, turn).await,
        },
        // These have callers of another kind.
        Scenario::Onsale | Scenario::Viewers | Scenario::Waitlist => {}
    }
}
