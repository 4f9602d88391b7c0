//! The border between groups of nodes, wherever they stand: what a partition draws in the figures that
//! are no ring and no line.
//!
//! The rule that is easy to break: every point of the stage belongs to the node that is nearest, and the
//! border runs where points of two groups meet. So it always has each node on its side, also where sides
//! interlock; and a node in no group has no border.

use super::geometry::Pt;

/// A straight piece of a border.
type Piece = (Pt, Pt);

/// The corners of the stage, and what lies in it.
pub struct Ground<'a> {
    /// Its top left corner.
    pub from: Pt,
    /// Its bottom right corner.
    pub to: Pt,
    /// Every node of the figure.
    pub nodes: &'a [Pt],
}

/// The borders as quadratic curves, each beginning where the one before ends or anew: `group` says to
/// which side a node belongs, if to any.
pub fn borders(ground: &Ground<'_>, group: &dyn Fn(usize) -> Option<usize>) -> Vec<[Pt; 3]> {
    let n = ground.nodes.len();
    let mut pieces = Vec::new();
    for b in 1..n {
        for a in 0..b {
            if let (Some(ga), Some(gb)) = (group(a), group(b))
                && ga != gb
            {
                pieces.extend(between(ground, a, b));
            }
        }
    }
    chains(pieces).iter().flat_map(|c| rounded(c)).collect()
}

/// The points that are as near to `a` as to `b`, and further from all others: a piece of the line
/// between them, or nothing.
fn between(ground: &Ground<'_>, a: usize, b: usize) -> Option<Piece> {
    let (p, q) = (ground.nodes[a], ground.nodes[b]);
    let (middle, h) = (p.toward(q, 0.5), p.heading(q));
    // Along the border: middle + t * way.
    let way = Pt::new(-h.y, h.x);
    let (mut from, mut to) = (-1e5, 1e5);
    let mut keep = |slope: f64, most: f64| {
        // Points with slope * t <= most are kept.
        if slope > 1e-9 {
            to = f64::min(to, most / slope);
        } else if slope < -1e-9 {
            from = f64::max(from, most / slope);
        } else if most < 0.0 {
            to = from - 1.0;
        }
        from < to
    };
    let within = keep(way.x, ground.to.x - middle.x)
        && keep(-way.x, middle.x - ground.from.x)
        && keep(way.y, ground.to.y - middle.y)
        && keep(-way.y, middle.y - ground.from.y);
    let others = ground.nodes.iter().enumerate();
    let mut others = others.filter(|(i, _)| *i != a && *i != b);
    let alone = others.all(|(_, r)| {
        // Not nearer to r than to p: |x - p| <= |x - r| along the border.
        let (dx, dy) = (r.x - p.x, r.y - p.y);
        let half = p.toward(*r, 0.5);
        let most = (half.x - middle.x) * dx + (half.y - middle.y) * dy;
        keep(way.x * dx + way.y * dy, most)
    });
    let at = |t: f64| middle.by(way.x * t, way.y * t);
    (within && alone && to - from > 0.5).then(|| (at(from), at(to)))
}

/// Ends that are nearer than this are one.
const SAME: f64 = 1.0;

/// The pieces joined to chains wherever two of them meet; where three meet, one begins.
fn chains(mut pieces: Vec<Piece>) -> Vec<Vec<Pt>> {
    let all = pieces.clone();
    let joint = |p: Pt| all.iter().filter(|piece| meets(piece, p)).count() == 2;
    let mut chains = Vec::new();
    while let Some((a, b)) = pieces.pop() {
        let mut chain = vec![a, b];
        // First on from its end, then back from its beginning.
        for _ in 0..2 {
            while let Some(end) = chain.last().copied().filter(|p| joint(*p))
                && let Some(next) = next(&mut pieces, end)
            {
                chain.push(next);
            }
            chain.reverse();
        }
        chains.push(chain);
    }
    chains
}

fn meets(piece: &Piece, p: Pt) -> bool {
    piece.0.distance(p) < SAME || piece.1.distance(p) < SAME
}

/// The other end of a piece that ends at `p`, taken out.
fn next(pieces: &mut Vec<Piece>, p: Pt) -> Option<Pt> {
    let first = pieces.iter().position(|piece| meets(piece, p))?;
    let (a, b) = pieces.swap_remove(first);
    Some(if a.distance(p) < SAME { b } else { a })
}

/// A chain with its corners rounded.
fn rounded(chain: &[Pt]) -> Vec<[Pt; 3]> {
    let last = chain.len() - 1;
    if last < 2 {
        return vec![[chain[0], chain[0].toward(chain[last], 0.5), chain[last]]];
    }
    let half = |i: usize| chain[i].toward(chain[i + 1], 0.5);
    let mut curves = vec![[chain[0], chain[0].toward(half(0), 0.5), half(0)]];
    curves.extend((1..last).map(|i| [half(i - 1), chain[i], half(i)]));
    let end = half(last - 1);
    curves.push([end, end.toward(chain[last], 0.5), chain[last]]);
    curves
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::stage::geometry::crossing;

    fn ground(nodes: &[Pt]) -> Ground<'_> {
        Ground { from: Pt::new(0.0, 0.0), to: Pt::new(100.0, 100.0), nodes }
    }

    /// Crossings of the way from `a` to `b` with a border, its curves taken as straight.
    fn crossings(curves: &[[Pt; 3]], a: Pt, b: Pt) -> usize {
        let crosses = |c: &&[Pt; 3]| crossing(a, b, c[0], c[2]).is_some();
        curves.iter().filter(crosses).count()
    }

    /// Left and right: one straight line from top to bottom, half-way.
    #[test]
    fn two_nodes_are_parted_half_way_from_edge_to_edge() {
        let nodes = [Pt::new(20.0, 50.0), Pt::new(80.0, 50.0)];
        let curves = borders(&ground(&nodes), &|i| Some(i));
        assert_eq!(curves.len(), 1);
        let [a, c, b] = curves[0];
        assert!([a, c, b].iter().all(|p| (p.x - 50.0).abs() < 1e-6));
        assert_eq!((a.y - b.y).abs(), 100.0);
    }

    /// A grid of nine whose middle is alone: a ring around it, that everyone else is outside of.
    #[test]
    fn whoever_is_alone_is_walled_in_and_no_other_pair_is_parted() {
        let at = |i: usize| Pt::new(20.0 + 30.0 * (i % 3) as f64, 20.0 + 30.0 * (i / 3) as f64);
        let nodes: Vec<Pt> = (0..9).map(at).collect();
        let curves = borders(&ground(&nodes), &|i| Some(usize::from(i == 4)));
        for i in [1, 3, 5, 7] {
            assert_eq!(crossings(&curves, nodes[4].by(0.1, 0.3), nodes[i]), 1, "{i}");
        }
        for (i, j) in [(0, 1), (1, 2), (0, 3), (6, 8), (2, 8)] {
            assert_eq!(crossings(&curves, nodes[i].by(0.2, 0.1), nodes[j]), 0, "{i} {j}");
        }
    }

    #[test]
    fn three_sides_have_three_arms_and_a_node_of_no_group_none() {
        let nodes = [Pt::new(50.0, 20.0), Pt::new(20.0, 80.0), Pt::new(80.0, 80.0)];
        let curves = borders(&ground(&nodes), &|i| Some(i));
        assert_eq!(curves.len(), 3);
        let one = |i: usize| (i < 2).then_some(i);
        assert_eq!(borders(&ground(&nodes), &one).len(), 1);
        assert!(borders(&ground(&nodes), &|_| Some(0)).is_empty());
    }
}
