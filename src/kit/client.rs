//! A client: one request at a time to some servers, asked again until it is answered, by anyone of them.
//! It follows redirects, keeps a session (a number a request), and knows what it was told: done, not
//! done, or unknown.
//!
//! A protocol says what is asked and how it looks in its messages ([`Service`]); all the rest is here, the
//! facts too ([`Fact`]), so that promises and gauges of clients work for any service.
//!
//! The rule that is easy to break: a retry carries the serial number of the first attempt, and a
//! new request carries a new one, even after a crash of the client; so the number is on the
//! client's disk before the request is on its way (Ongaro 2014, section 6.3).

mod absent;
mod calm;
mod parts;
mod told;

#[cfg(test)]
mod tests;

pub use absent::unanswered;
pub use calm::answered_in_calm;
pub use parts::{Asked, ClientConfig, ClientDisk, ClientTimer, Ended, Outcome, Score};
pub use told::{
    ANSWER_MS, ANSWERED, Call, End, Fact, RETRIES, UNKNOWN, answer_quantile, answered, consistent, keeps,
};

use crate::check::promise::Step;
use crate::sim::form::{Asked as Asking, Form};
use crate::sim::{Ctx, Glyph, Inspect, Message, NodeId, Protocol, Span};
use parts::Said;
use std::collections::VecDeque;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::ops::Range;
use std::rc::Rc;

/// How many of a learner's requests may wait at a client.
pub const QUEUE: usize = 16;
/// How many hints it follows before it waits for its retry timer: servers that point at each other
/// must not keep it running in a circle.
const HINTS: u8 = 3;

/// What a client asks for, and how that looks in a protocol's messages.
pub trait Service: Clone + Hash + 'static {
    /// The protocol's messages, requests and replies among them.
    type Msg: Message;
    /// An operation; displayed as a learner writes it.
    type Op: Clone + PartialEq + Debug + Display + Hash + 'static;
    /// What the servers answer.
    type Answer: Clone + PartialEq + Debug + Hash + 'static;

    /// What a client may be asked.
    fn forms(&self) -> &'static [Form];

    /// The operation that a filled-in form asks for.
    fn op(&self, asked: &Asking) -> Self::Op;

    /// The message that asks for `op`.
    fn request(&self, serial: u32, op: &Self::Op) -> Self::Msg;

    /// What `msg` says to a client, and to which of its requests, if it is for clients.
    fn reply(&self, msg: &Self::Msg) -> Option<(u32, Reply<Self::Answer>)>;

    /// What a client asks for on its own, by the dice of `ctx`; `None`: nothing this time.
    fn invent(&self, ctx: &mut Ctx<'_, Client<Self>>) -> Option<Self::Op> {
        let _ = ctx;
        None
    }

    /// What is known after `answer` to `op`, in a few words: `x = 3`.
    fn found(&self, op: &Self::Op, answer: &Self::Answer) -> String {
        let _ = op;
        format!("{answer:?}")
    }

    /// `op` as an operation on a register: the register and the step that begins, if it is one. A
    /// history with operations that are none cannot be judged.
    fn begun(&self, op: &Self::Op) -> Option<(u64, Step)> {
        let _ = op;
        None
    }

    /// The value that `answer` tells, as one of a register.
    fn value(&self, op: &Self::Op, answer: &Self::Answer) -> u64 {
        let _ = (op, answer);
        0
    }

    /// A server's name, as it stands on the stage.
    fn name_of(&self, server: NodeId) -> String {
        format!("S{}", server.0 + 1)
    }
}

/// What a server says to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply<A> {
    /// It was done.
    Done(A),
    /// It was not done, and never will be.
    Refused(A),
    /// Not here: who else might know, as far as the server does.
    Elsewhere(Option<NodeId>),
}

/// A client.
#[derive(Clone, Hash)]
pub struct Client<S: Service> {
    service: S,
    config: ClientConfig,
    target: NodeId,
    serial: u32,
    asked: Option<Asked<S::Op>>,
    asked_at: u64,
    hints_left: u8,
    waiting: VecDeque<S::Op>,
    last: Option<Ended<S::Op, S::Answer>>,
    score: Score,
    said: Said,
}

type Cx<'a, S> = Ctx<'a, Client<S>>;

impl<S: Service> Client<S> {
    /// A client of `service` that asks `first` first.
    pub fn new(service: S, config: ClientConfig, first: NodeId) -> Self {
        Client {
            service,
            config,
            target: first,
            serial: 0,
            asked: None,
            asked_at: 0,
            hints_left: HINTS,
            waiting: VecDeque::new(),
            last: None,
            score: Score::default(),
            said: Said::default(),
        }
    }

