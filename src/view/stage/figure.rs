//! The figures in which a protocol's places are drawn: star, two sides, tiers, grid, map.
//!
//! The rule that is easy to break: which node is whose neighbour follows from the places alone, never from
//! the size of the stage; only how far apart they stand does. So a link that is drawn on a phone is the
//! same that is drawn on a wall.

use super::geometry::{Pt, on_ellipse};
use crate::sim::world::{Layout, Place};

/// A node as the plan needs it: what kind it is and where its protocol wants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stand {
    /// It is a client.
    pub client: bool,
    /// Where its protocol wants it.
    pub place: Place,
}

/// Where a node sits in its figure: ring, side, tier or row; and its number within.
pub type Seat = (usize, usize);

/// The room that a figure may fill: its middle, half its width, half its height.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// The middle.
    pub centre: Pt,
    /// Half the width.
    pub half: f64,
    /// Half the height.
    pub ry: f64,
}

/// Whether this layout is one of these figures.
pub fn has(layout: Layout) -> bool {
    use Layout::{Grid, Map, Star, Tiers, TwoSides};
    matches!(layout, Star | TwoSides | Tiers | Grid | Map)
}

/// Whether clients stand within the figure, by their place, and not beside it.
pub fn seats_clients(layout: Layout) -> bool {
    matches!(layout, Layout::TwoSides | Layout::Tiers | Layout::Map)
}

/// The seat of each of `places`, in their order.
pub fn seats(layout: Layout, places: &[Place]) -> Vec<Seat> {
    let mut groups: Vec<u8> = places.iter().map(|p| p.group).collect();
    groups.sort_unstable();
    groups.dedup();
    let columns = columns(places.len());
    let mut filled = vec![0; groups.len().max(2)];
    let seat = |(i, p): (usize, &Place)| match layout {
        Layout::Grid => (i / columns, i % columns),
        Layout::Star | Layout::TwoSides | Layout::Tiers => {
            let group = match layout {
                // Whoever is not on the left is on the right.
                Layout::TwoSides => usize::from(p.group > 0),
                _ => groups.iter().position(|g| *g == p.group).unwrap_or(0),
            };
            filled[group] += 1;
            (group, filled[group] - 1)
        }
        _ => (0, i),
    };
    places.iter().enumerate().map(seat).collect()
}

/// How many columns a grid of `n` has: as nearly square as may be, rather wide than high.
fn columns(n: usize) -> usize {
    (1..=n).find(|c| c * c >= n).unwrap_or(1)
}

/// Whether the figure has a link between two seats.
pub fn linked(layout: Layout, a: Seat, b: Seat) -> bool {
    let (down, along) = (a.0.abs_diff(b.0), a.1.abs_diff(b.1));
    match layout {
        Layout::Star | Layout::TwoSides | Layout::Tiers => down == 1,
        Layout::Grid => down + along == 1,
        _ => true,
    }
}

/// The places of a figure in `room`, one a seat; `None` for the figures of old.
pub fn places(layout: Layout, seats: &[Seat], wanted: &[Place], room: Room) -> Option<Vec<Pt>> {
    match layout {
        Layout::Star => Some(star(seats, room)),
        Layout::TwoSides => Some(two_sides(seats, room)),
        Layout::Tiers => Some(tiers(seats, room)),
        Layout::Grid => Some(grid(seats, room)),
        Layout::Map => Some(map(wanted, room)),
        _ => None,
    }
}

/// How many sit in each group.
fn counts(seats: &[Seat]) -> Vec<usize> {
    let most = seats.iter().map(|s| s.0 + 1).max().unwrap_or(0);
    (0..most).map(|g| seats.iter().filter(|s| s.0 == g).count()).collect()
}

