//! How Paxos is judged and measured: the three requirements of section 2.1 and progress (2.4), what it costs against what
//! theory says, what stands on the acceptors' disks, what has not happened yet.
//!
//! The rule that is easy to break: a value is chosen when a majority of acceptors has accepted it in *one* ballot, whether
//! anybody knows or not. No node sees that moment; only who watches all acceptors does.

use super::acceptor::Votes;
use super::proposer::{Phase, Proposer};
use super::{Ballot, Fact, Proposal, Rules, Value};
use crate::check::account::listed;
use crate::kit::prelude::*;
use crate::kit::quorum::majority;
use crate::sim::ledger::Ledger;

const ON_DISK: &str = "acceptors have their votes on disk before they tell them, and nobody lies (Paxos is not Byzantine fault tolerant)";

pub(super) fn promises(params: &Params) -> Vec<Box<dyn Property>> {
    let rules = Rules::of(params);
    let chosen = |learning| Chosen {
        proposers: rules.proposers,
        acceptors: rules.acceptors,
        learning,
        votes: Ledger::default(),
        first: None,
    };
    let claim = "only one value is chosen";
    let agreement = Promised::safety("Agreement", claim, chosen(false));
    let claim = "only a value that a proposer wants is accepted, and so chosen";
    let wanted: fn(&Fact) -> Option<Value> = pick!(Fact::Begins { value, .. } => *value);
    let validity = no_creation("Validity", claim, wanted, pick!(Fact::Accepted { value, .. } => *value));
    let claim = "who takes a value for chosen is right: a majority has accepted it in one ballot";
    let integrity = Promised::safety("Integrity", claim, chosen(true));
    let claim = "each proposer learns the chosen value, once a majority of acceptors runs and nobody outbids it for ever";
    let learnt = |f: &Fact| matches!(f, Fact::Learnt { .. });
    let termination = termination("Termination", claim, rules.proposers(), learnt).needs(&[
        Need::AllUp,
        Need::NoPause,
        Need::Fair,
        Need::Correct,
        Need::Pace,
        Need::Onward,
    ]);
    vec![
        agreement.needs(&[Need::Correct]).rests_on(ON_DISK).boxed(),
        validity.needs(&[Need::Correct]).rests_on(ON_DISK).boxed(),
        integrity.needs(&[Need::Correct]).rests_on(ON_DISK).boxed(),
        termination.boxed(),
    ]
}

/// Who has accepted what: whether two values are chosen, or one is taken for chosen that is not.
#[derive(Clone)]
struct Chosen {
    proposers: u16,
    acceptors: u16,
    learning: bool,
    votes: Ledger<(Proposal, NodeId), EventId>,
    first: Option<Proposal>,
}

impl Chosen {
    /// Who has accepted it, and when.
    fn voters(&self, proposal: Proposal) -> Vec<(NodeId, EventId)> {
        let all = (self.proposers..self.proposers + self.acceptors).map(NodeId);
        all.filter_map(|n| Some((n, *self.votes.get(&(proposal, n))?))).collect()
    }

    fn is_chosen(&self, proposal: Proposal) -> bool {
        self.voters(proposal).len() >= majority(usize::from(self.acceptors))
    }

    fn story(&self, world: &World, proposal: Proposal) -> String {
        let names: Vec<String> =
            self.voters(proposal).iter().map(|(n, _)| world.name(*n).to_owned()).collect();
        format!("{} in ballot {} by {}", proposal.value, proposal.ballot, listed(&names))
    }

    fn events(&self, proposal: Proposal) -> impl Iterator<Item = EventId> {
        self.voters(proposal).into_iter().map(|(_, event)| event)
    }

    fn accepted(&mut self, seen: &Seen<'_>, node: NodeId, proposal: Proposal) -> Result<(), Broken> {
        self.votes.keep_first((proposal, node), seen.id);
        if self.learning || !self.is_chosen(proposal) {
            return Ok(());
        }
        let first = *self.first.get_or_insert(proposal);
        if first.value == proposal.value {
            return Ok(());
        }
        let story = |p| self.story(seen.world, p);
        let why = format!("two values are chosen: {}, and {}", story(first), story(proposal));
        Err(Broken::new(self.events(first).chain(self.events(proposal)), why))
    }

    fn learnt(&self, seen: &Seen<'_>, node: NodeId, proposal: Proposal) -> Result<(), Broken> {
        if !self.learning || self.is_chosen(proposal) {
            return Ok(());
        }
        let (who, have) = (seen.world.name(node), self.voters(proposal).len());
        let (n, need) = (self.acceptors, majority(usize::from(self.acceptors)));
        let why = format!(
            "{who} takes {} for chosen: {have} of {n} acceptors have accepted it in ballot {}, and {need} are needed",
            proposal.value, proposal.ballot
        );
        Err(Broken::new(self.events(proposal).chain([seen.id]), why))
    }
}

