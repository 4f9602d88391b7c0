//! Everything that can be set on a link, a node and the timing model, as rows of an editor.
//!
//! The rule that is easy to break: a row shows a value in a reader's unit and gives back a
//! [`Fault`] in the engine's. The engine alone judges it; nothing is silently brought into range.

use crate::sim::fault::NodePatch;
use crate::sim::world::NodeConfig;
use crate::sim::{Delay, Fault, Link, LinkPatch, NodeId, Timing, decimal};

/// How a slider's travel maps to values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// By factors, from this smallest value that is not zero; the slider's left end is `min`.
    Log(f64),
}

/// One row of an editor: a slider and a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row<K> {
    /// Which setting.
    pub key: K,
    /// Its name.
    pub label: &'static str,
    /// The unit of `value`.
    pub unit: &'static str,
    /// What it is now.
    pub value: f64,
    /// The slider's left end.
    pub min: f64,
    /// The slider's right end; a larger number can be typed.
    pub max: f64,
    /// The slider's travel.
    pub scale: Scale,
    /// What zero means, if it means more than nothing.
    pub zero: &'static str,
}

/// The travel of every slider, in steps.
pub const TRAVEL: f64 = 200.0;

impl<K> Row<K> {
    fn new(key: K, label: &'static str, unit: &'static str, value: f64, max: f64) -> Self {
        Row { key, label, unit, value, min: 0.0, max, scale: Scale::Linear, zero: "" }
    }

    fn log(mut self, least: f64) -> Self {
        self.scale = Scale::Log(least);
        self
    }

    fn from(mut self, min: f64) -> Self {
        self.min = min;
        self
    }

    fn zero(mut self, zero: &'static str) -> Self {
        self.zero = zero;
        self
    }

    /// This row without its key.
    pub fn plain(self) -> Row<()> {
        Row {
            key: (),
            label: self.label,
            unit: self.unit,
            value: self.value,
            min: self.min,
            max: self.max,
            scale: self.scale,
            zero: self.zero,
        }
    }

    /// Where `value` lies on the slider, 0 to [`TRAVEL`].
    pub fn place(&self, value: f64) -> f64 {
        let part = match self.scale {
            Scale::Linear => (value - self.min) / (self.max - self.min),
            Scale::Log(least) if value < least => 0.0,
            Scale::Log(least) => {
                // One step is kept at the left for the value below the smallest: zero.
                let p = libm::log(value / least) / libm::log(self.max / least);
                (1.0 + p * (TRAVEL - 1.0)) / TRAVEL
            }
        };
        libm::round(part.clamp(0.0, 1.0) * TRAVEL)
    }

    /// The value at a place of the slider, rounded to two significant digits.
    pub fn at(&self, place: f64) -> f64 {
        let v = match self.scale {
            Scale::Linear => self.min + place / TRAVEL * (self.max - self.min),
            Scale::Log(_) if place < 1.0 => return self.min,
            Scale::Log(least) => least * libm::pow(self.max / least, (place - 1.0) / (TRAVEL - 1.0)),
        };
        significant(v, if self.scale == Scale::Linear { 3 } else { 2 })
    }
}

fn significant(v: f64, digits: i32) -> f64 {
    if v == 0.0 {
        return 0.0;
    }
    let power = f64::from(digits - 1) - libm::floor(libm::log10(v.abs()));
    let unit = libm::pow(10.0, power);
    libm::round(v * unit) / unit
}

/// A value with as few digits as it needs: at most four decimals.
pub fn number_text(v: f64) -> String {
    decimal::shortest(v, 4)
}

fn ms(us: u64) -> f64 {
    us as f64 / 1_000.0
}

fn us(ms: f64) -> u64 {
    // A float below the range becomes zero, one above it the largest: the engine refuses that.
    libm::round(ms * 1_000.0) as u64
}

fn percent(ppm: u32) -> f64 {
    f64::from(ppm) / 10_000.0
}

fn ppm(percent: f64) -> u32 {
    libm::round(percent * 10_000.0) as u32
}

