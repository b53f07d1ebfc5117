//! Seat numbers of a row: from, to, odd or even, in which direction, and which are left out.

use std::rc::Rc;

use super::limits::NUMBER_MAX;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Parity {
    #[default]
    All,
    Odd,
    Even,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    #[default]
    LeftToRight,
    RightToLeft,
    /// Odd numbers from the middle to the left, even ones from the middle to the right.
    CentreOut,
}

/// A set of numbers, as ranges that include both ends: in order, and with room between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NumberSet(Rc<[(u32, u32)]>);

impl NumberSet {
    /// The set of these ranges, whatever their order, overlapping or not.
    pub(super) fn new(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (from, to) in ranges {
            match merged.last_mut() {
                Some((_, end)) if from <= end.saturating_add(1) => *end = to.max(*end),
                _ => merged.push((from, to)),
            }
        }
        Self(merged.into())
    }

    pub(super) fn contains(&self, number: u32) -> bool {
        let ranges = self.ranges_from(number);
        ranges.first().is_some_and(|(from, _)| *from <= number)
    }

    /// The ranges that do not end before a number.
    fn ranges_from(&self, number: u32) -> &[(u32, u32)] {
        let n_before = self.0.partition_point(|(_, end)| *end < number);
        &self.0[n_before..]
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Numbering {
    pub(super) from: u32,
    pub(super) to: Option<u32>,
    pub(super) parity: Parity,
    /// `None` if it is written and cannot be read; how many numbers there are is known even so.
    pub(super) order: Option<Order>,
    pub(super) skip: NumberSet,
}

impl Default for Numbering {
    fn default() -> Self {
        Self {
            from: 1,
            to: None,
            parity: Parity::All,
            order: Some(Order::LeftToRight),
            skip: NumberSet::default(),
        }
    }
}

impl Numbering {
    /// How many numbers there are up to `to`, if that was given; counts no further than `n_max`.
    pub(super) fn n_numbers(&self, n_max: usize) -> Option<usize> {
        let to = self.to?;
        let numbers = self.ascending(self.parity, self.from);
        Some(
            numbers
                .take_while(|number| *number <= to)
                .take(n_max)
                .count(),
        )
    }

    /// Whether there are numbers for so many seats.
    pub(super) fn reaches(&self, n: usize) -> bool {
        self.order.is_none() || self.number(n).is_some()
    }

    /// The numbers of a row of `n` seats from left to right; `None` when they run out.
    pub(super) fn number(&self, n: usize) -> Option<Vec<u32>> {
        let numbers: Vec<u32> = match self.order? {
            Order::LeftToRight => self.ascending(self.parity, self.from).take(n).collect(),
            Order::RightToLeft => {
                let mut numbers: Vec<_> = self.ascending(self.parity, self.from).take(n).collect();
                numbers.reverse();
                numbers
            }
            Order::CentreOut => {
                let n_left = n.div_ceil(2);
                let mut numbers: Vec<_> = self
                    .ascending(Parity::Odd, self.from)
                    .take(n_left)
                    .collect();
                numbers.reverse();
                numbers.extend(self.ascending(Parity::Even, self.from).take(n - n_left));
                numbers
            }
        };
        (numbers.len() == n).then_some(numbers)
    }

    /// Numbers of a parity from `from` up, without those left out.
    fn ascending(&self, parity: Parity, from: u32) -> impl Iterator<Item = u32> {
        let mut next = from;
        let mut left_out = self.skip.ranges_from(from);
        std::iter::from_fn(move || {
            // A range that is left out is jumped over, not walked through.
            loop {
                let is_wanted = match parity {
                    Parity::All => true,
                    Parity::Odd => next % 2 == 1,
                    Parity::Even => next.is_multiple_of(2),
                };
                if let Some((_, end)) = left_out.first().filter(|(first, _)| *first <= next) {
                    next = end.saturating_add(1);
                    left_out = &left_out[1..];
                } else if is_wanted {
                    break;
                } else {
                    next += 1;
                }
            }
            let number = next;
            next = next.saturating_add(1);
            (number <= NUMBER_MAX).then_some(number)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_follow_parity_direction_and_what_is_left_out() {
        let odd = Numbering {
            parity: Parity::Odd,
            ..Numbering::default()
        };
        let even_leftwards = Numbering {
            parity: Parity::Even,
            order: Some(Order::RightToLeft),
            ..Numbering::default()
        };
        let without_13 = Numbering {
            from: 11,
            skip: NumberSet::new(vec![(13, 13), (15, 16)]),
            ..Numbering::default()
        };
        let centre_out = Numbering {
            order: Some(Order::CentreOut),
            ..Numbering::default()
        };

        assert_eq!(odd.number(4), Some(vec![1, 3, 5, 7]));
        assert_eq!(even_leftwards.number(3), Some(vec![6, 4, 2]));
        assert_eq!(without_13.number(5), Some(vec![11, 12, 14, 17, 18]));
        assert_eq!(centre_out.number(5), Some(vec![5, 3, 1, 2, 4]));
    }

    #[test]
    fn numbers_up_to_an_end_are_counted() {
        let odd_to_20 = Numbering {
            to: Some(20),
            parity: Parity::Odd,
            ..Numbering::default()
        };
        let backwards = Numbering {
            from: 9,
            to: Some(3),
            ..Numbering::default()
        };
        let endless = Numbering {
            to: Some(NUMBER_MAX),
            ..Numbering::default()
        };

        assert_eq!(odd_to_20.n_numbers(500), Some(10));
        assert_eq!(backwards.n_numbers(500), Some(0));
        assert_eq!(endless.n_numbers(500), Some(500));
        assert_eq!(Numbering::default().n_numbers(500), None);
    }

    #[test]
    fn numbers_that_run_out_are_none() {
        let last = Numbering {
            from: NUMBER_MAX,
            ..Numbering::default()
        };

        assert_eq!(last.number(1), Some(vec![NUMBER_MAX]));
        assert_eq!(last.number(2), None);
    }

    #[test]
    fn ranges_are_put_in_order_and_joined() {
        let set = NumberSet::new(vec![(9, 9), (3, 5), (1, 2), (4, 4), (12, 20), (13, 13)]);

        assert_eq!(*set.0, [(1, 5), (9, 9), (12, 20)]);
    }

    proptest! {
        #[test]
        fn a_set_holds_the_numbers_of_its_ranges_and_a_row_the_others(
            ranges in prop::collection::vec((1_u32..60, 0_u32..6), 0..12), from in 1_u32..60,
        ) {
            let ranges: Vec<_> = ranges.iter().map(|(from, n)| (*from, from + n)).collect();
            let is_left_out =
                |number: &u32| ranges.iter().any(|(from, to)| (from..=to).contains(&number));
            let skip = NumberSet::new(ranges.clone());
            let numbering = Numbering { from, skip: skip.clone(), ..Numbering::default() };

            let wanted = (from..).filter(|number| !is_left_out(number)).take(20);

            prop_assert!((0..80).all(|number| skip.contains(number) == is_left_out(&number)));
            prop_assert_eq!(numbering.number(20), Some(wanted.collect()));
        }

        #[test]
        fn numbers_of_a_row_are_unique(
            from in 1_u32..2000, n in 0_usize..300, order in 0..3, skip in 1_u32..50,
        ) {
            let order = [Order::LeftToRight, Order::RightToLeft, Order::CentreOut][order as usize];
            let skip = NumberSet::new(vec![(skip, skip + 3)]);
            let numbering = Numbering { from, order: Some(order), skip, ..Numbering::default() };

            let mut numbers = numbering.number(n).unwrap();
            numbers.sort_unstable();
            numbers.dedup();

            prop_assert_eq!(numbers.len(), n);
        }
    }
}
