//! Endpoints, what they can ask for, and what they are sent.

use serde::Serialize;
use serde_json::{Map, Value, json};
use url::{Host, Url};

use super::client::is_public;
use crate::clock::Instant;
use crate::deliveries::Claim;
use crate::id::{AccountId, EndpointId};
use crate::problem::FieldError;

/// What endpoints can ask for.
pub const KINDS: [&str; 14] = [
    "hold.placed",
    "hold.extended",
    "hold.released",
    "hold.expired",
    "booking.confirmed",
    "booking.cancelled",
    "event.opened",
    "event.sold_out",
    "event.changed",
    "event.cancelled",
    "waitlist.joined",
    "waitlist.offered",
    "waitlist.accepted",
    "waitlist.lapsed",
];

/// Limit: endpoints of one owner.
pub const ENDPOINTS_MAX: i64 = 20;

const URL_CHARS_MAX: usize = 2000;
const DESCRIPTION_CHARS_MAX: usize = 200;

/// Failures in a row that open an endpoint's circuit breaker.
pub const FAILURES_MAX: i32 = 5;

#[derive(Clone, Debug)]
pub struct Endpoint {
    pub endpoint_id: EndpointId,
    pub owner_id: AccountId,
    pub terms: EndpointTerms,
    pub is_enabled: bool,
    pub disabled_because: Option<String>,
    pub secret_version: i32,
    pub old_secret_until: Option<Instant>,
    pub n_failures: i32,
    pub paused_until: Option<Instant>,
    pub created_at: Instant,
}

/// What an owner sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointTerms {
    pub url: String,
    pub description: String,
    pub kinds: Vec<String>,
}

/// What an owner changes; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub url: Option<String>,
    pub description: Option<String>,
    pub kinds: Option<Vec<String>>,
    pub is_enabled: Option<bool>,
}

impl EndpointTerms {
    pub fn with(self, change: &Change) -> Self {
        Self {
            url: change.url.clone().unwrap_or(self.url),
            description: change.description.clone().unwrap_or(self.description),
            kinds: change.kinds.clone().unwrap_or(self.kinds),
        }
    }

    /// Everything that is wrong with them. What a name resolves to is looked at when it is used.
    pub fn faults(&self, allows_private: bool) -> Vec<FieldError> {
        let mut faults = Vec::new();
        if let Err(detail) = checked_url(&self.url, allows_private) {
            faults.push(fault("/url".to_owned(), detail));
        }
        if self.description.chars().count() > DESCRIPTION_CHARS_MAX {
            let detail = format!("must have at most {DESCRIPTION_CHARS_MAX} characters");
            faults.push(fault("/description".to_owned(), detail));
        }
        if !(1..=KINDS.len()).contains(&self.kinds.len()) {
            let detail = format!("must have 1 to {} members", KINDS.len());
            faults.push(fault("/kinds".to_owned(), detail));
        }
        for (i, kind) in self.kinds.iter().enumerate().take(KINDS.len()) {
            if !KINDS.contains(&kind.as_str()) {
                let detail = format!("must be one of {}", KINDS.join(", "));
                faults.push(fault(format!("/kinds/{i}"), detail));
            }
        }
        faults
    }
}

fn fault(pointer: String, detail: impl Into<String>) -> FieldError {
    let detail = detail.into();
    FieldError { pointer, detail }
}

/// A URL that webhooks can be sent to, or what is wrong with it.
pub fn checked_url(text: &str, allows_private: bool) -> Result<Url, String> {
    if text.chars().count() > URL_CHARS_MAX {
        return Err(format!("must have at most {URL_CHARS_MAX} characters"));
    }
    let url = Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
    match url.scheme() {
        "https" => {}
        "http" if allows_private => {}
        _ => return Err("must begin with https://".to_owned()),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not have a user or a password".to_owned());
    }
    let address = match url.host() {
        Some(Host::Ipv4(address)) => Some(address.into()),
        Some(Host::Ipv6(address)) => Some(address.into()),
        Some(Host::Domain(_)) => None,
        None => return Err("has no host".to_owned()),
    };
    if !allows_private && address.is_some_and(|address| !is_public(address)) {
        return Err("must not lead to a private address".to_owned());
    }
    Ok(url)
}

#[derive(Serialize)]
struct Payload<'a> {
    r#type: &'a str,
    timestamp: Instant,
    data: Map<String, Value>,
}

/// What is sent of a message: ids to look the rest up by, of a change what it changed, and of a
/// hold its seats. Names and addresses of people stay at home.
pub fn payload(claim: &Claim) -> String {
    let mut data = Map::new();
    if !claim.event_id.0.is_nil() {
        data.insert("event_id".to_owned(), json!(claim.event_id));
    }
    data.insert("sequence".to_owned(), json!(claim.position));
    let is_told = |name: &str| match name {
        "changed" => true,
        // The seats of other messages are not written for strangers.
        "seats" | "expires_at" => claim.kind.starts_with("hold."),
        _ => name.ends_with("_id"),
    };
    let body = claim.body.as_object().into_iter().flatten();
    let told = body.filter(|(name, _)| is_told(name));
    data.extend(told.map(|(name, value)| (name.clone(), value.clone())));
    let payload = Payload {
        r#type: &claim.kind,
        timestamp: claim.happened_at,
        data,
    };
    serde_json::to_string(&payload).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_must_be_https_and_lead_outside() {
        for (url, is_fine, is_fine_inside) in [
            ("https://hooks.example.org/a?b=c", true, true),
            ("https://hooks.example.org:8443/", true, true),
            ("http://hooks.example.org/", false, true),
            ("https://8.8.8.8/", true, true),
            ("https://127.0.0.1/", false, true),
            ("https://0x7f.1/", false, true),
            ("https://2130706433/", false, true),
            ("https://[::1]/", false, true),
            ("https://[::ffff:10.0.0.1]/", false, true),
            ("https://ana:secret@hooks.example.org/", false, false),
            ("ftp://hooks.example.org/", false, false),
            ("file:///etc/passwd", false, false),
            ("hooks.example.org", false, false),
            ("", false, false),
        ] {
            assert_eq!(checked_url(url, false).is_ok(), is_fine, "{url}");
            assert_eq!(checked_url(url, true).is_ok(), is_fine_inside, "{url}");
        }
    }
}
