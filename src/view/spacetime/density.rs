//! What a window too full for single events shows: how much happened on each lane in each column.
//!
//! The rule that is easy to break: nothing vanishes. Every event of a lane and every loss is counted in
//! exactly one cell, and columns stand at fixed moments, so that panning does not make them flicker. A
//! picture costs by its columns, not by the events in it: sums at every so many events are kept.

use super::Grid;
use crate::sim::{Event, EventId, EventKind, NodeId, SimTime, Trace};

/// What happened on a lane: events, and messages to it that were lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Events at the node.
    pub events: u32,
    /// Losses of messages on their way to it.
    pub losses: u32,
}

/// Sums over the beginning of a trace, kept as it grows.
#[derive(Clone, Debug, Default)]
pub struct Index {
    lanes: usize,
    // Sums are kept once in `1 << shift` events: more seldom with many lanes, for each takes room.
    shift: u32,
    // Of block b and lane l, at `b * lanes + l`: what had happened before the block.
    sums: Vec<Cell>,
    running: Vec<Cell>,
    counted: usize,
    last: Option<Event>,
}

/// The cells of a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// When the first column begins, in microseconds: a multiple of `step_us`.
    pub from_us: u64,
    /// How much time a column is: a power of two.
    pub step_us: u64,
    /// How many lanes.
    pub lanes: usize,
    /// Column after column, in each the lanes.
    pub cells: Vec<Cell>,
    /// The most events in one cell.
    pub most: u32,
}

/// Where the bars of columns stand and how high they are, on the page and in pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bars {
    /// The left edge of the first column.
    pub left: f64,
    /// From one column to the next.
    pub step: f64,
    /// The width of a bar.
    pub body: f64,
    up: f64,
    down: f64,
    root: f64,
}

/// How wide a column is, in pixels, at least.
pub const COLUMN: f64 = 3.0;
/// The least bar can be seen: one event, or one loss, among a million.
pub const LEAST: f64 = 2.0;

impl Bars {
    /// The bars of `columns` on `grid`.
    pub fn new(columns: &Columns, grid: &Grid) -> Self {
        let step = columns.step_us as f64 * grid.width / grid.camera.span_us;
        // To the next power of two above the most, so that panning does not make all bars breathe.
        let full = columns.most.max(4).next_power_of_two();
        Bars {
            left: grid.x(columns.from_us as f64),
            step,
            body: (step - 0.6).max(1.0),
            up: (grid.lane * 0.5).min(18.0),
            down: (grid.lane * 0.34).min(10.0),
            root: libm::sqrt(f64::from(full)),
        }
    }

    /// How high the bar of so many events rises above its lane.
    pub fn events(&self, count: u32) -> f64 {
        (self.part(count) * self.up).max(LEAST)
    }

    /// How far the bar of so many losses hangs below its lane.
    pub fn losses(&self, count: u32) -> f64 {
        (self.part(count) * self.down).max(LEAST)
    }

    /// By the square root, so that a quiet column beside a busy one still shows: from a tenth to one, for
    /// losses may be more than the most events.
    fn part(&self, count: u32) -> f64 {
        (libm::sqrt(f64::from(count)) / self.root).clamp(0.12, 1.0)
    }
}

impl Index {
    /// Counts what `trace` has and is not counted yet; counts anew if it is another trace.
    pub fn update(&mut self, trace: &Trace, lanes: usize) {
        let known = match self.counted.checked_sub(1) {
            Some(last) => self.last.as_ref() == trace.get(EventId(last as u32)),
            None => true,
        };
        if self.lanes != lanes || !known {
            *self = Index {
                lanes,
                shift: (lanes * 2).next_power_of_two().max(64).trailing_zeros(),
                running: vec![Cell::default(); lanes],
                ..Index::default()
            };
        }
        for i in self.counted..trace.len() {
            if i & ((1 << self.shift) - 1) == 0 {
                self.sums.extend_from_slice(&self.running);
            }
            count(trace, i, &mut self.running);
        }
        self.counted = trace.len();
        self.last = trace.get(EventId(self.counted.wrapping_sub(1) as u32)).copied();
    }

    /// Forgets everything: the trace was cut short, or is another one.
    pub fn clear(&mut self) {
        *self = Index::default();
    }

    /// What happened on each lane, in all of the trace.
    pub fn total(&self) -> &[Cell] {
        &self.running
    }

    /// What had happened before event number `at`.
    fn before(&self, trace: &Trace, at: usize, out: &mut [Cell]) {
        let block = at >> self.shift;
        let from = match self.sums.get(block * self.lanes..(block + 1) * self.lanes) {
            Some(sums) if self.lanes > 0 => {
                out.copy_from_slice(sums);
                block << self.shift
            }
            // Just after the last event, and that fills its block.
            _ => {
                out.copy_from_slice(&self.running);
                self.counted
            }
        };
        for i in from..at {
            count(trace, i, out);
        }
    }

