//! Waitlists as callers see them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::actions::{self, Mine, Standing, WaitlistSeats};
use super::super::error::WaitlistError;
use super::super::model::{Entry, EntryState, Terms};
use super::super::store::{Demand, LiveOffer, LogItem};
use super::requests::TermsBody;
use crate::bookings::Contact;
use crate::context::Context;
use crate::events::{self, Sale};
use crate::holds::HoldView;
use crate::id::{CallerId, EntryId, EventId, HoldId};
use crate::money::Amount;

/// An entry as its person sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = WaitlistEntry)]
pub struct MineView {
    #[serde(flatten)]
    entry: EntryView,
    /// The place in the queue, from 1, while it waits.
    #[schema(required)]
    position: Option<i64>,
    /// How many are ahead, while it waits.
    #[schema(required)]
    ahead: Option<i64>,
    /// The hold of a live offer: confirm it, or accept it by the entry's token.
    #[schema(required)]
    offer: Option<HoldView>,
    /// By which rule seats are offered.
    rule: String,
    /// The entry's secret: with it the entry is seen, and an offer accepted, from any device. Not
    /// told before the mail address has been verified, where that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WaitlistEntryCore)]
pub struct EntryView {
    entry_id: EntryId,
    event_id: EventId,
    state: EntryState,
    quantity: u32,
    together: bool,
    sections: Option<Vec<String>>,
    categories: Option<Vec<String>>,
    price_max: Option<Amount>,
    contact: Contact,
    joined_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

/// An entry as the event's owner sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = QueuedEntry)]
pub struct QueuedView {
    #[serde(flatten)]
    entry: EntryView,
    /// The place in the queue, from 1, while it waits.
    #[schema(required)]
    position: Option<i64>,
    /// Goes up each time that it is moved or removed.
    version: i32,
    /// Higher goes first; everybody joins with 0.
    priority: i32,
    /// How often somebody behind was offered seats.
    skips: i32,
    /// Why it was passed over last: `too_few_seats`, `not_together`, `limit_reached` or
    /// `behind_the_first`.
    skip_reason: Option<String>,
    /// The hold of its last offer.
    hold_id: Option<HoldId>,
    /// The live offer.
    #[schema(required)]
    offer: Option<OfferView>,
}

/// Seats that are held for somebody on the waitlist.
#[derive(Serialize, ToSchema)]
#[schema(as = WaitlistOffer)]
pub struct OfferView {
    hold_id: HoldId,
    /// Labels.
    seats: Vec<String>,
    offered_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// For countdowns on devices whose clock is wrong; 0 when it is about to end.
    expires_in_seconds: i64,
}

/// How many people, and how many seats they want altogether.
#[derive(Serialize, ToSchema)]
#[schema(as = WaitlistDemand)]
pub struct DemandView {
    people: i64,
    seats: i64,
}

/// The live entries of the whole queue.
#[derive(Serialize, ToSchema)]
#[schema(as = WaitlistTotals)]
pub struct TotalsView {
    waiting: DemandView,
    offered: DemandView,
    /// Whose mail address is to be verified.
    unverified: DemandView,
}

/// Seats that are not on sale because of the waitlist, by label.
#[derive(Serialize, ToSchema)]
#[schema(as = WaitlistSeats)]
pub struct SeatsView {
    /// Kept for people who wait, and offered to nobody yet.
    kept: Vec<String>,
    /// Held for somebody.
    offered: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WaitlistPage)]
pub struct QueuePage {
    /// In the order of the queue.
    pub items: Vec<QueuedView>,
    pub totals: TotalsView,
    #[schema(required)]
    pub next: Option<String>,
}

/// A decision about the waitlist.
#[derive(Serialize, ToSchema)]
#[schema(as = WaitlistDecision)]
pub struct LogView {
    /// `joined`, `verified`, `offered`, `skipped`, `accepted`, `declined`, `lapsed`, `withdrawn`,
    /// `left`, `moved`, `removed`, `kept` or `let_go`
    kind: String,
    entry_id: Option<EntryId>,
    /// Whose entry it is.
    #[schema(required)]
    contact: Option<Contact>,
    hold_id: Option<HoldId>,
    /// Labels.
    seats: Vec<String>,
    reason: Option<String>,
    /// Who decided, where it was a person.
    actor_id: Option<CallerId>,
    at: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WaitlistLogPage)]
