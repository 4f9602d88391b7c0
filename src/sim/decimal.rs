//! Decimal numbers as text: written with a fixed number of digits, and read.
//!
//! The rule that is easy to break: below the page's 200 KB there is no room for the standard
//! library's floats as text (20 KB gzip of tables and digits nobody looks at). Nothing that the
//! page runs may `format!`, `to_string` or `parse` an `f64`; it comes here. `f64::clamp` with bounds
//! that are no constants writes them when it panics: use `max` and `min`.

/// `value` with so many digits after the point; halves away from zero, `-0` never.
pub fn fixed(value: f64, digits: u32) -> String {
    let unit = 10_i64.pow(digits);
    let n = libm::round(value * unit as f64) as i64;
    let sign = if n < 0 { "-" } else { "" };
    let (whole, rest) = (n.unsigned_abs() / unit as u64, n.unsigned_abs() % unit as u64);
    match digits {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{rest:0width$}", width = digits as usize),
    }
}

/// [`fixed`] without the zeros that say nothing: `0.25`, `3`.
pub fn shortest(value: f64, digits: u32) -> String {
    let mut text = fixed(value, digits);
    if text.contains('.') {
        let said = text.trim_end_matches('0').trim_end_matches('.').len();
        text.truncate(said);
    }
    text
}

/// The number that `text` says, such as `2`, `-0.25` or `.5`; no exponents.
pub fn read(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() + rest.len() == 0 {
        return None;
    }
    let (mut value, mut unit) = (0.0, 1.0);
    for (place, digit) in whole.chars().chain(rest.chars()).enumerate() {
        value = value * 10.0 + f64::from(digit.to_digit(10)?);
        if place >= whole.len() {
            unit *= 10.0;
        }
    }
    Some(sign * value / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_digits_asked_for() {
        for (value, digits, text) in [
            (0.0, 1, "0.0"),
            (-0.04, 1, "0.0"),
            (-0.05, 1, "-0.1"),
            (12.25, 1, "12.3"),
            (3.999, 2, "4.00"),
            (-7.6, 0, "-8"),
            (1_234.567_8, 4, "1234.5678"),
        ] {
            assert_eq!(fixed(value, digits), text);
        }
        assert_eq!(shortest(0.25, 4), "0.25");
        assert_eq!(shortest(300.0, 4), "300");
        assert_eq!(shortest(100.0, 0), "100");
    }

    #[test]
    fn what_is_written_is_read_again_and_what_is_no_number_is_not() {
        for value in [0.0, 0.25, -3.5, 1_000.0, 99.125] {
            assert_eq!(read(&shortest(value, 6)), Some(value));
        }
        assert_eq!(read(".5"), Some(0.5));
        for text in ["", "-", ".", "1e3", "1.2.3", "fast", "--1", "+1", " 1"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
