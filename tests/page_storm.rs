//! A storm of page actions: whatever a hand, a key or a script asks of the page in whatever order,
//! the run on screen is the run of its edits, and what is refused has changed nothing.
//!
//! The rule that is easy to break: an action either does what it says or leaves everything as it
//! was. So after each one that was refused, all that follows from the run is compared.
#![cfg(not(target_arch = "wasm32"))]

mod cores;
mod storm_kit;

use cores::on_all_cores;
use faultline::scenario;
use faultline::sim::{EventId, Fault, MsgId, NodeId};
use faultline::view::reduce::reduce;
use faultline::view::selection::Selection;
use faultline::view::walk::Stride;
use faultline::view::{Action, App};
use faultline::view::{Dialog, Open, Reach, Tab, Theme};
use storm_kit::{Dice, again, any_fault, assert_same};

/// Storms in each scenario, if `FAULTLINE_CASES` does not say another number: some two hundred and fifty in all.
const STORMS: u64 = 4;
/// Actions in each.
const ACTIONS: u32 = 160;
/// A run that has come this far is wound back, in microseconds: a fresh one must keep up.
const FAR_US: u64 = 4_000_000;

fn routed(hash: &str) -> App {
    let mut app = App::default();
    reduce(&mut app, Action::Route(String::new(), hash.to_owned()));
    app
}

fn selection(d: &mut Dice) -> Selection {
    let node = NodeId(d.below(12) as u16);
    match d.below(5) {
        0 => Selection::None,
        1 => Selection::Node(node),
        2 => Selection::Link(node, NodeId(d.below(12) as u16)),
        3 => Selection::Message(MsgId(d.below(500) as u32)),
        _ => Selection::Event(EventId(d.below(500) as u32)),
    }
}

/// What moves the run through time.
fn travel(d: &mut Dice, o: &Open) -> Action {
    let run = o.run().get();
    match d.below(12) {
        0..4 => Action::Frame(d.of(&[1, 16_667, 16_667, 300_000])),
        4 => Action::Step(d.below(30) as u32),
        5 => Action::Back(d.below(60) as u32),
        6 => Action::Seek(d.below(run.frontier().us() + 100_000)),
        7 => Action::SeekEvent(EventId(d.below(u64::from(run.position()) + 20) as u32)),
        8 => Action::Walk(Stride::Message(selection(d)), d.one_in(2)),
        9 => Action::Walk(Stride::Change(NodeId(d.below(7) as u16)), d.one_in(2)),
        10 => d.of(&[Action::Play, Action::Play, Action::Pause, Action::Toggle]),
        _ => d.of(&[
            Action::SetSpeed(100_000),
            Action::SetSpeed(1_000_000),
            Action::SetSpeed(10_000_000_000),
            Action::Nudge(1),
            Action::Nudge(-1),
        ]),
    }
}

/// What changes the run.
fn change(d: &mut Dice, o: &Open) -> Action {
    let run = o.run().get();
    match d.below(14) {
        12 => {
            let params = o.origin.def.entry().expect("it has a protocol").params;
            let ids: Vec<&str> = params.iter().map(|p| p.id).collect();
            let values = ["1", "3", "7", "60", "true", "false", "none", "forget-vote"];
            Action::Vary(d.of(&ids).to_owned(), d.of(&values).to_owned())
        }
        13 => Action::Beside(d.of(&[None, Some(0), Some(1), Some(2)])),
        0..5 => Action::Edit(any_fault(d, run.world())),
        5 | 6 => {
            let several = (0..d.below(4)).map(|_| any_fault(d, run.world()));
            Action::Edits(several.collect())
        }
        7 | 8 => Action::Undo,
        9 | 10 => Action::Redo,
        _ => Action::Fork,
    }
}

/// What is rarely done, and what changes only what is shown.
fn rest(d: &mut Dice, o: &Open) -> Action {
    match d.below(16) {
        0 => Action::Reset,
        1 => Action::SetSeed(d.of(&[0, 1, 7, u64::MAX])),
        2 | 3 => {
            let staged: Vec<&str> = o.origin.def.situations.iter().map(|s| s.id.as_str()).collect();
            Action::Stage(d.of(&[staged.as_slice(), &["no-such-stage"]].concat()).into())
        }
        4 => Action::Future(d.below(9) as usize),
        5 => Action::Future(d.below(o.futures.len() as u64) as usize),
        6 if d.one_in(2) => Action::Rename(d.below(4) as usize, d.of(&["calm", "rough", ""]).into()),
        6 => Action::Guess(d.below(4) as usize),
        7 => Action::Reach(d.of(&[Reach::One, Reach::Both, Reach::All])),
        8 => Action::Tab(d.of(&[Tab::Link, Tab::Node, Tab::Checks, Tab::Measures, Tab::Log, Tab::Text])),
        9 => Action::Dialog(d.of(&[None, Some(Dialog::Help), Some(Dialog::Share)])),
        10 => Action::Theme(d.of(&[Theme::Auto, Theme::Dark])),
        11 => Action::Calm(d.one_in(2)),
        12 => Action::Route(String::new(), "#/x/1damaged".to_owned()),
        _ => Action::Select(selection(d)),
    }
}

