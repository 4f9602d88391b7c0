//! The group (SWIM: Das, Gupta, Motivala 2002): who is in it, as one member knows, and what rides on its pings.
//!
//! The rule that is easy to break: failed is what somebody says of another. Whoever hears that of itself says otherwise, under a higher incarnation,
//! and the higher one counts.

use super::setup::{Config, Way};
use super::{Claim, Cx, Fact, Msg, Mutant, Timer};
use crate::kit::prelude::*;

/// How a member stands, as far as is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Standing {
    incarnation: u32,
    // Of one incarnation, failed overrides alive (section 4.2).
    failed: bool,
}

/// What rides on pings and answers: the list, and where the service is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct News {
    list: Vec<Standing>,
    claim: Option<Claim>,
    // Which of them is over.
    over: Option<Claim>,
}

/// What it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Probe {
    id: u32,
    of: NodeId,
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Members {
    config: Config,
    me: NodeId,
    news: News,
    ids: u32,
    probe: Option<Probe>,
    // Whom it pings for another, by its own number: who asked, and under which.
    for_others: Vec<(u32, NodeId, u32)>,
}

/// How many are asked to ping in one's place (section 3.1: k).
const HELPERS: usize = 2;
/// How many pings for others are remembered.
const REMEMBERED: usize = 16;

impl Members {
    pub fn new(config: Config, me: NodeId) -> Self {
        let list = vec![Standing::default(); config.group().count()];
        let news = News { list, ..News::default() };
        Members { config, me, news, ids: 0, probe: None, for_others: Vec::new() }
    }

    fn is_group(&self) -> bool {
        self.config.way == Way::Gossip
    }

    /// Members begin their periods at different moments.
    pub fn begin(&self, ctx: &mut Cx<'_>) {
        if self.is_group() {
            let first = ctx.random_span(Span(1), self.config.beat);
            ctx.set_timer(Timer::Period, first);
        }
    }

    /// It serves itself, and says so from now on.
    pub fn tell(&mut self, claim: Claim) {
        self.news.claim = self.news.claim.max(Some(claim));
    }

    /// It serves no more, and says so from now on.
    pub fn take_back(&mut self, claim: Claim) {
        self.news.over = self.news.over.max(Some(claim));
    }

    /// The newest that it has heard of.
    pub fn claim(&self) -> Option<Claim> {
        self.news.claim.filter(|_| self.is_group())
    }

    /// Where the service is, unless it is over or its host has failed.
    pub fn address(&self) -> Option<NodeId> {
        let claim = self.news.claim.filter(|&claim| self.news.over < Some(claim))?;
        (!self.has_failed(claim.host)).then_some(claim.host)
    }

    /// Whether it calls this member failed.
    pub fn has_failed(&self, member: NodeId) -> bool {
        self.news.list.get(member.index()).is_some_and(|s| s.failed)
    }

    fn others(&self) -> Vec<NodeId> {
        self.config.group().filter(|&n| n != self.me).collect()
    }

    fn news(&self, ctx: &mut Cx<'_>) -> News {
        let mut news = self.news.clone();
        if self.config.mutant == Mutant::AsNew
            && let Some(claim) = &mut news.claim
        {
            claim.since = ctx.now_us() + 1;
        }
        news
    }

    /// Once a period: pings a member at random (section 3.1).
    fn ping_one(&mut self, ctx: &mut Cx<'_>) {
        let others = self.others();
        let of = others[ctx.random_below(others.len() as u64) as usize];
        self.ids += 1;
        self.probe = Some(Probe { id: self.ids, of });
        let (id, news) = (self.ids, self.news(ctx));
        ctx.send(of, Msg::Ping { id, news });
        ctx.set_timer(Timer::Direct, self.wait());
        ctx.set_timer(Timer::Period, self.config.beat);
    }

    /// So long the pinged is waited for, and then those who are asked in one's place.
    pub fn wait(&self) -> Span {
        Span(self.config.beat.0 / 3)
    }

    /// It has not answered: a few others are to ask it (section 3.1).
    fn ask_others(&mut self, ctx: &mut Cx<'_>) {
        let Some(Probe { id, of }) = self.probe else {
            return;
        };
        let mut helpers: Vec<NodeId> = self.others().into_iter().filter(|&n| n != of).collect();
        while helpers.len() > HELPERS {
            helpers.swap_remove(ctx.random_below(helpers.len() as u64) as usize);
        }
        let news = self.news(ctx);
        ctx.broadcast(helpers, Msg::PingReq { id, of, news });
        ctx.set_timer(Timer::Indirect, self.wait());
    }

    /// Nobody has heard from it.
    fn declare(&mut self, ctx: &mut Cx<'_>) {
        let Some(Probe { of, .. }) = self.probe.take() else {
            return;
        };
        let standing = &mut self.news.list[of.index()];
        if !standing.failed {
            standing.failed = true;
            ctx.note(format!("calls {} failed", self.config.name(of)));
            ctx.fact(Fact::Declared { of });
        }
    }

    pub fn goes_on(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Period => self.ping_one(ctx),
            Timer::Direct => self.ask_others(ctx),
            _ => self.declare(ctx),
        }
    }

    /// Takes what is newer; whoever hears itself called failed says otherwise (section 4.2).
    fn take(&mut self, news: &News) {
        for (mine, theirs) in self.news.list.iter_mut().zip(&news.list) {
            *mine = (*mine).max(*theirs);
        }
        self.news.claim = self.news.claim.max(news.claim);
        self.news.over = self.news.over.max(news.over);
        let own = &mut self.news.list[self.me.index()];
        if own.failed {
            *own = Standing { incarnation: own.incarnation + 1, failed: false };
        }
    }

    /// Whether the message was the group's.
    pub fn hears(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) -> bool {
        match *msg {
            Msg::Ping { id, ref news } => {
                self.take(news);
                let (of, news) = (self.me, self.news(ctx));
                ctx.send(from, Msg::PingAck { id, of, news });
            }
            Msg::PingReq { id, of, ref news } => {
                self.take(news);
                self.ids += 1;
                if self.for_others.len() == REMEMBERED {
                    self.for_others.remove(0);
                }
                self.for_others.push((self.ids, from, id));
                let (id, news) = (self.ids, self.news(ctx));
                ctx.send(of, Msg::Ping { id, news });
            }
            Msg::PingAck { id, of, ref news } => {
                self.take(news);
                if self.probe.is_some_and(|probe| probe == Probe { id, of }) {
                    self.probe = None;
                    ctx.cancel_timer(Timer::Direct);
                    ctx.cancel_timer(Timer::Indirect);
                }
                if let Some(place) = self.for_others.iter().position(|(mine, ..)| *mine == id) {
                    let (_, asker, id) = self.for_others.remove(place);
                    let news = self.news(ctx);
                    ctx.send(asker, Msg::PingAck { id, of, news });
                }
            }
            _ => return false,
        }
        true
    }
}
