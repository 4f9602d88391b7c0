//! Primary and backups (Alsberg and Day 1976; Budhiraja, Marzullo, Schneider and Toueg 1993).
//!
//! Clients send all requests to one server, the *primary*. It executes them, and sends each *update* on to its *backups*, which execute
//! the same in the same order. When the primary fails, a backup takes over: a *failover*.
//!
//! When does the primary answer? That is the one great choice.
//!
//! - *Asynchronous*: at once. The updates go out behind the answers, after a *lag*. Whatever was answered within the lag before
//!   the primary's end is on no other machine: lost, though clients were told that it was done. With a rate of writes, that is
//!   rate times lag in the mean.
//! - *Synchronous*: when all backups have the update on disk (Alsberg and Day: when the second host has it). Nothing that was
//!   answered is lost with the primary; each answer takes a round trip more; and while a backup is down nobody is answered, unless
//!   the primary *goes on without* those that are silent.
//! - *Semi-synchronous*: when one backup has it, the first of them.
//!
//! Who is down? A primary sends heartbeats, and a backup that hears none for a *timeout* takes it to have failed (Budhiraja et al.,
//! their Pb1 says that there is one primary at any time, which takes reliable links and a bound on delays). Backups take over by *rank*:
//! the second in line waits for a second timeout. Or they compare what they have, and the *most complete* takes over.
//!
//! A server that was down has missed something, and does not know what. It *joins*: it asks who is the primary, and is sent its state. If all
//! were down, they compare their disks, and the one with the newest takes over when all are there (Skeen 1985: the last to fail).
//!
//! Each primary begins an *epoch*, numbered so that no two servers ever begin the same. Who hears of a newer epoch steps down and joins.
//! Epochs do not prevent that two servers are primary at once, each on its side of a wall: a *split brain*. Nothing here asks a majority.
//!
//! Where this differs from the sources: Budhiraja et al. wait for no acknowledgement, since their links lose nothing; epochs are for those
//! that do. The promotion by the most complete, and going on without a silent backup, are what database systems do.
//!
//! The rule that is easy to break: a timeout is no proof. All that is promised across a failover rests on silence meaning a crash.

mod cost;
mod failover;
mod judged;
mod primary;
mod server;
mod show;

#[cfg(test)]
mod tests;

use crate::kit::client::{self as kit_client, ClientConfig, Reply, Service};
use crate::kit::facts::joined;
use crate::kit::journal::Journal;
use crate::kit::prelude::*;
use crate::kit::store::{Answer, KeyValue, KeyValueMsg, Op};
use server::{Kept, Server};

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "primary-backup",
    title: "Primary and backups",
    source: "Alsberg and Day 1976; Budhiraja, Marzullo, Schneider, Toueg 1993",
    leaves_out: "reads at backups, chains, a witness or a majority that decides who is primary, and state that is sent in pieces",
    params: &[
        Param::int("backups", "Backups", 2, 1..=4),
        Param::int("clients", "Clients", 2, 1..=5),
        Param::choice(
            "mode",
            "The primary answers",
            &[
                Choice::new("async", "at once: asynchronous replication"),
                Choice::new("semi", "when one backup has it: semi-synchronous"),
                Choice::new("sync", "when all backups have it: synchronous"),
            ],
        ),
        Param::ms("lag_ms", "Asynchronous updates are sent after (the lag)", 200, 0..=2_000),
        Param::choice(
            "silent",
            "When a backup is silent for a timeout, the primary",
            &[Choice::new("wait", "waits for it"), Choice::new("go-on", "goes on without it")],
        ),
        Param::choice(
            "promote",
            "Who takes over",
            &[
                Choice::new("rank", "the first in line that runs"),
                Choice::new("complete", "the backup that has most"),
            ],
        ),
        Param::ms("beat_ms", "A primary sends heartbeats every", 50, 10..=1_000),
        Param::ms("timeout_ms", "Silence is a failure after", 300, 50..=10_000),
        Param::ms("think_ms", "From an answer to the next write (0: only when asked)", 176, 0..=60_000),
        Param::ms("retry_ms", "A client asks the next server after", 300, 50..=10_000),
        Param::choice(
            "dies",
            "Which server comes to an end, at a random moment from 3 to 5 s",
            &[
                Choice::new("nobody", "none"),
                Choice::new("primary", "the first primary"),
                Choice::new("backup", "the last backup"),
            ],
        ),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: &FACTS,
    length: Span::secs(8),
    build,
    promises: judged::promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    probes: show::PROBES,
    ..Entry::BLANK
};

const FACTS: [&str; Fact::NAMES.len() + kit_client::Fact::NAMES.len()] =
    joined(Fact::NAMES, kit_client::Fact::NAMES);

