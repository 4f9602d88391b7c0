//! What a world is made of, before anything has happened.

use super::machine::{Machine, NodeConfig};
use super::{Pending, World};
use crate::sim::hash::Fx;
use crate::sim::host::Node;
use crate::sim::ids::{EventId, NodeId};
use crate::sim::limits;
use crate::sim::link::Link;
use crate::sim::links::Links;
use crate::sim::queue::Queue;
use crate::sim::refusal::Refusal;
use crate::sim::time::SimTime;
use crate::sim::timing::Timing;
use crate::sim::trace::{Event, EventKind, Loss};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the nodes stand on the stage. Means nothing to the engine.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// All on a circle, clients outside it; every pair has a link.
    #[default]
    Circle,
    /// A ring: only neighbours have links, clockwise.
    Ring,
    /// From left to right; only neighbours have links.
    Line,
    /// Two hills with a valley between.
    TwoHills,
    /// The nodes of group 0 in the middle, all others around; links from the middle outward.
    Star,
    /// Group 0 on the left, group 1 on the right; links across.
    TwoSides,
    /// Group after group from the top down; links between neighbouring groups.
    Tiers,
    /// Row by row, as nearly square as may be; links to the neighbours.
    Grid,
    /// Each node where its [`Place`] says; links where they are used.
    Map,
}

/// Where a protocol wants a node to stand, as far as its layout asks for it. Means nothing to the engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The tier, the side, or how far from the middle.
    pub group: u8,
    /// On a map: from the left, in thousandths of the width.
    pub x: u16,
    /// On a map: from the top, in thousandths of the height.
    pub y: u16,
}

/// A node before the run.
#[derive(Clone)]
pub struct NodeSetup {
    /// What it is called: `S1`.
    pub name: String,
    /// The machine and the protocol on it.
    pub node: Box<dyn Node>,
    /// True for a client: drawn apart, not counted as a server.
    pub client: bool,
    /// Clock, processor and disk.
    pub config: NodeConfig,
    /// Where it stands, if the layout asks for it.
    pub place: Place,
}

impl NodeSetup {
    /// A server with a perfect clock, processor and disk.
    pub fn server(name: impl Into<String>, node: Box<dyn Node>) -> Self {
        NodeSetup {
            name: name.into(),
            node,
            client: false,
            config: NodeConfig::default(),
            place: Place::default(),
        }
    }

    /// In this tier, on this side, or at this distance from the middle.
    #[must_use]
    pub fn in_group(mut self, group: u8) -> Self {
        self.place.group = group;
        self
    }

    /// At this place of a map, in thousandths of its width and height.
    #[must_use]
    pub fn at(mut self, x: u16, y: u16) -> Self {
        self.place = Place { x, y, ..self.place };
        self
    }

    /// A client.
    pub fn client(name: impl Into<String>, node: Box<dyn Node>) -> Self {
        NodeSetup { client: true, ..Self::server(name, node) }
    }
}

/// Everything that a world is made of.
#[derive(Clone, Default)]
pub struct Setup {
    /// All that is random follows from it.
    pub seed: u64,
    /// The timing contract.
    pub timing: Timing,
    /// The settings of every link.
    pub link: Link,
    /// Links that differ.
    pub links: Vec<(NodeId, NodeId, Link)>,
    /// The nodes.
    pub nodes: Vec<NodeSetup>,
    /// How they stand.
    pub layout: Layout,
}

impl Setup {
    /// Refuses what is outside the limits or the timing contract, naming it.
    pub fn check(&self) -> Result<(), Refusal> {
        let n = self.nodes.len();
        if n == 0 || n > limits::NODES {
            return Err(Refusal::new(
                "too-many-nodes",
                format!("a world has 1 to {} nodes, not {n}", limits::NODES),
            ));
        }
        for node in &self.nodes {
            check_name(&node.name)?;
            node.config.check(self.timing)?;
        }
        self.timing.check()?;
        self.link.check()?;
        self.timing.check_link(&self.link)?;
        for (from, to, link) in &self.links {
            if from.index() >= n || to.index() >= n {
                return Err(Refusal::new(
                    "unknown-node",
                    format!("there is no link from node {from} to node {to}: there are {n} nodes"),
                ));
            }
            link.check()?;
            self.timing.check_link(link)?;
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    if name.is_empty() || name.chars().count() > limits::NAME_CHARS || name.chars().any(char::is_control) {
        return Err(Refusal::new(
            "bad-name",
            format!("a node's name has 1 to {} characters", limits::NAME_CHARS),
        ));
    }
    Ok(())
}

impl World {
    /// A world at time zero, in which every node is about to boot.
    ///
    /// # Errors
    /// Whatever [`Setup::check`] refuses.
    pub fn new(setup: Setup) -> Result<World, Refusal> {
        setup.check()?;
        let mut queue: Queue<Pending> = Queue::default();
        let mut links = Links::new(setup.nodes.len(), setup.link);
        for (from, to, link) in setup.links {
            links.set(from, to, link, SimTime::ZERO);
        }
        let mut nodes = Vec::with_capacity(setup.nodes.len());
        for (i, node) in setup.nodes.into_iter().enumerate() {
            let id = NodeId(i as u16);
            queue.push(SimTime::ZERO).to = id;
            nodes.push(Machine::new(setup.seed, id, node));
        }
        among_strangers(&mut nodes);
        Ok(World {
            seed: setup.seed,
            timing: setup.timing,
            layout: setup.layout,
            now: SimTime::ZERO,
            hash: Fx::of(setup.seed ^ nodes.len() as u64),
            steps: 0,
            events: 0,
            messages: 0,
            faults: 0,
            at_instant: 0,
            in_flight: 0,
            queue,
            nodes,
            links,
            walls: BTreeMap::new(),
            raised: 0,
            index: None,
            stopped: None,
            last: Event {
                time: SimTime::ZERO,
                cause: EventId::NONE,
                prev: EventId::NONE,
                data: 0,
                node: Event::NOBODY,
                kind: EventKind::Start,
                loss: Loss::None,
            },
            told: Vec::new(),
            fresh: false,
            scratch: Vec::new(),
        })
    }
}

/// Tells every machine whether the world speaks more than one language: then it asks of each message whether it is
/// understood.
fn among_strangers(nodes: &mut [Machine]) {
    let mut heard = nodes.iter().map(|m| m.node.hears());
    let first = heard.next();
    let strangers = heard.any(|other| Some(other) != first);
    for machine in nodes {
        machine.among_strangers = strangers;
        machine.refit();
    }
}
