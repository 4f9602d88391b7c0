//! A node's own clock: offset and drift against true time.
//!
//! The rule that is easy to break: local time is computed from the last change, in integers wide
//! enough for a month at half speed; nothing is accumulated step by step.

use super::time::SimTime;

/// A clock that may be wrong. Local time is in microseconds and never below zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Clock {
    base_true: u64,
    base_local: i64,
    drift_ppm: i32,
}

impl Clock {
    /// A clock that shows `offset_us` at the start of the run and runs `drift_ppm` too fast.
    pub fn new(offset_us: i64, drift_ppm: i32) -> Self {
        Clock { base_true: 0, base_local: offset_us, drift_ppm }
    }

    /// What it shows at true time `t`, as a signed number: an offset may put it before zero.
    #[inline]
    pub fn raw(&self, t: SimTime) -> i64 {
        let passed = (t.0 - self.base_true) as i64;
        if self.drift_ppm == 0 {
            return self.base_local + passed;
        }
        let scaled = i128::from(passed) * i128::from(1_000_000 + self.drift_ppm) / 1_000_000;
        self.base_local + scaled as i64
    }

    /// The first moment of true time, not before `now`, at which it shows at least `local`.
    #[inline]
    pub fn when(&self, now: SimTime, local: i64) -> SimTime {
        let ahead = local - self.base_local;
        let passed = if self.drift_ppm == 0 {
            ahead
        } else {
            let rate = i128::from(1_000_000 + self.drift_ppm);
            (i128::from(ahead) * 1_000_000 + rate - 1).div_euclid(rate) as i64
        };
        SimTime(self.base_true.saturating_add_signed(passed).max(now.0))
    }

    /// From `now` on it runs `drift_ppm` too fast.
    pub fn set_drift(&mut self, now: SimTime, drift_ppm: i32) {
        *self = Clock { base_true: now.0, base_local: self.raw(now), drift_ppm };
    }

    /// It leaps by `by_us`.
    pub fn jump(&mut self, by_us: i64) {
        self.base_local += by_us;
    }

    /// How fast it runs, in parts per million against true time.
    pub fn drift_ppm(&self) -> i32 {
        self.drift_ppm
    }

    /// How far it is ahead of true time at `t`, in microseconds.
    pub fn offset_us(&self, t: SimTime) -> i64 {
        self.raw(t) - t.0 as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 50 ppm over a day of 86,400 s is 4.32 s.
    #[test]
    fn fifty_ppm_is_4_32_seconds_a_day() {
        let c = Clock::new(0, 50);
        assert_eq!(c.offset_us(SimTime(86_400_000_000)), 4_320_000);
    }

    #[test]
    fn when_is_the_inverse_of_raw() {
        for drift in [-500_000, -37, 0, 50, 499_999] {
            let mut c = Clock::new(-700, drift);
            c.set_drift(SimTime(12_345), drift / 2);
            for local in [20_000, 20_001, 1_000_003] {
                let t = c.when(SimTime(12_345), local);
                assert!(c.raw(t) >= local, "{drift} {local}");
                assert!(t.0 == 12_345 || c.raw(SimTime(t.0 - 1)) < local);
            }
        }
    }

    #[test]
    fn a_jump_forward_brings_deadlines_nearer() {
        let mut c = Clock::default();
        assert_eq!(c.when(SimTime(0), 1_000), SimTime(1_000));
        c.jump(400);
        assert_eq!(c.when(SimTime(0), 1_000), SimTime(600));
        c.jump(4_000);
        assert_eq!(c.when(SimTime(10), 1_000), SimTime(10));
    }
}
