//! A protocol with a bug in it, on purpose: tests of the page and of the tool see what a reader is
//! told when a protocol panics. No list shows it.

use crate::kit::Entry;
use crate::scenario::front::{Block, Front, Piece, Scenario};
use crate::sim::form::{Asked, Form};
use crate::sim::world::{NodeSetup, Setup};
use crate::sim::{Ctx, Host, Inspect, Kind, Message, NodeId, Protocol, Shape, Tone};

/// Its line, which is not in the registry.
pub static ENTRY: Entry = Entry {
    id: "test-panic",
    title: "A bug on purpose",
    source: "none",
    leaves_out: "everything",
    params: &[],
    build: |_, seed| {
        let node = |i: u16| NodeSetup::server(format!("P{}", i + 1), Host::boxed(Fragile { told: 0 }));
        Ok(Setup { seed, nodes: (0..2).map(node).collect(), ..Setup::default() })
    },
    ..Entry::BLANK
};

/// The scenario that opens it.
pub fn scenario() -> Scenario {
    Scenario {
        front: Front {
            title: ENTRY.title.to_owned(),
            summary: "Asked to, a node panics.".to_owned(),
            speed_ms: 1_000,
            length_ms: 1_000,
            leaves_out: ENTRY.leaves_out.to_owned(),
            ..Front::of(ENTRY.id, ENTRY.id)
        },
        prose: vec![Block::P(vec![Piece::T("Ask a node to \"panic\".".to_owned())])],
    }
}

#[derive(Clone, Debug, Hash)]
struct Word;

impl Message for Word {
    fn kind(&self) -> Kind {
        Kind { name: "word", shape: Shape::Disc, tone: Tone::Blue }
    }
}

/// Counts what it is told, and panics when asked to.
#[derive(Clone, Debug, Hash)]
struct Fragile {
    told: u32,
}

impl Protocol for Fragile {
    type Msg = Word;
    type Timer = ();
    type Stable = ();

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        ctx.send(NodeId(1 - ctx.me().0), Word);
    }
    fn restart(&mut self, _: &mut Ctx<'_, Self>) {
        self.told = 0;
    }
    fn on_message(&mut self, _: &mut Ctx<'_, Self>, _: NodeId, _: &Word) {
        self.told += 1;
    }
    fn on_timer(&mut self, _: &mut Ctx<'_, Self>, (): ()) {}
    fn on_request(&mut self, _: &mut Ctx<'_, Self>, asked: &Asked) {
        assert!(asked.form != "panic", "a bug on purpose: it was asked to panic");
    }
    fn requests(&self) -> &'static [Form] {
        const { &[Form::bare("panic", "Panic"), Form::bare("nothing", "Do nothing")] }
    }
    fn inspect(&self) -> Inspect {
        Inspect { role: "fragile".to_owned(), badge: format!("told {}", self.told), ..Inspect::default() }
    }
}
