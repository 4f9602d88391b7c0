//! Gossip (Demers et al. 1987, *Epidemic Algorithms for Replicated Database Maintenance*, section 1.3,
//! anti-entropy; rounds as in Karp et al. 2000, *Randomized Rumor Spreading*).
//!
//! Everybody keeps one value with a version; a newer version takes the place of an older one. Once a
//! *period* each node picks `fanout` others at random, and
//!
//! - *push*: tells them what it has;
//! - *pull*: asks them whether they have something newer;
//! - *push-pull*: does both with one message.
//!
//! Nobody is in charge and nobody knows the whole; still everybody knows after about log n rounds, because
//! those who know multiply in each: with a fanout of one they nearly double at first. Pushing is quick at
//! first and slow at the end, when most are told what they know; pulling is the other way round: once few are left, each finds someone who knows at once.
//! Both together take the best of each. Lost messages cost a round or so, and crashed nodes nothing.
//!
//! What is known when a period begins is what is told in it, so that a round is a round: the number of
//! those who know is then a Markov chain, and its mean time to reach everyone is what [`rounds`] computes.
//!
//! The rule that is easy to break: only a *newer* version is taken, and it is passed on as it is. Whoever
//! takes what comes last goes back in time when an old message is late. Versions survive a crash on disk.

mod absent;
mod theory;

use crate::check::promise::{monotonic, no_creation};
use crate::check::{Broken, Need, Promised, Property, Rule, Seen};
use crate::kit::boards::Bar;
use crate::kit::boards::Mood;
use crate::kit::{
    Board, Choice, Entry, GaugeDef, Param, Params, Published, facts, gauges, messages, mutants,
};
use crate::sim::{
    Asked, Cell, CellTone, Ctx, Delay, FieldKind, Form, FormField, Glyph, Host, Inspect, Link, NodeId,
    NodeSetup, Protocol, Refusal, Setup, Span, World,
};
use std::collections::{BTreeMap, BTreeSet};
use theory::rounds;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "gossip",
    title: "Gossip",
    source: "Demers et al. 1987, section 1.3; Karp et al. 2000",
    leaves_out: "rumours that are forgotten again, partial views of who is there, deletions",
    params: &[
        Param::int("nodes", "nodes", 30, 2..=100),
        Param::int("fanout", "others that each talks to in a round", 3, 1..=10),
        Param::choice(
            "mode",
            "who tells whom",
            &[
                Choice::new("push", "push: those who know tell others"),
                Choice::new("pull", "pull: everybody asks others"),
                Choice::new("push-pull", "push-pull: both at once"),
            ],
        ),
        Param::ms("period_ms", "a round", 100, 50..=10_000),
        Param::percent("loss_percent", "messages lost", 0),
        Param::ms("rewrite_ms", "the first node writes anew every (0: never)", 0, 0..=60_000),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    build,
    promises,
    gauges: GAUGES,
    boards: Some(boards),
    absences: Some(absent::absences),
    ..Entry::BLANK
};

const FIRST: NodeId = NodeId(0);

mutants! {
    /// Gossip with a rule left out.
    pub enum Mutant {
        /// What comes last is taken.
        TakeAnything = "take-anything", "takes whatever comes, even if it is older" {
            rule: "only a newer version takes the place of what one has (Demers 1987, 1.1)",
            breaks: "Never back",
            with: &["rewrite_ms=150"],
        }
        /// Who passes something on makes a version of its own of it.
        RelayAnew = "relay-anew", "passes on what it hears as a version of its own" {
            rule: "a version is passed on as it is, with the number that its writer gave it",
            breaks: "No creation",
        }
    }
    as it is: "newer versions only, as they are",
}

/// A value and its version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct News {
    /// Grows with each write; 0: nothing is known yet.
    version: u32,
    letter: u8,
}

impl News {
    fn letter(self) -> char {
        if self.version == 0 { '-' } else { char::from(self.letter) }
    }

    fn text(self) -> String {
        format!("{} (version {})", self.letter(), self.version)
    }
}

