//! The rules of a sale in memory, small enough to be seen to be right.
//!
//! One step at a time, so nothing is ever being confirmed when the next step begins. Times are
//! milliseconds, amounts are cents, seats are indexes, and a booking is known by its hold.

use std::collections::{BTreeSet, HashMap};

use super::outcome::Outcome;
use super::records::{Booking, Hold, MINUTE, Receipt, Seat, State};

const KEYED_MEMORY: i64 = 15 * MINUTE;
const MEMORY: i64 = MINUTE / 2;

pub const TTL: i64 = 2 * MINUTE;
pub const LIFETIME_MAX: i64 = 5 * MINUTE;
pub const SEATS_PER_HOLD_MAX: usize = 4;
pub const SEATS_PER_PERSON_MAX: usize = 9;

#[derive(Clone)]
pub struct Model {
    pub n_seats: usize,
    pub now: i64,
    pub is_open: bool,
    pub price: i64,
    /// What the board remembers.
    pub holds: HashMap<String, Hold>,
    /// What PostgreSQL knows, by hold.
    pub bookings: HashMap<String, Booking>,
    pub blocked: BTreeSet<Seat>,
}

impl Model {
    pub fn place(
        &mut self,
        holder: usize,
        seats: &BTreeSet<Seat>,
        id: &str,
        is_keyed: bool,
    ) -> Outcome {
        if let Some(hold) = self.holds.get(id) {
            return match &hold.asked {
                Some(asked) if asked != seats => Outcome::refused(422, "idempotency_key_reused"),
                _ => Outcome {
                    is_replayed: true,
                    ..self.hold(201, id)
                },
            };
        }
        if seats.len() > SEATS_PER_HOLD_MAX {
            return Outcome::refused(422, "validation_failed");
        }
        let hold = Hold {
            holder,
            seats: seats.iter().map(|seat| (*seat, self.price)).collect(),
            state: State::Held,
            deadline: self.now + TTL,
            placed_at: self.now,
            due: self.now + TTL,
            memory: if is_keyed { KEYED_MEMORY } else { MEMORY },
            asked: is_keyed.then(|| seats.clone()),
        };
        let refusal = self.admit(id, hold);
        refusal.unwrap_or_else(|| self.hold(201, id))
    }

    fn admit(&mut self, id: &str, hold: Hold) -> Option<Outcome> {
        if !self.is_open {
            return Some(self.not_on_sale());
        }
        let wanted: BTreeSet<Seat> = hold.seats.keys().copied().collect();
        let refusal = self.refusal_swept(hold.holder, &wanted, wanted.len());
        if refusal.is_none() {
            self.holds.insert(id.to_owned(), hold);
        }
        refusal
    }

    /// Why the holder cannot have those seats, `n_more` more than before. Lapsed holds that are in
    /// the way are swept.
    fn refusal_swept(
        &mut self,
        holder: usize,
        wanted: &BTreeSet<Seat>,
        n_more: usize,
    ) -> Option<Outcome> {
        self.refusal(holder, wanted, n_more)?;
        self.sweep();
        self.refusal(holder, wanted, n_more)
    }

    fn refusal(&self, holder: usize, wanted: &BTreeSet<Seat>, n_more: usize) -> Option<Outcome> {
        let n_had = self.n_had(holder);
        if n_more > 0 && n_had + n_more > SEATS_PER_PERSON_MAX {
            return Some(Outcome {
                limit: Some((SEATS_PER_PERSON_MAX, n_had)),
                ..Outcome::refused(409, "hold_limit_reached")
            });
        }
        self.conflicts(wanted, b"")
    }

    fn conflicts(&self, wanted: &BTreeSet<Seat>, also_fine: &[u8]) -> Option<Outcome> {
        let states = self.states();
        let byte = |seat: &Seat| states.as_bytes()[*seat];
        let in_the_way = |seat: &&Seat| byte(seat) != b'.' && !also_fine.contains(&byte(seat));
        let reason = |seat: &Seat| match byte(seat) {
            b'b' => "booked",
            b'x' => "blocked",
            _ => "held",
        };
        let conflicts: BTreeSet<_> = wanted
            .iter()
            .filter(in_the_way)
            .map(|seat| (*seat, reason(seat).to_owned()))
            .collect();
        (!conflicts.is_empty()).then(|| Outcome {
            conflicts,
            ..Outcome::refused(409, "seats_unavailable")
        })
    }

