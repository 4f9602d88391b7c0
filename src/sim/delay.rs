//! How long a message travels: five distributions, drawn by inverting their cumulative function.
//!
//! The rule that is easy to break: one uniform draw gives one delay, monotonically. So two runs
//! that differ only in a mean give each message the same luck, and comparing them is fair. Curves
//! come from `libm`, whose results are the same bits natively and in wasm; `std`'s are not.

use super::data;
use super::limits;
use super::refusal::Refusal;
use super::streams::{below, unit};
use super::time::Span;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// A distribution of delays. All spans are in microseconds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
// With its tag among its fields: see `data::tagged_by`.
#[serde(remote = "Self", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Delay {
    /// Always the same.
    Constant {
        /// The delay.
        us: u64,
    },
    /// Uniform in `[min_us, max_us]`.
    Uniform {
        /// The shortest.
        min_us: u64,
        /// The longest.
        max_us: u64,
    },
    /// Normal, cut off at zero below and at six standard deviations above.
    Normal {
        /// The mean.
        mean_us: u64,
        /// The standard deviation.
        sd_us: u64,
    },
    /// A shortest delay plus an exponential tail: no upper bound.
    Exponential {
        /// The shortest.
        min_us: u64,
        /// The mean of what is added to it.
        mean_us: u64,
    },
    /// Pareto: a heavy tail. The mean is finite only for a shape above 1, the variance above 2.
    HeavyTailed {
        /// The shortest (the scale).
        min_us: u64,
        /// The shape times 1,000; smaller is heavier.
        shape_milli: u32,
    },
}

impl Default for Delay {
    fn default() -> Self {
        Delay::Uniform { min_us: 8_000, max_us: 16_000 }
    }
}

data::tagged_by!(Delay, "kind");

impl Delay {
    /// Uniform between these milliseconds.
    pub const fn uniform_ms(min: u64, max: u64) -> Self {
        Delay::Uniform { min_us: min * 1_000, max_us: max * 1_000 }
    }

    /// The delay that the uniform 64-bit `draw` stands for; at most one hour.
    #[inline]
    pub fn sample(self, draw: u64) -> Span {
        // The default, and so the most frequent, is drawn in place.
        if let Delay::Uniform { min_us, max_us } = self {
            return Span(min_us + below(draw, max_us - min_us + 1)).min(Span(limits::SPAN_US));
        }
        self.sample_curve(draw)
    }

    /// The curves, kept out of the way of every message that is sent: they are long, and few are drawn from them.
    #[inline(never)]
    fn sample_curve(self, draw: u64) -> Span {
        let us = match self {
            Delay::Constant { us } => us,
            Delay::Uniform { min_us, max_us } => min_us + below(draw, max_us - min_us + 1),
            Delay::Normal { mean_us, sd_us } => normal(mean_us, sd_us, unit(draw)),
            Delay::Exponential { min_us, mean_us } => {
                min_us + round(-libm::log(1.0 - unit(draw)) * mean_us as f64)
            }
            Delay::HeavyTailed { min_us, shape_milli } => {
                round(min_us as f64 * libm::pow(1.0 - unit(draw), -1_000.0 / f64::from(shape_milli)))
            }
        };
        Span(us.min(limits::SPAN_US))
    }

    /// The longest delay it can give, or `None` if it has no bound.
    pub fn longest(self) -> Option<Span> {
        match self {
            Delay::Constant { us } => Some(Span(us)),
            Delay::Uniform { max_us, .. } => Some(Span(max_us)),
            Delay::Normal { mean_us, sd_us } => Some(Span(mean_us + 6 * sd_us)),
            Delay::Exponential { .. } | Delay::HeavyTailed { .. } => None,
        }
    }

    /// The shortest delay it can give.
    pub fn shortest(self) -> Span {
        match self {
            Delay::Constant { us } => Span(us),
            Delay::Normal { .. } => Span(0),
            Delay::Uniform { min_us, .. }
            | Delay::Exponential { min_us, .. }
            | Delay::HeavyTailed { min_us, .. } => Span(min_us),
        }
    }

    /// The mean in microseconds; for a heavy tail of shape at most 1 there is none, and the median
    /// is given.
    pub fn typical_us(self) -> u64 {
        match self {
            Delay::Constant { us } => us,
            Delay::Uniform { min_us, max_us } => u64::midpoint(min_us, max_us),
            Delay::Normal { mean_us, .. } => mean_us,
            Delay::Exponential { min_us, mean_us } => min_us + mean_us,
            Delay::HeavyTailed { min_us, shape_milli } => {
                let a = f64::from(shape_milli) / 1_000.0;
                let x = if a > 1.0 { a / (a - 1.0) } else { libm::pow(2.0, 1.0 / a) };
                round(min_us as f64 * x)
            }
        }
    }

