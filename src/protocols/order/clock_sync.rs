//! Clock synchronisation: Cristian 1989 (*Probabilistic clock synchronization*), Berkeley (Gusella and Zatti
//! 1989), NTP (RFC 5905, sections 8 and 10).
//!
//! Every node has a clock that starts off by something and runs a little too fast or too slow: 50 parts per
//! million are 4.32 seconds a day. Nobody can see true time; all a node can do is ask, and an answer is old
//! when it comes.
//!
//! - *Cristian*: a client asks the server for its time and takes it to have been read half-way: it sets its
//!   clock to the answer plus half the round trip. It is off by at most `(round trip - 2 shortest way) / 2`.
//! - *NTP*: four stamps, when the request left and came, when the answer left and came, give the
//!   offset `((t1 - t0) + (t2 - t3)) / 2`. Of a burst of requests the one with the shortest round trip counts,
//!   for it had the least time to be delayed one way only.
//! - *Berkeley*: nobody knows better. A master asks all, averages the clocks that are not far off its own, and
//!   tells each by how much to change; itself, too.
//!
//! None can see an asymmetry: 90 ms there and 10 ms back look like 50 each, and leave 40 ms of error for
//! ever. A transport that sends again makes such ways: an answer to the second try looks like one to the first.
//!
//! A correction is a *step*, which may set the clock back, so that a later event has an earlier stamp; or a
//! *slew*, which changes its pace until it is right, and never goes back.
//!
//! The rule that is easy to break: a node sees its own clock only, never the other's and never true time.

mod judge;
mod setup;
mod soft;

use crate::kit::{Absence, Choice, Condition, Entry, Lack, Lacking, Param, facts, messages, mutants};
use crate::sim::{Asked, Ctx, Form, Glyph, Inspect, NodeId, Protocol, Span, Trace, World};
use soft::SoftClock;
use std::collections::BTreeMap;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "clock-sync",
    title: "Clock synchronisation",
    source: "Cristian 1989; Gusella and Zatti 1989; RFC 5905, sections 8 and 10",
    leaves_out: "several servers and their selection, and the discipline of a clock's pace",
    params: &[
        Param::choice(
            "method",
            "how clocks are corrected",
            &[
                Choice::new("cristian", "Cristian: ask, add half the round trip"),
                Choice::new("ntp", "NTP: four stamps, the best of a burst"),
                Choice::new("berkeley", "Berkeley: the average of all"),
                Choice::new("none", "not at all"),
            ],
        ),
        Param::choice(
            "adjust",
            "how a correction is made",
            &[Choice::new("step", "step: at once"), Choice::new("slew", "slew: by changing the pace")],
        ),
        Param::int("clients", "clients", 3, 1..=8),
        Param::ms("interval_ms", "a correction every", 1_000, 200..=3_600_000),
        Param::ms("offset_ms", "clocks are off at the start by up to", 400, 0..=60_000),
        Param::measured("drift_ppm", "clocks drift by up to", "ppm", 50, 0..=100_000),
        Param::ms("out_ms", "the shortest way to the server", 20, 0..=10_000),
        Param::ms("back_ms", "the shortest way back", 20, 0..=10_000),
        Param::ms("jitter_ms", "a way takes longer by up to", 5, 0..=10_000),
        Param::percent("loss_percent", "messages lost", 0),
        Param::choice(
            "transport",
            "a lost message",
            &[Choice::new("udp", "is lost (UDP)"), Choice::new("retry", "is sent again after 200 ms")],
        ),
        Param::ms("stamp_ms", "each node stamps an event every (0: never)", 100, 0..=60_000),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    build: setup::build,
    promises: judge::promises,
    gauges: judge::GAUGES,
    boards: Some(judge::boards),
    absences: Some(absences),
    ..Entry::BLANK
};

const SERVER: NodeId = NodeId(0);
/// The requests of a burst (RFC 5905, section 13 sends eight).
const BURST: u8 = 8;
/// How far the requests of a burst lie apart.
const APART: Span = Span::ms(20);
/// A clock further off the master's than this is left out of the average.
const FAR_US: i64 = 10_000_000;