    /// Seats that somebody has booked, or holds as far as the board has been swept.
    pub fn n_had(&self, holder: usize) -> usize {
        let held = self.holds.values();
        let n_held: usize = held
            .filter(|hold| hold.holder == holder && hold.state == State::Held)
            .map(|hold| hold.seats.len())
            .sum();
        let booked = self.bookings.values().filter(|it| it.holder == holder);
        let n_booked: usize = booked.map(|it| it.live_seats().count()).sum();
        n_held + n_booked
    }

    /// Every seat, as the map shows it.
    pub fn states(&self) -> String {
        let mut states = vec!['.'; self.n_seats];
        for hold in self.holds.values().filter(|it| it.state == State::Held) {
            hold.seats.keys().for_each(|seat| states[*seat] = 'h');
        }
        self.blocked.iter().for_each(|seat| states[*seat] = 'x');
        for booking in self.bookings.values() {
            booking.live_seats().for_each(|seat| states[seat] = 'b');
        }
        states.into_iter().collect()
    }

    pub fn sweep(&mut self) {
        let now = self.now;
        self.holds
            .retain(|_, hold| hold.state == State::Held || hold.due > now);
        for hold in self.holds.values_mut().filter(|hold| hold.due <= now) {
            hold.end(State::Expired, now);
        }
    }

    pub fn change(
        &mut self,
        holder: usize,
        id: &str,
        add: &BTreeSet<Seat>,
        remove: &BTreeSet<Seat>,
    ) -> Outcome {
        if !add.is_disjoint(remove) {
            return Outcome::refused(422, "validation_failed");
        }
        let hold = match self.live(holder, id) {
            Ok(hold) => hold.clone(),
            Err(refusal) => return *refusal,
        };
        if !self.is_open {
            return self.not_on_sale();
        }
        let has = |seat: &&Seat| hold.seats.contains_key(seat);
        let taken: BTreeSet<Seat> = add.iter().filter(|seat| !has(seat)).copied().collect();
        let n_freed = remove.iter().filter(has).count();
        let n_kept = hold.seats.len() - n_freed;
        if n_kept + taken.len() == 0 {
            return Outcome::refused(422, "validation_failed");
        }
        if n_kept + taken.len() > SEATS_PER_HOLD_MAX {
            return Outcome {
                limit: Some((SEATS_PER_HOLD_MAX, n_kept)),
                ..Outcome::refused(409, "hold_limit_reached")
            };
        }
        let n_more = taken.len().saturating_sub(n_freed);
        if let Some(refusal) = self.refusal_swept(holder, &taken, n_more) {
            return refusal;
        }
        let price = self.price;
        if let Some(hold) = self.holds.get_mut(id) {
            hold.seats.retain(|seat, _| !remove.contains(seat));
            hold.seats
                .extend(taken.into_iter().map(|seat| (seat, price)));
        }
        self.hold(200, id)
    }

    pub fn extend(&mut self, holder: usize, id: &str) -> Outcome {
        let now = self.now;
        let hold = match self.live(holder, id) {
            Ok(hold) => hold,
            Err(refusal) => return *refusal,
        };
        let cap = hold.placed_at + LIFETIME_MAX;
        if hold.deadline >= cap {
            return Outcome::refused(409, "hold_cannot_be_extended");
        }
        hold.deadline = hold.deadline.max((now + TTL).min(cap));
        hold.due = hold.deadline;
        self.hold(200, id)
    }

    pub fn release(&mut self, holder: usize, id: &str) -> Outcome {
        let now = self.now;
        match self.live(holder, id) {
            Ok(hold) => hold.end(State::Released, now),
            Err(refusal) if refusal.is("not_found") || refusal.is("hold_confirmed") => {
                return *refusal;
            }
            Err(_) => {}
        }
        Outcome::done(204)
    }

    pub fn look(&self, holder: usize, id: &str) -> Outcome {
        match self.holds.get(id) {
            Some(hold) if hold.holder == holder => self.hold(200, id),
            _ => Outcome::refused(404, "not_found"),
        }
    }

