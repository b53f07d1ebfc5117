//! Offering seats in the background, and forgetting old decisions.

use super::actions::promote;
use super::error::WaitlistError;
use super::store;
use crate::context::Context;
use crate::jobs::Progress;

/// Runs a round for each event with people waiting. An event that fails does not keep the others.
pub async fn offer_kept_seats(ctx: &Context) -> Result<Progress, WaitlistError> {
    let (mut n_done, mut failure) = (0, None);
    for event_id in store::list_active_events(&ctx.db).await? {
        match promote(ctx, event_id).await {
            Ok(done) if done.is_full => n_done += 1,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(event.id = %event_id, cause = %error, "a waitlist round failed");
                failure = Some(error);
            }
        }
    }
    failure.map_or(Ok(Progress::of(n_done)), Err)
}

/// Deletes decisions that are older than anybody asks for.
pub async fn prune_log(ctx: &Context) -> Result<Progress, WaitlistError> {
    Ok(Progress::of(store::prune(&ctx.db).await?))
}