mutants! {
    /// A client that leaves out a rule.
    pub enum Mutant {
        /// The way of the answer takes no time, it believes.
        IgnoreTravel = "ignore-travel", "takes the server's time as it comes" {
            rule: "half the round trip is added to the server's time (Cristian 1989, section 2)",
            breaks: "Error bound",
        }
        /// It is told to slew, and steps.
        StepAnyway = "step-anyway", "steps, though it is to slew" {
            rule: "a slew changes the pace of a clock, and never sets it back",
            breaks: "Never back",
            with: &["adjust=slew"],
        }
    }
    as it is: "as in the papers",
}

messages! {
    /// What clients and server send. All times are of the sender's own clock, in microseconds.
    pub enum Msg {
        /// What time is it? (Left at `t0`.)
        Ask { t0: i64 } = "ask", Arrow, Blue, "time?";
        /// It came at `t1` and this left at `t2`.
        Tell { t0: i64, t1: i64, t2: i64 } = "tell", Tag, Green, "{t2} us";
        /// Berkeley: the master asks.
        Poll { t0: i64 } = "poll", Arrow, Purple, "your time?";
        /// Berkeley: my clock shows this.
        Mine { t0: i64, shows: i64 } = "mine", Tag, Purple, "{shows} us";
        /// Berkeley: change your clock by this; the round trip had been so long.
        Change { by: i64, trip: i64 } = "change", Diamond, Orange, "{by} us";
    }
}

facts! {
    /// What a node tells those who watch.
    pub enum Fact {
        /// It has corrected its clock, after a round trip that ended so long ago.
        Synced { by_us: i64, trip_us: u64, age_us: u64 } = "synced" => Decisive,
        /// It gives an event this stamp.
        Stamped { us: u64 } = "stamped" => Quiet,
    }
}

/// A node's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    /// The next correction is due.
    Next,
    /// The next request of a burst.
    Again,
    /// Berkeley: whoever has not answered by now is left out.
    Enough,
    /// The next stamp.
    Stamp,
}

/// What is installed on every node alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Config {
    method: Method,
    slew: bool,
    clients: u16,
    interval: Span,
    stamp: Span,
    mutant: Mutant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Method {
    None,
    Cristian,
    Ntp,
    Berkeley,
}

impl Config {
    fn adjust(self, clock: &mut SoftClock, by: i64, hardware: u64) {
        if self.slew && self.mutant != Mutant::StepAnyway {
            clock.slew(by, hardware);
        } else {
            clock.step(by, hardware);
        }
    }
}

/// The server; for Berkeley the master, whose clock is one of the many.
#[derive(Clone, Debug, Hash)]
pub struct Server {
    config: Config,
    clock: SoftClock,
    // Berkeley: how far each is ahead of the master, and its round trip.
    answers: BTreeMap<NodeId, (i64, i64)>,
    polled_at: i64,
}

impl Server {
    fn poll(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.answers.clear();
        self.polled_at = self.clock.shows(ctx.now_us());
        ctx.note("asks everyone for the time");
        let all = (1..=self.config.clients).map(NodeId);
        ctx.broadcast(all, Msg::Poll { t0: self.polled_at });
        ctx.set_timer(Timer::Enough, Span(self.config.interval.0 / 2));
        ctx.set_timer(Timer::Next, self.config.interval);
    }

    /// The average of the clocks that are not far off, the master's own among them.
    fn average(&mut self, ctx: &mut Ctx<'_, Self>) {
        let near = self.answers.values().filter(|(ahead, _)| ahead.abs() <= FAR_US);
        let (sum, count) = near.fold((0, 1), |(sum, count), (ahead, _)| (sum + ahead, count + 1));
        let mean = sum / count;
        ctx.note(format!("has {} answers: everyone goes to {mean} us ahead of it", count - 1));
        for (&node, &(ahead, trip)) in &self.answers {
            ctx.send(node, Msg::Change { by: mean - ahead, trip });
        }
        self.config.adjust(&mut self.clock, mean, ctx.now_us());
        self.answers.clear();
    }
}

