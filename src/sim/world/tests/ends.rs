//! The two ends of a link with layers: each changes with its own node alone.

use super::*;
use crate::sim::hash::mix;

const ALL: Layers = Layers { retransmit_us: 20_000, dedupe: true, reorder: true, authenticate: false };

fn cut(run: &mut Run, from: u16, to: u16, cut: bool) {
    let set = LinkPatch { cut: Some(cut), ..LinkPatch::default() };
    run.edit(Fault::Link { from: NodeId(from), to: NodeId(to), set }).unwrap();
}

fn strike(run: &mut Run, node: u16) {
    let node = NodeId(node);
    run.edit(Fault::Crash { node, stop: false }).unwrap();
    run.edit(Fault::Recover { node }).unwrap();
}

/// Two nodes and a link of 1 ms with all layers, on which the first message is lost and the second waits
/// at the receiver.
fn a_gap() -> Run {
    let mut r = run(setup(2, 0, Link { layers: ALL, ..constant(1_000) }));
    cut(&mut r, 0, 1, true);
    send(&mut r);
    r.run_until(ms(2));
    cut(&mut r, 0, 1, false);
    send(&mut r);
    r.run_until(ms(4));
    assert!(got(&r, 1).is_empty());
    r
}

/// #1 is sent again at 20 ms and is still on its way when its sender crashes.
#[test]
fn a_crash_of_the_sender_changes_nothing_at_the_receiver() {
    let mut r = a_gap();
    r.run_until(SimTime(20_500));
    assert_eq!(r.world().in_flight_count(), 1, "#1 again");
    let before = r.world().node_fingerprint(NodeId(1));
    strike(&mut r, 0);
    assert_eq!(r.world().node_fingerprint(NodeId(1)), before);
    r.run_until(ms(30));
    assert_eq!(got(&r, 1), [1, 2]);
}

/// The next frame of the sender's new life says that #1 never comes: #2 goes before it. The one after that would
/// say so as well, and waits itself for what its own life still sends again.
#[test]
fn what_waits_behind_a_gap_goes_when_a_new_life_is_heard_of() {
    let tokens = |r: &Run| {
        let (log, got) = (r.trace().events_from(EventId(0)), got(r, 1));
        (got, log.filter(|(_, e)| e.loss == Loss::Duplicate).count())
    };
    let mut r = a_gap();
    strike(&mut r, 0);
    r.run_until(ms(50));
    assert!(got(&r, 1).is_empty(), "nothing has come, so nothing has changed");
    cut(&mut r, 0, 1, true);
    send(&mut r);
    r.run_until(ms(52));
    cut(&mut r, 0, 1, false);
    send(&mut r);
    r.run_until(ms(54));
    assert_eq!(got(&r, 1).len(), 1, "what waited goes; the second frame of the new life waits");
    r.run_until(ms(100));
    assert_eq!(tokens(&r).0.len(), 3);
    assert_eq!(tokens(&r).1, 0);
}

#[test]
fn a_frame_keeps_its_header_when_it_is_held_and_copied_by_hand() {
    let mut r = a_gap();
    strike(&mut r, 0);
    send(&mut r);
    // As soon as it is sent, which is at once.
    r.run_until(r.time());
    let msg = r.world().in_flight()[0].msg;
    r.edit(Fault::Hold { msg }).unwrap();
    r.edit(Fault::Duplicate { msg }).unwrap();
    r.run_until(ms(60));
    assert_eq!(got(&r, 1).len(), 2, "the copy, too, says that #1 never comes");
}

/// Whatever happens at a node changes that node and no other: three nodes in a circle, every set of layers, and
/// crashes, pauses, cuts and losses drawn from the seed.
#[test]
fn an_event_at_a_node_changes_no_other_node() {
    for seed in 0..160 {
        let layers = Layers {
            retransmit_us: [0, 7_000, 20_000][seed as usize % 3],
            dedupe: seed & 1 > 0,
            reorder: seed & 2 > 0,
            authenticate: seed & 4 > 0,
        };
        let link = Link { layers, duplicate_ppm: 200_000, ..Link::fair_loss(Delay::default(), 300_000) };
        let mut world = World::new(Setup { seed, ..setup(3, 5, link) }).unwrap();
        let mut trace = Trace::new();
        for turn in 0..60 {
            for _ in 0..20 {
                watched(&mut world, |w| w.step(&mut trace));
            }
            let draw = mix(seed << 32 | turn);
            let node = NodeId((draw % 3) as u16);
            let fault = match (draw >> 8) % 5 {
                0 => Fault::Crash { node, stop: false },
                1 => Fault::Recover { node },
                2 => Fault::Pause { node },
                3 => Fault::Resume { node },
                _ => Fault::Request { node, request: "send".into() },
            };
            watched(&mut world, |w| w.apply(&fault, &mut trace).is_ok());
        }
    }
}

/// Does one thing to the world: nobody changes but the node of the event that it brings.
fn watched(world: &mut World, act: impl FnOnce(&mut World) -> bool) {
    let of = |w: &World| w.node_ids().map(|n| w.node_fingerprint(n)).collect::<Vec<_>>();
    let (before, events) = (of(world), world.events());
    act(world);
    let after = of(world);
    let changed = world.node_ids().filter(|n| before[n.index()] != after[n.index()]);
    let changed: Vec<NodeId> = changed.collect();
    let event = *world.last_event();
    match world.events() - events {
        0 => assert!(changed.len() <= 1, "{changed:?} in a step without an event"),
        _ => assert!(changed.iter().all(|&n| n == event.node), "{changed:?} at {event:?}"),
    }
}
