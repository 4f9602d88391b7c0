//! Multi-Paxos (van Renesse and Altinbuken, "Paxos Made Moderately Complex", ACM Computing Surveys 2015, here PMMC; Lamport, "Paxos
//! Made Simple", 2001, section 3): a log, each of whose *slots* is decided by Paxos, with one first phase for all of them.
//!
//! Every server plays three roles. Its *replica* applies the commands of the slots, in order and without a gap, to its copy of the
//! store. Its *acceptor* votes, as in single-decree Paxos, with one promise for all slots. And it may *lead*.
//!
//! To lead, a server takes a *ballot* (a round, and its own number), and sends a *scout* out: "promise me to
//! ignore all lower ballots, and tell me what you have accepted from this slot on". With the promises of a majority it leads, and phase 1 is
//! done for every slot there will ever be. For each slot that the promises tell of it must propose the command of the **highest
//! ballot** (`pmax`); slots between them that nobody tells of are filled with *no-ops* (Lamport, section 3). From then on a command
//! takes a *commander* and phase 2 alone: accept, accepted by a majority, decided. Up to a *window* of slots may be open at once,
//! and decided in any order; they are applied in the order of the log.
//!
//! Why a hole comes about: slot 1 and slot 2 are on their way when their leader crashes, and only slot 2 arrives anywhere. Its
//! successor finds a command for slot 2, and none for slot 1; until slot 1 is decided, nobody may apply slot 2.
//!
//! What it costs in a stable state, with n servers: accept, accepted and decision, n - 1 of each (what a server says to itself
//! is no message): 3 (n - 1) a command, and two message delays until the leader knows. Where each command has a first
//! phase of its own, that is 5 (n - 1) and four delays.
//!
//! Who leads matters for progress alone. A server that hears no leader for its timeout begins a ballot above all that it knows,
//! and so overtakes whoever leads; if timeouts are shorter than a ballot takes, leaders overtake each other for ever. PMMC (section 3)
//! lets a timeout grow when one's ballot is overtaken, and shrink a little with each command that goes through.
//!
//! What is ours: the leader's own replica gives out the slots, as in Lamport's text, and a server that does not lead points clients to
//! the one that does; in PMMC all replicas propose for slots. Leaders let themselves be heard by heartbeats, which also tell
//! a replica that lags behind; PMMC has pings. Acceptors keep what they have accepted for good.
//!
//! The rule that is easy to break: what an acceptor has promised and accepted is on its disk before it is told, the leader's own vote
//! among them; and an answer counts for the very ballot that it answers.

mod acceptor;
mod cost;
mod judged;
mod leader;
mod order;
mod replica;
mod server;
mod show;
mod slots;

#[cfg(test)]
mod tests;

use crate::kit::client::{self, ClientConfig, Reply};
use crate::kit::facts::joined;
use crate::kit::prelude::*;
use crate::kit::quorum::majority;
use crate::kit::store::{self, Answer, KeyValue, KeyValueMsg, Op};
use server::Server;
use std::fmt;

/// A place in the log, from 1 on.
type Slot = u32;

/// A client of the replicated store.
type Client = client::Client<KeyValue<Msg>>;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "multi-paxos",
    title: "Multi-Paxos",
    source: "van Renesse and Altinbuken 2015, \"Paxos Made Moderately Complex\"; Lamport 2001, section 3",
    leaves_out: "changes of who takes part, cutting old slots off the log, leases and reads without the log",
    params: &PARAMS,
    mutants: Mutant::TABLE,
    facts: &FACTS,
    build,
    promises: judged::promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    probes: show::PROBES,
    ..Entry::BLANK
};

