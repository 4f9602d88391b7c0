//! Histories written by hand that tell each model from its neighbours; what a smallest part is; what is not known.
//!
//! The rule that is easy to break: a history stands with all that it keeps and all that it breaks, so that none is in the table for
//! one answer alone.

mod orders;

use super::{Act, Budget, Finding, Held, Model, Op, Outcome, eventual, judge, outcome, sessions};
use std::collections::BTreeMap;

pub(super) const MANY: Budget = Budget::of(1 << 16);

/// A history from words: `A x=1 0 3` is a write of client A from 0 to 3, `B x?1 4 5` a read, and `-` an end that nobody saw.
pub(super) fn history(lines: &[&str]) -> Vec<Op> {
    let mut keys = BTreeMap::new();
    let read = |line: &&str| {
        let words: Vec<&str> = line.split(' ').collect();
        let [who, what, call, end] = words[..] else { panic!("'{line}'") };
        let (name, value) = what.split_once(['=', '?']).unwrap();
        let next = keys.len();
        let value = value.parse().unwrap();
        Op {
            process: who.bytes().next().map_or(0, |b| usize::from(b - b'A')),
            key: *keys.entry(name.to_owned()).or_insert(next),
            act: if what.contains('=') { Act::Write(value) } else { Act::Read(value) },
            call: call.parse().unwrap(),
            end: end.parse().unwrap_or(usize::MAX),
        }
    };
    lines.iter().map(read).collect()
}

/// A history with its source, and for each of [`Model::ALL`] how many operations show that it is broken; 0: it is kept.
struct Known {
    name: &'static str,
    source: &'static str,
    lines: &'static [&'static str],
    broken: [usize; 7],
}

const KNOWN: &[Known] = &[
    Known {
        name: "one after the other",
        source: "Herlihy and Wing 1990, section 1: what one copy would do",
        lines: &["A x=1 0 1", "B x?1 2 3", "B x=2 4 5", "A x?2 6 7"],
        broken: [0, 0, 0, 0, 0, 0, 0],
    },
    Known {
        name: "a read that comes too late",
        source: "Herlihy and Wing 1990, section 3: sequential, and not linearizable",
        lines: &["A x=1 0 1", "B x?0 2 3"],
        broken: [2, 0, 0, 0, 0, 0, 0],
    },
    Known {
        name: "new, then old, at two readers",
        source: "Lamport 1986: regular, and not atomic",
        lines: &["A x=1 0 9", "B x?1 1 2", "C x?0 3 4"],
        broken: [3, 0, 0, 0, 0, 0, 0],
    },
    Known {
        name: "each misses the other",
        source: "Lamport 1979: both processes find 0, and enter their critical sections",
        lines: &["A x=1 0 3", "B y=1 1 2", "A y?0 4 7", "B x?0 5 6"],
        broken: [2, 4, 0, 0, 0, 0, 0],
    },
    Known {
        name: "two readers see two writes in different orders",
        source: "Ahamad et al. 1995, section 2: causal, and not sequential",
        lines: &["A x=1 0 1", "B x=2 0 1", "C x?1 2 3", "C x?2 4 5", "D x?2 2 3", "D x?1 4 5"],
        broken: [4, 6, 0, 0, 0, 0, 0],
    },
    Known {
        name: "three writes, of which two are concurrent",
        source: "Hutto and Ahamad 1990; Ahamad et al. 1995: w(x)3 and w(x)2 are causally unrelated",
        lines: &[
            "A x=1 0 1",
            "B x?1 2 3",
            "B x=2 4 5",
            "A x=3 4 6",
            "C x?1 7 8",
            "C x?3 9 10",
            "C x?2 11 12",
            "D x?1 7 8",
            "D x?2 9 10",
            "D x?3 11 12",
        ],
        broken: [3, 6, 0, 0, 0, 0, 0],
    },
    Known {
        name: "an effect without its cause, by three hands",
        source: "made of the next four: each guarantee alone holds; all four together are causal (Brzezinski et al. 2004)",
        lines: &["A x=1 0 1", "A y=1 2 3", "B y?1 4 5", "B z=1 6 7", "C z?1 8 9", "C x?0 10 11"],
        broken: [2, 6, 6, 0, 0, 0, 0],
    },
    Known {
        name: "the new password does not work",
        source: "Terry et al. 1994, section 3.1: read your writes",
        lines: &["A x=1 0 1", "A x?0 2 3"],
        broken: [2, 2, 2, 2, 0, 0, 0],
    },
    Known {
        name: "the old value of one's own",
        source: "Terry et al. 1994, section 3.1, with what was there before written by oneself",
        lines: &["A x=1 0 1", "A x=2 2 3", "A x?1 4 5"],
        broken: [3, 3, 3, 3, 0, 0, 0],
    },
    Known {
        name: "an appointment comes and goes",
        source: "Terry et al. 1994, section 3.2: monotonic reads",
        lines: &["A x=1 0 1", "B x?1 2 3", "B x?0 4 5"],
        broken: [2, 3, 3, 0, 3, 0, 0],
    },
    Known {
        name: "there and back",
        source: "Terry et al. 1994, section 3.2: of two concurrent writes the first again",
        lines: &["A x=1 0 9", "C x=2 1 8", "B x?1 10 11", "B x?2 12 13", "B x?1 14 15"],
        broken: [4, 5, 5, 0, 5, 0, 0],
    },
    Known {
        name: "the reply before its question",
        source: "Terry et al. 1994, section 3.3: writes follow reads",
        lines: &["A x=1 0 1", "B x?1 2 3", "B y=1 4 5", "C y?1 6 7", "C x?0 8 9"],
        broken: [2, 5, 5, 0, 0, 0, 5],
    },
    Known {
        name: "the answer, and then what it answers",
        source: "Hutto and Ahamad 1990: w(x)1 is causally before w(x)2",
        lines: &["A x=1 0 1", "B x?1 2 3", "B x=2 4 5", "C x?2 6 7", "C x?1 8 9"],
        broken: [3, 5, 5, 0, 0, 0, 5],
    },
    Known {
        name: "the program before its library",
        source: "Terry et al. 1994, section 3.4: monotonic writes",
        lines: &["A x=1 0 1", "A y=1 2 3", "B y?1 4 5", "B x?0 6 7"],
        broken: [2, 4, 4, 0, 0, 4, 0],
    },
    Known {
        name: "the second text, and then the first",
        source: "Terry et al. 1994, section 3.4: one file, written twice",
        lines: &["A x=1 0 1", "A x=2 2 3", "B x?2 4 5", "B x?1 6 7"],
        broken: [3, 4, 4, 0, 0, 4, 0],
    },
    Known {
        name: "what nobody has written",
        source: "thin air: no order of any kind",
        lines: &["A x=1 0 1", "B x?7 2 3"],
        broken: [1, 1, 1, 1, 1, 1, 1],
    },
];

