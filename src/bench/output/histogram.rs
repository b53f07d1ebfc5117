//! A histogram's counts in bars, the same for the page and for programs.

use hdrhistogram::Histogram;

/// Each bar ends this much later than the one before: four bars to a doubling.
const BARS_PER_DOUBLING: i32 = 4;

/// How many answers took longer than the bar before and at most `until_us`.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Bar {
    pub until_us: u64,
    pub n: u64,
}

/// From the fastest answer to the slowest; empty bars between them included.
pub fn bars(latencies: &Histogram<u64>) -> Vec<Bar> {
    let mut bars = Vec::new();
    // A cell that reaches beyond the end of a bar belongs to the next one, with all it counts.
    let mut cells = latencies.iter_recorded().peekable();
    let mut from = 0;
    for until_us in (0..).map(edge) {
        if until_us <= from {
            continue;
        }
        from = until_us;
        let mut n = 0;
        while let Some(cell) = cells.next_if(|cell| cell.value_iterated_to() <= until_us) {
            n += cell.count_at_value();
        }
        if n > 0 || !bars.is_empty() {
            bars.push(Bar { until_us, n });
        }
        if cells.peek().is_none() {
            break;
        }
    }
    bars
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 1 to a few times the slowest answer"
)]
fn edge(nth: i32) -> u64 {
    (f64::from(nth) / f64::from(BARS_PER_DOUBLING))
        .exp2()
        .round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(latencies: &[u64]) -> Histogram<u64> {
        let mut histogram = Histogram::new_with_bounds(1, 600_000_000, 3).unwrap();
        latencies
            .iter()
            .for_each(|us| histogram.record(*us).unwrap());
        histogram
    }

    #[test]
    fn every_answer_is_in_one_bar_and_bars_grow() {
        let latencies = [1, 2, 3, 900, 1_000, 1_000, 70_000, 600_000_000];

        let bars = bars(&histogram(&latencies));

        assert_eq!(bars.iter().map(|bar| bar.n).sum::<u64>(), 8);
        assert_eq!(bars[0], Bar { until_us: 1, n: 1 });
        assert!(bars.is_sorted_by_key(|bar| bar.until_us));
        assert!(bars.last().unwrap().until_us >= 600_000_000);
    }

    #[test]
    fn an_answer_in_a_cell_across_two_bars_is_in_one_of_them() {
        // 2,896 ends a bar, and counts as the same as 2,897.
        for latencies in [&[2_896][..], &[2_897], &[2_890, 2_896, 2_897, 2_900]] {
            let n: u64 = bars(&histogram(latencies)).iter().map(|bar| bar.n).sum();

            assert_eq!(usize::try_from(n), Ok(latencies.len()), "{latencies:?}");
        }
    }

    #[test]
    fn what_was_never_answered_has_no_bars() {
        assert_eq!(bars(&histogram(&[])), []);
    }
}
