//! All SQL about endpoints. Whose they are stands in every statement that a caller causes.

use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::model::{Change, Endpoint, EndpointTerms, FAILURES_MAX};
use crate::clock::Instant;
use crate::events::Reach;
use crate::id::{AccountId, EndpointId};
use crate::page::PageRequest;

struct Row {
    endpoint_id: Uuid,
    owner_id: Uuid,
    url: String,
    description: String,
    kinds: Vec<String>,
    state: String,
    disabled_because: Option<String>,
    secret_version: i32,
    old_secret_until: Option<Instant>,
    n_failures: i32,
    paused_until: Option<Instant>,
    created_at: Instant,
}

impl From<Row> for Endpoint {
    fn from(row: Row) -> Self {
        Self {
            endpoint_id: EndpointId(row.endpoint_id),
            owner_id: AccountId(row.owner_id),
            terms: EndpointTerms {
                url: row.url,
                description: row.description,
                kinds: row.kinds,
            },
            is_enabled: row.state == "enabled",
            disabled_because: row.disabled_because,
            secret_version: row.secret_version,
            old_secret_until: row.old_secret_until,
            n_failures: row.n_failures,
            paused_until: row.paused_until,
            created_at: row.created_at,
        }
    }
}

/// Inserts it unless its owner has that many; answers whether it did. The owner's account is
/// locked, so that two at once cannot both be the last.
pub async fn insert(
    tx: &mut PgConnection,
    endpoint: &Endpoint,
    n_max: i64,
) -> Result<bool, sqlx::Error> {
    let owner_id = endpoint.owner_id.0;
    sqlx::query!(
        r#"SELECT FROM accounts WHERE account_id = $1 FOR UPDATE"#,
        owner_id
    )
    .execute(&mut *tx)
    .await?;
    let done = sqlx::query!(
        r#"
        INSERT INTO webhook_endpoints (endpoint_id, owner_id, url, description, kinds, created_at)
        SELECT $1, $2, $3, $4, $5, $6
        WHERE $7 > (SELECT count(*) FROM webhook_endpoints WHERE owner_id = $2)
        "#,
        endpoint.endpoint_id.0,
        owner_id,
        endpoint.terms.url,
        endpoint.terms.description,
        &endpoint.terms.kinds,
        endpoint.created_at,
        n_max
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn find(
    db: impl PgExecutor<'_>,
    endpoint_id: EndpointId,
    reach: Reach,
) -> Result<Option<Endpoint>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT * FROM webhook_endpoints WHERE endpoint_id = $1 AND (owner_id = $2 OR $3)
        "#,
        endpoint_id.0,
        reach.owner(),
        reach.is_admin
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Endpoint::from))
}

/// A caller's own endpoints, newest first.
pub async fn list(
    db: impl PgExecutor<'_>,
    owner_id: AccountId,
    page: PageRequest,
) -> Result<Vec<Endpoint>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT * FROM webhook_endpoints
        WHERE owner_id = $1 AND ($2::uuid IS NULL OR endpoint_id < $2)
        ORDER BY endpoint_id DESC LIMIT $3
        "#,
        owner_id.0,
        page.after,
        page.n_rows()
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Endpoint::from).collect())
}

/// Writes what an owner changes, and leaves the rest as it is by now; enabled anew, an endpoint
/// begins without failures.
pub async fn update(
    db: impl PgExecutor<'_>,
    endpoint_id: EndpointId,
    change: &Change,
    reach: Reach,
) -> Result<Option<Endpoint>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"
        UPDATE webhook_endpoints
        SET url = COALESCE($4, url), description = COALESCE($5, description),
            kinds = COALESCE($6, kinds),
            state = CASE $7::boolean WHEN true THEN 'enabled' WHEN false THEN 'disabled'
                ELSE state END,
            disabled_because = CASE $7::boolean WHEN true THEN NULL
                WHEN false THEN COALESCE(disabled_because, 'its owner disabled it')
                ELSE disabled_because END,
            n_failures = CASE WHEN state = 'disabled' OR url <> COALESCE($4, url) THEN 0
                ELSE n_failures END,
            paused_until = CASE WHEN state = 'disabled' OR url <> COALESCE($4, url) THEN NULL
                ELSE paused_until END
        WHERE endpoint_id = $1 AND (owner_id = $2 OR $3)
        RETURNING *
        "#,
        endpoint_id.0,
        reach.owner(),
        reach.is_admin,
        change.url.as_deref(),
        change.description.as_deref(),
        change.kinds.as_deref(),
        change.is_enabled
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Endpoint::from))
}

