//! How a server looks: its role, its order of updates; who has what; and what is waited for.
//!
//! The rule that is easy to break: an update is firm at a server that has executed it. That a client was answered is the primary's to say,
//! and a newer primary may know nothing of it.

use super::judged::{running, servers};
use super::server::{Role, Server};
use super::{Mode, Writes};
use crate::kit::client::unanswered;
use crate::kit::prelude::*;
use crate::kit::store::Op;
use crate::sim::Status;

/// What is shown under a server: the newest updates.
const CELLS: u32 = 6;

pub(super) fn inspect(server: &Server) -> Inspect {
    let last = server.last();
    let cells = server.kept.log.iter_from(last.saturating_sub(CELLS - 1)).map(|(index, item)| {
        let tone = if index <= server.done { CellTone::Firm } else { CellTone::Tentative };
        let state = if index <= server.done { "executed" } else { "not executed yet" };
        Cell::new(short(item.op), tone, format!("number {index}: {}, epoch {}, {state}", item.op, item.epoch))
    });
    let (role, glyph) = match server.role {
        Role::Primary => ("primary", Glyph::Crown),
        Role::Backup => ("backup", Glyph::None),
        Role::Standing => ("stands", Glyph::Question),
        Role::Joining => ("joins", Glyph::Question),
        Role::Gone => ("gone", Glyph::Cross),
    };
    let waits = server.role == Role::Primary && server.done < last;
    let have = server.view.values().filter(|m| m.acked > Some(server.done)).count();
    let tally = if waits { format!("has it: {have} of {}", server.need()) } else { String::new() };
    let leader = server.leader.map_or_else(|| "nobody it knows of".to_owned(), |n| format!("S{}", n.0 + 1));
    Inspect {
        epoch: Some(server.kept.epoch.into()),
        ..Inspect::of(role, glyph)
            .prominent(server.role == Role::Primary)
            .badge(format!("epoch {}, {last}", server.kept.epoch))
            .tally(tally)
            .cells(cells)
            .field("epoch", server.kept.epoch)
            .field("primary", leader)
            .field("updates", last)
            .field("executed", server.done)
            .field("values", values(server))
            .field("backups that count", server.view.len())
            .field("updates not sent yet", server.due.len())
    }
}

/// An update in two or three letters: `x47`.
fn short(op: Op) -> String {
    let value = match op {
        Op::Set { value, .. } => value.rem_euclid(100).to_string(),
        Op::Add { .. } => "+".to_owned(),
        Op::Cas { .. } => "?".to_owned(),
        Op::Get { .. } => String::new(),
    };
    format!("{}{value}", op.key())
}

fn values(server: &Server) -> String {
    let all: Vec<String> = server.machine.values().iter().map(|(k, v)| format!("{k} = {v}")).collect();
    if all.is_empty() { "nothing yet".to_owned() } else { all.join(", ") }
}

fn down(world: &World, node: NodeId) -> bool {
    matches!(world.status(node), Status::Crashed | Status::Stopped)
}

/// The primary of the newest epoch, down or not.
fn newest(world: &World) -> Option<(NodeId, &Server)> {
    servers(world).filter(|(_, s)| s.role == Role::Primary).max_by_key(|(_, s)| s.kept.epoch)
}

pub(super) fn boards(_: &Params, world: &World) -> Vec<Board> {
    let primaries = running(world).filter(|(_, s)| s.role == Role::Primary).count();
    let most = newest(world).map_or(0, |(_, s)| s.last());
    let row = |(node, server): (NodeId, &Server)| {
        let says = match server.role {
            _ if down(world, node) => Field::of("is down"),
            Role::Primary if primaries > 1 => Field::of("I am the primary").mood(Mood::Bad),
            Role::Primary => Field::of("I am the primary").mood(Mood::Good),
            Role::Backup => Field::of("backup"),
            Role::Standing => Field::of("who has most?").mood(Mood::Waiting),
            Role::Joining => Field::of("I was away").mood(Mood::Waiting),
            Role::Gone => Field::of("is gone"),
        };
        let last = server.last();
        let mood = if last < most { Mood::Waiting } else { Mood::Plain };
        let cells = vec![
            says,
            Field::of(server.kept.epoch),
            Field::of(last).mood(mood),
            Field::of(server.done),
            Field::of(values(server)),
        ];
        (world.name(node).to_owned(), cells)
    };
    let rows = servers(world).map(row).collect();
    let mut all = vec![Board::table(
        "What each server has",
        &["server", "says", "epoch", "updates", "executed", "values"],
        rows,
    )];
    if let Some((node, primary)) = newest(world) {
        let lacks = servers(world).filter(|&(n, s)| n != node && s.role != Role::Gone).map(|(n, s)| {
            let lacks = primary.last() - primary.kept.log.common_prefix(&s.kept.log);
            Bar::of(world.name(n), f64::from(lacks)).mood(if lacks > 0 { Mood::Waiting } else { Mood::Good })
        });
        let bars: Vec<Bar> = lacks.collect();
        if !bars.is_empty() {
            all.push(Board::bars(
                "Updates of the newest primary that the others lack",
                "updates",
                bars,
                None,
            ));
        }
    }
    all
}

pub(super) static PROBES: &[Probe] = &[Probe {
    id: "primaries",
    label: "how many servers that run are primary, by their own word",
    read: |world, _| Some(running(world).filter(|(_, s)| s.role == Role::Primary).count() as i64),
}];

/// No primary; an update that waits for backups; a request without an answer.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let primaries: Vec<_> = running(world).filter(|(_, s)| s.role == Role::Primary).collect();
    let nobody = primaries.is_empty().then(|| no_primary(world));
    let waiting = primaries.iter().filter_map(|&(n, s)| not_answered(world, n, s));
    nobody.into_iter().chain(waiting).chain(unanswered::<Writes>(world)).collect()
}

fn no_primary(world: &World) -> Absence {
    let backups = || running(world).filter(|(_, s)| matches!(s.role, Role::Backup | Role::Standing));
    let down = servers(world).filter(|&(n, _)| down(world, n)).map(|(n, _)| Lack::Running(n));
    let some =
        Condition::of("a backup runs, or all are back to compare their disks", backups().next().is_some())
            .lacks(down);
    let patience = Condition::of("its patience with the silent primary is over", false)
        .lacks(backups().map(|(n, _)| Lack::Time(n)));
    Absence::of(Lacking::Leader, "no server that runs is primary", vec![some, patience])
}

fn not_answered(world: &World, me: NodeId, primary: &Server) -> Option<Absence> {
    let index = primary.done + 1;
    let item = primary.kept.log.get(index)?;
    let (need, lacking): (usize, Vec<_>) = (
        primary.need(),
        primary.view.iter().filter(|(_, m)| m.acked < Some(index)).map(|(&n, _)| n).collect(),
    );
    let have = primary.view.len() - lacking.len();
    let says = match primary.rules.mode {
        Mode::Semi => format!("a backup has it, by its word: {have} of {need}"),
        _ => format!("all backups have it, by their word: {have} of {need}"),
    };
    let down = lacking.iter().filter(|&&n| !world.is_up(n)).map(|&n| Lack::Running(n));
    let lacks = down.chain(lacking.iter().map(|&n| Lack::Word(n, me, &["update", "ack", "state"])));
    let have = Condition::of(says, have >= need).lacks(lacks.collect::<Vec<_>>());
    let what = format!("{} has not answered number {index}, '{}'", world.name(me), item.op);
    Some(Absence::of(Lacking::Decision, what, vec![have]))
}
