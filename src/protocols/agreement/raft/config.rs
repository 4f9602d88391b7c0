//! What is installed on a server: sizes, timeouts, switches, and the rule that a mutant breaks.
//!
//! The rule that is easy to break: a mutant leaves out exactly one sentence of the paper. It is
//! asked about at the place of that sentence and nowhere else.

use super::log::Index;
use crate::kit::quorum::majority;
use crate::kit::{Params, Quorum, mutants};
use crate::sim::{NodeId, Refusal, Span};

mutants! {
    /// Raft with one sentence left out.
    pub enum Mutant {
        /// A vote is granted without comparing logs (against 5.4.1).
        VoteBlindly = "vote-blindly", "votes without comparing logs" {
            rule: "a vote goes only to a candidate whose log is at least as up to date (5.4.1)",
            breaks: "Leader completeness",
        }
        /// An entry of an old term is committed by counting its copies (against 5.4.2, Figure 8).
        CommitOldTerm = "commit-old-term", "commits an old term's entry by counting (Figure 8)" {
            rule: "only an entry of the leader's own term is committed by counting copies (5.4.2)",
            breaks: "Leader completeness",
        }
        /// `votedFor` is forgotten at a restart (against Figure 2, persistent state).
        ForgetVote = "forget-vote", "forgets its vote at a restart" {
            rule: "votedFor is on disk before a vote is answered (5.2, Figure 2)",
            breaks: "Election safety",
        }
        /// AppendEntries cuts the log after its own entries even without a conflict (against 5.3).
        TruncateAlways = "truncate-always", "cuts the log without a conflict" {
            rule: "a follower removes entries only where they conflict with the leader's (5.3)",
            breaks: "Leader completeness",
        }
        /// Half of the servers, rounded down, count as a majority (against 5.2).
        HalfIsEnough = "half-is-enough", "takes half for a majority" {
            rule: "any two majorities share a server (5.2, 5.4.3)",
            breaks: "Election safety",
        }
        /// A vote that arrives twice is counted twice (against 5.2).
        CountTwice = "count-twice", "counts a doubled vote twice" {
            rule: "each server has one vote in a term (5.2)",
            breaks: "Election safety",
        }
        /// Entries are acknowledged before they are forced to disk (against Figure 2, persistent state).
        LoseSuffix = "lose-suffix", "acknowledges entries before they are on disk" {
            rule: "an entry is on disk before it is acknowledged (5.3, Figure 2)",
            breaks: "Leader completeness",
        }
        /// A snapshot does not hold the term of its last entry (against Ongaro 2014, section 5.1).
        ForgetLastTerm = "forget-last-term", "takes snapshots without the last entry's term" {
            rule: "a snapshot holds the index and the term of its last entry (Ongaro 2014, 5.1)",
            breaks: "Log matching",
            with: &["snapshot_every=1"],
        }
        /// A snapshot holds all entries of the log, committed or not (against Ongaro 2014, section 5.1).
        SnapshotUncommitted = "snapshot-uncommitted", "takes uncommitted entries into its snapshot" {
            rule: "a snapshot stands for applied entries, which are committed (Ongaro 2014, 5.1)",
            breaks: "State-machine safety",
            with: &["snapshot_every=1"],
        }
        /// A snapshot does not hold the table of sessions (against Ongaro 2014, section 6.3).
        ForgetSessions = "forget-sessions", "takes snapshots without the sessions" {
            rule: "the table of sessions is part of the state, and of its snapshots (Ongaro 2014, 6.3)",
            breaks: "Exactly-once effect",
            with: &["snapshot_every=1"],
        }
    }
    as it is: "Raft as in the paper",
}

