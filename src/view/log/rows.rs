//! The rows of the log: the numbers of the events that its filter lets through, found in slices.
//!
//! The rule that is easy to break: what was found holds for one future of one run. Another future, or an
//! edit in this one, and the search begins anew.

use super::Filter;
use crate::check::Checks;
use crate::sim::EventId;
use crate::sim::history::Run;

/// The rows of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    filter: Filter,
    turns: u32,
    // Events looked at, from the start.
    looked: u32,
    found: Vec<u32>,
}

/// Events looked at between two looks at the time.
const SLICE: u32 = 64;

impl Rows {
    /// Forgets everything: the run is another.
    pub fn clear(&mut self) {
        *self = Rows::default();
    }

    /// Looks at the events of `run` up to where it stands, until `enough` says to stop. True if all are
    /// looked at.
    pub fn look(&mut self, run: &Run<Checks>, filter: &Filter, enough: &mut dyn FnMut() -> bool) -> bool {
        if self.filter != *filter || self.turns != run.turns() {
            *self = Rows { filter: filter.clone(), turns: run.turns(), ..Rows::default() };
        }
        let end = run.position();
        while self.looked < end {
            let slice = self.looked..end.min(self.looked + SLICE);
            self.looked = slice.end;
            let hits = slice.filter(|&i| filter.has(run, EventId(i)));
            self.found.extend(hits);
            if enough() {
                break;
            }
        }
        self.looked >= end
    }

    /// How many events were looked at.
    pub fn looked(&self) -> u32 {
        self.looked
    }

    /// How many rows there are up to where `events` have happened.
    pub fn count(&self, events: u32) -> usize {
        self.found.partition_point(|&i| i < events)
    }

    /// The event of row number `row`, counted from the first.
    pub fn event(&self, row: usize) -> Option<EventId> {
        self.found.get(row).map(|&i| EventId(i))
    }

    /// The row of an event, if it has one.
    pub fn row_of(&self, event: EventId) -> Option<usize> {
        self.found.binary_search(&event.0).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Sort, line};
    use super::*;
    use crate::scenario::{Opening, open};
    use crate::sim::{Edit, EventKind, Fault, NodeId, SimTime};

    fn raft() -> Run<Checks> {
        let node = NodeId(1);
        let opening = Opening::of("raft-replication").seed(3).and([
            Edit::at(300_000, Fault::Crash { node, stop: false }),
            Edit::at(600_000, Fault::Recover { node }),
        ]);
        let mut run = open(&opening).unwrap();
        run.run_until(SimTime::from_ms(2_000));
        run
    }

    fn all(run: &Run<Checks>, filter: &Filter) -> Vec<EventId> {
        let mut rows = Rows::default();
        assert!(rows.look(run, filter, &mut || false));
        let count = rows.count(run.position());
        (0..count).filter_map(|i| rows.event(i)).collect()
    }

    #[test]
    fn a_search_in_slices_finds_what_a_search_at_once_finds() {
        let run = raft();
        let filter = Filter { text: "VOTE".to_owned(), sort: Sort::All, ..Filter::default() };
        let expected: Vec<EventId> = (0..run.position())
            .map(EventId)
            .filter(|&id| line(&run, id).text.to_lowercase().contains("vote"))
            .collect();
        assert!(expected.len() > 3, "{expected:?}");
        assert_eq!(all(&run, &filter), expected);
        let mut rows = Rows::default();
        let mut slices = 1;
        while !rows.look(&run, &filter, &mut || true) {
            slices += 1;
        }
        assert_eq!(slices, run.position().div_ceil(SLICE));
        assert_eq!(rows.count(u32::MAX), expected.len());
        assert_eq!(rows.row_of(expected[2]), Some(2));
    }

    #[test]
    fn each_kind_and_node_lets_its_own_events_through_and_no_others() {
        let run = raft();
        let of = |sort, node| {
            let text = String::new();
            all(&run, &Filter { sort, node, text })
        };
        assert_eq!(of(Sort::All, None).len(), run.position() as usize);
        let kinds = |sort| -> Vec<EventKind> {
            let ids = of(sort, None).into_iter();
            ids.map(|id| run.trace().event(id).kind).collect()
        };
        assert!(kinds(Sort::Timers).iter().all(|k| *k == EventKind::Timer));
        assert!(kinds(Sort::Losses).iter().all(|k| *k == EventKind::Lost));
        assert!(!kinds(Sort::Losses).is_empty(), "a crashed node loses what it is sent");
        assert!(kinds(Sort::Edits).contains(&EventKind::Fault));
        let node = NodeId(2);
        let at_two = of(Sort::All, Some(node));
        assert!(at_two.len() > 20 && at_two.len() < run.position() as usize);
        for id in at_two {
            let sent = run.trace().event(id).msg().map(|m| run.trace().sent(m));
            let about = sent.is_some_and(|s| s.from == node || s.to == node);
            assert!(about || run.trace().event(id).node == node);
        }
    }

    /// A node that recovers boots in the event of the recovery: what it notes then stands in that event's row,
    /// behind what was done, and is found there.
    #[test]
    fn what_a_node_notes_on_recovering_stands_in_the_row_of_its_recovery() {
        let node = NodeId(1);
        let opening = Opening::of("ring-election").seed(3).and([
            Edit::at(300_000, Fault::Crash { node, stop: false }),
            Edit::at(600_000, Fault::Recover { node }),
        ]);
        let mut run = open(&opening).unwrap();
        run.run_until(SimTime::from_ms(700));
        let (id, _) = run.trace().faults().last().unwrap();
        let notes: Vec<String> = run.trace().notes_of(*id).map(ToString::to_string).collect();
        assert!(!notes.is_empty(), "it starts an election");
        let name = run.world().name(node);
        let said = format!("{name} recovers from its disk. {name} {}.", notes.join("; "));
        assert_eq!(line(&run, *id).text, said);
        for sort in [Sort::Telling, Sort::Notes, Sort::Edits] {
            let text = notes[0].clone();
            let filter = Filter { sort, node: Some(node), text };
            assert!(all(&run, &filter).contains(id), "{sort:?}");
        }
    }

    #[test]
    fn rows_end_where_the_run_stands_and_another_future_has_its_own() {
        let mut run = raft();
        let filter = Filter { sort: Sort::All, ..Filter::default() };
        let mut rows = Rows::default();
        rows.look(&run, &filter, &mut || false);
        let end = run.position();
        run.seek_event(100);
        assert!(rows.look(&run, &filter, &mut || false));
        assert_eq!((rows.count(run.position()), rows.looked()), (100, end));
        let node = NodeId(0);
        run.edit(Fault::Crash { node, stop: false }).unwrap();
        assert!(rows.look(&run, &filter, &mut || false));
        assert_eq!((rows.count(u32::MAX), rows.looked()), (101, 101));
    }
}
