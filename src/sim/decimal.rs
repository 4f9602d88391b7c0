//! Decimal numbers as people read them.

/// `value` with so many digits after the point; `-0` never.
pub fn fixed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| matches!(b, b'0' | b'.')) => rest.to_owned(),
        _ => text,
    }
}

/// [`fixed`] without the zeros that say nothing: `0.25`, `3`.
pub fn shortest(value: f64, digits: usize) -> String {
    let text = fixed(value, digits);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_digits_asked_for() {
        for (value, digits, text) in [
            (0.0, 1, "0.0"),
            (-0.04, 1, "0.0"),
            (-0.06, 1, "-0.1"),
            (12.26, 1, "12.3"),
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
}