/// Which secret signs, and until when the one before does, too.
pub struct Rotated {
    pub secret_version: i32,
    pub old_secret_until: Instant,
}

/// The next secret; for a day the last one signs, too.
pub async fn rotate_secret(
    db: impl PgExecutor<'_>,
    endpoint_id: EndpointId,
    reach: Reach,
    imposed_now: Option<Instant>,
) -> Result<Option<Rotated>, sqlx::Error> {
    sqlx::query_as!(
        Rotated,
        r#"
        UPDATE webhook_endpoints
        SET secret_version = secret_version + 1,
            old_secret_until = COALESCE($4, clock_timestamp()) + interval '24 hours'
        WHERE endpoint_id = $1 AND (owner_id = $2 OR $3)
        RETURNING secret_version, old_secret_until AS "old_secret_until!"
        "#,
        endpoint_id.0,
        reach.owner(),
        reach.is_admin,
        imposed_now
    )
    .fetch_optional(db)
    .await
}

/// Deletes it. Whoever derives deliveries meanwhile holds a lock on the row, so that it is owed
/// nothing more afterwards.
pub async fn delete(
    db: impl PgExecutor<'_>,
    endpoint_id: EndpointId,
    reach: Reach,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        r#"DELETE FROM webhook_endpoints WHERE endpoint_id = $1 AND (owner_id = $2 OR $3)"#,
        endpoint_id.0,
        reach.owner(),
        reach.is_admin
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Drops a batch of what is owed to an endpoint that is gone or disabled; answers how many.
pub async fn drop_due(
    db: impl PgExecutor<'_>,
    endpoint_id: EndpointId,
    why: &str,
    n_max: i64,
) -> Result<u64, sqlx::Error> {
    let dropped = sqlx::query!(
        r#"
        UPDATE deliveries AS delivery
        SET state = 'dropped', answer = $2, settled_at = clock_timestamp()
        WHERE delivery.state = 'due' AND (event_id, delivery_id) IN (
            SELECT event_id, delivery_id FROM deliveries
            WHERE recipient_id = $1 AND channel = 'webhook' AND state = 'due'
              AND NOT EXISTS (SELECT FROM webhook_endpoints
                  WHERE endpoint_id = $1 AND state = 'enabled')
            LIMIT $3
        )
        "#,
        endpoint_id.0,
        why,
        n_max
    )
    .execute(db)
    .await?;
    Ok(dropped.rows_affected())
}

/// The endpoint is sent nothing any more: it says so itself (410), or its owner may not know. One
/// that leads elsewhere by now has not said so, and is left as it is.
pub async fn disable(
    db: impl PgExecutor<'_>,
    endpoint: &Endpoint,
    why: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        UPDATE webhook_endpoints SET state = 'disabled', disabled_because = $2
        WHERE endpoint_id = $1 AND url = $3
        "#,
        endpoint.endpoint_id.0,
        why,
        endpoint.terms.url
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn mark_success(
    db: impl PgExecutor<'_>,
    endpoint_id: EndpointId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        UPDATE webhook_endpoints SET n_failures = 0, paused_until = NULL
        WHERE endpoint_id = $1 AND n_failures > 0
        "#,
        endpoint_id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Counts a failure, and from the fifth in a row on pauses the endpoint: for half a minute, doubled
/// each time up to an hour. What fails while it is paused was under way before, or is another
/// instance's attempt at the same time, and says nothing new. Answers until when it is paused.
pub async fn mark_failure(
    db: impl PgExecutor<'_>,
    endpoint_id: EndpointId,
    imposed_now: Option<Instant>,
) -> Result<Option<Instant>, sqlx::Error> {
    let paused_until = sqlx::query_scalar!(
        r#"
        UPDATE webhook_endpoints
        SET n_failures = LEAST(n_failures, 1000000) + 1,
            paused_until = CASE WHEN n_failures + 1 >= $3 THEN now.at + LEAST(
                interval '30 seconds' * 2 ^ LEAST(n_failures + 1 - $3, 7), interval '1 hour') END
        FROM (SELECT COALESCE($2, clock_timestamp()) AS at) AS now
        WHERE endpoint_id = $1 AND COALESCE(paused_until <= now.at, true)
        RETURNING paused_until
        "#,
        endpoint_id.0,
        imposed_now,
        FAILURES_MAX
    )
    .fetch_optional(db)
    .await?;
    Ok(paused_until.flatten())
}
