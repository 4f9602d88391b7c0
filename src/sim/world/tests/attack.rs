//! Corners in which something was once lost, doubled, late or alive after its death.

use super::*;

fn link(from: u16, to: u16, set: LinkPatch) -> Fault {
    Fault::Link { from: NodeId(from), to: NodeId(to), set }
}

fn layers(layers: Layers) -> LinkPatch {
    LinkPatch { layers: Some(layers), ..LinkPatch::default() }
}

const NODE: NodeId = NodeId(0);
const CRASH: Fault = Fault::Crash { node: NODE, stop: false };

#[test]
fn a_node_that_crashes_before_it_boots_stays_down_until_it_recovers() {
    let mut r = run(setup(2, 10, constant(1_000)));
    r.edit(CRASH).unwrap();
    r.run_until(ms(100));
    assert!(got(&r, 1).is_empty(), "a crashed node sends nothing");
    r.edit(Fault::Recover { node: NODE }).unwrap();
    r.run_until(ms(111));
    assert_eq!(got(&r, 1), [1]);
}

#[test]
fn a_node_that_is_paused_before_it_boots_boots_when_it_is_resumed() {
    let mut r = run(setup(2, 10, constant(1_000)));
    r.edit(Fault::Pause { node: NODE }).unwrap();
    send(&mut r);
    r.run_until(ms(100));
    assert!(got(&r, 1).is_empty());
    r.edit(Fault::Resume { node: NODE }).unwrap();
    r.run_until(ms(111));
    // The request at 100 ms, the first tick at 110 ms.
    assert_eq!(got(&r, 1), [1, 2]);
    let starts = r.trace().events_from(EventId(0));
    assert_eq!(starts.filter(|(_, e)| e.kind == EventKind::Start).count(), 2);
}

#[test]
fn what_a_node_worked_on_when_it_crashed_is_lost_with_a_fate() {
    let mut s = setup(2, 0, constant(1_000));
    s.nodes[1].config.service_us = 5_000;
    let mut r = run(s);
    r.run_until(ms(10));
    send(&mut r);
    r.run_until(ms(13));
    let node = NodeId(1);
    r.edit(Fault::Crash { node, stop: false }).unwrap();
    r.run_until(ms(20));
    assert_eq!(losses(&r), [Loss::ReceiverDown]);
    assert!(r.trace().fate(MsgId(0)).is_some());
}

/// An edit said to come after 0 steps, at 50 ms, comes at 50 ms, played in one go or in frames.
#[test]
fn how_far_a_run_is_asked_to_go_does_not_decide_when_an_edit_is_made() {
    let edit = Edit { at_us: 50_000, after_steps: Some(0), fault: CRASH };
    let new = || Run::new(setup(3, 7, Link::default()), (), vec![edit.clone()]).unwrap();
    let (mut whole, mut frames) = (new(), new());
    whole.run_until(ms(200));
    (0..=200).for_each(|t| frames.run_until(ms(t)));
    assert_eq!(whole.hash_text(), frames.hash_text());
    let (fault, _) = whole.trace().faults()[0];
    assert_eq!(whole.trace().event(fault).time, ms(50));
}

#[test]
fn on_a_fifo_link_a_copy_overtakes_nobody() {
    let slow = Delay::Uniform { min_us: 1_000, max_us: 50_000 };
    let fifo = Link { fifo: true, duplicate_ppm: 500_000, ..Link::fair_loss(slow, 0) };
    let mut r = run(setup(2, 5, fifo));
    r.run_until(ms(1_000));
    let g = got(&r, 1);
    assert!(g.len() > 250 && g.windows(2).all(|w| w[0] <= w[1]), "{g:?}");
}

/// A FIFO link on which a message takes an hour; then the bound is 20 ms, for those after it too.
#[test]
fn a_new_bound_holds_behind_a_slow_message_of_a_fifo_link() {
    let fifo = Link { fifo: true, ..constant(3_600_000_000) };
    let mut r = run(setup(2, 0, fifo));
    send(&mut r);
    r.run_until(ms(10));
    let delay = Some(Delay::Constant { us: 1_000 });
    let set = LinkPatch { delay, ..LinkPatch::default() };
    r.edit(Fault::Links { set }).unwrap();
    let timing = Timing::BoundedAsync { delay_us: 20_000 };
    r.edit(Fault::Timing { timing }).unwrap();
    r.run_until(ms(40));
    send(&mut r);
    r.run_until(ms(60));
    assert_eq!(got(&r, 1), [1, 2]);
}

/// 0.1^7 is below one in a million, and a message of a hundred bytes in a buffer of ten never fits.
#[test]
fn a_fair_loss_link_lets_something_through() {
    let fragments = Link { mtu_bytes: 1, ..Link::fair_loss(Delay::default(), 900_000) };
    assert_eq!(fragments.loss_of(7), 999_999);
    let narrow = Link { bandwidth_bytes_s: 1_000_000, buffer_bytes: 10, ..constant(1_000) };
    let mut r = run(setup(2, 10, narrow));
    r.run_until(ms(95));
    assert_eq!(got(&r, 1).len(), 9);
}

