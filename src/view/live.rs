//! The cluster on the landing page: the first scenario to start with, which begins with somebody in charge, and what one
//! press does to a node of it.
//!
//! The rule that is easy to break: it is a run like any other, in a state of the page of its own. What happens in it is in
//! no address, no history and no storage; only its link leads on.

use super::app::App;
use super::course;
use super::director;
use super::origin::Origin;
use super::player::{Pace, Player};
use super::reduce::{open, reduce, reduce_within};
use super::{Action, Open};
use crate::protocols::part_of;
use crate::scenario::index;
use crate::sim::world::{Status, World};
use crate::sim::{Fault, NodeId, Refusal};
use std::collections::BTreeMap;

/// Simulated microseconds a second while somebody is in charge: calm enough to follow one message.
const CALM: u64 = 20_000;
/// And where the others look for somebody else, between what tells something.
const STORY: u64 = 60_000;
/// So many events at most to the moment at which it begins.
const MOST_EVENTS: u32 = 5_000;

/// The cluster.
pub struct Live {
    app: App,
    // A hand has stopped time.
    paused: bool,
    // Which nodes fell by a press, in this order.
    fallen: Vec<NodeId>,
    // The word of the role of who is in charge.
    role: String,
}

/// The id of the scenario that runs there, and of the part without which it cannot.
pub fn scenario() -> Option<(&'static str, &'static str)> {
    let first = course::path(index()).into_iter().next()?;
    Some((first.id, part_of(first.protocol)?))
}

impl Live {
    /// At the moment at which somebody has come to be in charge; it plays, unless the page is to be `calm`.
    ///
    /// # Errors
    /// Its part has not come.
    pub fn new(calm: bool) -> Result<Self, Refusal> {
        let (id, _) = scenario().ok_or_else(|| Refusal::new("unknown-scenario", "there is no scenario"))?;
        let mut app = App { calm, player: Player::at(Pace::Fixed), ..App::default() };
        open(&mut app, Origin::named(id, None, &BTreeMap::new())?)?;
        let mut live = Live { app, paused: calm, fallen: Vec::new(), role: String::new() };
        let mut us = 0;
        if let Some(o) = &live.app.open {
            let mut run = o.run().get_mut();
            while in_charge(run.world()).is_none() && run.position() < MOST_EVENTS && run.step() {}
            us = run.time().us();
        }
        reduce(&mut live.app, Action::Seek(us));
        live.go_on();
        if calm {
            reduce(&mut live.app, Action::Pause);
        }
        Ok(live)
    }

    /// What is on stage.
    pub fn open(&self) -> Option<&Open> {
        self.app.open.as_ref()
    }

    /// The state of the page that it is in: its clock, and whether messages step.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Whether the next frame has something to do.
    pub fn is_moving(&self) -> bool {
        self.app.is_moving()
    }

    /// A frame of `dt_us` microseconds of the reader's time.
    pub fn frame(&mut self, dt_us: u64, out_of_time: &mut dyn FnMut() -> bool) {
        reduce_within(&mut self.app, Action::Frame(dt_us), out_of_time);
        // The story stops at whoever takes over. So does a page that is to be calm; any other goes on.
        if !self.app.player.playing {
            self.paused |= self.app.calm;
            if !self.paused {
                self.go_on();
            }
        }
    }

    /// Stops time, or lets it run.
    pub fn toggle(&mut self) {
        self.paused = !self.paused;
        match self.paused {
            true => reduce(&mut self.app, Action::Pause),
            false => self.go_on(),
        }
    }

    /// Lets time run: at one rate while somebody is in charge, else at the pace of the story.
    fn go_on(&mut self) {
        let led = self.leader().is_some();
        self.app.player.pace = if led { Pace::Fixed } else { Pace::Story };
        self.app.player.set_speed(if led { CALM } else { STORY });
        reduce(&mut self.app, Action::Play);
        self.notice();
    }

    /// Stops this node, or brings it back; a client is left alone.
    pub fn press(&mut self, node: NodeId) {
        let Some(o) = self.app.open.as_ref() else { return };
        let world = |o: &Open| (o.run().get().world().is_client(node), o.run().get().world().status(node));
        let fault = match world(o) {
            (true, _) => return,
            (_, Status::Crashed) => Fault::Recover { node },
            _ => Fault::Crash { node, stop: false },
        };
        self.notice();
        self.fallen.retain(|&n| n != node);
        if matches!(fault, Fault::Crash { .. }) {
            self.fallen.push(node);
        }
        reduce(&mut self.app, Action::Edit(fault));
        // Whoever does something wants to see what comes of it.
        self.paused = false;
        self.go_on();
    }

    /// Stops whoever is in charge.
    pub fn stop_leader(&mut self) {
        self.leader().into_iter().for_each(|n| self.press(n));
    }

    /// Brings back the node that fell last.
    pub fn bring_back(&mut self) {
        self.last_fallen().into_iter().for_each(|n| self.press(n));
    }

    /// Remembers the word for who is in charge: it is said of the place while it is empty, too.
    fn notice(&mut self) {
        if let (Some(leader), Some(o)) = (self.leader(), &self.app.open) {
            let role = o.run().get().world().inspect(leader).role;
            self.role = role;
        }
    }

    fn leader(&self) -> Option<NodeId> {
        in_charge(self.app.open.as_ref()?.run().get().world())
    }

    fn last_fallen(&self) -> Option<NodeId> {
        self.fallen.last().copied()
    }

    fn name(&self, node: NodeId) -> String {
        self.app.open.as_ref().map_or_else(String::new, |o| o.run().get().world().name(node).to_owned())
    }

