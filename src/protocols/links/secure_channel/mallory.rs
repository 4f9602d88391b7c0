//! Mallory, the wire: she passes everything on, unless she does something else with it.
//!
//! The rule that is easy to break: she has no key, and nothing here may be given one. She knows everything else.

use super::frame::{Body, Tag};
use super::{ALICE, BOB, Fact, Msg, Rules};
use crate::kit::prelude::*;
use crate::sim::streams::below;
use crate::sim::{FieldKind, FormField};
use std::collections::BTreeMap;

/// What she does with a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Deed {
    Pass,
    Flip(u8),
    /// Flips a bit, and takes the tag off.
    Strip,
    Drop,
    /// Passes it, and sends an old one behind it.
    Replay,
    /// Passes it, and sends an old one behind it under a new number.
    Renumber,
    /// Passes it, and makes up another.
    Forge(u8),
    /// Drops it, and gives a receipt herself.
    Confirm,
}

/// What she makes up if nobody says how much.
const MADE_UP: u8 = 99;
/// The highest bit of an amount.
const HIGHEST: u8 = 7;

const BUSY: &[Deed] = &[
    Deed::Pass,
    Deed::Flip(HIGHEST),
    Deed::Strip,
    Deed::Drop,
    Deed::Replay,
    Deed::Renumber,
    Deed::Forge(MADE_UP),
    Deed::Confirm,
];

/// A payment as it came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Heard {
    pub number: u32,
    pub body: Body,
    tag: Tag,
}

/// How often she has done what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Deeds {
    pub read: u32,
    pub changed: u32,
    pub forged: u32,
    pub replayed: u32,
    pub dropped: u32,
}

/// The wire.
#[derive(Clone, Hash)]
pub(super) struct Mallory {
    rules: Rules,
    // What she does by herself, one of these, and how often.
    pub chance: &'static [Deed],
    percent: u64,
    next: Option<Deed>,
    pub blocks: bool,
    pub heard: Vec<Heard>,
    highest: u32,
    // The first cipher text under each nonce, and the number of its payment.
    streams: BTreeMap<u32, (u32, u8)>,
    pub done: Deeds,
}

type Cx<'a> = Ctx<'a, Mallory>;

impl Mallory {
    pub fn new(rules: Rules, p: &Params) -> Self {
        let chance: &[Deed] = match p.word("tap") {
            "flips" => &[Deed::Flip(HIGHEST)],
            "forges" => &[Deed::Forge(MADE_UP)],
            "replays" => &[Deed::Replay],
            "drops" => &[Deed::Drop],
            "busy" => BUSY,
            _ => &[],
        };
        Mallory {
            rules,
            chance,
            percent: p.int("attack_percent") as u64,
            next: None,
            blocks: false,
            heard: Vec::new(),
            highest: 0,
            streams: BTreeMap::new(),
            done: Deeds::default(),
        }
    }

    /// What anybody on the wire learns of a payment that comes by for the first time.
    fn listen(&mut self, ctx: &mut Cx<'_>, heard: Heard) {
        if self.heard.contains(&heard) {
            return;
        }
        self.heard.push(heard);
        let number = heard.number;
        self.highest = self.highest.max(number);
        match heard.body {
            Body::Clear(amount) => {
                self.done.read += 1;
                ctx.note(format!("reads that #{number} is £{amount}"));
                ctx.fact(Fact::Read { number, amount });
            }
            Body::Sealed { nonce, byte } => {
                let (earlier, first) = *self.streams.entry(nonce).or_insert((number, byte));
                if first != byte {
                    self.done.read += 1;
                    let differ = first ^ byte;
                    ctx.note(format!(
                        "has two cipher texts under one key stream: their amounts differ in the bits {differ:08b}"
                    ));
                    ctx.fact(Fact::Compared { number, earlier });
                }
            }
        }
    }

