//! "Why?": the chain of causes of an event as sentences, and how many events could have influenced it,
//! could be influenced by it, or neither.
//!
//! The rule that is easy to break: a cause is a link of the trace (the message, the timer, the edit),
//! never a guess from what happened shortly before.

use super::causality::Cone;
use super::log;
use super::player::group;
use super::words;
use crate::check::Checks;
use crate::sim::history::Run;
use crate::sim::{Event, EventId, EventKind, Fault, Loss, NodeId, Trace};

/// How many causes are told at once.
pub const TOLD: usize = 12;

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The event.
    pub event: EventId,
    /// When, in microseconds.
    pub time_us: u64,
    /// How it leads to the one before in the list: "It received Vote from S2, sent when".
    pub because: String,
    /// What happened, as the log says it.
    pub text: String,
    /// Since when and how many times more the same timer ran out, set by itself each time.
    pub again: Option<(u64, u32)>,
}

/// How many events of a lane stand how to the one that is asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneCount {
    /// The node's name.
    pub name: String,
    /// Its place in the vector stamp: its events that are the one or in its past.
    pub past: u32,
    /// Its events that no message connects with the one.
    pub concurrent: u32,
    /// Its events that the one could influence.
    pub future: u32,
}

/// All that can be said about where an event comes from and leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// What happened.
    pub text: String,
    /// The chain of causes, nearest first.
    pub causes: Vec<Cause>,
    /// What stands at the end of the chain.
    pub end: &'static str,
    /// Lane by lane.
    pub lanes: Vec<LaneCount>,
    /// The sums in a sentence.
    pub sums: String,
}

/// Why `event` happened; `None` if the run has no such event.
pub fn why(run: &Run<Checks>, event: EventId) -> Option<Why> {
    let (world, trace) = (run.world(), run.trace());
    let cone = Cone::new(trace, event, world.node_count())?;
    let (causes, end) = causes(run, event);
    let mut lanes = lanes(trace, &cone, world.node_count());
    for (lane, id) in lanes.iter_mut().zip(world.node_ids()) {
        lane.name = world.name(id).to_owned();
    }
    let sum = |of: fn(&LaneCount) -> u32| lanes.iter().map(of).sum::<u32>();
    // The stamp counts the event itself; the sentence does not.
    let own = u32::from(trace.event(event).node != Event::NOBODY);
    let sums = format!(
        "{} events could have influenced it, {} could be influenced by it, {} are concurrent with it.",
        group(u64::from(sum(|l| l.past) - own)),
        group(u64::from(sum(|l| l.future))),
        group(u64::from(sum(|l| l.concurrent))),
    );
    Some(Why { text: log::line(run, event).text, causes, end, lanes, sums })
}

/// The event and what brought it about, step by step, nearest first; at most `most`.
pub fn chain(trace: &Trace, event: EventId, most: usize) -> Vec<EventId> {
    let up = |id: &EventId| trace.get(*id)?.cause.some();
    let first = trace.get(event).map(|_| event);
    std::iter::successors(first, up).take(most).collect()
}

fn causes(run: &Run<Checks>, event: EventId) -> (Vec<Cause>, &'static str) {
    let trace = run.trace();
    let mut told = Vec::new();
    let mut at = event;
    loop {
        let e = trace.event(at);
        if let Some(edit) = culprit(trace, at) {
            let because = "It was lost because of this edit:".to_owned();
            told.push(cause(run, edit, because));
        }
        if let Some(edit) = clock_edit(trace, e) {
            let because = "When its timer ran out was changed by this edit:".to_owned();
            told.push(cause(run, edit, because));
        }
        let Some(before) = e.cause.some() else {
            return (told, end(e));
        };
        if told.len() >= TOLD {
            return (told, "The chain goes on: choose the last one to follow it.");
        }
        let mut link = cause(run, before, because(run, e));
        (at, link.again) = rounds(trace, before);
        told.push(link);
    }
}

/// A timer that sets itself again and again is one link: where its rounds began, since when, and how
/// many there were before `event`.
fn rounds(trace: &Trace, event: EventId) -> (EventId, Option<(u64, u32)>) {
    let (mut at, mut count) = (event, 0);
    loop {
        let e = trace.event(at);
        let before = e.cause.some().map(|id| (id, trace.event(id)));
        let same = |b: &Event| {
            let timer = e.kind == EventKind::Timer && b.kind == e.kind;
            timer && (b.node, b.data) == (e.node, e.data)
        };
        match before {
            // What the node says of itself at one of them is worth a line of its own.
            Some((id, b)) if same(b) && trace.notes_of(id).next().is_none() => {
                (at, count) = (id, count + 1);
            }
            _ => return (at, (count > 0).then_some((e.time.us(), count))),
        }
    }
}

fn cause(run: &Run<Checks>, event: EventId, because: String) -> Cause {
    Cause {
        event,
        time_us: run.trace().event(event).time.us(),
        because,
        text: log::line(run, event).text,
        again: None,
    }
}

