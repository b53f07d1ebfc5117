//! What a load needs before it begins: a house, events on sale, guests; and putting it away.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use anyhow::{Context as _, bail, ensure};
use chrono::TimeDelta;
use futures::future::try_join_all;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::client::Client;
use super::house::{self, CATEGORY, House};
use super::options::Bench;
use super::request::Caller;
use super::target::Target;
use crate::clock::Clock;

const STARTS_IN: TimeDelta = TimeDelta::days(30);
/// How many requests that prepare a load, or put it away, are under way at the same time.
const SIDE_BY_SIDE: usize = 8;
const HOLD_TTL_SECONDS_MAX: u64 = 3_600;
const PERSON_SEATS_MAX: u32 = 10_000;

pub struct Stage {
    pub target: Target,
    /// Where callers are served.
    pub through: Target,
    pub owner: Client,
    venue_id: String,
    pub house: Rc<House>,
    pub event_ids: Vec<String>,
    pub guests: Vec<Caller>,
    /// The first seats of the groups that callers want, in the order in which they want them.
    parties: Vec<usize>,
    party: usize,
    /// Parties of each event that standing holds have: the last ones.
    n_standing: usize,
}

impl Stage {
    /// For a server that is not the service.
    pub async fn bare(bench: &Bench) -> anyhow::Result<Self> {
        let target = Target::find(&bench.url, bench.allow_remote.as_deref()).await?;
        Ok(Self {
            owner: Client::new(&target),
            venue_id: String::new(),
            house: Rc::default(),
            event_ids: Vec::new(),
            guests: vec![Caller::new(&target.host, None)],
            parties: Vec::new(),
            party: 0,
            n_standing: 0,
            through: target.clone(),
            target,
        })
    }

    pub async fn build(bench: &Bench) -> anyhow::Result<Self> {
        let find = async |url| Target::find(url, bench.allow_remote.as_deref()).await;
        let target = find(&bench.url).await?;
        let through = find(bench.through.as_ref().unwrap_or(&bench.url)).await?;
        let mut owner = sign_in(&target).await?;
        let guests = make_guests(&target, &through, bench.n_guests()).await?;
        let template = house::template(bench.seats);
        let venue = owner.post("/v1/venues", &template).await?;
        let venue_id = text(&venue, "venue_id")?;
        let path = format!("/v1/venues/{venue_id}/layout");
        let house = House::read(owner.get_bytes(&path).await?)?;
        let party = bench.party as usize;
        let parties = house.parties(party, &mut StdRng::seed_from_u64(bench.seed));
        let n_standing = bench.n_standing_of_event() as usize;
        let n_parties = parties.len().saturating_sub(n_standing) * bench.events as usize;
        ensure!(
            n_parties >= bench.n_parties_min(),
            "the house has room for {n_parties} parties, {} are needed: raise --seats",
            bench.n_parties_min(),
        );
        Ok(Self {
            target,
            through,
            venue_id: venue_id.to_owned(),
            owner,
            house: Rc::new(house),
            event_ids: Vec::new(),
            guests,
            parties,
            party,
            n_standing,
        })
    }

    /// Puts the events on sale; the caller has to see that they are struck again.
    pub async fn open(&mut self, bench: &Bench) -> anyhow::Result<()> {
        let venue_id = &self.venue_id;
        let event_ids = RefCell::new(&mut self.event_ids);
        let n_events = bench.events as usize;
        side_by_side(&self.owner, &self.target, n_events, async |owner, _| {
            let event_id = make_event(owner, bench, venue_id).await?;
            let path = format!("/v1/events/{event_id}/open");
            event_ids.borrow_mut().push(event_id);
            owner.post(&path, &json!({})).await?;
            Ok(())
        })
        .await
    }

    /// Of all events together.
    pub fn n_parties(&self) -> usize {
        self.n_parties_of_event() * self.event_ids.len()
    }

    pub fn n_parties_of_event(&self) -> usize {
        self.parties.len() - self.n_standing
    }

    /// The event and the seats of one party.
    pub fn party(&self, nth: usize) -> (usize, Vec<usize>) {
        let n_events = self.event_ids.len();
        (nth % n_events, self.seats_of_party(nth / n_events))
    }

