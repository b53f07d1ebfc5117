//! A house that is sold out, and the people who wait for its seats.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;

use super::super::super::client::Client;
use super::super::super::ledger::Ledger;
use super::super::super::options::{Bench, Scenario};
use super::super::super::stage::Stage;

/// Seats of a booking that is there before anybody waits; the most that a hold may have.
const BOOKED_AT_ONCE: usize = 10;
const OFFER_TTL_SECONDS: u32 = 900;

/// Somebody who waits; the guest of the same number.
#[derive(Debug, Default)]
pub struct Person {
    pub quantity: usize,
    pub entry_id: Option<String>,
    pub joined_at: Option<DateTime<Utc>>,
}

/// Seats that are booked before anybody waits.
struct Booked {
    booking_id: String,
    hold_id: String,
    seats: Vec<usize>,
}

/// Nobody, where the scenario has no waitlist.
#[derive(Default)]
pub struct Crowd {
    pub people: RefCell<Vec<Person>>,
    pub n_asked: Cell<usize>,
    booked: Vec<Booked>,
    /// Seats to be cancelled, in order: of which booking.
    pub cancels: RefCell<VecDeque<(String, Vec<usize>)>>,
    freed: RefCell<HashMap<usize, Instant>>,
    pub known_offers: RefCell<HashSet<String>>,
    /// Who was offered seats, in the order of the service's log.
    pub order: RefCell<Vec<usize>>,
    /// Offers that nobody has attended to yet.
    pub offers: RefCell<VecDeque<usize>>,
    pub n_busy: Cell<usize>,
    pub is_all_freed: Cell<bool>,
    /// Cancellations that were still to be made when the time was over.
    pub n_left_out: Cell<u64>,
    /// When something last happened.
    pub last_news: Cell<Option<Instant>>,
}

impl Crowd {
    /// Takes note that these seats are about to come free.
    pub fn free(&self, seats: &[usize]) {
        let now = Instant::now();
        let mut freed = self.freed.borrow_mut();
        freed.extend(seats.iter().map(|seat| (*seat, now)));
    }

    /// When the last of these seats came free.
    pub fn last_freed(&self, seats: &[usize]) -> Option<Instant> {
        let freed = self.freed.borrow();
        let times = seats.iter().filter_map(|seat| freed.get(seat));
        times.max().copied()
    }

    /// Sells the first event out, and sets the terms of its waitlist.
    pub async fn gather(stage: &mut Stage, bench: &Bench) -> anyhow::Result<Self> {
        if bench.scenario != Scenario::Waitlist {
            return Ok(Self::default());
        }
        let terms = json!({
            "version": 0,
            "policy": bench.policy,
            "offer_ttl_seconds": OFFER_TTL_SECONDS,
            "quantity_max": bench.party,
            "entries_max": bench.buyers.max(1),
        });
        let path = format!("/v1/events/{}/waitlist/terms", stage.event_ids[0]);
        stage.owner.put(&path, &terms).await?;
        let booked = sell_out(stage).await?;
        let mut rng = StdRng::seed_from_u64(bench.seed);
        let party = bench.party as usize;
        let people = (0..bench.buyers).map(|_| Person {
            quantity: rng.random_range(1..=party),
            ..Person::default()
        });
        let cancels = booked.iter().flat_map(|one| {
            let parts = one.seats.chunks(party);
            parts.map(|seats| (one.booking_id.clone(), seats.to_vec()))
        });
        Ok(Self {
            people: RefCell::new(people.collect()),
            cancels: RefCell::new(cancels.collect()),
            booked,
            ..Self::default()
        })
    }

    /// Enters what was booked before the load began.
    pub fn enter(&self, ledger: &mut Ledger) {
        for one in &self.booked {
            let now = Instant::now();
            let held = ledger.placed(0, one.seats.clone(), &one.hold_id, now);
            ledger.confirmed(&held, &one.booking_id);
        }
    }

    pub fn news(&self) {
        self.last_news.set(Some(Instant::now()));
    }
}

/// Books every seat, in rows from the front.
async fn sell_out(stage: &Stage) -> anyhow::Result<Vec<Booked>> {
    let mut states = vec![b'.'; stage.house.n_seats()];
    let mut client = Client::new(&stage.through);
    let mut booked = Vec::new();
    loop {
        let seats = stage.house.choose(&states, BOOKED_AT_ONCE, 0);
        if seats.is_empty() {
            return Ok(booked);
        }
        // Each in turn: how often one guest may hold seats is limited.
        let guest = booked.len() % stage.guests.len();
        client.speak_for(&stage.guests[guest]);
        let labels: Vec<&str> = seats.iter().map(|seat| stage.house.label(*seat)).collect();
        let path = format!("/v1/events/{}/holds", stage.event_ids[0]);
        let hold = client.post(&path, &json!({"seats": labels})).await?;
        let hold_id = hold["hold_id"].as_str().context("a hold without an id")?;
        let contact = json!({"contact": {"name": "Load", "email": "load@example.org"}});
        let path = format!("{path}/{hold_id}/confirm");
        let booking = client.post(&path, &contact).await?;
        let booking_id = booking["booking_id"].as_str();
        let booking_id = booking_id.context("a booking without an id")?;
        ensure!(states[seats[0]] == b'.', "a seat was chosen twice");
        for &seat in &seats {
            states[seat] = b'b';
        }
        booked.push(Booked {
            booking_id: booking_id.to_owned(),
            hold_id: hold_id.to_owned(),
            seats,
        });
    }
}
