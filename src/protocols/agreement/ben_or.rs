//! Ben-Or's randomised consensus (Ben-Or, "Another advantage of free choice", PODC 1983), and what it is the way out of: the theorem of
//! Fischer, Lynch and Paterson (1985).
//!
//! Each of n processes has a value, 0 or 1. All that do not crash are to *decide* the same one, and one that somebody had; up to t may
//! crash, and messages may take any time. FLP: no *deterministic* protocol in an *asynchronous* system *guarantees* that this comes to an
//! end if even *one* process may crash. All four words are needed. It may come to an end in nearly every run; but some order of the
//! messages goes on for ever, without any crash. Their proof follows the *valence* of configurations: one from which both
//! values can still be decided is *bivalent*, and from a bivalent one there is always an order that stays bivalent.
//!
//! The protocol, for processes that crash and n > 2t (as Aguilera and Toueg write it, "The correctness proof of Ben-Or's randomized
//! consensus algorithm", Distributed Computing 25, 2012). In round k a process
//!
//! 1. tells all its value x, its *report*, and waits for the reports of n - t;
//! 2. if more than n/2 of them are for the same v, *proposes* v to all, else says `?`; and waits for n - t of these;
//! 3. if more than t propose v, it *decides* v; if at least one does, x becomes v; if none does, **x becomes what a coin shows**.
//!
//! Why it is safe: two majorities share a process, so in a round all proposals are for one value. And of t + 1 who propose, everybody
//! who waits for n - t hears one: when somebody decides v, v is all that is left in the next round. The coin plays no part in this,
//! whatever it shows. Why it ends: when nobody hears a proposal all toss, and sooner or later as many as it takes toss the same.
//! With coins of their own that has probability 1, even if whoever orders the messages sees everything (Aguilera, Toueg 2012). With
//! n = 2t + 1, and t processes silent, all t + 1 others must agree by chance: 1 + 2^t rounds on average. A *common* coin shows all the
//! same, and that takes two rounds; but only if nobody who orders messages knows it too early (ibid.: if he does, he can go on for ever).
//!
//! The deterministic rules in the place of the coin (keep x; take 0; change x) are ours: for each there is an order of the messages
//! that never ends. Ours, too: a process sends to all in one step, and hears itself first; of what comes it counts the first n - t of
//! its round and phase, in the order in which they came. Who decides says at once what it would say in the next round (all who do not
//! decide need that round, and its words are known), and stops; Ben-Or's processes go on for ever. The coins of the common coin are
//! drawn before the run, from its seed, and dealt to all.
//!
//! The rule that is easy to break: n is all processes and not those that were heard. "More than half" is more than n/2, so it takes
//! n - t > n/2; where n <= 2t this never decides, and a protocol that did could be made to decide both.

mod cost;
mod judged;
mod machine;
mod show;
mod valence;

#[cfg(test)]
mod tests;

use crate::kit::prelude::*;
use crate::sim::hash::mix;
use crate::sim::streams::{below, setup_stream};
use crate::sim::{FieldKind, FormField};
use machine::{Deed, Machine, Phase, Say};
use rand::Rng;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "ben-or",
    title: "Ben-Or's consensus",
    source: "Ben-Or 1983, protocol for crashes; Aguilera, Toueg 2012; Fischer, Lynch, Paterson 1985",
    leaves_out: "Byzantine processes (Ben-Or's second protocol), recovery after a crash, and how a common coin is made",
    params: &[
        Param::int("nodes", "Processes (n)", 3, 2..=9),
        Param::int("t", "Crashes that are to be borne (t)", 1, 0..=4),
        Param::choice(
            "coin",
            "What it does where nobody has proposed",
            &[
                Choice::new("local", "tosses a coin of its own"),
                Choice::new("common", "tosses a coin that shows all the same"),
                Choice::new("other", "no coin: takes the other value"),
                Choice::new("zero", "no coin: takes 0"),
                Choice::new("keep", "no coin: keeps its value"),
            ],
        ),
        Param::choice(
            "inputs",
            "The values they begin with",
            &[
                Choice::new("split", "0 for the first half, rounded down, and 1 for the rest"),
                Choice::new("zeros", "0 for all"),
                Choice::new("ones", "1 for all"),
                Choice::new("drawn", "drawn by the seed"),
            ],
        ),
        Param::int("early", "Crashed before the start (the last ones)", 0, 0..=4),
        Param::int("rounds_most", "Rounds at most (0: any number)", 0, 0..=50),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    length: Span::secs(5),
    build,
    promises: judged::promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    ..Entry::BLANK
};

