//! The sender: a window of packets that are not acknowledged, with a timer for each, or for the first.
//!
//! The rule that is easy to break: the window begins with the first packet that is not acknowledged, however many behind it are.

use super::{Config, Fact, Msg, Mutant, RECEIVER};
use crate::kit::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Timer {
    /// The link is free again.
    Free,
    /// A packet has waited long enough for its acknowledgement: selective repeat's, by its number; go-back-n's first.
    Again(u16),
}

/// The sending end.
#[derive(Clone, Hash)]
pub(super) struct Sender {
    pub config: Config,
    pub out: bool,
    /// The first packet that is not acknowledged, and the first that was not sent; from 0.
    pub base: u64,
    pub next: u64,
    /// Of selective repeat: what is acknowledged beyond the first.
    pub acked: BTreeSet<u64>,
    /// What is to be sent again, and how often each was sent.
    pub again: BTreeSet<u64>,
    pub tries: BTreeMap<u64, u32>,
    pub busy: bool,
}

type Cx<'a> = Ctx<'a, Sender>;

impl Sender {
    pub fn new(config: Config) -> Self {
        Sender {
            config,
            out: false,
            base: 0,
            next: 0,
            acked: BTreeSet::new(),
            again: BTreeSet::new(),
            tries: BTreeMap::new(),
            busy: false,
        }
    }

    fn timer(&self, place: u64) -> Timer {
        Timer::Again(if self.config.selective { self.config.seq(place) } else { 0 })
    }

    /// The next packet for the link, if it is free and there is any: what is sent again goes first.
    fn go_on(&mut self, ctx: &mut Cx<'_>) {
        if self.busy {
            return;
        }
        if let Some(place) = self.again.pop_first() {
            return self.put(ctx, place, true);
        }
        let room = self.next < self.base + self.config.window || self.config.mutant == Mutant::NoWindow;
        if self.next < self.config.count && room {
            self.next += 1;
            self.put(ctx, self.next - 1, false);
        }
    }

    fn put(&mut self, ctx: &mut Cx<'_>, place: u64, again: bool) {
        let (seq, item) = (self.config.seq(place), place + 1);
        self.busy = true;
        *self.tries.entry(place).or_default() += 1;
        ctx.note(format!("sends #{item} with number {seq}{}", if again { " again" } else { "" }));
        ctx.fact(Fact::Sent { item, seq, again });
        ctx.send(RECEIVER, Msg::Packet { seq, item });
        ctx.set_timer(Timer::Free, self.config.packet);
        if self.config.selective || place == self.base {
            ctx.set_timer(self.timer(place), self.config.timeout);
        }
    }

    /// A timeout: what is missing is sent again, or everything from there on (Kurose and Ross, section 3.4).
    fn repeat(&mut self, ctx: &mut Cx<'_>, seq: u16) {
        let waiting = self.base..self.next;
        let due: Vec<u64> = match self.config.selective {
            true => waiting.filter(|&p| self.config.seq(p) == seq && !self.acked.contains(&p)).collect(),
            false => waiting.collect(),
        };
        for place in due {
            if self.config.tries > 0 && self.tries.get(&place).is_some_and(|&t| t >= self.config.tries) {
                if self.config.selective || place == self.base {
                    ctx.note(format!("gives #{} up", place + 1));
                    ctx.fact(Fact::GivenUp { item: place + 1 });
                }
                continue;
            }
            self.again.insert(place);
        }
        self.go_on(ctx);
    }

    fn acknowledged(&mut self, ctx: &mut Cx<'_>, seq: u16) {
        let before = self.base;
        // The only packet of the window that has this number.
        let Some(place) = (self.base..self.next).find(|&p| self.config.seq(p) == seq) else {
            return;
        };
        if self.config.selective {
            self.acked.insert(place);
            ctx.cancel_timer(self.timer(place));
            if self.config.mutant == Mutant::SlidesEarly {
                self.base = place + 1;
            }
            while self.acked.remove(&self.base) {
                self.base += 1;
            }
        } else {
            self.base = place + 1;
        }
        if self.base == before {
            return self.go_on(ctx);
        }
        let base = self.base;
        self.acked.retain(|&p| p >= base);
        self.again.retain(|&p| p >= base);
        self.tries.retain(|&p, _| p >= base);
        ctx.fact(Fact::Moved { first: base + 1 });
        if !self.config.selective {
            match base < self.next {
                true => ctx.set_timer(Timer::Again(0), self.config.timeout),
                false => ctx.cancel_timer(Timer::Again(0)),
            }
        }
        if base == self.config.count {
            ctx.note("has every acknowledgement");
            ctx.fact(Fact::Done {});
        }
        self.go_on(ctx);
    }
}

impl Protocol for Sender {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = ();

    fn start(&mut self, ctx: &mut Cx<'_>) {
        self.go_on(ctx);
    }

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        *self = Sender { out: true, ..Sender::new(self.config) };
        ctx.note("is back, has forgotten its numbers, and takes no more part");
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, _: NodeId, msg: &Msg) {
        if let (Msg::Ack { seq }, false) = (msg, self.out) {
            ctx.note(format!("hears that {seq} has come"));
            self.acknowledged(ctx, *seq);
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Free => {
                self.busy = false;
                self.go_on(ctx);
            }
            Timer::Again(seq) => self.repeat(ctx, seq),
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Free => "the link is free",
            Timer::Again(_) => "send again",
        }
    }

    fn requests(&self) -> &'static [Form] {
        const { &[Form::bare("again", "Send what is not acknowledged again")] }
    }

    fn accepts(&self, _: &Asked) -> Result<(), String> {
        match () {
            () if self.out => {
                Err("it has crashed, has forgotten its numbers, and takes no more part".to_owned())
            }
            () if self.base == self.next => Err("everything that it has sent is acknowledged".to_owned()),
            () => Ok(()),
        }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, _: &Asked) {
        let missing: Vec<u64> = (self.base..self.next).filter(|p| !self.acked.contains(p)).collect();
        self.again.extend(missing);
        self.go_on(ctx);
    }

    /// A liar sends another packet under this number.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        match *msg {
            Msg::Packet { seq, item } => Some(Msg::Packet { seq, item: item + 1 + draw % 9 }),
            Msg::Ack { .. } => None,
        }
    }

    fn inspect(&self) -> Inspect {
        super::show::sender(self)
    }
}
