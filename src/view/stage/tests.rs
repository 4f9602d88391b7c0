//! What the stage promises of its pictures.

use super::*;
use crate::sim::fault::Partition;
use crate::sim::world::{Layout, Place};
use crate::view::{Selection, toy};

fn manner(world: &World) -> Manner {
    Manner { now: world.now(), ..Manner::default() }
}

fn stage(world: &World) -> Rc<Plan> {
    Rc::new(plan(world, 810.0, 560.0))
}

#[test]
fn a_message_is_as_far_as_its_time() {
    let (mut world, mut trace) = toy::run(5, 2, 1, 40);
    let plan = stage(&world);
    let flight = world.in_flight().remove(0);
    let half = SimTime(u64::midpoint(flight.sent.0, flight.due.0));
    if half > world.now() {
        world.run_until(&mut trace, half);
    }
    let now = world.now();
    let motion = motion(&world, &trace, &plan, manner(&world), &mut Sides::default());
    let seen = motion.messages.iter().find(|m| m.msg == flight.msg).unwrap();
    let expect = now.since(flight.sent).0 as f64 / flight.due.since(flight.sent).0 as f64;
    assert!((seen.progress - expect).abs() < 1e-9);
    let (a, b) = plan.line(flight.from, flight.to, 0.0);
    assert!(geometry::to_segment(seen.at, a, b) < 25.0);
}

/// In bounded asynchrony the ring around a message is full when it has to be there, and in no other model is there one.
#[test]
fn a_deadline_is_drawn_where_delivery_alone_is_bounded() {
    let seen = |timing| {
        let mut setup = toy::setup(5, 2, 1);
        setup.timing = timing;
        let mut world = World::new(setup).expect("the setup is in range");
        let mut trace = Trace::new();
        world.run_until(&mut trace, SimTime::from_ms(40));
        let (plan, flights) = (stage(&world), world.in_flight());
        assert!(!flights.is_empty());
        let motion = motion(&world, &trace, &plan, manner(&world), &mut Sides::default());
        let ages = flights.iter().map(|f| world.now().since(f.sent).0 as f64);
        ages.zip(motion.messages).map(|(age, m)| (age, m.deadline)).collect::<Vec<_>>()
    };
    for (age, deadline) in seen(Timing::BoundedAsync { delay_us: 200_000 }) {
        assert_eq!(deadline, Some(age / 200_000.0));
    }
    for other in [Timing::Asynchronous, Timing::Synchronous { delay_us: 200_000, step_us: 0, drift_ppm: 0 }] {
        assert!(seen(other).iter().all(|(_, deadline)| deadline.is_none()));
    }
}

#[test]
fn under_reduced_motion_a_message_stands_at_four_places() {
    let (mut world, mut trace) = toy::run(5, 3, 2, 40);
    let plan = stage(&world);
    for ms in 41..90 {
        world.run_until(&mut trace, SimTime::from_ms(ms));
        let calm = Manner { calm: true, ..manner(&world) };
        let motion = motion(&world, &trace, &plan, calm, &mut Sides::default());
        for m in motion.messages {
            assert!([0.125, 0.375, 0.625, 0.875].contains(&m.progress));
        }
    }
}

#[test]
fn what_is_overtaken_moves_aside_and_the_overtaker_does_not() {
    let (world, trace) = toy::run(2, 40, 3, 7);
    let plan = stage(&world);
    let flights = world.in_flight();
    let motion = motion(&world, &trace, &plan, manner(&world), &mut Sides::default());
    let (a, b) = plan.line(NodeId(0), NodeId(1), motion::lane_of(&plan));
    let mut aside = 0;
    for (m, f) in motion.messages.iter().zip(&flights) {
        let later_and_earlier =
            |g: &&InFlight| g.from == f.from && g.to == f.to && g.msg > f.msg && g.due < f.due;
        let passed = flights.iter().find(later_and_earlier).is_some();
        if f.from == NodeId(0) {
            let off = geometry::to_segment(m.at, a, b);
            assert_eq!(passed, off > 0.5, "{f:?} is {off} off its lane");
            aside += usize::from(passed);
        }
    }
    assert!(aside > 5);
}

#[test]
fn a_loss_lingers_where_it_broke_and_says_why() {
    let (mut world, mut trace) = toy::run(5, 4, 5, 50);
    let plan = stage(&world);
    let wall = Partition {
        groups: vec![vec![NodeId(0), NodeId(1)], vec![NodeId(2), NodeId(3), NodeId(4)]],
        ..Partition::default()
    };
    world.apply(&Fault::Partition(wall), &mut trace).unwrap();
    world.run_until(&mut trace, SimTime::from_ms(51));
    let see = |world: &World, trace: &Trace| {
        motion(world, trace, &plan, manner(world), &mut Sides::default()).losses
    };
    let losses = see(&world, &trace);
    assert!(!losses.is_empty());
    assert!(losses.iter().all(|l| l.reason == "partition" && l.age < 0.1));
    world.run_until(&mut trace, SimTime::from_ms(400));
    let later = see(&world, &trace);
    assert!(later.iter().all(|l| losses.iter().all(|o| o.msg != l.msg)));
    assert_eq!(scene(&world, &plan, None).walls[0].label, "N1 N2 | N3 N4 N5");
}