/// When all begin: late enough to choose their values by hand.
const FIRST: Span = Span::ms(20);
/// How long a message travels, if nobody has it otherwise.
const SHORTEST_MS: u64 = 8;
const LONGEST_MS: u64 = 16;

mutants! {
    /// Ben-Or's protocol with a rule left out.
    enum Mutant {
        WaitsForAll = "waits-for-all", "waits for all n, and not for n - t" {
            rule: "a process waits for n - t messages: the others may have crashed",
            breaks: "Progress", with: &["coin=zero"],
        }
        BareMajority = "bare-majority", "decides what a majority reports, without asking who has seen that" {
            rule: "a value is decided when more than t propose it, not when a majority reports it",
            breaks: "Agreement",
        }
        OneIsEnough = "one-is-enough", "decides at the first proposal" {
            rule: "a value is decided when more than t propose it: of t + 1 everybody hears one",
            breaks: "Agreement",
        }
        HalfOfHeard = "half-of-heard", "takes more than half of those it has heard for a majority" {
            rule: "a value is proposed when more than n/2 report it, of all n processes",
            breaks: "One proposal", with: &["nodes=5", "t=2"],
        }
        IgnoresProposal = "ignores-proposal", "leaves its value to the coin even when it has heard a proposal" {
            rule: "who hears a proposal takes its value",
            breaks: "Agreement",
        }
        CountsOld = "counts-old", "counts what is left over from earlier rounds" {
            rule: "in round k the messages of round k count, and no others",
            breaks: "One proposal",
        }
        StopsAtOnce = "stops-at-once", "stops when it has decided, and says nothing in the next round" {
            rule: "who decides in round k still speaks in round k + 1, for the others may need it",
            breaks: "Progress",
        }
    }
    as it is: "as in the paper",
}

messages! {
    /// What is said in a round. (Ben-Or numbers the two kinds; Aguilera and Toueg call them R and P.)
    enum Msg {
        /// \[R, k, x\]: "my value in this round".
        Report { round: u32, value: u8 } = "report", Disc, Blue, "{value} in round {round}";
        /// \[P, k, v\]: "more than half report this".
        Proposal { round: u32, value: u8 } = "proposal", Diamond, Green, "{value}! in round {round}";
        /// \[P, k, ?\]: "I have heard no majority".
        Open { round: u32 } = "open", Hollow, Orange, "? in round {round}";
    }
}

impl Msg {
    fn of(say: Say) -> Self {
        let Say { round, phase, value } = say;
        match (phase, value) {
            (Phase::Reports, Some(value)) => Msg::Report { round, value },
            (Phase::Proposals, Some(value)) => Msg::Proposal { round, value },
            (_, None) => Msg::Open { round },
        }
    }

    fn say(&self) -> Say {
        match *self {
            Msg::Report { round, value } => Say { round, phase: Phase::Reports, value: Some(value) },
            Msg::Proposal { round, value } => Say { round, phase: Phase::Proposals, value: Some(value) },
            Msg::Open { round } => Say { round, phase: Phase::Proposals, value: None },
        }
    }
}

facts! {
    /// What a process tells.
    enum Fact {
        /// It begins, with this value.
        Begun { value: u8 } = "begun",
        /// It begins a round, and reports this value.
        Reported { round: u32, value: u8 } = "reported",
        /// A majority reports this value, and it proposes that.
        Proposed { round: u32, value: u8 } = "proposed",
        /// It has heard no majority, and says so.
        Torn { round: u32 } = "torn",
        /// It counts what another has said; second: in the second phase of the round.
        Got { from: u16, round: u32, second: bool } = "got" => Quiet,
        /// It has heard a proposal, and takes its value.
        Took { round: u32, value: u8 } = "took",
        /// It has heard no proposal, and has this value now, without a coin.
        Chose { round: u32, value: u8 } = "chose",
        /// It has heard no proposal, and this is what its coin shows; common: the coin that shows all the same.
        Tossed { round: u32, value: u8, common: bool } = "tossed",
        /// It decides.
        Decided { round: u32, value: u8 } = "decided" => Decisive,
        /// It begins no further round, for it has had as many as are allowed.
        Stopped { round: u32 } = "stopped",
        /// It has crashed, and takes no part.
        Out = "out",
    }
}

