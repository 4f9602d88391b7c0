//! Letting an action wait for a part, and doing it once the part is here.
//!
//! The rule that is easy to break: whatever else is opened meanwhile takes the place of what waits.

use super::away::{Away, coming, missing};
use super::{Action, App};
use crate::sim::Refusal;

impl App {
    /// Says a refusal; where all that is in the way is a part, lets `action` wait for it.
    pub(super) fn refuse_or_wait(&mut self, refusal: &Refusal, action: impl FnOnce() -> Action) {
        let Some(part) = refusal.part else {
            return self.refuse(refusal);
        };
        self.error = None;
        self.say = coming(part);
        self.away = Some(Away { part, action: action(), failed: false });
    }

    /// The part that is to be fetched now, if any.
    pub fn wanted(&self) -> Option<&'static str> {
        let away = self.away.as_ref().filter(|a| !a.failed);
        away.map(|a| a.part)
    }

    /// The part has come, or could not be had: what is to be done now, if anything.
    pub(super) fn arrived(&mut self, part: &str, here: bool) -> Option<Action> {
        let away = self.away.as_mut().filter(|a| a.part == part)?;
        if here {
            return self.away.take().map(|a| a.action);
        }
        away.failed = true;
        self.say = missing(part);
        None
    }

    /// Asks for the part again; what else is missing, the page asks for at every action.
    pub(super) fn retry(&mut self) {
        self.error = None;
        if let Some(away) = &mut self.away {
            away.failed = false;
            self.say = coming(away.part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::reduce::reduce;

    /// A page that shows the ring, and was asked for something of a part that is not here.
    fn waiting() -> App {
        let mut app = App::default();
        reduce(&mut app, route("#/s/ring-election"));
        let refusal = Refusal {
            part: Some("link_stack"),
            ..Refusal::new("part-away", "the protocol link-stack has not come")
        };
        app.refuse_or_wait(&refusal, || route("#/s/link-stack?seed=4"));
        app
    }

    fn route(hash: &str) -> Action {
        Action::Route(String::new(), hash.to_owned())
    }

    fn shown(app: &App) -> &str {
        &app.open.as_ref().unwrap().origin.def.id
    }

    #[test]
    fn what_was_asked_is_done_when_its_part_has_come() {
        let mut app = waiting();
        assert_eq!((shown(&app), app.wanted()), ("ring-election", Some("link_stack")));
        assert_eq!(app.error, None);
        reduce(&mut app, Action::Arrived("ring_election", true));
        assert_eq!(shown(&app), "ring-election", "it is another that has come");
        reduce(&mut app, Action::Arrived("link_stack", true));
        assert_eq!((shown(&app), app.wanted()), ("link-stack", None));
        assert_eq!(app.open.unwrap().origin.seed(), 4);
    }

    #[test]
    fn a_part_that_cannot_be_had_keeps_the_run_and_may_be_asked_for_again() {
        let mut app = waiting();
        reduce(&mut app, Action::Arrived("link_stack", false));
        assert_eq!((shown(&app), app.wanted()), ("ring-election", None));
        assert!(app.say.contains("link-stack could not be loaded"));
        reduce(&mut app, Action::Retry);
        assert_eq!(app.wanted(), Some("link_stack"));
        reduce(&mut app, Action::Arrived("link_stack", true));
        assert_eq!(shown(&app), "link-stack");
    }

    #[test]
    fn whatever_is_opened_meanwhile_takes_the_place_of_what_waits() {
        let mut app = waiting();
        reduce(&mut app, route("#/s/two-generals"));
        assert_eq!((shown(&app), app.wanted()), ("two-generals", None));
        reduce(&mut app, Action::Arrived("link_stack", true));
        assert_eq!(shown(&app), "two-generals");
    }
}
