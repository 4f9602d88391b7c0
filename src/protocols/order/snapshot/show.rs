//! What a process shows, what there is beside what was counted, the pieces of the newest snapshot, the cut; and why one has not ended.
//!
//! The rule that is easy to break: what there is in one moment is seen here alone. No process sees it.

use super::record::Record;
use super::setup::{Config, Way};
use super::{Msg, Process};
use crate::kit::numbers::Numbers;
use crate::kit::prelude::*;
use std::collections::BTreeSet;

fn name(node: NodeId) -> String {
    format!("P{}", node.0 + 1)
}

pub(super) fn inspect(p: &Process) -> Inspect {
    if p.out {
        return Inspect::of("takes no more part", Glyph::Cross).field("account", "gone");
    }
    let newest = p.records.last_key_value().map(|(_, r)| r);
    let recording = newest.is_some_and(|r| !r.done);
    let cut = newest.map_or(0, |r| r.moved);
    let first = p.moved - p.moves.len() as u64;
    let cell = |(amount, number): (&i64, u64)| {
        let after = newest.is_some() && number > cut;
        let tone = if after { CellTone::Tentative } else { CellTone::Firm };
        let when = match newest {
            None => "",
            Some(_) if after => ", after its record",
            Some(_) => ", before its record",
        };
        let what = if *amount < 0 { "paid" } else { "got" };
        Cell::new(format!("{amount:+}"), tone, format!("{what} £{}{when}", amount.unsigned_abs()))
    };
    let mut shown = Inspect::of(if recording { "records" } else { "account" }, Glyph::None)
        .prominent(recording)
        .badge(format!("£{}", p.balance))
        .cells(p.moves.iter().zip(first + 1..).map(cell))
        .field("account", format!("£{}", p.balance))
        .field("payments sent", p.sent.iter().sum::<u64>())
        .field("payments received", p.taken.iter().map(Numbers::count).sum::<u64>());
    shown.epoch = (p.newest > 0).then_some(u64::from(p.newest));
    if let Some(record) = newest {
        let balance = record.balance.map_or("not yet".to_owned(), |b| format!("£{b}"));
        shown = shown.field("recorded account", balance);
        shown = shown.field("recorded in channels", format!("£{}", record.amount()));
        if recording {
            let all = p.config.nodes - 1;
            let open = record.open().count();
            shown = shown.tally(format!("channels {} of {all}", usize::from(all) - open));
        }
    }
    shown
}

fn processes(world: &World) -> Vec<(NodeId, &Process)> {
    world.node_ids().filter_map(|n| Some((n, world.node_as::<Process>(n)?))).collect()
}

pub(super) fn boards(params: &Params, world: &World) -> Vec<Board> {
    let config = Config::of(params);
    let all = processes(world);
    let mut boards = vec![there_is(config, world, &all)];
    if let Some(counted) = counted(config, &all) {
        boards.push(counted);
    }
    let newest = all.iter().filter_map(|(_, p)| p.records.last_key_value().map(|(k, _)| *k)).max();
    if let Some(number) = newest {
        boards.extend([pieces(&all, number), cut(&all, number)]);
    }
    boards
}

/// The money as it is now: what is in accounts, on its way, and what waits or is lost.
fn there_is(config: Config, world: &World, all: &[(NodeId, &Process)]) -> Board {
    let part = |label: String, value| Part { label, value };
    let mut parts: Vec<Part> = all.iter().map(|(n, p)| part(name(*n), p.balance)).collect();
    // A second copy is no money.
    let mut seen = BTreeSet::new();
    let mut flying = 0;
    for flight in world.in_flight() {
        if let Some(Msg::Payment { serial, amount, .. }) = flight.payload.as_any().downcast_ref::<Msg>()
            && let Some(to) = world.node_as::<Process>(flight.to)
            && !to.out
            && !to.taken[flight.from.index()].has(*serial)
            && seen.insert((flight.from, flight.to, *serial))
        {
            flying += amount;
        }
    }
    parts.push(part("on its way".to_owned(), flying));
    let rest = config.total() - flying - all.iter().map(|(_, p)| p.balance).sum::<i64>();
    if rest != 0 {
        parts.push(part("waits, or is lost".to_owned(), rest));
    }
    Board::Total {
        title: "The money, as nobody sees it".to_owned(),
        unit: "£".to_owned(),
        should_be: config.total(),
        parts,
    }
}

/// What the newest snapshot that somebody has begun came to, as far as its pieces have come.
fn counted(config: Config, all: &[(NodeId, &Process)]) -> Option<Board> {
    let gathered = all.iter().filter_map(|(n, p)| Some((p.gathered.last_key_value()?, *n)));
    let ((_, sum), who) = gathered.max_by_key(|((number, _), _)| **number)?;
    let parts = [("accounts recorded", sum.accounts), ("channels recorded", sum.channels)];
    let part = |(label, value): (&str, i64)| Part { label: label.to_owned(), value };
    Some(Board::Total {
        title: format!("What {} has counted", name(who)),
        unit: "£".to_owned(),
        should_be: config.total(),
        parts: parts.map(part).into(),
    })
}

