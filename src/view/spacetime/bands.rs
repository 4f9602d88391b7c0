//! The epochs (terms, ballots, views) of a window, as bands: the protocol itself says when one begins
//! and what it is called.
//!
//! The rule that is easy to break: a run may have thousands of epochs, and a window a thousand pixels.
//! Those too short to be seen one by one become one band that names the first and the last of them.

use crate::sim::{EventId, Fault, NodeId, Trace};
use std::rc::Rc;

/// A term, ballot or view, or some that were too short to be shown one by one.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// When it began.
    pub from_us: u64,
    /// When the next one did, or the node crashed that had declared it; `u64::MAX` if neither has.
    pub to_us: u64,
    /// Its number; of several, the first's.
    pub number: u64,
    /// The number of the last of several; otherwise the same number.
    pub last: u64,
    /// Its name; of several, the names of the first and the last.
    pub label: Rc<str>,
}

/// The epochs that overlap `from_us..=to_us`. An epoch begins when its number is first declared, and
/// ends when a higher one is, or when the node crashes that declared it; the last name that was given to it stands. Neighbours shorter than
/// `grain_us` become one.
pub fn bands(trace: &Trace, (from_us, to_us, grain_us): (u64, u64, u64)) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    // With the node that declared it last.
    let mut open: Option<(Band, (NodeId, EventId))> = None;
    for mark in trace.epochs() {
        match &mut open {
            Some((band, by)) if band.number == mark.number => {
                (band.label, *by) = (mark.label.clone(), (mark.node, mark.event));
                continue;
            }
            Some((band, _)) if band.number > mark.number => continue,
            _ => {}
        }
        let at = trace.event(mark.event).time.us();
        if let Some((mut band, by)) = open.take() {
            band.to_us = crash_of(trace, by, at);
            if band.to_us >= from_us {
                add(&mut bands, band, grain_us);
            }
        }
        if at > to_us {
            return bands;
        }
        let (number, label) = (mark.number, mark.label.clone());
        open = Some((
            Band { from_us: at, to_us: u64::MAX, number, last: number, label },
            (mark.node, mark.event),
        ));
    }
    if let Some((mut band, by)) = open {
        band.to_us = crash_of(trace, by, u64::MAX);
        if band.to_us >= from_us {
            bands.push(band);
        }
    }
    bands
}

/// When `node` crashed first between the event in which it declared the epoch and `end_us`; `end_us` if it did not.
fn crash_of(trace: &Trace, (node, declared): (NodeId, EventId), end_us: u64) -> u64 {
    let faults = trace.faults();
    let later = faults.iter().skip(faults.partition_point(|(event, _)| *event < declared));
    let timed = later.map(|(event, fault)| (trace.event(*event).time.us(), fault));
    let mut until = timed.take_while(|(us, _)| *us <= end_us);
    until.find(|(_, f)| matches!(f, Fault::Crash { node: n, .. } if *n == node)).map_or(end_us, |(us, _)| us)
}

/// Adds a band, or lets the one before it grow if both are too short to be told apart.
fn add(bands: &mut Vec<Band>, band: Band, grain_us: u64) {
    let short = |b: &Band| b.to_us - b.from_us < grain_us;
    match bands.last_mut() {
        Some(before) if short(&band) && (short(before) || before.last > before.number) => {
            let first = before.label.split(" \u{2026} ").next().unwrap_or_default();
            before.label = format!("{first} \u{2026} {}", band.label).into();
            (before.to_us, before.last) = (band.to_us, band.number);
        }
        _ => bands.push(band),
    }
}
