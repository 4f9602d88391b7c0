//! A client: asks for the lock, works, looks at its lease, writes, and releases.
//!
//! The rule that is easy to break: between its look at the clock and the write that it sends a client may stand still, and wakes
//! in the middle of what it did. So the two are two steps here, and between them it does nothing else: it has one thread.

use super::{Fact, Msg, Mutant, Rules, SERVER, STORAGE, name};
use crate::kit::prelude::*;

/// How far it is with a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// It works.
    Working,
    /// It has looked at its lease, and is about to send the write.
    Checked,
    /// The write is sent.
    Sent,
}

/// The lock, as its holder sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Hold {
    pub(super) token: u64,
    // What its own clock showed when it asked.
    asked: u64,
    // When its lease is over, on its own clock: never, if the lock is plain.
    pub(super) until: u64,
    // How many writes are done.
    pub(super) done: u32,
    pub(super) step: Step,
    // A renewal was due while it was about to write.
    owes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Idle,
    /// It wants the lock, since its own clock showed this.
    Waiting(u64),
    Holding(Hold),
    /// It has said at this moment that it releases the lock of this token.
    Releasing(u64, u64),
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Timer {
    Next,
    Retry,
    Work,
    Send,
    Lease,
    Renew,
    Die,
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Client {
    rules: Rules,
    number: u16,
    dies: bool,
    pub(super) phase: Phase,
}

type Cx<'a> = Ctx<'a, Client>;

impl Client {
    pub(super) fn new(rules: Rules, number: u16, dies: bool) -> Self {
        Client { rules, number, dies, phase: Phase::Idle }
    }

    /// What it holds, as it believes.
    pub(super) fn hold(&self) -> Option<Hold> {
        match self.phase {
            Phase::Holding(hold) => Some(hold),
            _ => None,
        }
    }

    fn want(&mut self, ctx: &mut Cx<'_>) {
        self.phase = Phase::Waiting(ctx.now_us());
        ctx.fact(Fact::Asked { client: self.number });
        ctx.note("asks for the lock");
        self.ask(ctx);
    }

    /// What its clock shows goes along, and comes back with the grant.
    fn ask(&self, ctx: &mut Cx<'_>) {
        ctx.send(SERVER, Msg::Ask { at: ctx.now_us() });
        ctx.set_timer(Timer::Retry, self.rules.retry);
    }

    /// Until when it believes in a lease for which it asked at `at`: by its own clock, counted from then, and less a margin for
    /// what it has on its way when it is over (Gray and Cheriton 1989, section 3.1).
    fn until(&self, at: u64) -> u64 {
        match self.rules.leased {
            true => (at.saturating_add(self.rules.lease.0)).saturating_sub(self.rules.margin.0),
            false => u64::MAX,
        }
    }

    /// Whether a lease until then is over by its own clock.
    fn is_over(&self, ctx: &Cx<'_>, until: u64) -> bool {
        self.rules.leased && self.rules.mutant != Mutant::NoCheck && ctx.now_us() >= until
    }

    fn granted(&mut self, ctx: &mut Cx<'_>, token: u64, at: u64) {
        let until = self.until(at);
        match self.phase {
            Phase::Waiting(since) if at < since => {
                ctx.note(format!("has token {token} for what it asked long ago, and asks on"));
            }
            Phase::Waiting(_) if self.is_over(ctx, until) => {
                ctx.note(format!("has token {token} too late: that lease is over"));
            }
            Phase::Waiting(_) => self.enter(ctx, token, at),
            Phase::Idle => {
                ctx.note(format!("does not want token {token} any more"));
                ctx.send(SERVER, Msg::Release { token, at: ctx.now_us() });
            }
            Phase::Holding(_) | Phase::Releasing(..) | Phase::Gone => {}
        }
    }

    fn enter(&mut self, ctx: &mut Cx<'_>, token: u64, asked: u64) {
        let until = self.until(asked);
        let step = Step::Working;
        self.phase = Phase::Holding(Hold { token, asked, until, done: 0, step, owes: false });
        ctx.cancel_timer(Timer::Retry);
        ctx.note(format!("holds the lock, with token {token}"));
        ctx.fact(Fact::Entered { client: self.number, token });
        if self.rules.leased {
            self.watch(ctx, until);
            ctx.set_timer(Timer::Renew, self.rules.renewal());
        }
        if self.dies {
            ctx.set_timer(Timer::Die, Span(self.rules.work.0 / 2));
        }
        ctx.set_timer(Timer::Work, self.rules.work);
    }

    fn watch(&self, ctx: &mut Cx<'_>, until: u64) {
        if self.rules.mutant != Mutant::NoCheck {
            ctx.set_timer(Timer::Lease, Span(until.saturating_sub(ctx.now_us())));
        }
    }

    /// It has worked, looks at its lease, and will write.
    fn worked(&mut self, ctx: &mut Cx<'_>, hold: Hold) {
        if self.is_over(ctx, hold.until) {
            return self.give_up(ctx, hold.token, "finds that its lease is over, and does not write");
        }
        self.phase = Phase::Holding(Hold { step: Step::Checked, ..hold });
        let token = hold.token;
        ctx.note(match self.rules.leased {
            true => format!("looks at its lease, which is not over: it will write with token {token}"),
            false => format!("has worked: it will write with token {token}"),
        });
        ctx.fact(Fact::Checked { client: self.number, token });
        ctx.set_timer(Timer::Send, self.rules.gap);
    }

    /// It writes, and does not look again: what it has seen it has seen. What was due meanwhile comes after that.
    fn write(&mut self, ctx: &mut Cx<'_>, hold: Hold) {
        self.phase = Phase::Holding(Hold { step: Step::Sent, owes: false, ..hold });
        ctx.note(format!("writes with token {}", hold.token));
        ctx.send(STORAGE, Msg::Write { token: hold.token, n: hold.done + 1 });
        ctx.set_timer(Timer::Retry, self.rules.retry);
        if self.rules.leased {
            self.watch(ctx, hold.until);
        }
        if hold.owes && !self.is_over(ctx, hold.until) {
            self.renew(ctx, hold.token);
        }
    }

    fn renew(&self, ctx: &mut Cx<'_>, token: u64) {
        ctx.send(SERVER, Msg::Renew { token, at: ctx.now_us() });
        ctx.set_timer(Timer::Renew, self.rules.renewal());
    }

    fn written(&mut self, ctx: &mut Cx<'_>, hold: Hold, n: u32) {
        if hold.step != Step::Sent || n != hold.done + 1 {
            return;
        }
        ctx.cancel_timer(Timer::Retry);
        if n == self.rules.writes {
            return self.release(ctx, hold, "is done, and releases the lock");
        }
        self.phase = Phase::Holding(Hold { done: n, step: Step::Working, ..hold });
        ctx.set_timer(Timer::Work, self.rules.work);
    }

    /// The moment goes along, later than that in which it asked: should it crash, and ask again, this release is an old one.
    fn release(&mut self, ctx: &mut Cx<'_>, hold: Hold, why: &str) {
        self.leave(ctx, hold.token, false);
        self.phase = Phase::Releasing(hold.token, ctx.now_us().max(hold.asked + 1));
        ctx.note(why);
        self.say_released(ctx);
    }

    fn say_released(&self, ctx: &mut Cx<'_>) {
        if let Phase::Releasing(token, at) = self.phase {
            ctx.send(SERVER, Msg::Release { token, at });
            ctx.set_timer(Timer::Retry, self.rules.retry);
        }
    }

    /// Its lease is over: it releases nothing, for what it has sent may be on its way, and asks anew.
    fn give_up(&mut self, ctx: &mut Cx<'_>, token: u64, why: &str) {
        ctx.note(why);
        self.leave(ctx, token, true);
        self.want(ctx);
    }

    fn leave(&self, ctx: &mut Cx<'_>, token: u64, over: bool) {
        ctx.fact(Fact::Left { client: self.number, token, over });
        self.stop(ctx);
    }

    fn stop(&self, ctx: &mut Cx<'_>) {
        for timer in [Timer::Retry, Timer::Work, Timer::Send, Timer::Lease, Timer::Renew] {
            ctx.cancel_timer(timer);
        }
    }

    fn renewed(&mut self, ctx: &mut Cx<'_>, hold: Hold, at: u64) {
        let until = hold.until.max(self.until(at));
        self.phase = Phase::Holding(Hold { until, ..hold });
        self.watch(ctx, until);
    }

    fn refused(&mut self, ctx: &mut Cx<'_>, hold: Hold, newest: u64) {
        let why = format!("hears that token {newest} has written already: its lease is long over");
        self.give_up(ctx, hold.token, &why);
    }

    fn die(&mut self, ctx: &mut Cx<'_>) {
        if let Phase::Holding(Hold { token, .. }) = self.phase {
            self.stop(ctx);
            self.phase = Phase::Gone;
            ctx.note("comes to an end in the middle of its work, and says nothing");
            ctx.fact(Fact::Gone { client: self.number, token });
        }
    }

    /// A timer of who holds the lock.
    fn at_work(&mut self, ctx: &mut Cx<'_>, hold: Hold, timer: Timer) {
        match (timer, hold.step) {
            (Timer::Work, Step::Working) => self.worked(ctx, hold),
            (Timer::Send, Step::Checked) => self.write(ctx, hold),
            (Timer::Renew, Step::Checked) => self.phase = Phase::Holding(Hold { owes: true, ..hold }),
            (Timer::Lease, Step::Checked) => {}
            (Timer::Retry | Timer::Lease | Timer::Renew, _) if self.is_over(ctx, hold.until) => {
                self.give_up(ctx, hold.token, "its lease is over by its own clock: it writes no more");
            }
            (Timer::Retry, Step::Sent) => self.write(ctx, hold),
            (Timer::Lease, _) if self.rules.leased => self.watch(ctx, hold.until),
            (Timer::Renew, _) => self.renew(ctx, hold.token),
            (Timer::Die, _) => self.die(ctx),
            _ => {}
        }
    }
}

impl Protocol for Client {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = ();

    /// One after the other, so that it is known who is first.
    fn start(&mut self, ctx: &mut Cx<'_>) {
        ctx.set_timer(Timer::Next, Span::ms(20 * u64::from(self.number - 1)));
    }

    /// It has forgotten what it held, and asks.
    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.dies = false;
        self.want(ctx);
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, _: NodeId, msg: &Msg) {
        let held = |token: u64| self.hold().filter(|h| h.token == token);
        match *msg {
            Msg::Grant { token, at } => self.granted(ctx, token, at),
            Msg::Renewed { token, at } => {
                if let Some(hold) = held(token) {
                    self.renewed(ctx, hold, at);
                }
            }
            Msg::Over { token } => {
                if held(token).is_some() {
                    self.give_up(ctx, token, "hears that its lease is over");
                }
            }
            Msg::Ack { token, n } => {
                if let Some(hold) = held(token) {
                    self.written(ctx, hold, n);
                }
            }
            Msg::Refuse { token, newest } => {
                if let Some(hold) = held(token) {
                    self.refused(ctx, hold, newest);
                }
            }
            Msg::Freed { token } => {
                if matches!(self.phase, Phase::Releasing(t, _) if t == token) {
                    self.phase = Phase::Idle;
                    ctx.cancel_timer(Timer::Retry);
                    ctx.set_timer(Timer::Next, self.rules.think);
                }
            }
            _ => ctx.note("is no server, and ignores this"),
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match (self.phase, timer) {
            (Phase::Idle, Timer::Next) => self.want(ctx),
            (Phase::Waiting(_), Timer::Retry) => self.ask(ctx),
            (Phase::Releasing(..), Timer::Retry) => self.say_released(ctx),
            (Phase::Holding(hold), _) => self.at_work(ctx, hold, timer),
            _ => {}
        }
    }

    fn requests(&self) -> &'static [Form] {
        const { &[Form::bare("ask", "Ask for the lock now"), Form::bare("release", "Release the lock at once")] }
    }

    fn accepts(&self, asked: &Asked) -> Result<(), String> {
        match (asked.form, self.phase) {
            ("ask", Phase::Idle) => Ok(()),
            ("ask", _) => {
                Err("it asks, holds, or releases the lock already: wait until it is idle".to_owned())
            }
            (_, Phase::Holding(hold)) if hold.step == Step::Sent => {
                Err("its write is not answered yet: who releases now could not know what comes of it"
                    .to_owned())
            }
            (_, Phase::Holding(_)) => Ok(()),
            _ => Err("it does not hold the lock: there is nothing to release".to_owned()),
        }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        match (asked.form, self.hold()) {
            ("ask", _) => self.want(ctx),
            (_, Some(hold)) => self.release(ctx, hold, "is told to release the lock, and does"),
            _ => {}
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Next => "until it asks",
            Timer::Retry => "retry",
            Timer::Work => "work",
            Timer::Send => "about to write",
            Timer::Lease => "its lease",
            Timer::Renew => "next renewal",
            Timer::Die => "until its end",
        }
    }

    /// A liar writes with a token that it was not given.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        match *msg {
            Msg::Write { token, n } => Some(Msg::Write { token: token + 1 + draw % 4, n }),
            _ => None,
        }
    }

    fn inspect(&self) -> Inspect {
        let (role, glyph) = match self.phase {
            Phase::Idle => ("idle", Glyph::Person),
            Phase::Waiting(_) => ("waiting", Glyph::Question),
            Phase::Holding(_) => ("holder", Glyph::Crown),
            Phase::Releasing(..) => ("releasing", Glyph::Person),
            Phase::Gone => ("gone", Glyph::Cross),
        };
        let hold = self.hold();
        let step = hold.map_or("-", |h| match h.step {
            Step::Working => "works",
            Step::Checked => "has looked, and will write",
            Step::Sent => "has sent its write",
        });
        let until = match hold {
            Some(h) if self.rules.leased => Span(h.until).to_string(),
            Some(_) => "when it releases".to_owned(),
            None => "-".to_owned(),
        };
        Inspect::of(role, glyph)
            .prominent(hold.is_some())
            .badge(hold.map_or_else(String::new, |h| format!("token {}", h.token)))
            .field("name", name(self.number))
            .field("token", hold.map_or_else(|| "-".to_owned(), |h| h.token.to_string()))
            .field("holds until, by its own clock", until)
            .field("does", step)
            .field("writes done", hold.map_or(0, |h| h.done))
    }
}