mutants! {
    /// Primary and backups with a rule left out.
    enum Mutant {
        EarlyAnswer = "early-answer", "answers before the backups have the update" {
            rule: "a synchronous primary answers when its backups have the update",
            breaks: "Nothing lost",
            with: &["mode=sync"],
        }
        DropsTail = "drops-tail", "a backup that takes over forgets what it has not applied yet" {
            rule: "a backup applies all that it has before it serves",
            breaks: "Nothing lost",
            with: &["mode=sync"],
        }
        StaleBackup = "stale-backup", "a server that was down is a backup at once, with what it has" {
            rule: "who was down takes part when it has been sent the primary's state",
            breaks: "Nothing lost",
            with: &["mode=sync", "silent=go-on"],
        }
        AnyOrder = "any-order", "a backup takes updates as they come" {
            rule: "a backup takes updates in the primary's order, without a gap",
            breaks: "Same copy",
        }
        TakesOld = "takes-old", "a backup takes updates of an older epoch" {
            rule: "who has heard of a newer epoch takes nothing of an older one",
            breaks: "Same copy",
        }
        BackAsPrimary = "back-as-primary", "a primary that was down goes on as primary" {
            rule: "a primary that was down joins as a backup",
            breaks: "One primary",
        }
        NoStepDown = "no-step-down", "a primary that hears of a newer epoch goes on" {
            rule: "a primary that hears of a newer epoch steps down",
            breaks: "One in the end",
        }
    }
    as it is: "as told",
}

/// A request that a primary has put into its order: an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Item {
    // The epoch of the primary that put it there.
    epoch: u32,
    client: NodeId,
    serial: u32,
    op: Op,
}

messages! {
    /// What clients and servers say.
    enum Msg {
        /// A client: "Do this."
        Request { serial: u32, op: Op } = "request", Square, Blue, "{op}";
        /// "It is done", or not.
        Reply { serial: u32, answer: Answer } = "reply", Square, Green, "{answer}";
        /// "I am not the primary."
        Redirect { serial: u32, hint: Option<NodeId> } = "redirect", Hollow, Quiet, "not here";
        /// The primary: "These come next, from number `from` on."
        Update { epoch: u32, from: u32, items: Vec<Item>, done: u32 } = "update", Disc, Orange, "update {from}";
        /// A backup: "I have all up to here."
        Ack { epoch: u32, upto: u32 } = "ack", Tag, Quiet, "has {upto}";
        /// The primary: "I am here."
        Beat { epoch: u32, done: u32 } = "heartbeat", Arrow, Purple, "epoch {epoch}";
        /// "There is a newer epoch."
        Newer { epoch: u32 } = "newer", Hollow, Red, "epoch {epoch}";
        /// "I was down, or am out of date: who is the primary?"
        Hello { epoch: u32, len: u32 } = "hello", Arrow, Blue, "I join";
        /// The primary's state.
        State { epoch: u32, log: Journal<Item>, done: u32 } = "state", Diamond, Orange, "state of epoch {epoch}";
        /// "The primary is silent, and I have so much. You?"
        Compare { epoch: u32, len: u32, asks: bool } = "compare", Diamond, Blue, "I have {len}";
    }
}

facts! {
    /// What servers tell.
    enum Fact {
        /// A server is primary from now on, and this is its order.
        Promoted { epoch: u32, log: Journal<Item> } = "promoted" => Decisive,
        /// It is primary no longer, for it has heard of a newer epoch.
        SteppedDown { epoch: u32 } = "stepped-down",
        /// The primary has put a request into its order.
        Appended { epoch: u32, index: u32, client: NodeId, serial: u32 } = "appended" => Quiet,
        /// A backup has an update on disk.
        Took { epoch: u32, index: u32 } = "took" => Quiet,
        /// A server has executed a request; a digest of all values after it.
        Applied { epoch: u32, index: u32, values: u64 } = "applied" => Quiet,
        /// A backup takes its primary to have failed.
        Suspected { of: NodeId } = "suspected",
        /// The primary goes on without this one.
        Dropped { node: NodeId } = "dropped",
        /// A server has been sent the primary's state.
        Joined { epoch: u32 } = "joined",
        /// Its process has ended.
        Gone { primary: bool } = "gone" => Decisive,
    }
}

/// What links take, in milliseconds, and the timing model's bound.
const SHORTEST_MS: u64 = 8;
const LONGEST_MS: u64 = 16;
const BOUND_MS: u64 = 20;

/// When the primary answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Mode {
    Async,
    Semi,
    Sync,
}

/// What is installed on every server.
#[derive(Clone, Copy, Debug, Hash)]
struct Rules {
    servers: u16,
    mode: Mode,
    lag: Span,
    goes_on: bool,
    complete: bool,
    beat: Span,
    timeout: Span,
    mutant: Mutant,
}

