//! What Raft shows beside its stage, and what scenario files may ask of a run by name.
//!
//! The rule that is easy to break: copies are counted as the leader knows them (matchIndex), not as they
//! are. What a reader sees here is what the leader decides by.

use super::log::{Index, Log, Term};
use super::name_of;
use super::server::{Role, Server};
use crate::kit::boards::{Board, Field, Mood};
use crate::kit::{Params, Probe};
use crate::sim::{NodeId, Trace, World};

/// How many of the newest entries are shown.
const ENTRIES: Index = 6;

/// The servers that run, each with its state.
pub(super) fn up(world: &World) -> impl Iterator<Item = (NodeId, &Server)> {
    let here = world.node_ids().filter(|&n| world.is_up(n));
    here.filter_map(|n| Some((n, world.node_as::<Server>(n)?)))
}

/// The leaders that run.
pub(super) fn leaders(world: &World) -> impl Iterator<Item = (NodeId, &Server)> {
    up(world).filter(|(_, s)| s.role() == Role::Leader)
}

/// The leader of the highest term.
fn leader(world: &World) -> Option<(NodeId, &Server)> {
    leaders(world).max_by_key(|(_, s)| s.current_term())
}

/// The votes, and what the leader of the highest term knows of the logs.
pub(super) fn of(params: &Params, world: &World) -> Vec<Board> {
    let mut boards = vec![votes(world)];
    if let Some((me, server)) = leader(world) {
        boards.push(followers(world, me, server));
        boards.push(copies(server));
    }
    if params.int("snapshot_every") > 0 {
        boards.push(snapshots(world));
    }
    if up(world).any(|(_, s)| s.config().membership) {
        boards.push(configurations(world));
    }
    boards
}

/// Of each server that runs: what its snapshot stands for, and what is left of its log.
fn snapshots(world: &World) -> Board {
    let row = |(n, s): (NodeId, &Server)| {
        let (base, last) = (s.log().base(), s.log().last_index());
        let stands_for = s.snapshot().map_or_else(|| "none".to_owned(), |_| format!("1 to {base}"));
        let kept = match last - base {
            0 => "none".to_owned(),
            1 => format!("{last}"),
            _ => format!("{} to {last}", base + 1),
        };
        (name_of(n), vec![Field::of(stands_for), Field::of(kept)])
    };
    Board::Table {
        title: "Snapshots, and what is left of each log".to_owned(),
        columns: ["server", "snapshot of entries", "entries in the log"].map(str::to_owned).to_vec(),
        rows: up(world).map(row).collect(),
    }
}

/// Of each server that runs: the configuration that it uses, and where that stands.
fn configurations(world: &World) -> Board {
    let row = |(n, s): (NodeId, &Server)| {
        let (index, _) = s.roster().latest();
        let from = match index {
            0 => Field::of("the start"),
            i if s.is_settled() => Field::of(format!("entry {i}, committed")).mood(Mood::Good),
            i => Field::of(format!("entry {i}, on its way")).mood(Mood::Waiting),
        };
        // A column is narrow: names alone, in the order of the servers.
        let members = s.members().iter().map(name_of).collect::<Vec<_>>().join(" ");
        (name_of(n), vec![Field::of(members), from, Field::of(s.majority())])
    };
    Board::Table {
        title: "The configuration that each server uses".to_owned(),
        columns: ["server", "members", "since", "majority"].map(str::to_owned).to_vec(),
        rows: up(world).map(row).collect(),
    }
}

/// Of each who asks for votes: how many it has, of how many it needs. The leader's stay to be seen.
fn votes(world: &World) -> Board {
    let newest = up(world).map(|(_, s)| s.current_term()).max();
    let asks = |(n, s): (NodeId, &Server)| match s.role() {
        Role::Follower => None,
        Role::PreCandidate => Some(s.votes().lamp(&format!(
            "{}, would-be votes for term {}:",
            name_of(n),
            s.current_term() + 1
        ))),
        _ if Some(s.current_term()) != newest => None,
        _ => {
            let title = format!("{}, votes for term {}:", name_of(n), s.current_term());
            Some(s.votes().lamp(&title))
        }
    };
    Board::Lamps { title: "Votes".to_owned(), lamps: up(world).filter_map(asks).collect() }
}

