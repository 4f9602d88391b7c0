//! What the live region says, and when.

use super::*;

/// A refusal stays on screen until it is closed; it is said once, and what happens after it is said, too.
#[test]
fn a_refusal_is_said_and_then_what_happens_next() {
    let mut app = raft();
    reduce(&mut app, Action::Seek(50_000));
    reduce(&mut app, crash(999));
    let why = app.error.clone().unwrap();
    assert_eq!(app.say, why);
    reduce(&mut app, crash(999));
    assert_eq!(app.error.as_ref(), Some(&why));
    assert!(
        app.say != why && app.say.trim_end() == why,
        "said again, to be heard again"
    );
    for action in [Action::Step(1), Action::Play, Action::Back(1)] {
        let before = app.say.clone();
        reduce(&mut app, action);
        assert_ne!(app.say, before);
        assert_ne!(app.say.trim_end(), why);
        assert_eq!(app.error.as_ref(), Some(&why));
    }
    reduce(
        &mut app,
        Action::Error(Some("The file is torn.".to_owned())),
    );
    assert_eq!(app.say, "The file is torn.");
}
