//! Tests of the Byzantine generals. Counts are published with their gauges; every lie is gone through in `every_lie`.

mod every_lie;

use super::general::General;
use super::{ENTRY, Fact, Order, traitors};
use crate::check::Verdict;
use crate::check::faultmix::Mix;
use crate::kit::Board;
use crate::kit::bench::{Bench, Trial, down, fault};
use crate::kit::boards::{Branch, Field, Mood};
use crate::sim::{Fault, LinkModel, MsgId, NodeId, SimTime, Timing};

const L1: NodeId = NodeId(1);

fn generals(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(1_000)
}

/// What each lieutenant obeys: A, R, or ? if he has not decided.
fn obeyed(run: &Trial) -> String {
    let one = |n: NodeId| match run.node::<General>(n).decided {
        Some(Order::Attack) => 'A',
        Some(Order::Retreat) => 'R',
        None => '?',
    };
    run.world().node_ids().skip(1).map(one).collect()
}

fn told(run: &Trial, is: impl Fn(&Fact) -> bool) -> usize {
    run.trace().facts().iter().filter(|(_, t)| t.as_fact().is_some_and(&is)).count()
}

fn tell(node: u16, to: u16, word: &str) -> Fault {
    Fault::request(NodeId(node), &format!("tell {to} {word}"))
}

/// The paper's own recursion: n-1 messages, and n-1 commanders of OM(m-1) among n-1 generals.
fn recursion(n: u64, m: u64) -> u64 {
    match m {
        0 => n - 1,
        _ => (n - 1) * (1 + recursion(n - 1, m - 1)),
    }
}

#[test]
fn oral_messages_are_as_many_as_the_recursion_says_whoever_lies() {
    assert_eq!([recursion(4, 1), recursion(7, 2), recursion(10, 3)], [9, 156, 3_609]);
    for n in 3..=8 {
        for m in 0..=3.min(n - 2) {
            let (n_is, m_is) = (format!("generals={n}"), format!("m={m}"));
            for more in
                [&["who=given"][..], &["who=drawn", "strategy=splits"], &["who=drawn", "strategy=inverts"]]
            {
                let run = generals(&[&n_is, &m_is]).set(more).run(n + m);
                assert_eq!(run.number("messages"), recursion(n, m) as f64, "{n} {m} {more:?}");
            }
        }
    }
}

/// Theorem 1: IC1 and IC2 for n >= 3m + 1, whoever of them betrays and however.
#[test]
fn as_many_as_the_theorem_asks_for_are_enough() {
    for (settings, seeds) in [
        (["generals=4", "m=1"], 300),
        (["generals=5", "m=1"], 200),
        (["generals=7", "m=2"], 100),
        (["generals=8", "m=2"], 50),
        (["generals=10", "m=3"], 3),
    ] {
        for strategy in ["strategy=splits", "strategy=inverts", "strategy=silent", "strategy=random"] {
            for order in ["order=attack", "order=retreat"] {
                let bench = generals(&settings).set(&["who=drawn", strategy, order]);
                (0..seeds).for_each(|seed| assert_eq!(bench.run(seed).all_hold(), 3));
            }
        }
    }
}

/// Theorem 2: signed, any m traitors, as long as two are left to agree.
#[test]
fn signed_orders_bear_any_number_of_traitors() {
    for (n, m) in [(3, 1), (4, 1), (4, 2), (5, 2), (5, 3), (6, 3), (9, 3)] {
        let (n, m) = (format!("generals={n}"), format!("m={m}"));
        for strategy in ["strategy=splits", "strategy=inverts", "strategy=silent", "strategy=random"] {
            let bench = generals(&[&n, &m, "messages=signed", "who=drawn", strategy]);
            (0..150).for_each(|seed| assert_eq!(bench.run(seed).all_hold(), 3));
        }
    }
}

