//! A copy: what it does when it is asked, and when it takes a write.
//!
//! The rule that is easy to break: all that a handler says is said when what it knows is on disk.

use super::setup::{Config, Keeping};
use super::{FIRST, Fact, Item, Msg, Mutant, Op, Stamp};
use crate::kit::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What a register holds: its value, and the time by which it won.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Held {
    pub value: u64,
    // When it was written, by whose clock, and the how-manieth it was there.
    time: (u64, u16, u32),
}

/// What is on a copy's disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Kept {
    pub held: BTreeMap<char, Held>,
    // How many writes of each copy have come, its own included.
    pub vector: Vec<u32>,
    // The number up to which all have come, and at R1 the newest that was given.
    pub taken: u32,
    given: u32,
    // What waits for what came before it.
    pub waiting: Vec<Item>,
    // Of each client the newest request that was asked here, and that was given a number.
    asked: BTreeMap<NodeId, u32>,
    ordered: BTreeMap<NodeId, u32>,
    // At a primary: who has each write that is not answered yet.
    open: BTreeMap<u32, (Item, BTreeSet<NodeId>)>,
}

/// A copy.
#[derive(Clone, Hash)]
pub(super) struct Replica {
    config: Config,
    me: NodeId,
    pub kept: Kept,
}

type Cx<'a> = Ctx<'a, Replica>;

/// What is said once it is on disk.
enum Said {
    To(NodeId, Msg),
    All(Msg),
    Told(String, Fact),
}

impl Replica {
    pub fn new(config: Config, me: NodeId) -> Self {
        let kept = Kept { vector: vec![0; usize::from(config.copies)], ..Kept::default() };
        Replica { config, me, kept }
    }

    pub fn holds(&self, key: char) -> u64 {
        self.kept.held.get(&key).map_or(0, |held| held.value)
    }

    fn is_first(&self) -> bool {
        self.me == FIRST
    }

    /// Whether what is asked elsewhere is passed on to R1.
    pub fn passes_on(&self) -> bool {
        matches!(self.config.keeping, Keeping::Primary | Keeping::Ordered)
    }

    fn leaves_out(&self, mutant: Mutant) -> bool {
        self.config.mutant == mutant
    }

    // -------------------------------------------------------------- what is asked

    /// A client asks here. The same request is done once.
    fn asked(&mut self, (client, serial): (NodeId, u32), op: Op, now: u64, say: &mut Vec<Said>) {
        let newest = self.kept.asked.entry(client).or_default();
        if serial <= *newest {
            return;
        }
        *newest = serial;
        let call = (client, serial);
        let nearby = self.config.keeping != Keeping::Primary || self.leaves_out(Mutant::ReadsNearby);
        match op {
            Op::Read { key } if nearby => self.answer(call, self.holds(key), say),
            Op::Write { key, value } if self.config.keeping == Keeping::Causal => {
                // 1995, section 4: the write is taken here, and sent with the vector that counts it.
                self.kept.vector[self.me.index()] += 1;
                let stamp = Stamp::After(self.kept.vector.clone());
                self.write_here(Item { call, home: self.me, key, value, stamp }, say);
            }
            Op::Write { key, value } if self.config.keeping == Keeping::Newest => {
                self.kept.vector[self.me.index()] += 1;
                let stamp = Stamp::Time(now, self.kept.vector[self.me.index()]);
                self.write_here(Item { call, home: self.me, key, value, stamp }, say);
            }
            _ => {
                if self.leaves_out(Mutant::AnswersAtOnce)
                    && let Op::Write { value, .. } = op
                {
                    self.answer(call, value, say);
                }
                match self.is_first() {
                    true => self.passed(self.me, call, op, say),
                    false => say.push(Said::To(FIRST, Msg::Pass { call, op })),
                }
            }
        }
    }

    fn answer(&self, (client, serial): (NodeId, u32), value: u64, say: &mut Vec<Said>) {
        say.push(Said::To(client, Msg::Done { serial, value }));
    }

    /// Taken here and answered at once; the others hear of it.
    fn write_here(&mut self, item: Item, say: &mut Vec<Said>) {
        self.take(&item, say);
        self.answer(item.call, item.value, say);
        say.push(Said::All(Msg::Update { item }));
    }

    /// R1 does what was asked at `home`: a read from its own copy, a write with the next number.
    fn passed(&mut self, home: NodeId, call: (NodeId, u32), op: Op, say: &mut Vec<Said>) {
        let newest = self.kept.ordered.entry(call.0).or_default();
        if call.1 <= *newest {
            return;
        }
        *newest = call.1;
        match op {
            Op::Read { key } => self.result(home, call, self.holds(key), say),
            Op::Write { key, value } => {
                self.kept.given += 1;
                let number = self.kept.given;
                let item = Item { call, home, key, value, stamp: Stamp::Number(number) };
                say.push(Said::All(Msg::Update { item: item.clone() }));
                if self.config.keeping == Keeping::Primary {
                    self.kept.open.insert(number, (item.clone(), BTreeSet::from([self.me])));
                }
                self.come(item, say);
                self.complete(number, say);
            }
        }
    }

    /// Answered by R1, by way of the copy at which it was asked.
    fn result(&self, home: NodeId, call: (NodeId, u32), value: u64, say: &mut Vec<Said>) {
        match home == self.me {
            true => self.answer(call, value, say),
            false => say.push(Said::To(home, Msg::Result { call, value })),
        }
    }

