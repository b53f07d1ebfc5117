//! One caller at a time: what each call is, how it is measured and what of it is entered.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Deserialize;
use serde_json::Value;

use super::client::Refusal;
use super::connection::Connection;
use super::ledger::{Held, Ledger};
use super::options::Bench;
use super::pace::Pace;
use super::recorder::Recorder;
use super::request::find_text;
use super::scenarios::{Crowd, Watched};
use super::stage::Stage;

/// How often a confirm is repeated whose outcome is not known.
const CONFIRMS_MAX: u32 = 5;
const CONFIRM_PAUSE: Duration = Duration::from_millis(200);
const CONTACT: &[u8] = br#"{"contact":{"name":"Load","email":"load@example.org"}}"#;

/// What all callers of a run share.
pub struct Run {
    pub bench: Bench,
    pub stage: Stage,
    pub pace: Pace,
    pub recorder: RefCell<Recorder>,
    pub ledger: RefCell<Ledger>,
    /// What viewers of the live feed wait for.
    pub watched: Rc<Watched>,
    /// Who waits for seats of a sold-out house.
    pub crowd: Rc<Crowd>,
    /// Holds to be confirmed, each with the guest whose it is.
    pub ready: RefCell<Vec<(usize, Held)>>,
    /// Parties that were used up, of those that are confirmed.
    pub n_used: Cell<usize>,
    /// When the last seat was booked.
    pub sold_out_after: Cell<Option<Duration>>,
}

impl Run {
    /// Every seat of every event is booked, as far as the service has said.
    pub fn is_sold_out(&self) -> bool {
        let n_seats = self.stage.house.n_seats() * self.stage.event_ids.len();
        self.ledger.borrow().n_booked() >= n_seats
    }

    /// There is nothing left to buy.
    pub fn sold_out(&self) {
        if self.sold_out_after.get().is_none() {
            self.sold_out_after.set(Some(self.pace.start().elapsed()));
        }
        self.pace.stop();
    }
}

pub struct Worker {
    pub nth: usize,
    pub run: Rc<Run>,
    pub rng: StdRng,
    connection: Connection,
    request: Vec<u8>,
    n_turns: usize,
    guest: usize,
}

pub enum Placed {
    Held(Held),
    /// These seats cannot be had.
    Refused(Vec<usize>),
    Failed,
}

/// A copy of an answer, for conditional requests.
#[derive(Default)]
pub struct Copy {
    pub etag: Vec<u8>,
    pub body: Vec<u8>,
}

impl Copy {
    /// The seats' states of a copy of the availability.
    pub fn states(&self) -> &[u8] {
        find_text(&self.body, "states")
            .unwrap_or_default()
            .as_bytes()
    }
}

impl Worker {
    pub fn new(nth: usize, run: Rc<Run>) -> Self {
        let seed = run.bench.seed.wrapping_mul(1_000_003) ^ nth as u64;
        Self {
            nth,
            rng: StdRng::seed_from_u64(seed),
            connection: Connection::new(run.stage.through.address),
            request: Vec::with_capacity(2048),
            n_turns: 0,
            guest: nth % run.stage.guests.len().max(1),
            run,
        }
    }

    /// Becomes another guest, so that all of them have about as much to do.
    pub fn next_turn(&mut self) -> usize {
        self.n_turns += 1;
        self.guest =
            (self.guest + self.run.bench.n_workers() as usize) % self.run.stage.guests.len();
        self.n_turns - 1
    }

    /// Speaks for that guest from now on.
    pub fn become_guest(&mut self, nth: usize) {
        self.guest = nth % self.run.stage.guests.len();
    }