/// All that must be the same after an action that was refused.
fn standing(o: &Open) -> Vec<String> {
    let mut all = vec![format!(
        "future {}, beside {:?}, seed {}, lesson {:?}",
        o.current,
        o.beside.as_ref().map(|b| b.future),
        o.origin.seed(),
        o.lesson.staged
    )];
    for future in &o.futures {
        let run = future.run.get();
        let undo = run.can_undo_redo();
        all.push(format!("{} {} {} {:?} {undo:?}", future.name, run.hash_text(), run.time(), run.edits()));
    }
    all
}

/// What holds whatever was done.
fn check(app: &App, what: &str) {
    let o = app.open.as_ref().expect("nothing in the storm closes it");
    let run = o.run().get();
    assert_eq!(app.player.now_us, run.time().us(), "{what}: time shown");
    if !app.is_moving() {
        assert!(o.settled == *o.run(), "{what}: the panels lag behind");
    }
    assert_same(&run, &again(&o.origin.without_edits().opening, &run), what);
    if let Some(beside) = &o.beside {
        let f = &o.futures[beside.future];
        let there = f.run.get();
        assert_eq!(there.time(), run.time(), "{what}: time beside");
        assert_same(&there, &again(&f.origin.without_edits().opening, &there), what);
    }
}

/// The link to this moment opens this moment.
fn check_link(app: &App, what: &str) {
    let o = app.open.as_ref().expect("nothing in the storm closes it");
    let run = o.run().get();
    let mut other = routed(&app.link().expect("a short run fits in a link"));
    while other.is_moving() {
        reduce(&mut other, Action::Frame(16_667));
    }
    let o = other.open.as_ref().expect("a link opens a run");
    assert_eq!(o.run().get().hash_text(), run.hash_text(), "{what}: link");
}

fn storm(id: &str, seed: u64) -> Vec<&'static str> {
    let d = &mut Dice(seed);
    let mut app = routed(&format!("#/s/{id}?seed={seed}"));
    let mut refused = Vec::new();
    for i in 0..ACTIONS {
        let o = app.open.as_ref().expect("nothing in the storm closes it");
        let action = match d.below(12) {
            0..5 => travel(d, o),
            5..9 => change(d, o),
            _ => rest(d, o),
        };
        let what = format!("{id} storm {seed} action {i} {action:?}");
        let before = standing(o);
        app.error = None;
        reduce(&mut app, action);
        let o = app.open.as_ref().expect("nothing in the storm closes it");
        if app.error.is_some() {
            refused.push(app.code);
            assert_eq!(before, standing(o), "{what}: refused, and yet");
        }
        if o.run().get().time().us() > FAR_US {
            reduce(&mut app, Action::Seek(FAR_US / 4));
        }
        if d.one_in(5) {
            check(&app, &what);
        }
        if d.one_in(40) {
            check_link(&app, &what);
        }
    }
    refused
}

#[expect(clippy::disallowed_methods, reason = "how much to try is asked of whoever runs the test")]
fn asked_for() -> Option<u64> {
    std::env::var("FAULTLINE_CASES").ok()?.parse().ok()
}

#[test]
fn whatever_is_asked_of_the_page_its_run_is_the_run_of_its_edits() {
    let storms = asked_for().unwrap_or(STORMS);
    let all = scenario::all().flat_map(|def| (0..storms).map(move |seed| (def.id.clone(), seed)));
    let mut refused = on_all_cores(all.collect(), |(id, seed)| storm(&id, seed)).concat();
    refused.sort_unstable();
    refused.dedup();
    assert!(refused.len() > 8, "too gentle a storm: {refused:?}");
}

/// The prediction of each lesson is played in a run of its own; what was made before is where Back leads. Asked again on the
/// way, it is at its end at once.
#[test]
fn a_reveal_loses_nothing_that_was_made() {
    for def in scenario::all().filter(|def| def.prediction.is_some()) {
        let mut app = routed(&format!("#/s/{}", def.id));
        reduce(&mut app, Action::Step(5));
        reduce(&mut app, Action::Edit(Fault::Pause { node: NodeId(0) }));
        let before = app.address();
        let made = app.error.take().is_none();
        reduce(&mut app, Action::Reveal);
        assert_eq!((app.error.clone(), app.player.playing), (None, true), "{}", def.id);
        let left = app.left.as_ref().map(|l| l.hash.clone());
        assert!(!made || left == Some(before), "{}: {left:?}", def.id);
        assert_eq!(app.open.as_ref().unwrap().lesson.answer, None);
        reduce(&mut app, Action::Reveal);
        assert!(app.open.as_ref().unwrap().lesson.answer.is_some() && !app.player.playing);
    }
}