    /// The words beside the stage.
    pub fn words(&self) -> Words {
        // Short: they have one line, on a phone, too.
        let (leader, fallen, role) = (self.leader(), self.last_fallen(), &self.role);
        let servers = self.app.open.as_ref().map_or(0, |o| {
            let run = o.run().get();
            run.world().node_ids().filter(|&n| !run.world().is_client(n)).count()
        });
        let invites = match (leader, fallen) {
            (Some(_), None) => format!("Click the {role}."),
            (Some(n), Some(_)) => format!("{} took over. Stop it, too?", self.name(n)),
            (None, _) if self.fallen.len() * 2 > servers => "Too few are left: bring one back.".to_owned(),
            (None, _) => format!("The {role} is gone. Watch."),
        };
        Words {
            invites,
            stop: format!("Stop the {role}"),
            may_stop: leader.is_some(),
            bring: fallen.map(|f| format!("Bring {} back", self.name(f))),
        }
    }

    /// The sentence under the stage: what happened last that tells something.
    pub fn caption(&self) -> String {
        let said = self.app.open.as_ref().and_then(|o| director::caption(&o.run().get(), &self.app.director));
        said.unwrap_or_default()
    }

    /// Where this very moment is shown on the full stage; by the scenario's name, as long as nobody is here who writes links.
    pub fn address(&self) -> String {
        let mut app = self.app.clone();
        let Some(o) = &app.open else {
            return "#/".to_owned();
        };
        let (speed, id) = (o.origin.speed(), o.origin.id().to_owned());
        app.player.set_speed(speed);
        app.link().unwrap_or_else(|_| format!("#/s/{id}"))
    }
}

/// What is said beside the stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What one may do now.
    pub invites: String,
    /// The button that stops whoever is in charge.
    pub stop: String,
    /// Whether there is somebody to stop.
    pub may_stop: bool,
    /// The button that brings back who fell last.
    pub bring: Option<String>,
}

/// Who is in charge, as its protocol shows itself: the node that is drawn filled.
fn in_charge(world: &World) -> Option<NodeId> {
    let mut up = world.node_ids().filter(|&n| world.status(n) == Status::Up);
    up.find(|&n| world.inspect(n).prominent)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays frames of 16 ms until `ready`, for at most a minute of the reader's time; how long that took, in milliseconds.
    fn play(live: &mut Live, ready: impl Fn(&Live) -> bool) -> Option<u64> {
        for frame in 0..3_750 {
            if ready(live) {
                return Some(frame * 16);
            }
            live.frame(16_000, &mut || false);
        }
        None
    }

    #[test]
    fn it_begins_with_a_leader_and_plays_on() {
        let mut live = Live::new(false).unwrap();
        let leader = live.leader().unwrap();
        assert!(live.is_moving());
        assert_eq!(live.words().invites, "Click the leader.");
        assert_eq!(live.words().bring, None);
        let before = live.app.player.now_us;
        for _ in 0..60 {
            live.frame(16_000, &mut || false);
        }
        let gone = live.app.player.now_us - before;
        assert!((15_000..=20_000).contains(&gone), "{gone} us in a second");
        assert_eq!(live.leader(), Some(leader));
    }

    /// The pace of a story: a crash, and within ten seconds another leads; then it goes on by itself.
    #[test]
    fn whoever_is_pressed_falls_and_another_takes_over() {
        let mut live = Live::new(false).unwrap();
        let first = live.leader().unwrap();
        live.press(first);
        assert!(!live.words().may_stop);
        assert_eq!(live.words().invites, "The leader is gone. Watch.");
        let took = play(&mut live, |l| l.leader().is_some()).unwrap();
        assert!((1_500..10_000).contains(&took), "{took} ms");
        let second = live.leader().unwrap();
        assert_ne!(first, second);
        assert!(live.caption().contains("leads term"), "{}", live.caption());
        play(&mut live, |l| l.app.player.pace == Pace::Fixed).unwrap();
        assert!(live.is_moving() && live.app.player.speed == CALM);
        live.bring_back();
        assert_eq!(live.words().bring, None);
        assert_eq!(live.leader(), Some(second), "who comes back does not take the crown again");
    }

    #[test]
    fn three_of_five_down_are_too_many_until_one_comes_back() {
        let mut live = Live::new(false).unwrap();
        for _ in 0..3 {
            play(&mut live, |l| l.leader().is_some()).unwrap();
            live.stop_leader();
        }
        assert_eq!(live.words().invites, "Too few are left: bring one back.");
        assert_eq!(play(&mut live, |l| l.leader().is_some()), None);
        live.bring_back();
        play(&mut live, |l| l.leader().is_some()).unwrap();
    }

    #[test]
    fn a_calm_page_stands_still_until_something_is_done_and_again_after_it() {
        let mut live = Live::new(true).unwrap();
        assert!(!live.is_moving());
        live.stop_leader();
        assert!(live.is_moving());
        play(&mut live, |l| !l.is_moving()).unwrap();
        assert!(live.leader().is_some());
        live.toggle();
        assert!(live.is_moving());
        live.toggle();
        assert!(!live.is_moving());
    }

    #[test]
    fn its_link_opens_the_same_moment() {
        let mut live = Live::new(false).unwrap();
        live.stop_leader();
        let mut app = App::default();
        reduce(&mut app, Action::Route(String::new(), live.address()));
        let hash = |app: &App| app.open.as_ref().unwrap().run().get().hash_text();
        assert_eq!(app.error, None);
        assert_eq!(hash(&app), hash(&live.app));
    }
}
