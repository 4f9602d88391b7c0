//! `bench growth`: events against time, for each scenario and each mix of faults, and the exponent with which time
//! grows. At 1 every event costs the same however many came before it; at 2 a list that grows with the run is walked
//! for each event.
//!
//! The rule that is easy to break: a run is watched by its promises and gauges and keeps its checkpoints, as on the
//! page, and its faults go on for as long as it does. Speed is reported, never judged: a machine under load is slow.

use super::args::{Args, Next};
use super::clock::Stopwatch;
use super::subject::{Over, Subject};
use super::{Failure, Outcome};
use crate::check::faultmix::{Mix, Struck, plan_over};
use crate::scenario::{self, Opening, open};
use crate::sim::{Edit, Fault, LinkPatch, NodeId, SimTime, limits};
use std::io::Write;

/// At most so many events.
const EVENTS: u32 = 1_000_000;
/// Time is looked at when a run has so many events.
const POINTS: [u32; 8] = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000];
/// Before so many what it costs to begin still counts, so an exponent is taken of later points alone. A run that is
/// over sooner shows its times: its last stretch is of faults with nobody left to strike, which cost what they cost.
const FIRST: f64 = 10_000.0;
/// A run of so many events says how many simulated seconds the whole one will have.
const TRIAL: u32 = 5_000;
/// From here on an exponent is called out.
const STEEP: f64 = 1.1;

struct Wanted {
    over: Over,
    words: Vec<String>,
    mixes: Vec<Mix>,
    events: u32,
}

/// A point of a curve: events, and nanoseconds until then.
type Point = (f64, f64);

pub(super) fn growth(args: &mut Args, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let wanted = read(args)?;
    let mut subjects = Vec::new();
    for word in &wanted.words {
        let subject = wanted.over.over(word)?;
        subjects.push((subject.opening.scenario.clone(), subject.opening));
    }
    if subjects.is_empty() {
        subjects.extend(scenario::all().map(|def| (def.id.clone(), def.opening())));
        let Subject { opening, .. } = wanted.over.over("link-stack")?;
        subjects.push(("link-stack, for ever".to_owned(), for_ever(opening)));
    }
    writeln!(out, "# milliseconds until so many events, and the exponent; {}", Stopwatch::WHAT)?;
    let mut steep = Vec::new();
    for (name, opening) in &subjects {
        for &mix in &wanted.mixes {
            let name = format!("{name}, mix {}", mix.id());
            super::panics::doing(name.clone());
            let points = measured(opening, mix, wanted.events)?;
            let exponent = exponent(&points);
            writeln!(out, "growth {name}: {}", line(&points, exponent))?;
            out.flush()?;
            if exponent.is_some_and(|e| e > STEEP) {
                steep.push(name);
            }
        }
    }
    match steep.len() {
        0 => writeln!(out, "# no exponent is above {STEEP}")?,
        n => writeln!(out, "# {n} above {STEEP}: {}", steep.join("; "))?,
    }
    Ok(Outcome::Fine)
}

fn read(args: &mut Args) -> Result<Wanted, Failure> {
    let (over, words) = (Over::default(), Vec::new());
    let mut wanted = Wanted { over, words, mixes: Vec::new(), events: EVENTS };
    while let Some(next) = args.next()? {
        match next {
            Next::Option(o) if o == "mix" => wanted.mixes.push(super::sweep::read_mix(&args.value(&o)?)?),
            Next::Option(o) if o == "events" => {
                let most = u64::from(limits::EVENTS - 1);
                wanted.events = args.number(&o, u64::from(TRIAL), most)? as u32;
            }
            Next::Option(o) => {
                if !wanted.over.take(args, &o)? {
                    return Err(args.unknown(&o));
                }
            }
            Next::Word(w) => wanted.words.push(w),
        }
    }
    if wanted.mixes.is_empty() {
        wanted.mixes.extend(Mix::ALL);
    }
    Ok(wanted)
}

