//! A chart as a picture that stands alone: what the page shows, from the same strokes and words.
//!
//! The rule that is easy to break: lines are told apart by dash and marker here too. A book is grey.

use super::paper::Paper;
use crate::view::chart::{Chart, draw};

const STYLE: &str = "\
.ground{fill:#ffffff}path{fill:none;stroke-linejoin:round}text{font-size:11px}
.title{font-size:14px;font-weight:600}.tick,.axis-name{fill:#50565f}.known{font-weight:600}
.grid{stroke:#e3e6e4}.axis{stroke:#858b93}.bar{fill:#bcd9ec;stroke:#0072b2;stroke-width:.75}
.theory{stroke:#a84300;stroke-width:1.75;stroke-dasharray:6 4}.mean,.error{stroke:#16191d;stroke-width:1.75}
.line{stroke-width:1.75}.spot{stroke:#ffffff;stroke-width:.75}
.k0{stroke:#0072b2}.k1{stroke:#c24e00;stroke-dasharray:7 3}.k2{stroke:#007f5c;stroke-dasharray:2.5 2.5}
.k3{stroke:#a04b80;stroke-dasharray:9 3 2 3}.k4{stroke:#b27700;stroke-dasharray:12 4}
.k5{stroke:#50565f;stroke-dasharray:5 2 1 2}.k6{stroke:#16191d;stroke-dasharray:1 3}
.spot{stroke-dasharray:none}.spot.k0{fill:#0072b2}.spot.k1{fill:#c24e00}.spot.k2{fill:#007f5c}
.spot.k3{fill:#a04b80}.spot.k4{fill:#b27700}.spot.k5{fill:#50565f}.spot.k6{fill:#16191d}
";

/// How large the chart is, and what is left free around it.
const SIZE: (f64, f64) = (520.0, 260.0);
const MARGIN: f64 = 16.0;
const HEAD: f64 = 30.0;

/// `chart` on a sheet of its own, with its title; `under` says what it is of.
pub fn svg(chart: &Chart, under: &str) -> String {
    let picture = draw(chart, SIZE.0, SIZE.1);
    let width = picture.width + 2.0 * MARGIN;
    let height = HEAD + picture.height + 2.0 * MARGIN;
    let title = format!("{}: {under}", chart.title);
    let mut paper = Paper::new(width, height, &title, &chart.summary(), STYLE);
    paper.text("title", "start", MARGIN, MARGIN + 10.0, &chart.title);
    paper.text("axis-name", "start", MARGIN, MARGIN + 25.0, under);
    paper.group("", MARGIN, HEAD + MARGIN);
    for s in &picture.strokes {
        paper.path(s.class, &s.d);
    }
    for w in &picture.words {
        paper.text(w.class, w.anchor.word(), w.x, w.y, &w.text);
    }
    paper.end();
    paper.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::chart::histogram;

    #[test]
    fn the_sheet_has_the_picture_its_sentence_and_what_it_is_of() {
        let chart = histogram("until <elected>", "ms", &[1.0, 2.0, 2.0, 4.0], Some(2.5));
        let svg = svg(&chart, "raft-election, 4 runs");
        assert!(svg.contains("<title>until &lt;elected&gt;: raft-election, 4 runs</title>"));
        assert!(svg.contains("<desc>until &lt;elected&gt;: 4 values from"));
        for class in ["bar", "theory", "mean", "error", "axis"] {
            assert!(svg.contains(&format!("<path class=\"{class}\" d=\"M")), "{class}");
        }
        assert!(!svg.contains("NaN"));
    }
}
