//! Who stood how whenever something was done to the world: roles and the leader, noted at that event.
//!
//! The rule that is easy to break: a crash of "the leader" is judged by who led *then*. Afterwards the
//! world cannot tell, so it is noted when it happens; and nothing else is noted, for a run may hold ten
//! thousand faults.

use crate::sim::chunks::Slices;
use crate::sim::{Event, EventId, EventKind, NodeId, World};
use std::rc::Rc;

/// The word by which a node shows that it leads.
pub const LEADER: &str = "leader";

/// How everybody stood when something was done.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The event in which it was done.
    pub event: EventId,
    /// Who led: of the nodes that ran, or were struck in this event, the one with the latest epoch.
    pub leader: Option<NodeId>,
    // Each node's role, as a place in the list of roles.
    roles: Rc<[u16]>,
}

/// The standings of a run, one a fault, and the roles that were seen.
#[derive(Clone, Default)]
pub struct Standings {
    list: Slices<Standing>,
    roles: Rc<Vec<String>>,
}

impl Standings {
    /// Called after each event.
    pub fn after(&mut self, world: &World, id: EventId) {
        if matches!(world.last_event().kind, EventKind::Fault | EventKind::Request) {
            self.note(world, id);
        }
    }

    #[cold]
    fn note(&mut self, world: &World, id: EventId) {
        let struck = world.last_event().node;
        let (mut leader, mut roles) = (None, Vec::with_capacity(world.node_count()));
        for node in world.node_ids() {
            let shown = world.inspect(node);
            let counts = world.is_up(node) || node == struck && struck != Event::NOBODY;
            if counts && shown.role == LEADER {
                leader = leader.max(Some((shown.epoch.unwrap_or(0), node)));
            }
            roles.push(self.place(shown.role));
        }
        self.list.push(Standing { event: id, leader: leader.map(|(_, node)| node), roles: roles.into() });
    }

    /// The place of `role` in the list. A run has a handful.
    fn place(&mut self, role: String) -> u16 {
        let known = self.roles.iter().position(|r| *r == role);
        let at = known.unwrap_or_else(|| {
            Rc::make_mut(&mut self.roles).push(role);
            self.roles.len() - 1
        });
        at.min(usize::from(u16::MAX)) as u16
    }

    /// How everybody stood in the event `id`, if something was done in it.
    pub fn at(&self, id: EventId) -> Option<&Standing> {
        let found = self.list.partition_point(|s| s.event < id);
        self.list.get(found).filter(|s| s.event == id)
    }

    /// The role that `node` showed then.
    pub fn role<'a>(&'a self, standing: &Standing, node: NodeId) -> &'a str {
        let place = standing.roles.get(node.index()).copied();
        let role = place.and_then(|p| self.roles.get(usize::from(p)));
        role.map_or("", String::as_str)
    }

    /// The bytes that a copy takes, roughly.
    pub fn weight(&self) -> usize {
        self.list.weight()
    }
}
