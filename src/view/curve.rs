//! The outline of a delay distribution, for a small drawing beside its sliders.
//!
//! The rule that is easy to break: it is made by sampling the very function the engine draws
//! from, at evenly spaced luck. A formula of its own could drift from what is simulated.

use crate::sim::Delay;

/// A histogram as points of an outline: `x` in microseconds, `y` from 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Where the axis ends, in microseconds.
    pub right_us: f64,
    /// The points, from left to right.
    pub points: Vec<(f64, f64)>,
}

const BINS: usize = 48;
const DRAWS: u64 = 4_096;

/// The outline of `delay`; the axis reaches a little past the slowest 2 % or `at_least_us`.
pub fn curve(delay: Delay, at_least_us: u64) -> Curve {
    let step = u64::MAX / DRAWS;
    let delays: Vec<u64> = (0..DRAWS).map(|i| delay.sample(i * step + step / 2).0).collect();
    let slow = delays[(DRAWS * 98 / 100) as usize];
    let right_us = (slow.max(at_least_us).max(1) as f64) * 1.12;
    let width = right_us / BINS as f64;
    let mut bins = [0_u32; BINS];
    for d in &delays {
        let bin = (*d as f64 / width) as usize;
        if bin < BINS {
            bins[bin] += 1;
        }
    }
    let top = bins.iter().copied().max().unwrap_or(1).max(1);
    let mut points = vec![(0.0, 0.0)];
    for (i, n) in bins.iter().enumerate() {
        points.push(((i as f64 + 0.5) * width, f64::from(*n) / f64::from(top)));
    }
    Curve { right_us, points }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uniform 8 to 16 ms: nothing below 8, a plateau between.
    #[test]
    fn the_outline_stands_where_the_delays_are() {
        let c = curve(Delay::default(), 0);
        for (x, y) in &c.points {
            if *x < 7_500.0 || *x > 16_500.0 {
                assert_eq!(*y, 0.0);
            }
            if *x > 9_000.0 && *x < 15_000.0 {
                assert!(*y > 0.8);
            }
        }
    }

    #[test]
    fn a_heavy_tail_does_not_flatten_the_picture() {
        let c = curve(Delay::HeavyTailed { min_us: 1_000, shape_milli: 1_000 }, 0);
        assert!(c.right_us < 100_000.0);
    }
}
