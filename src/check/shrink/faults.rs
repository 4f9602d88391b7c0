//! Whole faults among edits: which edits are one fault, with what undoes it.
//!
//! The rule that is easy to break: what comes after a change was placed after a number of steps of a run that
//! is no more; from then on only its time counts.

use crate::sim::{Edit, Fault};

/// The places of the edits that are one fault.
pub(super) type Group = Vec<usize>;

/// The whole faults, in order of their beginnings.
pub(super) fn groups(edits: &[Edit]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (i, edit) in edits.iter().enumerate() {
        let open = groups.iter_mut().rev().find(|g| {
            let last = g.last().map(|&at| &edits[at].fault);
            last.is_some_and(|f| goes_on(f, &edit.fault))
        });
        match open {
            Some(group) => group.push(i),
            None => groups.push(vec![i]),
        }
    }
    groups
}

/// Whether `next` belongs to the fault of which `last` is the newest part.
fn goes_on(last: &Fault, next: &Fault) -> bool {
    match (last, next) {
        (Fault::Crash { node, .. }, Fault::Recover { node: same })
        | (Fault::Pause { node }, Fault::Resume { node: same }) => node == same,
        // Walls go up and up, and all fall at once.
        (_, Fault::Partition(_) | Fault::Heal) => blocks(last),
        (_, Fault::Link { set, .. }) => blocks(last) && set.cut.is_some(),
        (Fault::Hold { msg }, Fault::Release { msg: same }) => msg == same,
        _ => false,
    }
}

fn blocks(fault: &Fault) -> bool {
    match fault {
        Fault::Partition(_) => true,
        Fault::Link { set, .. } => set.cut == Some(true),
        _ => false,
    }
}

/// The pairs of edits without which two faults of one kind become one that lasts: an end, and the next
/// beginning.
pub(super) fn seams(edits: &[Edit]) -> Vec<Group> {
    let ends = edits.iter().enumerate();
    let seam = |(i, end): (usize, &Edit)| {
        let later = edits[i + 1..].iter();
        let next = later.into_iter().position(|e| begins_again(&end.fault, &e.fault))?;
        Some(vec![i, i + 1 + next])
    };
    ends.filter_map(seam).collect()
}

fn begins_again(end: &Fault, next: &Fault) -> bool {
    match (end, next) {
        (Fault::Recover { node }, Fault::Crash { node: same, .. })
        | (Fault::Resume { node }, Fault::Pause { node: same }) => node == same,
        (Fault::Heal, next) => blocks(next),
        _ => false,
    }
}

/// Of the edits at these places, those whose settings no later one of them has replaced.
pub(super) fn in_force(edits: &[Edit], places: &[usize]) -> Vec<usize> {
    let replaced = |i: usize| {
        let later = places.iter().filter(|&&j| j > i);
        later.into_iter().any(|&j| match (&edits[i].fault, &edits[j].fault) {
            (Fault::Links { .. }, Fault::Links { .. }) => true,
            (Fault::Node { node, .. }, Fault::Node { node: same, .. }) => node == same,
            _ => false,
        })
    };
    let sets = |i: usize| matches!(edits[i].fault, Fault::Links { .. } | Fault::Node { .. });
    let places = places.iter().copied();
    places.filter(|&i| sets(i) && !replaced(i)).collect()
}

/// `edits` without those at these places.
pub(super) fn without(edits: &[Edit], gone: &[usize]) -> Vec<Edit> {
    let first = gone.iter().copied().min().unwrap_or(edits.len());
    let kept = edits.iter().enumerate().filter(|(i, _)| !gone.contains(i));
    let kept =
        kept.map(|(i, edit)| Edit { after_steps: edit.after_steps.filter(|_| i < first), ..edit.clone() });
    kept.collect()
}

/// Makes `edits` come earlier.
pub(super) fn earlier(edits: &mut [Edit], by_us: u64) {
    for edit in edits {
        edit.at_us = edit.at_us.saturating_sub(by_us);
        edit.after_steps = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{LinkPatch, NodeId, Partition};

    const A: NodeId = NodeId(0);
    const B: NodeId = NodeId(1);

    fn cut(on: bool) -> Fault {
        let set = LinkPatch { cut: Some(on), ..LinkPatch::default() };
        Fault::Link { from: A, to: B, set }
    }

    fn edits(faults: Vec<Fault>) -> Vec<Edit> {
        (1..).zip(faults).map(|(ms, fault)| Edit::at(ms * 1_000, fault)).collect()
    }

    #[test]
    fn a_fault_goes_with_what_undoes_it() {
        let links = Fault::Links { set: LinkPatch::default() };
        let all = edits(vec![
            Fault::crash(A),
            Fault::Partition(Partition::default()),
            Fault::Pause { node: B },
            Fault::Recover { node: A },
            links,
            cut(true),
            Fault::Resume { node: B },
            Fault::Heal,
            Fault::crash(A),
            cut(true),
            cut(false),
            Fault::Heal,
        ]);
        let expected: [&[usize]; 6] = [&[0, 3], &[1, 5, 7], &[2, 6], &[4], &[8], &[9, 10]];
        let found = groups(&all);
        assert_eq!(found[..6], expected, "{found:?}");
        // What heals nothing stands alone.
        assert_eq!(found[6..], [[11]]);
    }

    #[test]
    fn two_faults_of_a_kind_have_a_seam() {
        let all = edits(vec![
            Fault::crash(A),
            Fault::Recover { node: A },
            Fault::crash(B),
            Fault::crash(A),
            Fault::Recover { node: A },
        ]);
        assert_eq!(seams(&all), [[1, 3]]);
        assert_eq!(without(&all, &[1, 3]).len(), 3);
    }

    #[test]
    fn what_comes_after_a_change_has_its_time_alone() {
        let mut all = edits(vec![Fault::Heal, Fault::Heal, Fault::Heal]);
        all.iter_mut().for_each(|e| e.after_steps = Some(7));
        let left = without(&all, &[1]);
        assert_eq!([left[0].after_steps, left[1].after_steps], [Some(7), None]);
        earlier(&mut all[1..], 5_000);
        let times: Vec<_> = all.iter().map(|e| (e.at_us, e.after_steps)).collect();
        assert_eq!(times, [(1_000, Some(7)), (0, None), (0, None)]);
    }
}
