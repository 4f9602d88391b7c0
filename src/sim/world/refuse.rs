//! What the engine refuses to do, and why.
//!
//! The rule that is easy to break: nothing here changes anything; `check` takes `&self`.

use super::machine::Power;
use super::{Flight, World};
use crate::sim::fault::{ByzantineAct, ByzantineRule, Fault, NodePatch, Partition};
use crate::sim::ids::{MsgId, NodeId};
use crate::sim::limits;
use crate::sim::link::{LinkModel, LinkPatch};
use crate::sim::refusal::Refusal;
use crate::sim::time::Span;
use crate::sim::timing::Timing;
use std::collections::BTreeSet;

fn no<T>(code: &'static str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(code, message))
}

impl World {
    /// Whether [`World::apply`] would accept `fault` now.
    ///
    /// # Errors
    /// The refusal that `apply` would give.
    pub fn check(&self, fault: &Fault) -> Result<(), Refusal> {
        if let Some(stop) = &self.stopped {
            return Err(Refusal::clone(stop));
        }
        match fault {
            Fault::Crash { node, .. } => self.check_power(*node, Power::On, "crash", "has crashed already"),
            Fault::Recover { node } => {
                if self.node_exists(*node)? && self.nodes[node.index()].power == Power::Gone {
                    return no(
                        "crash-stop",
                        format!("{} crashed for good (crash-stop) and never recovers", self.name(*node)),
                    );
                }
                self.check_power(*node, Power::Off, "recover", "is running")
            }
            Fault::Pause { node } => self.check_pause(*node),
            Fault::Resume { node } => {
                self.node_exists(*node)?;
                if self.nodes[node.index()].paused {
                    return Ok(());
                }
                no("not-paused", format!("{} is not paused: it cannot resume", self.name(*node)))
            }
            Fault::Node { node, set } => self.check_node(*node, set),
            Fault::ClockJump { node, by_us } => self.check_jump(*node, *by_us),
            Fault::Byzantine { node, rules } => self.check_rules(*node, rules),
            Fault::Link { from, to, set } => self.check_link(*from, *to, set),
            Fault::Links { set } => {
                self.links.pairs().try_for_each(|(from, to)| self.check_link(from, to, set))
            }
            Fault::Partition(partition) => self.check_partition(partition),
            Fault::Heal => Ok(()),
            Fault::Timing { timing } => self.check_timing(*timing),
            Fault::Request { node, request } => self.check_request(*node, request),
            Fault::Drop { msg }
            | Fault::Hold { msg }
            | Fault::Release { msg }
            | Fault::Duplicate { msg }
            | Fault::Corrupt { msg }
            | Fault::DeliverNow { msg } => self.check_by_hand(fault, *msg),
        }
    }

    fn node_exists(&self, node: NodeId) -> Result<bool, Refusal> {
        if node.index() < self.nodes.len() {
            return Ok(true);
        }
        no(
            "unknown-node",
            format!("there is no node {node}: nodes are numbered 0 to {}", self.nodes.len() - 1),
        )
    }

    fn check_power(&self, node: NodeId, wanted: Power, verb: &str, otherwise: &str) -> Result<(), Refusal> {
        self.node_exists(node)?;
        if self.nodes[node.index()].power == wanted {
            return Ok(());
        }
        no("wrong-state", format!("{} cannot {verb}: it {otherwise}", self.name(node)))
    }

    fn check_pause(&self, node: NodeId) -> Result<(), Refusal> {
        self.check_power(node, Power::On, "pause", "has crashed")?;
        if self.nodes[node.index()].paused {
            return no("wrong-state", format!("{} is paused already", self.name(node)));
        }
        if let Timing::Synchronous { step_us, .. } = self.timing {
            return no(
                "outside-timing",
                format!(
                    "synchronous timing promises steps of at most {}, and a pause has no bound: choose another timing model, or give {} a timing failure",
                    Span(step_us),
                    self.name(node)
                ),
            );
        }
        Ok(())
    }

    fn check_node(&self, node: NodeId, set: &NodePatch) -> Result<(), Refusal> {
        self.node_exists(node)?;
        self.nodes[node.index()].config.with(set).check(self.timing)
    }

    fn check_jump(&self, node: NodeId, by_us: i64) -> Result<(), Refusal> {
        self.node_exists(node)?;
        if let Timing::Synchronous { drift_ppm, .. } = self.timing {
            return no(
                "outside-timing",
                format!(
                    "synchronous timing promises clocks that drift by at most {drift_ppm} ppm, and a jump has no bound: choose another timing model"
                ),
            );
        }
        let after = self.nodes[node.index()].clock.offset_us(self.now)
            + by_us.clamp(-limits::OFFSET_US * 2, limits::OFFSET_US * 2);
        if by_us.unsigned_abs() > limits::OFFSET_US.unsigned_abs() || after.abs() > limits::OFFSET_US {
            return no(
                "out-of-range",
                format!(
                    "a clock is at most one hour off, and this would put {} at {after} us",
                    self.name(node)
                ),
            );
        }
        Ok(())
    }

