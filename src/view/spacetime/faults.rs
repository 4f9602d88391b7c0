//! What was done to the world, on the diagram: spans on lanes, bars below them, flags on the axis.
//!
//! The rule that is easy to break: a span lasts until the fault that ends it, of whatever kind. A
//! crash ends a pause; healing ends every partition and every cut.

use crate::sim::{EventId, Fault, NodeId, Trace};

/// Why a node does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// It has crashed.
    Crashed,
    /// It is paused.
    Paused,
}

/// A time in which a node does nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpanView {
    /// The node's lane.
    pub lane: u16,
    /// From when, in microseconds.
    pub from_us: u64,
    /// Until when; `u64::MAX`: it lasts.
    pub to_us: u64,
    /// Why.
    pub kind: SpanKind,
}

/// A time in which messages cannot pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// From when, in microseconds.
    pub from_us: u64,
    /// Until when; `u64::MAX`: it lasts.
    pub to_us: u64,
    /// `S1 S2 | S3 S4 S5`.
    pub label: String,
    /// A wall that comes and goes.
    pub flapping: bool,
}

/// Something done to the world at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    /// When, in microseconds.
    pub us: u64,
    /// Its event.
    pub event: EventId,
    /// To whom, if to one node.
    pub node: Option<NodeId>,
}

#[derive(Default)]
struct Collector {
    spans: Vec<SpanView>,
    // From when, until when, and the fault that raised it.
    bars: Vec<(u64, u64, usize)>,
    // Which span is open for a node, and which bar for a link: few at a time.
    down: Vec<(NodeId, usize)>,
    cut: Vec<((NodeId, NodeId), usize)>,
}

/// Spans, bars and flags that overlap the window. None is left out: what is nearer to its neighbour of
/// the same kind and place than `grain_us`, and shorter, becomes one with it.
pub fn collect(
    trace: &Trace,
    name: &dyn Fn(NodeId) -> String,
    (from_us, to_us, grain_us): (u64, u64, u64),
) -> (Vec<SpanView>, Vec<Bar>, Vec<Flag>) {
    let mut c = Collector::default();
    let mut flags: Vec<Flag> = Vec::new();
    for (i, (event, fault)) in trace.faults().iter().enumerate() {
        let at = trace.event(*event).time.us();
        if at > to_us {
            break;
        }
        c.take(at, i, fault);
        let flag = Flag { us: at, event: *event, node: fault.node() };
        let near = |f: &&Flag| f.us + grain_us > at;
        let mut hides = flags.iter().rev().take_while(near);
        if at >= from_us && !hides.any(|f| f.node == flag.node) {
            flags.push(flag);
        }
    }
    let (mut spans, mut bars) = (c.spans, c.bars);
    spans.retain(|s| s.to_us >= from_us);
    bars.retain(|b| b.1 >= from_us);
    (together(spans, grain_us), named(trace, &bars, name, grain_us), flags)
}

/// Spans of one lane and kind between which nobody could see a gap, as one.
fn together(spans: Vec<SpanView>, grain_us: u64) -> Vec<SpanView> {
    let mut out: Vec<SpanView> = Vec::with_capacity(spans.len().min(256));
    for s in spans {
        let before = out.iter_mut().rev().take(256).find(|b| b.lane == s.lane);
        match before {
            Some(b) if b.kind == s.kind && b.to_us.saturating_add(grain_us) > s.to_us => {
                b.to_us = b.to_us.max(s.to_us);
            }
            _ => out.push(s),
        }
    }
    out
}

/// Bars with their names; short ones that follow each other as one.
fn named(
    trace: &Trace,
    bars: &[(u64, u64, usize)],
    name: &dyn Fn(NodeId) -> String,
    grain_us: u64,
) -> Vec<Bar> {
    let mut out: Vec<Bar> = Vec::new();
    for &(from_us, to_us, fault) in bars {
        if let Some(last) = out.last_mut()
            && last.to_us.saturating_add(grain_us) > to_us
            && to_us - from_us < grain_us
        {
            last.to_us = last.to_us.max(to_us);
            continue;
        }
        let (label, flapping) = label(&trace.faults()[fault].1, name);
        out.push(Bar { from_us, to_us, label, flapping });
    }
    out
}

/// What a bar is called, and whether the wall comes and goes.
fn label(fault: &Fault, name: &dyn Fn(NodeId) -> String) -> (String, bool) {
    match fault {
        Fault::Partition(p) => {
            let side = |g: &Vec<NodeId>| {
                let few: Vec<_> = g.iter().take(6).map(|n| name(*n)).collect();
                few.join(" ") + if g.len() > 6 { " ..." } else { "" }
            };
            let sides: Vec<_> = p.groups.iter().map(side).collect();
            let between = if p.one_way { " \u{21e5} " } else { " | " };
            (sides.join(between), p.up_us > 0)
        }
        Fault::Link { from, to, .. } => (format!("cut {} \u{2192} {}", name(*from), name(*to)), false),
        _ => (String::new(), false),
    }
}

impl Collector {
    fn take(&mut self, at: u64, number: usize, fault: &Fault) {
        match fault {
            Fault::Crash { node, .. } => self.fall(at, *node, SpanKind::Crashed),
            Fault::Pause { node } => self.fall(at, *node, SpanKind::Paused),
            Fault::Recover { node } | Fault::Resume { node } => self.rise(at, *node),
            Fault::Partition(_) => self.bars.push((at, u64::MAX, number)),
            Fault::Link { from, to, set } => {
                let open = self.cut.iter().position(|(l, _)| *l == (*from, *to));
                match (set.cut, open) {
                    (Some(true), None) => {
                        self.cut.push(((*from, *to), self.bars.len()));
                        self.bars.push((at, u64::MAX, number));
                    }
                    (Some(false), Some(i)) => {
                        let (_, bar) = self.cut.swap_remove(i);
                        self.bars[bar].1 = at;
                    }
                    _ => {}
                }
            }
            Fault::Heal => {
                self.cut.clear();
                let open = self.bars.iter_mut().filter(|b| b.1 == u64::MAX);
                open.for_each(|b| b.1 = at);
            }
            _ => {}
        }
    }

    fn fall(&mut self, at: u64, node: NodeId, kind: SpanKind) {
        self.rise(at, node);
        self.down.push((node, self.spans.len()));
        self.spans.push(SpanView { lane: node.0, from_us: at, to_us: u64::MAX, kind });
    }

    fn rise(&mut self, at: u64, node: NodeId) {
        if let Some(i) = self.down.iter().position(|(n, _)| *n == node) {
            let (_, span) = self.down.swap_remove(i);
            self.spans[span].to_us = at;
        }
    }
}