/// A sender that never hears that it was heard, and sends again for ever.
fn for_ever(opening: Opening) -> Opening {
    use crate::kit::Value;
    let set = LinkPatch { cut: Some(true), ..LinkPatch::default() };
    let cut = Fault::Link { from: NodeId(1), to: NodeId(0), set };
    let opening = opening.param("retransmit", Value::Bool(true)).param("resend_ms", Value::Int(10));
    opening.param("count", Value::Int(50)).and([Edit::at(0, cut)])
}

/// The run's points, as far as it goes.
fn measured(opening: &Opening, mix: Mix, events: u32) -> Result<Vec<Point>, Failure> {
    let opening = opening.clone().and(faults(opening, mix, events)?);
    let mut run = open(&opening)?;
    let (mut points, mut ns) = (Vec::new(), 0);
    for next in POINTS.into_iter().filter(|p| *p < events).chain([events]) {
        let before = run.position();
        let watch = Stopwatch::start();
        run.advance(SimTime(limits::RUN_US), next - before);
        ns += watch.ns();
        let after = run.position();
        if after > before {
            points.push((f64::from(after), ns as f64));
        }
        if after < next {
            break;
        }
    }
    // A last stretch that is short says nothing.
    if let [.., (a, _), (b, _)] = points[..]
        && b < a * 1.5
    {
        points.pop();
    }
    Ok(points)
}

/// Faults for as long as the run lasts, or until it takes no more of them.
fn faults(opening: &Opening, mix: Mix, events: u32) -> Result<Vec<Edit>, Failure> {
    let mut trial = open(opening)?;
    trial.advance(SimTime(limits::RUN_US / 2), TRIAL.min(events));
    let (servers, parted): (Vec<_>, Vec<_>) =
        (trial.world().servers().collect(), trial.world().node_ids().collect());
    let whole = u128::from(trial.time().us()) * u128::from(events) / u128::from(trial.position().max(1));
    let mut phase = SimTime(whole.min(u128::from(limits::RUN_US / 2)) as u64);
    loop {
        let struck = Struck { servers: &servers, parted: &parted };
        let edits = plan_over(mix, opening.seed.unwrap_or(0), struck, phase);
        if edits.len() + opening.edits.len() <= limits::EDITS {
            return Ok(edits);
        }
        phase = SimTime(phase.us() / 2);
    }
}

/// The slope of the straight line through the points, both axes logarithmic, by least squares.
fn exponent(points: &[Point]) -> Option<f64> {
    let late = points.iter().filter(|p| p.0 >= FIRST);
    let logs: Vec<Point> = late.map(|(n, ns)| (libm::log(*n), libm::log(*ns))).collect();
    let count = logs.len() as f64;
    if logs.len() < 3 {
        return None;
    }
    let mean = |of: fn(&Point) -> f64| logs.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let over: f64 = logs.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let under: f64 = logs.iter().map(|p| (p.0 - x) * (p.0 - x)).sum();
    Some(over / under)
}

fn line(points: &[Point], exponent: Option<f64>) -> String {
    let one = |(n, ns): &Point| format!("{n:.0} {:.1}", ns / 1e6);
    let all: Vec<String> = points.iter().map(one).collect();
    let end = match exponent {
        Some(e) => format!("exponent {e:.2}"),
        None => "over too soon for an exponent".to_owned(),
    };
    format!("{}; {end}", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// n, n log n and n squared; less than three points say nothing.
    #[test]
    fn the_exponent_is_the_power() {
        let of = |f: fn(f64) -> f64| {
            let points: Vec<Point> = [1e4, 3e4, 9e4, 27e4, 1e6].map(|n| (n, f(n))).to_vec();
            exponent(&points).unwrap()
        };
        assert!((of(|n| 7.0 * n) - 1.0).abs() < 1e-9);
        assert!((of(|n| n * n) - 2.0).abs() < 1e-9);
        let n_log_n = of(|n| n * libm::log(n));
        assert!(n_log_n > 1.05 && n_log_n < STEEP, "{n_log_n}");
        assert_eq!(exponent(&[(1e4, 1.0), (3e4, 3.0)]), None);
    }
}
