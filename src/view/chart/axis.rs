//! Axes: from where to where, and the numbers that stand along them.
//!
//! The rule that is easy to break: a tick is a number that people count by (1, 2 or 5 times a power of
//! ten), and is written with as many digits as tell it from its neighbour, no more.

/// A number on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where it stands, in the axis's own numbers.
    pub at: f64,
    /// How it is written.
    pub text: String,
}

/// An axis of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it counts: `simulated time`.
    pub label: String,
    /// The unit that its ticks are written in: `ms`, or nothing.
    pub unit: String,
    /// Its lower end.
    pub from: f64,
    /// Its upper end.
    pub to: f64,
    /// The numbers along it, from the lower end up.
    pub ticks: Vec<Tick>,
    // How many of its own numbers make one of its unit.
    scale: f64,
    ends_at_ticks: bool,
}

impl Axis {
    /// An axis with at most `most` ticks that holds everything from `low` to `high`, up to whole ticks.
    pub fn around(label: &str, unit: &str, low: f64, high: f64, most: usize) -> Axis {
        let mut axis = Axis::of(label, unit, low, high);
        axis.ends_at_ticks = true;
        let step = axis.step(most);
        axis.tick(step)
    }

    /// The same between exactly these ends, which need not be ticks.
    pub fn between(label: &str, unit: &str, from: f64, to: f64, most: usize) -> Axis {
        let axis = Axis::of(label, unit, from, to);
        let step = axis.step(most);
        axis.tick(step)
    }

    /// The same for what is counted in whole numbers: no tick lies between two of them.
    #[must_use]
    pub fn whole(self, most: usize) -> Axis {
        let step = self.step(most).max(1.0);
        self.tick(step)
    }

    /// Simulated time from zero to `to_us` microseconds, in the unit that suits it.
    pub fn time(to_us: u64, most: usize) -> Axis {
        let (unit, scale) = match to_us {
            0..2_000 => ("\u{b5}s", 1.0),
            2_000..2_000_000 => ("ms", 1e3),
            2_000_000..300_000_000 => ("s", 1e6),
            300_000_000..18_000_000_000 => ("min", 6e7),
            _ => ("h", 3.6e9),
        };
        let mut axis = Axis::of("simulated time", unit, 0.0, to_us.max(1) as f64);
        axis.scale = scale;
        let step = axis.step(most);
        axis.tick(step)
    }

    fn of(label: &str, unit: &str, low: f64, high: f64) -> Axis {
        let (from, to) = apart(low.min(high), high.max(low));
        Axis {
            label: label.to_owned(),
            unit: unit.to_owned(),
            from,
            to,
            ticks: Vec::new(),
            scale: 1.0,
            ends_at_ticks: false,
        }
    }

    /// The step between ticks, in the axis's own numbers.
    fn step(&self, most: usize) -> f64 {
        step((self.to - self.from) / self.scale, most.max(2)) * self.scale
    }

    /// With a tick at every multiple of `step`.
    fn tick(mut self, step: f64) -> Axis {
        if self.ends_at_ticks {
            self.from = libm::floor(self.from / step + 1e-9) * step;
            self.to = libm::ceil(self.to / step - 1e-9) * step;
        }
        let first = libm::ceil(self.from / step - 1e-9) as i64;
        let last = libm::floor(self.to / step + 1e-9) as i64;
        let digits = digits(step / self.scale);
        let tick = |i: i64| Tick { at: i as f64 * step, text: fixed(i as f64 * step / self.scale, digits) };
        self.ticks = (first..=last).map(tick).collect();
        self
    }

    /// Where `value` lies between the ends: 0 at the lower, 1 at the upper one.
    pub fn place(&self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from)
    }

    /// `value` in the axis's unit, for a sentence: `2.5 ms`.
    pub fn say(&self, value: f64) -> String {
        with_unit(value / self.scale, &self.unit)
    }

    /// `value` in the axis's unit, as a bare number.
    pub fn number(&self, value: f64) -> String {
        figures(value / self.scale)
    }

    /// Its name with its unit: `simulated time, ms`.
    pub fn name(&self) -> String {
        match (self.label.as_str(), self.unit.as_str()) {
            (label, "") => label.to_owned(),
            ("", unit) => unit.to_owned(),
            (label, unit) => format!("{label}, {unit}"),
        }
    }
}

/// Two ends that are some way apart: one value alone gets room on either side, zero a unit above it.
fn apart(low: f64, high: f64) -> (f64, f64) {
    if high - low > 1e-9 * high.abs().max(1e-9) {
        return (low, high);
    }
    match low {
        0.0 => (0.0, 1.0),
        v if v > 0.0 => (0.0, v),
        v => (v, 0.0),
    }
}

/// The step between ticks: 1, 2 or 5 times a power of ten, so that at most `most` ticks fit.
fn step(span: f64, most: usize) -> f64 {
    let rough = span / (most - 1) as f64;
    let power = libm::pow(10.0, libm::floor(libm::log10(rough)));
    let steps = [1.0, 2.0, 5.0, 10.0].map(|s| s * power);
    let enough = |s: &f64| *s >= rough * (1.0 - 1e-9);
    steps.into_iter().find(enough).unwrap_or(10.0 * power)
}

