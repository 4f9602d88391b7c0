//! Election on a ring (Chang and Roberts 1979; the algorithm LCR of Lynch 1996, section 3.3).
//!
//! The processes stand on a ring, know only their own id, and speak only to the next one clockwise.
//! Who calls an election sends its id round. Whoever gets an id compares it with its own: a larger
//! one it passes on, a smaller one it *swallows* (and sends its own instead, unless it has done so
//! already). So only the largest id comes all the way back; its owner then knows that it leads, and
//! says so once round the ring.
//!
//! What it costs is counted in two parts, as the paper does: *election messages*, and the *n
//! announcements* that follow. An id travels until it meets a larger one. If all start, and the ids
//! stand in random order, that makes `n * H_n` election messages in the mean (`H_n = 1 + 1/2 + ... +
//! 1/n`): 11.42 for five. The best order is ascending clockwise (every id but the largest dies at
//! once): `2n - 1`. The worst is descending: `n + (n-1) + ... + 1 = n(n+1)/2`.
//!
//! The rule that is easy to break: it is assumed that no process fails, no message is lost and none
//! overtakes another. A crashed process is a hole in the ring: the election then does not go wrong,
//! it does not end. Two additions of ours are not in the paper: a process that boots after a crash
//! calls an election, and so does one that is asked to (`elect`).

use crate::kit::prelude::*;
use crate::sim::streams::{below, setup_stream};
use rand::Rng;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "ring-election",
    title: "Ring election",
    source: "Chang and Roberts 1979",
    leaves_out: "no process fails and no message is lost or overtaken; the ring is never repaired",
    params: &[
        Param::int("nodes", "Processes", 5, 3..=50),
        Param::choice("start", "Who calls the election", STARTS),
        Param::choice("order", "Order of the ids", ORDERS),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    build,
    promises,
    gauges: GAUGES,
    boards: Some(boards),
    absences: Some(absences),
    ..Entry::BLANK
};

const STARTS: &[Choice] = &[
    Choice::new("all", "all at once"),
    Choice::new("lowest", "the process with the lowest id"),
    Choice::new("highest", "the process with the highest id"),
    Choice::new("one", "the first process on the ring"),
];
const ORDERS: &[Choice] = &[
    Choice::new("random", "drawn from the seed"),
    Choice::new("ascending", "ascending clockwise: the fewest messages"),
    Choice::new("descending", "descending clockwise: the most messages"),
];

mutants! {
    /// What a process does with an id that comes by.
    enum Mutant {
        SwallowNothing = "swallow-nothing", "passes smaller ids on, too" {
            rule: "an id that meets a larger one is swallowed", breaks: "Election safety",
        }
        SmallestWins = "smallest-wins", "compares the wrong way round" {
            rule: "the larger of two ids is passed on", breaks: "Election safety",
        }
    }
    as it is: "as in the paper",
}

messages! {
    /// What goes round the ring: "is anyone larger than this?", and "this one leads".
    enum RingMsg {
        Election { id: u16 } = "election", Disc, Blue, "id {id}";
        Elected { id: u16 } = "elected", Diamond, Green, "leader {id}";
    }
    corrupted: flipped,
}

/// An id with a bit flipped may be nobody's, and then it goes round for as long as nobody swallows
/// it. An announcement becomes unreadable.
fn flipped(msg: &RingMsg, draw: u64) -> Option<RingMsg> {
    match *msg {
        RingMsg::Election { id } => Some(RingMsg::Election { id: id ^ (1 << (draw % 3)) }),
        RingMsg::Elected { .. } => None,
    }
}

facts! {
    /// What a process tells those who watch.
    enum Fact {
        /// It has stopped another's id.
        Swallowed { id: u16 } = "swallowed",
        /// Its own id, of 1 to `of`, has come back: it leads.
        Won { id: u16, of: u16 } = "won" => Decisive,
        /// It has heard who leads.
        Learnt { leader: u16 } = "learnt",
    }
}

/// One process on the ring.
#[derive(Clone, Default, Hash)]
struct Process {
    id: u16,
    next: NodeId,
    processes: u16,
    starts: bool,
    mutant: Mutant,
    participant: bool,
    leader: Option<u16>,
    elections_won: u64,
    // The last dozen ids that came by, and whether each was passed on: for people.
    seen: Vec<(u16, bool)>,
}

impl Process {
    fn leads(&self) -> bool {
        self.leader == Some(self.id)
    }

    fn call_election(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.participant = true;
        ctx.note(format!("calls an election: sends its id {}", self.id));
        ctx.send(self.next, RingMsg::Election { id: self.id });
    }

