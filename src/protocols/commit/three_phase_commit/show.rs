//! How coordinator and banks stand: on the stage, in a table, in money, and what has not happened.
//!
//! The rule that is easy to break: money counts where it is on disk. What a bank that has promised will still do, if somebody has
//! committed, is on its way.

use super::process::{Log, Open, Phase, Process, Record, Round};
use super::{BALANCE, COORDINATOR, Stand, T, name};
use crate::kit::prelude::*;
use crate::sim::Status;
use std::collections::BTreeSet;

/// What a backup is called.
const BACKUP: &str = "backup coordinator";

/// Its role in its newest transfer.
fn role(p: &Process) -> (&'static str, Glyph) {
    if let Some((_, open)) = p.open.iter().next_back() {
        let backup = p.me != COORDINATOR;
        return match (&open.round, open.committable) {
            (Some(_), _) if backup => (BACKUP, Glyph::Crown),
            (Some(round), _) if round.phase == Phase::Voting => ("collects votes", Glyph::Question),
            (Some(_), _) => ("pre-commits", Glyph::Question),
            (None, true) => ("committable", Glyph::None),
            (None, false) => ("uncertain", Glyph::Question),
        };
    }
    if !p.doubts.is_empty() {
        return ("in doubt", Glyph::Question);
    }
    match p.log.lines.values().next_back() {
        Some((_, Record::Committed)) => ("committed", Glyph::Check),
        Some((_, Record::Aborted)) => ("aborted", Glyph::Cross),
        _ => ("at rest", Glyph::None),
    }
}

/// What it counts, if it coordinates.
fn tally(round: &Round) -> String {
    let what = match round.phase {
        Phase::Voting => "yes",
        Phase::Polling => "states",
        Phase::Preparing => "acks",
    };
    format!("{what} {} of {}", round.asked.saturating_sub(round.waiting.len()), round.asked)
}

fn cell((t, (delta, record)): (&T, &(i64, Record))) -> Cell {
    let tone = match record {
        Record::Begun | Record::Yes => CellTone::Tentative,
        Record::Aborted => CellTone::Empty,
        Record::Committed => CellTone::Firm,
    };
    Cell::new(t.0 % 1_000, tone, format!("{t}, {delta:+}: {record:?}"))
}

pub(super) fn inspect(p: &Process) -> Inspect {
    let (role, glyph) = role(p);
    let newest = p.open.iter().next_back();
    let round = newest.and_then(|(_, o)| o.round.as_ref());
    let bank = p.me != COORDINATOR;
    let badge = match newest {
        _ if bank => format!("£{}", p.log.balance),
        Some((t, _)) => t.to_string(),
        None => String::new(),
    };
    let shown = Inspect::of(role, glyph)
        .prominent(newest.is_some() || !p.doubts.is_empty())
        .badge(badge)
        .tally(round.map_or_else(String::new, tally))
        .cells(p.log.lines.iter().map(cell))
        .field("log", p.log.said())
        .field("follows", newest.map_or_else(|| "nobody".to_owned(), |(_, o)| name(o.coordinator.0)))
        .field("in doubt about", doubts(p));
    match bank {
        true => shown
            .field("balance", format!("£{}", p.log.balance))
            .field("locked by", p.log.lock().map_or_else(|| "nothing".to_owned(), |t| t.to_string())),
        false => shown,
    }
}

fn doubts(p: &Process) -> String {
    let all: Vec<String> = p.doubts.keys().map(T::to_string).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}

fn down(world: &World, node: NodeId) -> bool {
    matches!(world.status(node), Status::Crashed | Status::Stopped)
}

fn running(world: &World) -> impl Iterator<Item = (NodeId, &Process)> {
    let up = world.node_ids().filter(|&n| !down(world, n));
    up.filter_map(|n| Some((n, world.node_as::<Process>(n)?)))
}

fn logs(world: &World) -> impl Iterator<Item = (NodeId, &Log)> {
    world.node_ids().filter_map(|n| Some((n, world.durable_as::<Log>(n)?)))
}

pub(super) fn boards(_: &Params, world: &World) -> Vec<Board> {
    let mut all = vec![stands(world)];
    all.extend(rules(world));
    all.push(money(world));
    all
}

/// How each stands about the newest transfer, in its own view.
fn stands(world: &World) -> Board {
    let row = |(node, log): (NodeId, &Log)| {
        let process = world.node_as::<Process>(node).filter(|_| !down(world, node));
        let (stand, follows) = match process {
            None => (Field::of("is down").mood(Mood::Bad), Field::of("-")),
            Some(p) => {
                let mood = match role(p) {
                    (_, Glyph::Check) => Mood::Good,
                    (_, Glyph::None | Glyph::Cross) => Mood::Plain,
                    _ => Mood::Waiting,
                };
                let newest = p.open.values().next_back();
                let whom = newest.map_or_else(|| "-".to_owned(), |o| name(o.coordinator.0));
                (Field::of(own(p)).mood(mood), Field::of(whom))
            }
        };
        (name(node.0), vec![stand, follows, Field::of(log.said())])
    };
    Board::table(
        "How each stands",
        &["process", "stands", "follows", "on its disk"],
        logs(world).map(row).collect(),
    )
}

