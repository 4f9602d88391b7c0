//! Reliable broadcast (Cachin, Guerraoui, Rodrigues 2011, chapter 3): one process tells all, and what of that holds when it
//! crashes in the middle of telling.
//!
//! To broadcast is to send to each process in turn, oneself included. Links are perfect, processes are not: one that crashes
//! between two sends has told some and not the others. Three algorithms make three things of that.
//!
//! *Best-effort* (section 3.2, Algorithm 3.1, Basic Broadcast): who gets a message delivers it, and that is all. If the sender
//! lives, all correct processes deliver; if it crashes half-way, some do and some never will.
//!
//! *Eager* (section 3.3, Algorithm 3.3, Eager Reliable Broadcast): who delivers a message for the first time sends it on to all. So
//! if one correct process delivers it, all correct ones do. Nothing is waited for, and nobody needs to know who has crashed. The price is
//! n^2 sends, each process one to each, itself included. A process that delivers and crashes before it has sent on leaves nobody
//! with the message but itself: the dead may have delivered what the living never see.
//!
//! *Uniform* (section 3.4, Algorithm 3.5, Majority-Ack Uniform Reliable Broadcast): who gets a message for the first time sends it on,
//! and does not deliver it yet. A copy from p says that p has it, and is its acknowledgement. It delivers when copies of more
//! than half of all processes have come. If more than half are correct, one of those is, and sends to all in the end: what anybody
//! delivers, even who dies right after, all correct processes deliver. It costs n^2 sends too, a further message of delay, and a majority.
//!
//! Where this differs from the book: there the sender of Algorithm 3.3 hears itself like anybody else and sends on a second time, which
//! makes n^2 + n; here its broadcast is its sending on, as in Algorithm 3.5 (and as in the book's first edition of 2006). A copy to
//! oneself is there at once, without a link; so n^2 sends are n(n-1) messages. Sends follow each other by `gap_ms`, in the order of
//! numbers from oneself on, so that there is a moment between them. What the links may bring twice a process drops by its own memory
//! of what it has delivered: the perfect link's duplicate elimination (section 2.4.4, Algorithm 2.2) and the broadcast's in one. A message
//! arrives even if its sender has crashed since; the book's perfect links promise that of correct senders alone.
//!
//! The rule that is easy to break: *correct* means never crashed, not running now. The model is crash-stop: who has crashed
//! and is back takes no part any more.

mod cost;
mod judged;
mod show;

#[cfg(test)]
mod tests;

use crate::kit::prelude::*;
use crate::sim::link::Layers;
use crate::sim::streams::below;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "reliable-broadcast",
    title: "Reliable broadcast",
    source: "Cachin, Guerraoui, Rodrigues 2011, sections 3.2 to 3.4, Algorithms 3.1, 3.3, 3.5",
    leaves_out: "failure detectors (Algorithms 3.2 and 3.4), recovery from a disk (3.6, 3.7), any order of messages",
    params: &[
        Param::choice(
            "variant",
            "What is done with a message",
            &[
                Choice::new("best-effort", "best-effort: deliver it (Algorithm 3.1)"),
                Choice::new("eager", "eager reliable: deliver it, and send it on (Algorithm 3.3)"),
                Choice::new("uniform", "uniform: send it on, deliver when a majority has (Algorithm 3.5)"),
            ],
        ),
        Param::int("nodes", "Processes", 5, 2..=9),
        Param::choice(
            "from",
            "Who broadcasts",
            &[
                Choice::new("one", "P1, once"),
                Choice::new("all", "every process, once"),
                Choice::new("none", "nobody, until asked"),
            ],
        ),
        Param::ms("gap_ms", "From one send to the next", 10, 0..=1_000),
        Param::choice(
            "links",
            "Links",
            &[
                Choice::new("perfect", "perfect: each message arrives, once"),
                Choice::new("fair-loss", "fair-loss: a message may be lost or doubled"),
                Choice::new("stubborn", "fair-loss, and sent again until it has arrived"),
            ],
        ),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    length: Span::secs(3),
    build,
    promises: judged::promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    probes: show::PROBES,
    ..Entry::BLANK
};

