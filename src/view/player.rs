//! How the time on screen advances: simulated time against the reader's.
//!
//! The rule that is easy to break: display time never runs ahead of what was simulated. Where the
//! engine cannot keep up with the speed asked for, time runs slower and says so ([`Player::late`]).

/// The slowest speed: a thousandth, one simulated millisecond a second.
pub const SLOWEST: u64 = 1_000;
/// The fastest speed: ten thousand simulated seconds a second.
pub const FASTEST: u64 = 10_000_000_000;
/// Steps of the speed scale for each factor of ten.
const NOTCHES: i32 = 10;
/// A frame that took longer than this (a tab in the background) counts as this.
pub const LONGEST_FRAME_US: u64 = 100_000;

/// What decides how fast time runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// The speed that is set: so many simulated microseconds a second.
    #[default]
    Fixed,
    /// What happens: see [`super::director`].
    Story,
}

/// The clock of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Player {
    /// The moment shown, in microseconds of simulated time.
    pub now_us: u64,
    /// Whether time runs.
    pub playing: bool,
    /// Whether a hand has hold of the moment: then time stands still, though it plays.
    pub held: bool,
    /// Simulated microseconds in a second of the reader's time.
    pub speed: u64,
    /// What decides how fast time runs.
    pub pace: Pace,
    /// True if the engine could not keep up with the speed in the last frame.
    pub late: bool,
    rest: u64,
}

impl Default for Player {
    fn default() -> Self {
        Player {
            now_us: 0,
            playing: false,
            held: false,
            speed: 100_000,
            pace: Pace::Fixed,
            late: false,
            rest: 0,
        }
    }
}

impl Player {
    /// One at its start, at this pace.
    pub fn at(pace: Pace) -> Self {
        Player { pace, ..Player::default() }
    }

    /// Whether time goes on with the next frame.
    pub fn runs(&self) -> bool {
        self.playing && !self.held
    }

    /// The moment to show after a frame of `dt_us` microseconds of the reader's time. What is less
    /// than a microsecond is carried over, so that slow speeds do not stand still.
    pub fn target_us(&mut self, dt_us: u64) -> u64 {
        let parts = dt_us.min(LONGEST_FRAME_US) * self.speed + self.rest;
        self.rest = parts % 1_000_000;
        self.now_us + parts / 1_000_000
    }

    /// Sets the speed, kept between [`SLOWEST`] and [`FASTEST`].
    pub fn set_speed(&mut self, speed: u64) {
        self.speed = speed.clamp(SLOWEST, FASTEST);
        self.rest = 0;
    }

    /// The place of the speed on its scale, 0 to [`last_notch`].
    pub fn notch(&self) -> i32 {
        let decades = libm::log10(self.speed as f64 / SLOWEST as f64);
        libm::round(decades * f64::from(NOTCHES)) as i32
    }

    /// The speed as a factor of true time, for people: `0.1×`, `25×`.
    pub fn speed_text(&self) -> String {
        let s = self.speed;
        match s {
            0..10_000 => format!("0.{:03}×", s / 1_000),
            10_000..1_000_000 => format!("0.{:02}×", s / 10_000),
            1_000_000..10_000_000 => {
                let tenths = s / 100_000;
                match tenths % 10 {
                    0 => format!("{}×", tenths / 10),
                    t => format!("{}.{t}×", tenths / 10),
                }
            }
            _ => format!("{}×", group(s / 1_000_000)),
        }
    }
}

/// The last place on the speed scale.
pub fn last_notch() -> i32 {
    let decades = libm::log10(FASTEST as f64 / SLOWEST as f64);
    libm::round(decades * f64::from(NOTCHES)) as i32
}

/// The speed at a place of the scale, rounded to two significant digits.
pub fn speed_at(notch: i32) -> u64 {
    let notch = notch.clamp(0, last_notch());
    let exact = SLOWEST as f64 * libm::pow(10.0, f64::from(notch) / f64::from(NOTCHES));
    let mut unit = 1;
    while exact / unit as f64 >= 100.0 {
        unit *= 10;
    }
    libm::round(exact / unit as f64) as u64 * unit
}

/// A whole number with thin spaces between thousands: `1 208`.
pub fn group(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out
}

/// A moment for the transport: `2.640 s`, down to the millisecond.
pub fn time_text(us: u64) -> String {
    format!("{}.{:03} s", group(us / 1_000_000), us / 1_000 % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At 0.001x, 16 ms of the reader's time are 16 simulated us; sixty frames of 16.667 ms are
    /// 1,000 us and not 960.
    #[test]
    fn slow_time_loses_nothing_between_frames() {
        let mut p = Player::default();
        p.set_speed(SLOWEST);
        for _ in 0..60 {
            p.now_us = p.target_us(16_667);
        }
        assert_eq!(p.now_us, 1_000);
    }

    #[test]
    fn a_tab_that_slept_does_not_leap() {
        let mut p = Player::default();
        p.set_speed(1_000_000);
        assert_eq!(p.target_us(60_000_000), 100_000);
    }

    #[test]
    fn every_notch_gives_a_speed_that_lies_on_it() {
        let mut p = Player::default();
        for notch in 0..=last_notch() {
            p.set_speed(speed_at(notch));
            assert_eq!(p.notch(), notch);
        }
        assert_eq!((speed_at(0), speed_at(last_notch())), (SLOWEST, FASTEST));
        assert_eq!(speed_at(20), 100_000);
    }

    #[test]
    fn speeds_read_as_factors() {
        let text = |speed| Player { speed, ..Player::default() }.speed_text();
        assert_eq!(text(1_000), "0.001×");
        assert_eq!(text(100_000), "0.10×");
        assert_eq!(text(1_000_000), "1×");
        assert_eq!(text(2_500_000), "2.5×");
        assert_eq!(text(10_000_000_000), "10\u{202f}000×");
        assert_eq!(time_text(2_640_312), "2.640 s");
    }
}
