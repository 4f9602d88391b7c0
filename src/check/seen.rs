//! What a promise or a gauge is shown after an event, and which events it wants to be shown.
//!
//! The rule that is easy to break: the trace may hold a future that was taken back; only what belongs to
//! events up to this one counts.

use super::account::reach::Reach;
use super::account::{Account, fault};
use crate::sim::{Event, EventId, Fact, Fault, Kind, Mark, MsgId, NodeId, Trace, World};

/// Which events a property, a rule or a gauge wants to be shown. Most events of a long run are no news, and
/// who need not see them costs nothing there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// All.
    Always,
    /// Those in which something was told, and those in which a node booted, a message was lost, or something
    /// was done to the world: all but plain deliveries, timers and waiting.
    News,
}

/// What a property or a gauge is shown after each event.
pub struct Seen<'a> {
    /// The world as it is now.
    pub world: &'a World,
    /// What was recorded. It may hold a future that was taken back: only what belongs to events up to
    /// `id` counts.
    pub trace: &'a Trace,
    /// Which assumptions have been in force.
    pub account: &'a Account,
    /// The event that just happened.
    pub id: EventId,
    /// Its record.
    pub event: &'a Event,
}

impl<'a> Seen<'a> {
    /// The world, with the account of how it came to be so.
    pub fn reach(&self) -> Reach<'a> {
        Reach { world: self.world, account: self.account }
    }

    /// The node at which it happened, if it happened at a node.
    pub fn node(&self) -> Option<NodeId> {
        (self.event.node != Event::NOBODY).then_some(self.event.node)
    }

    /// Whether it is news ([`Wake::News`]).
    #[inline]
    pub fn is_news(&self) -> bool {
        use crate::sim::EventKind::{Fault, Flap, Lost, Start};
        !self.world.told().is_empty() || matches!(self.event.kind, Start | Lost | Fault | Flap)
    }

    /// What was done to the world in it, if it is that.
    pub fn fault(&self) -> Option<&'a Fault> {
        fault(self.trace, self.id)
    }

    /// The facts of type `F` that were told in it, each with the node that told it.
    pub fn facts<F: Fact>(&self) -> impl Iterator<Item = (NodeId, &'a F)> + use<'a, F> {
        let told = self.world.told().iter();
        told.filter_map(|t| Some((t.node, t.as_fact::<F>()?)))
    }

    /// The messages that were sent in it, each with its kind; copies that a link made are left out.
    pub fn sent(&self) -> impl Iterator<Item = (MsgId, Kind)> + use<'a> {
        let trace = self.trace;
        let own = trace.sent_in(self.id).filter(|(_, s)| s.mark != Mark::Copy);
        own.map(move |(m, _)| (m, trace.kind(m)))
    }
}
