//! What is installed on a server: sizes, timeouts, switches, and the rule that a mutant breaks.
//!
//! The rule that is easy to break: a mutant leaves out exactly one sentence of the paper. It is
//! asked about at the place of that sentence and nowhere else.

use super::log::Index;
use crate::kit::quorum::majority;
use crate::kit::{Params, mutants};
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
        /// A leader begins a change before an entry of its own term is committed (against raft-dev 2015).
        ChangeEarly = "change-early", "changes members before it has committed in its term" {
            rule: "a leader changes members only once an entry of its own term is committed (raft-dev 2015)",
            breaks: "Leader completeness",
            with: &["servers=4", "churn_ms=150"],
        }
        /// A leader begins a change before the last is committed (against Ongaro 2014, section 4.1).
        TwoAtOnce = "two-at-once", "changes members before the last change is committed" {
            rule: "a change begins only once the last one is committed (Ongaro 2014, 4.1)",
            breaks: "Leader completeness",
            with: &["servers=3", "spares=2", "churn_ms=60"],
        }
        /// A server uses a configuration only once it is committed (against Ongaro 2014, section 4.1).
        UseCommitted = "use-committed", "uses a configuration only once it is committed" {
            rule: "a server uses the latest configuration in its log, committed or not (Ongaro 2014, 4.1)",
            breaks: "Leader completeness",
            with: &["servers=3", "spares=2", "churn_ms=60"],
        }
        /// Who hears a leader answers a candidate all the same (against Ongaro 2014, section 4.2.3).
        HeedRemoved = "heed-removed", "heeds candidates while it hears a leader" {
            rule: "who hears a leader disregards requests for its vote (Ongaro 2014, 4.2.3)",
            breaks: "Undisturbed leader",
            with: &["churn_ms=400"],
        }
    }
    as it is: "Raft as in the paper",
}

/// What is installed on every server alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    /// How many servers the cluster begins with: nodes 0 to `servers - 1`.
    pub servers: u16,
    /// How many more stand by, to be added: the nodes behind them.
    pub spares: u16,
    /// Servers can be added and removed (Ongaro 2014, chapter 4).
    pub membership: bool,
    /// How often a leader adds or removes a server by itself; 0: never.
    pub churn: Span,
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
            spares: 0,
            membership: false,
            churn: Span::ZERO,
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
        let (spares, churn) = (params.int("spares") as u16, params.ms("churn_ms"));
        let config = Config {
            servers: params.int("servers") as u16,
            spares,
            membership: params.flag("membership") || spares > 0 || churn > Span::ZERO,
            churn,
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

    /// How many of `n` servers are a majority (section 5.2).
    #[inline]
    pub fn majority_of(self, n: usize) -> usize {
        match self.mutant {
            Mutant::HalfIsEnough => n / 2,
            _ => majority(n),
        }
    }

    /// How many servers there are, members or not.
    #[inline]
    pub fn all(self) -> u16 {
        self.servers + self.spares
    }

    /// All servers, members or not.
    pub fn servers(self) -> impl Iterator<Item = NodeId> {
        (0..self.all()).map(NodeId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mutant_has_its_own_sentence_and_breaks_a_promise() {
        let entry = &super::super::ENTRY;
        for m in Mutant::TABLE {
            let promises = entry.checks(&entry.set(m.with).unwrap()).lines();
            let twins = Mutant::TABLE.iter().filter(|o| o.rule == m.rule);
            assert_eq!(twins.count(), 1, "{m:?}");
            assert!(promises.iter().any(|p| p.name == m.breaks), "{m:?}");
        }
    }

    /// floor(n / 2) + 1: of 3, 4, 5 and 9 that is 2, 3, 3 and 5.
    #[test]
    fn a_majority_is_more_than_half() {
        let of = |n| Config::default().majority_of(n);
        assert_eq!([3, 4, 5, 9].map(of), [2, 3, 3, 5]);
    }
}
