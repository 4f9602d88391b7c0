//! The director: play at the pace of meaning. What tells something is shown long enough to be read, what waits is
//! passed over visibly, and play stops where a scenario comes to what it is about.
//!
//! It looks ahead for the next *beat* (an event in which the protocol tells something for the first time since the last
//! edit, or decides; or in which something is done to the world), and gives the way there its time: waiting is made short,
//! each message on the way from cause to cause is given as long as a reader needs.
//!
//! The rule that is easy to break: it changes the pace and nothing else. The run is the same, to the bit, as at a fixed
//! rate, and what it sees ahead is shown nowhere before it happens.

use crate::check::Checks;
use crate::sim::history::Run;
use crate::sim::world::World;
use crate::sim::{EventId, EventKind, Rank, SimTime, Span, Trace};

/// As long as a message that tells something is on its way, at least, in microseconds of the reader's time.
const FLIGHT_US: u64 = 700_000;
/// The most messages of a chain that are each given that long.
const HOPS: u64 = 3;
/// No waiting takes longer than this.
const WAIT_US: u64 = 900_000;
/// So long time stands still at a beat.
const HOLD_US: u64 = 900_000;
/// And at one that decides.
const LONG_HOLD_US: u64 = 1_500_000;
/// So far it looks ahead, in events.
const SIGHT: u32 = 6_000;
/// So many facts and edits are looked at for a caption.
const LOOK_BACK: usize = 200;
/// A shorter wait than this, in microseconds of the run's time, is not worth a word.
const WORTH_SAYING_US: u64 = 20_000;

/// The way to the next beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Leg {
    // The future for which it was looked up, and where in it.
    turns: u32,
    from: u32,
    // Where the run stands after the beat, in events.
    end: u32,
    start_us: u64,
    // When what leads to the beat begins, and when it comes.
    turn_us: u64,
    end_us: u64,
    // How long each part is shown, and how much of it is over.
    wait_us: u64,
    flight_us: u64,
    spent_us: u64,
    beat: Option<Beat>,
    // Nothing is left to happen.
    over: bool,
}

/// What happens at the end of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Beat {
    // It is the first of its kind since the last edit.
    first: bool,
    rank: Rank,
}

/// The director.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Director {
    leg: Option<Leg>,
    hold_us: u64,
    stop: bool,
    // Where it is to come.
    until_us: Option<u64>,
}

/// What a frame is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cue {
    /// Nothing: time stands still, for something is to be read.
    Hold,
    /// Go on to this moment, but past no more than so many events.
    Go {
        /// The moment.
        to: SimTime,
        /// Where the run must not go on, in events.
        end: u32,
    },
    /// Stop: this is what it was about.
    Stop,
    /// Nothing is ahead that it knows of, as far as it has looked: play at the usual rate.
    Free {
        /// Where it looks again, in events.
        end: u32,
    },
}

impl Director {
    /// What to do in a frame of `dt_us` of the reader's time, at `rate` simulated microseconds a second where nothing
    /// asks for another pace.
    pub fn cue(&mut self, run: &Run<Checks>, rate: u64, dt_us: u64) -> Cue {
        if self.hold_us > 0 {
            self.hold_us = self.hold_us.saturating_sub(dt_us);
            return Cue::Hold;
        }
        if std::mem::take(&mut self.stop) {
            return Cue::Stop;
        }
        let here = run.position();
        let fits = |leg: &Leg| leg.turns == run.turns() && (leg.from..leg.end).contains(&here);
        let mut leg = match self.leg.take().filter(fits) {
            Some(leg) => leg,
            None => look_ahead(run, rate, self.until_us),
        };
        leg.spent_us += dt_us;
        let cue = match leg.beat {
            None if leg.over => Cue::Stop,
            None if leg.wait_us == 0 => Cue::Free { end: leg.end },
            _ => Cue::Go { to: SimTime(leg.moment()), end: leg.end },
        };
        self.leg = Some(leg);
        cue
    }

    /// Takes note of where the run has come: at a beat time stands still. Whether it is at one.
    pub fn arrived(&mut self, run: &Run<Checks>) -> bool {
        let Some(Leg { beat: Some(beat), end, .. }) = self.leg else {
            return false;
        };
        if run.position() < end {
            return false;
        }
        self.leg = None;
        if beat.first {
            self.hold_us = if beat.rank == Rank::Decisive { LONG_HOLD_US } else { HOLD_US };
            self.stop = beat.rank == Rank::Decisive && self.until_us.is_none();
        }
        true
    }

