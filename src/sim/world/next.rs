//! What a world would do next, for whoever decides whether it is to.
//!
//! The rule that is easy to break: these look, and change nothing.

use super::stage::Frame;
use super::{What, World};
use crate::sim::hash::Fx;
use crate::sim::ids::{MsgId, NodeId};
use crate::sim::trace::Loss;
use std::hash::Hasher;

/// The next entry of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A message arrives.
    Flight(MsgId),
    /// A message is lost.
    Doomed(MsgId),
    /// A timer, by its slot, runs out.
    Timer(NodeId, u32),
    /// A processor or a disk is done.
    Work(NodeId),
    /// A node takes the next input that waits.
    Wake(NodeId),
    /// A flapping wall changes.
    Flap,
    /// A layer of the first node looks whether the second has acknowledged a frame.
    Resend(NodeId, NodeId, u32),
    /// A node boots, or nothing: a timer that was set anew or stopped.
    Nothing,
}

impl World {
    /// What comes next; nothing if nothing is left to happen.
    pub fn next_entry(&mut self) -> Option<Next> {
        let ticket = self.queue.first_ticket()?;
        let p = self.queue.at(ticket);
        let (what, to, number, round) = (p.what, p.to, p.number, p.round);
        let (from, doom) = (p.from, p.doom);
        Some(match what {
            What::Flight if doom == Loss::None => Next::Flight(MsgId(number)),
            What::Flight => Next::Doomed(MsgId(number)),
            What::Timer if self.timer_is_due(to, number, round) => Next::Timer(to, number),
            What::Timer | What::Boot => Next::Nothing,
            What::Cpu if self.nodes[to.index()].cpu_round == round => Next::Work(to),
            What::Cpu => Next::Nothing,
            What::Wake => Next::Wake(to),
            What::Flap => Next::Flap,
            What::Resend => Next::Resend(from, to, round),
        })
    }

    /// Whether the entry `round` of this timer makes it run out when its time comes.
    fn timer_is_due(&self, node: NodeId, slot: u32, round: u32) -> bool {
        let timer = &self.nodes[node.index()].timers[slot as usize];
        timer.queue_round == round && timer.on && timer.due <= timer.queued
    }

    /// How far the clock of `node` must leap for the timer in `slot` to run out now, in microseconds.
    pub fn leap_to_timer(&self, node: NodeId, slot: u32) -> Option<i64> {
        let machine = &self.nodes[node.index()];
        let timer = machine.timers.get(slot as usize).filter(|t| t.on)?;
        Some(timer.due_local - machine.clock.raw(self.now))
    }

    /// The oldest message on its way, and not lost by a wall, that is `frame`.
    pub fn find_frame(&self, frame: &Frame) -> Option<MsgId> {
        let print = |f: &Frame| {
            let mut h = Fx::default();
            f.fingerprint(&mut h);
            h.finish()
        };
        let wanted = print(frame);
        let alike = self.frames_on_the_way().filter(|(_, f)| print(f) == wanted);
        alike.map(|(msg, _)| msg).min()
    }
}
