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
