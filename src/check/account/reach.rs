//! Who works and hears whom now, and how long a message takes: what a promise in time asks of the world.
//!
//! The rule that is easy to break: what is out of force is named with whom it is about and since when; what has been so
//! from the start of the scenario has no such moment.

use super::Account;
use super::line::{Assumption, Key, Whom};
use crate::sim::{Loss, NodeId, SimTime, Span, Status, World};

/// The world as it is now, and the account of how it came to be so.
#[derive(Clone, Copy)]
pub struct Reach<'a> {
    /// The world.
    pub world: &'a World,
    /// The account.
    pub account: &'a Account,
}

impl Reach<'_> {
    /// More than half of `servers`, all of which run, tell no lies, and hear each other and nobody else.
    ///
    /// # Errors
    /// What is missing, in words.
    pub fn working_majority(&self, servers: &[NodeId]) -> Result<Vec<NodeId>, String> {
        let world = self.world;
        let up: Vec<NodeId> = servers.iter().copied().filter(|&s| world.is_up(s)).collect();
        let majority = servers.len() / 2 + 1;
        if up.len() < majority {
            let absent = servers.iter().filter(|&&s| !world.is_up(s));
            let keys =
                absent.flat_map(|&s| [Assumption::Power, Assumption::Awake].map(|a| (a, Whom::Node(s))));
            return Err(format!("only {} of {} servers run{}", up.len(), servers.len(), self.last(keys)));
        }
        if let Some(&s) = up.iter().find(|&&s| !world.lies(s).is_empty()) {
            let since = self.since([(Assumption::Correct, Whom::Node(s))]);
            return Err(format!("{} lies{since}", world.name(s)));
        }
        let open = |a, b| world.blocked(a, b) == Loss::None;
        let hears = |s: NodeId| {
            let both = |&t: &NodeId| t == s || (open(s, t) && open(t, s));
            up.iter().copied().filter(both).collect::<Vec<_>>()
        };
        let Some(group) = up.iter().map(|&s| hears(s)).find(|g| g.len() >= majority) else {
            return Err(format!("no majority of servers can talk to each other{}", self.walled(servers)));
        };
        let whole = group.iter().all(|&a| {
            up.iter().all(|&b| {
                let inside = group.contains(&b);
                a == b || (open(a, b) == inside && open(b, a) == inside)
            })
        });
        match whole {
            true => Ok(group),
            false => Err(format!("some servers hear only a part of the majority{}", self.walled(servers))),
        }
    }

    /// Whether `node` does what its code says, each step within `step`, by a clock that keeps pace.
    ///
    /// # Errors
    /// What is out of force, in words, with the node's name.
    pub fn fit(&self, node: NodeId, step: Span) -> Result<(), String> {
        let world = self.world;
        let (c, name) = (world.config(node), world.name(node));
        let work = c.service_us + c.sync_us;
        let waiting = world.waiting(node) as u64;
        let (assumption, why) = match world.status(node) {
            Status::Paused => (Assumption::Awake, format!("{name} is paused")),
            Status::Crashed | Status::Stopped => (Assumption::Power, format!("{name} is not running")),
            Status::Up if !world.lies(node).is_empty() => (Assumption::Correct, format!("{name} lies")),
            Status::Up if c.send_omission_ppm > 0 || c.receive_omission_ppm > 0 || c.late_us > 0 => {
                (Assumption::Correct, format!("{name} is faulty"))
            }
            Status::Up if c.drift_ppm.abs() > 100_000 => {
                (Assumption::Drift, format!("the clock of {name} drifts by more than a tenth"))
            }
            Status::Up if world.clock_behind_us(node) > 0 => {
                (Assumption::Leap, format!("the clock of {name} was set back, and has not caught up"))
            }
            Status::Up if work > step.0 => (Assumption::Processor, format!("{name} is too slow")),
            Status::Up if world.busy_for(node) > step => {
                (Assumption::Processor, format!("{name} is still at a step that takes long"))
            }
            Status::Up if waiting * work > 4 * step.0 => {
                (Assumption::Processor, format!("{waiting} inputs wait at {name}"))
            }
            Status::Up => return Ok(()),
        };
        Err(format!("{why}{}", self.since([(assumption, Whom::Node(node))])))
    }

    /// Whether each of `group` is [`fit`](Self::fit).
    ///
    /// # Errors
    /// The first that is not, in words.
    pub fn sound(&self, group: &[NodeId], step: Span) -> Result<(), String> {
        group.iter().try_for_each(|&s| self.fit(s, step))
    }

    /// The longest that a message of so many bytes is under way within `group`, provided that none is lost.
    ///
    /// # Errors
    /// What is missing, in words.
    pub fn longest_delay(&self, group: &[NodeId], bytes: u32) -> Result<Span, String> {
        let mut longest = Span::ZERO;
        for &a in group {
            for &b in group.iter().filter(|&&b| b != a) {
                longest = longest.max(self.delay((a, b), bytes)?);
            }
        }
        Ok(longest)
    }

    /// Whether all of `group` hear each other, in no longer than `longest` if a message is not lost.
    ///
    /// # Errors
    /// Who does not, in words.
    pub fn in_touch(&self, group: &[NodeId], longest: Span) -> Result<(), String> {
        let world = self.world;
        let pairs = || group.iter().flat_map(|&a| group.iter().map(move |&b| (a, b))).filter(|(a, b)| a != b);
        if let Some((a, b)) = pairs().find(|&(a, b)| world.blocked(a, b) != Loss::None) {
            return Err(format!("{} hears nothing from {}", world.name(b), world.name(a)));
        }
        let found = self.longest_delay(group, 64)?;
        match found > longest {
            true => Err(format!("a message may take {found}, and the timeouts are made for {longest}")),
            false => Ok(()),
        }
    }

    /// The longest that a message of so many bytes is under way between one of `left` and one of `right`, either way.
    ///
    /// # Errors
    /// What is missing, in words.
    pub fn longest_between(&self, left: &[NodeId], right: &[NodeId], bytes: u32) -> Result<Span, String> {
        let mut longest = Span::ZERO;
        for &a in left {
            for &b in right {
                longest = longest.max(self.delay((a, b), bytes)?).max(self.delay((b, a), bytes)?);
            }
        }
        Ok(longest)
    }

    /// The longest that a message of so many bytes takes from one to the other, provided that it is not lost.
    fn delay(&self, (a, b): (NodeId, NodeId), bytes: u32) -> Result<Span, String> {
        let (world, link) = (self.world, self.world.link(a, b));
        if link.loss_ppm > 0 || link.corrupt_ppm > 0 {
            return Err(format!("links lose messages{}", self.changed(Assumption::Losses, (a, b))));
        }
        if world.waits_for_frame(a, b) {
            let (a, b) = (world.name(a), world.name(b));
            return Err(format!("{b} holds back what came from {a}, for something before it is missing"));
        }
        match link.longest(bytes) {
            Some(span) => Ok(span.max(world.queued_for(a, b))),
            None => Err(format!("a delay without bound{}", self.changed(Assumption::Settings, (a, b)))),
        }
    }

    /// Whether `client` does what its code says, each step within `patience`, and hears each of `servers` and is heard
    /// by it in no longer.
    ///
    /// # Errors
    /// What is out of force, in words.
    pub fn served(&self, client: NodeId, servers: &[NodeId], patience: Span) -> Result<(), String> {
        let world = self.world;
        self.fit(client, patience)?;
        for &s in servers {
            for (a, b) in [(client, s), (s, client)] {
                let (from, to) = (world.name(a), world.name(b));
                if world.blocked(a, b) != Loss::None {
                    let since =
                        self.since([(Assumption::Open, Whom::Link(a, b)), (Assumption::Open, Whom::Network)]);
                    return Err(format!("{to} hears nothing from {from}{since}"));
                }
                if self.delay((a, b), 1_500)? > patience {
                    let since = self.changed(Assumption::Settings, (a, b));
                    return Err(format!("a message from {from} to {to} takes too long{since}"));
                }
            }
        }
        Ok(())
    }

    /// Since when the first of these that is out of force has been, for the end of a sentence; nothing, if the
    /// scenario began so.
    fn since(&self, keys: impl IntoIterator<Item = Key>) -> String {
        said(self.begun(keys).min())
    }

    /// Since when all of these have been.
    fn last(&self, keys: impl IntoIterator<Item = Key>) -> String {
        said(self.begun(keys).max())
    }

    fn begun(&self, keys: impl IntoIterator<Item = Key>) -> impl Iterator<Item = SimTime> {
        keys.into_iter().filter_map(|key| Some(self.account.lines.get(key)?.now.as_ref()?.since))
    }

    /// Since when the last of the walls, and of the cuts between `servers`, has stood.
    fn walled(&self, servers: &[NodeId]) -> String {
        let among = |whom: Whom| match whom {
            Whom::Link(a, b) => servers.contains(&a) && servers.contains(&b),
            _ => true,
        };
        let lines = self.account.lines.of(Assumption::Open).filter(|(whom, _)| among(*whom));
        said(lines.filter_map(|(_, line)| Some(line.now.as_ref()?.since)).max())
    }

    /// When this was changed last of a link.
    fn changed(&self, what: Assumption, (a, b): (NodeId, NodeId)) -> String {
        let keys = [Whom::Link(a, b), Whom::Network].map(|whom| (what, whom));
        said(keys.iter().filter_map(|&key| Some(self.account.lines.get(key)?.until)).max())
    }
}

fn said(since: Option<SimTime>) -> String {
    since.map_or_else(String::new, |since| format!(" (since {since})"))
}
