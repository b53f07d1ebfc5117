//! What `holdfast dev` has to look at: the built-in venues, an administrator and events on sale.

use anyhow::Context as _;
use chrono::{DateTime, Days, NaiveTime, Utc};
use serde_json::json;

use crate::accounts::{self, Account, AccountError};
use crate::auth::Role;
use crate::context::Context;
use crate::events::{self, CreateEvent, EventFilter, EventState, EventView, Verb};
use crate::id::{EventId, VenueId};
use crate::page::{LIMIT_MAX, PageRequest};
use crate::venues::{self, Layout};

pub const ADMIN_EMAIL: &str = "admin@example.org";

/// Far enough away that a data folder kept for months still has something on sale.
const STARTS_IN: Days = Days::new(365);

/// An event in a built-in venue. Its first category costs `price_highest`, each further one
/// `price_step` less, none under one step.
struct Show {
    venue: &'static str,
    name: &'static str,
    /// In UTC, as hours and minutes.
    starts_at: (u32, u32),
    price_highest: u32,
    price_step: u32,
}

/// Lists show the newest first: the last one made is the first one seen.
const SHOWS: &[Show] = &[
    Show {
        venue: "stadium",
        name: "Cup final",
        starts_at: (14, 30),
        price_highest: 140,
        price_step: 20,
    },
    Show {
        venue: "club",
        name: "Late set: the Okafor trio",
        starts_at: (20, 0),
        price_highest: 38,
        price_step: 6,
    },
    Show {
        venue: "theatre",
        name: "A midsummer night's dream",
        starts_at: (18, 30),
        price_highest: 90,
        price_step: 15,
    },
];

/// Makes what is missing; safe to run at each start.
pub async fn make(ctx: &Context, admin_password: &str) -> anyhow::Result<()> {
    venues::load_built_in(ctx).await?;
    let made = accounts::create_admin(ctx, ADMIN_EMAIL, "Demonstration", admin_password).await;
    let admin = match made {
        // Made at an earlier start, which may have ended before it had made the events.
        Err(AccountError::EmailTaken) => accounts::find_by_email(ctx, ADMIN_EMAIL).await?,
        made => Some(made?),
    };
    let Some(admin) = admin.filter(|admin| admin.role == Role::Admin) else {
        return Ok(());
    };
    let page = PageRequest {
        limit: LIMIT_MAX,
        after: None,
    };
    let own = EventFilter {
        owner_id: Some(admin.account_id),
        ..EventFilter::default()
    };
    let (events, others) = events::list(ctx, Some(admin.caller()), page, &own).await?;
    if others.is_none() {
        for show in SHOWS {
            put_on_sale(ctx, show, &admin, &events).await?;
        }
    }
    Ok(())
}

/// Unless it has been: an earlier start may have left a draft. An event in its venue is the show
/// under another name.
async fn put_on_sale(
    ctx: &Context,
    show: &Show,
    admin: &Account,
    events: &[EventView],
) -> anyhow::Result<()> {
    let of_show = events.iter().filter(|event| event.terms.name == show.name);
    let of_show: Vec<_> = of_show.collect();
    let is_draft = |event: &&EventView| event.state == EventState::Draft;
    let event_id = match of_show.first() {
        Some(draft) if of_show.iter().all(is_draft) => draft.event_id,
        Some(_) => return Ok(()),
        None => {
            let found = venues::find_built_in_layout(ctx, show.venue).await?;
            let (venue_id, layout) = found.with_context(|| format!("no venue {}", show.venue))?;
            if events.iter().any(|event| event.venue.venue_id == venue_id) {
                return Ok(());
            }
            make_draft(ctx, show, admin, (venue_id, &layout)).await?
        }
    };
    events::apply(ctx, event_id, Verb::Open, admin.caller()).await?;
    Ok(())
}

async fn make_draft(
    ctx: &Context,
    show: &Show,
    admin: &Account,
    (venue_id, layout): (VenueId, &Layout),
) -> anyhow::Result<EventId> {
    let prices: Vec<_> = (layout.categories.iter().zip(0..))
        .map(|(category, nth)| {
            let amount = show.price_highest.saturating_sub(nth * show.price_step);
            let amount = amount.max(show.price_step);
            json!({"category": category.key, "amount": amount.to_string()})
        })
        .collect();
    let event: CreateEvent = serde_json::from_value(json!({
        "venue_id": venue_id,
        "name": show.name,
        "starts_at": starts_at(ctx, show)?,
        "currency": "EUR",
        "prices": prices,
    }))?;
    let made = events::create(ctx, &event, admin.caller()).await?;
    Ok(made.event_id)
}

fn starts_at(ctx: &Context, show: &Show) -> anyhow::Result<DateTime<Utc>> {
    let (hours, minutes) = show.starts_at;
    let day = ctx.clock.now().date_naive() + STARTS_IN;
    let time = NaiveTime::from_hms_opt(hours, minutes, 0).context("a show at no time of day")?;
    Ok(day.and_time(time).and_utc())
}
