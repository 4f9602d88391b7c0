//! What each node shows, what each caller has heard of and for how long, what is lacking and why, and counts for scenario files.
//!
//! The rule that is easy to break: where the service is stands in the hosts alone. A caller's row says what it has heard; whether that is so, only
//! whoever stands outside can tell.

use super::caller::Caller;
use super::host::Shop;
use super::setup::Way;
use super::{Node, Role};
use crate::kit::prelude::*;
use crate::sim::Status;

pub(super) fn inspect(node: &Node) -> Inspect {
    let shown = match &node.role {
        Role::Registry(entry) => {
            let said = entry.map_or_else(|| "nobody".to_owned(), |(claim, _)| node.config.name(claim.host));
            Inspect::of("registry", Glyph::Crown)
                .badge(said.clone())
                .field("registered", said)
                .field("until, by its clock", entry.map_or_else(|| "-".to_owned(), |(_, until)| clock(until)))
        }
        Role::Host(shop) => {
            let (role, glyph) = match () {
                () if shop.is_gone() => ("gone", Glyph::Cross),
                () if shop.since().is_some() => ("serving", Glyph::Check),
                () => ("idle", Glyph::None),
            };
            let since = shop.since().map_or_else(|| "-".to_owned(), clock);
            Inspect::of(role, glyph)
                .prominent(role == "serving")
                .badge(role)
                .field("serves since, by its clock", since)
        }
        Role::Caller(caller) => caller_shown(node, caller),
    };
    match node.config.way {
        Way::Gossip => shown.field("calls failed", failed(node)),
        _ => shown,
    }
}

fn caller_shown(node: &Node, caller: &Caller) -> Inspect {
    let heard = heard(node, caller);
    let (role, glyph) = match () {
        () if caller.is_looking() => ("asking", Glyph::Question),
        () if heard.is_some() => ("caller", Glyph::Person),
        () => ("without", Glyph::Person),
    };
    let said = heard.map_or_else(|| "nobody".to_owned(), |host| node.config.name(host));
    Inspect::of(role, glyph)
        .badge(said.clone())
        .field("has heard of", said)
        .field(
            "until, by its clock",
            caller.cached().map_or_else(|| "-".to_owned(), |(_, until)| clock(until)),
        )
        .field("calls open", caller.calls_open())
}

/// A moment of a node's clock.
fn clock(us: u64) -> String {
    match us {
        u64::MAX => "for ever".to_owned(),
        us => format!("{}.{:03} s", us / 1_000_000, us / 1_000 % 1_000),
    }
}

/// The host of which a caller has heard, whether it is still good or not.
fn heard(node: &Node, caller: &Caller) -> Option<NodeId> {
    match node.config.way {
        Way::Gossip => node.members.address(),
        _ => caller.cached().map(|(claim, _)| claim.host),
    }
}

fn failed(node: &Node) -> String {
    let all = node.config.group().filter(|&n| node.members.has_failed(n));
    let names: Vec<String> = all.map(|n| node.config.name(n)).collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}

fn nodes(world: &World) -> impl Iterator<Item = (NodeId, &Node)> {
    world.node_ids().filter_map(|n| Some((n, world.node_as::<Node>(n)?)))
}

fn callers(world: &World) -> impl Iterator<Item = (NodeId, &Node, &Caller)> {
    nodes(world).filter_map(|(n, node)| match &node.role {
        Role::Caller(caller) => Some((n, node, caller)),
        _ => None,
    })
}

fn shop(world: &World, host: NodeId) -> Option<&Shop> {
    match &world.node_as::<Node>(host)?.role {
        Role::Host(shop) => Some(shop),
        _ => None,
    }
}

/// Whether the service runs there now.
fn runs(world: &World, host: NodeId) -> bool {
    let up = !matches!(world.status(host), Status::Crashed | Status::Stopped);
    up && shop(world, host).is_some_and(|shop| shop.since().is_some())
}

