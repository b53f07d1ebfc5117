//! What a test begins with. `insert_…` writes the database; everything else goes through the API.

use holdfast::id::VenueId;
use serde_json::{Value, json};

use super::TestApp;

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
             VALUES ($1, 1, 'Test house', 'Europe/Berlin', $2, '[]', '', 'application/yaml', $3, 'e')",
        )
        .bind(venue_id.0)
        .bind((n_rows * n_seats).cast_signed())
        .bind(layout.to_string())
        .execute(&self.ctx.db)
        .await
        .expect("a layout");
        venue_id
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
