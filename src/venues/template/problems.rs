//! What is wrong with a template: a closed list of codes, and where in the document it is.

use serde::{Deserialize, Serialize};

use super::limits::{LABELS_IN_ALL_MAX, PROBLEMS_MAX};

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The template is refused.
    Error,
    /// Worth a look; the template is accepted.
    Warning,
}

macro_rules! problem_codes {
    ($($variant:ident $code:literal $severity:ident;)+) => {
        /// What is wrong, for programs. A code is never renamed.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum ProblemCode {
            $($variant,)+
        }

        impl ProblemCode {
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }
        }
    };
}

problem_codes! {
    SyntaxError "syntax_error" Error;
    TooDeep "too_deep" Error;
    TooLarge "too_large" Error;
    DuplicateKey "duplicate_key" Error;
    UnknownKey "unknown_key" Error;
    MissingKey "missing_key" Error;
    ConflictingKeys "conflicting_keys" Error;
    WrongType "wrong_type" Error;
    WrongValue "wrong_value" Error;
    OutOfRange "out_of_range" Error;
    UnsupportedVersion "unsupported_version" Error;
    ImpossibleRange "impossible_range" Error;
    CountMismatch "count_mismatch" Error;
    DuplicateLabel "duplicate_label" Error;
    UnknownCategory "unknown_category" Error;
    UnknownSeats "unknown_seats" Error;
    TooManySections "too_many_sections" Error;
    TooManyRows "too_many_rows" Error;
    TooManySeats "too_many_seats" Error;
    OverlappingSeats "overlapping_seats" Error;
    NoSeats "no_seats" Error;
    TooManyProblems "too_many_problems" Error;
    UnusedCategory "unused_category" Warning;
    SameColour "same_colour" Warning;
    CrowdedArea "crowded_area" Warning;
    NoAccessibleSeats "no_accessible_seats" Warning;
}

/// One mistake in a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TemplateProblem {
    pub severity: Severity,
    pub code: ProblemCode,
    /// JSON pointer (RFC 6901) to the value that is wrong.
    #[schema(examples("/sections/2/rows/0/labels"))]
    pub pointer: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// What is wrong, and what would be right.
    pub detail: String,
}

/// A place in the text of a document; both numbers count from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Where something in a template was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) pointer: String,
    pub(super) at: Position,
}

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    list: Vec<TemplateProblem>,
    /// Listed or left out.
    n_errors: usize,
    n_left_out: usize,
    category_uses: Vec<(String, Source)>,
    n_labels: u64,
}

impl Problems {
    pub(super) fn add(&mut self, code: ProblemCode, source: &Source, detail: impl Into<String>) {
        let severity = code.severity();
        self.n_errors += usize::from(severity == Severity::Error);
        if self.list.len() >= PROBLEMS_MAX {
            self.n_left_out += 1;
            if severity == Severity::Warning || !self.drop_warning() {
                return;
            }
        }
        self.list.push(TemplateProblem {
            severity,
            code,
            pointer: source.pointer.clone(),
            line: source.at.line,
            column: source.at.column,
            detail: detail.into(),
        });
    }

    /// Makes room for an error; false where there is no warning to leave out instead.
    fn drop_warning(&mut self) -> bool {
        if self.n_errors > PROBLEMS_MAX {
            return false;
        }
        let mut list = self.list.iter();
        let last = list.rposition(|problem| problem.severity == Severity::Warning);
        last.map(|at| self.list.remove(at)).is_some()
    }

    /// Notes that a category was named, to be compared with those that exist: also where the
    /// part that named it could not be read for another reason.
    pub(super) fn note_category(&mut self, key: &str, source: &Source) {
        self.category_uses.push((key.to_owned(), source.clone()));
    }

    pub(super) fn take_category_uses(&mut self) -> Vec<(String, Source)> {
        std::mem::take(&mut self.category_uses)
    }

    /// Counts labels that a list or range stands for; false as soon as the document has too many.
    pub(super) fn count_labels(&mut self, n: usize, source: &Source) -> bool {
        let had_room = self.n_labels <= LABELS_IN_ALL_MAX;
        self.n_labels = self.n_labels.saturating_add(n as u64);
        let has_room = self.n_labels <= LABELS_IN_ALL_MAX;
        if had_room && !has_room {
            let detail = format!(
                "The lists and ranges of the document stand for more than {LABELS_IN_ALL_MAX} \
                 labels; those from here on are not read."
            );
            self.add(ProblemCode::ImpossibleRange, source, detail);
        }
        has_room
    }

    pub(super) fn has_errors(&self) -> bool {
        self.n_errors > 0
    }

    /// Takes over the mistakes of a document that breaks off, without those that its missing end
    /// may have caused: what begins there is not whole, and what seems to be missing may follow.
    pub(super) fn add_before(&mut self, broken_from: Position, others: Self) {
        let certain = others.list.into_iter().filter(|problem| {
            let is_before = (problem.line, problem.column) < (broken_from.line, broken_from.column);
            let needs_the_whole = matches!(
                problem.code,
                ProblemCode::MissingKey | ProblemCode::CountMismatch | ProblemCode::UnknownSeats
            );
            is_before && !needs_the_whole
        });
        for problem in certain {
            self.n_errors += usize::from(problem.severity == Severity::Error);
            self.list.push(problem);
        }
    }

    /// All of them, in the order of the document.
    pub(super) fn into_list(mut self) -> Vec<TemplateProblem> {
        self.list
            .sort_by_key(|problem| (problem.line, problem.column));
        if self.n_left_out > 0 {
            let detail = format!("{} more mistakes are not listed.", self.n_left_out);
            let severity = match self.has_errors() {
                true => Severity::Error,
                false => Severity::Warning,
            };
            self.list.truncate(PROBLEMS_MAX);
            self.list.push(TemplateProblem {
                severity,
                code: ProblemCode::TooManyProblems,
                pointer: String::new(),
                line: 1,
                column: 1,
                detail,
            });
        }
        self.list
    }
}

/// A JSON pointer one step further.
pub(super) fn point_to(parent: &str, step: &str) -> String {
    format!("{parent}/{}", step.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_as_they_are_named() {
        for code in ProblemCode::ALL {
            assert_eq!(serde_json::json!(code), code.as_str());
        }
    }
}
