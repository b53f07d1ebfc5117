//! Checks a document and draws it: the whole way from bytes to a layout, without any input or
//! output.

use std::collections::HashSet;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::generate::{Drawn, generate, n_seats_of};
use super::layout::{lay_out, summarise};
use super::limits::{CATEGORY_KEY_LENGTH_MAX, SEATS_MAX, SECTIONS_MAX};
use super::overlap::report_overlaps;
use super::problems::{Position, ProblemCode, Problems, Source, TemplateProblem};
use super::read::read_template;
use super::spec::{SectionSpec, Template};
use super::tree::parse;
use crate::venues::model::{Layout, SectionKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    Json,
    Yaml,
}

impl MediaType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Yaml => "application/yaml",
        }
    }
}

/// What a document turned out to be.
#[derive(Debug)]
pub struct Checked {
    /// The plan, unless there are errors. Its venue and version are nobody's until it is stored.
    pub layout: Option<Layout>,
    /// Of the parts that could be read.
    pub seat_count: u32,
    pub sections: Vec<SectionSummary>,
    /// All mistakes, in the order of the document.
    pub problems: Vec<TemplateProblem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SectionSummary {
    pub key: String,
    pub name: String,
    pub kind: SectionKind,
    pub seat_count: u32,
}

pub fn check(document: &[u8], media_type: MediaType) -> Checked {
    let mut problems = Problems::default();
    let drawn = read(document, media_type, &mut problems).map(|template| {
        let drawn = draw(&template, &mut problems);
        (template, drawn)
    });
    let summaries = drawn
        .as_ref()
        .map_or_else(Vec::new, |(_, drawn)| summarise(&drawn.sections));
    let seat_count = summaries.iter().map(|section| section.seat_count).sum();
    let layout = drawn
        .filter(|_| !problems.has_errors())
        .map(|(template, drawn)| lay_out(template, drawn, seat_count));
    Checked {
        layout,
        seat_count,
        sections: summaries,
        problems: problems.into_list(),
    }
}

/// Reads what can be read, even of a document that breaks off.
fn read(document: &[u8], media_type: MediaType, problems: &mut Problems) -> Option<Template> {
    let text = match std::str::from_utf8(document) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let at = position_after(&document[..error.valid_up_to()]);
            let source = Source {
                pointer: String::new(),
                at,
            };
            problems.add(ProblemCode::SyntaxError, &source, "This is not UTF-8 text.");
            return None;
        }
    };
    if let Some(offset) = document.iter().position(|byte| *byte == 0) {
        let at = position_after(&document[..offset]);
        let pointer = String::new();
        let detail = "Text must not contain the character U+0000.";
        problems.add(ProblemCode::SyntaxError, &Source { pointer, at }, detail);
        return None;
    }
    let json_error = match media_type {
        MediaType::Json => serde_json::from_str::<IgnoredAny>(text).err(),
        MediaType::Yaml => None,
    };
    let tree = match &json_error {
        None => parse(text, problems),
        // The tree is still worth reading; what YAML has to say about it is not.
        Some(_) => parse(text, &mut Problems::default()),
    };
    let broken_from = match &json_error {
        None => tree.broken_from,
        Some(error) => Some(report_json_error(error, problems)),
    };
    let Some(broken_from) = broken_from else {
        if tree.root.is_none() {
            problems.add(ProblemCode::WrongType, &start(""), "The document is empty.");
        }
        return read_template(&tree, problems);
    };
    let mut others = Problems::default();
    read_template(&tree, &mut others);
    problems.add_before(broken_from, others);
    None
}

fn report_json_error(error: &serde_json::Error, problems: &mut Problems) -> Position {
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let at = Position {
        line: small(error.line()),
        column: small(error.column()).max(1),
    };
    let detail = format!("This is not JSON: {}.", without_position(error));
    let pointer = String::new();
    problems.add(ProblemCode::SyntaxError, &Source { pointer, at }, detail);
    at
}

/// The first character of a document.
fn start(pointer: &str) -> Source {
    let at = Position { line: 1, column: 1 };
    Source {
        pointer: pointer.to_owned(),
        at,
    }
}

fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ")
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn position_after(valid: &[u8]) -> Position {
    let text = String::from_utf8_lossy(valid);
    let line = text.matches('\n').count() + 1;
    let column = text.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Position {
        line: small(line),
        column: small(column),
    }
}

