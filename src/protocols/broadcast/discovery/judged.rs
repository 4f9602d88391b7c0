//! What discovery promises: no made-up addresses, no way back to an older one, a window for stale calls, and that who calls again is answered.
//!
//! The rule that is easy to break: a stale call is no mistake. The promise is that it ends: after what was said before has run out everywhere,
//! at the registry and at the caller, and what was on its way has come.

use super::setup::{BOUND, Config, Way, host_name};
use super::{Claim, Fact};
use crate::check::promise::monotonic;
use crate::kit::prelude::*;
use crate::sim::SimTime;
use std::collections::BTreeMap;
use std::fmt;

/// Spans are measured by clocks that run evenly, by nodes that are awake, and over links that keep their bound.
const IN_TIME: &[Need] = &[Need::Bound, Need::NoPause, Need::Clocks, Need::Pace, Need::Correct];
const IN_THE_END: &[Need] =
    &[Need::AllUp, Need::Fair, Need::NoPause, Need::Correct, Need::Pace, Need::Clocks, Need::Onward];

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let config = Config::of(p);
    let since: fn(&Fact) -> Option<u64> = pick!(Fact::Learned { since, .. } => *since);
    let heard = match config.registry() {
        Some(_) => nothing_made_up::<1>(),
        None => nothing_made_up::<0>(),
    };
    let mut all = vec![
        heard,
        monotonic(
            "Newest address",
            "no caller goes back from an address to one that has started earlier",
            since,
        )
        .needs(&[Need::Correct])
        .boxed(),
    ];
    if let Some((window, claim)) = window(&config) {
        let stale = Stale { window, stopped: BTreeMap::new() };
        all.push(
            Promised::safety("Stale window", claim, stale)
                .needs(IN_TIME)
                .rests_on("what is heard lives for its time, and no longer")
                .boxed(),
        );
    }
    let again = Again { by_hand: config.calls == Span::ZERO, ..Again::default() };
    let claim = "who calls again is answered in the end, if the service runs";
    all.push(Promised::liveness("Found again", claim, again).needs(IN_THE_END).boxed());
    all
}

/// A claim as people read it. The hosts stand behind `FIRST` other nodes, and a fact says no more than a node's number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Named<const FIRST: u16>(Claim);

impl<const FIRST: u16> fmt::Display for Named<FIRST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Claim { since, host } = self.0;
        write!(f, "an address at {} since {}", host_name(host.0.saturating_sub(FIRST)), SimTime(since))
    }
}

fn nothing_made_up<const FIRST: u16>() -> Box<dyn Property> {
    let started: fn(&Fact) -> Option<Named<FIRST>> =
        pick!(Fact::Started { host, since } => Named(Claim { host: *host, since: *since }));
    let learned: fn(&Fact) -> Option<Named<FIRST>> =
        pick!(Fact::Learned { host, since } => Named(Claim { host: *host, since: *since }));
    let claim = "a caller hears of an address only if the service has started there";
    no_creation("No creation", claim, started, learned).needs(&[Need::Correct]).boxed()
}

/// How long after the end of a service somebody may call it, at most.
fn window(config: &Config) -> Option<(Span, &'static str)> {
    let lives = config.ttl.0 + BOUND.0;
    match config.way {
        Way::Registry => Some((
            Span(lives + config.lease.0 + BOUND.0),
            "nobody calls an address for longer after its end than lease, time to live, and two messages",
        )),
        Way::Multicast => Some((
            Span(lives),
            "nobody calls an address for longer after its end than time to live, and a message",
        )),
        Way::Gossip => None,
    }
}

/// When each host has stopped.
#[derive(Clone)]
struct Stale {
    window: Span,
    stopped: BTreeMap<NodeId, (SimTime, EventId)>,
}

impl Rule for Stale {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (caller, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Started { host, .. } => _ = self.stopped.remove(&host),
                Fact::Stopped { host, .. } => _ = self.stopped.insert(host, (seen.event.time, seen.id)),
                Fact::Called { host } => {
                    let Some(&(at, event)) = self.stopped.get(&host) else {
                        continue;
                    };
                    let late = seen.event.time.since(at);
                    if late > self.window {
                        let (who, whom) = (seen.world.name(caller), seen.world.name(host));
                        let why = format!(
                            "{who} calls {whom}, where the service ended {late} ago; it may be {}",
                            self.window
                        );
                        return Err(Broken::new([event, seen.id], why));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whose newest call has failed, since when; and who serves.
#[derive(Clone, Default)]
struct Again {
    by_hand: bool,
    failed: BTreeMap<NodeId, SimTime>,
    serving: BTreeMap<NodeId, u64>,
    newest: Option<Claim>,
    excuse: Option<&'static str>,
}

impl Rule for Again {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Started { host, since } => {
                    self.serving.insert(host, since);
                    self.newest = self.newest.max(Some(Claim { since, host }));
                }
                Fact::Stopped { host, .. } => _ = self.serving.remove(&host),
                Fact::Answered { .. } => _ = self.failed.remove(&node),
                Fact::Failed { .. } | Fact::Unknown => {
                    self.failed.entry(node).or_insert(seen.event.time);
                }
                _ => {}
            }
        }
        let newest = self.serving.iter().map(|(&host, &since)| Claim { since, host }).max();
        self.excuse = match newest {
            None => Some("the service runs nowhere"),
            _ if newest != self.newest => {
                Some("who serves has started earlier, by its clock, than one that has ended since")
            }
            _ if self.by_hand => Some("nobody calls again by itself"),
            _ => None,
        };
        Ok(())
    }

    fn missing(&self) -> Option<String> {
        let who = self.failed.len();
        (who > 0).then(|| format!("{who} callers have had no answer to their newest call"))
    }

    fn excuse(&self) -> Option<&str> {
        self.excuse
    }

    fn since(&self) -> SimTime {
        self.failed.values().min().copied().unwrap_or_default()
    }
}
