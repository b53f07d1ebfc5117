//! The caller's notifications.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::error::NotificationError;
use super::store;
use crate::auth::Caller;
use crate::context::Context;
use crate::id::{EventId, NotificationId};
use crate::page::PageQuery;
use crate::problem::{Problem, ProblemBody};
use crate::request::{Json, Path, Query};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_notifications))
        .routes(routes!(read_notification))
        .routes(routes!(read_all_notifications))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Notification)]
struct NotificationView {
    notification_id: NotificationId,
    /// What happened, such as `booking.confirmed` or `waitlist.offered`.
    #[schema(examples("booking.confirmed"))]
    kind: String,
    event_id: EventId,
    event_name: String,
    /// What it happened to: a booking, a waitlist entry or the event, as the kind says.
    subject_id: Uuid,
    happened_at: DateTime<Utc>,
    #[schema(required)]
    read_at: Option<DateTime<Utc>>,
}

impl From<store::Row> for NotificationView {
    fn from(row: store::Row) -> Self {
        Self {
            notification_id: row.notification_id,
            kind: row.kind,
            event_id: row.event_id,
            event_name: row.event_name,
            subject_id: row.subject_id,
            happened_at: row.happened_at,
            read_at: row.read_at,
        }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct NotificationPage {
    items: Vec<NotificationView>,
    next: Option<String>,
    /// Of all pages.
    unread_count: i64,
}

/// List the caller's notifications
///
/// For accounts and guests. Kept for 90 days.
#[utoipa::path(
    get, path = "/v1/notifications", operation_id = "list_notifications", tag = "notifications",
    params(PageQuery),
    responses((
        status = 200, description = "A page of notifications, newest first",
        body = NotificationPage
    ))
)]
async fn list_notifications(
    State(ctx): State<Context>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<NotificationPage>, Problem> {
    let page = page.request()?;
    let rows = store::list(&ctx.db, caller.caller_id, page).await?;
    let unread_count = store::count_unread(&ctx.db, caller.caller_id).await?;
    let (rows, next) = page.cut(rows, |row| row.notification_id.0);
    Ok(Json(NotificationPage {
        items: rows.into_iter().map(NotificationView::from).collect(),
        next,
        unread_count,
    }))
}

/// Mark a notification as read
#[utoipa::path(
    post, path = "/v1/notifications/{notification_id}/read", operation_id = "read_notification",
    tag = "notifications",
    params(("notification_id" = NotificationId, Path, description = "The notification")),
    responses(
        (status = 204, description = "It is read"),
        (status = 404, description = "`not_found`: there is none, or it is another's",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn read_notification(
    State(ctx): State<Context>,
    caller: Caller,
    Path(notification_id): Path<NotificationId>,
) -> Result<StatusCode, Problem> {
    let now = ctx.clock.now();
    if store::mark_read(&ctx.db, caller.caller_id, notification_id, now).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(NotificationError::NotFound.into())
    }
}

/// Mark all of the caller's notifications as read
#[utoipa::path(
    post, path = "/v1/notifications/read", operation_id = "read_all_notifications",
    tag = "notifications",
    responses((status = 204, description = "All are read"))
)]
async fn read_all_notifications(
    State(ctx): State<Context>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    store::mark_all_read(&ctx.db, caller.caller_id, ctx.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