    /// What she does with it: what was asked for, or what chance says.
    fn choose(&mut self, ctx: &mut Cx<'_>) -> Deed {
        if self.blocks {
            return Deed::Drop;
        }
        if let Some(deed) = self.next.take() {
            return deed;
        }
        let idle = self.chance.is_empty() || self.percent == 0;
        if idle || self.percent < 100 && ctx.random_below(100) >= self.percent {
            return Deed::Pass;
        }
        let one = ctx.random_below(self.chance.len() as u64);
        self.chance.get(one as usize).copied().unwrap_or(Deed::Pass)
    }

    fn act(&mut self, ctx: &mut Cx<'_>, deed: Deed, frame: Heard) {
        match deed {
            Deed::Pass => self.pass(ctx, frame),
            Deed::Flip(bit) => self.change(ctx, frame, bit, frame.tag),
            Deed::Strip => self.change(ctx, frame, HIGHEST, Tag::MISSING),
            Deed::Drop => self.drop(ctx, frame),
            Deed::Replay | Deed::Renumber => {
                self.pass(ctx, frame);
                let one = ctx.random_below(self.heard.len() as u64) as usize;
                let Some(&old) = self.heard.get(one) else {
                    return;
                };
                if deed == Deed::Replay {
                    return self.replay(ctx, old);
                }
                let number = self.highest + 1;
                self.done.changed += 1;
                ctx.note(format!("sends #{} again as #{number}", old.number));
                ctx.fact(Fact::Changed { number });
                ctx.send(BOB, Heard { number, ..old }.again());
            }
            Deed::Forge(amount) => {
                self.pass(ctx, frame);
                self.forge(ctx, amount);
            }
            Deed::Confirm => {
                let number = frame.number;
                self.drop(ctx, frame);
                ctx.note(format!("tells Alice that Bob has #{number}"));
                ctx.fact(Fact::Lied { number });
                let tag = self.best_tag();
                ctx.send(ALICE, Msg::Receipt { number, tag });
            }
        }
    }

    fn pass(&self, ctx: &mut Cx<'_>, frame: Heard) {
        ctx.fact(Fact::Passed { number: frame.number });
        ctx.send(BOB, frame.again());
    }

    fn change(&mut self, ctx: &mut Cx<'_>, frame: Heard, bit: u8, tag: Tag) {
        let number = frame.number;
        let body = frame.body.flipped(bit);
        self.done.changed += 1;
        let tagless = if self.rules.tags && tag.is_missing() { ", and takes the tag off" } else { "" };
        ctx.note(format!("flips bit {bit} of #{number}: {} becomes {body}{tagless}", frame.body));
        ctx.fact(Fact::Changed { number });
        ctx.send(BOB, Msg::Payment { number, body, tag });
    }

    fn drop(&mut self, ctx: &mut Cx<'_>, frame: Heard) {
        let number = frame.number;
        self.done.dropped += 1;
        ctx.note(format!("drops #{number}"));
        ctx.fact(Fact::Dropped { number });
    }

    fn replay(&mut self, ctx: &mut Cx<'_>, old: Heard) {
        self.done.replayed += 1;
        ctx.note(format!("sends #{} again", old.number));
        ctx.fact(Fact::Replayed { number: old.number });
        ctx.send(BOB, old.again());
    }

    /// A payment as it should look, under the next number. Without a key it says something, but not what she likes.
    fn forge(&mut self, ctx: &mut Cx<'_>, amount: u8) {
        let number = self.highest + 1;
        let body = match self.rules.encrypts {
            true => Body::Sealed { nonce: number, byte: amount },
            false => Body::Clear(amount),
        };
        self.done.forged += 1;
        ctx.note(format!("makes up a payment: #{number} {body}"));
        ctx.fact(Fact::Forged { number });
        ctx.send(BOB, Msg::Payment { number, body, tag: self.best_tag() });
    }

    fn best_tag(&self) -> Tag {
        if self.rules.tags { Tag::MADE_UP } else { Tag::MISSING }
    }
}

impl Heard {
    fn again(self) -> Msg {
        let Heard { number, body, tag } = self;
        Msg::Payment { number, body, tag }
    }
}

