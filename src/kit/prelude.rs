//! What nearly every protocol file uses: `use crate::kit::prelude::*;`.
//!
//! The rule that is easy to break: what only some protocols use stays out, so that a name in a protocol
//! file which is not its own is one of these, and can be learnt once.

pub use super::absence::{Absence, Condition, Lack, Lacking};
pub use super::boards::{Band, Bar, Board, Branch, Field, Lamp, Mood, Part};
pub use super::gauges::{self, number};
pub use super::{Choice, Entry, GaugeDef, Param, Params, Probe, Published};
pub(crate) use super::{facts, messages, mutants, pick};
pub use crate::check::promise::{
    Move, Only, agreement, at_most_one, causal_order, conserved, fifo_order, integrity, invariant, leads_to,
    mutual_exclusion, never, no_creation, no_duplication, no_loss, same_prefix, termination, total_order,
};
pub use crate::check::{Broken, Gauge, Need, Promised, Property, Recall, Rule, Seen, Wake};
pub use crate::sim::world::Layout;
pub use crate::sim::{
    Asked, Cell, CellTone, Ctx, Delay, EventId, EventKind, Form, Glyph, Host, Inspect, Kind, Link, Message,
    NodeId, NodeSetup, Protocol, Refusal, Setup, Shape, Span, Timing, Tone, Trace, World,
};
