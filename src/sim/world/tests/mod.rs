//! Tests of the world, with one small protocol: every node sends a numbered token to the next at
//! each tick, and keeps on disk how many it has had.

mod attack;
mod ends;
mod faults;
mod links;
mod runs;
mod strangers;
mod time;

use super::*;
use crate::sim::fault::{ByzantineAct, ByzantineRule, Edit, Fault, NodePatch};
use crate::sim::form::{Asked, Form};
use crate::sim::history::Run;
use crate::sim::link::{Layers, Link, LinkModel, LinkPatch};
use crate::sim::message::{Kind, Message, Shape, Tone};
use crate::sim::protocol::{Ctx, Protocol};
use crate::sim::time::Span;
use crate::sim::trace::{EventKind, Trace};
use crate::sim::{Delay, Host, Inspect, Timing, limits};

#[derive(Clone, Debug, Hash)]
struct Token(u32);

impl Message for Token {
    fn kind(&self) -> Kind {
        Kind { name: "token", shape: Shape::Disc, tone: Tone::Blue }
    }
    fn bytes(&self) -> u32 {
        100
    }
    fn corrupted(&self, draw: u64) -> Option<Self> {
        draw.is_multiple_of(2).then_some(Token(self.0 ^ 1))
    }
}

/// Sends a token every `every_ms` (never if 0), on request too; remembers what it got.
#[derive(Clone, Debug, Default, Hash)]
struct Ticker {
    every_ms: u64,
    sync_first: bool,
    sent: u32,
    got: Vec<u32>,
}

impl Ticker {
    fn send(&mut self, ctx: &mut Ctx<'_, Self>) {
        let to = NodeId((ctx.me().0 + 1) % ctx.nodes());
        self.sent += 1;
        ctx.send(to, Token(self.sent));
    }
}

impl Protocol for Ticker {
    type Msg = Token;
    type Timer = u8;
    type Stable = u32;

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.every_ms > 0 {
            ctx.set_timer(0, Span::ms(self.every_ms));
        }
    }
    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        let (every_ms, sync_first) = (self.every_ms, self.sync_first);
        *self = Ticker { every_ms, sync_first, sent: *ctx.durable(), got: Vec::new() };
        self.start(ctx);
    }
    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, _: NodeId, msg: &Token) {
        self.got.push(msg.0);
        if self.sync_first {
            ctx.persist(msg.0);
            ctx.note("had it on disk");
            let to = NodeId((ctx.me().0 + 1) % ctx.nodes());
            ctx.send(to, Token(msg.0 + 1_000));
        } else {
            ctx.write(msg.0);
        }
    }
    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, _: u8) {
        self.send(ctx);
        ctx.set_timer(0, Span::ms(self.every_ms));
    }
    fn on_request(&mut self, ctx: &mut Ctx<'_, Self>, _: &Asked) {
        self.send(ctx);
    }
    fn requests(&self) -> &'static [Form] {
        const { &[Form::bare("send", "Send one now")] }
    }
    fn inspect(&self) -> Inspect {
        Inspect::default()
    }
    fn lie(&self, msg: &Token, to: NodeId, _: u64) -> Option<Token> {
        Some(Token(msg.0 + 10_000 * u32::from(to.0)))
    }
}

/// Sends back what it gets, for ever; keeps nothing.
#[derive(Clone, Hash)]
struct Relay;

impl Protocol for Relay {
    type Msg = Token;
    type Timer = u8;
    type Stable = ();

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        if ctx.me() == NodeId(0) {
            ctx.send(NodeId(1), Token(0));
        }
    }
    fn restart(&mut self, _: &mut Ctx<'_, Self>) {}
    fn on_timer(&mut self, _: &mut Ctx<'_, Self>, _: u8) {}
    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, from: NodeId, msg: &Token) {
        ctx.send(from, Token(msg.0));
    }
    fn inspect(&self) -> Inspect {
        Inspect::default()
    }
}

fn setup(n: u16, every_ms: u64, link: Link) -> Setup {
    let ticker = || Ticker { every_ms, ..Ticker::default() };
    Setup {
        seed: 7,
        link,
        nodes: (0..n).map(|i| NodeSetup::server(format!("N{i}"), Host::boxed(ticker()))).collect(),
        ..Setup::default()
    }
}

fn constant(us: u64) -> Link {
    Link::fair_loss(Delay::Constant { us }, 0)
}

fn run(setup: Setup) -> Run {
    Run::new(setup, (), Vec::new()).unwrap()
}

fn got(run: &Run, node: u16) -> Vec<u32> {
    let t: &Ticker = run.world().node_as(NodeId(node)).unwrap();
    t.got.clone()
}

fn losses(run: &Run) -> Vec<Loss> {
    let all = run.trace().events_from(EventId(0));
    all.filter(|(_, e)| e.kind == EventKind::Lost).map(|(_, e)| e.loss).collect()
}

fn send(run: &mut Run) {
    run.edit(Fault::Request { node: NodeId(0), request: "send".into() }).unwrap();
}

fn ms(ms: u64) -> SimTime {
    SimTime::from_ms(ms)
}

/// Losses, copies, a crash, a flapping partition, a pause and a leap of a clock.
fn stormy() -> Run {
    let at = |ms: u64, fault| Edit::at(ms * 1_000, fault);
    let node = NodeId(1);
    let partition = Partition {
        groups: vec![vec![NodeId(0)], vec![NodeId(1), NodeId(2)]],
        up_us: 30_000,
        down_us: 20_000,
        ..Partition::default()
    };
    let edits = vec![
        at(50, Fault::Crash { node, stop: false }),
        at(120, Fault::Recover { node }),
        at(200, Fault::Partition(partition)),
        at(300, Fault::Pause { node }),
        at(400, Fault::Resume { node }),
        at(450, Fault::ClockJump { node, by_us: 5_000 }),
        at(600, Fault::Heal),
    ];
    Run::new(stormy_setup(), (), edits).unwrap()
}

fn stormy_setup() -> Setup {
    let link =
        Link { duplicate_ppm: 200_000, reorder_ppm: 100_000, ..Link::fair_loss(Delay::default(), 300_000) };
    setup(3, 7, link)
}