impl Protocol for Mallory {
    type Msg = Msg;
    type Timer = ();
    type Stable = ();

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        (self.next, self.blocks, self.highest, self.done) = (None, false, 0, Deeds::default());
        self.heard.clear();
        self.streams.clear();
        ctx.note("is back, and passes on what comes; what she has heard is gone");
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, _: NodeId, msg: &Msg) {
        match *msg {
            Msg::Payment { number, body, tag } => {
                let frame = Heard { number, body, tag };
                self.listen(ctx, frame);
                let deed = self.choose(ctx);
                self.act(ctx, deed, frame);
            }
            Msg::Receipt { number, .. } if self.blocks => {
                ctx.note(format!("keeps the receipt for #{number}"));
            }
            Msg::Receipt { .. } => ctx.send(ALICE, *msg),
        }
    }

    fn requests(&self) -> &'static [Form] {
        const {
            &[
                Form {
                    id: "flip",
                    label: "Flip a bit of the next payment",
                    fields: &[FormField {
                        label: "which: 7 is worth £128",
                        kind: FieldKind::Int { default: 7, min: 0, max: 7 },
                    }],
                },
                Form::bare("drop", "Drop the next payment"),
                Form {
                    id: "replay",
                    label: "Send an old payment again",
                    fields: &[FormField {
                        label: "which, by the order in which they came",
                        kind: FieldKind::Int { default: 1, min: 1, max: 9_999 },
                    }],
                },
                Form {
                    id: "forge",
                    label: "Make up a payment",
                    fields: &[FormField {
                        label: "how much",
                        kind: FieldKind::Int { default: 99, min: 1, max: 200 },
                    }],
                },
                Form::bare("confirm", "Drop the next payment, and tell Alice that it has arrived"),
                Form {
                    id: "block",
                    label: "Let nothing through",
                    fields: &[FormField { label: "from now on", kind: FieldKind::Word(&["on", "off"]) }],
                },
            ]
        }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        let next = match asked.form {
            "flip" => Deed::Flip(asked.int(0) as u8),
            "drop" => Deed::Drop,
            "confirm" => Deed::Confirm,
            "replay" => {
                return match self.heard.get(asked.int(0) as usize - 1) {
                    Some(&old) => self.replay(ctx, old),
                    None => ctx.note(format!("has heard {} payments, and no such one", self.heard.len())),
                };
            }
            "forge" => return self.forge(ctx, asked.int(0) as u8),
            _ => {
                self.blocks = asked.word(0) == "on";
                ctx.note(if self.blocks {
                    "lets nothing through from now on"
                } else {
                    "passes things on again"
                });
                ctx.fact(Fact::Blocked { on: self.blocks });
                return;
            }
        };
        ctx.note("has something in store for the next payment");
        self.next = Some(next);
    }

    /// A lie like any other: a flipped bit.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        match *msg {
            Msg::Payment { number, body, tag } => {
                Some(Msg::Payment { number, body: body.flipped(below(draw, 8) as u8), tag })
            }
            Msg::Receipt { number, .. } => Some(Msg::Receipt { number: number + 1, tag: self.best_tag() }),
        }
    }

    fn inspect(&self) -> Inspect {
        let cell = |h: &Heard| match h.body {
            Body::Clear(_) => {
                Cell::new(h.number, CellTone::Firm, format!("#{} {}, in clear", h.number, h.body))
            }
            Body::Sealed { .. } => {
                Cell::new(h.number, CellTone::Tentative, format!("#{} {}, sealed", h.number, h.body))
            }
        };
        let store = match self.next {
            _ if self.blocks => "lets nothing through",
            None => "passes things on",
            Some(Deed::Flip(_)) => "will flip a bit",
            Some(Deed::Confirm) => "will drop, and lie",
            Some(_) => "will drop",
        };
        let first = self.heard.len().saturating_sub(12);
        let Deeds { read, changed, forged, replayed, dropped } = self.done;
        Inspect::of("wire", Glyph::None)
            .badge(store)
            .cells(self.heard[first..].iter().map(cell))
            .field("payments heard", self.heard.len())
            .field("read", read)
            .field("changed", changed)
            .field("made up", forged)
            .field("sent again", replayed)
            .field("dropped", dropped)
    }
}