    fn check_rules(&self, node: NodeId, rules: &[ByzantineRule]) -> Result<(), Refusal> {
        self.node_exists(node)?;
        if rules.len() > limits::SCENARIO_NODES + 1 {
            return no("out-of-range", "a Byzantine node takes at most one rule for each receiver");
        }
        for rule in rules {
            if let Some(to) = rule.to {
                self.node_exists(to)?;
            }
            if let ByzantineAct::Delay(us) = rule.act
                && us > limits::SPAN_US
            {
                return no("out-of-range", format!("a delay of {us} us is over the limit of one hour"));
            }
        }
        Ok(())
    }

    /// A refusal that says at which link.
    fn at_link(&self, from: NodeId, to: NodeId, r: Refusal) -> Refusal {
        let (from, to) = (self.name(from), self.name(to));
        Refusal { message: format!("link {from} to {to}: {}", r.message), ..r }
    }

    fn check_link(&self, from: NodeId, to: NodeId, set: &LinkPatch) -> Result<(), Refusal> {
        self.node_exists(from)?;
        self.node_exists(to)?;
        let at = |r| self.at_link(from, to, r);
        let link = set.on(&self.links.get(from, to).link);
        link.check().map_err(at)?;
        self.timing.check_link(&link).map_err(at)
    }

    fn check_partition(&self, p: &Partition) -> Result<(), Refusal> {
        let mut seen = BTreeSet::new();
        for &node in p.groups.iter().flatten() {
            self.node_exists(node)?;
            if !seen.insert(node) {
                return no(
                    "bad-partition",
                    format!("{} stands on two sides of the partition", self.name(node)),
                );
            }
        }
        if p.groups.iter().filter(|g| !g.is_empty()).count() < 2 {
            return no("bad-partition", "a partition separates at least two groups of nodes");
        }
        if (p.up_us > 0) != (p.down_us > 0) {
            return no("bad-partition", "a flapping partition needs both up_us and down_us above zero");
        }
        if p.up_us > limits::SPAN_US
            || p.down_us > limits::SPAN_US
            || (p.up_us > 0 && p.up_us.min(p.down_us) < 1_000)
        {
            return no("out-of-range", "a partition flaps with phases of 1 ms to one hour");
        }
        Ok(())
    }

    fn check_timing(&self, timing: Timing) -> Result<(), Refusal> {
        timing.check()?;
        for (i, machine) in self.nodes.iter().enumerate() {
            machine.config.check(timing).map_err(|r| Refusal {
                message: format!("node {}: {}", self.name(NodeId(i as u16)), r.message),
                ..r
            })?;
            if machine.paused && matches!(timing, Timing::Synchronous { .. }) {
                return no(
                    "outside-timing",
                    format!("{} is paused, which synchronous timing forbids: resume it first", machine.name),
                );
            }
        }
        for (from, to) in self.links.pairs() {
            timing.check_link(&self.links.get(from, to).link).map_err(|r| self.at_link(from, to, r))?;
        }
        Ok(())
    }

    fn check_request(&self, node: NodeId, request: &str) -> Result<(), Refusal> {
        self.check_power(node, Power::On, "take a request", "has crashed")?;
        if request.chars().count() > 200 {
            return no("out-of-range", "a request has at most 200 characters");
        }
        let machine = &self.nodes[node.index()];
        if machine.node.requests().is_empty()
            && let Some(other) = self.nodes.iter().find(|m| !m.node.requests().is_empty())
        {
            let (name, other) = (&machine.name, &other.name);
            let why = format!("{name} takes no requests: ask {other}, which does");
            return Err(Refusal::new("bad-request", why));
        }
        let (name, shown) = (&machine.name, super::super::letters::short(request));
        machine.node.understands(request).map_err(|why| {
            Refusal::new("bad-request", format!("{name} does not understand '{shown}': {why}"))
        })?;
        // What it takes depends on the moment, so no run is refused for it before that has come.
        machine
            .node
            .accepts(request)
            .map_err(|why| Refusal::new("not-now", format!("{name} does not take '{shown}' now: {why}")))
    }

    fn check_by_hand(&self, fault: &Fault, msg: MsgId) -> Result<(), Refusal> {
        let Some((_, flight)) = self.find_flight(msg) else {
            return no("unknown-message", format!("message {msg} is not in flight now"));
        };
        let model = self.links.get(flight.from, flight.to).link.model;
        let reliable = model == LinkModel::Reliable;
        match fault {
            Fault::Drop { .. } if reliable => {
                no("not-reliable", "a reliable link loses nothing: make it fair-loss to drop a message")
            }
            Fault::Duplicate { .. } if reliable => {
                no("not-reliable", "a reliable link delivers once: make it fair-loss to duplicate a message")
            }
            Fault::Corrupt { .. } if model != LinkModel::Arbitrary => no(
                "not-arbitrary",
                "only an arbitrary link changes messages: choose arbitrary to corrupt one",
            ),
            Fault::Hold { .. } => self.check_hold(flight),
            Fault::Release { .. } if !flight.held => no("wrong-state", format!("message {msg} is not held")),
            _ => Ok(()),
        }
    }

    fn check_hold(&self, flight: Flight<'_>) -> Result<(), Refusal> {
        let known = !matches!(self.timing, Timing::UnknownBound { .. });
        match self.timing.bound(self.seed) {
            Some(bound) if known => no(
                "outside-timing",
                format!(
                    "{} timing promises that message {} arrives within {bound}: it cannot be held; choose another timing model",
                    self.timing.name(),
                    flight.msg()
                ),
            ),
            _ => Ok(()),
        }
    }
}
