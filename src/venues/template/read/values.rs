//! Single values: names, labels, numbers, lengths, words.

use std::collections::HashSet;
use std::fmt::Display;

use super::fields::{Scalar, Spot};
use crate::venues::model::SeatFlag;
use crate::venues::template::frame::Place;
use crate::venues::template::labels;
use crate::venues::template::limits::{
    CATEGORY_KEY_LENGTH_MAX, COORDINATE_MAX, LABEL_LENGTH_MAX, LABELS_MAX, NAME_LENGTH_MAX,
    NUMBER_MAX, NUMBERS_MAX,
};
use crate::venues::template::numbering::NumberSet;
use crate::venues::template::problems::{ProblemCode, Problems};
use crate::venues::template::spec::LabelUse;

pub(super) fn name(spot: &Spot, problems: &mut Problems) -> Option<String> {
    let Some(text) = spot.written() else {
        return spot.wrong_type("text", problems);
    };
    let name = text.trim();
    let n_characters = name.chars().count();
    if !(1..=NAME_LENGTH_MAX).contains(&n_characters) || name.chars().any(char::is_control) {
        let detail = format!("A name has 1 to {NAME_LENGTH_MAX} characters on one line.");
        return spot.wrong(ProblemCode::WrongValue, detail, problems);
    }
    Some(name.to_owned())
}