    /// The request under way.
    pub fn asked(&self) -> Option<&Asked<S::Op>> {
        self.asked.as_ref()
    }
    /// The newest request that has ended.
    pub fn last(&self) -> Option<&Ended<S::Op, S::Answer>> {
        self.last.as_ref()
    }
    /// How the requests ended.
    pub fn score(&self) -> Score {
        self.score
    }
    /// How many requests are unanswered: the one under way and those that wait for it.
    pub fn open(&self) -> usize {
        usize::from(self.asked.is_some()) + self.waiting.len()
    }
    /// What is installed on it.
    pub fn config(&self) -> &ClientConfig {
        &self.config
    }
    /// The server that it asks.
    pub fn target(&self) -> NodeId {
        self.target
    }

    fn ask(&mut self, ctx: &mut Cx<'_, S>, op: S::Op) {
        self.serial += 1;
        let asked = Asked { serial: self.serial, op };
        self.asked = Some(asked.clone());
        self.asked_at = ctx.now_us();
        ctx.persist(ClientDisk { serial: self.serial, open: Some(asked.clone()) });
        let Asked { serial, op } = asked;
        ctx.note(format!("asks for '{op}', request {serial}"));
        ctx.fact(Fact::Asked { call: self.call(ctx, serial, &op), begun: self.service.begun(&op) });
        if self.config.patience > Span::ZERO {
            ctx.set_timer(ClientTimer::GiveUp, self.config.patience);
        }
        self.attempt(ctx);
    }

    fn attempt(&mut self, ctx: &mut Cx<'_, S>) {
        self.hints_left = HINTS;
        self.send(ctx);
        if self.config.retry > Span::ZERO {
            ctx.set_timer(ClientTimer::Retry, self.config.retry);
        }
    }

    fn send(&mut self, ctx: &mut Cx<'_, S>) {
        if let Some(Asked { serial, op }) = &self.asked {
            ctx.send(self.target, self.service.request(*serial, op));
        }
    }

    /// No answer from this server: the next one, with the same number.
    fn retry(&mut self, ctx: &mut Cx<'_, S>) {
        let Some(Asked { serial, op }) = self.asked.clone() else {
            return;
        };
        self.score.retries += 1;
        let Range { start, end } = self.config.servers;
        let next = self.target.0 + 1;
        self.target = NodeId(if next < end { next } else { start });
        ctx.fact(Fact::Retried { call: self.call(ctx, serial, &op), to: self.target });
        self.attempt(ctx);
    }

    fn end(&mut self, ctx: &mut Cx<'_, S>, outcome: Outcome<S::Answer>) {
        let Some(asked) = self.asked.take() else {
            return;
        };
        self.tell_end(ctx, &asked, &outcome);
        self.last = Some(Ended { asked, outcome });
        ctx.cancel_timer(ClientTimer::Retry);
        if self.config.patience > Span::ZERO {
            ctx.cancel_timer(ClientTimer::GiveUp);
        }
        ctx.persist(ClientDisk { serial: self.serial, open: None });
        match self.waiting.pop_front() {
            Some(op) => self.ask(ctx, op),
            None => self.think(ctx),
        }
    }

    /// Counts an outcome, and says it to people and to those who watch.
    fn tell_end(&mut self, ctx: &mut Cx<'_, S>, asked: &Asked<S::Op>, outcome: &Outcome<S::Answer>) {
        let Asked { serial, op } = asked;
        let call = self.call(ctx, *serial, op);
        let service = &self.service;
        let (note, count, end, value) = match outcome {
            Outcome::Ok(a) => (
                format!("knows: '{op}' was done, {}", service.found(op, a)),
                &mut self.score.ok,
                End::Ok,
                service.value(op, a),
            ),
            Outcome::Failed(a) => (
                format!("knows: '{op}' was not done, {}", service.found(op, a)),
                &mut self.score.failed,
                End::Failed,
                service.value(op, a),
            ),
            Outcome::Unknown => (
                format!("gives up on '{op}' and does not know whether it was done"),
                &mut self.score.unknown,
                End::Unknown,
                0,
            ),
        };
        *count += 1;
        ctx.note(note);
        ctx.fact(Fact::Ended {
            call,
            end,
            value,
            waited: Span(ctx.now_us().saturating_sub(self.asked_at)),
            register: service.begun(op).map(|b| b.0),
        });
    }

    /// The request as those who watch know it; all that is told of it shares one text.
    fn call(&mut self, ctx: &Cx<'_, S>, serial: u32, op: &S::Op) -> Call {
        let text = self.said.text(serial, || Rc::from(op.to_string()));
        Call { serial, client: ctx.me(), text }
    }