    pub fn confirm(&mut self, holder: usize, id: &str, receipt: Option<Receipt>) -> Outcome {
        let now = self.now;
        let booked_before = self.bookings.get(id).map(|booking| booking.holder);
        match self.live(holder, id) {
            // A hold under an id that has become a booking already, placed after the board was
            // lost.
            Ok(ghost) if booked_before.is_some() => {
                ghost.end_for_good(now);
                return self.booking(200, id);
            }
            Ok(_) => {}
            Err(refusal) if refusal.is("hold_released") => return *refusal,
            Err(_) if booked_before == Some(holder) => return self.booking(200, id),
            Err(refusal) if refusal.is("not_found") && booked_before.is_none() => {
                let Some(receipt) = receipt else {
                    return *refusal;
                };
                if let Some(refusal) = self.restore(holder, id, receipt) {
                    return refusal;
                }
            }
            Err(refusal) => return *refusal,
        }
        if !self.is_open {
            return self.not_on_sale();
        }
        if let Some(hold) = self.holds.get_mut(id) {
            hold.end(State::Confirmed, now);
            let seats = hold
                .seats
                .iter()
                .map(|(seat, price)| (*seat, (*price, false)));
            let seats = seats.collect();
            self.bookings
                .insert(id.to_owned(), Booking { holder, seats });
        }
        self.booking(201, id)
    }

    fn restore(&mut self, holder: usize, id: &str, receipt: Receipt) -> Option<Outcome> {
        if receipt.deadline <= self.now {
            return Some(Outcome::refused(410, "hold_expired"));
        }
        let hold = Hold {
            holder,
            seats: receipt.seats,
            state: State::Held,
            deadline: receipt.deadline,
            placed_at: self.now,
            due: receipt.deadline,
            memory: MEMORY,
            asked: None,
        };
        self.admit(id, hold)
    }

    /// Cancels seats of a booking, or all of it.
    pub fn cancel(&mut self, holder: usize, id: &str, seats: Option<&BTreeSet<Seat>>) -> Outcome {
        let Some(booking) = self.bookings.get_mut(id).filter(|it| it.holder == holder) else {
            return Outcome::refused(404, "not_found");
        };
        let is_of_booking = |seat: &Seat| booking.seats.contains_key(seat);
        if seats.is_some_and(|seats| !seats.iter().all(is_of_booking)) {
            return Outcome::refused(422, "unknown_seats");
        }
        for (seat, (_, is_cancelled)) in &mut booking.seats {
            *is_cancelled |= seats.is_none_or(|seats| seats.contains(seat));
        }
        self.booking(200, id)
    }

    pub fn block(&mut self, seats: &BTreeSet<Seat>) -> Outcome {
        if self.conflicts(seats, b"x").is_some() {
            self.sweep();
        }
        if let Some(refusal) = self.conflicts(seats, b"x") {
            return refusal;
        }
        self.blocked.extend(seats);
        Outcome::done(204)
    }

    pub fn unblock(&mut self, seats: &BTreeSet<Seat>) -> Outcome {
        self.blocked.retain(|seat| !seats.contains(seat));
        Outcome::done(204)
    }

    /// The board is gone, and every hold with it; what PostgreSQL knows stays.
    pub fn lose_board(&mut self) {
        self.holds.clear();
    }

    /// The holder's live hold, or what is said of it instead.
    fn live(&mut self, holder: usize, id: &str) -> Result<&mut Hold, Box<Outcome>> {
        let now = self.now;
        let hold = self.holds.get_mut(id).filter(|it| it.holder == holder);
        let hold = hold.ok_or_else(|| Outcome::refused(404, "not_found"))?;
        match hold.state_at(now) {
            State::Held => Ok(hold),
            State::Expired => Err(Outcome::refused(410, "hold_expired").into()),
            State::Released => Err(Outcome::refused(409, "hold_released").into()),
            State::Confirmed => Err(Outcome::refused(409, "hold_confirmed").into()),
        }
    }

    fn not_on_sale(&self) -> Outcome {
        Outcome::refused(409, "event_not_on_sale")
    }

    fn hold(&self, status: u16, id: &str) -> Outcome {
        let hold = &self.holds[id];
        Outcome::of_hold(status, hold, hold.state_at(self.now))
    }

    fn booking(&self, status: u16, id: &str) -> Outcome {
        Outcome::of_booking(status, &self.bookings[id])
    }
}
