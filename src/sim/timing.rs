//! The timing models, as contracts: what each bounds, and what it therefore refuses.
//!
//! The rule that is easy to break: a contract is kept by the engine, not hoped for. A setting
//! that could break a bound is refused with the reason; where a model lets delays be anything for
//! a while (before GST, in a bad period), the engine brings in what is late when the bound returns.

use super::data;
use super::limits;
use super::link::Link;
use super::refusal::Refusal;
use super::time::{SimTime, Span};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// What may be assumed of time. All spans are in microseconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
// With its tag among its fields: see `data::tagged_by`.
#[serde(remote = "Self", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Timing {
    /// Known bounds on delivery, on a processing step and on clock drift.
    Synchronous {
        /// Every message arrives within this.
        delay_us: u64,
        /// Every step of a node takes at most this.
        step_us: u64,
        /// No correct clock drifts by more than this.
        drift_ppm: u32,
    },
    /// Partial synchrony, first variant (Dwork, Lynch, Stockmeyer 1988, section 2.3): a bound on
    /// delivery holds all the time, and nobody knows it. It is drawn from the seed.
    UnknownBound {
        /// The bound is somewhere between a tenth of this and this.
        at_most_us: u64,
    },
    /// Partial synchrony, second variant (same section): the bound is known, and holds from an
    /// unknown time on, the global stabilisation time.
    Gst {
        /// The global stabilisation time.
        gst_us: u64,
        /// Every message arrives within this after it was sent or after GST, whichever is later.
        delay_us: u64,
    },
    /// Partial synchrony, third variant: good periods, in which the bound holds, alternate with
    /// bad ones, in which nothing does (as in the timed asynchronous model, Cristian and Fetzer
    /// 1999). The run begins with a good one.
    Alternating {
        /// How long a good period lasts.
        good_us: u64,
        /// How long a bad period lasts.
        bad_us: u64,
        /// The bound in good periods.
        delay_us: u64,
    },
    /// No bound on anything.
    #[default]
    #[serde(deserialize_with = "data::nothing")]
    Asynchronous,
    /// A bound on delivery alone: steps and clocks may do as they like.
    BoundedAsync {
        /// Every message arrives within this.
        delay_us: u64,
    },
}

data::tagged_by!(Timing, "model");

