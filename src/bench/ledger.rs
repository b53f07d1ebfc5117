//! What the service has acknowledged, and what must therefore be true.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Instant;

use super::house::House;
use super::times::Times;

/// Limit: breaches that are named; all are counted.
const NAMED_MAX: usize = 100;
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Untouched,
    Held,
    /// Its hold stands from before the load until after it.
    Standing,
    /// Somebody has asked for the end of its hold.
    Ending,
    Freed,
    Booked,
}

#[derive(Clone, Copy, Debug)]
pub struct Seat {
    pub fate: Fate,
    /// The number of the last hold on it that was acknowledged.
    hold: u32,
    /// A request for it has no known outcome: it may be in any state.
    pub is_unsure: bool,
}

/// Nobody has asked for it yet.
const UNTOUCHED: Seat = Seat {
    fate: Fate::Untouched,
    hold: 0,
    is_unsure: false,
};

/// A hold that was acknowledged.
#[derive(Clone, Debug)]
pub struct Held {
    pub event: usize,
    pub seats: Vec<usize>,
    pub hold_id: String,
    number: u32,
    sent: Instant,
}

/// A confirm that was acknowledged.
#[derive(Clone, Debug)]
pub struct Confirmed {
    pub event: usize,
    pub seats: Vec<usize>,
    pub hold_id: String,
}

pub struct Ledger {
    house: Rc<House>,
    /// For each event the seats that were touched, by index.
    events: Vec<HashMap<usize, Seat>>,
    /// By booking id.
    pub confirmed: HashMap<String, Confirmed>,
    /// Holds whose confirm has no known outcome.
    pub unsure_confirms: HashSet<String>,
    times: Times,
    n_holds: u32,
    n_booked: usize,
    pub n_released: u64,
    /// Offers of a waitlist that were looked at.
    pub n_offers: usize,
    /// Bookings of which nobody knows which seats are cancelled.
    pub unsure_cancels: HashSet<String>,
    pub n_breaches: u64,
    pub breaches: Vec<String>,
}

impl Ledger {
    pub fn new(house: Rc<House>, n_events: usize) -> Self {
        Self {
            events: vec![HashMap::new(); n_events],
            house,
            confirmed: HashMap::new(),
            unsure_confirms: HashSet::new(),
            times: Times::default(),
            n_holds: 0,
            n_booked: 0,
            n_released: 0,
            n_offers: 0,
            unsure_cancels: HashSet::new(),
            n_breaches: 0,
            breaches: Vec::new(),
        }
    }

    pub fn breach(&mut self, breach: impl FnOnce(&House) -> String) {
        self.n_breaches += 1;
        if self.breaches.len() < NAMED_MAX {
            self.breaches.push(breach(&self.house));
        }
    }

    pub fn house(&self) -> Rc<House> {
        self.house.clone()
    }

    pub fn seat(&self, event: usize, nth: usize) -> Seat {
        self.events[event].get(&nth).copied().unwrap_or(UNTOUCHED)
    }

    fn seat_mut(&mut self, event: usize, nth: usize) -> &mut Seat {
        self.events[event].entry(nth).or_insert(UNTOUCHED)
    }

    pub fn n_booked(&self) -> usize {
        self.n_booked
    }

    /// A hold was acknowledged that was asked for at `sent`.
    pub fn placed(
        &mut self,
        event: usize,
        seats: Vec<usize>,
        hold_id: &str,
        sent: Instant,
    ) -> Held {
        self.n_holds += 1;
        let number = self.n_holds;
        for &nth in &seats {
            let seat = self.seat_mut(event, nth);
            let before = seat.fate;
            (seat.fate, seat.hold) = (Fate::Held, number);
            match before {
                Fate::Held | Fate::Standing => self.breach(|house| {
                    format!(
                        "seat {} was held by two callers at a time",
                        house.label(nth)
                    )
                }),
                Fate::Booked => self.breach(|house| {
                    format!("seat {} was held after it was booked", house.label(nth))
                }),
                Fate::Untouched | Fate::Ending | Fate::Freed => {}
            }
        }
        Held {
            event,
            seats,
            hold_id: hold_id.to_owned(),
            number,
            sent,
        }
    }

