//! Consensus by flooding: FloodSet (Lynch, *Distributed Algorithms*, 1996, section 6.2.1), in the synchronous model, for processes that
//! crash.
//!
//! Each of n processes has a value, and keeps the set W of all values that it has heard of, at first its own. In each of f + 1 rounds it
//! sends W to all others, and adds to W what comes. Then it decides. At most f processes crash; so in one of f + 1 rounds nobody does: in
//! that round everybody hears the same, all sets are equal, and they stay so. It takes f + 1 rounds and no fewer (section 6.7): with f of them
//! a crash a round, each in the middle of its sends, can keep one value a secret of one process until the end.
//!
//! All of it rests on time. A *round* is a span of the clock here: as long as it takes to send to all, and for the last message to
//! arrive. What comes later comes too late. So where the bound on messages is not one, or a process sleeps, all *decide* in time, as
//! always, and not the same: the clock ends the rounds, and not what was heard.
//!
//! Where this differs from the book: there a set with more than one value makes a process decide a default; here it decides the smallest
//! of the set, so that what is decided is always somebody's. A process sends to one after the other, `gap_ms` apart, so that a crash may
//! fall between two sends, as the book's model has it. What is heard counts until the decision, though its round be over: sets only
//! grow, and what a process has heard it sends on.
//!
//! The rule that is easy to break: silence means a crash here, and nobody waits for the dead. Whoever waits for all n waits for ever.

mod cost;
mod judged;
mod show;

#[cfg(test)]
mod tests;

