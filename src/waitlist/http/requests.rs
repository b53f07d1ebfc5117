//! What callers send about waitlists.

use std::time::Duration;

use axum::http::HeaderMap;
use chrono::NaiveTime;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::actions::JoinWaitlist;
use super::super::model::{EntryState, Policy, QuietHours, Terms};
use super::super::store::{EntryFilter, LogFilter};
use crate::bookings::Contact;
use crate::id::EntryId;
use crate::money::Amount;
use crate::page::PageQuery;
use crate::problem::Problem;

/// What somebody waits for.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = JoinWaitlist)]
pub struct JoinWaitlistBody {
    /// How many seats; the event may allow fewer.
    #[garde(range(min = 1, max = 10))]
    #[schema(minimum = 1, maximum = 10, examples(2))]
    quantity: u32,
    /// Next to each other, with no aisle between.
    #[serde(default = "yes")]
    #[garde(skip)]
    #[schema(default = true)]
    together: bool,
    /// Keys of sections; without it, any.
    #[serde(default)]
    #[garde(inner(length(min = 1, max = 100), inner(length(min = 1, max = 100))))]
    #[schema(min_items = 1, max_items = 100)]
    sections: Option<Vec<String>>,
    /// Keys of categories; without it, any.
    #[serde(default)]
    #[garde(inner(length(min = 1, max = 100), inner(length(min = 1, max = 100))))]
    #[schema(min_items = 1, max_items = 100)]
    categories: Option<Vec<String>>,
    /// The most that one seat may cost.
    #[serde(default)]
    #[garde(skip)]
    price_max: Option<Amount>,
    #[garde(dive)]
    contact: Contact,
}

fn yes() -> bool {
    true
}

impl From<JoinWaitlistBody> for JoinWaitlist {
    fn from(body: JoinWaitlistBody) -> Self {
        Self {
            quantity: body.quantity,
            is_together: body.together,
            sections: body.sections,
            categories: body.categories,
            price_max: body.price_max,
            contact: body.contact,
        }
    }
}

/// The secret of an entry, from its mail.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct VerifyEntry {
    #[garde(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub token: String,
}

/// Which entry's offer to accept, and for whom.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AcceptOffer {
    /// The entry's secret; without it, the caller's own entry.
    #[serde(default)]
    #[garde(inner(length(min = 1, max = 200)))]
    #[schema(min_length = 1, max_length = 200)]
    pub token: Option<String>,
    /// Without it, as on the waitlist.
    #[serde(default)]
    #[garde(dive)]
    pub contact: Option<Contact>,
    /// The payment's name at whoever took it.
    #[serde(default)]
    #[garde(inner(length(chars, min = 1, max = 200)))]
    #[schema(min_length = 1, max_length = 200)]
    pub payment_reference: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MineQuery {
    /// The entry's secret, from its mail; without it, the caller's own entry. Proxies log what
    /// stands here: the header `Waitlist-Token` says the same.
    token: Option<String>,
}

impl MineQuery {
    /// The secret from the header or, without that, from the query. One that is no text opens
    /// nothing.
    pub fn token<'a>(&'a self, headers: &'a HeaderMap) -> Option<&'a str> {
        match headers.get("waitlist-token") {
            Some(value) => Some(value.to_str().unwrap_or_default()),
            None => self.token.as_deref(),
        }
    }
}

/// Which entries; by default those that wait, have an offer, or are to be verified.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EntriesQuery {
    /// Only entries in this state.
    pub state: Option<EntryState>,
    /// Only entries with this mail address, those that have ended too.
    pub email: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

impl EntriesQuery {
    pub fn filter(&self) -> EntryFilter {
        EntryFilter {
            state: self.state,
            email: self.email.as_deref().map(|email| email.trim().to_owned()),
        }
    }

