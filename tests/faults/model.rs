//! What a history says of each seat.

use std::collections::BTreeMap;
use std::time::Duration;

use super::excuses::Excuses;
use super::history::{Call, HoldName, Moment, OFFERS_FROM, Outcome, Seat, Verb, micros};
use super::register::{Effect, Fate, Record, Step};
use super::sale::Sale;

/// Who has booked a seat in the end, by the name of the hold.
pub type Booked = BTreeMap<Seat, HoldName>;

/// PostgreSQL's last word.
pub struct Last {
    pub booked: Booked,
    /// Offers of the waitlist that nobody has seen, with their seats.
    pub unseen_offers: Vec<(HoldName, Vec<Seat>)>,
}

/// Clocks of one machine may differ by so much over a few seconds.
const CLOCKS_DIFFER: Moment = 5_000;

/// A record for each seat.
pub fn records(sale: &Sale, calls: &[Call], excuses: &Excuses, last: &Last) -> Vec<Record> {
    let n_seats = sale.n_seats();
    let mut model = Model {
        calls,
        excuses,
        records: vec![Record::default(); n_seats],
        touched: vec![Vec::new(); n_seats],
        sale,
    };
    model.keep_and_block();
    for (name, calls) in by_hold(calls) {
        model.place(name, &calls);
        model.offer(name, &calls);
        model.confirm(name, &calls);
        model.cancel(name, &calls);
        for call in calls {
            model.step_of(name, call);
        }
    }
    model.end(last);
    model.records
}

fn by_hold(calls: &[Call]) -> BTreeMap<HoldName, Vec<&Call>> {
    let mut holds: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for call in calls {
        if let Some(name) = call.hold {
            holds.entry(name).or_default().push(call);
        }
    }
    holds
}

struct Model<'a> {
    calls: &'a [Call],
    excuses: &'a Excuses,
    records: Vec<Record>,
    /// The holds that may have had a seat.
    touched: Vec<Vec<HoldName>>,
    sale: &'a Sale,
}

/// Several calls for one thing take effect once: at the first answer at the latest.
fn together(calls: &[&Call], verb: Verb) -> Option<(Moment, Moment)> {
    let of_verb = || calls.iter().filter(|call| call.verb == verb);
    let from = of_verb().map(|call| call.invoked).min()?;
    let answers = of_verb().filter(|call| call.is_done());
    let until = answers.map(|call| call.ended()).min();
    let is_open = until.is_some() || of_verb().any(|call| call.outcome == Outcome::Unknown);
    is_open.then_some((from, until.unwrap_or(Moment::MAX)))
}

