//! What `holdfast dev` has to look at: the built-in venues, an administrator and an event on sale.

use chrono::TimeDelta;
use serde_json::json;

use crate::accounts::{self, Account, AccountError};
use crate::context::Context;
use crate::events::{self, CreateEvent, Verb};
use crate::venues;

pub const ADMIN_EMAIL: &str = "admin@example.org";

const VENUE: &str = "theatre";
/// Far enough away that a data folder kept for months still has something on sale.
const STARTS_IN: TimeDelta = TimeDelta::days(365);
const HIGHEST_PRICE: u32 = 90;
const LOWEST_PRICE: u32 = 15;

/// Makes what is missing; safe to run at each start.
pub async fn make(ctx: &Context, admin_password: &str) -> anyhow::Result<()> {
    venues::load_built_in(ctx).await?;
    match accounts::create_admin(ctx, ADMIN_EMAIL, "Demonstration", admin_password).await {
        Ok(admin) => put_on_sale(ctx, &admin).await,
        // Made at an earlier start, and the event with it.
        Err(AccountError::EmailTaken) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn put_on_sale(ctx: &Context, admin: &Account) -> anyhow::Result<()> {
    let Some((venue_id, layout)) = venues::find_built_in_layout(ctx, VENUE).await? else {
        anyhow::bail!("the venue {VENUE} is not there");
    };
    let prices: Vec<_> = (layout.categories.iter().zip(0..))
        .map(|(category, nth)| {
            let amount = HIGHEST_PRICE
                .saturating_sub(nth * LOWEST_PRICE)
                .max(LOWEST_PRICE);
            json!({"category": category.key, "amount": amount.to_string()})
        })
        .collect();
    let event: CreateEvent = serde_json::from_value(json!({
        "venue_id": venue_id,
        "name": "A midsummer night's dream",
        "starts_at": ctx.clock.now() + STARTS_IN,
        "currency": "EUR",
        "prices": prices,
    }))?;
    let made = events::create(ctx, &event, admin.caller()).await?;
    events::apply(ctx, made.event_id, Verb::Open, admin.caller()).await?;
    Ok(())
}
