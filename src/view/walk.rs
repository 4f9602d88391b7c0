//! Walking through a run from one thing of interest to the next: the messages of what is selected, the
//! changes of a node.
//!
//! The rule that is easy to break: a walk that finds nothing leaves the run where it stood, to the
//! bit. And it looks only so far: a page that walks must not freeze.

use super::selection::Selection;
use crate::check::Checks;
use crate::sim::history::Run;
use crate::sim::world::{Status, World};
use crate::sim::{EventId, EventKind, Inspect, MsgId, NodeId, Trace};

/// How many events a walk looks at before it gives up.
pub const SIGHT: u32 = 50_000;

/// From where to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stride {
    /// To an event in the life of a message of this: sent, waiting, handled, lost, taken in hand. The
    /// messages of a node are those it sends and those it is sent; of a link, those on it in this
    /// direction; of an event, the one it is about, or else those of its node. Of nothing: all.
    Message(Selection),
    /// To an event that changes what this node shows of itself, or whether it runs.
    Change(NodeId),
}

/// What to look for, in what is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// A message of the selection.
    Message,
    /// A change of the node that the selection is about: the one that the panel shows.
    Change,
}

impl Aim {
    /// The stride that this means while `selection` is picked in `run`; none to a change of the node that
    /// an event of the network is about.
    pub fn stride(self, run: &Run<Checks>, selection: Selection) -> Option<Stride> {
        match self {
            Aim::Message => Some(Stride::Message(selection)),
            Aim::Change => {
                let node = selection.node_in(run.world(), run.trace());
                node.map(Stride::Change)
            }
        }
    }
}

/// Goes on to just after the next such event, or with `back` to just after the one before the last
/// event; that event. `None` if there is none in sight: then the run stays where it is.
pub fn walk(run: &mut Run<Checks>, stride: Stride, back: bool) -> Option<EventId> {
    let events = match (stride, back) {
        (Stride::Message(of), true) => last_message(run, of)?,
        (Stride::Message(of), false) => next_message(run, of)?,
        (Stride::Change(node), true) => last_change(run, node)?,
        (Stride::Change(node), false) => next_change(run, node)?,
    };
    run.seek_event(events);
    events.checked_sub(1).map(EventId)
}

/// Which messages are meant.
#[derive(Clone, Copy)]
enum Of {
    All,
    Node(NodeId),
    Link(NodeId, NodeId),
    One(MsgId),
}

impl Of {
    fn new(trace: &Trace, selection: Selection) -> Self {
        match selection {
            Selection::None => Of::All,
            Selection::Node(node) => Of::Node(node),
            Selection::Link(from, to) => Of::Link(from, to),
            Selection::Message(msg) => Of::One(msg),
            Selection::Event(id) => match trace.get(id).map(|e| (e.msg(), e.node)) {
                Some((Some(msg), _)) => Of::One(msg),
                Some((None, node)) => Of::Node(node),
                None => Of::All,
            },
        }
    }

    fn means(self, trace: &Trace, msg: MsgId) -> bool {
        let Some(sent) = trace.get_sent(msg) else {
            return false;
        };
        match self {
            Of::All => true,
            Of::Node(node) => node == sent.from || node == sent.to,
            Of::Link(from, to) => (from, to) == (sent.from, sent.to),
            Of::One(one) => one == msg,
        }
    }

    /// Whether event number `i` belongs to the life of such a message.
    fn lives(self, trace: &Trace, i: u32) -> bool {
        let id = EventId(i);
        let event = trace.event(id);
        let by_hand = || {
            let fault = trace.faults().get(event.data as usize);
            fault.and_then(|(_, f)| f.msg())
        };
        let about = match event.kind {
            EventKind::Fault => by_hand(),
            _ => event.msg(),
        };
        about.is_some_and(|msg| self.means(trace, msg))
            || trace.sent_in(id).any(|(msg, _)| self.means(trace, msg))
    }
}

fn last_message(run: &Run<Checks>, of: Selection) -> Option<u32> {
    let (trace, here) = (run.trace(), run.position().saturating_sub(1));
    let of = Of::new(trace, of);
    let sight = here.saturating_sub(SIGHT)..here;
    let found = sight.rev().find(|&i| of.lives(trace, i));
    found.map(|i| i + 1)
}

