//! The layout that a template generates: sections, rows and seats with their places on the plan.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::id::{SeatId, VenueId};

/// A venue's plan in one version of its template; immutable. Lengths are metres, x to the right, y
/// downwards, as drawn; seats stand in rows by position, left to right as seen from the seats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Layout {
    pub venue_id: VenueId,
    pub version: i32,
    pub name: String,
    /// IANA name.
    pub time_zone: String,
    pub seat_count: u32,
    pub categories: Vec<Category>,
    /// Where everybody looks: the stage, the ring, the centre of the pitch.
    pub focal_point: Option<Point>,
    pub bounds: Bounds,
    /// What is drawn and not sold: stage, pitch, bars.
    #[serde(default)]
    pub figures: Vec<Figure>,
    pub sections: Vec<Section>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Category {
    pub key: String,
    pub name: String,
    /// `#rrggbb`
    pub colour: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Bounds {
    pub min: Point,
    pub max: Point,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    Reserved,
    /// Places without a fixed seat; each is sold like a seat all the same.
    GeneralAdmission,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Section {
    pub key: String,
    pub name: String,
    pub kind: SectionKind,
    /// A closed line around the section; for drawing it from afar.
    #[serde(default)]
    pub outline: Vec<Point>,
    /// Where the name stands: the section's middle.
    #[serde(default)]
    pub name_at: Option<Point>,
    /// The direction of the rows, in degrees clockwise; 0 looks up.
    #[serde(default)]
    pub rotation: f64,
    /// Tables and boxes; each is the row of its label.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<Figure>,
    pub rows: Vec<Row>,
}

impl Section {
    pub fn is_general_admission(&self) -> bool {
        self.kind == SectionKind::GeneralAdmission
    }
}

/// Something that is drawn, as a closed outline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Figure {
    pub kind: FigureKind,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    pub name_at: Point,
    pub outline: Vec<Point>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FigureKind {
    Stage,
    Pitch,
    Floor,
    Bar,
    Desk,
    Wall,
    Other,
    Table,
    Box,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Row {
    pub label: String,
    pub seats: Vec<Seat>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Seat {
    /// The seat's place in every list of states: 0 to `seat_count` - 1, in the order of this
    /// document.
    pub index: u32,
    /// Unique in the venue, such as `STALLS-A-12`.
    #[schema(examples("STALLS-A-12"))]
    pub label: String,
    pub number: String,
    pub x: f64,
    pub y: f64,
    /// The key of a category.
    pub category: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<SeatFlag>,
    /// An aisle or gap follows: the next seat of the row is not a neighbour.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gap_after: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeatFlag {
    Accessible,
    Companion,
    RestrictedView,
}

/// One seat as the sale sees it: what it is called and what kind it is, without geometry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatPlace {
    pub seat_id: SeatId,
    pub index: u32,
    pub label: String,
    pub section: String,
    pub row: String,
    pub number: String,
    pub category: String,
}

/// The seats of one layout version, by index and by label.
#[derive(Debug)]
pub struct Seating {
    pub seats: Vec<SeatPlace>,
    pub categories: Vec<Category>,
    by_label: HashMap<String, u32>,
}

/// What a seating needs of a layout document, as it stands there.
#[derive(Deserialize)]
struct Plan<'a> {
    venue_id: VenueId,
    seat_count: u32,
    categories: Vec<Category>,
    #[serde(borrow)]
    sections: Vec<PlanSection<'a>>,
}

#[derive(Deserialize)]
struct PlanSection<'a> {
    key: String,
    #[serde(borrow)]
    rows: Vec<PlanRow<'a>>,
}

#[derive(Deserialize)]
struct PlanRow<'a> {
    label: String,
    #[serde(borrow)]
    seats: Vec<PlanSeat<'a>>,
}

#[derive(Deserialize)]
struct PlanSeat<'a> {
    index: u32,
    #[serde(borrow)]
    label: Cow<'a, str>,
    #[serde(borrow)]
    number: Cow<'a, str>,
    #[serde(borrow)]
    category: Cow<'a, str>,
}

impl Seating {
    /// Reads a layout document. Invariant: seats stand at their index.
    pub fn read(layout: &str) -> Result<Self, serde_json::Error> {
        let plan: Plan = serde_json::from_str(layout)?;
        let mut seats = Vec::with_capacity(plan.seat_count as usize);
        for section in plan.sections {
            for row in section.rows {
                seats.extend(row.seats.into_iter().map(|seat| SeatPlace {
                    seat_id: SeatId::of(plan.venue_id, &seat.label),
                    index: seat.index,
                    label: seat.label.into_owned(),
                    section: section.key.clone(),
                    row: row.label.clone(),
                    number: seat.number.into_owned(),
                    category: seat.category.into_owned(),
                }));
            }
        }
        let labels = seats.iter().map(|seat| (seat.label.clone(), seat.index));
        Ok(Self {
            by_label: labels.collect(),
            seats,
            categories: plan.categories,
        })
    }

    pub fn find(&self, label: &str) -> Option<&SeatPlace> {
        self.at(*self.by_label.get(label)?)
    }

    pub fn at(&self, index: u32) -> Option<&SeatPlace> {
        self.seats.get(index as usize)
    }

    pub fn n_seats(&self) -> usize {
        self.seats.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seating_is_read_from_a_layout_as_it_is_written() {
        let json = r##"{"venue_id":"01890000-0000-7000-8000-000000000001","version":3,"name":"A",
            "seat_count":2,"categories":[{"key":"a","name":"A","colour":"#000000"}],
            "figures":[{"kind":"stage"}],"sections":[{"key":"S","name":"\"S\"","outline":[],
            "rows":[{"label":"1","seats":[
            {"index":0,"label":"S-1-\u00e9\"","number":"\u00e9\"","x":1.5,"y":2.0,"category":"a"},
            {"index":1,"label":"S-1-2","number":"2","x":2.5,"y":2.0,"category":"a",
             "flags":["companion"],"gap_after":true}]}]}]}"##;

        let seating = Seating::read(json).unwrap();

        let seat = seating.find("S-1-é\"").unwrap();
        assert_eq!((seat.index, seat.number.as_str()), (0, "é\""));
        let seat = seating.at(1).unwrap();
        let texts = [&seat.label, &seat.section, &seat.row, &seat.category];
        assert_eq!(texts, ["S-1-2", "S", "1", "a"]);
        let venue_id = "01890000-0000-7000-8000-000000000001".parse().unwrap();
        assert_eq!(seat.seat_id, SeatId::of(VenueId(venue_id), "S-1-2"));
        assert_eq!((seating.n_seats(), seating.categories.len()), (2, 1));
    }
}
