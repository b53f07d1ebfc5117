//! Sections in their places, and their seats with labels and indexes.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::draft::{DraftRow, DraftSection, Drawn, Knowledge, SeatAt, centimetres, point};
use super::marks::{MarkCounts, apply_marks, report_unmet};
use super::places::{check_density, draw_places, report_cramped};
use super::rows::draw_rows;
use super::tables::draw_tables;
use super::uses::is_certain;
use crate::venues::model::{Row, Seat, Section, SectionKind};
use crate::venues::template::frame::{Frame, Place};
use crate::venues::template::limits::{ROWS_PER_SECTION_MAX, SEATS_MAX, SECTIONS_MAX};
use crate::venues::template::problems::{ProblemCode, Problems, Source};
use crate::venues::template::spec::{Anchor, LabelUse, SectionContent, SectionSpec, Template};

/// Stands for a key or a number that cannot be read.
const UNREAD: &str = "?";

/// How many seats each section of an entry would have, or one for each row of which that is not
/// known; absent ones count too.
fn n_seats_in_one(section: &SectionSpec) -> u64 {
    match &section.content {
        SectionContent::Rows(groups) => {
            let rows = groups.iter().flatten().flat_map(|group| {
                (0..group.labels.labels.len()).map(|row| group.n_seats(row).unwrap_or(1))
            });
            rows.map(u64::from).sum()
        }
        SectionContent::Tables(groups) => groups
            .iter()
            .flatten()
            .map(|group| u64::from(group.n_seats.unwrap_or(1)) * group.labels.labels.len() as u64)
            .sum(),
        SectionContent::Places(places) => u64::from(places.capacity.unwrap_or(1)),
        SectionContent::Unread => 0,
    }
}

pub(in crate::venues::template) fn n_seats_of(section: &SectionSpec) -> u64 {
    n_seats_in_one(section).saturating_mul(section.keys.labels.len() as u64)
}

/// What may still be drawn: what a template has too much is not, so that it costs nothing.
struct Room {
    n_sections: u64,
    n_seats: u64,
}

impl Room {
    fn take(&mut self, n_seats: u64) -> bool {
        let has_room = self.n_sections > 0 && self.n_seats >= n_seats;
        if has_room {
            self.n_sections -= 1;
            self.n_seats -= n_seats;
        }
        has_room
    }
}

/// Draws every section, as long as there are not too many.
pub(in crate::venues::template) fn generate(template: &Template, problems: &mut Problems) -> Drawn {
    let mut drawn = Drawn::default();
    let mut room = Room {
        n_sections: SECTIONS_MAX,
        n_seats: SEATS_MAX,
    };
    if template.has_unread_sections {
        drawn.uses.add_unknown();
    }
    for section in &template.sections {
        report_too_many_rows(section, problems);
        report_duplicate_rows(section, problems);
        if let SectionContent::Places(places) = &section.content {
            check_density(places, problems);
        }
        let mut counts = MarkCounts::of(section);
        let mut uncategorised = BTreeSet::new();
        let (mut is_drawn_whole, mut is_cramped) = (true, false);
        let n_seats = n_seats_in_one(section);
        for nth in 0..section.keys.labels.len().max(1) {
            if !room.take(n_seats) {
                is_drawn_whole = false;
                break;
            }
            let key = section.keys.labels.get(nth).map(String::as_str);
            let frame = frame(section, nth, template.focal_point);
            let mut draft = draw(section, frame.as_ref(), &mut drawn);
            apply_marks(section, key, &mut draft.rows, &mut counts);
            uncategorised.extend(find_uncategorised(&draft));
            is_cramped |= draft.is_cramped;
            drawn.uses.add_seats(&draft.rows);
            finish(
                section,
                key.unwrap_or(UNREAD),
                draft,
                frame.as_ref(),
                &mut drawn,
            );
        }
        if !is_drawn_whole || !is_certain(section) {
            drawn.uses.add_written(section);
        }
        if is_cramped {
            report_cramped(section, problems);
        }
        report_unmet(section, &counts, row_labels(section).as_ref(), problems);
        report_uncategorised(&uncategorised, &drawn, problems);
    }
    drawn
}

/// Where the nth section of an entry stands, if nothing that decides on it is unread.
fn frame(section: &SectionSpec, nth: usize, focal_point: Option<Place>) -> Option<Frame> {
    let position = &section.position;
    let (step, turn) = match nth {
        0 => (Place::default(), 0.0),
        _ if nth >= section.keys.n_in_order => return None,
        _ => {
            let n = f64::from(u32::try_from(nth).ok()?);
            let (step, turn) = position.step?;
            (step.times(n), turn * n)
        }
    };
    let degrees = position.rotation? + turn;
    Some(match position.anchor? {
        Anchor::At(place) => Frame::new(place.plus(step), degrees, position.radius?),
        Anchor::Around { point, distance } => {
            let point = point.or(focal_point)?.plus(step);
            Frame::facing(point, distance, degrees, position.radius?)
        }
    })
}

