//! A protocol's boards, ready to be drawn: signs for moods, lengths of bars, sums.
//!
//! The rule that is easy to break: a mood is a sign and a word before it is a colour; and a board that has
//! not changed is not drawn again.

use super::chart::{Axis, Chart, Line, figures, with_unit};
use super::origin::Origin;
use super::player::group;
use crate::check::Checks;
use crate::kit::Entry;
use crate::kit::boards::{Band, Bar, Line as Series, Mood, Part};
use crate::kit::{Board, Params};
use crate::sim::history::Run;

/// How a mood is told: a sign, the word for those who do not see it, and a name for style sheets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign {
    /// The sign; nothing for a plain mood.
    pub sign: &'static str,
    /// The word.
    pub word: &'static str,
    /// The name.
    pub class: &'static str,
}

/// How `mood` is told. The signs are those of the checks.
pub fn sign(mood: Mood) -> Sign {
    let (sign, word, class) = match mood {
        Mood::Plain => ("", "", "plain"),
        Mood::Good => ("\u{2713}", "good", "good"),
        Mood::Waiting => ("\u{2026}", "waiting", "waiting"),
        Mood::Bad => ("\u{2715}", "bad", "bad"),
    };
    Sign { sign, word, class }
}

/// The boards of a run, looked at again only when something has happened.
#[derive(Clone, Default)]
pub struct Boards {
    params: Option<(Origin, Params)>,
    seen: Option<(u32, u64, u64)>,
    now: Vec<Board>,
}

impl Boards {
    /// The boards as they are.
    pub fn now(&self) -> &[Board] {
        &self.now
    }

    /// Looks at `run`, which was opened as `origin`; true if the boards are others than before.
    pub fn look(&mut self, origin: &Origin, run: &Run<Checks>) -> bool {
        let world = run.world();
        if self.params.as_ref().is_none_or(|(s, _)| s != origin) {
            let params = origin.def.params(&origin.opening.params);
            self.params = params.ok().map(|p| (origin.clone(), p));
            self.seen = None;
        }
        // Between two events only what is drawn over time changes, and that to the millisecond.
        let seen = (world.events(), world.hash(), world.now().us() / 1_000);
        if self.seen == Some(seen) {
            return false;
        }
        self.seen = Some(seen);
        let entry = origin.def.entry().ok();
        let mut boards = match (entry, &self.params) {
            (Some(Entry { boards: Some(boards), .. }), Some((_, params))) => boards(params, world),
            _ => Vec::new(),
        };
        boards.extend(entry.and_then(|e| e.histories).into_iter().flat_map(|of| of(world, run.trace())));
        let changed = boards != self.now;
        self.now = boards;
        changed
    }
}

/// A bar as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct BarView {
    /// Where it begins, in per cent of the width.
    pub from: f64,
    /// How long it is, in per cent.
    pub long: f64,
    /// Its value with its unit.
    pub text: String,
}

/// Bars from a common zero, and the place of the mark, in per cent of the width.
pub fn bars(bars: &[Bar], unit: &str, mark: Option<f64>) -> (Vec<BarView>, Option<f64>) {
    let values = bars.iter().map(|b| b.value).chain(mark);
    let (low, high) = values.fold((0.0, 0.0), |(l, h): (f64, f64), v| (l.min(v), h.max(v)));
    // An axis of people's numbers, so that lengths do not dance with every event.
    let axis = Axis::around("", unit, low, high, 4);
    let place = |v: f64| 100.0 * axis.place(v);
    let bar = |b: &Bar| {
        let (from, to) = (place(b.value.min(0.0)), place(b.value.max(0.0)));
        BarView { from, long: to - from, text: with_unit(b.value, unit) }
    };
    (bars.iter().map(bar).collect(), mark.map(place))
}

/// An operation as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct BandView {
    /// What it is.
    pub label: String,
    /// From when to when, in words.
    pub when: String,
    /// Where it begins, and how long it is, in per cent of the width.
    pub from: f64,
    /// Not less than can be seen.
    pub long: f64,
    /// How it stands.
    pub mood: Mood,
}

/// What each did and when, as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct BandsView {
    /// Whose, and what.
    pub rows: Vec<(String, Vec<BandView>)>,
    /// The marks along the axis: where, in per cent, and what they say.
    pub ticks: Vec<(f64, String)>,
}

