//! The document as a whole: names, categories, figures, and its list of sections.

use super::fields::{Fields, Scalar, Spot};
use super::rows::STYLE_KEYS;
use super::sections::read_section;
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
    let style = style.unwrap_or_else(RowStyle::unread);
    let name = fields.need("name", problems, values::name);
    let time_zone = fields.need("time_zone", problems, time_zone);
    let focal_point = fields.need("focal_point", problems, values::pair);
    let categories = fields.need("categories", problems, categories);
    let figures = fields.get_or("figures", Vec::new(), problems, figures);
    let sections = fields.need("sections", problems, |spot, problems| {
        sections(spot, &style, problems)
    });
    let categories = categories.unwrap_or_else(|| vec![None]);
    let sections = sections.unwrap_or_else(|| vec![None]);
    Some(Template {
        name: name.unwrap_or_default(),
        time_zone: time_zone.unwrap_or_default(),
        focal_point,
        has_unread_categories: categories
            .iter()
            .any(|category| category.as_ref().is_none_or(|read| read.key.is_none())),
        categories: categories.into_iter().flatten().collect(),
        figures: figures.unwrap_or_default(),
        has_unread_sections: sections.iter().any(Option::is_none),
        sections: sections.into_iter().flatten().collect(),
    })
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
    Some(rows::read_style(&fields, &RowStyle::default(), problems))
}

fn categories(spot: &Spot, problems: &mut Problems) -> Option<Vec<Option<CategorySpec>>> {
    let found = values::each(spot, CATEGORIES_MAX, problems, category)?;
    let known: Vec<&CategorySpec> = found.iter().flatten().collect();
    for (index, category) in known.iter().enumerate() {
        report_twins(category, &known[..index], problems);
    }
    Some(found)
}

fn report_twins(category: &CategorySpec, before: &[&CategorySpec], problems: &mut Problems) {
    let find = |is_twin: &dyn Fn(&CategorySpec) -> bool| before.iter().find(|other| is_twin(other));
    if let Some(key) = &category.key
        && let Some(twin) = find(&|other| other.key.as_ref() == Some(key))
    {
        let line = twin.source.at.line;
        let detail = format!("Category `{key}` is there already, on line {line}.");
        problems.add(ProblemCode::DuplicateLabel, &category.source, detail);
    }
    // The same category twice has the same colour with good reason.
    let is_alike = |other: &CategorySpec| {
        category.colour.is_some()
            && other.colour == category.colour
            && (other.key.is_none() || other.key != category.key)
    };
    if let Some(other) = find(&is_alike) {
        let name = other.key.as_ref().unwrap_or(&other.name);
        let detail = format!("`{name}` has the same colour; on the plan both look alike.");
        problems.add(ProblemCode::SameColour, &category.source, detail);
    }
}

fn category(spot: &Spot, problems: &mut Problems) -> Option<CategorySpec> {
    let fields = Fields::open(spot, &["key", "name", "colour"], problems)?;
    let key = fields.need("key", problems, values::category_key);
    let name = fields.need("name", problems, values::name);
    let colour = fields.need("colour", problems, colour);
    let source = fields
        .spot("key")
        .map_or_else(|| fields.source.clone(), |key| key.source.clone());
    Some(CategorySpec {
        source,
        key,
        name: name.unwrap_or_default(),
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
    values::list(spot, FIGURES_MAX, problems, figure)
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
    let outline = read_outline(&fields, problems);
    Some(FigureSpec {
        kind: kind?,
        name: name?,
        at: at?,
        rotation: rotation?,
        outline: outline?,
    })
}

/// One of several shapes.
pub(super) fn read_outline(fields: &Fields, problems: &mut Problems) -> Option<Outline> {
    // Where two exclude each other, both are read for their mistakes.
    let rectangle = fields.get("rectangle", problems, values::size).flatten();
    let ellipse = fields.get("ellipse", problems, values::size).flatten();
    let polygon = fields.get("polygon", problems, polygon).flatten();
    match fields.one_of(&["rectangle", "ellipse", "polygon"], problems)? {
        "rectangle" => rectangle.map(Outline::Rectangle),
        "ellipse" => ellipse.map(Outline::Ellipse),
        _ => polygon.map(Outline::Polygon),
    }
}

fn polygon(spot: &Spot, problems: &mut Problems) -> Option<Vec<Place>> {
    let corners = values::each(spot, CORNERS_MAX, problems, values::pair)?;
    if corners.len() < 3 {
        let detail = "A polygon has at least three corners.";
        return spot.wrong(ProblemCode::WrongValue, detail, problems);
    }
    corners.into_iter().collect()
}

fn sections(
    spot: &Spot,
    style: &RowStyle,
    problems: &mut Problems,
) -> Option<Vec<Option<SectionSpec>>> {
    let n_max = usize::try_from(SECTIONS_MAX).unwrap_or(usize::MAX);
    let read = |item: &Spot, problems: &mut Problems| read_section(item, style, problems);
    values::each(spot, n_max, problems, read)
}
