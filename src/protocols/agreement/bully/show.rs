//! What has not happened in an election, and a table of who follows whom.
//!
//! The rule that is easy to break: whether somebody should follow another is seen from above alone; the conditions are those by which
//! a process itself decides.

use super::{Election, Process};
use crate::kit::prelude::*;

/// Every process that runs.
pub(super) fn running(world: &World) -> impl Iterator<Item = (NodeId, &Process)> {
    let up = world.node_ids().filter(|&n| !super::judged::down(world, n));
    up.filter_map(|n| Some((n, world.node_as::<Process>(n)?)))
}

/// Who follows nobody that leads, and who leads though a higher one does.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let top = running(world).filter(|(_, p)| p.leads()).map(|(n, _)| n).max();
    let led = |id: u16| running(world).any(|(_, p)| p.id == id && p.leads());
    let absence = |(me, p): (NodeId, &Process)| {
        let name = world.name(me);
        let ways = |from: Vec<NodeId>, kinds| from.into_iter().map(move |n| Lack::Way(n, me, kinds));
        let (asked, answers) = (p.processes - p.id, p.answers.len());
        let silent =
            Condition::of(format!("no higher process has answered: {answers} of {asked} have"), answers == 0);
        let over = |what: &str| Condition::of(what, false).lacks([Lack::Time(me)]);
        match (p.election, p.leader) {
            (Election::Asking, _) => {
                let conditions = vec![silent, over("its time to wait for answers, T, is over")];
                Some(Absence::of(Lacking::Leader, format!("{name} is not elected"), conditions))
            }
            (Election::Answered, _) => {
                let higher = p.higher().rev().collect();
                let told = Condition::of("one that is higher has announced itself", false);
                let told = told.lacks(ways(higher, &["coordinator", "heartbeat"]));
                Some(Absence::of(Lacking::Leader, format!("{name} does not know who leads"), vec![told]))
            }
            (Election::None, None) => {
                let what = format!("{name} does not know who leads");
                Some(Absence::of(Lacking::Leader, what, vec![over("it was asked, or has lost patience")]))
            }
            (Election::None, Some(leader)) if !led(leader) => {
                let what = format!("{name} does not look for another leader than P{leader}");
                let lost = format!("P{leader} has been silent for {}", p.silence);
                Some(Absence::of(Lacking::Leader, what, vec![over(&lost)]))
            }
            (Election::None, Some(_)) => {
                let top = top.filter(|&top| p.leads() && top > me)?;
                let what = format!("{name} does not give way to {}", world.name(top));
                let heard = Condition::of(format!("it has heard that {} leads", world.name(top)), false);
                let heard = heard.lacks(ways(vec![top], &["coordinator", "heartbeat"]));
                Some(Absence::of(Lacking::Convergence, what, vec![heard]))
            }
        }
    };
    running(world).filter_map(absence).collect()
}

/// Who believes what of whom.
pub(super) fn boards(_: &Params, world: &World) -> Vec<Board> {
    let top = running(world).map(|(n, _)| n).max();
    let row = |(n, p): (NodeId, &Process)| {
        let right = p.leader.map(|id| NodeId(id - 1)) == top;
        let leader = match p.leader {
            Some(id) => Field::of(format!("P{id}")).mood(if right { Mood::Good } else { Mood::Bad }),
            None => Field::of("nobody").mood(Mood::Waiting),
        };
        let election = match p.election {
            Election::None => Field::of("-"),
            Election::Asking => Field::of("nobody has answered"),
            Election::Answered => Field::of(format!("answered by {}", p.answers.len())),
        };
        (world.name(n).to_owned(), vec![leader, election])
    };
    vec![Board::table(
        "Who follows whom",
        &["process", "follows", "its election"],
        running(world).map(row).collect(),
    )]
}
