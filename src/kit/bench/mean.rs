//! A mean with its standard error, and whether it agrees with a number from elsewhere.
//!
//! The rule that is easy to break: where every run gives the same number there is no error, and then the
//! number must be met exactly.

/// What is known of a sample's mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mean {
    /// How many numbers.
    pub n: u32,
    /// Their mean.
    pub mean: f64,
    // The sum of squared distances from the mean (Welford 1962).
    squares: f64,
}

impl Mean {
    /// The mean of `sample`.
    pub fn of(sample: impl IntoIterator<Item = f64>) -> Self {
        let mut mean = Mean::default();
        sample.into_iter().for_each(|x| mean.add(x));
        mean
    }

    /// Takes another number in.
    pub fn add(&mut self, x: f64) {
        self.n += 1;
        let off = x - self.mean;
        self.mean += off / f64::from(self.n);
        self.squares += off * (x - self.mean);
    }

    /// The sum of the sample.
    pub fn sum(&self) -> f64 {
        self.mean * f64::from(self.n)
    }

    /// The standard error of the mean: the sample's standard deviation over the root of its size.
    pub fn error(&self) -> f64 {
        let n = f64::from(self.n);
        (self.squares / (n - 1.0).max(1.0) / n.max(1.0)).sqrt()
    }

    /// Whether `expected` is within three standard errors, but for rounding.
    pub fn agrees_with(&self, expected: f64) -> bool {
        let rounding = 1e-9 * expected.abs().max(1.0);
        self.n > 0 && (self.mean - expected).abs() <= 3.0 * self.error() + rounding
    }

    /// Panics unless `expected` is within three standard errors.
    #[track_caller]
    pub fn assert_agrees_with(&self, expected: f64) {
        assert!(
            self.agrees_with(expected),
            "{} +- {} of {} numbers, not {expected}",
            self.mean,
            self.error(),
            self.n
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2, 4, 4, 4, 5, 5, 7, 9: mean 5, squares 32, s = sqrt(32/7), error s/sqrt(8) = sqrt(4/7).
    #[test]
    fn a_sample_from_the_textbook() {
        let mean = Mean::of([9.0, 2.0, 4.0, 5.0, 4.0, 7.0, 4.0, 5.0]);
        assert!(mean.n == 8 && (mean.mean - 5.0).abs() < 1e-12 && (mean.sum() - 40.0).abs() < 1e-12);
        assert!((mean.error() - (4.0_f64 / 7.0).sqrt()).abs() < 1e-12);
        assert!(mean.agrees_with(5.0 + 2.99 * mean.error()));
        assert!(!mean.agrees_with(5.0 + 3.01 * mean.error()));
    }

    #[test]
    fn without_spread_only_the_very_number_will_do_and_without_numbers_none() {
        let mean = Mean::of([0.1 + 0.2; 50]);
        assert!(mean.agrees_with(0.3) && !mean.agrees_with(0.300_001));
        assert!(!Mean::default().agrees_with(0.0));
    }
}
