//! A long sale: people of all sizes wait, seats come free at random.

use std::collections::{BTreeMap, HashSet};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::scene::{house, waiting, wanted};
use crate::waitlist::model::house::House;
use crate::waitlist::model::plan::{SeatNow, Waiting, plan};
use crate::waitlist::model::pool::Pool;
use crate::waitlist::model::terms::Policy;

const N_PEOPLE: u32 = 2_000;
const N_ROUNDS_MAX: u32 = 4_000;
const SKIPS_MAX: u32 = 10;
const WAITING_MAX: u32 = 200;

struct Person {
    waiting: Waiting,
    size: usize,
    joined_in: u32,
    n_skips: u32,
}

/// What one sale came to, by the number of seats wanted.
#[derive(Default)]
struct Outcome {
    waits: BTreeMap<usize, Vec<u32>>,
    skips: BTreeMap<usize, Vec<u32>>,
    n_left: usize,
}

struct Sale {
    house: House,
    now: Vec<SeatNow>,
    queue: Vec<Person>,
    offers: Vec<(u32, Vec<u32>)>,
    rng: StdRng,
    ages: bool,
}

impl Sale {
    fn new(seed: u64, ages: bool) -> Self {
        let house = house(&[30; 40], &[14]);
        let mut rng = StdRng::seed_from_u64(seed);
        let queue = (0..N_PEOPLE).map(|n| {
            let size = rng.random_range(1..=6);
            Person {
                waiting: waiting(n, wanted(&house, size, rng.random_bool(0.8))),
                size: size as usize,
                joined_in: 0,
                n_skips: 0,
            }
        });
        Self {
            queue: queue.collect(),
            now: vec![SeatNow::Taken; house.n_seats() as usize],
            house,
            offers: Vec::new(),
            rng,
            ages,
        }
    }

    /// Parties of one to four, side by side, give their seats back.
    fn free_some(&mut self) {
        for _ in 0..self.rng.random_range(0..6) {
            let first = self.rng.random_range(0..self.house.n_seats());
            let block = self.house.blocks[self.house.block_of(first)].seats.clone();
            let party = first..(first + self.rng.random_range(1..=4)).min(block.end);
            for seat in party {
                let is_offered = self.offers.iter().any(|(_, seats)| seats.contains(&seat));
                if self.now[seat as usize] == SeatNow::Taken && !is_offered {
                    self.now[seat as usize] = SeatNow::Kept;
                }
            }
        }
    }

    /// Most offers are accepted; of the others the seats come free again.
    fn answer_offers(&mut self, round: u32) {
        let (due, open) = std::mem::take(&mut self.offers)
            .into_iter()
            .partition::<Vec<_>, _>(|(made_in, _)| made_in + 5 <= round);
        self.offers = open;
        for (_, seats) in due {
            if self.rng.random_bool(0.2) {
                seats
                    .iter()
                    .for_each(|seat| self.now[*seat as usize] = SeatNow::Kept);
            }
        }
    }

    fn round(&mut self, round: u32, outcome: &mut Outcome) {
        for person in &mut self.queue {
            let is_old = round - person.joined_in >= WAITING_MAX;
            person.waiting.is_aged = self.ages && (person.n_skips >= SKIPS_MAX || is_old);
        }
        let queue: Vec<_> = self
            .queue
            .iter()
            .map(|person| person.waiting.clone())
            .collect();
        let plan = plan(&self.house, &self.now, &queue, Policy::FirstThatFits);
        let mut offered_seats = HashSet::new();
        for offer in &plan.offers {
            let at = self
                .queue
                .iter()
                .position(|p| p.waiting.entry_id == offer.entry_id);
            // I9: whoever has an offer is not in the queue, and no seat is in two offers.
            let person = self.queue.remove(at.expect("somebody who waits"));
            for seat in &offer.seats {
                assert!(offered_seats.insert(*seat) && self.now[*seat as usize] == SeatNow::Kept);
                assert!(!self.offers.iter().any(|(_, seats)| seats.contains(seat)));
                self.now[*seat as usize] = SeatNow::Taken;
            }
            outcome
                .waits
                .entry(person.size)
                .or_default()
                .push(round - person.joined_in);
            outcome
                .skips
                .entry(person.size)
                .or_default()
                .push(person.n_skips);
            self.offers.push((round, offer.seats.clone()));
        }
        for (entry_id, _) in &plan.skipped {
            let person = self
                .queue
                .iter_mut()
                .find(|p| p.waiting.entry_id == *entry_id);
            person.expect("somebody who waits").n_skips += 1;
        }
        if plan.is_complete {
            self.assert_nothing_undone(&plan.let_go);
        }
        // Let go, and bought by somebody who does not wait.
        plan.let_go
            .iter()
            .for_each(|seat| self.now[*seat as usize] = SeatNow::Taken);
    }

    /// No seat that is let go fits anybody who waits still.
    fn assert_nothing_undone(&self, let_go: &[u32]) {
        let mut pool = Pool::new(&self.house, let_go.iter().copied());
        let wishes: HashSet<_> = self
            .queue
            .iter()
            .map(|person| &person.waiting.wanted)
            .collect();
        for wanted in wishes {
            assert_eq!(pool.find(wanted), None, "{let_go:?} fits {wanted:?}");
        }
    }

    fn run(mut self) -> Outcome {
        let mut outcome = Outcome::default();
        for round in 0..N_ROUNDS_MAX {
            self.answer_offers(round);
            self.free_some();
            self.round(round, &mut outcome);
            if self.queue.is_empty() {
                break;
            }
        }
        outcome.n_left = self.queue.len();
        outcome
    }
}

fn percentile(values: &[u32], percent: usize) -> u32 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted
        .get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0)
}

fn show(name: &str, outcome: &Outcome) {
    println!("{name}: {} people not served", outcome.n_left);
    for (size, waits) in &outcome.waits {
        let skips = &outcome.skips[size];
        println!(
            "  {size} seats: {} served, waited p50 {} p99 {} rounds, passed over p50 {} max {}",
            waits.len(),
            percentile(waits, 50),
            percentile(waits, 99),
            percentile(skips, 50),
            skips.iter().max().unwrap_or(&0)
        );
    }
}

#[test]
fn with_ageing_nobody_waits_for_ever() {
    let (with, without) = (Sale::new(1, true).run(), Sale::new(1, false).run());

    show("with ageing", &with);
    show("without", &without);
    assert_eq!(with.n_left, 0, "somebody was never served");
    let longest = |outcome: &Outcome| {
        let waits = outcome
            .waits
            .values()
            .flatten()
            .copied()
            .max()
            .unwrap_or_default();
        if outcome.n_left > 0 {
            N_ROUNDS_MAX
        } else {
            waits
        }
    };
    assert!(longest(&with) < longest(&without), "ageing does not help");
}