impl Rule for Chosen {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Accepted { ballot, value } => {
                    self.accepted(seen, node, Proposal { ballot, value })?;
                }
                Fact::Learnt { ballot, value, .. } => self.learnt(seen, node, Proposal { ballot, value })?,
                _ => {}
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.votes.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.votes.iter(), |r, ((proposal, node), _)| {
            r.shown(proposal);
            r.word(node.0);
        });
        if let Some(first) = self.first {
            recall.shown(&first.value);
        }
    }
}

// -------------------------------------------------------------- what has not happened

/// Who does not know what is chosen, and what its ballot waits for.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let waits = world.node_ids().filter(|&n| world.is_up(n)).filter_map(|n| {
        let proposer = world.node_as::<Proposer>(n).filter(|p| p.knows.is_none())?;
        Some(not_known(world, n, proposer))
    });
    waits.collect()
}

const PHASE_1: &[&str] = &["prepare", "promise"];
const PHASE_2: &[&str] = &["accept", "accepted"];

fn not_known(world: &World, me: NodeId, proposer: &Proposer) -> Absence {
    let acceptors: Vec<NodeId> = proposer.rules.acceptors().collect();
    let (up, need) = (acceptors.iter().filter(|&&a| world.is_up(a)).count(), proposer.rules.need());
    let down = acceptors.iter().filter(|&&a| !world.is_up(a)).map(|&a| Lack::Running(a));
    let run =
        Condition::of(format!("acceptors that run: {up}, and {need} are needed"), up >= need).lacks(down);
    let ballot = proposer.ballot;
    let all = (me, acceptors.iter().copied());
    let own = match &proposer.phase {
        Phase::Waits => vec![Condition::of("it has begun a ballot", false).lacks([Lack::Time(me)])],
        Phase::BacksOff(by) => {
            let says = match by {
                Some(by) => format!("nobody outbids it: {by} is above its ballot {ballot}"),
                None => format!("a majority has answered ballot {ballot} in time"),
            };
            vec![Condition::of(says, false).lacks([Lack::Time(me)])]
        }
        Phase::GivesUp => vec![Condition::of("it may begin another ballot", false)],
        Phase::Prepares(promises) => {
            vec![Condition::quorum(&format!("promises for ballot {ballot}:"), promises, all, PHASE_1)]
        }
        Phase::Proposes(value) => {
            let says = format!("that have accepted {value} in ballot {ballot}:");
            vec![
                Condition::of("a majority has promised", true),
                Condition::quorum(&says, &proposer.accepted(), all, PHASE_2),
            ]
        }
    };
    let what = format!("{} does not know what is chosen", world.name(me));
    Absence::of(Lacking::Decision, what, [vec![run], own].concat())
}

// -------------------------------------------------------------- what is on disk

/// What the acceptors have on disk; a value that a majority has in one ballot is chosen.
pub(super) fn boards(params: &Params, world: &World) -> Vec<Board> {
    let need = majority(params.int("acceptors") as usize);
    let votes: Vec<(NodeId, Votes)> =
        world.node_ids().filter_map(|n| Some((n, *world.durable_as::<Votes>(n)?))).collect();
    let row = |&(node, Votes { promised, accepted }): &(NodeId, Votes)| {
        let accepted = match accepted.0 {
            None => Field::of("-"),
            Some(proposal) => {
                let same = votes.iter().filter(|(_, v)| v.accepted.0 == Some(proposal)).count();
                Field::of(proposal).mood(if same >= need { Mood::Good } else { Mood::Waiting })
            }
        };
        let promised = if promised == Ballot::NONE { "-".to_owned() } else { promised.to_string() };
        (world.name(node).to_owned(), vec![Field::of(promised), accepted])
    };
    let rows = votes.iter().map(row).collect();
    vec![Board::table("On the acceptors' disks", &["acceptor", "promised", "accepted"], rows)]
}

// -------------------------------------------------------------- what it costs

/// How many ballots there are if nobody gets in another's way: one proposer, or each when the one before is done. Where
/// all proposers hear what is accepted, the first one's ballot is the only one.
fn calm(params: &Params) -> Option<f64> {
    // Four messages of at most 16 ms, and two forced writes.
    let longest = 4 * 16 + 2 * params.int("sync_ms");
    if params.int("patience_ms") <= longest {
        return None;
    }
    let in_turn = params.word("start") == "in-turn" && params.int("gap_ms") > longest;
    match params.int("proposers") {
        1 => Some(1.0),
        _ if in_turn && params.word("tell") == "all" => Some(1.0),
        n if in_turn => Some(n as f64),
        _ => None,
    }
}

/// A ballot with n acceptors: n prepare, n promise and n accept, and n accepted to each who is told.
fn messages(params: &Params) -> Option<f64> {
    let told = if params.word("tell") == "all" { number(params, "proposers") } else { 1.0 };
    Some(calm(params)? * number(params, "acceptors") * (3.0 + told))
}

