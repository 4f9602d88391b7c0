//! Sequence numbers and the sliding window: a sender has several packets on their way at once, and numbers that come round again tell the receiver
//! which is which (Kurose and Ross, *Computer Networking*, section 3.4; Tanenbaum, *Computer Networks*, the chapter on the data link layer).
//!
//! A sender may have as many packets unacknowledged as its *window* is wide. Packets and acknowledgements carry a number of b bits: packet
//! 0 has number 0, and after 2^b packets it comes round. What is lost is sent again after a timeout:
//!
//! - *Selective repeat*: the receiver keeps what comes early, acknowledges each packet by itself, and only what is missing is sent again. It
//!   takes whatever number lies in a window as wide as the sender's, from the next one that it waits for.
//! - *Go-back-n*: the receiver takes the next packet and no other, and acknowledges the last that was in its turn, and with it all before.
//!   The sender sends everything again from the first unacknowledged on.
//! - With a window of 1 both are *stop-and-wait*, and with one bit that is the *alternating bit* (Bartlett, Scantlebury and Wilkinson 1969).
//!
//! How wide may the window be? If all acknowledgements of a window are lost, the receiver's window has moved on by its whole width, and the sender's has not.
//! What is sent again must not lie in the new one: the two windows together are no wider than 2^b. So selective repeat has at most
//! 2^(b-1), and go-back-n, whose receiver's window is 1, at most 2^b - 1. And packets must not overtake each other by more than that: an old one
//! that comes when the numbers have come round is taken for a new one. Longer numbers put that off (RFC 1982 compares such numbers as long as
//! they are less than half of the space apart); nothing but a limit to a packet's life rules it out.
//!
//! And how wide must it be? Putting a packet on the link takes T, and it is on its way for a T. Its acknowledgement is back after (1 + 2 a) T.
//! W packets in that time keep the link in use for W / (1 + 2 a) of it, and all of it if W is that large.
//!
//! Variants chosen here: packets are numbered from 0 on, and both ends know that. An acknowledgement takes no time to be put on its link. Each packet of
//! selective repeat has a timer of its own. Whoever crashes has forgotten its numbers, and takes no more part: how numbers are agreed upon
//! anew is another protocol's matter.
//!
//! The rule that is easy to break: the receiver knows a packet by its number alone. Which one it really is stands in it for those who watch.

mod cost;
mod receiver;
mod sender;
mod show;

#[cfg(test)]
mod tests;

use crate::kit::prelude::*;
use receiver::Receiver;
use sender::Sender;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "sliding-window",
    title: "Sliding window",
    source: "Kurose and Ross, section 3.4; Tanenbaum, Computer Networks; Bartlett, Scantlebury and Wilkinson 1969; RFC 1982",
    leaves_out: "a window that adapts to the receiver or to congestion, timeouts that adapt to the delay, and agreeing on the first number",
    params: &[
        Param::choice("variant", "What is sent again", VARIANTS),
        Param::int("bits", "Bits of a sequence number", 2, 1..=8),
        Param::int("window", "Window: packets on their way at once", 2, 1..=255),
        Param::int("count", "Packets", 12, 1..=5_000),
        Param::ms("packet_ms", "Putting a packet on the link takes", 20, 1..=1_000),
        Param::ms("delay_ms", "It is on its way for", 60, 0..=5_000),
        Param::ms("timeout_ms", "Sent again after", 300, 10..=60_000),
        Param::int("tries", "Given up after so many tries (0: never)", 0, 0..=100),
        Param::percent("loss_percent", "Loss, both ways", 10),
        Param::flag("fifo", "Links keep the order of sending", true),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    length: Span::secs(60),
    build,
    promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    ..Entry::BLANK
};

const VARIANTS: &[Choice] = &[
    Choice::new("selective", "what is missing (selective repeat)"),
    Choice::new("go-back-n", "everything from there on (go-back-n)"),
];

mutants! {
    /// A window with a rule left out.
    pub enum Mutant {
        /// What is not the last one is new, it thinks.
        WideOpen = "wide-open", "the receiver takes any number but the last one" {
            rule: "the receiver takes what lies in its window, and acknowledges again what lies before it",
            breaks: "Right packet",
        }
        /// It keeps the link busy.
        NoWindow = "no-window", "the sender does not wait for acknowledgements" {
            rule: "the sender has no more packets unacknowledged than its window is wide",
            breaks: "Right packet",
        }
        /// Something has come, so it goes on.
        SlidesEarly = "slides-early", "the sender goes on behind the newest packet that is acknowledged" {
            rule: "the sender's window begins with the first packet that is not acknowledged",
            breaks: "Right packet",
        }
        /// What comes, comes.
        TakesAny = "takes-any", "the receiver hands over what comes, whatever its number" {
            rule: "the receiver of go-back-n takes the next packet and no other",
            breaks: "Right packet", with: &["variant=go-back-n"],
        }
        /// It says what it has seen.
        AcksAny = "acks-any", "the receiver acknowledges what it does not take" {
            rule: "an acknowledgement of go-back-n is of the last packet in its turn, and of all before",
            breaks: "Right packet", with: &["variant=go-back-n"],
        }
    }
    as it is: "as in the books",
}

