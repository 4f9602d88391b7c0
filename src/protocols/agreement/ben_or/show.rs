//! What a process shows of itself, what can still be decided, and what has not happened.
//!
//! The rule that is easy to break: the lamp says what a search has found, and where it has not looked everywhere it says so.

use super::machine::Phase;
use super::valence::{self, Valence};
use super::{Process, Rules};
use crate::kit::prelude::*;
use crate::sim::Status;

/// A value, or `?`.
fn said(value: Option<u8>) -> String {
    value.map_or_else(|| "?".to_owned(), |v| v.to_string())
}

fn of_phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Reports => "reports",
        Phase::Proposals => "proposals",
    }
}

pub(super) fn inspect(p: &Process) -> Inspect {
    let m = &p.machine;
    let (round, phase) = m.at();
    let waits = !p.out && round > 0 && !m.is_over();
    let (role, glyph) = match () {
        () if m.decided().is_some() && !p.out => ("decided", Glyph::Check),
        () if p.out => ("out", Glyph::Cross),
        () if m.is_over() => ("stopped", Glyph::None),
        () if round == 0 => ("begins", Glyph::None),
        () => (of_phase(phase), Glyph::Question),
    };
    let badge = match m.decided() {
        Some(value) => format!("decides {value}"),
        None if round == 0 => format!("with {}", m.value()),
        None => format!("{}, round {round}", m.value()),
    };
    let have = m.heard().len();
    let need = m.rules().need();
    let tally = if waits { format!("{} {have} of {need}", of_phase(phase)) } else { String::new() };
    let cell = |&(from, value): &(u16, Option<u8>)| {
        let tone = if value.is_some() { CellTone::Firm } else { CellTone::Tentative };
        let title = format!("P{} says {} in round {round}", from + 1, said(value));
        Cell::new(said(value), tone, title)
    };
    let shown = Inspect { epoch: (round > 0).then_some(u64::from(round)), ..Inspect::of(role, glyph) };
    shown
        .prominent(role == "decided")
        .badge(badge)
        .tally(tally)
        .cells(m.heard().iter().filter(|_| waits).map(cell))
        .field("value (x)", m.value())
        .field("round (k)", round)
        .field("waits for", if waits { of_phase(phase) } else { "nothing" })
        .field("has heard", heard(p))
        .field("came too early", m.later().len())
        .field("decision", m.decided().map_or_else(|| "none yet".to_owned(), |v| v.to_string()))
}

fn heard(p: &Process) -> String {
    let all = p.machine.heard().iter().map(|(from, value)| format!("{} of P{}", said(*value), from + 1));
    all.collect::<Vec<_>>().join(", ")
}

fn processes(world: &World) -> impl Iterator<Item = (NodeId, &Process)> {
    world.node_ids().filter_map(|n| Some((n, world.node_as::<Process>(n)?)))
}

fn is_down(world: &World, node: NodeId, p: &Process) -> bool {
    p.out || matches!(world.status(node), Status::Crashed | Status::Stopped)
}

/// Who is where, and what can still come of it.
pub(super) fn boards(_: &Params, world: &World) -> Vec<Board> {
    let row = |(node, p): (NodeId, &Process)| {
        let m = &p.machine;
        let (round, phase) = m.at();
        let name = match is_down(world, node, p) {
            true => format!("{} (crashed)", world.name(node)),
            false => world.name(node).to_owned(),
        };
        let waits = match () {
            () if is_down(world, node, p) || m.is_over() => Field::of("nothing"),
            () if round == 0 => Field::of("the start"),
            () => Field::of(format!("{} of {}", of_phase(phase), m.rules().need())).mood(Mood::Waiting),
        };
        let decision = m.decided().map_or_else(|| Field::of("-"), |v| Field::of(v).mood(Mood::Good));
        (name, vec![Field::of(m.value()), Field::of(round), waits, Field::of(heard(p)), decision])
    };
    let columns = ["process", "value", "round", "waits for", "has heard", "decides"];
    let rows = processes(world).map(row).collect();
    vec![lamps(world), Board::table("Where each process is", &columns, rows)]
}

fn lamps(world: &World) -> Board {
    let title = "Valence: which values can still be decided, in some order of messages".to_owned();
    let lamp = |label: String, mood| Lamp { label, mood };
    let lamps = match valence::of(world) {
        None => vec![lamp("unknown: not all follow the rules".to_owned(), Mood::Plain)],
        Some(found) => {
            let one = |value: usize| match found.can(value) {
                Some(true) => lamp(format!("{value} can be decided"), Mood::Good),
                Some(false) => lamp(format!("{value} cannot be decided"), Mood::Bad),
                None => lamp(format!("{value}: unknown, not found so far"), Mood::Plain),
            };
            vec![summary(found), one(0), one(1)]
        }
    };
    Board::Lamps { title, lamps }
}

fn summary(found: Valence) -> Lamp {
    let looked = found.looked;
    let (label, mood) = match (found.decided, found.can(0), found.can(1)) {
        (Some(value), ..) => (format!("{value} is decided"), Mood::Good),
        (_, Some(true), Some(true)) => {
            (format!("bivalent ({looked} configurations searched)"), Mood::Waiting)
        }
        (_, Some(true), Some(false)) => {
            (format!("0-valent (all {looked} configurations searched)"), Mood::Plain)
        }
        (_, Some(false), Some(true)) => {
            (format!("1-valent (all {looked} configurations searched)"), Mood::Plain)
        }
        (_, Some(false), Some(false)) => {
            (format!("no decision can be reached (all {looked} configurations searched)"), Mood::Bad)
        }
        _ => (format!("unknown: the search stopped after {looked} configurations"), Mood::Plain),
    };
    Lamp { label, mood }
}

const REPORTS: &[&str] = &["report"];
const PROPOSALS: &[&str] = &["proposal", "open"];

/// Every process that has not crashed and has not decided.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let open = processes(world).filter(|(n, p)| !is_down(world, *n, p) && p.machine.decided().is_none());
    open.map(|(n, p)| absence(world, n, p)).collect()
}

fn absence(world: &World, me: NodeId, p: &Process) -> Absence {
    let m = &p.machine;
    let what = format!("{} has not decided", world.name(me));
    let (round, phase) = m.at();
    let Rules { n, t, .. } = *m.rules();
    let conditions = match () {
        () if m.is_over() => vec![Condition::of("it may begin another round", false)],
        () if round == 0 => vec![Condition::of("it has begun", false).lacks([Lack::Time(me)])],
        () => {
            let have = m.heard().len();
            let says = format!("{} of round {round}: {have} of {}", of_phase(phase), m.rules().need());
            let kinds = if phase == Phase::Reports { REPORTS } else { PROPOSALS };
            let silent = processes(world).filter(|(q, _)| m.heard().iter().all(|h| h.0 != q.0));
            let lack = |(q, other): (NodeId, &Process)| match is_down(world, q, other) {
                true => Lack::Running(q),
                false => Lack::Way(q, me, kinds),
            };
            let enough = format!("more than t = {t} of these propose the same value");
            vec![
                Condition::of(format!("n > 2t: {n} > {}", 2 * t), n > 2 * t),
                Condition::of(says, false).lacks(silent.map(lack)),
                Condition::of(enough, false),
            ]
        }
    };
    Absence::of(Lacking::Decision, what, conditions)
}
