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

mod checks;

use crate::kit::{Choice, Entry, Param, ParamKind, Params};
use crate::sim::streams::{below, setup_stream};
use crate::sim::world::Layout;
use crate::sim::{
    Asked, Form, Cell, CellTone, Ctx, Delay, Glyph, Host, Inspect, Kind, Link, Message, NodeId, NodeSetup,
    Protocol, Refusal, Setup, Shape, Tone,
};
use rand::Rng;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "ring-election",
    title: "Ring election",
    source: "Chang and Roberts 1979",
    leaves_out: "no process fails and no message is lost or overtaken; the ring is never repaired",
    params: PARAMS,
    build,
    promises: checks::properties,
    ..Entry::BLANK
};

const PARAMS: &[Param] = &[
    Param {
        id: "nodes",
        label: "Processes",
        kind: ParamKind::Int {
            default: 5,
            min: 3,
            max: 50,
            unit: "",
        },
    },
    Param {
        id: "start",
        label: "Who calls the election",
        kind: ParamKind::Choice(&[
            choice("all", "all at once"),
            choice("lowest", "the process with the lowest id"),
            choice("highest", "the process with the highest id"),
            choice("one", "the first process on the ring"),
        ]),
    },
    Param {
        id: "order",
        label: "Order of the ids",
        kind: ParamKind::Choice(&[
            choice("random", "drawn from the seed"),
            choice("ascending", "ascending clockwise: the fewest messages"),
            choice("descending", "descending clockwise: the most messages"),
        ]),
    },
    Param {
        id: "mutant",
        label: "Mutant",
        kind: ParamKind::Choice(&[
            choice("none", "as in the paper"),
            choice("swallow-nothing", "passes smaller ids on, too"),
            choice("smallest-wins", "compares the wrong way round"),
        ]),
    },
];

const fn choice(id: &'static str, label: &'static str) -> Choice {
    Choice { id, label }
}

/// What goes round the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RingMsg {
    /// "Is anyone larger than this?"
    Election {
        /// The id that travels.
        id: u16,
    },
    /// "This one leads."
    Elected {
        /// The leader's id.
        id: u16,
    },
}

const ELECTION: Kind = Kind {
    name: "election",
    shape: Shape::Disc,
    tone: Tone::Blue,
};
const ELECTED: Kind = Kind {
    name: "elected",
    shape: Shape::Diamond,
    tone: Tone::Green,
};

impl Message for RingMsg {
    fn kind(&self) -> Kind {
        match self {
            RingMsg::Election { .. } => ELECTION,
            RingMsg::Elected { .. } => ELECTED,
        }
    }

    fn label(&self) -> String {
        match self {
            RingMsg::Election { id } => format!("id {id}"),
            RingMsg::Elected { id } => format!("leader {id}"),
        }
    }

    /// An id with a bit flipped may be nobody's, and then it goes round for as long as nobody
    /// swallows it. An announcement becomes unreadable.
    fn corrupted(&self, draw: u64) -> Option<Self> {
        match self {
            RingMsg::Election { id } => Some(RingMsg::Election {
                id: id ^ (1 << (draw % 3)),
            }),
            RingMsg::Elected { .. } => None,
        }
    }
}

/// A deliberate mistake, for the checks to catch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Mutant {
    None,
    SwallowNothing,
    SmallestWins,
}

impl Mutant {
    fn of(params: &Params) -> Self {
        match params.word("mutant") {
            "swallow-nothing" => Mutant::SwallowNothing,
            "smallest-wins" => Mutant::SmallestWins,
            _ => Mutant::None,
        }
    }

    /// The assumption that a violation is blamed on.
    fn assumption(self) -> &'static str {
        match self {
            Mutant::None => "no process lies, and a link changes nothing",
            Mutant::SwallowNothing => "an id that meets a larger one is swallowed",
            Mutant::SmallestWins => "the larger of two ids is passed on",
        }
    }
}

/// One process on the ring.
#[derive(Clone, Debug, Hash)]
pub struct Process {
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
    /// Its id.
    pub fn id(&self) -> u16 {
        self.id
    }

    /// Whom it takes for the leader.
    pub fn leader(&self) -> Option<u16> {
        self.leader
    }

