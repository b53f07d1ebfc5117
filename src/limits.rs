//! How often one address or one caller may do what invites abuse (F37).
//!
//! GCRA, the generic cell rate algorithm (ITU-T I.371): each subject has one instant, its arrival,
//! at which all its permits would be back. A permit moves it ahead by one interval; it may run
//! ahead of the clock by one window. The instants are kept in Redis, for all instances together.
//! While Redis is away each process counts by itself: the bound grows by their number, no more.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{LazyLock, Mutex, PoisonError};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use fred::types::Value;
use fred::types::scripts::Script;
use futures::FutureExt;

use crate::auth::Caller;
use crate::config::Rates;
use crate::context::Context;
use crate::problem::{Code, Problem};
use crate::redis;

/// All permits of a subject are back this long after the last one was taken.
const WINDOW_US: i64 = 60_000_000;

/// Limit: subjects that a process counts by itself; those above it share one arrival.
const LOCAL_SUBJECTS_MAX: usize = 50_000;

static TAKE_PERMIT: LazyLock<Script> =
    LazyLock::new(|| Script::from_lua(include_str!("../lua/take_permit.lua")));

/// What is limited. The number of permits in a minute is a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    Guests,
    SignIns,
    Lookups,
    HoldChanges,
    /// Bookings cancelled by buyers, and waitlists left: each sends a mail to an address of theirs.
    Withdrawals,
}

impl Rule {
    fn name(self) -> &'static str {
        match self {
            Self::Guests => "guests",
            Self::SignIns => "sign_ins",
            Self::Lookups => "lookups",
            Self::HoldChanges => "hold_changes",
            Self::Withdrawals => "withdrawals",
        }
    }

    fn permits_per_minute(self, rates: &Rates) -> u32 {
        match self {
            Self::Guests => rates.guests_per_minute,
            Self::SignIns => rates.sign_ins_per_minute,
            Self::Lookups => rates.lookups_per_minute,
            Self::HoldChanges => rates.hold_changes_per_minute,
            Self::Withdrawals => rates.withdrawals_per_minute,
        }
    }
}

/// Takes a permit, or answers 429 `rate_limited` with the seconds until there is one again.
/// The subject is a [`ClientAddress`] or a caller's id.
pub async fn take(ctx: &Context, rule: Rule, subject: impl fmt::Display) -> Result<(), Problem> {
    let n_permits = rule.permits_per_minute(&ctx.config.rates).max(1);
    let interval = (WINDOW_US / i64::from(n_permits)).max(1);
    let subject = subject.to_string();
    // Holds are the hot path: a second script for each would halve their rate, and what one person
    // may hold at a time is bounded by the board itself.
    if rule == Rule::HoldChanges {
        return take_locally(ctx, rule, subject, interval).into_answer(rule, n_permits);
    }
    let taken = take_in_redis(ctx, rule, &subject, interval).boxed();
    let outcome = match taken.await {
        Ok(outcome) => outcome,
        Err(error) => {
            metrics::counter!("holdfast_limits_counted_locally_total").increment(1);
            tracing::debug!(limit.rule = rule.name(), cause = %error, "limit counted locally");
            take_locally(ctx, rule, subject, interval)
        }
    };
    outcome.into_answer(rule, n_permits)
}

/// A caller who changes holds: costs one permit for each request. One with a key has cost it when
/// the key was looked up.
pub struct Changer(pub Caller);

/// Stands in a request that has cost its permit.
#[derive(Clone, Copy, Debug)]
pub struct Counted;

impl FromRequestParts<Context> for Changer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, ctx: &Context) -> Result<Self, Problem> {
        let caller = <Caller as FromRequestParts<Context>>::from_request_parts(parts, ctx).await?;
        if parts.extensions.get::<Counted>().is_none() {
            take(ctx, Rule::HoldChanges, caller.caller_id).await?;
        }
        Ok(Self(caller))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Taken,
    Refused(Refusal),
}