/// How the cause of `e` led to it.
fn because(run: &Run<Checks>, e: &Event) -> String {
    let (world, trace) = (run.world(), run.trace());
    if let Some((msg, sent)) = e.msg().and_then(|m| Some((m, trace.get_sent(m)?))) {
        let (what, from) = (trace.kind(msg).name, words::name(world, sent.from));
        return match e.kind {
            EventKind::Lost => format!("{what} had been sent by {from} when"),
            _ => format!("It received {what} from {from}, sent when"),
        };
    }
    match e.kind {
        EventKind::Timer => {
            let timer = world.timer_name(e.node, e.data);
            format!("Its timer \u{201c}{timer}\u{201d} ran out, set when")
        }
        EventKind::Request => "It had been asked to:".to_owned(),
        EventKind::Synced => "It waited for its disk since".to_owned(),
        EventKind::Done => "It had been at work since".to_owned(),
        EventKind::Fault => "The message that this was done to was sent when".to_owned(),
        _ => "That goes back to this:".to_owned(),
    }
}

/// What is to be said of an event without a cause.
fn end(e: &Event) -> &'static str {
    match e.kind {
        EventKind::Fault => "There the chain begins: somebody did that to the world.",
        EventKind::Start => "There the chain begins: the node started.",
        _ => "There the chain begins: nothing in the run brought that about.",
    }
}

/// The edit through which a message was lost, if it was one.
fn culprit(trace: &Trace, lost: EventId) -> Option<EventId> {
    let e = trace.event(lost);
    let msg = e.msg()?;
    let sent = trace.get_sent(msg)?;
    let did = |fault: &Fault| match (e.loss, fault) {
        (Loss::Cut, Fault::Link { from, to, set }) => {
            (*from, *to) == (sent.from, sent.to) && set.cut == Some(true)
        }
        (Loss::Cut, Fault::Links { set }) => set.cut == Some(true),
        (Loss::Partition, Fault::Partition(_)) => true,
        (Loss::ReceiverDown, Fault::Crash { node, .. })
        | (Loss::ReceiveOmission, Fault::Node { node, .. }) => *node == sent.to,
        (Loss::SendOmission, Fault::Node { node, .. }) => *node == sent.from,
        (Loss::ByHand, Fault::Drop { msg: m })
        | (Loss::Checksum | Loss::Forged, Fault::Corrupt { msg: m }) => *m == msg,
        _ => false,
    };
    let before = trace.faults().iter().rev().filter(|(id, _)| *id < lost);
    before.into_iter().find(|(_, f)| did(f)).map(|(id, _)| *id)
}

/// The last edit of the clock by which a timer was set, while it was set.
fn clock_edit(trace: &Trace, e: &Event) -> Option<EventId> {
    let since = e.cause.some().filter(|_| e.kind == EventKind::Timer)?;
    let did = |fault: &Fault| match fault {
        Fault::ClockJump { node, .. } => *node == e.node,
        Fault::Node { node, set } => *node == e.node && set.drift_ppm.is_some(),
        _ => false,
    };
    let meanwhile = trace.faults().iter().rev().take_while(|(id, _)| *id > since);
    let mut meanwhile = meanwhile.filter(|(id, _)| trace.event(*id).time <= e.time);
    meanwhile.find(|(_, f)| did(f)).map(|(id, _)| *id)
}

/// One sweep over the run: where each event of each lane stands.
fn lanes(trace: &Trace, cone: &Cone, nodes: usize) -> Vec<LaneCount> {
    let limits: Vec<_> = (0..nodes).map(|l| cone.lane(l)).collect();
    let mut counts = vec![LaneCount::default(); nodes];
    for (id, e) in trace.events_from(EventId(0)) {
        let Some(count) = counts.get_mut(e.node.index()) else {
            continue;
        };
        match limits[e.node.index()] {
            (Some(last), _) if id <= last => count.past += 1,
            (_, Some(first)) if id >= first => count.future += 1,
            _ => count.concurrent += 1,
        }
    }
    counts
}

/// A lane of the diagram in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneRow {
    /// The node's name.
    pub name: String,
    /// Events at it.
    pub events: u32,
    /// Messages to it that were lost.
    pub losses: u32,
    /// How often it crashed.
    pub crashes: u32,
}

