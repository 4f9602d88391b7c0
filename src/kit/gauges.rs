//! Gauges declared once: name, unit, how it is read, and what theory or a paper says it should be.
//!
//! The rule that is easy to break: a number from theory and the number from runs come from different
//! code. `theory` is a closed formula of the parameters; it looks at no run.

mod attempts;
mod told;

pub use attempts::{sends, sends_until_arrival};
pub use told::{all_ms, distinct, inversions, repeats, short_of};

use super::mutants::PARAM;
use super::params::{Params, Value};
use crate::check::gauge::Reading;
use crate::check::{Gauge, Seen, Wake};
use crate::sim::{Fact, SimTime, Span, World};
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// A value that is known from elsewhere, for a setting.
pub struct Published {
    /// The parameters that differ from the defaults, as the command line takes them: `["nodes=5"]`.
    pub params: &'static [&'static str],
    /// The mean over runs.
    pub mean: f64,
    /// Where it is from: a paper's table, a formula.
    pub source: &'static str,
    /// How long the runs are, in milliseconds of simulated time.
    pub at_ms: u64,
}

impl Published {
    /// With these settings the mean is `mean`, says `source`.
    pub const fn of(params: &'static [&'static str], mean: f64, source: &'static str) -> Self {
        Published { params, mean, source, at_ms: 60_000 }
    }

    /// Read off where runs have lasted so long, not a minute.
    #[must_use]
    pub const fn at_ms(mut self, at_ms: u64) -> Self {
        self.at_ms = at_ms;
        self
    }
}

/// A gauge's declaration. It serves `measure`, the panel, the chart and the test against theory.
pub struct GaugeDef {
    /// Its name on the command line: `election_ms`.
    pub id: &'static str,
    /// Its name for people: "until a leader is elected".
    pub label: &'static str,
    /// Its unit: "ms", or nothing.
    pub unit: &'static str,
    /// Makes one, for a run with these parameters.
    pub make: fn(&Params) -> Box<dyn Gauge>,
    /// What theory says of its mean over runs, under parameters for which it says something.
    pub theory: Option<fn(&Params) -> Option<f64>>,
    /// What runs must come to, within three standard errors.
    pub published: &'static [Published],
}

impl GaugeDef {
    /// A gauge of which theory says nothing.
    pub const fn new(
        id: &'static str,
        label: &'static str,
        unit: &'static str,
        make: fn(&Params) -> Box<dyn Gauge>,
    ) -> Self {
        GaugeDef { id, label, unit, make, theory: None, published: &[] }
    }

    /// What theory says under these settings. Theory is of protocols that are whole: with a rule left out it says
    /// nothing.
    pub fn expects(&self, params: &Params) -> Option<f64> {
        let whole = matches!(params.word(PARAM), "" | "none");
        self.theory.filter(|_| whole).and_then(|theory| theory(params))
    }

    /// With what theory says.
    #[must_use]
    pub const fn theory(mut self, theory: fn(&Params) -> Option<f64>) -> Self {
        self.theory = Some(theory);
        self
    }

    /// With what runs must come to.
    #[must_use]
    pub const fn published(mut self, published: &'static [Published]) -> Self {
        self.published = published;
        self
    }
}

/// A number read off the world at its moment: how many servers are up, what a node counts.
pub fn reading(read: impl Fn(&World) -> Option<f64> + Clone + 'static) -> Box<dyn Gauge> {
    Box::new(Reading(read))
}

/// How many messages were sent, copies included.
pub fn messages(_: &Params) -> Box<dyn Gauge> {
    reading(|w| Some(f64::from(w.messages())))
}

/// Gauges that add up what facts say.
#[derive(Clone)]
struct Sum<P> {
    pick: P,
    sum: f64,
    count: u32,
    how: How,
    wake: Wake,
}

impl<P> Sum<P> {
    fn of(how: How, wake: Wake, pick: P) -> Self {
        Sum { pick, sum: 0.0, count: 0, how, wake }
    }
}

#[derive(Clone, Copy)]
enum How {
    Sum,
    Mean,
    MeanMs,
    First,
    Last,
    Largest,
}

