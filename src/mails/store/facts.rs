//! What mails say that no other module hands out.

use rust_decimal::Decimal;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use crate::id::{BookingId, EventId, VenueId};

/// A section's key, and what people call it.
#[derive(serde::Deserialize)]
pub struct SectionName {
    pub key: String,
    pub name: String,
}

/// The names of a venue's sections in that version.
pub async fn find_sections(
    db: impl PgExecutor<'_>,
    venue_id: VenueId,
    version: i32,
) -> Result<Vec<SectionName>, sqlx::Error> {
    let sections = sqlx::query_scalar!(
        r#"
        SELECT sections AS "sections: Json<Vec<SectionName>>" FROM venue_versions
        WHERE venue_id = $1 AND version = $2
        "#,
        venue_id.0,
        version
    )
    .fetch_optional(db)
    .await?;
    Ok(sections.map(|sections| sections.0).unwrap_or_default())
}

pub struct Refund {
    pub amount: Decimal,
    pub reason: Option<String>,
    /// The seats that it is for.
    pub seat_indexes: Vec<i32>,
}

/// What one cancellation of a booking gave back.
pub async fn find_refund(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    booking_id: BookingId,
    refund_id: Uuid,
) -> Result<Option<Refund>, sqlx::Error> {
    sqlx::query_as!(
        Refund,
        r#"
        SELECT amount, reason, ARRAY(
            SELECT seat_index FROM cancelled_seats AS seat
            WHERE seat.event_id = $1 AND seat.booking_id = $2 AND seat.refund_id = $3
            ORDER BY seat_index) AS "seat_indexes!"
        FROM refunds WHERE event_id = $1 AND booking_id = $2 AND refund_id = $3
        "#,
        event_id.0,
        booking_id.0,
        refund_id
    )
    .fetch_optional(db)
    .await
}
