//! Every directed link of a world: its settings, its walls, and how many messages it has carried.
//!
//! The rule that is easy to break: there are n squared of them, so while all are alike a link costs
//! the four bytes of its counter; settings are shared, and the state of a wire that queues is kept
//! only for links that have some.

use super::hash::Fx;
use super::ids::NodeId;
use super::link::Link;
use super::time::{SimTime, Span};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// A link's settings, with what the sending path asks most often.
#[derive(Clone, Debug)]
pub struct Wired {
    /// The settings.
    pub link: Link,
    /// True if only the delay matters: no fault, no queue, no layer.
    pub plain: bool,
}

impl Wired {
    fn new(link: Link) -> Rc<Self> {
        let only_delay =
            Link { model: link.model, delay: link.delay, reorder_us: link.reorder_us, ..Link::default() };
        let plain = link == only_delay;
        Rc::new(Wired { link, plain })
    }
}

/// How a link differs from the first.
#[derive(Clone, Copy, Default)]
struct Differs {
    settings: u16,
    walls: u16,
}

/// The state of a wire on which messages queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wire {
    /// When the last message sent on a FIFO link arrives.
    pub last_due: SimTime,
    /// When the bottleneck has sent what waits before it.
    pub free_at: SimTime,
}

fn hash_of(link: &Link) -> u64 {
    let mut h = Fx::default();
    link.hash(&mut h);
    h.finish()
}

/// All links of a world of `n` nodes.
#[derive(Clone)]
pub struct Links {
    n: usize,
    sent: Vec<u32>,
    // Empty until a link differs from the others or a wall is raised.
    differs: Vec<Differs>,
    settings: Vec<Rc<Wired>>,
    // How many links have each of the settings; the first, from which all others differ, always stays. And where
    // settings lie, by their hash.
    uses: Vec<u32>,
    known: BTreeMap<u64, u16>,
    free: Vec<u16>,
    wires: BTreeMap<(NodeId, NodeId), Wire>,
}

impl Links {
    /// `n` squared links with the same settings.
    pub fn new(n: usize, link: Link) -> Self {
        Links {
            n,
            sent: vec![0; n * n],
            differs: Vec::new(),
            known: BTreeMap::from([(hash_of(&link), 0)]),
            settings: vec![Wired::new(link)],
            uses: vec![0],
            free: Vec::new(),
            wires: BTreeMap::new(),
        }
    }

    #[inline]
    fn at(&self, from: NodeId, to: NodeId) -> usize {
        from.index() * self.n + to.index()
    }

    /// Numbers the next message on this link and gives the link's settings and whether a wall
    /// stands in its way.
    #[inline]
    pub fn next(&mut self, from: NodeId, to: NodeId) -> (u32, &Rc<Wired>, bool) {
        let i = self.at(from, to);
        let number = self.sent[i];
        self.sent[i] = number.wrapping_add(1);
        let (settings, walled) = match self.differs.get(i) {
            None => (0, false),
            Some(d) => (usize::from(d.settings), d.walls > 0),
        };
        (number, &self.settings[settings], walled)
    }

    /// The settings of this link.
    #[inline]
    pub fn get(&self, from: NodeId, to: NodeId) -> &Rc<Wired> {
        let differs = self.differs.get(self.at(from, to));
        &self.settings[differs.map_or(0, |d| usize::from(d.settings))]
    }

    /// Whether this link has other settings than the first had at the start.
    pub fn has_own(&self, from: NodeId, to: NodeId) -> bool {
        let differs = self.differs.get(self.at(from, to));
        differs.is_some_and(|d| d.settings > 0)
    }

    /// How many messages this link was given.
    pub fn carried(&self, from: NodeId, to: NodeId) -> u32 {
        self.sent[self.at(from, to)]
    }

    /// Whether a wall stands in its way.
    pub fn walled(&self, from: NodeId, to: NodeId) -> bool {
        let differs = self.differs.get(self.at(from, to));
        differs.is_some_and(|d| d.walls > 0)
    }

    fn differs(&mut self, from: NodeId, to: NodeId) -> &mut Differs {
        if self.differs.is_empty() {
            self.differs = vec![Differs::default(); self.n * self.n];
        }
        let i = self.at(from, to);
        &mut self.differs[i]
    }

