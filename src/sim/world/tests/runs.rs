//! Running, going back, forking, editing: the same future whichever way it is reached.

use super::*;

#[test]
fn the_same_seed_gives_the_same_hash_and_another_seed_another() {
    let hash = |seed| {
        let mut s = setup(3, 10, Link::fair_loss(Delay::default(), 300_000));
        s.seed = seed;
        let mut r = run(s);
        r.run_until(ms(1_000));
        r.hash_text()
    };
    assert_eq!(hash(1), hash(1));
    assert_ne!(hash(1), hash(2));
}

#[test]
fn a_clone_has_the_same_future() {
    let mut a = stormy();
    a.run_until(ms(250));
    let mut b = a.fork();
    a.run_until(ms(900));
    b.run_until(ms(900));
    assert_eq!(a.hash_text(), b.hash_text());
}

#[test]
fn every_position_is_reached_again_with_the_same_hash() {
    let mut r = stormy();
    r.run_until(ms(900));
    let (end, events) = (r.hash_text(), r.position());
    let mut fresh = stormy();
    let mut hashes = vec![fresh.hash_text()];
    while fresh.position() < events && fresh.step() {
        hashes.push(fresh.hash_text());
    }
    for k in (0..events).rev().step_by(13) {
        r.seek_event(k);
        assert_eq!(r.hash_text(), hashes[k as usize], "event {k}");
    }
    r.back(1);
    r.seek(ms(900));
    assert_eq!(r.hash_text(), end);
    assert_eq!(r.trace().len(), events as usize);
    assert_eq!(r.trace().notes().len(), fresh.trace().notes().len());
}

#[test]
fn an_edit_is_undone_and_made_again_to_the_bit() {
    let mut r = stormy();
    r.run_until(ms(330));
    let before = r.hash_text();
    let mut plain = r.fork();
    let node = NodeId(0);
    r.edit(Fault::Crash { node, stop: false }).unwrap();
    r.run_until(ms(700));
    let crashed = r.hash_text();
    assert!(r.undo());
    plain.run_until(ms(700));
    assert_eq!(r.hash_text(), plain.hash_text());
    assert_ne!(crashed, plain.hash_text());
    assert!(r.redo());
    assert_eq!(r.hash_text(), crashed);
    r.seek(ms(330));
    assert!(r.undo());
    assert_eq!(r.hash_text(), before);
    r.run_until(ms(700));
    assert_eq!(r.hash_text(), plain.hash_text());
}

/// After every number of events of the first moment and of a later one: an edit is made, taken back and
/// made again. Another edit of the same moment, still to come there, stays to come.
#[test]
fn an_edit_amid_a_moment_is_undone_to_the_event_before_it() {
    let crash = |n| Fault::Crash { node: NodeId(n), stop: false };
    let mut amid = 0;
    for events in (0..6).chain(40..90) {
        let mut r = run(setup(4, 7, constant(20_000)));
        r.seek_event(events);
        let stands = |r: &Run| (r.position(), r.time(), r.hash_text(), r.edits().to_vec());
        for next in [1, 2] {
            amid += u32::from(r.amid());
            let before = stands(&r);
            r.edit(crash(next)).unwrap();
            let after = stands(&r);
            for _ in 0..2 {
                assert!(r.undo());
                assert_eq!(stands(&r), before, "after {events} events");
                assert!(r.redo());
                assert_eq!(stands(&r), after, "after {events} events");
            }
            r.seek_event(before.0);
        }
        // From before both, the two that are still to come go without a move.
        let here = (r.position(), r.time(), r.hash_text());
        assert!(r.undo() && r.undo());
        assert_eq!((r.position(), r.time(), r.hash_text()), here);
    }
    assert!(amid > 20, "{amid}");
}

/// The second crash of one node is refused when its turn comes; then nothing was done at all.
#[test]
fn several_faults_are_one_edit_or_none() {
    let mut r = stormy();
    r.run_until(ms(330));
    let crash = |n| Fault::Crash { node: NodeId(n), stop: false };
    let before = (r.hash_text(), r.edits().to_vec(), r.trace().len());
    let refused = r.edit_all(vec![crash(0), crash(2), crash(0)]).unwrap_err();
    assert_eq!(refused.code, "wrong-state", "{refused}");
    assert_eq!((r.hash_text(), r.edits().to_vec(), r.trace().len()), before);
    r.edit_all(vec![crash(0), crash(2)]).unwrap();
    assert_eq!(r.edits().len(), before.1.len() + 2);
    assert_eq!(r.refused().len(), 0);
    assert!(r.undo());
    assert_eq!((r.hash_text(), r.edits().to_vec()), (before.0, before.1));
}

/// A message of the future that an edit has made is none of the future without it.
#[test]
fn taking_an_edit_out_takes_out_what_was_done_to_messages_after_it() {
    let mut r = run(setup(3, 7, constant(20_000)));
    r.run_until(ms(50));
    let node = NodeId(1);
    r.edit(Fault::Crash { node, stop: false }).unwrap();
    r.run_until(ms(100));
    let msg = r.world().in_flight()[0].msg;
    r.edit(Fault::Drop { msg }).unwrap();
    r.edit(Fault::Recover { node }).unwrap();
    let all = r.edits().to_vec();
    r.remove_edit(0).unwrap();
    assert_eq!(r.edits().len(), 1);
    assert_eq!(r.edits()[0].fault, Fault::Recover { node });
    assert!(r.undo(), "and undo brings both back");
    assert_eq!(r.edits(), all);
}

