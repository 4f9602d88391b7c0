//! What a channel promises: only what its variant gives. Nothing is promised of what goes in clear and without a tag.
//!
//! The rule that is easy to break: a wire that does what it likes is no assumption out of force. The promises of tags and numbers
//! are made against it. That a payment arrives is another matter: it takes a wire that lets something through.

use super::{Fact, Payment, Rules};
use crate::kit::prelude::*;
use crate::sim::SimTime;
use std::collections::{BTreeMap, BTreeSet};

const ORDERED: fn(&Fact) -> Option<Payment> =
    pick!(Fact::Ordered { number, amount } => Payment { number: *number, amount: *amount });
pub(super) const ACCEPTED: fn(&Fact) -> Option<Payment> =
    pick!(Fact::Accepted { number, amount } => Payment { number: *number, amount: *amount });
const CONFIRMED: fn(&Fact) -> Option<Payment> =
    pick!(Fact::Confirmed { number, amount, .. } => Payment { number: *number, amount: *amount });

/// What is sent again arrives over links that are fair, and nodes that come back have their disks.
const AGAIN: &[Need] = &[Need::AllUp, Need::Fair, Need::NoPause, Need::Correct, Need::Pace, Need::Onward];
/// What is sent once must not be lost.
const ONCE: &[Need] = &[Need::NoCrash, Need::NoLoss, Need::NoPause, Need::Correct, Need::Pace, Need::Onward];

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let rules = Rules::of(p);
    let mut all = Vec::new();
    if rules.encrypts {
        let secrecy = Promised::safety("Secrecy", "the wire learns nothing of an amount", Secrecy::default());
        all.push(secrecy.rests_on("who has no key reads no cipher text").boxed());
    }
    if rules.tags {
        let rest = "who has no key makes no tag";
        let claim = "Bob accepts only what Alice has sent, unchanged";
        all.push(no_creation("Integrity", claim, ORDERED, ACCEPTED).rests_on(rest).boxed());
        let claim = "Bob refuses nothing of Alice's that he has not accepted before";
        all.push(Promised::safety("Fair refusals", claim, FairRefusals::default()).rests_on(rest).boxed());
        let claim = "what Alice takes for delivered Bob has accepted";
        all.push(no_creation("Honest receipts", claim, ACCEPTED, CONFIRMED).rests_on(rest).boxed());
    }
    if rules.numbers {
        let claim = "Bob accepts no payment a second time";
        let once = no_duplication("No replay", claim, ACCEPTED);
        all.push(once.rests_on("the numbers that were seen are on disk").boxed());
    }
    let delivery = Delivery { retries: rules.retry.is_some(), tags: rules.tags, ..Delivery::default() };
    let delivery = Promised::liveness("Delivery", "every payment is accepted in the end", delivery);
    all.push(delivery.needs(if rules.retry.is_some() { AGAIN } else { ONCE }).boxed());
    all
}

/// What Alice has sent under each number; judges what the wire learns. Of one payment it may have a second cipher text that a link has
/// spoilt, which tells it nothing; of two it has what their amounts differ in.
#[derive(Clone, Default)]
struct Secrecy(BTreeMap<u32, BTreeSet<u8>>);

impl Rule for Secrecy {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (_, fact) in seen.facts::<Fact>() {
            let why = match *fact {
                Fact::Ordered { number, amount } => {
                    self.0.entry(number).or_default().insert(amount);
                    continue;
                }
                Fact::Read { number, amount } => format!("Mallory reads that #{number} is £{amount}"),
                Fact::Compared { number, earlier } if number != earlier => format!(
                    "#{earlier} and #{number} are under the same key stream: Mallory knows in which bits they differ"
                ),
                Fact::Compared { number, .. } if self.0.get(&number).is_some_and(|all| all.len() > 1) => {
                    format!(
                        "two payments are #{number}, under one key stream: Mallory knows in which bits they differ"
                    )
                }
                _ => continue,
            };
            return Err(Broken::new([seen.event.cause, seen.id], why));
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.0.len() * 40
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(&self.0, |r, (number, amounts)| {
            r.word(*number);
            r.each(amounts, |r, amount| r.word(*amount));
        });
    }
}

