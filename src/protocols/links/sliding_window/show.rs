//! What the ends show, the numbers with what each stands for at either end, and why a packet has not come.
//!
//! The rule that is easy to break: a number is all that an end sees of a packet. That two packets have the same is seen here.

use super::receiver::Receiver;
use super::sender::Sender;
use super::{Config, Fact, RECEIVER, SENDER};
use crate::kit::prelude::*;

/// At most three characters.
fn short(number: u64) -> String {
    if number < 1_000 { number.to_string() } else { "...".to_owned() }
}

pub(super) fn sender(s: &Sender) -> Inspect {
    if s.out {
        return Inspect::of("takes no more part", Glyph::Cross).field("numbers", "forgotten");
    }
    let c = s.config;
    let cell = |place: u64| {
        let (seq, item) = (c.seq(place), place + 1);
        match () {
            () if s.acked.contains(&place) => {
                Cell::new(short(seq.into()), CellTone::Firm, format!("#{item}, number {seq}: acknowledged"))
            }
            () if place < s.next => Cell::new(
                short(seq.into()),
                CellTone::Tentative,
                format!("#{item}, number {seq}: not acknowledged"),
            ),
            () => {
                Cell::new(short(seq.into()), CellTone::Empty, format!("#{item}, number {seq}: may be sent"))
            }
        }
    };
    let last = (s.base + c.window).min(c.count).min(s.base + 12);
    let done = s.base == c.count;
    Inspect::of("sender", if done { Glyph::Check } else { Glyph::None })
        .prominent(done)
        .badge(format!("acked {}/{}", s.base, c.count))
        .cells((s.base..last).map(cell))
        .field("first not acknowledged", format!("#{}", s.base + 1))
        .field("sent", s.next)
        .field("window", c.window)
        .field("numbers", format!("{} ({} bits)", c.space(), c.bits))
        .field("widest window for these", c.widest())
}

pub(super) fn receiver(r: &Receiver) -> Inspect {
    if r.out {
        return Inspect::of("takes no more part", Glyph::Cross).field("numbers", "forgotten");
    }
    let cell = |&(place, item): &(u64, u64)| {
        let right = place == item;
        let tone = if right { CellTone::Firm } else { CellTone::Conflict };
        let how = if right { "in its place" } else { "which is another packet" };
        Cell::new(short(item), tone, format!("#{item}, handed over as packet {place}, {how}"))
    };
    let early = |(place, item): (&u64, &u64)| {
        Cell::new(short(*item), CellTone::Tentative, format!("#{item} came early, for place {}", place + 1))
    };
    let kept = r.recent.len().min(12 - r.early.len().min(6));
    let recent = &r.recent[r.recent.len() - kept..];
    let whole = r.expected == r.config.count;
    Inspect::of("receiver", if whole { Glyph::Check } else { Glyph::None })
        .prominent(whole)
        .badge(format!("got {}/{}", r.expected, r.config.count))
        .cells(recent.iter().map(cell).chain(r.early.iter().take(6).map(early)))
        .field("handed over", r.expected)
        .field("waits for number", r.config.seq(r.expected))
        .field("takes so many numbers", r.window())
        .field("came early", r.early.len())
}

/// So many numbers stand in the table.
const ROWS: u64 = 16;

pub(super) fn boards(p: &Params, world: &World) -> Vec<Board> {
    let c = Config::of(p);
    let (Some(s), Some(r)) = (world.node_as::<Sender>(SENDER), world.node_as::<Receiver>(RECEIVER)) else {
        return Vec::new();
    };
    vec![numbers(c, s, r), widths(c, r)]
}

/// What each number stands for, at the sender and at the receiver.
fn numbers(c: Config, s: &Sender, r: &Receiver) -> Board {
    let rows = c.space().min(ROWS);
    let first = if c.space() > ROWS { s.base } else { 0 };
    let row = |number: u64| {
        let seq = c.seq(number);
        let place = s.base + c.ahead(seq, s.base);
        let sends = match () {
            () if s.acked.contains(&place) => {
                Field::of(format!("#{}, acknowledged", place + 1)).mood(Mood::Good)
            }
            () if place < s.next => {
                Field::of(format!("#{}, not acknowledged", place + 1)).mood(Mood::Waiting)
            }
            () if place < s.base + c.window && place < c.count => {
                Field::of(format!("#{}, may be sent", place + 1))
            }
            () => Field::of("-"),
        };
        let ahead = c.ahead(seq, r.expected);
        let meant = r.expected + ahead;
        let takes =
            match r.early.get(&meant) {
                Some(item) => Field::of(format!("has it, as packet {}", meant + 1))
                    .mood(if *item == meant + 1 { Mood::Good } else { Mood::Bad }),
                None if ahead < r.window() => {
                    // What the sender would send with this number is another packet.
                    let other = place < s.next && place != meant;
                    Field::of(format!("takes it for packet {}", meant + 1)).mood(if other {
                        Mood::Bad
                    } else {
                        Mood::Waiting
                    })
                }
                None => Field::of("has had it"),
            };
        (seq.to_string(), vec![sends, takes])
    };
    let rows = (first..first + rows).map(row).collect();
    Board::table("What a number stands for", &["number", "at the sender", "at the receiver"], rows)
}

/// The two windows, side by side.
fn widths(c: Config, r: &Receiver) -> Board {
    let together = c.window + r.window();
    let mood = if together <= c.space() { Mood::Good } else { Mood::Bad };
    let bars = vec![
        Bar::of("the sender's window", c.window as f64),
        Bar::of("the receiver's", r.window() as f64),
        Bar::of("together", together as f64).mood(mood),
    ];
    Board::bars("The windows, and the numbers that there are", "", bars, Some(c.space() as f64))
}

/// The first packet that was sent and not handed over.
pub(super) fn absences(world: &World, trace: &Trace) -> Vec<Absence> {
    let Some(r) = world.node_as::<Receiver>(RECEIVER).filter(|r| !r.out) else {
        return Vec::new();
    };
    let sent = trace.facts().iter().take_while(|(event, _)| event.0 < world.events());
    let newest = sent.filter_map(|(event, told)| match told.as_fact::<Fact>()? {
        Fact::Sent { item, .. } if *item == r.expected + 1 => Some(*event),
        _ => None,
    });
    let absent = newest.last().map(|event| {
        let item = r.expected + 1;
        let lacks = [Lack::Running(RECEIVER), Lack::Running(SENDER), Lack::Sent(event, RECEIVER)];
        let arrives =
            Condition::of(format!("#{item} arrives, the first time or sent again"), false).lacks(lacks);
        Absence::of(Lacking::Delivery, format!("packet {item} has not been handed over"), vec![arrives])
    });
    absent.into_iter().collect()
}
