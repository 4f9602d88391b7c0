//! The Byzantine generals (Lamport, Shostak, Pease 1982; first in Pease, Shostak, Lamport 1980).
//!
//! A commander sends an order to his lieutenants: attack, or retreat. Some generals are *traitors*, the commander perhaps among
//! them, and say what they like, to each something else. Two things are to hold (section 1):
//!
//! - **IC1**: all loyal lieutenants obey the same order.
//! - **IC2**: if the commander is loyal, every loyal lieutenant obeys the order that he sends.
//!
//! *Oral messages* (section 3): what is sent arrives as it was sent (A1), the receiver knows from whom (A2), and silence is noticed
//! (A3). `OM(0)`: the commander tells each, and each uses that; who hears nothing uses RETREAT. `OM(m)`: the commander tells each; each
//! lieutenant then *acts as the commander* of `OM(m-1)`, and tells all others what he was told; and each uses the majority of what he
//! was told and of what he has come to believe that each other was told. Written out, who says that who said is a tree: a message's
//! *path* is the list of all through whom it came, and a path of length r travels in round r. After m + 1 rounds the tree is folded,
//! from the leaves up, by majorities.
//!
//! With n generals it works against m traitors if `n >= 3m + 1` (theorem 1), and nothing works with fewer (section 2).
//! It costs (n-1) + (n-1)(n-2) + ... + (n-1)(n-2)...(n-m-1) messages: 9 for four generals and one traitor, 156 for seven and two.
//!
//! *Signed messages* (section 4): a loyal general's signature cannot be forged, and anyone can check it (A4). `SM(m)`: the commander
//! signs his order and sends it; who gets an order that he has not seen signs it as well, and passes it on to all who have not signed,
//! as long as there are at most m signatures on it. In the end each has a *set* of orders, and all loyal ones have the same: if it holds one
//! order, they obey it, else RETREAT. It works against any m traitors (theorem 2), and says something if `n >= m + 2`.
//!
//! What is exact here: rounds follow a bound that all know (a message takes 40 ms at most, a round is 50), and silence is what has not
//! come by the end of its round. An order with r signatures is taken until round r ends; so late a traitor can show it to some, and
//! they still have a round left to tell, unless it has m + 1 signatures, one of them loyal, and that one has told all.
//!
//! Traitors follow a strategy, or say to each what a learner tells them to; they know each other's keys (A4 permits it). Beside that
//! any general may be made to lie, to be silent, late, or to repeat itself, as any node of the engine may.
//!
//! The rule that is easy to break: a lieutenant relays what he *heard*, not what he believes, and silence is relayed as RETREAT.

mod cost;
mod general;
mod judged;
mod seal;
mod show;
mod treason;
mod tree;

#[cfg(test)]
mod tests;

use crate::kit::prelude::*;
use crate::sim::streams::{below, setup_stream};
use general::General;
use rand::Rng;
use seal::{Key, Seal};
use std::collections::BTreeSet;
use std::fmt;
use treason::{Strategy, Treason};

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "byzantine-generals",
    title: "Byzantine generals",
    source: "Lamport, Shostak, Pease 1982, sections 3 and 4",
    leaves_out: "generals who cannot all reach each other (section 5), and more than two orders",
    params: &[
        Param::int("generals", "Generals, the commander included (n)", 4, 3..=12),
        Param::int("m", "Traitors that are to be borne (m)", 1, 0..=3),
        Param::choice(
            "messages",
            "Messages",
            &[Choice::new("oral", "oral: OM(m)"), Choice::new("signed", "signed: SM(m)")],
        ),
        Param::choice(
            "order",
            "The commander's order",
            &[Choice::new("attack", "attack"), Choice::new("retreat", "retreat")],
        ),
        Param::choice(
            "who",
            "Who is a traitor",
            &[
                Choice::new("given", "those named below"),
                Choice::new("drawn", "m of them, drawn by the seed"),
            ],
        ),
        Param::int("traitor", "A traitor (-1 nobody, 0 the commander, 1 is L1)", -1, -1..=11),
        Param::int("traitor2", "A second traitor", -1, -1..=11),
        Param::int("traitor3", "A third traitor", -1, -1..=11),
        Param::choice("strategy", "What traitors do", Strategy::CHOICES),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    length: Span::secs(2),
    build,
    promises: judged::promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    probes: &[
        Probe { id: "generals", label: "generals", read: |w, _| Some(w.node_count() as i64) },
        Probe {
            id: "traitors",
            label: "generals that have betrayed by their own code",
            read: show::traitors,
        },
    ],
    ..Entry::BLANK
};

/// The bound on a message, a round, and when the first begins: late enough to bribe a commander before he speaks.
const SHORTEST_MS: u64 = 20;
const LONGEST_MS: u64 = 40;
const ROUND_MS: u64 = 50;
const FIRST_MS: u64 = 50;

