//! One node's machine: power, clock, processor, inbox, timers, dice, failure modes.

use super::layers::Ends;
use super::layers::frame::Header;
use super::setup::{NodeSetup, Place};
use crate::sim::clock::Clock;
use crate::sim::fault::{ByzantineRule, NodePatch};
use crate::sim::hash::Fx;
use crate::sim::host::Node;
use crate::sim::ids::{EventId, MsgId, NodeId};
use crate::sim::limits;
use crate::sim::luck::Luck;
use crate::sim::message::Payload;
use crate::sim::protocol::Effect;
use crate::sim::refusal::Refusal;
use crate::sim::time::SimTime;
use crate::sim::timing::Timing;
use crate::sim::trace::Mark;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::hash::Hash;
use std::rc::Rc;

/// Whether a node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It runs.
    Up,
    /// It has crashed and may recover.
    Crashed,
    /// It has crashed for good (crash-stop).
    Stopped,
    /// It is paused: nothing is lost, time is.
    Paused,
}

/// A node's settings. Probabilities are in parts per million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct NodeConfig {
    /// What its clock shows at the start, in microseconds against true time.
    pub offset_us: i64,
    /// How fast its clock runs against true time.
    pub drift_ppm: i32,
    /// How long it works on each input.
    pub service_us: u64,
    /// How long its disk takes to force a write.
    pub sync_us: u64,
    /// The chance that a message it sends never leaves.
    pub send_omission_ppm: u32,
    /// The chance that a message that reaches it is not received.
    pub receive_omission_ppm: u32,
    /// A timing failure: how much longer each step takes than the processor needs.
    pub late_us: u64,
}

impl NodeConfig {
    /// This with a change; what is `None` in the patch stays.
    pub fn with(mut self, p: &NodePatch) -> Self {
        self.drift_ppm = p.drift_ppm.unwrap_or(self.drift_ppm);
        self.service_us = p.service_us.unwrap_or(self.service_us);
        self.sync_us = p.sync_us.unwrap_or(self.sync_us);
        self.send_omission_ppm = p.send_omission_ppm.unwrap_or(self.send_omission_ppm);
        self.receive_omission_ppm = p.receive_omission_ppm.unwrap_or(self.receive_omission_ppm);
        self.late_us = p.late_us.unwrap_or(self.late_us);
        self
    }

    /// Refuses what is out of range or outside the timing contract.
    pub fn check(&self, timing: Timing) -> Result<(), Refusal> {
        if self.drift_ppm.abs() > limits::DRIFT_PPM {
            return Err(Refusal::new(
                "out-of-range",
                format!("a clock drifts by at most {} ppm, not {}", limits::DRIFT_PPM, self.drift_ppm),
            ));
        }
        if self.offset_us.abs() > limits::OFFSET_US {
            return Err(Refusal::new("out-of-range", "a clock is at most one hour off"));
        }
        for (what, us) in
            [("service time", self.service_us), ("disk", self.sync_us), ("timing failure", self.late_us)]
        {
            if us > limits::SPAN_US {
                return Err(Refusal::new(
                    "out-of-range",
                    format!("a {what} of {us} us is over the limit of one hour"),
                ));
            }
        }
        if self.send_omission_ppm > 1_000_000 || self.receive_omission_ppm > 1_000_000 {
            return Err(Refusal::new(
                "out-of-range",
                "a chance of omission is at most 1,000,000 parts per million",
            ));
        }
        timing.check_drift(self.drift_ppm)?;
        timing.check_step(self.service_us + self.sync_us)
    }
}

/// A timer of a node. `round` grows with every setting and cancelling; a queue entry or a waiting
/// input of an older round is void.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Timer {
    pub on: bool,
    pub round: u32,
    pub due_local: i64,
    pub due: SimTime,
    pub set_at: SimTime,
    pub cause: EventId,
    /// When the earliest queue entry for this slot comes up; `u64::MAX` if there is none. A timer
    /// that is set later anew needs no second entry: the first one puts itself off.
    pub queued: SimTime,
    pub queue_round: u32,
}

/// What a node is given to work on.
#[derive(Clone)]
pub(in crate::sim) enum Input {
    /// The first boot, of a node that was paused before it.
    Boot,
    Message {
        from: NodeId,
        payload: Payload,
        msg: MsgId,
        cause: EventId,
        mark: Mark,
        header: Header,
        // Already passed the link's layers; waits only for the processor.
        through: bool,
    },
    Timer {
        slot: u32,
        round: u32,
        cause: EventId,
    },
    Request {
        fault: u32,
        request: Rc<str>,
        cause: EventId,
    },
}

impl Input {
    /// Feeds all of it to `h`.
    pub fn fingerprint(&self, h: &mut Fx) {
        std::mem::discriminant(self).hash(h);
        match self {
            Input::Boot => {}
            Input::Message { from, payload, msg, header, through, .. } => {
                (from, msg, header, through).hash(h);
                payload.fingerprint(h);
            }
            Input::Timer { slot, round, .. } => (slot, round).hash(h),
            Input::Request { request, .. } => request.hash(h),
        }
    }
}

/// A message that has come as far as its receiver's protocol.
pub(in crate::sim) struct Arrival {
    pub from: NodeId,
    pub to: NodeId,
    pub msg: MsgId,
    pub cause: EventId,
    pub payload: Payload,
}

