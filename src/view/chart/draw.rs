//! A chart as strokes and words on a sheet of so many pixels: drawn alike by the page and on paper.
//!
//! The rule that is easy to break: whatever is written stays on the sheet, and no two texts lie on each
//! other; the room for them is taken before the plot gets the rest.

use super::{Axis, Chart, Known, Line, Mark};
use crate::view::svg::path;

/// A line or an area.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// How it looks: words for style sheets.
    pub class: &'static str,
    /// Its outline, as SVG says it.
    pub d: String,
}

/// Where a text is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// At its beginning.
    Start,
    /// In its middle.
    Middle,
    /// At its end.
    End,
}

impl Anchor {
    /// The word in SVG.
    pub fn word(self) -> &'static str {
        match self {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        }
    }
}

/// A text on the sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// How it looks.
    pub class: &'static str,
    /// Where it is held.
    pub anchor: Anchor,
    /// Its place, from the left.
    pub x: f64,
    /// Its baseline, from the top.
    pub y: f64,
    /// What it says.
    pub text: String,
}

/// A chart as it is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// How wide the sheet is.
    pub width: f64,
    /// How high.
    pub height: f64,
    /// What is drawn, from the ground up.
    pub strokes: Vec<Stroke>,
    /// What is written.
    pub words: Vec<Words>,
}

/// The mean width of a letter, in the font of charts (11 pixels).
const LETTER: f64 = 6.1;
/// From one line of text to the next.
const ROW: f64 = 15.0;

/// The looks of lines, told apart by dash and by marker as well as by colour.
const LINES: [&str; 7] = ["line k0", "line k1", "line k2", "line k3", "line k4", "line k5", "line k6"];
const SPOTS: [&str; 7] = ["spot k0", "spot k1", "spot k2", "spot k3", "spot k4", "spot k5", "spot k6"];

/// The least height of a plot.
const LEAST: f64 = 44.0;

/// How wide a text is, roughly.
fn wide(text: &str) -> f64 {
    text.chars().count() as f64 * LETTER
}

/// The plot within the sheet.
struct Plot<'a> {
    chart: &'a Chart,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    picture: Picture,
}

/// Draws `chart` on a sheet of `width` by `height` pixels, or higher, where what is written needs it.
pub fn draw(chart: &Chart, width: f64, height: f64) -> Picture {
    let ticks = chart.y.ticks.iter().map(|t| wide(&t.text));
    let left = ticks.fold(0.0, f64::max) + 9.0;
    let mut plot = Plot {
        chart,
        left,
        right: width - 8.0,
        top: 7.0,
        bottom: height - ROW - if chart.x.name().is_empty() { 2.0 } else { ROW },
        picture: Picture { width, height, ..Picture::default() },
    };
    plot.head();
    let more = (LEAST - (plot.bottom - plot.top)).max(0.0);
    plot.bottom += more;
    plot.picture.height += more;
    plot.axes();
    plot.bars();
    if chart.bins.is_empty() {
        plot.across();
        plot.lines();
    } else {
        plot.upright();
    }
    plot.picture
}