    /// Whether something happens that happens so many times in a hundred.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.of_a_hundred() < percent
    }

    pub fn of_a_hundred(&mut self) -> u32 {
        self.rng.random_range(0..100)
    }

    pub fn pick(&mut self, n: usize) -> usize {
        self.rng.random_range(0..n.max(1))
    }

    /// More often a low number: seats in front are wanted more.
    pub fn pick_low(&mut self, n: usize) -> usize {
        self.pick(n).min(self.pick(n))
    }

    pub async fn place(&mut self, event: usize, seats: Vec<usize>, due: Instant) -> Placed {
        let run = self.run.clone();
        let body = self.seats_body(&seats);
        let guest = &run.stage.guests[self.guest];
        let path = ["/v1/events/", &run.stage.event_ids[event], "/holds"];
        guest.write_json(&mut self.request, "POST", &path, &body);
        let sent = Instant::now();
        let answered = self.connection.exchange(&self.request).await;
        let (mut recorder, mut ledger) = (run.recorder.borrow_mut(), run.ledger.borrow_mut());
        let answer = match answered {
            Ok(answer) => answer,
            Err(error) => {
                recorder.failed("place", &failure_of(&error));
                ledger.place_unsure(event, &seats, sent);
                return Placed::Failed;
            }
        };
        if answer.status == 201
            && let Some(hold_id) = find_text(answer.body, "hold_id")
        {
            recorder.answered("place", due);
            return Placed::Held(ledger.placed(event, seats, hold_id, sent));
        }
        if find_text(answer.body, "code") == Some("seats_unavailable") {
            let conflicts = conflicts(answer.body, &seats, &run);
            if conflicts.is_empty() {
                recorder.failed("place", "seats_unavailable, but none of those wanted");
                return Placed::Failed;
            }
            recorder.answered("place, refused", due);
            ledger.refused(event, &conflicts, sent);
            return Placed::Refused(conflicts);
        }
        let refusal = Refusal::read(answer.status, answer.body);
        recorder.failed("place", &refusal.code);
        if !(400..500).contains(&answer.status) {
            ledger.place_unsure(event, &seats, sent);
        }
        Placed::Failed
    }

    /// Counted from `due`, as is every first call of a caller's turn. Whether it was done.
    pub async fn release(&mut self, held: &Held, due: Instant) -> bool {
        let run = self.run.clone();
        let path = hold_path(&run, held, "");
        run.stage.guests[self.guest].write(&mut self.request, "DELETE", &[&path], None);
        run.ledger.borrow_mut().ending(held);
        let answered = self.connection.exchange(&self.request).await;
        let (mut recorder, mut ledger) = (run.recorder.borrow_mut(), run.ledger.borrow_mut());
        match answered {
            Ok(answer) if answer.status == 204 => {
                recorder.answered("release", due);
                ledger.released(held);
                return true;
            }
            Ok(answer) => {
                let refusal = Refusal::read(answer.status, answer.body);
                recorder.failed("release", &refusal.code);
            }
            Err(error) => recorder.failed("release", &failure_of(&error)),
        }
        ledger.release_unsure(held);
        false
    }

    /// Repeats the confirm while its outcome is not known, as the interface asks callers to do.
    pub async fn confirm(&mut self, held: &Held, due: Instant) -> bool {
        let run = self.run.clone();
        let path = hold_path(&run, held, "/confirm");
        run.stage.guests[self.guest].write_json(&mut self.request, "POST", &[&path], CONTACT);
        run.ledger.borrow_mut().ending(held);
        for nth in 0..CONFIRMS_MAX {
            if nth > 0 {
                tokio::time::sleep(CONFIRM_PAUSE).await;
            }
            let answered = self.connection.exchange(&self.request).await;
            let mut recorder = run.recorder.borrow_mut();
            match answered {
                Ok(answer) => {
                    let is_done = matches!(answer.status, 200 | 201);
                    let booking_id = find_text(answer.body, "booking_id").filter(|_| is_done);
                    if let Some(booking_id) = booking_id {
                        recorder.answered("confirm", due);
                        run.ledger.borrow_mut().confirmed(held, booking_id);
                        return true;
                    }
                    let refusal = Refusal::read(answer.status, answer.body);
                    recorder.failed("confirm", &refusal.code);
                    if (400..500).contains(&answer.status) && nth == 0 {
                        // It is no booking, whatever else becomes of it.
                        run.ledger.borrow_mut().release_unsure(held);
                        return false;
                    }
                }
                Err(error) => recorder.failed("confirm", &failure_of(&error)),
            }
        }
        run.ledger.borrow_mut().confirm_unsure(held);
        false
    }

    /// Reads something of an event that has an `ETag`; true when there is something newer.
    pub async fn read(
        &mut self,
        names: [&'static str; 2],
        path: &[&str],
        copy: &mut Copy,
        due: Instant,
    ) -> bool {
        let run = self.run.clone();
        let etag = Some(copy.etag.as_slice()).filter(|etag| !etag.is_empty());
        run.stage.guests[self.guest].write(&mut self.request, "GET", path, etag);
        let answered = self.connection.exchange(&self.request).await;
        let mut recorder = run.recorder.borrow_mut();
        match answered {
            Ok(answer) if answer.status == 200 => {
                recorder.answered(names[0], due);
                copy.etag.clear();
                copy.etag.extend_from_slice(answer.etag.unwrap_or_default());
                copy.body.clear();
                copy.body.extend_from_slice(answer.body);
                return true;
            }
            Ok(answer) if answer.status == 304 => recorder.answered(names[1], due),
            Ok(answer) => {
                let refusal = Refusal::read(answer.status, answer.body);
                recorder.failed(names[0], &refusal.code);
            }
            Err(error) => recorder.failed(names[0], &failure_of(&error)),
        }
        false
    }

    /// Reads something, or posts a body. What succeeds is counted under the name, where there is
    /// one, and answered; what fails is counted in any case.
    pub async fn ask(
        &mut self,
        name: Option<&'static str>,
        path: &str,
        body: Option<&[u8]>,
    ) -> Option<Value> {
        let run = self.run.clone();
        let guest = &run.stage.guests[self.guest];
        match body {
            Some(body) => guest.write_json(&mut self.request, "POST", &[path], body),
            None => guest.write(&mut self.request, "GET", &[path], None),
        }
        let due = Instant::now();
        let answered = self.connection.exchange(&self.request).await;
        let mut recorder = run.recorder.borrow_mut();
        let failure = match answered {
            Ok(answer) if matches!(answer.status, 200 | 201) => {
                if let Some(name) = name {
                    recorder.answered(name, due);
                }
                return serde_json::from_slice(answer.body).ok();
            }
            Ok(answer) => Refusal::read(answer.status, answer.body).code,
            Err(error) => failure_of(&error),
        };
        recorder.failed(name.unwrap_or("look"), &failure);
        None
    }

    pub async fn look(&mut self, event: usize, copy: &mut Copy, due: Instant) -> bool {
        let run = self.run.clone();
        let path = ["/v1/events/", &run.stage.event_ids[event], "/availability"];
        self.read(["look", "look, unchanged"], &path, copy, due)
            .await
    }

    fn seats_body(&self, seats: &[usize]) -> Vec<u8> {
        let mut body = br#"{"seats":["#.to_vec();
        for (nth, seat) in seats.iter().enumerate() {
            body.extend_from_slice(if nth == 0 { b"\"" } else { b",\"" });
            body.extend_from_slice(self.run.stage.house.label(*seat).as_bytes());
            body.push(b'"');
        }
        body.extend_from_slice(b"]}");
        body
    }
}

