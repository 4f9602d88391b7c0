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
//! link that delivers twice keeps its word, so it violates nothing; the measures count copies,
//! inversions and gaps under every stack. And a layer's memory is volatile: a crash of the receiver
//! brings duplicates back, and loses what waited in the reorder buffer, which was acknowledged. What
//! the two applications keep (how many were sent, what was received) is on disk, so that they see it.

mod checks;

use crate::kit::{Choice, Entry, Param, ParamKind, Params};
use crate::sim::world::Layout;
use crate::sim::{
    Cell, CellTone, Ctx, Delay, Glyph, Host, Inspect, Kind, Layers, Link, Message, NodeId,
    NodeSetup, Protocol, Refusal, Setup, Shape, Span, Tone,
};

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "link-stack",
    title: "Link stack",
    source: "Cachin, Guerraoui, Rodrigues 2011, section 2.4",
    leaves_out: "a window that limits what is unacknowledged, and timeouts that adapt to the delay",
    params: PARAMS,
    build,
    promises: checks::properties,
    ..Entry::BLANK
};

const PARAMS: &[Param] = &[
    int("count", "Messages", (10, 1, 50), ""),
    int("spacing_ms", "Sent every", (30, 0, 1_000), "ms"),
    int("loss_percent", "Loss", (30, 0, 100), "%"),
    int("duplicate_percent", "Duplication", (10, 0, 100), "%"),
    layer("retransmit", "Retransmit until acknowledged"),
    int("resend_ms", "Retransmit every", (150, 10, 10_000), "ms"),
    layer("dedupe", "Drop second copies"),
    layer("reorder", "Deliver in the order of sending"),
    Param {
        id: "mutant",
        label: "Mutant",
        kind: ParamKind::Choice(&[
            Choice {
                id: "none",
                label: "the sender sends each message once",
            },
            Choice {
                id: "send-twice",
                label: "the sender sends each message twice, to be sure",
            },
        ]),
    },
];

const fn int(
    id: &'static str,
    label: &'static str,
    (default, min, max): (i64, i64, i64),
    unit: &'static str,
) -> Param {
    Param {
        id,
        label,
        kind: ParamKind::Int {
            default,
            min,
            max,
            unit,
        },
    }
}

const fn layer(id: &'static str, label: &'static str) -> Param {
    Param {
        id,
        label,
        kind: ParamKind::Bool(false),
    }
}

const SENDER: NodeId = NodeId(0);
const RECEIVER: NodeId = NodeId(1);

/// A numbered message with a letter in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Packet {
    /// Its number, from 1.
    pub number: u16,
    /// Its content: A in the first, B in the second, and so on, beginning again after Z.
    pub letter: u8,
}

impl Packet {
    fn new(number: u16) -> Self {
        Packet {
            number,
            letter: b'A' + ((number + 25) % 26) as u8,
        }
    }

    fn text(self) -> String {
        format!("#{} {}", self.number, char::from(self.letter))
    }
}

impl Message for Packet {
    fn kind(&self) -> Kind {
        Kind {
            name: "packet",
            shape: Shape::Disc,
            tone: Tone::Blue,
        }
    }

    fn label(&self) -> String {
        self.text()
    }

    /// Another letter: a flipped bit below the alphabet's 16, so that it stays a letter.
    fn corrupted(&self, draw: u64) -> Option<Self> {
        let letter = b'A' + ((self.letter - b'A') ^ (1 << (draw % 3)));
        Some(Packet { letter, ..*self })
    }
}

/// The timer of the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SenderTimer {
    /// The next message is due.
    Next,
}

/// The application that sends. It hands each message to the link once and thinks no more of it.
#[derive(Clone, Debug, Hash)]
pub struct Sender {
    count: u16,
    spacing: Span,
    twice: bool,
    sent: u16,
}

impl Sender {
    /// How many messages it has handed to the link.
    pub fn sent(&self) -> u16 {
        self.sent
    }

    fn send_next(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.sent == self.count {
            return;
        }
        self.sent += 1;
        // On disk first: after a crash it must neither repeat a number nor leave one out.
        ctx.persist(self.sent);
        let packet = Packet::new(self.sent);
        ctx.note(format!("sends {}", packet.text()));
        ctx.send(RECEIVER, packet);
        if self.twice {
            ctx.send(RECEIVER, packet);
        }
        if self.sent < self.count {
            ctx.set_timer(SenderTimer::Next, self.spacing);
        }
    }
}

