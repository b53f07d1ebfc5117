//! The document as a whole: names, categories, figures, and its list of sections.

use super::fields::{Fields, Scalar, Spot};
use super::rows::STYLE_KEYS;
use super::sections::{read_section, section_keys};
use super::{rows, values};
use crate::venues::model::FigureKind;
use crate::venues::template::figures::Outline;
use crate::venues::template::frame::Place;
use crate::venues::template::limits::{CATEGORIES_MAX, CORNERS_MAX, FIGURES_MAX, SECTIONS_MAX};
use crate::venues::template::problems::{ProblemCode, Problems};
use crate::venues::template::spec::{CategorySpec, FigureSpec, RowStyle, SectionSpec, Template};
use crate::venues::template::tree::Tree;

/// The version of the format that this service reads.
const FORMAT_VERSION: i64 = 1;

const KEYS: &[&str] = &[
    "$schema",
    "format_version",
    "name",
    "time_zone",
    "focal_point",
    "defaults",
    "categories",
    "figures",
    "sections",
];

pub(in crate::venues::template) fn read_template(
    tree: &Tree,
    problems: &mut Problems,
) -> Option<Template> {
    let root = Spot::root(tree.root.clone()?);
    let fields = Fields::open(&root, KEYS, problems)?;
    fields.need("format_version", problems, format_version);
    fields.get("$schema", problems, values::name);
    let style = fields.get_or("defaults", RowStyle::default(), problems, defaults);
    let mut template = Template {
        name: fields
            .need("name", problems, values::name)
            .unwrap_or_default(),
        time_zone: fields
            .need("time_zone", problems, time_zone)
            .unwrap_or_default(),
        focal_point: fields.need("focal_point", problems, values::pair),
        categories: fields
            .need("categories", problems, categories)
            .unwrap_or_default(),
        figures: fields
            .get_or("figures", Vec::new(), problems, figures)
            .unwrap_or_default(),
        ..Template::default()
    };
    fields.need("sections", problems, |spot, problems| {
        template.section_keys = spot.items()?.iter().filter_map(section_keys).collect();
        template.sections = sections(spot, &style.unwrap_or_default(), problems)?;
        Some(())
    });
    Some(template)
}

fn format_version(spot: &Spot, problems: &mut Problems) -> Option<()> {
    match spot.scalar() {
        Some(Scalar::Integer(FORMAT_VERSION)) => Some(()),
        Some(Scalar::Integer(other)) => {
            let detail = format!("Version {other} is not known here; write {FORMAT_VERSION}.");
            spot.wrong(ProblemCode::UnsupportedVersion, detail, problems)
        }
        _ => spot.wrong_type("a whole number", problems),
    }
}

fn time_zone(spot: &Spot, problems: &mut Problems) -> Option<String> {
    let name = values::name(spot, problems)?;
    if name.parse::<chrono_tz::Tz>().is_err() {
        let detail = format!("`{name}` is not an IANA time zone such as Europe/Berlin.");
        return spot.wrong(ProblemCode::WrongValue, detail, problems);
    }
    Some(name)
}

fn defaults(spot: &Spot, problems: &mut Problems) -> Option<RowStyle> {
    let fields = Fields::open(spot, STYLE_KEYS, problems)?;
    rows::read_style(&fields, &RowStyle::default(), problems)
}

fn categories(spot: &Spot, problems: &mut Problems) -> Option<Vec<CategorySpec>> {
    let (found, _) = values::readable(spot, CATEGORIES_MAX, problems, category)?;
    for (index, category) in found.iter().enumerate() {
        let twin = found[..index].iter().find(|twin| twin.key == category.key);
        if let Some(twin) = twin {
            let line = twin.source.at.line;
            let detail = format!(
                "Category `{}` is there already, on line {line}.",
                category.key
            );
            problems.add(ProblemCode::DuplicateLabel, &category.source, detail);
        }
        let alike = found[..index]
            .iter()
            .find(|other| other.colour == category.colour);
        if let Some(other) = alike.filter(|_| twin.is_none()) {
            let detail = format!(
                "`{}` has the same colour; on the plan both look alike.",
                other.key
            );
            problems.add(ProblemCode::SameColour, &category.source, detail);
        }
    }
    Some(found)
}

