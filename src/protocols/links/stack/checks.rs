//! What a stack of layers promises, and what its runs are measured by.
//!
//! The rule that is easy to break: the promises are independent, as the layers are. A copy does not
//! break the order (only first deliveries count there), and a gap does not either: that a message
//! is missing breaks the promise that nothing is lost, and no other.

use super::{Packet, RECEIVER, Receiver, SENDER, Sender};
use crate::check::{Class, Property, Seen, Verdict, witness};
use crate::protocols::{Measure, Params};
use crate::sim::{
    Event, EventId, EventKind, Fault, Layers, Loss, Mark, MsgId, NodeId, Status, Trace, World,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};

/// Only what this stack promises. Without retransmission a loss is in order, and so on.
pub(super) fn properties(params: &Params) -> Vec<Box<dyn Property>> {
    let mut all: Vec<Box<dyn Property>> = vec![Box::new(Promise::new(What::NoCreation, params))];
    if params.flag("retransmit") {
        all.push(Box::new(NoLoss::new(params.int("count") as u16)));
    }
    if params.flag("dedupe") {
        all.push(Box::new(Promise::new(What::NoDuplication, params)));
    }
    if params.flag("reorder") {
        all.push(Box::new(Promise::new(What::Fifo, params)));
    }
    all
}

/// A message as it was handed to the receiver in this event, if that is what happened.
fn handed(seen: &Seen<'_>) -> Option<Packet> {
    if seen.event.kind != EventKind::Deliver || seen.event.node != RECEIVER {
        return None;
    }
    let receiver = seen.world.node_as::<Receiver>(RECEIVER)?;
    receiver.log().last().copied()
}

/// A paused node is not up either, but forgets nothing.
fn has_crashed(world: &World, node: NodeId) -> bool {
    matches!(world.status(node), Status::Crashed | Status::Stopped)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    NoCreation,
    NoDuplication,
    Fifo,
}

/// One of the three safety promises.
#[derive(Clone)]
struct Promise {
    what: What,
    twice: bool,
    // The first delivery of each number.
    first: BTreeMap<u16, EventId>,
    // The last crash of an end, and the name of the node.
    crash: Option<(EventId, String)>,
    verdict: Verdict,
}

impl Promise {
    fn new(what: What, params: &Params) -> Self {
        Promise {
            what,
            twice: params.word("mutant") == "send-twice",
            first: BTreeMap::new(),
            crash: None,
            verdict: Verdict::Holding,
        }
    }

    fn violate(
        &mut self,
        events: [EventId; 2],
        why: String,
        (assumption, allowed_by): (String, EventId),
    ) {
        self.verdict = Verdict::Violated {
            witness: witness([events[0], events[1], allowed_by]),
            why,
            assumption,
        };
    }

    fn check(&mut self, seen: &Seen<'_>, packet: Packet) {
        let number = packet.number;
        let before = self.first.get(&number).copied();
        let later = self
            .first
            .range((Excluded(number), Unbounded))
            .next()
            .map(|(n, e)| (*n, *e));
        let sent = seen.world.node_as::<Sender>(SENDER).map_or(0, Sender::sent);
        match (self.what, before, later) {
            (What::NoCreation, _, _) if number > sent || packet != Packet::new(number) => {
                let why = format!("{} is delivered, and was never sent", packet.text());
                let assumption = if seen.world.lies(SENDER).is_empty() {
                    "the link changes nothing: it is not arbitrary, or a layer checks a code"
                } else {
                    "the sender is honest"
                };
                self.violate(
                    [seen.id, EventId::NONE],
                    why,
                    (assumption.to_owned(), EventId::NONE),
                );
            }
            (What::NoDuplication, Some(before), _) => {
                let why = format!("{} is delivered a second time", packet.text());
                let assumption = self.what_failed(seen.world, "dedupe", |l| l.dedupe);
                self.violate([before, seen.id], why, assumption);
            }
            (What::Fifo, None, Some((later, event))) => {
                let why = format!("#{number} is delivered after #{later}, which was sent later");
                let assumption = self.what_failed(seen.world, "reorder", |l| l.reorder);
                self.violate([event, seen.id], why, assumption);
            }
            _ => {}
        }
        self.first.entry(number).or_insert(seen.id);
    }