/// A number on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKey {
    /// The first number of the delay's distribution.
    DelayA,
    /// The second.
    DelayB,
    /// Chance of loss.
    Loss,
    /// Chance of a second copy.
    Duplicate,
    /// Chance of flipped bits.
    Corrupt,
    /// Chance of being set aside.
    Reorder,
    /// How long it is set aside.
    ReorderBy,
    /// Bytes a second.
    Bandwidth,
    /// Bytes that wait.
    Buffer,
    /// The largest fragment.
    Mtu,
    /// Layer: send again.
    Retransmit,
}

/// The numbers of a link, in the order of the editor.
pub fn link_rows(link: &Link) -> Vec<Row<LinkKey>> {
    use LinkKey::*;
    let time = |key, label, us| Row::new(key, label, "ms", ms(us), 2_000.0).log(0.1);
    let chance = |key, label, p| Row::new(key, label, "%", percent(p), 100.0).log(0.01);
    let mut rows = match link.delay {
        Delay::Constant { us } => vec![time(DelayA, "Delay", us)],
        Delay::Uniform { min_us, max_us } => {
            vec![time(DelayA, "Shortest", min_us), time(DelayB, "Longest", max_us)]
        }
        Delay::Normal { mean_us, sd_us } => {
            vec![time(DelayA, "Mean", mean_us), time(DelayB, "Spread", sd_us)]
        }
        Delay::Exponential { min_us, mean_us } => {
            vec![time(DelayA, "Shortest", min_us), time(DelayB, "Tail, mean", mean_us)]
        }
        Delay::HeavyTailed { min_us, shape_milli } => {
            let shape = f64::from(shape_milli) / 1_000.0;
            let row = Row::new(DelayB, "Shape", "", shape, 10.0).from(0.1);
            vec![time(DelayA, "Shortest", min_us), row.log(0.1)]
        }
    };
    let rate = link.bandwidth_bytes_s as f64 / 1_000.0;
    let buffer = link.buffer_bytes as f64 / 1_000.0;
    rows.extend([
        chance(Loss, "Loss", link.loss_ppm),
        chance(Duplicate, "Duplicate", link.duplicate_ppm),
        chance(Reorder, "Reorder", link.reorder_ppm),
        time(ReorderBy, "Held back by", link.reorder_us),
        chance(Corrupt, "Corrupt", link.corrupt_ppm),
        Row::new(Bandwidth, "Bandwidth", "kB/s", rate, 100_000.0).log(0.1).zero("no limit"),
        Row::new(Buffer, "Buffer", "kB", buffer, 10_000.0).log(0.1).zero("no limit"),
        Row::new(Mtu, "MTU", "bytes", f64::from(link.mtu_bytes), 9_000.0).log(16.0).zero("no limit"),
    ]);
    rows
}

/// Whether a link's first view leaves it out: all but its delay and its losses.
pub fn is_rest(key: LinkKey) -> bool {
    !matches!(key, LinkKey::DelayA | LinkKey::DelayB | LinkKey::Loss)
}

/// The retransmission layer's interval.
pub fn retransmit_row(link: &Link) -> Row<LinkKey> {
    let every = ms(link.layers.retransmit_us);
    Row::new(LinkKey::Retransmit, "Resend every", "ms", every, 2_000.0).log(1.0).zero("off")
}

/// `link` with one number changed, as a patch.
pub fn link_patch(link: &Link, key: LinkKey, value: f64) -> LinkPatch {
    let mut p = LinkPatch::default();
    match key {
        LinkKey::DelayA => p.delay = Some(delay_with(link.delay, true, value)),
        LinkKey::DelayB => p.delay = Some(delay_with(link.delay, false, value)),
        LinkKey::Loss => p.loss_ppm = Some(ppm(value)),
        LinkKey::Duplicate => p.duplicate_ppm = Some(ppm(value)),
        LinkKey::Corrupt => p.corrupt_ppm = Some(ppm(value)),
        LinkKey::Reorder => p.reorder_ppm = Some(ppm(value)),
        LinkKey::ReorderBy => p.reorder_us = Some(us(value)),
        LinkKey::Bandwidth => p.bandwidth_bytes_s = Some(us(value)),
        LinkKey::Buffer => p.buffer_bytes = Some(us(value)),
        LinkKey::Mtu => p.mtu_bytes = Some(value as u32),
        LinkKey::Retransmit => {
            let mut layers = link.layers;
            layers.retransmit_us = us(value);
            p.layers = Some(layers);
        }
    }
    p
}

