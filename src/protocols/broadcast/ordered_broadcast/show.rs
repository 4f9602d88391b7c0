//! What a process shows: lanes of what each has delivered, what waits and for what, each replica's x; and why something is not delivered.
//!
//! The rule that is easy to break: a lane is a process's own order. Two lanes that differ break nothing where no total order is promised.

use super::item::{Held, Item, Stamp, name};
use super::setup::{Config, Order, SEQUENCER};
use super::{Process, REMEMBERED};
use crate::kit::prelude::*;

pub(super) fn inspect(p: &Process) -> Inspect {
    if p.out {
        return Inspect::of("takes no more part", Glyph::Cross).field("x", p.x);
    }
    let is_desk = p.config.order == Order::Sequencer && p.me == SEQUENCER;
    let first = p.delivered + 1 - p.recent.len() as u64;
    let shown = p.recent.iter().zip(first..);
    let firm =
        shown.map(|(i, place)| Cell::new(i.op.short(), CellTone::Firm, format!("delivered as {place}: {i}")));
    let waits = |h: &Held| Cell::new(h.item.op.short(), CellTone::Tentative, format!("waits: {}", h.item));
    let mut shown = Inspect::of(if is_desk { "sequencer" } else { "process" }, Glyph::None)
        .prominent(is_desk)
        .badge(format!("x = {}", p.x))
        .cells(firm.chain(p.held.iter().map(waits)))
        .field("x", p.x)
        .field("delivered", p.delivered)
        .field("waiting", p.held.len())
        .field("broadcast by itself", p.sent);
    match p.config.order {
        Order::Causal => shown = shown.field("delivered of each", listed(&p.vector)),
        Order::Sequencer if is_desk => shown = shown.field("places given", p.desk.places),
        Order::Lamport => {
            shown =
                shown.field("Lamport time", p.times.clock).field("heard from each", listed(&p.times.heard));
        }
        _ => {}
    }
    if p.held.is_empty() { shown } else { shown.tally(format!("{} wait", p.held.len())) }
}

