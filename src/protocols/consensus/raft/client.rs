//! A client: finds the leader, retries until it is answered, and knows what it was told.
//!
//! The rule that is easy to break: a retry carries the serial number of the first attempt, and a
//! new request carries a new one, even after a crash of the client; so the number is on the
//! client's disk before the request is on its way (Ongaro 2014, section 6.3).

use super::command::{Answer, Op};
use super::message::Msg;
use crate::sim::form::{Asked as Asking, Form};
use crate::sim::{Ctx, Inspect, NodeId, Protocol, Span};
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

/// How many of a learner's requests may wait at a client.
const QUEUE: usize = 16;
/// How many hints it follows before it waits for its retry timer: servers that point at each other
/// must not keep it running in a circle.
const HINTS: u8 = 3;

/// What is installed on a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientConfig {
    /// How many servers there are: nodes 0 to `servers - 1`.
    pub servers: u16,
    /// How long it thinks between an answer and its next request; zero: it asks only when told to.
    pub interval: Span,
    /// How long it waits before it asks another server.
    pub retry: Span,
    /// How long it wants an answer before it gives up and does not know; zero: for ever.
    pub patience: Span,
}

/// What a client knows of a request in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was executed, with this answer.
    Ok(i32),
    /// It was not executed, and never will be: the key held this instead.
    Failed(i32),
    /// It may or may not have been executed, or be executed yet.
    Unknown,
}

/// A request under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Its number.
    pub serial: u32,
    /// What is asked.
    pub op: Op,
}

/// A request that has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ended {
    /// What was asked.
    pub asked: Asked,
    /// What became of it.
    pub outcome: Outcome,
}

/// How many requests ended how, over the whole run: for those who watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Executed.
    pub ok: u32,
    /// Certainly not executed.
    pub failed: u32,
    /// Not known.
    pub unknown: u32,
    /// How often a request was sent again.
    pub retries: u32,
    /// Moves with every request that begins or ends.
    pub revision: u32,
    /// Microseconds of the client's clock from asking to answer, summed over ok and failed.
    pub waited_us: u64,
}

impl Hash for Score {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// A client's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientTimer {
    /// It has thought long enough.
    Next,
    /// It has waited long enough for this server.
    Retry,
    /// It has waited long enough altogether.
    GiveUp,
}

/// What a client keeps on disk: the last serial number that it used, and whether an answer to it
/// has been seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClientDisk {
    /// The number of the newest request.
    pub serial: u32,
    /// That request, while it is unanswered.
    pub open: Option<Asked>,
}

/// A client.
#[derive(Clone, Hash)]
pub struct Client {
    config: ClientConfig,
    target: NodeId,
    serial: u32,
    asked: Option<Asked>,
    asked_at: u64,
    hints_left: u8,
    waiting: VecDeque<Op>,
    last: Option<Ended>,
    score: Score,
}

type Cx<'a> = Ctx<'a, Client>;

impl Client {
    /// A client that asks `first` first.
    pub fn new(config: ClientConfig, first: NodeId) -> Self {
        Client {
            config,
            target: first,
            serial: 0,
            asked: None,
            asked_at: 0,
            hints_left: HINTS,
            waiting: VecDeque::new(),
            last: None,
            score: Score::default(),
        }
    }