/// Messages of a run, at most: more is a picture of nothing.
const MOST_MESSAGES: u64 = 4_000;

mutants! {
    /// A general with a rule left out.
    enum Mutant {
        FirstValue = "first-value", "a lieutenant obeys what the commander told him, whatever the others say" {
            rule: "a lieutenant uses the majority of what all say that they were told",
            breaks: "IC1", with: &["messages=oral", "who=given", "traitor=0", "strategy=splits"],
        }
        OneRoundShort = "one-round-short", "oral messages: everything ends after m rounds" {
            rule: "m traitors take m + 1 rounds", breaks: "IC1", with: &["messages=oral", "who=given", "traitor=0", "strategy=splits"],
        }
        CountsWhatCame = "counts-what-came", "who hears nothing says nothing, and what does not come is not counted" {
            rule: "a value that does not come in time is RETREAT, and is passed on as that",
            breaks: "IC1", with: &["messages=oral", "who=given", "traitor=0", "strategy=random"],
        }
        BelievesAnySeal = "believes-any-seal", "signed messages: signatures are not checked" {
            rule: "an order is taken only if every signature on it is genuine",
            breaks: "IC2", with: &["messages=signed", "who=given", "traitor=2", "strategy=inverts"],
        }
        PassesOnTooLittle = "passes-on-too-little", "signed messages: an order with m signatures is not passed on" {
            rule: "an order with at most m signatures is signed and passed on",
            breaks: "IC1", with: &["messages=signed", "who=given", "traitor=0", "strategy=splits"],
        }
    }
    as it is: "as in the paper",
}

facts! {
    /// What a general tells.
    enum Fact {
        /// He is a traitor, or has become one.
        Betrays = "betrays" => Quiet,
        /// The commander has his order, and sends it, or what he likes instead.
        Ordered { attack: bool } = "ordered",
        /// He was told this, in time.
        Heard { from: u16, attack: bool } = "heard" => Quiet,
        /// He was told this after its round had ended, and does not count it.
        Late { from: u16 } = "late",
        /// He was shown an order with a signature that is not genuine.
        Refused { from: u16, attack: bool } = "refused",
        /// He obeys.
        Decided { attack: bool } = "decided" => Decisive,
    }
}

/// What can be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Order {
    Attack,
    Retreat,
}

impl Order {
    /// What silence, and a tie, count as.
    const DEFAULT: Order = Order::Retreat;
    const BOTH: [Order; 2] = [Order::Attack, Order::Retreat];

    fn other(self) -> Self {
        match self {
            Order::Attack => Order::Retreat,
            Order::Retreat => Order::Attack,
        }
    }

    fn is_attack(self) -> bool {
        self == Order::Attack
    }

    /// The majority, if there is one (section 3); else RETREAT.
    fn majority(votes: &[Order]) -> Self {
        let attack = votes.iter().filter(|v| v.is_attack()).count();
        if 2 * attack > votes.len() { Order::Attack } else { Order::DEFAULT }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_attack() { "attack" } else { "retreat" })
    }
}

/// A general's name, by his number: 0 is the commander.
fn name(id: u8) -> String {
    if id == 0 { "Commander".to_owned() } else { format!("L{id}") }
}

/// Through whom a message came: the commander first, its sender last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Path {
    len: u8,
    ids: [u8; 4],
}

impl Path {
    /// From the commander himself.
    const FIRST: Path = Path { len: 1, ids: [0; 4] };

    fn ids(&self) -> &[u8] {
        &self.ids[..usize::from(self.len)]
    }

    fn has(&self, id: u8) -> bool {
        self.ids().contains(&id)
    }

    fn last(&self) -> u8 {
        self.ids[usize::from(self.len) - 1]
    }

    /// On through `id`.
    fn then(mut self, id: u8) -> Self {
        self.ids[usize::from(self.len)] = id;
        self.len += 1;
        self
    }

    /// On through everyone who is not on it yet, nor `me`.
    fn onward(self, n: u8, me: u8) -> impl Iterator<Item = u8> {
        (1..n).filter(move |&id| id != me && !self.has(id))
    }
}

/// `C`, `C:L2:L1`: as the paper writes 0:2:1.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("C")?;
        self.ids().iter().skip(1).try_for_each(|id| write!(f, ":L{id}"))
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// "That is the order; it came this way", with a signature of each on the way, if messages are signed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Msg {
    order: Order,
    path: Path,
    seals: Option<Vec<Seal>>,
}

