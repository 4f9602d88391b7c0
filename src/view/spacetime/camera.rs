//! Which stretch of time the diagram shows, and where a moment and a lane are on it.
//!
//! The rule that is easy to break: the reader's hand wins. The window follows the moment shown
//! only until somebody pans it away from there, and again once the moment is back in sight.

use crate::sim::decimal::fixed;
use crate::sim::limits::RUN_US;

/// The stretch of time in the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Its left edge, in microseconds of simulated time.
    pub from_us: f64,
    /// How much it shows.
    pub span_us: f64,
    /// Whether it moves along with the moment shown.
    pub follows: bool,
}

/// The narrowest window: 200 microseconds.
const NARROWEST: f64 = 200.0;
/// The widest: the longest run, and some more.
const WIDEST: f64 = 1.1 * RUN_US as f64;
/// Where in a window that follows the moment stands, from the left.
const LEAD: f64 = 0.84;

impl Camera {
    /// A window that shows about `delays` messages of `typical_us` one after the other.
    pub fn for_delay(typical_us: u64, delays: u64) -> Self {
        let span = (typical_us.max(200) * delays) as f64;
        Camera { from_us: 0.0, span_us: span.clamp(NARROWEST, WIDEST), follows: true }
    }

    /// The right edge.
    pub fn to_us(&self) -> f64 {
        self.from_us + self.span_us
    }

    /// Moves along, if it follows, so that `now_us` is in sight.
    pub fn follow(&mut self, now_us: u64) {
        let now = now_us as f64;
        let inside = now >= self.from_us && now <= self.from_us + LEAD * self.span_us;
        if self.follows && !inside {
            let lead = if now < self.from_us { 0.3 } else { LEAD };
            self.from_us = (now - lead * self.span_us).max(0.0);
        }
    }

    /// Brings `at_us` into sight, if it is not, and with it the moment shown where both have room.
    pub fn show(&mut self, at_us: u64, now_us: u64) {
        let (at, now) = (at_us as f64, now_us as f64);
        if at >= self.from_us && at <= self.to_us() {
            return;
        }
        let both = at < now && now - at < 0.6 * self.span_us;
        let from = if both { now - LEAD * self.span_us } else { at - 0.3 * self.span_us };
        self.from_us = from.max(0.0);
        self.settle(now_us);
    }

    /// Moves by `by_us`, and follows only if `now_us` is still in sight.
    pub fn pan(&mut self, by_us: f64, now_us: u64) {
        self.from_us = (self.from_us + by_us).max(-0.1 * self.span_us);
        self.settle(now_us);
    }

    /// Shows `factor` times as much time (less than one: closer), keeping `at_us` where it is.
    pub fn zoom(&mut self, factor: f64, at_us: f64, now_us: u64) {
        let span = (self.span_us * factor).clamp(NARROWEST, WIDEST);
        let from = at_us - (at_us - self.from_us) * span / self.span_us;
        (self.from_us, self.span_us) = (from.max(-0.1 * span), span);
        self.settle(now_us);
    }

    /// Shows everything from the start to `end_us`.
    pub fn fit(&mut self, end_us: u64) {
        self.span_us = (end_us as f64 * 1.06).clamp(1_000.0, WIDEST);
        self.from_us = 0.0;
        self.follows = false;
    }

    fn settle(&mut self, now_us: u64) {
        let now = now_us as f64;
        self.follows = now >= self.from_us && now <= self.to_us();
    }
}

/// Where times and lanes are, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// The window.
    pub camera: Camera,
    /// The left edge of the plot; names stand before it.
    pub left: f64,
    /// The width of the plot.
    pub width: f64,
    /// The height of the first lane.
    pub top: f64,
    /// From one lane to the next.
    pub lane: f64,
}

impl Grid {
    /// Where a moment is.
    pub fn x(&self, us: f64) -> f64 {
        self.left + (us - self.camera.from_us) * self.width / self.camera.span_us
    }

    /// Where a lane is; between two lanes for fractions.
    pub fn y(&self, lane: f64) -> f64 {
        self.top + lane * self.lane
    }

    /// The moment at `x`.
    pub fn us(&self, x: f64) -> f64 {
        self.camera.from_us + (x - self.left) * self.camera.span_us / self.width.max(1.0)
    }