    /// The assumption without which a layer could not keep its promise, and the event that broke
    /// it, if it was one.
    fn what_failed(
        &self,
        world: &World,
        layer: &str,
        on: fn(&Layers) -> bool,
    ) -> (String, EventId) {
        let always = |assumption: String| (assumption, EventId::NONE);
        if !on(&world.link(SENDER, RECEIVER).layers) {
            return always(format!("the layer {layer} stays on"));
        }
        match &self.crash {
            _ if self.twice => always(
                "the sender hands each message over once: a layer knows its own frames, not what \
                 they mean"
                    .to_owned(),
            ),
            Some((event, name)) => (
                format!("{name} does not crash: what its end of the layer {layer} knew is gone"),
                *event,
            ),
            None => always(format!("the layer {layer} was on from the start")),
        }
    }
}

impl Property for Promise {
    fn name(&self) -> &'static str {
        match self.what {
            What::NoCreation => "No creation",
            What::NoDuplication => "No duplication",
            What::Fifo => "FIFO order",
        }
    }

    fn claim(&self) -> &'static str {
        match self.what {
            What::NoCreation => "only what was sent is delivered, unchanged",
            What::NoDuplication => "no message is delivered twice",
            What::Fifo => "no message is delivered after one that was sent later",
        }
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn after(&mut self, seen: &Seen<'_>) {
        if self.verdict != Verdict::Holding {
            return;
        }
        if seen.event.kind == EventKind::Fault
            && let Some(node) = seen.node()
            && has_crashed(seen.world, node)
        {
            self.crash = Some((seen.id, seen.world.name(node).to_owned()));
        }
        if let Some(packet) = handed(seen) {
            self.check(seen, packet);
        }
    }

    fn verdict(&self) -> Verdict {
        self.verdict.clone()
    }

    fn clone_box(&self) -> Box<dyn Property> {
        Box::new(self.clone())
    }
}

/// Reliable delivery: what is sent is delivered in the end.
#[derive(Clone)]
struct NoLoss {
    missing: BTreeSet<u16>,
    sender_crashed: bool,
    receiver_crashed: bool,
    blocked: Loss,
}

impl NoLoss {
    fn new(count: u16) -> Self {
        NoLoss {
            missing: (1..=count).collect(),
            sender_crashed: false,
            receiver_crashed: false,
            blocked: Loss::None,
        }
    }
}

impl Property for NoLoss {
    fn name(&self) -> &'static str {
        "No loss"
    }

    fn claim(&self) -> &'static str {
        "every message is delivered in the end"
    }

    fn class(&self) -> Class {
        Class::Liveness
    }

    fn after(&mut self, seen: &Seen<'_>) {
        if self.missing.is_empty() {
            return;
        }
        if matches!(seen.event.kind, EventKind::Fault | EventKind::Flap) {
            let there = seen.world.blocked(SENDER, RECEIVER);
            let back = seen.world.blocked(RECEIVER, SENDER);
            self.blocked = if there == Loss::None { back } else { there };
            let crashed = |n| seen.event.node == n && has_crashed(seen.world, n);
            self.sender_crashed |= crashed(SENDER);
            self.receiver_crashed |= crashed(RECEIVER);
        }
        if let Some(packet) = handed(seen) {
            self.missing.remove(&packet.number);
        }
    }

    fn verdict(&self) -> Verdict {
        if self.missing.is_empty() {
            return Verdict::Holding;
        }
        let few: Vec<String> = self
            .missing
            .iter()
            .take(6)
            .map(|n| format!("#{n}"))
            .collect();
        let more = if self.missing.len() > 6 { ", ..." } else { "" };
        let mut why = format!("not delivered yet: {}{more}", few.join(", "));
        if self.sender_crashed {
            why +=
                "; that the sender does not crash is assumed: it forgot what was not acknowledged";
        }
        if self.receiver_crashed {
            why += "; that the receiver does not crash is assumed: its reorder buffer forgot what it \
                    had acknowledged and not handed over";
        }
        if self.blocked != Loss::None {
            let reason = self.blocked.reason();
            why += &format!("; that the link is fair is assumed, and not so: {reason}");
        }
        Verdict::Pending { why }
    }

    fn clone_box(&self) -> Box<dyn Property> {
        Box::new(self.clone())
    }
}

