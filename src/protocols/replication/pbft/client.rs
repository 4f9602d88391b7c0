//! A client (section 4.1): it asks the primary, believes what f + 1 replicas answer alike, and asks all of them when that takes too long.
//!
//! The rule that is easy to break: one reply proves nothing, for the replica may lie; of f + 1 one is correct.

use super::message::{Msg, Op, Request};
use super::seal::Key;
use super::{Fact, Rules};
use crate::check::promise::Step;
use crate::kit::client::{Call, End, Fact as Told, QUEUE};
use crate::kit::prelude::*;
use crate::sim::{FieldKind, FormField};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// When the first request comes, at the earliest and at the latest.
const FIRST_MS: (u64, u64) = (10, 30);

/// What is on its disk.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Kept {
    serial: u32,
    // How many requests it has made by itself.
    made: u32,
    open: Option<Op>,
}

/// A request under way.
#[derive(Clone, Debug, Hash)]
pub(super) struct Open {
    pub request: Request,
    // When it began, on the client's own clock.
    since: u64,
    /// Who has answered what.
    pub answers: BTreeMap<u16, u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Timer {
    Next,
    Retry,
}

/// A client.
#[derive(Clone, Hash)]
pub(super) struct Client {
    pub rules: Rules,
    number: u16,
    clients: u64,
    requests: u32,
    gap: Span,
    key: Key,
    view: u32,
    kept: Kept,
    pub open: Option<Open>,
    waiting: VecDeque<Op>,
    last: Option<(Op, u64)>,
}

type Cx<'a> = Ctx<'a, Client>;

impl Client {
    pub(super) fn new(rules: Rules, p: &Params, number: u16, key: Key) -> Self {
        Client {
            rules,
            number,
            clients: p.int("clients") as u64,
            requests: p.int("requests") as u32,
            gap: p.ms("gap_ms"),
            key,
            view: 0,
            kept: Kept::default(),
            open: None,
            waiting: VecDeque::new(),
            last: None,
        }
    }

    /// The next request by itself, if there is one: it writes and reads in turn.
    fn next(&mut self) -> Option<Op> {
        if self.kept.made >= self.requests {
            return None;
        }
        self.kept.made += 1;
        let nth = u64::from(self.kept.made);
        Some(match nth % 2 {
            1 => Op::Write((nth - 1) / 2 * self.clients + u64::from(self.number)),
            _ => Op::Read,
        })
    }

    fn think(&self, ctx: &mut Cx<'_>) {
        if self.kept.made < self.requests {
            ctx.set_timer(Timer::Next, self.gap);
        }
    }

    fn call(&self, ctx: &Cx<'_>, op: Op) -> Call {
        Call { serial: self.kept.serial, client: ctx.me(), text: Rc::from(op.to_string()) }
    }

    fn ask(&mut self, ctx: &mut Cx<'_>, op: Op) {
        self.kept.serial += 1;
        self.kept.open = Some(op);
        ctx.persist(self.kept.clone());
        let request = Request::new(self.number, self.kept.serial, op, &self.key);
        let step = match op {
            Op::Write(value) => Step::Write(value),
            Op::Read => Step::Read,
        };
        ctx.note(format!("asks for {request}"));
        ctx.fact(Fact::Asks { digest: request.digest() });
        ctx.fact(Told::Asked { call: self.call(ctx, op), begun: Some((0, step)) });
        self.open = Some(Open { request, since: ctx.now_us(), answers: BTreeMap::new() });
        ctx.send(NodeId(self.rules.primary(self.view)), Msg::Request { request });
        ctx.set_timer(Timer::Retry, self.rules.retry);
    }

    /// No f + 1 replies in time: all replicas are asked, with the same number (section 4.1).
    fn ask_all(&mut self, ctx: &mut Cx<'_>) {
        let Some(request) = self.open.as_ref().map(|open| open.request) else {
            return;
        };
        let to = NodeId(self.rules.primary(self.view));
        ctx.note(format!("asks all replicas for {request}"));
        ctx.fact(Told::Retried { call: self.call(ctx, request.op), to });
        ctx.broadcast(self.rules.replicas(), Msg::Request { request });
        ctx.set_timer(Timer::Retry, self.rules.retry);
    }

