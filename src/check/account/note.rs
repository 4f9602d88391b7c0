//! What an event does to the assumptions.
//!
//! The rule that is easy to break: this is called for every event. Only what was done to the world is looked at with
//! care; of all others, a loss is written down, and what heals by itself is asked whether it has.

use super::Account;
use super::line::{Assumption, Key, Lines, What, Whom};
use crate::sim::world::Status;
use crate::sim::{
    Event, EventId, EventKind, Fault, LinkPatch, Loss, MsgId, NodeId, NodePatch, SimTime, Span, Trace, World,
};

/// So many messages lost in a row are said: at a loss of 30 % one in 170,000 begins such a row.
const LONG_STREAK: u32 = 10;

impl Account {
    /// Takes note of event `id`.
    pub fn after(&mut self, world: &World, trace: &Trace, id: EventId) {
        let event = world.last_event();
        if !self.begun {
            self.begin(world, id);
        }
        match event.kind {
            EventKind::Lost if event.loss != Loss::Duplicate => self.note_loss(world, trace, id, event),
            EventKind::Fault => {
                self.stirred = event.time;
                self.note_fault(world, trace, id, event);
                self.note_walls(world, id);
            }
            EventKind::Flap => {
                self.stirred = event.time;
                self.note_walls(world, id);
            }
            _ => {}
        }
        if !self.streaks.is_empty() && is_received(event) {
            self.note_arrival(trace, event);
        }
        if !self.held.is_empty() {
            self.note_freed(event);
        }
        if !self.healing.is_empty() {
            self.heal(world);
        }
    }

    /// What a scenario has made faulty from the start.
    fn begin(&mut self, world: &World, id: EventId) {
        self.begun = true;
        self.leapt = vec![0; world.node_count()];
        self.opening = world.node_ids().map(|n| pace(world, n)).collect();
        for node in world.node_ids() {
            self.note_correct(world, node, id);
        }
        self.note_cuts(world, id);
        self.note_order(world, id);
        self.bound = world.timing().bound(world.seed());
        self.note_bound(world, id);
    }

    fn note_loss(&mut self, world: &World, trace: &Trace, id: EventId, event: &Event) {
        self.losses += 1;
        let sent = event.msg().and_then(|m| trace.get_sent(m));
        let whom = sent.map_or(Whom::Network, |s| Whom::Link(s.from, s.to));
        self.lines.struck((Assumption::Arrival, whom), (id, event.time), || {
            let between = sent.map_or_else(String::new, |s| {
                format!(" from {} to {}", world.name(s.from), world.name(s.to))
            });
            let who = format!("a message{between}");
            What { how: event.loss.reason(), ..What::of(who, "is lost", "was lost") }
        });
        // Losses by a crash, a cut or a wall follow from a state that is known itself; others are bad luck.
        if !matches!(event.loss, Loss::ReceiverDown | Loss::Cut | Loss::Partition) {
            self.stirred = event.time;
            if let Some(sent) = sent {
                self.note_streak(world, (sent.from, sent.to), id, event);
            }
        }
    }

    /// A link that is fair may lose many in a row, but nobody who waits for it can tell it from one that loses all.
    fn note_streak(&mut self, world: &World, (from, to): (NodeId, NodeId), id: EventId, event: &Event) {
        let streak = self.streaks.entry((from, to)).or_default();
        *streak += 1;
        if *streak == LONG_STREAK {
            self.lines.out((Assumption::Fairness, Whom::Link(from, to)), (id, event.time), || {
                let who = format!("the link from {} to {}", world.name(from), world.name(to));
                What::of(who, "has lost ten messages in a row", "lost ten messages in a row")
            });
        }
    }

    fn note_arrival(&mut self, trace: &Trace, event: &Event) {
        let sent = event.msg().and_then(|m| trace.get_sent(m));
        if let Some(sent) = sent
            && self.streaks.remove(&(sent.from, sent.to)).is_some_and(|lost| lost >= LONG_STREAK)
        {
            self.lines.back((Assumption::Fairness, Whom::Link(sent.from, sent.to)), event.time);
        }
    }

