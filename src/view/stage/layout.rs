//! Where the nodes stand, and how large they are, on a stage of a given size.
//!
//! The rule that is easy to break: the plan depends on the nodes, the layout and the size alone,
//! never on what happens. A node that moved because it crashed could not be followed by eye.

use super::figure::{self, Room, Seat, Stand};
use super::geometry::{Pt, on_ellipse};
use crate::sim::NodeId;
use crate::sim::world::{Layout, Place};

/// How much of a node there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// A dot, its name in the tooltip.
    Dot,
    /// A disc with its name.
    Short,
    /// Name, badge, and cells below.
    Full,
}

/// A place for every node.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The stage's width.
    pub width: f64,
    /// The stage's height.
    pub height: f64,
    /// How the nodes stand.
    pub layout: Layout,
    /// The middle of the figure.
    pub centre: Pt,
    /// The half axes of the ring.
    pub axes: Pt,
    /// Where each node is.
    pub places: Vec<Pt>,
    /// The radius of a node's disc.
    pub radius: f64,
    /// What each node is, and where its protocol wants it.
    pub stands: Vec<Stand>,
    // Each node's seat in the figure; nothing for those beside it.
    seats: Vec<Option<Seat>>,
    /// How much of a node there is room for.
    pub detail: Detail,
}

/// More servers than this stand in rows, not on a ring.
const RING_MOST: usize = 64;
/// Room above the figure for the row of assumptions, which lies on a wide stage. By degrees: two stages
/// side by side, one a pixel wider, have the same figure.
fn head_room(width: f64) -> f64 {
    26.0 + 30.0 * ((width - 560.0) / 60.0).clamp(0.0, 1.0)
}

impl Plan {
    /// Places nodes on a stage of `width` by `height`.
    pub fn new(layout: Layout, stands: &[Stand], width: f64, height: f64) -> Plan {
        let (width, height) = (width.max(160.0), height.max(140.0));
        let inside = |s: &Stand| !s.client || figure::seats_clients(layout);
        let wanted = wanted(stands.iter().filter(|s| inside(s)));
        let mut taken = figure::seats(layout, &wanted).into_iter();
        let seats = stands.iter().map(|s| inside(s).then(|| taken.next()).flatten());
        let largest = match width.min(height) {
            s if s >= 460.0 => 38.0,
            s if s >= 330.0 => 33.0,
            s if s >= 240.0 => 27.0,
            // Cells below each node would hide its neighbours.
            _ => 23.0,
        };
        let mut plan = Plan {
            width,
            height,
            layout,
            centre: Pt::new(width / 2.0, height / 2.0),
            axes: Pt::default(),
            places: vec![Pt::default(); stands.len()],
            radius: largest,
            seats: seats.collect(),
            stands: stands.to_vec(),
            detail: Detail::Full,
        };
        plan.settle();
        plan
    }

    /// The same with servers and clients alone, which stand wherever the layout puts them.
    #[cfg(test)]
    pub fn plain(layout: Layout, clients: &[bool], width: f64, height: f64) -> Plan {
        let stand = |&client: &bool| Stand { client, ..Stand::default() };
        let stands: Vec<Stand> = clients.iter().map(stand).collect();
        Plan::new(layout, &stands, width, height)
    }

    /// Places with the largest discs first; if they are too crowded, again with smaller ones.
    fn settle(&mut self) {
        for _ in 0..3 {
            self.place();
            let fits = 0.31 * self.closest();
            if fits >= self.radius {
                break;
            }
            self.radius = fits.max(4.0);
        }
        self.detail = match self.radius {
            r if r >= 25.0 => Detail::Full,
            r if r >= 11.0 => Detail::Short,
            _ => Detail::Dot,
        };
    }

