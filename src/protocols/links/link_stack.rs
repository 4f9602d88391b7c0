//! A stack of layers that turns a bad link into a good one (stubborn and perfect links: Cachin,
//! Guerraoui, Rodrigues 2011, section 2.4; why at the ends: Saltzer, Reed, Clark 1984).
//!
//! A sender numbers its messages and sends each once, to a receiver, over a *fair-loss* link: it may
//! lose, double and reorder, but what is sent for ever gets through for ever. On top go layers, one
//! by one, each of which mends exactly one fault:
//!
//! | layer | how | what it promises | what it brings along |
//! |---|---|---|---|
//! | retransmit | again and again until acknowledged | nothing is lost | copies, disorder |
//! | dedupe | the receiver remembers what it has had | nothing is delivered twice | memory |
//! | reorder | the receiver holds back what came early | delivered in the order of sending | waiting |
//!
//! With loss `p`, the number of sends until the first one arrives is geometric: `1/(1-p)` in the
//! mean, 1.43 at 30 %. At `p = 1` no number of sends helps: that is not fair loss, that is a cut,
//! and it is refused. The layers themselves are the engine's (any link can wear them).
//!
//! The rule that is easy to break: only what the chosen stack promises is watched. A bare fair-loss
//! link that delivers twice keeps its word, so it violates nothing; the gauges count copies,
//! inversions and gaps under every stack. And a layer's memory is volatile: a crash of the receiver
//! brings duplicates back, and loses what waited in the reorder buffer, which was acknowledged. What
//! the two applications keep (how many were sent, what was received) is on disk, so that they see it.

use crate::kit::journal::Journal;
use crate::kit::prelude::*;
use crate::sim::Layers;
use std::collections::BTreeMap;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "link-stack",
    title: "Link stack",
    source: "Cachin, Guerraoui, Rodrigues 2011, section 2.4",
    leaves_out: "a window that limits what is unacknowledged, and timeouts that adapt to the delay",
    params: &[
        Param::int("count", "Messages", 10, 1..=50),
        Param::ms("spacing_ms", "Sent every", 30, 0..=1_000),
        Param::ms("jitter_ms", "Jitter: up to so much over 20 ms on the way", 40, 0..=5_000),
        Param::percent("loss_percent", "Loss", 30),
        Param::percent("duplicate_percent", "Duplication", 10),
        Param::flag("retransmit", "Retransmit until acknowledged", false),
        Param::ms("resend_ms", "Retransmit every", 150, 10..=10_000),
        Param::flag("dedupe", "Drop second copies", false),
        Param::flag("reorder", "Deliver in the order of sending", false),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    length: Span::secs(120),
    build,
    promises,
    gauges: GAUGES,
    boards: Some(boards),
    absences: Some(absences),
    ..Entry::BLANK
};

mutants! {
    /// What the sender makes of the layers.
    enum Mutant {
        SendTwice = "send-twice", "the sender sends each message twice, to be sure" {
            rule: "each message is handed over once: a layer knows its own frames, not what they mean",
            breaks: "No duplication",
            with: &["dedupe=true"],
        }
    }
    as it is: "the sender sends each message once",
}

const SENDER: NodeId = NodeId(0);
const RECEIVER: NodeId = NodeId(1);

/// A numbered message with a letter in it: A in the first, B in the second, and after Z again A. (No
/// `messages!` here: links made long ago hold the hash of runs with this very struct.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Packet {
    /// Its number, from 1.
    pub number: u16,
    letter: u8,
}

impl Packet {
    fn new(number: u16) -> Self {
        let letter = b'A' + ((number + 25) % 26) as u8;
        Packet { number, letter }
    }
}

impl Message for Packet {
    fn kind(&self) -> Kind {
        Kind::new("packet", Shape::Disc, Tone::Blue)
    }

    fn label(&self) -> String {
        format!("#{} {}", self.number, char::from(self.letter))
    }

    /// Another letter: a flipped bit below the alphabet's 16, so that it stays a letter.
    fn corrupted(&self, draw: u64) -> Option<Self> {
        let letter = b'A' + ((self.letter - b'A') ^ (1 << (draw % 3)));
        Some(Packet { letter, ..*self })
    }
}

facts! {
    /// What the two applications tell those who watch.
    enum Fact {
        /// The sender has handed a message to the link.
        Sent { packet: Packet } = "sent",
        /// The receiver was handed one.
        Delivered { packet: Packet } = "delivered",
    }
}

