//! Election by bullying (Garcia-Molina 1982), in the form that textbooks give it (Coulouris, Dollimore, Kindberg, Blair
//! 2012, section 15.3; Tanenbaum and van Steen 2017, section 6.4).
//!
//! Every process has a number and knows those of all others; the highest that runs is to lead. Who finds that nobody leads,
//! or boots, *calls an election*: it asks all processes with higher numbers. If one answers, somebody better is there: the
//! caller gives way, and waits for an announcement. If none answers within `T`, it leads, and says so to all below it. Whoever
//! is asked answers, and calls an election itself, unless it has begun one just now. The highest has nobody to ask: it
//! announces itself at once, whoever leads. That is the bully.
//!
//! All of it rests on time. The model is synchronous: a message takes 16 ms at most, a step 1 ms. So an answer is back within
//! 2 * 16 + 2 * 1 = 34 ms, and silence for that long is *proof* of a crash: `T` is 35. Who was answered hears an announcement
//! after another `T` and two messages at most: `T'` is 70. With a shorter `T`, a slower link or a wall, silence proves nothing,
//! and two lead.
//!
//! What it costs, if all of n run and the lowest begins: each of the others is asked by all below it, n(n-1)/2 *election*
//! messages, and answers each; then n-1 *announcements*: n(n-1) + (n-1), 24 for five. Whoever begins the first election, the
//! answers are of no use while the highest runs, for its announcement comes sooner than `T`. They are for when it does not.
//!
//! Where this differs from the paper: there the winner first *halts* all below it, so that nobody works for an old leader when
//! the new one begins; here two may lead for as long as an announcement travels. The paper's leader asks the others now and then
//! how they are (its procedure Check), and they ask for the leader (Timeout); here the leader sends heartbeats, and each repeats
//! the announcement. Its group numbers belong to its second algorithm, Invitation, which does without bounds.
//!
//! Three rules are made exact, which books leave open: "has begun one just now" means less than `T` ago, for so old may a
//! question be that an election has made others ask; a leader that is asked later has no need to ask, and announces itself anew;
//! and who hears of no leader at all calls an election, too.
//!
//! The rule that is easy to break: a process is as high as its number, and not as its knowledge. Who comes back from a crash knows
//! nothing, and still leads if nobody is higher.

mod cost;
mod judged;
mod show;

#[cfg(test)]
mod tests;

use crate::kit::prelude::*;
use crate::sim::streams::below;
use std::collections::BTreeSet;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "bully",
    title: "Bully election",
    source: "Garcia-Molina 1982; Coulouris, Dollimore, Kindberg, Blair 2012, section 15.3",
    leaves_out: "halting the others before an announcement, and the paper's second algorithm, for networks without bounds",
    params: &[
        Param::int("nodes", "Processes", 5, 3..=12),
        Param::choice("start", "Who calls the first election", STARTS),
        Param::ms("answer_ms", "How long an answer is waited for (T)", 35, 1..=2_000),
        Param::ms("coordinator_ms", "How long an announcement is waited for (T')", 70, 1..=5_000),
        Param::ms("heartbeat_ms", "A leader's heartbeat every", 100, 20..=2_000),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    build,
    promises: judged::promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    ..Entry::BLANK
};

const STARTS: &[Choice] = &[
    Choice::new("lowest", "the process with the lowest number"),
    Choice::new("all", "all at once"),
    Choice::new("highest", "the process with the highest number"),
    Choice::new("missed", "who misses the leader first: the highest leads already"),
];

/// The bounds of the timing model, by which the timeouts are made.
const SHORTEST_MS: u64 = 8;
const LONGEST_MS: u64 = 16;
const STEP_MS: u64 = 1;

mutants! {
    /// A process with a rule left out.
    enum Mutant {
        NoAnswer = "no-answer", "who is asked calls an election, and does not answer" {
            rule: "who is asked by a lower process answers", breaks: "Highest",
        }
        AnnouncesAtOnce = "announces-at-once", "who calls an election announces itself without waiting" {
            rule: "who has asked higher processes waits for an answer (T)", breaks: "Highest",
        }
        IgnoresLower = "ignores-lower", "what lower processes ask is not for it" {
            rule: "who is asked by a lower process answers, and calls an election itself", breaks: "Highest",
        }
        KeepsCrown = "keeps-crown", "a leader that hears of a higher one goes on leading" {
            rule: "who hears that another leads leads no more", breaks: "One leader",
        }
        WaitsForEver = "waits-for-ever", "who was answered waits, however long no announcement comes" {
            rule: "if no announcement comes in time (T'), a new election is called", breaks: "Known in time",
            with: &["nodes=3", "answer_ms=150", "coordinator_ms=190"],
        }
    }
    as it is: "as in the textbook",
}