/// What is done where nobody has proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Coin {
    Local,
    Common,
    Other,
    Zero,
    Keep,
}

impl Coin {
    fn of(p: &Params) -> Self {
        match p.word("coin") {
            "common" => Coin::Common,
            "other" => Coin::Other,
            "zero" => Coin::Zero,
            "keep" => Coin::Keep,
            _ => Coin::Local,
        }
    }

    /// Whether chance plays a part.
    fn is_tossed(self) -> bool {
        matches!(self, Coin::Local | Coin::Common)
    }
}

/// What is installed on every process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Rules {
    n: u16,
    t: u16,
    coin: Coin,
    rounds_most: u32,
    mutant: Mutant,
}

impl Rules {
    fn of(p: &Params) -> Self {
        Rules {
            n: p.int("nodes") as u16,
            t: p.int("t") as u16,
            coin: Coin::of(p),
            rounds_most: p.int("rounds_most") as u32,
            mutant: Mutant::of(p),
        }
    }

    /// For so many messages a process waits in each phase, its own among them.
    fn need(&self) -> usize {
        match self.mutant {
            Mutant::WaitsForAll => usize::from(self.n),
            _ => usize::from(self.n - self.t),
        }
    }
}

/// The coin of a round that shows all the same, by the dealer's key.
fn dealt(key: u64, round: u32) -> u8 {
    (mix(key.wrapping_add(u64::from(round).wrapping_mul(0x9e37_79b9_7f4a_7c15))) & 1) as u8
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Begin;

/// A process: its machine, its coins, and whether it has crashed.
#[derive(Clone, Hash)]
struct Process {
    machine: Machine,
    key: u64,
    // It has crashed: in a crash-stop model that is for good.
    out: bool,
}

type Cx<'a> = Ctx<'a, Process>;

impl Process {
    /// Has the machine do something, tosses its coins, and does what it asks for.
    fn run(&mut self, ctx: &mut Cx<'_>, input: Option<(u16, Say)>) {
        let mut deeds = Vec::new();
        let (coin, key) = (self.machine.rules().coin, self.key);
        let mut toss = |round| match coin {
            Coin::Common => dealt(key, round),
            _ => ctx.random_below(2) as u8,
        };
        match input {
            None => self.machine.begin(&mut toss, &mut deeds),
            Some((from, say)) => self.machine.hear(from, say, &mut toss, &mut deeds),
        }
        deeds.into_iter().for_each(|deed| self.act(ctx, deed));
    }

    fn act(&self, ctx: &mut Cx<'_>, deed: Deed) {
        let (me, n) = (ctx.me(), self.machine.rules().n);
        match deed {
            Deed::Said(say) => {
                let Say { round, phase, value } = say;
                let fact = match (phase, value) {
                    (Phase::Reports, value) => Fact::Reported { round, value: value.unwrap_or(0) },
                    (Phase::Proposals, Some(value)) => Fact::Proposed { round, value },
                    (Phase::Proposals, None) => Fact::Torn { round },
                };
                ctx.note(match fact {
                    Fact::Reported { value, .. } => format!("reports {value} in round {round}"),
                    Fact::Proposed { value, .. } => format!("proposes {value} in round {round}"),
                    _ => format!("has heard no majority in round {round}, and proposes nothing"),
                });
                ctx.fact(fact);
                ctx.broadcast((0..n).map(NodeId).filter(|&to| to != me), Msg::of(say));
            }
            Deed::Counted { from, say } => {
                let (round, second) = (say.round, say.phase == Phase::Proposals);
                ctx.fact(Fact::Got { from, round, second });
            }
            Deed::Took { round, value } => {
                ctx.note(format!("has heard a proposal of {value} in round {round}, and takes it over"));
                ctx.fact(Fact::Took { round, value });
            }
            Deed::Chose { round, value } if self.machine.rules().coin.is_tossed() => {
                let common = self.machine.rules().coin == Coin::Common;
                let whose = if common { "the common" } else { "its" };
                ctx.note(format!("has heard no proposal in round {round}: {whose} coin shows {value}"));
                ctx.fact(Fact::Tossed { round, value, common });
            }
            Deed::Chose { round, value } => {
                ctx.note(format!("has heard no proposal in round {round}: by its rule it has {value} now"));
                ctx.fact(Fact::Chose { round, value });
            }
            Deed::Decided { round, value } => {
                ctx.note(format!("decides {value} in round {round}"));
                ctx.fact(Fact::Decided { round, value });
            }
            Deed::Stopped { round } => {
                ctx.note(format!("has had {round} rounds, and begins no other"));
                ctx.fact(Fact::Stopped { round });
            }
        }
    }

    fn fall_out(&mut self, ctx: &mut Cx<'_>) {
        self.out = true;
        ctx.note("has crashed, and takes no part any more");
        ctx.fact(Fact::Out);
    }
}

impl Protocol for Process {
    type Msg = Msg;
    type Timer = Begin;
    type Stable = ();

    fn start(&mut self, ctx: &mut Cx<'_>) {
        match self.out {
            true => self.fall_out(ctx),
            false => ctx.set_timer(Begin, FIRST),
        }
    }

    /// Crash-stop: to the others it is as if it had not come back.
    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.fall_out(ctx);
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        match self.out {
            true => ctx.note(format!("takes no part, and leaves {} alone", msg.label())),
            false => self.run(ctx, Some((from.0, msg.say()))),
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, _: Begin) {
        let value = self.machine.value();
        ctx.note(format!("begins with {value}"));
        ctx.fact(Fact::Begun { value });
        self.run(ctx, None);
    }

    fn timer_name(_: Begin) -> &'static str {
        "the start"
    }

    fn requests(&self) -> &'static [Form] {
        const {
            &[Form {
                id: "propose",
                label: "Begin with this value",
                fields: &[FormField { label: "value", kind: FieldKind::Word(&["0", "1"]) }],
            }]
        }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        let value = u8::from(asked.word(0) == "1");
        self.machine.wish(value);
        ctx.note(format!("will begin with {value}"));
    }

    fn accepts(&self, _: &Asked) -> Result<(), String> {
        match () {
            () if self.out => {
                Err("it has crashed, and takes no part any more: the model is crash-stop".to_owned())
            }
            () if self.machine.round() > 0 => {
                Err("it has begun already: a value can be chosen before the start alone".to_owned())
            }
            () => Ok(()),
        }
    }

    /// A liar says the other value; where it has none it makes one up.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        Some(match *msg {
            Msg::Report { round, value } => Msg::Report { round, value: 1 - value },
            Msg::Proposal { round, value } => Msg::Proposal { round, value: 1 - value },
            Msg::Open { round } => Msg::Proposal { round, value: (draw & 1) as u8 },
        })
    }

    fn inspect(&self) -> Inspect {
        show::inspect(self)
    }
}