fn record_of(p: &Process, number: u32) -> Option<&Record> {
    p.records.get(&number)
}

/// Of each process its account, and what is recorded of the channel from each.
fn pieces(all: &[(NodeId, &Process)], number: u32) -> Board {
    let none = || Field::of("-");
    let channel = |p: &Process, from: NodeId| {
        let Some(channel) = record_of(p, number).map(|r| &r.channels[from.index()]).filter(|_| from != p.me)
        else {
            return none();
        };
        let amounts: Vec<String> = channel.items.iter().map(|(_, amount)| format!("£{amount}")).collect();
        let text = if amounts.is_empty() { "nothing".to_owned() } else { amounts.join(" + ") };
        match channel.open {
            true => Field::of(format!("{text} so far")).mood(Mood::Waiting),
            false => Field::of(text).mood(Mood::Good),
        }
    };
    let row = |(n, p): &(NodeId, &Process)| {
        let account = match record_of(p, number).and_then(|r| r.balance) {
            Some(balance) => Field::of(format!("£{balance}")).mood(Mood::Good),
            None => Field::of("not yet").mood(Mood::Waiting),
        };
        let channels = all.iter().map(|(from, _)| channel(p, *from));
        (name(*n), std::iter::once(account).chain(channels).collect())
    };
    let from = all.iter().map(|(n, _)| format!("from {}", name(*n)));
    let heads = ["recorded by".to_owned(), "account".to_owned()];
    Board::Table {
        title: "The newest snapshot, piece by piece".to_owned(),
        columns: heads.into_iter().chain(from).collect(),
        rows: all.iter().map(row).collect(),
    }
}

/// Of each channel, how many payments were sent before the cut, and how many had come.
fn cut(all: &[(NodeId, &Process)], number: u32) -> Board {
    let cell = |from: &Process, to: &Process| {
        if from.me == to.me {
            return Field::of("-");
        }
        let sent = record_of(from, number).and_then(|r| r.sent.get(to.me.index()));
        let came = record_of(to, number).and_then(|r| r.taken.get(from.me.index()));
        let Some((sent, came)) = sent.zip(came) else {
            return Field::of("not yet").mood(Mood::Waiting);
        };
        let text = format!("{sent} sent, {} received", came.count());
        Field::of(text).mood(if came.most() > *sent { Mood::Bad } else { Mood::Good })
    };
    Board::Matrix {
        title: "The cut: payments from row to column before it".to_owned(),
        names: all.iter().map(|(n, _)| name(*n)).collect(),
        cells: all.iter().map(|(_, from)| all.iter().map(|(_, to)| cell(from, to)).collect()).collect(),
    }
}

/// Snapshots that are not counted, and processes that are not done with one.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let all = processes(world);
    let up = || all.iter().filter(|(n, p)| world.is_up(*n) && !p.out);
    let counts = up().filter_map(|(me, p)| not_counted(*me, p));
    counts.chain(up().filter_map(|(me, p)| not_done(*me, p))).collect()
}

fn not_counted(me: NodeId, p: &Process) -> Option<Absence> {
    let (number, sum) = p.gathered.iter().find(|(_, sum)| !sum.counted)?;
    let now = p.config.way == Way::ReadNow;
    let condition = |n: NodeId| {
        let says = format!("{} has said what it holds", name(n));
        let report = Lack::Way(n, me, &["report"]);
        let before = now.then_some(Lack::Way(me, n, &["read"]));
        Condition::of(says, sum.from.contains(&n)).lacks(before.into_iter().chain([report, Lack::Running(n)]))
    };
    let conditions = p.config.others(me).map(condition).collect();
    Some(Absence::of(Lacking::Answer, format!("{} has not counted snapshot {number}", name(me)), conditions))
}

fn not_done(me: NodeId, p: &Process) -> Option<Absence> {
    let (number, record) = p.records.iter().find(|(_, r)| !r.done)?;
    let condition = |n: NodeId| {
        let channel = &record.channels[n.index()];
        let (says, kinds): (_, &'static [&'static str]) = match channel.marked {
            Some(sent) if channel.open => {
                (format!("all {sent} payments of {} before its marker have come", name(n)), &["payment"])
            }
            _ => (format!("the marker of {} has come", name(n)), &["marker"]),
        };
        Condition::of(says, !channel.open).lacks([Lack::Way(n, me, kinds), Lack::Running(n)])
    };
    let conditions = p.config.others(me).map(condition).collect();
    Some(Absence::of(
        Lacking::Delivery,
        format!("{} is not done with snapshot {number}", name(me)),
        conditions,
    ))
}
