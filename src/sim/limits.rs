//! The engine's limits. Each is checked where it could be passed; passing one stops the run with a
//! sentence, and nothing that was recorded is lost.

/// Nodes in a world of the engine.
pub const NODES: usize = 2_000;
/// Nodes in a scenario that a learner opens.
pub const SCENARIO_NODES: usize = 200;
/// Messages in flight at once.
pub const IN_FLIGHT: usize = 200_000;
/// Events of one run.
pub const EVENTS: u32 = 5_000_000;
/// Inputs that wait at one busy or paused node.
pub const INBOX: usize = 50_000;
/// Futures of one run on a page: each keeps its own checkpoints.
pub const FUTURES: usize = 8;
/// Characters in a name.
pub const NAME_CHARS: usize = 40;
/// The longest span that a setting may have: one hour.
pub const SPAN_US: u64 = 3_600_000_000;
/// The longest run: thirty simulated days.
pub const RUN_US: u64 = 30 * 86_400_000_000;
/// The largest clock drift, in parts per million: half as fast or half as fast again.
pub const DRIFT_PPM: i32 = 500_000;
/// The largest clock offset or jump: one hour either way.
pub const OFFSET_US: i64 = 3_600_000_000;
/// The most edits in one run.
pub const EDITS: usize = 10_000;
/// Handlers that may run at one instant before the run is taken for a loop without delay.
pub const EVENTS_AN_INSTANT: u32 = 100_000;