    fn heard(&mut self, ctx: &mut Cx<'_>, from: NodeId, (view, value): (u32, u64)) {
        let Some(open) = &mut self.open else {
            return;
        };
        open.answers.insert(from.0, value);
        if open.alike(value) >= self.rules.replies() {
            self.view = self.view.max(view);
            self.end(ctx, End::Ok, value);
        }
    }

    fn end(&mut self, ctx: &mut Cx<'_>, end: End, value: u64) {
        let Some(Open { request, since, answers }) = self.open.take() else {
            return;
        };
        let op = request.op;
        let waited = Span(ctx.now_us().saturating_sub(since));
        ctx.note(format!("believes {} replicas: {request} gives {value}", answers.len()));
        ctx.fact(Told::Ended { call: self.call(ctx, op), end, value, waited, register: Some(0) });
        ctx.cancel_timer(Timer::Retry);
        self.last = Some((op, value));
        self.kept.open = None;
        ctx.persist(self.kept.clone());
        match self.waiting.pop_front() {
            Some(op) => self.ask(ctx, op),
            None => self.think(ctx),
        }
    }
}

impl Open {
    /// How many have answered this.
    pub(super) fn alike(&self, value: u64) -> usize {
        self.answers.values().filter(|v| **v == value).count()
    }

    /// How many have answered the same, at most.
    pub(super) fn most(&self) -> usize {
        self.answers.values().map(|v| self.alike(*v)).max().unwrap_or(0)
    }
}

impl Protocol for Client {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = Kept;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        if self.requests > 0 {
            let first = ctx.random_span(Span::ms(FIRST_MS.0), Span::ms(FIRST_MS.1));
            ctx.set_timer(Timer::Next, first);
        }
    }

    /// What became of its request it does not know.
    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.kept = ctx.durable().clone();
        (self.open, self.last) = (None, None);
        self.waiting.clear();
        if let Some(op) = self.kept.open.take() {
            ctx.persist(self.kept.clone());
            ctx.note(format!("does not know what became of '{op}'"));
            let (call, waited) = (self.call(ctx, op), Span::ZERO);
            ctx.fact(Told::Ended { call, end: End::Unknown, value: 0, waited, register: Some(0) });
        }
        self.think(ctx);
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        if let Msg::Reply { view, serial, value } = *msg
            && serial == self.kept.serial
            && !self.rules.is_client(from)
        {
            self.heard(ctx, from, (view, value));
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Retry => self.ask_all(ctx),
            Timer::Next if self.open.is_none() => {
                if let Some(op) = self.next() {
                    self.ask(ctx, op);
                }
            }
            Timer::Next => {}
        }
    }

    fn requests(&self) -> &'static [Form] {
        const VALUE: FormField =
            FormField { label: "the value", kind: FieldKind::Int { default: 7, min: 1, max: 999_999 } };
        const { &[Form { id: "write", label: "Write", fields: &[VALUE] }, Form::bare("read", "Read")] }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        let op = if asked.form == "write" { Op::Write(asked.int(0) as u64) } else { Op::Read };
        match self.open {
            None => self.ask(ctx, op),
            Some(_) => {
                ctx.fact(Told::Queued { text: Rc::from(op.to_string()) });
                self.waiting.push_back(op);
            }
        }
    }

    fn accepts(&self, _: &Asked) -> Result<(), String> {
        match self.waiting.len() {
            0..QUEUE => Ok(()),
            _ => Err(format!("{QUEUE} requests wait already: let it be answered first")),
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Next => "next request",
            Timer::Retry => "asks all",
        }
    }

    fn inspect(&self) -> Inspect {
        let (short, last) = match self.last {
            None => (String::new(), "nothing yet".to_owned()),
            Some((op @ Op::Write(_), _)) => (format!("did {op}"), op.to_string()),
            Some((Op::Read, value)) => (format!("read {value}"), format!("read {value}")),
        };
        let (badge, now, tally) = match &self.open {
            None => (short, "nothing".to_owned(), String::new()),
            Some(open) => {
                let tally = format!("replies {} of {}", open.most(), self.rules.replies());
                (format!("{}?", open.request.op), format!("{}: {tally}", open.request), tally)
            }
        };
        Inspect::of("client", Glyph::Person)
            .tally(tally)
            .badge(badge)
            .field("asks for", now)
            .field("believes in view", self.view)
            .field("last", last)
    }
}