impl Protocol for Server {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = ();

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.config.method == Method::Berkeley {
            ctx.set_timer(Timer::Next, self.config.interval);
        }
    }

    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.clock = SoftClock::default();
        self.answers.clear();
        self.start(ctx);
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, from: NodeId, msg: &Msg) {
        let now = self.clock.shows(ctx.now_us());
        match *msg {
            Msg::Ask { t0 } => ctx.send(from, Msg::Tell { t0, t1: now, t2: now }),
            Msg::Mine { t0, shows } if t0 == self.polled_at => {
                let trip = now - t0;
                self.answers.insert(from, (shows + trip / 2 - now, trip));
                if self.answers.len() == usize::from(self.config.clients) {
                    ctx.cancel_timer(Timer::Enough);
                    self.average(ctx);
                }
            }
            // Too late for its round, or not for a server.
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, timer: Timer) {
        match timer {
            Timer::Next => self.poll(ctx),
            Timer::Enough => self.average(ctx),
            Timer::Again | Timer::Stamp => {}
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Enough => "enough answers",
            _ => "next round",
        }
    }

    fn inspect(&self) -> Inspect {
        let master = self.config.method == Method::Berkeley;
        Inspect {
            role: if master { "master" } else { "time server" }.to_owned(),
            glyph: Glyph::Crown,
            prominent: true,
            badge: if master { "one of all" } else { "is right" }.to_owned(),
            ..Inspect::default()
        }
        .field("answers", self.answers.len())
    }
}

/// The best answer of a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Best {
    /// By how much to change.
    by: i64,
    trip: i64,
    /// When it came, on the client's clock.
    at: i64,
}

/// A client, whose clock is to be right.
#[derive(Clone, Debug, Hash)]
pub struct Client {
    config: Config,
    clock: SoftClock,
    asked_at: Vec<i64>,
    left: u8,
    best: Option<Best>,
    corrections: u32,
    last_by: i64,
}

impl Client {
    fn begin(&mut self, ctx: &mut Ctx<'_, Self>) {
        ctx.set_timer(Timer::Next, self.config.interval);
        self.asked_at.clear();
        self.best = None;
        self.left = if self.config.method == Method::Ntp { BURST } else { 1 };
        self.ask(ctx);
    }

    fn ask(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.left -= 1;
        let t0 = self.clock.shows(ctx.now_us());
        self.asked_at.push(t0);
        ctx.send(SERVER, Msg::Ask { t0 });
        if self.left > 0 {
            ctx.set_timer(Timer::Again, APART);
        }
    }

    /// An answer to one of the requests of this burst; the last one, or the last that comes, decides.
    fn hear(&mut self, ctx: &mut Ctx<'_, Self>, (t0, t1, t2): (i64, i64, i64)) {
        let Some(at) = self.asked_at.iter().position(|&t| t == t0) else {
            return;
        };
        self.asked_at.remove(at);
        let t3 = self.clock.shows(ctx.now_us());
        let trip = (t3 - t0) - (t2 - t1);
        let by = match self.config.mutant {
            Mutant::IgnoreTravel => t2 - t3,
            // RFC 5905, section 8; for one stamp at the server (t1 = t2) it is Cristian's t2 + trip / 2 - t3.
            _ => ((t1 - t0) + (t2 - t3)) / 2,
        };
        if self.best.is_none_or(|best| trip < best.trip) {
            self.best = Some(Best { by, trip, at: t3 });
        }
        if self.left == 0 && self.asked_at.is_empty() {
            self.finish(ctx);
        }
    }

    fn finish(&mut self, ctx: &mut Ctx<'_, Self>) {
        if let Some(best) = self.best.take() {
            self.correct(ctx, best);
        }
    }

    fn correct(&mut self, ctx: &mut Ctx<'_, Self>, Best { by, trip, at }: Best) {
        let age = self.clock.shows(ctx.now_us()) - at;
        self.config.adjust(&mut self.clock, by, ctx.now_us());
        self.corrections += 1;
        self.last_by = by;
        ctx.note(format!("corrects its clock by {by} us, after a round trip of {trip} us"));
        ctx.fact(Fact::Synced { by_us: by, trip_us: trip.unsigned_abs(), age_us: age.unsigned_abs() });
    }