impl Model<'_> {
    fn add(&mut self, seat: Seat, effect: Effect, (from, until): (Moment, Moment), said: &str) {
        let is_excused = match effect {
            Effect::Take(_) | Effect::Has(_) | Effect::Block | Effect::Unblock => {
                self.excuses.is_stale((from, until))
            }
            _ => false,
        };
        let end = if until == Moment::MAX {
            "?".to_owned()
        } else {
            format!("{:.3}", seconds(until))
        };
        self.records[seat].steps.push(Step {
            effect,
            from,
            until,
            is_excused,
            said: format!("{:.3}-{end} {said}: {effect:?}", seconds(from)),
        });
    }

    /// What was seen of a seat counts unless it was seen on an older board.
    fn see(&mut self, seat: Seat, effect: Effect, call: &Call) {
        let when = (call.invoked, call.ended());
        if !self.excuses.is_stale(when) {
            self.add(seat, effect, when, &said(call));
        }
    }

    fn touch(&mut self, seat: Seat, name: HoldName) {
        if !self.touched[seat].contains(&name) {
            self.touched[seat].push(name);
        }
    }

    fn place(&mut self, name: HoldName, calls: &[&Call]) {
        let Some(when) = together(calls, Verb::Place) else {
            return;
        };
        let places = || calls.iter().filter(|call| call.verb == Verb::Place);
        let Some(first) = places().find(|call| call.is_done()).or(places().next()) else {
            return;
        };
        let said = said(first);
        for seat in first.wanted.clone() {
            self.add(seat, Effect::Take(name), when, &said);
            self.touch(seat, name);
        }
    }

    /// A hold that the service placed by itself: after its person joined, before it was seen.
    fn offer(&mut self, name: HoldName, calls: &[&Call]) {
        let shows = |call: &&&Call| matches!(call.verb, Verb::Mine | Verb::Join);
        let Some(first) = calls.iter().find(shows) else {
            return;
        };
        let when = (joined(first, self.calls), first.ended());
        let said = format!("offer of hold {name} to client {}", first.client);
        for seat in first.told.seats.clone() {
            self.add(seat, Effect::Take(name), when, &said);
            self.touch(seat, name);
        }
    }

    /// What the owner does to seats, and from when seats are kept for people who wait.
    fn keep_and_block(&mut self) {
        let joins = self.calls.iter().filter(|call| call.verb == Verb::Join);
        let waits_from = joins.map(|call| call.invoked).min();
        for record in &mut self.records {
            record.waits_from = waits_from;
        }
        for call in self.calls {
            let (when, said) = ((call.invoked, call.ended()), said(call));
            let is_refused = call.refusal().is_some();
            match call.verb {
                Verb::Block if is_refused => {
                    self.refused(HoldName::MAX, call);
                    self.unsure(&call.wanted, when);
                }
                Verb::Block => {
                    for seat in call.wanted.clone() {
                        self.add(seat, Effect::Block, when, &said);
                    }
                    if !call.is_done() {
                        self.unsure(&call.wanted, when);
                    }
                    self.block_again(call);
                }
                Verb::Unblock if !is_refused => {
                    for seat in call.removed.clone() {
                        self.add(seat, Effect::Unblock, when, &said);
                    }
                }
                _ => {}
            }
        }
    }

    /// A seat that was had on an older board as if it were not blocked is blocked again when that
    /// is found out.
    fn block_again(&mut self, block: &Call) {
        let ended = self
            .excuses
            .stale
            .iter()
            .filter(|it| it.until < Moment::MAX);
        for stale in ended.filter(|it| it.until >= block.invoked) {
            let is_lifted = |seat: &Seat| {
                let mut unblocks = self.calls.iter().filter(|it| it.verb == Verb::Unblock);
                unblocks.any(|it| {
                    let is_between = it.invoked > block.ended() && it.ended() < stale.from;
                    it.is_done() && is_between && it.removed.contains(seat)
                })
            };
            let seats = block.wanted.iter().copied();
            let seats: Vec<_> = seats.filter(|seat| !is_lifted(seat)).collect();
            self.unsure(&seats, (stale.from.max(block.invoked), stale.until));
        }
    }

    fn unsure(&mut self, seats: &[Seat], when: (Moment, Moment)) {
        for seat in seats {
            self.records[*seat].unsure_blocks.push(when);
        }
    }

    fn confirm(&mut self, name: HoldName, calls: &[&Call]) {
        let Some(when) = together(calls, Verb::Confirm) else {
            return;
        };
        let done = calls
            .iter()
            .find(|call| call.verb == Verb::Confirm && call.is_done());
        let seats = match done {
            Some(done) => done.told.seats.clone(),
            None => seats_of(calls),
        };
        let said = format!("confirm of hold {name}");
        for seat in seats {
            self.add(seat, Effect::Book(name), when, &said);
            self.touch(seat, name);
        }
    }

    fn cancel(&mut self, name: HoldName, calls: &[&Call]) {
        let Some(when) = together(calls, Verb::Cancel) else {
            return;
        };
        let done = calls
            .iter()
            .find(|call| call.verb == Verb::Confirm && call.is_done());
        let seats = done.map(|done| done.told.seats.clone()).unwrap_or_default();
        for seat in seats {
            let said = format!("cancel of hold {name}'s booking");
            self.add(seat, Effect::Cancel(name), when, &said);
        }
    }

    fn step_of(&mut self, name: HoldName, call: &Call) {
        let when = (call.invoked, call.ended());
        let said = said(call);
        if call.refusal() == Some("seats_unavailable") {
            self.refused(name, call);
            return;
        }
        let is_possible = call.refusal().is_none();
        match call.verb {
            Verb::Change if is_possible => {
                for seat in call.wanted.clone() {
                    self.add(seat, Effect::Take(name), when, &said);
                    self.touch(seat, name);
                }
                for seat in call.removed.clone() {
                    self.add(seat, Effect::Leave(name), when, &said);
                }
            }
            Verb::Release if is_possible => {
                for seat in 0..self.records.len() {
                    if self.touched[seat].contains(&name) {
                        self.add(seat, Effect::Leave(name), when, &said);
                    }
                }
            }
            Verb::Find | Verb::Extend | Verb::Mine
                if call.told.state.as_deref() == Some("held") =>
            {
                for seat in call.told.seats.clone() {
                    self.see(seat, Effect::Has(name), call);
                }
            }
            _ => {}
        }
    }

    /// Every conflict is named: what is not, was free.
    fn refused(&mut self, name: HoldName, call: &Call) {
        for (seat, why) in call.told.conflicts.clone() {
            let effect = match why.as_str() {
                "blocked" => Effect::SeenBlocked,
                "kept" => Effect::SeenKept,
                "booked" => Effect::BookedBesides(name),
                _ => Effect::TakenBesides(name),
            };
            self.see(seat, effect, call);
        }
        let is_named = |seat: &Seat| call.told.conflicts.iter().any(|(known, _)| known == seat);
        for seat in call.wanted.clone() {
            if !is_named(&seat) && call.verb == Verb::Place {
                self.see(seat, Effect::SeenFree, call);
            }
        }
    }

    /// What may befall the holds, and who has the seats in the end.
    fn end(&mut self, last: &Last) {
        let holds = by_hold(self.calls);
        let answered = self.calls.iter().filter_map(|call| call.returned).max();
        let end = answered.unwrap_or_default() + 1;
        for seat in 0..self.records.len() {
            let names = self.touched[seat].clone();
            let fates = names
                .iter()
                .map(|name| fate(*name, &holds[name], (self.calls, self.excuses), self.sale));
            let fates = fates.collect();
            self.records[seat].fates = fates;
            self.records[seat].lags = self.excuses.lags;
            let (effect, said) = match last.booked.get(&seat) {
                Some(name) => (Effect::IsBooked(*name), "in the end"),
                None => (Effect::IsNotBooked, "in the end"),
            };
            self.add(seat, effect, (end, end), said);
        }
        for (hold, seats) in &last.unseen_offers {
            for seat in seats {
                let from = self.records[*seat].waits_from.unwrap_or_default();
                self.add(*seat, Effect::Take(*hold), (from, Moment::MAX), "unseen");
                self.records[*seat].fates.push(Fate {
                    hold: *hold,
                    ends_from: from,
                    returns_from: None,
                });
            }
        }
    }
}

