//! Sections in their places, and their seats with labels and indexes.

use std::collections::{HashMap, HashSet};

use super::draft::{DraftRow, DraftSection, Drawn, SeatAt, centimetres, point};
use super::marks::{MarkCounts, apply_marks, report_unmet};
use super::places::{check_density, draw_places};
use super::rows::draw_rows;
use super::tables::draw_tables;
use crate::venues::model::{Row, Seat, Section, SectionKind};
use crate::venues::template::frame::{Frame, Place};
use crate::venues::template::problems::{ProblemCode, Problems};
use crate::venues::template::spec::{Anchor, SectionContent, SectionSpec, Template};

/// How many seats an entry would make; absent ones count too.
pub(in crate::venues::template) fn n_seats_of(section: &SectionSpec) -> u64 {
    let n_in_one: u64 = match &section.content {
        SectionContent::Rows(groups) => groups
            .iter()
            .flat_map(|group| group.blocks.iter().flatten())
            .map(|n| u64::from(*n))
            .sum(),
        SectionContent::Tables(groups) => groups
            .iter()
            .map(|group| u64::from(group.n_seats) * group.labels.len() as u64)
            .sum(),
        SectionContent::Places(places) => u64::from(places.capacity),
    };
    n_in_one.saturating_mul(section.keys.len() as u64)
}

/// Draws every section. The caller has made sure that there are not too many seats.
pub(in crate::venues::template) fn generate(template: &Template, problems: &mut Problems) -> Drawn {
    let focal_point = template.focal_point.unwrap_or_default();
    let mut drawn = Drawn::default();
    for section in &template.sections {
        report_duplicate_rows(section, problems);
        if let SectionContent::Places(places) = &section.content
            && !check_density(places, problems)
        {
            continue;
        }
        let mut counts = MarkCounts::of(section);
        let mut row_labels = HashSet::new();
        let mut uncategorised = None;
        for (nth, key) in (0_u32..).zip(&section.keys) {
            let frame = frame(section, nth, focal_point);
            let mut draft = draw(section, &frame, &mut drawn);
            row_labels.extend(draft.rows.iter().map(|row| row.label));
            apply_marks(section, key, &mut draft.rows, &mut counts);
            uncategorised = uncategorised.or_else(|| find_uncategorised(&draft));
            finish(section, key, draft, &frame, &mut drawn);
        }
        report_unmet(section, &counts, &row_labels, problems);
        if let Some(source) = uncategorised {
            let detail = "Seats here have no category; give the section or the rows a `category`.";
            problems.add(
                ProblemCode::MissingKey,
                &drawn.sources[source as usize],
                detail,
            );
        }
    }
    drawn
}

fn frame(section: &SectionSpec, nth: u32, focal_point: Place) -> Frame {
    let position = &section.position;
    let degrees = position.rotation + position.rotation_step * f64::from(nth);
    let step = position.step.times(f64::from(nth));
    match position.anchor {
        Anchor::At(place) => Frame::new(place.plus(step), degrees, position.radius),
        Anchor::Around { point, distance } => {
            let point = point.unwrap_or(focal_point).plus(step);
            Frame::facing(point, distance, degrees, position.radius)
        }
    }
}

fn draw<'t>(section: &'t SectionSpec, frame: &Frame, drawn: &mut Drawn) -> DraftSection<'t> {
    match &section.content {
        SectionContent::Rows(groups) => draw_rows(section, groups, frame, drawn),
        SectionContent::Tables(groups) => draw_tables(section, groups, frame, drawn),
        SectionContent::Places(places) => draw_places(section, places, frame, drawn),
    }
}

fn report_duplicate_rows(section: &SectionSpec, problems: &mut Problems) {
    let groups: Vec<_> = match &section.content {
        SectionContent::Rows(groups) => groups
            .iter()
            .map(|group| (&group.source, &group.labels))
            .collect(),
        SectionContent::Tables(groups) => groups
            .iter()
            .map(|group| (&group.source, &group.labels))
            .collect(),
        SectionContent::Places(_) => Vec::new(),
    };
    let mut lines: HashMap<&str, u32> = HashMap::new();
    for (source, labels) in groups {
        for label in labels {
            if let Some(line) = lines.get(label.as_str()) {
                let detail = format!("`{label}` is there already, in the group on line {line}.");
                problems.add(ProblemCode::DuplicateLabel, source, detail);
            }
        }
        lines.extend(labels.iter().map(|label| (label.as_str(), source.at.line)));
    }
}

/// The origin of a seat that has no category.
fn find_uncategorised(draft: &DraftSection<'_>) -> Option<u32> {
    let mut seats = draft.rows.iter().flat_map(|row| &row.seats);
    seats
        .find(|seat| seat.category.is_none())
        .map(|seat| seat.source)
}

/// Gives the seats their labels and indexes and adds the section to what is drawn.
fn finish<'t>(
    section: &SectionSpec,
    key: &str,
    draft: DraftSection<'t>,
    frame: &Frame,
    drawn: &mut Drawn,
) {
    let rows = draft
        .rows
        .into_iter()
        .map(|row| finish_row(key, row, &mut drawn.seats))
        .collect();
    let kind = match section.content {
        SectionContent::Places(_) => SectionKind::GeneralAdmission,
        _ => SectionKind::Reserved,
    };
    drawn.sections.push(Section {
        key: key.to_owned(),
        name: section.name.replace("{key}", key),
        kind,
        outline: draft.outline.into_iter().map(point).collect(),
        name_at: Some(point(draft.name_at)),
        rotation: (frame.degrees(0.0, 0.0) * 10.0).round() / 10.0,
        tables: draft.tables,
        rows,
    });
}

fn finish_row(section: &str, row: DraftRow<'_>, seats: &mut Vec<SeatAt>) -> Row {
    let prefix = match row.label {
        "" => format!("{section}-"),
        label => format!("{section}-{label}-"),
    };
    let finished = row.seats.into_iter().map(|seat| {
        let (x, y) = (centimetres(seat.place.x), centimetres(seat.place.y));
        let index = u32::try_from(seats.len()).unwrap_or(u32::MAX);
        seats.push(SeatAt {
            x,
            y,
            source: seat.source,
        });
        Seat {
            index,
            label: format!("{prefix}{}", seat.number),
            number: seat.number.to_string(),
            x: f64::from(x) / 100.0,
            y: f64::from(y) / 100.0,
            category: seat.category.unwrap_or_default().to_owned(),
            flags: seat.flags,
            gap_after: seat.has_gap_after,
        }
    });
    Row {
        label: row.label.to_owned(),
        seats: finished.collect(),
    }
}
