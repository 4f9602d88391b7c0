//! What the diagram promises of its windows.

use super::*;
use crate::sim::world::World;
use crate::sim::{Fault, fault::Partition};
use crate::view::toy;

fn name(n: NodeId) -> String {
    format!("N{}", n.0 + 1)
}

fn see(world: &World, trace: &Trace, from_us: u64, to_us: u64) -> SpaceTime {
    window(trace, &world.in_flight(), &name, (from_us, to_us, 1))
}

#[test]
fn a_window_has_what_happened_in_it_and_what_was_on_its_way() {
    let (world, trace) = toy::run(5, 2, 1, 400);
    let st = see(&world, &trace, 100_000, 200_000);
    assert!(st.dots.iter().all(|d| (100_000..=200_000).contains(&d.us)));
    let inside = trace.events_from(EventId(0));
    let inside = inside.filter(|(_, e)| (100_000..=200_000).contains(&e.time.us()));
    assert_eq!(st.dots.len(), inside.count());
    for i in 0..trace.messages() {
        let a = arrow(&trace, &world.in_flight(), MsgId(i as u32)).unwrap();
        let overlaps = a.from_us <= 200_000 && a.to_us >= 100_000;
        let shown = st.arrows.iter().any(|b| b.msg == a.msg);
        assert_eq!(overlaps, shown, "{a:?}");
    }
}

#[test]
fn however_much_happened_a_window_holds_a_bounded_number_of_things() {
    let (world, trace) = toy::run(60, 8, 2, 4_000);
    assert!(trace.len() > 100_000);
    let st = see(&world, &trace, 0, 4_000_000);
    assert!(st.dots.len() <= MOST && st.arrows.len() <= MOST + LOOK_BACK);
    assert!(st.dots.len() > MOST / 2);
    // Panning a little shows the same ones.
    let next = see(&world, &trace, 1_000, 4_001_000);
    let same = |d: &&Dot| next.dots.contains(d);
    assert!(st.dots.iter().filter(same).count() * 10 > st.dots.len() * 9);
}

#[test]
fn crashes_pauses_and_walls_last_until_what_ends_them() {
    let (mut world, mut trace) = toy::run(3, 1, 3, 10);
    let (a, b) = (NodeId(0), NodeId(1));
    let wall =
        Fault::Partition(Partition { groups: vec![vec![a], vec![b, NodeId(2)]], ..Partition::default() });
    let script = [
        (20, Fault::Crash { node: a, stop: false }),
        (30, wall),
        (40, Fault::Recover { node: a }),
        (50, Fault::Pause { node: b }),
        (60, Fault::Heal),
    ];
    for (ms, fault) in script {
        world.run_until(&mut trace, SimTime::from_ms(ms));
        world.apply(&fault, &mut trace).unwrap();
    }
    world.run_until(&mut trace, SimTime::from_ms(100));
    let st = see(&world, &trace, 0, 100_000);
    let spans: Vec<_> = st.spans.iter().map(|s| (s.lane, s.from_us, s.to_us)).collect();
    assert_eq!(spans, [(0, 20_000, 40_000), (1, 50_000, u64::MAX)]);
    assert_eq!(st.bars.len(), 1);
    let bar = &st.bars[0];
    assert_eq!((bar.from_us, bar.to_us), (30_000, 60_000));
    assert_eq!(bar.label, "N1 | N2 N3");
    assert_eq!(st.flags.len(), 5);
    assert!(see(&world, &trace, 70_000, 90_000).bars.is_empty());
}

#[test]
fn epochs_are_bands_of_rising_numbers_without_gaps() {
    let (world, trace) = toy::run(4, 2, 4, 1_500);
    let st = see(&world, &trace, 500_000, 900_000);
    assert!(!st.bands.is_empty());
    for pair in st.bands.windows(2) {
        assert!(pair[0].number < pair[1].number);
        assert_eq!(pair[0].to_us, pair[1].from_us);
    }
    assert!(st.bands.iter().all(|b| b.from_us <= 900_000));
    assert!(st.bands[0].from_us <= 500_000);
}

/// Its node is its leader: with it the epoch ends, and what follows belongs to nobody until the next begins.
#[test]
fn an_epoch_ends_when_the_node_crashes_that_declared_it() {
    let (mut world, mut trace) = toy::run(4, 2, 4, 700);
    let band = bands::bands(&trace, (0, u64::MAX, 0)).pop().unwrap();
    let mark = trace.epochs().iter().rfind(|m| m.number == band.number).unwrap().clone();
    assert_eq!(band.to_us, u64::MAX);
    world.apply(&Fault::crash(mark.node), &mut trace).unwrap();
    let ended = bands::bands(&trace, (0, u64::MAX, 0)).pop().unwrap();
    assert_eq!((ended.number, ended.to_us), (band.number, world.now().us()));
    // Another's crash ends nothing.
    let (mut world, mut trace) = toy::run(4, 2, 4, 700);
    let other = world.node_ids().find(|n| *n != mark.node).unwrap();
    world.apply(&Fault::crash(other), &mut trace).unwrap();
    assert_eq!(bands::bands(&trace, (0, u64::MAX, 0)).pop().unwrap().to_us, u64::MAX);
}

