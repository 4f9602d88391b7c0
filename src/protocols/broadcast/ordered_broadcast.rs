//! Broadcast in an order: none, FIFO, causal, and total, made in two ways.
//!
//! Everybody broadcasts, everybody delivers everything. In which order? *To receive* a message is not yet *to deliver* it: whoever has
//! received it may hold it back, until it is its turn. What has to go with a message, so that a receiver knows, makes the difference:
//!
//! - *None*: each is delivered as it comes.
//! - *FIFO* (Cachin, Guerraoui and Rodrigues 2011, called CGR from here on, section 3.9): each sender's messages in the order of sending.
//!   A count goes along; who gets 3 before 2 waits for 2.
//! - *Causal* (CGR 3.9, "waiting causal broadcast", algorithm 3.15; Birman, Schiper and Stephenson 1991, section 5.1): if one message may have been a
//!   cause of another, because the other's sender had sent or delivered it before, it is delivered before it, by everybody. A vector goes along:
//!   how many of each process's messages the sender had delivered. Who has delivered fewer of any waits.
//! - *Total*: all deliver all in one order. Causal order leaves open what comes first of two messages of which neither knew of the other; if
//!   they do not commute, replicas come apart. Two of the classes of Defago, Schiper and Urban (2004):
//!   a *fixed sequencer* (Kaashoek and Tanenbaum 1991, Amoeba) gives each message its place: whoever broadcasts sends to it, and it
//!   sends on, with the number. And *by communication history* (Lamport 1978): each message has a Lamport time; all acknowledge it to all;
//!   the one with the smallest time, equal times by process, is delivered once something later has been heard from everybody, for
//!   then nothing earlier can come any more.
//!
//! The price: n - 1 messages each without any total order, and one delay. By the sequencer n (n - 1 of its own), and two delays. With
//! acknowledgements (n - 1) + (n - 1)(n - 1) = n (n - 1), and two delays, without anybody in charge.
//!
//! Variants chosen here. A sender delivers its own message at once, but for total order. The sequencer takes the messages of a sender
//! in the order of sending, so that its order is FIFO and causal, too. Lamport's paper has pipes that keep the order, and an acknowledgement goes to the sender
//! alone, since only that one waits for it; here all wait, and it goes to all. Here packets are
//! numbered, and taken in order, so that any link will do. Amoeba asks again for numbers that it misses; here nothing is sent again: a loss is seen, as
//! something that everything behind it waits for.
//!
//! The model is crash-stop: whoever comes back has forgotten what it had delivered, and takes no more part. Without a sequencer, or without anybody's
//! acknowledgements, a total order stops; it does not err.
//!
//! The rule that is easy to break: waiting is judged by what is *delivered* here, not by what has been received.

mod cost;
mod item;
mod judged;
mod setup;
mod show;
mod ways;

#[cfg(test)]
mod tests;

