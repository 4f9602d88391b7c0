//! A scenario of the reader's own: opened, kept, opened again, and named by no link.

use super::*;
use crate::view::export::Export;

fn own() -> &'static str {
    let docs = include_str!("../../../../docs/scenarios.md");
    let example = docs.split("```toml\n").nth(1).unwrap();
    example.split("```").next().unwrap()
}

fn opened() -> App {
    let mut app = raft();
    reduce(&mut app, Action::OpenFile(own().to_owned()));
    assert_eq!(app.error, None);
    app
}

#[test]
fn an_own_scenario_takes_the_place_of_the_run_and_back_leads_there() {
    let before = raft().address().unwrap();
    let app = opened();
    let o = app.open.as_ref().unwrap();
    assert_eq!((o.origin.id(), o.origin.title()), ("one-crash", "One crash is no tragedy"));
    assert_eq!(o.run().get().world().servers().count(), 3);
    assert_eq!(app.left.as_ref().unwrap().hash, Some(before));
}

#[test]
fn its_situation_ticks_its_step_and_its_question_is_answered() {
    let mut app = opened();
    reduce(&mut app, Action::Stage("crash".to_owned()));
    assert_eq!(app.error, None);
    assert!(!app.open.as_ref().unwrap().lesson.is_done(0));
    reduce(&mut app, Action::Seek(1_500_000));
    app.open.as_mut().unwrap().settle();
    assert!(app.open.as_ref().unwrap().lesson.is_done(0));
    reduce(&mut app, Action::Reveal);
    assert_eq!(app.open.as_ref().unwrap().lesson.answer, None, "it is watched first");
    (0..3_600).for_each(|_| reduce(&mut app, Action::Frame(16_667)));
    assert_eq!(app.open.as_ref().unwrap().lesson.answer, Some(0));
}

/// No other page has it: a link brings it along, and so does a file.
#[test]
fn a_link_and_a_file_carry_it() {
    let mut app = opened();
    for _ in 0..2 {
        let link = app.link().unwrap();
        assert!(link.starts_with("#/x/2") && link.len() < 2_000, "{link}");
        assert_eq!(app.address().as_ref(), Some(&link), "the address brings it back");
        let mut other = App::default();
        reduce(&mut other, Action::Route(String::new(), link.clone()));
        while other.is_moving() {
            reduce(&mut other, Action::Frame(16_000));
        }
        let o = other.open.as_ref().unwrap();
        assert_eq!((o.origin.title(), other.error.as_ref()), ("One crash is no tragedy", None));
        assert_eq!((hash(&other), other.link().unwrap()), (hash(&app), link));
        reduce(&mut app, Action::Seek(700_000));
        reduce(&mut app, crash(0));
    }
    let kept = app.keep(Export::Scenario).unwrap();
    assert_eq!(kept.name, "one-crash-1.json");
    let mut other = App::default();
    reduce(&mut other, Action::OpenFile(kept.text.clone()));
    assert_eq!(other.error, None);
    let o = other.open.as_ref().unwrap();
    assert_eq!(o.origin.title(), "One crash is no tragedy");
    while other.is_moving() {
        reduce(&mut other, Action::Frame(16_000));
    }
    assert_eq!(hash(&other), hash(&app));
    assert_eq!(other.keep(Export::Scenario).unwrap().text, kept.text, "the text is stable");
}

#[test]
fn what_its_protocol_refuses_changes_nothing() {
    let mut app = raft();
    let before = app.open.clone();
    for (servers, part) in [(2, "from 3 to"), (1_000, "from 3 to")] {
        let file = own().replace("servers = 3", &format!("servers = {servers}"));
        reduce(&mut app, Action::OpenFile(file));
        assert!(app.error.as_ref().unwrap().contains(part), "{:?}", app.error);
        assert!(app.open == before);
    }
}
