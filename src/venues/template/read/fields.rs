//! Values of the tree and the members of maps, with where they were written.

use std::rc::Rc;

use crate::venues::template::problems::{ProblemCode, Problems, Source, point_to};
use crate::venues::template::tree::{Content, Node};

/// A value and where it is. The same value may be in several places, through aliases.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) node: Rc<Node>,
    pub(super) source: Source,
}

/// What a scalar is, by YAML's core schema.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Null,
    Truth(bool),
    Integer(i64),
    Number(f64),
    Text(&'a str),
}

impl Spot {
    pub(super) fn root(node: Rc<Node>) -> Self {
        let source = Source {
            pointer: String::new(),
            at: node.at,
        };
        Self { node, source }
    }

    fn child(&self, step: &str, node: &Rc<Node>) -> Self {
        let pointer = point_to(&self.source.pointer, step);
        Self {
            node: node.clone(),
            source: Source {
                pointer,
                at: node.at,
            },
        }
    }

    pub(super) fn scalar(&self) -> Option<Scalar<'_>> {
        let Content::Scalar { text, is_plain } = &self.node.content else {
            return None;
        };
        if !is_plain {
            return Some(Scalar::Text(text));
        }
        Some(match text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
            "true" | "True" | "TRUE" => Scalar::Truth(true),
            "false" | "False" | "FALSE" => Scalar::Truth(false),
            text => number(text).unwrap_or(Scalar::Text(text)),
        })
    }

    /// A scalar as it was written, if it is text or a whole number: `101` is as good a key as `A`.
    pub(super) fn written(&self) -> Option<&str> {
        match (self.scalar()?, &self.node.content) {
            (Scalar::Text(_) | Scalar::Integer(_), Content::Scalar { text, .. }) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.node.content, Content::List(_))
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.node.content, Content::Map(_))
    }

    pub(super) fn items(&self) -> Option<Vec<Self>> {
        let Content::List(items) = &self.node.content else {
            return None;
        };
        let items = items.iter().enumerate();
        Some(
            items
                .map(|(index, node)| self.child(&index.to_string(), node))
                .collect(),
        )
    }

    fn noun(&self) -> &'static str {
        match self.scalar() {
            None if self.is_list() => "a list",
            None => "a map",
            Some(Scalar::Null) => "nothing",
            Some(Scalar::Truth(_)) => "true or false",
            Some(Scalar::Integer(_) | Scalar::Number(_)) => "a number",
            Some(Scalar::Text(_)) => "text",
        }
    }

    /// Says that another type of value is wanted.
    pub(super) fn wrong_type<T>(&self, wanted: &str, problems: &mut Problems) -> Option<T> {
        let detail = format!("This must be {wanted}, and is {}.", self.noun());
        problems.add(ProblemCode::WrongType, &self.source, detail);
        None
    }

    pub(super) fn wrong<T>(
        &self,
        code: ProblemCode,
        detail: impl Into<String>,
        problems: &mut Problems,
    ) -> Option<T> {
        problems.add(code, &self.source, detail);
        None
    }
}

fn number(text: &str) -> Option<Scalar<'static>> {
    let is_number = text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    if !is_number {
        return None;
    }
    if let Ok(integer) = text.parse() {
        return Some(Scalar::Integer(integer));
    }
    let number: f64 = text.parse().ok()?;
    Some(Scalar::Number(number))
}

/// The members of a map.
pub(super) struct Fields {
    pub(super) source: Source,
    members: Vec<(String, Spot)>,
    /// Keys that are probably there under a wrong name: what they say is not known.
    misspelt: Vec<&'static str>,
}

