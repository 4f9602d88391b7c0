//! The engine: a deterministic world of nodes, links, clocks and disks. It knows no protocol.
//!
//! The rule that is easy to break: same setup, seed and edits give the same trace hash, natively
//! and in wasm, in debug and release, before and after a rewind. So: integer time ([`time`]), keyed
//! draws ([`streams`]), ordered collections, one portable hash ([`hash`]), `libm` for curves.

pub mod chunks;
pub mod clock;
pub mod data;
pub mod decimal;
pub mod delay;
pub mod fact;
pub mod fault;
pub mod form;
pub mod hash;
pub mod history;
pub mod host;
pub mod ids;
pub mod inspect;
pub mod json;
pub mod ledger;
pub mod letters;
pub mod limits;
pub mod link;
pub mod links;
pub mod luck;
pub mod message;
pub mod protocol;
pub mod queue;
pub mod refusal;
pub mod shelves;
pub mod streams;
pub mod time;
pub mod timing;
pub mod trace;
mod wheel;
pub mod world;

pub use delay::Delay;
pub use fact::{AnyFact, Fact, Rank, Told};
pub use fault::{ByzantineAct, ByzantineRule, Edit, Fault, NodePatch, Partition};
pub use form::{Asked, FieldKind, Form, FormField};
pub use host::{Host, Node};
pub use ids::{EventId, MsgId, NodeId};
pub use inspect::{Cell, CellTone, Glyph, Inspect};
pub use link::{Layers, Link, LinkModel, LinkPatch};
pub use message::{Kind, Message, Payload, Shape, Tone};
pub use protocol::{Ctx, Protocol};
pub use refusal::Refusal;
pub use time::{SimTime, Span};
pub use timing::Timing;
pub use trace::{Event, EventKind, Loss, Mark, Trace};
pub use world::{NodeConfig, NodeSetup, Setup, Status, World};
