//! One entry of `sections`: its keys, where it stands, and what is in it.

use super::fields::{Fields, Scalar, Spot};
use super::marks::{RowsKey, read_mark};
use super::rows::{read_rows, read_style};
use super::tables::{read_places, read_tables};
use super::values;
use crate::venues::template::frame::Place;
use crate::venues::template::limits::{COORDINATE_MAX, MARKS_MAX, ROWS_PER_SECTION_MAX};
use crate::venues::template::problems::Problems;
use crate::venues::template::spec::{
    Anchor, LabelUse, RowStyle, SectionContent, SectionPosition, SectionSpec,
};

const KEYS: &[&str] = &[
    "key",
    "keys",
    "name",
    "category",
    "flags",
    "at",
    "distance",
    "around",
    "rotation",
    "curve",
    "step",
    "rows",
    "tables",
    "places",
    "marks",
    "seat_spacing",
    "row_spacing",
    "aisle",
    "align",
    "stagger",
    "numbers",
];

pub(super) fn read_section(
    spot: &Spot,
    style: &RowStyle,
    problems: &mut Problems,
) -> Option<SectionSpec> {
    let fields = Fields::open(spot, KEYS, problems)?;
    let keys = read_keys(&fields, problems);
    let name = fields.get_or("name", "{key}".to_owned(), problems, values::name);
    let category = fields.get("category", problems, values::category_use);
    let flags = fields.get_or("flags", Vec::new(), problems, values::flags);
    let style = read_style(&fields, style, problems);
    let position = read_position(&fields, problems);
    let kind = fields.one_of(&["rows", "tables", "places"], problems);
    let content = read_content(&fields, kind, &style, problems);
    let rows_key = match kind {
        Some("tables") => RowsKey::Tables,
        Some(_) => RowsKey::Rows,
        None => RowsKey::Either,
    };
    let marks = fields.get_or("marks", Vec::new(), problems, |spot, problems| {
        values::each(spot, MARKS_MAX, problems, |mark, problems| {
            read_mark(mark, rows_key, problems)
        })
    });
    Some(SectionSpec {
        source: fields.source,
        keys,
        name: name.unwrap_or_default(),
        position,
        category,
        flags,
        content,
        marks: marks.unwrap_or_else(|| vec![None]),
    })
}

fn read_keys(fields: &Fields, problems: &mut Problems) -> LabelUse {
    let one = |spot: &Spot, problems: &mut Problems| {
        let mut keys = LabelUse::none_yet(&spot.source);
        keys.labels = vec![values::label(spot, problems)?];
        keys.n_in_order = 1;
        Some(keys)
    };
    let key = fields.get("key", problems, one).flatten();
    let keys = fields.get("keys", problems, values::label_list).flatten();
    let keys = match fields.one_of(&["key", "keys"], problems) {
        Some("key") => key,
        Some(_) => keys,
        None => None,
    };
    let keys = keys.unwrap_or_else(|| LabelUse::unread(&fields.source));
    // What is wrong with keys of several lists is shown at their entry.
    let source = fields.source.clone();
    LabelUse { source, ..keys }
}

fn read_position(fields: &Fields, problems: &mut Problems) -> SectionPosition {
    let kind = fields.one_of(&["at", "distance"], problems);
    let at = fields.get("at", problems, values::pair).flatten();
    let around = fields.get("around", problems, values::pair);
    let metres = values::metres(0.0, COORDINATE_MAX);
    let distance = fields.get("distance", problems, metres).flatten();
    let anchor = match kind {
        Some("at") => at.map(Anchor::At),
        Some(_) => distance
            .zip(around)
            .map(|(distance, point)| Anchor::Around { point, distance }),
        None => None,
    };
    fields.conflict("at", "around", problems);
    let rotation = fields.get_or("rotation", 0.0, problems, values::degrees);
    let curve = fields.get_or("curve", Curve::None, problems, read_curve);
    let step = fields.get_or("step", (Place::default(), 0.0), problems, read_step);
    if let (Some("at"), Some(Curve::AboutPoint), Some(spot)) = (kind, curve, fields.spot("curve")) {
        let wanted = "the radius of the first row, as the section is placed with `at`";
        spot.wrong_type::<()>(wanted, problems);
    }
    let radius = match (curve, anchor) {
        (Some(Curve::None), _) => Some(None),
        (Some(Curve::Radius(radius)), _) => Some(Some(radius)),
        (Some(Curve::AboutPoint), Some(Anchor::Around { distance, .. })) => {
            Some(Some(distance.max(1.0)))
        }
        _ => None,
    };
    SectionPosition {
        anchor,
        rotation,
        radius,
        step,
    }
}

#[derive(Clone, Copy)]
enum Curve {
    None,
    /// About the point that the section faces.
    AboutPoint,
    Radius(f64),
}

fn read_curve(spot: &Spot, problems: &mut Problems) -> Option<Curve> {
    match spot.scalar() {
        Some(Scalar::Truth(true)) => Some(Curve::AboutPoint),
        Some(Scalar::Truth(false)) => Some(Curve::None),
        Some(Scalar::Integer(_) | Scalar::Number(_)) => {
            values::metres(1.0, COORDINATE_MAX)(spot, problems).map(Curve::Radius)
        }
        _ => spot.wrong_type(
            "true, false or the radius of the first row in metres",
            problems,
        ),
    }
}

fn read_step(spot: &Spot, problems: &mut Problems) -> Option<(Place, f64)> {
    let fields = Fields::open(spot, &["x", "y", "rotation"], problems)?;
    let x = fields.get_or("x", 0.0, problems, values::coordinate);
    let y = fields.get_or("y", 0.0, problems, values::coordinate);
    let rotation = fields.get_or("rotation", 0.0, problems, values::degrees);
    Some((Place::new(x?, y?), rotation?))
}

fn read_content(
    fields: &Fields,
    kind: Option<&str>,
    style: &RowStyle,
    problems: &mut Problems,
) -> SectionContent {
    let n_max = usize::try_from(ROWS_PER_SECTION_MAX).unwrap_or(usize::MAX);
    let rows = |spot: &Spot, problems: &mut Problems| {
        values::each(spot, n_max, problems, |rows, problems| {
            read_rows(rows, style, problems)
        })
    };
    let tables =
        |spot: &Spot, problems: &mut Problems| values::each(spot, n_max, problems, read_tables);
    // Where two exclude each other, both are read for their mistakes.
    let rows = fields.get("rows", problems, rows).flatten();
    let tables = fields.get("tables", problems, tables).flatten();
    let places = fields.get("places", problems, read_places).flatten();
    let content = match kind {
        Some("rows") => rows.map(SectionContent::Rows),
        Some("tables") => tables.map(SectionContent::Tables),
        Some(_) => places.map(SectionContent::Places),
        None => None,
    };
    content.unwrap_or(SectionContent::Unread)
}
