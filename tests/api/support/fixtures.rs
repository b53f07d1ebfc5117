//! What a test begins with. `insert_…` writes the database; everything else goes through the API.

use holdfast::events;
use holdfast::id::{BookingId, VenueId};
use serde_json::{Value, json};

use super::{Sale, TestApp};

impl TestApp {
    /// A venue with one section `S` of `n_rows` rows `A`, `B`, … with `n_seats` seats each, all of
    /// category `standard`: seats `S-A-1`, `S-A-2`, …
    pub async fn insert_venue(&self, n_rows: u32, n_seats: u32) -> VenueId {
        let venue_id: VenueId = self.ctx.ids.next();
        let rows: Vec<Value> = (0..n_rows).map(|row| row_of(row, n_seats)).collect();
        let layout = json!({
            "venue_id": venue_id, "version": 1, "name": "Test house", "time_zone": "Europe/Berlin",
            "seat_count": n_rows * n_seats,
            "categories": [{"key": "standard", "name": "Standard", "colour": "#336699"}],
            "focal_point": {"x": 0.0, "y": 0.0},
            "bounds": {"min": {"x": 0.0, "y": 0.0}, "max": {"x": 100.0, "y": 100.0}},
            "sections": [{"key": "S", "name": "Stalls", "kind": "reserved", "rows": rows}],
        });
        sqlx::query("INSERT INTO venues (venue_id, name, version) VALUES ($1, 'Test house', 1)")
            .bind(venue_id.0)
            .execute(&self.ctx.db)
            .await
            .expect("a venue");
        sqlx::query(
            "INSERT INTO venue_versions (venue_id, version, name, time_zone, seat_count, sections,
                                         document, media_type, layout, etag)
             VALUES ($1, 1, 'Test house', 'Europe/Berlin', $2, '[]',
                     '', 'application/yaml', $3, 'e')",
        )
        .bind(venue_id.0)
        .bind((n_rows * n_seats).cast_signed())
        .bind(layout.to_string())
        .execute(&self.ctx.db)
        .await
        .expect("a layout");
        venue_id
    }

    /// Every seat is booked, three to a booking, a booking every ten seconds.
    pub async fn fill(&self, sale: &Sale) {
        sqlx::query(
            "WITH numbered AS (
                 SELECT gen_random_uuid() AS id, n FROM generate_series(0, (
                     SELECT (seat_count - 1) / 3 FROM events JOIN venue_versions AS v
                     ON (v.venue_id, v.version) = (events.venue_id, events.venue_version)
                     WHERE event_id = $1)) AS n
             ), booking AS (
                 INSERT INTO bookings (event_id, hold_id, booking_id, holder_id, reference, state,
                     contact_name, contact_email, total, currency, confirmed_at)
                 SELECT $1, id, id, id, id::text, 'confirmed', 'Ana', 'ana@example.org', 148.5,
                     'EUR', timestamptz '2037-11-01Z' + n * interval '10 seconds'
                 FROM numbered
             )
             INSERT INTO seat_bookings (event_id, booking_id, seat_id, seat_index, price)
             SELECT $1, id, gen_random_uuid(), n * 3 + k, 49.5
             FROM numbered, generate_series(0, 2) AS k",
        )
        .bind(sale.id().0)
        .execute(&self.ctx.db)
        .await
        .expect("a full house");
        sqlx::query("ANALYZE")
            .execute(&self.ctx.db)
            .await
            .expect("statistics");
    }

    /// A seat booked by somebody behind the board's back, as after a lost Redis.
    pub async fn insert_rival_booking(&self, sale: &Sale, seat_index: u32) {
        let event_id = sale.id();
        let event = events::sale(&self.ctx, event_id).await.expect("the event");
        let seat_id = event.seating.at(seat_index).expect("a seat").seat_id;
        let [booking_id, hold_id] = [(); 2].map(|()| self.ctx.ids.next::<BookingId>().0);
        sqlx::query(
            "WITH outcome AS (
                 INSERT INTO hold_outcomes (event_id, hold_id, outcome, booking_id, ended_at)
                 VALUES ($1, $2, 'confirmed', $3, now())
             ), booking AS (
                 INSERT INTO bookings (event_id, hold_id, booking_id, holder_id, reference, state,
                     contact_name, contact_email, total, currency, confirmed_at)
                 VALUES ($1, $2, $3, $3, $3::text, 'confirmed', 'A rival', 'r@example.org', 49.5,
                     'EUR', now())
             ), message AS (
                 INSERT INTO outbox (event_id, message_id, kind, subject_id, body)
                 VALUES ($1, $2, 'booking.confirmed', $3, '{}')
             )
             INSERT INTO seat_bookings (event_id, booking_id, seat_id, seat_index, price)
             VALUES ($1, $3, $4, $5, 49.5)",
        )
        .bind(event_id.0)
        .bind(hold_id)
        .bind(booking_id)
        .bind(seat_id.0)
        .bind(seat_index.cast_signed())
        .execute(&self.ctx.db)
        .await
        .expect("a rival's booking");
    }
}

fn row_of(row: u32, n_seats: u32) -> Value {
    let row_label = char::from_u32('A' as u32 + row).expect("at most 26 rows");
    let seats: Vec<Value> = (0..n_seats)
        .map(|seat| {
            json!({
                "index": row * n_seats + seat, "label": format!("S-{row_label}-{}", seat + 1),
                "number": (seat + 1).to_string(), "x": f64::from(seat), "y": f64::from(row),
                "category": "standard",
            })
        })
        .collect();
    json!({"label": row_label.to_string(), "seats": seats})
}
