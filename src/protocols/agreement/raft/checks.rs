//! What Raft promises: the five properties of Figure 3, exactly-once effect, and that every request
//! is answered.
//!
//! The rule that is easy to break: what a judgement remembers of the whole run lies in slices and ledgers,
//! which checkpoints share: a plain list would be copied for each of hundreds.

use super::boards::up;
use super::config::Config;
use super::facts::{Each, Fact};
use super::log::{Entry, Index, Log, Term};
use super::server::Server;
use crate::check::Recall;
use crate::check::account::reach::Reach;
use crate::check::promise::{Ballots, Vote, elected};
use crate::kit::client::answered_in_calm;
use crate::kit::prelude::*;
use crate::kit::store::exactly_once;
use crate::sim::chunks::Slices;
use crate::sim::ledger::Ledger;
use std::collections::BTreeMap;

/// What the safety of Raft rests on, besides its own rules.
const HONEST: &str =
    "servers crash and messages get lost, but neither lies (Raft is not Byzantine fault tolerant)";

/// Every promise, in the order of Figure 3.
pub(super) fn promises(params: &Params) -> Vec<Box<dyn Property>> {
    let Ok(config) = Config::of(params) else {
        // Refused when the run was built; nothing is there to be watched.
        return Vec::new();
    };
    let retry = params.ms("retry_ms");
    fn own(name: &'static str, claim: &'static str, rule: impl Rule) -> Box<dyn Property> {
        Promised::safety(name, claim, rule).rests_on(HONEST).boxed()
    }
    let mut promises = vec![
        // Section 5.2.
        elected("Election safety", "at most one leader in a term", "leaders", Fact::won, Fact::vote)
            .rests_on(HONEST)
            .boxed(),
        own("Leader append-only", "a leader only appends to its log", LeaderAppendOnly::default()),
        own("Log matching", "same index and term: same log up to there", LogMatching::default()),
        own(
            "Leader completeness",
            "what is committed is in every later leader's log",
            LeaderCompleteness::default(),
        ),
        // Section 5.4.3.
        agreement(
            "State-machine safety",
            "no two servers apply different entries at one index",
            "applied",
            Each::applied,
        )
        .rests_on(HONEST)
        .boxed(),
        exactly_once(
            "Exactly-once effect",
            "an answered command took effect once, with that answer",
            Each::executed,
        )
        .rests_on(HONEST)
        .boxed(),
        answered_in_calm(
            "Every request answered",
            "each request is answered, once a majority is up and connected",
            patience(config, retry),
            move |now| works(config, retry, now),
        )
        .rests_on(
            "all that Raft assumes has been in force for long: a connected majority, and broadcastTime << electionTimeout (5.6)",
        )
        .boxed(),
    ];
    if config.membership {
        promises.push(own(
            "Undisturbed leader",
            "who hears a leader lets no candidate draw it into a later term",
            Undisturbed,
        ));
    }
    promises
}

/// A server that was removed is not told: it stands again and again, and whoever heeds it has no leader any more (Ongaro
/// 2014, section 4.2.3).
#[derive(Clone, Default)]
struct Undisturbed;

impl Rule for Undisturbed {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Fact>() {
            if let Fact::Disrupted { by, term } = *fact {
                let (who, by) = (seen.world.name(node), seen.world.name(by));
                let why = format!("{who} heard a leader, and entered term {term}, because {by} stood for it");
                return Err(Broken::new([seen.event.cause, seen.id], why));
            }
        }
        Ok(())
    }
}

/// A leader never overwrites or deletes entries in its log; it only appends new entries (section 5.3).
#[derive(Clone, Default)]
struct LeaderAppendOnly {
    /// Of those who lead: the term, how long the log was when last told, and in which event.
    leads: BTreeMap<NodeId, (Term, Index, EventId)>,
}