messages! {
    /// What nodes send.
    pub enum Msg {
        /// This is what I have.
        Tell { letter: char, news: News } = "tell", Disc, Green, "tell {letter}";
        /// Do you have something newer than this version?
        Ask { than: u32 } = "ask", Arrow, Blue, "newer than {than}?";
        /// This is what I have; do you have something newer?
        Exchange { letter: char, news: News } = "exchange", Diamond, Purple, "have {letter}";
    }
}

facts! {
    /// What a node tells those who watch.
    pub enum Fact {
        /// It has written a version.
        Wrote { news: News } = "wrote",
        /// It has learned of one that was new to it.
        Learned { news: News, round: u32 } = "learned",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Mode {
    Push,
    Pull,
    PushPull,
}

/// What survives a crash: what is known, and the round in which something first was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Disk {
    news: News,
    first_round: Option<u32>,
}

/// A node's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    /// A round begins.
    Round,
    /// The first node writes.
    Write,
}

/// A node.
#[derive(Clone, Debug, Hash)]
pub struct Node {
    me: NodeId,
    fanout: usize,
    mode: Mode,
    period: Span,
    rewrite: Span,
    mutant: Mutant,
    disk: Disk,
    // What it had when this round began: what it tells in this round.
    told: News,
}

impl Node {
    fn round(&self, now_us: u64) -> u32 {
        (now_us / self.period.0) as u32
    }

    fn keep(&mut self, ctx: &mut Ctx<'_, Self>, news: News) {
        self.disk.news = news;
        let round = self.round(ctx.now_us());
        self.disk.first_round.get_or_insert(round);
        ctx.persist(self.disk.clone());
    }

    fn write(&mut self, ctx: &mut Ctx<'_, Self>, letter: u8) {
        let news = News { version: self.disk.news.version + 1, letter };
        self.keep(ctx, news);
        ctx.note(format!("writes {}", news.text()));
        ctx.fact(Fact::Wrote { news });
    }

    fn hear(&mut self, ctx: &mut Ctx<'_, Self>, heard: News) {
        let mut news = heard;
        let takes = match self.mutant {
            Mutant::TakeAnything => news.version > 0 && news != self.disk.news,
            _ => news.version > self.disk.news.version,
        };
        if !takes {
            return;
        }
        if self.mutant == Mutant::RelayAnew {
            news.version += 1;
        }
        self.keep(ctx, news);
        ctx.note(format!("learns {}", news.text()));
        let round = self.round(ctx.now_us());
        ctx.fact(Fact::Learned { news, round });
    }

    /// Different others, each as likely as any.
    fn others(&self, ctx: &mut Ctx<'_, Self>) -> Vec<NodeId> {
        let n = u64::from(ctx.nodes());
        let wanted = self.fanout.min(n as usize - 1);
        let mut chosen = BTreeSet::new();
        while chosen.len() < wanted {
            let other = NodeId(ctx.random_below(n) as u16);
            if other != self.me {
                chosen.insert(other);
            }
        }
        chosen.into_iter().collect()
    }

    fn talk(&mut self, ctx: &mut Ctx<'_, Self>) {
        let news = self.told;
        let letter = news.letter();
        let msg = match self.mode {
            Mode::Push if news.version == 0 => return,
            Mode::Push => Msg::Tell { letter, news },
            Mode::Pull => Msg::Ask { than: news.version },
            Mode::PushPull => Msg::Exchange { letter, news },
        };
        let others = self.others(ctx);
        ctx.broadcast(others, msg);
    }

    /// Answers who has something older, with what was known when the round began.
    fn answer(&self, ctx: &mut Ctx<'_, Self>, to: NodeId, than: u32) {
        let news = self.told;
        if news.version > than {
            let letter = news.letter();
            ctx.send(to, Msg::Tell { letter, news });
        }
    }

    fn next_round(&self, ctx: &mut Ctx<'_, Self>) {
        // Rounds begin at multiples of the period of one's own clock, whatever came between.
        let left = self.period.0 - ctx.now_us() % self.period.0;
        ctx.set_timer(Timer::Round, Span(left));
    }
}