    fn stamp_later(&self, ctx: &mut Ctx<'_, Self>) {
        if self.config.stamp > Span::ZERO {
            ctx.set_timer(Timer::Stamp, self.config.stamp);
        }
    }

    fn asks(&self) -> bool {
        matches!(self.config.method, Method::Cristian | Method::Ntp)
    }
}

/// Whose clock was never corrected, though there is a way of correcting it.
fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let never = world.node_ids().filter_map(|me| {
        let client = world.node_as::<Client>(me).filter(|c| c.corrections == 0)?;
        let (says, kinds): (_, &'static [&'static str]) = match client.config.method {
            Method::Cristian | Method::Ntp => ("the server has told it the time", &["ask", "tell"]),
            Method::Berkeley => ("the master has told it by how much", &["poll", "mine", "change"]),
            Method::None => ("it has a way to learn what others' clocks show", &[]),
        };
        let told = Condition::of(says, false);
        let told = if kinds.is_empty() { told } else { told.lacks([Lack::Word(SERVER, me, kinds)]) };
        Some(Absence::of(
            Lacking::Convergence,
            format!("the clock of {} was never corrected", world.name(me)),
            vec![told],
        ))
    });
    never.collect()
}

impl Protocol for Client {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = ();

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.stamp_later(ctx);
        if self.asks() {
            ctx.set_timer(Timer::Next, self.config.interval);
        }
    }

    /// A correction is in memory: after a crash the clock is as wrong as its hardware, until it asks.
    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.clock = SoftClock::default();
        self.asked_at.clear();
        self.best = None;
        self.left = 0;
        self.stamp_later(ctx);
        if self.asks() {
            self.begin(ctx);
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, from: NodeId, msg: &Msg) {
        match *msg {
            Msg::Tell { t0, t1, t2 } => self.hear(ctx, (t0, t1, t2)),
            Msg::Poll { t0 } => {
                let shows = self.clock.shows(ctx.now_us());
                ctx.send(from, Msg::Mine { t0, shows });
            }
            Msg::Change { by, trip } => {
                let at = self.clock.shows(ctx.now_us());
                self.correct(ctx, Best { by, trip, at });
            }
            Msg::Ask { .. } | Msg::Mine { .. } => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, timer: Timer) {
        match timer {
            Timer::Next => {
                // What of the last burst has not come by now is lost.
                self.finish(ctx);
                self.begin(ctx);
            }
            Timer::Again => self.ask(ctx),
            Timer::Stamp => {
                let us = self.clock.shows(ctx.now_us()).max(0) as u64;
                ctx.fact(Fact::Stamped { us });
                self.stamp_later(ctx);
            }
            Timer::Enough => {}
        }
    }

    fn requests(&self) -> &'static [Form] {
        const { &[Form::bare("sync", "Correct the clock now")] }
    }

    fn accepts(&self, _: &Asked) -> Result<(), String> {
        match self.asks() {
            true => Ok(()),
            false => Err("with this method clients do not ask".to_owned()),
        }
    }

    fn on_request(&mut self, ctx: &mut Ctx<'_, Self>, _: &Asked) {
        self.begin(ctx);
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Stamp => "stamp",
            Timer::Again => "burst",
            _ => "next correction",
        }
    }

    fn inspect(&self) -> Inspect {
        Inspect {
            role: "client".to_owned(),
            glyph: if self.corrections > 0 { Glyph::Check } else { Glyph::Question },
            badge: format!("{} set", self.corrections),
            ..Inspect::default()
        }
        .field("corrections", self.corrections)
        .field("last correction", format!("{} us", self.last_by))
        .field("adds to its hardware", format!("{} us", self.clock.aims_at(0)))
        .field("requests open", self.asked_at.len())
    }
}

#[cfg(test)]
mod tests;
