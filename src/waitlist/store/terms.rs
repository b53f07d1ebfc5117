//! The terms of a waitlist; an event without a row has the defaults.

use std::time::Duration;

use chrono::NaiveTime;
use sqlx::PgExecutor;

use super::super::model::{Policy, QuietHours, Terms};
use crate::id::EventId;

pub(super) struct TermsRow {
    pub terms_version: i32,
    pub is_open: bool,
    pub policy: Policy,
    pub offer_ttl_seconds: i32,
    pub quantity_max: i32,
    pub entries_max: i32,
    pub skips_max: i32,
    pub waiting_max_seconds: i32,
    pub verification_required: bool,
    pub quiet_from: Option<NaiveTime>,
    pub quiet_until: Option<NaiveTime>,
}

impl From<TermsRow> for Terms {
    fn from(row: TermsRow) -> Self {
        let seconds = |n: i32| Duration::from_secs(u64::from(n.unsigned_abs()));
        let quiet_hours = row.quiet_from.zip(row.quiet_until);
        Self {
            version: row.terms_version,
            is_open: row.is_open,
            policy: row.policy,
            offer_ttl: seconds(row.offer_ttl_seconds),
            quantity_max: row.quantity_max.unsigned_abs(),
            entries_max: row.entries_max.unsigned_abs(),
            skips_max: row.skips_max.unsigned_abs(),
            waiting_max: seconds(row.waiting_max_seconds),
            verification_required: row.verification_required,
            quiet_hours: quiet_hours.and_then(|(from, until)| QuietHours::new(from, until)),
        }
    }
}

pub async fn find_terms(db: impl PgExecutor<'_>, event_id: EventId) -> Result<Terms, sqlx::Error> {
    let row = sqlx::query_as!(
        TermsRow,
        r#"
        SELECT terms_version, is_open, policy AS "policy: Policy", offer_ttl_seconds, quantity_max,
            entries_max, skips_max, waiting_max_seconds, verification_required, quiet_from,
            quiet_until
        FROM waitlists WHERE event_id = $1
        "#,
        event_id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Terms::from).unwrap_or_default())
}

/// Replaces the terms of that version, for the event's owner, whom the caller has found to be that;
/// false where they have another one.
pub async fn put_terms(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    terms: &Terms,
) -> Result<bool, sqlx::Error> {
    let seconds = |duration: Duration| i32::try_from(duration.as_secs()).unwrap_or(i32::MAX);
    let done = sqlx::query!(
        r#"
        INSERT INTO waitlists (event_id, version, terms_version, is_open, policy,
            offer_ttl_seconds, quantity_max, entries_max, skips_max, waiting_max_seconds,
            verification_required, quiet_from, quiet_until)
        SELECT $1, 1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
        WHERE $12 = 0 OR EXISTS (SELECT FROM waitlists WHERE event_id = $1)
        ON CONFLICT (event_id) DO UPDATE
        SET version = waitlists.version + 1, terms_version = waitlists.terms_version + 1,
            is_open = $2, policy = $3, offer_ttl_seconds = $4, quantity_max = $5, entries_max = $6,
            skips_max = $7, waiting_max_seconds = $8, verification_required = $9, quiet_from = $10,
            quiet_until = $11, updated_at = now()
        WHERE waitlists.terms_version = $12
        "#,
        event_id.0,
        terms.is_open,
        terms.policy.as_str(),
        seconds(terms.offer_ttl),
        terms.quantity_max.cast_signed(),
        terms.entries_max.cast_signed(),
        terms.skips_max.cast_signed(),
        seconds(terms.waiting_max),
        terms.verification_required,
        terms.quiet_hours.map(|quiet| quiet.from),
        terms.quiet_hours.map(|quiet| quiet.until),
        terms.version
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