fn listed(numbers: &[u64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    format!("[{}]", numbers.join(", "))
}

fn processes(world: &World) -> Vec<(NodeId, &Process)> {
    world.node_ids().filter_map(|n| Some((n, world.node_as::<Process>(n)?))).collect()
}

pub(super) fn boards(_: &Params, world: &World) -> Vec<Board> {
    let all = processes(world);
    vec![lanes(&all), buffers(&all), replicas(&all)]
}

/// The item that a process has delivered at this place of its own order, if it remembers it.
fn at(p: &Process, place: u64) -> Option<&Item> {
    let first = p.delivered + 1 - p.recent.len() as u64;
    p.recent.get(usize::try_from(place.checked_sub(first)?).ok()?)
}

fn lanes(all: &[(NodeId, &Process)]) -> Board {
    let most = all.iter().map(|(_, p)| p.delivered).max().unwrap_or(0);
    let places = || {
        let last = most.max(REMEMBERED as u64);
        last + 1 - REMEMBERED as u64..=last
    };
    let cell = |p: &Process, place: u64| {
        let Some(item) = at(p, place) else {
            return Field::of("-");
        };
        let first = all.iter().find_map(|(_, other)| at(other, place));
        let early =
            item.re.is_some_and(|re| match (1..place).find(|&b| at(p, b).is_some_and(|i| i.id == re)) {
                Some(_) => false,
                None => !p.has(re) || (place..=p.delivered).any(|b| at(p, b).is_some_and(|i| i.id == re)),
            });
        Field::of(item).mood(match first {
            _ if early => Mood::Bad,
            Some(first) if first.id != item.id => Mood::Waiting,
            _ => Mood::Good,
        })
    };
    let row = |(n, p): &(NodeId, &Process)| (name(*n), places().map(|place| cell(p, place)).collect());
    let heads = places().map(|place| place.to_string());
    Board::Table {
        title: "What each has delivered, in its order".to_owned(),
        columns: std::iter::once("process".to_owned()).chain(heads).collect(),
        rows: all.iter().map(row).collect(),
    }
}

/// What the first of them waits for, in words.
fn reason(me: NodeId, p: &Process, held: &Held) -> String {
    match &held.stamp {
        Stamp::Time { time, .. } => {
            let silent: Vec<String> = p.silent(me, held.item.id, *time).map(name).collect();
            if silent.is_empty() {
                "an earlier one".to_owned()
            } else {
                format!("anything after {time} from {}", silent.join(", "))
            }
        }
        Stamp::Place(_) => format!("place {}", p.delivered + 1),
        Stamp::Bare | Stamp::After(_) => p.missing(held).map_or_else(|| "-".to_owned(), |of| of.to_string()),
    }
}

/// The one that is delivered next, of those that have come.
fn next(p: &Process) -> Option<&Held> {
    p.held.iter().min_by_key(|h| match h.stamp {
        Stamp::Time { time, .. } => (time, h.item.id),
        Stamp::Place(place) => (place, h.item.id),
        Stamp::Bare | Stamp::After(_) => (0, h.item.id),
    })
}

fn buffers(all: &[(NodeId, &Process)]) -> Board {
    let row = |(n, p): &(NodeId, &Process)| {
        let waiting: Vec<String> = p.held.iter().map(|h| h.item.to_string()).collect();
        let asked: Vec<String> = p.asked.iter().map(Item::to_string).collect();
        let list = |l: Vec<String>| match l.is_empty() {
            true => Field::of("-"),
            false => Field::of(l.join(", ")).mood(Mood::Waiting),
        };
        let why = match (next(p), p.asked.first()) {
            (Some(held), _) => reason(*n, p, held),
            (None, Some(_)) => "a place from the sequencer".to_owned(),
            (None, None) => "-".to_owned(),
        };
        (name(*n), vec![list(waiting), list(asked), Field::of(why)])
    };
    let columns = ["process", "received, and waits", "asked for a place", "waits for"];
    Board::table("What is not delivered yet", &columns, all.iter().map(row).collect())
}

fn replicas(all: &[(NodeId, &Process)]) -> Board {
    let row = |(n, p): &(NodeId, &Process)| {
        let apart = all.iter().any(|(_, o)| !o.out && !p.out && o.shown == p.shown && o.x != p.x);
        let mood = if apart { Mood::Bad } else { Mood::Plain };
        (name(*n), vec![Field::of(p.x).mood(mood), Field::of(p.delivered)])
    };
    Board::table("The replicas", &["process", "x", "delivered"], all.iter().map(row).collect())
}

/// Of each process the next that it could deliver, or has asked a place for, and what stands in the way.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let all = processes(world);
    let up = all.into_iter().filter(|(n, p)| world.is_up(*n) && !p.out);
    up.filter_map(|(me, p)| absent(me, p)).collect()
}

fn absent(me: NodeId, p: &Process) -> Option<Absence> {
    let of = |item: &Item, conditions| {
        Absence::of(Lacking::Delivery, format!("{} has not delivered {item}", name(me)), conditions)
    };
    let Some(held) = next(p) else {
        let item = p.asked.first()?;
        let placed = Condition::of("the sequencer has given it a place, and has said so", false);
        let ways = [
            Lack::Running(SEQUENCER),
            Lack::Way(me, SEQUENCER, &["request"]),
            Lack::Way(SEQUENCER, me, &["numbered"]),
        ];
        return Some(of(item, vec![placed.lacks(ways)]));
    };
    let conditions = match &held.stamp {
        Stamp::Time { time, .. } => {
            let silent: Vec<NodeId> = p.silent(me, held.item.id, *time).collect();
            let others = Config::others(p.config, me).filter(|&n| n != held.item.id.from);
            let heard = |n: NodeId| {
                let says = format!("something later than {time} has come from {}", name(n));
                let lacks = [Lack::Running(n), Lack::Way(n, me, &["ack", "message"])];
                Condition::of(says, !silent.contains(&n)).lacks(lacks)
            };
            others.map(heard).collect()
        }
        Stamp::Place(_) => {
            let says = format!("place {} has come", p.delivered + 1);
            vec![Condition::of(says, false).lacks([Lack::Way(SEQUENCER, me, &["numbered"])])]
        }
        Stamp::Bare | Stamp::After(_) => {
            let missing = p.missing(held)?;
            let says = format!("{missing} is delivered here");
            vec![Condition::of(says, false).lacks([Lack::Way(missing.from, me, &["message"])])]
        }
    };
    Some(of(&held.item, conditions))
}