    fn note_walls(&mut self, world: &World, id: EventId) {
        let stands = world.partitions().next().is_some();
        self.mark((Assumption::Open, Whom::Network), world, id, stands, || {
            What::of("a partition", "stands", "stood")
        });
    }

    fn note_cut(&mut self, world: &World, id: EventId, (from, to): (NodeId, NodeId)) {
        let link = world.link(from, to);
        let closed = link.cut || link.loss_ppm >= 1_000_000;
        self.mark((Assumption::Open, Whom::Link(from, to)), world, id, closed, || {
            let who = format!("the link from {} to {}", world.name(from), world.name(to));
            match link.cut {
                true => What::of(who, "is cut", "was cut"),
                false => What::of(who, "loses everything", "lost everything"),
            }
        });
    }

    fn note_fault(&mut self, world: &World, trace: &Trace, id: EventId, event: &Event) {
        let fault = fault(trace, id);
        if !matches!(fault, Some(Fault::Request { .. })) {
            self.edited = Some(id);
        }
        match fault {
            Some(Fault::Link { from, to, set }) => {
                self.note_settings(Whom::Link(*from, *to), set, (id, event.time));
                self.note_cut(world, id, (*from, *to));
                if set.fifo.is_some() || set.layers.is_some() {
                    self.note_order(world, id);
                }
            }
            Some(Fault::Links { set }) => {
                self.note_settings(Whom::Network, set, (id, event.time));
                if set.cut.is_some() || set.loss_ppm.is_some() {
                    self.note_cuts(world, id);
                }
                if set.fifo.is_some() || set.layers.is_some() {
                    self.note_order(world, id);
                }
            }
            Some(Fault::Heal) => self.note_cuts(world, id),
            Some(Fault::Timing { .. }) => self.note_bound(world, id),
            Some(Fault::Hold { msg }) => self.note_held(world, trace, id, *msg),
            Some(Fault::Release { msg }) => self.free(*msg, event.time),
            Some(Fault::DeliverNow { msg }) => {
                self.free(*msg, event.time);
                self.note_hurried(world, trace, id, *msg);
            }
            _ => {}
        }
        if event.node.index() < world.node_count() {
            self.note_status(world, event.node, id);
            self.note_correct(world, event.node, id);
            self.note_clock(world, event.node, id, fault);
            if let Some(Fault::Node { set, .. }) = fault {
                self.note_pace(world, event.node, id, set);
            }
        }
    }

    /// The first link on which a message may overtake another: one that keeps no order, and one that sends again what was lost.
    fn note_order(&mut self, world: &World, id: EventId) {
        let mut pairs =
            world.node_ids().flat_map(|a| world.node_ids().filter(move |&b| b != a).map(move |b| (a, b)));
        let apart = pairs.find(|&(from, to)| {
            let link = world.link(from, to);
            !(link.layers.reorder || link.fifo && link.layers.retransmit_us == 0)
        });
        self.mark((Assumption::Order, Whom::Network), world, id, apart.is_some(), || {
            let (from, to) = apart.map_or(("", ""), |(from, to)| (world.name(from), world.name(to)));
            let who = format!("messages from {from} to {to}");
            What::of(who, "may overtake each other", "could overtake each other")
        });
    }

    /// A message was put before others by hand.
    fn note_hurried(&mut self, world: &World, trace: &Trace, id: EventId, msg: MsgId) {
        if let Some(sent) = trace.get_sent(msg) {
            let key = (Assumption::Order, Whom::Link(sent.from, sent.to));
            self.lines.struck(key, (id, world.now()), || {
                let who = format!("a message from {} to {}", world.name(sent.from), world.name(sent.to));
                What::of(who, "is delivered before others", "was delivered before others")
            });
        }
    }

