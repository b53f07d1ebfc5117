//! Writes: venues, their versions, their seats. The caller owns the transaction.

use sqlx::types::Json;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::auth::{Caller, Role};
use crate::clock::Instant;
use crate::id::{SeatId, VenueId};
use crate::postgres::is_violation_of;
use crate::venues::error::VenueError;
use crate::venues::template::SectionSummary;

/// A version about to be stored: the document and what was made of it.
pub(in crate::venues) struct NewVersion {
    pub(in crate::venues) venue_id: VenueId,
    pub(in crate::venues) version: i32,
    pub(in crate::venues) name: String,
    pub(in crate::venues) time_zone: String,
    pub(in crate::venues) seat_count: u32,
    /// The layout as served.
    pub(in crate::venues) layout_json: String,
    pub(in crate::venues) etag: String,
    pub(in crate::venues) sections: Vec<SectionSummary>,
    pub(in crate::venues) document: String,
    pub(in crate::venues) media_type: &'static str,
    /// Labels that the version before did not have.
    pub(in crate::venues) added: Vec<String>,
    pub(in crate::venues) created_by: Option<Uuid>,
    pub(in crate::venues) created_at: Instant,
}

/// Inserts a venue at version 1. Of two instances that load the same built-in venue, one loses.
pub(in crate::venues) async fn insert_venue(
    db: &mut PgConnection,
    version: &NewVersion,
    owner_id: Option<Uuid>,
    built_in_key: Option<&str>,
) -> Result<(), VenueError> {
    sqlx::query!(
        r#"
        INSERT INTO venues (venue_id, owner_id, built_in_key, name, version, created_at, updated_at)
        VALUES ($1, $2, $3, $4, 1, $5, $5)
        "#,
        version.venue_id.0,
        owner_id,
        built_in_key,
        version.name,
        version.created_at
    )
    .execute(db)
    .await
    .map_err(
        |error| match is_violation_of(&error, "venue_built_in_once") {
            true => VenueError::VersionConflict,
            false => error.into(),
        },
    )?;
    Ok(())
}

/// Makes a version the newest, if the one before it still is. Locks the venue's row.
pub(in crate::venues) async fn advance_version(
    db: &mut PgConnection,
    caller: Caller,
    version: &NewVersion,
) -> Result<(), VenueError> {
    let n_rows = sqlx::query!(
        r#"
        UPDATE venues SET version = version + 1, name = $4, updated_at = $5
        WHERE venue_id = $1
            AND (owner_id = $2 OR (owner_id IS NULL AND $3))
            AND version = $6
        "#,
        version.venue_id.0,
        caller.caller_id.0,
        caller.role == Role::Admin,
        version.name,
        version.created_at,
        version.version - 1
    )
    .execute(db)
    .await?
    .rows_affected();
    if n_rows == 0 {
        Err(VenueError::VersionConflict)
    } else {
        Ok(())
    }
}

pub(in crate::venues) async fn insert_version(
    db: &mut PgConnection,
    version: &NewVersion,
) -> Result<(), VenueError> {
    sqlx::query!(
        r#"
        INSERT INTO venue_versions (venue_id, version, name, time_zone, seat_count, sections,
            document, media_type, layout, etag, created_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        "#,
        version.venue_id.0,
        version.version,
        version.name,
        version.time_zone,
        version.seat_count.cast_signed(),
        Json(&version.sections) as _,
        version.document,
        version.media_type,
        version.layout_json,
        version.etag,
        version.created_by,
        version.created_at
    )
    .execute(&mut *db)
    .await?;
    // The connection would have room for a stadium's layout as long as it lives.
    db.shrink_buffers();
    Ok(())
}

/// Inserts the seats that a version adds, all in one statement. A seat that an older version had,
/// and the one before did not, is there already and stays the same seat.
pub(in crate::venues) async fn insert_seats(
    db: &mut PgConnection,
    version: &NewVersion,
) -> Result<(), VenueError> {
    let venue_id = version.venue_id;
    let seat_ids: Vec<Uuid> = version
        .added
        .iter()
        .map(|label| SeatId::of(venue_id, label).0)
        .collect();
    sqlx::query!(
        r#"
        INSERT INTO seats (seat_id, venue_id, label)
        SELECT seat_id, $1, label FROM UNNEST($2::uuid[], $3::text[]) AS added (seat_id, label)
        ON CONFLICT ON CONSTRAINT seat_label_unique_in_venue DO NOTHING
        "#,
        venue_id.0,
        &seat_ids,
        &version.added
    )
    .execute(&mut *db)
    .await?;
    db.shrink_buffers();
    Ok(())
}
