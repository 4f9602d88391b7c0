//! Promises of elections: at most one wins an epoch; and who voted for whom, which shows how two could.
//!
//! The rule that is easy to break: a vote is told by the one who gives it, in the event in which it is
//! given (or safe on disk), not by the one who counts it.

use super::{Broken, Promised, Rule};
use crate::check::account::listed;
use crate::check::{Recall, Seen, Wake};
use crate::sim::ledger::Ledger;
use crate::sim::{EventId, Fact, NodeId, World};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::rc::Rc;

/// How many epochs' votes are remembered: enough to explain an election that just happened.
const EPOCHS: usize = 64;

/// A vote: who gave it to whom, and in which event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// Who gave it.
    pub voter: NodeId,
    /// To whom.
    pub candidate: NodeId,
    /// When.
    pub event: EventId,
}

/// Who voted for whom in the newest epochs: what a witness of a broken election shows.
#[derive(Clone, Debug)]
pub struct Ballots<K> {
    by_epoch: Rc<BTreeMap<K, Vec<Vote>>>,
}

impl<K> Default for Ballots<K> {
    fn default() -> Self {
        Ballots { by_epoch: Rc::default() }
    }
}

impl<K: Ord + Clone> Ballots<K> {
    /// Takes note of a vote; of a vote that is told again, the first telling counts.
    pub fn note(&mut self, epoch: K, vote: Vote) {
        let by_epoch = Rc::make_mut(&mut self.by_epoch);
        let votes = by_epoch.entry(epoch).or_default();
        let same = |v: &Vote| (v.voter, v.candidate) == (vote.voter, vote.candidate);
        if !votes.iter().any(same) {
            votes.push(vote);
        }
        while by_epoch.len() > EPOCHS {
            by_epoch.pop_first();
        }
    }

    /// The votes for `candidate` in `epoch`.
    pub fn of(&self, epoch: &K, candidate: NodeId) -> impl Iterator<Item = Vote> {
        let votes = self.by_epoch.get(epoch).into_iter().flatten().copied();
        votes.filter(move |v| v.candidate == candidate)
    }

    /// The events in which `candidate` got its votes in `epoch`.
    pub fn events(&self, epoch: &K, candidate: NodeId) -> impl Iterator<Item = EventId> {
        self.of(epoch, candidate).map(|v| v.event)
    }

    /// `S1 with the votes of S1 and S2`.
    pub fn story(&self, world: &World, epoch: &K, candidate: NodeId) -> String {
        let name = |v: Vote| world.name(v.voter).to_owned();
        let voters: Vec<String> = self.of(epoch, candidate).map(name).collect();
        format!("{} with the votes of {}", world.name(candidate), listed(&voters))
    }
}

/// At most one node wins an epoch, as [`super::at_most_one`], and who voted for the two is told: `two
/// leaders in term 3: S1 with the votes of S1 and S2, and S3 with the votes of S2 and S3`.
///
/// `won` reads the epoch off the fact by which a node says that it has won, `voted` the epoch and the
/// candidate off the fact by which a node says that it has given its vote. `winners` is what they are
/// called: "leaders".
pub fn elected<F: Fact, K>(
    name: &'static str,
    claim: &'static str,
    winners: &'static str,
    won: fn(&F) -> Option<K>,
    voted: fn(&F) -> Option<(K, NodeId)>,
) -> Promised<impl Rule>
where
    K: Ord + Clone + Display + 'static,
{
    let rule = Elected { winners, won, voted, ballots: Ballots::default(), first: Ledger::default() };
    Promised::safety(name, claim, rule)
}

struct Elected<F, K> {
    winners: &'static str,
    won: fn(&F) -> Option<K>,
    voted: fn(&F) -> Option<(K, NodeId)>,
    ballots: Ballots<K>,
    first: Ledger<K, (NodeId, EventId)>,
}

impl<F, K: Clone> Clone for Elected<F, K> {
    fn clone(&self) -> Self {
        Elected { ballots: self.ballots.clone(), first: self.first.clone(), ..*self }
    }
}

impl<F: Fact, K: Ord + Clone + Display + 'static> Rule for Elected<F, K> {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<F>() {
            if let Some((epoch, candidate)) = (self.voted)(fact) {
                let vote = Vote { voter: node, candidate, event: seen.id };
                self.ballots.note(epoch, vote);
            }
            let Some(epoch) = (self.won)(fact) else {
                continue;
            };
            match self.first.get(&epoch) {
                Some(&(by, event)) if by != node => {
                    let story = |n| self.ballots.story(seen.world, &epoch, n);
                    let (winners, first, second) = (self.winners, story(by), story(node));
                    let why = format!("two {winners} in {epoch}: {first}, and {second}");
                    let votes = [by, node].into_iter().flat_map(|n| self.ballots.events(&epoch, n));
                    return Err(Broken::new([event, seen.id].into_iter().chain(votes), why));
                }
                Some(_) => {}
                None => self.first.keep_first(epoch, (node, seen.id)),
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.first.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        // Votes are told in the sentence alone.
        recall.each(self.first.iter(), |r, (epoch, (node, _))| {
            r.shown(epoch);
            r.word(node.0);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(voter: u16, candidate: u16, event: u32) -> Vote {
        Vote { voter: NodeId(voter), candidate: NodeId(candidate), event: EventId(event) }
    }

    /// Node 1 tells its vote twice and gives another in the same epoch: both votes stand, once each.
    #[test]
    fn a_vote_counts_once_and_a_double_vote_shows() {
        let mut ballots = Ballots::default();
        for v in [vote(0, 0, 1), vote(1, 0, 2), vote(1, 0, 5), vote(1, 2, 6)] {
            ballots.note(3_u32, v);
        }
        assert!(ballots.events(&3, NodeId(0)).eq([EventId(1), EventId(2)]));
        assert!(ballots.of(&3, NodeId(2)).eq([vote(1, 2, 6)]));
        assert_eq!(ballots.of(&4, NodeId(0)).count(), 0);
    }

    #[test]
    fn only_the_newest_epochs_are_remembered() {
        let mut ballots = Ballots::default();
        (0..100).for_each(|epoch: u32| ballots.note(epoch, vote(0, 0, epoch)));
        let known = |epoch| ballots.of(&epoch, NodeId(0)).count();
        assert_eq!([0, 35, 36, 99].map(known), [0, 0, 1, 1]);
    }
}
