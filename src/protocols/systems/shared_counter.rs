//! A counter that nodes would like to share, and have no memory to share it in.
//!
//! Threads of one process share a cell: what one writes, the next one reads. Nodes share nothing. Each has a *copy* of the counter in a
//! memory of its own, and the one thing that crosses the gap is a message, which tells what was so when it was sent. What it
//! carries decides what the copies come to. Four ways:
//!
//! *Increments*: "one more". Who gets it adds one. Additions commute, so their order does not matter, but each has to be counted once: this is
//! an operation-based counter (Shapiro, Preguiça, Baquero, Zawirski 2011, *A comprehensive study of Convergent and Commutative Replicated
//! Data Types*, section 3.1.1, Specification 5). What is lost stays lost.
//!
//! *Vectors*: each node counts in a place of its own, and sends all places. Who gets them takes the larger number in each: the sum is the
//! counter (the same study, section 3.1.1, Specification 6: the G-Counter). A maximum may be taken twice, late, and in any order; so what
//! is lost is made good by any later message, and each node says its vector again from time to time.
//!
//! *Totals*: "it is 5 now". Who gets it writes it into its copy. It overwrites what its sender did not know of: two that count at the same
//! time both say 1, and both come to 1. A total that is older than one that has come from the same sender is left alone; that does not help.
//!
//! *One cell*: pretend that there is a shared memory, at N1. To count is to ask for the number, to add one, and to write it back. Two
//! that have read the same number write the same number: the lost update. A processor would do the three as one step; over a
//! link that cannot be, for a reading is a copy, and is old when it comes.
//!
//! Where this differs from the study: there an operation is delivered once by the layer below; here a node remembers which it has had.
//!
//! The rule that is easy to break: a copy is right about the past. No node can see the sum as it is now; whoever compares a copy with the sum
//! stands outside.

mod cost;
mod judged;
mod setup;
mod show;

#[cfg(test)]
mod tests;

use crate::kit::numbers::Numbers;
use crate::kit::prelude::*;
use setup::{Carries, Config};
use std::fmt;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "shared-counter",
    title: "Shared counter",
    source: "Shapiro, Preguiça, Baquero, Zawirski 2011, section 3.1.1",
    leaves_out: "counting down, nodes that come and go, and a cell that adds in one step",
    params: setup::PARAMS,
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    length: Span::secs(15),
    build: setup::build,
    promises: judged::promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    probes: show::PROBES,
    ..Entry::BLANK
};

mutants! {
    /// A counter with a rule left out.
    pub enum Mutant {
        /// It does not ask whether it has had it.
        CountsCopies = "counts-copies", "adds one for each message, also for a second copy" {
            rule: "an increment is counted once, however often its message comes", breaks: "Counted once",
        }
        /// It hears itself.
        Echo = "echo", "sends its increments to itself, too, and counts them again" {
            rule: "an increment goes to the others, for its own copy has it", breaks: "Counted once",
        }
        /// What is in memory is gone.
        Forgets = "forgets", "keeps its copy in memory alone" {
            rule: "a copy is on disk before anybody is told", breaks: "No lost increment",
        }
        /// It adds what it should compare.
        AddsVectors = "adds-vectors", "adds a vector that comes to its own" {
            rule: "in each place the larger number is taken, not the sum (2011, Specification 6)", breaks: "Counted once",
            with: &["carries=vectors"],
        }
        /// What comes is newer, it thinks.
        TakesTheirs = "takes-theirs", "puts a vector that comes in the place of its own" {
            rule: "in each place the larger number is taken, not the newer (2011, Specification 6)", breaks: "No lost increment",
            with: &["carries=vectors"],
        }
        /// Two count in one place.
        OnePlace = "one-place", "counts in the first place of the vector, whoever it is" {
            rule: "each node counts in a place of its own (2011, Specification 6)", breaks: "No lost increment",
            with: &["carries=vectors"],
        }
    }
    as it is: "as in the study",
}

/// How much each node has counted, by what is known: the payload of a G-Counter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Places(Vec<u32>);

