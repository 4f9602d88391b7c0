//! A relation "before" that follows its own chains, and whether a reader can have seen writes in some order that keeps it.
//!
//! The rule that is easy to break: what follows is all there is only because the reads stand in one order. Each read's past is put
//! before it, in any order that keeps the relation; then the write that it has read is the newest, for every other of its
//! register in that past comes before it (Bouajjani, Enea, Guerraoui, Hamza 2017, section 5: saturation).

/// Who is before whom among so many, chains included.
#[derive(Clone)]
pub(super) struct Order {
    /// For each, a bit for each who is after it.
    after: Vec<Vec<u64>>,
}

/// A read: itself, and the write that it has read; none: what was there at first.
pub(super) type Seen = (usize, Option<usize>);

impl Order {
    /// Nobody is before anybody, of `n`.
    pub(super) fn new(n: usize) -> Order {
        Order { after: vec![vec![0; n.div_ceil(64)]; n] }
    }

    pub(super) fn is_before(&self, a: usize, b: usize) -> bool {
        self.after[a][b / 64] >> (b % 64) & 1 == 1
    }

    /// Puts `a` before `b`. Whether it was not so yet.
    pub(super) fn put(&mut self, a: usize, b: usize) -> bool {
        if self.is_before(a, b) {
            return false;
        }
        let mut beyond = self.after[b].clone();
        beyond[b / 64] |= 1 << (b % 64);
        for x in 0..self.after.len() {
            if x == a || self.is_before(x, a) {
                self.after[x].iter_mut().zip(&beyond).for_each(|(own, more)| *own |= more);
            }
        }
        true
    }

    /// Whether nobody is before itself.
    pub(super) fn is_sound(&self) -> bool {
        (0..self.after.len()).all(|x| !self.is_before(x, x))
    }

    /// Whether there is one order of all that keeps this one and that of `reads`, and in which each of these finds the newest write of
    /// its register: `rivals` are all writes of the register that a read reads.
    pub(super) fn shows<'a>(mut self, reads: &[Seen], rivals: impl Fn(usize) -> &'a [usize]) -> bool {
        for pair in reads.windows(2) {
            self.put(pair[0].0, pair[1].0);
        }
        for &(read, from) in reads {
            if let Some(write) = from {
                self.put(write, read);
            }
        }
        let mut news = true;
        while news && self.is_sound() {
            news = false;
            for &(read, from) in reads {
                let before = rivals(read).iter().filter(|&&w| Some(w) != from && self.is_before(w, read));
                let before: Vec<usize> = before.copied().collect();
                match from {
                    None if !before.is_empty() => return false,
                    None => {}
                    Some(write) => before.into_iter().for_each(|w| news |= self.put(w, write)),
                }
            }
        }
        self.is_sound()
    }
}
