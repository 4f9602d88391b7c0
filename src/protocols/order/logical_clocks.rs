//! Logical clocks: Lamport's numbers (Lamport 1978, *Time, clocks, and the ordering of events in a distributed system*) and
//! vectors (Mattern 1989, *Virtual time and global states of distributed systems*; Fidge 1988), side by side.
//!
//! What is an order of events, if nobody's clock is right? One event *happened before* another, a -> b, if a signal could have gone
//! from a to b: both are at one process and a comes first; or a sends a message and b is its receipt; or there is a c between.
//! Two events of which neither happened before the other are *concurrent*: whatever a clock on the wall says, neither can have
//! influenced the other.
//!
//! - A *Lamport clock* is a number. A process adds 1 at each event (rule IR1); a message carries the number of its sending; who
//!   receives it goes to the larger of the two, plus 1 (IR2). Then a -> b implies L(a) < L(b), the *clock condition*. With the
//!   process's own number behind it to part equals it is a total order, which is what the paper builds on.
//! - The converse is not so: from L(a) < L(b) follows only that b did not happen before a. If processes never talk, every pair of
//!   events at two of them is concurrent, and numbers order nearly all: of the pairs that they order 1 - 1/n mean nothing.
//! - A *vector clock* keeps a number for each process: how many of its events are known of. An event counts itself in its own
//!   place; a receipt first takes the larger number in every place. Then a -> b *if and only if* V(a) < V(b): no number is larger,
//!   and not all are equal. It costs n numbers a message instead of one, and no vector with fewer places can do it (Charron-Bost 1991).
//!
//! Nothing is assumed of links or of time. A maximum does not mind what comes late, in another order, or twice: here a second
//! copy is an event as any receipt, and teaches nothing new. What *is* assumed is that a process remembers. With its clock in
//! memory a crash sets it back to 0, and the next event has a smaller stamp than those before it. Kept on disk, written before
//! anybody is told of the event, it survives.
//!
//! Variants: some books let a receipt count itself first and then take `max(own, theirs + 1)`, which is the same; some count only sendings in the vector,
//! which is enough to order messages. What a message is called for those who watch (its sender's number of boots, and a serial
//! number) belongs to neither clock; the number of boots is on disk in any case.
//!
//! The rule that is easy to break: a receipt is an event, too. It takes the maximum *and* counts itself.

mod cost;
mod graph;
mod judged;
mod setup;
mod show;
mod stamp;

#[cfg(test)]
mod tests;

use crate::kit::prelude::*;
use crate::sim::form::{FieldKind, FormField};
use crate::sim::streams::below;
use setup::{Config, Work};
use stamp::{Stamp, Vector};

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "logical-clocks",
    title: "Logical clocks",
    source: "Lamport 1978; Mattern 1989, sections 3 to 5; Fidge 1988",
    leaves_out: "clocks of physical time (Lamport 1978, from \"Physical Clocks\" on), processes that come and go, and vectors made shorter",
    params: &[
        Param::int("nodes", "Processes", 3, 2..=8),
        Param::choice("clocks", "What each process keeps, and each message carries", CLOCKS),
        Param::choice("work", "What processes do by themselves", WORK),
        Param::ms("gap_ms", "From one event of one's own to the next", 200, 10..=10_000),
        Param::percent("send_percent", "Of the mixed events, sendings", 50),
        Param::int("steps", "Events of one's own, each process (0: without end)", 0, 0..=10_000),
        Param::choice("memory", "A clock is kept", MEMORY),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    build: setup::build,
    promises: judged::promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    ..Entry::BLANK
};

const CLOCKS: &[Choice] = &[
    Choice::new("both", "a number and a vector"),
    Choice::new("lamport", "a number (Lamport)"),
    Choice::new("vector", "a vector (Mattern, Fidge)"),
];

const WORK: &[Choice] = &[
    Choice::new("mixed", "local events and messages, at random"),
    Choice::new("silent", "local events alone, all in step"),
    Choice::new("token", "one token goes round"),
    Choice::new("by-hand", "nothing"),
];

const MEMORY: &[Choice] = &[
    Choice::new("volatile", "in memory: a crash sets it to 0"),
    Choice::new("disk", "on disk, before anybody is told"),
];