/// What Alice has sent, and what of it Bob has accepted; judges what he refuses.
#[derive(Clone, Default)]
struct FairRefusals {
    sent: BTreeMap<Payment, EventId>,
    accepted: BTreeSet<Payment>,
}

impl Rule for FairRefusals {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (_, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Ordered { number, amount } => {
                    self.sent.entry(Payment { number, amount }).or_insert(seen.id);
                }
                Fact::Accepted { number, amount } => _ = self.accepted.insert(Payment { number, amount }),
                Fact::Refused { number, amount, genuine: true, late: false } => {
                    let payment = Payment { number, amount };
                    let Some(&sent) = self.sent.get(&payment) else {
                        continue;
                    };
                    if !self.accepted.contains(&payment) {
                        let why =
                            format!("Bob refuses {payment}, which is Alice's, and which he never accepted");
                        return Err(Broken::new([sent, seen.event.cause, seen.id], why));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        (self.sent.len() + self.accepted.len()) * 24
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.sent.keys(), Recall::shown);
        recall.each(&self.accepted, Recall::shown);
    }
}

/// So many payments in a row that the wire has let none of through are no fair loss.
const UNFAIR: u32 = 10;

/// Which payments are open, since when, and what the wire does that is no fair loss.
#[derive(Clone, Default)]
struct Delivery {
    retries: bool,
    tags: bool,
    open: BTreeMap<Payment, SimTime>,
    done: BTreeSet<Payment>,
    blocked: bool,
    dropped: bool,
    meddled: bool,
    in_a_row: u32,
}

impl Delivery {
    fn meddles(&mut self) {
        self.meddled = true;
        self.in_a_row += 1;
    }
}

impl Rule for Delivery {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (_, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Ordered { number, amount } => {
                    let payment = Payment { number, amount };
                    if !self.done.contains(&payment) {
                        self.open.entry(payment).or_insert(seen.event.time);
                    }
                }
                Fact::Accepted { number, amount } => {
                    let payment = Payment { number, amount };
                    self.open.remove(&payment);
                    self.done.insert(payment);
                }
                Fact::Blocked { on } => self.blocked = on,
                Fact::Passed { .. } => self.in_a_row = 0,
                Fact::Changed { .. } | Fact::Lied { .. } => self.meddles(),
                Fact::Forged { .. } => self.meddled = true,
                Fact::Dropped { .. } => {
                    self.dropped = true;
                    self.in_a_row += 1;
                }
                _ => {}
            }
        }
        // What crashed let go of what it kept back.
        if seen.event.kind == EventKind::Start && seen.node() == Some(super::MALLORY) {
            self.blocked = false;
        }
        Ok(())
    }

    fn missing(&self) -> Option<String> {
        let few: Vec<String> = self.open.keys().take(6).map(Payment::to_string).collect();
        let more = if self.open.len() > few.len() { ", ..." } else { "" };
        (!few.is_empty()).then(|| format!("Bob has not accepted {}{more}", few.join(", ")))
    }

    fn excuse(&self) -> Option<&str> {
        if self.blocked {
            Some("the wire is to let something through, and Mallory lets nothing through")
        } else if self.in_a_row >= UNFAIR {
            Some(
                "the wire is to let something through, and Mallory has kept or changed ten payments in a row",
            )
        } else if !self.retries && self.dropped {
            Some("what is lost is to be sent again, and Alice sends each payment once")
        } else if !self.retries && self.meddled {
            Some("what is refused is to be sent again, and Alice sends each payment once")
        } else if !self.tags && self.meddled {
            Some(
                "receipts and payments are to be genuine, and without tags nobody sees what Mallory has changed",
            )
        } else {
            None
        }
    }

    fn since(&self) -> SimTime {
        self.open.values().min().copied().unwrap_or_default()
    }

    fn weight(&self) -> usize {
        (self.open.len() + self.done.len()) * 24
    }

    fn recall(&self, recall: &mut Recall) {
        // It breaks in no finite run.
        let _ = recall;
    }
}