fn delay_with(delay: Delay, first: bool, value: f64) -> Delay {
    let t = us(value);
    match (delay, first) {
        (Delay::Constant { .. }, _) => Delay::Constant { us: t },
        // The two ends push each other: a slider never produces an empty range.
        (Delay::Uniform { max_us, .. }, true) => Delay::Uniform { min_us: t, max_us: max_us.max(t) },
        (Delay::Uniform { min_us, .. }, false) => Delay::Uniform { min_us: min_us.min(t), max_us: t },
        (Delay::Normal { sd_us, .. }, true) => Delay::Normal { mean_us: t, sd_us },
        (Delay::Normal { mean_us, .. }, false) => Delay::Normal { mean_us, sd_us: t },
        (Delay::Exponential { mean_us, .. }, true) => Delay::Exponential { min_us: t, mean_us },
        (Delay::Exponential { min_us, .. }, false) => Delay::Exponential { min_us, mean_us: t },
        (Delay::HeavyTailed { shape_milli, .. }, true) => Delay::HeavyTailed { min_us: t, shape_milli },
        (Delay::HeavyTailed { min_us, .. }, false) => Delay::HeavyTailed { min_us, shape_milli: t as u32 },
    }
}

/// The five distributions, by name; each keeps the typical delay of the one before.
pub fn delay_kinds(now: Delay) -> [Delay; 5] {
    let typical = now.typical_us().max(1);
    let kinds = [
        Delay::Constant { us: typical },
        Delay::Uniform { min_us: typical * 2 / 3, max_us: typical * 4 / 3 },
        Delay::Normal { mean_us: typical, sd_us: typical / 4 },
        Delay::Exponential { min_us: typical / 2, mean_us: typical - typical / 2 },
        Delay::HeavyTailed { min_us: (typical / 2).max(1), shape_milli: 2_000 },
    ];
    kinds.map(|k| if k.name() == now.name() { now } else { k })
}

/// A number on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKey {
    /// How fast its clock runs.
    Drift,
    /// Work on each input.
    Service,
    /// A forced write.
    Sync,
    /// Chance that it forgets to send.
    SendOmission,
    /// Chance that it does not receive.
    ReceiveOmission,
    /// A timing failure.
    Late,
}

/// The numbers of a node, in the order of the editor.
pub fn node_rows(c: &NodeConfig) -> Vec<Row<NodeKey>> {
    use NodeKey::*;
    let time = |key, label, us| Row::new(key, label, "ms", ms(us), 1_000.0).log(0.01);
    let chance = |key, label, p| Row::new(key, label, "%", percent(p), 100.0).log(0.01);
    let drift = f64::from(c.drift_ppm) / 10_000.0;
    vec![
        Row::new(Drift, "Clock drift", "%", drift, 20.0).from(-20.0),
        time(Service, "Work each", c.service_us),
        time(Sync, "Disk write", c.sync_us),
        chance(SendOmission, "Omits sends", c.send_omission_ppm),
        chance(ReceiveOmission, "Omits receipts", c.receive_omission_ppm),
        time(Late, "Late by", c.late_us),
    ]
}

/// One number of a node changed, as a fault.
pub fn node_fault(node: NodeId, key: NodeKey, value: f64) -> Fault {
    let mut set = NodePatch::default();
    match key {
        NodeKey::Drift => set.drift_ppm = Some(libm::round(value * 10_000.0) as i32),
        NodeKey::Service => set.service_us = Some(us(value)),
        NodeKey::Sync => set.sync_us = Some(us(value)),
        NodeKey::SendOmission => set.send_omission_ppm = Some(ppm(value)),
        NodeKey::ReceiveOmission => set.receive_omission_ppm = Some(ppm(value)),
        NodeKey::Late => set.late_us = Some(us(value)),
    }
    Fault::Node { node, set }
}