use crate::kit::prelude::*;
use crate::sim::form::{FieldKind, FormField};
use item::{Counted, Held, Id, Item, Op, Stamp};
use setup::{ANSWERS, Config, Order, SEQUENCER, Work};
use ways::{Desk, Times};

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "ordered-broadcast",
    title: "Ordered broadcast",
    source: "Cachin, Guerraoui and Rodrigues 2011, section 3.9; Birman, Schiper and Stephenson 1991; Kaashoek and Tanenbaum 1991; Lamport 1978; Defago, Schiper and Urban 2004",
    leaves_out: "sending again what is lost, a new sequencer after a crash, groups that change, and total order by consensus",
    params: &[
        Param::int("nodes", "Processes", 3, 2..=8),
        Param::choice("order", "The order of delivery", setup::ORDERS),
        Param::choice("work", "What processes broadcast by themselves", setup::WORK),
        Param::ms("gap_ms", "From one broadcast to the next", 600, 10..=10_000),
        Param::int("count", "Broadcasts of each that begins one (0: without end)", 0, 0..=10_000),
        Param::ms("delay_ms", "A message takes at least", 20, 1..=1_000),
        Param::ms("spread_ms", "And longer by up to", 200, 0..=1_000),
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

mutants! {
    /// An ordered broadcast with a rule left out.
    pub enum Mutant {
        /// Received is delivered.
        NoWait = "no-wait", "delivers what it receives, without waiting" {
            rule: "a message waits until all that its vector counts is delivered (CGR 2011, algorithm 3.15)",
            breaks: "Causal order", with: &["order=causal"],
        }
        /// What has been heard of is taken for delivered.
        MergesEarly = "merges-early", "takes the larger numbers of a message's vector when it receives it" {
            rule: "a vector counts what is delivered, one by one, and is not merged with what comes",
            breaks: "Causal order", with: &["order=causal"],
        }
        /// That is FIFO order.
        LonelyStamp = "lonely-stamp", "sends a vector in which only its own messages are counted" {
            rule: "a message's vector counts what its sender has delivered of everybody",
            breaks: "Causal order", with: &["order=causal"],
        }
        /// A copy is a message, it thinks.
        NumbersTwice = "numbers-twice", "the sequencer gives a copy a place of its own" {
            rule: "the sequencer gives each message one place",
            breaks: "No duplication", with: &["order=sequencer"],
        }
        /// Its queue is all that there is.
        NoAcks = "no-acks", "delivers the first in its queue, without having heard from all" {
            rule: "the first in the queue waits for something later from everybody (Lamport 1978, rule 5)",
            breaks: "Total order", with: &["order=lamport"],
        }
        /// Who comes first, is first.
        Ties = "ties", "of two with equal times the one goes first that came first" {
            rule: "of equal times that of the smaller process comes first (Lamport 1978, =>)",
            breaks: "Total order", with: &["order=lamport"],
        }
        /// An acknowledgement overtakes.
        NoPipes = "no-pipes", "takes packets as they come, and not in the order of sending" {
            rule: "what a process sends is received in the order of sending (Lamport 1978, the assumption before rule 1)",
            breaks: "Total order", with: &["order=lamport"],
        }
    }
    as it is: "as in the papers",
}

messages! {
    /// What processes send.
    pub enum Msg {
        /// What is broadcast, from its sender.
        Data { item: Item, stamp: Stamp } = "message", Disc, Blue, "{stamp}{item}";
        /// "Give this a place."
        Ask { item: Item } = "request", Arrow, Orange, "{item}";
        /// "This has the place."
        Ordered { item: Item, place: u64 } = "numbered", Diamond, Green, "{place}: {item}";
        /// "I have it", to all.
        Ack { of: Id, time: u64, packet: u64 } = "ack", Tag, Quiet, "at {time}: has {of}";
    }
}

facts! {
    /// What a process tells.
    pub enum Fact {
        /// It has broadcast something, which answers something of another or not.
        Broadcast { from: NodeId, number: u64, op: Op, answers: bool } = "broadcast",
        /// It has delivered something, at this place of its own order, and its x is then so.
        Delivered { from: NodeId, number: u64, op: Op, place: u64, x: i64 } = "delivered",
        /// It has received something, and holds it back: something of another, or an earlier one of the sender, is not here.
        Held { from: NodeId, number: u64, of: NodeId } = "held",
        /// It has delivered an answer, and has not delivered what that answers.
        Early { from: NodeId, number: u64, of: NodeId } = "early" => Decisive,
        /// The sequencer has given something a place.
        Numbered { from: NodeId, number: u64, place: u64 } = "numbered" => Quiet,
        /// It has told all that it has something.
        Acknowledged { from: NodeId, number: u64, time: u64 } = "acknowledged" => Quiet,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Timer {
    Next,
}

/// So many delivered messages are remembered whole.
const REMEMBERED: usize = 8;

/// A process.
#[derive(Clone, Hash)]
struct Process {
    me: NodeId,
    config: Config,
    // Whoever has crashed takes no more part.
    out: bool,
    sent: u64,
    // Of the broadcasts that it begins, if they have an end.
    left: Option<u32>,
    // The replica.
    x: i64,
    delivered: u64,
    shown: Counted,
    recent: Vec<Item>,
    // What has come and waits; and what the sequencer has been asked for.
    held: Vec<Held>,
    asked: Vec<Item>,
    // Of each process, how many of its messages are delivered here: for causal order.
    vector: Vec<u64>,
    desk: Desk,
    times: Times,
}

type Cx<'a> = Ctx<'a, Process>;

impl Process {
    fn fresh(config: Config, me: NodeId) -> Self {
        let nodes = config.nodes;
        Process {
            me,
            config,
            out: false,
            sent: 0,
            left: (config.count > 0).then_some(config.count),
            x: 0,
            delivered: 0,
            shown: Counted::none(nodes),
            recent: Vec::new(),
            held: Vec::new(),
            asked: Vec::new(),
            vector: vec![0; usize::from(nodes)],
            desk: Desk::new(nodes),
            times: Times::new(nodes),
        }
    }

    fn has(&self, id: Id) -> bool {
        self.shown.has(id.from, id.number)
    }

    fn broadcast(&mut self, ctx: &mut Cx<'_>, op: Op, re: Option<Id>) {
        let me = ctx.me();
        self.sent += 1;
        let item = Item { id: Id { from: me, number: self.sent }, op, re };
        ctx.note(format!("broadcasts {item}"));
        ctx.fact(Fact::Broadcast { from: me, number: self.sent, op, answers: re.is_some() });
        let others = self.config.others(me);
        match self.config.order {
            Order::None | Order::Fifo => {
                ctx.broadcast(others, Msg::Data { item, stamp: Stamp::Bare });
                self.deliver(ctx, item);
            }
            Order::Causal => {
                ctx.broadcast(others, Msg::Data { item, stamp: self.after(me) });
                self.deliver(ctx, item);
            }
            Order::Sequencer if me == SEQUENCER => self.at_desk(ctx, item),
            Order::Sequencer => {
                self.asked.push(item);
                ctx.send(SEQUENCER, Msg::Ask { item });
            }
            Order::Lamport => {
                let (time, packet) = self.times.next();
                let stamp = Stamp::Time { time, packet };
                ctx.broadcast(others, Msg::Data { item, stamp: stamp.clone() });
                self.held.push(Held { item, stamp });
                self.drain(ctx);
            }
        }
    }

    fn deliver(&mut self, ctx: &mut Cx<'_>, item: Item) {
        let Item { id: id @ Id { from, number }, op, re } = item;
        self.shown.add(from, number);
        let count = &mut self.vector[from.index()];
        *count = (*count).max(number);
        self.asked.retain(|a| a.id != id);
        self.delivered += 1;
        self.x = op.apply(self.x);
        if self.recent.len() == REMEMBERED {
            self.recent.remove(0);
        }
        self.recent.push(item);
        ctx.note(format!("delivers {item}"));
        ctx.fact(Fact::Delivered { from, number, op, place: self.delivered, x: self.x });
        if let Some(of) = re.filter(|re| !self.has(*re)) {
            ctx.note(format!("has not seen {of}, which that answers"));
            ctx.fact(Fact::Early { from, number, of: of.from });
        }
        if self.config.work == Work::Chat && ctx.me() == ANSWERS && op == Op::Moon {
            self.broadcast(ctx, Op::No, Some(id));
        }
    }

    /// Sets x, or doubles it.
    fn any(ctx: &mut Cx<'_>) -> Op {
        match ctx.random_below(2) {
            0 => Op::Set(1 + ctx.random_below(9) as i64),
            _ => Op::Double,
        }
    }

    fn wait(&mut self, ctx: &mut Cx<'_>, first: bool) {
        let span = match self.config.work {
            Work::Random => {
                let gap = Delay::Exponential { min_us: 0, mean_us: self.config.gap.0 };
                Some(ctx.random_delay(gap).max(Span(1)))
            }
            _ => self.config.pace(ctx.me()).map(|(to_first, gap)| if first { to_first } else { gap }),
        };
        if let Some(span) = span.filter(|_| self.left != Some(0)) {
            ctx.set_timer(Timer::Next, span);
        }
    }
}

impl Protocol for Process {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = ();

    fn start(&mut self, ctx: &mut Cx<'_>) {
        self.wait(ctx, true);
    }

    /// Crash-stop (CGR 2011, 2.2.2): what was delivered is forgotten, and to deliver it again would be wrong.
    fn restart(&mut self, ctx: &mut Cx<'_>) {
        *self = Process { out: true, ..Process::fresh(self.config, self.me) };
        ctx.note("is back, has forgotten what it had delivered, and takes no more part");
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        if self.out {
            return;
        }
        match msg {
            Msg::Data { stamp: Stamp::Time { packet, .. }, .. } | Msg::Ack { packet, .. } => {
                self.packet(ctx, from, *packet, msg);
            }
            Msg::Data { item, stamp } => self.take(ctx, *item, stamp.clone()),
            Msg::Ask { item } => self.at_desk(ctx, *item),
            Msg::Ordered { item, place } => self.take(ctx, *item, Stamp::Place(*place)),
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, _: Timer) {
        self.left = self.left.map(|left| left.saturating_sub(1));
        let op = match self.config.work {
            Work::Chat => Op::Moon,
            Work::Race if ctx.me().0 + 1 == self.config.nodes => Op::Double,
            Work::Race => Op::Set(1),
            Work::Random | Work::Turns | Work::ByHand => Self::any(ctx),
        };
        self.broadcast(ctx, op, None);
        self.wait(ctx, false);
    }

    fn timer_name(_: Timer) -> &'static str {
        "its next broadcast"
    }

    fn requests(&self) -> &'static [Form] {
        const {
            &[
                Form { id: "set", label: "Broadcast x := a number", fields: &[NUMBER] },
                Form::bare("double", "Broadcast x := x * 2"),
                Form { id: "say", label: "Say something", fields: &[LINE] },
            ]
        }
    }

    fn accepts(&self, _: &Asked) -> Result<(), String> {
        match self.out {
            true => {
                Err("it has crashed, has forgotten what it had delivered, and takes no more part".to_owned())
            }
            false => Ok(()),
        }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        let me = ctx.me();
        let heard = self.recent.iter().rev().find(|i| i.id.from != me).map(|i| i.id);
        let (op, re) = match asked.form {
            "set" => (Op::Set(asked.int(0)), None),
            "double" => (Op::Double, None),
            _ => match asked.word(0) {
                "moon" => (Op::Moon, None),
                "no" => (Op::No, heard),
                _ => (Op::So, heard),
            },
        };
        self.broadcast(ctx, op, re);
    }

    /// A liar says something else, or claims to be later than it is.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        let other = |item: &Item| Item { op: item.op.twisted(), ..*item };
        Some(match msg {
            Msg::Data { item, stamp } => Msg::Data { item: other(item), stamp: stamp.clone() },
            Msg::Ask { item } => Msg::Ask { item: other(item) },
            Msg::Ordered { item, place } => Msg::Ordered { item: other(item), place: *place },
            Msg::Ack { of, time, packet } => Msg::Ack { of: *of, time: time + draw % 1_000, packet: *packet },
        })
    }

    fn inspect(&self) -> Inspect {
        show::inspect(self)
    }
}

const NUMBER: FormField =
    FormField { label: "the number", kind: FieldKind::Int { default: 1, min: 0, max: 99 } };
const LINE: FormField = FormField { label: "what", kind: FieldKind::Word(&["moon", "no", "so"]) };