    /// A hold was acknowledged that stays until the load's events are struck.
    pub fn stands(&mut self, held: &Held) {
        self.each_of(held, |seat| seat.fate = Fate::Standing);
        self.end_span(held, None);
    }

    /// Nobody knows whether the hold was placed.
    pub fn place_unsure(&mut self, event: usize, seats: &[usize], sent: Instant) {
        for &seat in seats {
            self.seat_mut(event, seat).is_unsure = true;
            self.times.had(event, seat, sent, None);
        }
    }

    /// The seats were said not to be had.
    pub fn refused(&mut self, event: usize, seats: &[usize], sent: Instant) {
        self.times.refused(event, seats, sent);
    }

    /// A release or a confirm is about to be sent.
    pub fn ending(&mut self, held: &Held) {
        self.each_of(held, |seat| seat.fate = Fate::Ending);
    }

    pub fn released(&mut self, held: &Held) {
        self.n_released += 1;
        self.each_of(held, |seat| seat.fate = Fate::Freed);
        self.end_span(held, Some(Instant::now()));
    }

    /// Until then the seats were nobody else's: only what is not confirmed may be given away.
    pub fn confirmed(&mut self, held: &Held, booking_id: &str) {
        for &nth in &held.seats {
            if self.seat(held.event, nth).hold != held.number {
                self.breach(|house| {
                    let seat = house.label(nth);
                    format!("seat {seat} was held by another caller while it was booked")
                });
            }
        }
        self.each_of(held, |seat| seat.fate = Fate::Booked);
        self.n_booked += held.seats.len();
        self.end_span(held, None);
        let confirmed = Confirmed {
            event: held.event,
            seats: held.seats.clone(),
            hold_id: held.hold_id.clone(),
        };
        if self
            .confirmed
            .insert(booking_id.to_owned(), confirmed)
            .is_some()
        {
            self.breach(|_| format!("booking {booking_id} was given to two holds"));
        }
    }

    /// Seats of a booking are about to be cancelled: from now on they may be anybody's.
    pub fn cancelling(&mut self, event: usize, booking_id: &str, seats: &[usize]) {
        if let Some(confirmed) = self.confirmed.get_mut(booking_id) {
            confirmed.seats.retain(|seat| !seats.contains(seat));
        }
        self.n_booked -= seats.len().min(self.n_booked);
        for &seat in seats {
            let seat = self.seat_mut(event, seat);
            (seat.fate, seat.is_unsure) = (Fate::Ending, true);
        }
    }

    /// The seats of a hold go to whoever waits for them.
    pub fn passed_on(&mut self, held: &Held) {
        for &seat in &held.seats {
            self.seat_mut(held.event, seat).is_unsure = true;
        }
    }

    /// Nobody knows whether the hold has become a booking.
    pub fn confirm_unsure(&mut self, held: &Held) {
        self.unsure_confirms.insert(held.hold_id.clone());
        self.release_unsure(held);
    }

    /// Nobody knows whether the hold has ended.
    pub fn release_unsure(&mut self, held: &Held) {
        for &seat in &held.seats {
            self.seat_mut(held.event, seat).is_unsure = true;
        }
        self.end_span(held, None);
    }

    /// A seat that somebody was refused must have been somebody's at that time.
    pub fn judge_refusals(&mut self) -> usize {
        let (n_judged, unjustified) = self.times.judge();
        for seat in unjustified {
            self.breach(|house| {
                let seat = house.label(seat);
                format!("seat {seat} was said to be taken while nobody had it")
            });
        }
        n_judged
    }

    /// Later holds of the same seats are left alone.
    fn each_of(&mut self, held: &Held, mut change: impl FnMut(&mut Seat)) {
        for &seat in &held.seats {
            let seat = self.seat_mut(held.event, seat);
            if seat.hold == held.number {
                change(seat);
            }
        }
    }

