//! How Multi-Paxos is judged: what is chosen, slot by slot, and that every request is answered while its assumptions hold.
//!
//! The rule that is easy to break: a command is chosen for a slot when a majority of acceptors has accepted it there in *one* ballot,
//! whether anybody knows or not. No server sees that moment; only who watches all acceptors does.

use super::order::{RealTime, SamePrefix};
use super::{Ballot, Command, Each, Fact, PValue, Rules, Slot};
use crate::check::account::listed;
use crate::check::account::reach::Reach;
use crate::kit::client::answered_in_calm;
use crate::kit::prelude::*;
use crate::kit::quorum::majority;
use crate::kit::store::exactly_once;
use crate::sim::ledger::Ledger;

const ON_DISK: &str = "acceptors have their votes on disk before they tell them, and nobody lies (Paxos is not Byzantine fault tolerant)";

pub(super) fn promises(params: &Params) -> Vec<Box<dyn Property>> {
    let rules = Rules::of(params);
    let retry = params.ms("retry_ms");
    let chosen = |learning| Chosen { servers: rules.servers, learning, ..Chosen::default() };
    fn safety(name: &'static str, claim: &'static str, rule: impl Rule) -> Box<dyn Property> {
        Promised::safety(name, claim, rule).needs(&[Need::Correct]).rests_on(ON_DISK).boxed()
    }
    let once = exactly_once(
        "Exactly-once effect",
        "an answered command took effect once, with that answer",
        Each::executed,
    );
    let answered = answered_in_calm(
        "Every request answered",
        "each request is answered, once a majority is up and connected and one leader is left alone",
        patience(rules, retry),
        move |now| works(rules, retry, now),
    );
    vec![
        safety("Agreement", "for each slot, only one command is chosen", chosen(false)),
        safety(
            "Integrity",
            "what a leader takes for chosen was accepted by a majority in one ballot",
            chosen(true),
        ),
        safety(
            "Same prefix",
            "all replicas apply the same commands, slot by slot and without a gap",
            SamePrefix::default(),
        ),
        once.needs(&[Need::Correct]).rests_on(ON_DISK).boxed(),
        safety(
            "Linearizable",
            "what was answered before another request was asked comes before it in the log",
            RealTime::of(rules),
        ),
        answered
            .rests_on("timeouts are long enough for two phases, and no leader is overtaken for ever")
            .boxed(),
    ]
}

/// Who has accepted what: whether two commands are chosen for a slot, or one is taken for chosen that is not.
#[derive(Clone, Default)]
struct Chosen {
    servers: u16,
    learning: bool,
    // The event of each vote: by slot, ballot, command and server.
    votes: Ledger<(Slot, Ballot, Request, NodeId), EventId>,
    first: Ledger<Slot, PValue>,
}

impl Chosen {
    /// Who has accepted it, and when.
    fn voters(&self, slot: Slot, vote: PValue) -> Vec<(NodeId, EventId)> {
        let all = (0..self.servers).map(NodeId);
        let event = |n| self.votes.get(&(slot, vote.ballot, request(vote.command), n));
        all.filter_map(|n| Some((n, *event(n)?))).collect()
    }

    fn need(&self) -> usize {
        majority(usize::from(self.servers))
    }

    fn story(&self, world: &World, slot: Slot, vote: PValue) -> String {
        let voters = self.voters(slot, vote);
        let names: Vec<String> = voters.iter().map(|(n, _)| world.name(*n).to_owned()).collect();
        format!("'{}' in ballot {} by {}", vote.command, vote.ballot, listed(&names))
    }

    fn accepted(&mut self, seen: &Seen<'_>, node: NodeId, slot: Slot, vote: PValue) -> Result<(), Broken> {
        self.votes.keep_first((slot, vote.ballot, request(vote.command), node), seen.id);
        if self.learning || self.voters(slot, vote).len() < self.need() {
            return Ok(());
        }
        self.first.keep_first(slot, vote);
        let first = self.first.get(&slot).copied().unwrap_or(vote);
        if first.command == vote.command {
            return Ok(());
        }
        let story = |v| self.story(seen.world, slot, v);
        let why = format!("two commands are chosen for slot {slot}: {}, and {}", story(first), story(vote));
        let events = self.voters(slot, first).into_iter().chain(self.voters(slot, vote));
        Err(Broken::new(events.map(|(_, event)| event), why))
    }

