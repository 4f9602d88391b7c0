//! What a shared counter promises, judged by which increments each copy holds.
//!
//! Nodes tell when they count, when they send, and what they take of whom. Of that alone it follows which increments are in a message, and
//! which are in a copy when it has taken it: a total holds those that its sender's copy held, and no others.
//!
//! Increments and vectors lose nothing that a copy once had. Totals, and a cell that is read and written, lose nothing as long as nobody
//! counts between the sending of one and its arrival; the promise is given, and says what it rests on.
//!
//! The rule that is easy to break: the number that a copy shows is compared with the increments that it holds, not with the sum. A copy that
//! is behind breaks nothing.

use super::setup::{Carries, Config};
use super::{CELL, Fact};
use crate::kit::numbers::Numbers;
use crate::kit::prelude::*;
use crate::sim::SimTime;
use crate::sim::ledger::Ledger;
use std::rc::Rc;

/// Which promise.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Lost,
    Twice,
}

const ALONE: &str = "nobody counts between the sending of a total and its arrival, for it overwrites what its sender did not know of";
const COMMUTES: &str = "a message adds to a copy, and takes nothing away";

/// Without these what is sent does not come, or is not taken.
const ONCE: &[Need] = &[Need::NoLoss, Need::AllUp, Need::NoPause, Need::Correct, Need::Pace, Need::Onward];
/// Who crashes between reading and writing has counted for nothing.
const CELLED: &[Need] =
    &[Need::NoLoss, Need::NoCrash, Need::NoPause, Need::Correct, Need::Pace, Need::Onward];
/// Who says it again needs to be heard at last.
const AGAIN: &[Need] = &[Need::Fair, Need::AllUp, Need::NoPause, Need::Correct, Need::Pace, Need::Onward];

pub(super) fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let config = Config::of(p);
    let overwrites = config.carries.overwrites();
    let lost = Promised::safety(
        "No lost increment",
        "an increment that a copy has stays in it",
        Judge::new(config, Which::Lost),
    );
    let twice = Promised::safety(
        "Counted once",
        "no copy counts an increment twice, or one that nobody made",
        Judge::new(config, Which::Twice),
    );
    let mut all = vec![
        lost.needs(&[Need::Correct]).rests_on(COMMUTES).boxed(),
        twice.needs(&[Need::Correct]).rests_on("an increment is counted once").boxed(),
    ];
    if !overwrites {
        let shows: fn(&Fact) -> Option<u64> = pick!(
            Fact::Counted { value } | Fact::Took { value, .. } | Fact::Recalled { value } => *value,
        );
        let never =
            crate::check::promise::monotonic("Never down", "no copy shows less than it has shown", shows);
        all.push(never.needs(&[Need::Correct]).boxed());
    }
    let claim = match config.carries {
        Carries::OneCell => "in the end the cell shows the sum",
        _ => "in the end all copies show the sum",
    };
    let needs = match config.carries {
        Carries::OneCell => CELLED,
        Carries::Vectors if config.again > Span::ZERO => AGAIN,
        _ => ONCE,
    };
    let judge = Judge::new(config, Which::Lost);
    let end = InTheEnd { judge, since: SimTime::ZERO, agreed: true, excuse: None };
    all.push(Promised::liveness("Convergence", claim, end).needs(needs).boxed());
    all
}

/// Of each node, which of its increments.
type Held = Vec<Numbers>;

fn say(recall: &mut Recall, held: &[Numbers]) {
    for numbers in held {
        recall.word(numbers.upto());
        recall.each(numbers.beyond(), Recall::word);
    }
}

fn size(held: &[Numbers]) -> u64 {
    held.iter().map(Numbers::count).sum()
}

/// Follows each increment from copy to copy.
#[derive(Clone)]
struct Judge {
    config: Config,
    which: Which,
    // How many each node has made, and when each was.
    made: Vec<u64>,
    when: Ledger<(u16, u64), EventId>,
    // What each copy holds, and what it shows.
    held: Vec<Held>,
    shows: Vec<u64>,
    // What was in each message, and when it was sent.
    sent: Ledger<(u16, u32), (Rc<Held>, EventId)>,
    // What was overwritten first by who did not know of it.
    overwritten: Option<EventId>,
}

impl Judge {
    fn new(config: Config, which: Which) -> Self {
        let n = usize::from(config.nodes);
        Judge {
            config,
            which,
            made: vec![0; n],
            when: Ledger::default(),
            held: vec![vec![Numbers::default(); n]; n],
            shows: vec![0; n],
            sent: Ledger::default(),
            overwritten: None,
        }
    }

    fn sum(&self) -> u64 {
        self.made.iter().sum()
    }

    /// A node has counted: its copy holds that increment.
    fn count(&mut self, node: NodeId, id: EventId) {
        let i = node.index();
        self.made[i] += 1;
        self.when.keep_first((node.0, self.made[i]), id);
        self.held[i][i].add(self.made[i]);
    }

    fn send(&mut self, node: NodeId, serial: u32, id: EventId) {
        let i = node.index();
        let held = match self.config.carries {
            Carries::Increments => {
                let mut one = vec![Numbers::default(); self.made.len()];
                one[i].add(self.made[i]);
                one
            }
            _ => self.held[i].clone(),
        };
        self.sent.keep_first((node.0, serial), (Rc::new(held), id));
    }

