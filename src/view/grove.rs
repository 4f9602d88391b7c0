//! The futures of a run as a tree: drawn in order, and what becomes of it when one is removed.
//!
//! The rule that is easy to break: a future is known by its number, and a removal changes numbers. Whoever
//! keeps one (a parent, what is shown, what stands beside) is told here.

use super::future::Branch;
use super::open::Open;

impl Open {
    /// The futures as a tree, in the order to draw it: each after its parent, and what was forked
    /// earlier in the run before what was forked later.
    pub fn tree(&self) -> Vec<Branch> {
        let mut out = Vec::new();
        self.grow(0, 0, &mut out);
        out
    }

    fn grow(&self, future: usize, depth: usize, out: &mut Vec<Branch>) {
        let f = &self.futures[future];
        let run = f.run.get();
        out.push(Branch {
            future,
            name: f.name.clone(),
            parent: f.fork.map(|f| f.parent),
            depth,
            parted_us: f.parted_us.unwrap_or(0),
            parted_events: f.fork.map_or(0, |f| f.events),
            time_us: run.time().us(),
            edits: run.edits().len(),
            shown: future == self.current,
        });
        for child in self.children(future) {
            self.grow(child, depth + 1, out);
        }
    }

    fn children(&self, future: usize) -> Vec<usize> {
        let is_child = |i: &usize| self.futures[*i].fork.map(|f| f.parent) == Some(future);
        let mut children: Vec<usize> = (0..self.futures.len()).filter(is_child).collect();
        children.sort_by_key(|&i| self.futures[i].parted_us.unwrap_or(0));
        children
    }

    /// Who gets the children of future `i` when it is removed: its parent; of the first one, which has
    /// none, its first child.
    pub(super) fn heir(&self, i: usize) -> usize {
        let parent = self.futures[i].fork.map(|f| f.parent);
        parent.unwrap_or_else(|| self.children(i).first().copied().unwrap_or(0))
    }

    /// Removes future `i`, which is not the one that is shown; its name. Its children stay where they
    /// parted. A comparison with it is left.
    pub(super) fn remove(&mut self, i: usize) -> String {
        let heir = self.heir(i);
        if self.beside.as_ref().is_some_and(|b| b.future == i) {
            self.beside = None;
        }
        let root = i == 0;
        for (j, f) in self.futures.iter_mut().enumerate() {
            if root && j == heir {
                (f.fork, f.parted_us) = (None, None);
            } else if let Some(fork) = f.fork.as_mut().filter(|f| f.parent == i) {
                fork.parent = heir;
            }
        }
        // The first one of the list is the first one of the tree.
        if root {
            self.futures.swap(0, heir);
        }
        let gap = if root { heir } else { i };
        let gone = self.futures.remove(gap);
        let place = |old: usize| match old {
            old if root && old == heir => 0,
            old if old > gap => old - 1,
            old => old,
        };
        for fork in self.futures.iter_mut().filter_map(|f| f.fork.as_mut()) {
            fork.parent = place(fork.parent);
        }
        self.current = place(self.current);
        if let Some(b) = &mut self.beside {
            b.renumber(place);
        }
        self.settle();
        gone.name
    }
}
