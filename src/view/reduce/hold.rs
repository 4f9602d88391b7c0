//! Time that waits while somebody decides what becomes of a message: it is held as long as the message is picked and not
//! yet dealt with, and goes on as before.
//!
//! The rule that is easy to break: whoever moves time with his own hand has decided about it; nothing starts it again then.

use super::play;
use crate::view::action::Action;
use crate::view::app::App;
use crate::view::selection::Selection;

/// What an action means for time that waits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// A message is picked while time runs.
    Wait,
    /// It is dealt with, or let go of.
    GoOn,
    /// A hand moves time, or leads elsewhere.
    Forget,
    /// Nothing.
    Nothing,
}

/// What `action` will mean.
pub(super) fn meaning(app: &App, action: &Action) -> Means {
    match action {
        Action::Select(Selection::Message(_)) if app.player.playing && !app.look.lock => Means::Wait,
        _ if !app.waits => Means::Nothing,
        Action::Select(Selection::Message(_)) | Action::Frame(_) => Means::Nothing,
        Action::Select(_) | Action::Edit(_) | Action::Edits(_) => Means::GoOn,
        Action::Tab(_) | Action::Filter(_) | Action::Reach(_) | Action::Error(_) | Action::Dialog(_) => {
            Means::Nothing
        }
        Action::Theme(_) | Action::Shortcuts(_) | Action::Calm(_) | Action::Narrow(_) => Means::Nothing,
        Action::History(_) | Action::Arrived(..) | Action::Measured(..) => Means::Nothing,
        _ => Means::Forget,
    }
}

/// Does what it means, once the action is done.
pub(super) fn follow(app: &mut App, means: Means) {
    match means {
        Means::Wait => {
            play(app, false);
            app.waits = true;
            app.say = "Time waits.".to_owned();
        }
        // What was refused is not dealt with.
        Means::GoOn if app.error.is_none() => {
            app.waits = false;
            let said = std::mem::take(&mut app.say);
            play(app, true);
            app.say = said;
        }
        Means::Forget => app.waits = false,
        Means::GoOn | Means::Nothing => {}
    }
}

/// Lets a hand hold time, or let go of it.
pub(super) fn hold(app: &mut App, held: bool) {
    app.player.held = held;
    // What stands still is shown as it is.
    if let Some(o) = &mut app.open {
        o.settle();
    }
}

#[cfg(test)]
mod tests {
    use super::super::reduce;
    use super::*;
    use crate::sim::{Fault, MsgId};

    /// A page whose run plays, and a message that is on its way.
    fn playing() -> (App, MsgId) {
        let mut app = App::default();
        reduce(&mut app, Action::Route(String::new(), "#/s/raft-election".to_owned()));
        reduce(&mut app, Action::Play);
        loop {
            reduce(&mut app, Action::Frame(16_000));
            let run = app.open.as_ref().unwrap().run().get();
            if let Some(m) = run.world().in_flight().first() {
                let msg = m.msg;
                drop(run);
                return (app, msg);
            }
        }
    }

    fn pick(app: &mut App, msg: MsgId) {
        reduce(app, Action::Select(Selection::Message(msg)));
        assert!(!app.player.playing && app.waits);
        let now = app.player.now_us;
        reduce(app, Action::Frame(100_000));
        assert_eq!(app.player.now_us, now);
    }

    #[test]
    fn time_waits_while_a_message_is_picked_and_goes_on_when_it_is_let_go_of() {
        let (mut app, msg) = playing();
        pick(&mut app, msg);
        reduce(&mut app, Action::Select(Selection::None));
        assert!(app.player.playing && !app.waits);
    }

    #[test]
    fn what_is_done_to_it_lets_time_go_on_and_what_is_refused_does_not() {
        let (mut app, msg) = playing();
        pick(&mut app, msg);
        reduce(&mut app, Action::Edit(Fault::Release { msg }));
        assert!(app.error.is_some() && app.waits, "it was not held");
        reduce(&mut app, Action::Edit(Fault::Drop { msg }));
        assert!(app.player.playing && !app.waits);
    }

    #[test]
    fn whoever_moves_time_has_decided_and_what_stood_still_stays_so() {
        let (mut app, msg) = playing();
        pick(&mut app, msg);
        reduce(&mut app, Action::Step(1));
        reduce(&mut app, Action::Select(Selection::None));
        assert!(!app.player.playing);
        let (mut app, msg) = playing();
        reduce(&mut app, Action::Pause);
        reduce(&mut app, Action::Select(Selection::Message(msg)));
        reduce(&mut app, Action::Select(Selection::None));
        assert!(!app.player.playing && !app.waits);
    }
}