impl Protocol for Sender {
    type Msg = Packet;
    type Timer = SenderTimer;
    type Stable = u16;

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.send_next(ctx);
    }

    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.sent = *ctx.durable();
        ctx.note(format!("goes on after #{}", self.sent));
        self.send_next(ctx);
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, _: NodeId, msg: &Packet) {
        ctx.note(format!("expects no messages, and ignores {}", msg.text()));
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, _: SenderTimer) {
        self.send_next(ctx);
    }

    /// A liar changes the content.
    fn lie(&self, msg: &Packet, _: NodeId, draw: u64) -> Option<Packet> {
        msg.corrupted(draw)
    }

    fn timer_name(_: SenderTimer) -> &'static str {
        "next message"
    }

    fn inspect(&self) -> Inspect {
        let cell = |number: u16| Cell {
            text: number.to_string(),
            tone: CellTone::Tentative,
            title: format!("{}, handed to the link", Packet::new(number).text()),
        };
        Inspect {
            role: "sender".to_owned(),
            badge: format!("sent {}/{}", self.sent, self.count),
            cells: (1..=self.sent).map(cell).collect(),
            ..Inspect::default()
        }
        .field("sent", self.sent)
        .field("messages", self.count)
        .field("sent every", self.spacing)
    }
}

/// The application that receives. What it was handed it writes down, on disk, in that order.
#[derive(Clone, Debug, Hash)]
pub struct Receiver {
    count: u16,
    log: Vec<Packet>,
}

impl Receiver {
    /// What it was handed, in that order, with repetitions.
    pub fn log(&self) -> &[Packet] {
        &self.log
    }

    /// How the entry at `place` stands to those before it: as it should, or what is wrong.
    fn fault_of(&self, place: usize) -> Option<&'static str> {
        let number = self.log[place].number;
        let before = &self.log[..place];
        if before.iter().any(|p| p.number == number) {
            Some("a second time")
        } else if before.iter().any(|p| p.number > number) {
            Some("too late: after one that was sent later")
        } else {
            None
        }
    }

    fn distinct(&self) -> usize {
        let first = |&i: &usize| self.fault_of(i) != Some("a second time");
        (0..self.log.len()).filter(first).count()
    }
}

impl Protocol for Receiver {
    type Msg = Packet;
    type Timer = ();
    type Stable = Vec<Packet>;

    fn start(&mut self, _: &mut Ctx<'_, Self>) {}

    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.log.clone_from(ctx.durable());
        ctx.note("has its log from disk; what its link's layers remembered is gone");
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, _: NodeId, msg: &Packet) {
        self.log.push(*msg);
        let how = self.fault_of(self.log.len() - 1);
        let how = how.map_or(String::new(), |how| format!(", {how}"));
        ctx.note(format!("is handed {}{how}", msg.text()));
        ctx.persist(self.log.clone());
    }

    fn on_timer(&mut self, _: &mut Ctx<'_, Self>, (): ()) {}

    fn inspect(&self) -> Inspect {
        let cell = |(place, packet): (usize, &Packet)| {
            let fault = self.fault_of(place);
            Cell {
                text: packet.number.to_string(),
                tone: fault.map_or(CellTone::Firm, |_| CellTone::Conflict),
                title: format!("{}, {}", packet.text(), fault.unwrap_or("in its place")),
            }
        };
        let distinct = self.distinct();
        let complete = distinct == usize::from(self.count);
        let log: Vec<String> = self.log.iter().map(|p| p.number.to_string()).collect();
        Inspect {
            role: "receiver".to_owned(),
            glyph: if complete { Glyph::Check } else { Glyph::None },
            prominent: complete,
            badge: format!("got {distinct}/{}", self.count),
            cells: self.log.iter().enumerate().map(cell).collect(),
            ..Inspect::default()
        }
        .field("handed over", self.log.len())
        .field("of these different", distinct)
        .field("in this order", log.join(" "))
    }
}

fn build(params: &Params, seed: u64) -> Result<Setup, Refusal> {
    let on = |switch, value| if params.flag(switch) { value } else { 0 };
    let us = |id| params.int(id) as u64 * 1_000;
    let link = Link {
        duplicate_ppm: params.int("duplicate_percent") as u32 * 10_000,
        layers: Layers {
            retransmit_us: on("retransmit", us("resend_ms")),
            dedupe: params.flag("dedupe"),
            reorder: params.flag("reorder"),
            authenticate: false,
        },
        ..Link::fair_loss(
            Delay::Uniform {
                min_us: 20_000,
                max_us: 60_000,
            },
            params.int("loss_percent") as u32 * 10_000,
        )
    };
    link.check()?;
    let count = params.int("count") as u16;
    let sender = Sender {
        count,
        spacing: Span(us("spacing_ms")),
        twice: params.word("mutant") == "send-twice",
        sent: 0,
    };
    let receiver = Receiver {
        count,
        log: Vec::new(),
    };
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

#[cfg(test)]
mod tests;