/// Ring in ring around the middle; a first group of one is the middle itself.
fn star(seats: &[Seat], room: Room) -> Vec<Pt> {
    let counts = counts(seats);
    let hub = usize::from(counts.first() == Some(&1) && counts.len() > 1);
    let rings = counts.len() - hub;
    let rx = room.half.min((room.ry * 1.4).max(150.0));
    let place = |&(group, i): &Seat| {
        if group < hub {
            return room.centre;
        }
        let ring = (group - hub) as f64;
        // A ring of several in the middle is narrow, and not a point.
        let inner = if hub == 0 { 0.55 } else { 1.0 };
        let out = (ring + inner) / (rings as f64 - 1.0 + inner);
        let n = counts[group] as f64;
        let turn = if counts[group] == 2 { 0.0 } else { -90.0 };
        // Every second ring is turned by half a step, so that nobody stands in another's light.
        let half = if group % 2 == 0 && hub == 1 { 0.5 } else { 0.0 };
        let degrees = (i as f64 + half) * 360.0 / n + turn;
        on_ellipse(room.centre, rx * out, room.ry * out, degrees)
    };
    seats.iter().map(place).collect()
}

/// Bands of nodes, one a group, side by side along one axis; within a band they run along the other.
struct Bands {
    counts: Vec<usize>,
    /// How many stand in a line of a band at most.
    line: usize,
    /// How far the bands are apart, in steps from line to line.
    gap: f64,
}

impl Bands {
    /// Lines as long as can be with enough room between nodes, else as leaves the most, on `long` by
    /// `across` pixels.
    fn fill(counts: Vec<usize>, gap: f64, long: f64, across: f64) -> Self {
        let most = counts.iter().copied().max().unwrap_or(1).max(1);
        let mut bands = Bands { counts, line: most, gap };
        let mut best = (0.0, most);
        for line in (1..=most).rev() {
            bands.line = line;
            let along = long / (line.max(2) - 1) as f64;
            let between = along.min(across / bands.steps().max(0.5)).min(ENOUGH);
            if between > best.0 + 1.0 {
                best = (between, line);
            }
        }
        bands.line = best.1;
        bands
    }

    fn lines(&self, group: usize) -> usize {
        self.counts[group].div_ceil(self.line).max(1)
    }

    /// Before which step a band begins.
    fn before(&self, group: usize) -> f64 {
        (0..group).map(|g| self.lines(g) as f64 - 1.0 + self.gap).sum()
    }

    /// The steps from the first line to the last.
    fn steps(&self) -> f64 {
        let last = self.counts.len().saturating_sub(1);
        self.before(last) + self.lines(last) as f64 - 1.0
    }

    /// Where a seat is: from -1 to 1 across, and from -0.5 to 0.5 along, with how many steps its line has.
    fn at(&self, (group, i): Seat) -> (f64, f64, usize) {
        let (lines, n) = (self.lines(group), self.counts[group]);
        // Lines of a band differ by one node at most.
        let (each, more) = (n / lines, n % lines);
        let full = more * (each + 1);
        let (line, place, here) = match i < full {
            true => (i / (each + 1), i % (each + 1), each + 1),
            false => (more + (i - full) / each, (i - full) % each, each),
        };
        let steps = self.steps();
        let across = match steps > 0.0 {
            true => 2.0 * (self.before(group) + line as f64) / steps - 1.0,
            false => 0.0,
        };
        let along = match here {
            1 => 0.0,
            _ => place as f64 / (here - 1) as f64 - 0.5,
        };
        (across, along, here - 1)
    }
}

/// So many pixels between neighbours are enough for all that is written in and under a disc.
const ENOUGH: f64 = 105.0;
/// The most pixels between neighbours of a line: further apart they no longer look like one group.
const APART: f64 = 190.0;

/// Two columns, or two blocks of columns, with an empty space between.
fn two_sides(seats: &[Seat], room: Room) -> Vec<Pt> {
    let mut counts = counts(seats);
    counts.resize(2, 0);
    let half = room.half.min((room.ry * 1.5).max(190.0));
    let bands = Bands::fill(counts, 3.0, 2.0 * room.ry, 2.0 * half);
    let place = |seat: &Seat| {
        let (across, along, steps) = bands.at(*seat);
        let long = (2.0 * room.ry).min(steps as f64 * APART);
        room.centre.by(across * half, along * long)
    };
    seats.iter().map(place).collect()
}

