//! The kit: what authors of protocols share, so that a protocol is its algorithm and its judgement.
//!
//! | a protocol says once | here |
//! |---|---|
//! | its line in the registry | [`Entry`] |
//! | its parameters | [`Param`] |
//! | the rules that can be left out | [`mutants!`](crate::kit::mutants) |
//! | its messages: name, shape, tone, label | [`messages!`](crate::kit::messages) |
//! | what it tells those who watch | [`facts!`](crate::kit::facts) |
//! | its numbers, with theory beside them | [`GaugeDef`], [`gauges`] |
//! | what it shows beyond circles | [`Board`] |
//! | why something has not happened | [`absence`] |
//! | its clients: sessions, retries, redirects, outcomes | [`client`] |
//! | who has answered, and whether they are enough | [`quorum`] |
//! | a log that copies for nothing | [`journal`] |
//! | which of 1, 2, 3, ... have been there | [`numbers`] |
//! | replicated key-value state, each request once | [`store`] |
//! | whom it suspects, by heartbeats | [`heartbeat`] |
//! | its tests, against the paper and against faults | [`bench`] |
//!
//! Ready-made promises are in [`crate::check::promise`]; [`prelude`] has all of it in one line.
//!
//! The rule that is easy to break: the kit knows no protocol. What only one of them needs is that
//! protocol's own.

pub mod absence;
#[cfg(not(target_arch = "wasm32"))]
pub mod bench;
pub mod boards;
pub mod client;
pub mod entry;
pub mod facts;
pub mod gauges;
pub mod heartbeat;
pub mod journal;
pub mod load;
pub mod messages;
pub mod mutants;
pub mod numbers;
pub mod params;
pub mod prelude;
pub mod quorum;
pub mod store;

pub use absence::{Absence, Condition, Lack, Lacking};
pub use boards::Board;
pub use entry::{Entry, Measure, Probe, measures};
pub(crate) use facts::{facts, pick};
pub use gauges::{GaugeDef, Published};
pub use load::Load;
pub(crate) use messages::messages;
pub use mutants::MutantDef;
pub(crate) use mutants::mutants;
pub use params::{Choice, Param, ParamKind, Params, Value};
pub use quorum::Quorum;