impl LeaderAppendOnly {
    /// What `node` has from entry `first` on is new, or gone.
    fn changes(&mut self, node: NodeId, first: Index, seen: &Seen<'_>) -> Result<(), Broken> {
        let Some((term, last, event)) = self.leads.get_mut(&node) else {
            return Ok(());
        };
        if first <= *last {
            let who = seen.world.name(node);
            let why = format!("{who} changed entries of its own log while it led term {term}");
            return Err(Broken::new([*event, seen.id], why));
        }
        (*last, *event) = (first, seen.id);
        Ok(())
    }
}

impl Rule for LeaderAppendOnly {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Fact>() {
            match fact {
                Fact::Leads { term, log } => {
                    self.leads.insert(node, (*term, log.last_index(), seen.id));
                }
                Fact::StepsDown | Fact::Boots => {
                    self.leads.remove(&node);
                }
                Fact::Cut { from } => self.changes(node, *from, seen)?,
                _ => {}
            }
        }
        for (node, fact) in seen.facts::<Each>() {
            if let Each::Wrote { index, .. } = *fact {
                self.changes(node, index, seen)?;
            }
        }
        Ok(())
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(&self.leads, |r, (node, (term, last, _))| {
            r.word(node.0);
            r.word(*term);
            r.word(*last);
        });
    }
}

/// If two logs contain an entry with the same index and term, then the logs are identical in all
/// entries up through that index (section 5.3).
#[derive(Clone, Default)]
struct LogMatching {
    /// The first writing of an entry: the digest of the log up to it, where, and in which event.
    written: Ledger<(Index, Term), (u64, NodeId, EventId)>,
}

impl Rule for LogMatching {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Each>() {
            let (index, term, after, digest) = match *fact {
                Each::Wrote { index, term, after, digest } => (index, term, after, digest),
                // A snapshot's last entry stands for all before it.
                Each::Installed { index, term, digest } => (index, term, term, digest),
                Each::Applied { .. } => continue,
            };
            // A leader's term is the highest that it has seen, and it only appends (sections 5.1 and 5.3).
            if term < after {
                let who = seen.world.name(node);
                let why = format!(
                    "{who} has an entry {index} of term {term} behind one of term {after}: terms never fall along a log"
                );
                return Err(Broken::new([seen.event.cause, seen.id], why));
            }
            match self.written.get(&(index, term)) {
                Some(&(first, by, event)) if first != digest => {
                    let name = |n| seen.world.name(n);
                    let why = format!(
                        "{} and {} both have an entry {index} of term {term}, and differ in it or before it",
                        name(by),
                        name(node)
                    );
                    return Err(Broken::new([event, seen.id], why));
                }
                Some(_) => {}
                None => self.written.keep_first((index, term), (digest, node, seen.id)),
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.written.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.written.iter(), |r, ((index, term), (digest, ..))| {
            r.word(*index);
            r.word(*term);
            r.word(*digest);
        });
    }
}

/// An entry that some server took for committed first: up to here, in which term, where, when.
#[derive(Clone, Copy)]
struct Committed {
    digest: u64,
    entry: Entry,
    in_term: Term,
    node: NodeId,
    event: EventId,
}

/// If a log entry is committed in a given term, then that entry will be present in the logs of the
/// leaders for all higher-numbered terms (section 5.4).
#[derive(Clone, Default)]
struct LeaderCompleteness {
    ballots: Ballots<Term>,
    committed: Slices<Committed>,
    /// The leaders, each with its log as it was when it was elected.
    leaders: Ledger<Term, (NodeId, EventId, Log)>,
    /// Entries were taken for applied that nobody has told of: what they are cannot be judged.
    gap: bool,
}

/// Whether `log` has the first `count` entries, which end with this digest; those before its base it has if its snapshot
/// stands for these: `at(i)` is the digest of the first `i`. `None`: a snapshot stands for more than is known.
fn has(log: &Log, count: Index, known: Index, at: impl Fn(Index) -> u64) -> Option<bool> {
    let (base, last) = (log.base(), log.last_index());
    match count {
        c if c > last => Some(false),
        c if c >= base => Some(log.digest_at(c) == Some(at(c))),
        _ if base <= known => Some(log.digest_at(base) == Some(at(base))),
        _ => None,
    }
}