fn known(name: &str) -> Vec<Op> {
    history(KNOWN.iter().find(|k| k.name == name).unwrap().lines)
}

/// The whole of each history, model by model, with the size of what is shown of it.
#[test]
fn each_stored_history_keeps_what_it_says_and_breaks_the_rest() {
    for Known { name, source, lines, broken } in KNOWN {
        assert!(source.len() > 10);
        for (model, size) in Model::ALL.into_iter().zip(broken) {
            let found = judge(&history(lines), model, MANY);
            let shown = match &found {
                Finding::Holds => 0,
                Finding::Broken(part) => part.len(),
                Finding::Unknown(why) => panic!("{name}, {model:?}: {why}"),
            };
            assert_eq!(shown, *size, "{name}, {model:?}: {found:?}");
        }
    }
}

/// Each model from the next weaker one; those that are incomparable from each other, in both directions.
#[test]
fn the_stored_histories_separate_the_models() {
    let apart = |kept: usize, lost: usize| KNOWN.iter().any(|k| k.broken[kept] == 0 && k.broken[lost] > 0);
    for (lost, kept) in [(0, 1), (1, 2), (2, 3), (2, 4), (2, 5), (2, 6)] {
        assert!(apart(kept, lost), "{:?} without {:?}", Model::ALL[kept], Model::ALL[lost]);
        assert!(!apart(lost, kept), "{:?} implies {:?}", Model::ALL[lost], Model::ALL[kept]);
    }
    for (kept, lost) in (3..7).flat_map(|a| (3..7).map(move |b| (a, b))).filter(|(a, b)| a != b) {
        assert!(apart(kept, lost), "{:?} without {:?}", Model::ALL[kept], Model::ALL[lost]);
    }
    // All four, each by itself, are not causal.
    assert!(KNOWN.iter().any(|k| k.broken[2] > 0 && k.broken[3..] == [0; 4]));
}

/// Copies that come to rest apart keep what clients see causal (Ahamad et al. 1995, section 4: two concurrent writes stay in the order in
/// which they came); and copies that agree in the end may have shown anything before.
#[test]
fn eventual_and_causal_do_not_imply_each_other() {
    let held = |replica, value| Held { replica, key: 0, value };
    let ops = history(&["A x=1 0 1", "B x=2 0 1", "A x?2 2 3", "B x?1 2 3"]);
    assert_eq!(judge(&ops, Model::Causal, MANY), Finding::Holds);
    assert_eq!(eventual(Some(&[held(0, 2), held(1, 1)])), Finding::Broken(vec![0, 1]));

    let ops = known("the new password does not work");
    assert!(matches!(judge(&ops, Model::Causal, MANY), Finding::Broken(_)));
    assert_eq!(eventual(Some(&[held(0, 1), held(1, 1)])), Finding::Holds);
    assert!(matches!(eventual(None), Finding::Unknown(_)));
    let other = Held { replica: 2, key: 1, value: 9 };
    assert_eq!(eventual(Some(&[held(0, 1), other, held(1, 1), held(2, 3)])), Finding::Broken(vec![0, 3]));
}

