//! The links of the stage: which are drawn, and what is the matter with each.
//!
//! The rule that is easy to break: what is drawn is what stands out. A trouble that all links share is
//! said once, above the stage; and a link that has a line keeps it, so that nothing flickers.

use super::Plan;
use crate::sim::world::{Layout, World};
use crate::sim::{Link, Loss, NodeId};
use crate::view::words;

/// What is the matter with one direction of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkState {
    /// Nothing.
    Open,
    /// It is slower than most.
    Slow,
    /// It loses, doubles, reorders or changes messages, or queues them.
    Faulty,
    /// A partition stands between.
    Walled,
    /// It is cut.
    Cut,
}

/// A pair of nodes with a link in each direction; `a` is the lower number.
#[derive(Clone, Debug, PartialEq)]
pub struct PairView {
    /// The node with the lower number.
    pub a: NodeId,
    /// The node with the higher number.
    pub b: NodeId,
    /// The direction from `a` to `b`.
    pub there: LinkState,
    /// The direction from `b` to `a`.
    pub back: LinkState,
    /// What is the matter with each, for a tooltip and a name: `20 % loss`.
    pub notes: (String, String),
}

/// With more links at rest than this (those of fourteen nodes that all know each other) none is drawn:
/// they would be a grey felt.
pub const MOST_MESHED: usize = 91;

/// Pairs at rest on a stage with room, else only those with something the matter.
pub(super) fn pairs(world: &World, plan: &Plan) -> Vec<PairView> {
    let all = every(plan.len());
    let drawn: Vec<bool> = all.clone().map(|(a, b)| at_rest(world, plan, a, b)).collect();
    let meshed = drawn.iter().filter(|d| **d).count() <= MOST_MESHED;
    let usual = usual(world, plan);
    let mut found = Vec::new();
    for ((a, b), linked) in all.zip(drawn) {
        let there = state(world, a, b, &usual);
        let back = state(world, b, a, &usual);
        let matters = there != LinkState::Open || back != LinkState::Open;
        // A setting of every link is said once, above the stage; only what is blocked or
        // stands out is drawn for pairs that have no line.
        let stands_out = there > LinkState::Faulty || back > LinkState::Faulty;
        if (meshed && linked) || (stands_out && (meshed || linked)) || (matters && linked) {
            let notes = (note(world, a, b, there), note(world, b, a, back));
            found.push(PairView { a, b, there, back, notes });
        }
    }
    found
}

/// Every pair of `n` nodes, the lower number first.
fn every(n: usize) -> impl Iterator<Item = (NodeId, NodeId)> + Clone {
    let n = n as u16;
    (0..n).flat_map(move |a| (a + 1..n).map(move |b| (NodeId(a), NodeId(b))))
}

/// Whether a pair has a line when nothing is the matter: where its figure has one; on a map and to a client beside the
/// figure, where a message has gone or a link has settings of its own.
fn at_rest(world: &World, plan: &Plan, a: NodeId, b: NodeId) -> bool {
    let used = |from, to| world.carried(from, to) > 0 || world.has_own_settings(from, to);
    let seated = plan.linked(a, b);
    if seated && plan.layout != Layout::Map {
        return true;
    }
    (seated || plan.reaches_in(a, b)) && (used(a, b) || used(b, a))
}

/// What is usual in this world: its links' delay, and how much each goes wrong. A trouble that all
/// links share is said once, above the stage; what is drawn is what stands out.
struct Usual {
    delay_us: u64,
    troubles: [u32; 5],
}

/// How much of each trouble a link has: loss, doubling, corruption, reordering, a bottleneck.
fn troubles(link: &Link) -> [u32; 5] {
    [
        link.loss_ppm,
        link.duplicate_ppm,
        link.corrupt_ppm,
        link.reorder_ppm,
        u32::from(link.bandwidth_bytes_s > 0),
    ]
}

/// How long a link takes, typically.
fn typical_us(link: &Link) -> u64 {
    link.delay.sample(1 << 63).0.max(1)
}

/// The least of three links: one that was made worse does not make the others good. On a map, where each
/// link is as long as it is, the delay of most of them.
fn usual(world: &World, plan: &Plan) -> Usual {
    let mut members = plan.members();
    let (a, b) = (members.next().unwrap_or_default(), members.next().unwrap_or_default());
    let c = members.next().unwrap_or(a);
    let mut usual = Usual { delay_us: u64::MAX / 4, troubles: [u32::MAX; 5] };
    for (from, to) in [(a, b), (b, a), (c, b)].into_iter().filter(|(x, y)| x != y) {
        let link = world.link(from, to);
        usual.delay_us = usual.delay_us.min(typical_us(link));
        let least = usual.troubles.iter_mut().zip(troubles(link));
        least.for_each(|(u, t)| *u = (*u).min(t));
    }
    if plan.layout == Layout::Map {
        let mut delays: Vec<u64> =
            every(plan.len().min(MOST_MEASURED)).map(|(a, b)| typical_us(world.link(a, b))).collect();
        delays.sort_unstable();
        let most = delays.len() * 4 / 5;
        usual.delay_us = delays.get(most).copied().unwrap_or(usual.delay_us);
    }
    usual
}

/// Of so many nodes of a map the links are looked at to tell what is slow.
const MOST_MEASURED: usize = 24;

fn state(world: &World, from: NodeId, to: NodeId, usual: &Usual) -> LinkState {
    let link = world.link(from, to);
    match world.blocked(from, to) {
        Loss::Cut => return LinkState::Cut,
        Loss::Partition => return LinkState::Walled,
        _ => {}
    }
    if troubles(link).iter().zip(&usual.troubles).any(|(t, u)| t > u) {
        LinkState::Faulty
    } else if typical_us(link) > usual.delay_us.saturating_mul(2) {
        LinkState::Slow
    } else {
        LinkState::Open
    }
}

/// What is the matter with a link, in a few words.
fn note(world: &World, from: NodeId, to: NodeId, state: LinkState) -> String {
    let link: &Link = world.link(from, to);
    match state {
        LinkState::Open => String::new(),
        LinkState::Cut => "cut".to_owned(),
        LinkState::Walled => "behind a partition".to_owned(),
        LinkState::Slow => format!("slow, about {}", link.delay.sample(1 << 63)),
        LinkState::Faulty => {
            let percent = |ppm: u32, what: &str| (ppm > 0).then(|| format!("{} {what}", words::chance(ppm)));
            let mut parts: Vec<String> = [
                percent(link.loss_ppm, "loss"),
                percent(link.duplicate_ppm, "doubled"),
                percent(link.corrupt_ppm, "corrupted"),
                percent(link.reorder_ppm, "set aside"),
            ]
            .into_iter()
            .flatten()
            .collect();
            if link.bandwidth_bytes_s > 0 {
                parts.push(format!("{} kB/s", link.bandwidth_bytes_s / 1_000));
            }
            parts.join(", ")
        }
    }
}
