//! What is begun anew leaves the run before within reach.

use super::*;

fn back_to(app: &mut App, hash: &str) {
    reduce(app, Action::Route(String::new(), hash.to_owned()));
}

/// A with a crash and B with another, named; then each of what begins anew.
fn two_futures() -> App {
    let mut app = at("#/s/raft-partition?seed=7");
    for action in [
        Action::Seek(400_000),
        crash(1),
        Action::Fork,
        Action::Rename(1, "mine".to_owned()),
        crash(2),
        Action::Step(3),
        Action::Play,
    ] {
        reduce(&mut app, action);
        assert_eq!(app.error, None);
    }
    app
}

#[test]
fn whatever_begins_anew_leaves_all_futures_where_back_leads_and_forward_again() {
    let staged = crate::scenario::find("raft-partition").unwrap().situations[0].id.clone();
    for action in [Action::Reset, Action::SetSeed(8), Action::Stage(staged.to_owned())] {
        let mut app = two_futures();
        let before = (hash(&app), app.address().unwrap());
        reduce(&mut app, action.clone());
        assert_eq!(app.error, None);
        assert!(app.say.contains("Back leads"), "{}", app.say);
        assert_ne!(hash(&app), before.0);
        let left = app.left.as_ref().unwrap();
        assert_eq!((left.times, left.hash.as_ref()), (1, Some(&before.1)));
        let after = (hash(&app), app.address().unwrap());
        back_to(&mut app, &before.1);
        assert_eq!(hash(&app), before.0, "{action:?}");
        let o = app.open.as_ref().unwrap();
        assert_eq!((o.futures.len(), &*o.futures[1].name, o.current), (2, "mine", 1));
        assert!(!app.player.playing && o.settled == *o.run());
        assert_eq!(app.left.as_ref().unwrap().times, 1, "no new entry");
        back_to(&mut app, &after.1);
        assert_eq!(hash(&app), after.0, "forward again");
    }
}

#[test]
fn where_nothing_was_done_nothing_is_left_behind() {
    let mut app = raft();
    reduce(&mut app, Action::Reset);
    assert_eq!((app.say.as_str(), app.left.is_some()), ("At the start.", false));
    let mut embed = two_futures();
    embed.look.embed = true;
    reduce(&mut embed, Action::Reset);
    assert_eq!(embed.say, "At the start.", "an embed leaves the history of its page alone");
}

#[test]
fn another_address_is_followed_as_ever() {
    let mut app = two_futures();
    reduce(&mut app, Action::Reset);
    back_to(&mut app, "#/s/two-generals?seed=3");
    assert_eq!(app.open.as_ref().unwrap().origin.id(), "two-generals");
    back_to(&mut app, "#/");
    assert!(app.open.is_none());
}

/// Whoever shows a locked run wants that one to be seen: it moves, and it is not another.
#[test]
fn a_locked_run_is_not_replaced() {
    let mut app = two_futures();
    app.look.lock = true;
    let before = hash(&app);
    let file = r#"{"faultline":1,"scenario":"two-generals"}"#;
    for action in [
        Action::Reset,
        Action::SetSeed(8),
        Action::Stage("cut".to_owned()),
        Action::OpenFile(file.to_owned()),
    ] {
        reduce(&mut app, action.clone());
        assert_eq!((app.code, hash(&app)), ("locked", before.clone()), "{action:?}");
        app.code = "";
    }
    reduce(&mut app, Action::Seek(0));
    assert_eq!((app.player.now_us, app.code), (0, ""));
}
