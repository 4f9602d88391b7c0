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

/// The most things of each kind in a window: more would be a wall of text.
const MOST: usize = 200;

#[derive(Default)]
struct Collector {
    spans: Vec<SpanView>,
    bars: Vec<Bar>,
    // Which span is open for a node, and which bar for a link: few at a time.
    down: Vec<(NodeId, usize)>,
    cut: Vec<((NodeId, NodeId), usize)>,
}

/// Spans, bars and flags that overlap the window.
pub fn collect(
    trace: &Trace,
    name: &dyn Fn(NodeId) -> String,
    from_us: u64,
    to_us: u64,
) -> (Vec<SpanView>, Vec<Bar>, Vec<Flag>) {
    let mut c = Collector::default();
    let mut flags = Vec::new();
    for (event, fault) in trace.faults() {
        let at = trace.event(*event).time.us();
        if at > to_us {
            break;
        }
        c.take(at, fault, name);
        if at >= from_us && flags.len() < MOST {
            flags.push(Flag {
                us: at,
                event: *event,
                node: target(fault),
            });
        }
    }
    let (mut spans, mut bars) = (c.spans, c.bars);
    spans.retain(|s| s.to_us >= from_us);
    bars.retain(|b| b.to_us >= from_us);
    spans.truncate(MOST);
    bars.truncate(MOST);
    (spans, bars, flags)
}

impl Collector {
    fn take(&mut self, at: u64, fault: &Fault, name: &dyn Fn(NodeId) -> String) {
        match fault {
            Fault::Crash { node, .. } => self.fall(at, *node, SpanKind::Crashed),
            Fault::Pause { node } => self.fall(at, *node, SpanKind::Paused),
            Fault::Recover { node } | Fault::Resume { node } => self.rise(at, *node),
            Fault::Partition(p) => {
                let side = |g: &Vec<NodeId>| {
                    let few: Vec<_> = g.iter().take(6).map(|n| name(*n)).collect();
                    few.join(" ") + if g.len() > 6 { " ..." } else { "" }
                };
                let sides: Vec<_> = p.groups.iter().map(side).collect();
                let between = if p.one_way { " \u{21e5} " } else { " | " };
                self.bars.push(Bar {
                    from_us: at,
                    to_us: u64::MAX,
                    label: sides.join(between),
                    flapping: p.up_us > 0,
                });
            }
            Fault::Link { from, to, set } => {
                let open = self.cut.iter().position(|(l, _)| *l == (*from, *to));
                match (set.cut, open) {
                    (Some(true), None) => {
                        self.cut.push(((*from, *to), self.bars.len()));
                        self.bars.push(Bar {
                            from_us: at,
                            to_us: u64::MAX,
                            label: format!("cut {} \u{2192} {}", name(*from), name(*to)),
                            flapping: false,
                        });
                    }
                    (Some(false), Some(i)) => {
                        let (_, bar) = self.cut.swap_remove(i);
                        self.bars[bar].to_us = at;
                    }
                    _ => {}
                }
            }
            Fault::Heal => {
                self.cut.clear();
                let open = self.bars.iter_mut().filter(|b| b.to_us == u64::MAX);
                open.for_each(|b| b.to_us = at);
            }
            _ => {}
        }
    }

    fn fall(&mut self, at: u64, node: NodeId, kind: SpanKind) {
        self.rise(at, node);
        self.down.push((node, self.spans.len()));
        self.spans.push(SpanView {
            lane: node.0,
            from_us: at,
            to_us: u64::MAX,
            kind,
        });
    }

    fn rise(&mut self, at: u64, node: NodeId) {
        if let Some(i) = self.down.iter().position(|(n, _)| *n == node) {
            let (_, span) = self.down.swap_remove(i);
            self.spans[span].to_us = at;
        }
    }
}

/// The one node that a fault strikes, if it is one.
fn target(fault: &Fault) -> Option<NodeId> {
    match fault {
        Fault::Crash { node, .. }
        | Fault::Recover { node }
        | Fault::Pause { node }
        | Fault::Resume { node }
        | Fault::Node { node, .. }
        | Fault::ClockJump { node, .. }
        | Fault::Byzantine { node, .. }
        | Fault::Request { node, .. } => Some(*node),
        _ => None,
    }
}
