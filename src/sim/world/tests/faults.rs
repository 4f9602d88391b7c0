//! What is done to nodes and to single messages, and what is refused.

use super::*;

#[test]
fn a_crash_drops_exactly_what_was_not_synced() {
    // Written, not synced: forgotten.
    let mut r = run(setup(2, 0, constant(1_000)));
    send(&mut r);
    r.run_until(ms(5));
    assert_eq!(r.world().disk(NodeId(1)), ("1".to_owned(), "0".to_owned()));
    let node = NodeId(1);
    r.edit(Fault::Crash { node, stop: false }).unwrap();
    assert_eq!(r.world().disk(node), ("0".to_owned(), "0".to_owned()));
    r.edit(Fault::Recover { node }).unwrap();
    assert!(got(&r, 1).is_empty());
}

fn syncing() -> Run {
    let mut s = setup(2, 0, constant(1_000));
    let node = Ticker { sync_first: true, ..Ticker::default() };
    s.nodes[1].node = Host::boxed(node);
    s.nodes[1].config.sync_us = 4_000;
    let mut r = run(s);
    send(&mut r);
    r
}

#[test]
fn what_follows_a_sync_waits_for_the_disk() {
    let mut r = syncing();
    r.run_until(ms(4));
    assert_eq!(r.world().messages(), 1);
    assert_eq!(r.world().durable_as::<u32>(NodeId(1)), Some(&0));
    r.run_until(ms(5));
    assert_eq!(r.world().messages(), 2);
    assert_eq!(r.world().durable_as::<u32>(NodeId(1)), Some(&1));
    assert_eq!(r.trace().notes().len(), 1);
    r.run_until(ms(7));
    assert_eq!(got(&r, 0), [1_001]);
}

#[test]
fn a_crash_before_the_disk_answers_drops_the_write_and_the_reply() {
    let mut r = syncing();
    r.run_until(ms(3));
    let node = NodeId(1);
    r.edit(Fault::Crash { node, stop: false }).unwrap();
    r.edit(Fault::Recover { node }).unwrap();
    r.run_until(ms(50));
    assert!(got(&r, 0).is_empty());
    assert_eq!(r.world().durable_as::<u32>(node), Some(&0));
}

#[test]
fn a_pause_loses_nothing_but_time() {
    let mut r = run(setup(2, 10, constant(1_000)));
    r.run_until(ms(15));
    let node = NodeId(1);
    r.edit(Fault::Pause { node }).unwrap();
    r.run_until(ms(55));
    assert_eq!(got(&r, 1), [1]);
    assert_eq!(r.world().waiting(node), 5, "four tokens and its own timer");
    r.edit(Fault::Resume { node }).unwrap();
    r.run_until(ms(55));
    assert_eq!(got(&r, 1), [1, 2, 3, 4, 5]);
}

#[test]
fn a_crashed_receiver_a_cut_and_a_partition_lose_with_their_reason() {
    let mut r = run(setup(2, 0, constant(10_000)));
    let node = NodeId(1);
    send(&mut r);
    r.run_until(ms(5));
    let cut = |cut| Fault::Link {
        from: NodeId(0),
        to: node,
        set: LinkPatch { cut: Some(cut), ..LinkPatch::default() },
    };
    r.edit(cut(true)).unwrap();
    send(&mut r);
    r.run_until(ms(20));
    assert_eq!(losses(&r), [Loss::Cut, Loss::Cut]);
    r.edit(Fault::Heal).unwrap();
    let wall = Partition { groups: vec![vec![NodeId(0)], vec![node]], ..Partition::default() };
    r.edit(Fault::Partition(wall)).unwrap();
    send(&mut r);
    r.run_until(ms(40));
    r.edit(Fault::Heal).unwrap();
    r.edit(Fault::Crash { node, stop: false }).unwrap();
    send(&mut r);
    r.run_until(ms(60));
    assert_eq!(losses(&r)[2..], [Loss::Partition, Loss::ReceiverDown]);
    r.edit(Fault::Recover { node }).unwrap();
    send(&mut r);
    r.run_until(ms(80));
    assert_eq!(got(&r, 1), [5]);
}

#[test]
fn one_way_and_flapping_partitions_block_what_they_say() {
    let mut r = run(setup(2, 10, constant(1_000)));
    r.run_until(ms(5));
    let groups = vec![vec![NodeId(0)], vec![NodeId(1)]];
    let one_way = Partition { groups: groups.clone(), one_way: true, ..Partition::default() };
    r.edit(Fault::Partition(one_way)).unwrap();
    r.run_until(ms(45));
    assert_eq!((got(&r, 1).len(), got(&r, 0).len()), (0, 4));
    r.edit(Fault::Heal).unwrap();
    let flapping = Partition { groups, up_us: 20_000, down_us: 20_000, ..Partition::default() };
    r.edit(Fault::Partition(flapping)).unwrap();
    r.run_until(ms(125));
    // Up 45..65 and 85..105: of the tokens of 50, 60, ..., 120, those of 70, 80, 110, 120 pass.
    assert_eq!(got(&r, 1).len(), 4);
}

