//! Processors, clocks and timing contracts.

use super::*;

#[test]
fn a_slow_processor_makes_inputs_wait_in_line() {
    let mut s = setup(2, 0, constant(1_000));
    s.nodes[1].config.service_us = 10_000;
    let mut r = run(s);
    (0..3).for_each(|_| send(&mut r));
    r.run_until(ms(1));
    assert!(r.world().is_busy(NodeId(1)));
    r.run_until(ms(40));
    let times: Vec<u64> = r
        .trace()
        .events_from(EventId(0))
        .filter(|(_, e)| e.kind == EventKind::Deliver)
        .map(|(_, e)| e.time.us())
        .collect();
    assert_eq!(times, [11_000, 21_000, 31_000]);
}

#[test]
fn a_fast_clock_rings_early_and_a_jump_rings_at_once() {
    let mut s = setup(2, 100, constant(0));
    s.nodes[0].config.drift_ppm = 250_000;
    let mut r = run(s);
    r.run_until(ms(80));
    assert_eq!(got(&r, 1), [1], "100 ms on a clock 25 % fast are 80 ms");
    assert!(got(&r, 0).is_empty());
    let (node, by_us) = (NodeId(1), 20_000);
    r.edit(Fault::ClockJump { node, by_us }).unwrap();
    r.run_until(ms(80));
    assert_eq!(got(&r, 0), [1]);
}

#[test]
fn under_synchrony_what_breaks_a_bound_is_refused() {
    let mut s = setup(2, 10, constant(5_000));
    s.timing = Timing::Synchronous { delay_us: 5_000, step_us: 1_000, drift_ppm: 100 };
    let mut r = run(s);
    let node = NodeId(0);
    let node_set = |set| Fault::Node { node, set };
    let drift = NodePatch { drift_ppm: Some(101), ..NodePatch::default() };
    let slow = NodePatch { service_us: Some(1_001), ..NodePatch::default() };
    let late = NodePatch { late_us: Some(50_000), ..NodePatch::default() };
    for fault in [node_set(drift), node_set(slow), Fault::Pause { node }, Fault::ClockJump { node, by_us: 1 }]
    {
        assert_eq!(r.edit(fault).unwrap_err().code, "outside-timing");
    }
    r.edit(node_set(late)).expect("a timing failure is a failure, not the model");
    r.run_until(ms(11));
    assert!(r.world().is_busy(node));
}

#[test]
fn after_gst_everything_arrives_within_the_bound() {
    let storm = Delay::HeavyTailed { min_us: 50_000, shape_milli: 500 };
    let mut s = setup(2, 10, Link::fair_loss(storm, 0));
    s.timing = Timing::Gst { gst_us: 500_000, delay_us: 20_000 };
    let mut r = run(s);
    r.run_until(ms(2_000));
    let mut late = 0;
    for (_, e) in r.trace().events_from(EventId(0)) {
        if let (EventKind::Deliver, Some(msg)) = (e.kind, e.msg()) {
            let sent = r.trace().sent_at(msg);
            let took = e.time.since(sent.max(ms(500)));
            assert!(took <= Span::ms(20), "{took}");
            late += u32::from(e.time.since(sent) > Span::ms(20));
        }
    }
    assert!(late > 10, "the storm before GST was one: {late}");
}
