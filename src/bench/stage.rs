//! What a load needs before it begins: a house, events on sale, guests; and putting it away.

use std::rc::Rc;

use anyhow::{Context as _, bail, ensure};
use chrono::TimeDelta;
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
        let n_parties = parties.len() * bench.events as usize;
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
        })
    }

    /// Puts the events on sale; the caller has to see that they are struck again.
    pub async fn open(&mut self, bench: &Bench) -> anyhow::Result<()> {
        for _ in 0..bench.events {
            let event_id = make_event(&mut self.owner, bench, &self.venue_id).await?;
            let path = format!("/v1/events/{event_id}/open");
            self.event_ids.push(event_id);
            self.owner.post(&path, &json!({})).await?;
        }
        Ok(())
    }

    /// Of all events together.
    pub fn n_parties(&self) -> usize {
        self.n_parties_of_event() * self.event_ids.len()
    }

    pub fn n_parties_of_event(&self) -> usize {
        self.parties.len()
    }

    /// The event and the seats of one party.
    pub fn party(&self, nth: usize) -> (usize, Vec<usize>) {
        let n_events = self.event_ids.len();
        (nth % n_events, self.seats_of_party(nth / n_events))
    }

    /// The seats of one party, whatever the event.
    pub fn seats_of_party(&self, nth: usize) -> Vec<usize> {
        let first = self.parties[nth % self.parties.len()];
        (first..first + self.party).collect()
    }

    /// Nothing of it stays on sale. The bookings are cancelled by the service in its own time.
    pub async fn strike(&mut self) -> anyhow::Result<()> {
        for event_id in &self.event_ids {
            let path = format!("/v1/events/{event_id}/cancel");
            self.owner.post(&path, &json!({})).await?;
        }
        Ok(())
    }
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
                // No hold of a run expires while it lasts.
                "hold_ttl_seconds": (bench.seconds * 2 + 120).min(3600),
                "seats_per_hold_max": 10,
                "seats_per_person_max": PERSON_SEATS_MAX,
            }),
        )
        .await?;
    Ok(text(&event, "event_id")?.to_owned())
}

fn text<'a>(answer: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    let value = answer[name].as_str();
    value.with_context(|| format!("an answer has no {name}"))
}
