//! What a protocol declares is proven, from the declarations alone: its mutants break what they say, and its
//! gauges come to what theory and papers say.
//!
//! The rule that is easy to break: nothing here knows a protocol. Who adds one adds no test here.

use crate::{bare, has_words};
use faultline::check::faultmix::Mix;
use faultline::check::shrink::{Found, violation};
use faultline::check::{CheckLine, Verdict};
use faultline::kit::bench::against_theory;
use faultline::kit::mutants::{MutantDef, PARAM};
use faultline::kit::{Entry, GaugeDef, Value};
use faultline::protocols::all;
use faultline::scenario::sweep::{LENGTH, Sweep, shrunk};
use faultline::scenario::{self, Opening, open};
use std::fmt::Write;

/// A mutant is found under one of so many seeds.
const SEEDS: u64 = 1_000;
/// What breaks when a mutant is found needs no more edits than this, in the median.
const EDITS: usize = 12;

fn witness(line: &CheckLine) -> (usize, &str) {
    match &line.verdict {
        Verdict::Violated { witness, assumption, .. } => (witness.len(), assumption),
        other => panic!("{}: {other:?}", line.name),
    }
}

/// Where a mutant was found: the opening, if in a scenario's sweep, and what broke.
struct Caught {
    place: String,
    opening: Option<Opening>,
    found: Found,
}

/// What the world took from a promise: without it the promise breaks with every rule in place.
fn is_the_worlds(line: &CheckLine) -> bool {
    witness(line).1.starts_with("it is assumed")
}

/// The first seed in whose sweep, in any scenario and under any mix, the promise breaks that the mutant names.
/// A protocol without a scenario is swept bare. The same run without the mutant keeps that promise; a run that takes from it
/// what it needs of the world shows nothing of a mutant, and is passed over.
fn catch(entry: &'static Entry, mutant: &'static MutantDef) -> Option<Caught> {
    let choice = |o: Opening, word: &str| o.param(PARAM, Value::Word(word.to_owned()));
    let scenarios = scenario::all().filter(|s| s.protocol == entry.id);
    let sweeps = scenarios.flat_map(|s| {
        let opening = choice(s.opening(), mutant.id);
        Mix::ALL.map(|mix| Sweep::of(&opening, mix, LENGTH).unwrap())
    });
    let sweeps: Vec<Sweep> = sweeps.collect();
    let name = Some(mutant.breaks);
    for seed in 0..SEEDS {
        for sweep in &sweeps {
            let opening = sweep.at(seed).unwrap();
            let Some(found) = violation(&mut open(&opening).unwrap(), LENGTH, name) else {
                continue;
            };
            let place = format!("{} mix {} seed {seed}", opening.scenario, sweep.mix.id());
            let mut well = open(&choice(opening.clone(), "none")).unwrap();
            if let Some(well) = violation(&mut well, LENGTH, name) {
                let (breaks, id) = (mutant.breaks, mutant.id);
                assert!(is_the_worlds(&well.line), "{place}: {breaks} breaks without {id}, too");
                continue;
            }
            let opening = Some(opening);
            return Some(Caught { place, opening, found });
        }
        if sweeps.is_empty()
            && let Some(caught) = catch_bare(entry, mutant, seed)
        {
            return Some(caught);
        }
    }
    None
}

fn catch_bare(entry: &'static Entry, mutant: &'static MutantDef, seed: u64) -> Option<Caught> {
    let bench = bare(entry, mutant).until_ms(LENGTH.us() / 1_000);
    for mix in Mix::ALL {
        let mut run = bench.mixed(mix, seed);
        let Some(found) = violation(&mut run, LENGTH, Some(mutant.breaks)) else {
            continue;
        };
        let place = format!("{} mix {} seed {seed}", entry.id, mix.id());
        let well = bench.set(&["mutant=none"]).mixed(mix, seed);
        if well.breaks(mutant.breaks) {
            let line = well.line(mutant.breaks);
            assert!(is_the_worlds(&line), "{place}: breaks without {}, too", mutant.id);
            continue;
        }
        let opening = None;
        return Some(Caught { place, opening, found });
    }
    None
}

/// Every mutant is found, by the promise that it says it breaks, with a witness that can be read, blamed on the
/// rule that it leaves out; and what was done to the run is then made small. A line each, with `--nocapture`.
#[test]
fn every_mutant_breaks_what_it_says_and_shrinks_to_a_few_edits() {
    let (mut sizes, mut told) = (Vec::new(), String::new());
    for entry in all() {
        for mutant in entry.mutants {
            let what = format!("{} {}", entry.id, mutant.id);
            let caught = catch(entry, mutant);
            let Caught { place, opening, mut found } =
                caught.unwrap_or_else(|| panic!("{what} is found by no sweep"));
            let (events, assumption) = witness(&found.line);
            assert!((1..=12).contains(&events), "{what}: {events} events");
            assert_eq!(assumption, mutant.rule, "{what}");
            let Some(opening) = opening else {
                continue;
            };
            let small = shrunk(&opening, &mut found).unwrap();
            let again = violation(&mut open(&small).unwrap(), found.at, Some(mutant.breaks));
            assert!(again.is_some_and(|f| f.at == found.at), "{what}: shrunk to nothing");
            let (many, few) = (opening.edits.len(), small.edits.len());
            writeln!(told, "{what}: {place}: {few} of {many} edits").unwrap();
            sizes.push(few);
        }
    }
    sizes.sort_unstable();
    let median = sizes[sizes.len() / 2];
    println!("{told}median of {}: {median} edits", sizes.len());
    assert!(median <= EDITS, "{told}");
}

#[test]
fn every_gauge_comes_to_what_theory_and_papers_say() {
    let (mut told, mut wrong) = (String::new(), Vec::new());
    for compared in all().flat_map(against_theory) {
        let (mean, expected) = (&compared.found, compared.expected);
        let found = format!("{:.4} +- {:.4} in {} runs", mean.mean, mean.error(), mean.n);
        let line = format!("{}: {found}, {expected} by {}", compared.what, compared.source);
        writeln!(told, "{line}").unwrap();
        wrong.extend((!compared.agrees()).then_some(line));
    }
    println!("{told}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Where a paper's number and our formula speak of the same setting, they say the same.
#[test]
fn published_numbers_and_formulas_agree() {
    let agree = |entry: &Entry, gauge: &GaugeDef| {
        for published in gauge.published {
            let params = entry.set(published.params).unwrap();
            assert!(has_words(published.source) && published.mean.is_finite());
            let formula = gauge.expects(&params);
            let same = |f: f64| (f - published.mean).abs() <= 0.002 * f.abs();
            assert!(formula.is_none_or(same), "{} {:?}: {formula:?}", gauge.id, published.params);
        }
    };
    all().for_each(|e| e.gauges.iter().for_each(|g| agree(e, g)));
}