    /// The heart of the paper: what to do with an id that is not one's own.
    fn compare(&mut self, ctx: &mut Ctx<'_, Self>, id: u16) {
        let me = self.id;
        let pass = match self.mutant {
            Mutant::None => id > me,
            Mutant::SwallowNothing => true,
            Mutant::SmallestWins => id < me,
        };
        if pass {
            let which = if id > me { "larger" } else { "smaller" };
            ctx.note(format!("passes {id} on, which is {which} than {me}"));
            ctx.send(self.next, RingMsg::Election { id });
        } else if self.participant {
            ctx.note(format!("swallows {id}: its own {me} is on its way"));
            ctx.fact(Fact::Swallowed { id });
        } else {
            ctx.note(format!("swallows {id} and sends its own {me}"));
            ctx.fact(Fact::Swallowed { id });
            ctx.send(self.next, RingMsg::Election { id: me });
        }
        self.participant = true;
        self.seen.push((id, pass));
        self.seen.drain(..self.seen.len().saturating_sub(12));
    }

    /// Its own id has come back: nobody on the whole ring is larger.
    fn win(&mut self, ctx: &mut Ctx<'_, Self>) {
        let (id, of) = (self.id, self.processes);
        self.participant = false;
        self.leader = Some(id);
        self.elections_won += 1;
        ctx.note(format!("has its own id {id} back: it leads, and says so"));
        ctx.epoch(self.elections_won, format!("leader P{id}"));
        ctx.fact(Fact::Won { id, of });
        ctx.send(self.next, RingMsg::Elected { id });
    }

    fn learn(&mut self, ctx: &mut Ctx<'_, Self>, leader: u16) {
        if leader == self.id {
            return ctx.note("has its announcement back: everyone knows");
        }
        self.participant = false;
        self.leader = Some(leader);
        ctx.note(format!("learns that P{leader} leads, and passes it on"));
        ctx.fact(Fact::Learnt { leader });
        ctx.send(self.next, RingMsg::Elected { id: leader });
    }
}

impl Protocol for Process {
    type Msg = RingMsg;
    type Timer = ();
    type Stable = ();

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.starts {
            self.call_election(ctx);
        }
    }

    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        (self.leader, self.elections_won) = (None, 0);
        self.seen.clear();
        self.call_election(ctx);
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, _: NodeId, msg: &RingMsg) {
        match *msg {
            RingMsg::Election { id } if id != self.id => self.compare(ctx, id),
            RingMsg::Election { .. } if self.leads() && !self.participant => {
                ctx.note("has its own id back a second time, and ignores it");
            }
            RingMsg::Election { .. } => self.win(ctx),
            RingMsg::Elected { id } => self.learn(ctx, id),
        }
    }

    fn on_request(&mut self, ctx: &mut Ctx<'_, Self>, _: &Asked) {
        self.call_election(ctx);
    }

    fn requests(&self) -> &'static [Form] {
        const { &[Form::bare("elect", "Call an election")] }
    }

    /// A liar sends any process's id instead of the one it should.
    fn lie(&self, msg: &RingMsg, _: NodeId, draw: u64) -> Option<RingMsg> {
        let id = 1 + below(draw, u64::from(self.processes)) as u16;
        Some(match msg {
            RingMsg::Election { .. } => RingMsg::Election { id },
            RingMsg::Elected { .. } => RingMsg::Elected { id },
        })
    }

    fn inspect(&self) -> Inspect {
        let (role, glyph) = match self.leader {
            _ if self.participant => ("participant", Glyph::Question),
            Some(_) if self.leads() => ("leader", Glyph::Crown),
            Some(_) => ("follower", Glyph::None),
            None => ("idle", Glyph::None),
        };
        let cell = |&(id, passed): &(u16, bool)| match passed {
            true => Cell::new(id, CellTone::Tentative, format!("id {id}, passed on")),
            false => Cell::new(id, CellTone::Empty, format!("id {id}, swallowed")),
        };
        let leader = self.leader.map(|id| format!("P{id}"));
        Inspect::of(role, glyph)
            .prominent(self.leads())
            .badge(format!("id {}", self.id))
            .cells(self.seen.iter().map(cell))
            .field("id", self.id)
            .field("participant", self.participant)
            .field("leader", leader.as_deref().unwrap_or("unknown"))
            .field("elections won", self.elections_won)
    }
}

/// The ids in the order in which they stand on the ring, clockwise.
fn ids(params: &Params, seed: u64) -> Vec<u16> {
    let mut ids: Vec<u16> = (1..=params.int("nodes") as u16).collect();
    match params.word("order") {
        "ascending" => {}
        "descending" => ids.reverse(),
        _ => {
            // Fisher and Yates: every order is equally likely.
            let mut rng = setup_stream(seed, "ring");
            for i in (1..ids.len()).rev() {
                ids.swap(i, below(rng.next_u64(), i as u64 + 1) as usize);
            }
        }
    }
    ids
}

fn build(params: &Params, seed: u64) -> Result<Setup, Refusal> {
    let n = params.int("nodes") as u16;
    let node = |(place, id): (u16, u16)| {
        let process = Process {
            id,
            next: NodeId((place + 1) % n),
            processes: n,
            starts: match params.word("start") {
                "lowest" => id == 1,
                "highest" => id == n,
                "one" => place == 0,
                _ => true,
            },
            mutant: Mutant::of(params),
            ..Process::default()
        };
        NodeSetup::server(format!("P{id}"), Host::boxed(process))
    };
    Ok(Setup {
        seed,
        link: Link::reliable(Delay::default()).in_order(),
        nodes: (0..).zip(ids(params, seed)).map(node).collect(),
        layout: Layout::Ring,
        ..Setup::default()
    })
}

