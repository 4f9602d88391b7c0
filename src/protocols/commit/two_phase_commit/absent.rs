//! What has not happened: a decision (section 7.4), or that a bank has heard of it.
//!
//! The rule that is easy to break: who is down has forgotten what was in memory; only what its disk holds is told of it.

use super::bank::{Book, State};
use super::coordinator::{Coordinator, Phase};
use super::{COORDINATOR, T, name};
use crate::kit::prelude::*;

pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let coordinator = world.node_as::<Coordinator>(COORDINATOR).filter(|_| world.is_up(COORDINATOR));
    let banks = world.node_ids().filter(|&n| n != COORDINATOR).count();
    let open = coordinator.into_iter().flat_map(|c| &c.log.open);
    let undecided = open.map(|(&t, open)| waits(t, open.phase, (&open.waiting, banks)));
    let uncertain = world.node_ids().filter_map(|bank| uncertain(world, bank));
    undecided.chain(uncertain).collect()
}

/// What the coordinator waits for.
fn waits<'a>(t: T, phase: Phase, (waiting, banks): (impl IntoIterator<Item = &'a NodeId>, usize)) -> Absence {
    let missing: Vec<NodeId> = waiting.into_iter().copied().collect();
    let have = banks - missing.len();
    let (what, says, kinds): (_, _, &'static [&'static str]) = match phase {
        Phase::Voting => (
            format!("{t} is not decided"),
            format!("votes: {have} of {banks}; one No is enough to abort"),
            &["VOTE-REQ", "YES", "NO"],
        ),
        Phase::Commit | Phase::Abort => (
            format!("{t} is decided, and not over"),
            format!("banks that have acknowledged the decision: {have} of {banks}"),
            &["COMMIT", "ABORT", "ACK"],
        ),
        Phase::Debit | Phase::Credit => {
            (format!("{t} is not done"), "whoever was ordered has answered".to_owned(), &["ORDER", "ACK"])
        }
    };
    let answers = Condition::of(says, missing.is_empty());
    let answers = answers.lacks(missing.into_iter().map(|b| Lack::Word(b, COORDINATOR, kinds)));
    Absence::of(Lacking::Decision, what, vec![answers])
}

/// A bank that has voted Yes and has not heard what was decided.
fn uncertain(world: &World, bank: NodeId) -> Option<Absence> {
    let lines = &world.durable_as::<Book>(bank)?.lines;
    let (t, _) = lines.iter().find(|(_, line)| line.1 == State::Yes)?;
    let lacks = [Lack::Way(COORDINATOR, bank, &["COMMIT", "ABORT"])];
    let heard = Condition::of("the decision has come from the coordinator", false).lacks(lacks);
    let what = format!("{} does not know what was decided on {t}", name(bank.0));
    Some(Absence::of(Lacking::Decision, what, vec![heard]))
}
