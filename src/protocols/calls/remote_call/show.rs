//! The lanes of a call, from stub to stub to effect; what reaches each tier; and what keeps a call from its answer.
//!
//! The rule that is easy to break: the table stands above all machines, and none of them sees it. What a shop without an answer
//! cannot tell apart are rows that differ in the last columns alone.

use super::bank::Bank;
use super::shop::{Known, Shop};
use super::stub::{Open, Stub};
use super::tier::Tier;
use super::{C, Msg, SHOP};
use crate::kit::prelude::*;

/// So many calls are shown.
const SHOWN: usize = 8;

fn bank(world: &World) -> Option<(NodeId, &Bank)> {
    world.node_ids().find_map(|n| Some((n, world.node_as::<Bank>(n)?)))
}

/// How a stub has a call.
fn tried(open: Option<&Open>) -> Field {
    match open {
        Some(o) if o.waits => Field::of(format!("waits for try {}", o.tries + 1)).mood(Mood::Waiting),
        Some(o) => Field::of(format!("try {}", o.tries)).mood(Mood::Waiting),
        None => Field::of("-"),
    }
}

/// What of a call is on its way.
fn flying(world: &World, call: C) -> String {
    let all = world.in_flight();
    let of = |msg: &Msg| match *msg {
        Msg::Request { call, .. } => (call, "request"),
        Msg::Reply { call, .. } => (call, "reply"),
        Msg::Failed { call, .. } => (call, "error"),
        Msg::Rebind { call, .. } => (call, "rebind"),
    };
    let msgs = all.iter().filter_map(|f| f.payload.as_any().downcast_ref::<Msg>());
    let words: Vec<&str> = msgs.map(of).filter(|(c, _)| *c == call).map(|(_, word)| word).collect();
    match words.len() {
        0 => "-".to_owned(),
        1..=3 => words.join(", "),
        n => format!("{n} messages"),
    }
}

fn lane(world: &World, shop: &Shop, (call, known): (C, Known)) -> (String, Vec<Field>) {
    let server = bank(world).map(|(_, b)| b);
    let charged = server.and_then(|b| b.books.charges.get(&call)).copied().unwrap_or(0);
    let effect = match charged {
        0 => Field::of("no"),
        1 => Field::of("once").mood(Mood::Good),
        n => Field::of(format!("{n} times")).mood(Mood::Bad),
    };
    let knows = match known {
        Known::Open { .. } => Field::of("not yet").mood(Mood::Waiting),
        Known::Paid => Field::of("paid").mood(Mood::Good),
        Known::Unknown => Field::of("unknown").mood(Mood::Bad),
    };
    let at_bank = Field::of(server.map_or("-", |b| b.has(call)));
    let cells = vec![tried(shop.stub.of_call(call)), Field::of(flying(world, call)), at_bank, effect, knows];
    (call.to_string(), cells)
}

/// Every stub that calls, with its node.
fn stubs(world: &World) -> Vec<(NodeId, &Stub)> {
    let stub = |n| {
        let shop = world.node_as::<Shop>(n).map(|s| &s.stub);
        Some((n, shop.or_else(|| world.node_as::<Tier>(n).map(|t| &t.stub))?))
    };
    world.node_ids().filter_map(stub).collect()
}

pub(super) fn boards(_: &Params, world: &World) -> Vec<Board> {
    let Some(shop) = world.node_as::<Shop>(SHOP) else {
        return Vec::new();
    };
    let calls = &shop.notes.calls;
    let older = calls.len().saturating_sub(SHOWN);
    let rows = calls.iter().skip(older).map(|(call, known)| lane(world, shop, (*call, *known)));
    let lanes = Board::table(
        "The calls",
        &["call", "shop's stub", "on the way", "bank's stub", "charged", "the shop knows"],
        rows.collect(),
    );
    let all = stubs(world);
    if all.len() < 2 {
        return vec![lanes];
    }
    let made = calls.len().max(1) as f64;
    let bar = |(_, stub): &(NodeId, &Stub)| Bar::of(world.name(stub.to()), stub.sent as f64 / made);
    vec![Board::bars("Requests for each tier, a call", "", all.iter().map(bar).collect(), None), lanes]
}

/// How many calls without an answer are explained.
const NAMED: usize = 3;

/// Calls that have no answer: those that are open, and those that were given up last.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let (Some(shop), Some((server, _))) = (world.node_as::<Shop>(SHOP), bank(world)) else {
        return Vec::new();
    };
    let next = shop.stub.to();
    let absence = |(&call, &known): (&C, &Known)| {
        let heard = Condition::of(format!("an answer has come from {}", world.name(next)), false);
        let heard = heard.lacks([Lack::Word(next, SHOP, &["request", "reply", "error", "rebind"])]);
        let (what, more) = match shop.stub.of_call(call) {
            None if known == Known::Unknown => {
                let given_up = Condition::of("the shop would take another try, or wait for longer", false);
                (format!("the shop does not know whether {call} was executed"), given_up)
            }
            open => {
                let tries = open.map_or(0, |o| o.tries);
                let time = Condition::of(format!("after {tries} tries there is another"), false);
                (format!("{call} has no answer"), time.lacks([Lack::Time(SHOP)]))
            }
        };
        let mut conditions = vec![heard, more];
        if !world.is_up(server) {
            let runs = Condition::of(format!("{} runs", world.name(server)), false);
            conditions.push(runs.lacks([Lack::Running(server)]));
        }
        Absence::of(Lacking::Answer, what, conditions)
    };
    let without = shop.notes.calls.iter().rev().filter(|(_, known)| **known != Known::Paid);
    without.take(NAMED).map(absence).collect()
}
