//! Facts: what a node knows to have happened in its protocol, in types instead of words.
//!
//! The rule that is easy to break: a fact tells, it decides nothing. It is no part of the trace hash,
//! no node can hear one, and a run without a watcher is the same run. It stands at the event in
//! which it was told, with that event's true time, and is gone when time goes back before it.

use super::ids::NodeId;
use std::any::Any;
use std::fmt::Debug;
use std::rc::Rc;

/// How much a fact matters to whoever watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// It is one of many: told for promises, gauges and conditions.
    Quiet,
    /// A turn of the story.
    #[default]
    Telling,
    /// What the protocol is for: a leader, a decision, a suspicion.
    Decisive,
}

/// What a protocol may tell. One closed enum a protocol; `kit::facts!` declares it.
pub trait Fact: Debug + 'static {
    /// Its name in scenario files, conditions and filters: `decided`.
    fn name(&self) -> &'static str;

    /// Whether it is for those who watch the run alone: shown to promises and gauges in its event, and not
    /// kept in the trace. For what is told at nearly every event of a long run; scenario files and the log
    /// cannot ask for it.
    fn fleeting(&self) -> bool {
        false
    }

    /// How much it matters to whoever watches.
    fn rank(&self) -> Rank {
        Rank::Telling
    }

    /// Its field called `name`, as text: `true`, `7`, `NodeId(2)`.
    fn field(&self, name: &str) -> Option<String> {
        let _ = name;
        None
    }
}

/// [`Fact`] with its type erased. Implemented for every fact; not to be implemented by hand.
pub trait AnyFact: Any + Debug {
    /// See [`Fact::name`].
    fn name(&self) -> &'static str;
    /// See [`Fact::fleeting`].
    fn fleeting(&self) -> bool;
    /// See [`Fact::rank`].
    fn rank(&self) -> Rank;
    /// See [`Fact::field`].
    fn field(&self, name: &str) -> Option<String>;
    /// For whoever knows the type.
    fn as_any(&self) -> &dyn Any;
}

impl<F: Fact> AnyFact for F {
    fn name(&self) -> &'static str {
        Fact::name(self)
    }
    fn field(&self, name: &str) -> Option<String> {
        Fact::field(self, name)
    }

    fn fleeting(&self) -> bool {
        Fact::fleeting(self)
    }

    fn rank(&self) -> Rank {
        Fact::rank(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A fact, and who told it.
#[derive(Clone, Debug)]
pub struct Told {
    /// The node that told it.
    pub node: NodeId,
    /// What it told.
    pub fact: Rc<dyn AnyFact>,
}

impl Told {
    /// The fact, if it is an `F`.
    pub fn as_fact<F: Fact>(&self) -> Option<&F> {
        (*self.fact).as_any().downcast_ref()
    }
}
