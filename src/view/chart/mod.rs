//! Charts: curves over simulated time and distributions over seeds, as plain data, and as the strokes and
//! words that a page or a sheet of paper draws.
//!
//! The rule that is easy to break: a chart says everything three times, as a picture, as one sentence and
//! as a table; and no line is told from another by its colour alone.

pub mod axis;
pub mod draw;
pub mod histogram;

pub use axis::{Axis, figures, with_unit};
pub use draw::{Picture, draw};
pub use histogram::histogram;

/// A line of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it is: `S1`.
    pub label: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
    /// A value holds until the next: drawn as steps, not slopes.
    pub steps: bool,
}

/// A bar of a distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct Bin {
    /// From here.
    pub from: f64,
    /// To here.
    pub to: f64,
    /// So many.
    pub count: f64,
}

impl Bin {
    /// The one whole number that it is around, if it is.
    fn whole(&self) -> Option<f64> {
        let middle = f64::midpoint(self.from, self.to);
        let around = self.to - self.from == 1.0 && middle == libm::floor(middle);
        around.then_some(middle)
    }
}

/// A value that is marked across a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// What it is.
    pub what: Known,
    /// Where.
    pub at: f64,
    /// How sure it is: a whisker of this length on either side; 0 for none.
    pub error: f64,
    /// In words: `theory 5`.
    pub label: String,
}

/// What a mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// What theory says, or a bound.
    Theory,
    /// The mean of what was measured.
    Mean,
}

/// A chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What it shows: `jobs waiting`.
    pub title: String,
    /// The axis below.
    pub x: Axis,
    /// The axis on the left.
    pub y: Axis,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Its bars.
    pub bins: Vec<Bin>,
    /// What is marked: across where there are lines, upright where there are bars.
    pub marks: Vec<Mark>,
}

/// Ticks of an axis, at most.
const TICKS: usize = 5;
/// Rows of a chart's table, at most.
const ROWS: usize = 14;

/// A chart as a table: heads of its columns, and its rows.
pub type Table = (Vec<String>, Vec<Vec<String>>);

impl Chart {
    /// Curves over simulated time from zero to `to_us`; values hold until the next. `mark` is what theory
    /// says, or a bound.
    pub fn over_time(
        title: &str,
        unit: &str,
        to_us: u64,
        lines: Vec<Line>,
        mark: Option<(f64, String)>,
    ) -> Chart {
        let values = || lines.iter().flat_map(|l| l.points.iter().map(|p| p.1));
        let whole = values().all(|v| v == libm::floor(v));
        let all = values().chain(mark.iter().map(|m| m.0));
        let (low, high) = all.fold((0.0, 0.0), |(l, h): (f64, f64), v| (l.min(v), h.max(v)));
        let mark = mark.map(|(at, label)| Mark { what: Known::Theory, at, error: 0.0, label });
        let y = Axis::around("", unit, low, high, TICKS);
        Chart {
            title: title.to_owned(),
            x: Axis::time(to_us, TICKS),
            y: if whole { y.whole(TICKS) } else { y },
            lines,
            bins: Vec::new(),
            marks: mark.into_iter().collect(),
        }
    }

