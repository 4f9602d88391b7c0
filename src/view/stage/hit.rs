//! What is under a finger, and what a line drawn across the stage separates.
//!
//! The rule that is easy to break: a finger is 24 pixels wide. What is nearest within that reach
//! is meant, a message before a node before a link; and who just misses a message or a node means no link behind it.

use super::PairView;
use super::geometry::{Pt, crossing, to_segment};
use super::layout::Plan;
use super::motion::MessageView;
use crate::sim::fault::Partition;
use crate::sim::{Fault, LinkPatch, NodeId};
use crate::view::Selection;

/// Half the width of a finger.
const REACH: f64 = 14.0;
/// Half the width of the band in which a link is meant.
const LINK: f64 = 12.0;
/// Who is so far beyond the reach of a message or a node has missed it, and means nothing else.
const MISSED: f64 = 10.0;
/// How far from its line the middle of a direction's own side is.
pub const SIDE: f64 = 9.0;

/// What is meant by a touch at `p`.
pub fn at(plan: &Plan, messages: &[MessageView], pairs: &[PairView], p: Pt) -> Selection {
    let near = |list: &mut dyn Iterator<Item = (f64, Selection)>| {
        list.filter(|(d, _)| *d <= 0.0).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, s)| s)
    };
    // A message just leaving or arriving lies at a node's rim; the node is meant if p is inside.
    let inside = |n: &Pt| n.distance(p) <= plan.radius;
    let mut moving = messages.iter().map(|m| (m.at.distance(p) - REACH, Selection::Message(m.msg)));
    let mut nodes = plan.places.iter().enumerate().map(|(i, n)| {
        let reach = plan.radius.max(12.0) + 4.0;
        (n.distance(p) - reach, Selection::Node(NodeId(i as u16)))
    });
    let mut links = pairs.iter().flat_map(|pair| {
        let (m, n) = plan.line(pair.a, pair.b, 0.0);
        let beyond = to_segment(p, m, n) - LINK;
        let (a, b) = plan.line(pair.a, pair.b, SIDE);
        let (c, d) = plan.line(pair.b, pair.a, SIDE);
        [
            (beyond.max(to_segment(p, a, b) - REACH), Selection::Link(pair.a, pair.b)),
            (beyond.max(to_segment(p, c, d) - REACH), Selection::Link(pair.b, pair.a)),
        ]
    });
    if plan.places.iter().any(inside) {
        return near(&mut nodes).unwrap_or_default();
    }
    if let Some(picked) = near(&mut moving).or_else(|| near(&mut nodes)) {
        return picked;
    }
    let missed_message = messages.iter().any(|m| m.at.distance(p) <= REACH + MISSED);
    let missed_node = plan.places.iter().any(|n| n.distance(p) <= plan.radius.max(12.0) + 4.0 + MISSED);
    if missed_message || missed_node {
        return Selection::None;
    }
    near(&mut links).unwrap_or_default()
}

/// What a line drawn from `p` to `q` does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CutView {
    /// How many pairs it crosses.
    pub pairs: usize,
    /// The sides it separates completely, if it does.
    pub sides: Vec<Vec<NodeId>>,
    /// What is to be done.
    pub faults: Vec<Fault>,
}

/// What a line drawn from `p` to `q` cuts: a partition if it separates the figure into sides that
/// have no link left between them, else each crossed link in both directions.
pub fn cut(plan: &Plan, p: Pt, q: Pt) -> CutView {
    let members: Vec<NodeId> = plan.members().collect();
    let (mut crossed, mut kept) = (Vec::new(), Vec::new());
    for (i, &a) in members.iter().enumerate() {
        for &b in members[i + 1..].iter().filter(|&&b| plan.linked(a, b)) {
            if crossing(plan.at(a), plan.at(b), p, q).is_some() {
                crossed.push((a, b));
            } else {
                kept.push((a, b));
            }
        }
    }
    if crossed.is_empty() {
        return CutView::default();
    }
    let sides = components(&members, &kept);
    let side = |n: NodeId| sides.iter().position(|s| s.contains(&n));
    let clean = sides.len() > 1 && crossed.iter().all(|(a, b)| side(*a) != side(*b));
    let faults = if clean {
        vec![Fault::Partition(Partition { groups: sides.clone(), ..Partition::default() })]
    } else {
        crossed.iter().flat_map(|&(a, b)| cut_both(a, b)).collect()
    };
    CutView { pairs: crossed.len(), sides: if clean { sides } else { Vec::new() }, faults }
}

/// Cuts both directions between `a` and `b`.
pub fn cut_both(a: NodeId, b: NodeId) -> [Fault; 2] {
    [set_cut(a, b, true), set_cut(b, a, true)]
}

/// Cuts or restores one direction.
pub fn set_cut(from: NodeId, to: NodeId, cut: bool) -> Fault {
    Fault::Link { from, to, set: LinkPatch { cut: Some(cut), ..LinkPatch::default() } }
}

/// A wall around one node: all the others on one side, it alone on the other.
pub fn isolate(plan: &Plan, node: NodeId) -> Fault {
    let rest = (0..plan.len() as u16).map(NodeId).filter(|n| *n != node);
    Fault::Partition(Partition { groups: vec![vec![node], rest.collect()], ..Partition::default() })
}

/// The sets of nodes that hang together by `links`, in the order of their first nodes.
fn components(nodes: &[NodeId], links: &[(NodeId, NodeId)]) -> Vec<Vec<NodeId>> {
    // Every node points to one with a lower place in its set, the first of a set to itself.
    let mut up: Vec<usize> = (0..nodes.len()).collect();
    let top = |up: &[usize], mut i: usize| {
        while up[i] != i {
            i = up[i];
        }
        i
    };
    for (a, b) in links {
        let place = |n: &NodeId| nodes.iter().position(|m| m == n).unwrap_or(0);
        let (i, j) = (top(&up, place(a)), top(&up, place(b)));
        up[i.max(j)] = i.min(j);
    }
    let firsts = (0..nodes.len()).filter(|&i| up[i] == i);
    let side = |first| {
        let all = (0..nodes.len()).filter(|&i| top(&up, i) == first);
        all.map(|i| nodes[i]).collect()
    };
    firsts.map(side).collect()
}