mutants! {
    /// A clock with a rule left out.
    pub enum Mutant {
        /// It counts on as if no message had a number.
        NoMaximum = "no-maximum", "a receipt counts itself, and takes no notice of the message's number" {
            rule: "who receives a message goes beyond its number (Lamport 1978, IR2)", breaks: "Clock condition",
        }
        /// What a message says is enough for its receipt.
        AsItComes = "as-it-comes", "a receipt takes a larger number as it is, without adding 1" {
            rule: "a receipt's number is larger than the message's, not equal to it (Lamport 1978, IR2)",
            breaks: "Clock condition",
        }
        /// Only what it does itself counts.
        SilentSend = "silent-send", "sending a message does not count as an event" {
            rule: "a process counts between any two events, and a sending is one (Lamport 1978, IR1)",
            breaks: "Clock condition",
        }
        /// What comes is newer, it thinks.
        Overwrites = "overwrites", "a receipt puts the message's vector in the place of its own" {
            rule: "a receipt takes the larger number in every place (Mattern 1989, section 4)",
            breaks: "Strong clock condition",
        }
        /// What it has heard counts, that it has heard does not.
        MergeAlone = "merge-alone", "a receipt takes the larger numbers, and does not count itself" {
            rule: "a receipt is an event, and counts itself in its own place", breaks: "Strong clock condition",
        }
        /// It trusts that it will be there.
        LazyDisk = "lazy-disk", "writes its clock, and does not wait until that is on the disk" {
            rule: "a clock is on disk before anybody is told of the event", breaks: "Strong clock condition",
            with: &["memory=disk"],
        }
    }
    as it is: "as in the papers",
}

messages! {
    /// What processes send, with the stamp of the sending.
    pub enum Msg {
        /// Something or other.
        Plain { tag: Tag, asked: bool, stamp: Stamp } = "message", Disc, Blue, "{stamp}";
        /// The token that goes round, after so many hops.
        Token { tag: Tag, hop: u32, stamp: Stamp } = "token", Diamond, Green, "{stamp}";
    }
    bytes: bytes,
}

/// What a message is made of besides its stamp.
const HEADER_BYTES: u32 = 16;

fn bytes(msg: &Msg) -> u32 {
    match msg {
        Msg::Plain { stamp, .. } | Msg::Token { stamp, .. } => HEADER_BYTES + stamp.bytes(),
    }
}

/// Which of its sender's messages it is: in the sender's so manieth life, the so manieth. No clock reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    life: u32,
    serial: u32,
}

facts! {
    /// What a process tells.
    pub enum Fact {
        /// It has done something.
        Local { number: u64, vector: Vector, asked: bool } = "local" => Quiet,
        /// It has sent a message, whose stamp takes so many bytes.
        Sent { to: NodeId, tag: Tag, number: u64, vector: Vector, asked: bool, bytes: u32 } = "sent",
        /// It has received one, which was sent because somebody asked for it; of so many others it knows more now.
        Received { from: NodeId, tag: Tag, number: u64, vector: Vector, asked: bool, news: usize } = "received",
        /// A message has taken its number further than its own counting would have.
        Leapt { from: u64, to: u64 } = "leapt" => Decisive,
        /// A message of another has told it of this one: it has had so many events, or more.
        SecondHand { of: NodeId, count: u32 } = "second-hand" => Decisive,
        /// It has come back, with the clock that its disk has kept.
        Recalled { number: u64, vector: Vector } = "recalled",
    }
}

/// What an event is, as its process remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    Local,
    Send(NodeId),
    Receive(NodeId),
}

/// An event that a process remembers, to be looked at.
#[derive(Clone, Debug, Hash)]
struct Recent {
    index: u32,
    what: What,
    stamp: Stamp,
}

/// So many events are remembered.
const REMEMBERED: usize = 6;

/// What is on a process's disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stable {
    life: u32,
    clock: Stamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Timer {
    Next,
}

/// A process with its clocks.
#[derive(Clone, Hash)]
struct Process {
    config: Config,
    clock: Stamp,
    life: u32,
    serial: u32,
    events: u32,
    // Of its own events that are still to come, if they have an end.
    left: Option<u32>,
    // The hops of the token that it holds, and of the newest that it has held.
    token: Option<u32>,
    hops: u32,
    recent: Vec<Recent>,
}