    /// What it shows, in a sentence or two: its accessible name.
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        for line in &self.lines {
            parts.push(format!("{}{}", named(&line.label), self.course(line)));
        }
        parts.extend(self.spread());
        parts.extend(self.marks.iter().map(|m| m.label.clone()));
        match parts.is_empty() {
            true => format!("{}: nothing yet.", self.title),
            false => format!("{}: {}.", self.title, parts.join("; ")),
        }
    }

    /// How the bars lie, in words.
    fn spread(&self) -> Option<String> {
        let (first, last) = (self.bins.first()?, self.bins.last()?);
        let all: f64 = self.bins.iter().map(|b| b.count).sum();
        let top = self.bins.iter().max_by(|a, b| a.count.total_cmp(&b.count))?;
        let (count, most) = (figures(all), figures(top.count));
        let (low, high) = match (first.whole(), last.whole()) {
            (Some(low), Some(high)) => (low, high),
            _ => (first.from, last.to),
        };
        let ends = match low == high {
            true => format!("{count} values, all {}", self.x.say(low)),
            false => format!("{count} values from {} to {}", self.x.number(low), self.x.say(high)),
        };
        Some(match self.bins.len() {
            1 => ends,
            _ => format!("{ends}; most of them, {most}, {}", self.place_of(top)),
        })
    }

    /// Where a bar stands, in words.
    fn place_of(&self, b: &Bin) -> String {
        match b.whole() {
            Some(n) => format!("at {}", self.x.say(n)),
            None => format!("between {} and {}", self.x.number(b.from), self.x.say(b.to)),
        }
    }

    /// How a line goes, in words.
    fn course(&self, line: &Line) -> String {
        let Some((_, last)) = line.points.last() else {
            return "nothing yet".to_owned();
        };
        let values = || line.points.iter().map(|p| p.1);
        let (low, high) = (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max));
        let now = self.y.say(*last);
        match low == high {
            true => format!("{now} throughout"),
            false => format!("{now} at the end, between {} and {}", self.y.number(low), self.y.say(high)),
        }
    }

    /// The numbers of the picture, thinned to what can be read.
    pub fn table(&self) -> Table {
        if !self.bins.is_empty() {
            let named = Some(self.x.name()).filter(|n| !n.is_empty());
            let first = named.unwrap_or_else(|| self.title.clone());
            let head = vec![first, self.y.name()];
            let row = |b: &Bin| {
                let ends = || format!("{} to {}", self.x.number(b.from), self.x.number(b.to));
                let range = b.whole().map_or_else(ends, |n| self.x.number(n));
                vec![range, figures(b.count)]
            };
            return (head, self.bins.iter().map(row).collect());
        }
        let mut head = vec![self.x.name()];
        let unit = |label: &str| match (label, self.y.unit.as_str()) {
            ("", unit) if !unit.is_empty() => unit.to_owned(),
            ("", _) => self.title.clone(),
            (label, "") => label.to_owned(),
            (label, unit) => format!("{label}, {unit}"),
        };
        head.extend(self.lines.iter().map(|l| unit(&l.label)));
        let row = |at: f64| {
            let value = |l: &Line| value_at(l, at).map_or(String::new(), |v| self.y.number(v));
            let mut row = vec![self.x.number(at)];
            row.extend(self.lines.iter().map(value));
            row
        };
        (head, self.moments().into_iter().map(row).collect())
    }

    /// The places along the axis below at which something is, at most [`ROWS`].
    fn moments(&self) -> Vec<f64> {
        let mut all: Vec<f64> = self.lines.iter().flat_map(|l| l.points.iter().map(|p| p.0)).collect();
        all.sort_by(f64::total_cmp);
        all.dedup();
        let n = all.len();
        if n <= ROWS {
            return all;
        }
        (0..ROWS).map(|i| all[i * (n - 1) / (ROWS - 1)]).collect()
    }
}

fn named(label: &str) -> String {
    match label {
        "" => String::new(),
        label => format!("{label} "),
    }
}

/// What a line shows at `x`: its last value up to there.
fn value_at(line: &Line, x: f64) -> Option<f64> {
    let upto = line.points.partition_point(|p| p.0 <= x);
    upto.checked_sub(1).map(|i| line.points[i].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(label: &str, points: &[(f64, f64)]) -> Line {
        Line { label: label.to_owned(), points: points.to_vec(), steps: true }
    }

    #[test]
    fn a_curve_says_where_it_ends_and_between_what_it_went() {
        let points = [(0.0, 2.0), (1e6, 7.0), (2e6, 5.0)];
        let theory = Some((4.5, "theory 4.5".to_owned()));
        let c = Chart::over_time("jobs waiting", "", 4_000_000, vec![line("", &points)], theory);
        assert_eq!(c.summary(), "jobs waiting: 5 at the end, between 2 and 7; theory 4.5.");
        let (head, rows) = c.table();
        assert_eq!(head, ["simulated time, s", "jobs waiting"]);
        assert_eq!(rows, [["0", "2"], ["1", "7"], ["2", "5"]]);
        assert_eq!((c.y.from, c.y.to), (0.0, 8.0));
    }

    #[test]
    fn several_lines_share_a_table_with_what_held_at_the_time() {
        let (a, b) = (line("A", &[(0.0, 1.0)]), line("B", &[(5.0, 2.0), (9.0, 3.0)]));
        let c = Chart::over_time("terms", "ms", 10, vec![a, b], None);
        let (head, rows) = c.table();
        assert_eq!(head[1..], ["A, ms", "B, ms"]);
        assert_eq!(rows[0][1..], ["1", ""]);
        assert_eq!(rows[2][1..], ["1", "3"]);
    }

    #[test]
    fn a_long_curve_is_thinned_to_a_table_that_can_be_read() {
        let points: Vec<_> = (0..500).map(|i| (f64::from(i), f64::from(i % 7))).collect();
        let c = Chart::over_time("x", "", 500, vec![line("", &points)], None);
        let rows = c.table().1;
        assert_eq!((rows.len(), rows[0][0].as_str(), rows[ROWS - 1][0].as_str()), (ROWS, "0", "499"));
    }

    #[test]
    fn without_points_it_says_so() {
        let c = Chart::over_time("x", "ms", 0, vec![line("", &[])], None);
        assert_eq!(c.summary(), "x: nothing yet.");
    }
}
