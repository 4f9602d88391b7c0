//! What an event changed: a node's state before and after it.
//!
//! The rule that is easy to break: before and after are of the event, wherever the run stands. Both are run
//! again from the checkpoint before; the run itself does not move.

use super::compare::{FieldDifference, fields, lines};
use super::log;
use crate::check::Checks;
use crate::sim::history::Run;
use crate::sim::{EventId, NodeId};

/// What an event changed at the node where it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The node.
    pub node: NodeId,
    /// The event in a sentence, as the log has it.
    pub text: String,
    /// What of the node differs: before the event, and after it. Empty if nothing that it shows does.
    pub fields: Vec<FieldDifference>,
}

/// What `event` changed at its node; `None` if it is not in the trace, or happened to the network as a
/// whole. Costs the way from the checkpoint before.
pub fn change(run: &Run<Checks>, event: EventId) -> Option<Change> {
    let node = run.trace().get(event)?.node;
    if node.index() >= run.world().node_count() {
        return None;
    }
    let mut seen = Vec::new();
    run.replay(event.0, event.0 + 1, |world| {
        seen.push(lines(world, node));
        true
    });
    let fields = match seen.as_slice() {
        [before, after] => fields(before, after),
        _ => return None,
    };
    Some(Change { node, text: log::line(run, event).text, fields })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Opening, open};
    use crate::sim::{Edit, Event, Fault, SimTime};
    use crate::view::compare;

    /// For every event, wherever the run stands: the change of its node is the difference between two
    /// runs that stand right before and right after it.
    #[test]
    fn a_change_is_the_difference_between_right_before_and_right_after() {
        let node = NodeId(1);
        let opening = Opening::of("raft-replication").seed(3).and([
            Edit::at(300_000, Fault::Crash { node, stop: false }),
            Edit::at(400_000, Fault::Recover { node }),
        ]);
        let mut run = open(&opening).unwrap();
        run.run_until(SimTime::from_ms(900));
        let (mut before, mut after) = (run.fork(), run.fork());
        let end = run.position();
        let mut changed = 0;
        run.seek_event(end / 2);
        for id in (0..end).map(EventId) {
            before.seek_event(id.0);
            after.seek_event(id.0 + 1);
            let at = run.trace().event(id).node;
            if at == Event::NOBODY {
                assert_eq!(change(&run, id), None);
                continue;
            }
            let all = compare::nodes(before.world(), after.world());
            let expected = all.into_iter().find(|n| n.node == at);
            let expected = expected.map(|n| n.fields).unwrap_or_default();
            changed += usize::from(!expected.is_empty());
            assert_eq!(change(&run, id).unwrap().fields, expected, "{id:?}");
        }
        assert!(changed > 30, "{changed}");
        assert_eq!(run.position(), end / 2, "the run has moved");
    }

    #[test]
    fn what_strikes_the_network_and_what_is_not_there_changes_no_node() {
        let mut run = open(&Opening::of("raft-election").seed(1)).unwrap();
        run.run_until(SimTime::from_ms(200));
        run.edit(Fault::Heal).unwrap();
        let heal = EventId(run.position() - 1);
        assert_eq!(change(&run, heal), None);
        assert_eq!(change(&run, EventId(1_000_000)), None);
    }
}
