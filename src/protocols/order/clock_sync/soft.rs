//! A clock that is kept right in software, over one that cannot be set: a step, or a slew.
//!
//! The rule that is easy to break: a slew never runs the clock backwards, because it changes the pace by
//! less than the pace itself. A step may.

/// How fast a slew works off a difference: 500 parts per million, as `adjtime` does.
const SLEW_PPM: u64 = 500;

/// What is added to the hardware's clock. All in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SoftClock {
    added: i64,
    // What is still to be worked off, and since when on the hardware's clock.
    left: i64,
    since: u64,
}

impl SoftClock {
    fn worked_off(&self, hardware: u64) -> i64 {
        let most = hardware.saturating_sub(self.since) * SLEW_PPM / 1_000_000;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.left.clamp(-most, most)
    }

    /// What it shows when the hardware's clock shows `hardware`.
    pub fn shows(&self, hardware: u64) -> i64 {
        hardware as i64 + self.added + self.worked_off(hardware)
    }

    /// What it would show if all that is to be worked off were.
    pub fn aims_at(&self, hardware: u64) -> i64 {
        hardware as i64 + self.added + self.left
    }

    /// Sets it forward or back at once.
    pub fn step(&mut self, by: i64, hardware: u64) {
        self.added += self.worked_off(hardware) + by;
        self.left = 0;
        self.since = hardware;
    }

    /// Works off `by` bit by bit from now on, and forgets what was left of earlier ones.
    pub fn slew(&mut self, by: i64, hardware: u64) {
        self.added += self.worked_off(hardware);
        self.left = by;
        self.since = hardware;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 500 ppm of one second are 500 microseconds: 2,000 ahead are gone after four seconds.
    #[test]
    fn a_slew_takes_its_time_and_never_goes_back() {
        let mut clock = SoftClock::default();
        clock.step(2_000, 0);
        clock.slew(-2_000, 0);
        let mut before = clock.shows(0);
        for ms in 1..=5_000 {
            let now = clock.shows(ms * 1_000);
            assert!(now > before, "at {ms} ms");
            before = now;
        }
        assert_eq!(clock.shows(1_000_000), 1_001_500);
        assert_eq!(clock.shows(4_000_000), 4_000_000);
        assert_eq!(clock.aims_at(1_000_000), 1_000_000);
    }

    #[test]
    fn a_step_is_at_once_and_may_go_back() {
        let mut clock = SoftClock::default();
        clock.step(-300, 1_000);
        assert_eq!(clock.shows(1_000), 700);
    }
}