use crate::kit::prelude::*;
use crate::sim::streams::{below, setup_stream};
use crate::sim::{FieldKind, FormField};
use rand::Rng;
use std::collections::BTreeSet;
use std::fmt;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "flooding",
    title: "Flooding consensus",
    source: "Lynch 1996, section 6.2.1 (FloodSet)",
    leaves_out: "the variant that sends at most two values (OptFloodSet), Byzantine processes, and recovery after a crash",
    params: &[
        Param::int("nodes", "Processes (n)", 4, 2..=8),
        Param::int("f", "Crashes that are to be borne (f)", 1, 0..=5),
        Param::ms("round_ms", "A round lasts", 50, 5..=5_000),
        Param::ms("gap_ms", "From one send to the next", 4, 1..=100),
        Param::choice(
            "inputs",
            "The values they begin with",
            &[
                Choice::new("one", "0 for P1, and 1 for the others"),
                Choice::new("own", "1 for P1, 2 for P2, and so on"),
                Choice::new("same", "1 for all"),
                Choice::new("drawn", "0 to 9, drawn by the seed"),
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
    ..Entry::BLANK
};

/// When the first round begins: late enough to choose values by hand.
const FIRST: Span = Span::ms(20);
/// How long a message travels, and a step takes at most.
const SHORTEST_MS: u64 = 8;
const LONGEST_MS: u64 = 16;
const STEP_MS: u64 = 1;

mutants! {
    /// FloodSet with a rule left out.
    enum Mutant {
        OneRoundLess = "one-round-less", "stops after f rounds" {
            rule: "there are f + 1 rounds, so that in one of them nobody crashes",
            breaks: "Agreement",
        }
        TellsOnce = "tells-once", "tells its own value, and sends on nothing of what it hears" {
            rule: "in each round a process sends all values that it has heard of",
            breaks: "Agreement",
        }
        DecidesEarly = "decides-early", "decides and stops as soon as a round brings nothing new" {
            rule: "a process decides after f + 1 rounds, not when it hears nothing new",
            breaks: "Agreement",
        }
        Newest = "newest", "decides the value that it has heard of last" {
            rule: "all decide by one rule from the set, whatever came first or last",
            breaks: "Agreement",
        }
        WaitsForAll = "waits-for-all", "ends a round when it has heard all the others" {
            rule: "the clock ends a round: who has not been heard by then has crashed",
            breaks: "Termination",
        }
    }
    as it is: "as in the book",
}

/// Some of the values 0 to 9.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Values(u16);

impl Values {
    fn of(value: u8) -> Self {
        Values(1 << (value % 10))
    }

    fn iter(self) -> impl Iterator<Item = u8> {
        (0..10).filter(move |v| self.0 & 1 << v != 0)
    }

    fn and(self, other: Values) -> Self {
        Values(self.0 | other.0)
    }

    fn without(self, other: Values) -> Self {
        Values(self.0 & !other.0)
    }

    fn smallest(self) -> u8 {
        self.iter().next().unwrap_or(0)
    }
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.iter().map(|v| v.to_string()).collect();
        write!(f, "{{{}}}", all.join(", "))
    }
}

messages! {
    /// What is sent in a round.
    enum Msg {
        /// All values that the sender had heard of when the round began.
        Known { round: u16, values: Values } = "values", Disc, Blue, "{values} in round {round}";
    }
}

facts! {
    /// What a process tells.
    enum Fact {
        /// It begins, with this value.
        Begun { value: u8 } = "begun",
        /// It begins a round.
        Round { round: u16 } = "round" => Quiet,
        /// It hears of a value for the first time, from this process.
        Learnt { value: u8, from: u16 } = "learnt",
        /// It has decided, and hears of a value that it did not know.
        TooLate { value: u8, from: u16 } = "too-late",
        /// It decides.
        Decided { round: u16, value: u8 } = "decided" => Decisive,
        /// It has crashed, and takes no part.
        Out = "out",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Timer {
    Round,
    Send,
}

/// A process, whose number is its place among all, counted from 1.
#[derive(Clone, Hash)]
struct Process {
    id: u16,
    processes: u16,
    // So many rounds, f + 1.
    rounds: u16,
    length: Span,
    gap: Span,
    mutant: Mutant,
    value: u8,
    // The round it is in; 0 before the first.
    round: u16,
    // W, and W at the end of each round that is over.
    known: Values,
    history: Vec<Values>,
    // The value that it has heard of last.
    newest: u8,
    // What is sent in this round, and how many have had it.
    sending: Values,
    sent: u16,
    // Who has been heard in this round, and whether anything was new.
    heard: BTreeSet<u16>,
    news: bool,
    decided: Option<u8>,
    // It has crashed: in a crash-stop model that is for good.
    out: bool,
}

type Cx<'a> = Ctx<'a, Process>;

impl Process {
    fn is_done(&self) -> bool {
        self.out || self.decided.is_some()
    }

    fn others(&self) -> u16 {
        self.processes - 1
    }

    /// The clock ends a round: the next one begins, or it is time to decide.
    fn end_round(&mut self, ctx: &mut Cx<'_>) {
        if self.mutant == Mutant::WaitsForAll
            && self.round > 0
            && self.heard.len() < usize::from(self.others())
        {
            ctx.note(format!(
                "has heard {} of {} in round {}, and waits",
                self.heard.len(),
                self.others(),
                self.round
            ));
            return ctx.set_timer(Timer::Round, self.length);
        }
        if self.round == 0 {
            ctx.note(format!("begins with {}", self.value));
            ctx.fact(Fact::Begun { value: self.value });
        } else {
            self.history.push(self.known);
        }
        let nothing_new = self.round > 0 && !self.news;
        let over = self.round >= self.rounds || self.mutant == Mutant::DecidesEarly && nothing_new;
        if over { self.decide(ctx) } else { self.begin_round(ctx) }
    }

    /// "Send W to all other processes" (section 6.2.1), one after the other.
    fn begin_round(&mut self, ctx: &mut Cx<'_>) {
        self.round += 1;
        (self.sending, self.sent, self.news) = (self.known, 0, false);
        self.heard.clear();
        ctx.cancel_timer(Timer::Send);
        let round = self.round;
        ctx.epoch(u64::from(round), format!("round {round}"));
        ctx.fact(Fact::Round { round });
        ctx.set_timer(Timer::Round, self.length);
        if self.mutant == Mutant::TellsOnce && round > 1 {
            return ctx.note(format!("has told its value, and sends nothing in round {round}"));
        }
        ctx.note(format!("sends {} to all others in round {round}", self.sending));
        self.send_next(ctx);
    }

    /// To the next after itself, and so round.
    fn send_next(&mut self, ctx: &mut Cx<'_>) {
        let to = (self.id + self.sent) % self.processes;
        ctx.send(NodeId(to), Msg::Known { round: self.round, values: self.sending });
        self.sent += 1;
        if self.sent < self.others() {
            ctx.set_timer(Timer::Send, self.gap);
        }
    }

    fn decide(&mut self, ctx: &mut Cx<'_>) {
        ctx.cancel_timer(Timer::Send);
        let value = match self.mutant {
            Mutant::Newest => self.newest,
            _ => self.known.smallest(),
        };
        self.decided = Some(value);
        ctx.note(format!("has heard of {} in {} rounds, and decides {value}", self.known, self.round));
        ctx.fact(Fact::Decided { round: self.round, value });
    }

    fn hear(&mut self, ctx: &mut Cx<'_>, from: u16, round: u16, values: Values) {
        let new = values.without(self.known);
        if round >= self.round {
            self.heard.insert(from);
        }
        if let Some(value) = self.decided {
            ctx.note(match new.iter().next() {
                Some(_) => format!("hears of {new} from P{from}, too late: it has decided {value}"),
                None => format!("hears nothing new from P{from}, and has decided"),
            });
            return new.iter().for_each(|value| ctx.fact(Fact::TooLate { value, from }));
        }
        for value in new.iter() {
            (self.newest, self.news) = (value, true);
            ctx.fact(Fact::Learnt { value, from });
        }
        self.known = self.known.and(values);
        ctx.note(match new.iter().next() {
            Some(_) => format!("hears of {new} from P{from}, and has {} now", self.known),
            None => format!("hears nothing new from P{from}"),
        });
    }

    fn fall_out(&mut self, ctx: &mut Cx<'_>) {
        self.out = true;
        ctx.note("has crashed, and takes no part any more");
        ctx.fact(Fact::Out);
    }
}

impl Protocol for Process {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = ();

    fn start(&mut self, ctx: &mut Cx<'_>) {
        ctx.set_timer(Timer::Round, FIRST);
    }

    /// Crash-stop: to the others it is as if it had not come back.
    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.fall_out(ctx);
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        let Msg::Known { round, values } = *msg;
        match self.out {
            true => ctx.note(format!("takes no part, and leaves {values} alone")),
            false => self.hear(ctx, from.0 + 1, round, values),
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Round => self.end_round(ctx),
            Timer::Send => self.send_next(ctx),
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Round => "end of the round",
            Timer::Send => "next send",
        }
    }

    fn requests(&self) -> &'static [Form] {
        const {
            &[Form {
                id: "propose",
                label: "Begin with this value",
                fields: &[FormField { label: "value", kind: FieldKind::Word(&["0", "1", "2", "3"]) }],
            }]
        }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        let value = asked.word(0).parse().unwrap_or(0);
        (self.value, self.known, self.newest) = (value, Values::of(value), value);
        ctx.note(format!("will begin with {value}"));
    }

    fn accepts(&self, _: &Asked) -> Result<(), String> {
        match () {
            () if self.out => {
                Err("it has crashed, and takes no part any more: the model is crash-stop".to_owned())
            }
            () if self.round > 0 || self.is_done() => {
                Err("it has begun already: a value can be chosen before the first round alone".to_owned())
            }
            () => Ok(()),
        }
    }

    /// A liar sends one value, any, as if it had heard of no other.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        let Msg::Known { round, .. } = *msg;
        Some(Msg::Known { round, values: Values::of(below(draw, 10) as u8) })
    }

    fn inspect(&self) -> Inspect {
        show::inspect(self)
    }
}