/// The values that all begin with.
fn inputs(p: &Params, seed: u64) -> Vec<u8> {
    let n = p.int("nodes") as u16;
    let mut dice = setup_stream(seed, "ben-or inputs");
    let input = |id: u16| match p.word("inputs") {
        "zeros" => 0,
        "ones" => 1,
        "drawn" => below(dice.next_u64(), 2) as u8,
        _ => u8::from(id >= n / 2),
    };
    (0..n).map(input).collect()
}

fn check(p: &Params) -> Result<(), Refusal> {
    let (n, t, early) = (p.int("nodes"), p.int("t"), p.int("early"));
    if n - t < 2 {
        let why = format!(
            "with n = {n} and t = {t} a process would wait for nobody but itself: n - t is at least 2"
        );
        return Err(Refusal::new("nobody-to-wait-for", why));
    }
    if early >= n {
        let why =
            format!("if {early} of {n} processes have crashed before the start, nobody is left to begin");
        return Err(Refusal::new("nobody-left", why));
    }
    Ok(())
}

fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    check(p)?;
    let rules = Rules::of(p);
    let key = setup_stream(seed, "ben-or coin").next_u64();
    let alive = rules.n - p.int("early") as u16;
    let node = |(id, input): (u16, u8)| {
        let process = Process { machine: Machine::new(id, rules, input), key, out: id >= alive };
        NodeSetup::server(format!("P{}", id + 1), Host::boxed(process))
    };
    Ok(Setup {
        seed,
        timing: Timing::Asynchronous,
        link: Link::reliable(Delay::uniform_ms(SHORTEST_MS, LONGEST_MS)),
        nodes: (0..rules.n).zip(inputs(p, seed)).map(node).collect(),
        ..Setup::default()
    })
}