    fn decided(&self, seen: &Seen<'_>, node: NodeId, slot: Slot, vote: PValue) -> Result<(), Broken> {
        let voters = self.voters(slot, vote);
        if !self.learning || voters.len() >= self.need() {
            return Ok(());
        }
        let who = seen.world.name(node);
        let why = format!(
            "{who} takes '{}' for chosen in slot {slot}: {} of {} servers have accepted it in ballot {}, and {} are needed",
            vote.command,
            voters.len(),
            self.servers,
            vote.ballot,
            self.need()
        );
        let events = voters.into_iter().map(|(_, event)| event);
        Err(Broken::new(events.chain([seen.id]), why))
    }
}

impl Rule for Chosen {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Each>() {
            if let Each::Accepted { slot, vote } = *fact {
                self.accepted(seen, node, slot, vote)?;
            }
        }
        for (node, fact) in seen.facts::<Fact>() {
            if let Fact::Decides { slot, ballot, command } = *fact {
                self.decided(seen, node, slot, PValue { ballot, command })?;
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.votes.weight() + self.first.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.votes.iter(), |r, ((slot, ballot, (client, serial), node), _)| {
            r.word(*slot);
            r.word(ballot.epoch());
            r.word(*client);
            r.word(*serial);
            r.word(node.0);
        });
        recall.each(self.first.iter(), |r, (slot, vote)| {
            r.word(*slot);
            say(r, vote.command);
        });
    }
}

/// Whose request a command is, and with which number: no two have the same.
type Request = (u16, u32);

fn request(command: Command) -> Request {
    match command {
        Command::Noop => (0, 0),
        Command::Client { client, serial, .. } => (client, serial),
    }
}

/// A command, so that different ones are said differently.
pub(super) fn say(recall: &mut Recall, command: Command) {
    let (client, serial) = request(command);
    recall.word(client);
    recall.word(serial);
}

/// How long calm must last before an unanswered request counts as never answered: some of the longest timeouts, and two rounds
/// of retries over all servers.
fn patience(rules: Rules, retry: Span) -> Span {
    Span(rules.longest_timeout().0 * 4 + retry.0 * u64::from(rules.servers) * 2)
}

/// The servers that make up the working majority; or which assumption of progress is not in force.
fn works(rules: Rules, retry: Span, now: Reach<'_>) -> Result<Vec<NodeId>, String> {
    let world = now.world;
    let servers: Vec<NodeId> = rules.servers().collect();
    let group = now.working_majority(&servers)?;
    if !group.iter().any(|&s| rules.may_lead(s)) {
        return Err("no server of the majority may lead".to_owned());
    }
    if rules.heartbeat == Span::ZERO || retry == Span::ZERO {
        return Err("nobody asks again for what is lost".to_owned());
    }
    if rules.most > 0 {
        return Err("servers begin only so many ballots".to_owned());
    }
    let longest = now.longest_delay(&group, 1_500)?.0;
    let clients = world.node_ids().filter(|&n| world.is_client(n)).count() as u64;
    let work = |&s: &NodeId| world.config(s).sync_us + world.config(s).service_us * u64::from(rules.servers);
    let work = group.iter().map(work).max().unwrap_or(0);
    // From a promise to the new leader's word: the write, the answer, its word; and as many writes as clients make.
    let ballot = 2 * longest + (clients + 2) * work;
    // Who was overtaken waits for twice as long: once more, and it can wait for a ballot of another.
    let patient = rules.longest_timeout().0 / if rules.growing { 2 } else { 1 };
    if rules.heartbeat.0 + ballot >= patient {
        return Err("timeouts are too short for a ballot to come through".to_owned());
    }
    now.sound(&group, Span(rules.timeout.0 / 4))?;
    if retry.0 <= 2 * ballot {
        return Err("clients ask again before they can be answered".to_owned());
    }
    caught_up(world, &group, longest, rules)?;
    Ok(group)
}

/// Whether no replica of `group` is so far behind that catching up takes long: it is sent 64 slots a message.
fn caught_up(world: &World, group: &[NodeId], longest: u64, rules: Rules) -> Result<(), String> {
    let next =
        |&s: &NodeId| world.node_as::<super::server::Server>(s).map_or(1, |server| u64::from(server.next));
    let most = group.iter().map(next).max().unwrap_or(1);
    let lags =
        |s: &&NodeId| (most - next(s)) * (longest + rules.heartbeat.0) > 64 * rules.longest_timeout().0;
    match group.iter().find(lags) {
        Some(&s) => Err(format!("{} is still being brought up to date", world.name(s))),
        None => Ok(()),
    }
}
