//! A host: it serves, or it does not, and says so while it does.
//!
//! The rule that is easy to break: who has stopped says nothing any more. That is why what it has said before must come to an end by itself.

use super::members::Members;
use super::setup::{Config, Leaves, Way};
use super::{Claim, Cx, Fact, Kept, Msg, Timer};
use crate::kit::prelude::*;

#[derive(Clone, Debug, Hash)]
pub(super) struct Shop {
    config: Config,
    me: NodeId,
    serves: Option<Claim>,
    // Its process has ended.
    gone: bool,
}

impl Shop {
    pub fn new(config: Config, me: NodeId) -> Self {
        Shop { config, me, serves: None, gone: false }
    }

    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// Since when it serves, by its own clock.
    pub fn since(&self) -> Option<u64> {
        self.serves.map(|claim| claim.since)
    }

    pub fn begin(&mut self, ctx: &mut Cx<'_>, members: &mut Members) {
        let first = self.me == self.config.host(0);
        if first {
            self.start(ctx, members);
        }
        if self.config.moves > Span::ZERO {
            match (first, self.config.leaves) {
                (true, _) => ctx.set_timer(Timer::Stop, self.config.moves),
                (false, Leaves::Ends) => {}
                (false, _) => ctx.set_timer(Timer::Start, self.config.moves),
            }
        }
    }

    /// It goes on with what its disk says.
    pub fn resume(&mut self, ctx: &mut Cx<'_>, claim: Option<Claim>, members: &mut Members) {
        self.serves = claim;
        if let Some(claim) = claim {
            ctx.note("is back, and serves on");
            members.tell(claim);
            self.say(ctx);
        }
    }

    pub fn start(&mut self, ctx: &mut Cx<'_>, members: &mut Members) {
        if self.serves.is_some() {
            return ctx.note("serves already");
        }
        let claim = Claim { since: ctx.now_us() + 1, host: self.me };
        self.serves = Some(claim);
        ctx.persist(Kept { claim: self.serves });
        ctx.note("begins to serve");
        ctx.fact(Fact::Started { host: self.me, since: claim.since });
        members.tell(claim);
        self.say(ctx);
    }

    pub fn stop(&mut self, ctx: &mut Cx<'_>, says_so: bool, members: &mut Members) {
        let Some(claim) = self.serves.take() else {
            return ctx.note("does not serve: there is nothing to stop");
        };
        ctx.persist(Kept { claim: None });
        ctx.note("serves no more");
        ctx.fact(Fact::Stopped { host: self.me, since: claim.since });
        ctx.cancel_timer(Timer::Beat);
        if says_so {
            members.take_back(claim);
            let since = claim.since;
            match self.config.way {
                Way::Registry => ctx.broadcast(self.config.registry(), Msg::Leave { since }),
                Way::Multicast => ctx.broadcast(self.config.caller_nodes(), Msg::Bye { since }),
                Way::Gossip => {}
            }
        }
    }

    /// Says that it serves, and will again.
    fn say(&self, ctx: &mut Cx<'_>) {
        let Some(Claim { since, .. }) = self.serves else {
            return;
        };
        match self.config.way {
            Way::Registry => ctx.broadcast(self.config.registry(), Msg::Register { since }),
            Way::Multicast => ctx.broadcast(self.config.caller_nodes(), Msg::Announce { since }),
            Way::Gossip => return,
        }
        ctx.set_timer(Timer::Beat, self.config.beat);
    }

    pub fn hears(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        match *msg {
            Msg::Call { id } => match self.serves {
                Some(_) => ctx.send(from, Msg::Reply { id }),
                None => {
                    ctx.note("is called, and does not serve");
                    ctx.send(from, Msg::Refuse { id });
                }
            },
            Msg::Query { .. } => {
                if let Some(since) = self.since() {
                    ctx.send(from, Msg::Announce { since });
                }
            }
            _ => {}
        }
    }

    pub fn goes_on(&mut self, ctx: &mut Cx<'_>, timer: Timer, members: &mut Members) {
        match timer {
            Timer::Beat => self.say(ctx),
            Timer::Start => self.start(ctx, members),
            Timer::Stop => {
                self.stop(ctx, self.config.leaves == Leaves::Farewell, members);
                if self.config.leaves == Leaves::Dies {
                    ctx.note("has come to an end");
                    self.gone = true;
                }
            }
            _ => {}
        }
    }
}
