//! Which of the numbers 1, 2, 3, ... have been there: all up to one, and some beyond it.
//!
//! The rule that is easy to break: where nothing keeps an order, how many have come does not say which.

use std::collections::BTreeSet;

/// A set of numbers that are counted up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Numbers {
    upto: u64,
    beyond: BTreeSet<u64>,
}

impl Numbers {
    /// Whether this one has been there.
    pub fn has(&self, number: u64) -> bool {
        number <= self.upto || self.beyond.contains(&number)
    }

    /// This one has been there, too.
    pub fn add(&mut self, number: u64) {
        if self.has(number) {
            return;
        }
        self.beyond.insert(number);
        while self.beyond.remove(&(self.upto + 1)) {
            self.upto += 1;
        }
    }

    /// All up to this have been there.
    pub fn upto(&self) -> u64 {
        self.upto
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.upto + self.beyond.len() as u64
    }

    /// The largest; 0 if there is none.
    pub fn most(&self) -> u64 {
        self.beyond.last().copied().unwrap_or(self.upto)
    }

    /// Those beyond the first gap.
    pub fn beyond(&self) -> impl Iterator<Item = u64> + '_ {
        self.beyond.iter().copied()
    }

    /// All that have been there in `other`, too.
    pub fn join(&mut self, other: &Numbers) {
        if other.upto > self.upto {
            self.upto = other.upto;
            self.beyond = self.beyond.split_off(&(other.upto + 1));
        }
        other.beyond.iter().for_each(|&n| self.add(n));
        while self.beyond.remove(&(self.upto + 1)) {
            self.upto += 1;
        }
    }

    /// The first that has been here, and not in `other`.
    pub fn first_without(&self, other: &Numbers) -> Option<u64> {
        let prefix = (other.upto + 1..=self.upto).find(|&n| !other.has(n));
        prefix.or_else(|| self.beyond().find(|&n| !other.has(n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(all: &[u64]) -> Numbers {
        let mut numbers = Numbers::default();
        all.iter().for_each(|&n| numbers.add(n));
        numbers
    }

    #[test]
    fn a_gap_is_remembered_until_it_is_filled() {
        let mut numbers = of(&[1, 3, 4]);
        assert_eq!((numbers.upto(), numbers.count(), numbers.most()), (1, 3, 4));
        numbers.add(2);
        numbers.add(2);
        assert_eq!((numbers.upto(), numbers.count(), numbers.beyond().count()), (4, 4, 0));
    }

    /// Joined is what was in either, in whatever order they grew; and what is missing is the first that is.
    #[test]
    fn what_is_joined_has_been_in_one_or_the_other() {
        for (a, b) in [(&[1, 2, 5][..], &[3, 4][..]), (&[], &[1, 2]), (&[4, 6], &[1, 2, 3]), (&[9], &[9])] {
            let (left, right) = (of(a), of(b));
            let (mut one, mut two) = (left.clone(), right.clone());
            one.join(&right);
            two.join(&left);
            let all: Vec<u64> = a.iter().chain(b).copied().collect();
            assert_eq!((&one, &one), (&two, &of(&all)));
            let first = a.iter().find(|n| !b.contains(n)).copied();
            assert_eq!((left.first_without(&right), left.first_without(&one)), (first, None));
        }
    }
}
