//! What happens: all join; then seats are cancelled by the clock, offers are noticed, and each is
//! accepted or declined.

use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::super::client::Client;
use super::super::super::worker::{Run, Worker};
use super::crowd::{Crowd, Person};

/// People who let go of what they are offered, of a hundred.
const DECLINING_PERCENT: u32 = 20;
/// How often the log is read: what is measured is exact to this.
const LOG_EVERY: Duration = Duration::from_millis(50);
const PAUSE: Duration = Duration::from_millis(10);
/// How long an offer that the log tells of may take to be seen by its person.
const SEEN_MAX: Duration = Duration::from_secs(10);
/// Nothing has happened for so long: all is settled.
const QUIET: Duration = Duration::from_secs(3);
/// Limit: how long to wait for that after the last seat was freed.
const SETTLING_MAX: Duration = Duration::from_secs(60);

/// One worker frees seats, one reads the log, the others are the people.
pub async fn wait_for_seats(mut worker: Worker) {
    let run = worker.run.clone();
    let crowd = run.crowd.clone();
    let n_workers = run.bench.n_workers() as usize;
    let n_people = crowd.people.borrow().len();
    for person in (worker.nth..n_people).step_by(n_workers) {
        if !run.pace.is_stopped() {
            join(&mut worker, &crowd, person).await;
        }
        crowd.n_asked.set(crowd.n_asked.get() + 1);
    }
    while crowd.n_asked.get() < n_people {
        tokio::time::sleep(PAUSE).await;
    }
    match worker.nth {
        0 => free_seats(&run, &crowd).await,
        1 => read_log(&run, &crowd).await,
        _ => attend(&mut worker, &crowd).await,
    }
}

async fn join(worker: &mut Worker, crowd: &Crowd, nth: usize) {
    let body = json!({
        "quantity": crowd.people.borrow()[nth].quantity,
        "together": true,
        "contact": {"name": "Load", "email": format!("load-{nth}@example.org")},
    });
    worker.become_guest(nth);
    let path = format!("/v1/events/{}/waitlist", worker.run.stage.event_ids[0]);
    let body = body.to_string();
    let joined = worker.ask(Some("join"), &path, Some(body.as_bytes())).await;
    if let Some(entry) = joined {
        let person = &mut crowd.people.borrow_mut()[nth];
        person.entry_id = entry["entry_id"].as_str().map(str::to_owned);
        person.joined_at = entry["joined_at"].as_str().and_then(|at| at.parse().ok());
    }
}

async fn free_seats(run: &Run, crowd: &Crowd) {
    let began = Instant::now();
    cancel_all(run, crowd, began, began + run.bench.patience()).await;
    crowd.news();
    crowd.is_all_freed.set(true);
}

/// One after the other, each when it is due and none after the end.
async fn cancel_all(run: &Run, crowd: &Crowd, began: Instant, end: Instant) {
    let mut owner = run.stage.owner.sibling(&run.stage.through);
    let mut arrivals = run.bench.arrivals();
    for at in arrivals.by_ref() {
        let due = began + at;
        tokio::time::sleep_until(due.into()).await;
        if run.pace.is_stopped() {
            return;
        }
        if Instant::now() > end {
            let n_due = 1 + arrivals.count();
            let n_left_out = n_due.min(crowd.cancels.borrow().len());
            crowd.n_left_out.set(n_left_out as u64);
            return;
        }
        let next = crowd.cancels.borrow_mut().pop_front();
        let Some((booking_id, seats)) = next else {
            return;
        };
        cancel(run, crowd, &mut owner, (booking_id, seats, due)).await;
    }
}

async fn cancel(
    run: &Run,
    crowd: &Crowd,
    owner: &mut Client,
    (booking_id, seats, due): (String, Vec<usize>, Instant),
) {
    let labels: Vec<&str> = seats
        .iter()
        .map(|seat| run.stage.house.label(*seat))
        .collect();
    let path = format!("/v1/bookings/{booking_id}/cancel");
    crowd.free(&seats);
    run.ledger.borrow_mut().cancelling(0, &booking_id, &seats);
    let cancelled = owner.try_post(&path, &json!({"seats": labels})).await;
    crowd.news();
    let is_done = matches!(cancelled, Ok(Ok(_)));
    let mut recorder = run.recorder.borrow_mut();
    match cancelled {
        Ok(Ok(_)) => recorder.answered("cancel", due),
        Ok(Err(refusal)) => recorder.failed("cancel", &refusal.code),
        Err(error) => recorder.failed("cancel", &error.to_string()),
    }
    drop(recorder);
    if !is_done {
        run.ledger.borrow_mut().unsure_cancels.insert(booking_id);
    }
}

/// Notices offers, in the order in which they were made.
async fn read_log(run: &Rc<Run>, crowd: &Crowd) {
    let mut owner = run.stage.owner.sibling(&run.stage.through);
    let mut freed_since = None;
    while !run.pace.is_stopped() {
        match new_offers(run, crowd, &mut owner).await {
            Ok(0) => {}
            Ok(_) => crowd.news(),
            Err(error) => run.recorder.borrow_mut().failed("log", &error.to_string()),
        }
        if crowd.is_all_freed.get() {
            let since: Instant = *freed_since.get_or_insert_with(Instant::now);
            let last = crowd.last_news.get().unwrap_or(since);
            let is_quiet = crowd.n_busy.get() == 0 && crowd.offers.borrow().is_empty();
            if is_quiet && last.elapsed() > QUIET || since.elapsed() > SETTLING_MAX {
                break;
            }
        }
        tokio::time::sleep(LOG_EVERY).await;
    }
    run.pace.stop();
}

