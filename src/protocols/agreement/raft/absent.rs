//! What has not happened in Raft, and what it takes: a leader (section 5.2), a committed entry (sections 5.3 and 5.4.2), an
//! answer to a client (section 8).
//!
//! The rule that is easy to break: conditions are counted as the server counts them that decides by them.

use super::boards::{leaders, up};
use super::log::Index;
use super::message::Msg;
use super::name_of;
use super::server::{Role, Server};
use crate::kit::client::unanswered;
use crate::kit::store::KeyValue;
use crate::kit::{Absence, Condition, Lack, Lacking};
use crate::sim::{NodeId, Trace, World};

const VOTES: &[&str] = &["RequestVote", "RequestVote reply"];
const WOULD_BE_VOTES: &[&str] = &["PreVote", "PreVote reply"];
const APPENDS: &[&str] = &["AppendEntries", "heartbeat", "AppendEntries reply"];

/// All of it.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    // Whoever stands in a corner, cut off, with a higher term takes nothing from a leader whom more than half follow.
    let follow = |term, of: &Server| {
        up(world).filter(|&(n, s)| s.current_term() == term && of.members().has(n)).count()
    };
    let newest = up(world).map(|(_, s)| s.current_term()).max();
    let leads = leaders(world).any(|(_, s)| {
        let term = s.current_term();
        Some(term) == newest || follow(term, s) >= s.majority()
    });
    let elected = (!leads).then(|| not_elected(world));
    let behind = leaders(world).filter_map(|(me, s)| not_committed(me, s));
    let behind = behind.chain(leaders(world).filter_map(|(me, s)| not_begun(me, s)));
    elected.into_iter().chain(behind).chain(unanswered::<KeyValue<Msg>>(world)).collect()
}

/// Whoever stands for the newest term; without one, those who may come to stand.
fn not_elected(world: &World) -> Absence {
    // The members by the newest log: they may be elected.
    let newest = up(world).map(|(_, s)| s).max_by_key(|s| (s.log().last_term(), s.log().last_index()));
    let servers: Vec<NodeId> = match newest {
        Some(server) => server.members().iter().collect(),
        None => world.node_ids().filter(|&n| world.node_as::<Server>(n).is_some()).collect(),
    };
    let (running, need) = (servers.iter().filter(|&&n| world.is_up(n)).count(), servers.len() / 2 + 1);
    let down = servers.iter().filter(|&&n| !world.is_up(n)).map(|&n| Lack::Running(n));
    let majority =
        Condition::of(format!("servers that run: {running}, and {need} are needed"), running >= need)
            .lacks(down);
    let stands = up(world).filter(|(_, s)| matches!(s.role(), Role::Candidate | Role::PreCandidate));
    let Some((me, server)) = stands.max_by_key(|(_, s)| s.current_term()) else {
        let patience = up(world).filter(|(_, s)| s.may_stand()).map(|(n, _)| Lack::Time(n));
        let stands = Condition::of("a server's election timeout runs out", false).lacks(patience);
        return Absence::of(Lacking::Leader, "no server leads", vec![majority, stands]);
    };
    let name = name_of(me);
    let (term, says, kinds) = match server.role() {
        Role::PreCandidate => {
            (server.current_term() + 1, "would-be votes, of more than half:", WOULD_BE_VOTES)
        }
        _ => (server.current_term(), "votes, of more than half:", VOTES),
    };
    let votes = Condition::quorum(says, server.votes(), (me, server.members().iter()), kinds);
    Absence::of(Lacking::Leader, format!("{name} is not elected for term {term}"), vec![majority, votes])
}

/// The first entry of a leader that is not committed. Copies count from its first entry of its own term on.
fn not_committed(me: NodeId, leader: &Server) -> Option<Absence> {
    let (log, term) = (leader.log(), leader.current_term());
    let first = leader.commit_index() + 1;
    let own = (first..=log.last_index()).find(|&i| log.term_at(i) == Some(term));
    (first <= log.last_index()).then(|| {
        let name = name_of(me);
        let what = format!("entry {first} of {name} is not committed");
        let says = match own {
            Some(i) if i == first => format!("it is of the leader's own term {term}"),
            Some(i) => format!("the leader has an entry of its own term {term}: entry {i}"),
            None => format!(
                "the leader has an entry of its own term {term}: copies of older ones do not count (5.4.2)"
            ),
        };
        let copied = own.unwrap_or(first);
        let conditions = vec![Condition::of(says, own.is_some()), copies(me, leader, copied)];
        Absence::of(Lacking::Decision, what, conditions)
    })
}

/// The change of members that a leader was asked for, and has not begun (Ongaro 2014, sections 4.1 and 4.2.1).
fn not_begun(me: NodeId, leader: &Server) -> Option<Absence> {
    let change = leader.pending()?;
    let what = format!("{} has not begun to {change}", name_of(me));
    let own = format!("an entry of its own term {} is committed", leader.current_term());
    let mut conditions = vec![
        Condition::of(own, leader.has_committed()),
        Condition::of("the last change of members is committed", leader.is_settled()),
    ];
    if let Some(node) = leader.learner() {
        let says = format!("{} has all that is committed", name_of(node));
        let learns = Condition::of(says, leader.is_caught_up(node));
        conditions.push(learns.lacks([Lack::Word(node, me, APPENDS)]));
    }
    Some(Absence::of(Lacking::Decision, what, conditions))
}

fn copies(me: NodeId, leader: &Server, index: Index) -> Condition {
    let without: Vec<NodeId> = leader.peers().filter(|&n| leader.match_index(n) < Some(index)).collect();
    let (have, need) = (leader.members().count() - without.len(), leader.majority());
    Condition::of(format!("copies of entry {index} that the leader knows of: {have} of {need}"), have >= need)
        .lacks(without.into_iter().map(|n| Lack::Word(n, me, APPENDS)))
}
