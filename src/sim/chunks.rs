//! A growing list in chunks: appending never copies what is there, and a clone shares it.
//!
//! The rule that is easy to break: only the last chunk is open, and a clone copies it; full chunks
//! are never written again. So chunks are large where clones are rare (the trace), and small where
//! every checkpoint clones the list (what properties remember).

use std::rc::Rc;

/// A list that only grows at its end and is cut at its end, in chunks of `2^BITS` items.
#[derive(Clone)]
pub struct Chunks<T, const BITS: usize = 16> {
    full: Vec<Rc<Vec<T>>>,
    tail: Vec<T>,
}

/// A list that is cloned with every checkpoint.
pub type Slices<T> = Chunks<T, 7>;

impl<T, const BITS: usize> Default for Chunks<T, BITS> {
    fn default() -> Self {
        Chunks { full: Vec::new(), tail: Vec::new() }
    }
}

impl<T: Clone, const BITS: usize> Chunks<T, BITS> {
    const SIZE: usize = 1 << BITS;

    /// How many items.
    #[inline]
    pub fn len(&self) -> usize {
        (self.full.len() << BITS) + self.tail.len()
    }

    /// True without items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at `i`; panics beyond the end.
    #[inline]
    pub fn at(&self, i: usize) -> &T {
        match self.full.get(i >> BITS) {
            Some(chunk) => &chunk[i & (Self::SIZE - 1)],
            None => &self.tail[i - (self.full.len() << BITS)],
        }
    }

    /// The item at `i`, if there is one.
    pub fn get(&self, i: usize) -> Option<&T> {
        (i < self.len()).then(|| self.at(i))
    }

    /// The last item.
    pub fn last(&self) -> Option<&T> {
        self.len().checked_sub(1).map(|i| self.at(i))
    }

    /// The items from number `from` on.
    pub fn iter_from(&self, from: usize) -> impl DoubleEndedIterator<Item = &T> {
        (from..self.len()).map(|i| self.at(i))
    }

    /// The bytes that a clone copies, roughly.
    pub fn weight(&self) -> usize {
        self.tail.len() * size_of::<T>() + self.full.len() * size_of::<usize>()
    }

    /// Appends `item`. Inlined always: handing a record over in memory costs more than writing it.
    #[inline(always)]
    pub fn push(&mut self, item: T) {
        if self.tail.len() == Self::SIZE {
            self.close();
        }
        self.tail.push(item);
    }

    #[cold]
    fn close(&mut self) {
        let chunk = std::mem::replace(&mut self.tail, Vec::with_capacity(Self::SIZE));
        self.full.push(Rc::new(chunk));
    }

    /// Keeps the first `len` items.
    pub fn truncate(&mut self, len: usize) {
        if len >= self.len() {
            return;
        }
        let keep = len >> BITS;
        if keep < self.full.len() {
            self.full.truncate(keep + 1);
            if let Some(last) = self.full.pop() {
                self.tail = Rc::unwrap_or_clone(last);
            }
        }
        self.tail.truncate(len - (self.full.len() << BITS));
    }

    /// The first position whose item does not satisfy `pred`, in a list partitioned by it.
    pub fn partition_point(&self, mut pred: impl FnMut(&T) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let mid = usize::midpoint(low, high);
            if pred(self.at(mid)) {
                low = mid + 1;
            } else {
                high = mid;
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 128;

    #[test]
    fn it_is_a_list() {
        let mut c = Slices::default();
        for i in 0..3 * SIZE + 5 {
            assert_eq!(c.len(), i);
            c.push(i);
        }
        assert!((0..c.len()).all(|i| *c.at(i) == i));
        assert_eq!(c.partition_point(|&x| x < 300), 300);
        assert!(c.iter_from(70).eq((70..c.len()).collect::<Vec<_>>().iter()));
        assert_eq!((c.get(3), c.get(c.len())), (Some(&3), None));
        assert_eq!(c.last(), Some(&(c.len() - 1)));
        // Five in the last chunk, and three pointers.
        assert_eq!(c.weight(), (5 + 3) * size_of::<usize>());
        for len in [3 * SIZE + 2, 3 * SIZE, 2 * SIZE + 1, SIZE, 1, 0] {
            c.truncate(len);
            assert_eq!(c.len(), len);
            assert!((0..len).all(|i| *c.at(i) == i));
            c.push(len);
            assert_eq!(*c.at(len), len);
            c.truncate(len);
        }
    }

    #[test]
    fn a_clone_keeps_what_the_other_cuts() {
        let mut a = Slices::default();
        (0..SIZE + 9).for_each(|i| a.push(i));
        let b = a.clone();
        a.truncate(3);
        a.push(77);
        assert_eq!((b.len(), *b.at(3), *a.at(3)), (SIZE + 9, 3, 77));
    }
}
