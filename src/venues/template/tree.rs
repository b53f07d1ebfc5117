//! A document as a tree of values, each with its line and column.
//!
//! Reads YAML 1.2, of which JSON is a part. Aliases share the value that they name, so a document
//! cannot grow in memory; what it would grow to is counted against a limit all the same, because
//! readers of the tree visit a shared value once for each alias.

use std::collections::HashMap;
use std::rc::Rc;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use super::limits::{DEPTH_MAX, KEY_BYTES_MAX, NODES_MAX, VALUE_BYTES_MAX};
use super::problems::{Position, ProblemCode, Problems, Source, point_to};

#[derive(Debug)]
pub(super) struct Node {
    pub(super) at: Position,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    /// A plain scalar may be a number or a truth value; a quoted one is text.
    Scalar {
        text: String,
        is_plain: bool,
    },
    List(Vec<Rc<Node>>),
    Map(Vec<Entry>),
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_at: Position,
    pub(super) value: Rc<Node>,
}

/// What could be read. After a mistake in the syntax, everything before it is still there.
pub(super) struct Tree {
    pub(super) root: Option<Rc<Node>>,
    /// Where the value begins in which the document breaks off.
    pub(super) broken_from: Option<Position>,
}

pub(super) fn parse(text: &str, problems: &mut Problems) -> Tree {
    let mut builder = Builder {
        problems,
        open: Vec::new(),
        anchors: HashMap::new(),
        n_nodes: 0,
        n_documents: 0,
        root: None,
    };
    let mut broken_from = None;
    for event in Parser::new_from_str(text) {
        let step = match event {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => builder.refuse(&error),
        };
        if step.is_none() {
            let start = Position { line: 1, column: 1 };
            broken_from = Some(builder.open.last().map_or(start, |open| open.at));
            break;
        }
    }
    while let Some(open) = builder.open.pop() {
        builder.close(open);
    }
    Tree {
        root: builder.root,
        broken_from,
    }
}

/// A list or map whose end has not been seen.
struct Open {
    at: Position,
    anchor: usize,
    n_nodes_before: u64,
    content: Content,
    key: Option<(String, Position)>,
    /// The keys met so far and their lines.
    keys: HashMap<String, u32>,
}

struct Anchored {
    node: Rc<Node>,
    n_nodes: u64,
}

struct Builder<'p> {
    problems: &'p mut Problems,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    n_nodes: u64,
    n_documents: usize,
    root: Option<Rc<Node>>,
}