/// When the first broadcast begins.
const FIRST: Span = Span::ms(20);
/// How long a message travels.
const SHORTEST_MS: u64 = 15;
const LONGEST_MS: u64 = 25;

mutants! {
    /// A broadcast with a rule left out.
    enum Mutant {
        NoRelay = "no-relay", "delivers a message, and does not send it on" {
            rule: "who delivers a message for the first time sends it on to all (Algorithm 3.3)",
            breaks: "Agreement", with: &["variant=eager"],
        }
        FirstCopy = "first-copy", "delivers at the first copy, whoever else has one" {
            rule: "a message is delivered when copies of more than half have come (Algorithm 3.5)",
            breaks: "Uniform agreement", with: &["variant=uniform"],
        }
        CountsCopies = "counts-copies", "counts copies, and not from whom they are" {
            rule: "a second copy from the same process is no second acknowledgement (Algorithm 3.5)",
            breaks: "Majority", with: &["variant=uniform", "links=fair-loss"],
        }
        ForgetsDelivered = "forgets-delivered", "does not remember what it has delivered" {
            rule: "what has been delivered is not delivered again (Algorithms 3.3 and 3.5)",
            breaks: "No duplication", with: &["variant=eager"],
        }
        ForgetsSender = "forgets-sender", "sends on what it gets as a message of its own" {
            rule: "a message is sent on with the name of its sender (Algorithm 3.3)",
            breaks: "No creation", with: &["variant=eager"],
        }
        NotItself = "not-itself", "sends to all the others, and not to itself" {
            rule: "a broadcast goes to all processes, the sender among them (Algorithm 3.1)",
            breaks: "Validity",
        }
    }
    as it is: "as in the book",
}

/// The name of a message: who broadcast it, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Id {
    from: u16,
    number: u32,
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P{}#{}", self.from, self.number)
    }
}

impl Id {
    /// Who broadcast it.
    fn sender(self) -> NodeId {
        node(self.from)
    }
}

/// The node of process `id`.
fn node(id: u16) -> NodeId {
    NodeId(id.saturating_sub(1))
}

messages! {
    /// A copy of a message, with the name of who broadcast it: \[DATA, s, m\] in the book.
    enum Msg {
        /// From the one who broadcasts it.
        Data { m: Id } = "data", Arrow, Blue, "{m}";
        /// From another, who has got it: sent on. In the uniform variant this is the acknowledgement.
        Relay { m: Id } = "relay", Diamond, Purple, "{m}";
    }
}

impl Msg {
    fn id(&self) -> Id {
        match *self {
            Msg::Data { m } | Msg::Relay { m } => m,
        }
    }
}

facts! {
    /// What a process tells.
    enum Fact {
        /// It broadcasts a message, in this way.
        Broadcast { m: Id, way: Variant } = "broadcast",
        /// It begins to send on what another has broadcast.
        Relayed { m: Id } = "relayed",
        /// It has sent a copy; so many of this message are still to be sent.
        Sent { m: Id, to: u16, left: usize } = "sent" => Quiet,
        /// A copy has come.
        Got { m: Id, from: u16 } = "got" => Quiet,
        /// It has a message, and waits for more copies of it.
        HeldBack { m: Id, copies: usize } = "held-back",
        /// It delivers a message.
        Delivered { m: Id } = "delivered",
        /// It is back after a crash, and takes no part.
        Out = "out",
    }
}

/// Which of the algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Variant {
    BestEffort,
    Eager,
    Uniform,
}

