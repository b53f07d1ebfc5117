//! Deliveries for admins: what is owed, what was given up, and sending it anew.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::error::DeliveryError;
use super::model::{Delivery, DeliveryFilter, DeliveryState};
use super::{actions, store};
use crate::auth::Admin;
use crate::context::Context;
use crate::id::DeliveryId;
use crate::page::PageQuery;
use crate::problem::{Problem, ProblemBody};
use crate::request::{Json, Path, Query};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_deliveries))
        .routes(routes!(resend_delivery))
}

/// A page of deliveries, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DeliveryPage)]
struct Page {
    items: Vec<Delivery>,
    next: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only those in that state: `dead` for dead letters.
    #[param(inline)]
    state: Option<DeliveryState>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// List deliveries
///
/// For admins: mails and webhooks. Dead letters are kept for 90 days, others for 30.
#[utoipa::path(
    get, path = "/v1/deliveries", operation_id = "list_deliveries", tag = "operations",
    params(ListQuery),
    responses(
        (status = 200, description = "A page of deliveries, newest first", body = Page),
        (status = 403, description = "`forbidden`: the caller is not an admin",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn list_deliveries(
    State(ctx): State<Context>,
    Admin(_): Admin,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page>, Problem> {
    let page = PageQuery {
        limit: query.limit,
        after: query.after,
    };
    let page = page.request()?;
    let filter = DeliveryFilter {
        recipient_id: None,
        state: query.state,
    };
    let deliveries = store::list(&ctx.db, filter, page).await?;
    let (items, next) = page.cut(deliveries, |delivery| delivery.delivery_id.0);
    Ok(Json(Page { items, next }))
}

/// Send a delivery anew
///
/// For admins. A dead letter becomes due again with all its attempts, under the id that it had.
#[utoipa::path(
    post, path = "/v1/deliveries/{delivery_id}/resend", operation_id = "resend_delivery",
    tag = "operations",
    params(("delivery_id" = DeliveryId, Path, description = "The delivery")),
    responses(
        (status = 200, description = "The delivery, due again", body = Delivery),
        (status = 403, description = "`forbidden`: the caller is not an admin",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is none, or its endpoint was deleted",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn resend_delivery(
    State(ctx): State<Context>,
    Admin(_): Admin,
    Path(delivery_id): Path<DeliveryId>,
) -> Result<Json<Delivery>, Problem> {
    let delivery = actions::send_again(&ctx, delivery_id, None).await?;
    Ok(Json(delivery.ok_or(DeliveryError::NotFound)?))
}
