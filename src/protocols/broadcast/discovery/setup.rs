//! What is installed on every node, and who stands where.
//!
//! The rule that is easy to break: only the registry's way has a registry. Hosts come before callers in every way.

use super::caller::Caller;
use super::host::Shop;
use super::{Mutant, Node, Role};
use crate::kit::prelude::*;

/// How one hears of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Way {
    Registry,
    Multicast,
    Gossip,
}

/// How the service leaves its first host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Leaves {
    // It moves to the second host, and says nothing at the first, or says so.
    Silent,
    Farewell,
    // The first host's process ends, and it starts at the second.
    Dies,
    // It moves nowhere.
    Ends,
}

/// What is installed on every node alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Config {
    pub way: Way,
    pub callers: u16,
    pub calls: Span,
    pub ttl: Span,
    pub lease: Span,
    pub beat: Span,
    pub moves: Span,
    pub leaves: Leaves,
    pub evicts: bool,
    pub patience: Span,
    pub delay: Span,
    pub spread: Span,
    pub mutant: Mutant,
}

/// The bound on delivery.
pub(super) const BOUND: Span = Span::ms(100);
/// Between which hosts the service moves.
pub(super) const HOSTS: u16 = 2;

pub(super) const PARAMS: &[Param] = &[
    Param::choice(
        "way",
        "How one hears of the service",
        &[
            Choice::new("registry", "a registry is asked"),
            Choice::new("multicast", "who serves announces it to all"),
            Choice::new("gossip", "members of a group gossip (SWIM)"),
        ],
    ),
    Param::int("callers", "Callers", 3, 1..=8),
    Param::ms("calls_ms", "From one call of a caller to its next, in the mean (0: by hand)", 200, 0..=60_000),
    Param::ms("ttl_ms", "A caller keeps an address for", 1_000, 0..=60_000),
    Param::ms("lease_ms", "A registration lasts", 1_500, 100..=60_000),
    Param::ms("beat_ms", "A heartbeat, an announcement, a ping every", 400, 20..=10_000),
    Param::ms("moves_ms", "The service leaves its first host at (0: by hand)", 3_000, 0..=600_000),
    Param::choice(
        "leaves",
        "How it leaves",
        &[
            Choice::new("silent", "it moves, and says nothing where it was"),
            Choice::new("farewell", "it moves, and says so"),
            Choice::new("dies", "its host's process ends, and it starts at the other"),
            Choice::new("ends", "it ends silently, and starts nowhere"),
        ],
    ),
    Param::flag("evicts", "A call that fails drops the address", false),
    Param::ms("patience_ms", "An answer is waited for", 250, 20..=10_000),
    Param::ms("delay_ms", "A message takes", 20, 0..=50),
    Param::ms("spread_ms", "And up to so much more", 0, 0..=50),
    Mutant::PARAM,
];

impl Config {
    pub fn of(p: &Params) -> Self {
        Config {
            way: match p.word("way") {
                "multicast" => Way::Multicast,
                "gossip" => Way::Gossip,
                _ => Way::Registry,
            },
            callers: p.int("callers") as u16,
            calls: p.ms("calls_ms"),
            ttl: p.ms("ttl_ms"),
            lease: p.ms("lease_ms"),
            beat: p.ms("beat_ms"),
            moves: p.ms("moves_ms"),
            leaves: match p.word("leaves") {
                "farewell" => Leaves::Farewell,
                "dies" => Leaves::Dies,
                "ends" => Leaves::Ends,
                _ => Leaves::Silent,
            },
            evicts: p.flag("evicts"),
            patience: p.ms("patience_ms"),
            delay: p.ms("delay_ms"),
            spread: p.ms("spread_ms"),
            mutant: Mutant::of(p),
        }
    }

    /// The registry, if there is one.
    pub fn registry(self) -> Option<NodeId> {
        (self.way == Way::Registry).then_some(NodeId(0))
    }

    fn first_host(self) -> u16 {
        u16::from(self.way == Way::Registry)
    }

    pub fn host(self, k: u16) -> NodeId {
        NodeId(self.first_host() + k)
    }

    pub fn hosts(self) -> impl Iterator<Item = NodeId> {
        (0..HOSTS).map(move |k| self.host(k))
    }

    pub fn caller_nodes(self) -> impl Iterator<Item = NodeId> {
        let first = self.first_host() + HOSTS;
        (first..first + self.callers).map(NodeId)
    }

    /// What a node is called.
    pub fn name(self, node: NodeId) -> String {
        let (first, hosts) = (self.first_host(), self.first_host() + HOSTS);
        match node.0 {
            n if n < first => REGISTRY.to_owned(),
            n if n < hosts => host_name(n - first),
            n => format!("C{}", n - hosts + 1),
        }
    }

    /// The group: hosts and callers.
    pub fn group(self) -> impl Iterator<Item = NodeId> {
        self.hosts().chain(self.caller_nodes())
    }
}

/// The name of the registry.
const REGISTRY: &str = "Registry";

/// The name of a host.
pub(super) fn host_name(k: u16) -> String {
    format!("Host {}", char::from(b'A' + k.min(25) as u8))
}

/// Who is pinged, or asked to ping, must be able to answer in time.
fn check(config: &Config) -> Result<(), Refusal> {
    let least = 12 * (config.delay.0 + config.spread.0);
    if config.way == Way::Gossip && config.beat.0 < least {
        let why = format!(
            "a third of a period must be as long as four messages, or the living are called failed: {} at least, and it is {}",
            Span(least),
            config.beat
        );
        return Err(Refusal::new("period-too-short", why));
    }
    Ok(())
}

pub(super) fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let config = Config::of(p);
    check(&config)?;
    let boxed = |me, role| Host::boxed(Node::new(config, me, role));
    let mut nodes = Vec::new();
    if let Some(me) = config.registry() {
        nodes.push(NodeSetup::server(REGISTRY, boxed(me, Role::Registry(None))));
    }
    for me in config.hosts() {
        nodes.push(NodeSetup::server(config.name(me), boxed(me, Role::Host(Shop::new(config, me)))));
    }
    for me in config.caller_nodes() {
        let caller = Caller::new(config, None);
        nodes.push(NodeSetup::server(config.name(me), boxed(me, Role::Caller(caller))));
    }
    let Config { delay, spread, .. } = config;
    let delay = match spread.0 {
        0 => Delay::Constant { us: delay.0 },
        _ => Delay::Uniform { min_us: delay.0, max_us: delay.0 + spread.0 },
    };
    let timing = Timing::BoundedAsync { delay_us: BOUND.0 };
    Ok(Setup { seed, timing, link: Link::fair_loss(delay, 0), nodes, ..Setup::default() })
}