    /// From now on it stops nowhere before this moment, and passes over what is left of the way when nothing more
    /// happens.
    pub fn go_until(&mut self, us: u64) {
        *self = Director { until_us: Some(us), ..Director::default() };
    }

    /// Forgets what it saw ahead: play begins anew, from wherever the run stands.
    pub fn begin(&mut self) {
        *self = Director { until_us: self.until_us, ..Director::default() };
    }

    /// From now on it goes nowhere in particular.
    pub fn let_go(&mut self) {
        self.until_us = None;
    }

    /// How much of a wait is passed over now, in microseconds, if that is worth a word.
    pub fn passes_us(&self) -> Option<u64> {
        let leg = self.leg.filter(|leg| leg.spent_us < leg.wait_us)?;
        let waits = leg.turn_us - leg.start_us;
        (leg.wait_us == WAIT_US && waits >= WORTH_SAYING_US).then_some(waits)
    }
}

impl Leg {
    /// The moment to show when so much of it is over.
    fn moment(&self) -> u64 {
        let part = |from: u64, to: u64, spent: u64, of: u64| match of {
            0 => to,
            // In milliseconds of the reader's time, so that no product is too large.
            of => from + (to - from).saturating_mul(spent.min(of) / 1_000) / (of / 1_000).max(1),
        };
        match self.spent_us.checked_sub(self.wait_us) {
            None => part(self.start_us, self.turn_us, self.spent_us, self.wait_us),
            Some(spent) => part(self.turn_us, self.end_us, spent, self.flight_us),
        }
    }
}

/// What an event that was seen ahead leads back to.
struct Seen {
    cause: EventId,
    at_us: u64,
    kind: EventKind,
}

/// The way from where `run` stands to the next beat.
fn look_ahead(run: &Run<Checks>, rate: u64, until_us: Option<u64>) -> Leg {
    let (from, start_us) = (run.position(), run.time().us());
    let known = told_before(run.trace(), from);
    // One an event, from here on.
    let mut seen: Vec<Seen> = Vec::new();
    let mut found = None;
    let mut last = (from, start_us);
    let mut past = false;
    let only_first = until_us.is_some();
    run.replay(from, from.saturating_add(SIGHT), |world| {
        let events = world.events();
        if events == from {
            return true;
        }
        let event = world.last_event();
        if until_us.is_some_and(|until| event.time.us() > until) {
            past = true;
            return false;
        }
        // What happens at one moment is one beat.
        if found.is_some() && event.time.us() > last.1 {
            return false;
        }
        let next = beat(world, &known).filter(|b| b.first || !only_first);
        if found.is_none() || next.is_some() {
            last = (events, event.time.us());
            found = found.max(next);
        }
        seen.push(Seen { cause: event.cause, at_us: event.time.us(), kind: event.kind });
        true
    });
    let (end, end_us) = last;
    // Whether that is all there is.
    past |= found.is_none() && end < from.saturating_add(SIGHT);
    let leg = Leg {
        turns: run.turns(),
        from,
        end: end.max(from + 1),
        start_us,
        turn_us: end_us,
        end_us,
        wait_us: 0,
        flight_us: 0,
        spent_us: 0,
        beat: found,
        over: false,
    };
    match (found, until_us) {
        (Some(_), _) => paced(leg, &seen, rate),
        // Nothing more happens until there.
        (None, Some(until)) if past && until > start_us => {
            Leg { end: u32::MAX, turn_us: until, end_us: until, wait_us: WAIT_US, flight_us: 1, ..leg }
        }
        (None, None) if past && end == from => Leg { over: true, ..leg },
        (None, _) => leg,
    }
}

