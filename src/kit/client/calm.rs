//! Liveness for clients: every request is answered in time, while what the protocol assumes is in force.
//!
//! The rule that is easy to break: a request that is unanswered is pending, not lost. The promise is
//! judged only where it was made: all that is assumed has been in force for longer than the patience, and
//! the client has waited for longer, too.

use super::Fact;
use crate::check::account::reach::Reach;
use crate::check::calm::Calm;
use crate::check::{Broken, Promised, Rule, Seen, Wake};
use crate::sim::{EventId, EventKind, NodeId, SimTime, Span, Status};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Every request, queued ones too, ends within `patience` of calm. `assumes` says which assumption is not
/// in force, in words, or gives the servers that must answer: it is judged for clients that reach them all.
pub fn answered_in_calm<A>(
    name: &'static str,
    claim: &'static str,
    patience: Span,
    assumes: A,
) -> Promised<impl Rule>
where
    A: Fn(Reach<'_>) -> Result<Vec<NodeId>, String> + Clone + 'static,
{
    let rule = InCalm {
        patience,
        calm: Calm::new(assumes),
        clients: BTreeMap::new(),
        look_at: SimTime::ZERO,
        excuse: None,
    };
    Promised::liveness(name, claim, rule)
}

/// What a client waits for, and since when nothing has come of it.
#[derive(Clone, Copy, Default)]
struct Waiting {
    under_way: bool,
    queued: u32,
    since: SimTime,
    event: EventId,
    // Whether something out of force keeps it from its answer, and since when nothing does.
    hindered: bool,
    served_since: SimTime,
}

impl Waiting {
    fn open(&self) -> u32 {
        u32::from(self.under_way) + self.queued
    }

    fn take(&mut self, fact: &Fact) {
        match fact {
            Fact::Queued { .. } => self.queued += 1,
            // The queue is served before anything new.
            Fact::Asked { .. } => {
                self.under_way = true;
                self.queued = self.queued.saturating_sub(1);
            }
            Fact::Ended { .. } => self.under_way = false,
            Fact::Retried { .. } => {}
        }
    }
}

#[derive(Clone)]
struct InCalm<A> {
    patience: Span,
    calm: Calm<A>,
    clients: BTreeMap<NodeId, Waiting>,
    // When it is worth looking again.
    look_at: SimTime,
    // What is out of force between a client that waits and the servers.
    excuse: Option<Rc<str>>,
}

impl<A: Fn(Reach<'_>) -> Result<Vec<NodeId>, String>> InCalm<A> {
    fn note(&mut self, seen: &Seen<'_>) {
        self.calm.after(seen);
        let here = Waiting { since: seen.event.time, event: seen.id, ..Waiting::default() };
        for (node, fact) in seen.facts::<Fact>() {
            if !matches!(fact, Fact::Retried { .. }) {
                // Who begins to wait, or has waited for what is over, is looked at now.
                self.look_at = SimTime::ZERO;
                let waiting = self.clients.entry(node).or_default();
                waiting.take(fact);
                (waiting.since, waiting.event) = (here.since, here.event);
            }
        }
        // What a client that is down waited for it does not wait for any more.
        if seen.event.kind == EventKind::Fault
            && let Some(node) = seen.node()
            && let Some(waiting) = self.clients.get_mut(&node)
            && matches!(seen.world.status(node), Status::Crashed | Status::Stopped)
        {
            *waiting = Waiting { served_since: waiting.served_since, hindered: waiting.hindered, ..here };
        }
    }

    /// Looks at what is between each client that waits and the servers that work.
    fn look(&mut self, reach: Reach<'_>, servers: &[NodeId]) {
        self.excuse = None;
        let step = Span(self.patience.0 / 16);
        for (&client, w) in self.clients.iter_mut().filter(|(_, w)| w.open() > 0) {
            match reach.served(client, servers, step) {
                Err(why) => {
                    w.hindered = true;
                    self.excuse = Some(why.into());
                }
                // It has come into force since the last look.
                Ok(()) if w.hindered => (w.hindered, w.served_since) = (false, reach.world.now()),
                Ok(()) => {}
            }
        }
    }

    /// The longest wait may be over the bound, and so may be the calm.
    #[cold]
    fn judge(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        let now = seen.event.time;
        self.look_at = now + Span(self.patience.0 / 4);
        let Some(servers) = self.calm.look(seen) else {
            return Ok(());
        };
        self.look(seen.reach(), &servers);
        if !self.calm.outlasts(self.patience, now) {
            return Ok(());
        }
        let long = |since| now.since(since) > self.patience;
        let late = |w: &Waiting| w.open() > 0 && !w.hindered && long(w.since) && long(w.served_since);
        match self.clients.iter().find(|(_, w)| late(w)) {
            None => Ok(()),
            Some((&client, w)) => {
                let (who, since) = (seen.world.name(client), w.since);
                let why = format!("{who} has waited since {since} for an answer");
                Err(Broken::new([w.event, seen.id], why))
            }
        }
    }
}

impl<A> Rule for InCalm<A>
where
    A: Fn(Reach<'_>) -> Result<Vec<NodeId>, String> + Clone + 'static,
{
    /// Time alone can break it.
    fn wake(&self) -> Wake {
        Wake::Always
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        if seen.is_news() {
            self.note(seen);
        }
        // Trouble begins with what is done to the world, and may be over before the next look.
        let stirs = matches!(seen.event.kind, EventKind::Fault | EventKind::Flap)
            || seen.account.stirred() == seen.event.time;
        if seen.event.time < self.look_at && !stirs {
            return Ok(());
        }
        self.judge(seen)
    }

    fn missing(&self) -> Option<String> {
        match self.clients.values().map(Waiting::open).sum::<u32>() {
            0 => None,
            1 => Some("1 request unanswered".to_owned()),
            n => Some(format!("{n} requests unanswered")),
        }
    }

    fn excuse(&self) -> Option<&str> {
        self.calm.excuse().or(self.excuse.as_deref())
    }
}