/// How far each log is known to match the leader's, and where the leader tries next.
fn followers(world: &World, me: NodeId, leader: &Server) -> Board {
    let last = leader.log().last_index();
    let row = |peer: NodeId| {
        let (matches, next) = (leader.match_index(peer)?, leader.next_index(peer)?);
        let mood = match matches {
            m if m == last => Mood::Good,
            m if m >= leader.commit_index() => Mood::Waiting,
            _ => Mood::Bad,
        };
        let name = match world.is_up(peer) {
            true => name_of(peer),
            false => format!("{} (down)", name_of(peer)),
        };
        Some((name, vec![Field::of(matches).mood(mood), Field::of(next)]))
    };
    let title = format!("What {} knows of the other logs ({last} entries of its own)", name_of(me));
    Board::Table {
        title,
        columns: ["follower", "matchIndex", "nextIndex"].map(str::to_owned).to_vec(),
        rows: leader.peers().filter_map(row).collect(),
    }
}

/// Of the newest entries of the leader: on how many servers it knows them to be, of how many it needs; and
/// whether they count, for copies of an older term's entry do not (section 5.4.2).
fn copies(leader: &Server) -> Board {
    let log: &Log = leader.log();
    let first = log.last_index().saturating_sub(ENTRIES - 1);
    let on = |index: Index| {
        let has = |n: &NodeId| *n == leader.me || leader.match_index(*n) >= Some(index);
        leader.members().iter().filter(has).count()
    };
    let state = |index: Index, term: Term| match (index <= leader.commit_index(), term) {
        (true, _) => Field::of("committed").mood(Mood::Good),
        (false, t) if t == leader.current_term() => Field::of("not yet").mood(Mood::Waiting),
        (false, _) => Field::of("of an older term: its copies do not count").mood(Mood::Waiting),
    };
    let row = |(index, entry): (Index, &super::log::Entry)| {
        let copies = Field::of(format!("{} of {}", on(index), leader.majority()));
        let fields = vec![Field::of(entry.term), Field::of(entry.command), copies, state(index, entry.term)];
        (format!("{index}"), fields)
    };
    Board::Table {
        title: "Copies of each entry, of those needed".to_owned(),
        columns: ["entry", "term", "command", "copies", "state"].map(str::to_owned).to_vec(),
        rows: log.iter_from(first).map(row).collect(),
    }
}

/// What scenario files may ask.
pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "leaders",
        label: "servers that lead, of whatever term",
        read: |world, _| Some(leaders(world).count() as i64),
    },
    Probe {
        id: "stale-leaders",
        label: "leaders of an older term, with entries that they could not commit",
        read: stale,
    },
    Probe {
        id: "highest-term",
        label: "the highest term that a server has seen",
        read: |world, _| up(world).map(|(_, s)| i64::from(s.current_term())).max(),
    },
    Probe {
        id: "committed",
        label: "entries that the leader knows to be committed",
        read: |world, _| Some(leader(world).map_or(0, |(_, s)| i64::from(s.commit_index()))),
    },
    Probe {
        id: "uncommitted",
        label: "entries of the leader that are not committed yet",
        read: |world, _| Some(leader(world).map_or(0, |(_, s)| i64::from(behind(s)))),
    },
    Probe {
        id: "cut-off",
        label: "entries that the leader has cut off its log, for which its snapshot stands",
        read: |world, _| Some(leader(world).map_or(0, |(_, s)| i64::from(s.log().base()))),
    },
    Probe {
        id: "members",
        label: "servers in the configuration that the leader uses",
        read: |world, _| Some(leader(world).map_or(0, |(_, s)| s.members().count() as i64)),
    },
    Probe {
        id: "settled",
        label: "1 if the leader's configuration is committed, and no change waits",
        read: |world, _| {
            let settled = |s: &Server| s.is_settled() && s.pending().is_none();
            Some(leader(world).map_or(0, |(_, s)| i64::from(settled(s))))
        },
    },
    Probe {
        id: "differing-logs",
        label: "servers whose log is not a piece of the leader's, or lacks what is committed",
        read: differing,
    },
];

fn behind(server: &Server) -> Index {
    server.log().last_index() - server.commit_index()
}

fn stale(world: &World, _: &Trace) -> Option<i64> {
    let newest = leader(world)?.1.current_term();
    let old = |(_, s): &(NodeId, &Server)| s.current_term() < newest && behind(s) > 0;
    Some(leaders(world).filter(old).count() as i64)
}

/// An entry that is on its way to some is no difference.
fn differing(world: &World, _: &Trace) -> Option<i64> {
    let (_, leader) = leader(world)?;
    let servers = world.node_ids().filter_map(|n| world.node_as::<Server>(n));
    let differs = |s: &&Server| {
        let own = s.log().last_index();
        s.log().common_prefix(leader.log()) != own || own < leader.commit_index()
    };
    Some(servers.filter(differs).count() as i64)
}