    fn end_span(&mut self, held: &Held, until: Option<Instant>) {
        for &seat in &held.seats {
            self.times.had(held.event, seat, held.sent, until);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ledger() -> Ledger {
        let seat = |index: usize| json!({"index": index, "label": format!("A-{index}")});
        let seats: Vec<_> = (0..4).map(seat).collect();
        let layout = json!({"sections": [{"rows": [{"seats": seats}]}]}).to_string();
        Ledger::new(Rc::new(House::read(layout.as_bytes()).unwrap()), 1)
    }

    fn breaches(ledger: &Ledger) -> String {
        ledger.breaches.join("\n")
    }

    #[test]
    fn a_seat_goes_from_hold_to_hold_and_no_two_have_it() {
        let mut ledger = ledger();
        let now = Instant::now();
        let first = ledger.placed(0, vec![0, 1], "a", now);
        ledger.ending(&first);
        // The next holder's answer overtakes that of the release.
        let second = ledger.placed(0, vec![1, 2], "b", now);
        ledger.released(&first);

        assert_eq!(ledger.n_breaches, 0);
        assert_eq!(ledger.seat(0, 0).fate, Fate::Freed);
        assert_eq!(ledger.seat(0, 1).fate, Fate::Held);
        ledger.placed(0, vec![2], "c", now);
        assert_eq!(
            breaches(&ledger),
            "seat A-2 was held by two callers at a time"
        );
        ledger.confirmed(&second, "booking");
        ledger.placed(0, vec![1], "d", now);
        assert!(breaches(&ledger).ends_with("seat A-1 was held after it was booked"));
    }

    #[test]
    fn a_seat_is_not_given_away_while_it_is_being_booked() {
        let mut ledger = ledger();
        let now = Instant::now();
        let held = ledger.placed(0, vec![0, 1], "a", now);
        ledger.ending(&held);
        ledger.placed(0, vec![1], "b", now);
        assert_eq!(ledger.n_breaches, 0, "the confirm may yet be refused");

        ledger.confirmed(&held, "booking");

        assert_eq!(
            breaches(&ledger),
            "seat A-1 was held by another caller while it was booked"
        );
    }

    #[test]
    fn a_hold_that_stands_is_nobody_elses() {
        let mut ledger = ledger();
        let now = Instant::now();
        let held = ledger.placed(0, vec![0, 1], "a", now);
        ledger.stands(&held);
        ledger.refused(0, &[0, 1], now);

        assert_eq!(ledger.judge_refusals(), 2);
        assert_eq!(ledger.n_breaches, 0);
        assert_eq!(ledger.seat(0, 1).fate, Fate::Standing);
        ledger.placed(0, vec![1, 2], "b", now);
        assert_eq!(
            breaches(&ledger),
            "seat A-1 was held by two callers at a time"
        );
    }

    #[test]
    fn seats_cost_memory_when_they_are_touched() {
        let house = ledger().house();
        let mut ledger = Ledger::new(house, 2_000);

        ledger.placed(1_999, vec![2], "a", Instant::now());

        assert_eq!(ledger.seat(1_999, 2).fate, Fate::Held);
        assert_eq!(ledger.seat(1_998, 2).fate, Fate::Untouched);
        assert_eq!(ledger.events.iter().map(HashMap::len).sum::<usize>(), 1);
    }

    #[test]
    fn one_booking_is_not_given_to_two_holds() {
        let mut ledger = ledger();
        let now = Instant::now();
        let holds = [0, 1].map(|seat| ledger.placed(0, vec![seat], "x", now));

        holds.iter().for_each(|held| ledger.confirmed(held, "one"));

        assert_eq!(breaches(&ledger), "booking one was given to two holds");
    }

    #[test]
    fn a_refusal_needs_somebody_who_has_the_seat() {
        let mut ledger = ledger();
        let before = Instant::now();
        let held = ledger.placed(0, vec![0], "a", before);
        ledger.refused(0, &[0], before);
        ledger.ending(&held);
        ledger.released(&held);
        ledger.place_unsure(0, &[1], before);
        ledger.refused(0, &[1], Instant::now());

        assert_eq!(ledger.judge_refusals(), 2);
        assert_eq!(ledger.n_breaches, 0);

        let mut ledger = self::ledger();
        let held = ledger.placed(0, vec![0], "a", Instant::now());
        ledger.released(&held);
        std::thread::sleep(std::time::Duration::from_millis(2));
        ledger.refused(0, &[0], Instant::now());
        ledger.refused(0, &[3], Instant::now());
        ledger.judge_refusals();

        assert_eq!(ledger.n_breaches, 2);
        assert!(breaches(&ledger).contains("seat A-3 was said to be taken while nobody had it"));
    }
}
