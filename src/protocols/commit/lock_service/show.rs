//! Who holds the lock, by each one's own belief; how long each lease still is, by each one's own clock; what was written in which
//! order; and who waits for what.
//!
//! The rule that is easy to break: beliefs differ, and the board says whose it is. Nobody in the run sees all of them.

use super::client::{Client, Phase};
use super::server::LockServer;
use super::storage::Storage;
use super::{SERVER, STORAGE, name, number};
use crate::kit::prelude::*;
use crate::sim::Status;

fn clients(world: &World) -> impl Iterator<Item = (NodeId, &Client)> {
    world.node_ids().filter_map(|n| Some((n, world.node_as::<Client>(n)?)))
}

fn down(world: &World, node: NodeId) -> bool {
    matches!(world.status(node), Status::Crashed | Status::Stopped)
}

/// What is left until `until`, by the clock of `node`, in milliseconds.
fn left(world: &World, node: NodeId, until: u64) -> f64 {
    let shows = world.clock(node).shows_us.max(0) as u64;
    until.saturating_sub(shows) as f64 / 1_000.0
}

pub(super) fn boards(_: &Params, world: &World) -> Vec<Board> {
    let mut all = vec![beliefs(world)];
    all.extend(leases(world));
    all.push(shelf(world));
    all
}

fn beliefs(world: &World) -> Board {
    let holding = clients(world).filter(|&(n, c)| c.hold().is_some() && !down(world, n)).count();
    let server = world.node_as::<LockServer>(SERVER);
    let held = server.and_then(|s| s.kept.holder);
    let mut rows = vec![(
        "Lock server".to_owned(),
        match held {
            _ if down(world, SERVER) => vec![Field::of("is down"), Field::of("-")],
            Some(h) => vec![Field::of(name(number(h.client))).mood(Mood::Good), Field::of(h.token)],
            None => vec![Field::of("nobody"), Field::of("-")],
        },
    )];
    for (node, client) in clients(world) {
        let token = client.hold().map_or_else(|| Field::of("-"), |h| Field::of(h.token));
        let says = match client.phase {
            _ if down(world, node) => Field::of("is down"),
            Phase::Idle => Field::of("-"),
            Phase::Waiting(_) => Field::of("I wait").mood(Mood::Waiting),
            Phase::Holding(_) if holding > 1 => Field::of("I do").mood(Mood::Bad),
            Phase::Holding(_) => Field::of("I do").mood(Mood::Good),
            Phase::Releasing(..) => Field::of("I have released it"),
            Phase::Gone => Field::of("is gone"),
        };
        let token = if down(world, node) { Field::of("-") } else { token };
        rows.push((name(number(node)), vec![says, token]));
    }
    let newest = world.node_as::<Storage>(STORAGE).map_or(0, |s| s.book.newest);
    let newest = if newest == 0 { Field::of("-") } else { Field::of(newest) };
    rows.push(("Storage".to_owned(), vec![Field::of("newest that wrote"), newest]));
    Board::table("Who holds the lock?", &["asked", "says", "token"], rows)
}

/// How long each thinks that a lease still is.
fn leases(world: &World) -> Option<Board> {
    let server = world.node_as::<LockServer>(SERVER).filter(|s| s.is_leased())?;
    let at_server = match server.kept.holder {
        Some(_) if !down(world, SERVER) => left(world, SERVER, server.until),
        _ => 0.0,
    };
    let mut bars = vec![Bar::of("Lock server", at_server)];
    for (node, client) in clients(world) {
        let hold = client.hold().filter(|_| !down(world, node));
        let ms = hold.map_or(0.0, |h| left(world, node, h.until));
        let over = hold.is_some() && ms <= 0.0;
        bars.push(Bar::of(name(number(node)), ms).mood(if over { Mood::Bad } else { Mood::Plain }));
    }
    Some(Board::bars("What is left of the lease, by each one's clock", "ms", bars, None))
}

fn shelf(world: &World) -> Board {
    let book = world.node_as::<Storage>(STORAGE).map(|s| &s.book.shelf[..]);
    let row = |w: &super::storage::Written| {
        let (order, mood) = match w.stale {
            true => ("after a newer one", Mood::Bad),
            false => ("in order", Mood::Good),
        };
        (name(w.client), vec![Field::of(w.token), Field::of(w.n), Field::of(order).mood(mood)])
    };
    let rows = book.unwrap_or_default().iter().map(row).collect();
    Board::table("What was written, in this order", &["by", "token", "write", "order"], rows)
}

pub(super) static PROBES: &[Probe] = &[Probe {
    id: "waits_ms",
    label: "the longest that a client waits now, in milliseconds",
    read: waits_ms,
}];

fn waits_ms(world: &World, _: &Trace) -> Option<i64> {
    let waits = clients(world).filter(|&(n, _)| !down(world, n)).filter_map(|(n, c)| match c.phase {
        Phase::Waiting(since) => Some((world.clock(n).shows_us - since as i64) / 1_000),
        _ => None,
    });
    Some(waits.max().unwrap_or(0))
}

/// Who waits for the lock, and for what that takes.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let server = world.node_as::<LockServer>(SERVER);
    let waits = clients(world).filter(|&(n, c)| matches!(c.phase, Phase::Waiting(_)) && !down(world, n));
    waits.filter_map(|(node, _)| Some(waiting(world, node, server?))).collect()
}

fn waiting(world: &World, me: NodeId, server: &LockServer) -> Absence {
    let up = !down(world, SERVER);
    let holder = server.kept.holder;
    let mine = holder.is_some_and(|h| h.client == me);
    let known = up && (mine || server.queue.iter().any(|(n, _)| *n == me));
    let heard = Condition::of("the lock server knows that it waits", known)
        .lacks([Lack::Running(SERVER), Lack::Way(me, SERVER, &["ask"])]);
    let mut conditions = vec![heard];
    match holder {
        _ if !up => {}
        Some(_) if mine => {
            let says = "it has heard that it has the lock";
            conditions.push(Condition::of(says, false).lacks([Lack::Way(SERVER, me, &["grant"])]));
        }
        Some(h) => {
            let who = world.name(h.client);
            let says = match server.is_leased() {
                true => format!("{who} has released the lock, or its lease is over at the server"),
                false => format!("{who} has released the lock"),
            };
            let lacks = [Lack::Running(h.client), Lack::Way(h.client, SERVER, &["release"])];
            let time = server.is_leased().then_some(Lack::Time(SERVER));
            conditions.push(Condition::of(says, false).lacks(lacks.into_iter().chain(time)));
        }
        None => {}
    }
    let what = format!("{} does not have the lock", name(number(me)));
    Absence::of(Lacking::Answer, what, conditions)
}