type Cx<'a> = Ctx<'a, Process>;

impl Process {
    fn fresh(config: Config, life: u32, clock: Stamp) -> Self {
        Process {
            config,
            clock,
            life,
            serial: 0,
            events: 0,
            left: (config.steps > 0).then_some(config.steps),
            token: None,
            hops: 0,
            recent: Vec::new(),
        }
    }

    /// An event counts itself (Lamport 1978, IR1; Mattern 1989, section 4).
    fn count(&mut self, me: NodeId) {
        self.clock.number += u64::from(self.config.numbers);
        self.clock.vector.count(me);
    }

    /// An event has happened, and has its stamp: it is remembered, and if so chosen on disk before anybody is told.
    fn remember(&mut self, ctx: &mut Cx<'_>, what: What) {
        self.events += 1;
        if self.recent.len() == REMEMBERED {
            self.recent.remove(0);
        }
        self.recent.push(Recent { index: self.events, what, stamp: self.clock.clone() });
        let stable = || Stable { life: self.life, clock: self.clock.clone() };
        match (self.config.disk, self.config.mutant) {
            (false, _) => {}
            (true, Mutant::LazyDisk) => ctx.write(stable()),
            (true, _) => ctx.persist(stable()),
        }
    }

    fn local(&mut self, ctx: &mut Cx<'_>, asked: bool) {
        self.count(ctx.me());
        self.remember(ctx, What::Local);
        let Stamp { number, vector } = self.clock.clone();
        ctx.note(format!("does something: {}", self.clock));
        ctx.fact(Fact::Local { number, vector, asked });
    }

    /// A message carries the stamp of its sending (Lamport 1978, IR2 (a)).
    fn send(&mut self, ctx: &mut Cx<'_>, to: NodeId, hop: Option<u32>, asked: bool) {
        if self.config.mutant != Mutant::SilentSend {
            self.count(ctx.me());
        }
        self.remember(ctx, What::Send(to));
        self.serial += 1;
        let tag = Tag { life: self.life, serial: self.serial };
        let stamp = self.clock.clone();
        let Stamp { number, vector } = stamp.clone();
        ctx.note(format!("sends to P{}: {stamp}", to.0 + 1));
        ctx.fact(Fact::Sent { to, tag, number, vector, asked, bytes: stamp.bytes() });
        ctx.send(
            to,
            match hop {
                Some(hop) => Msg::Token { tag, hop, stamp },
                None => Msg::Plain { tag, asked, stamp },
            },
        );
    }

    /// A receipt takes the larger number, in every place, and counts itself (Lamport 1978, IR2 (b); Mattern 1989, section 4).
    fn receive(&mut self, ctx: &mut Cx<'_>, from: NodeId, (tag, asked): (Tag, bool), theirs: &Stamp) {
        let (me, before) = (ctx.me(), self.clock.clone());
        let mutant = self.config.mutant;
        self.clock.vector = match mutant {
            Mutant::Overwrites => theirs.vector.clone(),
            _ => before.vector.merged(&theirs.vector),
        };
        if self.config.numbers {
            self.clock.number = match mutant {
                Mutant::NoMaximum => before.number + 1,
                Mutant::AsItComes => theirs.number.max(before.number + 1),
                _ => theirs.number.max(before.number) + 1,
            };
        }
        if mutant != Mutant::MergeAlone {
            self.clock.vector.count(me);
        }
        self.remember(ctx, What::Receive(from));
        let Stamp { number, vector } = self.clock.clone();
        let learnt = |n: &NodeId| *n != me && vector.of(*n) > before.vector.of(*n);
        let others: Vec<NodeId> = (0..self.config.nodes).map(NodeId).filter(learnt).collect();
        let who = format!("receives {theirs} of P{}", from.0 + 1);
        ctx.note(format!("{who}, and goes from {before} to {}", self.clock));
        let heard = others.iter().find(|n| **n != from).map(|&of| (of, vector.of(of)));
        ctx.fact(Fact::Received { from, tag, number, vector, asked, news: others.len() });
        if number > before.number + 1 {
            ctx.fact(Fact::Leapt { from: before.number, to: number });
        }
        if let Some((of, count)) = heard {
            ctx.fact(Fact::SecondHand { of, count });
        }
    }

