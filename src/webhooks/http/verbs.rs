//! Create, list, change and delete endpoints; rotate, test, look into the log, replay.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::{actions, store};
use super::views::{
    ChangeEndpoint, CreateEndpoint, DeliveryPage, EndpointPage, EndpointView, NewEndpointView,
    NewSecretView, TestView,
};
use crate::auth::VenueAdmin;
use crate::context::Context;
use crate::deliveries::{self, Delivery, DeliveryFilter};
use crate::id::{AccountId, DeliveryId, EndpointId};
use crate::page::PageQuery;
use crate::problem::{Problem, ProblemBody};
use crate::request::{Json, Path, Query};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(create_webhook_endpoint, list_webhook_endpoints))
        .routes(routes!(
            get_webhook_endpoint,
            change_webhook_endpoint,
            delete_webhook_endpoint
        ))
        .routes(routes!(rotate_webhook_secret))
        .routes(routes!(test_webhook_endpoint))
        .routes(routes!(list_webhook_deliveries))
        .routes(routes!(replay_webhook_delivery))
}

/// Make an endpoint
///
/// It is told of what happens to the caller's events. The secret is shown this once.
#[utoipa::path(
    post, path = "/v1/webhook-endpoints", operation_id = "create_webhook_endpoint",
    tag = "webhooks",
    request_body = CreateEndpoint,
    responses(
        (status = 201, description = "The endpoint with its secret", body = NewEndpointView),
        (status = 403, description = "`forbidden`: the caller is no venue admin",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn create_webhook_endpoint(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Json(body): Json<CreateEndpoint>,
) -> Result<(StatusCode, Json<NewEndpointView>), Problem> {
    let (endpoint, secret) = actions::create(&ctx, body.terms(), caller).await?;
    let endpoint = endpoint.into();
    Ok((
        StatusCode::CREATED,
        Json(NewEndpointView { endpoint, secret }),
    ))
}

/// List the caller's endpoints
#[utoipa::path(
    get, path = "/v1/webhook-endpoints", operation_id = "list_webhook_endpoints",
    tag = "webhooks",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of endpoints, newest first", body = EndpointPage),
        (status = 403, description = "`forbidden`: the caller is no venue admin",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn list_webhook_endpoints(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Query(page): Query<PageQuery>,
) -> Result<Json<EndpointPage>, Problem> {
    let page = page.request()?;
    let endpoints = store::list(&ctx.db, AccountId(caller.caller_id.0), page).await?;
    let (endpoints, next) = page.cut(endpoints, |endpoint| endpoint.endpoint_id.0);
    let items = endpoints.into_iter().map(EndpointView::from).collect();
    Ok(Json(EndpointPage { items, next }))
}

/// See an endpoint
#[utoipa::path(
    get, path = "/v1/webhook-endpoints/{endpoint_id}", operation_id = "get_webhook_endpoint",
    tag = "webhooks",
    params(("endpoint_id" = EndpointId, Path, description = "The endpoint")),
    responses(
        (status = 200, description = "The endpoint", body = EndpointView),
        (status = 403, description = "`forbidden`: the caller is no venue admin",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is no such endpoint, or it is another's",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn get_webhook_endpoint(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(endpoint_id): Path<EndpointId>,
) -> Result<Json<EndpointView>, Problem> {
    let endpoint = actions::find(&ctx, endpoint_id, caller).await?;
    Ok(Json(endpoint.into()))
}

/// Change, disable or enable an endpoint
///
/// Enabled anew, or with another URL, it begins without failures.
#[utoipa::path(
    patch, path = "/v1/webhook-endpoints/{endpoint_id}", operation_id = "change_webhook_endpoint",
    tag = "webhooks",
    params(("endpoint_id" = EndpointId, Path, description = "The endpoint")),
    request_body = ChangeEndpoint,
    responses(
        (status = 200, description = "The endpoint as it now is", body = EndpointView),
        (status = 403, description = "`forbidden`: the caller is no venue admin",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is no such endpoint, or it is another's",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn change_webhook_endpoint(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(endpoint_id): Path<EndpointId>,
    Json(body): Json<ChangeEndpoint>,
) -> Result<Json<EndpointView>, Problem> {
    let endpoint = actions::change(&ctx, endpoint_id, body.change(), caller).await?;
    Ok(Json(endpoint.into()))
}

/// Delete an endpoint
///
/// What it was still owed is dropped.
#[utoipa::path(
    delete, path = "/v1/webhook-endpoints/{endpoint_id}",
    operation_id = "delete_webhook_endpoint", tag = "webhooks",
    params(("endpoint_id" = EndpointId, Path, description = "The endpoint")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "`forbidden`: the caller is no venue admin",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is no such endpoint, or it is another's",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn delete_webhook_endpoint(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(endpoint_id): Path<EndpointId>,
) -> Result<StatusCode, Problem> {
    actions::delete(&ctx, endpoint_id, caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get a new secret
///
/// For a day, deliveries are signed with it and with the one before.
#[utoipa::path(
    post, path = "/v1/webhook-endpoints/{endpoint_id}/rotate-secret",
    operation_id = "rotate_webhook_secret", tag = "webhooks",
    params(("endpoint_id" = EndpointId, Path, description = "The endpoint")),
    responses(
        (status = 200, description = "The new secret, shown this once", body = NewSecretView),
        (status = 403, description = "`forbidden`: the caller is no venue admin",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is no such endpoint, or it is another's",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn rotate_webhook_secret(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(endpoint_id): Path<EndpointId>,
) -> Result<Json<NewSecretView>, Problem> {
    let (secret, old_secret_until) = actions::rotate_secret(&ctx, endpoint_id, caller).await?;
    Ok(Json(NewSecretView {
        secret,
        old_secret_until,
    }))
}

/// Have a test sent
///
/// A message of kind `webhook.test`, on the way that every message takes; what came of it is in the
/// log of deliveries.
#[utoipa::path(
    post, path = "/v1/webhook-endpoints/{endpoint_id}/test",
    operation_id = "test_webhook_endpoint", tag = "webhooks",
    params(("endpoint_id" = EndpointId, Path, description = "The endpoint")),
    responses(
        (status = 202, description = "It will be sent", body = TestView),
        (status = 403, description = "`forbidden`: the caller is no venue admin",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is no such endpoint, or it is another's",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn test_webhook_endpoint(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(endpoint_id): Path<EndpointId>,
) -> Result<(StatusCode, Json<TestView>), Problem> {
    let message_id = actions::test(&ctx, endpoint_id, caller).await?;
    Ok((StatusCode::ACCEPTED, Json(TestView { message_id })))
}

/// Look into an endpoint's log
///
/// Kept for 30 days, dead letters for 90.
#[utoipa::path(
    get, path = "/v1/webhook-endpoints/{endpoint_id}/deliveries",
    operation_id = "list_webhook_deliveries", tag = "webhooks",
    params(("endpoint_id" = EndpointId, Path, description = "The endpoint"), PageQuery),
    responses(
        (status = 200, description = "A page of deliveries", body = DeliveryPage),
        (status = 403, description = "`forbidden`: the caller is no venue admin",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is no such endpoint, or it is another's",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn list_webhook_deliveries(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(endpoint_id): Path<EndpointId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<DeliveryPage>, Problem> {
    let page = page.request()?;
    actions::find(&ctx, endpoint_id, caller).await?;
    let filter = DeliveryFilter::of_endpoint(endpoint_id);
    let deliveries = deliveries::list(&ctx.db, filter, page).await?;
    let (items, next) = page.cut(deliveries, |delivery| delivery.delivery_id.0);
    Ok(Json(DeliveryPage { items, next }))
}

/// Send a delivery again
///
/// Under the id that it had, so that the receiver can tell that it is the same.
#[utoipa::path(
    post, path = "/v1/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/replay",
    operation_id = "replay_webhook_delivery", tag = "webhooks",
    params(
        ("endpoint_id" = EndpointId, Path, description = "The endpoint"),
        ("delivery_id" = DeliveryId, Path, description = "A delivery of its log"),
    ),
    responses(
        (status = 200, description = "The delivery, due again", body = Delivery),
        (status = 403, description = "`forbidden`: the caller is no venue admin",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is none, or it is another's",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn replay_webhook_delivery(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path((endpoint_id, delivery_id)): Path<(EndpointId, DeliveryId)>,
) -> Result<Json<Delivery>, Problem> {
    let delivery = actions::replay(&ctx, endpoint_id, delivery_id, caller).await?;
    Ok(Json(delivery))
}
