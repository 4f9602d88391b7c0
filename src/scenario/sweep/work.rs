//! When a protocol is at work, and between whom: looked up once in runs without faults, so that a sweep's faults
//! come in time.
//!
//! The rule that is easy to break: it follows from the opening alone, from the same few seeds whichever are swept. So a
//! seed means the same run in every sweep.

use crate::scenario::{Opening, open};
use crate::sim::streams::{below, setup_stream};
use crate::sim::trace::{EventKind, Mark};
use crate::sim::{NodeId, Refusal, SimTime, Trace, World};
use rand::Rng;

/// Under so many seeds it is looked up.
const SEEDS: u64 = 3;
/// No plan is made to go faster than this.
const SHORTEST: SimTime = SimTime::from_ms(20);
/// A sweep tries so many times longer spans, one after the other, up to the whole fault phase.
const LONGER: u64 = 4;

/// When a protocol is at work, and between whom.
pub(super) struct Work {
    servers: Vec<NodeId>,
    parted: Vec<NodeId>,
    // The moment at which it has done what it does, the latest of a few runs.
    done: SimTime,
}

impl Work {
    /// Of `opening`, in runs until `until`.
    pub fn of(opening: &Opening, until: SimTime) -> Result<Self, Refusal> {
        let mut work = Work { servers: Vec::new(), parted: Vec::new(), done: SHORTEST };
        let mut among_servers = false;
        for seed in 0..SEEDS {
            let mut run = open(&opening.clone().seed(seed))?;
            let world = run.world();
            work.servers = world.servers().collect();
            work.parted = world.node_ids().collect();
            run.run_until(until);
            work.done = work.done.max(done(run.trace()));
            among_servers |= talk(run.world(), run.trace());
        }
        // Where only clients talk to servers, walls between servers alone would stand in nobody's way.
        if among_servers {
            work.parted.clone_from(&work.servers);
        }
        Ok(work)
    }

    /// Who crashes, pauses, and has a bad clock; and between whom walls rise.
    pub fn struck(&self) -> crate::check::faultmix::Struck<'_> {
        crate::check::faultmix::Struck { servers: &self.servers, parted: &self.parted }
    }

    /// For how long a run with this seed has faults, if not for the whole of `phase`: a protocol that is done early is
    /// tried while it works, and then, under other seeds, for some time after, when faults have made it work on.
    pub fn span(&self, seed: u64, phase: SimTime) -> Option<SimTime> {
        if self.done.us() * 2 >= phase.us() {
            return None;
        }
        let longer = |span: &u64| span.checked_mul(LONGER).filter(|s| *s < phase.us());
        let spans: Vec<u64> = std::iter::successors(Some(self.done.us()), longer).collect();
        let mut dice = setup_stream(seed, "mix: span");
        // The first one counts twice.
        let drawn = below(dice.next_u64(), spans.len() as u64 + 2);
        match drawn.saturating_sub(1) as usize {
            i if i < spans.len() => Some(SimTime(spans[i])),
            _ => None,
        }
    }
}

/// When the last fact was told; where none is told, when the last message was handled.
fn done(trace: &Trace) -> SimTime {
    if let Some((event, _)) = trace.facts().last() {
        return trace.event(*event).time;
    }
    let handled = trace.events_from(crate::sim::EventId(0)).filter(|(_, e)| e.kind == EventKind::Deliver);
    handled.last().map_or(SimTime::ZERO, |(_, e)| e.time)
}

/// Whether servers send messages to servers.
fn talk(world: &World, trace: &Trace) -> bool {
    let server = |n: NodeId| !world.is_client(n);
    let mut sent = (0..trace.messages() as u32).map(|m| trace.sent(crate::sim::MsgId(m)));
    sent.any(|s| s.mark != Mark::Ack && server(s.from) && server(s.to))
}
