//! What a template says, once read: everything checked by itself, nothing generated yet.
//! Lengths are metres.
//!
//! A value that is written and cannot be read is `None`, so that nothing is concluded from it; of
//! a list, what can be read is there. What need not be written has its default, or is `Some(None)`.

use super::figures::Outline;
use super::frame::Place;
use super::numbering::{NumberSet, Numbering};
use super::problems::Source;
use crate::venues::model::{FigureKind, SeatFlag};

#[derive(Debug, Default)]
pub(super) struct Template {
    pub(super) name: String,
    pub(super) time_zone: String,
    pub(super) focal_point: Option<Place>,
    pub(super) categories: Vec<CategorySpec>,
    /// There may be categories of other names than those that could be read.
    pub(super) has_unread_categories: bool,
    pub(super) figures: Vec<FigureSpec>,
    pub(super) sections: Vec<SectionSpec>,
    /// There are seats of which nothing is known.
    pub(super) has_unread_sections: bool,
}

#[derive(Debug)]
pub(super) struct CategorySpec {
    pub(super) source: Source,
    pub(super) key: Option<String>,
    pub(super) name: String,
    pub(super) colour: Option<String>,
}

#[derive(Debug)]
pub(super) struct FigureSpec {
    pub(super) kind: FigureKind,
    pub(super) name: String,
    pub(super) at: Place,
    pub(super) rotation: f64,
    pub(super) outline: Outline,
}

/// One entry of `sections`: one section, or several that differ in key and place.
#[derive(Debug)]
pub(super) struct SectionSpec {
    pub(super) source: Source,
    pub(super) keys: LabelUse,
    /// With `{key}` for the key.
    pub(super) name: String,
    pub(super) position: SectionPosition,
    pub(super) category: Option<Option<String>>,
    pub(super) flags: Option<Vec<SeatFlag>>,
    pub(super) content: SectionContent,
    pub(super) marks: Vec<Option<MarkSpec>>,
}

/// Where a section is, and how the next one of the same entry differs.
#[derive(Clone, Debug)]
pub(super) struct SectionPosition {
    pub(super) anchor: Option<Anchor>,
    /// Degrees, clockwise.
    pub(super) rotation: Option<f64>,
    /// The radius of the first row; straight rows have none.
    pub(super) radius: Option<Option<f64>>,
    /// Move and turn.
    pub(super) step: Option<(Place, f64)>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    /// The middle of the first row.
    At(Place),
    /// So far from a point that the section faces; the focal point unless another is given.
    Around { point: Option<Place>, distance: f64 },
}

#[derive(Debug)]
pub(super) enum SectionContent {
    Rows(Vec<Option<RowsSpec>>),
    Tables(Vec<Option<TablesSpec>>),
    Places(PlacesSpec),
    Unread,
}

/// Rows that follow each other and are alike.
#[derive(Debug)]
pub(super) struct RowsSpec {
    pub(super) source: Source,
    pub(super) labels: LabelUse,
    /// Seats between aisles, left to right.
    pub(super) blocks: Vec<Option<Block>>,
    pub(super) style: RowStyle,
    pub(super) gap_before: Option<f64>,
    pub(super) shift: Option<f64>,
    pub(super) category: Option<Option<String>>,
    pub(super) flags: Option<Vec<SeatFlag>>,
}

/// How many seats a block has in each row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Block {
    Same(u32),
    /// Growing or shrinking evenly from the first row to the last.
    Between(Option<u32>, Option<u32>),
    Each(Vec<Option<u32>>),
}

/// What rows take over from their section, and sections from the defaults.
#[derive(Clone, Debug)]
pub(super) struct RowStyle {
    pub(super) seat_spacing: Option<f64>,
    pub(super) row_spacing: Option<f64>,
    /// Width of each aisle; the last one stands for all further ones.
    pub(super) aisles: Option<Vec<f64>>,
    pub(super) align: Option<Align>,
    pub(super) is_staggered: Option<bool>,
    pub(super) numbering: Option<Numbering>,
}

impl RowStyle {
    pub(super) fn unread() -> Self {
        Self {
            seat_spacing: None,
            row_spacing: None,
            aisles: None,
            align: None,
            is_staggered: None,
            numbering: None,
        }
    }
}

impl Default for RowStyle {
    fn default() -> Self {
        Self {
            seat_spacing: Some(0.55),
            row_spacing: Some(0.9),
            aisles: Some(vec![1.2]),
            align: Some(Align::default()),
            is_staggered: Some(false),
            numbering: Some(Numbering::default()),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    #[default]
    Centre,
    Right,
}

/// Tables, or boxes, that are alike, in a grid from front to back.
#[derive(Debug)]
pub(super) struct TablesSpec {
    pub(super) source: Source,
    pub(super) labels: LabelUse,
    pub(super) n_seats: Option<u32>,
    pub(super) shape: Option<TableShape>,
    pub(super) n_columns: Option<usize>,
    pub(super) column_spacing: Option<f64>,
    pub(super) row_spacing: Option<f64>,
    pub(super) is_staggered: Option<bool>,
    pub(super) gap_before: Option<f64>,
    pub(super) shift: Option<f64>,
    pub(super) category: Option<Option<String>>,
    pub(super) flags: Option<Vec<SeatFlag>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum TableShape {
    /// Chairs all around; open: none with its back to the stage.
    Round { diameter: f64, is_open: bool },
    /// Chairs along the front and the back.
    Rectangle { width: f64, depth: f64 },
    /// No table: so many chairs abreast, all facing the stage.
    Box { n_abreast: u32 },
}

/// Places without fixed seats.
#[derive(Debug)]
pub(super) struct PlacesSpec {
    pub(super) source: Source,
    pub(super) capacity: Option<u32>,
    pub(super) outline: Option<Outline>,
}

/// Seats that differ from what their rows say.
#[derive(Debug)]
pub(super) struct MarkSpec {
    pub(super) source: Source,
    pub(super) sections: Option<Option<LabelUse>>,
    pub(super) rows: Option<Option<LabelUse>>,
    pub(super) numbers: Option<Option<NumberSet>>,
    /// Only so many seats at each end of a row.
    pub(super) n_ends: Option<Option<usize>>,
    pub(super) category: Option<Option<String>>,
    pub(super) flags: Option<Vec<SeatFlag>>,
    pub(super) is_absent: Option<bool>,
}

#[derive(Clone, Debug)]
pub(super) struct LabelUse {
    /// Those that could be read.
    pub(super) labels: Vec<String>,
    pub(super) source: Source,
    /// There are no others than these.
    pub(super) is_whole: bool,
    /// So many of the first have nothing unread before them.
    pub(super) n_in_order: usize,
}

impl LabelUse {
    pub(super) fn none_yet(source: &Source) -> Self {
        Self {
            labels: Vec::new(),
            source: source.clone(),
            is_whole: true,
            n_in_order: 0,
        }
    }

    pub(super) fn unread(source: &Source) -> Self {
        Self {
            is_whole: false,
            ..Self::none_yet(source)
        }
    }
}