    fn place(&mut self) {
        let members = self.members().count();
        let aside = self.stands.len() - members;
        let r = self.radius;
        let below = if r >= 25.0 { 34.0 } else { 10.0 };
        let (mut left, mut right) = (r + 26.0, self.width - r - 26.0);
        let (top, mut bottom) = (head_room(self.width) + r + 12.0, self.height - r - below - 6.0);
        let wide = self.width > 1.15 * self.height;
        if aside > 0 && wide {
            left += 2.0 * r + 26.0;
            right -= if aside > 1 { 2.0 * r + 26.0 } else { 0.0 };
        } else if aside > 0 {
            bottom -= 2.0 * r + 30.0;
        }
        self.centre = Pt::new((left + right) / 2.0, (top + bottom) / 2.0);
        let ry = ((bottom - top) / 2.0).max(30.0);
        // Nearly round; but where the stage is flat, as wide as it takes to tell neighbours apart.
        let rx = ((right - left) / 2.0).max(30.0).min((ry * 1.4).max(150.0));
        self.axes = Pt::new(rx, ry);
        let room = Room { centre: self.centre, half: (right - left) / 2.0, ry };
        let spots = self.spots(members, room);
        let beside = self.beside(aside, wide);
        let (mut spots, mut beside) = (spots.into_iter(), beside.into_iter());
        for (place, seat) in self.places.iter_mut().zip(&self.seats) {
            let next = match seat {
                Some(_) => spots.next(),
                None => beside.next(),
            };
            *place = next.unwrap_or_default();
        }
    }

    /// The places of the `n` nodes of the figure.
    fn spots(&self, n: usize, room: Room) -> Vec<Pt> {
        let seats: Vec<Seat> = self.seats.iter().copied().flatten().collect();
        let wanted = wanted(self.members().map(|n| &self.stands[n.index()]));
        match figure::places(self.layout, &seats, &wanted, room) {
            // A ring of so many would be a line of dots.
            Some(_) if self.layout == Layout::Star && n > RING_MOST => self.rows(n, room.half),
            Some(spots) => spots,
            None => self.round(n, room.half),
        }
    }

    /// The places on a ring, or on a line; `half` is half the width there is.
    fn round(&self, n: usize, half: f64) -> Vec<Pt> {
        let Pt { x: rx, y: ry } = self.axes;
        let c = self.centre;
        match self.layout {
            Layout::TwoHills if n <= 2 => {
                let dx = half.min(self.width * 0.32);
                let y = ry * 0.1;
                vec![c.by(-dx, -y), c.by(dx, -y)]
            }
            Layout::Line | Layout::TwoHills => (0..n)
                .map(|i| {
                    let f = if n > 1 { i as f64 / (n - 1) as f64 } else { 0.5 };
                    c.by((2.0 * f - 1.0) * half.min(n as f64 * 110.0), 0.0)
                })
                .collect(),
            _ if n > RING_MOST => self.rows(n, half),
            _ if n == 1 => vec![c],
            _ if n == 2 => vec![c.by(-rx, 0.0), c.by(rx, 0.0)],
            _ => (0..n).map(|i| on_ellipse(c, rx, ry, i as f64 * 360.0 / n as f64 - 90.0)).collect(),
        }
    }

    fn rows(&self, n: usize, half: f64) -> Vec<Pt> {
        let ry = self.axes.y;
        let columns = libm::ceil(libm::sqrt(n as f64 * half / ry)).max(1.0);
        let rows = libm::ceil(n as f64 / columns).max(2.0);
        let (dx, dy) = (2.0 * half / columns, 2.0 * ry / rows);
        (0..n)
            .map(|i| {
                let row = libm::floor(i as f64 / columns);
                let column = i as f64 - row * columns;
                // Every second row is shifted, so that fewer links lie on top of each other.
                let shift = if (row as usize).is_multiple_of(2) { 0.25 } else { 0.75 };
                self.centre.by((column + shift) * dx - half, (row + 0.5) * dy - ry)
            })
            .collect()
    }

    /// The clients' places: left and right of a wide stage, below a narrow one.
    fn beside(&self, n: usize, wide: bool) -> Vec<Pt> {
        let r = self.radius;
        let spread =
            |i: usize, n: usize, low: f64, high: f64| low + (high - low) * (i as f64 + 0.5) / n.max(1) as f64;
        let below = if r >= 25.0 { 34.0 } else { 10.0 };
        (0..n)
            .map(|i| {
                if wide {
                    let (x, on_side) =
                        if i % 2 == 0 { (r + 24.0, n.div_ceil(2)) } else { (self.width - r - 24.0, n / 2) };
                    // One alone is as high as the middle of the figure.
                    let y = spread(i / 2, on_side, head_room(self.width) + 6.0, self.height - below);
                    Pt::new(x, y)
                } else {
                    let x = spread(i, n, 8.0, self.width - 8.0);
                    Pt::new(x, self.height - r - below)
                }
            })
            .collect()
    }

