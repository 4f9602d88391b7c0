//! Gauges: numbers that are read off a run while it goes on, and the curve each has drawn so far.
//!
//! The rule that is easy to break: a gauge watches like a promise. It is cloned with every checkpoint,
//! comes to the same number after a rewind, and keeps no clock of its own. What a run has not yielded
//! yet is `None`, never zero.

use super::seen::{Seen, Wake};
use crate::sim::chunks::Chunks;
use crate::sim::{SimTime, World};
use std::rc::Rc;

/// A number that a run yields.
pub trait Gauge {
    /// Called after each event that it wants to be shown. Must be quick when nothing of interest has
    /// happened.
    fn after(&mut self, seen: &Seen<'_>);

    /// Which events it wants to be shown.
    fn wake(&self) -> Wake {
        Wake::Always
    }

    /// What it shows now, if the run has yielded it.
    fn value(&self, world: &World) -> Option<f64>;

    /// The bytes that a copy takes, roughly: only what grows with the run counts.
    fn weight(&self) -> usize {
        0
    }

    /// A copy with the same future.
    fn clone_box(&self) -> Box<dyn Gauge>;
}

impl Clone for Box<dyn Gauge> {
    fn clone(&self) -> Self {
        self.clone_box()
    }
}

/// A point of a curve: the time, and what the gauge showed.
pub type Point = (SimTime, f64);

/// A gauge at work, and its name.
#[derive(Clone)]
pub struct Live {
    id: &'static str,
    gauge: Box<dyn Gauge>,
}

/// The points of a curve, in small chunks: every checkpoint copies the last one, of every gauge.
type Curve = Chunks<Point, 4>;

/// How many points a curve has before every second one is given up.
const POINTS: usize = 256;
/// How far points lie apart at first, in microseconds.
const APART_US: u64 = 1_000;

/// All gauges of a run, watching it together.
#[derive(Clone)]
pub struct Gauges {
    live: Vec<Live>,
    // The curve that each has drawn. Points are few, so most checkpoints share them.
    curves: Rc<Vec<Curve>>,
    // Which of them want every event, by their place.
    restless: Vec<usize>,
    apart_us: u64,
    next: SimTime,
    taken: usize,
}

impl Default for Gauges {
    fn default() -> Self {
        Gauges::new(Vec::new())
    }
}

impl Gauges {
    /// These gauges, by name.
    pub fn new(gauges: Vec<(&'static str, Box<dyn Gauge>)>) -> Self {
        let live = |(id, gauge)| Live { id, gauge };
        let restless = |(i, g): (usize, &(&str, Box<dyn Gauge>))| (g.1.wake() == Wake::Always).then_some(i);
        Gauges {
            curves: Rc::new(vec![Curve::default(); gauges.len()]),
            restless: gauges.iter().enumerate().filter_map(restless).collect(),
            live: gauges.into_iter().map(live).collect(),
            apart_us: APART_US,
            next: SimTime::ZERO,
            taken: 0,
        }
    }

    /// Called after each event.
    pub fn after(&mut self, seen: &Seen<'_>) {
        if seen.is_news() {
            for live in &mut self.live {
                live.gauge.after(seen);
            }
        } else {
            for &i in &self.restless {
                self.live[i].gauge.after(seen);
            }
        }
        if seen.event.time >= self.next && !self.live.is_empty() {
            self.take(seen.world);
        }
    }

    /// Adds a point to each curve.
    #[cold]
    fn take(&mut self, world: &World) {
        if self.taken == POINTS {
            self.taken = 0;
            self.apart_us *= 2;
            for curve in Rc::make_mut(&mut self.curves) {
                *curve = thinned(curve, SimTime(self.apart_us));
            }
            self.taken = POINTS / 2;
        }
        let curves = Rc::make_mut(&mut self.curves);
        for (live, curve) in self.live.iter().zip(curves) {
            if let Some(value) = live.gauge.value(world) {
                curve.push((world.now(), value));
            }
        }
        self.taken += 1;
        let us = world.now().us();
        self.next = SimTime(us - us % self.apart_us + self.apart_us);
    }

    /// What each shows now, in order: name and value.
    pub fn values<'a>(&'a self, world: &'a World) -> impl Iterator<Item = (&'static str, Option<f64>)> + 'a {
        self.live.iter().map(|l| (l.id, l.gauge.value(world)))
    }

    /// The curve of the gauge called `id`, up to now.
    pub fn curve(&self, id: &str) -> Vec<Point> {
        let found = self.live.iter().position(|l| l.id == id);
        let points = found.map(|i| self.curves[i].iter_from(0).copied());
        points.map_or_else(Vec::new, Iterator::collect)
    }

    /// The bytes that a copy takes, roughly.
    pub fn weight(&self) -> usize {
        let one = |l: &Live| 64 + l.gauge.weight();
        let curves: usize = self.curves.iter().map(Curve::weight).sum();
        // Every second checkpoint or so has curves of its own.
        self.live.iter().map(one).sum::<usize>() + curves / 2
    }
}

/// One point of each stretch of `apart`.
fn thinned(curve: &Curve, apart: SimTime) -> Curve {
    let mut kept = Curve::default();
    let mut stretch = u64::MAX;
    for &point in curve.iter_from(0) {
        let here = point.0.us() / apart.us();
        if here != stretch {
            stretch = here;
            kept.push(point);
        }
    }
    kept
}

/// A gauge that is read off the world, and need not watch.
#[derive(Clone)]
pub struct Reading<R>(pub R);

impl<R: Fn(&World) -> Option<f64> + Clone + 'static> Gauge for Reading<R> {
    fn after(&mut self, _: &Seen<'_>) {}

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn value(&self, world: &World) -> Option<f64> {
        (self.0)(world)
    }

    fn clone_box(&self) -> Box<dyn Gauge> {
        Box::new(self.clone())
    }
}