impl Builder<'_> {
    /// Takes the next event; `None` ends the reading.
    fn take(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let at = position(span);
        if event.tag().is_some() {
            return self.fail(
                ProblemCode::SyntaxError,
                at,
                "Tags (`!`) are not understood; leave it out.",
            );
        }
        match event {
            Event::DocumentStart(..) => {
                self.n_documents += 1;
                if self.n_documents > 1 {
                    let detail = "A template is one document; a second one starts here.";
                    return self.fail(ProblemCode::SyntaxError, at, detail);
                }
            }
            Event::Scalar(text, style, anchor, _) => {
                self.count(1, at)?;
                self.measure(&text, ("value", VALUE_BYTES_MAX), at)?;
                let content = Content::Scalar {
                    text: text.into_owned(),
                    is_plain: style == ScalarStyle::Plain,
                };
                self.put(Rc::new(Node { at, content }), anchor, 1)?;
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open(Content::List(Vec::new()), anchor, at)?;
            }
            Event::MappingStart(_, anchor, _) => self.open(Content::Map(Vec::new()), anchor, at)?,
            Event::SequenceEnd | Event::MappingEnd => {
                // Invariant: the parser closes only what it opened.
                let open = self.open.pop()?;
                self.close(open);
            }
            Event::Alias(anchor) => self.follow(anchor, at)?,
            _ => {}
        }
        Some(())
    }

    fn open(&mut self, content: Content, anchor: usize, at: Position) -> Option<()> {
        self.count(1, at)?;
        if self.open.len() >= DEPTH_MAX {
            let detail = format!("Lists and maps may nest {DEPTH_MAX} deep, not deeper.");
            return self.fail(ProblemCode::TooDeep, at, detail);
        }
        if self.open.last().is_some_and(Open::expects_key) {
            return self.fail(ProblemCode::SyntaxError, at, "A key must be text.");
        }
        let n_nodes_before = self.n_nodes - 1;
        let keys = HashMap::new();
        self.open.push(Open {
            at,
            anchor,
            n_nodes_before,
            content,
            key: None,
            keys,
        });
        Some(())
    }

    fn close(&mut self, open: Open) {
        let n_nodes = self.n_nodes - open.n_nodes_before;
        let node = Rc::new(Node {
            at: open.at,
            content: open.content,
        });
        self.put(node, open.anchor, n_nodes);
    }

    fn follow(&mut self, anchor: usize, at: Position) -> Option<()> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            let detail = "An alias cannot stand inside the value that it names.";
            return self.fail(ProblemCode::SyntaxError, at, detail);
        };
        let (node, n_nodes) = (anchored.node.clone(), anchored.n_nodes);
        self.count(n_nodes, at)?;
        self.put(node, 0, n_nodes)
    }

    /// Puts a finished value where it belongs.
    fn put(&mut self, node: Rc<Node>, anchor: usize, n_nodes: u64) -> Option<()> {
        if anchor > 0 {
            let node = node.clone();
            self.anchors.insert(anchor, Anchored { node, n_nodes });
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Some(());
        };
        match &mut open.content {
            Content::List(items) => items.push(node),
            Content::Map(entries) => match open.key.take() {
                Some((key, key_at)) => entries.push(Entry {
                    key,
                    key_at,
                    value: node,
                }),
                None => match &node.content {
                    Content::Scalar { text, .. } => self.note_key(text, node.at)?,
                    _ => {
                        return self.fail(ProblemCode::SyntaxError, node.at, "A key must be text.");
                    }
                },
            },
            Content::Scalar { .. } => {}
        }
        Some(())
    }

    fn note_key(&mut self, key: &str, at: Position) -> Option<()> {
        self.measure(key, ("key", KEY_BYTES_MAX), at)?;
        let open = self.open.last_mut()?;
        let first_line = open.keys.get(key).copied();
        open.keys.entry(key.to_owned()).or_insert(at.line);
        open.key = Some((key.to_owned(), at));
        if let Some(line) = first_line {
            let detail = format!("`{key}` was given on line {line} already; keep one of them.");
            let source = Source {
                pointer: self.pointer(),
                at,
            };
            self.problems
                .add(ProblemCode::DuplicateKey, &source, detail);
        }
        Some(())
    }

    fn measure(&mut self, text: &str, limit: (&str, usize), at: Position) -> Option<()> {
        let (noun, max) = limit;
        if text.len() <= max {
            return Some(());
        }
        let detail = format!("This {noun} has {} bytes; {max} is the most.", text.len());
        self.fail(ProblemCode::TooLarge, at, detail)
    }

    fn count(&mut self, n_nodes: u64, at: Position) -> Option<()> {
        self.n_nodes = self.n_nodes.saturating_add(n_nodes);
        if self.n_nodes <= NODES_MAX {
            return Some(());
        }
        let detail = format!("The document has more than {NODES_MAX} values, aliases followed.");
        self.fail(ProblemCode::TooLarge, at, detail)
    }

    fn refuse(&mut self, error: &ScanError) -> Option<()> {
        let marker = error.marker();
        let at = Position {
            line: small(marker.line()),
            column: small(marker.col()) + 1,
        };
        let detail = format!(
            "This cannot be read: {}.",
            error.info().trim_end_matches('.')
        );
        self.fail(ProblemCode::SyntaxError, at, detail)
    }

    fn fail(&mut self, code: ProblemCode, at: Position, detail: impl Into<String>) -> Option<()> {
        let source = Source {
            pointer: self.pointer(),
            at,
        };
        self.problems.add(code, &source, detail);
        None
    }

    /// Where the reading has come to.
    fn pointer(&self) -> String {
        self.open.iter().fold(String::new(), |pointer, open| {
            match (&open.content, &open.key) {
                (Content::List(items), _) => point_to(&pointer, &items.len().to_string()),
                (_, Some((key, _))) => point_to(&pointer, key),
                _ => pointer,
            }
        })
    }
}

