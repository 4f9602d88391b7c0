//! Studies: runs under many seeds, computed beside the page.
//!
//! The rule that is easy to break: a study is about one scenario with one set of parameters. Once another
//! is on screen it is gone, and what still comes of it is not heard.

use super::leaving::{self, leaving};
use super::{may_replace, open, play};
use crate::view::measures::{Ask, AskModels};
use crate::view::models::Model;
use crate::view::origin::Origin;
use crate::view::player::group;
use crate::view::study::{News, Order, State, Study};
use crate::view::{Action, App};

/// Begins a study, in the place of what may be under way.
pub(super) fn begin(app: &mut App, ask: Ask) {
    let Some(o) = &app.open else { return };
    let order = ask.order(&o.origin, &o.run().get());
    put_to_work(app, order);
}

/// Begins a table of timing models, in the place of what may be under way.
pub(super) fn under_models(app: &mut App, ask: AskModels) {
    let Some(o) = &app.open else { return };
    let order = ask.order(&o.origin);
    put_to_work(app, order);
}

fn put_to_work(app: &mut App, order: Order) {
    let number = app.studies.wrapping_add(1);
    app.say = format!("Computing {} runs.", group(u64::from(order.all())));
    app.studies = number;
    app.study = Some(Study::new(number, order));
}

/// Calls off what is under way; what was computed stays.
pub(super) fn stop(app: &mut App) {
    if let Some(study) = app.study.as_mut().filter(|s| s.is_running()) {
        study.state = State::Stopped;
        app.say = format!("Stopped after {} runs.", group(u64::from(study.done())));
    }
}

/// Hears `news` of the study called `number`, if it still goes on.
pub(super) fn hear(app: &mut App, number: u32, news: News) {
    let study = app.study.as_mut();
    let Some(study) = study.filter(|s| s.number == number && s.is_running()) else {
        return;
    };
    match news {
        News::Found(found) => study.add(&found),
        News::NoWorker => study.between_frames = true,
        News::Failed(why) => {
            app.say.clone_from(&why);
            study.state = State::Failed(why);
        }
    }
    if study.state == State::Done {
        app.say = format!("{} runs are done.", group(u64::from(study.done())));
    }
}

/// Opens the run that shows what a cell of the table says, and plays it; what was on screen is left where "back" leads.
pub(super) fn open_cell(app: &mut App, row: usize, model: Model) {
    let Some(study) = &app.study else { return };
    let cells = study.cells();
    let Some(seed) = cells.get(row).and_then(|r| r[model as usize].shows(study.order.first)) else {
        return;
    };
    let (opening, left) = (study.order.cell(row, model, seed), leaving(app));
    let opened = may_replace(app).and(opening).and_then(Origin::of).and_then(|origin| open(app, origin));
    match opened {
        Ok(()) => {
            leaving::leave(app, left);
            play(app, !app.calm);
            app.say = format!("{}, seed {seed}: {}.", model.label(), cells[row][model as usize].why_shown());
        }
        Err(refusal) => app.refuse_or_wait(&refusal, || Action::OpenCell(row, model)),
    }
}