    /// The next event of its own, if there is one.
    fn wait(&mut self, ctx: &mut Cx<'_>) {
        if self.left != Some(0)
            && let Some(gap) = self.config.load().gap(ctx)
        {
            ctx.set_timer(Timer::Next, gap);
        }
    }

    fn works_alone(&self) -> bool {
        matches!(self.config.work, Work::Mixed | Work::Silent)
    }

    /// Any of the others, each as likely.
    fn another(&self, ctx: &mut Cx<'_>) -> NodeId {
        let drawn = ctx.random_below(u64::from(self.config.nodes) - 1) as u16;
        NodeId(drawn + u16::from(drawn >= ctx.me().0))
    }
}

impl Protocol for Process {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = Stable;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        if self.config.work == Work::Token && ctx.me() == NodeId(0) {
            self.token = Some(0);
            self.wait(ctx);
        }
        if self.works_alone() {
            self.wait(ctx);
        }
    }

    /// What the clock was is lost, unless it is on disk.
    fn restart(&mut self, ctx: &mut Cx<'_>) {
        let Stable { life, clock } = ctx.durable().clone();
        let kept = self.config.disk && clock != Stamp::default();
        let clock = if kept { clock } else { self.config.zero() };
        *self = Process::fresh(self.config, life + 1, clock);
        let clock = if self.config.disk { self.clock.clone() } else { Stamp::default() };
        ctx.persist(Stable { life: self.life, clock });
        if self.config.disk {
            ctx.note(format!("is back, and goes on from {}, which its disk has kept", self.clock));
            let Stamp { number, vector } = self.clock.clone();
            ctx.fact(Fact::Recalled { number, vector });
        } else {
            ctx.note("is back, has forgotten its clock, and counts from 0");
        }
        if self.works_alone() {
            self.wait(ctx);
        }
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        match msg {
            Msg::Plain { tag, asked, stamp } => self.receive(ctx, from, (*tag, *asked), stamp),
            Msg::Token { tag, hop, stamp } => {
                self.receive(ctx, from, (*tag, false), stamp);
                // A second copy is a receipt, but no second token.
                if *hop > self.hops {
                    (self.hops, self.token) = (*hop, Some(*hop));
                    self.wait(ctx);
                }
            }
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, _: Timer) {
        self.left = self.left.map(|left| left.saturating_sub(1));
        match self.config.work {
            Work::Mixed if ctx.random_below(100) < self.config.send_percent => {
                let to = self.another(ctx);
                self.send(ctx, to, None, false);
            }
            Work::Mixed | Work::Silent => self.local(ctx, false),
            Work::Token => {
                let next = NodeId((ctx.me().0 + 1) % self.config.nodes);
                if let Some(hop) = self.token.take() {
                    self.send(ctx, next, Some(hop + 1), false);
                }
            }
            Work::ByHand => {}
        }
        if self.works_alone() {
            self.wait(ctx);
        }
    }

    fn timer_name(_: Timer) -> &'static str {
        "its next event"
    }

    fn requests(&self) -> &'static [Form] {
        const {
            &[
                Form::bare("local", "Do something"),
                Form { id: "send", label: "Send a message", fields: &[TO] },
            ]
        }
    }

    fn accepts(&self, asked: &Asked) -> Result<(), String> {
        let beyond = asked.form == "send" && asked.node(0).0 >= self.config.nodes;
        let last = self.config.nodes - 1;
        if beyond { Err(format!("there is no such process: the last one has number {last}")) } else { Ok(()) }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        match asked.form {
            "send" => self.send(ctx, asked.node(0), None, true),
            _ => self.local(ctx, true),
        }
    }

    /// A liar sends an old stamp: who goes by it counts too low.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        let old = |stamp: &Stamp| Stamp { number: below(draw, stamp.number.max(1)), ..self.config.zero() };
        Some(match msg {
            Msg::Plain { tag, asked, stamp } => Msg::Plain { tag: *tag, asked: *asked, stamp: old(stamp) },
            Msg::Token { tag, hop, stamp } => Msg::Token { tag: *tag, hop: *hop, stamp: old(stamp) },
        })
    }

    fn inspect(&self) -> Inspect {
        show::inspect(self)
    }
}

const TO: FormField = FormField { label: "to", kind: FieldKind::Node };