/// The diagram of the whole run in words: lane by lane.
pub fn diagram(run: &Run<Checks>) -> Vec<LaneRow> {
    let (world, trace) = (run.world(), run.trace());
    let mut index = super::spacetime::Index::default();
    index.update(trace, world.node_count());
    let crashes = |n: NodeId| {
        let crash = |f: &Fault| matches!(f, Fault::Crash { node, .. } if *node == n);
        trace.faults().iter().filter(|(_, f)| crash(f)).count() as u32
    };
    let row = |(n, cell): (NodeId, &super::spacetime::Cell)| LaneRow {
        name: world.name(n).to_owned(),
        events: cell.events,
        losses: cell.losses,
        crashes: crashes(n),
    };
    world.node_ids().zip(index.total()).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Opening;
    use crate::scenario::opening::open;
    use crate::sim::SimTime;
    use crate::view::causality::{Relation, stamp};

    fn raft(edits: &[(u64, Fault)]) -> Run<Checks> {
        let mut run = open(&Opening::of("raft-election").seed(3)).unwrap();
        for (ms, fault) in edits {
            run.run_until(SimTime::from_ms(*ms));
            run.edit(fault.clone()).unwrap();
        }
        run.run_until(SimTime::from_ms(4_000));
        run
    }

    /// Each link is the `cause` of the one before it, and so in its past.
    #[test]
    fn a_chain_follows_the_causes_that_the_trace_recorded_back_to_a_beginning() {
        let run = raft(&[]);
        let trace = run.trace();
        let (mut kinds, mut again) = ([0; 2], 0);
        for i in (0..trace.len() as u32).step_by(7).map(EventId) {
            let why = why(&run, i).unwrap();
            let cone = Cone::new(trace, i, run.world().node_count()).unwrap();
            let mut at = i;
            for cause in why.causes.iter().filter(|c| !c.because.contains("this edit")) {
                assert_eq!(trace.event(at).cause, cause.event);
                assert_eq!(cone.relation(trace, cause.event), Relation::Past);
                kinds[usize::from(cause.because.contains("timer"))] += 1;
                at = cause.event;
                for _ in 0..cause.again.map_or(0, |(_, count)| count) {
                    let round = trace.event(at);
                    assert_eq!(round.kind, EventKind::Timer);
                    at = round.cause;
                    assert_eq!(trace.event(at).data, round.data);
                }
                let since = cause.again.map(|(us, _)| us);
                assert!(since.is_none_or(|us| us == trace.event(at).time.us()));
                again += usize::from(since.is_some());
            }
            let ended = trace.event(at).cause == EventId::NONE;
            assert_eq!(ended, why.end.starts_with("There the chain begins"));
        }
        assert!(kinds.iter().all(|&k| k > 20) && again > 20, "{kinds:?}");
    }

    #[test]
    fn counts_of_past_future_and_concurrent_are_all_events_at_nodes_and_the_past_is_the_stamp() {
        let run = raft(&[(1_500, Fault::Pause { node: NodeId(2) })]);
        let (trace, nodes) = (run.trace(), run.world().node_count());
        let at_nodes = trace.events_from(EventId(0)).filter(|(_, e)| e.node.index() < nodes);
        let all = at_nodes.count() as u32;
        for i in (0..trace.len() as u32).step_by(31).map(EventId) {
            let why = why(&run, i).unwrap();
            let sum: u32 = why.lanes.iter().map(|l| l.past + l.future + l.concurrent).sum();
            assert_eq!(sum, all);
            let past: Vec<u32> = why.lanes.iter().map(|l| l.past).collect();
            assert_eq!(past, stamp(trace, i, nodes));
        }
        assert_eq!(why(&run, EventId(trace.len() as u32)), None);
    }

    /// All five stand because their clocks were set: the chain says so.
    #[test]
    fn a_clock_that_was_set_is_among_the_causes_of_its_timer() {
        let jump = Fault::ClockJump { node: NodeId(1), by_us: 400_000 };
        let run = raft(&[(20, jump)]);
        let trace = run.trace();
        let edit = trace.faults().last().unwrap().0;
        let mut events = trace.events_from(EventId(0));
        let rang = events.find(|(_, e)| e.kind == EventKind::Timer && e.node == NodeId(1)).unwrap();
        let why = why(&run, rang.0).unwrap();
        assert_eq!(why.causes[0].event, edit, "{why:?}");
        assert!(why.causes[0].text.contains("clock"), "{why:?}");
        assert_eq!(why.causes[1].event, rang.1.cause);
    }

    #[test]
    fn a_message_lost_to_a_crash_names_the_crash_and_its_sending() {
        let node = NodeId(1);
        let run = raft(&[(1_500, Fault::Crash { node, stop: false })]);
        let trace = run.trace();
        let mut events = trace.events_from(EventId(0));
        let lost = events.find(|(_, e)| e.loss == Loss::ReceiverDown).unwrap();
        let why = why(&run, lost.0).unwrap();
        assert_eq!(why.causes[0].event, trace.faults().last().unwrap().0);
        assert!(why.causes[0].text.contains("crashes"), "{why:?}");
        assert_eq!(why.causes[1].event, lost.1.cause);
        let rows = diagram(&run);
        let crashed: Vec<u32> = rows.iter().map(|r| r.crashes).collect();
        assert_eq!(crashed.iter().sum::<u32>(), 1);
        assert!(rows[1].losses > 0 && crashed[1] == 1);
    }
}
