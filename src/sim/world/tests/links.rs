//! Links: delay, order, bandwidth, and the layers on top.

use super::*;

#[test]
fn a_message_arrives_after_its_delay() {
    let mut r = run(setup(2, 10, constant(3_000)));
    r.run_until(ms(12));
    assert!(got(&r, 1).is_empty());
    r.run_until(ms(13));
    assert_eq!(got(&r, 1), [1]);
    let mut arrivals = r.trace().events_from(EventId(0));
    let first = arrivals.find(|(_, e)| e.kind == EventKind::Deliver);
    assert_eq!(first.unwrap().1.time, ms(13));
}

/// 100 bytes at 10,000 bytes a second take 10 ms each; a buffer of 250 bytes has room for two more
/// behind the one that is being sent.
#[test]
fn a_narrow_link_queues_and_then_drops() {
    let link = Link { bandwidth_bytes_s: 10_000, buffer_bytes: 250, ..constant(1_000) };
    let mut r = run(setup(2, 0, link));
    (0..4).for_each(|_| send(&mut r));
    r.run_until(ms(100));
    let arrivals: Vec<u64> = r
        .trace()
        .events_from(EventId(0))
        .filter(|(_, e)| e.kind == EventKind::Deliver)
        .map(|(_, e)| e.time.us())
        .collect();
    assert_eq!(arrivals, [11_000, 21_000]);
    assert_eq!(losses(&r), [Loss::BufferFull, Loss::BufferFull]);
}

#[test]
fn fifo_keeps_the_order_that_jitter_breaks() {
    let jitter = Delay::Uniform { min_us: 1_000, max_us: 50_000 };
    let inversions = |fifo| {
        let link = Link { fifo, ..Link::fair_loss(jitter, 0) };
        let mut r = run(setup(2, 5, link));
        r.run_until(ms(1_000));
        got(&r, 1).windows(2).filter(|w| w[0] > w[1]).count()
    };
    assert_eq!(inversions(true), 0);
    assert!(inversions(false) > 20);
}

fn layered(layers: Layers, loss_ppm: u32) -> Run {
    let link = Link { layers, ..Link::fair_loss(Delay::default(), loss_ppm) };
    run(setup(2, 0, link))
}

#[test]
fn each_layer_mends_exactly_its_fault() {
    let after = |layers| {
        let mut r = layered(layers, 400_000);
        for _ in 0..40 {
            send(&mut r);
            let soon = r.time() + Span::ms(3);
            r.run_until(soon);
        }
        r.run_until(ms(5_000));
        let g = got(&r, 1);
        let mut distinct = g.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let sorted = g.windows(2).all(|w| w[0] <= w[1]);
        (g.len(), distinct.len(), sorted)
    };
    let mut layers = Layers::default();
    let (all, distinct, _) = after(layers);
    assert!(all == distinct && distinct < 35);
    layers.retransmit_us = 30_000;
    let (all, distinct, _) = after(layers);
    assert!(distinct == 40 && all > 40, "a lost acknowledgement doubles");
    layers.dedupe = true;
    let (all, distinct, sorted) = after(layers);
    assert!((all, distinct, sorted) == (40, 40, false));
    layers.reorder = true;
    assert_eq!(after(layers), (40, 40, true));
}

#[test]
fn memory_lost_in_a_crash_brings_duplicates_back() {
    let layers = Layers { retransmit_us: 30_000, dedupe: true, ..Layers::default() };
    let mut r = layered(layers, 0);
    // The acknowledgement is lost; the receiver crashes; the retransmission is new to it.
    let (from, to) = (NodeId(1), NodeId(0));
    let set = LinkPatch { cut: Some(true), ..LinkPatch::default() };
    r.edit(Fault::Link { from, to, set }).unwrap();
    send(&mut r);
    r.run_until(ms(25));
    assert_eq!(got(&r, 1), [1]);
    r.edit(Fault::Crash { node: from, stop: false }).unwrap();
    r.edit(Fault::Recover { node: from }).unwrap();
    r.run_until(ms(60));
    assert_eq!(got(&r, 1), [1], "delivered a second time, to a node that forgot the first");
    assert_eq!(r.trace().events_from(EventId(0)).filter(|(_, e)| e.kind == EventKind::Deliver).count(), 2);
}

/// Among few messages the one that is meant is looked for, among many it is looked up: with thousands on their way,
/// which an index keeps, and with a handful, a flapping wall, cuts, a crash and every act by hand come to the same.
#[test]
fn whether_flights_are_looked_for_or_looked_up_decides_nothing() {
    let storm = |indexed: bool| {
        let link = Link { duplicate_ppm: 300_000, model: LinkModel::Arbitrary, ..constant(40_000) };
        let mut world = World::new(setup(3, 1, link)).unwrap();
        let mut trace = Trace::new();
        let groups = vec![vec![NodeId(0)], vec![NodeId(1), NodeId(2)]];
        let wall = Partition { groups, up_us: 7_000, down_us: 11_000, ..Partition::default() };
        world.run_until(&mut trace, ms(30));
        if indexed {
            world.index_all();
        }
        world.apply(&Fault::Partition(wall), &mut trace).unwrap();
        for turn in 0..40u64 {
            world.run_until(&mut trace, ms(30 + turn * 5));
            let flights = world.in_flight();
            let msg = flights[turn as usize * 7 % flights.len()].msg;
            let acts = [
                Fault::Drop { msg },
                Fault::Hold { msg },
                Fault::Duplicate { msg },
                Fault::Corrupt { msg },
                Fault::DeliverNow { msg },
                Fault::Heal,
                Fault::Crash { node: NodeId(2), stop: false },
                Fault::Recover { node: NodeId(2) },
                Fault::Release { msg },
            ];
            // Some are refused, by both.
            let _ = world.apply(&acts[turn as usize % acts.len()], &mut trace);
            let set = LinkPatch { cut: Some(turn % 4 == 0), ..LinkPatch::default() };
            world.apply(&Fault::Link { from: NodeId(1), to: NodeId(2), set }, &mut trace).unwrap();
        }
        world.run_until(&mut trace, ms(400));
        assert!(world.index.is_some() == indexed && world.events() > 1_000);
        world.hash_text()
    };
    assert_eq!(storm(true), storm(false));
}

/// A wall that flaps a thousand times stops each message once, and leaves the others in peace: two thousand on a link
/// of ten minutes are all there at the end.
#[test]
fn a_wall_that_flaps_passes_by_what_it_does_not_part() {
    let mut r = run(setup(4, 1, constant(600_000_000)));
    let wall = Partition {
        groups: vec![vec![NodeId(0)], vec![NodeId(1)]],
        up_us: 1_000,
        down_us: 1_000,
        ..Partition::default()
    };
    r.run_until(ms(500));
    r.edit(Fault::Partition(wall)).unwrap();
    r.run_until(ms(1_000));
    let by = |loss| losses(&r).iter().filter(|l| **l == loss).count();
    assert!(by(Loss::Partition) > 500, "what N0 had sent to N1, and what it sent meanwhile");
    assert_eq!(r.world().in_flight().iter().filter(|f| f.from != NodeId(0)).count(), 3 * 1_000);
}