impl Message for Msg {
    fn kind(&self) -> Kind {
        match (self.order, self.seals.is_some()) {
            (Order::Attack, false) => Kind::new("attack", Shape::Arrow, Tone::Orange),
            (Order::Retreat, false) => Kind::new("retreat", Shape::Hollow, Tone::Blue),
            (Order::Attack, true) => Kind::new("signed attack", Shape::Diamond, Tone::Orange),
            (Order::Retreat, true) => Kind::new("signed retreat", Shape::Square, Tone::Blue),
        }
    }

    fn label(&self) -> String {
        format!("{}:{}", self.order, self.path)
    }

    /// The order is another, and the signatures are those of the old one.
    fn corrupted(&self, _: u64) -> Option<Self> {
        Some(Msg { order: self.order.other(), ..self.clone() })
    }
}

/// What is installed on every general.
#[derive(Clone, Debug, Hash)]
struct Rules {
    n: u8,
    m: u8,
    signed: bool,
    mutant: Mutant,
}

impl Rules {
    fn of(p: &Params) -> Self {
        Rules {
            n: p.int("generals") as u8,
            m: p.int("m") as u8,
            signed: p.word("messages") == "signed",
            mutant: Mutant::of(p),
        }
    }

    /// After so many rounds all is said.
    fn rounds(&self) -> u8 {
        match self.mutant {
            Mutant::OneRoundShort if !self.signed => self.m.max(1),
            _ => self.m + 1,
        }
    }

    /// So many signatures may be on an order that is still passed on.
    fn passed_on(&self) -> u8 {
        match self.mutant {
            Mutant::PassesOnTooLittle => self.m.saturating_sub(1),
            _ => self.m,
        }
    }
}

/// The messages of OM(m): every path of every length, to everyone who is not on it.
fn oral_messages(n: u64, m: u64) -> u64 {
    let of_round = |r: u64| (1..=r).map(|i| n - i).product::<u64>();
    (1..=m + 1).map(of_round).sum()
}

/// Who is a traitor.
fn traitors(p: &Params, seed: u64) -> BTreeSet<u8> {
    if p.word("who") == "drawn" {
        let mut dice = setup_stream(seed, "byzantine-generals");
        let mut all: Vec<u8> = (0..p.int("generals") as u8).collect();
        let draw = |_| all.remove(below(dice.next_u64(), all.len() as u64) as usize);
        return (0..p.int("m")).map(draw).collect();
    }
    let named = ["traitor", "traitor2", "traitor3"].map(|id| p.int(id));
    named.into_iter().filter(|&id| id >= 0).map(|id| id as u8).collect()
}

fn check(p: &Params) -> Result<(), Refusal> {
    let (n, m) = (p.int("generals"), p.int("m"));
    if m > n - 2 {
        let why =
            format!("with {m} traitors among {n} generals nobody is left to agree with: m is at most n - 2");
        return Err(Refusal::new("too-many-traitors", why));
    }
    for id in ["traitor", "traitor2", "traitor3"] {
        let who = p.int(id);
        if who >= n {
            let why = format!("there is no L{who} among {n} generals: the last lieutenant is L{}", n - 1);
            return Err(Refusal::new("no-such-general", why));
        }
    }
    let messages = oral_messages(n as u64, m as u64);
    if p.word("messages") == "oral" && messages > MOST_MESSAGES {
        let why = format!(
            "OM({m}) with {n} generals takes {messages} messages, and at most {MOST_MESSAGES} are played"
        );
        return Err(Refusal::new("too-many-messages", why));
    }
    Ok(())
}

/// The generals, each changed by `change` before he begins.
fn assemble(p: &Params, seed: u64, change: &dyn Fn(&mut General)) -> Result<Setup, Refusal> {
    check(p)?;
    let rules = Rules::of(p);
    let traitors = traitors(p, seed);
    let keys = Key::cut(rules.n);
    let node = |id: u8| {
        let betrays = traitors.contains(&id);
        let strategy = if betrays { Strategy::of(p) } else { Strategy::Loyal };
        // His own; and traitors share theirs.
        let own = keys.iter().filter(|k| k.is_of(id) || betrays && traitors.iter().any(|&t| k.is_of(t)));
        let order = if p.word("order") == "attack" { Order::Attack } else { Order::Retreat };
        let mut general =
            General::new(id, rules.clone(), order, Treason::new(strategy, own.cloned().collect()));
        change(&mut general);
        NodeSetup::server(name(id), Host::boxed(general))
    };
    Ok(Setup {
        seed,
        timing: Timing::Synchronous { delay_us: LONGEST_MS * 1_000, step_us: 1_000, drift_ppm: 100 },
        link: Link::reliable(Delay::uniform_ms(SHORTEST_MS, LONGEST_MS)),
        nodes: (0..rules.n).map(node).collect(),
        ..Setup::default()
    })
}

fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    assemble(p, seed, &|_| {})
}