/// Digits after the point that tell a tick from the next.
fn digits(step: f64) -> usize {
    libm::ceil(-libm::log10(step) - 1e-9).clamp(0.0, 9.0) as usize
}

/// A number with so many digits after the point; from ten thousand on with thin spaces.
fn fixed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let text = match text.trim_start_matches('-').chars().all(|c| "0.".contains(c)) {
        true => text.trim_start_matches('-').to_owned(),
        false => text.replace('-', "\u{2212}"),
    };
    let whole = text.find('.').unwrap_or(text.len());
    let sign = text.len() - text.trim_start_matches('\u{2212}').len();
    if whole - sign < 5 {
        return text;
    }
    let mut out = String::from(&text[..sign]);
    for (i, c) in text[sign..whole].chars().enumerate() {
        if i > 0 && (whole - sign - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out + &text[whole..]
}

/// A number as people read it: four significant digits, no zeros that say nothing.
pub fn figures(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let above = libm::floor(libm::log10(value.abs()));
    let digits = (3.0 - above).clamp(0.0, 9.0) as usize;
    let text = fixed(value, digits);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// The same with its unit: `2.5 ms`, `3`.
pub fn with_unit(value: f64, unit: &str) -> String {
    match unit {
        "" => figures(value),
        unit => format!("{}\u{a0}{unit}", figures(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|t| t.text.as_str()).collect()
    }

    #[test]
    fn ticks_are_numbers_that_people_count_by() {
        let a = Axis::around("", "", 0.0, 9.3, 5);
        assert_eq!((a.from, a.to), (0.0, 10.0));
        assert_eq!(texts(&a), ["0", "5", "10"]);
        assert_eq!(texts(&Axis::around("", "", 0.0, 0.31, 5)), ["0.0", "0.1", "0.2", "0.3", "0.4"]);
        assert_eq!(texts(&Axis::around("", "", -3.0, 4.0, 5)), ["\u{2212}4", "\u{2212}2", "0", "2", "4"]);
        assert_eq!(texts(&Axis::between("", "", 0.0, 104.0, 4)), ["0", "50", "100"]);
        assert_eq!(texts(&Axis::around("", "", 0.0, 2e4, 3)), ["0", "10\u{202f}000", "20\u{202f}000"]);
    }

    #[test]
    fn what_is_counted_has_no_tick_between_two_whole_numbers() {
        let a = Axis::around("", "", 0.0, 1.0, 5);
        assert_eq!(texts(&a.whole(5)), ["0", "1"]);
        let a = Axis::around("", "", 0.0, 2.0, 5).whole(5);
        assert_eq!((texts(&a), a.to), (vec!["0", "1", "2"], 2.0));
        let a = Axis::between("", "", -0.5, 1.5, 6).whole(6);
        assert_eq!((texts(&a), a.from, a.to), (vec!["0", "1"], -0.5, 1.5));
        assert_eq!(texts(&Axis::around("", "", 0.0, 300.0, 5).whole(5)), ["0", "100", "200", "300"]);
    }

    #[test]
    fn however_many_ticks_there_is_room_for_no_more_come() {
        for most in 4..9 {
            for high in [0.004, 0.7, 1.0, 3.0, 17.0, 99.0, 12_345.0] {
                let a = Axis::between("", "", 0.0, high, most);
                assert!(a.ticks.len() <= most && a.ticks.len() >= 2, "{most} {high} {:?}", texts(&a));
            }
        }
    }

    #[test]
    fn a_single_value_has_an_axis_too() {
        for v in [0.0, 3.0, -2.0, 1e-7] {
            let a = Axis::around("", "", v, v, 4);
            assert!(a.from <= v && v <= a.to && a.from < a.to, "{a:?}");
        }
    }

    #[test]
    fn time_is_told_in_the_unit_that_suits_it() {
        for (us, unit, last) in [
            (900, "\u{b5}s", "800"),
            (1_500_000, "ms", "1500"),
            (10_000_000, "s", "10"),
            (3_600_000_000, "min", "60"),
        ] {
            let a = Axis::time(us, 6);
            assert_eq!(a.unit, unit);
            assert_eq!(texts(&a).last().copied(), Some(last));
        }
        assert_eq!(Axis::time(10_000_000, 5).say(2_500_000.0), "2.5\u{a0}s");
    }

    #[test]
    fn numbers_have_four_digits_that_mean_something() {
        for (value, text) in [
            (0.0, "0"),
            (5.0, "5"),
            (0.072_03, "0.07203"),
            (212.345, "212.3"),
            (-0.5, "\u{2212}0.5"),
            (12_345.6, "12\u{202f}346"),
            (1e-12, "0"),
        ] {
            assert_eq!(figures(value), text);
        }
        assert_eq!(with_unit(2.5, "ms"), "2.5\u{a0}ms");
    }
}
