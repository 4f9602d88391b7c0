//! Discovery: how those who call a service find out at which address it runs, and how long they go on calling an old one.
//!
//! A service runs on a host, and moves to another. Nobody sees where it is: a caller has heard of it, and keeps what it has heard for a
//! while, its *time to live*, for asking before each call would cost more than the call. Three ways to hear of it:
//!
//! *Registry*: whoever serves registers, and renews its registration, a *lease* (Gray and Cheriton 1989), by heartbeats; when the lease is over
//! the registry forgets it. Callers look the service up. The registry is asked seldom, and while it is down those who have an address go on, as
//! long as that lives; those who have none find nothing. Its state is soft: it comes back empty, and the next heartbeat fills it.
//!
//! *Multicast*: whoever serves announces itself to all, again and again, and a caller that knows of nobody asks all (as in multicast DNS, RFC
//! 6762, sections 5 and 8). Nobody has to be up but the two. Each announcement goes to everybody.
//!
//! *Gossip*: callers and hosts are members of one group, and each keeps a list of it (SWIM: Das, Gupta, Motivala 2002). Once a period each
//! member pings another at random; if that does not answer in time, it has a few others ask; if none of these hears from it, either, it calls it
//! failed (section 3.1). What is news rides on pings and answers (section 4.1). Who hears itself called failed says that it is alive, under
//! a higher *incarnation* (section 4.2). An address is good while its host is not called failed.
//!
//! Where this differs from the sources: SWIM's suspicion before failure is left out; a message carries the whole list, which is
//! short; and the service's address rides along with it. Of two who serve, the one that has started later, by its own clock, counts.
//!
//! The rule that is easy to break: nobody can take back what somebody keeps. A caller that has heard of an old address calls it until its
//! time to live is over, whatever has become of it.

mod caller;
mod cost;
mod host;
mod judged;
mod members;
mod setup;
mod show;

#[cfg(test)]
mod tests;

use crate::kit::prelude::*;
use crate::sim::form::{FieldKind, FormField};
use caller::Caller;
use host::Shop;
use members::{Members, News};
use setup::Config;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "discovery",
    title: "Service discovery",
    source: "Das, Gupta, Motivala 2002, sections 3 and 4; Gray and Cheriton 1989; RFC 6762, sections 5 and 8",
    leaves_out: "several instances at once, replicated registries, SWIM's suspicion, and health checks by the registry",
    params: setup::PARAMS,
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    length: Span::secs(10),
    build: setup::build,
    promises: judged::promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    probes: show::PROBES,
    ..Entry::BLANK
};

mutants! {
    /// Discovery with a rule left out.
    pub enum Mutant {
        /// It has heard of it once.
        NoTtl = "no-ttl", "a caller keeps an address for ever" {
            rule: "what a caller has heard it keeps for its time to live", breaks: "Stale window",
        }
        /// Whoever is called lives on.
        SlidingTtl = "sliding-ttl", "each call to an address makes it live for as long again" {
            rule: "an address lives from when it was heard of, not from when it was used", breaks: "Stale window",
        }
        /// Nobody has said that it is over.
        NoLease = "no-lease", "the registry keeps a registration until there is another" {
            rule: "a registration that is not renewed is over with its lease", breaks: "Stale window",
            with: &["leaves=ends"],
        }
        /// What comes last is taken.
        TakesAnything = "takes-anything", "a caller takes what it hears last for the newest" {
            rule: "of two that serve the one that has started later counts", breaks: "Newest address",
            with: &["way=multicast", "spread_ms=50", "beat_ms=20"],
        }
        /// It makes it its own news.
        AsNew = "as-new", "a member passes an address on as if it had started just now" {
            rule: "an address is passed on with the moment at which it started", breaks: "No creation",
            with: &["way=gossip"],
        }
    }
    as it is: "as in the sources",
}

/// That a service runs at an address, and since when by the clock there. The later one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    since: u64,
    host: NodeId,
}

