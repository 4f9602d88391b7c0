//! What the diagram promises of its windows.

use super::*;
use crate::sim::world::World;
use crate::sim::{Fault, fault::Partition};
use crate::view::toy;

fn name(n: NodeId) -> String {
    format!("N{}", n.0 + 1)
}

fn see(world: &World, trace: &Trace, from_us: u64, to_us: u64) -> SpaceTime {
    window(trace, &world.in_flight(), &name, from_us, to_us)
}

#[test]
fn a_window_has_what_happened_in_it_and_what_was_on_its_way() {
    let (world, trace) = toy::run(5, 2, 1, 400);
    let st = see(&world, &trace, 100_000, 200_000);
    assert_eq!(st.one_in, 1);
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
    assert!(st.one_in > 40 && st.dots.len() <= MOST && st.arrows.len() <= MOST + LOOK_BACK);
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
    let wall = Fault::Partition(Partition {
        groups: vec![vec![a], vec![b, NodeId(2)]],
        ..Partition::default()
    });
    let script = [
        (
            20,
            Fault::Crash {
                node: a,
                stop: false,
            },
        ),
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
    let spans: Vec<_> = st
        .spans
        .iter()
        .map(|s| (s.lane, s.from_us, s.to_us))
        .collect();
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

#[test]
fn a_touch_means_the_nearest_event_then_the_nearest_message() {
    let (world, trace) = toy::run(5, 1, 5, 200);
    let st = see(&world, &trace, 0, 200_000);
    let grid = Grid {
        camera: Camera {
            from_us: 0.0,
            span_us: 200_000.0,
            follows: false,
        },
        left: 40.0,
        width: 4_000.0,
        top: 20.0,
        lane: 60.0,
    };
    for d in &st.dots {
        let at = st.pick(&grid, grid.x(d.us as f64), grid.y(f64::from(d.lane)));
        let Selection::Event(e) = at else {
            panic!("{at:?}")
        };
        let picked = trace.event(e);
        assert_eq!((picked.time.us(), picked.node.0), (d.us, d.lane));
    }
    let long = st
        .arrows
        .iter()
        .find(|a| a.from.abs_diff(a.to) == 1)
        .unwrap();
    let [(x, y), (u, v)] = long.ends(&grid);
    let middle = st.pick(&grid, f64::midpoint(x, u), f64::midpoint(y, v));
    assert!(matches!(middle, Selection::Message(_)));
    assert_eq!(st.pick(&grid, 5.0, 900.0), Selection::None);
}