    pub fn page(&self) -> PageQuery {
        PageQuery {
            limit: self.limit,
            after: self.after.clone(),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// Only decisions about this entry.
    pub entry_id: Option<EntryId>,
    /// Only decisions of this kind.
    pub kind: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// What can be in the log.
const DECISIONS: [&str; 13] = [
    "joined",
    "verified",
    "offered",
    "skipped",
    "accepted",
    "declined",
    "lapsed",
    "withdrawn",
    "left",
    "moved",
    "removed",
    "kept",
    "let_go",
];

impl LogQuery {
    pub fn filter(&self) -> Result<LogFilter, Problem> {
        let is_known = |kind: &String| DECISIONS.contains(&kind.as_str());
        if !self.kind.iter().all(is_known) {
            let detail = format!("must be one of {}", DECISIONS.join(", "));
            return Err(Problem::invalid_member("/kind", detail));
        }
        Ok(LogFilter {
            entry_id: self.entry_id,
            kind: self.kind.clone(),
        })
    }

    pub fn page(&self) -> PageQuery {
        PageQuery {
            limit: self.limit,
            after: self.after.clone(),
        }
    }
}

/// Where to move an entry, and why.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct MoveEntry {
    /// The entry's, as it was seen.
    #[garde(skip)]
    #[schema(examples(1))]
    pub version: i32,
    /// Higher goes first; everybody joins with 0.
    #[garde(range(min = -1000, max = 1000))]
    #[schema(minimum = -1000, maximum = 1000, examples(10))]
    pub priority: i32,
    #[garde(length(chars, min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Why an entry is taken off the list.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RemoveEntry {
    /// The entry's, as it was seen.
    #[garde(skip)]
    #[schema(examples(1))]
    pub version: i32,
    #[garde(length(chars, min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// The terms of a waitlist; what is left out has its default.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields, default)]
#[schema(as = WaitlistTerms)]
pub struct TermsBody {
    /// Goes up with each change, from 0 where they were never set. A change names the one it was
    /// made for.
    #[garde(required)]
    #[schema(required, value_type = i32, minimum = 0)]
    pub version: Option<i32>,
    /// Whether anybody can join.
    #[garde(skip)]
    #[schema(default = true)]
    pub is_open: bool,
    #[garde(skip)]
    pub policy: Policy,
    /// How long an offer is held, quiet hours not counted.
    #[garde(range(min = 60, max = 86_400))]
    #[schema(minimum = 60, maximum = 86_400, default = 900)]
    pub offer_ttl_seconds: u32,
    /// Seats that one person may wait for.
    #[garde(range(min = 1, max = 10))]
    #[schema(minimum = 1, maximum = 10, default = 6)]
    pub quantity_max: u32,
    /// People who may wait at a time.
    #[garde(range(min = 1, max = 20_000))]
    #[schema(minimum = 1, maximum = 20_000, default = 10_000)]
    pub entries_max: u32,
    /// Passed over so often, seats are collected for somebody.
    #[garde(range(min = 1, max = 1_000))]
    #[schema(minimum = 1, maximum = 1_000, default = 10)]
    pub skips_max: u32,
    /// Waiting so long, seats are collected for somebody.
    #[garde(range(min = 60, max = 31_536_000))]
    #[schema(minimum = 60, maximum = 31_536_000, default = 259_200)]
    pub waiting_max_seconds: u32,
    /// Whether an entry counts only once the link in its mail was opened.
    #[garde(skip)]
    pub verification_required: bool,
    /// While the house is asleep the time of an offer does not run.
    #[garde(dive)]
    pub quiet_hours: Option<QuietHoursBody>,
}

/// Local times at the venue; over midnight where `until` is the earlier one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = QuietHours)]
pub struct QuietHoursBody {
    #[garde(custom(is_time_of_day))]
    #[schema(examples("22:00"))]
    pub from: String,
    #[garde(custom(is_time_of_day))]
    #[schema(examples("08:00"))]
    pub until: String,
}

const TIME_OF_DAY: &str = "%H:%M";

fn is_time_of_day<C>(text: &str, _: &C) -> garde::Result {
    match NaiveTime::parse_from_str(text, TIME_OF_DAY) {
        Ok(_) => Ok(()),
        Err(_) => Err(garde::Error::new("must be a time of day such as 22:00")),
    }
}

impl Default for TermsBody {
    fn default() -> Self {
        let mut terms = Self::from(&Terms::default());
        terms.version = None;
        terms
    }
}

impl From<&Terms> for TermsBody {
    fn from(terms: &Terms) -> Self {
        let seconds = |duration: Duration| u32::try_from(duration.as_secs()).unwrap_or(u32::MAX);
        Self {
            version: Some(terms.version),
            is_open: terms.is_open,
            policy: terms.policy,
            offer_ttl_seconds: seconds(terms.offer_ttl),
            quantity_max: terms.quantity_max,
            entries_max: terms.entries_max,
            skips_max: terms.skips_max,
            waiting_max_seconds: seconds(terms.waiting_max),
            verification_required: terms.verification_required,
            quiet_hours: terms.quiet_hours.map(|quiet| QuietHoursBody {
                from: quiet.from.format(TIME_OF_DAY).to_string(),
                until: quiet.until.format(TIME_OF_DAY).to_string(),
            }),
        }
    }
}

impl TermsBody {
    pub fn terms(&self) -> Result<Terms, Problem> {
        let quiet_hours = self.quiet_hours.as_ref().map(|quiet| {
            let time = |text: &str| NaiveTime::parse_from_str(text, TIME_OF_DAY).ok();
            time(&quiet.from)
                .zip(time(&quiet.until))
                .and_then(|(from, until)| QuietHours::new(from, until))
                .ok_or_else(|| {
                    Problem::invalid_member("/quiet_hours/until", "must differ from `from`")
                })
        });
        let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds));
        Ok(Terms {
            version: self.version.unwrap_or_default(),
            is_open: self.is_open,
            policy: self.policy,
            offer_ttl: seconds(self.offer_ttl_seconds),
            quantity_max: self.quantity_max,
            entries_max: self.entries_max,
            skips_max: self.skips_max,
            waiting_max: seconds(self.waiting_max_seconds),
            verification_required: self.verification_required,
            quiet_hours: quiet_hours.transpose()?,
        })
    }
}
