//! Faults as scenario files speak of them: the word of each, and whether it changes a setting.
//!
//! The rule that is easy to break: a word here is the word in edits, links and files.

use super::front::condition::FaultWord;
use crate::sim::Fault;

/// The word of `fault`.
pub fn of(fault: &Fault) -> FaultWord {
    match fault {
        Fault::Crash { .. } => FaultWord::Crash,
        Fault::Recover { .. } => FaultWord::Recover,
        Fault::Pause { .. } => FaultWord::Pause,
        Fault::Resume { .. } => FaultWord::Resume,
        Fault::Node { .. } => FaultWord::Node,
        Fault::ClockJump { .. } => FaultWord::ClockJump,
        Fault::Byzantine { .. } => FaultWord::Byzantine,
        Fault::Link { .. } => FaultWord::Link,
        Fault::Links { .. } => FaultWord::Links,
        Fault::Partition(_) => FaultWord::Partition,
        Fault::Heal => FaultWord::Heal,
        Fault::Timing { .. } => FaultWord::Timing,
        Fault::Drop { .. } => FaultWord::Drop,
        Fault::Hold { .. } => FaultWord::Hold,
        Fault::Release { .. } => FaultWord::Release,
        Fault::Duplicate { .. } => FaultWord::Duplicate,
        Fault::Corrupt { .. } => FaultWord::Corrupt,
        Fault::DeliverNow { .. } => FaultWord::DeliverNow,
        Fault::Request { .. } => FaultWord::Request,
    }
}

/// Whether `fault` changes the setting called `name` of a link or a node.
pub fn sets(fault: &Fault, name: &str) -> bool {
    let patch = match fault {
        Fault::Link { set, .. } | Fault::Links { set } => serde_json::to_value(set),
        Fault::Node { set, .. } => serde_json::to_value(set),
        _ => return false,
    };
    patch.is_ok_and(|fields| fields.get(name).is_some())
}
