//! What each call semantics promises: how often a call is executed, that answers are true, and what retries may cost.
//!
//! The rule that is easy to break: a promise is given by the semantics that keep it, and with what they need. "At least once"
//! promises no upper bound, "maybe" no lower one; a table in memory holds for as long as the memory does; and a call that was given
//! up claims nothing, so that nothing is judged by it.

use super::{C, Fact, Semantics, tries};
use crate::kit::prelude::*;
use crate::sim::ledger::Ledger;
use std::collections::BTreeMap;

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let semantics = Semantics::of(p);
    let mut all = vec![answers().boxed()];
    if semantics != Semantics::AtLeastOnce {
        all.insert(0, at_most_once(semantics));
    }
    let endless = tries(p).is_none() && p.int("budget_percent") == 0;
    let called: fn(&Fact) -> _ = pick!(Fact::Called { call } => *call);
    // Where every call fails, trying until it is answered has no end.
    if endless && p.int("failing_percent") < 100 {
        let claim = "each call is executed in the end";
        let executed: fn(&Fact) -> _ = pick!(Fact::Executed { call, .. } => *call);
        let least = leads_to("At least once", claim, called, executed);
        let needs = if semantics == Semantics::Bound { ONE_LIFE } else { REACHED };
        all.push(least.needs(needs).boxed());
    }
    if !endless || p.int("failing_percent") < 100 {
        let claim = "each call ends: with an answer, or given up";
        let ended: fn(&Fact) -> _ = pick!(Fact::Answered { call } | Fact::GivenUp { call } => *call);
        let ends = leads_to("Every call ends", claim, called, ended);
        all.push(ends.needs(if endless { REACHED } else { RUNNING }).boxed());
    }
    let percent = p.int("budget_percent") as u32;
    if percent > 0 {
        let claim = "nobody tries again more often than its budget allows: so many per cent of its calls";
        let budget = Budget { percent, of: BTreeMap::new() };
        let budget = Promised::safety("Budget", claim, budget);
        all.push(budget.rests_on("each call adds its per cent, and each retry takes a whole one").boxed());
    }
    all
}

const RUNNING: &[Need] = &[Need::AllUp, Need::NoPause, Need::Correct, Need::Pace, Need::Onward];
const REACHED: &[Need] = &[Need::Fair, Need::AllUp, Need::NoPause, Need::Correct, Need::Pace, Need::Onward];
/// A call for an earlier life of the server is refused.
const ONE_LIFE: &[Need] =
    &[Need::Fair, Need::NoCrash, Need::NoPause, Need::Correct, Need::Pace, Need::Onward];

fn at_most_once(semantics: Semantics) -> Box<dyn Property> {
    let claim = "no call is executed twice";
    let (needs, rests_on): (&[Need], _) = match semantics {
        // Nothing filters what the network doubles.
        Semantics::Maybe => (&[Need::Correct], "it is assumed that no message comes twice, and this one did"),
        Semantics::AtMostOnce => (&[Need::NoCrash], "the table in memory knows every call that was executed"),
        Semantics::Bound => (&[], "within a life the table knows every call, and no call is for two lives"),
        _ => (&[], "the id of an executed call is on disk, from the same write as its effect"),
    };
    let rule = Executions { asks: Asks::Once, executed: Ledger::default() };
    Promised::safety("At most once", claim, rule).needs(needs).rests_on(rests_on).boxed()
}

fn answers() -> Promised<impl Rule> {
    let claim = "a call of which the shop is told that it is paid has been executed";
    let rule = Executions { asks: Asks::Truth, executed: Ledger::default() };
    Promised::safety("True answers", claim, rule)
        .needs(&[Need::Correct])
        .rests_on("who has not executed a call does not say so")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// No call is executed twice.
    Once,
    /// What is answered was executed.
    Truth,
}

/// Calls that were executed, and when first.
#[derive(Clone)]
struct Executions {
    asks: Asks,
    executed: Ledger<C, EventId>,
}

impl Rule for Executions {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Fact>() {
            let who = seen.world.name(node);
            match *fact {
                Fact::Executed { call, .. } => match self.executed.get(&call) {
                    Some(&first) if self.asks == Asks::Once => {
                        let why = format!("{who} executes {call} a second time: the card is charged twice");
                        return Err(Broken::new([first, seen.event.cause, seen.id], why));
                    }
                    Some(_) => {}
                    None => self.executed.keep_first(call, seen.id),
                },
                Fact::Answered { call } if self.asks == Asks::Truth && self.executed.get(&call).is_none() => {
                    let why = format!("{who} is told that {call} is paid, and it has not been executed");
                    return Err(Broken::new([seen.event.cause, seen.id], why));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.executed.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.executed.iter(), |r, (call, _)| r.word(call.0));
    }
}

/// How often each stub has made a call, and how often it has tried one again.
#[derive(Clone)]
struct Budget {
    percent: u32,
    of: BTreeMap<NodeId, (u32, u32)>,
}

impl Rule for Budget {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Fact>() {
            let Fact::Tried { again, .. } = *fact else {
                continue;
            };
            let (calls, retries) = self.of.entry(node).or_default();
            *(if again { &mut *retries } else { &mut *calls }) += 1;
            if *retries * 100 > *calls * self.percent {
                let (who, percent) = (seen.world.name(node), self.percent);
                let why = format!(
                    "{who} has tried {retries} times again in {calls} calls, of which {percent} % are allowed"
                );
                return Err(Broken::new([seen.event.cause, seen.id], why));
            }
        }
        Ok(())
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(&self.of, |r, (node, (calls, retries))| {
            r.word(node.0);
            r.word(*calls);
            r.word(*retries);
        });
    }
}