#[test]
fn edits_that_a_run_was_opened_with_are_undone_from_the_last_on() {
    let mut r = stormy();
    r.run_until(ms(900));
    let (all, end) = (r.edits().to_vec(), r.hash_text());
    for left in (0..all.len()).rev() {
        assert!(r.can_undo_redo().0);
        assert!(r.undo());
        assert_eq!(r.edits(), &all[..left]);
        let mut fresh = Run::new(stormy_setup(), (), all[..left].to_vec()).unwrap();
        fresh.run_until(ms(900));
        assert_eq!(r.hash_text(), fresh.hash_text(), "{left} edits left");
    }
    assert_eq!(r.can_undo_redo(), (false, true));
    assert!(!r.undo());
    (0..all.len()).for_each(|_| assert!(r.redo()));
    assert_eq!((r.edits(), r.hash_text()), (&all[..], end));
}

/// Edits now, in the past and of messages, and edits taken out: undo goes through the very lists that
/// there were, back to the empty one, and redo through the same again.
#[test]
fn undo_and_redo_go_through_the_lists_of_edits_that_there_were() {
    let mut r = stormy();
    let mut lists: Vec<Vec<Edit>> = (0..=r.edits().len()).map(|n| r.edits()[..n].to_vec()).collect();
    let node = NodeId(2);
    for i in 0..40_u64 {
        r.seek(ms(hash_of(i) % 900));
        let flights = r.world().in_flight();
        let done = match i % 4 {
            0 => r.edit(Fault::Pause { node }),
            1 => r.edit(Fault::Resume { node }),
            2 if !flights.is_empty() => r.edit(Fault::Hold { msg: flights[0].msg }),
            _ => r.remove_edit(hash_of(i + 99) as usize % r.edits().len()),
        };
        if done.is_ok() {
            lists.push(r.edits().to_vec());
        }
    }
    assert!(lists.len() > 30, "{} lists", lists.len());
    for list in lists[..lists.len() - 1].iter().rev() {
        assert!(r.undo());
        assert_eq!(r.edits(), list);
    }
    assert!(!r.undo());
    for list in &lists[1..] {
        assert!(r.redo());
        assert_eq!(r.edits(), list);
    }
    assert!(!r.redo());
}

fn hash_of(i: u64) -> u64 {
    crate::sim::hash::mix(i + 1)
}

#[test]
fn an_edit_amid_an_instant_is_made_there_again() {
    let mut r = run(setup(5, 10, constant(0)));
    r.run_until(ms(9));
    // Five timers run out at one instant; stop after the second.
    (0..2).for_each(|_| assert!(r.step()));
    let node = NodeId(4);
    r.edit(Fault::Crash { node, stop: true }).unwrap();
    r.run_until(ms(50));
    let (hash, edits) = (r.hash_text(), r.edits().to_vec());
    assert!(edits[0].after_steps.is_some());
    let mut again = Run::new(setup(5, 10, constant(0)), (), edits).unwrap();
    again.run_until(ms(50));
    assert_eq!(again.hash_text(), hash);
}

/// 30 % of the 1,000 messages of each of 3 links: 300 with a standard deviation of 14.5.
#[test]
fn losing_on_one_link_leaves_the_luck_of_the_others_alone() {
    let mut a = run(setup(3, 10, Link::fair_loss(Delay::default(), 300_000)));
    let mut b = a.fork();
    let (from, to) = (NodeId(0), NodeId(1));
    let set = LinkPatch { loss_ppm: Some(900_000), ..LinkPatch::default() };
    b.edit(Fault::Link { from, to, set }).unwrap();
    a.run_until(ms(10_050));
    b.run_until(ms(10_050));
    assert_eq!(got(&a, 2), got(&b, 2));
    assert_eq!(got(&a, 0), got(&b, 0));
    assert!(got(&a, 1).len() > 600 && got(&b, 1).len() < 160);
    assert!((got(&a, 2).len() as i64 - 700).abs() < 60);
}

#[test]
fn a_loop_without_delay_is_stopped_with_a_sentence() {
    let mut s = setup(2, 0, constant(0));
    let node = || Host::boxed(Ticker { sync_first: true, ..Ticker::default() });
    s.nodes[0].node = node();
    s.nodes[1].node = node();
    let mut r = run(s);
    send(&mut r);
    r.run_until(ms(10));
    let stop = r.world().stopped().unwrap();
    assert_eq!(stop.code, "no-delay");
    assert_eq!(r.edit(Fault::Heal).unwrap_err().code, "no-delay");
    assert!(r.trace().len() > 100_000, "what was recorded is kept");
}