/// The application that sends. It hands each message to the link once and thinks no more of it.
#[derive(Clone, Hash)]
struct Sender {
    count: u16,
    spacing: Span,
    mutant: Mutant,
    sent: u16,
}

impl Sender {
    fn send_next(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.sent == self.count {
            return;
        }
        self.sent += 1;
        // On disk first: after a crash it must neither repeat a number nor leave one out.
        ctx.persist(self.sent);
        let packet = Packet::new(self.sent);
        ctx.note(format!("sends {}", packet.label()));
        ctx.fact(Fact::Sent { packet });
        ctx.send(RECEIVER, packet);
        if self.mutant == Mutant::SendTwice {
            ctx.send(RECEIVER, packet);
        }
        if self.sent < self.count {
            ctx.set_timer((), self.spacing);
        }
    }
}

impl Protocol for Sender {
    type Msg = Packet;
    type Timer = ();
    type Stable = u16;

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.send_next(ctx);
    }

    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.sent = *ctx.durable();
        ctx.note(format!("goes on after #{}", self.sent));
        self.send_next(ctx);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, (): ()) {
        self.send_next(ctx);
    }

    /// A liar changes the content.
    fn lie(&self, packet: &Packet, _: NodeId, draw: u64) -> Option<Packet> {
        packet.corrupted(draw)
    }

    fn timer_name((): ()) -> &'static str {
        "next message"
    }

    fn inspect(&self) -> Inspect {
        let cell = |number: u16| {
            let title = format!("{}, handed to the link", Packet::new(number).label());
            Cell::new(number, CellTone::Tentative, title)
        };
        Inspect::of("sender", Glyph::None)
            .badge(format!("sent {}/{}", self.sent, self.count))
            .cells((1..=self.sent).map(cell))
            .field("sent", self.sent)
            .field("messages", self.count)
            .field("sent every", self.spacing)
    }
}

/// How many entries of its log a receiver shows: one that is sent the same again and again has many.
const SHOWN: u32 = 200;

/// What the receiver writes down, on disk: what it was handed, in that order, and what a new message is compared with.
/// A stubborn sender may make it as long as a run lasts, so nothing here walks through it.
#[derive(Clone, Debug, Default, Hash)]
pub struct Log {
    entries: Journal<Packet>,
    times: BTreeMap<u16, u32>,
}

impl Log {
    /// How `packet` stands to what is there.
    fn stands(&self, packet: &Packet) -> (CellTone, &'static str) {
        let newest = self.times.last_key_value().map_or(0, |(n, _)| *n);
        if self.times.contains_key(&packet.number) {
            (CellTone::Conflict, "a second time")
        } else if newest > packet.number {
            (CellTone::Conflict, "too late: after one that was sent later")
        } else {
            (CellTone::Firm, "in its place")
        }
    }

    fn push(&mut self, packet: Packet) {
        self.entries.append(packet);
        *self.times.entry(packet.number).or_default() += 1;
    }

    fn from(&self, first: u32) -> impl Iterator<Item = &Packet> {
        self.entries.iter_from(first).map(|(_, p)| p)
    }
}

/// The application that receives. What it was handed it writes down, on disk, in that order.
#[derive(Clone, Hash)]
pub struct Receiver {
    count: u16,
    log: Log,
}

impl Receiver {
    /// What it was handed, in that order, with repetitions.
    pub fn log(&self) -> impl Iterator<Item = &Packet> {
        self.log.from(1)
    }

    /// How often it was handed the message with this number.
    fn times(&self, number: u16) -> u32 {
        self.log.times.get(&number).copied().unwrap_or(0)
    }
}

