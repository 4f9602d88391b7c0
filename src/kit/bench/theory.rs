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

/// The fewest runs for a mean that is known well, and for any mean.
const RUNS: (u32, u32) = (100, 20);
/// The events of all runs for the means of one setting: about a second.
const EVENTS: u64 = 1_000_000;
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
    let cases = published.map(|p: &Published| (p.params, p.at_ms));
    let by_default = (&[][..], entry.length.0 / 1_000);
    let cases: BTreeSet<Setting> = cases.chain([by_default]).collect();
    let compared = cases.into_iter().flat_map(|case| compare(entry, case));
    compared.collect()
}

/// Settings, and how long runs are.
type Setting = (&'static [&'static str], u64);

fn compare(entry: &'static Entry, (settings, ms): Setting) -> Vec<Compared> {
    let bench = Bench::of(entry, settings).until_ms(ms);
    let known = known(&bench, (settings, ms));
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
    if first.iter().all(Compared::agrees) { first } else { look(1 << 32, 4 * EVENTS) }
}

/// What is known of the gauges under these settings.
fn known(bench: &Bench, case: Setting) -> Vec<Known> {
    let mut known = Vec::new();
    for (place, gauge) in bench.entry.gauges.iter().enumerate() {
        let theory = gauge.expects(&bench.params);
        known.extend(theory.map(|mean| (place, mean, "the gauge's own theory")));
        let published = gauge.published.iter().filter(|p| (p.params, p.at_ms) == case);
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
        let well_known = runs >= RUNS.0 && means.iter().zip(known).all(enough);
        if well_known || events >= most_events && runs >= RUNS.1 {
            break;
        }
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::prelude::*;
    use crate::kit::{Choice, MutantDef};

    facts! {
        /// What a coin tells.
        enum Fact {
            /// It shows its head.
            Heads {} = "heads",
        }
    }

    #[derive(Clone, Debug, Hash)]
    struct Nothing;

    impl Message for Nothing {
        fn kind(&self) -> Kind {
            Kind::new("nothing", Shape::Disc, Tone::Quiet)
        }
    }

    #[derive(Clone, Hash)]
    struct Coin;

    impl Protocol for Coin {
        type Msg = Nothing;
        type Timer = ();
        type Stable = ();

        fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
            if ctx.random_below(2) == 0 {
                ctx.fact(Fact::Heads {});
            }
        }

        fn restart(&mut self, _: &mut Ctx<'_, Self>) {}

        fn inspect(&self) -> Inspect {
            Inspect::of("coin", Glyph::None)
        }
    }

    const HEADS: GaugeDef =
        GaugeDef::new("heads", "heads", "", |_| gauges::count(|f: &Fact| matches!(f, Fact::Heads {})));

    const COIN: Entry = Entry {
        id: "coin",
        facts: Fact::NAMES,
        mutants: NO_MUTANTS,
        params: &[Param::choice("side", "Side", &[Choice::new("any", "any"), Choice::new("edge", "edge")])],
        build: |_, seed| {
            let nodes = vec![NodeSetup::server("Coin", Host::boxed(Coin))];
            Ok(Setup { seed, nodes, ..Setup::default() })
        },
        ..Entry::BLANK
    };
    const NO_MUTANTS: &[MutantDef] = &[];

    static FAIR: Entry = Entry {
        gauges: &[HEADS.theory(|_| Some(0.5)).published(&[Published::of(
            &["side=edge"],
            0.5,
            "a fair coin",
        )])],
        ..COIN
    };
    static FALSE: Entry =
        Entry { gauges: &[HEADS.published(&[Published::of(&["side=edge"], 0.53, "a rumour")])], ..COIN };

    #[test]
    fn a_true_number_is_agreed_with_wherever_it_is_said() {
        let compared = against_theory(&FAIR);
        // The formula by default, and both on the edge.
        assert_eq!(compared.len(), 3);
        assert!(compared.iter().all(Compared::agrees), "{compared:?}");
    }

    /// 0.53 is six hundredths off, and the standard error one hundredth of it.
    #[test]
    fn a_number_that_is_little_off_is_found_out() {
        let compared = against_theory(&FALSE);
        assert_eq!(compared.len(), 1);
        assert!(!compared[0].agrees(), "{compared:?}");
    }
}