pub struct LogPage {
    /// The newest first.
    pub items: Vec<LogView>,
    #[schema(required)]
    pub next: Option<String>,
}

/// The terms of a waitlist, and how many people wait.
#[derive(Serialize, ToSchema)]
#[schema(as = Waitlist)]
pub struct WaitlistView {
    #[serde(flatten)]
    terms: TermsBody,
    waiting: i64,
    /// By which rule seats are offered, for the people who wait.
    rule: String,
}

impl WaitlistView {
    pub fn of(terms: &Terms, n_waiting: i64) -> Self {
        Self {
            terms: TermsBody::from(terms),
            waiting: n_waiting,
            rule: terms.rule(),
        }
    }
}

impl EntryView {
    fn of(entry: Entry, sale: &Sale) -> Self {
        let price = |minor: i64| Amount::from_minor(minor, sale.currency);
        Self {
            entry_id: entry.entry_id,
            event_id: sale.event_id,
            state: entry.state,
            quantity: entry.wish.quantity,
            together: entry.wish.is_together,
            sections: entry.wish.sections,
            categories: entry.wish.categories,
            price_max: entry.wish.price_max.map(price),
            contact: entry.contact,
            joined_at: entry.joined_at,
            ended_at: entry.ended_at,
        }
    }
}

impl QueuedView {
    pub fn of(queued: Standing, sale: &Sale) -> Self {
        let entry = queued.entry;
        Self {
            position: queued.position,
            version: entry.version,
            priority: entry.priority,
            skips: entry.n_skips,
            skip_reason: entry.skip_reason.clone(),
            hold_id: entry.hold_id,
            offer: queued.offer.map(|offer| OfferView::of(&offer, sale)),
            entry: EntryView::of(entry, sale),
        }
    }
}

impl OfferView {
    fn of(offer: &LiveOffer, sale: &Sale) -> Self {
        Self {
            hold_id: offer.hold_id,
            seats: labels(&offer.seats, sale),
            offered_at: offer.offered_at,
            expires_at: offer.expires_at,
            expires_in_seconds: offer.left.num_seconds().max(0),
        }
    }
}

impl TotalsView {
    pub fn of(demands: &[(EntryState, Demand)]) -> Self {
        let of = |wanted: EntryState| {
            let found = demands.iter().find(|(state, _)| *state == wanted);
            let demand = found.map(|(_, demand)| *demand).unwrap_or_default();
            DemandView {
                people: demand.n_people,
                seats: demand.n_seats,
            }
        };
        Self {
            waiting: of(EntryState::Waiting),
            offered: of(EntryState::Offered),
            unverified: of(EntryState::Unverified),
        }
    }
}

impl SeatsView {
    pub fn of(seats: &WaitlistSeats, sale: &Sale) -> Self {
        Self {
            kept: labels(&seats.kept, sale),
            offered: labels(&seats.offered, sale),
        }
    }
}

fn labels(seats: &[u32], sale: &Sale) -> Vec<String> {
    let places = seats.iter().filter_map(|seat| sale.seating.at(*seat));
    places.map(|seat| seat.label.clone()).collect()
}

impl LogView {
    pub fn of(item: LogItem, sale: &Sale) -> Self {
        Self {
            seats: labels(&item.seats, sale),
            kind: item.kind,
            entry_id: item.entry_id,
            contact: item.contact,
            hold_id: item.hold_id,
            reason: item.reason,
            actor_id: item.actor_id,
            at: item.logged_at,
        }
    }
}

pub async fn mine(ctx: &Context, event_id: EventId, mine: Mine) -> Result<MineView, WaitlistError> {
    let sale = events::sale(ctx, event_id).await?;
    let is_secret = mine.entry.state == EntryState::Unverified;
    let token = actions::link_token(ctx, event_id, mine.entry.entry_id);
    Ok(MineView {
        position: mine.n_ahead.map(|n_ahead| n_ahead + 1),
        ahead: mine.n_ahead,
        offer: mine.offer.map(|hold| HoldView::of(ctx, &sale, &hold)),
        rule: mine.terms.rule(),
        token: (!is_secret).then_some(token),
        entry: EntryView::of(mine.entry, &sale),
    })
}
