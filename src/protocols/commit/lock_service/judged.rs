//! What a lock service promises: one holder, tokens that grow, no older write after a newer one, and that who asks gets in.
//!
//! The rule that is easy to break: a client that stands still inside is inside. What it does when it wakes it does as a holder, so
//! "one holder" needs a world in which nobody stands still for long; "newest token" needs none of that where the storage fences.

use super::{Fact, Rules, name};
use crate::kit::prelude::*;
use crate::sim::{SimTime, Status};
use std::collections::BTreeMap;

/// What a lease needs: that two clocks agree on how long it is, and that its holder is awake to see it end.
const LEASED: &[Need] = &[Need::NoPause, Need::Clocks, Need::Pace, Need::Correct];
/// Without fencing what was sent in time must come in time, too.
const UNFENCED: &[Need] = &[Need::NoPause, Need::Clocks, Need::Bound, Need::Pace, Need::Correct];
/// Who holds a plain lock holds it, however long it sleeps. What clocks show tells old answers from new ones.
const PLAIN: &[Need] = &[Need::Correct, Need::Clocks];
const PLAIN_UNFENCED: &[Need] = &[Need::Correct, Need::Bound, Need::Clocks];

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let rules = Rules::of(p);
    let moves: fn(&Fact) -> _ =
        pick!(Fact::Entered { .. } => Move::Enter, Fact::Left { .. } | Fact::Gone { .. } => Move::Leave);
    let one = mutual_exclusion("One holder", "no two clients believe that they hold the lock", moves);
    let claim = "a token is given once, each is higher than those before, and no other is renewed";
    let tokens = Promised::safety("Tokens grow", claim, Tokens::default());
    let writer: fn(&Fact) -> _ =
        pick!(Fact::Accepted { token, client, .. } => (format!("token {token}"), name(*client)));
    let claim = "all that is written with a token is written by one client";
    let writer = agreement("One writer a token", claim, "takes a write of", writer);
    let claim = "after a write with a token none with a lower one is accepted";
    let newest = Promised::safety("Newest token", claim, Fence { refusals: false, newest: None });
    let newest = match (rules.fencing, rules.leased) {
        (true, _) => newest.needs(&[Need::Correct]).rests_on("the newest token is on the storage's disk"),
        (false, true) => newest
            .needs(UNFENCED)
            .rests_on("the margin is as long as a write may be on its way, and clocks differ by less"),
        (false, false) => newest.needs(PLAIN_UNFENCED).rests_on("who releases has no write on its way"),
    };
    let claim = "a write is refused only if one with a higher token was accepted";
    let fair = Promised::safety("Fair refusals", claim, Fence { refusals: true, newest: None });
    let enters = Enters { plain: !rules.leased, open: BTreeMap::new(), gone: None };
    let enters = Promised::liveness("Everybody's turn", "who asks for the lock gets it in the end", enters);
    vec![
        one.needs(if rules.leased { LEASED } else { PLAIN })
            .rests_on("a holder is out before its lease is over at the server: the margin is longer than the gap to a write")
            .boxed(),
        newest.boxed(),
        tokens.needs(&[Need::Correct]).rests_on("the next token is on the server's disk").boxed(),
        writer.needs(&[Need::Correct]).rests_on("no token is given twice").boxed(),
        fair.needs(&[Need::Correct]).rests_on("the storage compares with what it has accepted").boxed(),
        enters
            .needs(match rules.leased {
                true => &[Need::AllUp, Need::Fair, Need::NoPause, Need::Correct, Need::Pace, Need::Onward],
                false => &[Need::NoCrash, Need::Fair, Need::NoPause, Need::Correct, Need::Pace, Need::Onward],
            })
            .boxed(),
    ]
}

/// The newest token that the server has given.
#[derive(Clone, Default)]
struct Tokens {
    newest: Option<(u64, EventId)>,
}

impl Rule for Tokens {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (_, fact) in seen.facts::<Fact>() {
            let (token, verb, fresh) = match *fact {
                Fact::Granted { token, again, .. } => (token, "gives", !again),
                Fact::Renewed { token, .. } => (token, "renews", false),
                _ => continue,
            };
            if let Some((newest, event)) = self.newest
                && (token < newest || fresh && token == newest)
            {
                let why = format!("the server {verb} token {token}, and has given {newest} before");
                return Err(Broken::new([event, seen.id], why));
            }
            if fresh {
                self.newest = Some((token, seen.id));
            }
        }
        Ok(())
    }

    fn recall(&self, recall: &mut Recall) {
        recall.word(self.newest.map_or(0, |(token, _)| token + 1));
    }
}

/// The newest token with which something was written; judges what is accepted after it, or what is refused.
#[derive(Clone)]
struct Fence {
    refusals: bool,
    newest: Option<(u64, EventId)>,
}

impl Rule for Fence {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (_, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Accepted { token, client, .. } => match self.newest {
                    Some((newest, event)) if token < newest => {
                        if !self.refusals {
                            let who = name(client);
                            let why = format!("{who} writes with token {token}, after {newest} has written");
                            return Err(Broken::new([event, seen.id], why));
                        }
                    }
                    _ => self.newest = Some((token, seen.id)),
                },
                Fact::Refused { token, client, .. }
                    if self.refusals && self.newest.is_none_or(|(newest, _)| token >= newest) =>
                {
                    let event = self.newest.map_or(seen.event.cause, |(_, event)| event);
                    let who = name(client);
                    let why = format!("{who} is refused with token {token}, and no higher one has written");
                    return Err(Broken::new([event, seen.id], why));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn recall(&self, recall: &mut Recall) {
        recall.word(self.newest.map_or(0, |(token, _)| token + 1));
    }
}

/// Who waits for the lock, and since when. Who crashes has asked for nothing.
#[derive(Clone)]
struct Enters {
    plain: bool,
    open: BTreeMap<NodeId, SimTime>,
    // Who has come to an end while it held a plain lock, in words.
    gone: Option<String>,
}

impl Rule for Enters {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        if seen.event.kind == EventKind::Fault {
            let down = |n| matches!(seen.world.status(n), Status::Crashed | Status::Stopped);
            self.open.retain(|&n, _| !down(n));
        }
        for (node, fact) in seen.facts::<Fact>() {
            match fact {
                Fact::Asked { .. } => _ = self.open.entry(node).or_insert(seen.event.time),
                Fact::Entered { .. } => _ = self.open.remove(&node),
                Fact::Gone { client, .. } if self.plain => {
                    let who = name(*client);
                    self.gone =
                        Some(format!("who holds a plain lock must release it, and {who} has come to an end"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn missing(&self) -> Option<String> {
        let who: Vec<String> = self.open.keys().map(|&n| name(super::number(n))).collect();
        (!who.is_empty()).then(|| format!("the lock is waited for by {}", who.join(", ")))
    }

    fn excuse(&self) -> Option<&str> {
        self.gone.as_deref()
    }

    fn since(&self) -> SimTime {
        self.open.values().min().copied().unwrap_or_default()
    }
}