    /// The request under way.
    pub fn asked(&self) -> Option<Asked> {
        self.asked
    }
    /// The newest request that has ended.
    pub fn last(&self) -> Option<Ended> {
        self.last
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

    fn ask(&mut self, ctx: &mut Cx<'_>, op: Op) {
        self.serial += 1;
        let asked = Asked {
            serial: self.serial,
            op,
        };
        self.asked = Some(asked);
        self.asked_at = ctx.now_us();
        self.score.revision += 1;
        ctx.persist(ClientDisk {
            serial: self.serial,
            open: self.asked,
        });
        ctx.note(format!("asks for '{op}', request {}", self.serial));
        if self.config.patience > Span::ZERO {
            ctx.set_timer(ClientTimer::GiveUp, self.config.patience);
        }
        self.attempt(ctx);
    }

    fn attempt(&mut self, ctx: &mut Cx<'_>) {
        self.hints_left = HINTS;
        self.send(ctx);
        ctx.set_timer(ClientTimer::Retry, self.config.retry);
    }

    fn send(&mut self, ctx: &mut Cx<'_>) {
        if let Some(Asked { serial, op }) = self.asked {
            ctx.send(self.target, Msg::ClientRequest { serial, op });
        }
    }

    /// No answer from this server: the next one, with the same number (section 8).
    fn retry(&mut self, ctx: &mut Cx<'_>) {
        if self.asked.is_some() {
            self.score.retries += 1;
            self.target = NodeId((self.target.0 + 1) % self.config.servers);
            self.attempt(ctx);
        }
    }

    fn end(&mut self, ctx: &mut Cx<'_>, outcome: Outcome) {
        let Some(asked) = self.asked.take() else {
            return;
        };
        self.last = Some(Ended { asked, outcome });
        self.score.revision += 1;
        let count = match outcome {
            Outcome::Ok(_) => &mut self.score.ok,
            Outcome::Failed(_) => &mut self.score.failed,
            Outcome::Unknown => &mut self.score.unknown,
        };
        *count += 1;
        if outcome != Outcome::Unknown {
            self.score.waited_us += ctx.now_us().saturating_sub(self.asked_at);
        }
        let op = asked.op;
        ctx.note(match outcome {
            Outcome::Ok(v) => format!("knows: '{op}' was done, {} = {v}", op.key()),
            Outcome::Failed(v) => format!("knows: '{op}' was not done, {} = {v}", op.key()),
            Outcome::Unknown => format!("gives up on '{op}' and does not know whether it was done"),
        });
        ctx.cancel_timer(ClientTimer::Retry);
        if self.config.patience > Span::ZERO {
            ctx.cancel_timer(ClientTimer::GiveUp);
        }
        ctx.persist(ClientDisk {
            serial: self.serial,
            open: None,
        });
        match self.waiting.pop_front() {
            Some(op) => self.ask(ctx, op),
            None => self.think(ctx),
        }
    }

    fn think(&mut self, ctx: &mut Cx<'_>) {
        if self.config.interval > Span::ZERO {
            ctx.set_timer(ClientTimer::Next, self.config.interval);
        }
    }

    /// What a client asks for on its own: mostly writes, on three keys.
    fn invent(&self, ctx: &mut Cx<'_>) -> Op {
        let key = char::from(b"xyz"[ctx.random_below(3) as usize]);
        let value = ctx.random_below(10) as i32;
        match ctx.random_below(8) {
            0..=2 => Op::Set { key, value },
            3..=5 => Op::Add { key, by: value + 1 },
            6 => Op::Cas {
                key,
                from: value,
                to: value + 1,
            },
            _ => Op::Get { key },
        }
    }
}

impl Protocol for Client {
    type Msg = Msg;
    type Timer = ClientTimer;
    type Stable = ClientDisk;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        if self.config.interval > Span::ZERO {
            let first = ctx.random_span(Span::ZERO, self.config.interval);
            ctx.set_timer(ClientTimer::Next, first);
        }
    }

    /// A client that crashed while it waited does not know what became of its request.
    fn restart(&mut self, ctx: &mut Cx<'_>) {
        let ClientDisk { serial, open } = *ctx.durable();
        let score = self.score;
        *self = Client {
            serial,
            asked: open,
            asked_at: ctx.now_us(),
            score,
            ..Client::new(self.config, self.target)
        };
        match open {
            Some(_) => self.end(ctx, Outcome::Unknown),
            None => self.think(ctx),
        }
        self.score.revision += 1;
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        let waiting_for = self.asked.map(|a| a.serial);
        match *msg {
            // The one who answers leads: it is asked first next time.
            Msg::ClientReply { serial, answer } if waiting_for == Some(serial) => {
                self.target = from;
                self.end(
                    ctx,
                    match answer {
                        Answer::Value(v) => Outcome::Ok(v),
                        Answer::Refused(v) => Outcome::Failed(v),
                    },
                );
            }
            Msg::Redirect {
                serial,
                hint: Some(leader),
            } if waiting_for == Some(serial) && from == self.target && self.hints_left > 0 => {
                self.hints_left -= 1;
                self.target = leader;
                self.send(ctx);
            }
            // Late, doubled, without a hint, or not for clients: the retry timer takes care.
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: ClientTimer) {
        match timer {
            ClientTimer::Next if self.asked.is_none() => {
                let op = self.invent(ctx);
                self.ask(ctx, op);
            }
            ClientTimer::Next => {}
            ClientTimer::Retry => self.retry(ctx),
            ClientTimer::GiveUp => self.end(ctx, Outcome::Unknown),
        }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asking) {
        let op = Op::asked(asked);
        if self.asked.is_none() {
            return self.ask(ctx, op);
        }
        self.waiting.push_back(op);
        self.score.revision += 1;
    }

    fn requests(&self) -> &'static [Form] {
        const { &Op::FORMS }
    }

    fn accepts(&self, _: &Asking) -> Result<(), String> {
        if self.waiting.len() >= QUEUE {
            return Err(format!(
                "{QUEUE} requests wait already: let it be answered first"
            ));
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
        super::show::client(self)
    }
}
