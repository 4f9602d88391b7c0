//! The luck of a link is its own: an edit on one link leaves the draws of all others alone. That is
//! what makes two futures comparable: they differ by what was edited, not by other dice.
//!
//! The rule that is easy to break: a protocol reacts, so after an edit other messages may be sent
//! elsewhere. What stays is what happens to the k-th message of each other link, for every k.
#![cfg(not(target_arch = "wasm32"))]

use faultline::check::Checks;
use faultline::kit::Value;
use faultline::scenario::{Opening, open};
use faultline::sim::history::Run;
use faultline::sim::{
    ByzantineAct, ByzantineRule, Delay, Edit, EventId, Fault, Layers, LinkModel, LinkPatch, Loss, Mark,
    MsgId, NodeId, NodePatch, SimTime,
};
use std::collections::BTreeMap;

type Link = (NodeId, NodeId);

/// The end of one message's way: how long after its sending, and why it was lost, if it was.
type End = (u64, Loss);

/// A message, and how it and each copy that the link made of it ended.
type Way = (MsgId, Vec<Option<End>>);

/// What became of each message of each link, in order: the message itself and the copies that the
/// link made of it. What is still on its way has no end.
fn luck(run: &Run<Checks>) -> BTreeMap<Link, Vec<Way>> {
    let trace = run.trace();
    let mut ends: BTreeMap<MsgId, End> = BTreeMap::new();
    for (_, event) in trace.events_from(EventId(0)) {
        if let Some(msg) = event.msg() {
            let way = event.time.since(trace.sent_at(msg)).0;
            ends.entry(msg).or_insert((way, event.loss));
        }
    }
    let mut links: BTreeMap<Link, Vec<Way>> = BTreeMap::new();
    for msg in (0..trace.messages() as u32).map(MsgId) {
        let sent = trace.sent(msg);
        let of_link = links.entry((sent.from, sent.to)).or_default();
        let end = ends.get(&msg).copied();
        match of_link.last_mut().filter(|_| sent.mark == Mark::Copy) {
            Some((_, original)) => original.push(end),
            None => of_link.push((msg, vec![end])),
        }
    }
    links
}

/// Every link loses, doubles and delays, and every node leaves out a part of what reaches it.
fn weather(scenario: &str, nodes: u16) -> Vec<Edit> {
    // On a bare link stack nothing ever goes back.
    let resend = (scenario == "link-stack").then_some(Layers { retransmit_us: 40_000, ..Layers::default() });
    let set = LinkPatch {
        model: Some(LinkModel::FairLoss),
        delay: Some(Delay::Uniform { min_us: 2_000, max_us: 30_000 }),
        loss_ppm: Some(100_000),
        duplicate_ppm: Some(200_000),
        reorder_ppm: Some(100_000),
        reorder_us: Some(5_000),
        layers: resend,
        ..LinkPatch::default()
    };
    let omit = |node| {
        let set = NodePatch { receive_omission_ppm: Some(100_000), ..NodePatch::default() };
        let node = NodeId(node);
        Edit::at(0, Fault::Node { node, set })
    };
    let mut edits = vec![Edit::at(0, Fault::Links { set })];
    edits.extend((0..nodes).map(omit));
    edits
}

/// From half a second on, the link from the first node to the second is slow and loses most.
fn storm_on_one_link() -> Edit {
    let set = LinkPatch {
        delay: Some(Delay::Constant { us: 70_000 }),
        loss_ppm: Some(700_000),
        ..LinkPatch::default()
    };
    let (from, to) = (NodeId(0), NodeId(1));
    Edit::at(500_000, Fault::Link { from, to, set })
}

fn played(opening: &Opening) -> Run<Checks> {
    let mut run = open(opening).expect("a scenario opens");
    run.run_until(SimTime::from_ms(6_000));
    let others = run.refused().values().map(|r| r.code);
    assert_eq!(others.collect::<Vec<_>>(), [""; 0], "{}", opening.scenario);
    run
}

/// How many messages were compared after the edit, and how many of them had been left out by their
/// receiver.
#[derive(Default)]
struct Tally {
    compared: usize,
    omitted: usize,
    links: usize,
}

