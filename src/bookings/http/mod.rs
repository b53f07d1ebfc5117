//! Bookings over HTTP: confirm a hold, look bookings up, cancel them.

mod requests;
mod verbs;
mod views;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(verbs::confirm_hold))
        .routes(routes!(verbs::list_bookings))
        .routes(routes!(verbs::lookup_booking))
        .routes(routes!(verbs::get_booking))
        .routes(routes!(verbs::cancel_booking))
        .routes(routes!(verbs::list_event_bookings))
}
