//! Every directed link of a world: its settings, its walls, and how many messages it has carried.
//!
//! The rule that is easy to break: there are n squared of them, so a link that was never touched
//! costs eight bytes; settings are shared, and the state of a wire that queues is kept only for
//! links that have some.

use super::ids::NodeId;
use super::link::Link;
use super::time::SimTime;
use std::collections::BTreeMap;
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
        let only_delay = Link {
            model: link.model,
            delay: link.delay,
            reorder_us: link.reorder_us,
            ..Link::default()
        };
        let plain = link == only_delay;
        Rc::new(Wired { link, plain })
    }
}

#[derive(Clone, Copy, Default)]
struct Slot {
    settings: u16,
    walls: u16,
    sent: u32,
}

/// The state of a wire on which messages queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wire {
    /// When the last message sent on a FIFO link arrives.
    pub last_due: SimTime,
    /// When the bottleneck has sent what waits before it.
    pub free_at: SimTime,
}

/// All links of a world of `n` nodes.
#[derive(Clone)]
pub struct Links {
    n: usize,
    slots: Vec<Slot>,
    settings: Vec<Rc<Wired>>,
    wires: BTreeMap<(NodeId, NodeId), Wire>,
}

impl Links {
    /// `n` squared links with the same settings.
    pub fn new(n: usize, link: Link) -> Self {
        Links {
            n,
            slots: vec![Slot::default(); n * n],
            settings: vec![Wired::new(link)],
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
        let i = from.index() * self.n + to.index();
        let slot = &mut self.slots[i];
        let number = slot.sent;
        slot.sent = slot.sent.wrapping_add(1);
        (
            number,
            &self.settings[slot.settings as usize],
            slot.walls > 0,
        )
    }

    /// The settings of this link.
    pub fn get(&self, from: NodeId, to: NodeId) -> &Rc<Wired> {
        &self.settings[self.slots[self.at(from, to)].settings as usize]
    }

    /// How many messages this link was given.
    pub fn carried(&self, from: NodeId, to: NodeId) -> u32 {
        self.slots[self.at(from, to)].sent
    }

    /// Whether a wall stands in its way.
    pub fn walled(&self, from: NodeId, to: NodeId) -> bool {
        self.slots[self.at(from, to)].walls > 0
    }

    /// Changes the settings of this link. At most 65,535 different ones are kept; the limit on
    /// edits keeps it far from that.
    pub fn set(&mut self, from: NodeId, to: NodeId, link: Link) {
        let found = self.settings.iter().position(|w| w.link == link);
        let settings = found.unwrap_or_else(|| {
            self.settings.push(Wired::new(link));
            self.settings.len() - 1
        });
        let i = self.at(from, to);
        self.slots[i].settings = u16::try_from(settings).unwrap_or(0);
    }

    /// Raises (`true`) or takes down a wall on this link.
    pub fn wall(&mut self, from: NodeId, to: NodeId, up: bool) {
        let i = self.at(from, to);
        let walls = &mut self.slots[i].walls;
        *walls = if up {
            walls.saturating_add(1)
        } else {
            walls.saturating_sub(1)
        };
    }

    /// The wire's queue, made when first asked for.
    pub fn wire(&mut self, from: NodeId, to: NodeId) -> &mut Wire {
        self.wires.entry((from, to)).or_default()
    }

    /// Every ordered pair of different nodes.
    pub fn pairs(&self) -> impl Iterator<Item = (NodeId, NodeId)> + use<> {
        let n = self.n as u16;
        (0..n).flat_map(move |a| {
            (0..n)
                .filter(move |&b| a != b)
                .map(move |b| (NodeId(a), NodeId(b)))
        })
    }
}