messages! {
    /// What processes say to each other, each with its own number.
    enum Msg {
        /// "I call an election. Do you run?" To all that are higher.
        Election { id: u16 } = "election", Arrow, Blue, "election {id}";
        /// "I run."
        Answer { id: u16 } = "answer", Tag, Quiet, "answer {id}";
        /// "I lead." To all that are lower.
        Coordinator { id: u16 } = "coordinator", Diamond, Green, "coordinator {id}";
        /// "I lead, still."
        Heartbeat { id: u16 } = "heartbeat", Disc, Quiet, "heartbeat {id}";
    }
}

facts! {
    /// What a process tells.
    enum Fact {
        /// It has led from the start of the scenario.
        Installed = "installed" => Quiet,
        /// It has not heard from its leader for too long.
        Missed { leader: u16 } = "missed",
        /// It calls an election.
        Called = "called",
        /// A higher one has answered: it waits for an announcement.
        GaveWay { to: u16 } = "gave-way",
        /// It leads.
        Won { id: u16 } = "won" => Decisive,
        /// It led, and has heard that a higher one does.
        Deposed { by: u16 } = "deposed",
        /// It has heard who leads.
        Learnt { leader: u16 } = "learnt",
    }
}

/// An election, as who has called it sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Election {
    /// It has called none, or that is over.
    None,
    /// It has asked all that are higher, and nobody has answered.
    Asking,
    /// Somebody has.
    Answered,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Timer {
    Answer,
    Coordinator,
    Silence,
    Beat,
}

/// How a process begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Beginning {
    Calls,
    Waits,
    IsLed,
}

/// A process, whose number is its place among all, counted from 1.
#[derive(Clone, Hash)]
struct Process {
    id: u16,
    processes: u16,
    beginning: Beginning,
    // T, T', the time between heartbeats, and how long none may be missing.
    answer: Span,
    coordinator: Span,
    heartbeat: Span,
    silence: Span,
    mutant: Mutant,
    leader: Option<u16>,
    election: Election,
    answers: BTreeSet<u16>,
    // It has called an election, or announced itself, less than T ago.
    fresh: bool,
    elections_won: u64,
}

type Cx<'a> = Ctx<'a, Process>;

impl Process {
    fn leads(&self) -> bool {
        self.leader == Some(self.id)
    }