    /// Changes the settings of this link. At most 65,535 different ones are in use at once; what no link has any more
    /// gives its place to others.
    ///
    /// What waits before the bottleneck keeps its bytes: at another rate it takes another time.
    pub fn set(&mut self, from: NodeId, to: NodeId, link: Link, now: SimTime) {
        let (old, new) = (self.get(from, to).link.bandwidth_bytes_s, link.bandwidth_bytes_s);
        if old != new
            && let Some(wire) = self.wires.get_mut(&(from, to))
        {
            let bytes = u128::from(wire.free_at.since(now).0) * u128::from(old);
            let wait = bytes.checked_div(u128::from(new)).unwrap_or(0);
            wire.free_at = now + Span(u64::try_from(wait).unwrap_or(u64::MAX));
        }
        let settings = self.place(link);
        if settings != 0 || !self.differs.is_empty() {
            let before = std::mem::replace(&mut self.differs(from, to).settings, settings);
            self.uses[usize::from(settings)] += 1;
            self.leave(before);
        }
    }

    /// Where these settings lie, from now on if they are new. In no time that grows with the number of edits.
    fn place(&mut self, link: Link) -> u16 {
        let hash = hash_of(&link);
        let known = self.known.get(&hash).copied();
        if let Some(at) = known.filter(|&at| self.settings[usize::from(at)].link == link) {
            return at;
        }
        let wired = Wired::new(link);
        let at = match self.free.pop() {
            Some(at) => {
                self.settings[usize::from(at)] = wired;
                at
            }
            None => {
                let Ok(at) = u16::try_from(self.settings.len()) else {
                    return 0;
                };
                self.settings.push(wired);
                self.uses.push(0);
                at
            }
        };
        self.known.entry(hash).or_insert(at);
        at
    }

    /// One link fewer has the settings at this place.
    fn leave(&mut self, at: u16) {
        let uses = &mut self.uses[usize::from(at)];
        *uses = uses.saturating_sub(1);
        if *uses == 0 && at != 0 {
            let hash = hash_of(&self.settings[usize::from(at)].link);
            if self.known.get(&hash) == Some(&at) {
                self.known.remove(&hash);
            }
            self.free.push(at);
        }
    }

    /// Raises (`true`) or takes down a wall on this link.
    pub fn wall(&mut self, from: NodeId, to: NodeId, up: bool) {
        let walls = &mut self.differs(from, to).walls;
        *walls = if up { walls.saturating_add(1) } else { walls.saturating_sub(1) };
    }

    /// The moment of arrival of a message on a FIFO link that could arrive at `due`.
    pub fn in_order(&mut self, from: NodeId, to: NodeId, due: SimTime) -> SimTime {
        let wire = self.wire(from, to);
        wire.last_due = wire.last_due.max(due);
        wire.last_due
    }

    /// Everything under way will have arrived by `deadline`: nobody need wait longer behind it.
    pub fn hurry(&mut self, deadline: SimTime) {
        for wire in self.wires.values_mut() {
            wire.last_due = wire.last_due.min(deadline);
        }
    }

    /// The wire's queue as it stands.
    pub fn wire_of(&self, from: NodeId, to: NodeId) -> Wire {
        self.wires.get(&(from, to)).copied().unwrap_or_default()
    }

    /// The wire's queue, made when first asked for.
    pub fn wire(&mut self, from: NodeId, to: NodeId) -> &mut Wire {
        self.wires.entry((from, to)).or_default()
    }

    /// The bytes that a clone takes, roughly.
    pub fn weight(&self) -> usize {
        self.sent.len() * size_of::<u32>()
            + self.differs.len() * size_of::<Differs>()
            + self.wires.len() * size_of::<((NodeId, NodeId), Wire)>()
            + self.settings.len() * (size_of::<Rc<Wired>>() + size_of::<(u64, u16)>())
    }

    /// Every ordered pair of different nodes.
    pub fn pairs(&self) -> impl Iterator<Item = (NodeId, NodeId)> + use<> {
        let n = self.n as u16;
        (0..n).flat_map(move |a| (0..n).filter(move |&b| a != b).map(move |b| (NodeId(a), NodeId(b))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: NodeId = NodeId(0);
    const B: NodeId = NodeId(1);

    /// Ten times as many settings as there is room for, two in use at a time: none is taken for another, and what
    /// nobody uses any more gives its place up.
    #[test]
    fn settings_that_no_link_has_give_their_place_up() {
        let first = Link::default();
        let mut links = Links::new(2, first.clone());
        for i in 1..=655_360 {
            let link = Link { reorder_us: i, ..Link::default() };
            let (from, to) = if i % 2 == 0 { (A, B) } else { (B, A) };
            links.set(from, to, link.clone(), SimTime::ZERO);
            assert_eq!(links.get(from, to).link, link);
            assert_eq!(links.get(to, from).link.reorder_us, if i == 1 { first.reorder_us } else { i - 1 });
        }
        assert!(links.settings.len() <= 4, "{} settings are kept", links.settings.len());
        links.set(A, B, first.clone(), SimTime::ZERO);
        links.set(B, A, first, SimTime::ZERO);
        assert!(!links.has_own(A, B) && !links.has_own(B, A));
    }
}