/// A backup says how it stands itself, too.
fn own(p: &Process) -> String {
    match (role(p).0, p.open.values().next_back()) {
        (BACKUP, Some(open)) => format!("{}, {BACKUP}", open.stand()),
        (role, _) => role.to_owned(),
    }
}

/// What a backup decides by: the termination rules.
fn rules(world: &World) -> Option<Board> {
    let polls = |(_, p): (NodeId, &Process)| {
        let (t, open) = p.open.iter().next_back()?;
        let round = open.round.as_ref().filter(|_| p.me != COORDINATOR)?;
        Some((p.me, *t, open.clone(), round.clone()))
    };
    let (me, t, open, round) = running(world).find_map(polls)?;
    let count = |stand| {
        let heard = round.heard.values().filter(|s| **s == stand).count();
        heard + usize::from(open.stand() == stand)
    };
    let lamp = |what: &str, stand, then: &str| {
        let n = count(stand);
        let mood = if n > 0 { Mood::Good } else { Mood::Plain };
        Lamp { label: format!("{what}: {n}; {then}"), mood }
    };
    Some(Board::Lamps {
        title: format!("What {} decides {t} by", name(me.0)),
        lamps: vec![
            lamp("aborted", Stand::Aborted, "then abort"),
            lamp("committed", Stand::Committed, "then commit"),
            lamp("committable", Stand::Committable, "else pre-commit and commit"),
            lamp("uncertain", Stand::Uncertain, "if there is nothing else, abort"),
            lamp("in doubt", Stand::InDoubt, "does not count"),
        ],
    })
}

/// All the money there is.
fn money(world: &World) -> Board {
    let committed: BTreeSet<T> = logs(world)
        .flat_map(|(_, log)| &log.lines)
        .filter(|(_, line)| line.1 == Record::Committed)
        .map(|(t, _)| *t)
        .collect();
    let banks = || logs(world).filter(|(n, _)| *n != COORDINATOR);
    let promised = banks().flat_map(|(_, log)| &log.lines).filter(|(_, line)| line.1 == Record::Yes);
    let on_its_way: i64 = promised.filter(|(t, _)| committed.contains(t)).map(|(_, line)| line.0).sum();
    let part = |(n, log): (NodeId, &Log)| Part { label: name(n.0), value: log.balance };
    let mut parts: Vec<Part> = banks().map(part).collect();
    parts.push(Part { label: "on its way".to_owned(), value: on_its_way });
    Board::Total {
        title: "Money in the system".to_owned(),
        unit: "£".to_owned(),
        parts,
        should_be: banks().count() as i64 * BALANCE,
    }
}

/// What is not decided, at each process that runs.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let open =
        running(world).flat_map(|(me, p)| p.open.iter().map(move |(t, o)| waits(world, (me, p), *t, o)));
    let doubts = running(world)
        .flat_map(|(me, p)| p.doubts.iter().map(move |(t, others)| in_doubt(world, (me, p), *t, others)));
    open.chain(doubts).collect()
}

const SAYS: &[&str] = &["STATE-REQ", "PRE-COMMIT", "COMMIT", "ABORT"];

fn waits(world: &World, (me, p): (NodeId, &Process), t: T, open: &Open) -> Absence {
    let who = world.name(me);
    let what = format!("{t} is not decided at {who}");
    let Some(round) = &open.round else {
        let from = open.coordinator;
        let says = format!("{} has told what was decided", world.name(from));
        let told = Condition::of(says, false).lacks([Lack::Running(from), Lack::Way(from, me, SAYS)]);
        let lost = format!("or its patience with it, {}, is over", p.rules.patience);
        return Absence::of(
            Lacking::Decision,
            what,
            vec![told, Condition::of(lost, false).lacks([Lack::Time(me)])],
        );
    };
    let (says, kinds): (&str, &'static [&'static str]) = match round.phase {
        Phase::Voting => ("votes", &["VOTE-REQ", "YES", "NO"]),
        Phase::Polling => ("those who have said how they stand", &["STATE-REQ", "STATE"]),
        Phase::Preparing => ("those who have acknowledged the pre-commit", &["PRE-COMMIT", "ACK"]),
    };
    let have = round.asked.saturating_sub(round.waiting.len());
    let says =
        format!("{says}: {have} of {}, or the time for answers, {}, is over", round.asked, p.rules.answer);
    let lacks = round.waiting.iter().map(|&n| Lack::Word(n, me, kinds)).chain([Lack::Time(me)]);
    Absence::of(Lacking::Decision, what, vec![Condition::of(says, round.waiting.is_empty()).lacks(lacks)])
}

fn in_doubt(world: &World, (me, p): (NodeId, &Process), t: T, others: &BTreeSet<NodeId>) -> Absence {
    let rest: Vec<NodeId> = p.rules.all().filter(|&n| n != me && !others.contains(&n)).collect();
    let lacks = rest
        .iter()
        .flat_map(|&n| [Lack::Running(n), Lack::Word(n, me, &["DECISION-REQ", "COMMIT", "ABORT", "STATE"])]);
    let says = format!(
        "one that knows has told it, or all are back and in doubt: {} of {} others are",
        others.len(),
        p.rules.banks
    );
    let told = Condition::of(says, false).lacks(lacks);
    Absence::of(
        Lacking::Decision,
        format!("{} does not know what was decided on {t}", world.name(me)),
        vec![told],
    )
}