    /// The distribution's name in words.
    pub fn name(self) -> &'static str {
        match self {
            Delay::Constant { .. } => "constant",
            Delay::Uniform { .. } => "uniform",
            Delay::Normal { .. } => "normal",
            Delay::Exponential { .. } => "exponential",
            Delay::HeavyTailed { .. } => "heavy-tailed",
        }
    }

    /// Refuses spans over an hour, empty ranges and a shape that is not in 0.1 to 100.
    pub fn check(self) -> Result<(), Refusal> {
        let spans = match self {
            Delay::Constant { us } => [us, 0],
            Delay::Uniform { min_us, max_us } => [min_us, max_us],
            Delay::Normal { mean_us, sd_us } => [mean_us, sd_us],
            Delay::Exponential { min_us, mean_us } => [min_us, mean_us],
            Delay::HeavyTailed { min_us, .. } => [min_us, 0],
        };
        if let Some(us) = spans.into_iter().find(|&us| us > limits::SPAN_US) {
            return Err(Refusal::new(
                "out-of-range",
                format!("a delay of {us} us is over the limit of one hour"),
            ));
        }
        match self {
            Delay::Uniform { min_us, max_us } if min_us > max_us => Err(Refusal::new(
                "out-of-range",
                format!("the shortest delay, {min_us} us, is above the longest, {max_us} us"),
            )),
            Delay::HeavyTailed { shape_milli, .. } if !(100..=100_000).contains(&shape_milli) => {
                Err(Refusal::new(
                    "out-of-range",
                    format!("a heavy tail's shape must be 0.1 to 100, not {shape_milli}/1000"),
                ))
            }
            _ => Ok(()),
        }
    }
}

fn round(us: f64) -> u64 {
    // A float beyond the range becomes the largest integer; `sample` then caps it.
    libm::round(us) as u64
}

/// The normal quantile by Acklam's rational approximation (relative error below 1.2e-9), so that
/// one draw gives one delay, monotonically.
fn normal(mean_us: u64, sd_us: u64, u: f64) -> u64 {
    let z = quantile(u.clamp(1e-9, 1.0 - 1e-9)).clamp(-6.0, 6.0);
    round((mean_us as f64 + z * sd_us as f64).max(0.0))
}

fn quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] =
        [7.784_695_709_041_462e-3, 3.224_671_290_700_398e-1, 2.445_134_137_142_996, 3.754_408_661_907_416];
    let tail = |q: f64| {
        (((((C[0] * q + C[1]) * q + C[2]) * q + C[3]) * q + C[4]) * q + C[5])
            / ((((D[0] * q + D[1]) * q + D[2]) * q + D[3]) * q + 1.0)
    };
    if p < 0.02425 {
        tail(libm::sqrt(-2.0 * libm::log(p)))
    } else if p > 1.0 - 0.02425 {
        -tail(libm::sqrt(-2.0 * libm::log(1.0 - p)))
    } else {
        let q = p - 0.5;
        let r = q * q;
        (((((A[0] * r + A[1]) * r + A[2]) * r + A[3]) * r + A[4]) * r + A[5]) * q
            / (((((B[0] * r + B[1]) * r + B[2]) * r + B[3]) * r + B[4]) * r + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::hash::mix;

    fn mean(d: Delay, n: u64) -> f64 {
        (0..n).map(|i| d.sample(mix(i)).0 as f64).sum::<f64>() / n as f64
    }

    /// Standard errors at n = 100,000: uniform 8000/sqrt(12 n) = 7, normal 2000/sqrt n = 6,
    /// exponential 5000/sqrt n = 16; Pareto of shape 3 has sd 0.87 min, so 0.87*8000/sqrt n = 22.
    #[test]
    fn means_match_the_formulas_within_four_standard_errors() {
        let near = |d: Delay, want: f64, se: f64| {
            let got = mean(d, 100_000);
            assert!((got - want).abs() < 4.0 * se, "{d:?}: {got} for {want}");
        };
        near(Delay::Constant { us: 5_000 }, 5_000.0, 0.001);
        let (min_us, max_us) = (8_000, 16_000);
        near(Delay::Uniform { min_us, max_us }, 12_000.0, 7.3);
        let (mean_us, sd_us) = (20_000, 2_000);
        near(Delay::Normal { mean_us, sd_us }, 20_000.0, 6.4);
        let mean_us = 5_000;
        near(Delay::Exponential { min_us, mean_us }, 13_000.0, 16.0);
        let shape_milli = 3_000;
        near(Delay::HeavyTailed { min_us, shape_milli }, 12_000.0, 22.0);
    }

    #[test]
    fn the_same_luck_gives_a_longer_delay_under_a_longer_mean() {
        for draw in (0..2_000).map(mix) {
            let at = |mean_us| Delay::Exponential { min_us: 0, mean_us }.sample(draw);
            assert!(at(1_000) <= at(2_000));
        }
    }

    #[test]
    fn impossible_ranges_are_refused() {
        let (min_us, max_us) = (9, 3);
        assert!(Delay::Uniform { min_us, max_us }.check().is_err());
        assert!(Delay::Constant { us: u64::MAX }.check().is_err());
        let bad = Delay::HeavyTailed { min_us: 1, shape_milli: 0 };
        assert!(bad.check().is_err());
    }
}