    fn note_held(&mut self, world: &World, trace: &Trace, id: EventId, msg: MsgId) {
        let Some(sent) = trace.get_sent(msg) else {
            return;
        };
        let whom = Whom::Link(sent.from, sent.to);
        if !self.held.iter().any(|(m, _)| *m == msg) {
            self.held.push((msg, whom));
        }
        self.lines.out((Assumption::Free, whom), (id, world.now()), || {
            let message = format!("a message from {} to {}", world.name(sent.from), world.name(sent.to));
            What::of(message, "is held back", "was held back")
        });
        // Meanwhile others overtake it.
        self.lines.out((Assumption::Order, whom), (id, world.now()), || {
            let message = format!("a message from {} to {}", world.name(sent.from), world.name(sent.to));
            What::of(message, "is held back, and may be overtaken", "was held back, and could be overtaken")
        });
    }

    /// What was held back arrives at last, where the timing model sees to it, or is lost.
    fn note_freed(&mut self, event: &Event) {
        if let Some(msg) = event.msg()
            && event.kind != EventKind::Fault
        {
            self.free(msg, event.time);
        }
    }

    fn free(&mut self, msg: MsgId, now: SimTime) {
        let Some(at) = self.held.iter().position(|(m, _)| *m == msg) else {
            return;
        };
        let (_, whom) = self.held.remove(at);
        if !self.held.iter().any(|(_, w)| *w == whom) {
            self.lines.back((Assumption::Free, whom), now);
            self.lines.back((Assumption::Order, whom), now);
        }
    }

    fn note_settings(&mut self, whom: Whom, set: &LinkPatch, at: (EventId, SimTime)) {
        let changed = || What::of("a link", "is changed", "was changed");
        if set.loss_ppm.is_some() || set.corrupt_ppm.is_some() {
            self.lines.struck((Assumption::Losses, whom), at, changed);
        }
        let others = LinkPatch { cut: None, loss_ppm: None, corrupt_ppm: None, ..set.clone() };
        if others != LinkPatch::default() {
            self.lines.struck((Assumption::Settings, whom), at, changed);
        }
    }

    fn note_cuts(&mut self, world: &World, id: EventId) {
        for from in world.node_ids() {
            for to in world.node_ids().filter(|&to| to != from) {
                self.note_cut(world, id, (from, to));
            }
        }
    }

    /// A model without a bound, or with one longer than at first, is none to build timeouts on.
    fn note_bound(&mut self, world: &World, id: EventId) {
        let now = world.timing().bound(world.seed());
        let kept = now.zip(self.bound).is_some_and(|(now, first)| now <= first);
        self.mark((Assumption::Bound, Whom::Network), world, id, !kept, || {
            let how = |gives: &str, lets: &str| match now {
                None => format!("{gives} delays no bound"),
                Some(longest) => format!("{lets} a message take {longest}"),
            };
            let (now, then) = (how("gives", "lets").into(), how("gave", "let").into());
            What { now, then, ..What::of("the timing model", "", "") }
        });
    }

    fn note_status(&mut self, world: &World, node: NodeId, id: EventId) {
        let status = world.status(node);
        let down = matches!(status, Status::Crashed | Status::Stopped);
        let name = world.name(node);
        self.mark((Assumption::Power, Whom::Node(node)), world, id, down, || {
            What::of(name, "is not running", "crashed")
        });
        let paused = status == Status::Paused;
        self.mark((Assumption::Awake, Whom::Node(node)), world, id, paused, || {
            What::of(name, "is paused", "was paused")
        });
    }

    fn note_correct(&mut self, world: &World, node: NodeId, id: EventId) {
        let (c, name) = (world.config(node), world.name(node));
        let why = match () {
            () if !world.lies(node).is_empty() => Some(("lies", "lied")),
            () if c.send_omission_ppm + c.receive_omission_ppm > 0 => {
                Some(("omits messages", "omitted messages"))
            }
            () if c.late_us > 0 => Some(("is late", "was late")),
            () => None,
        };
        let (now, then) = why.unwrap_or_default();
        self.mark((Assumption::Correct, Whom::Node(node)), world, id, why.is_some(), || {
            What::of(name, now, then)
        });
    }