messages! {
    /// What goes over the link.
    pub enum Msg {
        /// A packet: its number, and which one it really is, from 1.
        Packet { seq: u16, item: u64 } = "packet", Disc, Blue, "{seq}: #{item}";
        /// A number that has come, or with go-back-n all up to it.
        Ack { seq: u16 } = "ack", Tag, Green, "ack {seq}";
    }
}

facts! {
    /// What sender and receiver tell.
    pub enum Fact {
        /// A packet is put on the link, for the first time or again.
        Sent { item: u64, seq: u16, again: bool } = "sent",
        /// The receiver hands a packet over: as the how manieth, and which one it really is.
        Delivered { place: u64, item: u64 } = "delivered",
        /// That is another one.
        Stale { place: u64, item: u64 } = "stale" => Decisive,
        /// The receiver has had this number, or does not take it.
        Passed { seq: u16, item: u64 } = "passed" => Quiet,
        /// The sender's window moves: its first packet is this one.
        Moved { first: u64 } = "moved" => Quiet,
        /// The sender gives a packet up.
        GivenUp { item: u64 } = "given-up" => Decisive,
        /// The sender has every acknowledgement.
        Done {} = "done" => Decisive,
    }
}

pub(in crate::protocols::links) const SENDER: NodeId = NodeId(0);
pub(in crate::protocols::links) const RECEIVER: NodeId = NodeId(1);

/// What is installed on both ends alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Config {
    selective: bool,
    bits: u32,
    window: u64,
    count: u64,
    packet: Span,
    delay: Span,
    timeout: Span,
    tries: u32,
    mutant: Mutant,
}

impl Config {
    fn of(p: &Params) -> Self {
        Config {
            selective: p.word("variant") != "go-back-n",
            bits: p.int("bits") as u32,
            window: p.int("window").unsigned_abs(),
            count: p.int("count").unsigned_abs(),
            packet: p.ms("packet_ms"),
            delay: p.ms("delay_ms"),
            timeout: p.ms("timeout_ms"),
            tries: p.int("tries") as u32,
            mutant: Mutant::of(p),
        }
    }

    /// How many numbers there are.
    fn space(self) -> u64 {
        1 << self.bits
    }

    /// The number of the packet at this place, from 0.
    fn seq(self, place: u64) -> u16 {
        (place % self.space()) as u16
    }

    /// How far `seq` lies ahead of the number of `place`.
    fn ahead(self, seq: u16, place: u64) -> u64 {
        (u64::from(seq) + self.space() - place % self.space()) % self.space()
    }

    /// The widest window that its numbers allow.
    fn widest(self) -> u64 {
        if self.selective { self.space() / 2 } else { self.space() - 1 }
    }
}

fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let config = Config::of(p);
    if config.window > config.space() {
        let (window, bits, space) = (config.window, config.bits, config.space());
        let why = format!(
            "a window of {window} and numbers of {bits} bits: there are {space} numbers, and two packets in one window would have the same"
        );
        return Err(Refusal::new("window-too-wide", why));
    }
    let way = |us: u64| Link {
        fifo: p.flag("fifo"),
        ..Link::fair_loss(Delay::Constant { us: us.max(1) }, p.ppm("loss_percent").min(999_999))
    };
    let there = way(config.packet.0 + config.delay.0);
    let nodes = vec![
        NodeSetup::server("Sender", Host::boxed(Sender::new(config))),
        NodeSetup::server("Receiver", Host::boxed(Receiver::new(config))),
    ];
    let links = vec![(SENDER, RECEIVER, there)];
    Ok(Setup { seed, link: way(config.delay.0), links, nodes, layout: Layout::Line, ..Setup::default() })
}

const ROOM: &str = "the sender's and the receiver's window together are no wider than the numbers reach";

fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let claim = "the packet that is handed over as the k-th is the k-th that was sent";
    let wrong: fn(&Fact) -> Option<String> = |fact| match fact {
        Fact::Delivered { place, item } if place != item => {
            Some(format!("packet {item} was taken for packet {place}, and handed over in its place"))
        }
        _ => None,
    };
    let right = never("Right packet", claim, wrong).needs(&[Need::InOrder, Need::Correct]).rests_on(ROOM);
    let mut all = vec![right.boxed()];
    if p.int("tries") == 0 {
        let claim = "every packet that is sent is handed over in the end";
        let sent: fn(&Fact) -> Option<u64> = pick!(Fact::Sent { item, .. } => *item);
        let came: fn(&Fact) -> Option<u64> = pick!(Fact::Delivered { item, .. } => *item);
        let needs: &[Need] =
            &[Need::Fair, Need::NoCrash, Need::NoPause, Need::Correct, Need::Pace, Need::Onward];
        all.push(
            no_loss("Everything arrives", claim, sent, came).needs(needs).rests_on(ROOM).crash_stop().boxed(),
        );
    }
    all
}
