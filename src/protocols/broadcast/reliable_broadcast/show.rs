//! What a process shows, who has which copies, what is not delivered and why, and counts for scenario files.
//!
//! The rule that is easy to break: a process that has crashed is shown as it was when it did: what it has delivered, it has delivered.

use super::{Fact, Id, Process, Variant};
use crate::kit::prelude::*;
use crate::sim::Status;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn inspect(p: &Process) -> Inspect {
    let shown = p.shown();
    let copies = shown.and_then(|m| p.copies.get(&m));
    let waits = shown.is_some_and(|m| !p.delivered.contains(&m));
    let (role, glyph) = match () {
        () if p.out => ("out", Glyph::Cross),
        () if waits => ("waiting", Glyph::Question),
        () if shown.is_some() => ("delivered", Glyph::Check),
        () => ("without", Glyph::None),
    };
    let from = |id: u16| copies.is_some_and(|c| c.from.contains(&id));
    let cell = |id: u16| match (from(id), shown) {
        (true, Some(m)) => Cell::new(id, CellTone::Firm, format!("a copy of {m} from P{id} has come")),
        (false, Some(m)) => Cell::new(id, CellTone::Empty, format!("no copy of {m} from P{id} has come")),
        (_, None) => Cell::new(id, CellTone::Empty, format!("nothing from P{id}")),
    };
    let have = copies.map_or(0, |c| c.from.len());
    let listed = |ids: &BTreeSet<Id>| ids.iter().map(Id::to_string).collect::<Vec<_>>().join(", ");
    let tally = match waits {
        true => format!("copies {have} of {}", p.needed()),
        false => String::new(),
    };
    Inspect::of(role, glyph)
        .prominent(role == "delivered")
        .badge(shown.map_or_else(String::new, |m| m.to_string()))
        .tally(tally)
        .cells((1..=p.processes).filter(|_| shown.is_some()).map(cell))
        .field("delivered", listed(&p.delivered))
        .field("pending", listed(&p.taken.difference(&p.delivered).copied().collect()))
        .field("copies from", copies.map_or_else(String::new, said_from))
        .field("still to send", p.outbox.len())
        .field("sends", p.sends)
}

fn said_from(copies: &super::Copies) -> String {
    copies.from.iter().map(|id| format!("P{id}")).collect::<Vec<_>>().join(", ")
}

fn processes(world: &World) -> impl Iterator<Item = (NodeId, &Process)> {
    world.node_ids().filter_map(|n| Some((n, world.node_as::<Process>(n)?)))
}

/// Whether it has never crashed.
fn is_correct(world: &World, node: NodeId, p: &Process) -> bool {
    !p.out && !matches!(world.status(node), Status::Crashed | Status::Stopped)
}

/// Who has what, whose copy has come to whom, and what it costs.
pub(super) fn boards(p: &Params, world: &World) -> Vec<Board> {
    let named = |n: NodeId, p: &Process| match is_correct(world, n, p) {
        true => world.name(n).to_owned(),
        false => format!("{} (crashed)", world.name(n)),
    };
    let row = |(n, p): (NodeId, &Process)| {
        let shown = p.shown();
        let delivered = match shown {
            _ if p.out => Field::of("forgotten"),
            Some(m) if p.delivered.contains(&m) => Field::of(m).mood(Mood::Good),
            Some(m) => Field::of(format!("{m} not yet")).mood(Mood::Waiting),
            None => Field::of("nothing"),
        };
        let copies = shown.and_then(|m| p.copies.get(&m));
        let cells = vec![
            delivered,
            Field::of(copies.map_or_else(|| "nobody".to_owned(), said_from)),
            Field::of(p.outbox.len()),
        ];
        (named(n, p), cells)
    };
    let rows = processes(world).map(row).collect();
    let columns = ["process", "delivers", "has copies from", "still to send"];
    let bar = |(n, p): (NodeId, &Process)| Bar::of(named(n, p), f64::from(p.sends));
    let bars = processes(world).map(bar).collect();
    let mark = Some(number(p, "nodes"));
    vec![
        Board::table("Who has the message", &columns, rows),
        Board::bars("Sends, to oneself included: n a message", "", bars, mark),
    ]
}

/// Every message that somebody has, and every correct process that has not delivered it.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let all: BTreeSet<Id> = processes(world).flat_map(|(_, p)| p.copies.keys().copied()).collect();
    let lacking = all.into_iter().flat_map(|m| {
        let without =
            processes(world).filter(move |(n, p)| is_correct(world, *n, p) && !p.delivered.contains(&m));
        without.map(move |(n, p)| absence(world, m, (n, p)))
    });
    lacking.collect()
}

const KINDS: &[&str] = &["data", "relay"];

fn absence(world: &World, m: Id, (me, p): (NodeId, &Process)) -> Absence {
    let has = |n: NodeId| p.copies.get(&m).is_some_and(|c| c.from.contains(&(n.0 + 1)));
    // Who has the message has it for others, once it sends; who is down does not.
    let lack = |n: NodeId| match world.is_up(n) {
        true => Lack::Way(n, me, KINDS),
        false => Lack::Running(n),
    };
    let holders = || processes(world).filter(|(_, q)| q.copies.contains_key(&m)).map(|(n, _)| n);
    let condition = match p.variant {
        Variant::BestEffort => {
            let says = format!("a copy has come from P{}, which broadcasts it", m.from);
            Condition::of(says, false).lacks([lack(m.sender())])
        }
        Variant::Eager => Condition::of("a copy has come from somebody who has it", false)
            .lacks(holders().filter(|&n| n != me).map(lack)),
        Variant::Uniform => {
            let have = p.copies.get(&m).map_or(0, |c| c.from.len());
            let says = format!("copies from more than half: {have} of {}", p.needed());
            let silent = processes(world).map(|(n, _)| n).filter(|&n| n != me && !has(n));
            Condition::of(says, false).lacks(silent.map(lack))
        }
    };
    let what = format!("{} has not delivered {m}", world.name(me));
    Absence::of(Lacking::Delivery, what, vec![condition])
}

/// Who has delivered each message, by what was told.
fn delivered(world: &World, trace: &Trace) -> BTreeMap<Id, BTreeSet<NodeId>> {
    let mut all: BTreeMap<Id, BTreeSet<NodeId>> = BTreeMap::new();
    for (_, told) in trace.facts().iter().filter(|(e, _)| e.0 < world.events()) {
        if let Some(Fact::Delivered { m }) = told.as_fact::<Fact>() {
            all.entry(*m).or_default().insert(told.node);
        }
    }
    all
}

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "left-out",
        label: "processes that run, and lack what another has delivered",
        read: |world, trace| {
            let all = delivered(world, trace);
            let correct = processes(world).filter(|(n, p)| is_correct(world, *n, p));
            Some(correct.filter(|(n, _)| all.values().any(|who| !who.contains(n))).count() as i64)
        },
    },
    Probe {
        id: "dead-alone",
        label: "messages that only crashed processes have delivered, while nothing is on its way",
        read: |world, trace| {
            if world.in_flight_count() > 0 {
                return Some(0);
            }
            let alive = |n: &NodeId| world.node_as::<Process>(*n).is_some_and(|p| is_correct(world, *n, p));
            Some(delivered(world, trace).values().filter(|who| !who.iter().any(alive)).count() as i64)
        },
    },
];
