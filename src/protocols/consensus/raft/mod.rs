//! Raft: a cluster of servers keeps one log, and every server applies it in the same order.
//!
//! Sources: Diego Ongaro and John Ousterhout, *In Search of an Understandable Consensus Algorithm
//! (Extended Version)*, 2014 (sections without a name are its), and Diego Ongaro, *Consensus:
//! Bridging Theory and Practice*, 2014 ("Ongaro 2014").
//!
//! How it works. Time is divided into *terms*; each begins with an election. A server that hears no
//! leader for a random while stands for the next term and asks all others for their votes. Each
//! gives one vote a term, to the first who asks, so at most one candidate gets a majority: it
//! *leads* (section 5.2; `election`). The leader appends clients' commands to its log and sends
//! them on. A follower takes new entries only if it has the entry just before them, and removes
//! what conflicts; so its log is, by induction, the leader's (5.3; `replication`). An entry that a
//! majority has stored is *committed*: applied to the state machine and answered (5.3, `serving`).
//!
//! Two rules keep what is committed. A vote goes only to a candidate whose log is at least as up to
//! date as the voter's (5.4.1); since a majority has the entry and a majority votes, one of the
//! voters has it, and so the winner. And a leader counts copies only of entries of its own term
//! (5.4.2); older ones are committed along with them. Leave either out (a [`config::Mutant`]) and
//! the [`properties`] show what breaks.
//!
//! Clients number their requests, and the state machine remembers the newest number of each, so
//! that a retry has no second effect (Ongaro 2014, section 6.3; [`client`], [`machine`]).
//!
//! The rule that is easy to break: nothing leaves a server before what it rests on is on disk
//! ([`server`]). What is left out: snapshots, membership changes, reads without the log.

pub mod client;
pub mod command;
pub mod config;
mod election;
pub mod log;
pub mod machine;
pub mod measures;
pub mod message;
pub mod properties;
mod replication;
pub mod server;
mod serving;
mod show;
pub mod start;

use crate::kit::{Choice, Entry, Param, ParamKind, Params, Probe};
use crate::sim::world::{NodeSetup, Setup};
use crate::sim::{Host, NodeId, Refusal, Span, Trace, World, limits};
use client::{Client, ClientConfig};
use config::{Config, Mutant};
use server::Server;
use start::Start;

/// What a server counts over a run, crashes included: for measures and tests, no part of Raft.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often it stood for a term.
    pub elections: u32,
    /// How often it won.
    pub won: u32,
    /// How often it stood and, when its timeout ran out again, nobody had won.
    pub undecided: u32,
    /// How often it removed conflicting entries.
    pub conflicts: u32,
    /// How often it, as leader, went back in a follower's log.
    pub backups: u32,
    /// How many log entries it applied that had been executed before.
    pub duplicates: u32,
    /// How many requests it answered from its table of sessions.
    pub from_session: u32,
    /// How often it booted after a crash.
    pub restarts: u32,
}

/// `S3` for node 2: servers are the first nodes of the world.
pub fn name_of(node: NodeId) -> String {
    format!("S{}", node.0 + 1)
}

/// `S1, S3 and S4`.
fn names(nodes: &[NodeId]) -> String {
    let all: Vec<String> = nodes.iter().map(|&n| name_of(n)).collect();
    match all.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((only, _)) => only.clone(),
        None => "nobody".to_owned(),
    }
}

const fn ms(id: &'static str, label: &'static str, range: (i64, i64, i64)) -> Param {
    let (default, min, max) = range;
    Param {
        id,
        label,
        kind: ParamKind::Int {
            default,
            min,
            max,
            unit: "ms",
        },
    }
}

const fn count(id: &'static str, label: &'static str, range: (i64, i64, i64)) -> Param {
    let (default, min, max) = range;
    Param {
        id,
        label,
        kind: ParamKind::Int {
            default,
            min,
            max,
            unit: "",
        },
    }
}

const fn switch(id: &'static str, label: &'static str, on: bool) -> Param {
    Param {
        id,
        label,
        kind: ParamKind::Bool(on),
    }
}

const fn choice(id: &'static str, label: &'static str, words: &'static [Choice]) -> Param {
    Param {
        id,
        label,
        kind: ParamKind::Choice(words),
    }
}