/// Row under row.
fn tiers(seats: &[Seat], room: Room) -> Vec<Pt> {
    let bands = Bands::fill(counts(seats), 1.5, 2.0 * room.half, 2.0 * room.ry);
    // Few tiers on a high stage keep together.
    let ry = room.ry.min(bands.steps().max(1.0) * APART / 2.0);
    let place = |seat: &Seat| {
        let (across, along, steps) = bands.at(*seat);
        let long = (2.0 * room.half).min(steps as f64 * APART);
        room.centre.by(along * long, across * ry)
    };
    seats.iter().map(place).collect()
}

fn grid(seats: &[Seat], room: Room) -> Vec<Pt> {
    let rows = seats.iter().map(|s| s.0).max().unwrap_or(0);
    let columns = seats.iter().map(|s| s.1).max().unwrap_or(0);
    // No wider than it takes to see squares in it.
    let half = room.half.min((room.ry * 1.7).max(150.0));
    let part = |i: usize, of: usize| match of {
        0 => 0.0,
        _ => 2.0 * i as f64 / of as f64 - 1.0,
    };
    let place = |s: &Seat| {
        let (x, y) = (part(s.1, columns), part(s.0, rows));
        let most = |n: usize| n.max(1) as f64 * APART / 2.0;
        room.centre.by(x * half.min(most(columns)), y * room.ry.min(most(rows)))
    };
    seats.iter().map(place).collect()
}

/// How often crowded places of a map are pushed apart, and how many pairs are looked at in all.
const PUSHES: usize = 240;
const LOOKS: usize = 2_000_000;

/// Where each wants to be; those that would lie on each other are moved apart, as little as is needed.
fn map(wanted: &[Place], room: Room) -> Vec<Pt> {
    let (w, h) = (2.0 * room.half, 2.0 * room.ry);
    let corner = room.centre.by(-room.half, -room.ry);
    let part = |thousandths: u16| f64::from(thousandths.min(1_000)) / 1_000.0;
    let place = |p: &Place| corner.by(part(p.x) * w, part(p.y) * h);
    let mut at: Vec<Pt> = wanted.iter().map(place).collect();
    let least = (0.72 * libm::sqrt(w * h / at.len().max(1) as f64)).min(124.0);
    for _ in 0..PUSHES.min(LOOKS / (at.len() * at.len()).max(1)) {
        let mut moved = false;
        for i in 1..at.len() {
            for j in 0..i {
                moved |= push(&mut at, i, j, least);
            }
        }
        for p in &mut at {
            p.x = p.x.max(corner.x).min(corner.x + w);
            p.y = p.y.max(corner.y).min(corner.y + h);
        }
        if !moved {
            break;
        }
    }
    at
}

