//! A lesson's text, written from runs and read back.
//!
//! The rule that is easy to break: what is written is judged by the reader of scenario files and by its proof, never by how it looks.

use super::*;
use crate::scenario::own;
use crate::sim::{Fault, Partition, SimTime, Timing};
use crate::view::reduce::reduce;
use crate::view::{Action, App};

fn at(route: &str) -> App {
    let mut app = App::default();
    reduce(&mut app, Action::Route(String::new(), route.to_owned()));
    assert_eq!(app.error, None, "{route}");
    app
}

fn read(text: &str) -> crate::scenario::Own {
    own::from_file(text).unwrap_or_else(|why| panic!("{why}\n{text}"))
}

/// What is written of any scenario is a scenario file: the same protocol, settings, links and timing under another name.
#[test]
fn a_file_is_begun_of_every_scenario() {
    for brief in crate::scenario::library::index() {
        let app = at(&format!("#/s/{}?seed=5", brief.id));
        let o = app.open.as_ref().unwrap();
        let own = read(&begin(o)).scenario().unwrap();
        let (def, mine) = (&o.origin.def, &own.front);
        assert_eq!((&mine.protocol, mine.seed), (&def.protocol, 5), "{}", brief.id);
        assert_eq!(
            (&mine.params, &mine.link, &mine.links),
            (&def.params, &def.link, &def.links),
            "{}",
            brief.id
        );
        assert_eq!((mine.timing, mine.layout, mine.speed_ms), (def.timing, def.layout, def.speed_ms));
        assert!(mine.steps.is_empty() && mine.rows.is_empty(), "{}", brief.id);
    }
}

/// A scenario of one's own comes back whole: what is opened, changed and written again loses nothing.
#[test]
fn a_file_of_ones_own_comes_back_whole() {
    for brief in crate::scenario::library::index() {
        let mut app = at(&format!("#/s/{}", brief.id));
        let def = app.open.as_ref().unwrap().origin.def.clone();
        let opening = crate::scenario::Opening::own(crate::scenario::Own::of(def.clone()));
        let origin = crate::view::origin::Origin::of(opening).unwrap();
        let run = origin.open().unwrap();
        app.open = Some(Open::new(origin, run));
        let again = read(&begin(app.open.as_ref().unwrap())).scenario().unwrap();
        assert_eq!(again.front, def.front, "{}", brief.id);
        assert_eq!(again.prose, def.prose, "{}", brief.id);
    }
}

/// Every kind of edit, as a hand makes them.
#[test]
fn what_was_done_by_hand_is_read_back_as_a_situation() {
    let mut app = at("#/s/raft-replication?seed=3");
    reduce(&mut app, Action::Seek(1_200_000));
    let n = NodeId;
    let wall = Partition {
        groups: vec![vec![n(0), n(1)], vec![n(2)]],
        up_us: 200_000,
        down_us: 1_500,
        ..Partition::default()
    };
    let msg = app.open.as_ref().unwrap().run().get().world().in_flight().first().map(|m| m.msg);
    let hands = [
        Fault::Crash { node: n(2), stop: true },
        Fault::Pause { node: n(3) },
        Fault::ClockJump { node: n(1), by_us: -2_500 },
        Fault::Partition(wall),
        Fault::Timing { timing: Timing::Asynchronous },
        Fault::Heal,
    ];
    // The message first, for it does not fly for long.
    for fault in msg.map(|msg| Fault::Drop { msg }).into_iter().chain(hands) {
        reduce(&mut app, Action::Edit(fault));
        assert_eq!(app.error, None);
        reduce(&mut app, Action::Step(1));
    }
    let o = app.open.as_ref().unwrap();
    let run = o.run().get();
    let text = add_situation(&begin(o), &run, &[]);
    let own = read(&text).scenario().unwrap();
    assert_eq!(own.situations[0].edits.len(), run.edits().len(), "{text}");
    let base = crate::scenario::Opening::own(crate::scenario::Own::of(own));
    let (staged, _) = crate::scenario::stage(&base, "situation-1").unwrap();
    let (mine, theirs): (Vec<_>, Vec<_>) = (
        run.edits().iter().map(|e| (e.at_us, &e.fault)).collect(),
        staged.edits.iter().map(|e| (e.at_us, &e.fault)).collect(),
    );
    assert_eq!(mine, theirs, "{text}");
}

/// A teacher crashes the leader, picks what shows it, and writes a step and a question: all of it is proven as it stands.
#[test]
fn a_lesson_made_by_hand_keeps_its_word() {
    let mut app = at("#/s/raft-election?seed=7");
    reduce(&mut app, Action::Seek(1_000_000));
    let leader = {
        let run = app.open.as_ref().unwrap().run().get();
        run.world().servers().find(|&n| run.world().inspect(n).role == "leader").unwrap()
    };
    reduce(&mut app, Action::Edit(Fault::crash(leader)));
    reduce(&mut app, Action::Seek(3_000_000));
    let o = app.open.as_ref().unwrap();
    let run = o.run().get();
    let picks = picks(&run);
    let crash = picks.iter().find(|p| p.label.starts_with("done: crash")).unwrap();
    let led = picks.iter().find(|p| p.label == "somebody is: leader").unwrap();
    let text = add_step(
        &add_situation(&begin(o), &run, std::slice::from_ref(crash)),
        &run,
        &[crash.clone(), led.clone()],
    );
    let text = add_question(&text, &run, std::slice::from_ref(led));
    assert_eq!(own::flaws(&text), Ok(Vec::new()), "{text}");
    assert_eq!(run.time(), SimTime(3_000_000));
}

#[test]
fn a_flaw_says_its_line_and_a_text_without_a_front_is_kept() {
    let app = at("#/s/two-generals");
    let run = app.open.as_ref().unwrap().run().get();
    let never = Pick { label: String::new(), condition: "{ time_ms = 900000 }".to_owned() };
    let text = add_step(&begin(app.open.as_ref().unwrap()), &run, &[never]);
    let flaws = own::flaws(&text).unwrap();
    let line = text.lines().position(|l| l.starts_with("shown_by")).unwrap() + 1;
    assert!(flaws.iter().any(|f| f.contains(&format!("line {line}"))), "{flaws:?}\n{text}");
    assert!(own::flaws("no front").is_err());
    assert_eq!(add_situation("no front", &run, &[]).matches("no front").count(), 1);
}
