//! What is installed on a server: sizes, timeouts, switches, and the rule that a mutant breaks.
//!
//! The rule that is easy to break: a mutant leaves out exactly one sentence of the paper. It is
//! asked about at the place of that sentence and nowhere else.

use crate::kit::{Choice, Params};
use crate::sim::{NodeId, Refusal, Span};

/// Raft with one sentence left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mutant {
    /// Nothing left out.
    #[default]
    None,
    /// A vote is granted without comparing logs (against 5.4.1).
    VoteBlindly,
    /// An entry of an old term is committed by counting its copies (against 5.4.2, Figure 8).
    CommitOldTerm,
    /// `votedFor` is forgotten at a restart (against Figure 2, persistent state).
    ForgetVote,
    /// AppendEntries cuts the log after its own entries even without a conflict (against 5.3).
    TruncateAlways,
    /// Half of the servers, rounded down, count as a majority (against 5.2).
    HalfIsEnough,
    /// A vote that arrives twice is counted twice (against 5.2).
    CountTwice,
    /// Entries are acknowledged before they are forced to disk (against Figure 2, persistent state).
    LoseSuffix,
}

impl Mutant {
    /// Every mutant, in the order of [`Mutant::CHOICES`].
    pub const ALL: [Mutant; 8] = [
        Mutant::None,
        Mutant::VoteBlindly,
        Mutant::CommitOldTerm,
        Mutant::ForgetVote,
        Mutant::TruncateAlways,
        Mutant::HalfIsEnough,
        Mutant::CountTwice,
        Mutant::LoseSuffix,
    ];

    /// Their names in links and on the command line.
    pub const CHOICES: [Choice; 8] = [
        Choice {
            id: "none",
            label: "Raft as in the paper",
        },
        Choice {
            id: "vote-blindly",
            label: "votes without comparing logs",
        },
        Choice {
            id: "commit-old-term",
            label: "commits an old term's entry by counting (Figure 8)",
        },
        Choice {
            id: "forget-vote",
            label: "forgets its vote at a restart",
        },
        Choice {
            id: "truncate-always",
            label: "cuts the log without a conflict",
        },
        Choice {
            id: "half-is-enough",
            label: "takes half for a majority",
        },
        Choice {
            id: "count-twice",
            label: "counts a doubled vote twice",
        },
        Choice {
            id: "lose-suffix",
            label: "acknowledges entries before they are on disk",
        },
    ];

    /// The mutant called `id`; [`Mutant::None`] for a name that is none, since names are checked
    /// where they come in.
    pub fn named(id: &str) -> Self {
        let at = Self::CHOICES.iter().position(|c| c.id == id);
        at.map_or(Mutant::None, |i| Self::ALL[i])
    }

    /// Its name in links and on the command line.
    pub fn id(self) -> &'static str {
        Self::CHOICES[self as usize].id
    }

    /// The sentence of the paper whose absence explains a violation.
    pub fn assumption(self) -> &'static str {
        match self {
            Mutant::None => {
                "servers crash and messages get lost, but neither lies (Raft is not Byzantine fault tolerant)"
            }
            Mutant::VoteBlindly => {
                "a vote goes only to a candidate whose log is at least as up to date (5.4.1)"
            }
            Mutant::CommitOldTerm => {
                "only an entry of the leader's own term is committed by counting copies (5.4.2)"
            }
            Mutant::ForgetVote => "votedFor is on disk before a vote is answered (5.2, Figure 2)",
            Mutant::TruncateAlways => {
                "a follower removes entries only where they conflict with the leader's (5.3)"
            }
            Mutant::HalfIsEnough => "any two majorities share a server (5.2, 5.4.3)",
            Mutant::CountTwice => "each server has one vote in a term (5.2)",
            Mutant::LoseSuffix => "an entry is on disk before it is acknowledged (5.3, Figure 2)",
        }
    }
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
    /// A new leader appends a no-op (section 8).
    pub noop: bool,
    /// A refusal names the conflicting term, so that the leader backs up a term at a time (5.3).
    pub fast_backup: bool,
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
            noop: false,
            fast_backup: true,
            mutant: Mutant::None,
        }
    }
}

impl Config {
    /// Reads the parameters; refuses timeouts that contradict each other.
    pub fn of(params: &Params) -> Result<Self, Refusal> {
        let ms = |id| Span::ms(params.int(id).max(0) as u64);
        let config = Config {
            servers: params.int("servers") as u16,
            election_min: ms("election_min_ms"),
            election_max: ms("election_max_ms"),
            heartbeat: ms("heartbeat_ms"),
            prevote: params.flag("prevote"),
            check_quorum: params.flag("checkquorum"),
            noop: params.flag("noop"),
            fast_backup: params.flag("fastbackup"),
            mutant: Mutant::named(params.word("mutant")),
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
            _ => n / 2 + 1,
        }
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
    fn every_mutant_has_its_own_name_and_sentence() {
        for (i, m) in Mutant::ALL.into_iter().enumerate() {
            assert_eq!(m as usize, i);
            assert_eq!(Mutant::named(m.id()), m);
            let twins = Mutant::ALL
                .iter()
                .filter(|o| o.assumption() == m.assumption());
            assert_eq!(twins.count(), 1, "{m:?}");
        }
    }

    /// floor(n / 2) + 1: of 3, 4, 5 and 9 that is 2, 3, 3 and 5.
    #[test]
    fn a_majority_is_more_than_half() {
        let of = |servers| {
            Config {
                servers,
                ..Config::default()
            }
            .majority()
        };
        assert_eq!([3, 4, 5, 9].map(of), [2, 3, 3, 5]);
    }
}
