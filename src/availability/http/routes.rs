//! All of them.

use utoipa_axum::router::OpenApiRouter;

use super::{events, live, seats};
use crate::context::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .merge(events::routes())
        .merge(seats::routes())
}

/// Answers without end.
pub fn streams() -> OpenApiRouter<Context> {
    live::routes()
}