messages! {
    /// What registry, hosts and callers send.
    pub enum Msg {
        /// "I serve, since then": a registration, and each renewal.
        Register { since: u64 } = "register", Diamond, Purple, "register";
        /// "I no longer do."
        Leave { since: u64 } = "leave", Hollow, Purple, "leave";
        /// "Who serves?", of the registry.
        Lookup { id: u32 } = "lookup", Arrow, Blue, "where?";
        /// "That one."
        Found { id: u32, claim: Claim } = "found", Tag, Blue, "there";
        /// "Nobody."
        Nobody { id: u32 } = "nobody", Hollow, Quiet, "nobody";
        /// "Who serves?", of all.
        Query { id: u32 } = "query", Arrow, Blue, "who?";
        /// "I do."
        Announce { since: u64 } = "announce", Diamond, Purple, "here";
        /// "I no longer do."
        Bye { since: u64 } = "bye", Hollow, Purple, "bye";
        /// "Are you there?"
        Ping { id: u32, news: News } = "ping", Arrow, Quiet, "ping";
        /// "Ask that one for me."
        PingReq { id: u32, of: NodeId, news: News } = "ping-req", Arrow, Orange, "ping-req";
        /// "It is there."
        PingAck { id: u32, of: NodeId, news: News } = "ping-ack", Tag, Quiet, "alive";
        /// A call of the service.
        Call { id: u32 } = "call", Square, Green, "call";
        /// Its answer.
        Reply { id: u32 } = "reply", Tag, Green, "ok";
        /// "There is no such service here."
        Refuse { id: u32 } = "refuse", Hollow, Red, "not here";
    }
}

facts! {
    /// What they tell.
    pub enum Fact {
        /// A host begins to serve.
        Started { host: NodeId, since: u64 } = "started",
        /// It no longer does.
        Stopped { host: NodeId, since: u64 } = "stopped",
        /// A caller has heard of an address that is new to it.
        Learned { host: NodeId, since: u64 } = "learned",
        /// It calls an address.
        Called { host: NodeId } = "called" => Quiet,
        /// It has an answer.
        Answered { host: NodeId } = "answered" => Quiet,
        /// It has none, or was refused.
        Failed { host: NodeId } = "failed",
        /// It finds no address to call.
        Unknown = "unknown",
        /// A member calls another failed.
        Declared { of: NodeId } = "declared",
    }
}

/// What is on disk: at a host since when it serves, at a caller the newest that it has heard of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Kept {
    claim: Option<Claim>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Timer {
    Start,
    Stop,
    Beat,
    Call,
    Lookup,
    Patience,
    Period,
    Direct,
    Indirect,
}

/// What a node is.
#[derive(Clone, Hash)]
enum Role {
    // The registration that it has, and until when by its own clock.
    Registry(Option<(Claim, u64)>),
    Host(Shop),
    Caller(Caller),
}

/// A node.
#[derive(Clone, Hash)]
struct Node {
    config: Config,
    me: NodeId,
    role: Role,
    members: Members,
}

type Cx<'a> = Ctx<'a, Node>;

impl Node {
    fn new(config: Config, me: NodeId, role: Role) -> Self {
        Node { config, me, role, members: Members::new(config, me) }
    }

    /// What is heard of an address by way of the group.
    fn news_has_come(&mut self, ctx: &mut Cx<'_>) {
        if let Role::Caller(caller) = &mut self.role {
            caller.hear_news(ctx, &self.members);
        }
    }

    fn registry_hears(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        let Role::Registry(entry) = &mut self.role else {
            return;
        };
        let now = ctx.now_us();
        if self.config.mutant != Mutant::NoLease && entry.is_some_and(|(_, until)| until <= now) {
            *entry = None;
        }
        match *msg {
            Msg::Register { since } => {
                let claim = Claim { since, host: from };
                if entry.is_none_or(|(old, _)| old <= claim) {
                    *entry = Some((claim, now + self.config.lease.0));
                }
            }
            Msg::Leave { since } if entry.is_some_and(|(old, _)| old == Claim { since, host: from }) => {
                ctx.note("forgets who has left");
                *entry = None;
            }
            Msg::Lookup { id } => ctx.send(
                from,
                match *entry {
                    Some((claim, _)) => Msg::Found { id, claim },
                    None => Msg::Nobody { id },
                },
            ),
            _ => {}
        }
    }
}