impl Protocol for Receiver {
    type Msg = Packet;
    type Timer = ();
    type Stable = Log;

    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.log.clone_from(ctx.durable());
        ctx.note("has its log from disk; what its link's layers remembered is gone");
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, _: NodeId, packet: &Packet) {
        let how = self.log.stands(packet).1;
        self.log.push(*packet);
        ctx.note(format!("is handed {}, {how}", packet.label()));
        ctx.fact(Fact::Delivered { packet: *packet });
        ctx.persist(self.log.clone());
    }

    fn inspect(&self) -> Inspect {
        let all = self.log.entries.last_index();
        let first = all.saturating_sub(SHOWN) + 1;
        // Of a log that is not shown whole, what came before counts for nothing here.
        let mut before = Log::default();
        let cell = |packet: &Packet| {
            let (tone, how) = before.stands(packet);
            before.push(*packet);
            Cell::new(packet.number, tone, format!("{}, {how}", packet.label()))
        };
        let cells: Vec<Cell> = self.log.from(first).map(cell).collect();
        let numbers: Vec<String> = self.log.from(first).map(|p| p.number.to_string()).collect();
        let earlier = if first > 1 { "... " } else { "" };
        let distinct = self.log.times.len();
        let complete = distinct == usize::from(self.count);
        let glyph = if complete { Glyph::Check } else { Glyph::None };
        Inspect::of("receiver", glyph)
            .prominent(complete)
            .badge(format!("got {distinct}/{}", self.count))
            .cells(cells)
            .field("handed over", all)
            .field("of these different", distinct)
            .field("in this order", format!("{earlier}{}", numbers.join(" ")))
    }
}

fn build(params: &Params, seed: u64) -> Result<Setup, Refusal> {
    let resend_us = params.ms("resend_ms").0;
    let delay = Delay::Uniform { min_us: 20_000, max_us: 20_000 + params.ms("jitter_ms").0 };
    let link = Link {
        duplicate_ppm: params.ppm("duplicate_percent"),
        layers: Layers {
            retransmit_us: resend_us * u64::from(params.flag("retransmit")),
            dedupe: params.flag("dedupe"),
            reorder: params.flag("reorder"),
            authenticate: false,
        },
        ..Link::fair_loss(delay, params.ppm("loss_percent"))
    };
    link.check()?;
    let (count, log) = (params.int("count") as u16, Log::default());
    let sender = Sender { count, spacing: params.ms("spacing_ms"), mutant: Mutant::of(params), sent: 0 };
    let receiver = Receiver { count, log };
    Ok(Setup {
        seed,
        link,
        nodes: vec![
            NodeSetup::server("Sender", Host::boxed(sender)),
            NodeSetup::server("Receiver", Host::boxed(receiver)),
        ],
        layout: Layout::Line,
        ..Setup::default()
    })
}

const NUMBER: fn(&Fact) -> Option<u16> = pick!(Fact::Delivered { packet } => packet.number);

/// Only what this stack promises. Without retransmission a loss is in order, and so on.
/// The first message that was sent and has not come.
fn absences(world: &World, trace: &Trace) -> Vec<Absence> {
    let came = |number: u16| world.node_as::<Receiver>(RECEIVER).is_some_and(|r| r.times(number) > 0);
    let sent = trace.facts().iter().take_while(|(event, _)| event.0 < world.events());
    let mut missing = sent.filter_map(|(event, told)| match told.as_fact::<Fact>()? {
        Fact::Sent { packet } if !came(packet.number) => Some((*event, *packet)),
        _ => None,
    });
    let first = missing.next().map(|(event, packet)| {
        let layers = world.link(SENDER, RECEIVER).layers;
        let arrives = Condition::of("it arrives, the first time or sent again", false).lacks([
            Lack::Running(RECEIVER),
            Lack::Running(SENDER),
            Lack::Sent(event, RECEIVER),
        ]);
        let again = Condition::of("what is lost is sent again (retransmit)", layers.retransmit_us > 0);
        let before =
            Condition::of("what was sent before it has come (reorder)", (1..packet.number).all(came));
        let mut conditions = vec![arrives, again];
        if layers.reorder {
            conditions.push(before);
        }
        let more = match missing.count() {
            0 => String::new(),
            1 => ", nor has another".to_owned(),
            n => format!(", nor have {n} others"),
        };
        Absence::of(Lacking::Delivery, format!("{} has not been delivered{more}", packet.label()), conditions)
    });
    first.into_iter().collect()
}

