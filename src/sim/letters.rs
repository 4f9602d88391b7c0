//! Letters that come from strangers: which could deceive a reader, and how a text is quoted without them.

/// Whether a letter cannot be seen, or changes how the letters around it are read: marks of
/// direction (Unicode TR 36, section 3: "bidirectional text spoofing"), letters without width, and
/// separators that are no line ends of JSON.
pub fn is_hidden(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A file's text without the mark of byte order that some editors begin it with. Every reader of files asks here
/// first.
pub fn unmarked(text: &str) -> &str {
    text.trim_start_matches('\u{feff}')
}

/// The beginning of a text from outside, without letters that could do harm in a sentence.
pub fn short(text: &str) -> String {
    let plain = |c: &char| !c.is_control() && !is_hidden(*c);
    text.chars().filter(plain).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_of_byte_order_is_no_part_of_a_text() {
        assert_eq!(["a", "\u{feff}a", "\u{feff}\u{feff}a", "\u{feff}"].map(unmarked), ["a", "a", "a", ""]);
        assert_eq!(unmarked("a\u{feff}"), "a\u{feff}");
    }
}
