//! Facts: what a node knows to have happened in its protocol, in types instead of words.
//!
//! The rule that is easy to break: a fact tells, it decides nothing. It is no part of the trace hash,
//! no node can hear one, and a run without a watcher is the same run. It stands at the event in
//! which it was told, with that event's true time, and is gone when time goes back before it.

use super::ids::NodeId;
use std::any::Any;
use std::fmt::Debug;
use std::rc::Rc;

/// What a protocol may tell. One closed enum a protocol; `kit::facts!` declares it.
pub trait Fact: Debug + 'static {
    /// Its name in scenario files, conditions and filters: `decided`.
    fn name(&self) -> &'static str;
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
