//! The way to a far moment: what ends it and what does not.

use super::*;

/// A link to 900 s, opened, and the run that it is to become.
fn on_the_way() -> (App, App) {
    let mut far = raft();
    reduce(&mut far, Action::Seek(900_000_000));
    let app = at(&far.link().unwrap());
    assert!(app.journey.is_some());
    (app, far)
}

fn says_journey(app: &App) -> bool {
    let state: serde_json::Value = serde_json::from_str(&app.state_json()).unwrap();
    state["journey"].as_bool().unwrap()
}

#[test]
fn only_what_moves_or_changes_the_run_ends_the_way_to_where_a_link_leads() {
    let (mut app, far) = on_the_way();
    assert!(says_journey(&app) && !says_journey(&far));
    app.look.lock = true;
    for action in [
        Action::History(true),
        Action::Rename(0, "mine".to_owned()),
        Action::Guess(0),
        Action::Tab(Tab::Log),
        Action::Select(Selection::Node(NodeId(1))),
        Action::SetSpeed(1_000),
        crash(1),
        Action::Remove(0),
    ] {
        reduce(&mut app, action.clone());
        assert!(app.journey.is_some(), "{action:?}");
    }
    while app.is_moving() {
        reduce(&mut app, Action::Frame(16_000));
    }
    assert_eq!(hash(&app), hash(&far));
    assert!(!says_journey(&app));
}

#[test]
fn a_step_an_edit_or_another_future_ends_it() {
    for action in [
        Action::Step(1),
        Action::Back(1),
        Action::Seek(0),
        crash(1),
        Action::Fork,
        Action::Vary("servers".to_owned(), "3".to_owned()),
        Action::Reset,
    ] {
        let (mut app, _) = on_the_way();
        reduce(&mut app, action.clone());
        assert_eq!((app.error.clone(), app.journey), (None, None), "{action:?}");
    }
}

/// No single action runs all of what lies on a far way.
#[test]
fn a_far_point_of_the_diagram_is_reached_frame_by_frame() {
    let mut there = raft();
    let mut app = raft();
    reduce(&mut app, Action::Travel(300_000));
    assert_eq!((app.journey, app.player.now_us), (None, 300_000));
    reduce(&mut app, Action::Travel(400_000_000));
    assert!(app.journey.is_some() && events(&app) < 20_000, "{}", events(&app));
    assert_eq!(app.say, "On the way to 400.000 s.");
    let mut frames = 0;
    while app.is_moving() {
        reduce(&mut app, Action::Frame(16_000));
        frames += 1;
    }
    reduce(&mut there, Action::Seek(400_000_000));
    assert!(frames > 3, "{frames}");
    assert_eq!(hash(&app), hash(&there));
    // Where it has been it is at once, and another wish on the way takes the place of the first.
    reduce(&mut app, Action::Travel(800_000_000));
    assert!(app.journey.is_some());
    reduce(&mut app, Action::Travel(300_000));
    assert_eq!((app.journey, app.player.now_us), (None, 300_000));
}