/// The narrowest that an operation is drawn, in per cent of the width.
const NARROW: f64 = 1.2;

/// What each did, on an axis from the beginning to now.
pub fn bands(rows: &[(String, Vec<Band>)], now_us: u64) -> BandsView {
    let latest = rows.iter().flat_map(|(_, all)| all).map(|b| b.to_us.unwrap_or(b.from_us)).max();
    let axis = Axis::time(latest.unwrap_or(0).max(now_us).max(1), 4);
    let place = |us: u64| 100.0 * axis.place(us as f64);
    let band = |b: &Band| {
        let from = place(b.from_us).min(100.0 - NARROW);
        let long = (place(b.to_us.unwrap_or(now_us.max(b.from_us))) - from).max(NARROW);
        let when = match b.to_us {
            Some(to) => format!("{} to {}", axis.say(b.from_us as f64), axis.say(to as f64)),
            None => format!("since {}", axis.say(b.from_us as f64)),
        };
        BandView { label: b.label.clone(), when, from, long, mood: b.mood }
    };
    BandsView {
        rows: rows.iter().map(|(who, all)| (who.clone(), all.iter().map(band).collect())).collect(),
        ticks: axis.ticks.iter().map(|t| (100.0 * axis.place(t.at), with_tick(&axis, &t.text))).collect(),
    }
}

fn with_tick(axis: &Axis, text: &str) -> String {
    format!("{text}\u{a0}{}", axis.unit)
}

/// Curves over simulated time as a chart.
pub fn series(title: &str, unit: &str, lines: &[Series], mark: Option<f64>, now_us: u64) -> Chart {
    let line = |l: &Series| Line {
        label: l.label.clone(),
        points: l.points.iter().map(|&(us, v)| (us as f64, v)).collect(),
        steps: true,
    };
    let mark = mark.map(|v| (v, with_unit(v, unit)));
    Chart::over_time(title, unit, now_us, lines.iter().map(line).collect(), mark)
}

/// A part of a sum as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct PartView {
    /// Whose it is.
    pub label: String,
    /// How much.
    pub text: String,
    /// Where it begins in the bar of all, and how long it is, in per cent; nothing where parts are below zero.
    pub share: Option<(f64, f64)>,
}

/// A sum as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct TotalView {
    /// Its parts.
    pub parts: Vec<PartView>,
    /// What they come to: `300 £, as it should be`.
    pub says: String,
    /// Whether that is right.
    pub mood: Mood,
    /// Where what it should be lies in the bar, in per cent.
    pub mark: Option<f64>,
}

/// A sum over `parts`, beside what it should be.
pub fn total(parts: &[Part], unit: &str, should_be: i64) -> TotalView {
    let sum: i64 = parts.iter().map(|p| p.value).sum();
    let whole = sum.max(should_be).max(1) as f64;
    let drawn = parts.iter().all(|p| p.value >= 0) && should_be >= 0;
    let percent = |n: i64| 100.0 * n as f64 / whole;
    let mut before = 0;
    let part = |p: &Part| {
        let from = before;
        before += p.value;
        PartView {
            label: p.label.clone(),
            text: money(p.value, unit),
            share: drawn.then(|| (percent(from), percent(p.value))),
        }
    };
    let parts = parts.iter().map(part).collect();
    let (right, all) = (money(should_be, unit), money(sum, unit));
    let gap = money((sum - should_be).abs(), unit);
    let says = match sum - should_be {
        0 => format!("{all}, as it should be"),
        d if d < 0 => format!("{all}, {gap} less than {right}"),
        _ => format!("{all}, {gap} more than {right}"),
    };
    TotalView {
        parts,
        says,
        mood: if sum == should_be { Mood::Good } else { Mood::Bad },
        mark: drawn.then(|| percent(should_be)),
    }
}