fn next_message(run: &mut Run<Checks>, of: Selection) -> Option<u32> {
    let (here, end) = (run.position(), run.trace().len() as u32);
    let of = Of::new(run.trace(), of);
    let last = here.saturating_add(SIGHT);
    let known = here..end.min(last);
    if let Some(i) = known.into_iter().find(|&i| of.lives(run.trace(), i)) {
        return Some(i + 1);
    }
    if end >= last {
        return None;
    }
    // Nobody has been there yet: a copy goes ahead, and takes the run's place if it finds something.
    let mut ahead = run.fork();
    ahead.seek_event(end);
    while ahead.position() < last && ahead.step() {
        if of.lives(ahead.trace(), ahead.position() - 1) {
            let found = ahead.position();
            *run = ahead;
            return Some(found);
        }
    }
    None
}

/// What a node shows of itself, and whether it runs.
fn shown(world: &World, node: NodeId) -> (Status, Inspect) {
    (world.status(node), world.inspect(node))
}

/// The changes of `node` between two numbers of events, each as the number of events after it; until
/// `found` has had enough and says false.
fn changes(run: &Run<Checks>, node: NodeId, (from, to): (u32, u32), mut found: impl FnMut(u32) -> bool) {
    let mut before = None;
    run.replay(from, to, |world| {
        // Only what happens at a node changes it.
        if before.is_some() && world.last_event().node != node {
            return true;
        }
        let now = shown(world, node);
        let changed = before.as_ref().is_some_and(|b| *b != now);
        before = Some(now);
        !changed || found(world.events())
    });
}

fn next_change(run: &Run<Checks>, node: NodeId) -> Option<u32> {
    if node.index() >= run.world().node_count() {
        return None;
    }
    let here = run.position();
    let mut next = None;
    changes(run, node, (here, here.saturating_add(SIGHT)), |events| {
        next = Some(events);
        false
    });
    next
}