fn category(spot: &Spot, problems: &mut Problems) -> Option<CategorySpec> {
    let fields = Fields::open(spot, &["key", "name", "colour"], problems)?;
    let key = fields.need("key", problems, values::category_key);
    let name = fields.need("name", problems, values::name);
    let colour = fields.need("colour", problems, colour);
    // A category whose colour is wrong is still known to the sections.
    let source = fields
        .spot("key")
        .map_or_else(|| fields.source.clone(), |key| key.source.clone());
    let (name, colour) = (
        name.unwrap_or_default(),
        colour.unwrap_or_else(|| source.pointer.clone()),
    );
    Some(CategorySpec {
        source,
        key: key?,
        name,
        colour,
    })
}

fn colour(spot: &Spot, problems: &mut Problems) -> Option<String> {
    let Some(text) = spot.written() else {
        return spot.wrong_type("a colour such as \"#0072b2\", in quotes", problems);
    };
    let digits = text.strip_prefix('#').unwrap_or_default();
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let detail = format!("`{text}` is not a colour: `#` and six hexadecimal digits.");
        return spot.wrong(ProblemCode::WrongValue, detail, problems);
    }
    Some(text.to_ascii_lowercase())
}

fn figures(spot: &Spot, problems: &mut Problems) -> Option<Vec<FigureSpec>> {
    values::readable(spot, FIGURES_MAX, problems, figure).map(|(figures, _)| figures)
}

fn figure(spot: &Spot, problems: &mut Problems) -> Option<FigureSpec> {
    const KEYS: &[&str] = &[
        "kind",
        "name",
        "at",
        "rotation",
        "rectangle",
        "ellipse",
        "polygon",
    ];
    let fields = Fields::open(spot, KEYS, problems)?;
    let kinds = values::word(&[
        ("stage", FigureKind::Stage),
        ("pitch", FigureKind::Pitch),
        ("floor", FigureKind::Floor),
        ("bar", FigureKind::Bar),
        ("desk", FigureKind::Desk),
        ("wall", FigureKind::Wall),
        ("other", FigureKind::Other),
    ]);
    let kind = fields.need("kind", problems, kinds);
    let name = fields.get_or("name", String::new(), problems, values::name);
    let at = fields.get_or("at", Place::default(), problems, values::pair);
    let rotation = fields.get_or("rotation", 0.0, problems, values::degrees);
    let outline = read_outline(&fields, &["rectangle", "ellipse", "polygon"], problems);
    Some(FigureSpec {
        kind: kind?,
        name: name?,
        at: at?,
        rotation: rotation?,
        outline: outline?,
    })
}

/// One of several shapes.
pub(super) fn read_outline(
    fields: &Fields,
    shapes: &[&str],
    problems: &mut Problems,
) -> Option<Outline> {
    match fields.one_of(shapes, problems)? {
        "rectangle" => fields
            .need("rectangle", problems, values::size)
            .map(Outline::Rectangle),
        "ellipse" => fields
            .need("ellipse", problems, values::size)
            .map(Outline::Ellipse),
        _ => fields
            .need("polygon", problems, polygon)
            .map(Outline::Polygon),
    }
}

fn polygon(spot: &Spot, problems: &mut Problems) -> Option<Vec<Place>> {
    let corners = values::list(spot, CORNERS_MAX, problems, values::pair)?;
    if corners.len() < 3 {
        let detail = "A polygon has at least three corners.";
        return spot.wrong(ProblemCode::WrongValue, detail, problems);
    }
    Some(corners)
}

fn sections(spot: &Spot, style: &RowStyle, problems: &mut Problems) -> Option<Vec<SectionSpec>> {
    let n_max = usize::try_from(SECTIONS_MAX).unwrap_or(usize::MAX);
    let read = |item: &Spot, problems: &mut Problems| read_section(item, style, problems);
    values::readable(spot, n_max, problems, read).map(|(sections, _)| sections)
}
