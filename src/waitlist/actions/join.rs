//! Joining.

use super::super::error::WaitlistError;
use super::super::model::{EntryState, House, Pool, Terms, Wanted, Wish};
use super::super::store::{self, NewEntry};
use super::{houses, round};
use crate::auth::Caller;
use crate::board::{self, KEPT_NUDGE};
use crate::bookings::Contact;
use crate::clock::Instant;
use crate::context::Context;
use crate::events::{self, EventState, Sale};
use crate::holds::HoldError;
use crate::id::{EntryId, EventId};
use crate::money::Amount;
use crate::postgres;
use crate::problem::FieldError;

/// What somebody asks for when they join.
#[derive(Clone, Debug)]
pub struct JoinWaitlist {
    pub quantity: u32,
    pub is_together: bool,
    pub sections: Option<Vec<String>>,
    pub categories: Option<Vec<String>>,
    pub price_max: Option<Amount>,
    pub contact: Contact,
}

/// Puts the caller at the end of an event's queue, unless the wish can be met now.
pub async fn join(
    ctx: &Context,
    caller: Caller,
    event_id: EventId,
    asked: JoinWaitlist,
) -> Result<EntryId, WaitlistError> {
    let sale = events::reload_sale(ctx, event_id).await?;
    if !sale.is_public && sale.owner_id.0 != caller.caller_id.0 {
        return Err(events::EventError::NotFound.into());
    }
    let terms = store::find_terms(&ctx.db, event_id).await?;
    let house = houses::house(ctx, &sale).await?;
    let wish = wish_of(&asked, &sale, &terms, &house)?;
    check_state(&sale, &terms, now(ctx).await?)?;
    let wanted = wish.in_house(&house, |category| sale.prices.get(category).copied());
    if !wanted.is_possible(&house) {
        return Err(invalid(
            "/quantity",
            "is more than the house has of such seats",
        ));
    }
    if sale.state == EventState::OnSale {
        refuse_if_available(ctx, &sale, &house, &wanted).await?;
    }
    let entry_id = insert(ctx, caller, &sale, (&terms, &wish, &asked.contact)).await?;
    tell_board(ctx, event_id).await;
    Ok(entry_id)
}

/// Tells the board how many wait now. What is lost here, the next round does.
pub(super) async fn tell_board(ctx: &Context, event_id: EventId) {
    let told = async {
        let count = store::count(&ctx.db, event_id).await?;
        board::set_waiting(ctx, event_id, count.version, count.n_waiting).await
    };
    if let Err(error) = told.await {
        tracing::warn!(event.id = %event_id, cause = %error, "the board is told by the next round");
    }
    ctx.tasks.nudge(KEPT_NUDGE);
}

fn wish_of(
    asked: &JoinWaitlist,
    sale: &Sale,
    terms: &Terms,
    house: &House,
) -> Result<Wish, WaitlistError> {
    let mut faults = Vec::new();
    let most = terms.quantity_max.min(sale.seats_per_person_max);
    if !(1..=most).contains(&asked.quantity) {
        faults.push(fault("/quantity", format!("must be from 1 to {most}")));
    }
    let unknown = |keys: &Option<Vec<String>>, name: &str, is_known: &dyn Fn(&str) -> bool| {
        let keys = keys
            .iter()
            .flatten()
            .enumerate()
            .filter(|(_, key)| !is_known(key));
        let faults =
            keys.map(|(at, _)| fault(&format!("/{name}/{at}"), "the event has none of that key"));
        faults.collect::<Vec<_>>()
    };
    let has_section = |key: &str| house.zones.iter().any(|zone| zone.section == key);
    let has_category = |key: &str| house.zones.iter().any(|zone| zone.category == key);
    faults.extend(unknown(&asked.sections, "sections", &has_section));
    faults.extend(unknown(&asked.categories, "categories", &has_category));
    let price_max = asked
        .price_max
        .map(|amount| amount.in_currency(sale.currency))
        .transpose();
    let price_max = price_max.unwrap_or_else(|error| {
        faults.push(fault("/price_max", error.to_string()));
        None
    });
    if !faults.is_empty() {
        return Err(WaitlistError::Invalid(faults));
    }
    Ok(Wish {
        quantity: asked.quantity,
        is_together: asked.is_together,
        sections: asked.sections.clone(),
        categories: asked.categories.clone(),
        price_max: price_max.map(|amount| amount.to_minor(sale.currency)),
    })
}