    /// Whether it takes itself for the leader.
    pub fn leads(&self) -> bool {
        self.leader == Some(self.id)
    }

    fn call_election(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.participant = true;
        ctx.note(format!("calls an election: sends its id {}", self.id));
        ctx.send(self.next, RingMsg::Election { id: self.id });
    }

    fn remember(&mut self, id: u16, passed_on: bool) {
        if self.seen.len() == 12 {
            self.seen.remove(0);
        }
        self.seen.push((id, passed_on));
    }

    /// The heart of the paper: what to do with an id that is not one's own.
    fn compare(&mut self, ctx: &mut Ctx<'_, Self>, id: u16) {
        let pass = match self.mutant {
            Mutant::None => id > self.id,
            Mutant::SwallowNothing => true,
            Mutant::SmallestWins => id < self.id,
        };
        self.remember(id, pass);
        if pass {
            self.participant = true;
            let which = if id > self.id { "larger" } else { "smaller" };
            ctx.note(format!("passes {id} on, which is {which} than {}", self.id));
            ctx.send(self.next, RingMsg::Election { id });
        } else if self.participant {
            ctx.note(format!("swallows {id}: its own {} is on its way", self.id));
        } else {
            self.participant = true;
            ctx.note(format!("swallows {id} and sends its own {}", self.id));
            ctx.send(self.next, RingMsg::Election { id: self.id });
        }
    }

    /// Its own id has come back: nobody on the whole ring is larger.
    fn win(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.participant = false;
        self.leader = Some(self.id);
        self.elections_won += 1;
        ctx.note(format!(
            "has its own id {} back: it is the leader, and says so",
            self.id
        ));
        ctx.epoch(self.elections_won, format!("leader P{}", self.id));
        ctx.send(self.next, RingMsg::Elected { id: self.id });
    }

    fn learn(&mut self, ctx: &mut Ctx<'_, Self>, id: u16) {
        if id == self.id {
            ctx.note("has its announcement back: everyone knows");
            return;
        }
        self.participant = false;
        self.leader = Some(id);
        ctx.note(format!("learns that P{id} leads, and passes it on"));
        ctx.send(self.next, RingMsg::Elected { id });
    }

    fn role(&self) -> (&'static str, Glyph) {
        match self.leader {
            _ if self.participant => ("participant", Glyph::Question),
            Some(id) if id == self.id => ("leader", Glyph::Crown),
            Some(_) => ("follower", Glyph::None),
            None => ("idle", Glyph::None),
        }
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
        self.participant = false;
        self.leader = None;
        self.elections_won = 0;
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

    fn on_timer(&mut self, _: &mut Ctx<'_, Self>, (): ()) {}

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
        let (role, glyph) = self.role();
        let cell = |&(id, passed_on): &(u16, bool)| Cell {
            text: id.to_string(),
            tone: if passed_on {
                CellTone::Tentative
            } else {
                CellTone::Empty
            },
            title: format!(
                "id {id}, {}",
                if passed_on { "passed on" } else { "swallowed" }
            ),
        };
        let leader = self
            .leader
            .map_or("unknown".to_owned(), |id| format!("P{id}"));
        Inspect {
            role: role.to_owned(),
            glyph,
            prominent: self.leads(),
            badge: format!("id {}", self.id),
            cells: self.seen.iter().map(cell).collect(),
            ..Inspect::default()
        }
        .field("id", self.id)
        .field("participant", self.participant)
        .field("leader", leader)
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
    let node = |(place, id): (usize, u16)| {
        let process = Process {
            id,
            next: NodeId((place as u16 + 1) % n),
            processes: n,
            starts: match params.word("start") {
                "lowest" => id == 1,
                "highest" => id == n,
                "one" => place == 0,
                _ => true,
            },
            mutant: Mutant::of(params),
            participant: false,
            leader: None,
            elections_won: 0,
            seen: Vec::new(),
        };
        NodeSetup::server(format!("P{id}"), Host::boxed(process))
    };
    Ok(Setup {
        seed,
        link: Link {
            fifo: true,
            ..Link::reliable(Delay::default())
        },
        nodes: ids(params, seed)
            .into_iter()
            .enumerate()
            .map(node)
            .collect(),
        layout: Layout::Ring,
        ..Setup::default()
    })
}

#[cfg(test)]
mod tests;