/// A whole number with its unit; a sign of money stands before it.
fn money(value: i64, unit: &str) -> String {
    let number = match value.unsigned_abs() {
        n if n < 10_000 => figures(n as f64),
        n => group(n),
    };
    let minus = if value < 0 { "\u{2212}" } else { "" };
    match unit {
        "" => format!("{minus}{number}"),
        "\u{a3}" | "$" | "\u{20ac}" => format!("{minus}{unit}{number}"),
        _ => format!("{minus}{number}\u{a0}{unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Opening;
    use crate::sim::SimTime;

    fn bar(value: f64) -> Bar {
        Bar { label: String::new(), value, mood: Mood::Plain }
    }

    #[test]
    fn moods_have_signs_of_their_own() {
        let all = [Mood::Plain, Mood::Good, Mood::Waiting, Mood::Bad].map(sign);
        for (i, a) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|b| a.sign != b.sign && a.word != b.word && a.class != b.class));
        }
    }

    #[test]
    fn bars_begin_at_a_common_zero_whichever_way_they_go() {
        let (up, mark) = bars(&[bar(5.0), bar(10.0)], "ms", Some(8.0));
        assert_eq!((up[0].from, up[0].long, up[1].long, mark), (0.0, 50.0, 100.0, Some(80.0)));
        assert_eq!(up[0].text, "5\u{a0}ms");
        let (both, _) = bars(&[bar(-5.0), bar(10.0)], "", None);
        assert!((both[0].from + both[0].long - both[1].from).abs() < 1e-9);
        let (none, _) = bars(&[bar(0.0)], "", None);
        assert_eq!(none[0].long, 0.0);
    }

    #[test]
    fn what_was_done_lies_on_an_axis_of_time_and_can_be_seen_however_short() {
        let band = |from_us, to_us| Band { label: "x = 3".to_owned(), from_us, to_us, mood: Mood::Plain };
        let rows = [(
            "C1".to_owned(),
            vec![band(0, Some(500_000)), band(600_000, Some(600_001)), band(750_000, None)],
        )];
        let seen = bands(&rows, 1_000_000);
        let drawn: Vec<(f64, f64)> =
            seen.rows[0].1.iter().map(|b| (b.from.round(), b.long.round())).collect();
        assert_eq!(drawn, [(0.0, 50.0), (60.0, 1.0), (75.0, 25.0)]);
        assert_eq!(seen.rows[0].1[0].when, "0\u{a0}ms to 500\u{a0}ms");
        assert_eq!(seen.rows[0].1[2].when, "since 750\u{a0}ms");
        assert_eq!(seen.ticks.first(), Some(&(0.0, "0\u{a0}ms".to_owned())));
        // Nothing has happened yet, and what ends now is not cut off.
        assert!(bands(&[], 0).rows.is_empty());
        let last = &bands(&[("C1".to_owned(), vec![band(1_000, Some(1_000))])], 1_000).rows[0].1[0];
        assert!((last.from + last.long - 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_sum_says_what_is_missing_or_too_much() {
        let part = |label: &str, value| Part { label: label.to_owned(), value };
        let parts = [part("A", 100), part("B", 150), part("on its way", 50)];
        let right = total(&parts, "\u{a3}", 300);
        assert_eq!((right.says.as_str(), right.mood), ("\u{a3}300, as it should be", Mood::Good));
        assert_eq!(right.parts[2].share.map(|s| s.0.round()), Some(83.0));
        let lost = total(&parts[..2], "\u{a3}", 300);
        assert_eq!(lost.says, "\u{a3}250, \u{a3}50 less than \u{a3}300");
        assert_eq!((lost.mood, lost.mark), (Mood::Bad, Some(100.0)));
        let more = total(&parts, "tokens", 299);
        assert_eq!(more.says, "300\u{a0}tokens, 1\u{a0}tokens more than 299\u{a0}tokens");
        assert_eq!(total(&[part("A", -5)], "", -5).parts[0].share, None);
    }

    #[test]
    fn boards_are_looked_at_again_when_something_has_happened() {
        let origin = Origin::of(Opening::of("test-toy")).unwrap();
        let mut run = origin.open().unwrap();
        run.run_until(SimTime::from_ms(300));
        let mut boards = Boards::default();
        assert!(boards.look(&origin, &run));
        assert!(!boards.look(&origin, &run));
        assert_eq!(boards.now().len(), 8);
        run.run_until(SimTime::from_ms(900));
        assert!(boards.look(&origin, &run));
        let other = Origin::of(Opening::of("test-panic")).unwrap();
        boards.look(&other, &other.open().unwrap());
        assert!(boards.now().is_empty());
    }
}
