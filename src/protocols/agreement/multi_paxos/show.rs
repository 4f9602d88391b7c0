//! What Multi-Paxos shows: roles and slots under each server, the log as all servers have it, whom a leader has counted; and what has not
//! happened yet, with what it takes.
//!
//! The rule that is easy to break: what is chosen is read off all disks together, which no server can do; all else is
//! what the server itself knows.

use super::acceptor::Votes;
use super::leader::{Commander, Phase};
use super::server::Server;
use super::{Ballot, Command, Msg, PValue, Rules, Slot, name_of};
use crate::kit::client::unanswered;
use crate::kit::prelude::*;
use crate::kit::quorum::majority;
use crate::kit::store::KeyValue;

/// How many slots are drawn under a server, and how many are on the board.
const CELLS: Slot = 8;
const ROWS: Slot = 8;

/// The servers that run, each with its state.
fn up(world: &World) -> impl Iterator<Item = (NodeId, &Server)> {
    let here = world.node_ids().filter(|&n| world.is_up(n));
    here.filter_map(|n| Some((n, world.node_as::<Server>(n)?)))
}

/// The leader of the highest ballot.
fn leader(world: &World) -> Option<(NodeId, &Server)> {
    up(world).filter(|(_, s)| s.phase == Phase::Active).max_by_key(|(_, s)| s.ballot)
}

// -------------------------------------------------------------- a server

/// What becomes of a slot at a server, in words.
fn state(server: &Server, slot: Slot) -> &'static str {
    match (slot < server.next, server.decided.get(slot)) {
        (true, _) => "applied",
        (false, Some(_)) => "decided, and waits for a slot before it",
        (false, None) => "not known to be decided",
    }
}

fn cell(server: &Server, slot: Slot) -> Cell {
    let vote = server.votes.accepted.get(slot);
    let decided = server.decided.get(slot);
    let tone = match (slot < server.next, decided, vote) {
        (true, ..) => CellTone::Firm,
        (_, None, None) => CellTone::Empty,
        _ => CellTone::Tentative,
    };
    let text = match (decided.or(vote.map(|v| &v.command)), vote) {
        (None, _) => "?".to_owned(),
        (Some(Command::Noop), _) => "no".to_owned(),
        (Some(Command::Client { op, .. }), Some(v)) if v.ballot.round < 10 => {
            format!("{}{}", op.key(), v.ballot.round)
        }
        (Some(Command::Client { op, .. }), _) => op.key().to_string(),
    };
    let title = match (decided, vote) {
        (None, None) => format!("slot {slot}: nothing yet"),
        (Some(command), None) => format!("slot {slot}: '{command}', {}", state(server, slot)),
        (_, Some(PValue { ballot, command })) => {
            format!("slot {slot}: '{command}', accepted in ballot {ballot}, {}", state(server, slot))
        }
    };
    Cell { text, tone, title }
}

/// The commander whose slot is the first that is open.
fn first_open(server: &Server) -> Option<(Slot, &Commander)> {
    server.commanders.iter().next().map(|(slot, commander)| (*slot, commander))
}

