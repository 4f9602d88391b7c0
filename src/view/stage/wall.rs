//! The curve that a partition draws between its sides.
//!
//! The rule that is easy to break: the curve shows who is separated from whom, so it runs between
//! neighbours on the figure whose groups differ. A node in no group talks to all: no wall beside it.

use super::border::{Ground, borders};
use super::geometry::{Pt, on_ellipse};
use super::layout::Plan;
use crate::sim::NodeId;
use crate::sim::fault::Partition;
use crate::sim::world::Layout;
use crate::view::svg::path;

/// A partition in force, to draw and to pick.
#[derive(Clone, Debug, PartialEq)]
pub struct WallView {
    /// The curves, each a quadratic one: from, control point, to.
    pub curves: Vec<[Pt; 3]>,
    /// Where its label stands.
    pub label_at: Pt,
    /// `S1 S2 | S3 S4 S5`.
    pub label: String,
    /// True while it stands; a flapping one is sometimes gone.
    pub up: bool,
    /// Only one direction is blocked.
    pub one_way: bool,
}

impl WallView {
    /// Draws `partition` on `plan`.
    pub fn new(plan: &Plan, partition: &Partition, up: bool, name: impl Fn(NodeId) -> String) -> Self {
        let group = |n: NodeId| partition.groups.iter().position(|g| g.contains(&n));
        let curves = match plan.layout {
            Layout::Line | Layout::TwoHills => upright(plan, &group),
            Layout::Circle | Layout::Ring => around(plan, &group),
            _ => anywhere(plan, &group),
        };
        let end = curves
            .iter()
            .flat_map(|c| [c[0], c[2]])
            .max_by(|a, b| (a.x + 0.3 * a.y).total_cmp(&(b.x + 0.3 * b.y)));
        let names = |g: &Vec<NodeId>| {
            let few: Vec<_> = g.iter().take(7).map(|n| name(*n)).collect();
            let more = if g.len() > 7 { " ..." } else { "" };
            few.join(" ") + more
        };
        let sides: Vec<_> = partition.groups.iter().map(names).collect();
        let between = if partition.one_way { " \u{21e5} " } else { " | " };
        WallView {
            curves,
            label_at: end.unwrap_or(plan.centre),
            label: sides.join(between),
            up,
            one_way: partition.one_way,
        }
    }
}

impl WallView {
    /// Its curves as one outline; what goes on where the last ended is one line, for its dashes.
    pub fn outline(&self) -> String {
        let mut d = String::new();
        let mut pen = None;
        for [a, c, b] in &self.curves {
            if pen != Some(*a) {
                d += &path("M# #", &[a.x, a.y]);
            }
            d += &path("Q# # # #", &[c.x, c.y, b.x, b.y]);
            pen = Some(*b);
        }
        d
    }

    /// How wide its label is with the sign at its end, roughly.
    pub fn label_width(&self) -> f64 {
        self.label.chars().count() as f64 * 7.0 + 24.0
    }

    /// Whether its label runs to the right of its end, on a stage of `width` pixels.
    pub fn outward(&self, width: f64) -> bool {
        self.label_at.x + self.label_width() < width || self.label_at.x < width / 2.0
    }
}

/// In any other figure: wherever the grounds of two groups meet.
fn anywhere(plan: &Plan, group: &dyn Fn(NodeId) -> Option<usize>) -> Vec<[Pt; 3]> {
    let members: Vec<NodeId> = plan.members().collect();
    let nodes: Vec<Pt> = members.iter().map(|n| plan.at(*n)).collect();
    let ground = Ground {
        from: Pt::new(14.0, 12.0),
        to: Pt::new(plan.width - 14.0, plan.height - 16.0),
        nodes: &nodes,
    };
    borders(&ground, &|i| group(members[i]))
}

/// On a line of nodes: an upright wall between neighbours whose groups differ.
fn upright(plan: &Plan, group: &dyn Fn(NodeId) -> Option<usize>) -> Vec<[Pt; 3]> {
    let servers: Vec<NodeId> = plan.members().collect();
    let pairs = servers.windows(2).filter(|p| apart(group(p[0]), group(p[1])));
    let reach = (plan.height / 2.0 - 30.0).min(plan.radius * 3.2);
    pairs
        .map(|p| {
            let m = plan.at(p[0]).toward(plan.at(p[1]), 0.5);
            [m.by(-10.0, -reach), m.by(14.0, 0.0), m.by(-10.0, reach)]
        })
        .collect()
}

fn apart(a: Option<usize>, b: Option<usize>) -> bool {
    a.is_some() && b.is_some() && a != b
}