impl Protocol for Node {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = Disk;

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.me == FIRST {
            self.write(ctx, b'a');
            if self.rewrite > Span::ZERO {
                ctx.set_timer(Timer::Write, self.rewrite);
            }
        }
        self.next_round(ctx);
    }

    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.disk = ctx.durable().clone();
        self.told = self.disk.news;
        if self.me == FIRST && self.rewrite > Span::ZERO {
            ctx.set_timer(Timer::Write, self.rewrite);
        }
        self.next_round(ctx);
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, from: NodeId, msg: &Msg) {
        match *msg {
            Msg::Tell { news, .. } => self.hear(ctx, news),
            Msg::Ask { than } => self.answer(ctx, from, than),
            Msg::Exchange { news, .. } => {
                self.hear(ctx, news);
                self.answer(ctx, from, news.version);
            }
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, timer: Timer) {
        match timer {
            Timer::Round => {
                self.told = self.disk.news;
                self.talk(ctx);
                self.next_round(ctx);
            }
            Timer::Write => {
                let letter = b'a' + (self.disk.news.version % 26) as u8;
                self.write(ctx, letter);
                ctx.set_timer(Timer::Write, self.rewrite);
            }
        }
    }

    fn requests(&self) -> &'static [Form] {
        const {
            &[Form {
                id: "write",
                label: "Write a new version",
                fields: &[FormField { label: "the value", kind: FieldKind::Letter { default: 'z' } }],
            }]
        }
    }

    fn on_request(&mut self, ctx: &mut Ctx<'_, Self>, asked: &Asked) {
        self.write(ctx, asked.letter(0) as u8);
    }

    /// A liar tells of a value that nobody wrote.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        let Msg::Tell { news, .. } = msg else {
            return None;
        };
        let letter = b'A' + (draw % 26) as u8;
        let news = News { letter, ..*news };
        Some(Msg::Tell { letter: char::from(letter), news })
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Round => "next round",
            Timer::Write => "next write",
        }
    }

    fn inspect(&self) -> Inspect {
        let news = self.disk.news;
        let knows = news.version > 0;
        let cell = Cell::new(news.letter(), CellTone::Firm, news.text());
        Inspect {
            role: if knows { "knows" } else { "does not know" }.to_owned(),
            glyph: if knows { Glyph::Check } else { Glyph::None },
            prominent: knows,
            badge: format!("v{}", news.version),
            cells: if knows { vec![cell] } else { Vec::new() },
            ..Inspect::default()
        }
        .field("value", news.letter())
        .field("version", news.version)
        .field("told in this round", self.told.text())
        .field("first heard in round", self.disk.first_round.map_or("-".to_owned(), |r| r.to_string()))
    }
}

fn build(params: &Params, seed: u64) -> Result<Setup, Refusal> {
    // An answer comes back within the round in which it was asked for.
    let delay = Delay::Uniform { min_us: 5_000, max_us: 20_000 };
    let link = Link::fair_loss(delay, params.ppm("loss_percent"));
    link.check()?;
    let node = |i: u16| {
        let node = Node {
            me: NodeId(i),
            fanout: params.int("fanout") as usize,
            mode: match params.word("mode") {
                "pull" => Mode::Pull,
                "push-pull" => Mode::PushPull,
                _ => Mode::Push,
            },
            period: params.ms("period_ms"),
            rewrite: params.ms("rewrite_ms"),
            mutant: Mutant::of(params),
            disk: Disk::default(),
            told: News::default(),
        };
        NodeSetup::server(format!("N{}", i + 1), Host::boxed(node))
    };
    Ok(Setup { seed, link, nodes: (0..params.int("nodes") as u16).map(node).collect(), ..Setup::default() })
}

fn promises(params: &Params) -> Vec<Box<dyn Property>> {
    let everybody = Everybody { nodes: params.int("nodes") as u16, newest: 0, have: BTreeMap::new() };
    vec![
        no_creation(
            "No creation",
            "only what was written is learned, as it was written",
            |f: &Fact| match f {
                Fact::Wrote { news } => Some(news.text()),
                Fact::Learned { .. } => None,
            },
            |f: &Fact| match f {
                Fact::Learned { news, .. } => Some(news.text()),
                Fact::Wrote { .. } => None,
            },
        )
        .needs(&[Need::Correct])
        .boxed(),
        monotonic("Never back", "no node goes back to an older version", |f: &Fact| match f {
            Fact::Wrote { news } | Fact::Learned { news, .. } => Some(u64::from(news.version)),
        })
        .boxed(),
        Promised::liveness("Everybody knows", "in the end every node has the newest version", everybody)
            .needs(&[Need::AllUp, Need::NoPause, Need::Fair, Need::Correct, Need::Pace, Need::Onward])
            .boxed(),
    ]
}

