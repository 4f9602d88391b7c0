//! A register on servers that each have their way with requests.

use crate::check::promise::Step;
use crate::kit::client::{Reply, Service};
use crate::kit::messages;
use crate::sim::form::{Asked as Asking, FieldKind, Form, FormField};
use crate::sim::{Ctx, Inspect, NodeId, Protocol};
use std::fmt::Display;

messages! {
    /// What clients and servers of the register say.
    pub(super) enum Msg {
        /// Set it, or read it.
        Request { serial: u32, op: Op } = "request", Square, Blue, "{serial}";
        /// It was done.
        Done { serial: u32, value: u32 } = "reply", Tag, Blue, "{serial}: {value}";
        /// Never.
        No { serial: u32 } = "no", Hollow, Blue, "{serial}";
        /// Ask that one.
        Ask { serial: u32, other: Option<NodeId> } = "ask", Hollow, Green, "{serial}";
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    Set(u32),
    Get,
}

impl Display for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Op::Set(value) => write!(f, "set {value}"),
            Op::Get => f.write_str("get"),
        }
    }
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Register;

impl Service for Register {
    type Msg = Msg;
    type Op = Op;
    type Answer = u32;

    fn forms(&self) -> &'static [Form] {
        const VALUE: FormField =
            FormField { label: "the value", kind: FieldKind::Int { default: 1, min: 0, max: 99 } };
        const { &[Form { id: "set", label: "Set it", fields: &[VALUE] }, Form::bare("get", "Read it")] }
    }

    fn op(&self, asked: &Asking) -> Op {
        match asked.form {
            "set" => Op::Set(asked.int(0) as u32),
            _ => Op::Get,
        }
    }

    fn request(&self, serial: u32, op: &Op) -> Msg {
        Msg::Request { serial, op: *op }
    }

    fn reply(&self, msg: &Msg) -> Option<(u32, Reply<u32>)> {
        match *msg {
            Msg::Done { serial, value } => Some((serial, Reply::Done(value))),
            Msg::No { serial } => Some((serial, Reply::Refused(0))),
            Msg::Ask { serial, other } => Some((serial, Reply::Elsewhere(other))),
            Msg::Request { .. } => None,
        }
    }

    fn begun(&self, op: &Op) -> Option<(u64, Step)> {
        let step = match op {
            Op::Set(value) => Step::Write((*value).into()),
            Op::Get => Step::Read,
        };
        Some((0, step))
    }

    fn value(&self, _: &Op, answer: &u32) -> u64 {
        (*answer).into()
    }
}

/// What a server does with requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Way {
    /// Does them, and says so so many times.
    Does { copies: u32 },
    /// Says nothing.
    Mute,
    /// Points to another.
    Points(u16),
    /// Refuses.
    Refuses,
    /// Answers every reading with 0, whatever it holds.
    Forgets,
}

#[derive(Clone, Hash)]
pub(super) struct Server {
    pub(super) way: Way,
    pub(super) value: u32,
    pub(super) heard: Vec<u32>,
}

impl Protocol for Server {
    type Msg = Msg;
    type Timer = ();
    type Stable = ();

    fn start(&mut self, _: &mut Ctx<'_, Self>) {}
    fn restart(&mut self, _: &mut Ctx<'_, Self>) {}
    fn on_timer(&mut self, _: &mut Ctx<'_, Self>, (): ()) {}

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, from: NodeId, msg: &Msg) {
        let Msg::Request { serial, op } = *msg else {
            return;
        };
        self.heard.push(serial);
        if let Op::Set(value) = op {
            self.value = value;
        }
        match (self.way, self.value) {
            (Way::Does { copies }, value) => {
                (0..copies).for_each(|_| ctx.send(from, Msg::Done { serial, value }));
            }
            (Way::Mute, _) => {}
            (Way::Points(other), _) => {
                let other = Some(NodeId(other));
                ctx.send(from, Msg::Ask { serial, other });
            }
            (Way::Refuses, _) => ctx.send(from, Msg::No { serial }),
            (Way::Forgets, _) => ctx.send(from, Msg::Done { serial, value: 0 }),
        }
    }

    fn inspect(&self) -> Inspect {
        Inspect::default()
    }
}