/// 100 bytes at one byte a second take 100 s; at 100,000 they take one millisecond.
#[test]
fn a_wider_link_sends_what_waits_faster() {
    let narrow = Link { bandwidth_bytes_s: 1, ..constant(1_000) };
    let mut r = run(setup(2, 0, narrow));
    send(&mut r);
    let set = LinkPatch { bandwidth_bytes_s: Some(100_000), ..LinkPatch::default() };
    r.run_until(ms(1));
    r.edit(link(0, 1, set)).unwrap();
    send(&mut r);
    r.run_until(ms(10));
    assert_eq!(got(&r, 1), [2]);
}

#[test]
fn a_copy_made_by_hand_does_not_pass_a_cut_link() {
    let mut r = run(setup(2, 0, constant(10_000)));
    let set = LinkPatch { cut: Some(true), ..LinkPatch::default() };
    r.edit(link(0, 1, set)).unwrap();
    send(&mut r);
    r.run_until(ms(2));
    r.edit(Fault::Duplicate { msg: MsgId(0) }).unwrap();
    r.run_until(ms(50));
    assert_eq!(losses(&r), [Loss::Cut, Loss::Cut]);
}

#[test]
fn a_forged_message_delivered_by_hand_is_still_rejected() {
    let authenticate = Layers { authenticate: true, ..Layers::default() };
    let guarded = Link { model: LinkModel::Arbitrary, layers: authenticate, ..constant(10_000) };
    let mut r = run(setup(2, 0, guarded));
    send(&mut r);
    r.run_until(ms(2));
    r.edit(Fault::Corrupt { msg: MsgId(0) }).unwrap();
    r.edit(Fault::DeliverNow { msg: MsgId(0) }).unwrap();
    r.run_until(ms(50));
    assert_eq!((losses(&r), got(&r, 1)), (vec![Loss::Forged], vec![]));
}

/// Sent at 0 with 10 ms to go, held, released at 5 ms: it arrives at 10 ms, not at the bound.
#[test]
fn what_is_released_travels_on_under_a_bound_too() {
    let mut s = setup(2, 0, constant(10_000));
    let (gst_us, delay_us) = (1, 900_000);
    s.timing = Timing::Gst { gst_us, delay_us };
    let mut r = run(s);
    send(&mut r);
    r.run_until(ms(2));
    r.edit(Fault::Hold { msg: MsgId(0) }).unwrap();
    r.run_until(ms(5));
    r.edit(Fault::Release { msg: MsgId(0) }).unwrap();
    r.run_until(ms(10));
    assert_eq!(got(&r, 1), [1]);
}

/// Three messages with the first one lost: two wait in the reorder buffer.
fn gap() -> Run {
    let all = Layers { retransmit_us: 40_000, dedupe: true, reorder: true, ..Layers::default() };
    let layered = Link { layers: all, ..constant(1_000) };
    let mut r = run(setup(2, 0, layered));
    r.run_until(ms(1));
    send(&mut r);
    r.step();
    r.edit(Fault::Drop { msg: MsgId(0) }).unwrap();
    send(&mut r);
    send(&mut r);
    r.run_until(ms(10));
    assert!(got(&r, 1).is_empty());
    r
}

#[test]
fn switching_the_reorder_buffer_off_hands_over_what_is_in_it() {
    let mut r = gap();
    r.edit(link(0, 1, layers(Layers::default()))).unwrap();
    r.run_until(ms(100));
    assert_eq!(got(&r, 1), [2, 3], "and nothing is sent again");
    assert!((0..3).all(|m| r.trace().fate(MsgId(m)).is_some()));
}

#[test]
fn what_waited_behind_a_gap_is_handed_over_in_order_when_the_sender_comes_back() {
    let mut r = gap();
    r.edit(CRASH).unwrap();
    r.edit(Fault::Recover { node: NODE }).unwrap();
    send(&mut r);
    r.run_until(ms(200));
    // The sender counts from one again.
    assert_eq!(got(&r, 1), [2, 3, 1]);
}

/// Sent at 1 ms and lost, to be sent again after 40 ms; paused from 10 to 500 ms. Until then nothing
/// is left to happen, and a step must say so instead of looking again every 40 ms for a month.
#[test]
fn a_paused_sender_sends_again_when_it_is_resumed_and_waits_in_silence() {
    let mut r = gap();
    r.edit(Fault::Pause { node: NODE }).unwrap();
    let (events, steps) = (r.position(), r.world().steps());
    r.run_until(ms(500));
    assert_eq!(r.position(), events);
    assert!(r.world().steps() <= steps + 3, "one look a frame");
    assert!(!r.step(), "nothing is left to happen");
    r.seek(ms(500));
    r.edit(Fault::Resume { node: NODE }).unwrap();
    r.run_until(ms(502));
    assert_eq!(got(&r, 1), [1, 2, 3], "and then at once");
}

#[test]
fn an_idle_run_ends_where_the_longest_does() {
    let mut r = run(setup(2, 0, constant(1_000)));
    r.seek(SimTime(u64::MAX));
    assert_eq!(r.time(), SimTime(limits::RUN_US));
    r.seek(ms(5));
    assert_eq!(r.time(), ms(5));
}