    fn lower(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.id - 1).map(NodeId)
    }

    fn higher(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (self.id..self.processes).map(NodeId)
    }

    fn begin_round(&mut self, ctx: &mut Cx<'_>) {
        self.fresh = true;
        ctx.set_timer(Timer::Answer, self.answer);
    }

    /// Asks all that are higher (section 15.3: "to begin an election"; the paper's procedure Election).
    fn call(&mut self, ctx: &mut Cx<'_>, why: &str) {
        (self.leader, self.election) = (None, Election::Asking);
        self.answers.clear();
        for timer in [Timer::Silence, Timer::Coordinator, Timer::Beat] {
            ctx.cancel_timer(timer);
        }
        self.begin_round(ctx);
        ctx.fact(Fact::Called);
        if self.id == self.processes {
            ctx.note(format!("{why}; nobody is higher, so it need not ask"));
            return self.win(ctx);
        }
        let all = match self.processes - self.id {
            1 => format!("P{}", self.processes),
            2 => format!("P{} and P{}", self.id + 1, self.processes),
            _ => format!("P{} to P{}", self.id + 1, self.processes),
        };
        ctx.note(format!("{why}: asks {all}"));
        ctx.broadcast(self.higher(), Msg::Election { id: self.id });
        if self.mutant == Mutant::AnnouncesAtOnce {
            self.win(ctx);
        }
    }

    /// Nobody higher runs, as far as it knows: it leads.
    fn win(&mut self, ctx: &mut Cx<'_>) {
        let id = self.id;
        (self.leader, self.election) = (Some(id), Election::None);
        self.elections_won += 1;
        ctx.note("leads, and says so to all below");
        ctx.epoch(self.elections_won, format!("leader P{id}"));
        ctx.fact(Fact::Won { id });
        ctx.broadcast(self.lower(), Msg::Coordinator { id });
        ctx.set_timer(Timer::Beat, self.heartbeat);
    }

    /// A lower process asks (section 15.3: "sends back an answer and begins another election, unless it has begun one
    /// already").
    fn asked(&mut self, ctx: &mut Cx<'_>, from: NodeId, by: u16) {
        if self.mutant == Mutant::IgnoresLower {
            return ctx.note(format!("does not listen to P{by}, which is lower"));
        }
        let id = self.id;
        if self.mutant != Mutant::NoAnswer {
            ctx.send(from, Msg::Answer { id });
        }
        if self.fresh && self.leads() {
            ctx.note(format!("answers P{by}, to which its announcement is on its way"));
        } else if self.fresh {
            ctx.note(format!("answers P{by}; an election of its own has just begun"));
        } else if self.leads() {
            ctx.note(format!("answers P{by}, and says anew that it leads"));
            self.begin_round(ctx);
            ctx.broadcast(self.lower(), Msg::Coordinator { id });
        } else {
            self.call(ctx, &format!("answers P{by}, and calls an election itself"));
        }
    }

    /// A higher one runs (section 15.3: "waits a further period T' for a coordinator message").
    fn answered(&mut self, ctx: &mut Cx<'_>, by: u16) {
        match self.election {
            Election::None => ctx.note(format!("hears too late that P{by} runs")),
            Election::Answered => ctx.note(format!("hears that P{by} runs, too")),
            Election::Asking => {
                self.election = Election::Answered;
                ctx.note(format!("hears that P{by} runs, and gives way"));
                ctx.fact(Fact::GaveWay { to: by });
                if self.mutant != Mutant::WaitsForEver {
                    ctx.set_timer(Timer::Coordinator, self.coordinator);
                }
            }
        }
        if self.election != Election::None {
            self.answers.insert(by);
        }
    }

    /// It is told who leads: by an announcement, which it takes as it is, or by a heartbeat, which may be one of a leader that is
    /// lower than its own.
    fn told(&mut self, ctx: &mut Cx<'_>, leader: u16, announced: bool) {
        let known = self.leader;
        if leader <= self.id {
            // No honest process says so: a leader speaks to those below it.
            ctx.note(format!("is told that P{leader} leads, and does not believe it"));
        } else if !announced && known.is_some_and(|k| k > leader) {
            ctx.note(format!("hears that P{leader} leads, which is lower than its own leader"));
        } else if self.mutant == Mutant::KeepsCrown && self.leads() {
            ctx.note(format!("hears that P{leader} leads, and leads on"));
        } else {
            let deposed = self.leads();
            (self.leader, self.election) = (Some(leader), Election::None);
            ctx.cancel_timer(Timer::Coordinator);
            ctx.cancel_timer(Timer::Beat);
            ctx.set_timer(Timer::Silence, self.silence);
            if deposed {
                ctx.note(format!("hears that P{leader} leads, and leads no more"));
                ctx.fact(Fact::Deposed { by: leader });
            } else if known != Some(leader) {
                ctx.note(format!("learns that P{leader} leads"));
            }
            if known != Some(leader) {
                ctx.fact(Fact::Learnt { leader });
            }
        }
    }
}

impl Protocol for Process {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = ();

    fn start(&mut self, ctx: &mut Cx<'_>) {
        match self.beginning {
            Beginning::Calls => return self.call(ctx, "calls the first election"),
            Beginning::Waits => {}
            Beginning::IsLed => self.leader = Some(self.processes),
        }
        if self.leads() {
            self.elections_won = 1;
            ctx.epoch(1, format!("leader P{}", self.id));
            ctx.fact(Fact::Installed);
            ctx.set_timer(Timer::Beat, self.heartbeat);
        } else {
            ctx.set_timer(Timer::Silence, self.silence);
        }
    }

