//! Liveness: every request is answered, while what Raft assumes of time and network is in force.
//!
//! The rule that is easy to break: a request that is unanswered is pending, not lost. The promise
//! is judged only where it was made: a majority is up and connected, no message is lost, timeouts
//! are longer than a broadcast and spread wider than it (sections 5.4 and 5.6), and all that for so
//! long that dozens of elections had time to succeed.

use super::Broken;
use crate::check::{Class, Property, Seen, Verdict, witness};
use crate::protocols::consensus::raft::client::Client;
use crate::protocols::consensus::raft::config::Config;
use crate::sim::world::{Status, World};
use crate::sim::{EventId, EventKind, Loss, NodeId, SimTime, Span};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How many of the longest election timeouts, and rounds of retries over all servers, a calm phase
/// must last before an unanswered request counts as never answered.
const ELECTIONS: u64 = 40;
const ROUNDS: u64 = 4;

/// What is known of a client.
#[derive(Clone, Copy)]
struct Waiting {
    revision: u32,
    open: usize,
    since: SimTime,
    event: EventId,
}

/// Every request is answered.
#[derive(Clone)]
pub(super) struct Answered {
    config: Config,
    patience: Span,
    clients: BTreeMap<NodeId, Waiting>,
    calm_since: SimTime,
    /// When it is worth looking again.
    look_at: SimTime,
    /// Which assumption is not in force, as of the last change of the world.
    excuse: Option<Rc<str>>,
    broken: Option<Rc<Broken>>,
}

impl Answered {
    pub(super) fn new(config: Config, retry: Span) -> Self {
        let elections = config.election_max.0 * ELECTIONS;
        let rounds = retry.0 * u64::from(config.servers) * ROUNDS;
        Answered {
            config,
            patience: Span(elections + rounds),
            clients: BTreeMap::new(),
            calm_since: SimTime::ZERO,
            look_at: SimTime::ZERO,
            excuse: None,
            broken: None,
        }
    }

    /// Notes what a client waits for now.
    fn note_client(&mut self, seen: &Seen<'_>) {
        let Some(node) = seen.node().filter(|&n| !self.config.is_server(n)) else {
            return;
        };
        let Some(client) = seen.world.node_as::<Client>(node) else {
            return;
        };
        let revision = client.score().revision;
        let running = matches!(seen.world.status(node), Status::Up | Status::Paused);
        let open = if running { client.open() } else { 0 };
        let old = self.clients.get(&node);
        if old.is_some_and(|w| w.revision == revision && w.open == open) {
            return;
        }
        let waiting = Waiting {
            revision,
            open,
            since: seen.event.time,
            event: seen.id,
        };
        self.clients.insert(node, waiting);
    }

    /// A change of the world, or bad luck on a link, begins a new phase.
    fn note_trouble(&mut self, seen: &Seen<'_>) {
        let changed = matches!(seen.event.kind, EventKind::Fault | EventKind::Flap);
        // Losses by a crash, a cut or a partition follow from a state that is looked at itself.
        let expected = matches!(
            seen.event.loss,
            Loss::None | Loss::ReceiverDown | Loss::Cut | Loss::Partition
        );
        if changed || !expected {
            self.calm_since = seen.event.time;
        }
        if changed || seen.event.kind == EventKind::Start {
            self.excuse = self.excuse(seen.world).err().map(Into::into);
        }
    }

    /// The servers that make up the working majority; or which assumption is not in force.
    fn excuse(&self, world: &World) -> Result<Vec<NodeId>, String> {
        let up: Vec<NodeId> = self.config.servers().filter(|&s| world.is_up(s)).collect();
        let majority = usize::from(self.config.servers) / 2 + 1;
        if up.len() < majority {
            return Err(format!(
                "only {} of {} servers run",
                up.len(),
                self.config.servers
            ));
        }
        if let Some(&s) = up.iter().find(|&&s| !world.lies(s).is_empty()) {
            return Err(format!("{} lies", world.name(s)));
        }
        let group = self.connected(world, &up, majority)?;
        self.check_machines(world, &group)?;
        self.check_links(world, &group)?;
        Ok(group)
    }

    /// A majority of running servers that all hear each other, and nobody else.
    fn connected(
        &self,
        world: &World,
        up: &[NodeId],
        majority: usize,
    ) -> Result<Vec<NodeId>, String> {
        let open = |a, b| world.blocked(a, b) == Loss::None;
        for &s in up {
            let group: Vec<NodeId> = up
                .iter()
                .copied()
                .filter(|&t| t == s || (open(s, t) && open(t, s)))
                .collect();
            if group.len() < majority {
                continue;
            }
            let whole = group.iter().all(|&a| {
                up.iter().all(|&b| {
                    let inside = group.contains(&b);
                    a == b || (open(a, b) == inside && open(b, a) == inside)
                })
            });
            return if whole {
                Ok(group)
            } else {
                Err("some servers hear only a part of the majority".to_owned())
            };
        }
        Err("no majority of servers can talk to each other".to_owned())
    }