/// For each message that the sender handed to the link, its sends in order: whether each reached
/// the receiver's machine (delivered, held back by the reorder buffer, or recognised as a second
/// copy). Copies that the link made are no sends.
///
/// A trace holds no contents, but it holds the layer's number of whatever was sent again, and that
/// counts what was handed over. So this is `None` once the layers were changed in mid-run: while
/// none is on, nothing is counted.
fn attempts(trace: &Trace) -> Option<Vec<Vec<bool>>> {
    let changes_layers = |fault: &Fault| match fault {
        Fault::Link { set, .. } | Fault::Links { set } => set.layers.is_some(),
        _ => false,
    };
    if trace.faults().iter().any(|(_, f)| changes_layers(f)) {
        return None;
    }
    let mut arrived = vec![false; trace.messages()];
    for (_, event) in trace.events_from(EventId(0)) {
        if let Some(msg) = event.msg()
            && (event.kind != EventKind::Lost || event.loss == Loss::Duplicate)
        {
            arrived[msg.index()] = true;
        }
    }
    let mut all: Vec<Vec<bool>> = Vec::new();
    for (i, arrived) in arrived.into_iter().enumerate() {
        let sent = trace.sent(MsgId(i as u32));
        if sent.from != SENDER || sent.mark == Mark::Copy {
            continue;
        }
        let cause = trace.event(sent.cause);
        if cause.kind == EventKind::Resend {
            all.get_mut(cause.data as usize - 1)?.push(arrived);
        } else {
            all.push(vec![arrived]);
        }
    }
    Some(all)
}

/// When the entries of the receiver's log were handed over; it is handed nothing else.
fn delivery_times(trace: &Trace) -> Vec<u64> {
    let delivered = |e: &Event| e.kind == EventKind::Deliver && e.node == RECEIVER;
    let events = trace.events_from(EventId(0)).map(|(_, e)| e);
    events
        .filter(|e| delivered(e))
        .map(|e| e.time.us())
        .collect()
}

/// `sends_until_arrival` is a mean over the messages of the run, and is given only when each of
/// them has arrived: leaving out those still under way would favour the lucky ones.
pub(super) fn measures(params: &Params, world: &World, trace: &Trace) -> Vec<Measure> {
    let count = params.int("count") as usize;
    let attempts = attempts(trace);
    let sends = attempts
        .as_ref()
        .map(|a| a.iter().map(Vec::len).sum::<usize>() as f64);
    let first_arrival = |sends: &Vec<bool>| sends.iter().position(|&a| a).map(|i| i + 1);
    let until: Option<Vec<usize>> =
        attempts.and_then(|all| all.iter().map(first_arrival).collect());
    let mean = |u: Vec<usize>| u.iter().sum::<usize>() as f64 / u.len() as f64;

    let log = world
        .node_as::<Receiver>(RECEIVER)
        .map_or(&[][..], Receiver::log);
    let mut first: Vec<u16> = Vec::new();
    let mut last = 0;
    for (place, packet) in log.iter().enumerate() {
        if !first.contains(&packet.number) {
            first.push(packet.number);
            last = place;
        }
    }
    let later_before = |(i, n): (usize, &u16)| first[..i].iter().filter(|m| *m > n).count();
    let inversions: usize = first.iter().enumerate().map(later_before).sum();
    let complete = first.len() == count;
    let last_us = delivery_times(trace)
        .get(last)
        .copied()
        .filter(|_| complete);
    let measure = |name, value| Measure { name, value };
    vec![
        measure(
            "sends_until_arrival",
            until.filter(|u| u.len() >= count).map(mean),
        ),
        measure("sends", sends),
        measure("delivered", Some(first.len() as f64)),
        measure("missing", Some(count.saturating_sub(first.len()) as f64)),
        measure("duplicates", Some((log.len() - first.len()) as f64)),
        measure("inversions", Some(inversions as f64)),
        measure("complete_ms", last_us.map(|us| us as f64 / 1_000.0)),
    ]
}