/// Compares the parts with each other, counts, and draws.
fn draw(template: &Template, problems: &mut Problems) -> Drawn {
    report_too_many(template, problems);
    report_duplicate_sections(template, problems);
    let are_categories_known = report_unknown_categories(template, problems);
    let drawn = generate(template, problems);
    report_overlaps(&drawn, problems);
    report_lacks(template, &drawn, are_categories_known, problems);
    drawn
}

fn report_too_many(template: &Template, problems: &mut Problems) {
    let n_sections: u64 = template
        .sections
        .iter()
        .map(|section| section.keys.labels.len() as u64)
        .sum();
    let n_seats = template
        .sections
        .iter()
        .map(n_seats_of)
        .fold(0, u64::saturating_add);
    // The entry that goes beyond the limit is where to look first.
    let beyond = |count: fn(&SectionSpec) -> u64, max: u64| {
        let mut sum = 0_u64;
        template.sections.iter().find(|section| {
            sum = sum.saturating_add(count(section));
            sum > max
        })
    };
    if let Some(section) = beyond(|section| section.keys.labels.len() as u64, SECTIONS_MAX) {
        let detail = format!("The venue has {n_sections} sections; {SECTIONS_MAX} is the most.");
        problems.add(ProblemCode::TooManySections, &section.source, detail);
    }
    if let Some(section) = beyond(n_seats_of, SEATS_MAX) {
        let detail = format!(
            "The venue has {n_seats} seats, and passes the limit of {SEATS_MAX} with this section."
        );
        problems.add(ProblemCode::TooManySeats, &section.source, detail);
    }
}

fn report_duplicate_sections(template: &Template, problems: &mut Problems) {
    let mut known: HashSet<&str> = HashSet::new();
    for keys in template.sections.iter().map(|section| &section.keys) {
        let again: Vec<_> = keys
            .labels
            .iter()
            .filter(|key| !known.insert(key))
            .collect();
        if let [first, others @ ..] = &again[..] {
            let more = match others.len() {
                0 => String::new(),
                n => format!(", and so do {n} more keys of this entry"),
            };
            let detail = format!("The key `{first}` names a section already{more}.");
            problems.add(ProblemCode::DuplicateLabel, &keys.source, detail);
        }
    }
}

/// Whether every category that is named is known. While the key of one cannot be read, any name
/// may be meant by it.
fn report_unknown_categories(template: &Template, problems: &mut Problems) -> bool {
    let known: Vec<&str> = template
        .categories
        .iter()
        .filter_map(|known| known.key.as_deref())
        .collect();
    let mut uses = problems.take_category_uses();
    uses.retain(|(key, _)| !known.contains(&key.as_str()));
    if template.has_unread_categories {
        return uses.is_empty();
    }
    let names = known
        .iter()
        .map(|key| format!("`{key}`"))
        .collect::<Vec<_>>()
        .join(", ");
    for (key, source) in &uses {
        let written: String = key.chars().take(CATEGORY_KEY_LENGTH_MAX).collect();
        let detail = format!("There is no category `{written}`; there are {names}.");
        problems.add(ProblemCode::UnknownCategory, source, detail);
    }
    uses.is_empty()
}

/// What nothing has may be in a part that cannot be read, or be meant by a wrong name.
fn report_lacks(
    template: &Template,
    drawn: &Drawn,
    are_categories_known: bool,
    problems: &mut Problems,
) {
    let first = template.sections.first();
    let source = first.map_or_else(|| start("/sections"), |section| section.source.clone());
    let uses = &drawn.uses;
    if !uses.has_seats {
        let detail = "Every seat is absent; a venue has at least one.";
        problems.add(ProblemCode::NoSeats, &source, detail);
        return;
    }
    for category in template.categories.iter().filter(|_| are_categories_known) {
        if let Some(key) = &category.key
            && !uses.has_category(key)
        {
            let detail = format!("No seat has the category `{key}`.");
            problems.add(ProblemCode::UnusedCategory, &category.source, detail);
        }
    }
    if !uses.has_accessible {
        let detail = "No seat has the flag `accessible`; a house needs places for wheelchairs.";
        problems.add(ProblemCode::NoAccessibleSeats, &source, detail);
    }
}
