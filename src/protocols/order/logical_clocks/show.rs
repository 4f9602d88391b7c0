//! What a process shows, tables of the latest events and of who knows how much of whom, and of whom a process has not heard.
//!
//! The rule that is easy to break: what is compared here are stamps, as a process could compare them. What really happened before
//! what is known to those alone who see the whole run.

use super::stamp::Stamp;
use super::{Config, Process, Recent, What, Work};
use crate::kit::prelude::*;

fn name(node: NodeId) -> String {
    format!("P{}", node.0 + 1)
}

impl What {
    fn said(self) -> String {
        match self {
            What::Local => "does something".to_owned(),
            What::Send(to) => format!("sends to {}", name(to)),
            What::Receive(from) => format!("receives of {}", name(from)),
        }
    }
}

/// At most three characters: how far the event's own clock had come.
fn short(recent: &Recent) -> String {
    let count = if recent.stamp.number > 0 { recent.stamp.number } else { u64::from(recent.index) };
    if count < 1_000 { count.to_string() } else { "...".to_owned() }
}

pub(super) fn inspect(p: &Process) -> Inspect {
    let holds = p.token.is_some();
    let cell = |r: &Recent| {
        let tone = if r.what == What::Local { CellTone::Tentative } else { CellTone::Firm };
        Cell::new(short(r), tone, format!("event {}: {}, {}", r.index, r.what.said(), r.stamp))
    };
    let mut shown = Inspect::of(if holds { "holds the token" } else { "process" }, Glyph::None)
        .prominent(holds)
        .badge(p.clock.to_string())
        .cells(p.recent.iter().map(cell));
    if p.config.numbers {
        shown = shown.field("Lamport number", p.clock.number);
    }
    if p.config.vectors {
        shown = shown.field("vector", &p.clock.vector);
    }
    shown.field("events since it booted", p.events).field("messages sent since", p.serial)
}

fn processes(world: &World) -> Vec<(NodeId, &Process)> {
    world.node_ids().filter_map(|n| Some((n, world.node_as::<Process>(n)?))).collect()
}

/// So many events stand in the table.
const ROWS: usize = 9;

pub(super) fn boards(params: &Params, world: &World) -> Vec<Board> {
    let config = Config::of(params);
    let all = processes(world);
    let mut boards = vec![latest(config, &all), compared(&all)];
    if config.vectors {
        boards.push(known(&all));
    }
    boards
}

/// The latest events in an order that fits: that of their numbers and processes (Lamport 1978, "=>"), or of the sums of their vectors.
fn latest(config: Config, all: &[(NodeId, &Process)]) -> Board {
    let sum = |s: &Stamp| s.vector.entries().iter().map(|&n| u64::from(n)).sum::<u64>();
    let key = |s: &Stamp| if config.numbers { s.number } else { sum(s) };
    let mut events: Vec<(u64, NodeId, &Recent)> =
        all.iter().flat_map(|(n, p)| p.recent.iter().map(|r| (key(&r.stamp), *n, r))).collect();
    events.sort_by_key(|(key, node, r)| (*key, *node, r.index));
    let skip = events.len().saturating_sub(ROWS);
    let row = |(_, node, r): &(u64, NodeId, &Recent)| {
        let mut fields = vec![Field::of(r.what.said())];
        if config.numbers {
            fields.push(Field::of(r.stamp.number));
        }
        if config.vectors {
            fields.push(Field::of(&r.stamp.vector));
        }
        (format!("{} #{}", name(*node), r.index), fields)
    };
    let mut columns = vec!["event", "what"];
    columns.extend(config.numbers.then_some("L"));
    columns.extend(config.vectors.then_some("vector"));
    let title = match config.numbers {
        true => "The latest events, by number and process",
        false => "The latest events, by the sums of their vectors",
    };
    Board::table(title, &columns, events[skip..].iter().map(row).collect())
}

/// What numbers say of two events, and what vectors say.
fn relation(a: &Stamp, b: &Stamp) -> Field {
    let sign = match a.number.cmp(&b.number) {
        std::cmp::Ordering::Less => "<",
        std::cmp::Ordering::Equal => "=",
        std::cmp::Ordering::Greater => ">",
    };
    let numbers = format!("{} {sign} {}", a.number, b.number);
    let (says, concurrent) = match (a.vector.is_before(&b.vector), b.vector.is_before(&a.vector)) {
        (true, _) => ("before", false),
        (_, true) => ("after", false),
        _ => ("concurrent", true),
    };
    match (a.number.max(b.number) > 0, a.vector.is_kept()) {
        (true, false) => Field::of(numbers),
        (false, _) => Field::of(says).mood(if concurrent { Mood::Waiting } else { Mood::Plain }),
        (true, true) => Field::of(format!("{numbers}, {says}")).mood(match concurrent {
            true if sign != "=" => Mood::Waiting,
            _ => Mood::Plain,
        }),
    }
}

/// The newest event of each process beside that of every other.
fn compared(all: &[(NodeId, &Process)]) -> Board {
    let cell =
        |(i, a): (NodeId, &Process), (j, b): (NodeId, &Process)| match (a.recent.last(), b.recent.last()) {
            _ if i == j => Field::of("-"),
            (Some(a), Some(b)) => relation(&a.stamp, &b.stamp),
            _ => Field::of("no event yet"),
        };
    Board::Matrix {
        title: "The newest events: row against column".to_owned(),
        names: all.iter().map(|(n, _)| name(*n)).collect(),
        cells: all.iter().map(|&row| all.iter().map(|&column| cell(row, column)).collect()).collect(),
    }
}

/// The vectors, one below the other.
fn known(all: &[(NodeId, &Process)]) -> Board {
    let cell = |(i, p): (NodeId, &Process), j: NodeId| {
        let count = p.clock.vector.of(j);
        Field::of(count).mood(match count {
            _ if i == j => Mood::Good,
            0 => Mood::Waiting,
            _ => Mood::Plain,
        })
    };
    Board::Matrix {
        title: "Of how many events of whom each knows".to_owned(),
        names: all.iter().map(|(n, _)| name(*n)).collect(),
        cells: all.iter().map(|&row| all.iter().map(|(j, _)| cell(row, *j)).collect()).collect(),
    }
}

/// Of whom a process has not heard, at first or second hand. Only a vector tells.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let all = processes(world);
    let of = |&(me, p): &(NodeId, &Process)| {
        let talks = !matches!(p.config.work, Work::Silent);
        let silent = |n: NodeId| p.config.vectors && talks && n != me && p.clock.vector.of(n) == 0;
        let condition = |n: NodeId| {
            let says = format!("a message has come that was sent after an event of {}", name(n));
            let others = all.iter().map(|(o, _)| *o).filter(|&o| o != me && o != n);
            let from = [n].into_iter().chain(others);
            let ways = from.map(|o| Lack::Way(o, me, &["message", "token"]));
            Condition::of(says, false).lacks(ways.collect::<Vec<_>>())
        };
        let unheard: Vec<NodeId> = all.iter().map(|(n, _)| *n).filter(|&n| silent(n)).collect();
        let names: Vec<String> = unheard.iter().map(|&n| name(n)).collect();
        (!unheard.is_empty()).then(|| {
            let what = format!("{} knows of no event of {}", name(me), names.join(" or "));
            Absence::of(Lacking::Convergence, what, unheard.into_iter().map(condition).collect())
        })
    };
    all.iter().filter_map(of).collect()
}
