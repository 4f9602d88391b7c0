//! Mean, standard error and percentiles of a handful of numbers.
//!
//! The rule that is easy to break: the tool and the page say the same of the same numbers, so there is one
//! place where they are added up, in the order in which they were drawn or sorted.

/// What is said of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many numbers there are.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// The standard error of the mean: the sample's standard deviation over the root of `n`; none
    /// of a single number.
    pub standard_error: Option<f64>,
    /// The 50th percentile (nearest rank).
    pub p50: f64,
    /// The 90th.
    pub p90: f64,
    /// The 99th.
    pub p99: f64,
}

/// The smallest number that at least `percent` of the sorted sample do not exceed (nearest rank).
pub fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank.min(sorted.len()) - 1]
}

/// The summary of `sample`; nothing of an empty one.
pub fn summary(mut sample: Vec<f64>) -> Option<Summary> {
    let n = sample.len();
    if n == 0 {
        return None;
    }
    sample.sort_by(f64::total_cmp);
    let mean = sample.iter().sum::<f64>() / n as f64;
    let squares: f64 = sample.iter().map(|x| (x - mean) * (x - mean)).sum();
    let error = || libm::sqrt(squares / (n - 1) as f64) / libm::sqrt(n as f64);
    Some(Summary {
        n,
        mean,
        standard_error: (n > 1).then(error),
        p50: percentile(&sample, 50),
        p90: percentile(&sample, 90),
        p99: percentile(&sample, 99),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2, 4, 4, 4, 5, 5, 7, 9: mean 5, squares 32, s = sqrt(32/7), error s/sqrt(8) = 0.7559.
    #[test]
    fn a_sample_from_the_textbook() {
        let s = summary(vec![9.0, 2.0, 4.0, 5.0, 4.0, 7.0, 4.0, 5.0]).unwrap();
        assert_eq!((s.n, s.mean, s.p50, s.p90, s.p99), (8, 5.0, 4.0, 9.0, 9.0));
        assert!((s.standard_error.unwrap() - (4.0_f64 / 7.0).sqrt()).abs() < 1e-12);
    }

    /// Nearest rank: of 1 to 100, the 90th percentile is 90.
    #[test]
    fn percentiles_are_numbers_of_the_sample() {
        let s = summary((1..=100).map(f64::from).collect()).unwrap();
        assert_eq!((s.p50, s.p90, s.p99), (50.0, 90.0, 99.0));
        assert_eq!(summary(vec![3.0]).unwrap().standard_error, None);
        assert_eq!(summary(Vec::new()), None);
    }
}
