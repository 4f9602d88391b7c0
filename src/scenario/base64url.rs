//! Base64 for addresses (RFC 4648, section 5), without padding.
//!
//! The rule that is easy to break: one text, one meaning. Leftover bits must be zero, so that no two
//! links differ in letters and agree in contents.

use data_encoding::{BASE64URL_NOPAD, DecodeKind};

/// `bytes` as letters.
pub fn encode(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// The bytes that `text` stands for; if it stands for none, the place of the first letter that is
/// wrong (the end, if it stops too early).
pub fn decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    BASE64URL_NOPAD.decode(text).map_err(|e| match e.kind {
        DecodeKind::Symbol => e.position,
        _ => text.len(),
    })
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