fn draw<'t>(
    section: &'t SectionSpec,
    frame: Option<&Frame>,
    drawn: &mut Drawn,
) -> DraftSection<'t> {
    match &section.content {
        SectionContent::Rows(groups) => draw_rows(section, groups, frame, drawn),
        SectionContent::Tables(groups) => draw_tables(section, groups, frame, drawn),
        SectionContent::Places(places) => draw_places(section, places, frame, drawn),
        SectionContent::Unread => DraftSection::default(),
    }
}

/// The labels of each group of rows or tables, `None` for one that cannot be read.
fn row_groups(section: &SectionSpec) -> Option<Vec<Option<(&Source, &LabelUse)>>> {
    Some(match &section.content {
        SectionContent::Rows(groups) => groups
            .iter()
            .map(|group| group.as_ref().map(|group| (&group.source, &group.labels)))
            .collect(),
        SectionContent::Tables(groups) => groups
            .iter()
            .map(|group| group.as_ref().map(|group| (&group.source, &group.labels)))
            .collect(),
        SectionContent::Places(_) => Vec::new(),
        SectionContent::Unread => return None,
    })
}

/// All labels of rows and tables, unless some cannot be read.
fn row_labels(section: &SectionSpec) -> Option<HashSet<&str>> {
    let mut labels = HashSet::new();
    for group in row_groups(section)? {
        let (_, group) = group.filter(|(_, labels)| labels.is_whole)?;
        labels.extend(group.labels.iter().map(String::as_str));
    }
    Some(labels)
}

/// Says which group has too many rows together with those before it; that it has too many by
/// itself was said when it was read.
fn report_too_many_rows(section: &SectionSpec, problems: &mut Problems) {
    let mut n_rows = 0;
    for (_, group) in row_groups(section).into_iter().flatten().flatten() {
        let n_in_group = group.labels.len() as u64;
        n_rows += n_in_group;
        if n_rows > ROWS_PER_SECTION_MAX {
            if n_in_group <= ROWS_PER_SECTION_MAX {
                let detail = format!(
                    "Up to here the section has {n_rows} rows or tables; {ROWS_PER_SECTION_MAX} \
                     is the most."
                );
                problems.add(ProblemCode::TooManyRows, &group.source, detail);
            }
            return;
        }
    }
}

fn report_duplicate_rows(section: &SectionSpec, problems: &mut Problems) {
    let mut lines: HashMap<&str, u32> = HashMap::new();
    for (source, group) in row_groups(section).into_iter().flatten().flatten() {
        for label in &group.labels {
            if let Some(line) = lines.get(label.as_str()) {
                let detail = format!("`{label}` is there already, in the group on line {line}.");
                problems.add(ProblemCode::DuplicateLabel, source, detail);
            }
        }
        let labels = group.labels.iter().map(String::as_str);
        lines.extend(labels.map(|label| (label, source.at.line)));
    }
}

/// The origins of seats that have no category.
fn find_uncategorised(draft: &DraftSection<'_>) -> BTreeSet<u32> {
    let seats = draft.rows.iter().flat_map(|row| &row.seats);
    seats
        .filter(|seat| seat.category == Some(None))
        .map(|seat| seat.source)
        .collect()
}

fn report_uncategorised(sources: &BTreeSet<u32>, drawn: &Drawn, problems: &mut Problems) {
    for source in sources {
        let detail = "Seats here have no category; give the section or the rows a `category`.";
        problems.add(
            ProblemCode::MissingKey,
            &drawn.sources[*source as usize],
            detail,
        );
    }
}

/// Gives the seats their labels and indexes and adds the section to what is drawn.
fn finish<'t>(
    section: &SectionSpec,
    key: &str,
    draft: DraftSection<'t>,
    frame: Option<&Frame>,
    drawn: &mut Drawn,
) {
    let rows = draft
        .rows
        .into_iter()
        .filter(|row| row.knowledge != Knowledge::StandIn)
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
        rotation: frame.map_or(0.0, |frame| (frame.degrees(0.0, 0.0) * 10.0).round() / 10.0),
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
        let at = seat
            .place
            .map(|place| (centimetres(place.x), centimetres(place.y)));
        let (x, y) = at.unwrap_or_default();
        let index = u32::try_from(seats.len()).unwrap_or(u32::MAX);
        let number = seat
            .number
            .map_or_else(|| UNREAD.to_owned(), |number| number.to_string());
        seats.push(SeatAt {
            at,
            source: seat.source,
        });
        Seat {
            index,
            label: format!("{prefix}{number}"),
            number,
            x: f64::from(x) / 100.0,
            y: f64::from(y) / 100.0,
            category: seat.category.flatten().unwrap_or_default().to_owned(),
            flags: seat.flags,
            gap_after: seat.has_gap_after,
        }
    });
    Row {
        label: row.label.to_owned(),
        seats: finished.collect(),
    }
}
