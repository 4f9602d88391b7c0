//! Numbers in SVG attributes, with one decimal.
//!
//! The rule that is easy to break: a `#` of a pattern stands for the next number.

use crate::sim::decimal::shortest;

/// A number as an SVG attribute.
pub fn px(x: f64) -> String {
    shortest(x, 1)
}

/// `pattern` with the numbers put in for its `#`: `path("M# #L# #", &[a.x, a.y, b.x, b.y])`.
pub fn path(pattern: &str, numbers: &[f64]) -> String {
    let mut out = String::new();
    let mut parts = pattern.split('#');
    out.push_str(parts.next().unwrap_or_default());
    for (part, &x) in parts.zip(numbers) {
        out.push_str(&px(x));
        out.push_str(part);
    }
    out
}