    /// The smallest distance between two nodes.
    fn closest(&self) -> f64 {
        let p = &self.places;
        if figure::has(self.layout) {
            // Straight below a node are its cells, and above the next one is its role.
            let apart = |a: &Pt, b: &Pt| super::geometry::length(a.x - b.x, 0.85 * (a.y - b.y));
            let pairs = p.iter().enumerate().flat_map(|(i, a)| p[..i].iter().map(move |b| (a, b)));
            return pairs.map(|(a, b)| apart(a, b)).fold(f64::MAX, f64::min);
        }
        let mut least = f64::MAX;
        for i in 0..p.len() {
            // Neighbours in number are neighbours on the ring; rows need a longer look.
            for j in (i + 1)..p.len().min(i + 40) {
                least = least.min(p[i].distance(p[j]));
            }
        }
        if p.len() > 2 && p.len() <= RING_MOST {
            least = least.min(p[0].distance(p[p.len() - 1]));
        }
        least
    }

    /// How many nodes.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// True without nodes.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Where `node` is; the middle, if there is no such node.
    pub fn at(&self, node: NodeId) -> Pt {
        self.places.get(node.index()).copied().unwrap_or(self.centre)
    }

    /// The nodes that stand in the figure, in order: all but the clients beside it.
    pub fn members(&self) -> impl Iterator<Item = NodeId> {
        let seats = self.seats.iter().enumerate();
        seats.filter(|(_, s)| s.is_some()).map(|(i, _)| NodeId(i as u16))
    }

    /// Whether one of the two stands in the figure and the other beside it.
    pub fn reaches_in(&self, a: NodeId, b: NodeId) -> bool {
        let seated = |n: NodeId| self.seats.get(n.index()).is_some_and(Option::is_some);
        seated(a) != seated(b)
    }

    /// Whether the layout has a link between `a` and `b`, so that it is drawn even at rest. (Every
    /// link exists and may be used; links to clients beside and those of a map are drawn once they were.)
    pub fn linked(&self, a: NodeId, b: NodeId) -> bool {
        let seat = |n: NodeId| self.seats.get(n.index()).copied().flatten();
        let (Some(p), Some(q)) = (seat(a), seat(b)) else {
            return false;
        };
        let apart = (i32::from(a.0) - i32::from(b.0)).abs();
        match self.layout {
            _ if a == b => false,
            Layout::Ring => apart == 1 || apart == self.members().count() as i32 - 1,
            Layout::Line | Layout::TwoHills => apart == 1,
            layout => figure::linked(layout, p, q),
        }
    }

    /// The ends of the direction `from` -> `to`, at the rims of the discs, moved `lane` pixels to
    /// the right of one who travels along it.
    pub fn line(&self, from: NodeId, to: NodeId, lane: f64) -> (Pt, Pt) {
        let (a, b) = (self.at(from), self.at(to));
        let h = a.heading(b);
        let gap = (self.radius + 3.0).min(a.distance(b) / 2.0);
        let (dx, dy) = (-h.y * lane, h.x * lane);
        (a.by(h.x * gap + dx, h.y * gap + dy), b.by(dx - h.x * gap, dy - h.y * gap))
    }
}

