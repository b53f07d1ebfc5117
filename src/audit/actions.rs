//! Checks, and running all of them.

use std::time::Duration;

use sqlx::Connection;
use uuid::Uuid;

use super::model::Breach;
use super::store::{self, Rule};
use crate::board::{self, Position};
use crate::context::Context;
use crate::id::EventId;
use crate::waitlist::{self, WaitlistError};

/// Limit: events whose ids are read at once.
const EVENTS_MAX: i64 = 1_000;

/// Limit: how long a board may be behind PostgreSQL's epoch: a load takes less.
const LOADING_MAX: Duration = Duration::from_secs(5);

/// What is checked of an event, one after the other: rules on PostgreSQL, then its board.
pub const N_CHECKS: usize = store::EVENT_RULES.len() + 1;

/// Checks everything, without stopping anything. With `is_repairing` mends the boards. Answers what
/// was broken, mended or not.
pub async fn audit(ctx: &Context, is_repairing: bool) -> Result<Vec<Breach>, WaitlistError> {
    let mut breaches = check_schema(ctx).await?;
    let mut after = None;
    loop {
        let events = store::list_events(&ctx.db, after, EVENTS_MAX).await?;
        let Some(last) = events.last() else {
            return Ok(breaches);
        };
        after = Some(last.0);
        for event_id in events {
            for nth in 0..N_CHECKS {
                breaches.extend(check_event(ctx, event_id, nth, is_repairing).await?);
            }
        }
    }
}

/// What must be true of the database as a whole.
pub async fn check_schema(ctx: &Context) -> Result<Vec<Breach>, sqlx::Error> {
    let mut breaches = Vec::new();
    for rule in &store::SCHEMA_RULES {
        let found = store::find_in_schema(&ctx.db, rule).await?;
        breaches.extend(found.into_iter().map(|found| Breach {
            invariant: rule.invariant,
            rule: rule.rule,
            event_id: Uuid::nil(),
            subject: found.subject,
            is_repaired: false,
        }));
    }
    Ok(breaches)
}

/// Makes one of the [`N_CHECKS`] of an event.
pub async fn check_event(
    ctx: &Context,
    event_id: EventId,
    nth: usize,
    is_repairing: bool,
) -> Result<Vec<Breach>, WaitlistError> {
    match store::EVENT_RULES.get(nth) {
        Some(rule) => Ok(check_rule(ctx, event_id, rule).await?),
        None => check_board(ctx, event_id, is_repairing).await,
    }
}

async fn check_rule(
    ctx: &Context,
    event_id: EventId,
    rule: &Rule,
) -> Result<Vec<Breach>, sqlx::Error> {
    let mut connection = ctx.db.acquire().await?;
    let mut tx = connection.begin().await?;
    store::bound(&mut tx).await?;
    let found = store::find_in_event(&mut *tx, rule, event_id.0).await?;
    tx.commit().await?;
    let breaches = found.into_iter().map(|found| Breach {
        invariant: rule.invariant,
        rule: rule.rule,
        event_id: event_id.0,
        subject: found.subject,
        is_repaired: false,
    });
    Ok(breaches.collect())
}

/// The board of an event that is sold, or was until lately, against PostgreSQL and in itself.
async fn check_board(
    ctx: &Context,
    event_id: EventId,
    is_repairing: bool,
) -> Result<Vec<Breach>, WaitlistError> {
    if !board::list_live_events(&ctx.db).await?.contains(&event_id) {
        return Ok(Vec::new());
    }
    let breach = |invariant, rule, subject, is_repaired| Breach {
        invariant,
        rule,
        event_id: event_id.0,
        subject,
        is_repaired,
    };
    let mut breaches = Vec::new();
    if let Some((rule, subject)) = check_position(ctx, event_id, is_repairing).await? {
        breaches.push(breach("I6", rule, subject, is_repairing));
    }
    for hold_id in board::list_overdue(ctx, event_id).await? {
        let rule = "a hold ends within its time, its lease and one sweep";
        breaches.push(breach("I3", rule, format!("hold {hold_id}"), false));
    }
    for complaint in waitlist::check(ctx, event_id).await? {
        breaches.push(breach("I9", complaint.rule, complaint.subject, false));
    }
    for finding in board::reconcile(ctx, event_id, is_repairing).await? {
        let rule = "board and PostgreSQL agree seat by seat";
        let subject = format!("seat index {}: {}", finding.seat_index, finding.kind);
        let is_repaired = is_repairing && finding.is_repairable();
        breaches.push(breach("I5", rule, subject, is_repaired));
    }
    Ok(breaches)
}

type Misplaced = Option<(&'static str, String)>;

/// Whether the board is where it may be; with `is_repairing` loads one that is not.
async fn check_position(
    ctx: &Context,
    event_id: EventId,
    is_repairing: bool,
) -> Result<Misplaced, WaitlistError> {
    let seen = board::position_seen(ctx, event_id);
    let there = board::find_position(ctx, event_id).await?;
    // PostgreSQL is read last: its epoch is raised first.
    let known = store::find_epoch(&ctx.db, event_id).await?;
    let Some((known, is_selling)) = known.filter(|_| there.epoch > 0) else {
        // A board that is missing is loaded before anything is answered from it.
        return Ok(None);
    };
    let (rule, subject, floor) = if there.epoch > known {
        let subject = format!("epoch {} on the board, {known} in PostgreSQL", there.epoch);
        let rule = "a board's epoch is never ahead of PostgreSQL's";
        (rule, subject, there.epoch + 1)
    } else if there.epoch == seen.epoch && there < seen {
        let subject = format!("{} after {}", told(there), told(seen));
        ("a board never goes back", subject, seen.epoch + 1)
    } else if is_selling && there.epoch < known && is_left_behind(ctx, event_id, known).await? {
        let subject = format!("epoch {} on the board, {known} in PostgreSQL", there.epoch);
        let rule = "a board is loaded again when its epoch is raised";
        (rule, subject, known)
    } else {
        let later = board::find_position(ctx, event_id).await?;
        if later.epoch == 0 || later >= there {
            return Ok(None);
        }
        let subject = format!("{} after {}", told(later), told(there));
        ("a board never goes back", subject, there.epoch + 1)
    };
    if is_repairing {
        // Whoever has seen that far finds the board behind, and loads it.
        let floor = Position {
            epoch: floor,
            revision: 0,
        };
        board::see_position(ctx, event_id, floor);
        board::read_board(ctx, event_id).await?;
    }
    Ok(Some((rule, subject)))
}

fn told(position: Position) -> String {
    format!("{}-{}", position.epoch, position.revision)
}

/// Whether the board stays behind for longer than a load takes.
async fn is_left_behind(
    ctx: &Context,
    event_id: EventId,
    known: i64,
) -> Result<bool, WaitlistError> {
    let began = tokio::time::Instant::now();
    while began.elapsed() < LOADING_MAX {
        let there = board::find_position(ctx, event_id).await?;
        if there.epoch == 0 || there.epoch >= known {
            return Ok(false);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(true)
}
