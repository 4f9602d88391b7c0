//! Raft's messages, with the paper's names for them and for their fields (Figure 2).
//!
//! The rule that is easy to break: the receiver believes nothing that is not in the message, so a
//! reply repeats what it answers (term, index). A reply that comes late, twice or out of order is
//! then recognised for what it is.

use super::log::{Entry, Index, Term};
use super::name_of;
use super::snapshot::Snapshot;
use crate::kit::client::Reply;
use crate::kit::store::{Answer, KeyValueMsg, Op};
use crate::sim::{Kind, Message, NodeId, Shape, Tone};
use std::rc::Rc;

/// What servers and clients send to each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Msg {
    /// A candidate asks for a vote (section 5.2).
    RequestVote {
        /// The candidate's term.
        term: Term,
        /// The index of the candidate's last log entry.
        last_log_index: Index,
        /// The term of the candidate's last log entry.
        last_log_term: Term,
    },
    /// The answer to [`Msg::RequestVote`].
    VoteReply {
        /// The voter's term.
        term: Term,
        /// Whether the candidate has the vote.
        granted: bool,
    },
    /// Would you vote for me, if I stood? (Ongaro 2014, section 9.6)
    PreVote {
        /// The term in which the sender would stand; it is not in it yet.
        next_term: Term,
        /// The index of the sender's last log entry.
        last_log_index: Index,
        /// The term of the sender's last log entry.
        last_log_term: Term,
    },
    /// The answer to [`Msg::PreVote`].
    PreVoteReply {
        /// The voter's term.
        term: Term,
        /// The term that was asked about.
        next_term: Term,
        /// Whether it would vote so.
        granted: bool,
    },
    /// The leader replicates its log; without entries, a heartbeat (section 5.3).
    AppendEntries {
        /// The leader's term.
        term: Term,
        /// The index of the entry just before the new ones.
        prev_log_index: Index,
        /// The term of that entry.
        prev_log_term: Term,
        /// What to store.
        entries: Vec<Entry>,
        /// The leader's commit index.
        leader_commit: Index,
    },
    /// The follower's log matches the leader's up to here.
    AppendOk {
        /// The follower's term.
        term: Term,
        /// The index up to which it is known to match.
        match_index: Index,
    },
    /// The follower has no such previous entry; where the leader should try next (end of 5.3).
    AppendNo {
        /// The follower's term.
        term: Term,
        /// The previous index that was refused.
        prev_log_index: Index,
        /// The term of the follower's entry there; 0 if its log is shorter.
        conflict_term: Term,
        /// The first index of that term, or the first that is missing.
        conflict_index: Index,
    },
    /// A client asks for an operation (section 8).
    ClientRequest {
        /// The client's number for it, the same in every retry.
        serial: u32,
        /// What is asked.
        op: Op,
    },
    /// It was executed.
    ClientReply {
        /// The number of the request.
        serial: u32,
        /// The state machine's answer.
        answer: Answer,
    },
    /// Not here: the server is not the leader.
    Redirect {
        /// The number of the request.
        serial: u32,
        /// Who is, as far as it knows.
        hint: Option<NodeId>,
    },
    /// The leader's snapshot, for a follower whose next entry it has cut off (Ongaro 2014, section 5.3).
    InstallSnapshot {
        /// The leader's term.
        term: Term,
        /// The snapshot, whole.
        snapshot: Rc<Snapshot>,
    },
    /// The answer to [`Msg::InstallSnapshot`].
    InstallReply {
        /// The follower's term.
        term: Term,
        /// The index up to which it is known to match; 0 if the snapshot was refused.
        last_index: Index,
    },
}

impl Msg {
    /// The sender's current term, if it is a server's: what section 5.1 compares. A [`Msg::PreVote`]
    /// has none, because its sender has not entered the term it asks about.
    pub fn term(&self) -> Option<Term> {
        match *self {
            Msg::RequestVote { term, .. }
            | Msg::VoteReply { term, .. }
            | Msg::PreVoteReply { term, .. }
            | Msg::AppendEntries { term, .. }
            | Msg::AppendOk { term, .. }
            | Msg::AppendNo { term, .. }
            | Msg::InstallSnapshot { term, .. }
            | Msg::InstallReply { term, .. } => Some(term),
            _ => None,
        }
    }

    fn style(&self) -> (&'static str, Shape, Tone) {
        match self {
            Msg::RequestVote { .. } => ("RequestVote", Shape::Diamond, Tone::Purple),
            Msg::VoteReply { granted: true, .. } => ("RequestVote reply", Shape::Tag, Tone::Purple),
            Msg::VoteReply { .. } => ("RequestVote reply", Shape::Hollow, Tone::Purple),
            Msg::PreVote { .. } => ("PreVote", Shape::Diamond, Tone::Orange),
            Msg::PreVoteReply { granted: true, .. } => ("PreVote reply", Shape::Tag, Tone::Orange),
            Msg::PreVoteReply { .. } => ("PreVote reply", Shape::Hollow, Tone::Orange),
            // A heartbeat is an AppendEntries without entries; its quiet look lets news stand out.
            Msg::AppendEntries { entries, .. } if entries.is_empty() => {
                ("heartbeat", Shape::Arrow, Tone::Quiet)
            }
            Msg::AppendEntries { .. } => ("AppendEntries", Shape::Arrow, Tone::Green),
            Msg::AppendOk { .. } => ("AppendEntries reply", Shape::Tag, Tone::Quiet),
            Msg::AppendNo { .. } => ("AppendEntries reply", Shape::Hollow, Tone::Quiet),
            Msg::ClientRequest { .. } => ("client request", Shape::Square, Tone::Blue),
            Msg::ClientReply { .. } => ("client reply", Shape::Tag, Tone::Blue),
            Msg::Redirect { .. } => ("client reply", Shape::Hollow, Tone::Blue),
            Msg::InstallSnapshot { .. } => ("InstallSnapshot", Shape::Square, Tone::Green),
            Msg::InstallReply { .. } => ("InstallSnapshot reply", Shape::Tag, Tone::Green),
        }
    }
}