/// `leg` with the time that each part of it is given.
fn paced(leg: Leg, seen: &[Seen], rate: u64) -> Leg {
    // Back along what brought it about, as far as that is still to come.
    let mut at = EventId(leg.end - 1);
    let (mut hops, mut turn_us) = (0, leg.end_us);
    let ahead = |id: EventId| seen.get(id.0.checked_sub(leg.from)? as usize);
    while let Some(event) = ahead(at) {
        turn_us = event.at_us;
        // A timer was set long ago: what happened then is another turn of the story.
        if event.kind == EventKind::Timer {
            break;
        }
        let delivers = event.kind == EventKind::Deliver;
        hops += u64::from(delivers);
        // What is on its way already has been since before.
        if delivers && ahead(event.cause).is_none() {
            turn_us = leg.start_us;
        }
        at = event.cause;
    }
    let usual = |us: u64| us.saturating_mul(1_000_000) / rate.max(1);
    let wait_us = usual(turn_us - leg.start_us).min(WAIT_US);
    let least = FLIGHT_US * hops.min(HOPS);
    let flight_us = usual(leg.end_us - turn_us).clamp(least, least.max(2 * FLIGHT_US));
    Leg { turn_us, wait_us, flight_us, ..leg }
}

/// What was told since the last edit before event number `position`, by name: a handful.
fn told_before(trace: &Trace, position: u32) -> Vec<&'static str> {
    let edits = trace.faults();
    let made = edits.partition_point(|(e, _)| e.0 < position);
    let since = made.checked_sub(1).map_or(0, |last| edits[last].0.0);
    let facts = trace.facts();
    let to = facts.partition_point(|(e, _)| e.0 < position);
    let from = facts.partition_point(|(e, _)| e.0 < since);
    let mut names = Vec::new();
    for (_, told) in facts.iter().skip(from).take(to - from) {
        if !names.contains(&told.fact.name()) {
            names.push(told.fact.name());
        }
    }
    names
}

/// What the event that `world` shows is in the story.
fn beat(world: &World, known: &[&'static str]) -> Option<Beat> {
    let event = world.last_event();
    // What a scenario begins with is its stage, not its story.
    if matches!(event.kind, EventKind::Fault | EventKind::Request) && event.time > SimTime::ZERO {
        return Some(Beat { rank: Rank::Telling, first: true });
    }
    let told = world.told().iter().filter(|t| !t.fact.fleeting());
    let beats = told.filter_map(|t| {
        let (rank, first) = (t.fact.rank(), !known.contains(&t.fact.name()));
        let counts = rank == Rank::Decisive || rank == Rank::Telling && first;
        counts.then_some(Beat { first, rank })
    });
    beats.max()
}

/// The turns of the story up to where `run` stands, in order: events that tell something, or in which something was done.
/// Of many, the last.
pub fn turns(run: &Run<Checks>) -> Vec<EventId> {
    let (trace, here) = (run.trace(), run.position());
    let facts = trace.facts();
    let to = facts.partition_point(|(e, _)| e.0 < here);
    let edits = trace.faults();
    let made = edits.partition_point(|(e, _)| e.0 < here);
    // Of what is quiet there may be much. What a scenario begins with is its stage, not its story.
    let mut told = facts[to.saturating_sub(LOOK_BACK)..to]
        .iter()
        .filter(|(_, t)| t.fact.rank() > Rank::Quiet)
        .peekable();
    let done = edits[made.saturating_sub(LOOK_BACK)..made].iter().map(|(e, _)| *e);
    let mut all = Vec::new();
    for edit in done.filter(|&e| trace.event(e).time > SimTime::ZERO).chain([EventId(here)]) {
        while let Some((event, _)) = told.next_if(|(e, _)| *e < edit) {
            if all.last() != Some(event) {
                all.push(*event);
            }
        }
        all.push(edit);
    }
    all.pop();
    all
}

/// The events that a caption is of: the last turn up to now, and those of the same moment before it.
pub fn captioned(run: &Run<Checks>) -> Vec<EventId> {
    let mut all = turns(run);
    if let Some(moment) = all.last().map(|&e| run.trace().event(e).time) {
        all.retain(|&e| run.trace().event(e).time == moment);
    }
    all
}

/// The sentence on the stage: what happened last that tells something, or how much waiting is passed over.
pub fn caption(run: &Run<Checks>, director: &Director) -> Option<String> {
    if let Some(us) = director.passes_us() {
        return Some(format!("{} pass.", Span(us / 1_000 * 1_000)));
    }
    if let Some(broken) = super::broken::sentence(run) {
        return Some(broken);
    }
    let events = captioned(run);
    let said = super::log::line(run, *events.last()?).text;
    Some(match events.len() {
        1 => said,
        n => format!("{said} {} more at this moment.", n - 1),
    })
}