impl<P> Gauge for Sum<P>
where
    P: Fn(&Seen<'_>, &mut dyn FnMut(f64)) + Clone + 'static,
{
    fn after(&mut self, seen: &Seen<'_>) {
        let Sum { pick, sum, count, how, .. } = self;
        pick(seen, &mut |value| {
            match how {
                How::Sum | How::Mean | How::MeanMs => *sum += value,
                How::First if *count > 0 => {}
                How::Largest if *count > 0 => *sum = sum.max(value),
                How::First | How::Last | How::Largest => *sum = value,
            }
            *count += 1;
        });
    }

    fn wake(&self) -> Wake {
        self.wake
    }

    fn value(&self, _: &World) -> Option<f64> {
        match self.how {
            How::Sum => Some(self.sum),
            _ if self.count == 0 => None,
            How::Mean => Some(self.sum / f64::from(self.count)),
            How::MeanMs => Some(self.sum / 1_000.0 / f64::from(self.count)),
            How::First | How::Last | How::Largest => Some(self.sum),
        }
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

fn of_facts<F: Fact>(how: How, pick: impl Fn(&F) -> Option<f64> + Clone + 'static) -> Box<dyn Gauge> {
    let pick = move |seen: &Seen<'_>, add: &mut dyn FnMut(f64)| {
        for (_, fact) in seen.facts::<F>() {
            if let Some(value) = pick(fact) {
                add(value);
            }
        }
    };
    Box::new(Sum::of(how, Wake::News, pick))
}

/// The sum of what facts say; 0 before the first.
pub fn sum<F: Fact>(pick: impl Fn(&F) -> Option<f64> + Clone + 'static) -> Box<dyn Gauge> {
    of_facts(How::Sum, pick)
}

/// How many facts are so; 0 before the first.
pub fn count<F: Fact>(is: impl Fn(&F) -> bool + Clone + 'static) -> Box<dyn Gauge> {
    of_facts(How::Sum, move |f: &F| is(f).then_some(1.0))
}

/// The mean of what facts say.
pub fn mean<F: Fact>(pick: impl Fn(&F) -> Option<f64> + Clone + 'static) -> Box<dyn Gauge> {
    of_facts(How::Mean, pick)
}

/// The mean of the spans that facts say, in milliseconds. They are added up in whole microseconds.
pub fn mean_ms<F: Fact>(pick: impl Fn(&F) -> Option<Span> + Clone + 'static) -> Box<dyn Gauge> {
    of_facts(How::MeanMs, move |f: &F| pick(f).map(|span| span.0 as f64))
}

/// The first that a fact says.
pub fn first<F: Fact>(pick: impl Fn(&F) -> Option<f64> + Clone + 'static) -> Box<dyn Gauge> {
    of_facts(How::First, pick)
}

/// The newest that a fact says.
pub fn last<F: Fact>(pick: impl Fn(&F) -> Option<f64> + Clone + 'static) -> Box<dyn Gauge> {
    of_facts(How::Last, pick)
}

/// The largest that a fact says.
pub fn largest<F: Fact>(pick: impl Fn(&F) -> Option<f64> + Clone + 'static) -> Box<dyn Gauge> {
    of_facts(How::Largest, pick)
}

/// What facts say, sorted into drawers that are 1/128 of their value wide.
struct Quantile<F, P> {
    pick: P,
    per_mille: u32,
    drawers: BTreeMap<u32, u32>,
    count: u32,
    of: PhantomData<F>,
}

impl<F: Fact, P: Fn(&F) -> Option<f64> + Clone + 'static> Gauge for Quantile<F, P> {
    fn after(&mut self, seen: &Seen<'_>) {
        for (_, fact) in seen.facts::<F>() {
            if let Some(value) = (self.pick)(fact) {
                // The exponent and the first seven bits behind the point.
                let drawer = (value.max(0.0).to_bits() >> 45) as u32;
                *self.drawers.entry(drawer).or_default() += 1;
                self.count += 1;
            }
        }
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    /// The middle of the drawer in which the value of that rank lies.
    fn value(&self, _: &World) -> Option<f64> {
        let rank = (u64::from(self.count) * u64::from(self.per_mille)).div_ceil(1_000);
        let mut below = 0;
        let here = self.drawers.iter().find(|(_, n)| {
            below += u64::from(**n);
            below >= rank.max(1)
        });
        here.map(|(&drawer, _)| match drawer {
            0 => 0.0,
            _ => f64::from_bits(u64::from(drawer) << 45 | 1 << 44),
        })
    }

    fn weight(&self) -> usize {
        self.drawers.len() * 8
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(Quantile { pick: self.pick.clone(), drawers: self.drawers.clone(), ..*self })
    }
}

/// What `per_mille` of a thousand values stay below, to within a half per cent: 500 is the median. Values
/// are not negative.
pub fn quantile<F: Fact>(
    per_mille: u32,
    pick: impl Fn(&F) -> Option<f64> + Clone + 'static,
) -> Box<dyn Gauge> {
    Box::new(Quantile { pick, per_mille, drawers: BTreeMap::new(), count: 0, of: PhantomData })
}

/// When, in milliseconds of true time, a fact was so first.
pub fn first_ms<F: Fact>(is: impl Fn(&F) -> bool + Clone + 'static) -> Box<dyn Gauge> {
    let pick = move |seen: &Seen<'_>, add: &mut dyn FnMut(f64)| {
        if seen.facts::<F>().any(|(_, f)| is(f)) {
            add(seen.event.time.us() as f64 / 1_000.0);
        }
    };
    Box::new(Sum::of(How::First, Wake::News, pick))
}

/// How long, in milliseconds of true time, it takes from one fact to another about the same thing: the mean
/// over all that have ended. `begun` and `ended` read that thing off a fact.
pub fn mean_between_ms<F: Fact, K: Ord + Clone + 'static>(
    begun: fn(&F) -> Option<K>,
    ended: fn(&F) -> Option<K>,
) -> Box<dyn Gauge> {
    Box::new(Lasting::new(How::Mean, begun, ended))
}