static PARAMS: [Param; 14] = [
    Param::int("servers", "servers", 3, 3..=9),
    Param::int("leaders", "servers that may lead, the first ones (0: all)", 0, 0..=9),
    Param::int("clients", "clients", 1, 0..=5),
    Param::choice(
        "start",
        "who begins a ballot at the start",
        &[
            Choice::new("s1", "S1 at once"),
            Choice::new("together", "all that may lead, at once"),
            Choice::new("drawn", "whose timeout runs out first"),
        ],
    ),
    Param::choice(
        "phase1",
        "phase 1 is done",
        &[
            Choice::new("once", "once for all slots, when a leader takes over"),
            Choice::new("each", "for every command anew"),
        ],
    ),
    Param::ms("timeout_ms", "a server waits for a leader's word, at first", 150, 1..=60_000),
    Param::choice(
        "timeout",
        "that timeout",
        &[
            Choice::new("growing", "drawn, up to twice as long; doubles when its ballot is overtaken"),
            Choice::new("fixed", "always the same"),
        ],
    ),
    Param::ms("heartbeat_ms", "a leader's heartbeat (0: none, and nothing is sent again)", 50, 0..=60_000),
    Param::int("window", "slots that may be open at once", 5, 1..=100),
    Param::int("ballots_most", "ballots a server begins at most (0: any number)", 0, 0..=20),
    Param::ms("interval_ms", "a client thinks between requests (0: it asks only when told)", 200, 0..=60_000),
    Param::ms("retry_ms", "a client asks the next server after (0: it asks once)", 300, 0..=60_000),
    Param::ms("sync_ms", "a forced write takes", 2, 0..=1_000),
    Mutant::PARAM,
];

/// What servers tell, and clients.
const FACTS: [&str; Fact::NAMES.len() + client::Fact::NAMES.len()] = joined(Fact::NAMES, client::Fact::NAMES);

mutants! {
    /// Multi-Paxos with a rule left out.
    enum Mutant {
        IgnoreFound = "ignore-found", "a new leader ignores what promises tell, and proposes what it is asked for" {
            rule: "a new leader proposes, slot by slot, what the promises tell of",
            breaks: "Agreement",
        }
        LowestBallot = "lowest-ballot", "a new leader takes the command of the lowest ballot that promises tell of" {
            rule: "of several commands for a slot, a new leader proposes that of the highest ballot (pmax)",
            breaks: "Agreement",
        }
        NotOnDisk = "not-on-disk", "an acceptor answers before what it has promised and accepted is on its disk" {
            rule: "what an acceptor has promised and accepted is on its disk before it is told",
            breaks: "Agreement",
        }
        HalfIsEnough = "half-is-enough", "takes half of the servers, rounded down, for a majority" {
            rule: "promises and acceptances of more than half are needed: two majorities share a server",
            breaks: "Integrity",
        }
        AnyBallot = "any-ballot", "counts answers to a ballot that it had before" {
            rule: "an answer counts for the ballot that it answers, and for no other",
            breaks: "Integrity",
        }
        SameBallot = "same-ballot", "a leader that comes back from a crash goes on in the ballot that it had" {
            rule: "who comes back from a crash begins a new ballot: it has forgotten what it proposed in the old one",
            breaks: "Agreement",
        }
        SkipGaps = "skip-gaps", "a replica applies a command as soon as it is decided" {
            rule: "a replica applies a slot when it has applied all before it",
            breaks: "Same prefix",
        }
        LeaveHoles = "leave-holes", "a new leader leaves slots empty that no promise tells of" {
            rule: "a new leader fills the holes below the highest slot that it finds with no-ops",
            breaks: "Every request answered",
        }
    }
    as it is: "as in the papers",
}

messages! {
    /// What servers and clients send.
    enum Msg {
        /// Phase 1a, of all slots from this one on (p1a): "will you ignore everything below this ballot?"
        Prepare { ballot: Ballot, from: Slot } = "prepare", Arrow, Blue, "prepare {ballot}";
        /// Phase 1b (p1b): "I will, and this is what I have accepted."
        Promise { ballot: Ballot, found: Found } = "promise", Tag, Green, "promise {ballot}{found}";
        /// Phase 2a (p2a): "accept this command for this slot, in this ballot."
        Accept { ballot: Ballot, slot: Slot, command: Command } = "accept", Disc, Orange, "{slot}: {command}";
        /// Phase 2b (p2b): "I have."
        Accepted { ballot: Ballot, slot: Slot } = "accepted", Diamond, Green, "accepted {slot}";
        /// "I have promised a higher one": the leader is overtaken (PMMC: *preempted*).
        Nack { ballot: Ballot, promised: Ballot } = "nack", Hollow, Red, "no {ballot}: {promised}";
        /// These commands are decided, for the slots from this one on.
        Decision { first: Slot, commands: Vec<Command> } = "decision", Square, Purple, "decided {first}";
        /// The leader is there, and its replica comes to this slot next.
        Heartbeat { ballot: Ballot, next: Slot } = "heartbeat", Arrow, Quiet, "heartbeat {ballot}";
        /// A replica that lags behind asks what was decided from this slot on.
        Missing { from: Slot } = "missing", Arrow, Purple, "what is {from}?";
        /// A client asks for an operation.
        ClientRequest { serial: u32, op: Op } = "client request", Square, Blue, "{op}";
        /// It was executed.
        ClientReply { serial: u32, answer: Answer } = "client reply", Tag, Blue, "{answer}";
        /// Not here: who leads, as far as the server knows.
        Redirect { serial: u32, hint: Hint } = "redirect", Hollow, Blue, "{hint}";
    }
}