async fn new_offers(run: &Run, crowd: &Crowd, owner: &mut Client) -> anyhow::Result<usize> {
    let mut new = Vec::new();
    let mut after = String::new();
    loop {
        let event_id = &run.stage.event_ids[0];
        let path = format!("/v1/events/{event_id}/waitlist/log?limit=200{after}");
        let page = owner.get(&path).await?;
        let mut is_known = false;
        for item in page["items"].as_array().into_iter().flatten() {
            let is_offer = item["kind"] == "offered";
            let Some(hold_id) = item["hold_id"].as_str().filter(|_| is_offer) else {
                continue;
            };
            if crowd.known_offers.borrow().contains(hold_id) {
                is_known = true;
            } else {
                let entry_id = item["entry_id"].as_str().unwrap_or_default();
                new.push((hold_id.to_owned(), entry_id.to_owned()));
            }
        }
        match page["next"].as_str() {
            Some(next) if !is_known => after = format!("&after={next}"),
            _ => break,
        }
    }
    let n_new = new.len();
    // The log tells the newest first.
    for (hold_id, entry_id) in new.into_iter().rev() {
        crowd.known_offers.borrow_mut().insert(hold_id);
        let people = crowd.people.borrow();
        let is_theirs = |person: &Person| person.entry_id.as_deref() == Some(&*entry_id);
        if let Some(nth) = people.iter().position(is_theirs) {
            crowd.order.borrow_mut().push(nth);
            crowd.offers.borrow_mut().push_back(nth);
        }
    }
    Ok(n_new)
}

async fn attend(worker: &mut Worker, crowd: &Crowd) {
    let run = worker.run.clone();
    loop {
        let next = crowd.offers.borrow_mut().pop_front();
        match next {
            Some(person) => {
                crowd.n_busy.set(crowd.n_busy.get() + 1);
                answer(worker, crowd, person).await;
                crowd.n_busy.set(crowd.n_busy.get() - 1);
                crowd.news();
            }
            None if run.pace.is_stopped() => return,
            None => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// A person sees the offer, and takes it or lets it go.
async fn answer(worker: &mut Worker, crowd: &Crowd, nth: usize) {
    worker.become_guest(nth);
    let run = worker.run.clone();
    let path = format!("/v1/events/{}/waitlist/mine", run.stage.event_ids[0]);
    let began = Instant::now();
    let offer = loop {
        let mine = worker.ask(None, &path, None).await.unwrap_or_default();
        if mine["offer"].is_object() {
            break mine["offer"].clone();
        }
        if began.elapsed() > SEEN_MAX {
            let mut recorder = run.recorder.borrow_mut();
            return recorder.failed("freed to offered", "the log has an offer, its person none");
        }
        tokio::time::sleep(PAUSE).await;
    };
    let now = Instant::now();
    let seats = seats_of(&run, &offer);
    if let Some(freed) = crowd.last_freed(&seats) {
        run.recorder
            .borrow_mut()
            .answered("freed to offered", freed);
    }
    let quantity = crowd.people.borrow()[nth].quantity;
    let fits = seats.len() == quantity && run.stage.house.are_neighbours(&seats);
    let hold_id = offer["hold_id"].as_str().unwrap_or_default();
    let held = {
        let mut ledger = run.ledger.borrow_mut();
        if !fits {
            ledger.breach(|house| {
                let labels: Vec<&str> = seats.iter().map(|seat| house.label(*seat)).collect();
                format!("somebody who wanted {quantity} together was offered {labels:?}")
            });
        }
        ledger.n_offers += 1;
        ledger.placed(0, seats.clone(), hold_id, now)
    };
    if worker.chance(DECLINING_PERCENT) {
        crowd.free(&seats);
        run.ledger.borrow_mut().passed_on(&held);
        worker.release(&held, Instant::now()).await;
    } else {
        worker.confirm(&held, Instant::now()).await;
    }
}

fn seats_of(run: &Run, offer: &Value) -> Vec<usize> {
    let labels = offer["seats"].as_array().into_iter().flatten();
    let labels = labels.filter_map(|seat| seat["seat"].as_str());
    let mut seats: Vec<usize> = labels
        .filter_map(|label| run.stage.house.find(label))
        .collect();
    seats.sort_unstable();
    seats
}

#[cfg(test)]
mod tests {
    use super::super::super::super::stub;
    use super::*;

    #[tokio::test]
    async fn what_is_not_cancelled_in_time_is_left_out_and_counted() {
        let run = stub::run("waitlist", |_| (200, "{}")).await;
        let seats = [vec![0], vec![1, 2]].map(|seats| ("booking".to_owned(), seats));
        run.crowd.cancels.borrow_mut().extend(seats);
        let now = Instant::now();

        cancel_all(&run, &run.crowd, now, now).await;

        assert_eq!(run.crowd.n_left_out.get(), 2);
        assert_eq!(run.recorder.borrow().n_answered(), 0);
        cancel_all(&run, &run.crowd, now, now + run.bench.patience()).await;
        assert_eq!(run.recorder.borrow().n_answered(), 2);
    }
}