impl Variant {
    fn of(p: &Params) -> Self {
        match p.word("variant") {
            "eager" => Variant::Eager,
            "uniform" => Variant::Uniform,
            _ => Variant::BestEffort,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Timer {
    Begin,
    Next,
}

/// The copies of a message that have come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Copies {
    // From whom: `ack[m]` in the book.
    from: BTreeSet<u16>,
    // How many, those that came twice counted twice.
    all: usize,
}

/// A process, whose number is its place among all, counted from 1.
#[derive(Clone, Hash)]
struct Process {
    id: u16,
    processes: u16,
    variant: Variant,
    begins: bool,
    gap: Span,
    mutant: Mutant,
    // It has crashed: in a crash-stop model that is for good.
    out: bool,
    broadcasts: u32,
    // What it sends to all, or has: `pending` in the book.
    taken: BTreeSet<Id>,
    copies: BTreeMap<Id, Copies>,
    delivered: BTreeSet<Id>,
    // What is to be sent, and to whom, in this order.
    outbox: VecDeque<(Id, u16)>,
    sends: u32,
}

type Cx<'a> = Ctx<'a, Process>;

impl Process {
    /// Broadcasts a new message.
    fn broadcast(&mut self, ctx: &mut Cx<'_>) {
        self.broadcasts += 1;
        let m = Id { from: self.id, number: self.broadcasts };
        ctx.note(format!("broadcasts {m}"));
        ctx.fact(Fact::Broadcast { m, way: self.variant });
        self.send_to_all(ctx, m);
    }

    /// Sends to each process in turn, itself first (Algorithm 3.1: for all q, send m to q).
    fn send_to_all(&mut self, ctx: &mut Cx<'_>, m: Id) {
        if !self.taken.insert(m) {
            return;
        }
        let (me, n) = (self.id, self.processes);
        let idle = self.outbox.is_empty();
        self.outbox.extend((0..n - 1).map(|k| (m, (me + k) % n + 1)));
        if self.mutant != Mutant::NotItself {
            self.sends += 1;
            ctx.fact(Fact::Sent { m, to: me, left: usize::from(n - 1) });
            self.hear(ctx, me, m);
        }
        if self.gap == Span::ZERO {
            while !self.outbox.is_empty() {
                self.send_next(ctx);
            }
        } else if idle {
            ctx.set_timer(Timer::Next, self.gap);
        }
    }

    fn send_next(&mut self, ctx: &mut Cx<'_>) {
        let Some((m, to)) = self.outbox.pop_front() else {
            return;
        };
        self.sends += 1;
        let left = self.outbox.iter().filter(|(other, _)| *other == m).count();
        let own = m.from == self.id;
        ctx.send(node(to), if own { Msg::Data { m } } else { Msg::Relay { m } });
        ctx.fact(Fact::Sent { m, to, left });
    }

    /// A copy of `m` has come from process `from`, which may be itself (Algorithms 3.1, 3.3, 3.5: upon beb-deliver).
    fn hear(&mut self, ctx: &mut Cx<'_>, from: u16, m: Id) {
        let copies = self.copies.entry(m).or_default();
        copies.from.insert(from);
        copies.all += 1;
        ctx.fact(Fact::Got { m, from });
        match self.variant {
            Variant::BestEffort => self.deliver(ctx, m),
            Variant::Eager => {
                self.deliver(ctx, m);
                if self.mutant != Mutant::NoRelay {
                    self.relay(ctx, m);
                }
            }
            Variant::Uniform => {
                self.relay(ctx, m);
                self.weigh(ctx, m);
            }
        }
    }

    /// Sends on what it has got for the first time.
    fn relay(&mut self, ctx: &mut Cx<'_>, m: Id) {
        if self.taken.contains(&m) {
            return;
        }
        let mut copy = m;
        if self.mutant == Mutant::ForgetsSender {
            self.taken.insert(m);
            copy.from = self.id;
        }
        ctx.note(format!("sends {copy} on to all"));
        ctx.fact(Fact::Relayed { m: copy });
        self.send_to_all(ctx, copy);
    }

    /// More than half have it (Algorithm 3.5: function candeliver).
    fn has_enough(&self, copies: &Copies) -> bool {
        let count = match self.mutant {
            Mutant::FirstCopy => return true,
            Mutant::CountsCopies => copies.all,
            _ => copies.from.len(),
        };
        2 * count > usize::from(self.processes)
    }

    /// Delivers if enough copies have come (Algorithm 3.5).
    fn weigh(&mut self, ctx: &mut Cx<'_>, m: Id) {
        let Some(copies) = self.copies.get(&m) else {
            return;
        };
        let have = copies.from.len();
        if self.has_enough(copies) {
            self.deliver(ctx, m);
        } else if !self.delivered.contains(&m) {
            ctx.note(format!("has copies of {m} from {have} of {}: not yet more than half", self.processes));
            ctx.fact(Fact::HeldBack { m, copies: have });
        }
    }

    fn deliver(&mut self, ctx: &mut Cx<'_>, m: Id) {
        let new = self.delivered.insert(m);
        if new || self.mutant == Mutant::ForgetsDelivered {
            ctx.note(format!("delivers {m}"));
            ctx.fact(Fact::Delivered { m });
        }
    }

    /// The message that is shown: one that is not delivered yet, or the newest.
    fn shown(&self) -> Option<Id> {
        let all = || self.copies.keys().copied();
        all().find(|m| !self.delivered.contains(m)).or_else(|| all().next_back())
    }

    /// How many copies it takes to deliver.
    fn needed(&self) -> u16 {
        if self.variant == Variant::Uniform { self.processes / 2 + 1 } else { 1 }
    }
}

impl Protocol for Process {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = ();

    fn start(&mut self, ctx: &mut Cx<'_>) {
        if self.begins {
            ctx.set_timer(Timer::Begin, FIRST);
        }
    }

    /// Crash-stop: to the others it is as if it had not come back (section 2.2.2).
    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.out = true;
        self.taken.clear();
        self.copies.clear();
        self.delivered.clear();
        self.outbox.clear();
        ctx.note("has crashed, and takes no part any more");
        ctx.fact(Fact::Out);
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        match self.out {
            true => ctx.note(format!("takes no part, and leaves {} alone", msg.id())),
            false => self.hear(ctx, from.0 + 1, msg.id()),
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Begin => self.broadcast(ctx),
            Timer::Next => {
                self.send_next(ctx);
                if !self.outbox.is_empty() {
                    ctx.set_timer(Timer::Next, self.gap);
                }
            }
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Begin => "first broadcast",
            Timer::Next => "next send",
        }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, _: &Asked) {
        self.broadcast(ctx);
    }

    fn requests(&self) -> &'static [Form] {
        const { &[Form::bare("broadcast", "Broadcast a message")] }
    }

