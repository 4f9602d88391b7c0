//! The epochs (terms, ballots, views) of a window, as bands: the protocol itself says when one begins
//! and what it is called.
//!
//! The rule that is easy to break: a run may have thousands of epochs, and a window a thousand pixels.
//! Those too short to be seen one by one become one band that names the first and the last of them.

use crate::sim::Trace;
use std::rc::Rc;

/// A term, ballot or view, or some that were too short to be shown one by one.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// When it began.
    pub from_us: u64,
    /// When the next one did; `u64::MAX` for the last.
    pub to_us: u64,
    /// Its number; of several, the first's.
    pub number: u64,
    /// The number of the last of several; otherwise the same number.
    pub last: u64,
    /// Its name; of several, the names of the first and the last.
    pub label: Rc<str>,
}

/// The epochs that overlap `from_us..=to_us`. An epoch begins when its number is first declared, and
/// ends when a higher one is; the last name that was given to it stands. Neighbours shorter than
/// `grain_us` become one.
pub fn bands(trace: &Trace, (from_us, to_us, grain_us): (u64, u64, u64)) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    let mut open: Option<Band> = None;
    for mark in trace.epochs() {
        match &mut open {
            Some(band) if band.number == mark.number => {
                band.label = mark.label.clone();
                continue;
            }
            Some(band) if band.number > mark.number => continue,
            _ => {}
        }
        let at = trace.event(mark.event).time.us();
        if let Some(mut band) = open.take() {
            band.to_us = at;
            if at >= from_us {
                add(&mut bands, band, grain_us);
            }
        }
        if at > to_us {
            return bands;
        }
        open = Some(Band {
            from_us: at,
            to_us: u64::MAX,
            number: mark.number,
            last: mark.number,
            label: mark.label.clone(),
        });
    }
    bands.extend(open);
    bands
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