    /// The columns between two moments, at most `most` of them and one more, after [`Index::update`].
    pub fn columns(&self, trace: &Trace, from_us: u64, to_us: u64, most: usize) -> Columns {
        let step_us = step_us(to_us.saturating_sub(from_us), most);
        let first = from_us / step_us;
        let count = (to_us / step_us + 1).saturating_sub(first) as usize;
        let mut columns = Columns {
            from_us: first * step_us,
            step_us,
            lanes: self.lanes,
            cells: Vec::with_capacity(count * self.lanes),
            most: 0,
        };
        let (mut old, mut new) = (self.running.clone(), self.running.clone());
        let start = trace.first_at(SimTime(columns.from_us));
        self.before(trace, start, &mut old);
        let mut reached = start;
        for i in 1..=count as u64 {
            let next = trace.first_at(SimTime((first + i) * step_us));
            // An empty column costs nothing but its place.
            if next == reached {
                new.copy_from_slice(&old);
            } else {
                self.before(trace, next, &mut new);
            }
            reached = next;
            for (o, n) in old.iter().zip(&new) {
                let events = n.events - o.events;
                columns.most = columns.most.max(events);
                columns.cells.push(Cell { events, losses: n.losses - o.losses });
            }
            std::mem::swap(&mut old, &mut new);
        }
        columns
    }
}

/// The least power of two of microseconds of which at most `most` fill `span_us`.
pub fn step_us(span_us: u64, most: usize) -> u64 {
    (span_us / most.max(1) as u64 + 1).next_power_of_two()
}

/// Adds event number `i`. A loss happens at no node; it counts where the message did not arrive.
fn count(trace: &Trace, i: usize, sums: &mut [Cell]) {
    let e = trace.event(EventId(i as u32));
    if let Some(cell) = sums.get_mut(e.node.index()) {
        cell.events += 1;
    } else if e.kind == EventKind::Lost
        && let Some(sent) = e.msg().and_then(|m| trace.get_sent(m))
        && let Some(cell) = sums.get_mut(sent.to.index())
    {
        cell.losses += 1;
    }
}

