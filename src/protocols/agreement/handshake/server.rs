//! The server: listens, answers a SYN, and takes what it is told in a connection.
//!
//! The rule that is easy to break: a SYN proves nothing but that somebody has sent it once. That the client is there *now* only an
//! acknowledgement of a number shows which the server has just made up (RFC 9293, section 3.4).

use super::{CLIENT, Fact, Mutant, Rules, Segment};
use crate::kit::prelude::*;

/// How far it is (RFC 9293, section 3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Listen,
    SynReceived,
    Established,
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Server {
    rules: Rules,
    pub(super) phase: Phase,
    // The connection of the SYN, as those who watch number them.
    pub(super) conn: u16,
    // Its ISN, the client's, and what it expects next (ISS, IRS, RCV.NXT).
    pub(super) iss: u32,
    irs: u32,
    pub(super) expect: u32,
    taken: u32,
}

/// It has waited long enough for an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Resend;

type Cx<'a> = Ctx<'a, Server>;

impl Server {
    pub(super) fn new(rules: Rules) -> Self {
        Server { rules, phase: Phase::Listen, conn: 0, iss: 0, irs: 0, expect: 0, taken: 0 }
    }

    /// What it sends next: it has nothing to say but its SYN.
    pub(super) fn send(&self) -> u32 {
        self.iss.wrapping_add(1)
    }

    fn syn_ack(&self, ctx: &mut Cx<'_>) {
        ctx.send(CLIENT, Segment::SynAck { seq: self.iss, ack: self.irs.wrapping_add(1), of: self.conn });
        if self.phase == Phase::SynReceived && self.rules.rto > Span::ZERO {
            ctx.set_timer(Resend, self.rules.rto);
        }
    }

    fn ack(&self, ctx: &mut Cx<'_>) {
        ctx.send(CLIENT, Segment::Ack { seq: self.send(), ack: self.expect, of: self.conn });
    }

    fn reject(&self, ctx: &mut Cx<'_>, seq: u32, of: u16) {
        ctx.note("knows nothing of this, and says so");
        ctx.fact(Fact::Rejected { of });
        ctx.send(CLIENT, Segment::Rst { seq, of });
    }

    fn heard_syn(&mut self, ctx: &mut Cx<'_>, seq: u32, of: u16) {
        if self.phase != Phase::Listen {
            if seq == self.irs {
                return self.syn_ack(ctx);
            }
            // It is old, or the client has forgotten this connection: it is told where we are (figure 10).
            ctx.note("has a connection with other numbers, and says which");
            return self.ack(ctx);
        }
        (self.irs, self.expect, self.conn, self.taken) = (seq, seq.wrapping_add(1), of, 0);
        self.iss = self.rules.isn(ctx);
        if self.rules.three_way {
            self.phase = Phase::SynReceived;
            ctx.note(format!("hears of number {seq}; its own is {}, which is to be acknowledged", self.iss));
            ctx.fact(Fact::Half { conn: of });
        } else {
            self.established(ctx);
        }
        self.syn_ack(ctx);
    }

    fn established(&mut self, ctx: &mut Cx<'_>) {
        self.phase = Phase::Established;
        ctx.cancel_timer(Resend);
        ctx.note("has the connection open");
        ctx.fact(Fact::Open { conn: self.conn, client: false });
    }

    /// Whether an acknowledgement finds the connection open, or opens it (section 3.10.7.4, fifth).
    fn heard_ack(&mut self, ctx: &mut Cx<'_>, (seq, ack): (u32, u32), of: u16) -> bool {
        let fits = ack == self.send() && seq == self.expect || self.rules.mutant == Mutant::AnyAck;
        match self.phase {
            Phase::Established => return true,
            Phase::SynReceived if fits => {
                self.established(ctx);
                return true;
            }
            Phase::SynReceived if ack == self.send() => {}
            Phase::SynReceived | Phase::Listen => self.reject(ctx, ack, of),
        }
        false
    }

    fn heard_data(&mut self, ctx: &mut Cx<'_>, seq: u32, (n, of): (u16, u16)) {
        if seq == self.expect || self.rules.mutant == Mutant::AnyNumber {
            self.expect = seq.wrapping_add(1);
            self.taken += 1;
            ctx.note(format!("takes data {seq}"));
            ctx.fact(Fact::Delivered { conn: self.conn, of, n });
        } else {
            ctx.note(format!("gets data {seq}, and expects {}", self.expect));
        }
        self.ack(ctx);
    }

    fn heard_fin(&mut self, ctx: &mut Cx<'_>, seq: u32) {
        if seq != self.expect {
            return self.ack(ctx);
        }
        self.expect = seq.wrapping_add(1);
        self.ack(ctx);
        self.phase = Phase::Listen;
        ctx.note("closes the connection, and listens");
        ctx.fact(Fact::Closed { conn: self.conn, client: false });
    }

    /// Section 3.5.3.
    fn heard_reset(&mut self, ctx: &mut Cx<'_>, seq: u32) {
        let fits = seq == self.expect || self.rules.mutant == Mutant::AnyReset;
        if self.phase == Phase::Listen || !fits {
            return ctx.note("gets a reset that does not fit, and ignores it");
        }
        ctx.cancel_timer(Resend);
        self.phase = Phase::Listen;
        ctx.note("is told that the client knows nothing of it, and listens again");
        ctx.fact(Fact::Reset { conn: self.conn, client: false });
    }
}

impl Protocol for Server {
    type Msg = Segment;
    type Timer = Resend;
    type Stable = ();

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        *self = Server::new(self.rules);
        ctx.note("knows nothing of any connection, and listens");
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, _: NodeId, segment: &Segment) {
        match *segment {
            Segment::Syn { seq, of } => self.heard_syn(ctx, seq, of),
            Segment::Ack { seq, ack, of } => _ = self.heard_ack(ctx, (seq, ack), of),
            Segment::Data { seq, ack, n, of } => {
                if self.heard_ack(ctx, (seq, ack), of) {
                    self.heard_data(ctx, seq, (n, of));
                }
            }
            Segment::Fin { seq, ack, of } => {
                if self.heard_ack(ctx, (seq, ack), of) {
                    self.heard_fin(ctx, seq);
                }
            }
            Segment::Rst { seq, .. } => self.heard_reset(ctx, seq),
            Segment::SynAck { .. } => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, Resend: Resend) {
        if self.phase == Phase::SynReceived {
            ctx.note("has no acknowledgement, and says it again");
            self.syn_ack(ctx);
        }
    }

    fn timer_name(Resend: Resend) -> &'static str {
        "says it again"
    }

    fn inspect(&self) -> Inspect {
        let (role, glyph) = match self.phase {
            Phase::Listen => ("listen", Glyph::None),
            Phase::SynReceived => ("syn-received", Glyph::Question),
            Phase::Established => ("established", Glyph::Check),
        };
        let alive = self.phase != Phase::Listen;
        Inspect::of(role, glyph)
            .prominent(glyph == Glyph::Check)
            .badge(if alive { format!("connection {}", self.conn) } else { String::new() })
            .field("state", role)
            .field("connection", if alive { self.conn.to_string() } else { "none".to_owned() })
            .field("its number (ISS)", self.iss)
            .field("sends next", self.send())
            .field("expects next", self.expect)
            .field("data taken", self.taken)
    }
}