impl Plot<'_> {
    fn stroke(&mut self, class: &'static str, d: String) {
        self.picture.strokes.push(Stroke { class, d });
    }

    /// Writes `text`, moved inward where it would leave the sheet.
    fn write(&mut self, class: &'static str, anchor: Anchor, x: f64, y: f64, text: &str) {
        let half = wide(text) / 2.0;
        let (before, after) = match anchor {
            Anchor::Start => (0.0, 2.0 * half),
            Anchor::Middle => (half, half),
            Anchor::End => (2.0 * half, 0.0),
        };
        let x = x.min(self.picture.width - after - 1.0).max(before + 1.0);
        self.picture.words.push(Words { class, anchor, x, y, text: text.to_owned() });
    }

    fn x(&self, value: f64) -> f64 {
        let place = self.chart.x.place(value).clamp(0.0, 1.0);
        self.left + place * (self.right - self.left)
    }

    fn y(&self, value: f64) -> f64 {
        let place = self.chart.y.place(value).clamp(-0.05, 1.05);
        self.bottom - place * (self.bottom - self.top)
    }

    /// What stands above the plot: the unit, the key to the lines, what is marked.
    fn head(&mut self) {
        let chart = self.chart;
        let unit = chart.y.name();
        if !unit.is_empty() {
            self.top += ROW;
            self.write("axis-name", Anchor::Start, 0.0, 11.0, &unit);
        }
        if chart.lines.len() > 1 {
            self.key();
        }
        if !chart.bins.is_empty() {
            // The first beside the axis's name, each further one below, so that equal ones can be read.
            self.top += ROW * chart.marks.len().saturating_sub(1) as f64;
        }
    }

    /// A sample of each line with its name, row by row.
    fn key(&mut self) {
        let (mut x, mut y) = (0.0, self.top);
        for (i, line) in self.chart.lines.iter().enumerate() {
            let room = 30.0 + wide(&line.label);
            if x > 0.0 && x + room > self.picture.width {
                (x, y) = (0.0, y + ROW);
            }
            self.stroke(LINES[i % LINES.len()], path("M# #h18", &[x + 1.0, y + 4.0]));
            self.spot(i, x + 10.0, y + 4.0);
            self.write("label", Anchor::Start, x + 23.0, y + 8.0, &line.label);
            x += room + 8.0;
        }
        self.top = y + ROW + 2.0;
    }

    fn axes(&mut self) {
        let (chart, bottom) = (self.chart, self.bottom);
        let mut free = f64::MAX;
        for tick in &chart.y.ticks {
            let y = self.y(tick.at);
            self.stroke("grid", path("M# #H#", &[self.left, y, self.right]));
            // A number that would touch the one before it is left out; its line stays.
            if y < free {
                self.write("tick", Anchor::End, self.left - 5.0, y + 3.5, &tick.text);
                free = y - 11.0;
            }
        }
        self.stroke("axis", path("M# #H#", &[self.left, bottom, self.right]));
        let mut free = f64::MIN;
        for tick in &chart.x.ticks {
            let x = self.x(tick.at);
            self.stroke("axis", path("M# #v4", &[x, bottom]));
            // A number that would touch the one before it is left out; its mark stays.
            let half = wide(&tick.text) / 2.0;
            if x - half > free {
                self.write("tick", Anchor::Middle, x, bottom + 14.0, &tick.text);
                free = x + half + 5.0;
            }
        }
        let name = Axis::name(&chart.x);
        let y = self.picture.height - 3.0;
        self.write("axis-name", Anchor::End, self.right, y, &name);
    }

    fn bars(&mut self) {
        let chart = self.chart;
        let mut d = String::new();
        for b in chart.bins.iter().filter(|b| b.count > 0.0) {
            let (from, to) = (self.x(b.from), self.x(b.to));
            // A gap between bars as far as there is room for one.
            let gap = if to - from > 5.0 { 0.75 } else { 0.0 };
            d += &path("M# #V#H#V#Z", &[from + gap, self.bottom, self.y(b.count), to - gap, self.bottom]);
        }
        if !d.is_empty() {
            self.stroke("bar", d);
        }
    }

    /// What is known, across the plot.
    fn across(&mut self) {
        for mark in &self.chart.marks {
            let y = self.y(mark.at);
            self.stroke("theory", path("M# #H#", &[self.left, y, self.right]));
            let above = y - 4.0 > self.top + 6.0;
            let at = if above { y - 4.0 } else { y + 12.0 };
            self.write("known", Anchor::End, self.right, at, &mark.label);
        }
    }

    /// What is known, as upright lines, each with its words in a row of its own above the bars.
    fn upright(&mut self) {
        let chart = self.chart;
        for (i, mark) in chart.marks.iter().enumerate() {
            let row = 11.0 + i as f64 * ROW;
            let x = self.x(mark.at);
            let class = match mark.what {
                Known::Theory => "theory",
                Known::Mean => "mean",
            };
            // From below its words, and not across the axis's name beside them.
            self.stroke(class, path("M# #V#", &[x, row + 4.0, self.bottom]));
            if mark.error > 0.0 {
                self.whisker(mark, self.top - 4.0);
            }
            let name = wide(&chart.y.name()) + 10.0;
            let half = wide(&mark.label) / 2.0;
            let least = if i == 0 { name + half } else { half };
            self.write("known", Anchor::Middle, x.max(least), row, &mark.label);
        }
    }

    fn whisker(&mut self, mark: &Mark, y: f64) {
        let (from, to) = (self.x(mark.at - mark.error), self.x(mark.at + mark.error));
        let numbers = [from, y - 3.0, from, y, to, to, y - 3.0];
        self.stroke("error", path("M# #v6M# #H#M# #v6", &numbers));
    }

    fn lines(&mut self) {
        let several = self.chart.lines.len() > 1;
        for (i, line) in self.chart.lines.iter().enumerate() {
            let d = self.outline(line);
            if d.is_empty() {
                continue;
            }
            self.stroke(LINES[i % LINES.len()], d);
            if several {
                for (x, y) in self.spots(i, line) {
                    self.spot(i, x, y);
                }
            } else if let Some(&(x, y)) = line.points.last() {
                // Where it stands now.
                let at = if line.steps { self.chart.x.to.max(x) } else { x };
                self.spot(0, self.x(at), self.y(y));
            }
        }
    }

    fn outline(&self, line: &Line) -> String {
        let mut d = String::new();
        for (i, &(x, y)) in line.points.iter().enumerate() {
            let (x, y) = (self.x(x), self.y(y));
            d += &match (i, line.steps) {
                (0, _) => path("M# #", &[x, y]),
                (_, true) => path("H#V#", &[x, y]),
                (_, false) => path("L# #", &[x, y]),
            };
        }
        // What holds until the next holds until now.
        if line.steps && !d.is_empty() {
            d += &path("H#", &[self.right]);
        }
        d
    }

    /// Where a line has its markers: a few along it, not at the places of the line before.
    fn spots(&self, i: usize, line: &Line) -> Vec<(f64, f64)> {
        const EACH: usize = 5;
        let (from, to) = (self.chart.x.from, self.chart.x.to);
        let shift = (i % 4) as f64 / 4.0;
        let at = (0..EACH).map(|k| from + (to - from) * (k as f64 + 0.3 + shift * 0.8) / EACH as f64);
        let place = |x: f64| {
            let upto = line.points.partition_point(|p| p.0 <= x);
            let (a, y) = *line.points.get(upto.checked_sub(1)?)?;
            let y = match line.points.get(upto) {
                Some(&(b, z)) if !line.steps && b > a => y + (z - y) * (x - a) / (b - a),
                None if !line.steps => return None,
                _ => y,
            };
            Some((self.x(x), self.y(y)))
        };
        at.filter_map(place).collect()
    }

    /// The marker of line number `i`: disc, square, triangle, diamond, in turn.
    fn spot(&mut self, i: usize, x: f64, y: f64) {
        let d = match i % 4 {
            0 => path("M# #a3 3 0 1 0 6 0a3 3 0 1 0 -6 0Z", &[x - 3.0, y]),
            1 => path("M# #h5.4v5.4h-5.4Z", &[x - 2.7, y - 2.7]),
            2 => path("M# #l3.6 6.2h-7.2Z", &[x, y - 3.9]),
            _ => path("M# #l3.8 3.8 -3.8 3.8 -3.8 -3.8Z", &[x, y - 3.8]),
        };
        self.stroke(SPOTS[i % SPOTS.len()], d);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Chart, Line, histogram};
    use super::*;

    fn line(label: &str, f: impl Fn(f64) -> f64) -> Line {
        Line {
            label: label.to_owned(),
            points: (0..40).map(|i| (f64::from(i) * 25_000.0, f(f64::from(i)))).collect(),
            steps: true,
        }
    }

    fn area(w: &Words) -> (f64, f64) {
        let width = wide(&w.text);
        let from = match w.anchor {
            Anchor::Start => w.x,
            Anchor::Middle => w.x - width / 2.0,
            Anchor::End => w.x - width,
        };
        (from, from + width)
    }

    fn assert_legible(p: &Picture, case: &str) {
        for (i, a) in p.words.iter().enumerate() {
            let (from, to) = area(a);
            assert!(from >= 0.0 && to <= p.width && a.y > 8.0 && a.y <= p.height, "{case}: {a:?}");
            for b in &p.words[..i] {
                let (f, t) = area(b);
                let apart = to <= f || t <= from || (a.y - b.y).abs() >= 9.0;
                assert!(apart, "{case}: '{}' on '{}'", a.text, b.text);
            }
        }
    }

    #[test]
    fn nothing_that_is_written_lies_on_anything_else_written() {
        let sample: Vec<f64> = (0..500).map(|i| f64::from(i * i % 991) * 13.0).collect();
        for (width, height) in [(300.0, 150.0), (264.0, 96.0), (420.0, 220.0)] {
            let names = ["General A", "General B", "C", "a rather long name", "E", "F", "G", "H"];
            for n in [1, 2, 8] {
                let lines = names[..n].iter().enumerate();
                let lines = lines.map(|(k, l)| line(l, move |x| x * (k as f64 + 1.0) * 37.0));
                let c = Chart::over_time("x", "ms", 1_000_000, lines.collect(), None);
                assert_legible(&draw(&c, width, height), &format!("{n} lines on {width}x{height}"));
            }
            for theory in [None, Some(6_450.0), Some(0.0), Some(90_000.0)] {
                let c = histogram("x", "ms", &sample, theory);
                assert_legible(&draw(&c, width, height), &format!("{theory:?} on {width}x{height}"));
            }
        }
    }

    #[test]
    fn a_bar_stands_on_the_axis_and_is_as_high_as_its_count() {
        let c = histogram("x", "", &[0.0, 0.0, 1.0], None);
        let p = draw(&c, 300.0, 150.0);
        let bars = p.strokes.iter().find(|s| s.class == "bar").unwrap();
        let heights: Vec<f64> = bars
            .d
            .split('M')
            .skip(1)
            .map(|bar| {
                let number = |from: char, to: char| {
                    let text = bar.split(from).nth(1).unwrap().split(to).next().unwrap();
                    text.parse::<f64>().unwrap()
                };
                let base: f64 = bar.split([' ', 'V']).nth(1).unwrap().parse().unwrap();
                base - number('V', 'H')
            })
            .collect();
        assert_eq!(heights.len(), 2);
        assert!((heights[0] - 2.0 * heights[1]).abs() < 0.3, "{heights:?}");
    }

    #[test]
    fn a_value_that_holds_is_drawn_to_the_present() {
        let one = Line { label: String::new(), points: vec![(0.0, 1.0), (10.0, 3.0)], steps: true };
        let c = Chart::over_time("x", "", 100, vec![one], Some((2.0, "theory 2".to_owned())));
        let p = draw(&c, 300.0, 100.0);
        let line = p.strokes.iter().find(|s| s.class == "line k0").unwrap();
        assert!(line.d.ends_with("H292"), "{}", line.d);
        assert_eq!(p.strokes.iter().filter(|s| s.class == "theory").count(), 1);
        assert!(p.words.iter().any(|w| w.text == "theory 2"));
    }
}