/// The event that is meant by a touch on `lane` between two moments: a loss or an edit before anything
/// else, then what is nearest to `at_us`.
pub fn nearest(trace: &Trace, lane: NodeId, (from_us, to_us): (u64, u64), at_us: u64) -> Option<EventId> {
    let (first, end) = (trace.first_at(SimTime(from_us)), trace.first_at(SimTime(to_us.saturating_add(1))));
    let there = |e: &Event| match e.kind {
        EventKind::Lost => {
            let sent = e.msg().and_then(|m| trace.get_sent(m));
            sent.is_some_and(|s| s.to == lane)
        }
        _ => e.node == lane,
    };
    (first..end)
        .map(|i| (EventId(i as u32), trace.event(EventId(i as u32))))
        .filter(|(_, e)| there(e))
        .min_by_key(|(_, e)| {
            let rare = matches!(e.kind, EventKind::Lost | EventKind::Fault);
            (!rare, e.time.us().abs_diff(at_us))
        })
        .map(|(id, _)| id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Fault;
    use crate::sim::world::World;
    use crate::view::spacetime::Camera;
    use crate::view::toy;

    fn busy(nodes: usize, ms: u64) -> Trace {
        let mut setup = toy::setup(nodes, 8, 9);
        setup.link.loss_ppm = 20_000;
        let mut world = World::new(setup).unwrap();
        let mut trace = Trace::new();
        world.run_until(&mut trace, SimTime::from_ms(ms / 2));
        let node = NodeId(1);
        let stop = false;
        world.apply(&Fault::Crash { node, stop }, &mut trace).unwrap();
        world.apply(&Fault::Heal, &mut trace).unwrap();
        world.run_until(&mut trace, SimTime::from_ms(ms));
        trace
    }

    fn index(trace: &Trace, lanes: usize) -> Index {
        let mut index = Index::default();
        index.update(trace, lanes);
        index
    }

    /// By hand: the events of a lane, and the losses on the way to it, between two moments.
    fn counted(trace: &Trace, lane: usize, from_us: u64, to_us: u64) -> Cell {
        let mut cell = vec![Cell::default(); lane + 1];
        for (id, e) in trace.events_from(EventId(0)) {
            if (from_us..to_us).contains(&e.time.us()) {
                count(trace, id.index(), &mut cell);
            }
        }
        cell[lane]
    }

    #[test]
    fn every_cell_is_what_happened_on_its_lane_in_its_time() {
        let trace = busy(5, 1_000);
        let columns = index(&trace, 5).columns(&trace, 123_456, 654_321, 90);
        assert_eq!((columns.step_us, columns.from_us), (8_192, 122_880));
        for (i, cells) in columns.cells.chunks(5).enumerate() {
            let from = columns.from_us + i as u64 * columns.step_us;
            for (lane, cell) in cells.iter().enumerate() {
                assert_eq!(*cell, counted(&trace, lane, from, from + columns.step_us));
            }
        }
    }

    /// Events at nodes, losses, and what happens to the network (here one healing): nothing else.
    #[test]
    fn the_sums_over_all_columns_are_all_events_at_every_width() {
        for nodes in [5, 60] {
            let trace = busy(nodes, 1_000);
            let index = index(&trace, nodes);
            for most in [1, 7, 90, 400, 5_000] {
                let columns = index.columns(&trace, 0, 1_000_000, most);
                assert!(columns.cells.len() <= (most + 1) * nodes, "{most}");
                let events: u32 = columns.cells.iter().map(|c| c.events + c.losses).sum();
                assert_eq!(events as usize + 1, trace.len());
                let losses: u32 = columns.cells.iter().map(|c| c.losses).sum();
                assert!(losses > 20);
                assert_eq!(columns.most, columns.cells.iter().map(|c| c.events).max().unwrap());
            }
        }
    }

    /// With many lanes each is some pixels high; with few the bars are still those of a page.
    #[test]
    fn the_least_bar_can_be_seen_and_the_most_keep_to_their_lane() {
        let trace = busy(5, 1_000);
        let columns = index(&trace, 5).columns(&trace, 0, 1_000_000, 300);
        for lane in [7.0, 12.0, 56.0] {
            let camera = Camera::for_delay(1_000_000, 1);
            let (left, width, top) = (40.0, 1_000.0, 20.0);
            let grid = Grid { camera, left, width, top, lane };
            let bars = Bars::new(&columns, &grid);
            let second = columns.from_us + columns.step_us;
            assert!((bars.left + bars.step - grid.x(second as f64)).abs() < 1e-9);
            assert!(bars.body < bars.step);
            let mut before = (0.0, 0.0);
            for count in [1, 2, columns.most, 2 * columns.most, 50_000] {
                let (up, down) = (bars.events(count), bars.losses(count));
                assert!(up >= 2.0 && down >= 2.0 && up + down < lane, "{count}");
                assert!(up >= before.0 && down >= before.1, "{count}");
                before = (up, down);
            }
        }
    }

    #[test]
    fn an_index_that_grew_with_the_trace_is_the_index_of_the_whole() {
        let mut world = World::new(toy::setup(9, 4, 3)).unwrap();
        let (mut trace, mut grown) = (Trace::new(), Index::default());
        for ms in [0, 1, 40, 41, 300, 900] {
            world.run_until(&mut trace, SimTime::from_ms(ms));
            grown.update(&trace, 9);
            let whole = index(&trace, 9);
            assert_eq!(grown.sums, whole.sums);
            assert_eq!(grown.running, whole.running);
        }
        // Another run: all is counted anew.
        let other = busy(9, 400);
        grown.update(&other, 9);
        assert_eq!(grown.sums, index(&other, 9).sums);
    }

    #[test]
    fn columns_stand_at_fixed_moments_so_that_panning_shows_the_same_ones() {
        let trace = busy(5, 1_000);
        let index = index(&trace, 5);
        let a = index.columns(&trace, 200_000, 700_000, 300);
        let b = index.columns(&trace, 203_333, 703_333, 300);
        assert_eq!(a.step_us, b.step_us);
        let skip = ((b.from_us - a.from_us) / a.step_us) as usize * 5;
        let both = a.cells.len() - skip;
        assert_eq!(a.cells[skip..], b.cells[..both]);
    }

    #[test]
    fn a_touch_means_the_loss_in_sight_else_the_nearest_event_of_the_lane() {
        let trace = busy(5, 1_000);
        let mut events = trace.events_from(EventId(0));
        let (lost, e) = events.find(|(_, e)| e.kind == EventKind::Lost).unwrap();
        let (at, to) = (e.time.us(), trace.sent(e.msg().unwrap()).to);
        let near = (at.saturating_sub(3_000), at + 3_000);
        assert_eq!(nearest(&trace, to, near, at + 2_900), Some(lost));
        let calm = nearest(&trace, NodeId(0), (0, 4_000_000), 0).unwrap();
        assert!(matches!(trace.event(calm).kind, EventKind::Lost | EventKind::Fault));
        assert_eq!(nearest(&trace, NodeId(0), (5_000_000, 6_000_000), 0), None);
    }
}
