//! Simulated time: whole microseconds since the start of the run.
//!
//! The rule that is easy to break: there is no other time. No wall clock, no floating point; a
//! duration that was computed as a float is rounded once, here, and is an integer from then on.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// A point in simulated time, in microseconds since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SimTime(pub u64);

/// A length of simulated time, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(pub u64);

impl SimTime {
    /// The start of every run.
    pub const ZERO: SimTime = SimTime(0);

    /// The time `ms` milliseconds after the start.
    pub const fn from_ms(ms: u64) -> Self {
        SimTime(ms * 1_000)
    }

    /// Microseconds since the start.
    pub const fn us(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not after.
    pub const fn since(self, earlier: SimTime) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);

    /// A span of `us` microseconds.
    pub const fn us(us: u64) -> Self {
        Span(us)
    }

    /// A span of `ms` milliseconds.
    pub const fn ms(ms: u64) -> Self {
        Span(ms * 1_000)
    }

    /// A span of `s` seconds.
    pub const fn secs(s: u64) -> Self {
        Span(s * 1_000_000)
    }
}

impl Add<Span> for SimTime {
    type Output = SimTime;
    fn add(self, d: Span) -> SimTime {
        SimTime(self.0.saturating_add(d.0))
    }
}

impl AddAssign<Span> for SimTime {
    fn add_assign(&mut self, d: Span) {
        *self = *self + d;
    }
}

impl Sub<Span> for SimTime {
    type Output = SimTime;
    fn sub(self, d: Span) -> SimTime {
        SimTime(self.0.saturating_sub(d.0))
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, d: Span) -> Span {
        Span(self.0.saturating_add(d.0))
    }
}

/// `1.250 s`, to the millisecond; shorter times keep their microseconds: `0.000 250 s`.
impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (s, us) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if us % 1_000 == 0 {
            write!(f, "{s}.{:03} s", us / 1_000)
        } else {
            write!(f, "{s}.{:03} {:03} s", us / 1_000, us % 1_000)
        }
    }
}

/// `250 us`, `12 ms`, `12.5 ms` or `1.5 s`: the unit a reader would choose.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trim = |whole: u64, thousandths: u64| {
            let t = format!("{whole}.{thousandths:03}");
            t.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        match self.0 {
            us if us < 1_000 => write!(f, "{us} us"),
            us if us < 1_000_000 => write!(f, "{} ms", trim(us / 1_000, us % 1_000)),
            us => write!(f, "{} s", trim(us / 1_000_000, us % 1_000_000 / 1_000)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_a_person_would_write_them() {
        assert_eq!(SimTime(1_250_000).to_string(), "1.250 s");
        assert_eq!(SimTime(250).to_string(), "0.000 250 s");
        assert_eq!(Span(250).to_string(), "250 us");
        assert_eq!(Span(12_500).to_string(), "12.5 ms");
        assert_eq!(Span::secs(3).to_string(), "3 s");
    }

    #[test]
    fn time_never_wraps() {
        assert_eq!(SimTime(u64::MAX) + Span(1), SimTime(u64::MAX));
        assert_eq!(SimTime(5).since(SimTime(9)), Span::ZERO);
    }
}
