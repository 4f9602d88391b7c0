//! A client: one request at a time, at the copy next to it or at another one.
//!
//! The rule that is easy to break: a request is numbered on disk before it is on its way, and a client that was down does not know what
//! became of it.

use super::setup::{Config, Work};
use super::{Fact, Msg, Op};
use crate::check::promise::Step;
use crate::kit::client::{Call, End, Fact as Told, QUEUE};
use crate::kit::prelude::*;
use crate::sim::{FieldKind, FormField};
use std::collections::VecDeque;
use std::rc::Rc;

/// What is on its disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Kept {
    serial: u32,
    // How often it has asked of its own accord.
    begun: u32,
    open: Option<Op>,
}

/// A client.
#[derive(Clone, Hash)]
pub(super) struct Client {
    config: Config,
    number: u16,
    kept: Kept,
    // The request under way: where, and when it began by its own clock.
    pub open: Option<(Op, NodeId, u64)>,
    waiting: VecDeque<(Op, NodeId)>,
    last: Option<(Op, u64)>,
}

type Cx<'a> = Ctx<'a, Client>;

impl Client {
    pub fn new(config: Config, number: u16) -> Self {
        let kept = Kept::default();
        Client { config, number, kept, open: None, waiting: VecDeque::new(), last: None }
    }

    pub fn home(&self) -> NodeId {
        self.config.home(self.number)
    }

    /// Whether it will ask no more of its own accord.
    pub fn is_done(&self) -> bool {
        self.config.work == Work::ByHand || self.kept.begun >= self.config.count
    }

    /// The next request by itself, half the gap to half as much again from now.
    fn think(&self, ctx: &mut Cx<'_>) {
        if !self.is_done() {
            let Span(gap) = self.config.gap;
            let after = ctx.random_span(Span(gap / 2), Span(gap + gap / 2));
            ctx.set_timer((), after);
        }
    }

    fn call(&self, ctx: &Cx<'_>, op: Op) -> Call {
        Call { serial: self.kept.serial, client: ctx.me(), text: Rc::from(op.to_string()) }
    }

    fn ask(&mut self, ctx: &mut Cx<'_>, op: Op, at: NodeId) {
        self.kept.serial += 1;
        self.kept.open = Some(op);
        ctx.persist(self.kept.clone());
        self.open = Some((op, at, ctx.now_us()));
        let begun = match op {
            Op::Write { key, value } => (u64::from(key), Step::Write(value)),
            Op::Read { key } => (u64::from(key), Step::Read),
        };
        ctx.note(format!("asks for '{op}' at R{}", at.0 + 1));
        ctx.fact(Fact::Goes { at });
        ctx.fact(Told::Asked { call: self.call(ctx, op), begun: Some(begun) });
        ctx.send(at, Msg::Ask { serial: self.kept.serial, op });
    }

    /// Writes and reads in turn, a register drawn each time. No two writes are of one value.
    fn invent(&mut self, ctx: &mut Cx<'_>) -> (Op, NodeId) {
        let key = ['x', 'y'][ctx.random_below(2) as usize];
        let turn = self.kept.begun;
        self.kept.begun += 1;
        let value = u64::from(turn / 2) * u64::from(self.config.clients) + u64::from(self.number) + 1;
        let op = if turn.is_multiple_of(2) { Op::Write { key, value } } else { Op::Read { key } };
        let at = match self.config.work {
            Work::Roams => NodeId(ctx.random_below(u64::from(self.config.copies)) as u16),
            _ => self.home(),
        };
        (op, at)
    }

    fn next(&mut self, ctx: &mut Cx<'_>) {
        match self.waiting.pop_front() {
            Some((op, at)) => self.ask(ctx, op, at),
            None => self.think(ctx),
        }
    }

