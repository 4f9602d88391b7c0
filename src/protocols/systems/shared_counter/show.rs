//! What a node shows, whose increments each copy has, what is lacking and why, and counts for scenario files.
//!
//! The rule that is easy to break: the sum is nobody's. It stands in the boards, which no node can look at.

use super::setup::{Carries, Config};
use super::{CELL, Node, Step};
use crate::kit::prelude::*;

pub(super) fn inspect(node: &Node) -> Inspect {
    let kept = &node.kept;
    let (role, glyph) = match (node.config.carries, node.step) {
        (Carries::OneCell, _) if node.me == CELL => ("cell", Glyph::Crown),
        (Carries::OneCell, Step::Reading(_)) => ("reading", Glyph::Question),
        (Carries::OneCell, Step::Writing(_)) => ("writing", Glyph::Question),
        _ => ("counter", Glyph::None),
    };
    let of = |n: u16| match (node.config.carries, n == node.me.0) {
        (Carries::Vectors, _) => Some(u64::from(kept.places.0[usize::from(n)])),
        (Carries::Increments, true) => Some(u64::from(kept.own)),
        (Carries::Increments, false) => Some(kept.had[usize::from(n)].count()),
        _ => None,
    };
    let cell = |n: u16| {
        let count = of(n)?;
        let tone = if count > 0 { CellTone::Firm } else { CellTone::Empty };
        Some(Cell::new(count, tone, format!("{count} increments of N{}", n + 1)))
    };
    Inspect::of(role, glyph)
        .prominent(role == "cell")
        .badge(format!("shows {}", kept.copy))
        .cells((0..node.config.nodes).filter_map(cell))
        .field("copy", kept.copy)
        .field("increments of its own", kept.own)
        .field("messages sent", kept.serial)
        .field("vector", &kept.places)
        .field("to count in the cell", node.waiting + u32::from(matches!(node.step, Step::Reading(_))))
}

fn nodes(world: &World) -> impl Iterator<Item = (NodeId, &Node)> {
    world.node_ids().filter_map(|n| Some((n, world.node_as::<Node>(n)?)))
}

/// All that were made.
fn sum(world: &World) -> u64 {
    nodes(world).map(|(_, node)| u64::from(node.kept.own)).sum()
}

/// Those copies that are to show the sum.
fn copies(world: &World) -> impl Iterator<Item = (NodeId, &Node)> {
    nodes(world).filter(|(n, node)| node.config.carries != Carries::OneCell || *n == CELL)
}

/// What each has and believes, by its own clock; and of whom each copy has how many.
pub(super) fn boards(p: &Params, world: &World) -> Vec<Board> {
    let sum = sum(world);
    let quiet = world.in_flight_count() == 0;
    let row = |(n, node): (NodeId, &Node)| {
        let shows = node.kept.copy;
        let mood = match () {
            () if shows == sum => Mood::Good,
            () if quiet => Mood::Bad,
            () => Mood::Waiting,
        };
        let clock = world.clock(n).shows_us / 1_000;
        let cells = vec![
            Field::of(format!("{}.{:03} s", clock / 1_000, clock % 1_000)),
            Field::of(node.kept.own),
            Field::of(shows).mood(mood),
        ];
        (world.name(n).to_owned(), cells)
    };
    let title = format!("What each believes, of {sum}");
    let mut boards = vec![Board::table(
        &title,
        &["node", "its clock", "has counted", "its copy shows"],
        nodes(world).map(row).collect(),
    )];
    if matches!(Config::of(p).carries, Carries::Increments | Carries::Vectors) {
        boards.push(whose(world));
    }
    boards
}

/// How many of each node's increments a copy has.
fn whose(world: &World) -> Board {
    let made: Vec<u64> = nodes(world).map(|(_, node)| u64::from(node.kept.own)).collect();
    let cells = nodes(world).map(|(_, node)| {
        let has = known(node);
        let field = |(has, &made): (u64, &u64)| match has {
            _ if has == made => Field::of(has).mood(Mood::Good),
            _ => Field::of(format!("{has} of {made}")).mood(Mood::Waiting),
        };
        has.into_iter().zip(&made).map(field).collect::<Vec<Field>>()
    });
    Board::Matrix {
        title: "Whose increments each copy has".to_owned(),
        names: world.node_ids().map(|n| world.name(n).to_owned()).collect(),
        cells: cells.collect(),
    }
}

/// How many of each node a copy has, where it can tell.
fn known(node: &Node) -> Vec<u64> {
    let of = |n: usize| match node.config.carries {
        Carries::Vectors => u64::from(node.kept.places.0[n]),
        _ if n == node.me.index() => u64::from(node.kept.own),
        _ => node.kept.had[n].count(),
    };
    (0..usize::from(node.config.nodes)).map(of).collect()
}

/// Every copy that does not show the sum.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let sum = sum(world);
    let behind = copies(world).filter(|(_, node)| node.kept.copy != sum);
    behind.map(|(n, node)| absence(world, sum, (n, node))).collect()
}

const KINDS: &[&str] = &["increment", "total", "vector", "write"];

fn absence(world: &World, sum: u64, (me, node): (NodeId, &Node)) -> Absence {
    let made: Vec<u64> = nodes(world).map(|(_, node)| u64::from(node.kept.own)).collect();
    let way = |from: NodeId| match world.is_up(from) {
        true => Lack::Way(from, me, KINDS),
        false => Lack::Running(from),
    };
    let name = |n: usize| world.name(NodeId(n as u16));
    let others = (0..made.len()).filter(|&n| n != me.index());
    let conditions = match node.config.carries {
        Carries::Increments | Carries::Vectors => {
            let known = known(node);
            let come = |n: usize| {
                let says = format!("the increments of {} have come: {} of {}", name(n), known[n], made[n]);
                Condition::of(says, known[n] >= made[n]).lacks([way(NodeId(n as u16))])
            };
            others.map(come).collect()
        }
        Carries::Totals | Carries::OneCell => {
            let quiet = world.in_flight_count() == 0;
            let says = "what was sent has come";
            vec![
                Condition::of(says, quiet).lacks(others.map(|n| way(NodeId(n as u16))).collect::<Vec<_>>()),
                Condition::of("nothing was overwritten by who did not know of it", !quiet),
            ]
        }
    };
    let what = format!("the copy of {} shows {} of {sum} increments", world.name(me), node.kept.copy);
    Absence::of(Lacking::Convergence, what, conditions)
}

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "agreed",
        label: "what all copies show, if that is the sum; else 0",
        read: |world, _| {
            let sum = sum(world);
            Some(if copies(world).all(|(_, node)| node.kept.copy == sum) { sum as i64 } else { 0 })
        },
    },
    Probe {
        id: "wrong-for-good",
        label: "copies that do not show the sum, while nothing is on its way",
        read: |world, _| {
            let sum = sum(world);
            let wrong = copies(world).filter(|(_, node)| node.kept.copy != sum).count();
            Some(if world.in_flight_count() == 0 { wrong as i64 } else { 0 })
        },
    },
];
