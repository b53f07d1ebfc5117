//! After the load: what the interface says now, against what was acknowledged.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::Value;

use super::ledger::{Fate, Ledger, Seat};
use super::stage::Stage;

/// How long the boards may take, all together, to show what was acknowledged.
const SETTLING_MAX: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(250);
const PAGE: usize = 200;

/// What was compared.
#[derive(Debug, Default, serde::Serialize)]
pub struct Audit {
    pub confirms_looked_up: usize,
    pub releases_acknowledged: u64,
    pub seats_compared: usize,
    pub refusals_judged: usize,
    /// Of a waitlist.
    pub offers_judged: usize,
    pub breaches_count: u64,
    /// The first hundred, as sentences.
    pub breaches: Vec<String>,
}

impl Audit {
    /// What was noticed while the load ran.
    pub fn of(ledger: &mut Ledger) -> Self {
        Self {
            releases_acknowledged: ledger.n_released,
            breaches_count: ledger.n_breaches,
            breaches: std::mem::take(&mut ledger.breaches),
            ..Self::default()
        }
    }

    pub fn add(&mut self, breach: String) {
        self.breaches_count += 1;
        self.breaches.push(breach);
    }
}

pub async fn audit(stage: &mut Stage, ledger: &mut Ledger) -> anyhow::Result<Audit> {
    let refusals_judged = ledger.judge_refusals();
    let seats_compared = compare(stage, ledger, Instant::now() + SETTLING_MAX).await?;
    Ok(Audit {
        confirms_looked_up: ledger.confirmed.len(),
        offers_judged: ledger.n_offers,
        refusals_judged,
        seats_compared,
        ..Audit::of(ledger)
    })
}

/// Answers how many seats were compared. What is wrong after `until` is a breach.
async fn compare(stage: &mut Stage, ledger: &mut Ledger, until: Instant) -> anyhow::Result<usize> {
    let mut n_seats = 0;
    for event in 0..stage.event_ids.len() {
        n_seats += compare_seats(stage, ledger, event, until).await?;
        compare_bookings(stage, ledger, event).await?;
    }
    Ok(n_seats)
}

