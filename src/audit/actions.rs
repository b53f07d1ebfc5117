//! Running an audit.

use super::model::Breach;
use super::store;
use crate::board;
use crate::context::Context;
use crate::waitlist::{self, WaitlistError};

/// Checks every rule, and every live board against PostgreSQL seat by seat. With `is_repairing`
/// mends the boards. Answers what was broken, mended or not.
pub async fn audit(ctx: &Context, is_repairing: bool) -> Result<Vec<Breach>, WaitlistError> {
    let mut breaches = Vec::new();
    for rule in &store::RULES {
        let found = store::find(&ctx.db, rule).await?;
        breaches.extend(found.into_iter().map(|found| Breach {
            invariant: rule.invariant,
            rule: rule.rule,
            event_id: found.event_id,
            subject: found.subject,
            is_repaired: false,
        }));
    }
    for event_id in board::list_live_events(&ctx.db).await? {
        let overdue = board::list_overdue(ctx, event_id).await?;
        breaches.extend(overdue.into_iter().map(|hold_id| Breach {
            invariant: "I3",
            rule: "a hold ends within its time, its lease and one sweep",
            event_id: event_id.0,
            subject: format!("hold {hold_id}"),
            is_repaired: false,
        }));
        let complaints = waitlist::check(ctx, event_id).await?;
        breaches.extend(complaints.into_iter().map(|complaint| Breach {
            invariant: "I9",
            rule: complaint.rule,
            event_id: event_id.0,
            subject: complaint.subject,
            is_repaired: false,
        }));
        let findings = board::reconcile(ctx, event_id, is_repairing).await?;
        breaches.extend(findings.into_iter().map(|finding| Breach {
            invariant: "I5",
            rule: "board and PostgreSQL agree seat by seat",
            event_id: event_id.0,
            subject: format!("seat index {}: {}", finding.seat_index, finding.kind),
            is_repaired: is_repairing && finding.is_repairable(),
        }));
    }
    Ok(breaches)
}