static PARAMS: [Param; 14] = [
    count("servers", "servers", (5, 3, 199)),
    count("clients", "clients", (1, 0, 5)),
    ms(
        "election_min_ms",
        "shortest election timeout",
        (150, 1, 60_000),
    ),
    ms(
        "election_max_ms",
        "longest election timeout",
        (300, 1, 60_000),
    ),
    ms("heartbeat_ms", "heartbeat", (50, 1, 60_000)),
    ms(
        "interval_ms",
        "a client thinks between requests (0: it asks only when told)",
        (500, 0, 60_000),
    ),
    ms(
        "retry_ms",
        "a client asks the next server after",
        (300, 10, 60_000),
    ),
    ms(
        "patience_ms",
        "a client gives up after (0: never)",
        (0, 0, 3_600_000),
    ),
    switch("prevote", "PreVote: ask before standing", false),
    switch(
        "checkquorum",
        "CheckQuorum: a leader that hears no majority steps down",
        false,
    ),
    switch("noop", "a new leader appends a no-op", false),
    switch("fastbackup", "fast back-up: a term at a time", true),
    choice("start", "logs at the start", &start::CHOICES),
    choice("mutant", "a rule left out", &Mutant::CHOICES),
];

/// Raft's line in the registry.
pub const ENTRY: Entry = Entry {
    id: "raft",
    title: "Raft",
    source: "Ongaro and Ousterhout 2014 (extended version); Ongaro 2014, sections 6 and 9",
    leaves_out: "snapshots, membership changes, and reads that bypass the log",
    params: &PARAMS,
    build,
    promises: properties::all,
    probes: &[Probe {
        id: "differing-logs",
        label: "servers whose log is not a piece of the leader's, or lacks what is committed",
        read: differing_logs,
    }],
    ..Entry::BLANK
};

/// An entry that is on its way to some is no difference.
fn differing_logs(world: &World, _: &Trace) -> Option<i64> {
    let servers = || world.node_ids().filter(|&n| world.is_up(n));
    let server = |n: NodeId| world.node_as::<Server>(n);
    let leads = |s: &&Server| s.role == server::Role::Leader;
    let leader = servers().filter_map(server).filter(leads).max_by_key(|s| s.current_term())?;
    let differs = |s: &&Server| {
        let own = s.log().last_index();
        s.log().common_prefix(leader.log()) != own || own < leader.commit_index()
    };
    Some(world.node_ids().filter_map(server).filter(differs).count() as i64)
}

/// The servers, then the clients.
fn build(params: &Params, seed: u64) -> Result<Setup, Refusal> {
    let config = Config::of(params)?;
    let clients = params.int("clients") as u16;
    let nodes = usize::from(config.servers) + usize::from(clients);
    if nodes > limits::SCENARIO_NODES {
        return Err(Refusal::new(
            "too-many-nodes",
            format!(
                "{} servers and {clients} clients are {nodes} nodes: at most {}",
                config.servers,
                limits::SCENARIO_NODES
            ),
        ));
    }
    let start = Start::named(params.word("start"));
    let span = |id| Span::ms(params.int(id).max(0) as u64);
    let client = ClientConfig {
        servers: config.servers,
        interval: span("interval_ms"),
        retry: span("retry_ms"),
        patience: span("patience_ms"),
    };
    let server_node = |i: u16| {
        let mut server = Server::new(NodeId(i), config);
        if i == 0 && start.first_stands() {
            server = server.with_first_timeout(config.election_min.0 / 3);
        }
        let host = Host::with_disk(server, start.disk(usize::from(i)));
        NodeSetup::server(name_of(NodeId(i)), Box::new(host))
    };
    let client_node = |i: u16| {
        let first = NodeId(i % config.servers);
        NodeSetup::client(
            format!("C{}", i + 1),
            Host::boxed(Client::new(client, first)),
        )
    };
    Ok(Setup {
        seed,
        nodes: (0..config.servers)
            .map(server_node)
            .chain((0..clients).map(client_node))
            .collect(),
        ..Setup::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_as_a_list() {
        let of = |ids: &[u16]| names(&ids.iter().map(|&i| NodeId(i)).collect::<Vec<_>>());
        assert_eq!(of(&[]), "nobody");
        assert_eq!(of(&[2]), "S3");
        assert_eq!(of(&[0, 2, 3]), "S1, S3 and S4");
    }
}