impl Open {
    fn expects_key(&self) -> bool {
        matches!(self.content, Content::Map(_)) && self.key.is_none()
    }
}

fn position(span: Span) -> Position {
    Position {
        line: small(span.start.line()),
        column: small(span.start.col()) + 1,
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems_of(text: &str) -> Vec<(ProblemCode, String, u32, u32)> {
        let mut problems = Problems::default();
        parse(text, &mut problems);
        let list = problems.into_list().into_iter();
        list.map(|problem| (problem.code, problem.pointer, problem.line, problem.column))
            .collect()
    }

    #[test]
    fn every_value_knows_its_line_and_column() {
        let mut problems = Problems::default();

        let tree = parse("a: 1\nlist:\n  - x\n  - {b: 'two'}\n", &mut problems);

        let root = tree.root.unwrap();
        let Content::Map(entries) = &root.content else {
            panic!("a map")
        };
        let Content::List(items) = &entries[1].value.content else {
            panic!("a list")
        };
        let Content::Map(inner) = &items[1].content else {
            panic!("a map")
        };
        assert_eq!(entries[1].key_at, Position { line: 2, column: 1 });
        assert_eq!(inner[0].value.at, Position { line: 4, column: 9 });
        assert!(tree.broken_from.is_none() && problems.into_list().is_empty());
    }

    #[test]
    fn every_duplicate_key_is_found() {
        assert_eq!(
            problems_of("a: 1\na: 2\nb:\n  c: 1\n  c: 2\n"),
            [
                (ProblemCode::DuplicateKey, "/a".into(), 2, 1),
                (ProblemCode::DuplicateKey, "/b/c".into(), 5, 3),
            ]
        );
    }

    #[test]
    fn what_stands_before_a_syntax_error_is_kept() {
        let mut problems = Problems::default();

        let tree = parse("a: 1\nb: [1, 2\nc: }\n", &mut problems);

        let root = tree.root.unwrap();
        assert!(matches!(&root.content, Content::Map(entries) if entries[0].key == "a"));
        assert_eq!(tree.broken_from, Some(Position { line: 2, column: 4 }));
        assert_eq!(problems.into_list()[0].code, ProblemCode::SyntaxError);
    }

    #[test]
    fn aliases_that_multiply_are_counted_before_they_are_followed() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let items = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }

        let found = problems_of(&text);

        assert_eq!(found.len(), 1);
        assert_eq!((found[0].0, found[0].2), (ProblemCode::TooLarge, 5));
    }

    #[test]
    fn an_alias_inside_its_own_value_is_refused() {
        assert_eq!(
            problems_of("a: &a [*a]\n"),
            [(ProblemCode::SyntaxError, "/a/0".into(), 1, 8)]
        );
    }

    #[test]
    fn deep_nesting_is_refused_where_it_gets_too_deep() {
        let flow = format!("{}{}", "[".repeat(50), "]".repeat(50));
        let block: String = (0..50)
            .map(|depth| format!("{}a:\n", " ".repeat(depth)))
            .collect();

        assert_eq!(
            problems_of(&flow),
            [(ProblemCode::TooDeep, "/0".repeat(24), 1, 25)]
        );
        assert_eq!(
            problems_of(&block),
            [(ProblemCode::TooDeep, "/a".repeat(24), 25, 25)]
        );
    }
}
