//! Messages are sent again to those who have not got them (Castro and Liskov 2002).
//!
//! The rule that is easy to break: nobody sends again by himself what others may have. Who lacks something says how far he is, and the others
//! know what that means.

use super::message::{Msg, Vote};
use super::outbox::{Outbox, To};
use super::replica::{Log, Replica};
use crate::kit::prelude::NodeId;

/// At most so many numbers are said again at once.
const AGAIN: u32 = 8;

impl Replica {
    /// Whether something is missing here.
    pub(super) fn is_behind(&self) -> bool {
        let farthest = self.log.slots.last_key_value().map_or((0, 0), |(place, _)| *place);
        let open = || self.log.slots.keys().any(|(_, seq)| *seq > self.log.executed);
        self.log.changing || !self.pending.is_empty() || farthest.0 > self.log.view || open()
    }

    pub(super) fn say_again(&mut self, o: &mut Outbox) {
        if self.log.changing {
            o.send(To::Others, Msg::ViewChange { change: self.change() });
        } else {
            let Log { view, executed, .. } = self.log;
            o.send(To::Others, Msg::Status { view, executed });
        }
    }

    /// Someone says how far he is: he is told again what he lacks.
    pub(super) fn on_status(&mut self, o: &mut Outbox, from: NodeId, (view, executed): (u32, u32)) {
        if from.0 >= self.rules.n || view > self.log.view || self.treason.is_two_faced() {
            return;
        }
        if view < self.log.view {
            return self.tell_of_view(o, from.0);
        }
        let (id, leads) = (self.id, self.leads());
        for seq in executed + 1..=executed + AGAIN {
            let Some(slot) = self.log.slots.get(&(view, seq)) else {
                continue;
            };
            let Some(proposal) = slot.proposal else {
                continue;
            };
            let digest = proposal.digest();
            if leads && proposal.request.is_some() {
                o.send(To::One(from.0), Msg::PrePrepare { proposal });
            }
            if let Some(&seal) = slot.prepares.get(&(id, digest)) {
                o.send(To::One(from.0), Msg::Prepare { vote: Vote { view, seq, digest, seal } });
            }
            if let Some(&seal) = slot.commits.get(&(id, digest)) {
                o.send(To::One(from.0), Msg::Commit { vote: Vote { view, seq, digest, seal } });
            }
        }
    }
}
