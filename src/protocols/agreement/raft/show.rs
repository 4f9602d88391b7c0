//! What servers show of themselves: roles, badges, cells, and the paper's names.

use super::log::{Entry, Index};
use super::server::{Role, Server};
use super::snapshot::Snapshot;
use super::{name_of, names};
use crate::sim::{Cell, CellTone, Glyph, Inspect, NodeId};

/// How many log entries are drawn under a server.
const CELLS: Index = 8;

fn role(role: Role) -> (&'static str, Glyph) {
    match role {
        Role::Follower => ("follower", Glyph::None),
        Role::PreCandidate => ("pre-candidate", Glyph::Question),
        Role::Candidate => ("candidate", Glyph::Question),
        Role::Leader => ("leader", Glyph::Crown),
    }
}

fn cell(server: &Server, index: Index, entry: &Entry) -> Cell {
    let committed = index <= server.commit_index();
    let (tone, state) = match committed {
        true => (CellTone::Firm, "committed"),
        false => (CellTone::Tentative, "not known to be committed"),
    };
    Cell {
        text: entry.term.to_string(),
        tone,
        title: format!("entry {index} of term {}: {}, {state}", entry.term, entry.command),
    }
}

/// What a snapshot stands for, in words.
fn stands_for(snapshot: &Snapshot) -> String {
    let Snapshot { last_index, last_term, .. } = snapshot;
    format!("entries 1 to {last_index}, the last of term {last_term}")
}

/// The part of the log that was cut off, as one cell: `1-4`, or `≤14` where that does not fit.
fn snapshot_cell(snapshot: &Snapshot) -> Cell {
    let text = match snapshot.last_index {
        last @ ..=9 => format!("1-{last}"),
        last @ ..=99 => format!("≤{last}"),
        _ => "…".to_owned(),
    };
    let title = format!("snapshot of {}: cut off the log", stands_for(snapshot));
    Cell { text, tone: CellTone::Firm, title }
}

fn indices(list: &[Index], me: NodeId) -> String {
    let others = list.iter().enumerate().filter(|(i, _)| *i != me.index());
    let shown = others.map(|(i, n)| format!("{} {n}", name_of(NodeId(i as u16))));
    shown.collect::<Vec<_>>().join(", ")
}

fn somebody(node: Option<NodeId>) -> String {
    node.map_or_else(|| "nobody".to_owned(), name_of)
}

/// A candidate's votes; a leader's copies of the first entry that it may commit by counting (section 5.4.2).
fn tally(s: &Server) -> String {
    match s.role {
        Role::Follower => String::new(),
        Role::Candidate | Role::PreCandidate => s.votes.tally("votes"),
        Role::Leader => {
            let mut open = s.commit_index + 1..=s.log.last_index();
            let own = open.find(|&i| s.log.term_at(i) == Some(s.current_term));
            own.map_or_else(String::new, |index| {
                let lack =
                    s.members().iter().filter(|&n| n != s.me && s.match_index(n) < Some(index)).count();
                format!("copies {} of {}", s.members().count() - lack, s.majority())
            })
        }
    }
}

/// A server's state.
pub(super) fn server(s: &Server) -> Inspect {
    let (name, glyph) = match s.role {
        Role::Follower if s.is_outside() => ("outside", Glyph::None),
        r => role(r),
    };
    let log = s.log();
    let first = log.last_index().saturating_sub(CELLS - 1).max(1);
    let cut_off = s.snapshot().map(snapshot_cell);
    let cells = cut_off.into_iter().chain(log.iter_from(first).map(|(i, e)| cell(s, i, e))).collect();
    let values = s.machine().values().iter().map(|(k, v)| format!("{k} = {v}"));
    let inspect = Inspect {
        role: name.to_owned(),
        glyph,
        prominent: s.role == Role::Leader,
        badge: format!("term {}", s.current_term),
        epoch: Some(s.current_term.into()),
        tally: tally(s),
        cells,
        ..Inspect::default()
    }
    .field("currentTerm", s.current_term)
    .field("votedFor", somebody(s.voted_for))
    .field("log[]", log.terms(24))
    .field("commitIndex", s.commit_index)
    .field("lastApplied", s.last_applied)
    .field("leader", somebody(s.leader))
    .field("state machine", values.collect::<Vec<_>>().join(", "));
    let inspect = match s.snapshot() {
        Some(snapshot) => inspect.field("snapshot", stands_for(snapshot)),
        None => inspect,
    };
    let inspect = match s.config.membership {
        true => inspect.field("members", s.members()),
        false => inspect,
    };
    match s.role {
        Role::Leader => inspect
            .field("nextIndex[]", indices(&s.next_index, s.me))
            .field("matchIndex[]", indices(&s.match_index, s.me)),
        Role::Candidate | Role::PreCandidate => inspect.field("votes", names(s.votes.voters())),
        Role::Follower => inspect,
    }
}