    /// The seats of one party, whatever the event.
    pub fn seats_of_party(&self, nth: usize) -> Vec<usize> {
        self.seats_from(self.parties[nth % self.n_parties_of_event()])
    }

    /// The event and the seats of a standing hold.
    pub fn standing_party(&self, nth: usize) -> (usize, Vec<usize>) {
        let n_events = self.event_ids.len();
        let place = self.n_parties_of_event() + nth / n_events;
        (nth % n_events, self.seats_from(self.parties[place]))
    }

    fn seats_from(&self, first: usize) -> Vec<usize> {
        (first..first + self.party).collect()
    }

    /// Nothing of it stays on sale. The bookings are cancelled by the service in its own time.
    pub async fn strike(&mut self) -> anyhow::Result<()> {
        let n_events = self.event_ids.len();
        side_by_side(&self.owner, &self.target, n_events, async |owner, nth| {
            let path = format!("/v1/events/{}/cancel", self.event_ids[nth]);
            owner.post(&path, &json!({})).await?;
            Ok(())
        })
        .await
    }
}

/// Does something for each number below `n`, a few at a time, each over a connection of its own.
pub async fn side_by_side(
    client: &Client,
    target: &Target,
    n: usize,
    work: impl AsyncFn(&mut Client, usize) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let next = Cell::new(0);
    let lines = (0..n.min(SIDE_BY_SIDE)).map(async |_| {
        let mut client = client.sibling(target);
        while next.get() < n {
            work(&mut client, next.replace(next.get() + 1)).await?;
        }
        anyhow::Ok(())
    });
    try_join_all(lines).await.map(drop)
}

async fn sign_in(target: &Target) -> anyhow::Result<Client> {
    let variable = |name: &str| {
        std::env::var(name)
            .with_context(|| format!("{name} is missing: the load needs a venue admin"))
    };
    let body = json!({
        "email": variable("HOLDFAST_BENCH_EMAIL")?,
        "password": variable("HOLDFAST_BENCH_PASSWORD")?,
    });
    let mut client = Client::new(target);
    let session = client.post("/v1/sessions", &body).await?;
    client.sign_in(text(&session, "token")?);
    Ok(client)
}

async fn make_guests(
    target: &Target,
    through: &Target,
    n_guests: u32,
) -> anyhow::Result<Vec<Caller>> {
    let mut client = Client::new(target);
    let mut guests = Vec::new();
    for nth in 0..n_guests {
        let session = match client.try_post("/v1/guests", &json!({})).await? {
            Ok(session) => session,
            Err(refusal) if refusal.code == "rate_limited" => bail!(
                "the service hands out no more than {nth} guest tokens for now: wait a minute, \
                 ask for fewer with --guests, or raise its HOLDFAST_GUESTS_PER_MINUTE"
            ),
            Err(refusal) => bail!("no guest token: {}. {}", refusal.code, refusal.detail),
        };
        guests.push(Caller::new(&through.host, Some(text(&session, "token")?)));
    }
    Ok(guests)
}

async fn make_event(owner: &mut Client, bench: &Bench, venue_id: &str) -> anyhow::Result<String> {
    let event = owner
        .post(
            "/v1/events",
            &json!({
                "venue_id": venue_id,
                "name": "Load",
                "starts_at": Clock::System.now() + STARTS_IN,
                "currency": "EUR",
                "prices": [{"category": CATEGORY, "amount": "25"}],
                "hold_ttl_seconds": hold_ttl_seconds(bench),
                "seats_per_hold_max": 10,
                "seats_per_person_max": PERSON_SEATS_MAX,
            }),
        )
        .await?;
    Ok(text(&event, "event_id")?.to_owned())
}

/// No hold of a run expires while it lasts.
fn hold_ttl_seconds(bench: &Bench) -> u64 {
    match bench.standing_holds {
        0 => (bench.seconds * 2 + 120).min(HOLD_TTL_SECONDS_MAX),
        _ => HOLD_TTL_SECONDS_MAX,
    }
}

fn text<'a>(answer: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    let value = answer[name].as_str();
    value.with_context(|| format!("an answer has no {name}"))
}