/// Section 2: L1 hears the same two words whether the commander lies or L2; he retreats, and disobeys a loyal commander.
#[test]
fn three_cannot_bear_one_and_the_bound_is_named() {
    let liar = generals(&["generals=3", "traitor=2", "strategy=inverts"]).run(1);
    let torn = generals(&["generals=3", "traitor=0", "strategy=splits"]).run(1);
    let heard = |run: &Trial| run.node::<General>(L1).heard.clone();
    assert_eq!(heard(&liar), heard(&torn));
    assert_eq!((obeyed(&torn), torn.all_hold()), ("RR".to_owned(), 3));
    let broken = liar.broken("IC2");
    assert_eq!(
        broken.assumption,
        "it is assumed that there are 3m + 1 = 4 generals, and there are 3, L2 a traitor"
    );
    assert!(broken.why.contains("orders attack, and L1, who is loyal, retreats"), "{}", broken.why);
    assert!(broken.witness.len() <= 4);
    liar.hold(&["IC1", "Termination"]);
    let signed = generals(&["generals=3", "messages=signed", "traitor=2", "strategy=inverts"]).run(1);
    assert_eq!(signed.all_hold(), 3);
    assert_eq!(told(&signed, |f| matches!(f, Fact::Refused { from: 2, attack: false })), 1);
}

