//! Reads: venues, their versions, layouts and templates.

use serde::Serialize;
use sqlx::types::Json;
use sqlx::{Connection, PgExecutor, PgPool};
use uuid::Uuid;

use crate::auth::{Caller, Role};
use crate::clock::Instant;
use crate::id::VenueId;
use crate::page::PageRequest;
use crate::venues::error::VenueError;
use crate::venues::template::SectionSummary;

/// The layout document of a version, as served, and its entity tag.
pub struct LayoutDocument {
    pub layout: String,
    pub etag: String,
}

pub async fn find_layout(
    db: &PgPool,
    venue_id: VenueId,
    version: i32,
) -> Result<LayoutDocument, VenueError> {
    let mut connection = db.acquire().await?;
    let found = sqlx::query_as!(
        LayoutDocument,
        r#"SELECT layout, etag FROM venue_versions WHERE venue_id = $1 AND version = $2"#,
        venue_id.0,
        version
    )
    .fetch_optional(&mut *connection)
    .await?;
    // It would have room for a stadium's layout as long as it lives.
    connection.shrink_buffers();
    found.ok_or(VenueError::NotFound)
}

/// Which version a layout is of, without the layout.
pub(in crate::venues) struct VersionHead {
    pub(in crate::venues) version: i32,
    pub(in crate::venues) etag: String,
}

/// A version's tag as it is sent, with its layout and its template.
pub(in crate::venues) fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

/// A version, or without one the newest.
pub(in crate::venues) async fn find_version_head(
    db: impl PgExecutor<'_>,
    venue_id: VenueId,
    version: Option<i32>,
) -> Result<VersionHead, VenueError> {
    sqlx::query_as!(
        VersionHead,
        r#"
        SELECT venue_versions.version, venue_versions.etag
        FROM venues JOIN venue_versions USING (venue_id)
        WHERE venue_id = $1 AND venue_versions.version = COALESCE($2, venues.version)
        "#,
        venue_id.0,
        version
    )
    .fetch_optional(db)
    .await?
    .ok_or(VenueError::NotFound)
}

/// A document as it was uploaded.
pub(in crate::venues) struct StoredTemplate {
    pub(in crate::venues) version: i32,
    pub(in crate::venues) document: String,
    pub(in crate::venues) media_type: String,
    pub(in crate::venues) etag: String,
}

/// The template of a version, or without one of the newest: the owner's only. Admins own the
/// built-in venues.
pub(in crate::venues) async fn find_template(
    db: impl PgExecutor<'_>,
    caller: Caller,
    venue_id: VenueId,
    version: Option<i32>,
) -> Result<StoredTemplate, VenueError> {
    sqlx::query_as!(
        StoredTemplate,
        r#"
        SELECT venue_versions.version, document, media_type, etag
        FROM venues JOIN venue_versions USING (venue_id)
        WHERE venue_id = $1
            AND (owner_id = $2 OR (owner_id IS NULL AND $3))
            AND venue_versions.version = COALESCE($4, venues.version)
        "#,
        venue_id.0,
        caller.caller_id.0,
        caller.role == Role::Admin,
        version
    )
    .fetch_optional(db)
    .await?
    .ok_or(VenueError::NotFound)
}

/// A venue in its newest version, as in lists.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::venues) struct VenueSummary {
    pub(in crate::venues) venue_id: VenueId,
    pub(in crate::venues) name: String,
    pub(in crate::venues) version: i32,
    /// IANA name.
    pub(in crate::venues) time_zone: String,
    pub(in crate::venues) seat_count: i32,
    /// The name of a venue that comes with the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::venues) built_in_key: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub(in crate::venues) created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    pub(in crate::venues) updated_at: Instant,
}

/// A venue in its newest version.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::venues) struct Venue {
    #[serde(flatten)]
    pub(in crate::venues) summary: VenueSummary,
    pub(in crate::venues) sections: Vec<SectionSummary>,
}

pub(in crate::venues) async fn find_venue(
    db: impl PgExecutor<'_>,
    venue_id: VenueId,
) -> Result<Venue, VenueError> {
    let row = sqlx::query!(
        r#"
        SELECT venues.name, venues.version, time_zone, seat_count,
            sections AS "sections: Json<Vec<SectionSummary>>", built_in_key, venues.created_at,
            venues.updated_at
        FROM venues JOIN venue_versions USING (venue_id, version)
        WHERE venue_id = $1
        "#,
        venue_id.0
    )
    .fetch_optional(db)
    .await?
    .ok_or(VenueError::NotFound)?;
    Ok(Venue {
        summary: VenueSummary {
            venue_id,
            name: row.name,
            version: row.version,
            time_zone: row.time_zone,
            seat_count: row.seat_count,
            built_in_key: row.built_in_key,
            created_at: row.created_at,
            updated_at: row.updated_at,
        },
        sections: row.sections.0,
    })
}

/// Which venues of a list.
#[derive(Debug, Default)]
pub(in crate::venues) struct VenueFilter {
    pub(in crate::venues) owner_id: Option<Uuid>,
    pub(in crate::venues) is_built_in: Option<bool>,
}

/// Venues, newest first.
pub(in crate::venues) async fn list_venues(
    db: impl PgExecutor<'_>,
    filter: &VenueFilter,
    page: PageRequest,
) -> Result<Vec<VenueSummary>, VenueError> {
    let venues = sqlx::query_as!(
        VenueSummary,
        r#"
        SELECT venue_id AS "venue_id: VenueId", venues.name, venues.version, time_zone, seat_count,
            built_in_key, venues.created_at, venues.updated_at
        FROM venues JOIN venue_versions USING (venue_id, version)
        WHERE ($1::uuid IS NULL OR owner_id = $1) AND ($2::uuid IS NULL OR venue_id < $2)
            AND ($4::boolean IS NULL OR (built_in_key IS NOT NULL) = $4)
        ORDER BY venue_id DESC
        LIMIT $3
        "#,
        filter.owner_id,
        page.after,
        page.n_rows(),
        filter.is_built_in
    )
    .fetch_all(db)
    .await?;
    Ok(venues)
}

/// The newest version of a built-in venue.
pub(in crate::venues) struct BuiltIn {
    pub(in crate::venues) venue_id: VenueId,
    pub(in crate::venues) document: String,
    pub(in crate::venues) created_by: Option<Uuid>,
    pub(in crate::venues) etag: String,
}

pub(in crate::venues) async fn find_built_in(
    db: impl PgExecutor<'_>,
    built_in_key: &str,
) -> Result<Option<BuiltIn>, VenueError> {
    let built_in = sqlx::query_as!(
        BuiltIn,
        r#"
        SELECT venue_id AS "venue_id: VenueId", document, etag, created_by
        FROM venues JOIN venue_versions USING (venue_id, version)
        WHERE built_in_key = $1
        "#,
        built_in_key
    )
    .fetch_optional(db)
    .await?;
    Ok(built_in)
}

/// Whether any version of a venue was made from the document.
pub(in crate::venues) async fn had_document(
    db: impl PgExecutor<'_>,
    venue_id: VenueId,
    document: &str,
) -> Result<bool, VenueError> {
    let had = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT FROM venue_versions WHERE venue_id = $1 AND document = $2
        ) AS "had!"
        "#,
        venue_id.0,
        document
    )
    .fetch_one(db)
    .await?;
    Ok(had)
}
