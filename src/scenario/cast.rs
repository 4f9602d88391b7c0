//! Who is meant by a word of a scenario file: `S3`, `leader`, `follower 2`, `minority with leader`.
//!
//! The rule that is easy to break: a word is looked up in the world of its moment, and one that names
//! nobody is refused with those whom it could have named. Nobody is struck by default.

use super::front::{Side, Who};
use crate::check::standing::LEADER;
use crate::check::{Standing, Standings};
use crate::sim::letters::short;
use crate::sim::world::{Status, World};
use crate::sim::{NodeId, Refusal};

/// A word split into what it says and the number behind it: `follower 2`.
fn numbered(word: &str) -> (&str, usize) {
    let split = word.rsplit_once(' ');
    let number = split.and_then(|(what, n)| Some((what, n.parse::<usize>().ok()?)));
    number.filter(|(_, n)| *n > 0).unwrap_or((word, 1))
}

/// `2 others`: how many.
fn count_of_others(word: &str) -> Option<usize> {
    let (n, what) = word.split_once(' ')?;
    matches!(what, "other" | "others").then(|| n.parse().ok()).flatten()
}

/// The node called `word`, whatever the run.
pub fn by_name(world: &World, word: &str) -> Option<NodeId> {
    world.node_ids().find(|&n| world.name(n) == word)
}

/// The node that `who` means now.
///
/// # Errors
/// A word that names nobody now, with those whom one could name.
pub fn one(world: &World, who: &Who) -> Result<NodeId, Refusal> {
    let word = who.0.as_str();
    if let Some(node) = by_name(world, word) {
        return Ok(node);
    }
    let (what, nth) = numbered(word);
    let found = match what {
        LEADER if nth == 1 => super::look::leader(world),
        "server" => world.servers().nth(nth - 1),
        "client" => world.node_ids().filter(|&n| world.is_client(n)).nth(nth - 1),
        "crashed" => with_status(world, &[Status::Crashed, Status::Stopped], nth),
        "paused" => with_status(world, &[Status::Paused], nth),
        role => {
            let shows = |&n: &NodeId| world.is_up(n) && world.inspect(n).role == role;
            world.node_ids().filter(shows).nth(nth - 1)
        }
    };
    found.ok_or_else(|| nobody(world, word))
}

fn with_status(world: &World, wanted: &[Status], nth: usize) -> Option<NodeId> {
    let is = |&n: &NodeId| wanted.contains(&world.status(n));
    world.node_ids().filter(is).nth(nth - 1)
}

fn nobody(world: &World, word: &str) -> Refusal {
    let mut roles: Vec<String> = Vec::new();
    for node in world.node_ids().filter(|&n| world.is_up(n)) {
        let role = world.inspect(node).role;
        if !roles.contains(&role) && roles.len() < 8 {
            roles.push(role);
        }
    }
    let names: Vec<&str> = world.node_ids().take(8).map(|n| world.name(n)).collect();
    Refusal::new(
        "nobody",
        format!(
            "'{}' names nobody at {}: there are the nodes {}, the roles {}, and the words server, client, \
             crashed, paused, each with a number behind it",
            short(word),
            world.now(),
            names.join(", "),
            roles.join(", ")
        ),
    )
}

/// Whom an edit has named so far, for `others`.
#[derive(Clone, Debug, Default)]
pub struct Named {
    nodes: Vec<NodeId>,
    // Whom `minority without` has left out: last among the others. Links made long ago hold such edits.
    spared: Option<NodeId>,
}

/// The nodes that `side` means now, in order; `named` are those that the same edit has named before, and
/// those named here are added to it.
///
/// # Errors
/// A word that names nobody; fewer others than are asked for.
pub fn many(world: &World, side: &Side, named: &mut Named) -> Result<Vec<NodeId>, Refusal> {
    let mut all = Vec::new();
    for word in side.words() {
        let found = group(world, word, named)?;
        for node in found {
            if !all.contains(&node) {
                all.push(node);
            }
            if !named.nodes.contains(&node) {
                named.nodes.push(node);
            }
        }
    }
    Ok(all)
}

fn group(world: &World, who: &Who, named: &mut Named) -> Result<Vec<NodeId>, Refusal> {
    let word = who.0.as_str();
    if by_name(world, word).is_some() {
        return Ok(vec![one(world, who)?]);
    }
    let spared = |n: &NodeId| Some(*n) == named.spared;
    let mut others: Vec<NodeId> = world.servers().filter(|n| !named.nodes.contains(n)).collect();
    others.sort_by_key(spared);
    if let Some(count) = count_of_others(word) {
        let found: Vec<NodeId> = others.into_iter().take(count).collect();
        return match found.len() == count {
            true => Ok(found),
            false => Err(Refusal::new(
                "nobody",
                format!("'{}': there are only {} others", short(word), found.len()),
            )),
        };
    }
    let mut minority = |with: bool, who: &str| {
        let node = one(world, &Who(who.to_owned()))?;
        let mut servers: Vec<NodeId> = world.servers().filter(|&n| n != node).collect();
        servers.insert(if with { 0 } else { servers.len() }, node);
        named.spared = (!with).then_some(node);
        servers.truncate((servers.len() - 1) / 2);
        match servers.is_empty() {
            true => Err(Refusal::new("nobody", "fewer than half of so few servers is nobody")),
            false => Ok(servers),
        }
    };
    match word {
        "others" => Ok(others),
        "servers" => Ok(world.servers().collect()),
        "clients" => Ok(world.node_ids().filter(|&n| world.is_client(n)).collect()),
        "everyone" => Ok(world.node_ids().collect()),
        _ => match (word.strip_prefix("minority with "), word.strip_prefix("minority without ")) {
            (Some(who), _) => minority(true, who),
            (_, Some(who)) => minority(false, who),
            _ => Ok(vec![one(world, who)?]),
        },
    }
}

/// Whether `node` was whom `who` means, when something was done to the world.
pub fn was(world: &World, then: (&Standings, &Standing), node: NodeId, who: &Who) -> bool {
    let (standings, standing) = then;
    let word = who.0.as_str();
    if let Some(named) = by_name(world, word) {
        return named == node;
    }
    let role = |node| standings.role(standing, node);
    match numbered(word) {
        (LEADER, _) => standing.leader == Some(node),
        ("server", nth) if word != "server" => world.servers().nth(nth - 1) == Some(node),
        ("client", nth) if word != "client" => {
            world.node_ids().filter(|&n| world.is_client(n)).nth(nth - 1) == Some(node)
        }
        ("server", _) => !world.is_client(node),
        ("client", _) => world.is_client(node),
        // Without a number: any node of that role.
        (what, _) if what == word => role(node) == what,
        (what, nth) => world.node_ids().filter(|&n| role(n) == what).nth(nth - 1) == Some(node),
    }
}