/// Who has the newest version; two who write at once may give two values the same one.
#[derive(Clone)]
struct Everybody {
    nodes: u16,
    newest: u32,
    have: BTreeMap<char, BTreeSet<NodeId>>,
}

impl Rule for Everybody {
    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Fact>() {
            let (Fact::Wrote { news } | Fact::Learned { news, .. }) = fact;
            if news.version > self.newest {
                self.newest = news.version;
                self.have.clear();
            }
            if news.version == self.newest {
                self.have.entry(news.letter()).or_default().insert(node);
            }
        }
        Ok(())
    }

    fn missing(&self) -> Option<String> {
        let (all, newest) = (self.nodes, self.newest);
        let each: Vec<String> =
            self.have.iter().map(|(value, have)| format!("{value} at {}", have.len())).collect();
        if each.len() > 1 {
            return Some(format!(
                "version {newest} is several values, none newer than the others: {}",
                each.join(", ")
            ));
        }
        let have = self.have.values().next().map_or(0, BTreeSet::len);
        (have < usize::from(all)).then(|| format!("{have} of {all} nodes have version {newest}"))
    }
}

/// In which round each node first knew something.
fn first_rounds(world: &World) -> impl Iterator<Item = Option<u32>> {
    let node = |n| world.node_as::<Node>(n).and_then(|node| node.disk.first_round);
    world.node_ids().map(node)
}

static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("rounds", "rounds until everybody knows", "", |_| {
        gauges::reading(|w| {
            let all: Option<Vec<u32>> = first_rounds(w).collect();
            all?.into_iter().max().map(f64::from)
        })
    })
    .theory(rounds)
    .published(&[
        Published::of(&["nodes=30", "fanout=3"], 4.234, "Markov chain of those who know").at_ms(4_000),
        Published::of(&["nodes=30", "fanout=3", "loss_percent=30"], 5.351, "the same, thinned by loss")
            .at_ms(4_000),
        Published::of(&["nodes=30", "fanout=1"], 9.155, "Markov chain; log2 n + ln n = 8.3 (Pittel 1987)")
            .at_ms(4_000),
        Published::of(&["nodes=30", "fanout=1", "mode=pull"], 7.477, "Markov chain").at_ms(4_000),
        Published::of(&["nodes=30", "fanout=1", "mode=push-pull"], 5.018, "Markov chain").at_ms(4_000),
    ]),
    GaugeDef::new("know_percent", "nodes that have the newest version", "%", |_| {
        gauges::reading(|w| {
            let known = || w.node_ids().filter_map(|n| Some(w.node_as::<Node>(n)?.disk.news));
            let newest = known().max()?;
            let have = known().filter(|&news| news == newest && news.version > 0).count();
            Some(100.0 * have as f64 / w.node_count() as f64)
        })
    }),
    GaugeDef::new("messages", "messages sent", "", gauges::messages),
    GaugeDef::new("lost", "messages lost", "", gauges::losses),
];

fn boards(_: &Params, world: &World) -> Vec<Board> {
    let rounds: Vec<Option<u32>> = first_rounds(world).collect();
    let last = rounds.iter().flatten().max().copied().unwrap_or(0);
    let bar = |round: u32| Bar {
        label: format!("round {round}"),
        value: rounds.iter().flatten().filter(|&&r| r <= round).count() as f64,
        mood: Mood::Good,
    };
    vec![Board::Bars {
        title: "How many know".to_owned(),
        unit: "nodes".to_owned(),
        bars: (0..=last).map(bar).collect(),
        mark: Some(rounds.len() as f64),
    }]
}

#[cfg(test)]
mod tests;