/// The key of a category: lower case, so that it cannot be taken for a label.
pub(super) fn category_key(spot: &Spot, problems: &mut Problems) -> Option<String> {
    let Some(text) = spot.written() else {
        return spot.wrong_type("text", problems);
    };
    let is_key = (1..=CATEGORY_KEY_LENGTH_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
    if !is_key {
        let detail =
            format!("`{text}` is not a key: 1 to {CATEGORY_KEY_LENGTH_MAX} of a-z, 0-9, `-`, `_`.");
        return spot.wrong(ProblemCode::WrongValue, detail, problems);
    }
    Some(text.to_owned())
}

/// The key of a category, which need not exist.
pub(super) fn category_use(spot: &Spot, problems: &mut Problems) -> Option<String> {
    let Some(text) = spot.written() else {
        return spot.wrong_type("the key of a category", problems);
    };
    // Every seat has a copy. One character too many tells a key from all that there are.
    let key: String = text.chars().take(CATEGORY_KEY_LENGTH_MAX + 1).collect();
    problems.note_category(&key, &spot.source);
    Some(key)
}

pub(super) fn label(spot: &Spot, problems: &mut Problems) -> Option<String> {
    let Some(text) = spot.written() else {
        return spot.wrong_type("text", problems);
    };
    if !labels::is_label(text) {
        let detail = format!(
            "`{text}` is not a key: 1 to {LABEL_LENGTH_MAX} capital letters A-Z and digits."
        );
        return spot.wrong(ProblemCode::WrongValue, detail, problems);
    }
    Some(text.to_owned())
}

/// A label, a range of labels, or a list of both; each label once.
pub(super) fn label_list(spot: &Spot, problems: &mut Problems) -> Option<LabelUse> {
    let mut found = LabelUse::none_yet(&spot.source);
    let mut known = HashSet::new();
    for item in spot.items().unwrap_or_else(|| vec![spot.clone()]) {
        let Some(labels) = label_range(&item, problems) else {
            found.is_whole = false;
            continue;
        };
        if known.len() as u64 > LABELS_MAX {
            continue;
        }
        let (new, again): (Vec<_>, Vec<_>) = labels
            .into_iter()
            .partition(|label| known.insert(label.clone()));
        if let [first, others @ ..] = &again[..] {
            let more = match others.len() {
                0 => String::new(),
                n => format!(", and so are {n} more"),
            };
            let detail = format!("`{first}` is listed twice{more}; each label may stand once.");
            problems.add(ProblemCode::DuplicateLabel, &item.source, detail);
            found.is_whole = false;
        }
        if found.is_whole {
            found.n_in_order += new.len();
        }
        found.labels.extend(new);
    }
    if known.len() as u64 > LABELS_MAX {
        let detail = format!(
            "This makes at least {} labels; {LABELS_MAX} is the most.",
            known.len()
        );
        problems.add(ProblemCode::ImpossibleRange, &spot.source, detail);
        found.is_whole = false;
    }
    if found.labels.is_empty() && found.is_whole {
        let detail = "The list is empty; name at least one label.";
        return spot.wrong(ProblemCode::WrongValue, detail, problems);
    }
    Some(found)
}

fn label_range(spot: &Spot, problems: &mut Problems) -> Option<Vec<String>> {
    let Some(text) = spot.written() else {
        return spot.wrong_type("a label such as A or 12, or a range such as A-F", problems);
    };
    // What is beyond the limit must not be made, not even to be thrown away.
    if !problems.count_labels(0, &spot.source) {
        return None;
    }
    match labels::expand(text) {
        Ok(labels) => problems
            .count_labels(labels.len(), &spot.source)
            .then_some(labels),
        Err(fault) => {
            let code = match fault {
                labels::RangeFault::NotALabel(_) => ProblemCode::WrongValue,
                _ => ProblemCode::ImpossibleRange,
            };
            spot.wrong(code, fault.detail(text), problems)
        }
    }
}

/// A seat number, a range, or a list of both.
pub(super) fn number_set(spot: &Spot, problems: &mut Problems) -> Option<NumberSet> {
    let ranges = if spot.is_list() {
        list(spot, NUMBERS_MAX, problems, number_range)?
    } else {
        vec![number_range(spot, problems)?]
    };
    Some(NumberSet::new(ranges))
}

fn number_range(spot: &Spot, problems: &mut Problems) -> Option<(u32, u32)> {
    const WANTED: &str = "a number such as 12, or a range such as 1-8";
    let Some(text) = spot.written() else {
        return spot.wrong_type(WANTED, problems);
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |part: &str| {
        let number: Option<u32> = part.trim().parse().ok();
        number.filter(|number| (1..=NUMBER_MAX).contains(number))
    };
    let (Some(from), Some(to)) = (number(first), number(last)) else {
        let detail = format!("`{text}` must be {WANTED}, from 1 to {NUMBER_MAX}.");
        return spot.wrong(ProblemCode::WrongValue, detail, problems);
    };
    if from > to {
        let detail = format!("`{text}` runs backwards: put the lower end first.");
        return spot.wrong(ProblemCode::ImpossibleRange, detail, problems);
    }
    Some((from, to))
}

/// A whole number within limits.
pub(super) fn integer(min: u64, max: u64) -> impl Fn(&Spot, &mut Problems) -> Option<u64> {
    move |spot, problems| match spot.scalar() {
        Some(Scalar::Integer(number)) => match u64::try_from(number) {
            Ok(number) if (min..=max).contains(&number) => Some(number),
            _ => out_of_range(spot, (min, max), "", problems),
        },
        Some(Scalar::Number(number)) if number.abs() > 1e15 => {
            out_of_range(spot, (min, max), "", problems)
        }
        _ => spot.wrong_type("a whole number", problems),
    }
}

/// A length within limits.
pub(super) fn metres(min: f64, max: f64) -> impl Fn(&Spot, &mut Problems) -> Option<f64> {
    move |spot, problems| number_within(spot, (min, max), " metres", problems)
}

pub(super) fn coordinate(spot: &Spot, problems: &mut Problems) -> Option<f64> {
    number_within(spot, (-COORDINATE_MAX, COORDINATE_MAX), " metres", problems)
}

pub(super) fn degrees(spot: &Spot, problems: &mut Problems) -> Option<f64> {
    number_within(spot, (-360.0, 360.0), " degrees", problems)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "geometry; whole numbers here are small"
)]
fn number_within(
    spot: &Spot,
    (min, max): (f64, f64),
    unit: &str,
    problems: &mut Problems,
) -> Option<f64> {
    let number = match spot.scalar() {
        Some(Scalar::Integer(number)) => number as f64,
        Some(Scalar::Number(number)) => number,
        _ => return spot.wrong_type("a number", problems),
    };
    if (min..=max).contains(&number) {
        return Some(number);
    }
    out_of_range(spot, (min, max), unit, problems)
}

fn out_of_range<T>(
    spot: &Spot,
    (min, max): (impl Display, impl Display),
    unit: &str,
    problems: &mut Problems,
) -> Option<T> {
    let written: String = spot
        .written()
        .unwrap_or("this number")
        .chars()
        .take(30)
        .collect();
    let detail = format!("{written} is out of range: from {min} to {max}{unit}.");
    spot.wrong(ProblemCode::OutOfRange, detail, problems)
}

/// A place or a size: two numbers.
pub(super) fn pair(spot: &Spot, problems: &mut Problems) -> Option<Place> {
    pair_of(coordinate)(spot, problems)
}

pub(super) fn size(spot: &Spot, problems: &mut Problems) -> Option<Place> {
    pair_of(metres(0.1, COORDINATE_MAX))(spot, problems)
}

fn pair_of(
    read: impl Fn(&Spot, &mut Problems) -> Option<f64>,
) -> impl Fn(&Spot, &mut Problems) -> Option<Place> {
    move |spot, problems| match spot.items().as_deref() {
        Some([first, second]) => {
            let (first, second) = (read(first, problems), read(second, problems));
            Some(Place::new(first?, second?))
        }
        others => {
            for item in others.unwrap_or_default() {
                read(item, problems);
            }
            spot.wrong_type("a list of two numbers", problems)
        }
    }
}

pub(super) fn truth(spot: &Spot, problems: &mut Problems) -> Option<bool> {
    match spot.scalar() {
        Some(Scalar::Truth(truth)) => Some(truth),
        _ => spot.wrong_type("true or false", problems),
    }
}

/// One of a few words.
pub(super) fn word<T: Copy>(
    words: &[(&'static str, T)],
) -> impl Fn(&Spot, &mut Problems) -> Option<T> {
    move |spot, problems| {
        let names: Vec<_> = words.iter().map(|(name, _)| format!("`{name}`")).collect();
        let wanted = format!("one of {}", names.join(", "));
        let Some(text) = spot.written() else {
            return spot.wrong_type(&wanted, problems);
        };
        let known = words.iter().find(|(name, _)| *name == text);
        if known.is_none() {
            let detail = format!("`{text}` must be {wanted}.");
            problems.add(ProblemCode::WrongValue, &spot.source, detail);
        }
        known.map(|(_, value)| *value)
    }
}

pub(super) fn flags(spot: &Spot, problems: &mut Problems) -> Option<Vec<SeatFlag>> {
    let read = word(&[
        ("accessible", SeatFlag::Accessible),
        ("companion", SeatFlag::Companion),
        ("restricted_view", SeatFlag::RestrictedView),
    ]);
    list(spot, 3, problems, read)
}

/// A list with all its items; `None` if one of them is wrong.
pub(super) fn list<T>(
    spot: &Spot,
    n_max: usize,
    problems: &mut Problems,
    read: impl Fn(&Spot, &mut Problems) -> Option<T>,
) -> Option<Vec<T>> {
    each(spot, n_max, problems, read)?.into_iter().collect()
}

/// The items of a list, with `None` for each that is wrong. What a list has too much is looked at
/// for mistakes, and not kept.
pub(super) fn each<T>(
    spot: &Spot,
    n_max: usize,
    problems: &mut Problems,
    read: impl Fn(&Spot, &mut Problems) -> Option<T>,
) -> Option<Vec<Option<T>>> {
    let Some(items) = spot.items() else {
        return spot.wrong_type("a list", problems);
    };
    if items.is_empty() {
        let detail = "The list is empty; it needs at least one item.";
        return spot.wrong(ProblemCode::WrongValue, detail, problems);
    }
    if items.len() > n_max {
        let detail = format!("The list has {} items; {n_max} is the most.", items.len());
        problems.add(ProblemCode::OutOfRange, &spot.source, detail);
    }
    let mut found = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let value = read(item, problems);
        if index < n_max {
            found.push(value);
        }
    }
    if items.len() > n_max {
        found.push(None);
    }
    Some(found)
}
