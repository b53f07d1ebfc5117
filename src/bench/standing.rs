//! Holds that are placed before the load: some stand until its events are struck and nobody touches
//! them, others are there to be confirmed.

use std::cell::RefCell;
use std::time::Instant;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::ledger::{Held, Ledger};
use super::options::{Bench, Scenario};
use super::stage::{Stage, side_by_side};

#[derive(Default)]
pub struct StandingHolds(Vec<Placed>);

/// What `confirm-held` confirms.
#[derive(Default)]
pub struct ReadyHolds(Vec<Placed>);

struct Placed {
    event: usize,
    seats: Vec<usize>,
    guest: usize,
    hold_id: String,
    sent: Instant,
}

impl StandingHolds {
    pub async fn place(stage: &Stage, n: u32) -> anyhow::Result<Self> {
        let party = |nth| stage.standing_party(nth);
        place(stage, n as usize, party).await.map(Self)
    }

    pub fn enter(self, ledger: &mut Ledger) {
        for one in self.0 {
            let held = ledger.placed(one.event, one.seats, &one.hold_id, one.sent);
            ledger.stands(&held);
        }
    }
}

impl ReadyHolds {
    pub async fn place(stage: &Stage, bench: &Bench) -> anyhow::Result<Self> {
        let n_wanted = match bench.scenario {
            Scenario::ConfirmHeld => usize::try_from(bench.count).unwrap_or(usize::MAX),
            _ => 0,
        };
        let party = |nth| stage.party(nth);
        place(stage, n_wanted.min(stage.n_parties()), party)
            .await
            .map(Self)
    }

    /// The holds, each with the guest whose it is. Those that nobody confirms have to stay.
    pub fn enter(self, ledger: &mut Ledger) -> Vec<(usize, Held)> {
        let enter = |one: Placed| {
            let held = ledger.placed(one.event, one.seats, &one.hold_id, one.sent);
            ledger.stands(&held);
            (one.guest, held)
        };
        self.0.into_iter().map(enter).collect()
    }
}

/// Places holds on these parties, for one guest after the other.
async fn place(
    stage: &Stage,
    n: usize,
    party: impl Fn(usize) -> (usize, Vec<usize>),
) -> anyhow::Result<Vec<Placed>> {
    let placed = RefCell::new(Vec::with_capacity(n));
    side_by_side(&stage.owner, &stage.through, n, async |client, nth| {
        let (event, seats) = party(nth);
        let labels: Vec<_> = seats.iter().map(|&seat| stage.house.label(seat)).collect();
        let guest = nth % stage.guests.len();
        client.speak_for(&stage.guests[guest]);
        let path = format!("/v1/events/{}/holds", stage.event_ids[event]);
        let sent = Instant::now();
        let hold = match client.try_post(&path, &json!({ "seats": labels })).await? {
            Ok(hold) => hold,
            Err(refusal) if refusal.code == "rate_limited" => bail!(
                "the service lets a guest place no more holds before the load: use more --guests, \
                 or raise its HOLDFAST_HOLD_CHANGES_PER_MINUTE"
            ),
            Err(refusal) => bail!(
                "no hold before the load: {}. {}",
                refusal.code,
                refusal.detail
            ),
        };
        let hold_id = hold["hold_id"].as_str().context("a hold has no id")?;
        placed.borrow_mut().push(Placed {
            event,
            seats,
            guest,
            hold_id: hold_id.to_owned(),
            sent,
        });
        Ok(())
    })
    .await?;
    Ok(placed.into_inner())
}