/// What is installed on every server alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    /// How many servers the cluster has: nodes 0 to `servers - 1`.
    pub servers: u16,
    /// The shortest election timeout (section 5.2).
    pub election_min: Span,
    /// The longest election timeout.
    pub election_max: Span,
    /// How often a leader lets itself be heard, and a candidate asks again (section 5.1).
    pub heartbeat: Span,
    /// Ask before standing (Ongaro 2014, section 9.6).
    pub prevote: bool,
    /// A leader that hears no majority steps down (Ongaro 2014, section 6.2).
    pub check_quorum: bool,
    /// Who hears a leader ignores requests for its vote, where CheckQuorum is on (or a leader that nobody hears would
    /// stay for ever): a variant, as in etcd's raft (`inLease` in its `Step`) and, for servers that were removed, in
    /// Ongaro 2014, section 4.2.3.
    pub lease: bool,
    /// A new leader appends a no-op (section 8).
    pub noop: bool,
    /// A refusal names the conflicting term, so that the leader backs up a term at a time (5.3).
    pub fast_backup: bool,
    /// A snapshot is taken when so many entries were applied since the last; 0: never (Ongaro 2014, chapter 5).
    pub snapshot_every: Index,
    /// The sentence that is left out.
    pub mutant: Mutant,
}

impl Default for Config {
    /// Five servers and the timeouts of section 9.3: 150 to 300 ms.
    fn default() -> Self {
        Config {
            servers: 5,
            election_min: Span::ms(150),
            election_max: Span::ms(300),
            heartbeat: Span::ms(50),
            prevote: false,
            check_quorum: false,
            lease: false,
            noop: false,
            fast_backup: true,
            snapshot_every: 0,
            mutant: Mutant::None,
        }
    }
}

impl Config {
    /// Reads the parameters; refuses timeouts that contradict each other.
    pub fn of(params: &Params) -> Result<Self, Refusal> {
        let config = Config {
            servers: params.int("servers") as u16,
            election_min: params.ms("election_min_ms"),
            election_max: params.ms("election_max_ms"),
            heartbeat: params.ms("heartbeat_ms"),
            prevote: params.flag("prevote"),
            check_quorum: params.flag("checkquorum"),
            lease: params.flag("lease"),
            noop: params.flag("noop"),
            fast_backup: params.flag("fastbackup"),
            snapshot_every: params.int("snapshot_every") as Index,
            mutant: Mutant::of(params),
        };
        if config.election_min > config.election_max {
            return Err(Refusal::new(
                "bad-parameter",
                format!(
                    "the shortest election timeout ({}) must not exceed the longest ({})",
                    config.election_min, config.election_max
                ),
            ));
        }
        Ok(config)
    }

    /// How many servers are a majority (section 5.2).
    #[inline]
    pub fn majority(self) -> usize {
        let n = usize::from(self.servers);
        match self.mutant {
            Mutant::HalfIsEnough => n / 2,
            _ => majority(n),
        }
    }

    /// A question to all servers, which a majority must answer with yes.
    pub fn ballot(self) -> Quorum {
        Quorum::of(self.majority(), usize::from(self.servers))
    }

    /// All servers.
    pub fn servers(self) -> impl Iterator<Item = NodeId> {
        (0..self.servers).map(NodeId)
    }

    /// All servers but `me`.
    pub fn peers(self, me: NodeId) -> impl Iterator<Item = NodeId> {
        self.servers().filter(move |&s| s != me)
    }

    /// Whether `node` is one of the servers.
    pub fn is_server(self, node: NodeId) -> bool {
        node.0 < self.servers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mutant_has_its_own_sentence_and_breaks_a_promise() {
        let promises = super::super::ENTRY.checks(&super::super::ENTRY.set(&[]).unwrap()).lines();
        for m in Mutant::TABLE {
            let twins = Mutant::TABLE.iter().filter(|o| o.rule == m.rule);
            assert_eq!(twins.count(), 1, "{m:?}");
            assert!(promises.iter().any(|p| p.name == m.breaks), "{m:?}");
        }
    }

    /// floor(n / 2) + 1: of 3, 4, 5 and 9 that is 2, 3, 3 and 5.
    #[test]
    fn a_majority_is_more_than_half() {
        let of = |servers| Config { servers, ..Config::default() }.majority();
        assert_eq!([3, 4, 5, 9].map(of), [2, 3, 3, 5]);
    }
}