    /// A primary answers when all copies have the write.
    fn complete(&mut self, number: u32, say: &mut Vec<Said>) {
        let all = usize::from(self.config.copies);
        let done = self.kept.open.get(&number).is_some_and(|(_, have)| have.len() == all);
        if done && let Some((item, _)) = self.kept.open.remove(&number) {
            self.result(item.home, item.call, item.value, say);
        }
    }

    // -------------------------------------------------------------- what comes

    /// A write has come: it waits for those before it, and then so do no more those behind it.
    fn come(&mut self, item: Item, say: &mut Vec<Said>) {
        if self.leaves_out(Mutant::AsTheyCome) {
            return self.take(&item, say);
        }
        if self.is_known(&item) || self.kept.waiting.contains(&item) {
            return;
        }
        let (call, key, value) = (item.call, item.key, item.value);
        if !self.is_next(&item) {
            let note = format!("lets {item} wait for what came before it");
            say.push(Said::Told(note, Fact::Waits { call, key, value }));
        }
        self.kept.waiting.push(item);
        while let Some(next) = self.kept.waiting.iter().position(|i| self.is_next(i)) {
            let item = self.kept.waiting.remove(next);
            self.take(&item, say);
        }
    }

    fn is_known(&self, item: &Item) -> bool {
        match &item.stamp {
            Stamp::Number(number) => *number <= self.kept.taken,
            Stamp::After(theirs) => theirs[item.home.index()] <= self.kept.vector[item.home.index()],
            Stamp::Time(..) => false,
        }
    }

    /// Whether all has come that came before it: the number before; or of its own copy all earlier writes, and of the others what it
    /// knew of (1995, section 4).
    fn is_next(&self, item: &Item) -> bool {
        match &item.stamp {
            Stamp::Number(number) => *number == self.kept.taken + 1,
            Stamp::After(theirs) => {
                theirs.iter().zip(&self.kept.vector).enumerate().all(|(of, (t, mine))| {
                    match of == item.home.index() {
                        true => *t == mine + 1,
                        false => t <= mine,
                    }
                })
            }
            Stamp::Time(..) => true,
        }
    }

    /// Puts a write into the copy.
    fn take(&mut self, item: &Item, say: &mut Vec<Said>) {
        let Item { call, home, key, value, .. } = *item;
        let held = self.kept.held.entry(key).or_default();
        let before = held.value;
        match &item.stamp {
            Stamp::Time(us, count) => {
                let time = (*us, home.0, *count);
                if time > held.time || self.config.mutant == Mutant::LastCome {
                    *held = Held { value, time };
                }
            }
            Stamp::Number(number) => {
                self.kept.taken = self.kept.taken.max(*number);
                held.value = value;
            }
            Stamp::After(theirs) => {
                let mine = &mut self.kept.vector[home.index()];
                *mine = theirs[home.index()].max(*mine);
                held.value = value;
            }
        }
        let holds = held.value;
        let note = match holds == value {
            true => format!("takes {key} = {value}"),
            false => format!("leaves {key} = {value}, for its {before} is newer"),
        };
        say.push(Said::Told(note, Fact::Took { call, key, value, holds }));
        if let Stamp::Number(number) = item.stamp {
            match self.config.keeping {
                Keeping::Primary if !self.is_first() => say.push(Said::To(FIRST, Msg::Ack { number })),
                // 1994, section 3: a write ends where it was asked for, when it is taken there.
                Keeping::Ordered if home == self.me && !self.leaves_out(Mutant::AnswersAtOnce) => {
                    self.answer(call, value, say);
                }
                _ => {}
            }
        }
    }

    fn flush(&self, ctx: &mut Cx<'_>, said: Vec<Said>) {
        ctx.persist(self.kept.clone());
        let me = self.me;
        for say in said {
            match say {
                Said::To(to, msg) => ctx.send(to, msg),
                Said::All(msg) => ctx.broadcast(self.config.copies().filter(|&n| n != me), msg),
                Said::Told(note, fact) => {
                    ctx.note(note);
                    ctx.fact(fact);
                }
            }
        }
    }
}

impl Protocol for Replica {
    type Msg = Msg;
    type Timer = ();
    type Stable = Kept;

    fn start(&mut self, _: &mut Cx<'_>) {}

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.kept = ctx.durable().clone();
        ctx.note("is back, with what its disk has kept");
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        let mut said = Vec::new();
        let say = &mut said;
        match msg.clone() {
            Msg::Ask { serial, op } => self.asked((from, serial), op, ctx.now_us(), say),
            Msg::Pass { call, op } if self.is_first() => self.passed(from, call, op, say),
            Msg::Update { item } => self.come(item, say),
            Msg::Ack { number } => {
                if let Some((_, have)) = self.kept.open.get_mut(&number) {
                    have.insert(from);
                }
                self.complete(number, say);
            }
            Msg::Result { call, value } => self.answer(call, value, say),
            Msg::Pass { .. } | Msg::Done { .. } => {}
        }
        if !said.is_empty() || matches!(msg, Msg::Ack { .. }) {
            self.flush(ctx, said);
        }
    }

    fn on_timer(&mut self, _: &mut Cx<'_>, (): ()) {}

    fn timer_name((): ()) -> &'static str {
        "none"
    }

    fn inspect(&self) -> Inspect {
        super::show::inspect(self, self.config.keeping, self.is_first())
    }
}
