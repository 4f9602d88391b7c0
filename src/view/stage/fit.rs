//! Words that fit into a shape: abbreviated so that two names that differ at their end still differ.
//!
//! The rule that is easy to break: what is abbreviated is whole in the title of its shape.

/// The width of a letter, in sizes of the type.
const LETTER: f64 = 0.58;

/// `words` as they fit into `room` pixels in a type of `px` pixels: "General A" becomes "Gen. A", and then "GA".
pub fn fitted(words: &str, room: f64, px: f64) -> String {
    let most = (room / (px * LETTER)).max(1.0) as usize;
    if words.chars().count() <= most {
        return words.to_owned();
    }
    if let Some((first, last)) = words.rsplit_once(' ') {
        let left = most.saturating_sub(last.chars().count() + 2);
        let letters = first.chars().filter(|c| !c.is_whitespace());
        return match left {
            0 => first.chars().take(1).chain(last.chars()).take(most.max(2)).collect(),
            left => format!("{}. {last}", letters.take(left.min(3)).collect::<String>()),
        };
    }
    words.chars().take(most.saturating_sub(1).max(1)).chain(['\u{2026}']).collect()
}

/// The text of a cell: up to three letters, of more the first two.
pub fn in_a_cell(text: &str) -> String {
    match text.chars().count() {
        0..=3 => text.to_owned(),
        _ => text.chars().take(2).chain(['\u{2026}']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_that_differ_at_their_end_differ_when_they_are_short() {
        assert_eq!(fitted("General A", 70.0, 12.5), "General A");
        assert_eq!(fitted("General A", 48.0, 12.5), "Gen. A");
        assert_eq!(fitted("General A", 20.0, 12.0), "GA");
        for room in [4.0, 12.0, 20.0, 30.0, 40.0, 50.0, 60.0] {
            assert_ne!(fitted("General A", room, 12.0), fitted("General B", room, 12.0), "{room}");
        }
    }

    #[test]
    fn what_fits_stays_and_one_long_word_is_cut() {
        assert_eq!(fitted("S1", 30.0, 17.0), "S1");
        assert_eq!(fitted("Coordinator", 50.0, 12.5), "Coord\u{2026}");
        assert_eq!((in_a_cell("123").as_str(), in_a_cell("12345").as_str()), ("123", "12\u{2026}"));
    }
}
