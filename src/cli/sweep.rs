//! `sweep`: many seeds under a mix of faults; every violation shrunk to the edits that it needs, and
//! printed as a link that opens it in the page.
//!
//! The rule that is easy to break: faults end, and a quiet rest follows, so that what is still
//! missing at the end is the protocol's fault.

use super::args::{Args, Next, shown};
use super::subject::{Over, Subject};
use super::{Failure, Outcome};
use crate::check::Verdict;
use crate::check::faultmix::Mix;
use crate::check::shrink::Found;
use crate::scenario::sweep::{Did, LENGTH, Sweep, shrunk};
use crate::scenario::{Opening, SharedRun, link};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;

struct Wanted {
    over: Over,
    words: Vec<String>,
    seeds: u64,
    mix: Mix,
    json: bool,
    // Only counted: nothing is shrunk.
    count: bool,
}

pub(super) fn sweep(args: &mut Args, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let wanted = read(args)?;
    let mut bad = 0;
    for word in &wanted.words {
        let mut subject = wanted.over.over(word)?;
        if wanted.over.until().is_none() {
            subject.until = LENGTH;
        }
        bad += sweep_one(&wanted, &subject, out)?;
    }
    Ok(if bad == 0 { Outcome::Fine } else { Outcome::Violated })
}

fn read(args: &mut Args) -> Result<Wanted, Failure> {
    let mut wanted = Wanted {
        over: Over::default(),
        words: Vec::new(),
        seeds: 0,
        mix: Mix::All,
        json: false,
        count: false,
    };
    while let Some(next) = args.next()? {
        match next {
            Next::Option(o) if o == "seeds" => wanted.seeds = args.number(&o, 1, 10_000_000)?,
            Next::Option(o) if o == "json" => wanted.json = true,
            Next::Option(o) if o == "count" => wanted.count = true,
            Next::Option(o) if o == "mix" => wanted.mix = read_mix(&args.value(&o)?)?,
            Next::Option(o) => {
                if !wanted.over.take(args, &o)? {
                    return Err(args.unknown(&o));
                }
            }
            Next::Word(w) => wanted.words.push(w),
        }
    }
    if wanted.words.is_empty() {
        return Err(args.missing("at least one scenario"));
    }
    if wanted.seeds == 0 {
        return Err(args.missing("--seeds N"));
    }
    Ok(wanted)
}

pub(super) fn read_mix(text: &str) -> Result<Mix, Failure> {
    Mix::named(text).ok_or_else(|| {
        let known: Vec<_> = Mix::ALL.iter().map(|m| m.id()).collect();
        Failure::Input(format!("there is no mix '{}': there are {}", shown(text), known.join(", ")))
    })
}

/// How many of the seeds of one subject violate something.
fn sweep_one(wanted: &Wanted, subject: &Subject, out: &mut dyn Write) -> Result<u64, Failure> {
    let sweep = Sweep::of(&subject.opening, wanted.mix, subject.until)?;
    let first = subject.opening.seed.unwrap_or(0);
    let (mut bad, mut pending, mut in_progress, mut did) = (0, 0, 0, Did::default());
    let mut broken = Broken::new();
    for seed in (0..wanted.seeds).map(|i| first.wrapping_add(i)) {
        let one = subject.with_seed(seed);
        super::panics::doing(format!("{}, mix {}", one.name(), wanted.mix.id()));
        let swept = sweep.run(seed)?;
        did.add(swept.did);
        match swept.found {
            Some(found) => {
                bad += 1;
                match wanted.count {
                    true => broken.entry(kind(&found)).or_insert((0, seed)).0 += 1,
                    false => report(wanted, swept.opening, found, out)?,
                }
            }
            None => {
                pending += u64::from(swept.pending);
                in_progress += u64::from(swept.in_progress);
            }
        }
    }
    // Without faults there is nothing that they could have done.
    let did = (wanted.mix != Mix::None).then_some(did);
    let nothing = did.as_ref().and_then(Did::nothing);
    let name = &subject.opening.scenario;
    if wanted.json {
        let line = json!({
            "scenario": name, "mix": wanted.mix.id(), "seeds": wanted.seeds, "first_seed": first,
            "violated": bad, "broken": broken_json(&broken), "pending": pending, "in_progress": in_progress,
            "did": did, "did_nothing": nothing,
        });
        writeln!(out, "{line}")?;
    } else {
        for ((promise, assumption), (times, seed)) in &broken {
            writeln!(out, "{promise}, {times} times, the first under seed {seed}: {assumption}")?;
        }
        writeln!(
            out,
            "{name}, mix {}: {} seeds from {first}, {bad} with a violation, {pending} with a promise still pending and {in_progress} in progress at {}",
            wanted.mix.id(),
            wanted.seeds,
            subject.until
        )?;
        if let Some(did) = did {
            tell(&did, nothing, out)?;
        }
    }
    Ok(bad)
}

/// What broke, by promise and the assumption that was missing: how often, and the first seed.
type Broken = BTreeMap<(&'static str, String), (u64, u64)>;

/// The promise that broke, and why it could: without the moment and the names behind "and".
fn kind(found: &Found) -> (&'static str, String) {
    let assumption = match &found.line.verdict {
        Verdict::Violated { assumption, .. } => assumption.split(", and ").next().unwrap_or_default(),
        _ => "",
    };
    (found.line.name, assumption.to_owned())
}

fn broken_json(broken: &Broken) -> Vec<serde_json::Value> {
    let one = |((promise, assumption), (times, seed)): (&(&str, String), &(u64, u64))| json!({ "promise": promise, "assumption": assumption, "times": times, "first_seed": seed });
    broken.iter().map(one).collect()
}

/// What the mix did, in words.
fn tell(did: &Did, nothing: Option<String>, out: &mut dyn Write) -> Result<(), Failure> {
    match nothing {
        Some(why) => writeln!(out, "  the mix did nothing: {why}")?,
        None => writeln!(out, "  it made a difference in {} of {} runs", did.touched, did.runs)?,
    }
    let words = did.words();
    if !words.is_empty() {
        writeln!(out, "  {words}")?;
    }
    for refused in did.refused.values() {
        writeln!(out, "  {} refused, the first because {}", refused.times, refused.why)?;
    }
    Ok(())
}

fn report(wanted: &Wanted, opening: Opening, mut found: Found, out: &mut dyn Write) -> Result<(), Failure> {
    let before = opening.edits.len();
    let small = shrunk(&opening, &mut found)?;
    let shared = SharedRun { opening: small, at_us: found.at.us(), ..SharedRun::default() };
    // A run too large for a link is told without one.
    let link = link::encode(&shared).map_or_else(|r| r.message, |payload| format!("#/x/{payload}"));
    let small = shared.opening;
    if wanted.json {
        let line = json!({
            "scenario": small.scenario, "seed": small.seed, "mix": wanted.mix.id(),
            "check": found.line, "at_us": found.at.us(), "edits_before": before,
            "opening": small, "link": link,
        });
        writeln!(out, "{line}")?;
        return Ok(());
    }
    writeln!(
        out,
        "{} seed {} at {}: {} of {before} edits",
        small.scenario,
        small.seed.unwrap_or(0),
        found.at,
        small.edits.len(),
    )?;
    writeln!(out, "  {}", super::run::verdict(&found.line))?;
    writeln!(out, "  {link}")?;
    Ok(())
}