/// Without any operation of what is shown (and those who read its value) the rest keeps the model.
pub(super) fn is_smallest(ops: &[Op], part: &[usize], model: Model) -> bool {
    let own = sessions(ops);
    let kept = |part: &[usize]| {
        let part: Vec<Op> = part.iter().map(|&i| own[i]).collect();
        outcome(&part, model, MANY) == Outcome::Ok
    };
    let wrote = |i: usize| match ops[i].act {
        Act::Write(v) => Some((ops[i].key, v)),
        _ => None,
    };
    !kept(part)
        && part.iter().all(|&gone| {
            let orphan = |i: usize| match (wrote(gone), ops[i].act) {
                (Some(w), Act::Read(v)) => w == (ops[i].key, v),
                _ => false,
            };
            let rest: Vec<usize> = part.iter().copied().filter(|&i| i != gone && !orphan(i)).collect();
            kept(&rest)
        })
}

#[test]
fn what_is_shown_of_the_stored_histories_cannot_be_less() {
    for known in KNOWN {
        let ops = history(known.lines);
        for model in Model::ALL {
            if let Finding::Broken(part) = judge(&ops, model, MANY) {
                assert!(is_smallest(&ops, &part, model), "{}, {model:?}: {part:?}", known.name);
            }
        }
    }
}

/// What has nothing to do with the matter is left out, however much of it there is.
#[test]
fn a_needle_in_a_stack_is_found() {
    let mut lines: Vec<String> =
        (0..40).map(|i| format!("E z={} {} {}", i + 1, 100 + 2 * i, 101 + 2 * i)).collect();
    lines.extend((0..40).map(|i| format!("F z?{} {} {}", i + 1, 1_000 + 2 * i, 1_001 + 2 * i)));
    lines.extend(["A x=1 0 1", "B x?1 2 3", "B y=1 4 5", "C y?1 6 7", "C x?0 8 9"].map(str::to_owned));
    let ops = history(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    for model in [Model::Sequential, Model::Causal, Model::WritesFollowReads] {
        assert_eq!(judge(&ops, model, MANY), Finding::Broken((80..85).collect()), "{model:?}");
    }
    assert_eq!(judge(&ops, Model::MonotonicWrites, MANY), Finding::Holds);
}

/// A write whose answer never came may be there or not, and its client may have gone on without it.
#[test]
fn what_nobody_saw_end_binds_nobody() {
    for read in ["x?0", "x?1"] {
        let ops = history(&["A x=1 0 -", &format!("A {read} 2 3"), &format!("B {read} 4 5")]);
        for model in Model::ALL {
            assert_eq!(judge(&ops, model, MANY), Finding::Holds, "{read}, {model:?}");
        }
    }
    // But once it is seen it has happened.
    let ops = history(&["A x=1 0 -", "B x?1 2 3", "B x?0 4 5"]);
    assert_eq!(judge(&ops, Model::MonotonicReads, MANY), Finding::Broken(vec![0, 1, 2]));
    // And who waits for it still has done before it what came before it.
    let ops = history(&["A x=1 0 1", "A y=1 2 -", "B y?1 4 5", "B x?0 6 7"]);
    assert_eq!(judge(&ops, Model::MonotonicWrites, MANY), Finding::Broken(vec![0, 1, 2, 3]));
}

/// A value that two have written can be read there and back.
#[test]
fn of_two_writers_of_one_value_either_may_be_meant() {
    let ops =
        history(&["A x=1 0 90", "C x=2 1 91", "D x=1 2 92", "B x?1 10 11", "B x?2 12 13", "B x?1 14 15"]);
    for model in Model::ALL {
        assert_eq!(judge(&ops, model, MANY), Finding::Holds, "{model:?}");
    }
}

#[test]
fn what_is_not_found_out_is_unknown() {
    // Ten reads, each of one of four writers: more choices than are allowed.
    let mut lines: Vec<String> =
        (0..4).map(|i| format!("{} x=1 0 {}", char::from(b'A' + i), 50 + i)).collect();
    lines.extend((0..10).map(|i| format!("F x?1 {} {}", 60 + 2 * i, 61 + 2 * i)));
    lines.push("F x?0 90 91".to_owned());
    let ops = history(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    for model in [Model::Causal, Model::WritesFollowReads, Model::MonotonicReads] {
        assert!(matches!(judge(&ops, model, Budget::of(20)), Finding::Unknown(_)), "{model:?}");
    }
    let swap = [Op { process: 0, key: 0, act: Act::Cas(0, 1), call: 0, end: 1 }];
    assert!(matches!(judge(&swap, Model::Causal, MANY), Finding::Unknown(_)));
    assert_eq!(judge(&swap, Model::Linearizable, MANY), Finding::Holds);
}
