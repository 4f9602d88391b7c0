//! A frame of the screen: time goes on by the pace that is set, or a little of the way to a far moment is gone.
//!
//! The rule that is easy to break: a frame does as much as its budget allows and no more; what is left is for the next.

use super::{SLICE, play, seek, set_out, story, travel};
use crate::sim::{EventId, Rank, SimTime};
use crate::view::app::App;
use crate::view::director::Cue;
use crate::view::future::Journey;
use crate::view::log;
use crate::view::player::{self, Pace};

/// Panels are drawn anew this often while time runs, in microseconds of the reader's time.
const SETTLE_US: u64 = 150_000;
/// The live region speaks at most this often, unless a promise breaks.
const SPEAK_US: u64 = 1_500_000;
/// Above this speed (a tenth of true time) it says only what decides.
const SPEAK_SPEED: u64 = 100_000;
/// So many events are looked at for what it says.
const NEWS: usize = 500;

pub(super) fn frame(app: &mut App, dt: u64, out_of_time: &mut dyn FnMut() -> bool) {
    if let Some(goal) = app.journey {
        return journey(app, goal, out_of_time);
    }
    let Some(o) = app.open.as_mut().filter(|_| app.player.runs()) else {
        return;
    };
    let story = app.player.pace == Pace::Story;
    let cue = match story {
        true => app.director.cue(&o.run().get(), app.player.speed, dt.min(player::LONGEST_FRAME_US)),
        false => Cue::Free { end: u32::MAX },
    };
    let (target, end) = match cue {
        Cue::Hold => return,
        Cue::Stop => return story::stop(app),
        Cue::Go { to, end } => (to, end),
        Cue::Free { end } => (SimTime(app.player.target_us(dt)), end),
    };
    let mut run = o.run().get_mut();
    let there = loop {
        let left = end.saturating_sub(run.position());
        if left == 0 || run.advance(target, left.min(SLICE)) {
            break true;
        }
        if out_of_time() {
            break false;
        }
    };
    app.player.late = !there;
    app.player.now_us = run.time().us();
    let stopped = run.world().stopped().cloned();
    drop(run);
    o.touch();
    app.unsettled_us += dt;
    app.silent_us += dt;
    let beat = story && app.director.arrived(&o.run().get());
    if beat || app.unsettled_us >= SETTLE_US {
        o.settle();
        app.unsettled_us = 0;
    }
    if let Some(refusal) = stopped {
        play(app, false);
        app.refuse(&refusal);
    } else if beat || app.silent_us >= SPEAK_US {
        tell_news(app, !beat && app.player.speed > SPEAK_SPEED);
    }
    story::follow(app, story);
}

/// Goes to the moment `us`: at once where this future has been, else frame by frame.
pub(super) fn go_far(app: &mut App, us: u64) {
    let Some(o) = &app.open else { return };
    let at_us = us.min(crate::sim::limits::RUN_US);
    if at_us <= o.run().get().frontier().us() {
        return seek(app, at_us);
    }
    let events = None;
    set_out(app, Journey { at_us, events });
}

/// A frame's share of the way to where a link leads, or a hand pointed.
pub(super) fn journey(app: &mut App, goal: Journey, out_of_time: &mut dyn FnMut() -> bool) {
    let Some(o) = &app.open else {
        app.journey = None;
        return;
    };
    let there = {
        let mut run = o.run().get_mut();
        loop {
            let left = goal.events.map_or(SLICE, |n| n.saturating_sub(run.position()));
            let there = match left {
                0 => true,
                left => run.advance(SimTime(goal.at_us), left.min(SLICE)),
            };
            if there || out_of_time() {
                break there;
            }
        }
    };
    if there {
        app.journey = None;
        travel(app, |_| true);
    } else if let Some(o) = &mut app.open {
        o.touch();
        app.player.now_us = o.run().get().time().us();
        app.say = format!("On the way to {}.", player::time_text(goal.at_us));
    }
}

/// Says what the live region has not said yet: the last epoch that has begun (who leads), else the last event that decided
/// something, and, unless `only` that is to be said, the last that tells anything.
fn tell_news(app: &mut App, only: bool) {
    let Some(o) = &app.open else { return };
    let run = o.run().get();
    let (trace, end) = (run.trace(), run.position());
    let new = app.told.min(end);
    let epoch = trace.epochs().iter().rev().map(|m| m.event).find(|e| (new..end).contains(&e.0));
    let facts = trace.facts();
    let before = |event: u32| facts.partition_point(|(e, _)| e.0 < event);
    let fresh = facts[before(new)..before(end)].iter().rev().take(NEWS);
    let decisive = fresh.map(|(e, t)| (*e, t.fact.rank())).find(|(_, rank)| *rank == Rank::Decisive);
    let telling = || (new..end).rev().take(NEWS).map(EventId).find(|&id| log::tells(trace, id));
    let decided = epoch.or(decisive.map(|(e, _)| e));
    if let Some(id) = decided.or_else(|| if only { None } else { telling() }) {
        app.say = log::line(&run, id).text;
        app.silent_us = 0;
    }
    app.told = end;
}
