//! The sides of a wall while a learner puts them together: which node stands on which.
//!
//! The rule that is easy to break: the sides are the learner's. Every node begins with the rest; each press takes
//! it to the next side, as far as one more than the others use, and then back to the rest. Empty sides do not
//! count, and the rest comes last: what is said of the first side is said of those who were picked first.

use crate::sim::NodeId;
use std::collections::BTreeMap;

/// Which node stands on which side, counted from 1; who is not named, or on 0, stands with the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sides(BTreeMap<NodeId, usize>);

/// The most sides besides the rest.
const MOST: usize = 9;

impl Sides {
    /// The side of `node`; 0 is the rest.
    pub fn of(&self, node: NodeId) -> usize {
        self.0.get(&node).copied().unwrap_or(0)
    }

    /// The side to which a press takes `node`.
    pub fn next(&self, node: NodeId) -> usize {
        let own = self.of(node);
        let others = self.0.iter().filter(|(n, _)| **n != node);
        let used = others.map(|(_, s)| *s).max().unwrap_or(0);
        match own <= used && own < MOST {
            true => own + 1,
            false => 0,
        }
    }

    /// With `node` taken one side on.
    #[must_use]
    pub fn moved(&self, node: NodeId) -> Self {
        let mut sides = self.clone();
        sides.0.insert(node, self.next(node));
        sides
    }

    /// The sides with those who stand on them, empty ones left out, of these nodes.
    pub fn groups(&self, nodes: impl Iterator<Item = NodeId>) -> Vec<Vec<NodeId>> {
        let mut groups = vec![Vec::new(); MOST + 1];
        for node in nodes {
            groups[self.of(node)].push(node);
        }
        groups.rotate_left(1);
        groups.retain(|g| !g.is_empty());
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(presses: &[u16]) -> Sides {
        let press = |sides: Sides, &n: &u16| sides.moved(NodeId(n));
        presses.iter().fold(Sides::default(), press)
    }

    fn groups(presses: &[u16], nodes: u16) -> Vec<Vec<u16>> {
        let groups = pressed(presses).groups((0..nodes).map(NodeId));
        let plain = |g: Vec<NodeId>| g.into_iter().map(|n| n.0).collect();
        groups.into_iter().map(plain).collect()
    }

    #[test]
    fn a_press_takes_a_node_to_the_next_side_and_at_last_back() {
        assert_eq!(groups(&[], 3), [[0, 1, 2]]);
        assert_eq!(groups(&[1], 3), [vec![1], vec![0, 2]]);
        assert_eq!(groups(&[1, 1], 3), [[0, 1, 2]]);
        assert_eq!(groups(&[1, 2], 3), [vec![1, 2], vec![0]]);
        assert_eq!(groups(&[1, 2, 2], 3), [[1], [2], [0]]);
        assert_eq!(groups(&[1, 2, 2, 2], 3), [vec![1], vec![0, 2]]);
    }

    /// Three islands of three, as the lesson asks: nine presses.
    #[test]
    fn nine_servers_come_to_stand_on_three_sides() {
        let presses = [0, 1, 2, 3, 3, 4, 4, 5, 5];
        assert_eq!(groups(&presses, 9), [[0, 1, 2], [3, 4, 5], [6, 7, 8]]);
    }

    /// A side that its last node has left is none, and nobody is lost.
    #[test]
    fn an_empty_side_is_left_out() {
        assert_eq!(groups(&[1, 2, 2, 1], 3), [vec![1, 2], vec![0]]);
        for presses in 0..200_u16 {
            let many: Vec<u16> = (0..presses).map(|i| (i * 7 + i / 3) % 12).collect();
            let groups = groups(&many, 12);
            assert!(groups.len() <= MOST + 1 && groups.iter().map(Vec::len).sum::<usize>() == 12);
        }
    }
}
