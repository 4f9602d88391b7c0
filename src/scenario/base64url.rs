//! Base64 for addresses (RFC 4648, section 5), without padding.
//!
//! The rule that is easy to break: one text, one meaning. Leftover bits must be zero, so that no two
//! links differ in letters and agree in contents.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// `bytes` as letters.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group.iter().fold(0u32, |w, &b| w << 8 | u32::from(b)) << (8 * (3 - group.len()));
        for i in 0..=group.len() {
            let six = word >> (18 - 6 * i) & 63;
            text.push(char::from(LETTERS[six as usize]));
        }
    }
    text
}

/// The bytes that `text` stands for; if it stands for none, the place of the first letter that is
/// wrong (the end, if it stops too early).
pub fn decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut word, mut bits) = (0u32, 0);
    for (at, &letter) in text.iter().enumerate() {
        word = word << 6 | value(letter).ok_or(at)?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits) as u8);
            word &= (1 << bits) - 1;
        }
    }
    if bits == 6 || word != 0 {
        return Err(text.len());
    }
    Ok(bytes)
}

fn value(letter: u8) -> Option<u32> {
    let of = |first: u8, base: u32| Some(u32::from(letter - first) + base);
    match letter {
        b'A'..=b'Z' => of(b'A', 0),
        b'a'..=b'z' => of(b'a', 26),
        b'0'..=b'9' => of(b'0', 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648, section 10, without padding; and section 5's two letters.
    #[test]
    fn the_vectors_of_the_rfc() {
        let cases = [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, text) in cases {
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(decode(text.as_bytes()).unwrap(), plain.as_bytes());
        }
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn every_text_has_one_meaning() {
        assert_eq!(decode(b"Zg=="), Err(2));
        assert_eq!(decode(b"Z"), Err(1), "a letter alone is six bits");
        assert_eq!(decode(b"Zh"), Err(2), "leftover bits must be zero");
        assert_eq!(decode(b"Z/"), Err(1));
    }
}