impl KeyValueMsg for Msg {
    fn request(serial: u32, op: Op) -> Self {
        Msg::ClientRequest { serial, op }
    }

    fn reply(&self) -> Option<(u32, Reply<i32>)> {
        match *self {
            Msg::ClientReply { serial, answer } => Some((serial, answer.into())),
            Msg::Redirect { serial, hint } => Some((serial, Reply::Elsewhere(hint))),
            _ => None,
        }
    }
}

/// `1·4`, or `1·4…6` for more than one: term and index of what is appended.
fn range_label(first: Index, entries: &[Entry]) -> String {
    let Some(last) = entries.last() else {
        return String::new();
    };
    match entries.len() as Index {
        1 => format!("Append {}·{first}", last.term),
        n => format!("Append {}·{first}…{}", last.term, first + n - 1),
    }
}

impl Message for Msg {
    fn kind(&self) -> Kind {
        let (name, shape, tone) = self.style();
        Kind { name, shape, tone }
    }

    fn label(&self) -> String {
        match self {
            Msg::RequestVote { term, .. } => format!("RequestVote t{term}"),
            Msg::PreVote { next_term, .. } => format!("PreVote t{next_term}"),
            Msg::VoteReply { granted, .. } | Msg::PreVoteReply { granted, .. } => {
                if *granted { "vote" } else { "no" }.to_owned()
            }
            Msg::AppendEntries { entries, term, .. } if entries.is_empty() => {
                format!("heartbeat t{term}")
            }
            Msg::AppendEntries { prev_log_index, entries, .. } => range_label(prev_log_index + 1, entries),
            Msg::AppendOk { .. } => "ok".to_owned(),
            Msg::AppendNo { .. } => "no".to_owned(),
            Msg::ClientRequest { op, .. } => op.to_string(),
            Msg::ClientReply { answer, .. } => match answer {
                Answer::Value(v) => format!("ok {v}"),
                Answer::Refused(_) => "no match".to_owned(),
            },
            Msg::Redirect { hint: Some(s), .. } => format!("ask {}", name_of(*s)),
            Msg::Redirect { hint: None, .. } => "no leader".to_owned(),
            Msg::InstallSnapshot { snapshot, .. } => format!("snapshot to {}", snapshot.last_index),
            Msg::InstallReply { last_index: 0, .. } => "no".to_owned(),
            Msg::InstallReply { .. } => "ok".to_owned(),
        }
    }

    fn bytes(&self) -> u32 {
        match self {
            Msg::AppendEntries { entries, .. } => 48 + 32 * entries.len() as u32,
            Msg::InstallSnapshot { snapshot, .. } => 64 + 16 * snapshot.machine.values().len() as u32,
            _ => 48,
        }
    }

    /// One flipped bit that no checksum caught: a no becomes a yes. Raft does not claim to survive
    /// this; it is here to be seen.
    fn corrupted(&self, draw: u64) -> Option<Self> {
        match *self {
            Msg::VoteReply { term, granted } => Some(Msg::VoteReply { term, granted: !granted }),
            Msg::AppendNo { term, prev_log_index, .. } => {
                Some(Msg::AppendOk { term, match_index: prev_log_index })
            }
            Msg::ClientRequest { serial, op: Op::Set { key, value } } => {
                Some(Msg::ClientRequest { serial, op: Op::Set { key, value: value ^ (1 << (draw % 8)) } })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::store::Store;
    use std::collections::BTreeMap;

    const NOTHING: Entry = Entry { term: 2, command: super::super::log::Command::Noop };

    fn one_of_each() -> Vec<Msg> {
        let (term, last_log_index, last_log_term) = (4, 3, 2);
        let snapshot = Snapshot {
            last_index: 1234,
            last_term: last_log_term,
            machine: Store::default(),
            digest: 0,
            members: None,
        };
        let append = |entries| Msg::AppendEntries {
            term,
            prev_log_index: 0,
            prev_log_term: 0,
            entries,
            leader_commit: 0,
        };
        vec![
            append(Vec::new()),
            append(vec![NOTHING]),
            Msg::RequestVote { term, last_log_index, last_log_term },
            Msg::PreVote { next_term: 5, last_log_index, last_log_term },
            Msg::VoteReply { term, granted: true },
            Msg::PreVoteReply { term, next_term: 5, granted: true },
            Msg::AppendOk { term, match_index: 1 },
            Msg::ClientRequest { serial: 1, op: Op::Get { key: 'x' } },
            Msg::ClientReply { serial: 1, answer: Answer::Value(1) },
            Msg::InstallSnapshot { term, snapshot: Rc::new(snapshot) },
            Msg::InstallReply { term, last_index: 1 },
        ]
    }

    #[test]
    fn no_two_kinds_look_alike() {
        let mut looks = BTreeMap::new();
        for m in one_of_each() {
            let k = m.kind();
            let before = looks.insert(format!("{:?} {:?}", k.shape, k.tone), k.name);
            assert_eq!(before, None, "{} looks like {before:?}", k.name);
        }
    }

    #[test]
    fn labels_fit_beside_a_moving_message() {
        for m in one_of_each() {
            assert!(m.label().chars().count() <= 16, "{}", m.label());
        }
        assert_eq!(range_label(5, &[NOTHING]), "Append 2·5");
        assert_eq!(range_label(5, &[NOTHING; 3]), "Append 2·5…7");
    }
}