#[test]
fn a_held_message_stands_still() {
    let (mut world, mut trace) = toy::run(5, 2, 6, 40);
    let plan = stage(&world);
    let msg = world.in_flight()[0].msg;
    world.apply(&Fault::Hold { msg }, &mut trace).unwrap();
    let at = |world: &World, trace: &Trace| {
        let m = motion(world, trace, &plan, manner(world), &mut Sides::default());
        m.messages.iter().find(|m| m.msg == msg).map(|m| (m.held, m.progress))
    };
    let first = at(&world, &trace);
    world.run_until(&mut trace, SimTime::from_ms(300));
    assert_eq!(at(&world, &trace), first);
    assert!(first.is_some_and(|(held, _)| held));
}

#[test]
fn a_node_that_did_not_change_keeps_its_pointer() {
    let (mut world, mut trace) = toy::run(5, 1, 7, 40);
    let plan = stage(&world);
    let first = scene(&world, &plan, None);
    world.step(&mut trace);
    let at = world.last_event().node.index();
    let next = scene(&world, &plan, Some(&first));
    for i in 0..5 {
        assert_eq!(Rc::ptr_eq(&first.nodes[i], &next.nodes[i]), i != at);
    }
    assert!(Rc::ptr_eq(&first.pairs, &next.pairs));
}

#[test]
fn a_line_across_the_ring_is_a_partition_and_a_short_one_cuts_what_it_meets() {
    let (world, _) = toy::run(5, 0, 8, 1);
    let plan = stage(&world);
    let across = hit::cut(&plan, Pt::new(0.0, 250.0), Pt::new(810.0, 250.0));
    assert_eq!(across.pairs, 6);
    assert!(matches!(&across.faults[..], [Fault::Partition(p)] if p.groups.len() == 2));
    let m = plan.at(NodeId(0)).toward(plan.at(NodeId(1)), 0.5);
    let short = hit::cut(&plan, m.by(-5.0, 10.0), m.by(5.0, -10.0));
    assert_eq!((short.pairs, short.faults.len()), (1, 2));
    assert_eq!(hit::cut(&plan, Pt::new(1.0, 1.0), Pt::new(9.0, 1.0)).pairs, 0);
}

#[test]
fn a_finger_means_what_is_nearest_each_direction_on_its_own_side() {
    let (world, _) = toy::run(5, 0, 9, 1);
    let plan = stage(&world);
    let scene = scene(&world, &plan, None);
    let at = |p| hit::at(&plan, &[], &scene.pairs, p);
    assert_eq!(at(plan.at(NodeId(3)).by(9.0, 9.0)), Selection::Node(NodeId(3)));
    assert_eq!(at(Pt::new(3.0, 3.0)), Selection::None);
    for (a, b) in [(0, 1), (1, 0), (2, 4), (4, 2)] {
        let (a, b) = (NodeId(a), NodeId(b));
        let (p, q) = plan.line(a, b, hit::SIDE);
        assert_eq!(at(p.toward(q, 0.5)), Selection::Link(a, b));
    }
}

/// Whoever just misses a node or a message means no link behind it, and what is beside a link is beside it.
#[test]
fn a_near_miss_means_no_link() {
    let (world, trace) = toy::run(5, 2, 1, 40);
    let plan = stage(&world);
    let pairs = scene(&world, &plan, None).pairs;
    let (a, b) = (NodeId(0), NodeId(1));
    let (from, to) = (plan.at(a), plan.at(b));
    let way = from.heading(to);
    let beside = |p: Pt, px: f64| p.by(-way.y * px, way.x * px);
    let at = |p| hit::at(&plan, &[], &pairs, p);
    let middle = from.toward(to, 0.5);
    assert_eq!(at(beside(middle, 3.0)), Selection::Link(a, b));
    assert_eq!(at(beside(middle, -11.0)), Selection::Link(b, a));
    assert_eq!(at(beside(middle, -14.0)), Selection::None, "beside the link");
    let out = |px: f64| from.by(way.x * (plan.radius + px), way.y * (plan.radius + px));
    assert_eq!(at(out(3.0)), Selection::Node(a));
    assert_eq!(at(out(9.0)), Selection::None, "a near miss of the node");
    assert_eq!(at(out(16.0)), Selection::Link(a, b));
    let mut all = motion(&world, &trace, &plan, manner(&world), &mut Sides::default()).messages;
    let mut one = all.remove(0);
    one.at = middle;
    let at = |p| hit::at(&plan, std::slice::from_ref(&one), &pairs, p);
    assert_eq!(at(middle.by(way.x * 13.0, way.y * 13.0)), Selection::Message(one.msg));
    assert_eq!(at(middle.by(way.x * 20.0, way.y * 20.0)), Selection::None, "a near miss of the message");
}