#[test]
fn a_touch_means_the_nearest_event_then_the_nearest_message() {
    let (world, trace) = toy::run(5, 1, 5, 200);
    let st = see(&world, &trace, 0, 200_000);
    let grid = Grid {
        camera: Camera { from_us: 0.0, span_us: 200_000.0, follows: false },
        left: 40.0,
        width: 4_000.0,
        top: 20.0,
        lane: 60.0,
    };
    for d in &st.dots {
        let at = st.pick(&grid, grid.x(d.us as f64), grid.y(f64::from(d.lane)));
        let Selection::Event(e) = at else { panic!("{at:?}") };
        let picked = trace.event(e);
        assert_eq!((picked.time.us(), picked.node.0), (d.us, d.lane));
    }
    let long = st.arrows.iter().find(|a| a.from.abs_diff(a.to) == 1).unwrap();
    let [(x, y), (u, v)] = long.ends(&grid);
    let middle = st.pick(&grid, f64::midpoint(x, u), f64::midpoint(y, v));
    assert!(matches!(middle, Selection::Message(_)));
    assert_eq!(st.pick(&grid, 5.0, 900.0), Selection::None);
}

/// Two hundred crashes and recoveries, two milliseconds apart, and as many terms.
fn restless() -> (World, Trace) {
    let (mut world, mut trace) = toy::run(3, 2, 6, 10);
    let node = NodeId(1);
    for i in 0..200 {
        world.run_until(&mut trace, SimTime::from_ms(20 + 2 * i));
        let stop = false;
        let fault = match i % 2 {
            0 => Fault::Crash { node, stop },
            _ => Fault::Recover { node },
        };
        world.apply(&fault, &mut trace).unwrap();
    }
    world.run_until(&mut trace, SimTime::from_ms(30_000));
    (world, trace)
}

#[test]
fn seen_from_afar_crashes_and_edits_become_few_and_none_is_left_out() {
    let (world, trace) = restless();
    let far = |grain| {
        let shown = (0, 30_000_000, grain);
        window(&trace, &world.in_flight(), &name, shown)
    };
    assert_eq!(far(1).spans.len(), 100);
    assert_eq!(far(1).flags.len(), 200);
    let grain = 30_000;
    let st = far(grain);
    assert!(st.spans.len() < 20 && st.flags.len() < 20, "{:?}", st.spans);
    for (event, fault) in trace.faults() {
        let at = trace.event(*event).time.us();
        assert!(st.flags.iter().any(|f| f.us <= at && at - f.us < grain));
        let crash = matches!(fault, Fault::Crash { .. });
        let hatched = |s: &SpanView| (s.from_us..=s.to_us).contains(&at);
        assert!(!crash || st.spans.iter().any(hatched));
    }
}

#[test]
fn seen_from_afar_short_epochs_become_one_band_and_the_bands_do_not_overlap() {
    let (_, trace) = restless();
    let near = bands::bands(&trace, (0, 30_000_000, 1));
    assert!(near.len() > 100, "{}", near.len());
    assert!(near.iter().all(|b| b.number == b.last));
    let far = bands::bands(&trace, (0, 30_000_000, 1_000_000));
    assert!(far.len() < 10, "{far:?}");
    assert_eq!(far[0].from_us, near[0].from_us);
    for pair in far.windows(2).chain(near.windows(2)) {
        assert!(pair[0].from_us <= pair[0].to_us && pair[0].to_us <= pair[1].from_us, "{pair:?}");
    }
    for b in &near {
        let of = far.iter().find(|f| (f.number..=f.last).contains(&b.number));
        assert!(of.is_some_and(|f| f.from_us <= b.from_us), "{b:?}");
    }
}

#[test]
fn a_crowded_window_is_sums_and_the_chain_of_what_is_picked() {
    let (_, trace) = toy::run(10, 8, 2, 2_000);
    assert!(crowded(&trace, 0, 2_000_000, false));
    assert!(!crowded(&trace, 500_000, 501_000, false));
    let mut index = Index::default();
    index.update(&trace, 10);
    let picked = EventId(trace.len() as u32 - 1);
    let chain = crate::view::why::chain(&trace, picked, 20);
    assert_eq!(chain.len(), 20);
    let st = dense(&trace, &index, &name, (0, 2_000_000, 300), &chain);
    let columns = st.columns.unwrap();
    let events: u32 = columns.cells.iter().map(|c| c.events + c.losses).sum();
    assert_eq!(events as usize, trace.len());
    assert_eq!(st.dots.len(), 20);
    for a in &st.arrows {
        assert!(chain.contains(&a.fate) && a.sent.0 < a.fate.0);
    }
}
