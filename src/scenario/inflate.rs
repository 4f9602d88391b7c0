//! Unpacking DEFLATE (RFC 1951) that comes from strangers.
//!
//! The rule that is easy to break: the limit holds while it is unpacked, so that a few bytes never
//! become a gigabyte; and the last byte counts, so that nothing rides along behind what was meant. The crate's own
//! function with a limit passes over what follows the end.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

/// Why something cannot be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It would be larger than allowed.
    TooLarge,
    /// Its end is missing.
    CutShort,
    /// Something follows its end.
    Trailing,
    /// It is no such thing.
    Damaged,
}

/// What `packed` unpacks to, at most `most` bytes.
///
/// # Errors
/// See [`Trouble`]. No more than `most` bytes are ever held.
pub fn unpack(packed: &[u8], most: usize) -> Result<Vec<u8>, Trouble> {
    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut machine = Box::<DecompressorOxide>::default();
    let mut out = vec![0; (packed.len() * 4).max(64).min(most)];
    let (mut read, mut written) = (0, 0);
    loop {
        let rest = packed.get(read..).unwrap_or_default();
        let (status, took, gave) = decompress(&mut machine, rest, &mut out, written, flags);
        read += took;
        written += gave;
        match status {
            TINFLStatus::Done if read < packed.len() => return Err(Trouble::Trailing),
            TINFLStatus::Done => {
                out.truncate(written);
                return Ok(out);
            }
            TINFLStatus::HasMoreOutput if out.len() >= most => return Err(Trouble::TooLarge),
            TINFLStatus::HasMoreOutput => out.resize((out.len() * 2).min(most), 0),
            TINFLStatus::NeedsMoreInput | TINFLStatus::FailedCannotMakeProgress => {
                return Err(Trouble::CutShort);
            }
            _ => return Err(Trouble::Damaged),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use miniz_oxide::deflate::compress_to_vec;

    #[test]
    fn what_is_packed_is_unpacked_up_to_the_limit_and_not_beyond() {
        for len in [0, 1, 63, 64, 65, 5_000, 100_000] {
            let plain: Vec<u8> = (0..len).map(|i| (i * i % 251) as u8).collect();
            let packed = compress_to_vec(&plain, 9);
            assert_eq!(unpack(&packed, len.max(1)), Ok(plain.clone()), "{len}");
            if len > 1 {
                assert_eq!(unpack(&packed, len - 1), Err(Trouble::TooLarge), "{len}");
                let short = &packed[..packed.len() - 1];
                assert_eq!(unpack(short, len), Err(Trouble::CutShort), "{len}");
            }
            let more = [packed.as_slice(), &[0]].concat();
            assert_eq!(unpack(&more, len.max(1)), Err(Trouble::Trailing), "{len}");
        }
        // Block type 3 is reserved (RFC 1951, section 3.2.3).
        assert_eq!(unpack(&[0b111, 0, 0], 9), Err(Trouble::Damaged));
        assert_eq!(unpack(&[], 9), Err(Trouble::CutShort));
    }
}
