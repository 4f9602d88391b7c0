//! The client: opens a connection, says what it has to say, and closes it; then the next.
//!
//! The rule that is easy to break: an answer is the answer to what was just sent only if it has that number. All else is old, and whoever
//! sent it is told so (RFC 9293, section 3.5.2).

use super::{Fact, Mutant, Rules, SERVER, Segment};
use crate::kit::prelude::*;

/// How far it is (RFC 9293, section 3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Closed,
    SynSent,
    Established,
    FinWait,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Timer {
    Next,
    Say,
    Resend,
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Client {
    rules: Rules,
    pub(super) phase: Phase,
    // The number of its newest connection.
    pub(super) conn: u16,
    // Its ISN; what it sends next; what it expects next (ISS, SND.NXT, RCV.NXT).
    pub(super) iss: u32,
    pub(super) send: u32,
    pub(super) expect: u32,
    // What is not acknowledged, and how many segments of data are.
    pending: Option<Segment>,
    pub(super) said: u16,
}

/// When the first connection is opened.
const FIRST: Span = Span::ms(100);

type Cx<'a> = Ctx<'a, Client>;

impl Client {
    pub(super) fn new(rules: Rules) -> Self {
        Client { rules, phase: Phase::Closed, conn: 0, iss: 0, send: 0, expect: 0, pending: None, said: 0 }
    }

    /// Connection `k` is due at `FIRST + k * gap`: so a crash moves none of those that follow.
    fn schedule(&self, ctx: &mut Cx<'_>) {
        let now = ctx.now_us();
        let k = (now + self.rules.gap.0).saturating_sub(FIRST.0) / self.rules.gap.0;
        if k < u64::from(self.rules.connections) {
            ctx.set_timer(Timer::Next, Span(FIRST.0 + k * self.rules.gap.0 - now));
        }
    }

    /// Sends it, and again and again until it is answered.
    fn say(&mut self, ctx: &mut Cx<'_>, segment: Segment) {
        self.pending = Some(segment);
        ctx.send(SERVER, segment);
        if self.rules.rto > Span::ZERO {
            ctx.set_timer(Timer::Resend, self.rules.rto);
        }
    }

    fn answered(&mut self, ctx: &mut Cx<'_>) {
        self.pending = None;
        ctx.cancel_timer(Timer::Resend);
    }

    /// Section 3.10.1, active OPEN. The connection's number is on disk, so that none is given twice.
    fn open(&mut self, ctx: &mut Cx<'_>) {
        self.conn += 1;
        ctx.persist(self.conn);
        self.iss = self.rules.isn(ctx);
        (self.phase, self.send, self.said) = (Phase::SynSent, self.iss.wrapping_add(1), 0);
        ctx.note(format!("opens connection {}: its number is {}", self.conn, self.iss));
        ctx.fact(Fact::Opening { conn: self.conn });
        let syn = Segment::Syn { seq: self.iss, of: self.conn };
        self.say(ctx, syn);
    }

    fn ack(&self, ctx: &mut Cx<'_>) {
        ctx.send(SERVER, Segment::Ack { seq: self.send, ack: self.expect, of: self.conn });
    }

    /// "I know nothing of this": a reset with the number that the other expects.
    fn reject(&self, ctx: &mut Cx<'_>, seq: u32, of: u16) {
        ctx.note("has not sent what this answers, and says so");
        ctx.fact(Fact::Rejected { of });
        ctx.send(SERVER, Segment::Rst { seq, of });
    }

    /// Section 3.10.7.3: in SYN-SENT only the acknowledgement of this SYN will do.
    fn syn_acked(&mut self, ctx: &mut Cx<'_>, (seq, ack): (u32, u32), of: u16) {
        let fits = ack == self.send || self.rules.mutant == Mutant::AnySynAck;
        match self.phase {
            Phase::SynSent if fits => {
                self.answered(ctx);
                (self.phase, self.expect) = (Phase::Established, seq.wrapping_add(1));
                ctx.note(format!("has connection {} open: the server's number is {seq}", self.conn));
                ctx.fact(Fact::Open { conn: self.conn, client: true });
                if self.rules.three_way {
                    self.ack(ctx);
                }
                if self.rules.data > 0 {
                    ctx.set_timer(Timer::Say, self.rules.think);
                }
            }
            Phase::SynSent | Phase::Closed => self.reject(ctx, ack, of),
            // The server has not heard the acknowledgement, or this is old: either way it is told where we are (3.10.7.4).
            Phase::Established | Phase::FinWait => self.ack(ctx),
        }
    }

    /// The next of what there is to say; after the last, FIN.
    fn go_on(&mut self, ctx: &mut Cx<'_>) {
        let (seq, ack, of) = (self.send, self.expect, self.conn);
        if self.said < self.rules.data {
            return self.say(ctx, Segment::Data { seq, ack, n: self.said + 1, of });
        }
        self.phase = Phase::FinWait;
        ctx.note(format!("has said all, and closes connection {of}"));
        self.say(ctx, Segment::Fin { seq, ack, of });
    }

    fn acked(&mut self, ctx: &mut Cx<'_>, ack: u32, of: u16) {
        let next = self.send.wrapping_add(1);
        match self.phase {
            // The other speaks of numbers of an old connection (figure 10).
            Phase::SynSent if ack != self.send => self.reject(ctx, ack, of),
            Phase::Closed => self.reject(ctx, ack, of),
            Phase::Established if self.pending.is_some() && ack == next => {
                (self.send, self.said) = (next, self.said + 1);
                self.answered(ctx);
                self.go_on(ctx);
            }
            Phase::FinWait if ack == next => self.close(ctx),
            _ => {}
        }
    }

    fn close(&mut self, ctx: &mut Cx<'_>) {
        self.answered(ctx);
        self.phase = Phase::Closed;
        ctx.note(format!("has closed connection {}", self.conn));
        ctx.fact(Fact::Closed { conn: self.conn, client: true });
    }

    /// Section 3.5.3: a reset is believed if it has the number that comes next.
    fn reset(&mut self, ctx: &mut Cx<'_>, seq: u32) {
        let fits = seq == self.expect || self.rules.mutant == Mutant::AnyReset;
        match self.phase {
            // The server has closed it, and the word of that was lost.
            Phase::FinWait if fits => self.close(ctx),
            Phase::Established if fits => {
                self.answered(ctx);
                ctx.cancel_timer(Timer::Say);
                self.phase = Phase::Closed;
                ctx.note(format!("is told that the server knows nothing of connection {}", self.conn));
                ctx.fact(Fact::Reset { conn: self.conn, client: true });
            }
            _ => ctx.note("gets a reset that does not fit, and ignores it"),
        }
    }
}

impl Protocol for Client {
    type Msg = Segment;
    type Timer = Timer;
    type Stable = u16;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        self.schedule(ctx);
    }

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        *self = Client { conn: *ctx.durable(), ..Client::new(self.rules) };
        ctx.note("knows nothing of any connection");
        self.schedule(ctx);
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, _: NodeId, segment: &Segment) {
        match *segment {
            Segment::SynAck { seq, ack, of } => self.syn_acked(ctx, (seq, ack), of),
            Segment::Ack { ack, of, .. } => self.acked(ctx, ack, of),
            Segment::Rst { seq, .. } => self.reset(ctx, seq),
            Segment::Syn { .. } | Segment::Data { .. } | Segment::Fin { .. } => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match (timer, self.pending) {
            (Timer::Next, _) => {
                if self.phase == Phase::Closed {
                    self.open(ctx);
                }
                self.schedule(ctx);
            }
            (Timer::Say, None) if self.phase == Phase::Established => self.go_on(ctx),
            (Timer::Resend, Some(segment)) => {
                ctx.note("has no answer, and says it again");
                self.say(ctx, segment);
            }
            (Timer::Say | Timer::Resend, _) => {}
        }
    }

    fn requests(&self) -> &'static [Form] {
        const { &[Form::bare("open", "Open a connection"), Form::bare("speak", "Send data")] }
    }

    fn accepts(&self, asked: &Asked) -> Result<(), String> {
        match (asked.form, self.phase) {
            ("open", Phase::Closed) => Ok(()),
            ("open", _) => Err("it has a connection: wait until that is closed".to_owned()),
            (_, Phase::Established) if self.pending.is_none() => Ok(()),
            _ => Err("it has no connection that is open and idle".to_owned()),
        }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        if asked.form == "open" {
            return self.open(ctx);
        }
        ctx.cancel_timer(Timer::Say);
        let (seq, ack, of) = (self.send, self.expect, self.conn);
        self.say(ctx, Segment::Data { seq, ack, n: self.said + 1, of });
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Next => "next connection",
            Timer::Say => "data",
            Timer::Resend => "says it again",
        }
    }

    fn inspect(&self) -> Inspect {
        let (role, glyph) = match self.phase {
            Phase::Closed => ("closed", Glyph::None),
            Phase::SynSent => ("syn-sent", Glyph::Question),
            Phase::Established => ("established", Glyph::Check),
            Phase::FinWait => ("fin-wait", Glyph::Check),
        };
        let alive = self.phase != Phase::Closed;
        Inspect::of(role, glyph)
            .prominent(glyph == Glyph::Check)
            .badge(if alive { format!("connection {}", self.conn) } else { String::new() })
            .field("state", role)
            .field("connection", self.conn)
            .field("its number (ISS)", self.iss)
            .field("sends next", self.send)
            .field("expects next", self.expect)
            .field("data acknowledged", self.said)
    }
}
