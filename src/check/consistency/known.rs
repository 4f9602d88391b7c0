//! What the search remembers: places from which it has found no way on.
//!
//! The rule that is easy to break: a place is what decides the future and no more, and it is compared as it
//! is, never by a hash: two places taken for one would be a wrong verdict.

use std::collections::BTreeMap;

/// How many of each group have been used: group and number, where it is not 0.
pub(super) type Used = Box<[(u32, u32)]>;

/// Places without a way on. From a place that is the same but for more operations of unknown end used up
/// there is none either: they are kept out.
#[derive(Default)]
pub(super) struct Known {
    places: BTreeMap<Box<[u8]>, Vec<Used>>,
    /// About how many bytes they take.
    pub bytes: usize,
}

/// What an entry takes beside its own bytes.
const ENTRY: usize = 96;

impl Known {
    /// Remembers a place; whether it was new.
    pub(super) fn insert(&mut self, place: Box<[u8]>, used: Used) -> bool {
        let weigh = |used: &Used| 32 + size_of_val(&**used);
        let own = weigh(&used);
        if let Some(all) = self.places.get_mut(&place) {
            if all.iter().any(|less| covers(less, &used)) {
                return false;
            }
            all.retain(|more| {
                let stays = !covers(&used, more);
                self.bytes -= if stays { 0 } else { weigh(more) };
                stays
            });
            all.push(used);
        } else {
            self.bytes += ENTRY + place.len();
            self.places.insert(place, vec![used]);
        }
        self.bytes += own;
        true
    }
}

/// Whether `less` has used no more of any group than `more`.
fn covers(less: &Used, more: &Used) -> bool {
    less.iter().all(|(group, n)| {
        let found = more.binary_search_by_key(group, |(g, _)| *g);
        found.is_ok_and(|at| more[at].1 >= *n)
    })
}

/// Writes numbers so that most take one byte, and runs of the same few.
#[derive(Default)]
pub(super) struct Packed(Vec<u8>);

impl Packed {
    pub(super) fn number(&mut self, mut n: u32) {
        while n >= 0x80 {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    /// How far each lane is: a run that has not begun is 0 and its length, one that is done 1 and its length,
    /// any other two more than its place.
    pub(super) fn lanes(&mut self, lanes: impl Iterator<Item = (u32, usize)>) {
        let mut run = (2, 0);
        for (at, len) in lanes {
            let kind = if at as usize == len { 1 } else { u32::from(at > 0) * 2 };
            if kind != run.0 || kind == 2 {
                self.end(run);
                run = (kind, 0);
            }
            run.1 += 1;
            if kind == 2 {
                self.number(at + 2);
            }
        }
        self.end(run);
    }

    fn end(&mut self, (kind, len): (u32, u32)) {
        if kind < 2 {
            self.number(kind);
            self.number(len);
        }
    }

    pub(super) fn finish(self) -> Box<[u8]> {
        self.0.into()
    }
}