impl LeaderCompleteness {
    /// Whether the leader of `term` had, when it was elected, all that was committed before.
    fn compare(&self, world: &World, term: Term) -> Result<(), Broken> {
        let Some((leader, elected, log)) = self.leaders.get(&term) else {
            return Ok(());
        };
        let before = |&i: &usize| self.committed.at(i).in_term < term;
        let Some(newest) = (0..self.committed.len()).rev().find(before) else {
            return Ok(());
        };
        let known = self.committed.len() as Index;
        let digest = |count: Index| self.committed.at(count as usize - 1).digest;
        let lacks = |i: usize| has(log, i as Index + 1, known, digest) == Some(false);
        if !lacks(newest) {
            return Ok(());
        }
        let missing = (0..newest).find(|&i| lacks(i)).unwrap_or(newest);
        let c = *self.committed.at(missing);
        let shown = [c.event, self.committed.at(newest).event, *elected];
        let events = shown.into_iter().chain(self.ballots.events(&term, *leader));
        let why = format!(
            "{} leads term {term} without entry {} of term {} ({}), which {} committed in term {}",
            world.name(*leader),
            missing + 1,
            c.entry.term,
            c.entry.command,
            world.name(c.node),
            c.in_term
        );
        Err(Broken::new(events, why))
    }

    /// What a server newly takes for committed is held against the leaders of later terms.
    fn commit(&mut self, world: &World, committed: Committed) -> Result<(), Broken> {
        self.committed.push(committed);
        let mut later: Vec<Term> = self.leaders.keys_after(&committed.in_term).copied().collect();
        later.sort_unstable();
        later.into_iter().try_for_each(|term| self.compare(world, term))
    }
}

impl Rule for LeaderCompleteness {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Voted { term, candidate } => {
                    let vote = Vote { voter: node, candidate, event: seen.id };
                    self.ballots.note(term, vote);
                }
                Fact::Leads { term, ref log } if self.leaders.get(&term).is_none() => {
                    self.leaders.keep_first(term, (node, seen.id, log.clone()));
                    self.gap |= log.base() as usize > self.committed.len();
                    self.compare(seen.world, term)?;
                }
                _ => {}
            }
        }
        for (node, fact) in seen.facts::<Each>() {
            let Each::Applied { index, entry, in_term, digest, .. } = *fact else {
                continue;
            };
            let next = self.committed.len() + 1;
            self.gap |= index as usize > next;
            if index as usize == next {
                let committed = Committed { digest, entry, in_term, node, event: seen.id };
                self.commit(seen.world, committed)?;
            }
        }
        Ok(())
    }

    fn unknown(&self) -> Option<String> {
        self.gap.then(|| "a snapshot stands for entries that no server has applied".to_owned())
    }

    fn weight(&self) -> usize {
        self.committed.weight() + self.leaders.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.word(u64::from(self.gap));
        for c in self.committed.iter_from(0) {
            recall.word(c.digest);
            recall.word(c.in_term);
        }
        recall.each(self.leaders.iter(), |r, (term, (node, _, log))| {
            r.word(*term);
            r.word(node.0);
            r.word(log.last_index());
            r.word(log.digest_at(log.last_index()).unwrap_or(0));
        });
    }
}

/// How long calm must last before an unanswered request counts as never answered: forty of the longest
/// election timeouts, and four rounds of retries over all servers.
fn patience(config: Config, retry: Span) -> Span {
    Span(config.election_max.0 * 40 + retry.0 * u64::from(config.all()) * 4)
}

/// How far apart election timeouts must be able to lie for luck to choose one server, in microseconds, however fast
/// links are.
const APART_US: u64 = 1_000;

