//! All of them.

use utoipa_axum::router::OpenApiRouter;

use super::{events, live, seats};
use crate::context::Context;

pub fn routes() -> OpenApiRouter<Context> {
    events::routes()
}

/// What seat maps ask for over and over, or hear without end: with compression of its own.
pub fn feeds() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .merge(seats::routes())
        .merge(live::routes())
}