/// The address that a caller would call now.
fn good(world: &World, n: NodeId, node: &Node) -> Option<NodeId> {
    node.address(world.clock(n).shows_us.max(0) as u64)
}

/// What each caller has heard of, for how long that is good, and whether it is so.
pub(super) fn boards(_: &Params, world: &World) -> Vec<Board> {
    let row = |(n, node, caller): (NodeId, &Node, &Caller)| {
        let now = world.clock(n).shows_us.max(0) as u64;
        let address = good(world, n, node);
        let left = match (node.config.way, caller.cached()) {
            (Way::Gossip, _) | (_, None) => "-".to_owned(),
            (_, Some((_, u64::MAX))) => "for ever".to_owned(),
            (_, Some((_, until))) => format!("{} ms", until.saturating_sub(now) / 1_000),
        };
        let (text, mood) = match address {
            None => ("nobody".to_owned(), Mood::Waiting),
            Some(host) if runs(world, host) => (node.config.name(host), Mood::Good),
            Some(host) => (format!("{}: not there", node.config.name(host)), Mood::Bad),
        };
        (world.name(n).to_owned(), vec![Field::of(text).mood(mood), Field::of(left)])
    };
    let rows = callers(world).map(row).collect();
    vec![Board::table("Whom each caller would call", &["caller", "address", "good for"], rows)]
}

/// Every caller that has no address, or one at which nobody is.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let lacking = callers(world).filter_map(|(n, node, caller)| {
        let address = good(world, n, node);
        match address {
            Some(host) if runs(world, host) => None,
            Some(host) => Some(stale(world, (n, node, caller), host)),
            None => Some(without(world, (n, node))),
        }
    });
    lacking.collect()
}

fn stale(world: &World, (n, node, _): (NodeId, &Node, &Caller), host: NodeId) -> Absence {
    let what =
        format!("{} has not heard that the service has left {}", world.name(n), node.config.name(host));
    let condition = match node.config.way {
        Way::Gossip => Condition::of("a member has told it so", false).lacks([Lack::Time(n)]),
        Way::Registry => Condition::of("its time to live is over", false).lacks([Lack::Time(n)]),
        Way::Multicast => {
            let serving = node.config.hosts().filter(|&host| runs(world, host));
            let lacks: Vec<Lack> = serving.map(|host| Lack::Way(host, n, &["announce"])).collect();
            Condition::of("an announcement of the new address has come", false).lacks(lacks)
        }
    };
    Absence::of(Lacking::Convergence, what, vec![condition])
}

fn without(world: &World, (n, node): (NodeId, &Node)) -> Absence {
    let what = format!("{} knows of nobody to call", world.name(n));
    let serving: Vec<NodeId> = node.config.hosts().filter(|&host| runs(world, host)).collect();
    let condition = match node.config.registry() {
        Some(registry) if !world.is_up(registry) => {
            Condition::of("the registry has answered", false).lacks([Lack::Running(registry)])
        }
        Some(registry) => Condition::of("the registry has answered", false).lacks([Lack::Word(
            registry,
            n,
            &["lookup", "found"],
        )]),
        None => Condition::of("whoever serves has told it", false)
            .lacks(serving.iter().map(|&host| Lack::Way(host, n, &[])).collect::<Vec<_>>()),
    };
    let runs = Condition::of("the service runs somewhere", !serving.is_empty());
    Absence::of(Lacking::Answer, what, vec![runs, condition])
}

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "stale-callers",
        label: "callers whose address is one at which nobody serves",
        read: |world, _| {
            let stale =
                callers(world).filter(|(n, node, _)| good(world, *n, node).is_some_and(|h| !runs(world, h)));
            Some(stale.count() as i64)
        },
    },
    Probe {
        id: "right-callers",
        label: "callers whose address is one at which the service runs",
        read: |world, _| {
            let right =
                callers(world).filter(|(n, node, _)| good(world, *n, node).is_some_and(|h| runs(world, h)));
            Some(right.count() as i64)
        },
    },
];
