//! `bench`: the figures of the budgets. Each line begins with a name and can be read by a program.
//!
//! The rule that is easy to break: the best of several is printed, because noise only ever adds; and
//! setting up and tearing down are not timed.

use super::args::{Args, Next};
use super::clock::Stopwatch;
use super::memory;
use super::{Failure, Outcome};
use crate::check::Checks;
use crate::scenario::workloads::{self, Counts};
use crate::sim::history::Run;
use crate::sim::{Fault, NodeId, SimTime, Trace};
use crate::view::compare;
use crate::view::statistics::percentile;
use std::io::Write;

/// How much is measured.
#[derive(Clone, Copy)]
struct Size {
    repeats: u32,
    idle_s: u64,
    events: u32,
    jumps: u64,
    million: u32,
}

pub(super) fn bench(args: &mut Args, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let mut size = Size { repeats: 7, idle_s: 3_000, events: 100_000, jumps: 400, million: 1_000_000 };
    let mut only: Vec<String> = Vec::new();
    while let Some(next) = args.next()? {
        match next {
            Next::Option(o) if o == "quick" => {
                size = Size { repeats: 1, idle_s: 100, events: 10_000, jumps: 40, million: 30_000 }
            }
            Next::Option(o) => return Err(args.unknown(&o)),
            Next::Word(w) if w == "growth" => return super::growth::growth(args, out),
            Next::Word(w) if PARTS.contains(&&*w) => only.push(w),
            Next::Word(w) => return Err(args.surplus(&w)),
        }
    }
    let wants = |part: &str| only.is_empty() || only.iter().any(|o| o == part);
    writeln!(out, "# best of {}, {}", size.repeats, Stopwatch::WHAT)?;
    for name in workloads::NAMES {
        if wants(name) {
            workload(name, size, out)?;
        }
    }
    if wants("idle-raft") {
        idle_raft(size, out)?;
    }
    if wants("travel") {
        travel("", (size.events, 5), size.jumps, out)?;
    }
    if wants("million") {
        million(size, 5, out)?;
        million(size, 60, out)?;
    }
    Ok(Outcome::Fine)
}

/// What can be asked for by name.
const PARTS: [&str; 6] = ["w1", "w2", "w3", "idle-raft", "travel", "million"];

fn workload(name: &str, size: Size, out: &mut dyn Write) -> Result<(), Failure> {
    let mut best = u64::MAX;
    let mut did = Counts::default();
    let mut bytes = 0;
    for _ in 0..size.repeats {
        let Some(mut world) = workloads::world(name) else {
            return Err(Failure::Input(format!("there is no workload '{name}'")));
        };
        let mut trace = Trace::new();
        let watch = Stopwatch::start();
        workloads::run(&mut world, &mut trace);
        best = best.min(watch.ns());
        did = workloads::counts(&trace);
        bytes = trace.bytes();
    }
    writeln!(
        out,
        "{name} {:.1} ns/event; delivered {}, lost {}, timers {}; trace {} KB",
        best as f64 / did.events() as f64,
        did.delivered,
        did.lost,
        did.timers,
        bytes / 1_000
    )?;
    out.flush()?;
    Ok(())
}

/// Simulated seconds a second of five idle servers, with promises, checkpoints and trace.
fn idle_raft(size: Size, out: &mut dyn Write) -> Result<(), Failure> {
    let mut best = u64::MAX;
    let mut events = 0;
    for _ in 0..size.repeats.min(3) {
        let mut run = workloads::idle_raft()?;
        let watch = Stopwatch::start();
        run.run_until(SimTime(size.idle_s * 1_000_000));
        best = best.min(watch.ns());
        events = run.position();
    }
    writeln!(
        out,
        "idle-raft {:.0} simulated s/s; {events} events in {} simulated s, {:.1} ns/event",
        size.idle_s as f64 / (best as f64 / 1e9),
        size.idle_s,
        best as f64 / f64::from(events)
    )?;
    out.flush()?;
    Ok(())
}

/// A run as long as the page is promised to bear, and what it holds in memory.
fn million(size: Size, servers: i64, out: &mut dyn Write) -> Result<(), Failure> {
    memory::forget_peak();
    travel("million-", (size.million, servers), size.jumps, out)?;
    if let Some(peak) = memory::peak_kb() {
        let mb = peak as f64 / 1e3;
        writeln!(out, "million-memory {mb:.0} MB at the most, the whole process")?;
    }
    comparison(size.million, servers, out)
}

/// How long it takes to find where two runs part that differ in one crash half-way.
fn comparison(events: u32, servers: i64, out: &mut dyn Write) -> Result<(), Failure> {
    let run = workloads::long_raft(events, servers)?;
    let mut other = run.fork();
    other.seek_event(events / 2);
    let (node, stop) = (NodeId(0), false);
    other.edit(Fault::Crash { node, stop })?;
    other.run_until(run.time());
    let watch = Stopwatch::start();
    let parting = compare::parting(&run, &other);
    let ms = watch.ns() as f64 / 1e6;
    let event = parting.map_or(0, |p| p.event.0);
    writeln!(out, "million-parting {ms:.1} ms; at event {event} of {events}, {servers} servers")?;
    Ok(())
}

/// How long it takes to jump about in a long run, and to step back.
fn travel(
    prefix: &str,
    (events, servers): (u32, i64),
    jumps: u64,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let watch = Stopwatch::start();
    let mut run = workloads::long_raft(events, servers)?;
    let ran = watch.ns() as f64 / f64::from(events);
    let end = run.position();
    let moments: Vec<SimTime> = workloads::moments(&run, jumps).collect();
    let timed = |run: &mut Run<Checks>, act: &dyn Fn(&mut Run<Checks>)| {
        let watch = Stopwatch::start();
        act(run);
        watch.ns() as f64 / 1e6
    };
    let (mut seeks, mut backs) = (Vec::new(), Vec::new());
    for to in moments {
        seeks.push(timed(&mut run, &|r| r.seek(to)));
        backs.push(timed(&mut run, &|r| r.back(1)));
    }
    let (kept, spacing) = run.checkpoints();
    let holds = run.bytes() as f64 / 1e6;
    for (name, mut sample) in [("seek", seeks), ("back", backs)] {
        sample.sort_by(f64::total_cmp);
        writeln!(
            out,
            "{prefix}{name} p50 {:.2} ms, p95 {:.2} ms, worst {:.2} ms; {end} events of {ran:.0} ns, {servers} servers, {kept} checkpoints {spacing} apart, {holds:.0} MB by its own account",
            percentile(&sample, 50),
            percentile(&sample, 95),
            percentile(&sample, 100)
        )?;
    }
    Ok(())
}