impl Places {
    fn sum(&self) -> u64 {
        self.0.iter().map(|&n| u64::from(n)).sum()
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.iter().map(u32::to_string).collect();
        write!(f, "[{}]", all.join(" "))
    }
}

messages! {
    /// What nodes send. `serial` is the sender's own number of the message.
    pub enum Msg {
        /// "One more."
        Increment { serial: u32 } = "increment", Disc, Green, "+1";
        /// "It is so many now."
        Total { serial: u32, value: u64 } = "total", Square, Orange, "= {value}";
        /// "Of each node I know so many."
        Vector { serial: u32, places: Places } = "vector", Diamond, Purple, "{places}";
        /// "What is in the cell?"
        Read { serial: u32 } = "read", Arrow, Blue, "read";
        /// "This is, or was when I sent it."
        Value { to: u32, serial: u32, value: u64 } = "value", Tag, Blue, "{value}";
        /// "Put this into the cell."
        Write { serial: u32, value: u64 } = "write", Square, Orange, "write {value}";
        /// "It is in the cell."
        Written { to: u32 } = "written", Tag, Quiet, "written";
    }
}

facts! {
    /// What a node tells. A value is what its copy shows then.
    pub enum Fact {
        /// It has counted one more.
        Counted { value: u64 } = "counted",
        /// It sends what it knows, or has just counted, in the message of this number.
        Sent { serial: u32 } = "sent" => Quiet,
        /// It has taken what a message of another says: its copy has shown `before`.
        Took { from: NodeId, serial: u32, before: u64, value: u64 } = "took",
        /// It is back after a crash, with the copy that its disk has kept.
        Recalled { value: u64 } = "recalled",
        /// Somebody has read its copy.
        Read { value: u64, asked: bool } = "read" => Quiet,
    }
}

/// What is on a node's disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Kept {
    // What the copy shows, and of that by its own counting.
    copy: u64,
    own: u32,
    // How often it has counted by itself.
    begun: u32,
    // Its newest message.
    serial: u32,
    places: Places,
    // Which messages of each node have come, and the newest of each.
    had: Vec<Numbers>,
    newest: Vec<u32>,
}