impl Arrival {
    /// What waited at `to`, if that is a message.
    pub fn of(to: NodeId, input: Input) -> Option<Self> {
        let Input::Message { from, payload, msg, cause, .. } = input else {
            return None;
        };
        Some(Arrival { from, to, msg, cause, payload })
    }
}

/// What the processor is busy with.
#[derive(Clone)]
pub(in crate::sim) enum Busy {
    /// A step that takes time; its effects come at the end.
    Step(Input),
    /// The disk; what the handler asked for after the sync waits here.
    Disk { rest: VecDeque<Effect>, cause: EventId },
}

/// A node in the world. In this order, and on whole cache lines: what every event asks for comes
/// first, because in a large world each node's events find it cold.
#[derive(Clone)]
#[repr(C, align(64))]
pub(in crate::sim) struct Machine {
    pub node: Box<dyn Node>,
    pub clock: Clock,
    pub busy: Option<Box<Busy>>,
    pub last: EventId,
    pub power: Power,
    pub paused: bool,
    /// It takes what arrives at once: no time a step, no receive omission, no stranger. See [`Machine::refit`].
    pub swift: bool,
    /// It sends what its code says: no lies, no send omission. See [`Machine::refit`].
    pub honest: bool,
    pub inbox: VecDeque<Input>,
    pub luck: Luck,
    pub timers: Vec<Timer>,
    pub cpu_round: u32,
    /// When the processor or the disk will be done, if one is at work.
    pub busy_until: SimTime,
    /// The latest that the clock showed when it was set back; before the start of time if it never was.
    pub clock_peak: i64,
    // The processor's time was up while the node was paused.
    pub cpu_due: bool,
    pub waking: bool,
    pub client: bool,
    /// Nodes that send what it does not understand are in the world.
    pub among_strangers: bool,
    pub config: NodeConfig,
    pub name: Rc<str>,
    pub place: Place,
    pub lies: Vec<ByzantineRule>,
    pub last_to: BTreeMap<NodeId, Payload>,
    pub ends: Ends,
}

/// Whether a machine has power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::sim) enum Power {
    On,
    Off,
    Gone,
}

impl Machine {
    pub fn new(seed: u64, id: NodeId, setup: NodeSetup) -> Self {
        let mut machine = Machine {
            node: setup.node,
            name: setup.name.into(),
            place: setup.place,
            client: setup.client,
            power: Power::On,
            paused: false,
            clock: Clock::new(setup.config.offset_us, setup.config.drift_ppm),
            config: setup.config,
            luck: Luck::of(seed, id),
            timers: Vec::new(),
            inbox: VecDeque::new(),
            busy: None,
            cpu_round: 0,
            cpu_due: false,
            busy_until: SimTime::ZERO,
            clock_peak: i64::MIN,
            waking: false,
            among_strangers: false,
            last: EventId::NONE,
            lies: Vec::new(),
            last_to: BTreeMap::new(),
            ends: Ends::default(),
            swift: true,
            honest: true,
        };
        machine.refit();
        machine
    }

    /// To be called when the configuration or the lies have changed: says again which short ways
    /// are open.
    pub fn refit(&mut self) {
        let takes_all = self.config.receive_omission_ppm == 0 && !self.among_strangers;
        self.swift = self.step_us() == 0 && takes_all;
        self.honest = self.lies.is_empty() && self.config.send_omission_ppm == 0;
    }

    /// The bytes that a clone takes, roughly.
    pub fn weight(&self) -> usize {
        size_of::<Machine>()
            + self.node.weight()
            + self.timers.len() * size_of::<Timer>()
            + self.inbox.len() * size_of::<Input>()
            + self.ends.weight()
    }

    /// Feeds to `h` all that the machine is and remembers: the protocol, its disk and dice, what it works on and
    /// what waits, timers, clock and settings, and its ends of links.
    pub fn fingerprint(&self, h: &mut Fx) {
        self.node.fingerprint(h);
        self.ends.fingerprint(h);
        (self.power, self.paused, self.cpu_round, self.cpu_due, self.waking).hash(h);
        (self.clock, self.config, &self.lies).hash(h);
        self.luck.fingerprint(h);
        for timer in &self.timers {
            (timer.on, timer.round, timer.due_local, timer.due).hash(h);
        }
        for input in &self.inbox {
            input.fingerprint(h);
        }
        match self.busy.as_deref() {
            None => h.word(0),
            Some(Busy::Step(input)) => input.fingerprint(h),
            Some(Busy::Disk { rest, cause }) => (rest.len(), cause).hash(h),
        }
        for (to, payload) in &self.last_to {
            to.hash(h);
            payload.fingerprint(h);
        }
    }

    /// True if a message that arrives is handled at once.
    #[inline]
    pub fn takes_at_once(&self) -> bool {
        self.power == Power::On && self.swift && !self.occupied()
    }

    pub fn status(&self) -> Status {
        match (self.power, self.paused) {
            (Power::Gone, _) => Status::Stopped,
            (Power::Off, _) => Status::Crashed,
            (Power::On, true) => Status::Paused,
            (Power::On, false) => Status::Up,
        }
    }

    /// True if an input must wait.
    #[inline]
    pub fn occupied(&self) -> bool {
        self.paused || self.busy.is_some() || !self.inbox.is_empty()
    }

    /// How long a step takes now.
    #[inline]
    pub fn step_us(&self) -> u64 {
        self.config.service_us + self.config.late_us
    }
}