/// The servers that make up the working majority; or which assumption of Raft is not in force: a
/// connected majority, broadcastTime << electionTimeout (section 5.6), and timeouts that spread wider than
/// a broadcast takes.
fn works(config: Config, retry: Span, now: Reach<'_>) -> Result<Vec<NodeId>, String> {
    let world = now.world;
    let servers: Vec<NodeId> = config.servers().collect();
    let group = match config.membership {
        true => working_members(&servers, now)?,
        false => now.working_majority(&servers)?,
    };
    now.sound(&group, Span(config.election_min.0 / 4))?;
    let servers = u64::from(config.all());
    let clients = world.node_ids().filter(|&n| world.is_client(n)).count() as u64;
    for &s in &group {
        // A leader handles an answer from everyone in each broadcast.
        let c = world.config(s);
        let name = world.name(s);
        let steps = c.service_us * (servers + clients) + 2 * c.sync_us;
        if 4 * steps > config.election_min.0 {
            return Err(format!("{name} is too slow for its election timeout (5.6)"));
        }
        // What heartbeats and clients that ask again give it to do must leave it idle for half of the time.
        let beat = c.service_us * servers + c.sync_us;
        let request = c.service_us * (servers + 2) + 2 * c.sync_us;
        let (beats, requests) = (config.heartbeat.0.max(1), retry.0.max(1));
        if 2 * (beat * requests + clients * request * beats) > beats * requests {
            return Err(format!("{name} is too slow for what it is given to do"));
        }
    }
    let longest = now.longest_delay(&group, 1_500)?.0;
    let (min, max) = (config.election_min.0, config.election_max.0);
    if config.heartbeat.0 + 2 * longest >= min || 2 * longest > max - min {
        return Err("a broadcast takes too long for the election timeout (5.6)".to_owned());
    }
    // Of n timeouts drawn from a spread, the first two lie a part in n + 1 of it apart: a message must be quicker.
    if max - min < APART_US || longest * servers > max - min {
        return Err("election timeouts are too alike for one server to come first (9.3)".to_owned());
    }
    // Where members change, of whom more than half are needed changes, too: then of all that work.
    let of = if config.membership { 2 * group.len() as u64 } else { servers };
    caught_up(world, &group, (of, config.election_max.0 * 10, longest))?;
    Ok(group)
}

/// Servers that work and hear each other, more than half of the members by the configuration of each of them.
fn working_members(servers: &[NodeId], now: Reach<'_>) -> Result<Vec<NodeId>, String> {
    let world = now.world;
    let counted = |n: &&NodeId| up(world).any(|(_, s)| s.members().has(**n));
    let members: Vec<NodeId> = servers.iter().filter(counted).copied().collect();
    let group = now.working_majority(&members)?;
    for server in group.iter().filter_map(|&n| world.node_as::<Server>(n)) {
        let (all, name) = (server.members(), world.name(server.me));
        let there = group.iter().filter(|&&n| all.has(n)).count();
        if 2 * there <= all.count() {
            return Err(format!("only {there} of {} members by the log of {name} work", all.count()));
        }
    }
    Ok(group)
}

/// Whether more than half of so many `servers` have, or soon have, as long a log as the longest of `group`: one that lags is
/// brought up to date message by message, which may take any time.
fn caught_up(
    world: &World,
    group: &[NodeId],
    (servers, patience, longest): (u64, u64, u64),
) -> Result<(), String> {
    let last =
        |&s: &NodeId| world.node_as::<Server>(s).map_or(0, |server| u64::from(server.log().last_index()));
    let most = group.iter().map(last).max().unwrap_or(0);
    let lags = |s: &&NodeId| (most - last(s)) * 2 * longest > patience;
    let behind: Vec<&NodeId> = group.iter().filter(lags).collect();
    match behind.first() {
        Some(first) if 2 * (group.len() - behind.len()) as u64 <= servers => {
            Err(format!("{} is still being brought up to date", world.name(**first)))
        }
        _ => Ok(()),
    }
}