    fn note_clock(&mut self, world: &World, node: NodeId, id: EventId, fault: Option<&Fault>) {
        let (name, whom) = (world.name(node), Whom::Node(node));
        match fault {
            Some(Fault::ClockJump { by_us, .. }) => {
                let sum = &mut self.leapt[node.index()];
                *sum = sum.saturating_add(*by_us);
                let off = *sum != 0;
                let leap = (Assumption::Leap, whom);
                self.mark(leap, world, id, true, || {
                    What::of(format!("the clock of {name}"), "is behind itself", "leapt")
                });
                self.healing.insert(node);
                self.mark((Assumption::Offset, whom), world, id, off, || {
                    What::of(format!("the clock of {name}"), "leapt", "leapt")
                });
            }
            Some(Fault::Node { set: NodePatch { drift_ppm: Some(ppm), .. }, .. }) => {
                let drift = (Assumption::Drift, whom);
                self.mark(drift, world, id, *ppm != 0, || {
                    let [now, then] =
                        ["has", "had"].map(|verb| format!("{verb} a drift of {ppm} ppm").into());
                    What { now, then, ..What::of(format!("the clock of {name}"), "", "") }
                });
            }
            _ => {}
        }
    }

    fn note_pace(&mut self, world: &World, node: NodeId, id: EventId, set: &NodePatch) {
        let Some(us) = set.service_us.into_iter().chain(set.sync_us).max() else {
            return;
        };
        if self.is_slow(world, node) {
            let name = world.name(node);
            let slow = (Assumption::Processor, Whom::Node(node));
            self.mark(slow, world, id, true, || {
                let [now, then] =
                    ["takes", "took"].map(|verb| format!("{verb} {} for a step", Span(us)).into());
                What { now, then, ..What::of(name, "", "") }
            });
            self.healing.remove(&node);
        } else {
            // What it has begun it still does at its old pace.
            self.healing.insert(node);
        }
    }

    /// Whether `node` takes longer for something than it did at first.
    fn is_slow(&self, world: &World, node: NodeId) -> bool {
        is_slower(pace(world, node), self.opening[node.index()])
    }

    /// Nodes that come into force again by themselves: a clock set back catches up, a step that takes long ends.
    fn heal(&mut self, world: &World) {
        let now = world.now();
        let opening = self.opening.clone();
        let slow = |node: NodeId| is_slower(pace(world, node), opening[node.index()]);
        let healed = |lines: &mut Lines, node: NodeId| {
            let caught_up = world.clock_behind_us(node) == 0;
            let idle = world.busy_for(node) == Span::ZERO && world.waiting(node) == 0;
            let leap = caught_up && lines.back((Assumption::Leap, Whom::Node(node)), now);
            let step = idle && !slow(node) && lines.back((Assumption::Processor, Whom::Node(node)), now);
            (leap || step, caught_up && idle)
        };
        let all: Vec<NodeId> = self.healing.iter().copied().collect();
        for node in all {
            let (came_back, done) = healed(&mut self.lines, node);
            if came_back {
                self.stirred = now;
            }
            if done {
                self.healing.remove(&node);
            }
        }
    }

    /// Says that an assumption is out of force now, or is not.
    fn mark(&mut self, key: Key, world: &World, id: EventId, out: bool, what: impl FnOnce() -> What) {
        if out {
            self.lines.out(key, (id, world.now()), what);
        } else {
            self.lines.back(key, world.now());
        }
    }
}

/// How long `node` takes for a step and for a forced write.
fn pace(world: &World, node: NodeId) -> (u64, u64) {
    let c = world.config(node);
    (c.service_us, c.sync_us)
}

fn is_slower(now: (u64, u64), before: (u64, u64)) -> bool {
    now.0 > before.0 || now.1 > before.1
}

/// The fault that was done in event `id`.
pub(in crate::check) fn fault(trace: &Trace, id: EventId) -> Option<&Fault> {
    let all = trace.faults();
    let at = all.partition_point(|(e, _)| *e < id);
    all.get(at).filter(|(e, _)| *e == id).map(|(_, f)| f)
}

/// Whether a link has brought something: a second copy is dropped, but it came.
fn is_received(event: &Event) -> bool {
    matches!(event.kind, EventKind::Deliver | EventKind::Arrive) || event.loss == Loss::Duplicate
}
