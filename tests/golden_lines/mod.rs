//! The values that must be equal natively and in wasm, one line each: `name value`.
//!
//! The rule that is easy to break: nothing here may ask which target it runs on.

use faultline::scenario::{self, Opening, open};
use faultline::sim::hash::{Fx, mix};
use faultline::sim::streams::{Draws, Purpose, below, node_stream, setup_stream, unit};
use faultline::sim::{NodeId, SimTime};
use rand::Rng;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::hash::{Hash, Hasher};

/// What is wrong with the runs `found`, against those that are `recorded`: each of these is still what it was, and no
/// other is missing but those of a scenario of which nothing is recorded yet.
pub fn differences(recorded: &str, found: &str) -> Vec<String> {
    // What is there for ever: a file that is lost must not pass for a list of new scenarios.
    assert!(recorded.contains("raft-election seed 19 "), "the recorded runs are missing");
    let scenario = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    let old: BTreeSet<&str> = recorded.lines().collect();
    let known: BTreeSet<String> = recorded.lines().map(scenario).collect();
    let new: BTreeSet<&str> = found.lines().collect();
    let gone = old.difference(&new).map(|line| format!("- {line}"));
    let come =
        new.difference(&old).filter(|line| known.contains(&scenario(line))).map(|line| format!("+ {line}"));
    gone.chain(come).collect()
}

/// Hashes of plain values, and draws of every kind.
pub fn engine() -> String {
    let mut out = String::new();
    hashes(&mut out);
    draws(&mut out);
    out
}

/// The trace hash of every scenario under twenty seeds, and of every staged situation, after five
/// simulated seconds.
pub fn runs() -> String {
    let mut out = String::new();
    for def in scenario::all() {
        for seed in 0..20 {
            let name = format!("{} seed {seed}", def.id);
            line(&mut out, &name, hash_of(&def.opening().seed(seed)));
        }
        for staged in &def.situations {
            let (opening, _) = scenario::stage(&def.opening(), &staged.id).expect("it can be staged");
            let name = format!("{} staged {}", def.id, staged.id);
            line(&mut out, &name, hash_of(&opening));
        }
    }
    out
}

fn hash_of(opening: &Opening) -> u64 {
    let mut run = open(opening).expect("a scenario opens");
    run.run_until(SimTime::from_ms(5_000));
    run.world().hash()
}

fn hashes(out: &mut String) {
    let mut h = Fx::default();
    (7usize, -7isize, "seven", [1u8, 2], Some(3i64), 'x', true).hash(&mut h);
    line(out, "hash of a tuple", h.finish());
    for word in [0, 1, u64::MAX] {
        line(out, &format!("mix of {word}"), mix(word));
        line(out, &format!("fx of {word}"), Fx::of(word).finish());
    }
}

fn draws(out: &mut String) {
    use Purpose::{Corrupt, CorruptHow, Delay, Duplicate, DuplicateDelay, Loss, Reorder};
    for (seed, from, to, number) in [(0, 0, 1, 0), (1, 1, 0, 1), (u64::MAX, 65_535, 7, u32::MAX)] {
        let of = Draws::of_message(seed, NodeId(from), NodeId(to), number);
        for purpose in [Delay, Loss, Duplicate, DuplicateDelay, Corrupt, CorruptHow, Reorder] {
            let name = format!("draw {seed} {from}->{to} #{number} {purpose:?}");
            line(out, &name, of.draw(purpose));
            line(out, &format!("{name} below 1000"), below(of.draw(purpose), 1000));
            line(out, &format!("{name} unit bits"), unit(of.draw(purpose)).to_bits());
        }
    }
    for seed in [0, 1, 42] {
        let mut node = node_stream(seed, NodeId(3));
        let mut setup = setup_stream(seed, "ring");
        for i in 0..4 {
            line(out, &format!("node stream {seed} #{i}"), node.next_u64());
            line(out, &format!("setup stream {seed} #{i}"), setup.next_u64());
        }
    }
}

fn line(out: &mut String, name: &str, value: u64) {
    writeln!(out, "{name} {value:016x}").expect("a String takes every write");
}
