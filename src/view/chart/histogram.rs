//! The distribution of a number over many runs, as bars.
//!
//! The rule that is easy to break: bars are as wide as the sample can bear, and each value is counted in
//! exactly one of them; whole numbers that are few get a bar each, for between them there is nothing.

use super::{Axis, Bin, Chart, Known, Mark, figures, with_unit};
use crate::view::statistics::{Summary, percentile, summary};

/// More bars than this cannot be told apart.
const MOST: f64 = 36.0;
/// Whole numbers in a narrower range than this get a bar each.
const WHOLE: f64 = 26.0;

/// The distribution of `sample`, with its mean and what theory says of that.
pub fn histogram(title: &str, unit: &str, sample: &[f64], theory: Option<f64>) -> Chart {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let bins = bins(&sorted);
    let whole = bins.iter().all(|b| b.to - b.from == 1.0);
    let mut marks = Vec::new();
    if let Some(s) = summary(sorted) {
        marks.push(Mark {
            what: Known::Mean,
            at: s.mean,
            error: s.standard_error.unwrap_or(0.0),
            label: mean_text(&s, unit),
        });
    }
    marks.extend(theory.map(|at| Mark {
        what: Known::Theory,
        at,
        error: 0.0,
        label: format!("theory {}", with_unit(at, unit)),
    }));
    let ends = bins.iter().flat_map(|b| [b.from, b.to]);
    let ends = ends.chain(marks.iter().map(|m| m.at));
    let (low, high) = ends.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
    let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
    let top = bins.iter().map(|b| b.count).fold(1.0, f64::max);
    let x = Axis::between("", unit, low, high, 6);
    Chart {
        title: title.to_owned(),
        x: if whole { x.whole(6) } else { x },
        y: Axis::around("runs", "", 0.0, top, 5).whole(5),
        lines: Vec::new(),
        bins,
        marks,
    }
}

/// A mean with its standard error, in words: `mean 4.98 ± 0.02 ms`.
pub fn mean_text(s: &Summary, unit: &str) -> String {
    match s.standard_error {
        None => format!("mean {}", with_unit(s.mean, unit)),
        Some(e) => {
            let error = with_unit(two(e), unit);
            format!("mean {} \u{b1}\u{a0}{error}", figures(s.mean))
        }
    }
}

/// An error with two significant digits: more of it is not known.
pub fn two(error: f64) -> f64 {
    if error <= 0.0 {
        return 0.0;
    }
    let unit = libm::pow(10.0, libm::floor(libm::log10(error)) - 1.0);
    libm::round(error / unit) * unit
}

fn bins(sorted: &[f64]) -> Vec<Bin> {
    let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else {
        return Vec::new();
    };
    let whole = sorted.iter().all(|v| *v == libm::floor(*v));
    let (from, width) = match whole && high - low < WHOLE {
        true => (low - 0.5, 1.0),
        false => {
            let width = width(sorted, whole);
            (libm::floor(low / width) * width, width)
        }
    };
    let n = (libm::floor((high - from) / width) as usize + 1).min(200);
    let mut counts = vec![0_u32; n];
    for v in sorted {
        let place = libm::floor((v - from) / width) as usize;
        counts[place.min(n - 1)] += 1;
    }
    let bin = |(i, count): (usize, u32)| Bin {
        from: from + i as f64 * width,
        to: from + (i + 1) as f64 * width,
        count: f64::from(count),
    };
    counts.into_iter().enumerate().map(bin).collect()
}

/// The width of a bar: Freedman's and Diaconis's rule, rounded to what people count by.
fn width(sorted: &[f64], whole: bool) -> f64 {
    let n = sorted.len();
    let range = sorted[n - 1] - sorted[0];
    if range <= 0.0 {
        return (sorted[0].abs() / 10.0).max(1e-6);
    }
    let middle = percentile(sorted, 75) - percentile(sorted, 25);
    let rule = 2.0 * middle / libm::cbrt(n as f64);
    let wanted = rule.max(range / MOST).min(range / 5.0);
    let power = libm::pow(10.0, libm::floor(libm::log10(wanted)));
    let nice = [1.0, 2.0, 5.0, 10.0].map(|s| s * power);
    let width = nice.into_iter().find(|w| *w >= wanted * 0.999);
    let width = width.unwrap_or(wanted);
    if whole { width.max(1.0) } else { width }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_counted_once() {
        let sample: Vec<f64> = (0..1_000).map(|i| f64::from(i * i % 997) / 7.0).collect();
        let c = histogram("x", "ms", &sample, None);
        let all: f64 = c.bins.iter().map(|b| b.count).sum();
        assert_eq!(all, 1_000.0);
        assert!(c.bins.len() > 6 && c.bins.len() <= 40, "{}", c.bins.len());
        for b in &c.bins {
            let within = sample.iter().filter(|v| **v >= b.from && **v < b.to).count();
            assert_eq!(b.count, within as f64, "{b:?}");
        }
    }

    #[test]
    fn few_whole_numbers_have_a_bar_each_around_them() {
        let c = histogram("x", "", &[0.0, 1.0, 1.0, 3.0], None);
        let bars: Vec<_> = c.bins.iter().map(|b| (b.from, b.count)).collect();
        assert_eq!(bars, [(-0.5, 1.0), (0.5, 2.0), (1.5, 0.0), (2.5, 1.0)]);
    }

    /// 2, 4, 4, 4, 5, 5, 7, 9: mean 5, error sqrt(4/7) = 0.756.
    #[test]
    fn the_mean_and_theory_are_marked_and_on_the_axis() {
        let sample = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        let c = histogram("x", "ms", &sample, Some(30.0));
        let labels: Vec<_> = c.marks.iter().map(|m| m.label.as_str()).collect();
        assert_eq!(labels, ["mean 5 \u{b1}\u{a0}0.76\u{a0}ms", "theory 30\u{a0}ms"]);
        assert!(c.x.to >= 30.0 && c.x.from <= 2.0);
        assert_eq!(
            c.summary(),
            "x: 8 values from 2 to 9\u{a0}ms; most of them, 3, at 4\u{a0}ms; \
             mean 5 \u{b1}\u{a0}0.76\u{a0}ms; theory 30\u{a0}ms."
        );
    }

    #[test]
    fn nothing_one_value_and_equal_values_have_a_picture() {
        assert!(histogram("x", "", &[], None).bins.is_empty());
        for sample in [vec![2.5], vec![2.5; 9], vec![0.0; 3], vec![-1.25; 2]] {
            let c = histogram("x", "", &sample, None);
            assert_eq!(c.bins.iter().map(|b| b.count).sum::<f64>(), sample.len() as f64);
            assert!(c.x.from < c.x.to);
        }
    }
}
