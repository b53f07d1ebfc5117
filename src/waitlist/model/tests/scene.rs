//! Small houses, and people who wait.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::id::EntryId;
use crate::waitlist::model::house::House;
use crate::waitlist::model::plan::{SeatNow, Waiting};
use crate::waitlist::model::wish::{Wanted, Wish};

/// A house of one section whose rows have these many seats; an aisle follows each seat that stands
/// in `aisles` (counted in the row). The stage is above the middle.
pub fn house(rows: &[u32], aisles: &[u32]) -> House {
    house_of("reserved", rows, aisles)
}

/// As [`house`], with places instead of seats: each row is a block of them.
pub fn loose_house(rows: &[u32]) -> House {
    house_of("general_admission", rows, &[])
}

fn house_of(kind: &str, rows: &[u32], aisles: &[u32]) -> House {
    let width = rows.iter().copied().max().unwrap_or_default();
    let mut index = 0;
    let rows: Vec<Value> = (0_u32..)
        .zip(rows)
        .map(|(row, n_seats)| {
            let seats: Vec<Value> = (0..*n_seats)
                .map(|seat| {
                    let at = index;
                    index += 1;
                    json!({
                        "index": at, "label": format!("S-{row}-{seat}"),
                        "number": (seat * 2 + 1).to_string(), "x": f64::from(seat),
                        "y": f64::from(row), "category": if row < 2 { "front" } else { "back" },
                        "gap_after": aisles.contains(&seat),
                    })
                })
                .collect();
            json!({"label": row.to_string(), "seats": seats})
        })
        .collect();
    let layout = json!({
        "venue_id": Uuid::nil(), "version": 1, "name": "House", "time_zone": "Europe/Berlin",
        "seat_count": index, "categories": [],
        "focal_point": {"x": f64::from(width) / 2.0, "y": -1.0},
        "bounds": {"min": {"x": 0.0, "y": 0.0}, "max": {"x": 1.0, "y": 1.0}},
        "sections": [{"key": "S", "name": "Stalls", "kind": kind, "rows": rows}],
    });
    House::of(&serde_json::from_value(layout).expect("a layout"))
}

pub fn wanted(house: &House, quantity: u32, is_together: bool) -> Wanted {
    let wish = Wish {
        quantity,
        is_together,
        sections: None,
        categories: None,
        price_max: None,
    };
    wish.in_house(house, |_| Some(100))
}

pub fn waiting(n: u32, wanted: Wanted) -> Waiting {
    Waiting {
        entry_id: EntryId(Uuid::from_u128(u128::from(n))),
        wanted,
        is_aged: false,
        is_resting: false,
    }
}

/// The states that a string shows: `w`, `.`, `x`, and anything else for taken.
pub fn states(text: &str) -> Vec<SeatNow> {
    let states = text.bytes().map(|byte| match byte {
        b'w' => SeatNow::Kept,
        b'.' => SeatNow::Free,
        b'x' => SeatNow::Blocked,
        _ => SeatNow::Taken,
    });
    states.collect()
}