/// On a ring: the gaps between neighbours of different groups, joined in a way that fits their
/// number: one chord, spokes from the middle, or a chord around every run but the longest.
fn around(plan: &Plan, group: &dyn Fn(NodeId) -> Option<usize>) -> Vec<[Pt; 3]> {
    let grouped: Vec<NodeId> = plan.members().filter(|n| group(*n).is_some()).collect();
    let n = grouped.len();
    if n < 2 {
        return Vec::new();
    }
    // A gap is numbered by the node after which it comes.
    let gaps: Vec<usize> =
        (0..n).filter(|&i| apart(group(grouped[i]), group(grouped[(i + 1) % n]))).collect();
    let outer = |gap: usize, reach: f64| {
        let (a, b) = (grouped[gap], grouped[(gap + 1) % n]);
        outside(plan, a, b, reach)
    };
    // How many different groups: each is counted at its first node.
    let first = |i: &usize| (0..*i).all(|j| group(grouped[j]) != group(grouped[*i]));
    let groups = (0..n).filter(first).count();
    match gaps.len() {
        0 => Vec::new(),
        1 | 2 if n == 2 => {
            let (a, b) = (plan.at(grouped[0]), plan.at(grouped[1]));
            let (m, h) = (a.toward(b, 0.5), a.heading(b));
            let reach = (plan.axes.y * 0.8).min(a.distance(b) * 0.5);
            let end = |f: f64| m.by(-h.y * reach * f - h.x * 8.0, h.x * reach * f - h.y * 8.0);
            vec![[end(1.0), m.by(h.x * 14.0, h.y * 14.0), end(-1.0)]]
        }
        2 => vec![chord(plan, outer(gaps[0], 1.2), outer(gaps[1], 1.2))],
        k if k == groups => gaps
            .iter()
            .map(|g| {
                let o = outer(*g, 1.2);
                let c = plan.centre;
                let bend = Pt::new(-(o.y - c.y) * 0.06, (o.x - c.x) * 0.06);
                [o, o.toward(c, 0.5).by(bend.x, bend.y), c]
            })
            .collect(),
        k => {
            let run = |i: usize| (gaps[(i + 1) % k] + n - gaps[i]) % n;
            let longest = (0..k).max_by_key(|&i| run(i)).unwrap_or(0);
            (0..k)
                .filter(|&i| i != longest)
                .map(|i| chord(plan, outer(gaps[i], 1.13), outer(gaps[(i + 1) % k], 1.13)))
                .collect()
        }
    }
}

/// The point beyond the ring, between the neighbours `a` and `b`.
fn outside(plan: &Plan, a: NodeId, b: NodeId, reach: f64) -> Pt {
    let angle = |n: NodeId| {
        let p = plan.at(n);
        let (dx, dy) = ((p.x - plan.centre.x) / plan.axes.x, (p.y - plan.centre.y) / plan.axes.y);
        libm::atan2(dy, dx) * 180.0 / std::f64::consts::PI
    };
    let (from, mut to) = (angle(a), angle(b));
    if to < from {
        to += 360.0;
    }
    let Pt { x, y } = plan.axes;
    let p = on_ellipse(plan.centre, x * reach, y * reach, f64::midpoint(from, to));
    Pt::new(p.x.max(14.0).min(plan.width - 14.0), p.y.max(12.0).min(plan.height - 16.0))
}

/// A curve from `a` to `b` that bends a little towards the middle.
fn chord(plan: &Plan, a: Pt, b: Pt) -> [Pt; 3] {
    let middle = a.toward(b, 0.5);
    [a, middle.toward(plan.centre, 0.22), b]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::stage::geometry::side;

    fn wall(n: usize, groups: &[&[u16]]) -> (Plan, WallView) {
        let plan = Plan::plain(Layout::Circle, &vec![false; n], 810.0, 560.0);
        let groups = groups.iter().map(|g| g.iter().map(|&i| NodeId(i)).collect()).collect();
        let p = Partition { groups, ..Partition::default() };
        let view = WallView::new(&plan, &p, true, |n| format!("S{}", n.0 + 1));
        (plan, view)
    }

    #[test]
    fn two_sides_of_a_ring_are_parted_by_one_curve_that_has_each_on_its_side() {
        let (plan, w) = wall(5, &[&[0, 1], &[2, 3, 4]]);
        assert_eq!(w.curves.len(), 1);
        let [a, _, b] = w.curves[0];
        let s = |i: u16| side(a, b, plan.at(NodeId(i))) > 0.0;
        assert_eq!(s(0), s(1));
        assert!([2, 3, 4].iter().all(|&i| s(i) != s(0)));
        assert_eq!(w.label, "S1 S2 | S3 S4 S5");
    }

    #[test]
    fn three_sides_meet_in_the_middle_and_mixed_ones_get_a_curve_a_run() {
        let (plan, w) = wall(9, &[&[0, 1, 2], &[3, 4, 5], &[6, 7, 8]]);
        assert_eq!(w.curves.len(), 3);
        assert!(w.curves.iter().all(|c| c[2] == plan.centre));
        // A B A B A B: six runs, one of them needs no curve of its own.
        let (_, w) = wall(6, &[&[0, 2, 4], &[1, 3, 5]]);
        assert_eq!(w.curves.len(), 5);
    }

    #[test]
    fn a_wall_between_tiers_is_one_line_from_edge_to_edge() {
        let stand = |i: u8| super::super::Stand {
            place: crate::sim::world::Place { group: i / 3, ..Default::default() },
            ..Default::default()
        };
        let stands: Vec<_> = (0..6).map(stand).collect();
        let plan = Plan::new(Layout::Tiers, &stands, 810.0, 560.0);
        let groups = vec![(0..3).map(NodeId).collect(), (3..6).map(NodeId).collect()];
        let p = Partition { groups, ..Partition::default() };
        let w = WallView::new(&plan, &p, true, |n| n.to_string());
        let ends = [w.curves[0][0], w.curves[w.curves.len() - 1][2]];
        assert_eq!((ends[0].x - ends[1].x).abs(), 810.0 - 28.0);
        assert_eq!(w.outline().matches('M').count(), 1);
    }

    #[test]
    fn a_node_in_no_group_has_no_wall() {
        let (_, w) = wall(5, &[&[0], &[1]]);
        assert_eq!(w.curves.len(), 1);
        let (_, w) = wall(5, &[]);
        assert!(w.curves.is_empty());
    }
}