    fn think(&mut self, ctx: &mut Cx<'_, S>) {
        if self.config.interval > Span::ZERO {
            ctx.set_timer(ClientTimer::Next, self.config.interval);
        }
    }
}

impl<S: Service> Protocol for Client<S> {
    type Msg = S::Msg;
    type Timer = ClientTimer;
    type Stable = ClientDisk<S::Op>;

    fn start(&mut self, ctx: &mut Cx<'_, S>) {
        if self.config.interval > Span::ZERO {
            let first = ctx.random_span(Span::ZERO, self.config.interval);
            ctx.set_timer(ClientTimer::Next, first);
        }
    }

    /// A client that crashed while it waited does not know what became of its request.
    fn restart(&mut self, ctx: &mut Cx<'_, S>) {
        let ClientDisk { serial, open } = ctx.durable().clone();
        let fresh = Client::new(self.service.clone(), self.config.clone(), self.target);
        *self = Client { serial, asked: open, asked_at: ctx.now_us(), score: self.score, ..fresh };
        match self.asked {
            Some(_) => self.end(ctx, Outcome::Unknown),
            None => self.think(ctx),
        }
    }

    fn on_message(&mut self, ctx: &mut Cx<'_, S>, from: NodeId, msg: &S::Msg) {
        let waiting_for = self.asked.as_ref().map(|a| a.serial);
        let reply = match self.service.reply(msg) {
            Some((serial, reply)) if waiting_for == Some(serial) => reply,
            // Late, doubled, or not for clients.
            _ => return,
        };
        match reply {
            // The one who answers knows: it is asked first next time.
            Reply::Done(answer) => {
                self.target = from;
                self.end(ctx, Outcome::Ok(answer));
            }
            Reply::Refused(answer) => {
                self.target = from;
                self.end(ctx, Outcome::Failed(answer));
            }
            Reply::Elsewhere(Some(other)) if from == self.target && self.hints_left > 0 => {
                self.hints_left -= 1;
                self.target = other;
                self.send(ctx);
            }
            // Without a hint that helps: the retry timer takes care.
            Reply::Elsewhere(_) => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_, S>, timer: ClientTimer) {
        match timer {
            ClientTimer::Next if self.asked.is_none() => {
                let invented = self.service.invent(ctx);
                match invented {
                    Some(op) => self.ask(ctx, op),
                    None => self.think(ctx),
                }
            }
            ClientTimer::Next => {}
            ClientTimer::Retry => self.retry(ctx),
            ClientTimer::GiveUp => self.end(ctx, Outcome::Unknown),
        }
    }

    fn requests(&self) -> &'static [Form] {
        self.service.forms()
    }

    fn on_request(&mut self, ctx: &mut Cx<'_, S>, asked: &Asking) {
        let op = self.service.op(asked);
        if self.asked.is_none() {
            return self.ask(ctx, op);
        }
        ctx.fact(Fact::Queued { text: Rc::from(op.to_string()) });
        self.waiting.push_back(op);
    }

    fn accepts(&self, _: &Asking) -> Result<(), String> {
        if self.waiting.len() >= QUEUE {
            return Err(format!("{QUEUE} requests wait already: let it be answered first"));
        }
        Ok(())
    }

    fn timer_name(timer: ClientTimer) -> &'static str {
        match timer {
            ClientTimer::Next => "next request",
            ClientTimer::Retry => "retry",
            ClientTimer::GiveUp => "give up",
        }
    }

    fn inspect(&self) -> Inspect {
        let Score { ok, failed, unknown, retries } = self.score;
        let last = self.last.as_ref().map_or_else(
            || "none yet".to_owned(),
            |Ended { asked, outcome }| match outcome {
                Outcome::Ok(a) => {
                    format!("'{}' ok, {}", asked.op, self.service.found(&asked.op, a))
                }
                Outcome::Failed(a) => {
                    format!("'{}' failed, {}", asked.op, self.service.found(&asked.op, a))
                }
                Outcome::Unknown => format!("'{}' unknown", asked.op),
            },
        );
        let asked = self.asked.as_ref().map(|a| a.op.to_string());
        Inspect {
            role: "client".to_owned(),
            glyph: Glyph::Person,
            badge: asked.clone().unwrap_or_else(|| format!("{ok} ok")),
            ..Inspect::default()
        }
        .field("asks for", asked.unwrap_or_else(|| "nothing".to_owned()))
        .field("asks", self.service.name_of(self.target))
        .field("last outcome", last)
        .field("ok", ok)
        .field("failed", failed)
        .field("unknown", unknown)
        .field("retries", retries)
    }
}