fn compare(opening: &Opening, tally: &mut Tally) {
    let nodes = open(opening).unwrap().world().node_count() as u16;
    let calm = opening.clone().and(weather(&opening.scenario, nodes));
    let rough = calm.clone().and([storm_on_one_link()]);
    let (calm, rough) = (played(&calm), played(&rough));
    let (a, b) = (luck(&calm), luck(&rough));
    let edited = (NodeId(0), NodeId(1));
    for (link, ends) in a.iter().filter(|&(&link, _)| link != edited) {
        tally.links += 1;
        let others = b.get(link).map_or(&[][..], Vec::as_slice);
        for (k, ((msg, x), (_, y))) in ends.iter().zip(others).enumerate() {
            let late = calm.trace().sent_at(*msg) > SimTime::from_ms(500);
            if !late || x.contains(&None) || y.contains(&None) {
                continue;
            }
            let what = format!("{} {link:?} message {k}", opening.scenario);
            assert_eq!(x, y, "{what}");
            tally.compared += 1;
            let omission = |e: &Option<End>| e.is_some_and(|e| e.1 == Loss::ReceiveOmission);
            tally.omitted += usize::from(x.iter().any(omission));
        }
    }
}

/// Five scenarios, five seeds each. Had the storm any say in it, two of three of some thousands of
/// messages would differ.
#[test]
fn an_edit_on_one_link_leaves_the_arrivals_and_losses_of_all_others_alone() {
    let mut all = Tally::default();
    for (id, enough) in [
        ("raft-election", 500),
        ("raft-replication", 500),
        ("raft-partition", 500),
        ("raft-nine", 500),
        ("link-stack", 5),
    ] {
        let mut tally = Tally::default();
        for seed in 0..5 {
            let mut opening = Opening::of(id).seed(seed);
            if id == "link-stack" {
                opening = opening.param("count", Value::Int(50));
            }
            compare(&opening, &mut tally);
        }
        assert!(tally.compared >= enough, "{id}: {}", tally.compared);
        all.compared += tally.compared;
        all.omitted += tally.omitted;
        all.links += tally.links;
    }
    assert!(all.links > 400, "{} links", all.links);
    assert!(all.compared > 5_000, "{} messages", all.compared);
    // A tenth of what was not lost on its way.
    assert!(all.omitted * 20 > all.compared, "{} omitted", all.omitted);
}

/// The test above has teeth: on the edited link itself the same comparison finds differences.
#[test]
fn the_edited_link_has_other_luck() {
    let opening = Opening::of("raft-election").seed(1);
    let calm = opening.clone().and(weather("raft-election", 5));
    let rough = calm.clone().and([storm_on_one_link()]);
    let (calm, rough) = (luck(&played(&calm)), luck(&played(&rough)));
    let edited = (NodeId(0), NodeId(1));
    let pairs = calm[&edited].iter().zip(&rough[&edited]);
    assert!(pairs.filter(|(a, b)| a.1 != b.1).count() > 5);
}

/// On a ring of eight, node 2 lies; each lie names an id by a draw. An edit on the link from 5 to 6
/// changes how many messages there are before a lie, and must not change the lie.
#[test]
fn what_a_liar_says_on_its_link_does_not_change_with_an_edit_elsewhere() {
    let mut differ = 0;
    for seed in 0..10 {
        let liar = Fault::Byzantine {
            node: NodeId(2),
            rules: vec![ByzantineRule { to: None, act: ByzantineAct::Lie }],
        };
        let mut edits = vec![Edit::at(0, liar)];
        edits.extend((0..40_u64).map(|i| {
            let node = NodeId((i % 8) as u16);
            let request = "elect".to_owned();
            Edit::at(i * 100_000, Fault::Request { node, request })
        }));
        let opening = Opening::of("ring-election").seed(seed).param("nodes", Value::Int(8)).and(edits);
        let set =
            LinkPatch { model: Some(LinkModel::FairLoss), loss_ppm: Some(600_000), ..LinkPatch::default() };
        let (from, to) = (NodeId(5), NodeId(6));
        let lossy = Edit::at(150_000, Fault::Link { from, to, set });
        let mut calm = open(&opening).unwrap();
        let mut rough = open(&opening.and([lossy])).unwrap();
        for run in [&mut calm, &mut rough] {
            run.run_until(SimTime::from_ms(6_000));
        }
        let (a, b) = (lies(&calm), lies(&rough));
        let said = |lies: &[(MsgId, String)]| lies.iter().map(|l| l.1.clone()).collect::<Vec<_>>();
        let both = a.len().min(b.len());
        assert_eq!(said(&a[..both]), said(&b[..both]), "seed {seed}");
        differ += a.iter().zip(&b).filter(|(a, b)| a.0 != b.0).count();
    }
    assert!(differ > 50, "{differ} lies have another number in the run");
}

/// The lies of node 2, each with the id that it names.
fn lies(run: &Run<Checks>) -> Vec<(MsgId, String)> {
    let all = (0..run.trace().messages() as u32).map(MsgId);
    all.filter(|&msg| run.trace().sent(msg).mark == Mark::Lie)
        .map(|msg| {
            let digits = run.label(msg).chars().filter(char::is_ascii_digit).collect();
            (msg, digits)
        })
        .collect()
}