/// A server's state.
pub(super) fn server(s: &Server) -> Inspect {
    let (role, glyph, tally) = match &s.phase {
        Phase::Passive => ("follower", Glyph::None, String::new()),
        Phase::Scout(promises) => ("scout", Glyph::Question, promises.tally("promises")),
        Phase::Active => {
            let open = first_open(s);
            let tally = open.map_or_else(String::new, |(slot, c)| c.accepted.tally(&format!("slot {slot}:")));
            ("leader", Glyph::Crown, tally)
        }
    };
    let last = s.votes.accepted.highest().max(s.decided.highest());
    let first = last.saturating_sub(CELLS - 1).max(1);
    let values = s.machine.values().iter().map(|(k, v)| format!("{k} = {v}"));
    let promised = s.votes.promised;
    let shown = Inspect::of(role, glyph)
        .prominent(s.phase == Phase::Active)
        .badge(if promised == Ballot::NONE { "no ballot".to_owned() } else { format!("ballot {promised}") })
        .tally(tally)
        .cells((first..=last).map(|slot| cell(s, slot)))
        .field("promised", promised)
        .field("accepted", format!("{} slots", s.votes.accepted.count()))
        .field("applies next (slot_out)", s.next)
        .field("state machine", values.collect::<Vec<_>>().join(", "))
        .field("leader", s.leader.map_or_else(|| "not known".to_owned(), name_of))
        .field("own ballot", s.ballot)
        .field("timeout", s.patience);
    let shown = match s.phase {
        Phase::Active => {
            shown.field("gives away next (slot_in)", s.free).field("requests that wait", s.requests.len())
        }
        _ => shown,
    };
    Inspect { epoch: (promised != Ballot::NONE).then(|| promised.epoch()), ..shown }
}

// -------------------------------------------------------------- boards

/// The log as all servers have it, and whom leaders have counted.
pub(super) fn boards(params: &Params, world: &World) -> Vec<Board> {
    vec![log(Rules::of(params), world), counted(world)]
}

/// The command that a majority has accepted in one ballot, by what is on their disks.
fn chosen(disks: &[&Votes], slot: Slot) -> Option<Command> {
    let votes = || disks.iter().filter_map(|d| d.accepted.get(slot));
    let same = |vote: &PValue| votes().filter(|v| *v == vote).count();
    votes().find(|vote| same(vote) >= majority(disks.len())).map(|v| v.command)
}

fn field(world: &World, node: NodeId, disk: &Votes, slot: Slot) -> Field {
    let server = world.node_as::<Server>(node).filter(|_| world.is_up(node));
    let applied = server.is_some_and(|s| slot < s.next);
    let decided = server.and_then(|s| s.decided.get(slot));
    let mood = match (applied, decided) {
        (true, _) => Mood::Good,
        _ => Mood::Waiting,
    };
    match (disk.accepted.get(slot), decided) {
        (Some(PValue { ballot, command }), _) if applied => {
            Field::of(format!("{command} ({ballot}), applied")).mood(mood)
        }
        (Some(PValue { ballot, command }), Some(_)) => {
            Field::of(format!("{command} ({ballot}), decided")).mood(mood)
        }
        (Some(PValue { ballot, command }), None) => Field::of(format!("{command} ({ballot})")).mood(mood),
        (None, Some(command)) if applied => Field::of(format!("{command}, applied")).mood(mood),
        (None, Some(command)) => Field::of(format!("{command}, decided")).mood(mood),
        (None, None) => Field::of("-"),
    }
}

/// The newest slots: at each server what it has accepted, in which ballot, and whether its replica has applied it.
fn log(rules: Rules, world: &World) -> Board {
    let servers: Vec<NodeId> = rules.servers().collect();
    let disks: Vec<&Votes> = servers.iter().filter_map(|&n| world.durable_as::<Votes>(n)).collect();
    let last = disks.iter().map(|d| d.accepted.highest()).max().unwrap_or(0);
    let row = |slot: Slot| {
        let each = servers.iter().zip(&disks).map(|(&n, disk)| field(world, n, disk, slot));
        let chosen = match chosen(&disks, slot) {
            Some(command) => Field::of(command).mood(Mood::Good),
            None => Field::of("nothing yet").mood(Mood::Waiting),
        };
        (format!("slot {slot}"), each.chain([chosen]).collect())
    };
    let names = servers.iter().map(|&n| world.name(n).to_owned());
    Board::Table {
        title: "The log: accepted (in which ballot), decided, applied".to_owned(),
        columns: ["slot".to_owned()].into_iter().chain(names).chain(["chosen".to_owned()]).collect(),
        rows: (last.saturating_sub(ROWS - 1).max(1)..=last).map(row).collect(),
    }
}