impl Protocol for Node {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = Kept;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        match &mut self.role {
            Role::Registry(_) => {}
            Role::Host(shop) => shop.begin(ctx, &mut self.members),
            Role::Caller(caller) => caller.begin(ctx),
        }
        self.members.begin(ctx);
    }

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.members = Members::new(self.config, self.me);
        let claim = ctx.durable().claim;
        match &mut self.role {
            Role::Registry(entry) => {
                *entry = None;
                ctx.note("is back, and knows of nobody yet");
            }
            Role::Host(shop) => {
                *shop = Shop::new(self.config, self.me);
                shop.resume(ctx, claim, &mut self.members);
            }
            Role::Caller(caller) => {
                *caller = Caller::new(self.config, claim);
                caller.begin(ctx);
            }
        }
        self.members.begin(ctx);
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        if self.is_gone() {
            return;
        }
        if self.members.hears(ctx, from, msg) {
            return self.news_has_come(ctx);
        }
        match &mut self.role {
            Role::Registry(_) => self.registry_hears(ctx, from, msg),
            Role::Host(shop) => shop.hears(ctx, from, msg),
            Role::Caller(caller) => caller.hears(ctx, from, msg),
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        if self.is_gone() {
            return;
        }
        match (timer, &mut self.role) {
            (Timer::Period | Timer::Direct | Timer::Indirect, _) => {
                self.members.goes_on(ctx, timer);
                self.news_has_come(ctx);
            }
            (_, Role::Host(shop)) => shop.goes_on(ctx, timer, &mut self.members),
            (_, Role::Caller(caller)) => caller.goes_on(ctx, timer, &self.members),
            (_, Role::Registry(_)) => {}
        }
    }

    fn requests(&self) -> &'static [Form] {
        match &self.role {
            Role::Registry(_) => &[],
            Role::Host(_) => {
                const {
                    &[
                        Form::bare("start", "Start the service here"),
                        Form { id: "stop", label: "Stop the service", fields: &[HOW] },
                    ]
                }
            }
            Role::Caller(_) => const { &[Form::bare("call", "Call the service")] },
        }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        if self.is_gone() {
            return ctx.note("has come to an end, and does nothing more");
        }
        match (&mut self.role, asked.form) {
            (Role::Host(shop), "start") => shop.start(ctx, &mut self.members),
            (Role::Host(shop), "stop") => {
                let says_so = asked.word(0) == "and-say-so";
                shop.stop(ctx, says_so, &mut self.members);
            }
            (Role::Caller(caller), "call") => caller.call(ctx, &self.members),
            _ => {}
        }
    }

    /// A liar names an address at which nobody has ever served.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        let made_up = |since: u64| since + 1 + draw % 1_000;
        Some(match *msg {
            Msg::Found { id, claim } => {
                Msg::Found { id, claim: Claim { since: made_up(claim.since), ..claim } }
            }
            Msg::Announce { since } => Msg::Announce { since: made_up(since) },
            Msg::Register { since } => Msg::Register { since: made_up(since) },
            _ => return None,
        })
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Start => "starts the service",
            Timer::Stop => "stops the service",
            Timer::Beat => "next heartbeat",
            Timer::Call => "next call",
            Timer::Lookup => "waits for an address",
            Timer::Patience => "waits for an answer",
            Timer::Period => "next ping",
            Timer::Direct => "waits for the pinged",
            Timer::Indirect => "waits for others' word",
        }
    }

    fn inspect(&self) -> Inspect {
        show::inspect(self)
    }
}

impl Node {
    /// Whether its process has ended.
    fn is_gone(&self) -> bool {
        matches!(&self.role, Role::Host(shop) if shop.is_gone())
    }

    /// The newest address that is heard of, if it is good now.
    fn address(&self, now_us: u64) -> Option<NodeId> {
        match &self.role {
            Role::Caller(caller) => caller.address(now_us, &self.members),
            _ => None,
        }
    }
}

const HOW: FormField = FormField { label: "how", kind: FieldKind::Word(&["silently", "and-say-so"]) };