/// The mean time, in milliseconds, until a majority of n acceptors has answered: that of the k-th of n round trips, each the sum
/// of two uniform delays of 8 to 16 ms. In units of 8 ms above 16 ms a round trip has the distribution function F(t) = t^2/2
/// up to 1, and 1 - (2-t)^2/2 from there to 2. Fewer than k of n are back at t with a chance that is the sum over j < k of
/// C(n, j) F^j (1-F)^(n-j); its integral, by Simpson's rule, is the mean. For odd n it is 1, by symmetry: two delays of 12 ms.
fn round_trip_ms(n: i64) -> f64 {
    const STEPS: i64 = 2_000;
    let need = majority(n as usize) as i64;
    let missing = |t: f64| {
        let back = if t <= 1.0 { t * t / 2.0 } else { 1.0 - (2.0 - t) * (2.0 - t) / 2.0 };
        let mut ways = 1.0;
        let mut sum = 0.0;
        for j in 0..need {
            let both = (0..n).map(|i| if i < j { back } else { 1.0 - back });
            sum += ways * both.product::<f64>();
            ways *= (n - j) as f64 / (j + 1) as f64;
        }
        sum
    };
    let weight = |i: i64| match i {
        0 | STEPS => 1.0,
        i if i % 2 == 1 => 4.0,
        _ => 2.0,
    };
    let step = 2.0 / STEPS as f64;
    let sum: f64 = (0..=STEPS).map(|i| weight(i) * missing(i as f64 * step)).sum();
    16.0 + 8.0 * sum * step / 3.0
}

/// Two round trips, and a forced write in each.
fn chosen_ms(params: &Params) -> Option<f64> {
    calm(params)?;
    Some(2.0 * round_trip_ms(params.int("acceptors")) + 2.0 * number(params, "sync_ms"))
}

const ALL: &[&str] = &["prepare", "promise", "accept", "accepted", "nack"];

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("messages", "messages", "", |_| gauges::sent(ALL)).theory(messages).published(&[
        Published::of(&["proposers=1"], 12.0, "4n"),
        Published::of(&["proposers=1", "acceptors=5"], 20.0, "4n"),
        Published::of(&["proposers=1", "acceptors=7"], 28.0, "4n"),
        Published::of(&["start=in-turn"], 24.0, "4n a ballot"),
        Published::of(&["start=in-turn", "proposers=3", "acceptors=5"], 60.0, "4n a ballot"),
        Published::of(&["start=in-turn", "proposers=3", "tell=all"], 18.0, "3n, and n for each learner"),
    ]),
    GaugeDef::new("ballots", "ballots begun", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Begins { .. }))
    })
    .theory(calm)
    .published(&[
        Published::of(&["proposers=1"], 1.0, "one proposer, one ballot"),
        Published::of(&["start=in-turn"], 2.0, "one each"),
        Published::of(&["start=in-turn", "proposers=3", "tell=all"], 1.0, "the others know"),
    ]),
    GaugeDef::new("chosen_ms", "from a proposer's first ballot until it knows the value", "ms", |_| {
        let begun: fn(&Fact) -> _ = pick!(Fact::Begins { ballot, .. } => ballot.proposer);
        gauges::mean_between_ms(begun, pick!(Fact::Learnt { proposer, .. } => *proposer))
    })
    .theory(chosen_ms)
    .published(&[
        Published::of(&["proposers=1", "sync_ms=0"], 48.0, "two round trips: four delays of 12 ms"),
        Published::of(&["proposers=1", "sync_ms=0", "acceptors=5"], 48.0, "four delays of 12 ms"),
        Published::of(&["proposers=1", "sync_ms=0", "acceptors=7"], 48.0, "four delays of 12 ms"),
        Published::of(&["proposers=1", "acceptors=4"], 54.038_1, "2 (16 + 8 E) + 2 s, E = 1.12738"),
        Published::of(
            &["proposers=1", "acceptors=6", "sync_ms=20"],
            89.390_3,
            "2 (16 + 8 E) + 2 s, E = 1.08689",
        ),
        Published::of(&["start=in-turn"], 52.0, "four delays and two forced writes of 2 ms"),
    ]),
    GaugeDef::new("writes", "forced writes of acceptors", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Promised { .. } | Fact::Accepted { .. }))
    })
    .theory(|p| Some(2.0 * number(p, "acceptors") * calm(p)?))
    .published(&[
        Published::of(&["proposers=1"], 6.0, "2n"),
        Published::of(&["proposers=1", "acceptors=5"], 10.0, "2n"),
        Published::of(&["start=in-turn", "acceptors=7"], 28.0, "2n a ballot"),
    ]),
    GaugeDef::new("outbid", "ballots given up for a higher one", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Outbid { .. }))
    })
    .theory(|p| calm(p).map(|_| 0.0)),
];