/// Every seat is as its last acknowledged change left it. The board may lag a little behind.
async fn compare_seats(
    stage: &mut Stage,
    ledger: &mut Ledger,
    event: usize,
    until: Instant,
) -> anyhow::Result<usize> {
    let path = format!("/v1/events/{}/availability", stage.event_ids[event]);
    let n_seats = stage.house.n_seats();
    loop {
        let availability = stage.owner.get(&path).await?;
        let states = availability["states"].as_str();
        let states = states.context("the availability has no states")?.as_bytes();
        if states.len() != n_seats {
            let (event_id, n_told) = (&stage.event_ids[event], states.len());
            ledger.breach(|_| format!("event {event_id} has {n_told} seats, its house {n_seats}"));
            return Ok(0);
        }
        let wrong: Vec<usize> = (0..n_seats)
            .filter(|&seat| !is_as_expected(ledger.seat(event, seat), states[seat]))
            .collect();
        if wrong.is_empty() {
            return Ok(n_seats);
        }
        if Instant::now() > until {
            for seat in wrong {
                let (state, fate) = (char::from(states[seat]), ledger.seat(event, seat).fate);
                ledger.breach(|house| difference(house.label(seat), fate, state));
            }
            return Ok(n_seats);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn is_as_expected(seat: Seat, state: u8) -> bool {
    match seat.fate {
        _ if seat.is_unsure => true,
        Fate::Booked => state == b'b',
        Fate::Standing => state == b'h',
        Fate::Freed | Fate::Untouched => state == b'.',
        Fate::Held | Fate::Ending => true,
    }
}

fn difference(label: &str, fate: Fate, state: char) -> String {
    let was = match fate {
        Fate::Booked => "was confirmed",
        Fate::Standing => "was to stay held",
        Fate::Freed => "was released",
        _ => "was never held",
    };
    let is = match state {
        '.' => "free",
        'h' => "held",
        'b' => "booked",
        _ => "not for sale",
    };
    format!("seat {label} {was} but is {is}")
}

/// Every acknowledged confirm has its booking with its seats, no seat has two, and there is no
/// booking that nobody asked for.
async fn compare_bookings(
    stage: &mut Stage,
    ledger: &mut Ledger,
    event: usize,
) -> anyhow::Result<()> {
    let mut missing: HashSet<String> = ledger
        .confirmed
        .iter()
        .filter(|(_, confirmed)| confirmed.event == event)
        .map(|(booking_id, _)| booking_id.clone())
        .collect();
    let mut bookings_of_seats = HashMap::new();
    let mut after = String::new();
    loop {
        let event_id = &stage.event_ids[event];
        let path = format!("/v1/events/{event_id}/bookings?limit={PAGE}{after}");
        let page = stage.owner.get(&path).await?;
        for booking in page["items"].as_array().into_iter().flatten() {
            let booking_id = booking["booking_id"].as_str().unwrap_or_default();
            missing.remove(booking_id);
            compare_booking(ledger, booking_id, booking);
            for label in labels(booking) {
                let other = bookings_of_seats.insert(label.to_owned(), booking_id.to_owned());
                if let Some(other) = other {
                    ledger.breach(|_| {
                        format!("seat {label} is in two bookings, {booking_id} and {other}")
                    });
                }
            }
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    for booking_id in missing {
        ledger.breach(|_| format!("booking {booking_id} was confirmed but does not exist"));
    }
    Ok(())
}

fn compare_booking(ledger: &mut Ledger, booking_id: &str, booking: &Value) {
    let hold_id = booking["hold_id"].as_str().unwrap_or_default();
    match ledger.confirmed.get(booking_id) {
        Some(confirmed) => {
            let house = ledger.house();
            let mut wanted: Vec<&str> = confirmed.seats.iter().map(|&at| house.label(at)).collect();
            let mut has = labels(booking);
            wanted.sort_unstable();
            has.sort_unstable();
            let is_sure = !ledger.unsure_cancels.contains(booking_id);
            if confirmed.hold_id != hold_id || is_sure && wanted != has {
                let (wanted, has) = (wanted.join(", "), has.join(", "));
                ledger.breach(|_| {
                    format!("booking {booking_id} was confirmed with {wanted} but has {has}")
                });
            }
        }
        None if ledger.unsure_confirms.contains(hold_id) => {}
        None => {
            ledger.breach(|_| format!("booking {booking_id} was made but never acknowledged"));
        }
    }
}

/// The seats that the booking still has.
fn labels(booking: &Value) -> Vec<&str> {
    let seats = booking["seats"].as_array().into_iter().flatten();
    let kept = seats.filter(|seat| seat["is_cancelled"] != Value::Bool(true));
    kept.filter_map(|seat| seat["seat"].as_str()).collect()
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::stub::{self, N_EVENTS};
    use super::*;

    /// What is wrong when no event's seats were touched and this is told of all of them, once the
    /// time is over; and how often that was asked.
    async fn compared(availability: &'static str) -> (Vec<String>, usize) {
        let n_looks = Arc::new(AtomicUsize::new(0));
        let counted = n_looks.clone();
        let run = stub::run("browse", move |request| {
            if !request.contains("/availability") {
                return (200, r#"{"items":[]}"#);
            }
            counted.fetch_add(1, Ordering::Relaxed);
            (200, availability)
        });
        let run = Rc::into_inner(run.await).unwrap();
        let (mut stage, mut ledger) = (run.stage, run.ledger.into_inner());

        let compared = compare(&mut stage, &mut ledger, Instant::now()).await;

        assert!(compared.is_ok());
        (ledger.breaches, n_looks.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn the_boards_have_one_time_to_settle_all_together() {
        let (breaches, n_looks) = compared(r#"{"states":"..h."}"#).await;

        assert_eq!(breaches, ["seat A-2 was never held but is held"; N_EVENTS]);
        assert_eq!(n_looks, N_EVENTS);
    }

    #[tokio::test]
    async fn a_board_that_lacks_seats_is_not_as_it_should_be() {
        for (states, n_told) in [("", 0), ("...", 3), (".....", 5)] {
            let availability = format!(r#"{{"states":"{states}"}}"#);
            let (breaches, _) = compared(availability.leak()).await;

            let breach = format!("event 0 has {n_told} seats, its house 4");
            assert_eq!((breaches.len(), &breaches[0]), (N_EVENTS, &breach));
        }
    }
}
