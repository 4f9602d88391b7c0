//! Measures as CSV (RFC 4180): a line of names, then one line a run.
//!
//! The rule that is easy to break: a run that does not yield a number leaves its place empty; it
//! does not count as zero.

use crate::kit::Measure;
use crate::sim::decimal;

/// Digits after the point.
const DIGITS: usize = 6;

/// The table of `rows`: the seed of each run, and what it yielded. The names are the first row's.
pub fn table(rows: &[(u64, Vec<Measure>)]) -> String {
    let mut out = String::from("seed");
    for m in rows.first().map_or(&[][..], |(_, measures)| measures) {
        out.push(',');
        out += &cell(m.name);
    }
    out.push('\n');
    for (seed, measures) in rows {
        out += &seed.to_string();
        for m in measures {
            out.push(',');
            if let Some(value) = m.value {
                out += &decimal::shortest(value, DIGITS);
            }
        }
        out.push('\n');
    }
    out
}

/// A text as a cell: in quotes where it must be.
fn cell(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_a_line_and_what_it_did_not_yield_is_empty() {
        let measures = |a, b| {
            let of = |name, value| Measure { name, value };
            vec![of("election_ms", a), of("odd, \"name\"", b)]
        };
        let rows = [(7, measures(Some(212.5), None)), (u64::MAX, measures(None, Some(3.0)))];
        assert_eq!(
            table(&rows),
            "seed,election_ms,\"odd, \"\"name\"\"\"\n7,212.5,\n18446744073709551615,,3\n"
        );
        assert_eq!(table(&[]), "seed\n");
    }
}