impl Kept {
    fn fresh(nodes: u16) -> Self {
        let n = usize::from(nodes);
        let places = Places(vec![0; n]);
        Kept { places, had: vec![Numbers::default(); n], newest: vec![0; n], ..Kept::default() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Timer {
    Count,
    Read,
    Again,
}

/// Where a node stands with the cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Idle,
    // It waits for the answer to this message of its own.
    Reading(u32),
    Writing(u32),
}

/// Where the cell is, if there is one.
const CELL: NodeId = NodeId(0);

/// A node with its copy.
#[derive(Clone, Hash)]
struct Node {
    config: Config,
    me: NodeId,
    kept: Kept,
    step: Step,
    // How many it is still to count in the cell.
    waiting: u32,
}

type Cx<'a> = Ctx<'a, Node>;

impl Node {
    fn new(config: Config, me: NodeId) -> Self {
        Node { config, me, kept: Kept::fresh(config.nodes), step: Step::Idle, waiting: 0 }
    }

    /// It is on disk before anybody is told.
    fn keep(&self, ctx: &mut Cx<'_>) {
        if self.config.mutant != Mutant::Forgets {
            ctx.persist(self.kept.clone());
        }
    }

    /// Whether to count it takes a message to the cell.
    fn is_remote(&self) -> bool {
        self.config.carries == Carries::OneCell && self.me != CELL
    }

    /// Counts one more.
    fn count(&mut self, ctx: &mut Cx<'_>) {
        if self.is_remote() {
            self.waiting += 1;
            return self.read_cell(ctx);
        }
        let place = if self.config.mutant == Mutant::OnePlace { 0 } else { self.me.index() };
        self.kept.own += 1;
        self.kept.copy += 1;
        self.kept.places.0[place] += 1;
        if self.config.carries != Carries::OneCell {
            self.kept.serial += 1;
        }
        self.keep(ctx);
        let value = self.kept.copy;
        ctx.note(format!("counts one more, and has {value}"));
        ctx.fact(Fact::Counted { value });
        if self.config.carries != Carries::OneCell {
            self.tell(ctx);
        }
    }

    /// Sends what the others are to know, under the newest number.
    fn tell(&mut self, ctx: &mut Cx<'_>) {
        let (serial, value) = (self.kept.serial, self.kept.copy);
        let msg = match self.config.carries {
            Carries::Vectors => Msg::Vector { serial, places: self.kept.places.clone() },
            Carries::Totals => Msg::Total { serial, value },
            _ => Msg::Increment { serial },
        };
        ctx.fact(Fact::Sent { serial });
        let me = self.me;
        let echo = self.config.mutant == Mutant::Echo;
        ctx.broadcast((0..self.config.nodes).map(NodeId).filter(|&n| echo || n != me), msg);
    }

    fn took(&mut self, ctx: &mut Cx<'_>, (from, serial): (NodeId, u32), before: u64, what: &str) {
        self.keep(ctx);
        let value = self.kept.copy;
        ctx.note(format!("takes {what} of N{}, and goes from {before} to {value}", from.0 + 1));
        ctx.fact(Fact::Took { from, serial, before, value });
    }

    /// One more, unless it has had that one (2011, Specification 5).
    fn add(&mut self, ctx: &mut Cx<'_>, from: NodeId, serial: u32) {
        let had = &mut self.kept.had[from.index()];
        if had.has(u64::from(serial)) && self.config.mutant != Mutant::CountsCopies {
            ctx.note(format!("has had this one of N{}, and leaves it", from.0 + 1));
            return;
        }
        had.add(u64::from(serial));
        let before = self.kept.copy;
        self.kept.copy += 1;
        self.took(ctx, (from, serial), before, "an increment");
    }

    /// The larger number in each place (2011, Specification 6: merge).
    fn merge(&mut self, ctx: &mut Cx<'_>, (from, serial): (NodeId, u32), theirs: &Places) {
        let before = self.kept.copy;
        for (mine, &theirs) in self.kept.places.0.iter_mut().zip(&theirs.0) {
            *mine = match self.config.mutant {
                Mutant::AddsVectors => mine.saturating_add(theirs),
                Mutant::TakesTheirs => theirs,
                _ => theirs.max(*mine),
            };
        }
        self.kept.copy = self.kept.places.sum();
        self.took(ctx, (from, serial), before, "the larger numbers");
    }

    /// What comes is put in the place of what was, unless something newer of the same sender is there.
    fn replace(&mut self, ctx: &mut Cx<'_>, (from, serial): (NodeId, u32), value: u64, what: &str) {
        let newest = &mut self.kept.newest[from.index()];
        if serial <= *newest {
            ctx.note(format!("has had this of N{} or something newer, and leaves it", from.0 + 1));
            return;
        }
        *newest = serial;
        let before = std::mem::replace(&mut self.kept.copy, value);
        self.took(ctx, (from, serial), before, what);
    }

    // -------------------------------------------------------------- one cell

    /// Asks for the number in the cell, if it is to count and does not do so already.
    fn read_cell(&mut self, ctx: &mut Cx<'_>) {
        if self.step != Step::Idle || self.waiting == 0 {
            return;
        }
        self.waiting -= 1;
        self.kept.serial += 1;
        self.keep(ctx);
        let serial = self.kept.serial;
        self.step = Step::Reading(serial);
        ctx.note("asks what is in the cell");
        ctx.send(CELL, Msg::Read { serial });
    }

    /// Somebody asks what is in the cell.
    fn answer(&mut self, ctx: &mut Cx<'_>, from: NodeId, to: u32) {
        self.kept.serial += 1;
        self.keep(ctx);
        let (serial, value) = (self.kept.serial, self.kept.copy);
        ctx.fact(Fact::Sent { serial });
        ctx.send(from, Msg::Value { to, serial, value });
    }

    /// The number has come: adds one, and writes it back.
    fn add_and_write(&mut self, ctx: &mut Cx<'_>, (to, serial): (u32, u32), value: u64) {
        if self.step != Step::Reading(to) {
            return;
        }
        self.replace(ctx, (CELL, serial), value, "the number");
        self.kept.own += 1;
        self.kept.copy += 1;
        self.kept.serial += 1;
        self.keep(ctx);
        let (serial, value) = (self.kept.serial, self.kept.copy);
        self.step = Step::Writing(serial);
        ctx.note(format!("adds one, and writes {value} back"));
        ctx.fact(Fact::Counted { value });
        ctx.fact(Fact::Sent { serial });
        ctx.send(CELL, Msg::Write { serial, value });
    }

    // -------------------------------------------------------------- timers

    /// The next increment of its own accord, if there is to be one.
    fn wait(&self, ctx: &mut Cx<'_>) {
        let done = self.config.count > 0 && self.kept.begun >= self.config.count;
        if !done && let Some(gap) = self.config.load().gap(ctx) {
            ctx.set_timer(Timer::Count, gap);
        }
    }

    fn begin(&self, ctx: &mut Cx<'_>) {
        self.wait(ctx);
        if self.config.read > Span::ZERO {
            ctx.set_timer(Timer::Read, self.config.read);
        }
        if self.says_again() {
            ctx.set_timer(Timer::Again, self.config.again);
        }
    }

    fn says_again(&self) -> bool {
        self.config.carries == Carries::Vectors && self.config.again > Span::ZERO
    }
}

impl Protocol for Node {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = Kept;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        self.begin(ctx);
    }

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        *self = Node { kept: ctx.durable().clone(), ..Node::new(self.config, self.me) };
        let value = self.kept.copy;
        ctx.note(format!("is back, and its disk has kept {value}"));
        ctx.fact(Fact::Recalled { value });
        self.begin(ctx);
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        match *msg {
            Msg::Increment { serial } => self.add(ctx, from, serial),
            Msg::Vector { serial, ref places } => self.merge(ctx, (from, serial), places),
            Msg::Total { serial, value } => self.replace(ctx, (from, serial), value, "the total"),
            Msg::Read { serial } => self.answer(ctx, from, serial),
            Msg::Value { to, serial, value } => self.add_and_write(ctx, (to, serial), value),
            Msg::Write { serial, value } => {
                self.replace(ctx, (from, serial), value, "the number");
                ctx.send(from, Msg::Written { to: serial });
            }
            Msg::Written { to } => {
                if self.step == Step::Writing(to) {
                    self.step = Step::Idle;
                    self.read_cell(ctx);
                }
            }
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Count => {
                self.kept.begun += 1;
                self.count(ctx);
                self.wait(ctx);
            }
            Timer::Read => {
                ctx.fact(Fact::Read { value: self.kept.copy, asked: false });
                ctx.set_timer(Timer::Read, self.config.read);
            }
            Timer::Again => {
                self.kept.serial += 1;
                self.keep(ctx);
                self.tell(ctx);
                ctx.set_timer(Timer::Again, self.config.again);
            }
        }
    }