impl KeyValueMsg for Msg {
    fn request(serial: u32, op: Op) -> Self {
        Msg::ClientRequest { serial, op }
    }

    fn reply(&self) -> Option<(u32, Reply<i32>)> {
        match *self {
            Msg::ClientReply { serial, answer } => Some((serial, answer.into())),
            Msg::Redirect { serial, hint } => Some((serial, Reply::Elsewhere(hint.0))),
            _ => None,
        }
    }
}

facts! {
    /// What servers tell, each once, where it happens.
    enum Fact {
        /// It has booted again after a crash.
        Boots = "boots",
        /// It begins a ballot.
        Begins { ballot: Ballot } = "begins",
        /// Its acceptor has promised.
        Promised { ballot: Ballot } = "promised" => Quiet,
        /// It leads: so many slots were found in promises, and so many below them were not.
        Leads { ballot: Ballot, found: u32, holes: u32 } = "leads" => Decisive,
        /// It has heard of a higher ballot, and gives its own up.
        Outbid { ballot: Ballot, by: Ballot } = "outbid",
        /// Its timeout is longer from now on.
        Grows { ms: u64 } = "grows",
        /// Its acceptor has promised a higher ballot, and refuses.
        Ignored { ballot: Ballot } = "ignored" => Quiet,
        /// As leader it takes a client's request.
        Takes { client: u16, serial: u32 } = "takes" => Quiet,
        /// As leader it asks for this command in this slot, and why.
        Proposes { slot: Slot, ballot: Ballot, why: Why } = "proposes",
        /// As leader it knows that this command is chosen.
        Decides { slot: Slot, ballot: Ballot, command: Command } = "decides" => Decisive,
        /// Its replica lags behind, and asks for what it has missed.
        LagsBehind { from: Slot } = "lags-behind",
    }
}

/// What a server tells of every slot, to promises and gauges alone.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Each {
    /// Its acceptor has accepted, and that is on its disk.
    Accepted { slot: Slot, vote: PValue },
    /// Its replica has applied a command.
    Applied { slot: Slot, command: Command, request: Option<(NodeId, u32, Op)>, values: u64 },
}

impl crate::sim::Fact for Each {
    fn name(&self) -> &'static str {
        match self {
            Each::Accepted { .. } => "accepted",
            Each::Applied { .. } => "applied",
        }
    }

    fn fleeting(&self) -> bool {
        true
    }
}

impl Each {
    /// What an applied command was to the state machine.
    fn executed(&self) -> Option<store::Applied> {
        match *self {
            Each::Applied { slot, request, values, .. } => {
                Some(store::Applied { index: slot, request, values })
            }
            Each::Accepted { .. } => None,
        }
    }
}

/// Why a leader proposes a command for a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// A client has asked for it.
    Asked,
    /// A promise told of it.
    Found,
    /// No promise told of anything, but of something behind it.
    Filler,
}

/// A ballot's number: rounds come first, and the leader's own number makes those of one round differ.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Ballot {
    round: u32,
    leader: u16,
}

impl Ballot {
    /// No ballot; lower than all.
    const NONE: Ballot = Ballot { round: 0, leader: 0 };

    /// It as one number, for the bands of the diagram: 3.2 is 32.
    fn epoch(self) -> u64 {
        u64::from(self.round) * 10 + u64::from(self.leader)
    }
}

impl fmt::Display for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Ballot::NONE => f.write_str("none"),
            Ballot { round, leader } => write!(f, "{round}.{leader}"),
        }
    }
}

