//! What a process shows of itself, who had heard of what after which round, and what has not happened.
//!
//! The rule that is easy to break: a set at the end of a round is kept as it was then; what came later stands in the next column.

use super::{Process, Values};
use crate::kit::prelude::*;
use crate::sim::Status;

pub(super) fn inspect(p: &Process) -> Inspect {
    let (role, glyph) = match () {
        () if p.decided.is_some() && !p.out => ("decided", Glyph::Check),
        () if p.out => ("out", Glyph::Cross),
        () if p.round == 0 => ("begins", Glyph::None),
        () => ("floods", Glyph::Question),
    };
    let badge = p.decided.map_or_else(|| p.known.to_string(), |v| format!("decides {v}"));
    let runs = p.round > 0 && !p.is_done();
    let cell = |v: u8| Cell::new(v, CellTone::Firm, format!("it has heard of {v}"));
    let shown = Inspect { epoch: (p.round > 0).then_some(u64::from(p.round)), ..Inspect::of(role, glyph) };
    shown
        .prominent(role == "decided")
        .badge(badge)
        .tally(if runs { format!("round {} of {}", p.round, p.rounds) } else { String::new() })
        .cells(p.known.iter().map(cell))
        .field("began with", p.value)
        .field("has heard of (W)", p.known)
        .field("round", p.round)
        .field(
            "heard in this round",
            p.heard.iter().map(|id| format!("P{id}")).collect::<Vec<_>>().join(", "),
        )
        .field("still to send", if runs { p.others() - p.sent.min(p.others()) } else { 0 })
        .field("decision", p.decided.map_or_else(|| "none yet".to_owned(), |v| v.to_string()))
}

fn processes(world: &World) -> impl Iterator<Item = (NodeId, &Process)> {
    world.node_ids().filter_map(|n| Some((n, world.node_as::<Process>(n)?)))
}

fn is_down(world: &World, node: NodeId, p: &Process) -> bool {
    p.out || matches!(world.status(node), Status::Crashed | Status::Stopped)
}

/// The sets, round by round.
pub(super) fn boards(p: &Params, world: &World) -> Vec<Board> {
    let rounds = processes(world).map(|(_, p)| p.rounds).max().unwrap_or(0);
    let whole = processes(world).fold(Values::default(), |all, (_, p)| all.and(p.known));
    let mood = |set: Values| Mood::good_if(set == whole);
    let row = |(node, q): (NodeId, &Process)| {
        let name = match is_down(world, node, q) {
            true => format!("{} (crashed)", world.name(node)),
            false => world.name(node).to_owned(),
        };
        let after = |round: u16| match q.history.get(usize::from(round) - 1) {
            Some(&set) => Field::of(set).mood(mood(set)),
            None if round == q.round && !q.is_done() => {
                Field::of(format!("{} so far", q.known)).mood(Mood::Waiting)
            }
            None => Field::of("-"),
        };
        let decision = q.decided.map_or_else(|| Field::of("-"), |v| Field::of(v).mood(Mood::Good));
        let cells = [Field::of(q.value)].into_iter().chain((1..=rounds).map(after)).chain([decision]);
        (name, cells.collect())
    };
    let after: Vec<String> = (1..=rounds).map(|r| format!("after round {r}")).collect();
    let columns =
        ["process", "began with"].into_iter().chain(after.iter().map(String::as_str)).chain(["decides"]);
    let columns: Vec<&str> = columns.collect();
    let title = format!("Who had heard of what, after each of {} + 1 rounds", p.int("f"));
    vec![Board::table(&title, &columns, processes(world).map(row).collect())]
}

/// Every process that has not crashed and has not decided.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let open = processes(world).filter(|(n, p)| !is_down(world, *n, p) && p.decided.is_none());
    let absence = |(node, p): (NodeId, &Process)| {
        let over = p.history.len();
        let says = format!("its rounds are over: {over} of {}", p.rounds);
        let conditions = vec![Condition::of(says, false).lacks([Lack::Time(node)])];
        Absence::of(Lacking::Decision, format!("{} has not decided", world.name(node)), conditions)
    };
    open.map(absence).collect()
}
