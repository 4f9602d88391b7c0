//! A large value that many components read: a pointer and a version.
//!
//! The rule that is easy to break: equality is "same value, same version", never a comparison of
//! contents (`Rc`'s own `==` would compare a whole run sixty times a second). Whoever changes the
//! value hands out a new version with [`Shared::changed`].

use crate::check::Checks;
use crate::sim::history::Run;
use std::cell::{Ref, RefCell, RefMut};
use std::rc::Rc;

/// The run on screen, watched by its protocol's promises.
pub type RunRef = Shared<Run<Checks>>;

/// A pointer to a `T` as it was at a version.
#[derive(Debug)]
pub struct Shared<T> {
    cell: Rc<RefCell<T>>,
    version: u64,
}

impl<T> Shared<T> {
    /// A first version of `value`.
    pub fn new(value: T) -> Self {
        Shared { cell: Rc::new(RefCell::new(value)), version: 0 }
    }

    /// The value, to read. Do not keep the guard across a callback.
    pub fn get(&self) -> Ref<'_, T> {
        self.cell.borrow()
    }

    /// The value, to change; call [`Shared::changed`] afterwards, or nobody will look.
    pub fn get_mut(&self) -> RefMut<'_, T> {
        self.cell.borrow_mut()
    }

    /// The same value under the next version: unequal to every earlier handle.
    #[must_use]
    pub fn changed(&self) -> Self {
        Shared { cell: self.cell.clone(), version: self.version + 1 }
    }

    /// Whether it is the same value, of whatever version.
    pub fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.cell, &other.cell)
    }

    /// A number that tells this value from every other one, as long as either is there.
    pub fn identity(&self) -> usize {
        Rc::as_ptr(&self.cell).addr()
    }

    /// Counts the changes.
    pub fn version(&self) -> u64 {
        self.version
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared { cell: self.cell.clone(), version: self.version }
    }
}

impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version && Rc::ptr_eq(&self.cell, &other.cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_by_comparing_versions_not_contents() {
        let a = Shared::new(vec![1]);
        assert!(a == a.clone());
        a.get_mut().push(2);
        assert!(a != a.changed());
        assert!(Shared::new(1) != Shared::new(1));
        assert_eq!(a.changed().get().len(), 2);
    }
}