/// Lets go of a study that is about something else than what is on screen. A table of timing models stays: its cells open
/// other scenarios, and the reader comes back to it.
pub(super) fn let_go(app: &mut App) {
    let open = app.open.as_ref();
    let fits = |s: &Study| open.is_some_and(|o| s.order.fits(&o.origin));
    if app.study.as_ref().is_some_and(|s| s.order.models.is_none() && !fits(s)) {
        app.study = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::reduce::reduce;
    use crate::view::study::{Labour, Yield};

    fn app() -> App {
        let mut app = App::default();
        let route = |s: &str| Action::Route(String::new(), s.to_owned());
        reduce(&mut app, route("#/s/two-generals?seed=3"));
        app
    }

    fn ask(runs: u32) -> Action {
        Action::Measure(Ask { runs, until_us: 900_000, with_edits: false })
    }

    fn work(app: &App) -> Yield {
        let mut found = Yield::default();
        let order = app.study.as_ref().unwrap().order.clone();
        let done = Labour::new(order).unwrap().work(&mut found, &mut || false);
        assert_eq!(done, Ok(true));
        found
    }

    #[test]
    fn a_study_is_asked_for_heard_and_done() {
        let mut app = app();
        reduce(&mut app, ask(4));
        assert_eq!(app.say, "Computing 4 runs.");
        let found = work(&app);
        reduce(&mut app, Action::Measured(1, News::Found(found)));
        let study = app.study.as_ref().unwrap();
        assert_eq!((study.state.clone(), study.done(), study.order.first), (State::Done, 4, 3));
        assert_eq!(app.say, "4 runs are done.");
    }

    #[test]
    fn a_new_one_takes_its_place_and_what_comes_of_the_old_one_is_not_heard() {
        let mut app = app();
        reduce(&mut app, ask(4));
        let found = work(&app);
        reduce(&mut app, ask(2));
        reduce(&mut app, Action::Measured(1, News::Found(found)));
        assert_eq!(app.study.as_ref().map(Study::done), Some(0));
        reduce(&mut app, Action::StopMeasuring);
        let found = work(&app);
        reduce(&mut app, Action::Measured(2, News::Found(found)));
        let study = app.study.as_ref().unwrap();
        assert_eq!((study.done(), study.state.clone()), (0, State::Stopped));
    }

    #[test]
    fn it_is_gone_with_its_scenario_and_stays_under_another_seed() {
        let mut app = app();
        reduce(&mut app, ask(2));
        reduce(&mut app, Action::SetSeed(9));
        assert!(app.study.is_some());
        let route = Action::Route(String::new(), "#/s/two-generals?k=3".to_owned());
        reduce(&mut app, route);
        assert!(app.error.is_none() && app.study.is_none());
        reduce(&mut app, ask(2));
        reduce(&mut app, Action::Route(String::new(), "#/".to_owned()));
        assert!(app.study.is_none());
    }

    /// Somebody opens the cell of a row below, looks, and goes back to the table that is still there.
    #[test]
    fn a_cell_opens_its_run_and_the_table_stays() {
        let mut app = App::default();
        let here = "#/s/timing-matrix?seed=3";
        reduce(&mut app, Action::Route(String::new(), here.to_owned()));
        reduce(&mut app, Action::UnderModels(AskModels { runs: 2, crashes: 1 }));
        assert_eq!(app.say, "Computing 32 runs.");
        reduce(&mut app, Action::OpenCell(1, Model::Asynchronous));
        assert_eq!(app.open.as_ref().unwrap().origin.id(), "timing-matrix", "nothing is seen there yet");
        let found = work(&app);
        reduce(&mut app, Action::Measured(1, News::Found(found)));
        let study = app.study.as_ref().unwrap();
        assert_eq!((study.state.clone(), study.done()), (State::Done, 32));
        reduce(&mut app, Action::OpenCell(1, Model::Asynchronous));
        let o = app.open.as_ref().unwrap();
        assert_eq!((o.origin.id(), o.origin.seed(), app.error.as_ref()), ("raft-election", 3, None));
        assert_eq!(o.run().get().world().timing(), crate::sim::Timing::Asynchronous);
        assert!(app.player.playing && app.say.starts_with("Asynchronous, seed 3: "), "{}", app.say);
        reduce(&mut app, Action::Route(String::new(), here.to_owned()));
        assert!(app.study.is_some());
        // Another study takes its place, as ever.
        reduce(&mut app, ask(2));
        assert!(app.study.as_ref().unwrap().order.models.is_none());
    }

    #[test]
    fn what_fails_says_why() {
        let mut app = app();
        reduce(&mut app, ask(2));
        reduce(&mut app, Action::Measured(1, News::NoWorker));
        assert!(app.study.as_ref().unwrap().between_frames);
        reduce(&mut app, Action::Measured(1, News::Failed("No room.".to_owned())));
        assert_eq!(app.say, "No room.");
        assert!(!app.study.unwrap().is_running());
    }
}
