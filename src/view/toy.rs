//! A protocol that does nothing but chatter, for tests of what is drawn.
//!
//! The rule that is easy to break: who talks to whom is random, so that a test over it is over many
//! different figures; how much is settled by the number of messages a node begins with.

use crate::sim::world::{Layout, NodeSetup, Place, Setup, World};
use crate::sim::{
    Ctx, Delay, Host, Inspect, Kind, Link, Message, NodeId, Protocol, Shape, SimTime, Span, Tone, Trace,
};

/// A message with a number of hops left.
#[derive(Clone, Debug, Hash)]
pub struct Word(pub u32);

impl Message for Word {
    fn kind(&self) -> Kind {
        Kind { name: "Word", shape: Shape::Disc, tone: Tone::Blue }
    }
    fn label(&self) -> String {
        format!("Word {}", self.0)
    }
}

/// A node that begins with some messages, and passes on what it hears.
#[derive(Clone, Hash)]
pub struct Chatter {
    /// How many messages it begins with, and keeps under way.
    pub begins: u32,
    heard: u32,
}

impl Chatter {
    fn say(ctx: &mut Ctx<'_, Self>, hops: u32) {
        let others = u64::from(ctx.nodes()) - 1;
        let me = u64::from(ctx.me().0);
        let to = (me + 1 + ctx.random_below(others)) % (others + 1);
        ctx.send(NodeId(to as u16), Word(hops));
    }
}

impl Protocol for Chatter {
    type Msg = Word;
    type Timer = u8;
    type Stable = ();

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        (0..self.begins).for_each(|i| Self::say(ctx, i));
        ctx.set_timer(1, Span::ms(100));
    }
    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.start(ctx);
    }
    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, _: NodeId, msg: &Word) {
        self.heard += 1;
        Self::say(ctx, msg.0 + 1);
    }
    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, _: u8) {
        ctx.set_timer(1, Span::ms(100));
        ctx.epoch(u64::from(self.heard), format!("heard {}", self.heard));
    }
    fn inspect(&self) -> Inspect {
        Inspect { badge: format!("heard {}", self.heard), ..Inspect::default() }
    }
}

/// The setup of a world of `nodes` chatterers, each of which keeps `begins` messages under way.
pub fn setup(nodes: usize, begins: u32, seed: u64) -> Setup {
    let node = |i: usize| {
        let chatter = Chatter { begins, heard: 0 };
        NodeSetup::server(format!("N{}", i + 1), Host::boxed(chatter))
    };
    Setup {
        seed,
        link: Link::fair_loss(Delay::Uniform { min_us: 8_000, max_us: 24_000 }, 0),
        nodes: (0..nodes).map(node).collect(),
        layout: Layout::Circle,
        ..Setup::default()
    }
}

/// The same in another layout; `place` says where each of them wants to stand.
pub fn laid(layout: Layout, nodes: usize, place: impl Fn(usize) -> Place) -> Setup {
    let mut setup = setup(nodes, 1, 1);
    setup.layout = layout;
    for (i, node) in setup.nodes.iter_mut().enumerate() {
        node.place = place(i);
    }
    setup
}

/// Such a world, run for `ms` milliseconds.
pub fn run(nodes: usize, begins: u32, seed: u64, ms: u64) -> (World, Trace) {
    let mut world = World::new(setup(nodes, begins, seed)).expect("the setup is in range");
    let mut trace = Trace::new();
    world.run_until(&mut trace, SimTime::from_ms(ms));
    (world, trace)
}