impl Outcome {
    fn into_answer(self, rule: Rule, n_permits: u32) -> Result<(), Problem> {
        match self {
            Self::Taken => Ok(()),
            Self::Refused(refusal) => {
                let name = rule.name();
                metrics::counter!("holdfast_limits_refused_total", "rule" => name).increment(1);
                Err(refusal.into_problem(n_permits))
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    until_all_us: i64,
    until_next_us: i64,
}

impl Refusal {
    fn into_problem(self, n_permits: u32) -> Problem {
        let retry_after = whole_seconds(self.until_next_us);
        let detail = format!("At most {n_permits} in a minute; wait {retry_after} seconds.");
        Problem::new(Code::RateLimited, detail)
            .retry_after(retry_after)
            .header("ratelimit-limit", n_permits.into())
            .header("ratelimit-remaining", 0)
            .header("ratelimit-reset", whole_seconds(self.until_all_us))
    }
}

fn whole_seconds(us: i64) -> u64 {
    u64::try_from(us)
        .unwrap_or_default()
        .div_ceil(1_000_000)
        .max(1)
}

async fn take_in_redis(
    ctx: &Context,
    rule: Rule,
    subject: &str,
    interval: i64,
) -> Result<Outcome, fred::error::Error> {
    let key = format!("holdfast:{{{}:{subject}}}:arrival", rule.name());
    let now = ctx.clock.imposed_ms();
    let args: Vec<Value> = vec![
        interval.into(),
        WINDOW_US.into(),
        now.map_or_else(String::new, |ms| (ms * 1000).to_string())
            .into(),
    ];
    let reply = redis::run(&ctx.redis, &TAKE_PERMIT, &[key.into()], &args).await?;
    let values: Vec<Value> = reply.convert()?;
    let us = |n: usize| values.get(n).and_then(Value::as_i64).unwrap_or_default();
    match values.first().and_then(Value::as_str).as_deref() {
        Some("taken") => Ok(Outcome::Taken),
        Some("refused") => Ok(Outcome::Refused(Refusal {
            until_all_us: us(1),
            until_next_us: us(2),
        })),
        _ => Err(fred::error::Error::new(
            fred::error::ErrorKind::Protocol,
            "take_permit.lua answered with an unknown word",
        )),
    }
}

/// Arrivals of this process, for the time that Redis is away.
#[derive(Default)]
struct LocalArrivals(Mutex<HashMap<(Rule, String), i64>>);

fn take_locally(ctx: &Context, rule: Rule, subject: String, interval: i64) -> Outcome {
    let now = ctx.clock.now().timestamp_micros();
    let local = ctx.memory::<LocalArrivals>();
    let mut arrivals = local.0.lock().unwrap_or_else(PoisonError::into_inner);
    let mut key = (rule, subject);
    if arrivals.len() >= LOCAL_SUBJECTS_MAX && !arrivals.contains_key(&key) {
        arrivals.retain(|_, arrival| *arrival > now);
        if arrivals.len() >= LOCAL_SUBJECTS_MAX {
            key.1 = "everybody else".to_owned();
        }
    }
    let arrival = arrivals.entry(key).or_insert(now);
    match next_arrival(*arrival, now, interval) {
        Ok(next) => {
            *arrival = next;
            Outcome::Taken
        }
        Err(refusal) => Outcome::Refused(refusal),
    }
}

/// The rule of `take_permit.lua`, for one process.
fn next_arrival(arrival: i64, now: i64, interval: i64) -> Result<i64, Refusal> {
    let is_plausible = (now..=now + WINDOW_US).contains(&arrival);
    let arrival = if is_plausible { arrival } else { now };
    let next = arrival + interval;
    if next > now + WINDOW_US {
        return Err(Refusal {
            until_all_us: arrival - now,
            until_next_us: next - WINDOW_US - now,
        });
    }
    Ok(next)
}

/// Where a request comes from: an IPv4 address, or the /64 network of an IPv6 address, since who
/// has one address of such a network has them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = address.to_bits() & (u128::MAX << 64);
                Ipv6Addr::from_bits(network).into()
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

impl FromRequestParts<Context> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, ctx: &Context) -> Result<Self, Infallible> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0.ip());
        let forwarded = forwarded_for(&parts.headers, ctx.config.n_trusted_proxies);
        Ok(forwarded.unwrap_or(peer).into())
    }
}

/// The address that the outermost trusted proxy saw. Each proxy appends its peer, so only the last
/// `n_trusted_proxies` entries are not the client's own invention.
fn forwarded_for(headers: &HeaderMap, n_trusted_proxies: usize) -> Option<IpAddr> {
    let place_from_right = n_trusted_proxies.checked_sub(1)?;
    let values: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .map(|value| value.to_str().unwrap_or_default())
        .collect();
    let entry = values
        .iter()
        .flat_map(|value| value.split(','))
        .rev()
        .nth(place_from_right)?
        .trim();
    let with_port = || entry.parse().map(|address: SocketAddr| address.ip());
    entry.parse().or_else(|_| with_port()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn permits_come_back_one_by_one() {
        let now = 1_700_000_000 * SECOND;
        let mut arrival = now;
        for _ in 0..60 {
            arrival = next_arrival(arrival, now, SECOND).unwrap();
        }

        let refusal = next_arrival(arrival, now, SECOND).unwrap_err();
        assert_eq!(refusal.until_next_us, SECOND);
        assert_eq!(refusal.until_all_us, 60 * SECOND);

        arrival = next_arrival(arrival, now + SECOND, SECOND).unwrap();
        assert!(next_arrival(arrival, now + SECOND, SECOND).is_err());
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_shut_anybody_out() {
        let now = 1_700_000_000 * SECOND;

        let next = next_arrival(now + 3600 * SECOND, now, SECOND);

        assert_eq!(next, Ok(now + SECOND));
    }

    #[test]
    fn only_entries_of_trusted_proxies_count() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "9.9.9.9, 8.8.8.8".parse().unwrap());
        headers.append("x-forwarded-for", "[2001:db8::1]:4711".parse().unwrap());
        let address = |n| forwarded_for(&headers, n).map(|address| address.to_string());

        assert_eq!(address(0), None);
        assert_eq!(address(1).as_deref(), Some("2001:db8::1"));
        assert_eq!(address(2).as_deref(), Some("8.8.8.8"));
        assert_eq!(address(4), None);
    }

    #[test]
    fn neighbours_in_a_64_network_are_one_subject() {
        let subject = |text: &str| ClientAddress::from(text.parse::<IpAddr>().unwrap()).to_string();

        assert_eq!(subject("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(subject("2001:db8:1:2::9"), "2001:db8:1:2::");
        assert_eq!(subject("::ffff:192.0.2.7"), "192.0.2.7");
    }
}