    fn check_machines(&self, world: &World, group: &[NodeId]) -> Result<(), String> {
        for &s in group {
            let c = world.config(s);
            let name = world.name(s);
            if c.send_omission_ppm > 0 || c.receive_omission_ppm > 0 || c.late_us > 0 {
                return Err(format!("{name} is faulty"));
            }
            if c.drift_ppm.abs() > 100_000 {
                return Err(format!("the clock of {name} drifts by more than a tenth"));
            }
            // A leader handles an answer from everyone in each broadcast.
            let steps = c.service_us * u64::from(self.config.servers) + 2 * c.sync_us;
            if 4 * steps > self.config.election_min.0 {
                return Err(format!("{name} is too slow for its election timeout (5.6)"));
            }
        }
        Ok(())
    }

    /// broadcastTime << electionTimeout (section 5.6), and timeouts that spread wider than that.
    fn check_links(&self, world: &World, group: &[NodeId]) -> Result<(), String> {
        let mut longest = 0;
        for &a in group {
            for &b in group.iter().filter(|&&b| b != a) {
                let link = world.link(a, b);
                if link.loss_ppm > 0 || link.corrupt_ppm > 0 {
                    return Err("links lose messages".to_owned());
                }
                match link.longest(1_500) {
                    Some(span) => longest = longest.max(span.0),
                    None => return Err("a delay without bound".to_owned()),
                }
            }
        }
        let Config {
            election_min,
            election_max,
            heartbeat,
            ..
        } = self.config;
        if heartbeat.0 + 2 * longest >= election_min.0
            || 2 * longest > election_max.0 - election_min.0
        {
            return Err("a broadcast takes too long for the election timeout (5.6)".to_owned());
        }
        Ok(())
    }

    /// The longest wait is over the bound, and so is the calm: judges it.
    #[cold]
    fn judge(&mut self, seen: &Seen<'_>) {
        let now = seen.event.time;
        self.look_at = now + Span(self.patience.0 / 4);
        let late = |since: SimTime| now.since(since) > self.patience;
        if !late(self.calm_since) {
            return;
        }
        let group = match self.excuse(seen.world) {
            Ok(group) => group,
            Err(why) => {
                self.excuse = Some(why.into());
                return;
            }
        };
        let reaches = |client: NodeId| {
            let open = |a, b| {
                seen.world.blocked(a, b) == Loss::None && seen.world.link(a, b).loss_ppm == 0
            };
            let up = seen.world.is_up(client);
            up && group.iter().all(|&s| open(client, s) && open(s, client))
        };
        let stuck = self
            .clients
            .iter()
            .find(|&(&c, w)| w.open > 0 && late(w.since) && reaches(c));
        if let Some((&client, w)) = stuck {
            self.broken = Some(Rc::new(Broken {
                witness: witness([w.event, seen.id]),
                why: format!(
                    "{} has waited since {} for an answer",
                    seen.world.name(client),
                    w.since
                ),
                assumption: format!(
                    "all that Raft assumes has been in force for {}: a connected majority, and broadcastTime << electionTimeout (5.6); a rule must be broken: {}",
                    self.patience,
                    self.config.mutant.assumption()
                ),
            }));
        }
    }
}

impl Property for Answered {
    fn name(&self) -> &'static str {
        "Every request answered"
    }

    fn claim(&self) -> &'static str {
        "each request is answered, once a majority is up and connected"
    }

    fn class(&self) -> Class {
        Class::Liveness
    }

    fn after(&mut self, seen: &Seen<'_>) {
        match seen.event.kind {
            EventKind::Fault | EventKind::Flap | EventKind::Lost | EventKind::Start => {
                self.note_trouble(seen);
            }
            _ => {}
        }
        self.note_client(seen);
        if seen.event.time >= self.look_at && self.broken.is_none() {
            self.judge(seen);
        }
    }

    fn verdict(&self) -> Verdict {
        if let Some(b) = &self.broken {
            return Verdict::Violated {
                witness: b.witness.clone(),
                why: b.why.clone(),
                assumption: b.assumption.clone(),
            };
        }
        let open: usize = self.clients.values().map(|w| w.open).sum();
        let what = match open {
            0 => return Verdict::Holding,
            1 => "1 request unanswered".to_owned(),
            n => format!("{n} requests unanswered"),
        };
        let why = match &self.excuse {
            Some(excuse) => format!("{what}; nothing is promised now: {excuse}"),
            None => what,
        };
        Verdict::Pending { why }
    }

    fn clone_box(&self) -> Box<dyn Property> {
        Box::new(self.clone())
    }
}