/// The six timing models, by name; the one in force as it is, the others with usual bounds.
pub fn timing_kinds(now: Timing) -> [Timing; 6] {
    let kinds = [
        Timing::Synchronous { delay_us: 50_000, step_us: 10_000, drift_ppm: 10_000 },
        Timing::UnknownBound { at_most_us: 200_000 },
        Timing::Gst { gst_us: 5_000_000, delay_us: 50_000 },
        Timing::Alternating { good_us: 3_000_000, bad_us: 1_000_000, delay_us: 50_000 },
        Timing::Asynchronous,
        Timing::BoundedAsync { delay_us: 50_000 },
    ];
    kinds.map(|k| if k.name() == now.name() { now } else { k })
}

/// The numbers of a timing model; the key is the place in [`timing_with`].
pub fn timing_rows(t: Timing) -> Vec<Row<usize>> {
    let time = |key, label, us| Row::new(key, label, "ms", ms(us), 60_000.0).log(0.1);
    match t {
        Timing::Synchronous { delay_us, step_us, drift_ppm } => vec![
            time(0, "Delivery within", delay_us),
            time(1, "A step within", step_us),
            Row::new(2, "Clock drift up to", "%", percent(drift_ppm), 20.0),
        ],
        Timing::UnknownBound { at_most_us } => vec![time(0, "Bound at most", at_most_us)],
        Timing::Gst { gst_us, delay_us } => {
            vec![time(0, "GST at", gst_us), time(1, "Then within", delay_us)]
        }
        Timing::Alternating { good_us, bad_us, delay_us } => vec![
            time(0, "Good period", good_us),
            time(1, "Bad period", bad_us),
            time(2, "Bound when good", delay_us),
        ],
        Timing::Asynchronous => vec![],
        Timing::BoundedAsync { delay_us } => vec![time(0, "Delivery within", delay_us)],
    }
}

/// `t` with its number `key` changed.
pub fn timing_with(mut t: Timing, key: usize, value: f64) -> Timing {
    match (&mut t, key) {
        (Timing::Synchronous { delay_us, .. }, 0) => *delay_us = us(value),
        (Timing::Synchronous { step_us, .. }, 1) => *step_us = us(value),
        (Timing::Synchronous { drift_ppm, .. }, _) => *drift_ppm = ppm(value),
        (Timing::UnknownBound { at_most_us }, _) => *at_most_us = us(value),
        (Timing::Gst { gst_us, .. }, 0) => *gst_us = us(value),
        (Timing::Gst { delay_us, .. }, _) => *delay_us = us(value),
        (Timing::Alternating { good_us, .. }, 0) => *good_us = us(value),
        (Timing::Alternating { bad_us, .. }, 1) => *bad_us = us(value),
        (Timing::Alternating { delay_us, .. }, _) => *delay_us = us(value),
        (Timing::Asynchronous, _) => {}
        (Timing::BoundedAsync { delay_us }, _) => *delay_us = us(value),
    }
    t
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_set_by_its_own_row_comes_back_the_same() {
        let link = Link::default();
        for delay in delay_kinds(Delay::Constant { us: 12_000 }) {
            let link = Link { delay, ..link.clone() };
            for row in link_rows(&link) {
                assert_eq!(link_patch(&link, row.key, row.value).on(&link), link, "{row:?}");
            }
        }
        for t in timing_kinds(Timing::Asynchronous) {
            for row in timing_rows(t) {
                assert_eq!(timing_with(t, row.key, row.value), t);
            }
        }
    }

    #[test]
    fn every_timing_model_offered_is_accepted() {
        for t in timing_kinds(Timing::Asynchronous) {
            assert_eq!(t.check(), Ok(()));
        }
        for d in delay_kinds(Delay::default()) {
            assert_eq!(d.check(), Ok(()));
        }
    }

    #[test]
    fn a_slider_goes_from_end_to_end_and_keeps_its_place() {
        for row in link_rows(&Link::default()) {
            assert_eq!((row.at(0.0), row.at(TRAVEL)), (row.min, row.max));
            for place in [0.0, 1.0, 50.0, 120.0, TRAVEL] {
                assert!((row.place(row.at(place)) - place).abs() <= 2.0, "{row:?} {place}");
            }
        }
        assert_eq!(number_text(2.0), "2");
        assert_eq!(number_text(0.05), "0.05");
    }
}
