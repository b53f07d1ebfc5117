//! One entry of `sections`: its keys, where it stands, and what is in it.

use super::fields::{Fields, Scalar, Spot};
use super::marks::read_mark;
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

/// The keys of an entry, whatever else is wrong with it.
pub(super) fn section_keys(spot: &Spot) -> Option<LabelUse> {
    let mut reported_elsewhere = Problems::default();
    let fields = Fields::open(spot, KEYS, &mut reported_elsewhere)?;
    let source = spot.source.clone();
    match fields.spot("keys") {
        Some(keys) => {
            let labels = values::label_list(keys, &mut reported_elsewhere)?.labels;
            Some(LabelUse { labels, source })
        }
        None => {
            let key = values::label(fields.spot("key")?, &mut reported_elsewhere)?;
            let labels = vec![key];
            Some(LabelUse { labels, source })
        }
    }
}

pub(super) fn read_section(
    spot: &Spot,
    style: &RowStyle,
    problems: &mut Problems,
) -> Option<SectionSpec> {
    let fields = Fields::open(spot, KEYS, problems)?;
    let keys = match fields.one_of(&["key", "keys"], problems) {
        Some("key") => fields
            .need("key", problems, values::label)
            .map(|key| vec![key]),
        Some(_) => fields
            .need("keys", problems, values::label_list)
            .map(|keys| keys.labels),
        None => None,
    };
    let name = fields.get_or("name", "{key}".to_owned(), problems, values::name);
    let category = fields.get("category", problems, values::category_use);
    let flags = fields.get_or("flags", Vec::new(), problems, values::flags);
    let style = read_style(&fields, style, problems);
    let position = read_position(&fields, problems);
    let content = read_content(&fields, &style.unwrap_or_default(), problems);
    let marks = fields.get_or("marks", Vec::new(), problems, |spot, problems| {
        values::list(spot, MARKS_MAX, problems, |mark, problems| {
            read_mark(
                mark,
                matches!(content, Some(SectionContent::Tables(_))),
                problems,
            )
        })
    });
    Some(SectionSpec {
        source: fields.source,
        keys: keys?,
        name: name?,
        position: position?,
        category: category?,
        flags: flags?,
        content: content?,
        marks: marks?,
    })
}

fn read_position(fields: &Fields, problems: &mut Problems) -> Option<SectionPosition> {
    let anchor = match fields.one_of(&["at", "distance"], problems) {
        Some("at") => fields.need("at", problems, values::pair).map(Anchor::At),
        Some(_) => {
            let read = values::metres(0.0, COORDINATE_MAX);
            let distance = fields.need("distance", problems, read);
            let point = fields.get("around", problems, values::pair);
            match (distance, point) {
                (Some(distance), Some(point)) => Some(Anchor::Around { point, distance }),
                _ => None,
            }
        }
        None => None,
    };
    fields.conflict("at", "around", problems);
    let rotation = fields.get_or("rotation", 0.0, problems, values::degrees);
    let curve = fields.get_or("curve", Curve::None, problems, read_curve);
    let (step, rotation_step) =
        fields.get_or("step", (Place::default(), 0.0), problems, read_step)?;
    let radius = match (curve?, anchor?) {
        (Curve::None, _) => None,
        (Curve::Radius(radius), _) => Some(radius),
        (Curve::AboutPoint, Anchor::Around { distance, .. }) => Some(distance.max(1.0)),
        (Curve::AboutPoint, Anchor::At(_)) => {
            let spot = fields.spot("curve")?;
            return spot.wrong_type(
                "the radius of the first row, as the section is placed with `at`",
                problems,
            );
        }
    };
    Some(SectionPosition {
        anchor: anchor?,
        rotation: rotation?,
        radius,
        step,
        rotation_step,
    })
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
    style: &RowStyle,
    problems: &mut Problems,
) -> Option<SectionContent> {
    let n_max = usize::try_from(ROWS_PER_SECTION_MAX).unwrap_or(usize::MAX);
    match fields.one_of(&["rows", "tables", "places"], problems)? {
        "rows" => fields
            .need("rows", problems, |spot, problems| {
                values::list(spot, n_max, problems, |rows, problems| {
                    read_rows(rows, style, problems)
                })
            })
            .map(SectionContent::Rows),
        "tables" => fields
            .need("tables", problems, |spot, problems| {
                values::list(spot, n_max, problems, read_tables)
            })
            .map(SectionContent::Tables),
        _ => fields
            .need("places", problems, read_places)
            .map(SectionContent::Places),
    }
}