impl fmt::Debug for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a slot tells the state machine to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Command {
    /// Nothing: it fills a hole.
    Noop,
    /// A client's operation, with the client's number, from 1, and its number for this request: the same for every retry.
    Client { client: u16, serial: u32, op: Op },
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Noop => f.write_str("no-op"),
            Command::Client { op, .. } => op.fmt(f),
        }
    }
}

/// A vote: a command in a ballot. With its slot, PMMC calls it a *pvalue*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct PValue {
    ballot: Ballot,
    command: Command,
}

/// What a promise tells of: each slot with the last vote there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Found(Vec<(Slot, PValue)>);

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => Ok(()),
            [(slot, _)] => write!(f, ", slot {slot}"),
            all => write!(f, ", {} slots", all.len()),
        }
    }
}

/// Who leads, as far as a server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Hint(Option<NodeId>);

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(node) => write!(f, "ask {}", name_of(node)),
            None => f.write_str("no leader"),
        }
    }
}

/// `S3` for node 2: servers are the first nodes of the world.
fn name_of(node: NodeId) -> String {
    format!("S{}", node.0 + 1)
}

/// What is installed on every server alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Rules {
    servers: u16,
    leaders: u16,
    timeout: Span,
    growing: bool,
    heartbeat: Span,
    // Phase 1 for every command anew.
    each: bool,
    window: u32,
    // Ballots a server begins at most; 0: any number.
    most: u32,
    mutant: Mutant,
}

impl Rules {
    fn of(params: &Params) -> Self {
        let servers = params.int("servers") as u16;
        let leaders = match params.int("leaders") as u16 {
            0 => servers,
            few => few.min(servers),
        };
        Rules {
            servers,
            leaders,
            timeout: params.ms("timeout_ms"),
            growing: params.word("timeout") == "growing",
            heartbeat: params.ms("heartbeat_ms"),
            each: params.word("phase1") == "each",
            window: params.int("window") as u32,
            most: params.int("ballots_most") as u32,
            mutant: Mutant::of(params),
        }
    }

    fn servers(self) -> impl Iterator<Item = NodeId> {
        (0..self.servers).map(NodeId)
    }

    fn peers(self, me: NodeId) -> impl Iterator<Item = NodeId> {
        self.servers().filter(move |&s| s != me)
    }

    fn may_lead(self, node: NodeId) -> bool {
        node.0 < self.leaders
    }

    /// How many servers a leader takes for enough.
    fn need(self) -> usize {
        let n = usize::from(self.servers);
        match self.mutant {
            Mutant::HalfIsEnough => n / 2,
            _ => majority(n),
        }
    }

    /// The node of client number `client`, and the other way round.
    fn client(self, client: u16) -> NodeId {
        NodeId(self.servers + client - 1)
    }

    fn number(self, client: NodeId) -> u16 {
        client.0 + 1 - self.servers
    }

    /// No timeout grows beyond this.
    fn longest_timeout(self) -> Span {
        Span(if self.growing { 4 * self.timeout.0 } else { self.timeout.0 })
    }
}

/// The servers, then the clients.
fn build(params: &Params, seed: u64) -> Result<Setup, Refusal> {
    let rules = Rules::of(params);
    let at_once = |i: u16| match params.word("start") {
        "s1" => i == 0,
        "together" => true,
        _ => false,
    };
    let server = |i: u16| {
        let server = Server::new(NodeId(i), rules, at_once(i));
        let mut node = NodeSetup::server(name_of(NodeId(i)), Host::boxed(server));
        node.config.sync_us = params.ms("sync_ms").0;
        node
    };
    let config = ClientConfig {
        servers: 0..rules.servers,
        interval: params.ms("interval_ms"),
        retry: params.ms("retry_ms"),
        patience: Span::ZERO,
    };
    let client = |i: u16| {
        let client = Client::new(KeyValue::new(), config.clone(), NodeId(i % rules.servers));
        NodeSetup::client(format!("C{}", i + 1), Host::boxed(client))
    };
    let clients = params.int("clients") as u16;
    let nodes = (0..rules.servers).map(server).chain((0..clients).map(client)).collect();
    Ok(Setup { seed, nodes, ..Setup::default() })
}