#[test]
fn a_world_without_a_trace_has_the_same_hash() {
    let mut with = World::new(setup(3, 7, Link::fair_loss(Delay::default(), 200_000))).unwrap();
    let mut without = with.clone();
    let (mut on, mut off) = (Trace::new(), Trace::off());
    with.run_until(&mut on, ms(1_000));
    without.run_until(&mut off, ms(1_000));
    assert_eq!(with.hash(), without.hash());
    assert!(off.is_empty() && !on.is_empty());
}

#[test]
fn what_was_in_a_message_is_recomputed_from_the_checkpoint_before_it() {
    let mut r = stormy();
    r.run_until(ms(30_000));
    assert!(r.checkpoints().0 > 3);
    let n = r.trace().messages() as u32;
    // A fresh run hands over each payload as it flies.
    let mut fresh = stormy();
    let mut labels = std::collections::BTreeMap::new();
    while fresh.time() < ms(30_000) && fresh.step() {
        for f in fresh.world().in_flight() {
            labels.insert(f.msg, format!("{:?}", f.payload));
        }
    }
    let mut compared = 0;
    for msg in (0..n).step_by(97).map(MsgId) {
        if let Some(label) = labels.get(&msg) {
            assert_eq!(&format!("{:?}", r.payload(msg).unwrap()), label, "{msg}");
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared} of {n}");
    assert!(r.payload(MsgId(n)).is_none());
}

/// The way forward over known ground is a leap, and ends where going event by event would.
#[test]
fn seeking_forward_again_leaps_over_checkpoints_to_the_same_state() {
    let mut r = stormy();
    r.run_until(ms(30_000));
    let (end, events) = (r.hash_text(), r.position());
    assert!(r.checkpoints().0 > 3);
    r.seek(ms(0));
    assert_eq!(r.frontier(), ms(30_000));
    r.seek(ms(30_000));
    assert_eq!((r.hash_text(), r.position()), (end.clone(), events));
    r.seek_event(0);
    r.seek_event(events - 1);
    let here = r.hash_text();
    r.back(1);
    assert!(r.step());
    assert_eq!(r.hash_text(), here);
    // An edit in the past forgets the checkpoints of the future that it ends.
    r.seek(ms(1_000));
    r.edit(Fault::Heal).unwrap();
    r.seek(ms(30_000));
    assert_ne!(r.hash_text(), end);
}

/// The place of a handled message is used for the next one, unless somebody still looks at it.
#[test]
fn a_message_that_somebody_holds_is_never_written_over() {
    let mut s = setup(2, 0, constant(1_000));
    for node in &mut s.nodes {
        node.node = Host::boxed(Ticker { sync_first: true, ..Ticker::default() });
    }
    let mut r = run(s);
    send(&mut r);
    r.run_until(ms(0));
    let held = r.world().in_flight()[0].payload.clone();
    r.run_until(ms(10));
    assert_eq!(got(&r, 0).len() + got(&r, 1).len(), 10);
    assert_eq!(format!("{held:?}"), "Token(1)");
    assert_eq!(got(&r, 1), [1, 2_001, 4_001, 6_001, 8_001]);
}

/// Every node remembers each of the 60,000 tokens that it is sent: a plain list that every checkpoint
/// copies. Four bytes a token, three nodes, and a checkpoint every 1,024 of 360,000 events would be
/// 350 copies of 360 KB on average, 126 MB.
#[test]
fn checkpoints_of_a_run_that_remembers_much_are_few_and_lead_to_the_same() {
    let mut r = run(setup(3, 1, constant(400)));
    r.run_until(ms(60_000));
    let end = (r.position(), r.hash_text());
    assert!(end.0 > 350_000);
    let (kept, spacing) = r.checkpoints();
    assert!((12..200).contains(&kept), "{kept} checkpoints");
    assert!(r.bytes() - r.trace().bytes() < 64 << 20, "{}", r.bytes());
    // Late, copying a moment costs what 720,000 / 128 events cost: more than the spacing.
    assert!(spacing <= 2_048, "{spacing}");
    let mut fresh = run(setup(3, 1, constant(400)));
    for at in [1, 7_000, 31_000, 59_990] {
        fresh.run_until(ms(at));
        r.seek(ms(at));
        assert_eq!(r.hash_text(), fresh.hash_text(), "at {at} ms");
    }
    r.seek(ms(60_000));
    assert_eq!((r.position(), r.hash_text()), end);
}

/// A million events are over 768 stretches of 1,024.
#[test]
fn checkpoints_of_a_long_run_are_spread_over_all_of_it() {
    let mut s = setup(2, 0, constant(1_000));
    s.nodes = (0..2).map(|i| NodeSetup::server(format!("N{i}"), Host::boxed(Relay))).collect();
    let mut r = run(s.clone());
    r.seek_event(1_000_000);
    let (kept, spacing) = r.checkpoints();
    assert_eq!(spacing, 2_048);
    assert!((400..=768).contains(&kept), "{kept} checkpoints");
    let mut fresh = run(s);
    for events in [10, 300_000, 999_000] {
        fresh.seek_event(events);
        r.seek_event(events);
        assert_eq!(r.hash_text(), fresh.hash_text(), "event {events}");
    }
}