/// Of each who asks: how many have promised, or have accepted a command, of how many it needs.
fn counted(world: &World) -> Board {
    let mut lamps = Vec::new();
    for (node, server) in up(world) {
        let (name, ballot) = (name_of(node), server.ballot);
        match &server.phase {
            Phase::Passive => {}
            Phase::Scout(promises) => {
                lamps.push(promises.lamp(&format!("{name}, promises for ballot {ballot}:")));
            }
            Phase::Active => lamps.extend(server.commanders.iter().map(|(slot, c)| {
                c.accepted.lamp(&format!("{name}, slot {slot}, '{}' accepted in ballot {ballot}:", c.command))
            })),
        }
    }
    Board::Lamps { title: "Scouts and commanders".to_owned(), lamps }
}

/// What scenario files may ask.
pub(super) static PROBES: &[Probe] = &[
    Probe {
        id: "behind",
        label: "slots that the last of the servers has applied less than the first",
        read: |world, _| {
            let next: Vec<i64> = world
                .node_ids()
                .filter_map(|n| world.node_as::<Server>(n).map(|s| i64::from(s.next)))
                .collect();
            Some(next.iter().max()? - next.iter().min()?)
        },
    },
    Probe {
        id: "holes",
        label: "slots that the leader has to wait for, with a later one decided",
        read: |world, _| {
            let (_, s) = leader(world)?;
            let open = (s.next..s.decided.highest()).filter(|&slot| s.decided.get(slot).is_none());
            Some(open.count() as i64)
        },
    },
];

// -------------------------------------------------------------- what has not happened

const PHASE_1: &[&str] = &["prepare", "promise"];
const PHASE_2: &[&str] = &["accept", "accepted"];

/// Who does not lead yet, what is not decided, who is not answered.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let lead = leader(world);
    let none = lead.is_none().then(|| not_led(world));
    let open = lead.and_then(|(me, s)| Some((me, s, first_open(s)?)));
    let undecided = open.map(|(me, s, (slot, commander))| {
        let servers = s.rules.servers();
        let says = format!("that have accepted '{}' in ballot {}:", commander.command, s.ballot);
        let accepted = Condition::quorum(&says, &commander.accepted, (me, servers), PHASE_2);
        let promised = Condition::of(format!("a majority has promised ballot {}", s.ballot), true);
        let what = format!("slot {slot} of {} is not decided", name_of(me));
        Absence::of(Lacking::Decision, what, vec![promised, accepted])
    });
    none.into_iter().chain(undecided).chain(unanswered::<KeyValue<Msg>>(world)).collect()
}

/// Whoever asks for promises for the highest ballot; without one, those who may come to ask.
fn not_led(world: &World) -> Absence {
    let servers: Vec<NodeId> = world.node_ids().filter(|&n| world.node_as::<Server>(n).is_some()).collect();
    let (running, need) = (up(world).count(), majority(servers.len()));
    let down = servers.iter().filter(|&&n| !world.is_up(n)).map(|&n| Lack::Running(n));
    let run = Condition::of(format!("servers that run: {running}, and {need} are needed"), running >= need)
        .lacks(down);
    let scouts = up(world).filter(|(_, s)| matches!(s.phase, Phase::Scout(_)));
    let newest = scouts.max_by_key(|(_, s)| s.ballot);
    if let Some((me, s)) = newest
        && let Phase::Scout(promises) = &s.phase
    {
        let says = format!("promises for ballot {}:", s.ballot);
        let all = (me, servers.iter().copied());
        let what = format!("{} does not lead in ballot {}", name_of(me), s.ballot);
        return Absence::of(
            Lacking::Leader,
            what,
            vec![run, Condition::quorum(&says, promises, all, PHASE_1)],
        );
    }
    let patient = up(world).filter(|(n, s)| s.rules.may_lead(*n)).map(|(n, _)| Lack::Time(n));
    let begins = Condition::of("the timeout of a server that may lead runs out", false).lacks(patient);
    Absence::of(Lacking::Leader, "no server leads", vec![run, begins])
}