    /// It has forgotten who leads, and finds out by calling an election (the paper's procedure Recovery).
    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.elections_won = 0;
        self.call(ctx, "is back, and calls an election");
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        match *msg {
            Msg::Election { id } => self.asked(ctx, from, id),
            Msg::Answer { id } => self.answered(ctx, id),
            Msg::Coordinator { id } => self.told(ctx, id, true),
            Msg::Heartbeat { id } => self.told(ctx, id, false),
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Answer => {
                self.fresh = false;
                if self.election == Election::Asking {
                    ctx.note("has waited for an answer, and there is none");
                    self.win(ctx);
                }
            }
            Timer::Coordinator if self.election == Election::Answered => {
                self.call(ctx, "has waited for an announcement, and calls an election anew");
            }
            Timer::Silence => {
                let why = match self.leader {
                    Some(leader) => {
                        ctx.fact(Fact::Missed { leader });
                        format!("has not heard from P{leader} for too long, and calls an election")
                    }
                    None => "has heard of no leader, and calls an election".to_owned(),
                };
                self.call(ctx, &why);
            }
            Timer::Beat if self.leads() => {
                ctx.broadcast(self.lower(), Msg::Heartbeat { id: self.id });
                ctx.set_timer(Timer::Beat, self.heartbeat);
            }
            Timer::Coordinator | Timer::Beat => {}
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Answer => "answer timeout T",
            Timer::Coordinator => "announcement timeout T'",
            Timer::Silence => "patience with the leader",
            Timer::Beat => "next heartbeat",
        }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, _: &Asked) {
        self.call(ctx, "is told to call an election");
    }

    fn requests(&self) -> &'static [Form] {
        const { &[Form::bare("elect", "Call an election")] }
    }

    /// A liar says of any process that it leads.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        let id = 1 + below(draw, u64::from(self.processes)) as u16;
        match msg {
            Msg::Election { .. } | Msg::Coordinator { .. } => Some(Msg::Coordinator { id }),
            Msg::Heartbeat { .. } => Some(Msg::Heartbeat { id }),
            Msg::Answer { .. } => None,
        }
    }

    fn inspect(&self) -> Inspect {
        let (role, glyph) = match (self.election, self.leader) {
            (Election::Asking, _) => ("candidate", Glyph::Question),
            (Election::Answered, _) => ("waiting", Glyph::Question),
            (Election::None, None) => ("idle", Glyph::None),
            (Election::None, _) if self.leads() => ("leader", Glyph::Crown),
            (Election::None, _) => ("follower", Glyph::None),
        };
        let cell = |id: u16| match self.answers.contains(&id) {
            true => Cell::new(id, CellTone::Firm, format!("P{id} has answered")),
            false => Cell::new(id, CellTone::Tentative, format!("P{id} was asked")),
        };
        let (asked, answers) = (self.processes - self.id, self.answers.len());
        let polls = self.election != Election::None;
        let follows = self.leader.filter(|_| !self.leads());
        let leader = self.leader.map(|id| format!("P{id}"));
        Inspect::of(role, glyph)
            .prominent(self.leads())
            .badge(follows.map_or_else(String::new, |id| format!("follows P{id}")))
            .tally(if polls { format!("answers {answers} of {asked}") } else { String::new() })
            .cells((self.id + 1..=self.processes).filter(|_| polls).map(cell))
            .field("number", self.id)
            .field("leader", leader.as_deref().unwrap_or("unknown"))
            .field("election", format!("{:?}", self.election).to_lowercase())
            .field("begun less than T ago", self.fresh)
            .field("elections won", self.elections_won)
    }
}

fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let n = p.int("nodes") as u16;
    let heartbeat = p.ms("heartbeat_ms");
    let node = |id: u16| {
        let process = Process {
            id,
            processes: n,
            beginning: match p.word("start") {
                "missed" => Beginning::IsLed,
                "lowest" if id > 1 => Beginning::Waits,
                "highest" if id < n => Beginning::Waits,
                _ => Beginning::Calls,
            },
            answer: p.ms("answer_ms"),
            coordinator: p.ms("coordinator_ms"),
            heartbeat,
            silence: Span(heartbeat.0 + (LONGEST_MS + STEP_MS) * 1_000),
            mutant: Mutant::of(p),
            leader: None,
            election: Election::None,
            answers: BTreeSet::new(),
            fresh: false,
            elections_won: 0,
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
        nodes: (1..=n).map(node).collect(),
        ..Setup::default()
    })
}