/// When a hold may end by itself at the earliest, by its time or because Redis lost it.
fn fate(name: HoldName, calls: &[&Call], (all, excuses): (&[Call], &Excuses), sale: &Sale) -> Fate {
    let (hold_ttl, hold_lifetime) = (micros(sale.hold_ttl), micros(sale.hold_lifetime));
    let placed = match calls.first() {
        Some(first) if name >= OFFERS_FROM => joined(first, all),
        _ => calls
            .iter()
            .map(|call| call.invoked)
            .min()
            .unwrap_or_default(),
    };
    let extended = calls
        .iter()
        .filter(|call| call.verb == Verb::Extend && call.is_done());
    let extended = extended.map(|call| call.invoked + hold_ttl).max();
    let deadline = (placed + hold_ttl).max(extended.unwrap_or_default());
    let deadline = deadline.min(placed + hold_lifetime);
    let deadline = quitted(name, calls, all).unwrap_or(deadline);
    let losses = excuses.losses.iter().filter(|(_, until)| *until >= placed);
    let stale = excuses.stale.iter().filter(|it| it.until >= placed);
    let losses = losses.map(|(from, _)| *from).chain(stale.map(|it| it.from));
    let lost = losses.map(|from| from.max(placed)).min();
    Fate {
        hold: name,
        ends_from: lost
            .unwrap_or(deadline)
            .min(deadline)
            .saturating_sub(CLOCKS_DIFFER),
        returns_from: lost,
    }
}

/// When the person to whom an offer was shown had joined.
fn joined(shown: &Call, all: &[Call]) -> Moment {
    let joins = all
        .iter()
        .filter(|call| call.verb == Verb::Join && call.client == shown.client);
    joins.map(|call| call.invoked).min().unwrap_or_default()
}

/// When an offer may end by itself: its time is long, but its person may leave the waitlist.
fn quitted(name: HoldName, calls: &[&Call], all: &[Call]) -> Option<Moment> {
    let first = calls.first().filter(|_| name >= OFFERS_FROM)?;
    let quits = all.iter().filter(|call| {
        call.verb == Verb::Quit && call.client == first.client && call.ended() > first.invoked
    });
    Some(quits.map(|call| call.invoked).min().unwrap_or(Moment::MAX))
}

/// The seats that a hold may have had.
fn seats_of(calls: &[&Call]) -> Vec<Seat> {
    let mut seats: Vec<_> = calls
        .iter()
        .filter(|call| call.refusal().is_none())
        .flat_map(|call| call.wanted.iter().chain(&call.told.seats))
        .copied()
        .collect();
    seats.sort_unstable();
    seats.dedup();
    seats
}

fn seconds(moment: Moment) -> f64 {
    Duration::from_micros(moment).as_secs_f64()
}

fn said(call: &Call) -> String {
    let verb = format!("{:?}", call.verb).to_lowercase();
    let name = call.hold.unwrap_or_default();
    let outcome = match &call.outcome {
        Outcome::Done => "done",
        Outcome::Refused(code) => code,
        Outcome::Unknown => "unknown",
    };
    let (client, instance) = (call.client, call.instance);
    format!("client {client} by {instance}: {verb} of hold {name}, {outcome}")
}
