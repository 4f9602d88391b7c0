//! A picture as SVG text that stands alone: its own colours, no script, no font to fetch.
//!
//! The rule that is easy to break: words come from runs and links, so every one is escaped; a
//! `#` of a pattern is the next number.

use crate::view::svg::path;

/// A picture under way.
pub struct Paper {
    out: String,
}

/// `text` between tags or quotes; what no XML holds is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            c if c.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&c) => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

impl Paper {
    /// An empty sheet of `width` by `height` with a name, a longer description, and style rules.
    pub fn new(width: f64, height: f64, title: &str, says: &str, style: &str) -> Self {
        let size = path("width=\"#\" height=\"#\"", &[width, height]);
        let view = path("viewBox=\"0 0 # #\"", &[width, height]);
        let mut paper = Paper { out: String::new() };
        paper.out += &format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" {size} {view} role=\"img\">\n<title>{}</title>\n\
             <desc>{}</desc>\n<style>\ntext{{font-family:system-ui,sans-serif;fill:#16191d}}\n{style}</style>\n",
            escaped(title),
            escaped(says)
        );
        paper.rect("ground", [0.0, 0.0, width, height]);
        paper
    }

    /// Puts in what is SVG already: definitions.
    pub fn raw(&mut self, svg: &str) {
        self.out += svg;
    }

    /// Begins a group, moved to a point.
    pub fn group(&mut self, class: &str, x: f64, y: f64) {
        let moved = match x == 0.0 && y == 0.0 {
            true => String::new(),
            false => path(" transform=\"translate(# #)\"", &[x, y]),
        };
        self.out += &format!("<g class=\"{class}\"{moved}>\n");
    }

    /// Ends the group that was begun last.
    pub fn end(&mut self) {
        self.out += "</g>\n";
    }

    /// A sentence that is shown at the group around it, where a pointer rests on it.
    pub fn says(&mut self, text: &str) {
        self.out += &format!("<title>{}</title>\n", escaped(text));
    }

    /// A path; none for no data.
    pub fn path(&mut self, class: &str, d: &str) {
        if !d.is_empty() {
            self.out += &format!("<path class=\"{class}\" d=\"{d}\"/>\n");
        }
    }

    /// A rectangle: left, top, width, height.
    pub fn rect(&mut self, class: &str, place: [f64; 4]) {
        let place = path("x=\"#\" y=\"#\" width=\"#\" height=\"#\"", &place);
        self.out += &format!("<rect class=\"{class}\" {place}/>\n");
    }

    /// A circle: its middle and its radius.
    pub fn circle(&mut self, class: &str, place: [f64; 3]) {
        let place = path("cx=\"#\" cy=\"#\" r=\"#\"", &place);
        self.out += &format!("<circle class=\"{class}\" {place}/>\n");
    }

    /// Words from a point on their baseline; `anchor` is `start`, `middle` or `end`.
    pub fn text(&mut self, class: &str, anchor: &str, x: f64, y: f64, words: &str) {
        let place = path("x=\"#\" y=\"#\"", &[x, y]);
        self.out +=
            &format!("<text class=\"{class}\" {place} text-anchor=\"{anchor}\">{}</text>\n", escaped(words));
    }

    /// The finished picture.
    pub fn finish(self) -> String {
        self.out + "</svg>\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        let mut paper = Paper::new(10.0, 20.5, "<a> & \"b\"", "", "");
        paper.text("", "start", 1.0, 2.26, "\u{1}</text><script>");
        let svg = paper.finish();
        assert!(svg.contains("<title>&lt;a&gt; &amp; &quot;b&quot;</title>"));
        assert!(svg.contains("> &lt;/text&gt;&lt;script&gt;</text>"));
        assert!(svg.contains("viewBox=\"0 0 10 20.5\""));
        assert!(svg.contains("x=\"1\" y=\"2.3\""));
    }
}
