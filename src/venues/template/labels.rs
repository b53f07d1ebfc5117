//! Labels of rows and tables and keys of sections, and the ranges that stand for many of them.
//!
//! `A-F`, `A-AC` (after Z come AA, AB), `AA-FF` (doubled letters: AA, BB, CC), `1-20`, `01-12`
//! (with the zeros), `N101-N112` (the same letters before a number).

use super::limits::{LABEL_LENGTH_MAX, LABELS_MAX};

/// Why a range stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RangeFault {
    NotALabel(String),
    Backwards,
    Mixed,
    TooMany(u64),
}

impl RangeFault {
    pub(super) fn detail(&self, text: &str) -> String {
        match self {
            Self::NotALabel(part) => format!(
                "`{part}` is not a label: 1 to {LABEL_LENGTH_MAX} capital letters A-Z and digits."
            ),
            Self::Backwards => format!("`{text}` runs backwards: put the lower end first."),
            Self::Mixed => {
                format!(
                    "`{text}` is not a range: both ends need the same form, as A-F, 1-20, N1-N9."
                )
            }
            Self::TooMany(n) => {
                format!("`{text}` stands for {n} labels; {LABELS_MAX} is the most.")
            }
        }
    }
}

pub(super) fn is_label(text: &str) -> bool {
    (1..=LABEL_LENGTH_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// The labels that a label or a range stands for.
pub(super) fn expand(text: &str) -> Result<Vec<String>, RangeFault> {
    let Some((first, last)) = text.split_once('-') else {
        return match is_label(text) {
            true => Ok(vec![text.to_owned()]),
            false => Err(RangeFault::NotALabel(text.to_owned())),
        };
    };
    let (first, last) = (first.trim(), last.trim());
    if let Some(wrong) = [first, last].into_iter().find(|end| !is_label(end)) {
        return Err(RangeFault::NotALabel(wrong.to_owned()));
    }
    if let (Some(from), Some(to)) = (doubled(first), doubled(last))
        && first.len() == last.len()
        && first.len() > 1
    {
        let width = first.len();
        return range(u64::from(from), u64::from(to), |letter| {
            char::from(u8::try_from(letter).unwrap_or(b'?'))
                .to_string()
                .repeat(width)
        });
    }
    let (first_letters, first_digits) = split(first);
    let (last_letters, last_digits) = split(last);
    match (first_digits.is_empty(), last_digits.is_empty()) {
        (true, true) => range(ordinal(first), ordinal(last), letters),
        (false, false) if first_letters == last_letters => {
            let width = if first_digits.len() == last_digits.len() {
                last_digits.len()
            } else {
                0
            };
            let number = |digits: &str| digits.parse::<u64>().map_err(|_| RangeFault::Mixed);
            range(number(first_digits)?, number(last_digits)?, |n| {
                format!("{first_letters}{n:0width$}")
            })
        }
        _ => Err(RangeFault::Mixed),
    }
}

fn range(from: u64, to: u64, label: impl Fn(u64) -> String) -> Result<Vec<String>, RangeFault> {
    if from > to {
        return Err(RangeFault::Backwards);
    }
    let n = (to - from).saturating_add(1);
    if n > LABELS_MAX {
        return Err(RangeFault::TooMany(n));
    }
    Ok((from..=to).map(label).collect())
}

/// The letter of a label that is one letter, once or repeated.
fn doubled(label: &str) -> Option<u8> {
    let letter = *label.as_bytes().first()?;
    let is_doubled = letter.is_ascii_uppercase() && label.bytes().all(|byte| byte == letter);
    is_doubled.then_some(letter)
}

/// A label as letters and the digits that end it.
fn split(label: &str) -> (&str, &str) {
    let letters = label.trim_end_matches(|c: char| c.is_ascii_digit());
    label.split_at(letters.len())
}

/// A is 1, Z is 26, AA is 27.
fn ordinal(letters: &str) -> u64 {
    letters.bytes().fold(0, |ordinal: u64, letter| {
        ordinal
            .saturating_mul(26)
            .saturating_add(u64::from(letter - b'A') + 1)
    })
}

fn letters(mut ordinal: u64) -> String {
    let mut reversed = Vec::new();
    while ordinal > 0 {
        let digit = (ordinal - 1) % 26;
        reversed.push(b'A' + u8::try_from(digit).unwrap_or_default());
        ordinal = (ordinal - 1) / 26;
    }
    reversed.iter().rev().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn joined(text: &str) -> String {
        expand(text).unwrap().join(" ")
    }

    #[test]
    fn ranges_stand_for_what_a_person_means() {
        assert_eq!(joined("C"), "C");
        assert_eq!(joined("A-D"), "A B C D");
        assert_eq!(joined("Y-AB"), "Y Z AA AB");
        assert_eq!(joined("AA-DD"), "AA BB CC DD");
        assert_eq!(joined("8-11"), "8 9 10 11");
        assert_eq!(joined("08-11"), "08 09 10 11");
        assert_eq!(joined("N99-N101"), "N99 N100 N101");
    }

    #[test]
    fn impossible_ranges_are_refused_before_anything_is_made() {
        assert_eq!(expand("D-A"), Err(RangeFault::Backwards));
        assert_eq!(expand("A-9"), Err(RangeFault::Mixed));
        assert_eq!(expand("N1-S4"), Err(RangeFault::Mixed));
        assert_eq!(expand("a-d"), Err(RangeFault::NotALabel("a".into())));
        assert_eq!(expand("A-"), Err(RangeFault::NotALabel(String::new())));
        assert_eq!(
            expand("1-999999999999"),
            Err(RangeFault::TooMany(999_999_999_999))
        );
        assert!(matches!(
            expand("A-ZZZZZZZZZZZY"),
            Err(RangeFault::TooMany(_))
        ));
    }

    proptest! {
        #[test]
        fn letters_and_ordinals_are_inverse(n in 1_u64..1_000_000) {
            prop_assert_eq!(ordinal(&letters(n)), n);
        }

        #[test]
        fn a_range_of_numbers_has_as_many_labels_as_it_says(
            from in 1_u64..5000, n in 1_u64..=LABELS_MAX,
        ) {
            let labels = expand(&format!("R{from}-R{}", from + n - 1)).unwrap();

            prop_assert_eq!(labels.len() as u64, n);
            prop_assert!(labels.iter().all(|label| is_label(label)));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,30}") {
            let _ = expand(&text);
        }
    }
}