/// Who does not know who leads, and where on the ring the largest id, or the news, is stuck.
fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let all = || world.node_ids().filter_map(|n| Some((n, world.node_as::<Process>(n)?)));
    let ignorant = all().filter(|(_, p)| p.leader.is_none()).count();
    if ignorant == 0 {
        return Vec::new();
    }
    let hops = |kinds: &'static [&'static str]| all().map(move |(n, p)| Lack::Way(n, p.next, kinds));
    let (largest, n) = (all().map(|(_, p)| p.id).max().unwrap_or(0), world.node_count());
    let called = all().any(|(_, p)| p.participant || p.leader.is_some());
    let won = all().any(|(_, p)| p.leads());
    let conditions = vec![
        Condition::of("somebody has called an election", called),
        Condition::of(format!("the largest id, {largest}, comes round the whole ring"), won)
            .lacks(hops(&["election"])),
        Condition::of(format!("the news of it has come to all: to {} of {n}", n - ignorant), false)
            .lacks(if won { hops(&["elected"]).collect() } else { Vec::new() }),
    ];
    let what = if won { "not everyone knows who leads" } else { "no process is elected" };
    vec![Absence::of(Lacking::Leader, what, conditions)]
}

/// Who says so knows who leads.
const KNOWS: fn(&Fact) -> Option<()> = pick!(Fact::Won { .. } | Fact::Learnt { .. } => ());

fn promises(params: &Params) -> Vec<Box<dyn Property>> {
    let claim = "at most one process is elected: the one with the largest id";
    let wrongly = pick!(Fact::Won { id, of } if id < of =>
        format!("P{id} elects itself, though P{of} has the largest id"));
    let safety = never("Election safety", claim, wrongly)
        .needs(&[Need::Correct])
        .rests_on("no process lies, and a link changes nothing");
    let claim = "a leader is elected, and every process learns who it is";
    let everyone = (0..params.int("nodes") as u16).map(NodeId);
    let termination = termination("Termination", claim, everyone, |f| KNOWS(f).is_some()).needs(&[
        Need::AllUp,
        Need::NoLoss,
        Need::NoPause,
        Need::Correct,
        Need::Onward,
    ]);
    vec![safety.boxed(), termination.boxed()]
}

static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("election_messages", "election messages", "", |_| gauges::sent(&["election"]))
        .theory(elections)
        .published(&[
            Published::of(&["nodes=3"], 5.5, "n H_n"),
            Published::of(&[], 11.416_667, "n H_n"),
            Published::of(&["nodes=8"], 21.742_857, "n H_n"),
            Published::of(&["nodes=13"], 41.341_738, "n H_n"),
            Published::of(&["nodes=30"], 119.849_614, "n H_n"),
        ]),
    GaugeDef::new("announcements", "announcements", "", |_| gauges::sent(&["elected"]))
        .theory(|p| Some(number(p, "nodes"))),
    GaugeDef::new("messages", "messages", "", |_| gauges::sent(&["election", "elected"]))
        .theory(|p| Some(elections(p)? + number(p, "nodes"))),
    GaugeDef::new("elected_ms", "until a leader is elected", "ms", |_| {
        gauges::first_ms(|f: &Fact| matches!(f, Fact::Won { .. }))
    }),
    GaugeDef::new("known_ms", "until everyone knows it", "ms", |p| {
        gauges::all_ms(p.int("nodes") as usize, KNOWS)
    }),
];

/// The mean over all orders. Where one process calls, one id at a time is under way until the largest
/// takes over: as many messages as there are hops to it, and then n round the ring.
fn elections(params: &Params) -> Option<f64> {
    let n = number(params, "nodes");
    Some(match (params.word("start"), params.word("order")) {
        ("all", "random") => (1..=params.int("nodes")).map(|i| n / i as f64).sum(),
        ("all", "descending") => n * (n + 1.0) / 2.0,
        ("highest", _) | ("one", "descending") => n,
        ("lowest", "descending") => n + 1.0,
        ("lowest", "random") => n + n / 2.0,
        ("one", "random") => n + (n - 1.0) / 2.0,
        _ => n + n - 1.0,
    })
}

/// Who has sent how many, beside the mean over processes and orders.
fn boards(params: &Params, world: &World) -> Vec<Board> {
    let bar = |node: NodeId| {
        let process: &Process = world.node_as(node)?;
        let sent = f64::from(world.carried(node, process.next));
        Some(Bar::of(world.name(node), sent).mood(Mood::good_if(process.leads())))
    };
    let bars = world.node_ids().filter_map(bar).collect();
    let mean = elections(params).map(|all| 1.0 + all / number(params, "nodes"));
    vec![Board::bars("Messages sent by each process", "", bars, mean)]
}

#[cfg(test)]
mod tests;
