//! What logical clocks promise, judged by what really happened before what ([`super::graph`]).
//!
//! Every pair of events is judged, and yet a new event is compared with at most three of each process. The events of a process are
//! ordered, in truth and by their stamps, or the promise was broken before. So the last one in the past speaks for all before it,
//! the first one that is not in the past for all after it, and "less than" hands on what it says of these.
//!
//! The rule that is easy to break: what is judged is the real order, across crashes. A process that has forgotten its clock has
//! not undone its events.

use super::graph::Graph;
use super::{Config, Fact, Work};
use crate::kit::prelude::*;

/// Which promise.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Clock,
    Total,
    Strong,
    Round,
}

const COUNTED: &str =
    "each event is counted, a receipt goes beyond what its message says, and nobody lies about a stamp";

pub(super) fn promises(params: &Params) -> Vec<Box<dyn Property>> {
    let config = Config::of(params);
    let judge = |which| Judge { which, graph: Graph::new(usize::from(config.nodes)) };
    // A clock in memory needs the memory above all; who is late is of no account.
    let remembers: &[Need] = if config.disk { &[Need::Correct] } else { &[Need::NoCrash] };
    let safety = |name, claim, which| {
        Promised::safety(name, claim, judge(which)).needs(remembers).rests_on(COUNTED).boxed()
    };
    let mut all = Vec::new();
    if config.numbers {
        let claim = "if a happened before b, the number of a is less than that of b";
        all.push(safety("Clock condition", claim, Which::Clock));
        let claim = "number and process together order all events: no two have both in common";
        all.push(safety("Total order", claim, Which::Total));
    }
    if config.vectors {
        let claim = "a happened before b if, and only if, the vector of a is less than that of b";
        all.push(safety("Strong clock condition", claim, Which::Strong));
    }
    let talks = match config.work {
        Work::Mixed => config.send_percent > 0,
        Work::Token => true,
        Work::Silent | Work::ByHand => false,
    };
    if talks && config.steps == 0 {
        let claim = "in the end an event of each process is in the past of every other's newest";
        let all_talk: &[Need] = match config.work {
            Work::Token => {
                &[Need::NoLoss, Need::NoCrash, Need::NoPause, Need::Correct, Need::Pace, Need::Onward]
            }
            _ => &[Need::AllUp, Need::NoPause, Need::Fair, Need::Correct, Need::Pace, Need::Onward],
        };
        all.push(
            Promised::liveness("Word gets round", claim, judge(Which::Round))
                .needs(all_talk)
                .rests_on("each process sends to all others, again and again")
                .boxed(),
        );
    }
    all
}

#[derive(Clone)]
struct Judge {
    which: Which,
    graph: Graph,
}

/// An event: its process, and the how manieth of it.
type Place = (NodeId, u32);

impl Judge {
    /// What the newest event of `node` breaks.
    fn judge(&self, seen: &Seen<'_>, node: NodeId) -> Result<(), Broken> {
        let newest = (node, self.graph.len(node));
        match self.which {
            Which::Clock => self.graph.nodes().try_for_each(|other| self.clock(seen, newest, other)),
            Which::Strong => self.graph.nodes().try_for_each(|other| self.strong(seen, newest, other)),
            Which::Total => match self.graph.alike(node).into_iter().find(|(n, _)| *n == node) {
                Some(twin) => {
                    let number = self.graph.event(node, newest.1).number;
                    let (one, two) = (called(seen, twin), called(seen, newest));
                    Err(self.broken(twin, newest, format!("{one} and {two} have the same number, {number}")))
                }
                None => Ok(()),
            },
            Which::Round => Ok(()),
        }
    }

    /// The last event of `other` that happened before this one.
    fn last_before(&self, (node, place): Place, other: NodeId) -> Option<Place> {
        let past = if other == node { place - 1 } else { self.graph.past(node, other) };
        (past > 0).then_some((other, past))
    }

    fn clock(&self, seen: &Seen<'_>, newest: Place, other: NodeId) -> Result<(), Broken> {
        let Some(before) = self.last_before(newest, other) else {
            return Ok(());
        };
        let (a, b) = (self.number(before), self.number(newest));
        if a < b {
            return Ok(());
        }
        let story = format!("{} happened before {}", called(seen, before), called(seen, newest));
        Err(self.broken(before, newest, format!("{story}, but {a} is not less than {b}")))
    }

    fn strong(&self, seen: &Seen<'_>, newest: Place, other: NodeId) -> Result<(), Broken> {
        let graph = &self.graph;
        let vector = |(n, place): Place| &graph.event(n, place).vector;
        let before = self.last_before(newest, other);
        if let Some(before) = before
            && !vector(before).is_before(vector(newest))
        {
            let story = format!("{} happened before {}", called(seen, before), called(seen, newest));
            let (a, b) = (vector(before), vector(newest));
            return Err(self.broken(before, newest, format!("{story}, but {a} is not less than {b}")));
        }
        let (past, last) = (before.map_or(0, |b| b.1), graph.len(other));
        if other == newest.0 || past == last {
            return Ok(());
        }
        // Neither the first that is not in its past nor any after it; and the last is not after it, nor any before.
        let (first, last) = ((other, past + 1), (other, last));
        for (a, b) in [(first, newest), (newest, last)] {
            if vector(a).is_before(vector(b)) {
                let story = format!("{} is less than {}", vector(a), vector(b));
                let apart = format!("{} did not happen before {}", called(seen, a), called(seen, b));
                return Err(self.broken(a, b, format!("{story}, but {apart}")));
            }
        }
        Ok(())
    }

    fn number(&self, (node, place): Place) -> u64 {
        self.graph.event(node, place).number
    }

    fn broken(&self, a: Place, b: Place, why: String) -> Broken {
        Broken::new([a, b].map(|(node, place)| self.graph.event(node, place).at), why)
    }

    /// The pairs of processes of which the second knows of no event of the first.
    fn unheard(&self) -> impl Iterator<Item = Place> + '_ {
        let graph = &self.graph;
        let of = move |node| graph.nodes().filter(move |&o| graph.past(node, o) == 0).map(move |o| (o, 0));
        graph.nodes().flat_map(of)
    }
}

/// Event 3 of P1.
fn called(seen: &Seen<'_>, (node, place): Place) -> String {
    format!("event {place} of {}", seen.world.name(node))
}

impl Rule for Judge {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Fact>() {
            if self.graph.take(node, fact, seen.id) {
                self.judge(seen, node)?;
            }
        }
        Ok(())
    }

    fn missing(&self) -> Option<String> {
        if self.which != Which::Round {
            return None;
        }
        let pairs = self.graph.nodes().count().pow(2);
        let unheard = self.unheard().count();
        (unheard > 0).then(|| format!("{unheard} of {pairs} ways from one process to another are still open"))
    }

    fn unknown(&self) -> Option<String> {
        let stray = self.graph.stray && self.which != Which::Round;
        stray.then(|| "a message came, and it is not known in which event it was sent".to_owned())
    }

    fn weight(&self) -> usize {
        self.graph.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        self.graph.recall(recall);
    }
}
