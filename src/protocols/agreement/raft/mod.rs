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
//! the promises (`checks`) show what breaks.
//!
//! A log cannot grow for ever: once so many entries are applied, a server may write a *snapshot* of its state
//! machine and cut them off. Who still needs them gets the snapshot (Ongaro 2014, chapter 5; `snapshot`).
//!
//! Servers come and go, one at a time: a configuration is an entry of the log, and a server uses the latest that it
//! has (Ongaro 2014, chapter 4; `membership`).
//!
//! Clients number their requests, and the state machine remembers the newest number of each, so
//! that a retry has no second effect (Ongaro 2014, section 6.3; [`crate::kit::client`],
//! [`crate::kit::store`]).
//!
//! The rule that is easy to break: nothing leaves a server before what it rests on is on disk
//! ([`server`]). What is left out: joint consensus, reads without the log.

mod absent;
mod boards;
mod checks;
pub mod config;
mod election;
pub mod facts;
mod gauges;
pub mod log;
pub mod members;
pub mod membership;
pub mod message;
mod replication;
pub mod server;
mod serving;
mod show;
pub mod snapshot;
pub mod start;

use crate::check::account::listed;
use crate::kit::client::{self, ClientConfig};
use crate::kit::facts::joined;
use crate::kit::store::KeyValue;
use crate::kit::{Entry, Param, Params};
use crate::sim::world::{NodeSetup, Setup};
use crate::sim::{Host, NodeId, Refusal, limits};
use config::{Config, Mutant};
use server::Server;
use start::Start;

/// A client of the replicated store.
pub type Client = client::Client<KeyValue<message::Msg>>;

/// `S3` for node 2: servers are the first nodes of the world.
pub fn name_of(node: NodeId) -> String {
    format!("S{}", node.0 + 1)
}

/// `S1, S3 and S4`.
fn names(nodes: impl Iterator<Item = NodeId>) -> String {
    listed(&nodes.map(name_of).collect::<Vec<_>>())
}

static PARAMS: [Param; 19] = [
    Param::int("servers", "servers", 5, 3..=199),
    Param::int("clients", "clients", 1, 0..=5),
    Param::ms("election_min_ms", "shortest election timeout", 150, 1..=60_000),
    Param::ms("election_max_ms", "longest election timeout", 300, 1..=60_000),
    Param::ms("heartbeat_ms", "heartbeat", 50, 1..=60_000),
    Param::ms("interval_ms", "a client thinks between requests (0: it asks only when told)", 500, 0..=60_000),
    Param::ms("retry_ms", "a client asks the next server after", 300, 10..=60_000),
    Param::ms("patience_ms", "a client gives up after (0: never)", 0, 0..=3_600_000),
    Param::flag("prevote", "PreVote: ask before standing", false),
    Param::flag("checkquorum", "CheckQuorum: a leader that hears no majority steps down", false),
    Param::flag("lease", "etcd's variant: who hears a leader ignores candidates (with CheckQuorum)", false),
    Param::flag("noop", "a new leader appends a no-op", false),
    Param::flag("fastbackup", "fast back-up: a term at a time", true),
    Param::int("snapshot_every", "a snapshot after so many applied entries (0: never)", 0, 0..=1_000),
    Param::flag("membership", "members change: a leader can be asked to add and remove servers", false),
    Param::int("spares", "servers that stand by, to be added (members change)", 0, 0..=9),
    Param::ms("churn_ms", "a leader adds or removes a server by itself every (0: never)", 0, 0..=60_000),
    Param::choice("start", "logs at the start", &start::CHOICES),
    Mutant::PARAM,
];

/// Raft's line in the registry.
pub const ENTRY: Entry = Entry {
    id: "raft",
    title: "Raft",
    source: "Ongaro and Ousterhout 2014 (extended version); Ongaro 2014, chapters 4 to 6 and 9",
    leaves_out: "joint consensus, snapshots in parts, and reads that bypass the log",
    params: &PARAMS,
    mutants: Mutant::TABLE,
    facts: &FACTS,
    build,
    promises: checks::promises,
    gauges: gauges::ALL,
    boards: Some(boards::of),
    absences: Some(absent::absences),
    probes: boards::PROBES,
    ..Entry::BLANK
};

/// What servers tell, and clients.
const FACTS: [&str; facts::Fact::NAMES.len() + client::Fact::NAMES.len()] =
    joined(facts::Fact::NAMES, client::Fact::NAMES);

/// The servers, then the clients.
fn build(params: &Params, seed: u64) -> Result<Setup, Refusal> {
    let config = Config::of(params)?;
    let clients = params.int("clients") as u16;
    let nodes = usize::from(config.all()) + usize::from(clients);
    if nodes > limits::SCENARIO_NODES {
        return Err(Refusal::new(
            "too-many-nodes",
            format!(
                "{} servers and {clients} clients are {nodes} nodes: at most {}",
                config.all(),
                limits::SCENARIO_NODES
            ),
        ));
    }
    let start = Start::named(params.word("start"));
    let client = ClientConfig {
        servers: 0..config.all(),
        interval: params.ms("interval_ms"),
        retry: params.ms("retry_ms"),
        patience: params.ms("patience_ms"),
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
        let client = Client::new(KeyValue::new(), client.clone(), first);
        NodeSetup::client(format!("C{}", i + 1), Host::boxed(client))
    };
    Ok(Setup {
        seed,
        nodes: (0..config.all()).map(server_node).chain((0..clients).map(client_node)).collect(),
        ..Setup::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_as_a_list() {
        let of = |ids: &[u16]| names(ids.iter().map(|&i| NodeId(i)));
        assert_eq!(of(&[]), "nobody");
        assert_eq!(of(&[2]), "S3");
        assert_eq!(of(&[0, 2, 3]), "S1, S3 and S4");
    }
}