/// What a traitor is told to say, or the engine makes him say, is a lie like any other; one more than m is named.
#[test]
fn lies_by_hand_count_like_a_traitors_own() {
    let lie =
        |node: u16| fault(&format!(r#"{{"do":"byzantine","node":{node},"rules":[{{"to":1,"act":"lie"}}]}}"#));
    for by_hand in [tell(2, 1, "retreat"), lie(2)] {
        let three = generals(&["generals=3"]).at(10, by_hand.clone()).run(1);
        assert!(three.broken("IC2").assumption.ends_with("there are 3, L2 a traitor"));
        let four = generals(&[]).at(10, by_hand.clone());
        assert_eq!(four.run(1).all_hold(), 3);
        for second in [tell(3, 1, "retreat"), lie(3)] {
            let two = four.clone().at(10, second).run(1);
            let named = "it is assumed that at most m = 1 are traitors, and L2 and L3 are traitors";
            assert_eq!(two.broken("IC2").assumption, named);
        }
    }
    // The commander's word is altered before he speaks, and not after.
    let torn = generals(&[]).at(10, tell(0, 1, "retreat")).at(10, tell(0, 2, "nothing")).run(1);
    assert_eq!((obeyed(&torn), torn.all_hold()), ("RRR".to_owned(), 3));
    let mut late = generals(&[]).start(1);
    late.run_until(SimTime::from_ms(60));
    for (asked, says) in [
        (tell(0, 1, "retreat"), "all is said"),
        (tell(2, 2, "retreat"), "himself"),
        (tell(2, 0, "retreat"), "commander"),
        (tell(2, 9, "retreat"), "no L9"),
    ] {
        let refusal = late.edit(asked).unwrap_err();
        assert!(refusal.message.contains(says), "{refusal}");
    }
    let honest = generals(&[]).at(10, tell(2, 1, "retreat")).at(20, tell(2, 1, "truth")).run(1);
    assert_eq!(obeyed(&honest), "AAA");
}

/// A3: silence is RETREAT for everyone, a traitor's as well as a dead man's.
#[test]
fn silence_is_an_order_to_retreat() {
    for messages in ["messages=oral", "messages=signed"] {
        let run = generals(&[messages, "traitor=0", "strategy=silent"]).run(1);
        assert_eq!((obeyed(&run), run.all_hold()), ("RRR".to_owned(), 3));
        let dead = generals(&[messages]).at(10, Fault::Crash { node: NodeId(0), stop: true }).run(1);
        dead.hold(&["IC1", "IC2", "Termination"]);
        assert_eq!(obeyed(&dead), "RRR");
        let one = generals(&[messages]).at(10, Fault::Crash { node: L1, stop: true }).run(1);
        one.hold(&["IC1", "IC2"]);
        assert!(one.pending("Termination").contains("L1 is not running"));
    }
}

/// A1, A3 and the rounds: what is lost, altered or late between loyal generals is named.
#[test]
fn what_the_links_take_is_named() {
    let mut lost = generals(&[]).changed(|s| s.link.model = LinkModel::FairLoss).start(1);
    lost.lose("attack", 1);
    lost.lose("attack", 2);
    lost.finish();
    assert_eq!(obeyed(&lost), "RRR");
    let assumption = lost.broken("IC2").assumption;
    assert!(
        assumption.starts_with("it is assumed that no message is lost, and a message from Commander to L")
    );

    let altered = |messages: &str, kind: &str| {
        let mut run = generals(&[messages]).changed(|s| s.link.model = LinkModel::Arbitrary).start(1);
        for nth in 1..=2 {
            let msg: MsgId = run.reach(kind, nth);
            run.fault(Fault::Corrupt { msg });
        }
        run.finish();
        run
    };
    let assumption = altered("messages=oral", "attack").broken("IC2").assumption;
    assert_eq!(assumption, "it is assumed that a message arrives as it was sent (A1)");
    let signed = altered("messages=signed", "signed attack");
    assert_eq!((obeyed(&signed), signed.all_hold()), ("AAA".to_owned(), 3));

    let slow = fault(r#"{"do":"links","set":{"delay":{"kind":"constant","us":120000}}}"#);
    let refused = generals(&[]).at(10, slow);
    let mut refused = refused.start(1);
    refused.run_until(SimTime::from_ms(100));
    assert_eq!(refused.refused().len(), 1, "a synchronous link is never so slow");
    let free = |us: u32| {
        let set = format!(r#"{{"do":"links","set":{{"delay":{{"kind":"constant","us":{us}}}}}}}"#);
        let run =
            generals(&[]).at(10, Fault::Timing { timing: Timing::Asynchronous }).at(10, fault(&set)).run(1);
        assert_eq!(obeyed(&run), "RRR");
        run.broken("IC2").assumption
    };
    let named =
        "it is assumed that messages arrive in the round in which they are sent, and one from Commander to L";
    assert!(free(70_000).starts_with(named), "{}", free(70_000));
    // So late that all have decided before it comes.
    let named = "within a known time, and the timing model gives delays no bound (since 0.010 s)";
    assert!(free(120_000).ends_with(named), "{}", free(120_000));
}

/// Without assumptions missing nothing breaks; with, the first words of the verdict say so. One general who falls at any moment is one
/// traitor.
#[test]
fn whatever_breaks_is_owed_to_the_world() {
    let mut broken = 0;
    for settings in [
        &[][..],
        &["messages=signed"],
        &["generals=7", "m=2", "who=drawn", "strategy=random"],
        &["generals=5", "m=2", "messages=signed", "who=drawn", "strategy=random"],
    ] {
        for seed in 0..120 {
            for mix in Mix::ALL {
                let bench = generals(settings).until_ms(450);
                let free = bench.clone().changed(|s| {
                    s.timing = Timing::Asynchronous;
                    s.link.model = LinkModel::Arbitrary;
                });
                for run in [bench, free].map(|b| b.mixed(mix, seed)) {
                    for name in ["IC1", "IC2"] {
                        let Verdict::Violated { assumption, why, .. } = run.line(name).verdict else {
                            continue;
                        };
                        let owed = mix != Mix::None && assumption.starts_with("it is assumed");
                        assert!(owed, "{settings:?} {mix:?} {seed}: {name}: {why}; {assumption}");
                        broken += 1;
                    }
                }
            }
        }
    }
    assert!(broken > 20, "{broken}: the mixes do something");
    assert!(generals(&[]).until_ms(500).crash_at_each_event(1, 30, Trial::safe) > 15);
    assert!(generals(&["messages=signed"]).until_ms(500).crash_at_each_event(1, 300, Trial::safe) > 15);
}

/// Who was down decides by what he hears from then on; what he has decided he keeps.
#[test]
fn a_decision_survives_a_crash() {
    let after = generals(&[]).edits(down(L1, 200, 300)).run(1);
    assert_eq!((obeyed(&after), told(&after, |f| matches!(f, Fact::Decided { .. }))), ("AAA".to_owned(), 3));
    let before = generals(&[]).edits(down(L1, 70, 120)).run(1);
    before.hold(&["IC1", "IC2", "Termination"]);
    // The commander's order is lost to him, and two others tell him of it.
    assert_eq!(obeyed(&before), "AAA");
    assert_eq!(before.node::<General>(L1).heard.len(), 2);
    assert_eq!(generals(&[]).edits(down(L1, 120, 400)).run(1).all_hold(), 3);
    let commander = generals(&[]).edits(down(NodeId(0), 10, 30)).run(1);
    assert_eq!(obeyed(&commander), "AAA");
}

#[test]
fn what_makes_no_sense_is_refused_with_the_reason() {
    for (settings, code) in [
        (&["generals=3", "m=2"][..], "too-many-traitors"),
        (&["traitor=4"], "no-such-general"),
        (&["generals=12", "m=3"], "too-many-messages"),
    ] {
        let refusal = generals(settings).build(1).err().unwrap();
        assert_eq!(refusal.code, code);
    }
    let refusal = generals(&["generals=11", "m=3"]).build(1).err().unwrap();
    assert!(refusal.message.contains("takes 5860 messages, and at most 4000"), "{refusal}");
    assert!(generals(&["generals=12", "m=3", "messages=signed"]).build(1).is_ok());
    assert!(generals(&["generals=10", "m=3"]).build(1).is_ok());
}

#[test]
fn as_many_are_drawn_as_are_to_be_borne_and_anyone_may_be_among_them() {
    let bench = generals(&["generals=7", "m=2", "who=drawn"]);
    let mut ever = std::collections::BTreeSet::new();
    for seed in 0..100 {
        let drawn = traitors(bench.params(), seed);
        assert_eq!(drawn.len(), 2);
        ever.extend(drawn);
    }
    assert_eq!(ever.len(), 7);
}

/// What is missing is said as each decides it.
#[test]
fn who_does_not_attack_says_why_not() {
    let said = |run: &Trial| {
        let all = ENTRY.absences.map_or_else(Vec::new, |read| read(run.world(), run.trace()));
        let one = |a: crate::kit::Absence| {
            let unmet = a.conditions.into_iter().filter(|c| !c.met).map(|c| c.says);
            format!("{}: {}", a.what, unmet.collect::<Vec<_>>().join(", "))
        };
        all.into_iter().map(one).collect::<Vec<_>>()
    };
    let mut early = generals(&[]).start(1);
    early.run_until(SimTime::from_ms(80));
    assert_eq!(said(&early)[0], "L1 has not decided: round 2, the last, is over");
    let liar = generals(&["generals=3", "traitor=2", "strategy=inverts"]).run(1);
    assert_eq!(said(&liar), ["L1 does not attack: more than half of what he counts says attack: 1 of 2"]);
    assert_eq!(said(&generals(&[]).run(1)), [""; 0]);
}

/// A board as text: the cells of its rows, or the lines of its trees.
fn lines(board: &Board) -> Vec<String> {
    fn branch(b: &Branch, depth: usize, all: &mut Vec<String>) {
        all.push(format!("{}{}", "> ".repeat(depth), b.label));
        b.children.iter().for_each(|c| branch(c, depth + 1, all));
    }
    let mut all = Vec::new();
    match board {
        Board::Table { rows, .. } => {
            let cell = |f: &Field| format!("{}{}", f.text, if f.mood == Mood::Bad { "!" } else { "" });
            let row = |(name, cells): &(String, Vec<Field>)| {
                format!("{name} {}", cells.iter().map(cell).collect::<Vec<_>>().join(" "))
            };
            all.extend(rows.iter().map(row));
        }
        Board::Tree { roots, .. } => roots.iter().for_each(|r| branch(r, 0, &mut all)),
        _ => {}
    }
    all
}

/// Who has told different things is marked in his column; and the tree is that of section 3.
#[test]
fn boards_say_who_said_that_who_said() {
    let boards = |bench: &Bench, ms| {
        let mut run = bench.start(1);
        run.run_until(SimTime::from_ms(ms));
        let of = ENTRY.boards.unwrap();
        of(bench.params(), run.world()).iter().map(lines).collect::<Vec<_>>()
    };
    let torn = generals(&["traitor=0", "strategy=splits"]);
    let [table, tree] = &boards(&torn, 400)[..] else { panic!("a table and a tree") };
    let rows = [
        "L1 attack! - retreat attack attack",
        "L2 retreat! attack - attack attack",
        "L3 attack! attack retreat - attack",
    ];
    assert_eq!(table[..], rows);
    let first = [
        "L1 obeys attack, the majority of attack, retreat and attack",
        "> Commander tells him: attack",
        "> L2, of the order: retreat",
        "> L3, of the order: attack",
    ];
    assert_eq!(tree[..4], first);
    assert_eq!(boards(&torn, 60)[0][0], "L1 ? - ? ? ?");
    let seven = generals(&["generals=7", "m=2"]);
    let tree = &boards(&seven, 400)[1];
    let third = [
        "> L2, of the order: attack, the majority of attack, attack, attack, attack and attack",
        "> > L2 tells him: attack",
        "> > L3, of that word: attack",
    ];
    assert_eq!(tree[2..5], third);
    let two = boards(&generals(&["messages=signed", "generals=3", "traitor=0", "strategy=splits"]), 400);
    assert_eq!(two[0][..], ["L1 C! C:L2! 0 retreat", "L2 C:L1! C! 0 retreat"]);
    // Too large for a picture: the table alone.
    assert_eq!(boards(&generals(&["generals=10", "m=3"]), 10).len(), 1);
}
