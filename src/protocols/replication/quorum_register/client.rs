//! A client: the coordinator of its own requests, one after the other, each in one phase or two.
//!
//! The rule that is easy to break: what is asked again is the same request with the same version, for a
//! request that takes effect twice is not one. So the version is on the client's disk before it is sent,
//! and a client that has crashed meanwhile does not know what became of its request.

use super::{Fact, Held, Msg, Mutant, Repair, Rules, Version};
use crate::check::promise::Step;
use crate::kit::Quorum;
use crate::kit::client::{Call, End, Fact as Told, QUEUE};
use crate::kit::prelude::*;
use crate::sim::{FieldKind, FormField};
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::rc::Rc;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    Write(u64),
    Read,
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::Write(value) => write!(f, "write {value}"),
            Op::Read => f.write_str("read"),
        }
    }
}

/// What it does without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Habit {
    Nothing,
    Reads,
    /// Writes, and reads at once; its values are the writer's number and so many more each time.
    Writes {
        step: u64,
    },
}

/// What is on its disk.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Kept {
    serial: u32,
    // The number of its newest version.
    number: u32,
    // How many values it has thought of.
    values: u64,
    open: Option<Op>,
}

/// A phase of a request: who was asked, and who has answered.
#[derive(Clone, Debug, Hash)]
pub(super) struct Phase {
    pub(super) op: Op,
    // When the request began, on the client's own clock.
    pub(super) since: u64,
    // In the second phase, what is to be stored.
    store: Option<Held>,
    pub(super) asked: BTreeSet<NodeId>,
    pub(super) answers: Quorum<Held>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Timer {
    Next,
    Retry,
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Client {
    rules: Rules,
    number: u16,
    habit: Habit,
    gap: Span,
    retry: Span,
    kept: Kept,
    open: Option<Phase>,
    waiting: VecDeque<Op>,
    last: Option<(Op, Held)>,
    // For people: the last phase in which a write was stored, and that in which a read asked.
    pub(super) shown: [Option<Phase>; 2],
}

type Cx<'a> = Ctx<'a, Client>;

impl Client {
    pub(super) fn new(rules: Rules, p: &Params, number: u16) -> Self {
        let habit = match p.word("load") {
            "by-hand" => Habit::Nothing,
            "all-write" => Habit::Writes { step: p.int("clients") as u64 },
            _ if number == 1 => Habit::Writes { step: 1 },
            _ => Habit::Reads,
        };
        let (gap, retry) = (p.ms("gap_ms"), p.ms("retry_ms"));
        let (kept, waiting, shown) = (Kept::default(), VecDeque::new(), [None, None]);
        Client { rules, number, habit, gap, retry, kept, open: None, waiting, last: None, shown }
    }

    /// The next request by itself, half the gap to half as much again from now.
    fn think(&self, ctx: &mut Cx<'_>) {
        if self.habit != Habit::Nothing {
            let Span(gap) = self.gap;
            let after = ctx.random_span(Span(gap / 2), Span(gap + gap / 2));
            ctx.set_timer(Timer::Next, after);
        }
    }

    fn call(&self, ctx: &Cx<'_>, op: Op) -> Call {
        Call { serial: self.kept.serial, client: ctx.me(), text: Rc::from(op.to_string()) }
    }

    fn ask(&mut self, ctx: &mut Cx<'_>, op: Op) {
        self.kept.serial += 1;
        self.kept.open = Some(op);
        ctx.persist(self.kept.clone());
        let (step, fact) = match op {
            Op::Write(value) => (Step::Write(value), Fact::Writes),
            Op::Read => (Step::Read, Fact::Reads),
        };
        ctx.note(format!("begins to {op}"));
        ctx.fact(fact);
        ctx.fact(Told::Asked { call: self.call(ctx, op), begun: Some((0, step)) });
        self.phase(ctx, op, ctx.now_us(), None);
    }

    /// Asks what there is, or has this stored.
    fn phase(&mut self, ctx: &mut Cx<'_>, op: Op, since: u64, store: Option<Held>) {
        let need = if store.is_some() { self.rules.w } else { self.rules.r };
        let answers = Quorum::of(need, self.rules.nodes.into());
        self.open = Some(Phase { op, since, store, asked: BTreeSet::new(), answers });
        self.send(ctx);
    }

    /// To all who have not answered; or to as many of them as are lacking, drawn at random. Asked again, it
    /// turns to others first: so in the end it has asked everyone, and finds those that are up.
    fn send(&mut self, ctx: &mut Cx<'_>) -> Option<NodeId> {
        let Phase { store, asked, answers, .. } = self.open.as_mut()?;
        let mut whom: Vec<NodeId> = answers.silent(self.rules.replicas()).collect();
        if !self.rules.all {
            for i in 0..whom.len() {
                let other = i + ctx.random_below((whom.len() - i) as u64) as usize;
                whom.swap(i, other);
            }
            if whom.iter().all(|n| asked.contains(n)) {
                asked.clear();
            }
            whom.sort_by_key(|n| asked.contains(n));
            whom.truncate(answers.need().saturating_sub(answers.count()));
        }
        asked.extend(&whom);
        let serial = self.kept.serial;
        let msg = store.map_or(Msg::Query { serial }, |held| Msg::Store { serial, held });
        ctx.broadcast(whom.iter().copied(), msg);
        ctx.set_timer(Timer::Retry, self.retry);
        self.show();
        whom.first().copied()
    }

    fn show(&mut self) {
        let open = self.open.as_ref().filter(|o| (o.op == Op::Read) == o.store.is_none());
        if let Some(open) = open {
            self.shown[usize::from(open.op == Op::Read)] = Some(open.clone());
        }
    }

    fn heard(&mut self, ctx: &mut Cx<'_>, from: NodeId, held: Held) {
        let answers = self.open.as_mut().map(|open| &mut open.answers);
        let enough = answers.is_some_and(|answers| match self.rules.mutant {
            Mutant::CountTwice => answers.count_again(from, held),
            _ => answers.yes(from, held),
        });
        self.show();
        if enough {
            self.enough(ctx);
        }
    }

    /// A quorum has answered: on to the second phase, or to the end.
    fn enough(&mut self, ctx: &mut Cx<'_>) {
        let Some(Phase { op, since, store, answers, .. }) = self.open.take() else {
            return;
        };
        let newest = answers.answers().map(|(_, held)| *held).max_by_key(|h| h.version);
        let found = store.or(newest).unwrap_or_default();
        match (op, store, self.rules.repair) {
            // Lynch and Shvartsman: the next number after any that was found, and after any of one's own.
            (Op::Write(value), None, _) => {
                let seen = if self.rules.mutant == Mutant::OwnCount { 0 } else { found.version.number };
                self.kept.number = self.kept.number.max(seen) + 1;
                ctx.persist(self.kept.clone());
                let version = Version { number: self.kept.number, writer: self.number };
                self.phase(ctx, op, since, Some(Held { version, value }));
            }
            // Attiya, Bar-Noy, Dolev: what will be told must be found by whoever reads next.
            (Op::Read, None, Repair::WriteBack) => self.phase(ctx, op, since, Some(found)),
            (Op::Read, None, Repair::Background) => {
                let stale = answers.answers().filter(|(_, held)| held.version < found.version);
                let serial = self.kept.serial;
                ctx.broadcast(stale.map(|(node, _)| node), Msg::Store { serial, held: found });
                self.end(ctx, op, since, found);
            }
            _ => self.end(ctx, op, since, found),
        }
    }

    fn end(&mut self, ctx: &mut Cx<'_>, op: Op, since: u64, found: Held) {
        let Held { value, version } = found;
        ctx.cancel_timer(Timer::Retry);
        self.kept.open = None;
        ctx.persist(self.kept.clone());
        self.last = Some((op, found));
        let (note, fact) = match op {
            Op::Write(_) => ("has written", Fact::Wrote { value, version }),
            Op::Read => ("reads", Fact::Read { value, version }),
        };
        ctx.note(format!("{note} {found}"));
        ctx.fact(fact);
        let waited = Span(ctx.now_us().saturating_sub(since));
        let call = self.call(ctx, op);
        ctx.fact(Told::Ended { call, end: End::Ok, value, waited, register: Some(0) });
        let again = matches!((op, self.habit), (Op::Write(_), Habit::Writes { .. })).then_some(Op::Read);
        match self.waiting.pop_front().or(again) {
            Some(next) => self.ask(ctx, next),
            None => self.think(ctx),
        }
    }
}

/// The reads and writes that have no answer yet.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    const KINDS: &[&str] = &["query", "has", "store", "ack"];
    let waits = world.node_ids().filter_map(|me| {
        let client = world.node_as::<Client>(me)?;
        let open = client.open.as_ref()?;
        let says = match open.store {
            Some(_) => "replicas that have stored it:",
            None => "replicas that have said what they have:",
        };
        let answers = Condition::quorum(says, &open.answers, (me, client.rules.replicas()), KINDS);
        let what = format!("{} waits to {}, and has no answer", world.name(me), open.op);
        Some(Absence::of(Lacking::Answer, what, vec![answers]))
    });
    waits.collect()
}

impl Protocol for Client {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = Kept;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        self.think(ctx);
    }

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.kept = ctx.durable().clone();
        (self.open, self.last, self.shown) = (None, None, [None, None]);
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
        let store = self.open.as_ref().map(|open| open.store);
        match (*msg, store) {
            (Msg::Has { serial, held }, Some(None)) if serial == self.kept.serial => {
                self.heard(ctx, from, held);
            }
            (Msg::Ack { serial }, Some(Some(held))) if serial == self.kept.serial => {
                self.heard(ctx, from, held);
            }
            // Late, or an answer to a repair in the background.
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match (timer, self.open.as_ref().map(|open| open.op), self.habit) {
            (Timer::Retry, Some(op), _) => {
                if let Some(to) = self.send(ctx) {
                    ctx.fact(Told::Retried { call: self.call(ctx, op), to });
                }
            }
            (Timer::Next, None, Habit::Reads) => self.ask(ctx, Op::Read),
            (Timer::Next, None, Habit::Writes { step }) => {
                self.kept.values += 1;
                let value = (self.kept.values - 1) * step + u64::from(self.number);
                self.ask(ctx, Op::Write(value));
            }
            _ => {}
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
            Timer::Retry => "retry",
        }
    }

    fn inspect(&self) -> Inspect {
        let (short, last) = match self.last {
            None => (String::new(), "nothing yet".to_owned()),
            Some((Op::Write(value), held)) => (format!("wrote {value}"), format!("wrote {held}")),
            Some((Op::Read, held)) => (format!("read {}", held.value), format!("read {held}")),
        };
        let (badge, now) = match &self.open {
            None => (short, "nothing".to_owned()),
            Some(Phase { op, answers, .. }) => {
                (format!("{op}?"), format!("{op}: {} of {}", answers.count(), answers.need()))
            }
        };
        let tally = self.open.as_ref().map_or_else(String::new, |open| open.answers.tally("answers"));
        Inspect::of("client", Glyph::Person)
            .tally(tally)
            .badge(badge)
            .field("asks for", now)
            .field("last", last)
    }
}