    /// A copy takes what is in a message.
    fn take(&mut self, node: NodeId, (from, serial): (NodeId, u32), seen: &Seen<'_>) -> Result<(), Broken> {
        // What a liar has made up holds nothing.
        let Some((message, sent)) = self.sent.get(&(from.0, serial)).cloned() else {
            return Ok(());
        };
        let mine = &mut self.held[node.index()];
        if !self.config.carries.overwrites() {
            mine.iter_mut().zip(message.iter()).for_each(|(mine, theirs)| mine.join(theirs));
            return Ok(());
        }
        let before = std::mem::replace(mine, (*message).clone());
        // What others have read of the cell is no copy that has to keep anything.
        let keeps = self.config.carries != Carries::OneCell || node == CELL;
        let mut pairs = before.iter().zip(message.iter()).enumerate();
        let gone = pairs.find_map(|(of, (mine, theirs))| Some((of as u16, mine.first_without(theirs)?)));
        if let Some((of, number)) = gone
            && keeps
            && self.which == Which::Lost
        {
            let name = |n: NodeId| seen.world.name(n);
            let (me, sender, whose) = (name(node), name(from), name(NodeId(of)));
            let why = format!(
                "{me} takes what {sender} has sent, and increment {number} of {whose}, which it had, is gone: {sender} did not know of it"
            );
            let made = self.when.get(&(of, number)).copied().unwrap_or(EventId::NONE);
            self.overwritten.get_or_insert(made);
            return Err(Broken::new([made, sent, seen.id], why));
        }
        Ok(())
    }

    /// A copy shows as many as it holds.
    fn compare(&mut self, node: NodeId, value: u64, seen: &Seen<'_>) -> Result<(), Broken> {
        self.shows[node.index()] = value;
        let holds = size(&self.held[node.index()]);
        let wrong = match self.which {
            Which::Lost => value < holds,
            Which::Twice => value > holds,
        };
        if wrong {
            let who = seen.world.name(node);
            let why = format!("the copy of {who} shows {value}, and has taken {holds} different increments");
            return Err(Broken::new([seen.event.cause, seen.id], why));
        }
        Ok(())
    }
}

impl Rule for Judge {
    fn wake(&self) -> Wake {
        Wake::News
    }

    /// All that was told counts, also after what broke.
    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        let mut first = Ok(());
        for (node, fact) in seen.facts::<Fact>() {
            let (taken, value) = match *fact {
                Fact::Counted { value } => {
                    self.count(node, seen.id);
                    (Ok(()), value)
                }
                Fact::Took { from, serial, value, .. } => (self.take(node, (from, serial), seen), value),
                Fact::Recalled { value } => (Ok(()), value),
                Fact::Sent { serial } => {
                    self.send(node, serial, seen.id);
                    continue;
                }
                Fact::Read { .. } => continue,
            };
            let compared = self.compare(node, value, seen);
            first = first.and(taken).and(compared);
        }
        first
    }

    fn lacked(&self) -> Option<(EventId, String)> {
        self.overwritten.map(|made| (made, ALONE.to_owned()))
    }

    fn weight(&self) -> usize {
        let held = self.held.len() * self.held.len() * size_of::<Numbers>();
        held + self.when.weight() + self.sent.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        self.made.iter().for_each(|&n| recall.word(n));
        self.shows.iter().for_each(|&n| recall.word(n));
        self.held.iter().for_each(|held| say(recall, held));
        recall.each(self.sent.iter(), |r, ((from, serial), (held, _))| {
            r.word(u64::from(*from) << 32 | u64::from(*serial));
            say(r, held);
        });
    }
}

/// Whether all copies show the sum; and if they never will, why.
#[derive(Clone)]
struct InTheEnd {
    judge: Judge,
    since: SimTime,
    agreed: bool,
    excuse: Option<Rc<str>>,
}

impl InTheEnd {
    /// The copies that are to show the sum.
    fn copies(&self) -> &[u64] {
        match self.judge.config.carries {
            Carries::OneCell => &self.judge.shows[..1],
            _ => &self.judge.shows,
        }
    }
}

impl Rule for InTheEnd {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        if let Err(broken) = self.judge.see(seen)
            && self.excuse.is_none()
            && self.judge.config.carries.overwrites()
        {
            self.excuse = Some(Rc::from(format!("{ALONE}; {}", broken.why)));
        }
        let sum = self.judge.sum();
        let agree = self.copies().iter().all(|&n| n == sum);
        if self.agreed && !agree {
            self.since = seen.event.time;
        }
        self.agreed = agree;
        Ok(())
    }

    fn missing(&self) -> Option<String> {
        let sum = self.judge.sum();
        let copies = self.copies();
        let right = copies.iter().filter(|&&n| n == sum).count();
        let shown: Vec<String> = copies.iter().map(u64::to_string).collect();
        (!self.agreed).then(|| {
            format!(
                "{sum} increments were made, and {right} of {} copies show that: {}",
                copies.len(),
                shown.join(", ")
            )
        })
    }

    fn excuse(&self) -> Option<&str> {
        self.excuse.as_deref()
    }

    fn since(&self) -> SimTime {
        self.since
    }

    fn weight(&self) -> usize {
        self.judge.weight()
    }
}
