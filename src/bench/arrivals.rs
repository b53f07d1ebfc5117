//! When callers arrive: fixed beforehand by a rate and a seed.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Spacing {
    /// Each caller comes without regard to the others: sometimes several at once.
    Poisson,
    /// One after the other, equally far apart.
    Even,
}

/// The times of arrival since the start of the run, in order.
#[derive(Debug)]
pub struct Arrivals {
    rng: StdRng,
    spacing: Spacing,
    seconds_between: f64,
    /// The last arrival, in seconds.
    last: f64,
    window: f64,
    n_left: u64,
}

impl Arrivals {
    /// `rate` a second for as long as `window`, at most `n_max` in all.
    pub fn new(rate: f64, spacing: Spacing, window: Duration, n_max: u64, seed: u64) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            spacing,
            seconds_between: 1.0 / rate,
            last: 0.0,
            window: window.as_secs_f64(),
            n_left: n_max,
        }
    }
}

impl Iterator for Arrivals {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let gap = match self.spacing {
            Spacing::Even => self.seconds_between,
            Spacing::Poisson => -(1.0 - self.rng.random::<f64>()).ln() * self.seconds_between,
        };
        let at = self.last + gap;
        if self.n_left == 0 || at > self.window {
            self.n_left = 0;
            return None;
        }
        self.n_left -= 1;
        self.last = at;
        Some(Duration::from_secs_f64(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(rate: f64, spacing: Spacing, n_max: u64, seed: u64) -> Vec<Duration> {
        Arrivals::new(rate, spacing, Duration::from_secs(10), n_max, seed).collect()
    }

    #[test]
    fn even_arrivals_are_equally_far_apart_and_end_with_the_window() {
        let all = arrivals(4.0, Spacing::Even, 1_000, 0);

        assert_eq!(all.len(), 40);
        assert_eq!(all[0], Duration::from_millis(250));
        assert_eq!(all[39], Duration::from_secs(10));
    }

    #[test]
    fn poisson_arrivals_have_the_rate_and_the_spread_of_their_kind() {
        let all = arrivals(2_000.0, Spacing::Poisson, 1_000_000, 7);
        let gaps: Vec<f64> = all
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).as_secs_f64() * 2_000.0)
            .collect();
        #[expect(clippy::cast_precision_loss, reason = "a few thousand gaps")]
        let mean = |of: &dyn Fn(&f64) -> f64| gaps.iter().map(of).sum::<f64>() / gaps.len() as f64;

        // Six standard deviations of a count of 20,000.
        assert!(all.len().abs_diff(20_000) < 850, "{}", all.len());
        assert!((mean(&|gap| *gap) - 1.0).abs() < 0.05);
        assert!((mean(&|gap| (gap - 1.0).powi(2)) - 1.0).abs() < 0.1);
        assert!(all.is_sorted());
    }

    #[test]
    fn the_seed_fixes_them_and_the_count_bounds_them() {
        let first = arrivals(100.0, Spacing::Poisson, 50, 1);

        assert_eq!(first.len(), 50);
        assert_eq!(first, arrivals(100.0, Spacing::Poisson, 50, 1));
        assert_ne!(first, arrivals(100.0, Spacing::Poisson, 50, 2));
    }
}