/// Where these want to stand.
fn wanted<'a>(stands: impl Iterator<Item = &'a Stand>) -> Vec<Place> {
    stands.map(|s| s.place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [(f64, f64); 4] = [(810.0, 560.0), (390.0, 340.0), (320.0, 300.0), (1440.0, 500.0)];

    #[test]
    fn no_two_nodes_touch_and_none_leaves_the_stage() {
        for layout in [Layout::Circle, Layout::Ring, Layout::Line, Layout::TwoHills] {
            for (servers, clients) in [(1, 0), (2, 0), (2, 1), (3, 2), (5, 1), (9, 0), (60, 0), (200, 0)] {
                if servers > 20 && layout == Layout::Line || servers > 2 && layout == Layout::TwoHills {
                    continue;
                }
                let kinds: Vec<bool> = (0..servers + clients).map(|i| i >= servers).collect();
                for (w, h) in SIZES {
                    let p = Plan::plain(layout, &kinds, w, h);
                    let r = p.radius;
                    for (i, a) in p.places.iter().enumerate() {
                        let case = format!("{layout:?} {servers}+{clients} at {w}x{h}: {i} at {a:?}");
                        assert!(a.x >= r && a.x <= w - r && a.y >= r && a.y <= h - r, "{case}");
                        for b in &p.places[..i] {
                            assert!(a.distance(*b) > 2.0 * r, "{case} touches {b:?}, r {r}");
                        }
                    }
                }
            }
        }
    }

    /// Hub and leaves, two sides of unequal size, three tiers, a grid, a map with places taken twice: no
    /// discs touch, none leaves the stage, at every size and whether clients stand in or beside it.
    #[test]
    fn the_figures_of_protocols_keep_the_same_promise() {
        let place = |layout, i: usize, n: usize| {
            let group = match layout {
                Layout::Star => u8::from(i > 0) + u8::from(n > 9 && i > n / 3),
                Layout::TwoSides => u8::from(!i.is_multiple_of(3)),
                Layout::Tiers => (i * i % 7 % 3) as u8,
                _ => 0,
            };
            let spread = |i: usize| (i * 389 % 1_001) as u16;
            Place { group, x: spread(i / 2), y: spread(i / 2 + 7) }
        };
        use Layout::{Grid, Map, Star, Tiers, TwoSides};
        for layout in [Star, TwoSides, Tiers, Grid, Map] {
            for (n, clients) in [(1, 0), (2, 1), (3, 0), (5, 2), (9, 0), (25, 3), (60, 0), (150, 0)] {
                let stand = |i| Stand { client: i >= n, place: place(layout, i, n) };
                let stands: Vec<Stand> = (0..n + clients).map(stand).collect();
                for (w, h) in SIZES {
                    let p = Plan::new(layout, &stands, w, h);
                    let r = p.radius;
                    for (i, a) in p.places.iter().enumerate() {
                        let case = format!("{layout:?} {n}+{clients} at {w}x{h}: {i} at {a:?}, r {r}");
                        let inside = a.x >= r && a.x <= w - r && a.y >= r && a.y <= h - r;
                        assert!(inside, "{case}");
                        let apart = |b: &Pt| a.distance(*b) > 2.0 * r;
                        assert!(p.places[..i].iter().all(apart), "{case} touches");
                    }
                    if n <= 5 && w > 800.0 {
                        assert_eq!(p.detail, Detail::Full, "{layout:?} {n} at {w}x{h}");
                    }
                    assert!(n > 9 || p.detail > Detail::Dot, "{layout:?} {n} at {w}x{h}: dots");
                }
            }
        }
    }

    #[test]
    fn five_servers_on_a_wide_stage_show_everything_and_the_first_is_on_top() {
        let p = Plan::plain(Layout::Circle, &[false; 5], 810.0, 560.0);
        assert_eq!((p.detail, p.radius), (Detail::Full, 38.0));
        assert!(p.places[1..].iter().all(|q| q.y > p.places[0].y));
        let phone = Plan::plain(Layout::Circle, &[false; 5], 390.0, 340.0);
        assert_eq!(phone.detail, Detail::Full);
    }

    #[test]
    fn two_stages_side_by_side_have_the_same_figure_and_a_flat_one_is_legible() {
        let plan = |w: f64, h: f64| {
            Plan::plain(Layout::Circle, &[false, false, false, false, false, true, true], w, h)
        };
        let (a, b) = (plan(560.0, 250.0), plan(559.0, 250.0));
        assert!((a.radius - b.radius).abs() < 0.1 && a.detail == b.detail);
        for (p, q) in a.places.iter().zip(&b.places) {
            assert!(p.distance(*q) <= 1.5, "{p:?} {q:?}");
        }
        let flat = plan(540.0, 200.0);
        assert!(flat.radius >= 20.0 && flat.detail == Detail::Short, "{flat:?}");
    }

    #[test]
    fn a_ring_has_links_between_neighbours_alone() {
        let p = Plan::plain(Layout::Ring, &[false; 6], 600.0, 400.0);
        let links = |a: u16| (0..6).filter(|&b| p.linked(NodeId(a), NodeId(b))).count();
        assert!((0..6).all(|a| links(a) == 2));
        assert!(p.linked(NodeId(0), NodeId(5)));
    }

    #[test]
    fn opposite_directions_keep_to_their_own_right() {
        let p = Plan::plain(Layout::Line, &[false; 2], 600.0, 300.0);
        let (a, _) = p.line(NodeId(0), NodeId(1), 6.0);
        let (b, _) = p.line(NodeId(1), NodeId(0), 6.0);
        assert_eq!(a.y - b.y, 12.0);
    }
}
