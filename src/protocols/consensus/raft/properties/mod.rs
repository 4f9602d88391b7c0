//! What Raft promises: the five properties of Figure 3, exactly-once effect, and that every request
//! is answered.
//!
//! The rule that is easy to break: a property looks at a server only when the server's revision has
//! moved, and a heartbeat does not move it. What a property remembers of the whole run lies in slices
//! and ledgers, which checkpoints share: a plain list would be copied for each of hundreds.

mod commits;
mod election;
mod exactly_once;
mod liveness;
mod logs;

use super::config::{Config, Mutant};
use super::log::Term;
use super::name_of;
use super::server::Server;
use crate::check::{Property, Seen, Verdict, witness};
use crate::protocols::Params;
use crate::sim::{EventId, NodeId, Span};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Every promise, in the order of Figure 3.
pub fn all(params: &Params) -> Vec<Box<dyn Property>> {
    let Ok(config) = Config::of(params) else {
        // Refused when the run was built; nothing is there to be watched.
        return Vec::new();
    };
    let retry = Span::ms(params.int("retry_ms").max(0) as u64);
    vec![
        Box::new(election::ElectionSafety::new(config)),
        Box::new(logs::LeaderAppendOnly::new(config)),
        Box::new(logs::LogMatching::new(config)),
        Box::new(commits::LeaderCompleteness::new(config)),
        Box::new(commits::StateMachineSafety::new(config)),
        Box::new(exactly_once::ExactlyOnce::new(config)),
        Box::new(liveness::Answered::new(config, retry)),
    ]
}

/// Which servers have changed since they were last looked at.
#[derive(Clone)]
struct Eyes {
    revisions: Vec<u32>,
}

impl Eyes {
    fn new(config: Config) -> Self {
        Eyes {
            revisions: vec![0; usize::from(config.servers)],
        }
    }

    /// The server at which the event happened, if the event changed it.
    #[inline]
    fn changed<'w>(&mut self, seen: &Seen<'w>) -> Option<(NodeId, &'w Server)> {
        let node = seen.node()?;
        let last = self.revisions.get_mut(node.index())?;
        let server: &Server = seen.world.node_as(node)?;
        if server.revision() == *last {
            return None;
        }
        *last = server.revision();
        Some((node, server))
    }
}

/// A broken promise.
#[derive(Clone)]
struct Broken {
    witness: Vec<EventId>,
    why: String,
    assumption: String,
}

/// The verdict of a safety property: broken for ever, or holding so far.
fn safety(broken: Option<&Rc<Broken>>) -> Verdict {
    broken.map_or(Verdict::Holding, |b| Verdict::Violated {
        witness: b.witness.clone(),
        why: b.why.clone(),
        assumption: b.assumption.clone(),
    })
}

fn broken(
    mutant: Mutant,
    events: impl IntoIterator<Item = EventId>,
    why: String,
) -> Option<Rc<Broken>> {
    Some(Rc::new(Broken {
        witness: witness(events),
        why,
        assumption: mutant.assumption().to_owned(),
    }))
}

/// How many terms' votes are remembered: enough to explain an election that just happened.
const BALLOTS: usize = 64;

/// A vote: who gave it to whom, and in which event.
type Vote = (NodeId, NodeId, EventId);

/// Who voted for whom, and when: what a witness of a broken election shows.
#[derive(Clone, Default)]
struct Ballots {
    by_term: Rc<BTreeMap<Term, Vec<Vote>>>,
}

impl Ballots {
    /// Notes the vote that `server` stands by now, if it is new.
    fn note(&mut self, voter: NodeId, server: &Server, event: EventId) {
        let Some(candidate) = server.voted_for() else {
            return;
        };
        let term = server.current_term();
        let same = |v: &Vote| (v.0, v.1) == (voter, candidate);
        if self
            .by_term
            .get(&term)
            .is_some_and(|votes| votes.iter().any(same))
        {
            return;
        }
        let by_term = Rc::make_mut(&mut self.by_term);
        let votes = by_term.entry(term).or_default();
        votes.push((voter, candidate, event));
        while by_term.len() > BALLOTS {
            by_term.pop_first();
        }
    }

    /// The votes of `term` that were given to `candidate`.
    fn of(&self, term: Term, candidate: NodeId) -> impl Iterator<Item = Vote> {
        let votes = self.by_term.get(&term).into_iter().flatten().copied();
        votes.filter(move |v| v.1 == candidate)
    }

    /// The events in which `candidate` got its votes of `term`.
    fn events(&self, term: Term, candidate: NodeId) -> Vec<EventId> {
        self.of(term, candidate).map(|v| v.2).collect()
    }

    /// `S1 with the votes of S1 and S2`.
    fn story(&self, term: Term, candidate: NodeId) -> String {
        let voters: Vec<NodeId> = self.of(term, candidate).map(|v| v.0).collect();
        format!(
            "{} with the votes of {}",
            name_of(candidate),
            super::names(&voters)
        )
    }
}