impl Fields {
    /// Opens a map; members with other keys than these are mistakes.
    pub(super) fn open(
        spot: &Spot,
        keys: &[&'static str],
        problems: &mut Problems,
    ) -> Option<Self> {
        let Content::Map(entries) = &spot.node.content else {
            return spot.wrong_type(&format!("a map with {}", list(keys)), problems);
        };
        let is_written = |key: &str| entries.iter().any(|entry| entry.key == key);
        let missing: Vec<_> = keys.iter().filter(|key| !is_written(key)).collect();
        let mut fields = Self {
            source: spot.source.clone(),
            members: Vec::new(),
            misspelt: Vec::new(),
        };
        for entry in entries {
            if keys.contains(&entry.key.as_str()) {
                let member = (entry.key.clone(), spot.child(&entry.key, &entry.value));
                fields.members.push(member);
                continue;
            }
            let meant = missing.iter().filter(|key| is_alike(key, &entry.key));
            fields.misspelt.extend(meant.copied());
            let pointer = point_to(&spot.source.pointer, &entry.key);
            let detail = format!("`{}` is no key here; there are {}.", entry.key, list(keys));
            let source = Source {
                pointer,
                at: entry.key_at,
            };
            problems.add(ProblemCode::UnknownKey, &source, detail);
        }
        Some(fields)
    }

    pub(super) fn spot(&self, key: &str) -> Option<&Spot> {
        self.members
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, spot)| spot)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.spot(key).is_some()
    }

    /// A member that must be there.
    pub(super) fn need<T>(
        &self,
        key: &str,
        problems: &mut Problems,
        read: impl Fn(&Spot, &mut Problems) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(key, problems, read)?;
        if value.is_none() {
            let detail = format!("`{key}` is missing.");
            problems.add(ProblemCode::MissingKey, &self.source, detail);
        }
        value
    }

    /// A member that may be absent: `Some(None)`. One that cannot be read is `None`, and so is one
    /// that stands twice: nobody knows which value is meant.
    pub(super) fn get<T>(
        &self,
        key: &str,
        problems: &mut Problems,
        read: impl Fn(&Spot, &mut Problems) -> Option<T>,
    ) -> Option<Option<T>> {
        let written = self.members.iter().filter(|(name, _)| name == key);
        let mut values: Vec<_> = written.map(|(_, spot)| read(spot, problems)).collect();
        match (values.pop(), values.is_empty()) {
            (None, _) => (!self.misspelt.contains(&key)).then_some(None),
            (Some(only), true) => only.map(Some),
            (Some(_), false) => None,
        }
    }

    pub(super) fn get_or<T>(
        &self,
        key: &str,
        otherwise: T,
        problems: &mut Problems,
        read: impl Fn(&Spot, &mut Problems) -> Option<T>,
    ) -> Option<T> {
        self.get(key, problems, read)
            .map(|value| value.unwrap_or(otherwise))
    }

    /// A member that otherwise is what it is further out, which may not be known.
    pub(super) fn get_or_inherit<T>(
        &self,
        key: &str,
        inherited: Option<T>,
        problems: &mut Problems,
        read: impl Fn(&Spot, &mut Problems) -> Option<T>,
    ) -> Option<T> {
        match self.get(key, problems, read)? {
            Some(value) => Some(value),
            None => inherited,
        }
    }

    /// Exactly one of these keys must be there.
    pub(super) fn one_of<'k>(&self, keys: &[&'k str], problems: &mut Problems) -> Option<&'k str> {
        let present: Vec<_> = keys.iter().copied().filter(|key| self.has(key)).collect();
        match present[..] {
            [only] => Some(only),
            [] if keys.iter().any(|key| self.misspelt.contains(key)) => None,
            [] => {
                let detail = format!("One of {} is missing.", list(keys));
                problems.add(ProblemCode::MissingKey, &self.source, detail);
                None
            }
            [first, second, ..] => {
                self.conflict(first, second, problems);
                None
            }
        }
    }

    /// Says that a key cannot stand beside another, if both are there.
    pub(super) fn conflict(&self, first: &str, second: &str, problems: &mut Problems) {
        if let (true, Some(spot)) = (self.has(first), self.spot(second)) {
            let detail =
                format!("`{second}` cannot stand beside `{first}`; leave one of them out.");
            problems.add(ProblemCode::ConflictingKeys, &spot.source, detail);
        }
    }
}

fn list(keys: &[&str]) -> String {
    keys.iter()
        .map(|key| format!("`{key}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Whether one key is the other with a slip of the hand or two.
fn is_alike(key: &str, written: &str) -> bool {
    let n_slips_max = if key.len() < 5 { 1 } else { 2 };
    if key.len().abs_diff(written.len()) > n_slips_max {
        return false;
    }
    let mut above: Vec<usize> = (0..=key.len()).collect();
    for (row, letter) in written.bytes().enumerate() {
        let mut line = vec![row + 1];
        for (column, wanted) in key.bytes().enumerate() {
            let replaced = above[column] + usize::from(letter != wanted);
            line.push(replaced.min(above[column + 1] + 1).min(line[column] + 1));
        }
        above = line;
    }
    above.last().is_some_and(|n_slips| *n_slips <= n_slips_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_again_behind_a_slip_of_the_hand() {
        for (key, written) in [("rotation", "rotaion"), ("seats", "saets"), ("to", "too")] {
            assert!(is_alike(key, written), "{key} {written}");
        }
        for (key, written) in [("rotation", "colour"), ("at", "x"), ("step", "seats")] {
            assert!(!is_alike(key, written), "{key} {written}");
        }
    }

    #[test]
    fn plain_scalars_are_what_yaml_says_they_are() {
        assert_eq!(number("12"), Some(Scalar::Integer(12)));
        assert_eq!(number("-0.5"), Some(Scalar::Number(-0.5)));
        assert_eq!(number("1e3"), Some(Scalar::Number(1000.0)));
        assert_eq!(number("1-20"), None);
        assert_eq!(number("A1"), None);
        assert_eq!(number("e"), None);
    }
}
