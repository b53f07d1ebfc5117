//! How many may watch: in all, and from one address.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::context::Context;
use crate::limits::ClientAddress;
use crate::problem::{Code, Problem};

/// When to ask again whether somebody has left.
const RETRY_SECONDS: u64 = 10;

#[derive(Default)]
pub struct Audience(Mutex<Watching>);

#[derive(Default)]
struct Watching {
    n_viewers: usize,
    by_address: HashMap<ClientAddress, usize>,
}

/// One viewer's place; given back when it is dropped.
pub struct Place {
    audience: Arc<Audience>,
    address: ClientAddress,
}

impl Audience {
    /// Lets one more viewer in.
    ///
    /// # Errors
    /// 429 `rate_limited` when the address has as many as it may, 503 when everybody together has.
    pub fn admit(ctx: &Context, address: ClientAddress) -> Result<Place, Problem> {
        let limits = &ctx.config.feed;
        let audience = ctx.memory::<Self>();
        let mut watching = audience.watching();
        let n_from_there = watching.by_address.get(&address).copied().unwrap_or(0);
        if n_from_there >= limits.n_viewers_per_address_max {
            metrics::counter!("holdfast_live_refused_total", "cause" => "address").increment(1);
            let n_max = limits.n_viewers_per_address_max;
            let detail = format!("At most {n_max} seat maps are watched from one address.");
            return Err(Problem::new(Code::RateLimited, detail).retry_after(RETRY_SECONDS));
        }
        if watching.n_viewers >= limits.n_viewers_max {
            metrics::counter!("holdfast_live_refused_total", "cause" => "all").increment(1);
            let detail = "As many people watch as can be served; GET …/availability still works.";
            return Err(Problem::new(Code::Unavailable, detail).retry_after(RETRY_SECONDS));
        }
        watching.n_viewers += 1;
        watching.by_address.insert(address, n_from_there + 1);
        count(&watching);
        drop(watching);
        Ok(Place { audience, address })
    }

    fn watching(&self) -> MutexGuard<'_, Watching> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut watching = self.audience.watching();
        watching.n_viewers = watching.n_viewers.saturating_sub(1);
        if let Some(n_from_there) = watching.by_address.get_mut(&self.address) {
            *n_from_there -= 1;
            if *n_from_there == 0 {
                watching.by_address.remove(&self.address);
            }
        }
        count(&watching);
    }
}

fn count(watching: &Watching) {
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    metrics::gauge!("holdfast_live_viewers").set(watching.n_viewers as f64);
}