fn fault(pointer: &str, detail: impl Into<String>) -> FieldError {
    FieldError {
        pointer: pointer.to_owned(),
        detail: detail.into(),
    }
}

fn invalid(pointer: &str, detail: &str) -> WaitlistError {
    WaitlistError::Invalid(vec![fault(pointer, detail)])
}

async fn now(ctx: &Context) -> Result<Instant, sqlx::Error> {
    store::now(&ctx.db, ctx.clock.imposed()).await
}

fn check_state(sale: &Sale, terms: &Terms, now: Instant) -> Result<(), WaitlistError> {
    let closes_at = sale
        .sales_close_at
        .unwrap_or(sale.starts_at)
        .min(sale.starts_at);
    let is_selling = matches!(sale.state, EventState::OnSale | EventState::Paused);
    let has_begun = sale.sales_open_at.is_none_or(|at| at <= now);
    if !is_selling || !has_begun || closes_at <= now {
        return Err(HoldError::not_on_sale(sale).into());
    }
    if !terms.is_open {
        return Err(WaitlistError::Closed { reason: "not_open" });
    }
    Ok(())
}

/// Whoever can buy now need not wait: unless those before them are about to be offered the seats.
async fn refuse_if_available(
    ctx: &Context,
    sale: &Sale,
    house: &House,
    wanted: &Wanted,
) -> Result<(), WaitlistError> {
    let snapshot = board::read_board(ctx, sale.event_id).await?;
    let free = (0_u32..)
        .zip(&snapshot.seats)
        .filter(|(_, byte)| **byte == b'.');
    let mut pool = Pool::new(house, free.map(|(index, _)| index));
    let Some(seats) = pool.find(wanted) else {
        return Ok(());
    };
    let queue = store::queue(&ctx.db, sale.event_id, ctx.clock.imposed()).await?;
    let Some(queue) = queue.filter(|queue| queue.n_waiting > 0) else {
        return Err(available(sale, &seats));
    };
    let plan = round::plan_round(ctx, sale, &queue, &snapshot).await?;
    if !plan.is_complete {
        return Ok(());
    }
    let wanted_before = plan.offers.iter().chain(&plan.collected);
    wanted_before.for_each(|one| pool.take(&one.seats));
    match pool.find(wanted) {
        Some(seats) => Err(available(sale, &seats)),
        None => Ok(()),
    }
}

fn available(sale: &Sale, seats: &[u32]) -> WaitlistError {
    let labels = seats
        .iter()
        .filter_map(|index| Some(sale.seating.at(*index)?.label.clone()));
    WaitlistError::SeatsAvailable(labels.collect())
}

async fn insert(
    ctx: &Context,
    caller: Caller,
    sale: &Sale,
    (terms, wish, contact): (&Terms, &Wish, &Contact),
) -> Result<EntryId, WaitlistError> {
    let state = match terms.verification_required {
        true => EntryState::Unverified,
        false => EntryState::Waiting,
    };
    let new = NewEntry {
        event_id: sale.event_id,
        entry_id: ctx.ids.next(),
        holder: caller.caller_id,
        contact,
        wish,
        state,
        message_id: ctx.ids.next(),
        imposed_now: ctx.clock.imposed(),
    };
    match store::insert(&ctx.db, &new).await {
        Ok(Some(entry_id)) => Ok(entry_id),
        Ok(None) => {
            let sale = events::reload_sale(ctx, sale.event_id).await?;
            check_state(&sale, terms, now(ctx).await?)?;
            Err(WaitlistError::Closed { reason: "full" })
        }
        Err(error)
            if ["waitlist_person_waits_once", "waitlist_mail_waits_once"]
                .iter()
                .any(|constraint| postgres::is_violation_of(&error, constraint)) =>
        {
            Err(WaitlistError::AlreadyWaiting)
        }
        Err(error) => Err(error.into()),
    }
}