fn promises(params: &Params) -> Vec<Box<dyn Property>> {
    let sent: fn(&Fact) -> _ = pick!(Fact::Sent { packet } => packet.label());
    let got: fn(&Fact) -> _ = pick!(Fact::Delivered { packet } => packet.label());
    let claim = "only what was sent is delivered, unchanged";
    let rest = "the link changes nothing: it is not arbitrary, or a layer checks a code";
    let no_creation = no_creation("No creation", claim, sent, got);
    let mut all = vec![no_creation.needs(&[Need::Correct]).rests_on(rest).boxed()];
    if params.flag("retransmit") {
        let claim = "every message that is sent is delivered in the end";
        let no_loss = no_loss("No loss", claim, sent, got);
        all.push(
            no_loss
                .needs(&[Need::NoCrash, Need::Fair, Need::NoPause, Need::Correct, Need::Pace, Need::Onward])
                .boxed(),
        );
    }
    if params.flag("dedupe") {
        let rest = "the layer dedupe is on from the start and stays on";
        let once = no_duplication("No duplication", "no message is delivered twice", NUMBER);
        all.push(once.needs(&[Need::NoCrash, Need::Correct]).rests_on(rest).boxed());
    }
    if params.flag("reorder") {
        let claim = "no message is delivered after one that was sent later";
        let rest = "the layer reorder is on from the start and stays on";
        let fifo = fifo_order("FIFO order", claim, |f| Some((SENDER, NUMBER(f)?.into())));
        all.push(fifo.needs(&[Need::NoCrash, Need::Correct]).rests_on(rest).boxed());
    }
    all
}

static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("sends_until_arrival", "sends until one arrives", "", |p| {
        gauges::sends_until_arrival("packet", p.int("count") as usize)
    })
    .published(&[
        Published::of(&["retransmit=on", "loss_percent=10"], 1.0 / 0.9, "1/(1-p)"),
        Published::of(&["retransmit=on"], 1.0 / 0.7, "1/(1-p)"),
        Published::of(&["retransmit=on", "loss_percent=50"], 2.0, "1/(1-p)"),
    ]),
    GaugeDef::new("sends", "sends", "", |_| gauges::sends("packet")),
    GaugeDef::new("delivered", "messages delivered", "", |_| gauges::distinct(NUMBER)),
    GaugeDef::new("missing", "messages not delivered", "", |p| {
        gauges::short_of(p.int("count") as u32, NUMBER)
    }),
    GaugeDef::new("duplicates", "delivered once more", "", |_| gauges::repeats(NUMBER)),
    GaugeDef::new("inversions", "pairs in the wrong order", "", |_| gauges::inversions(NUMBER))
        .theory(out_of_order)
        .published(&[
            Published::of(&["loss_percent=0", "duplicate_percent=0"], 0.281_25, PAIRS),
            Published::of(&["loss_percent=0", "duplicate_percent=0", "spacing_ms=10"], 3.75, PAIRS),
            Published::of(&["loss_percent=0", "duplicate_percent=0", "jitter_ms=100"], 2.88, PAIRS),
            Published::of(&["loss_percent=0", "duplicate_percent=0", "jitter_ms=0"], 0.0, PAIRS),
            Published::of(
                &["loss_percent=0", "duplicate_percent=0", "spacing_ms=0"],
                22.5,
                "45 pairs, and a fair coin for each",
            ),
        ]),
    GaugeDef::new("complete_ms", "until all are delivered", "ms", |p| {
        gauges::all_ms(p.int("count") as usize, NUMBER)
    }),
];

const PAIRS: &str = "the sum over pairs k apart of (1 - k spacing / jitter)^2 / 2";

/// Where nothing is lost or copied: two messages `k` spacings apart, each late by anything up to the jitter, change places
/// if the first is late by so much more. Of all pairs of two delays, a square, these are the triangle in a corner.
fn out_of_order(p: &Params) -> Option<f64> {
    if ["loss_percent", "duplicate_percent", "retransmit", "reorder"].iter().any(|id| number(p, id) > 0.0) {
        return None;
    }
    let (count, jitter) = (p.int("count"), number(p, "jitter_ms"));
    let pairs = |k: i64| {
        let side =
            if jitter > 0.0 { (1.0 - k as f64 * number(p, "spacing_ms") / jitter).max(0.0) } else { 0.0 };
        (count - k) as f64 * side * side / 2.0
    };
    Some((1..count).map(pairs).sum())
}

/// What became of each message.
fn boards(params: &Params, world: &World) -> Vec<Board> {
    let receiver = world.node_as::<Receiver>(RECEIVER);
    let row = |number: u16| {
        let times = receiver.map_or(0, |r| r.times(number));
        let mood = if times == 0 { Mood::Waiting } else { Mood::Good };
        let mood = if times > 1 { Mood::Bad } else { mood };
        (Packet::new(number).label(), vec![Field::of(times).mood(mood)])
    };
    let rows = (1..=params.int("count") as u16).map(row).collect();
    vec![Board::table("What became of each message", &["message", "delivered, times"], rows)]
}

#[cfg(test)]
mod tests;
