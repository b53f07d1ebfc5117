//! Letters to people on a waitlist. What they are told is in the message, as it was then: an entry
//! may have moved on.

use serde::Deserialize;

use super::super::error::MailError;
use super::super::model::{Letter, Mail, name_of};
use super::super::preferences::Link;
use super::super::words::local_time;
use super::super::{store, templates};
use super::booking::{event_facts, section_names};
use super::facts::{EntryFacts, Facts, PlaceFacts};
use super::letter::Composed;
use crate::clock::Instant;
use crate::context::Context;
use crate::deliveries::Claim;
use crate::events::{self, Event, Reach};
use crate::id::EntryId;
use crate::waitlist;

#[derive(Deserialize)]
struct Body {
    name: String,
    email: String,
    quantity: i32,
    #[serde(default)]
    seats: Vec<u32>,
    expires_at: Option<Instant>,
    reason: Option<String>,
    #[serde(default)]
    verification_required: bool,
}

pub async fn compose(ctx: &Context, claim: &Claim) -> Result<Composed, MailError> {
    let letter = match claim.kind.as_str() {
        "waitlist.joined" => Letter::WaitlistJoined,
        "waitlist.offered" => Letter::WaitlistOffered,
        _ => Letter::WaitlistLapsed,
    };
    let Ok(body) = serde_json::from_value::<Body>(claim.body.clone()) else {
        return Ok(Composed::Nothing("the message does not say whom to tell"));
    };
    let Some(event) = events::find(&ctx.db, claim.event_id, Reach::EVERYTHING).await? else {
        return Ok(Composed::Nothing("the event is gone"));
    };
    if body.expires_at.is_some_and(|at| at <= claim.now()) {
        return Ok(Composed::Nothing("the offer is over"));
    }
    let link = Link::new(&body.email, &claim.kind);
    let is_optional = letter == Letter::WaitlistLapsed;
    if is_optional && store::is_unwanted(&ctx.db, claim, &link.email).await? {
        return Ok(Composed::Nothing("mails of this kind are not wanted"));
    }
    let preferences_url = is_optional.then(|| link.url(ctx));
    let mut facts = facts_of(ctx, claim, &event, &body).await?;
    facts.preferences_url = preferences_url.clone();
    Ok(Composed::Mail(Box::new(Mail {
        name: name_of(&body.name).map(str::to_owned),
        email: body.email,
        message_id: ctx.config.mail.message_id(claim.delivery_id),
        date: claim.happened_at,
        rendered: templates::render(ctx, letter, &facts)?,
        files: Vec::new(),
        unsubscribe_url: preferences_url,
    })))
}

async fn facts_of(
    ctx: &Context,
    claim: &Claim,
    event: &Event,
    body: &Body,
) -> Result<Facts, MailError> {
    let (language, service_url) = (&ctx.config.mail.language, &ctx.config.public_url);
    let event_id = claim.event_id;
    let token = waitlist::link_token(ctx, event_id, EntryId(claim.subject_id));
    let zone = &event.venue.time_zone;
    Ok(Facts {
        language: language.clone(),
        service_url: service_url.clone(),
        name: name_of(&body.name).unwrap_or_default().to_owned(),
        event: event_facts(ctx, event),
        booking: None,
        refund: None,
        before: None,
        entry: Some(EntryFacts {
            quantity: body.quantity,
            // After the hash: servers do not see it, and so do not log it.
            url: format!("{service_url}/events/{event_id}#waitlist={token}"),
            needs_confirmation: body.verification_required,
            seats: places_of(ctx, event, &body.seats).await?,
            expires_at: body.expires_at.map(|at| local_time(at, zone, language)),
            reason: body.reason.clone(),
        }),
        preferences_url: None,
    })
}

async fn places_of(
    ctx: &Context,
    event: &Event,
    indexes: &[u32],
) -> Result<Vec<PlaceFacts>, MailError> {
    if indexes.is_empty() {
        return Ok(Vec::new());
    }
    let sale = events::sale(ctx, event.event_id).await?;
    let sections = section_names(ctx, event).await?;
    let places = indexes.iter().filter_map(|index| sale.seating.at(*index));
    let facts = places.map(|place| PlaceFacts {
        section: sections
            .get(&place.section)
            .unwrap_or(&place.section)
            .clone(),
        row: place.row.clone(),
        number: place.number.clone(),
    });
    Ok(facts.collect())
}
