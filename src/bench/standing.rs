//! Holds that stand from before the load until its events are struck, and that nobody touches.

use std::cell::RefCell;
use std::time::Instant;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::ledger::Ledger;
use super::stage::{Stage, side_by_side};

#[derive(Default)]
pub struct StandingHolds(Vec<Standing>);

struct Standing {
    event: usize,
    seats: Vec<usize>,
    hold_id: String,
    sent: Instant,
}

impl StandingHolds {
    /// Places them, for one guest after the other.
    pub async fn place(stage: &Stage, n: u32) -> anyhow::Result<Self> {
        let placed = RefCell::new(Vec::new());
        side_by_side(&stage.owner, &stage.through, n as usize, async |client, nth| {
            let (event, seats) = stage.standing_party(nth);
            let labels: Vec<_> = seats.iter().map(|&seat| stage.house.label(seat)).collect();
            client.speak_for(&stage.guests[nth % stage.guests.len()]);
            let path = format!("/v1/events/{}/holds", stage.event_ids[event]);
            let sent = Instant::now();
            let hold = match client.try_post(&path, &json!({ "seats": labels })).await? {
                Ok(hold) => hold,
                Err(refusal) if refusal.code == "rate_limited" => bail!(
                    "the service lets a guest place no more standing holds: use more --guests, or \
                     raise its HOLDFAST_HOLD_CHANGES_PER_MINUTE"
                ),
                Err(refusal) => bail!("no standing hold: {}. {}", refusal.code, refusal.detail),
            };
            let hold_id = hold["hold_id"].as_str().context("a hold has no id")?;
            placed.borrow_mut().push(Standing {
                event,
                seats,
                hold_id: hold_id.to_owned(),
                sent,
            });
            Ok(())
        })
        .await?;
        Ok(Self(placed.into_inner()))
    }

    pub fn enter(self, ledger: &mut Ledger) {
        for one in self.0 {
            let held = ledger.placed(one.event, one.seats, &one.hold_id, one.sent);
            ledger.stands(&held);
        }
    }
}