#[test]
fn one_message_can_be_dropped_held_doubled_changed_and_hurried() {
    let arbitrary = Link { model: LinkModel::Arbitrary, ..constant(10_000) };
    let mut r = run(setup(2, 0, arbitrary));
    (0..5).for_each(|_| send(&mut r));
    r.run_until(ms(1));
    let flights = r.world().in_flight();
    let msg = |i: usize| flights[i].msg;
    r.edit(Fault::Drop { msg: msg(0) }).unwrap();
    r.edit(Fault::Hold { msg: msg(1) }).unwrap();
    r.edit(Fault::Duplicate { msg: msg(2) }).unwrap();
    r.edit(Fault::Corrupt { msg: msg(3) }).unwrap();
    r.edit(Fault::DeliverNow { msg: msg(4) }).unwrap();
    r.run_until(ms(1));
    assert_eq!(got(&r, 1), [5]);
    r.run_until(ms(30));
    assert_eq!(losses(&r).len() + got(&r, 1).len(), 5);
    assert_eq!(got(&r, 1)[1], 3);
    assert!(got(&r, 1)[1..].iter().filter(|&&t| t == 3).count() == 2);
    r.edit(Fault::Release { msg: msg(1) }).unwrap();
    r.run_until(ms(30));
    assert_eq!(got(&r, 1).last(), Some(&2));
    let gone = r.edit(Fault::Drop { msg: msg(1) }).unwrap_err();
    assert_eq!(gone.code, "unknown-message");
}

#[test]
fn omission_silence_lies_and_replays_do_what_they_say() {
    let mut r = run(setup(3, 0, constant(1_000)));
    let node = NodeId(0);
    let mut after = |fault: Fault| {
        r.edit(fault).unwrap();
        let had = got(&r, 1).len();
        send(&mut r);
        let soon = r.time() + Span::ms(5);
        r.run_until(soon);
        got(&r, 1)[had..].to_vec()
    };
    let omit =
        |ppm| Fault::Node { node, set: NodePatch { send_omission_ppm: Some(ppm), ..NodePatch::default() } };
    let rule = |act| Fault::Byzantine { node, rules: vec![ByzantineRule { to: None, act }] };
    assert_eq!(after(omit(1_000_000)), [0; 0]);
    assert_eq!(after(omit(0)), [2]);
    assert_eq!(after(rule(ByzantineAct::Silence)), [0; 0]);
    assert_eq!(after(rule(ByzantineAct::Lie)), [10_004]);
    assert_eq!(after(rule(ByzantineAct::Replay)), [4]);
    assert_eq!(after(rule(ByzantineAct::Delay(90_000))), [0; 0]);
    let honest = Fault::Byzantine { node, rules: Vec::new() };
    assert_eq!(after(honest), [7]);
}

#[test]
fn refusals_name_what_and_where_and_change_nothing() {
    let mut r = stormy();
    r.run_until(ms(100));
    let hash = r.hash_text();
    let unknown = NodeId(77);
    let set = || LinkPatch { loss_ppm: Some(1_000_000), ..LinkPatch::default() };
    let (from, to) = (NodeId(0), NodeId(2));
    let timing = Timing::BoundedAsync { delay_us: 10 };
    let same_side = Partition { groups: vec![vec![NodeId(0), NodeId(1)]], ..Partition::default() };
    let node = NodeId(1);
    let cases = [
        (Fault::Crash { node: unknown, stop: false }, "unknown-node"),
        (Fault::Crash { node, stop: false }, "wrong-state"),
        (Fault::Link { from, to, set: set() }, "not-fair-loss"),
        (Fault::Links { set: set() }, "not-fair-loss"),
        (Fault::Timing { timing }, "outside-timing"),
        (Fault::Partition(same_side), "bad-partition"),
        (Fault::Drop { msg: MsgId(9_999) }, "unknown-message"),
        (Fault::Request { node: NodeId(0), request: "dance".into() }, "bad-request"),
        (Fault::ClockJump { node: NodeId(0), by_us: i64::MIN }, "out-of-range"),
    ];
    for (fault, code) in cases {
        let refusal = r.edit(fault.clone()).unwrap_err();
        assert_eq!(refusal.code, code, "{fault:?}: {refusal}");
    }
    assert_eq!(r.hash_text(), hash);
    assert!(r.edits().len() == 7);
}