#[test]
fn every_state_of_a_link_has_its_name() {
    let (mut world, mut trace) = toy::run(3, 0, 10, 1);
    let plan = stage(&world);
    world.apply(&hit::set_cut(NodeId(0), NodeId(1), true), &mut trace).unwrap();
    let set = crate::sim::LinkPatch { loss_ppm: Some(200_000), ..Default::default() };
    let (from, to) = (NodeId(1), NodeId(2));
    world.apply(&Fault::Link { from, to, set }, &mut trace).unwrap();
    let pairs = scene(&world, &plan, None).pairs;
    let states: Vec<_> = pairs.iter().map(|p| (p.there, p.back)).collect();
    let open = LinkState::Open;
    assert_eq!(states, [(LinkState::Cut, open), (open, open), (LinkState::Faulty, open)]);
    assert_eq!(pairs[2].notes.0, "20 % loss");
}

/// On a map a link is drawn once it has carried a message, or where it has settings of its own.
#[test]
fn a_map_draws_the_links_that_are_used_and_those_that_differ() {
    let at = |i: usize| Place { group: 0, x: 200 * i as u16, y: 500 };
    let mut setup = toy::laid(Layout::Map, 5, at);
    let own = crate::sim::Link { loss_ppm: 10, ..setup.link.clone() };
    setup.links = vec![(NodeId(3), NodeId(4), own)];
    let (mut world, mut trace) = (World::new(setup).unwrap(), Trace::new());
    let drawn = |world: &World| {
        let plan = stage(world);
        let pairs = scene(world, &plan, None).pairs;
        pairs.iter().map(|p| (p.a.0, p.b.0)).collect::<Vec<_>>()
    };
    assert_eq!(drawn(&world), [(3, 4)]);
    world.run_until(&mut trace, SimTime::from_ms(30));
    let used = (0..5).flat_map(|a| (a + 1..5).map(move |b| (a, b)));
    let used = used.filter(|&(a, b)| {
        let carried = |a, b| world.carried(NodeId(a), NodeId(b)) > 0;
        carried(a, b) || carried(b, a) || (a, b) == (3, 4)
    });
    let used: Vec<_> = used.collect();
    assert!(used.len() > 2 && used.len() < 10, "{used:?}");
    assert_eq!(drawn(&world), used);
}

/// A client stands beside the figure; from its first message on it has a line to whom it sends, and keeps it.
#[test]
fn a_client_has_a_line_to_whom_it_has_sent() {
    let mut setup = toy::setup(4, 1, 1);
    setup.nodes[3].client = true;
    let (mut world, mut trace) = (World::new(setup).unwrap(), Trace::new());
    let lines = |world: &World| {
        let pairs = scene(world, &stage(world), None).pairs;
        pairs.iter().filter(|p| p.b == NodeId(3)).map(|p| p.a).collect::<Vec<_>>()
    };
    assert_eq!(lines(&world), []);
    let used = |world: &World, n| world.carried(NodeId(3), n) > 0 || world.carried(n, NodeId(3)) > 0;
    for ms in [5, 20, 40, 200] {
        world.run_until(&mut trace, SimTime::from_ms(ms));
        let known: Vec<_> = (0..3).map(NodeId).filter(|&n| used(&world, n)).collect();
        assert_eq!(lines(&world), known, "after {ms} ms");
    }
    assert!(!lines(&world).is_empty());
}

/// A grid of 25 has 40 links, which are drawn; a circle of 25 has 300, which are not.
#[test]
fn a_figure_with_few_links_shows_them_however_many_nodes_it_has() {
    let pairs = |layout| {
        let world = World::new(toy::laid(layout, 25, |_| Place::default())).unwrap();
        scene(&world, &stage(&world), None).pairs.len()
    };
    assert_eq!((pairs(Layout::Grid), pairs(Layout::Circle)), (40, 0));
}

/// 60 nodes and 500 messages in a run of 100,000 events take no longer than in one of 1,000: the
/// picture asks the trace for a bounded stretch alone.
#[test]
fn a_picture_does_not_depend_on_the_length_of_the_trace() {
    let (world, trace) = toy::run(60, 8, 11, 4_000);
    assert!(trace.len() > 100_000 && world.in_flight_count() >= 480);
    let plan = stage(&world);
    let motion = motion(&world, &trace, &plan, manner(&world), &mut Sides::default());
    assert_eq!(motion.messages.len(), world.in_flight_count());
    assert_eq!(motion.labels, []);
    assert_eq!(scene(&world, &plan, None).pairs.len(), 0);
}

/// Words above a disc that stands near an edge end at the edge.
#[test]
fn words_above_a_disc_stay_on_the_stage() {
    let (world, _) = toy::run(5, 2, 1, 40);
    let scene = scene(&world, &Rc::new(plan(&world, 300.0, 380.0)), None);
    let mut moved = 0;
    let words = "prepares \u{b7} promises 0 of 2";
    for node in &scene.nodes {
        let (middle, half) = (node.at.x + node.aside(words), words.chars().count() as f64 * WORDS_PX / 2.0);
        assert!(middle - half >= 0.0 && middle + half <= 300.0, "{}: {middle}", node.name);
        moved += u32::from(node.aside(words) != 0.0);
    }
    assert!(moved > 0);
}
