//! What has not happened: that everybody knows.
//!
//! The rule that is easy to break: of many who have not heard, and of many who could have told them, a few are looked at.

use super::Node;
use crate::kit::{Absence, Condition, Lack, Lacking};
use crate::sim::{NodeId, Trace, World};
use std::collections::BTreeSet;

/// So many are looked at of those who have not heard, and of those who could tell them.
const FEW: usize = 4;

/// Who does not have the newest version, and what kept it from them.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let known = || world.node_ids().filter_map(|n| Some((n, world.node_as::<Node>(n)?.disk.news)));
    let all: Vec<(NodeId, u32)> = known().map(|(n, news)| (n, news.version)).collect();
    let newest = all.iter().map(|(_, v)| *v).max().unwrap_or(0);
    let values: BTreeSet<char> =
        known().filter(|(_, n)| n.version == newest).map(|(_, n)| n.letter()).collect();
    let with = |wanted: bool| -> Vec<NodeId> {
        all.iter().filter(|(_, v)| (*v == newest) == wanted).map(|(n, _)| *n).collect()
    };
    let (have, lack) = (with(true), with(false));
    if lack.is_empty() && values.len() < 2 {
        return Vec::new();
    }
    let down: Vec<Lack> = lack.iter().filter(|&&n| !world.is_up(n)).map(|&n| Lack::Running(n)).collect();
    let up = lack.iter().filter(|&&n| world.is_up(n)).take(FEW);
    let ways = up.flat_map(|&n| have.iter().take(FEW).map(move |&h| Lack::Way(h, n, &["tell", "exchange"])));
    let ways: Vec<Lack> = ways.collect();
    let told = ways.is_empty();
    let mut conditions = vec![
        Condition::of("those who do not have it run", down.is_empty()).lacks(down),
        Condition::of("somebody who has it tells each of the others", told).lacks(ways),
    ];
    if values.len() > 1 {
        let (each, which) = (
            "no two nodes write at once, with the same version",
            values.iter().map(char::to_string).collect::<Vec<_>>().join(" and "),
        );
        conditions.push(Condition::of(each, false));
        let what = format!("Version {newest} is {which}, and neither is newer");
        return vec![Absence::of(Lacking::Convergence, what, conditions)];
    }
    let do_not = if lack.len() == 1 { "does not" } else { "do not" };
    let what = format!("{} of {} nodes {do_not} have version {newest}", lack.len(), all.len());
    vec![Absence::of(Lacking::Convergence, what, conditions)]
}
