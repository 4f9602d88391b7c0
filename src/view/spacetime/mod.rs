//! The space-time diagram of a stretch of a run: lanes, events, arrows, spans, bands and bars, as
//! plain data.
//!
//! The rule that is easy to break: a window is found by binary search and holds a bounded number of
//! things, however long the run and however wide the window. A window that is too full for single
//! events ([`crowded`]) shows sums instead ([`dense`]), on the page and in pictures, and no loss, crash
//! or epoch is left out. Whoever asks for single events of a crowded window gets one in so many.

pub mod bands;
pub mod camera;
pub mod density;
pub mod faults;
#[cfg(test)]
mod tests;

pub use bands::Band;
pub use camera::{Camera, Grid};
pub use density::{Bars, Cell, Columns, Index};
pub use faults::{Bar, Flag, SpanKind, SpanView};

use crate::sim::world::InFlight;
use crate::sim::{Event, EventId, EventKind, Loss, Mark, MsgId, NodeId, SimTime, Tone, Trace};
use crate::view::Selection;

/// An event on its lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// Which.
    pub event: EventId,
    /// Where it happened.
    pub lane: u16,
    /// When.
    pub us: u64,
    /// What kind of thing.
    pub kind: EventKind,
}

/// A message, from the event in which it was sent to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrow {
    /// Which.
    pub msg: MsgId,
    /// The event in which it was sent.
    pub sent: EventId,
    /// The event that ended its way; [`EventId::NONE`] while it is in flight.
    pub fate: EventId,
    /// The sender's lane.
    pub from: u16,
    /// The receiver's lane.
    pub to: u16,
    /// When it was sent.
    pub from_us: u64,
    /// When it ended, or would end.
    pub to_us: u64,
    /// How far it came: 1 to the receiver.
    pub reach: f64,
    /// Why it was lost, or [`Loss::None`].
    pub loss: Loss,
    /// Its colour.
    pub tone: Tone,
    /// A copy, corrupted, a lie.
    pub mark: Mark,
}

/// All that a window shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpaceTime {
    /// The events.
    pub dots: Vec<Dot>,
    /// The messages.
    pub arrows: Vec<Arrow>,
    /// Crashes and pauses.
    pub spans: Vec<SpanView>,
    /// Partitions and cuts.
    pub bars: Vec<Bar>,
    /// What was done to the world.
    pub flags: Vec<Flag>,
    /// The epochs.
    pub bands: Vec<Band>,
    /// Sums instead of events, if there are too many.
    pub columns: Option<Columns>,
    /// The end of the recorded run, in microseconds.
    pub end_us: u64,
}

/// The most events, and the most arrows, in a window.
pub const MOST: usize = 1_500;
/// How many messages before the window are looked at for some that are still on their way in it.
const LOOK_BACK: usize = 2_000;
/// From so many events or messages on a window shows sums, and up to so many events again. The gap
/// keeps a window at the limit from changing its look with every step.
const CROWD: usize = 1_000;
const CALM: usize = 800;

/// What happened between `from_us` and `to_us`; `flights` are the messages on their way now. What is
/// shorter than `grain_us` may be shown as one with its neighbours.
pub fn window(
    trace: &Trace,
    flights: &[InFlight],
    name: &dyn Fn(NodeId) -> String,
    (from_us, to_us, grain_us): (u64, u64, u64),
) -> SpaceTime {
    let first = trace.first_at(SimTime(from_us));
    let end = trace.first_at(SimTime(to_us.saturating_add(1)));
    let one_in = (end - first).div_ceil(MOST).max(1);
    SpaceTime {
        dots: dots(trace, first, end, one_in),
        arrows: arrows(trace, flights, first, end, one_in),
        ..around(trace, name, (from_us, to_us, grain_us))
    }
}

/// Whether so much happened in a stretch that sums say more than events do; `was`: so it was before.
pub fn crowded(trace: &Trace, from_us: u64, to_us: u64, was: bool) -> bool {
    let first = trace.first_at(SimTime(from_us));
    let end = trace.first_at(SimTime(to_us.saturating_add(1)));
    let limit = if was { CALM } else { CROWD };
    // A broadcast is one event and many messages. Few events cannot be worth the search for them.
    end - first > limit
        || end - first > limit / 20 && first_sent(trace, end) - first_sent(trace, first) > limit
}

/// The same stretch as sums in at most `most` columns. Of single events it has those of `chain`: the
/// one that is picked and what brought it about, with their messages.
pub fn dense(
    trace: &Trace,
    index: &Index,
    name: &dyn Fn(NodeId) -> String,
    (from_us, to_us, most): (u64, u64, usize),
    chain: &[EventId],
) -> SpaceTime {
    let columns = index.columns(trace, from_us, to_us, most);
    let messages = chain.iter().filter_map(|&e| trace.get(e)?.msg());
    SpaceTime {
        dots: chain.iter().filter_map(|&e| dot(trace, e)).collect(),
        arrows: messages.filter_map(|m| arrow(trace, &[], m)).collect(),
        ..around(trace, name, (from_us, to_us, columns.step_us))
    }
    .with(columns)
}