    fn requests(&self) -> &'static [Form] {
        const { &[Form::bare("count", "Count one"), Form::bare("read", "Read the copy")] }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        match asked.form {
            "read" => {
                let value = self.kept.copy;
                ctx.note(format!("is read, and shows {value}"));
                ctx.fact(Fact::Read { value, asked: true });
            }
            _ => self.count(ctx),
        }
    }

    /// A liar claims more than there is.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        let more = 1 + (draw % 9) as u32;
        Some(match msg.clone() {
            Msg::Increment { serial } => Msg::Increment { serial: serial + 1_000 * more },
            Msg::Total { serial, value } => Msg::Total { serial, value: value + u64::from(more) },
            Msg::Write { serial, value } => Msg::Write { serial, value: value + u64::from(more) },
            Msg::Value { to, serial, value } => Msg::Value { to, serial, value: value + u64::from(more) },
            Msg::Vector { serial, mut places } => {
                places.0.iter_mut().for_each(|n| *n += more);
                Msg::Vector { serial, places }
            }
            Msg::Read { .. } | Msg::Written { .. } => return None,
        })
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Count => "counts",
            Timer::Read => "is read",
            Timer::Again => "says it again",
        }
    }

    fn inspect(&self) -> Inspect {
        show::inspect(self)
    }
}
