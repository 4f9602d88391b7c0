//! Gauges against what theory and papers say of them: the comparison that the registry test makes for every
//! protocol, from its declarations alone.
//!
//! The rule that is easy to break: of many true statements, each looked at once, one in 370 is off by three
//! standard errors by luck. So what is off is looked at again, in other runs and four times as many; what is
//! off then is wrong.

use super::{Bench, Mean};
use crate::kit::{Entry, Published, measures};
use std::collections::BTreeSet;

/// A gauge's mean over runs, beside what is known from elsewhere.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Which gauge of which protocol, with which settings.
    pub what: String,
    /// Who says so.
    pub source: &'static str,
    /// What the mean should be.
    pub expected: f64,
    /// What it is.
    pub found: Mean,
}

/// Something known: the gauge's place, its mean, and who says so.
type Known = (usize, f64, &'static str);

/// The fewest runs for a mean.
const RUNS: u32 = 100;
/// The events of all runs for the means of one setting: about a second.
const EVENTS: u64 = 400_000;
/// Means are known well enough when the standard error is this part of what is expected.
const ENOUGH: f64 = 0.01;

impl Compared {
    /// Whether what is known is within three standard errors of what was found.
    pub fn agrees(&self) -> bool {
        self.found.agrees_with(self.expected)
    }
}

/// Every gauge of `entry` under every setting for which its theory or a paper says something.
pub fn against_theory(entry: &'static Entry) -> Vec<Compared> {
    let published = entry.gauges.iter().flat_map(|g| g.published);
    let settings = published.map(|p: &Published| p.params);
    let settings: BTreeSet<&[&str]> = settings.chain([&[][..]]).collect();
    let compared = settings.iter().flat_map(|s| compare(entry, s));
    compared.collect()
}

fn compare(entry: &'static Entry, settings: &'static [&'static str]) -> Vec<Compared> {
    let bench = Bench::of(entry, settings);
    let known = known(&bench, settings);
    if known.is_empty() {
        return Vec::new();
    }
    let look = |first: u64, events: u64| -> Vec<Compared> {
        let means = means(&bench, &known, first, events);
        let pairs = known.iter().zip(means);
        let compared = pairs.map(|(&(gauge, expected, source), found)| Compared {
            what: format!("{} {settings:?} {}", entry.id, entry.gauges[gauge].id),
            source,
            expected,
            found,
        });
        compared.collect()
    };
    let first = look(0, EVENTS);
    if first.iter().all(Compared::agrees) {
        first
    } else {
        look(1 << 32, 4 * EVENTS)
    }
}

/// What is known of the gauges under these settings.
fn known(bench: &Bench, settings: &[&str]) -> Vec<Known> {
    let mut known = Vec::new();
    for (place, gauge) in bench.entry.gauges.iter().enumerate() {
        let theory = gauge.theory.and_then(|t| t(&bench.params));
        known.extend(theory.map(|mean| (place, mean, "the gauge's own theory")));
        let published = gauge.published.iter().filter(|p| p.params == settings);
        known.extend(published.map(|p| (place, p.mean, p.source)));
    }
    known
}

/// The means of these gauges, over as many seeds from `first` on as it takes.
fn means(bench: &Bench, known: &[Known], first: u64, most_events: u64) -> Vec<Mean> {
    let mut means = vec![Mean::default(); known.len()];
    let mut events = 0;
    for (runs, seed) in (1..).zip(first..) {
        let trial = bench.run(seed);
        events += u64::from(trial.position());
        let all = measures(trial.watcher(), trial.world());
        for (mean, (gauge, ..)) in means.iter_mut().zip(known) {
            if let Some(value) = all[*gauge].value {
                mean.add(value);
            }
        }
        let enough = |(m, k): (&Mean, &Known)| match m.error() {
            0.0 => m.agrees_with(k.1),
            error => error <= ENOUGH * k.1.abs(),
        };
        let well_known = runs >= RUNS && means.iter().zip(known).all(enough);
        if well_known || events >= most_events {
            break;
        }
    }
    means
}