/// Moves two places that are closer than `least` half of the way apart; true if it had to.
fn push(at: &mut [Pt], i: usize, j: usize, least: f64) -> bool {
    let distance = at[i].distance(at[j]);
    if distance >= least - 0.5 {
        return false;
    }
    // Where two want the same place, their numbers say which way each gives way.
    let h = match distance < 1e-6 {
        true => on_ellipse(Pt::default(), 1.0, 1.0, (i * 137 + j * 59) as f64),
        false => at[j].heading(at[i]),
    };
    let by = 0.5 * (least - distance);
    at[i] = at[i].by(h.x * by, h.y * by);
    at[j] = at[j].by(-h.x * by, -h.y * by);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(of: &[u8]) -> Vec<Place> {
        let place = |&group: &u8| Place { group, ..Place::default() };
        of.iter().map(place).collect()
    }

    #[test]
    fn seats_follow_from_groups_and_numbers() {
        let star = seats(Layout::Star, &groups(&[0, 1, 1, 4]));
        assert_eq!(star, [(0, 0), (1, 0), (1, 1), (2, 0)]);
        let sides = seats(Layout::TwoSides, &groups(&[0, 1, 0, 7]));
        assert_eq!(sides, [(0, 0), (1, 0), (0, 1), (1, 1)]);
        // Seven: three columns, the last row has one.
        let grid = seats(Layout::Grid, &groups(&[0; 7]));
        assert_eq!((grid[2], grid[3], grid[6]), ((0, 2), (1, 0), (2, 0)));
    }

    /// A star of hub, two inner and two outer has 2 + 4 links; a grid of 3 by 3 has 12; tiers of 1, 2, 3
    /// have 2 + 6; sides of 2 and 3 have 6.
    #[test]
    fn the_links_of_each_figure_are_those_that_its_name_says() {
        let count = |layout, of: &[u8]| {
            let s = seats(layout, &groups(of));
            let pairs = (0..s.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
            pairs.filter(|&(i, j)| linked(layout, s[i], s[j])).count()
        };
        assert_eq!(count(Layout::Star, &[0, 1, 1, 2, 2]), 6);
        assert_eq!(count(Layout::Star, &[0, 1, 1, 1, 1]), 4);
        assert_eq!(count(Layout::Grid, &[0; 9]), 12);
        assert_eq!(count(Layout::Tiers, &[0, 1, 1, 2, 2, 2]), 8);
        assert_eq!(count(Layout::TwoSides, &[0, 0, 1, 1, 1]), 6);
    }

    const ROOM: Room = Room { centre: Pt::new(400.0, 280.0), half: 330.0, ry: 190.0 };

    fn drawn(layout: Layout, of: &[u8]) -> Vec<Pt> {
        let wanted = groups(of);
        places(layout, &seats(layout, &wanted), &wanted, ROOM).unwrap()
    }

    #[test]
    fn a_star_has_its_hub_in_the_middle_and_its_rings_around_it() {
        let p = drawn(Layout::Star, &[0, 1, 1, 1, 2, 2, 2]);
        assert_eq!(p[0], ROOM.centre);
        let out = |q: &Pt| q.distance(ROOM.centre);
        let inner = p[1..4].iter().map(out).fold(0.0, f64::max);
        assert!(p[4..].iter().all(|q| out(q) > inner));
        // Three hubs stand around the middle, and inside of the rest.
        let p = drawn(Layout::Star, &[0, 0, 0, 1, 1, 1, 1]);
        assert!(p[..3].iter().all(|q| out(q) > 40.0 && out(q) < 150.0));
    }

    #[test]
    fn sides_are_left_and_right_tiers_above_each_other() {
        let p = drawn(Layout::TwoSides, &[0, 1, 0, 1, 1]);
        assert!(p[0].x < 300.0 && p[0].x == p[2].x && p[1].x > 500.0);
        let p = drawn(Layout::Tiers, &[0, 1, 1, 2, 2, 2]);
        assert!(p[0].y < p[1].y && p[1].y == p[2].y && p[2].y < p[3].y);
        assert_eq!(p[0].x, ROOM.centre.x);
        // Forty in a tier take several lines, and stay above the next tier.
        let many: Vec<u8> = (0..60).map(|i| u8::from(i >= 40)).collect();
        let p = drawn(Layout::Tiers, &many);
        let lowest = p[..40].iter().map(|q| q.y).fold(0.0, f64::max);
        assert!(p[40..].iter().all(|q| q.y > lowest));
        assert!(p[0].y < lowest);
    }

    #[test]
    fn a_map_keeps_its_places_and_parts_those_that_share_one() {
        let at = |x, y| Place { group: 0, x, y };
        let wanted = [at(0, 0), at(1_000, 1_000), at(500, 500), at(500, 500)];
        let p = map(&wanted, ROOM);
        assert_eq!((p[0].x, p[0].y), (70.0, 90.0));
        assert_eq!((p[1].x, p[1].y), (730.0, 470.0));
        assert!(p[2].distance(p[3]) > 100.0);
        assert!(p[2].toward(p[3], 0.5).distance(ROOM.centre) < 1.0);
    }
}
