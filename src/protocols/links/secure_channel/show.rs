//! What the wire has done and what came of it, payment by payment; and what has not arrived.
//!
//! The rule that is easy to break: only the reader sees both ends. What Bob took for Alice's is compared here with what she has
//! sent; he cannot do that.

use super::alice::Alice;
use super::bob::Bob;
use super::mallory::Mallory;
use super::{ALICE, BOB, MALLORY, Payment};
use crate::kit::prelude::*;
use crate::sim::Status;

/// Alice, the wire, and Bob.
fn all(world: &World) -> Option<(&Alice, &Mallory, &Bob)> {
    Some((world.node_as(ALICE)?, world.node_as(MALLORY)?, world.node_as(BOB)?))
}

pub(super) fn boards(_: &Params, world: &World) -> Vec<Board> {
    let Some((alice, mallory, bob)) = all(world) else {
        return Vec::new();
    };
    vec![deeds(alice, mallory, bob), payments(alice, mallory, bob)]
}

/// What the wire tried, and what Bob fell for.
fn deeds(alice: &Alice, mallory: &Mallory, bob: &Bob) -> Board {
    let (sent, times, done) = (&alice.book.sent, &bob.ledger.times, mallory.done);
    let forged: u32 = times.iter().filter(|(p, _)| !sent.contains(p)).map(|(_, n)| n).sum();
    let again: u32 = times.iter().filter(|(p, _)| sent.contains(p)).map(|(_, n)| n - 1).sum();
    let row = |what: &str, tried: u32, worked: u32, how: &str| {
        let mood = match (tried, worked) {
            (_, 1..) => Mood::Bad,
            (1.., 0) => Mood::Good,
            (0, 0) => Mood::Plain,
        };
        let came = Field::of(format!("{worked} {how}")).mood(mood);
        (what.to_owned(), vec![Field::of(tried), came])
    };
    let rows = vec![
        row("read", mallory.heard.len() as u32, done.read, "amounts known"),
        row("changed, or made up", done.changed + done.forged, forged, "accepted"),
        row("sent again", done.replayed, again, "accepted once more"),
        row("dropped", done.dropped, done.dropped, "gone"),
    ];
    Board::table("What the wire tries, and what comes of it", &["the wire", "tries", "comes of it"], rows)
}

/// How many payments are shown.
const SHOWN: usize = 12;

/// Each payment: what it is, what the wire sees of it, how often Bob has taken it, and what Alice believes.
fn payments(alice: &Alice, mallory: &Mallory, bob: &Bob) -> Board {
    let (sent, times) = (&alice.book.sent, &bob.ledger.times);
    let mut shown: Vec<Payment> = sent.iter().chain(times.keys()).copied().collect();
    shown.sort_unstable();
    shown.dedup();
    let first = shown.len().saturating_sub(SHOWN);
    let row = |p: &Payment| {
        let mine = sent.contains(p);
        let n = times.get(p).copied().unwrap_or(0);
        let seen = mallory.heard.iter().find(|h| mine && h.number == p.number);
        let seen = seen.map_or_else(|| "-".to_owned(), |h| h.body.to_string());
        let taken = Field::of(n).mood(match n {
            0 => Mood::Waiting,
            1 if mine => Mood::Good,
            _ => Mood::Bad,
        });
        let receipt = match alice.book.open.get(&p.number) {
            _ if !mine => Field::of("nobody sent it").mood(Mood::Bad),
            Some(open) => Field::of(format!("none yet, sent {} times", open.tries)).mood(Mood::Waiting),
            None => Field::of("yes").mood(Mood::Good),
        };
        (p.to_string(), vec![Field::of(seen), taken, receipt])
    };
    let rows = shown[first..].iter().map(row).collect();
    let columns = ["payment", "on the wire", "accepted, times", "Alice's receipt"];
    Board::table("The payments", &columns, rows)
}

pub(super) static PROBES: &[Probe] = &[
    Probe { id: "encrypts", label: "whether payments are encrypted", read: |w, _| flag(w, |r| r.encrypts) },
    Probe { id: "tags", label: "whether payments are tagged", read: |w, _| flag(w, |r| r.tags) },
    Probe { id: "numbers", label: "whether numbers are checked", read: |w, _| flag(w, |r| r.numbers) },
];

fn flag(world: &World, read: fn(super::Rules) -> bool) -> Option<i64> {
    let bob: &Bob = world.node_as(BOB)?;
    Some(i64::from(read(bob.rules())))
}

/// The oldest payment that Bob has not accepted.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let Some((alice, mallory, bob)) = all(world) else {
        return Vec::new();
    };
    let missing = |p: &&Payment| !bob.ledger.times.contains_key(p);
    let mut open = alice.book.sent.iter().filter(missing);
    let Some(first) = open.next() else {
        return Vec::new();
    };
    let down = |n| matches!(world.status(n), Status::Crashed | Status::Stopped);
    let taken = !alice.book.open.contains_key(&first.number);
    let again = Condition::of("Alice sends it again, for she has no receipt", !taken && !down(ALICE));
    let through = Condition::of("Mallory lets it through", !mallory.blocks && !down(MALLORY));
    let arrives = Condition::of("it comes to Bob, as Alice has sent it", false).lacks([
        Lack::Running(BOB),
        Lack::Way(ALICE, MALLORY, &["payment"]),
        Lack::Way(MALLORY, BOB, &["payment"]),
    ]);
    let more = match open.count() {
        0 => String::new(),
        n => format!(", nor {n} more"),
    };
    let what = format!("Bob has not accepted {first}{more}");
    let again = again.lacks([Lack::Running(ALICE)]);
    let through = through.lacks([Lack::Running(MALLORY)]);
    vec![Absence::of(Lacking::Delivery, what, vec![again, through, arrives])]
}
