//! Play at the pace of the story: what tells something is shown long enough to be read, play stops where a decision falls or
//! a promise breaks and nowhere else, and the run is the one that a fixed rate would have shown.
#![cfg(not(target_arch = "wasm32"))]

mod cores;

use cores::on_all_cores;
use faultline::check::Verdict;
use faultline::scenario::index;
use faultline::sim::{EventId, EventKind, Rank};
use faultline::view::director::captioned;
use faultline::view::player::Pace;
use faultline::view::reduce::reduce;
use faultline::view::selection::Selection;
use faultline::view::{Action, App};
use std::collections::{BTreeMap, BTreeSet};

/// A frame of the reader's time, in microseconds.
const FRAME: u64 = 16_667;
/// So long a reader watches each, at most, in frames.
const FRAMES: u32 = 60 * 60;

/// What was seen of a story.
#[derive(Default)]
struct Seen {
    // For how long each event was in the caption, in the reader's microseconds.
    shown: BTreeMap<EventId, u64>,
    // Where play stopped, in events.
    stops: Vec<u32>,
    // When it stopped first.
    first_stop_us: Option<u64>,
}

fn opened(id: &str, situation: Option<&str>) -> App {
    let mut app = App::default();
    reduce(&mut app, Action::Route(String::new(), format!("#/s/{id}")));
    assert!(app.open.is_some(), "{id}: {:?}", app.error);
    reduce(&mut app, Action::Pace(Pace::Story));
    match situation {
        Some(situation) => reduce(&mut app, Action::Begin(situation.to_owned())),
        None => reduce(&mut app, Action::Play),
    }
    assert!(app.player.playing);
    app
}

fn watched(app: &mut App, until_us: u64) -> Seen {
    let mut seen = Seen::default();
    for frame in 0..FRAMES {
        reduce(app, Action::Frame(FRAME));
        let run = app.open.as_ref().unwrap().run().get();
        // Where play stops, it stands there for as long as one likes.
        let stands = if app.player.playing { FRAME } else { 1_000_000 };
        for event in captioned(&run) {
            *seen.shown.entry(event).or_default() += stands;
        }
        let (position, now) = (run.position(), run.time().us());
        drop(run);
        if now >= until_us {
            break;
        }
        if !app.player.playing {
            seen.stops.push(position);
            seen.first_stop_us.get_or_insert(u64::from(frame) * FRAME);
            reduce(app, Action::Play);
        }
    }
    seen
}

/// The events that tell something for the first time since the last edit, and the edits, of the run up to where it stands;
/// and those of them that decide.
fn telling(app: &App, from: u32) -> (BTreeSet<EventId>, BTreeSet<EventId>) {
    let run = app.open.as_ref().unwrap().run().get();
    let trace = run.trace();
    let mut known = BTreeSet::new();
    let (mut tells, mut decides) = (BTreeSet::new(), BTreeSet::new());
    let edits: BTreeSet<EventId> = trace.faults().iter().map(|(e, _)| *e).collect();
    for id in (0..run.position()).map(EventId) {
        if edits.contains(&id) {
            known.clear();
            let kind = trace.event(id).kind;
            if matches!(kind, EventKind::Fault | EventKind::Request) && trace.event(id).time.us() > 0 {
                tells.insert(id);
            }
        }
        for (_, told) in trace.facts().iter().filter(|(e, _)| *e == id) {
            let (rank, name) = (told.fact.rank(), told.fact.name());
            if known.insert(name) && rank >= Rank::Telling {
                tells.insert(id);
                if rank == Rank::Decisive {
                    decides.insert(id);
                }
            }
        }
    }
    tells.retain(|e| e.0 >= from);
    (tells, decides)
}

fn holds_its_word(id: &str, situation: Option<&str>) {
    let told = format!("{id} {situation:?}");
    let mut app = opened(id, situation);
    let (from, start) = {
        let run = app.open.as_ref().unwrap().run().get();
        (run.position(), run.time().us())
    };
    let seen = watched(&mut app, start + 3_000_000);
    let (tells, decides) = telling(&app, from);
    let run = app.open.as_ref().unwrap().run().get();
    let end = EventId(run.position());
    for event in tells.iter().filter(|e| **e < end) {
        let shown = seen.shown.get(event).copied().unwrap_or(0);
        let last = tells.iter().next_back() == Some(event);
        assert!(shown >= 700_000 || last, "{told}: event {} was shown for {shown} us", event.0);
    }
    let time = |events: u32| run.trace().event(EventId(events - 1)).time;
    let broken = run.watcher().lines().into_iter().filter_map(|l| match l.verdict {
        Verdict::Violated { witness, .. } => witness.last().map(|e| e.0 + 1),
        _ => None,
    });
    // What happens at one moment is told together.
    let reasons: BTreeSet<_> = decides.iter().map(|e| e.0 + 1).chain(broken).map(time).collect();
    for &stop in &seen.stops {
        let over = stop == run.position() && !run.fork().step();
        assert!(
            over || reasons.contains(&time(stop)),
            "{told}: stops after {stop} events for no reason: {reasons:?}"
        );
    }
    if let Some(us) = seen.first_stop_us {
        assert!(us < 20_000_000, "{told}: {us} us until it stops first");
    }
    drop(run);
    // The same run at a fixed rate, to the bit.
    let hash = |app: &App| app.open.as_ref().unwrap().run().get().hash_text();
    let story = hash(&app);
    let position = app.open.as_ref().unwrap().run().get().position();
    let mut plain = opened(id, situation);
    reduce(&mut plain, Action::Pause);
    let here = plain.open.as_ref().unwrap().run().get().position();
    reduce(&mut plain, Action::Step(position - here));
    assert_eq!(hash(&plain), story, "{told}");
}