    fn ended(&mut self, ctx: &mut Cx<'_>, value: u64) {
        let Some((op, at, since)) = self.open.take() else {
            return;
        };
        self.kept.open = None;
        ctx.persist(self.kept.clone());
        self.last = Some((op, value));
        let waited = Span(ctx.now_us().saturating_sub(since));
        let (call, end) = (self.call(ctx, op), End::Ok);
        let (key, fact, note) = match op {
            Op::Write { key, value } => {
                (key, Fact::Wrote { key, value, at, waited }, format!("has written {op}"))
            }
            Op::Read { key } => {
                (key, Fact::Read { key, value, at, waited }, format!("has read {key}: {value}"))
            }
        };
        ctx.note(note);
        ctx.fact(fact);
        ctx.fact(Told::Ended { call, end, value, waited, register: Some(u64::from(key)) });
        self.next(ctx);
    }
}

const KEY: FormField = FormField { label: "the register", kind: FieldKind::Word(&["x", "y"]) };
const VALUE: FormField =
    FormField { label: "the value", kind: FieldKind::Int { default: 3, min: 1, max: 999_999 } };
const PLACE: FormField =
    FormField { label: "at copy (0: its own)", kind: FieldKind::Int { default: 0, min: 0, max: 6 } };

impl Protocol for Client {
    type Msg = Msg;
    type Timer = ();
    type Stable = Kept;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        self.think(ctx);
    }

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        *self = Client { kept: ctx.durable().clone(), ..Client::new(self.config, self.number) };
        if let Some(op) = self.kept.open.take() {
            ctx.persist(self.kept.clone());
            ctx.note(format!("does not know what became of '{op}'"));
            let (call, end, waited) = (self.call(ctx, op), End::Unknown, Span::ZERO);
            ctx.fact(Told::Ended { call, end, value: 0, waited, register: None });
        }
        self.think(ctx);
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, _: NodeId, msg: &Msg) {
        if let Msg::Done { serial, value } = *msg
            && serial == self.kept.serial
        {
            self.ended(ctx, value);
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, (): ()) {
        if self.open.is_none() && !self.is_done() {
            let (op, at) = self.invent(ctx);
            self.ask(ctx, op, at);
        }
    }

    fn requests(&self) -> &'static [Form] {
        const {
            &[
                Form { id: "write", label: "Write", fields: &[KEY, VALUE, PLACE] },
                Form { id: "read", label: "Read", fields: &[KEY, PLACE] },
            ]
        }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        let key = if asked.word(0) == "y" { 'y' } else { 'x' };
        let (op, place) = match asked.form {
            "write" => (Op::Write { key, value: asked.int(1) as u64 }, asked.int(2)),
            _ => (Op::Read { key }, asked.int(1)),
        };
        let at = if place == 0 { self.home() } else { NodeId(place as u16 - 1) };
        match self.open {
            None => self.ask(ctx, op, at),
            Some(_) => {
                ctx.fact(Told::Queued { text: Rc::from(op.to_string()) });
                self.waiting.push_back((op, at));
            }
        }
    }

    fn accepts(&self, asked: &Asked) -> Result<(), String> {
        let place = asked.int(if asked.form == "write" { 2 } else { 1 });
        if place > i64::from(self.config.copies) {
            return Err(format!("there are {} copies: choose one of them", self.config.copies));
        }
        match self.waiting.len() {
            0..QUEUE => Ok(()),
            _ => Err(format!("{QUEUE} requests wait already: let it be answered first")),
        }
    }

    fn timer_name((): ()) -> &'static str {
        "next request"
    }

    fn inspect(&self) -> Inspect {
        let last = match self.last {
            None => String::new(),
            Some((op @ Op::Write { .. }, _)) => op.to_string(),
            Some((Op::Read { key }, value)) => format!("{key}: {value}"),
        };
        let badge = self.open.as_ref().map_or_else(|| last.clone(), |(op, ..)| format!("{op}?"));
        let now =
            self.open.as_ref().map_or("nothing".to_owned(), |(op, at, _)| format!("{op}, at R{}", at.0 + 1));
        Inspect::of("client", Glyph::Person)
            .badge(badge)
            .field("asks for", now)
            .field("last", if last.is_empty() { "nothing yet".to_owned() } else { last })
            .field("at home at", format!("R{}", self.home().0 + 1))
    }
}