/// The values that all begin with.
fn inputs(p: &Params, seed: u64) -> Vec<u8> {
    let mut dice = setup_stream(seed, "flooding inputs");
    let input = |id: u16| match p.word("inputs") {
        "own" => id as u8,
        "same" => 1,
        "drawn" => below(dice.next_u64(), 10) as u8,
        _ => u8::from(id > 1),
    };
    (1..=p.int("nodes") as u16).map(input).collect()
}

fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let mutant = Mutant::of(p);
    let node = |(id, value): (u16, u8)| {
        let process = Process {
            id,
            processes: p.int("nodes") as u16,
            rounds: p.int("f") as u16 + u16::from(mutant != Mutant::OneRoundLess),
            length: p.ms("round_ms"),
            gap: p.ms("gap_ms"),
            mutant,
            value,
            round: 0,
            known: Values::of(value),
            history: Vec::new(),
            newest: value,
            sending: Values::default(),
            sent: 0,
            heard: BTreeSet::new(),
            news: false,
            decided: None,
            out: false,
        };
        NodeSetup::server(format!("P{id}"), Host::boxed(process))
    };
    Ok(Setup {
        seed,
        timing: Timing::Synchronous {
            delay_us: LONGEST_MS * 1_000,
            step_us: STEP_MS * 1_000,
            drift_ppm: 100,
        },
        link: Link::reliable(Delay::uniform_ms(SHORTEST_MS, LONGEST_MS)),
        nodes: (1..).zip(inputs(p, seed)).map(node).collect(),
        ..Setup::default()
    })
}