    fn accepts(&self, _: &Asked) -> Result<(), String> {
        match self.out {
            true => {
                Err("it has crashed before, and takes no part any more: the model is crash-stop".to_owned())
            }
            false => Ok(()),
        }
    }

    /// A liar passes on what nobody has broadcast. It has one such message a process, so that its lies come to an end.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        let m = Id { from: 1 + below(draw, u64::from(self.processes)) as u16, number: 100 };
        Some(match msg {
            Msg::Data { .. } => Msg::Data { m },
            Msg::Relay { .. } => Msg::Relay { m },
        })
    }

    fn inspect(&self) -> Inspect {
        show::inspect(self)
    }
}

fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let n = p.int("nodes") as u16;
    let process = |id: u16| {
        let process = Process {
            id,
            processes: n,
            variant: Variant::of(p),
            begins: match p.word("from") {
                "one" => id == 1,
                "all" => true,
                _ => false,
            },
            gap: p.ms("gap_ms"),
            mutant: Mutant::of(p),
            out: false,
            broadcasts: 0,
            taken: BTreeSet::new(),
            copies: BTreeMap::new(),
            delivered: BTreeSet::new(),
            outbox: VecDeque::new(),
            sends: 0,
        };
        NodeSetup::server(format!("P{id}"), Host::boxed(process))
    };
    let delay = Delay::uniform_ms(SHORTEST_MS, LONGEST_MS);
    let link = match p.word("links") {
        "perfect" => Link::reliable(delay),
        "stubborn" => {
            let layers = Layers { retransmit_us: 100_000, dedupe: true, ..Layers::default() };
            Link { layers, ..Link::fair_loss(delay, 0) }
        }
        _ => Link::fair_loss(delay, 0),
    };
    Ok(Setup { seed, link, nodes: (1..=n).map(process).collect(), ..Setup::default() })
}