impl Rules {
    fn of(p: &Params) -> Self {
        Rules {
            servers: p.int("backups") as u16 + 1,
            mode: match p.word("mode") {
                "sync" => Mode::Sync,
                "semi" => Mode::Semi,
                _ => Mode::Async,
            },
            lag: p.ms("lag_ms"),
            goes_on: p.word("silent") == "go-on",
            complete: p.word("promote") == "complete",
            beat: p.ms("beat_ms"),
            timeout: p.ms("timeout_ms"),
            mutant: Mutant::of(p),
        }
    }

    fn servers(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.servers).map(NodeId)
    }

    fn others(&self, me: NodeId) -> impl Iterator<Item = NodeId> + use<> {
        self.servers().filter(move |&n| n != me)
    }

    /// Who begins this epoch: servers take turns with the numbers.
    fn owner(&self, epoch: u32) -> NodeId {
        NodeId((epoch.max(1) - 1).rem_euclid(u32::from(self.servers)) as u16)
    }

    /// The first epoch after `epoch` that is `me`'s to begin.
    fn next_epoch(&self, epoch: u32, me: NodeId) -> u32 {
        let later = epoch + 1..=epoch + u32::from(self.servers);
        later.into_iter().find(|&e| self.owner(e) == me).unwrap_or(epoch + 1)
    }

    /// Who stands before `me` in the line for the place of `primary`.
    fn before(&self, primary: NodeId, me: NodeId) -> impl Iterator<Item = NodeId> + use<> {
        (0..me.0).map(NodeId).filter(move |&n| n != primary)
    }
}

impl KeyValueMsg for Msg {
    fn request(serial: u32, op: Op) -> Self {
        Msg::Request { serial, op }
    }

    fn reply(&self) -> Option<(u32, Reply<i32>)> {
        match *self {
            Msg::Reply { serial, answer } => Some((serial, answer.into())),
            Msg::Redirect { serial, hint } => Some((serial, Reply::Elsewhere(hint))),
            _ => None,
        }
    }
}

/// A key-value store whose clients write all the time: what is lost is a write, then.
#[derive(Clone, Debug, Hash)]
struct Writes(KeyValue<Msg>);

type Client = kit_client::Client<Writes>;

impl Service for Writes {
    type Msg = Msg;
    type Op = Op;
    type Answer = i32;

    fn forms(&self) -> &'static [Form] {
        self.0.forms()
    }

    fn op(&self, asked: &Asked) -> Op {
        self.0.op(asked)
    }

    fn request(&self, serial: u32, op: &Op) -> Msg {
        self.0.request(serial, op)
    }

    fn reply(&self, msg: &Msg) -> Option<(u32, Reply<i32>)> {
        self.0.reply(msg)
    }

    fn invent(&self, ctx: &mut Ctx<'_, Client>) -> Option<Op> {
        let key = char::from(b"xyz"[ctx.random_below(3) as usize]);
        let value = ctx.random_below(100) as i32;
        Some(Op::Set { key, value })
    }

    fn found(&self, op: &Op, answer: &i32) -> String {
        self.0.found(op, answer)
    }

    fn begun(&self, op: &Op) -> Option<(u64, crate::check::promise::Step)> {
        self.0.begun(op)
    }

    fn value(&self, op: &Op, answer: &i32) -> u64 {
        self.0.value(op, answer)
    }
}

/// Silence must not be a failure before a heartbeat can be there.
fn check(rules: &Rules) -> Result<(), Refusal> {
    let least = rules.beat + Span::ms(2 * BOUND_MS);
    if rules.timeout <= least {
        let why = format!(
            "a timeout must be longer than from one heartbeat to the next and two messages, {least}, or a primary that runs is taken to have failed: {} is too short",
            rules.timeout
        );
        return Err(Refusal::new("timeout-too-short", why));
    }
    Ok(())
}

fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let rules = Rules::of(p);
    check(&rules)?;
    let dies = match p.word("dies") {
        "primary" => Some(NodeId(0)),
        "backup" => Some(NodeId(rules.servers - 1)),
        _ => None,
    };
    let server = |id: NodeId| {
        let kept = Kept { epoch: 1, log: Journal::default() };
        let server = Server::new(rules, id, dies == Some(id));
        NodeSetup::server(format!("S{}", id.0 + 1), Box::new(Host::with_disk(server, kept)))
    };
    let config = ClientConfig {
        servers: 0..rules.servers,
        interval: p.ms("think_ms"),
        retry: p.ms("retry_ms"),
        patience: Span::ZERO,
    };
    let client = |number: i64| {
        let client = Client::new(Writes(KeyValue::new()), config.clone(), NodeId(0));
        NodeSetup::client(format!("C{number}"), Host::boxed(client))
    };
    Ok(Setup {
        seed,
        timing: Timing::BoundedAsync { delay_us: BOUND_MS * 1_000 },
        link: Link::fair_loss(Delay::uniform_ms(SHORTEST_MS, LONGEST_MS), 0),
        nodes: rules.servers().map(server).chain((1..=p.int("clients")).map(client)).collect(),
        ..Setup::default()
    })
}