fn hold_path(run: &Run, held: &Held, verb: &str) -> String {
    let event_id = &run.stage.event_ids[held.event];
    format!("/v1/events/{event_id}/holds/{}{verb}", held.hold_id)
}

/// As much of a refusal as names seats.
#[derive(Default, Deserialize)]
struct Refused {
    conflicts: Vec<Conflict>,
}

#[derive(Deserialize)]
struct Conflict {
    seat: String,
}

/// The seats that an answer names as taken.
fn conflicts(body: &[u8], wanted: &[usize], run: &Run) -> Vec<usize> {
    let Refused { conflicts } = serde_json::from_slice(body).unwrap_or_default();
    let is_named = |seat: &&usize| {
        let label = run.stage.house.label(**seat);
        conflicts.iter().any(|conflict| conflict.seat == label)
    };
    wanted.iter().filter(is_named).copied().collect()
}

/// A few words for what went wrong on the way, so that the same is counted together.
fn failure_of(error: &anyhow::Error) -> String {
    match error.downcast_ref::<std::io::Error>() {
        Some(error) => format!("connection: {}", error.kind()),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::stub;
    use super::*;

    fn failures(run: &Run) -> Vec<(String, u64)> {
        let operations = &run.recorder.borrow().operations;
        let failures = operations.iter().flat_map(|one| one.failures.clone());
        failures.collect()
    }

    #[tokio::test]
    async fn a_confirm_without_a_booking_is_none() {
        let run = stub::run("confirm", |_| (200, "{}")).await;
        let placed = Instant::now();
        let held = run.ledger.borrow_mut().placed(0, vec![0], "hold", placed);

        let is_booked = Worker::new(0, run.clone())
            .confirm(&held, Instant::now())
            .await;

        assert!(!is_booked && run.ledger.borrow().unsure_confirms.contains("hold"));
        assert_eq!(failures(&run), [("status_200".to_owned(), 5)]);
    }

    #[tokio::test]
    async fn a_refusal_names_seats_that_were_wanted() {
        let refusal = r#"{"code":"seats_unavailable","conflicts":[{"seat":"A-1"}]}"#;
        let run = stub::run("hot-seat", move |_| (409, refusal)).await;
        let mut worker = Worker::new(0, run.clone());

        let justly = worker.place(0, vec![1, 2], Instant::now()).await;
        assert!(matches!(justly, Placed::Refused(seats) if seats == [1]));
        assert_eq!(failures(&run), []);
        let unjustly = worker.place(0, vec![2, 3], Instant::now()).await;
        assert!(matches!(unjustly, Placed::Failed));
        assert_eq!(run.recorder.borrow().n_failed(), 1);
    }
}