fn last_change(run: &Run<Checks>, node: NodeId) -> Option<u32> {
    if node.index() >= run.world().node_count() {
        return None;
    }
    // The change that led to here is where the reader stands already.
    let mut to = run.position().saturating_sub(1);
    let edge = to.saturating_sub(SIGHT);
    let mut last = None;
    while last.is_none() && to > edge {
        let from = run.checkpoint_before(to);
        changes(run, node, (from, to), |events| {
            last = Some(events);
            true
        });
        to = from;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Opening, look, open};
    use crate::sim::{Edit, Fault, SimTime};

    /// Raft with a client; its leader, whoever it is, sees a crash and a recovery of node 1.
    fn raft() -> Run<Checks> {
        let node = NodeId(1);
        let opening = Opening::of("raft-replication").seed(3).and([
            Edit::at(700_000, Fault::Crash { node, stop: false }),
            Edit::at(900_000, Fault::Recover { node }),
        ]);
        let mut run = open(&opening).unwrap();
        run.run_until(SimTime::from_ms(1_500));
        run
    }

    /// All positions at which `hits` says yes of the event before them, found one by one.
    fn every(run: &Run<Checks>, hits: impl Fn(&mut Run<Checks>, u32) -> bool) -> Vec<u32> {
        let mut other = run.fork();
        let mut list = Vec::new();
        for events in 1..=run.position() {
            if hits(&mut other, events) {
                list.push(events);
            }
        }
        list
    }

    /// Walks from the start to the end and back: the same places, in both directions.
    fn assert_walks(run: &Run<Checks>, stride: Stride, expected: &[u32]) {
        let end = run.position();
        let mut r = run.fork();
        r.seek_event(0);
        let mut forth = Vec::new();
        while walk(&mut r, stride, false).is_some() && r.position() <= end {
            forth.push(r.position());
        }
        assert_eq!(forth, expected, "{stride:?} forth");
        r.seek_event(end);
        let mut back = Vec::new();
        while let Some(id) = walk(&mut r, stride, true) {
            assert_eq!(id.0 + 1, r.position());
            back.push(r.position());
        }
        back.reverse();
        let before: Vec<u32> = expected.iter().copied().filter(|&p| p < end).collect();
        assert_eq!(back, before, "{stride:?} back");
    }

    #[test]
    fn changes_of_a_node_are_where_what_it_shows_differs_from_the_event_before() {
        let run = raft();
        for node in (0..run.world().node_count() as u16).map(NodeId) {
            let expected = every(&run, |r, events| {
                r.seek_event(events - 1);
                let before = shown(r.world(), node);
                r.seek_event(events);
                before != shown(r.world(), node)
            });
            assert!(expected.len() > 3, "node {node}: {expected:?}");
            assert_walks(&run, Stride::Change(node), &expected);
        }
    }

    #[test]
    fn a_walk_over_many_checkpoints_finds_the_last_change() {
        let mut run = open(&Opening::of("raft-election").seed(1)).unwrap();
        run.seek_event(12_000);
        let node = NodeId(0);
        let mut quiet = run.fork();
        assert!(walk(&mut quiet, Stride::Change(node), true).is_some());
        let after = shown(quiet.world(), node);
        quiet.back(1);
        assert_ne!(shown(quiet.world(), node), after);
        assert_eq!(shown(run.world(), node), after);
    }

    #[test]
    fn messages_of_a_link_are_the_events_in_which_they_are_sent_handled_and_lost() {
        let run = raft();
        let from = look::leader(run.world()).unwrap();
        let to = NodeId((from.0 + 2) % 5);
        let trace = run.trace();
        let of_link = |msg: MsgId| {
            let sent = trace.sent(msg);
            (sent.from, sent.to) == (from, to)
        };
        let sends = |events: u32| {
            let all = (0..trace.messages() as u32).map(MsgId);
            let mut of_event = all.filter(|&m| trace.sent(m).cause == EventId(events - 1));
            of_event.any(of_link)
        };
        let expected = every(&run, |_, events| {
            let event = trace.event(EventId(events - 1));
            event.msg().is_some_and(of_link) || sends(events)
        });
        assert!(expected.len() > 20);
        assert_walks(&run, Stride::Message(Selection::Link(from, to)), &expected);
    }

    #[test]
    fn the_life_of_one_message_is_its_sending_what_is_done_to_it_and_its_end() {
        let mut run = raft();
        let msg = run.world().in_flight()[0].msg;
        run.edit(Fault::Hold { msg }).unwrap();
        run.seek(SimTime::from_ms(1_700));
        run.edit(Fault::Release { msg }).unwrap();
        run.seek(SimTime::from_ms(1_900));
        let mut stations = vec![run.trace().sent(msg).cause];
        stations.extend(run.trace().faults().iter().rev().take(2).rev().map(|f| f.0));
        stations.push(run.trace().fate(msg).unwrap());
        let expected: Vec<u32> = stations.iter().map(|e| e.0 + 1).collect();
        assert_walks(&run, Stride::Message(Selection::Message(msg)), &expected);
        let end = Selection::Event(stations[3]);
        assert_walks(&run, Stride::Message(end), &expected);
    }

    #[test]
    fn an_aim_is_at_the_node_that_the_selection_is_about() {
        let run = raft();
        let sent = run.trace().get_sent(MsgId(7)).unwrap();
        let event = run.trace().fate(MsgId(7)).unwrap();
        let (from, to) = (sent.from, sent.to);
        for (selection, node) in [
            (Selection::None, NodeId(0)),
            (Selection::Node(NodeId(3)), NodeId(3)),
            (Selection::Node(NodeId(99)), NodeId(0)),
            (Selection::Link(from, to), to),
            (Selection::Message(MsgId(7)), to),
            (Selection::Event(event), run.trace().event(event).node),
        ] {
            let stride = Aim::Change.stride(&run, selection);
            assert_eq!(stride, Some(Stride::Change(node)), "{selection:?}");
            let stride = Aim::Message.stride(&run, selection);
            assert_eq!(stride, Some(Stride::Message(selection)));
        }
    }

    /// A crashed node loses what it is sent: that is about it. A partition is about no node.
    #[test]
    fn a_loss_is_about_its_receiver_and_a_partition_about_nobody() {
        let mut run = raft();
        let all = (0..run.position()).map(EventId);
        let lost = all.filter(|&e| run.trace().event(e).kind == EventKind::Lost);
        let lost: Vec<EventId> = lost.collect();
        assert!(!lost.is_empty());
        for id in lost {
            let msg = run.trace().event(id).msg().unwrap();
            let to = run.trace().sent(msg).to;
            let stride = Aim::Change.stride(&run, Selection::Event(id));
            assert_eq!(stride, Some(Stride::Change(to)));
        }
        run.edit(Fault::Heal).unwrap();
        let heal = Selection::Event(EventId(run.position() - 1));
        assert_eq!(heal.node_in(run.world(), run.trace()), None);
        assert_eq!(Aim::Change.stride(&run, heal), None);
    }

    #[test]
    fn a_walk_goes_on_where_nobody_has_been_and_stays_where_there_is_nothing() {
        let mut run = open(&Opening::of("two-generals").seed(4)).unwrap();
        let any = Stride::Message(Selection::None);
        while walk(&mut run, any, false).is_some() {}
        assert!(run.position() > 3, "it has simulated as it went");
        let nobody = Stride::Change(NodeId(77));
        assert_eq!(walk(&mut run, nobody, false), None);
        assert_eq!(walk(&mut run, nobody, true), None);
        run.run_until(SimTime::from_ms(60_000));
        let here = (run.position(), run.time(), run.hash_text());
        assert_eq!(walk(&mut run, any, false), None);
        assert_eq!((run.position(), run.time(), run.hash_text()), here);
    }
}