    /// The marks of the time axis, at round moments at least `apart` pixels apart.
    pub fn ticks(&self, apart: f64) -> Vec<(f64, String)> {
        let least = apart * self.camera.span_us / self.width.max(1.0);
        let step = round_step(least);
        let first = libm::ceil(self.camera.from_us.max(0.0) / step);
        (0..60)
            .map(|i| (first + f64::from(i)) * step)
            .take_while(|us| *us <= self.camera.to_us())
            .map(|us| (us, moment(us, step)))
            .collect()
    }
}

/// The least of 1, 2, 5, 10, 20, ... microseconds that is at least `least`.
fn round_step(least: f64) -> f64 {
    let mut power = 1.0;
    while power * 10.0 < least {
        power *= 10.0;
    }
    let fits = [1.0, 2.0, 5.0, 10.0].into_iter().find(|m| m * power >= least);
    fits.unwrap_or(10.0) * power
}

/// A moment as the axis says it: seconds, with as many decimals as `step` needs; milliseconds in a
/// window of less than some.
fn moment(us: f64, step: f64) -> String {
    let (unit, value, digits) = match step {
        s if s < 1_000.0 => ("ms", us / 1e3, 3),
        s if s < 10_000.0 => ("s", us / 1e6, 3),
        s if s < 100_000.0 => ("s", us / 1e6, 2),
        s if s < 1_000_000.0 => ("s", us / 1e6, 1),
        _ => ("s", us / 1e6, 0),
    };
    format!("{} {unit}", fixed(value, digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera(from_us: f64, span_us: f64) -> Camera {
        Camera { from_us, span_us, follows: true }
    }

    #[test]
    fn zooming_keeps_what_is_under_the_finger_there() {
        let mut c = camera(1_000.0, 10_000.0);
        let grid = |camera| Grid { camera, left: 50.0, width: 700.0, top: 10.0, lane: 30.0 };
        let before = grid(c).x(4_000.0);
        c.zoom(0.5, 4_000.0, 4_000);
        assert!((grid(c).x(4_000.0) - before).abs() < 1e-9);
        assert_eq!(c.span_us, 5_000.0);
        assert!((grid(c).us(grid(c).x(2_345.0)) - 2_345.0).abs() < 1e-9);
    }

    #[test]
    fn it_follows_until_it_is_panned_away_and_again_when_panned_back() {
        let mut c = camera(0.0, 1_000.0);
        c.follow(840);
        assert_eq!(c.from_us, 0.0);
        c.follow(1_840);
        assert_eq!(c.from_us, 1_000.0);
        c.pan(-950.0, 1_840);
        assert!(!c.follows);
        c.follow(1_900);
        assert_eq!(c.from_us, 50.0);
        c.pan(950.0, 1_900);
        assert!(c.follows);
    }

    #[test]
    fn what_is_picked_comes_into_sight_and_the_moment_shown_stays_where_there_is_room() {
        let mut c = camera(5_000.0, 1_000.0);
        c.show(5_400, 5_800);
        assert_eq!((c.from_us, c.follows), (5_000.0, true), "it was in sight");
        c.show(4_900, 5_300);
        assert_eq!((c.from_us, c.follows), (4_460.0, true), "both have room");
        c.show(1_000, 5_300);
        assert_eq!((c.from_us, c.follows), (700.0, false), "the moment shown has none");
    }

    #[test]
    fn the_axis_is_marked_at_round_moments_that_are_far_enough_apart() {
        for span in [300.0, 7_300.0, 90_000.0, 1.2e6, 3.3e7, 2.9e9] {
            let grid =
                Grid { camera: camera(123_456.0, span), left: 40.0, width: 900.0, top: 0.0, lane: 30.0 };
            let ticks = grid.ticks(84.0);
            assert!((2..=11).contains(&ticks.len()), "{span}: {ticks:?}");
            for pair in ticks.windows(2) {
                assert!(grid.x(pair[1].0) - grid.x(pair[0].0) >= 83.9);
                assert_ne!(pair[0].1, pair[1].1);
            }
        }
        assert_eq!(moment(1_250_000.0, 50_000.0), "1.25 s");
        assert_eq!(round_step(11.0), 20.0);
    }
}