impl Timing {
    /// The model's name as a course would say it.
    pub fn name(self) -> &'static str {
        match self {
            Timing::Synchronous { .. } => "synchronous",
            Timing::UnknownBound { .. } => "partially synchronous, unknown bound",
            Timing::Gst { .. } => "partially synchronous, bound from GST on",
            Timing::Alternating { .. } => "partially synchronous, good and bad periods",
            Timing::Asynchronous => "asynchronous",
            Timing::BoundedAsync { .. } => "bounded asynchrony",
        }
    }

    /// The bound on delivery that is always in force, if any. `seed` decides the unknown one.
    pub fn bound(self, seed: u64) -> Option<Span> {
        match self {
            Timing::Synchronous { delay_us, .. } | Timing::BoundedAsync { delay_us } => Some(Span(delay_us)),
            Timing::UnknownBound { at_most_us } => {
                let low = at_most_us / 10;
                let draw = super::hash::mix(seed ^ 0x0062_6f75_6e64);
                Some(Span(low + super::streams::below(draw, at_most_us - low + 1)))
            }
            _ => None,
        }
    }

    /// The latest moment at which a message sent at `sent` may arrive, or `None` if it may take
    /// for ever.
    #[inline]
    pub fn deadline(self, seed: u64, sent: SimTime) -> Option<SimTime> {
        match self {
            Timing::Asynchronous => None,
            Timing::Gst { gst_us, delay_us } => Some(sent.max(SimTime(gst_us)) + Span(delay_us)),
            Timing::Alternating { good_us, bad_us, delay_us } => {
                let period = good_us + bad_us;
                let into = sent.0 % period;
                let next_good = SimTime(sent.0 - into + period);
                let due = sent + Span(delay_us);
                Some(if into + delay_us <= good_us { due } else { next_good + Span(delay_us) })
            }
            bounded => bounded.bound(seed).map(|b| sent + b),
        }
    }

    /// Whether the bound on delivery holds at `now`: false in a storm, true without storms.
    pub fn is_calm(self, now: SimTime) -> bool {
        match self {
            Timing::Gst { gst_us, .. } => now.0 >= gst_us,
            Timing::Alternating { good_us, bad_us, .. } => now.0 % (good_us + bad_us) < good_us,
            Timing::Asynchronous => false,
            _ => true,
        }
    }

    /// Refuses bounds of zero or over an hour.
    pub fn check(self) -> Result<(), Refusal> {
        let spans: [u64; 3] = match self {
            Timing::Synchronous { delay_us, step_us, .. } => [delay_us, step_us.max(1), 1],
            Timing::UnknownBound { at_most_us } => [at_most_us, 10, 1],
            Timing::Gst { delay_us, gst_us } => [delay_us, gst_us.max(1), 1],
            Timing::Alternating { good_us, bad_us, delay_us } => [delay_us, good_us, bad_us],
            Timing::Asynchronous => [1, 1, 1],
            Timing::BoundedAsync { delay_us } => [delay_us, 1, 1],
        };
        for us in spans {
            if us == 0 || us > limits::SPAN_US {
                return Err(Refusal::new(
                    "out-of-range",
                    format!("a timing model's bounds must be 1 us to one hour, not {us} us"),
                ));
            }
        }
        match self {
            Timing::Alternating { good_us, delay_us, .. } if good_us < delay_us => Err(Refusal::new(
                "out-of-range",
                "a good period must be at least as long as its bound on delivery, or it bounds nothing",
            )),
            _ => Ok(()),
        }
    }

    /// Refuses a link whose delays could exceed the bound that this model promises to know.
    pub fn check_link(self, link: &Link) -> Result<(), Refusal> {
        let (Timing::Synchronous { delay_us, .. } | Timing::BoundedAsync { delay_us }) = self else {
            return Ok(());
        };
        let promise = format!("{} timing promises delivery within {}", self.name(), Span(delay_us));
        match link.longest(1_500) {
            None => Err(Refusal::new(
                "outside-timing",
                format!(
                    "{promise}, and {} has no upper bound: choose a bounded delay or another timing model",
                    if link.delay.longest().is_none() { "this delay" } else { "an unlimited buffer" }
                ),
            )),
            Some(longest) if longest.0 > delay_us => Err(Refusal::new(
                "outside-timing",
                format!(
                    "{promise}, and this link can take {longest}: lower it or choose another timing model"
                ),
            )),
            Some(_) => Ok(()),
        }
    }

    /// Refuses a clock that drifts by more than the synchronous model promises.
    pub fn check_drift(self, ppm: i32) -> Result<(), Refusal> {
        match self {
            Timing::Synchronous { drift_ppm, .. } if ppm.unsigned_abs() > drift_ppm => Err(Refusal::new(
                "outside-timing",
                format!(
                    "synchronous timing promises a drift of at most {drift_ppm} ppm, and this is {ppm} ppm"
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Refuses a processing step longer than the synchronous model promises.
    pub fn check_step(self, us: u64) -> Result<(), Refusal> {
        match self {
            Timing::Synchronous { step_us, .. } if us > step_us => Err(Refusal::new(
                "outside-timing",
                format!(
                    "synchronous timing promises steps of at most {}, and this takes {}",
                    Span(step_us),
                    Span(us)
                ),
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::delay::Delay;

    #[test]
    fn a_known_bound_refuses_a_delay_without_one() {
        let sync = Timing::BoundedAsync { delay_us: 20_000 };
        let (min_us, mean_us) = (1_000, 5_000);
        let tail = Link::fair_loss(Delay::Exponential { min_us, mean_us }, 0);
        assert_eq!(sync.check_link(&tail).unwrap_err().code, "outside-timing");
        let slow = Link::fair_loss(Delay::Constant { us: 20_001 }, 0);
        assert!(sync.check_link(&slow).is_err());
        let fine = Link::fair_loss(Delay::Constant { us: 20_000 }, 0);
        assert_eq!(sync.check_link(&fine), Ok(()));
        assert_eq!(Timing::Asynchronous.check_link(&tail), Ok(()));
    }

    #[test]
    fn what_was_sent_before_gst_arrives_within_the_bound_after_it() {
        let t = Timing::Gst { gst_us: 1_000, delay_us: 20 };
        assert_eq!(t.deadline(1, SimTime(10)), Some(SimTime(1_020)));
        assert_eq!(t.deadline(1, SimTime(5_000)), Some(SimTime(5_020)));
        assert!(!t.is_calm(SimTime(999)) && t.is_calm(SimTime(1_000)));
    }

    /// Good 100, bad 50, bound 20: sent at 70 is due at 90; at 90 the good period ends before 110,
    /// so it is due 20 after the next one begins, at 170.
    #[test]
    fn in_a_bad_period_the_deadline_is_in_the_next_good_one() {
        let t = Timing::Alternating { good_us: 100, bad_us: 50, delay_us: 20 };
        assert_eq!(t.deadline(1, SimTime(70)), Some(SimTime(90)));
        assert_eq!(t.deadline(1, SimTime(90)), Some(SimTime(170)));
        assert_eq!(t.deadline(1, SimTime(120)), Some(SimTime(170)));
    }

    #[test]
    fn the_unknown_bound_depends_on_the_seed_alone_and_stays_in_its_range() {
        let t = Timing::UnknownBound { at_most_us: 100_000 };
        for seed in 0..100 {
            let b = t.bound(seed).unwrap().0;
            assert!((10_000..=100_000).contains(&b));
            assert_eq!(t.bound(seed).unwrap().0, b);
        }
    }
}
