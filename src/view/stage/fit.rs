//! Words that fit into a shape: abbreviated so that two names that differ at their end still differ.
//!
//! The rule that is easy to break: what is abbreviated is whole in the title of its shape.

/// The width of a letter, in sizes of the type.
const LETTER: f64 = 0.58;

/// A last word of so many letters tells names apart: "General A", "Server 12".
const TELLING: usize = 3;

/// `words` as they fit into `room` pixels in a type of `px` pixels: "General A" becomes "Gen. A", and then "GA"; "Lock
/// server", whose last word says most, becomes "server".
pub fn fitted(words: &str, room: f64, px: f64) -> String {
    let most = (room / (px * LETTER)).max(1.0) as usize;
    if words.chars().count() <= most {
        return words.to_owned();
    }
    let Some((before, last)) = words.rsplit_once(' ') else { return cut(words, most) };
    let (first, between) = before.split_once(' ').unwrap_or((before, ""));
    // "epoch 1, 4" without its middle would be another number's epoch.
    if between.contains(|c: char| c.is_ascii_digit()) {
        return cut(words, most);
    }
    let (long, end) = (first.chars().count(), last.chars().count());
    match most.saturating_sub(end + 1) {
        left if left >= long => format!("{first} {last}"),
        // A letter or two of a word are a riddle, unless what follows is all that differs.
        left if left >= 3 || (left == 2 && end <= TELLING) => {
            format!("{}. {last}", first.chars().take((left - 1).min(3)).collect::<String>())
        }
        _ if end <= TELLING => first.chars().take(1).chain(last.chars()).take(most.max(2)).collect(),
        _ if end <= most => last.to_owned(),
        _ => cut(words, most),
    }
}

/// The beginning of `words`, in so many letters.
fn cut(words: &str, most: usize) -> String {
    let begin: String = words.chars().take(most.saturating_sub(1).max(1)).collect();
    format!("{}\u{2026}", begin.trim_end_matches([' ', ',', ':', '(']))
}

/// The text of a cell: up to three letters, of more the first two.
pub fn in_a_cell(text: &str) -> String {
    match text.chars().count() {
        0..=3 => text.to_owned(),
        _ => text.chars().take(2).chain(['\u{2026}']).collect(),
    }
}

/// How wide each cell of a row is, in pixels, so that the longest of `texts` stands free in it.
pub fn cell_width<'a>(texts: impl Iterator<Item = &'a str>) -> f64 {
    match texts.map(|t| in_a_cell(t).chars().count()).max() {
        None | Some(0 | 1) => 15.0,
        Some(2) => 18.0,
        Some(_) => 21.0,
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
    fn the_word_that_says_most_stays_whole() {
        let in_letters = |words, n: usize| fitted(words, 7.0 * n as f64, 7.0 / LETTER);
        assert_eq!(in_letters("Lock server", 7), "server");
        assert_eq!(in_letters("Lock server", 10), "Lo. server");
        assert_eq!(in_letters("orders attack", 9), "attack");
        assert_eq!(in_letters("has token 5", 6), "has 5");
        assert_eq!(in_letters("Lock server", 5), "Lock\u{2026}");
    }

    #[test]
    fn a_number_is_never_left_out_between_two_words() {
        let in_letters = |words, n: usize| fitted(words, 7.0 * n as f64, 7.0 / LETTER);
        assert_eq!(in_letters("epoch 1, 4", 10), "epoch 1, 4");
        assert_eq!(in_letters("epoch 1, 4", 9), "epoch 1\u{2026}");
        assert_eq!(in_letters("reads 3 of 5", 8), "reads 3\u{2026}");
    }

    #[test]
    fn what_fits_stays_and_one_long_word_is_cut() {
        assert_eq!(fitted("S1", 30.0, 17.0), "S1");
        assert_eq!(fitted("Coordinator", 50.0, 12.5), "Coord\u{2026}");
        assert_eq!((in_a_cell("123").as_str(), in_a_cell("12345").as_str()), ("123", "12\u{2026}"));
    }
}