#[test]
fn what_tells_something_is_read_and_play_stops_at_what_matters() {
    let ids: Vec<_> = index().iter().map(|brief| brief.id).collect();
    on_all_cores(ids, |id| {
        holds_its_word(id, None);
        let app = opened(id, None);
        let def = app.open.as_ref().unwrap().origin.def.clone();
        for situation in &def.situations {
            holds_its_word(id, Some(&situation.id));
        }
    });
}

/// The first leader of five stands on screen within seconds, after who stood for it, and play stops there.
#[test]
fn the_first_election_is_told_in_order() {
    let mut app = opened("raft-election", None);
    let mut captions: Vec<String> = Vec::new();
    for _ in 0..FRAMES {
        reduce(&mut app, Action::Frame(FRAME));
        let said = faultline::view::director::caption(&app.open.as_ref().unwrap().run().get(), &app.director);
        if let Some(said) = said.filter(|s| captions.last() != Some(s)) {
            captions.push(said);
        }
        if !app.player.playing {
            break;
        }
    }
    assert!(!app.player.playing, "it stops");
    assert!(captions[0].ends_with("pass."), "{captions:?}");
    let place = |what: &str| captions.iter().position(|c| c.contains(what));
    assert!(
        place("stands for term 1") < place("leads term 1") && place("leads term 1").is_some(),
        "{captions:?}"
    );
    assert_eq!(place("leads term 1"), Some(captions.len() - 1), "{captions:?}");
}

/// A question is answered where the run has come to its moment, and not before; what decided it is picked.
#[test]
fn a_prediction_is_watched_to_its_end() {
    for brief in index() {
        let mut app = opened(brief.id, None);
        reduce(&mut app, Action::Pause);
        let def = app.open.as_ref().unwrap().origin.def.clone();
        if def.prediction.is_none() {
            continue;
        }
        let expected = faultline::scenario::reveal(&app.open.as_ref().unwrap().base().opening).unwrap();
        reduce(&mut app, Action::Guess(0));
        reduce(&mut app, Action::Reveal);
        let lesson = |app: &App| app.open.as_ref().unwrap().lesson;
        assert_eq!(lesson(&app).answer, None, "{}", brief.id);
        let mut frames = 0;
        while app.player.playing && frames < FRAMES {
            reduce(&mut app, Action::Frame(FRAME));
            frames += 1;
        }
        assert_eq!(lesson(&app).answer, Some(expected), "{} after {frames} frames", brief.id);
        assert!(frames < 45 * 60, "{}: {frames} frames", brief.id);
        let staged = def.prediction.as_ref().is_some_and(|p| p.situation.is_some());
        assert!(!staged || lesson(&app).done == 0, "{}: what its run does is nobody's deed", brief.id);
        if brief.id == "raft-election" {
            let (run, picked) = (app.open.as_ref().unwrap().run().get(), app.selection);
            let Selection::Event(event) = picked else { panic!("{picked:?}") };
            assert!(faultline::view::log::line(&run, event).text.contains("leads term 2"));
        }
        println!("{}: {:.1} s", brief.id, f64::from(frames) / 60.0);
    }
}

/// What a question's run did to itself is nobody's deed, but begun by hand, the same situation is one's own.
#[test]
fn a_deed_counts_where_it_is_ones_own() {
    let mut app = opened("raft-election", None);
    reduce(&mut app, Action::Guess(0));
    reduce(&mut app, Action::Reveal);
    reduce(&mut app, Action::Reveal);
    let done = |app: &App, i| app.open.as_ref().unwrap().lesson.is_done(i);
    assert!(!done(&app, 0), "the reader has not let anything run");
    reduce(&mut app, Action::Begin("leader-crash".to_owned()));
    for _ in 0..FRAMES {
        reduce(&mut app, Action::Frame(FRAME));
    }
    reduce(&mut app, Action::Seek(3_000_000));
    assert!(done(&app, 1) && done(&app, 2));
}