/// The same: the longest, those counted that have not ended.
pub fn longest_between_ms<F: Fact, K: Ord + Clone + 'static>(
    begun: fn(&F) -> Option<K>,
    ended: fn(&F) -> Option<K>,
) -> Box<dyn Gauge> {
    Box::new(Lasting::new(How::Largest, begun, ended))
}

struct Lasting<F, K> {
    begun: fn(&F) -> Option<K>,
    ended: fn(&F) -> Option<K>,
    how: How,
    open: BTreeMap<K, SimTime>,
    sum_us: u64,
    largest_us: u64,
    count: u32,
}

impl<F, K: Clone> Clone for Lasting<F, K> {
    fn clone(&self) -> Self {
        Lasting { open: self.open.clone(), ..*self }
    }
}

impl<F, K> Lasting<F, K> {
    fn new(how: How, begun: fn(&F) -> Option<K>, ended: fn(&F) -> Option<K>) -> Self {
        Lasting { begun, ended, how, open: BTreeMap::new(), sum_us: 0, largest_us: 0, count: 0 }
    }
}

impl<F: Fact, K: Ord + Clone + 'static> Gauge for Lasting<F, K> {
    fn after(&mut self, seen: &Seen<'_>) {
        let now = seen.event.time;
        for (_, fact) in seen.facts::<F>() {
            if let Some(key) = (self.begun)(fact) {
                self.open.entry(key).or_insert(now);
            }
            if let Some(key) = (self.ended)(fact)
                && let Some(since) = self.open.remove(&key)
            {
                let us = now.us() - since.us();
                self.sum_us += us;
                self.largest_us = self.largest_us.max(us);
                self.count += 1;
            }
        }
    }

    fn value(&self, world: &World) -> Option<f64> {
        let us = match self.how {
            How::Mean if self.count == 0 => return None,
            How::Mean => self.sum_us as f64 / f64::from(self.count),
            _ => {
                let oldest = self.open.values().min();
                let open = oldest.map(|since| world.now().us() - since.us());
                if self.count == 0 && open.is_none() {
                    return None;
                }
                self.largest_us.max(open.unwrap_or(0)) as f64
            }
        };
        Some(us / 1_000.0)
    }

    fn weight(&self) -> usize {
        self.open.len() * size_of::<(K, SimTime)>()
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}

/// How many messages whose kind has one of these names were sent; copies that links made left out.
pub fn sent(kinds: &'static [&'static str]) -> Box<dyn Gauge> {
    let pick = move |seen: &Seen<'_>, add: &mut dyn FnMut(f64)| {
        for (_, kind) in seen.sent() {
            if kinds.contains(&kind.name) {
                add(1.0);
            }
        }
    };
    Box::new(Sum::of(How::Sum, Wake::Always, pick))
}

/// How many messages were lost, for whatever reason but being a second copy.
pub fn losses(_: &Params) -> Box<dyn Gauge> {
    let pick = |seen: &Seen<'_>, add: &mut dyn FnMut(f64)| {
        let lost = seen.event.kind == crate::sim::EventKind::Lost;
        if lost && seen.event.loss != crate::sim::Loss::Duplicate {
            add(1.0);
        }
    };
    Box::new(Sum::of(How::Sum, Wake::News, pick))
}

/// A parameter and its value from `nodes=5`.
pub fn setting(text: &str) -> Option<(&str, &str)> {
    text.split_once('=')
}

/// A parameter as a number of theory: whole numbers and switches.
pub fn number(params: &Params, id: &str) -> f64 {
    match params.0.get(id) {
        Some(Value::Int(i)) => *i as f64,
        Some(Value::Bool(b)) => f64::from(u8::from(*b)),
        _ => 0.0,
    }
}