/// What stands around the events: spans, bars, flags, bands.
fn around(
    trace: &Trace,
    name: &dyn Fn(NodeId) -> String,
    (from_us, to_us, grain_us): (u64, u64, u64),
) -> SpaceTime {
    let (spans, bars, flags) = match trace.faults() {
        [] => Default::default(),
        _ => faults::collect(trace, name, (from_us, to_us, grain_us)),
    };
    SpaceTime {
        spans,
        bars,
        flags,
        bands: bands::bands(trace, (from_us, to_us, grain_us)),
        end_us: end_us(trace),
        ..SpaceTime::default()
    }
}

/// The time of the last recorded event.
pub fn end_us(trace: &Trace) -> u64 {
    match trace.len() {
        0 => 0,
        n => trace.event(EventId(n as u32 - 1)).time.us(),
    }
}

fn dots(trace: &Trace, first: usize, end: usize, one_in: usize) -> Vec<Dot> {
    let start = first.next_multiple_of(one_in);
    let events = (start..end).step_by(one_in);
    events.filter_map(|i| dot(trace, EventId(i as u32))).collect()
}

/// An event on its lane; `None` for what happens at no node.
fn dot(trace: &Trace, event: EventId) -> Option<Dot> {
    let e = trace.get(event)?;
    (e.node != Event::NOBODY).then_some(Dot { event, lane: e.node.0, us: e.time.us(), kind: e.kind })
}

/// The first message that was sent in event `event` or later.
fn first_sent(trace: &Trace, event: usize) -> usize {
    let (mut low, mut high) = (0, trace.messages());
    while low < high {
        let middle = usize::midpoint(low, high);
        if trace.sent(MsgId(middle as u32)).cause.index() < event {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

fn arrows(trace: &Trace, flights: &[InFlight], first: usize, end: usize, one_in: usize) -> Vec<Arrow> {
    let (begin, close) = (first_sent(trace, first), first_sent(trace, end));
    let one_in = one_in.max((close - begin).div_ceil(MOST));
    let early = (begin.saturating_sub(LOOK_BACK)..begin).filter(|i| {
        let fate = trace.fate(MsgId(*i as u32));
        fate.is_none_or(|f| f.index() >= first)
    });
    early
        .chain(begin..close)
        .filter(|i| i % one_in == 0)
        .filter_map(|i| arrow(trace, flights, MsgId(i as u32)))
        .collect()
}

/// The arrow of a message; `None` if nothing is known of its end.
pub fn arrow(trace: &Trace, flights: &[InFlight], msg: MsgId) -> Option<Arrow> {
    let sent = trace.get_sent(msg)?;
    let flight = || flights.binary_search_by_key(&msg, |f| f.msg).ok().map(|i| &flights[i]);
    let (fate, to_us, loss) = match trace.fate(msg) {
        Some(fate) => {
            let e = trace.event(fate);
            (fate, e.time.us(), e.loss)
        }
        None => (EventId::NONE, flight()?.due.us(), Loss::None),
    };
    Some(Arrow {
        msg,
        sent: sent.cause,
        fate,
        from: sent.from.0,
        to: sent.to.0,
        from_us: trace.sent_at(msg).us(),
        to_us,
        reach: reach(loss),
        loss,
        tone: trace.kind(msg).tone,
        mark: sent.mark,
    })
}

/// How far towards its receiver's lane the arrow of a lost message is drawn.
fn reach(loss: Loss) -> f64 {
    match loss {
        Loss::SendOmission | Loss::BufferFull => 0.12,
        Loss::Link | Loss::Cut | Loss::Partition | Loss::ByHand => 0.5,
        _ => 1.0,
    }
}

/// How near a finger must come to an event, and to an arrow.
const REACH_DOT: f64 = 13.0;
const REACH_ARROW: f64 = 8.0;

impl SpaceTime {
    fn with(self, columns: Columns) -> Self {
        SpaceTime { columns: Some(columns), ..self }
    }

    /// What is meant by a touch at `(x, y)`: the nearest event, else the nearest message.
    pub fn pick(&self, grid: &Grid, x: f64, y: f64) -> Selection {
        use crate::view::stage::geometry::{Pt, to_segment};
        let p = Pt::new(x, y);
        let dots = self.dots.iter().map(|d| {
            let at = Pt::new(grid.x(d.us as f64), grid.y(f64::from(d.lane)));
            (p.distance(at) - REACH_DOT, Selection::Event(d.event))
        });
        let arrows = self.arrows.iter().map(|a| {
            let [b, e] = a.ends(grid).map(|(x, y)| Pt::new(x, y));
            (to_segment(p, b, e) - REACH_ARROW, Selection::Message(a.msg))
        });
        let nearest = |found: &mut dyn Iterator<Item = (f64, Selection)>| {
            found.filter(|(d, _)| *d <= 0.0).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, s)| s)
        };
        nearest(&mut { dots }).or_else(|| nearest(&mut { arrows })).unwrap_or_default()
    }
}

impl Arrow {
    /// Where it begins and where it ends.
    pub fn ends(&self, grid: &Grid) -> [(f64, f64); 2] {
        let (from, to) = (f64::from(self.from), f64::from(self.to));
        [
            (grid.x(self.from_us as f64), grid.y(from)),
            (grid.x(self.to_us as f64), grid.y(from + (to - from) * self.reach)),
        ]
    }
}
