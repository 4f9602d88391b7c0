//! The engine under load: three synthetic workloads, an idle Raft cluster, and a walk through time.
//! The same functions are timed natively by `bench`, and in wasm by whoever has a clock.
//!
//! The rule that is easy to break: equal work. W1 delivers exactly 1,000,000 messages, W3 handles
//! exactly 182,000 timers and 1,820,000 messages, and W2 reaches every node with every broadcast but
//! for what 1 % of loss takes; the counts are printed, so that figures can be compared. The whole
//! trace is recorded, as in the page.

use super::{Opening, open};
use crate::check::Checks;
use crate::kit::Value;
use crate::sim::history::Run;
use crate::sim::world::{NodeSetup, Setup, World};
use crate::sim::{
    Ctx, Delay, EventId, EventKind, Host, Inspect, Kind, Link, Message, NodeId, Protocol, Refusal, Shape,
    SimTime, Span, Tone, Trace,
};

/// W1: how often the ball is returned.
const RETURNS: u32 = 1_000_000;
/// W2 and W3: how many nodes there are.
const NODES: u16 = 1_000;
/// W2: to how many random nodes a node passes on what it sees first.
const FANOUT: usize = 10;
/// W2: how many broadcasts start at time zero.
const BROADCASTS: u16 = 20;
/// W3: how often each node's heart beats.
const BEATS: u32 = 182;
/// W3: how many nodes of the ring hear each beat.
const HEARERS: u16 = 10;
/// The unit of time: delays are uniform in `[0, UNIT)` microseconds.
const UNIT: u64 = 1 << 20;

/// What a workload did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages handled.
    pub delivered: u64,
    /// Messages lost.
    pub lost: u64,
    /// Timers that ran out.
    pub timers: u64,
}

impl Counts {
    /// Messages and timers handled: what figures are divided by.
    pub fn events(&self) -> u64 {
        self.delivered + self.timers
    }
}

/// The names of the three workloads.
pub const NAMES: [&str; 3] = ["w1", "w2", "w3"];

/// The world of workload `name`, at its start; [`None`] for a name that is none.
pub fn world(name: &str) -> Option<World> {
    let node = |b| NodeSetup::server("n", b);
    let (nodes, loss_ppm) = match name {
        "w1" => ((0..2).map(|_| node(Host::boxed(Pong))).collect(), 0),
        "w2" => {
            let flood = |_| node(Host::boxed(Flood { seen: 0 }));
            ((0..NODES).map(flood).collect(), 10_000)
        }
        "w3" => {
            let heart = |_| node(Host::boxed(Heart { beats: 0, heard: 0 }));
            ((0..NODES).map(heart).collect(), 0)
        }
        _ => return None,
    };
    let delay = Delay::Uniform { min_us: 0, max_us: UNIT - 1 };
    let setup = Setup { seed: 5, link: Link::fair_loss(delay, loss_ppm), nodes, ..Setup::default() };
    World::new(setup).ok()
}

/// Runs a workload's world to its end, recording everything. This is what is timed.
pub fn run(world: &mut World, trace: &mut Trace) {
    while world.step(trace) {}
}

/// What a finished workload did, counted in its trace.
pub fn counts(trace: &Trace) -> Counts {
    let mut c = Counts::default();
    for (_, event) in trace.events_from(EventId(0)) {
        match event.kind {
            EventKind::Deliver => c.delivered += 1,
            EventKind::Lost => c.lost += 1,
            EventKind::Timer => c.timers += 1,
            _ => {}
        }
    }
    c
}

/// Five servers that elect a leader and then have nothing to do but heartbeats, watched by all
/// their promises, with checkpoints: as the page runs it.
///
/// # Errors
/// If the registry has no Raft.
pub fn idle_raft() -> Result<Run<Checks>, Refusal> {
    open(&Opening::of("raft-election").param("clients", Value::Int(0)))
}

/// A Raft cluster of `servers` with a client, at its event number `events`.
///
/// # Errors
/// If the registry has no Raft.
pub fn long_raft(events: u32, servers: i64) -> Result<Run<Checks>, Refusal> {
    let opening = Opening::of("raft-replication").param("servers", Value::Int(servers));
    let mut run = open(&opening)?;
    while run.position() < events && run.step() {}
    Ok(run)
}

/// The moments that a walk through a run's past jumps to: `n` of them, spread evenly and out of
/// order, the same every time.
pub fn moments(run: &Run<Checks>, n: u64) -> impl Iterator<Item = SimTime> + use<> {
    let end = run.time().us();
    // The golden ratio's multiples are spread evenly, and no two in a row are neighbours.
    (1..=n).map(move |i| {
        let part = i.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        SimTime(crate::sim::streams::below(part, end.max(1)))
    })
}

fn nothing(name: &'static str) -> Kind {
    Kind { name, shape: Shape::Disc, tone: Tone::Quiet }
}

/// A ball, and how often it is still to be returned.
#[derive(Clone, Debug, Hash)]
struct Ball(u32);

impl Message for Ball {
    fn kind(&self) -> Kind {
        nothing("ball")
    }
}

/// W1: two players return one ball.
#[derive(Clone, Hash)]
struct Pong;

impl Protocol for Pong {
    type Msg = Ball;
    type Timer = ();
    type Stable = ();

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        if ctx.me() == NodeId(0) {
            ctx.send(NodeId(1), Ball(RETURNS));
        }
    }
    fn restart(&mut self, _: &mut Ctx<'_, Self>) {}
    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, from: NodeId, ball: &Ball) {
        if ball.0 > 1 {
            ctx.send(from, Ball(ball.0 - 1));
        }
    }
    fn on_timer(&mut self, _: &mut Ctx<'_, Self>, (): ()) {}
    fn inspect(&self) -> Inspect {
        Inspect::default()
    }
}

/// The number of a broadcast.
#[derive(Clone, Debug, Hash)]
struct News(u16);

impl Message for News {
    fn kind(&self) -> Kind {
        nothing("news")
    }
}

/// W2: who hears news for the first time tells ten others, drawn with repetition.
#[derive(Clone, Hash)]
struct Flood {
    // A bit for each broadcast.
    seen: u32,
}

impl Flood {
    fn take(&mut self, ctx: &mut Ctx<'_, Self>, news: u16) {
        if self.seen >> news & 1 == 1 {
            return;
        }
        self.seen |= 1 << news;
        let me = ctx.me().0;
        let others = u64::from(NODES - 1);
        let to: [NodeId; FANOUT] = std::array::from_fn(|_| {
            let r = ctx.random_below(others) as u16;
            NodeId(if r >= me { r + 1 } else { r })
        });
        ctx.broadcast(to, News(news));
    }
}

impl Protocol for Flood {
    type Msg = News;
    type Timer = ();
    type Stable = ();

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        let every = NODES / BROADCASTS;
        if ctx.me().0.is_multiple_of(every) {
            self.take(ctx, ctx.me().0 / every);
        }
    }
    fn restart(&mut self, _: &mut Ctx<'_, Self>) {}
    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, _: NodeId, news: &News) {
        self.take(ctx, news.0);
    }
    fn on_timer(&mut self, _: &mut Ctx<'_, Self>, (): ()) {}
    fn inspect(&self) -> Inspect {
        Inspect::default()
    }
}

/// A heartbeat.
#[derive(Clone, Debug, Hash)]
struct Beat;

impl Message for Beat {
    fn kind(&self) -> Kind {
        nothing("beat")
    }
}

/// W3: each node lets the next ten of a ring hear it, once a unit of time.
#[derive(Clone, Hash)]
struct Heart {
    beats: u32,
    heard: u64,
}

impl Protocol for Heart {
    type Msg = Beat;
    type Timer = ();
    type Stable = ();

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        let phase = ctx.random_below(UNIT);
        ctx.set_timer((), Span(phase));
    }
    fn restart(&mut self, _: &mut Ctx<'_, Self>) {}
    fn on_message(&mut self, _: &mut Ctx<'_, Self>, _: NodeId, _: &Beat) {
        self.heard += 1;
    }
    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, (): ()) {
        self.beats += 1;
        let me = ctx.me().0;
        ctx.broadcast((1..=HEARERS).map(|k| NodeId((me + k) % NODES)), Beat);
        if self.beats < BEATS {
            ctx.set_timer((), Span(UNIT));
        }
    }
    fn inspect(&self) -> Inspect {
        Inspect::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(name: &str) -> Counts {
        let (mut world, mut trace) = (world(name).unwrap(), Trace::new());
        run(&mut world, &mut trace);
        assert!(world.stopped().is_none(), "{:?}", world.stopped());
        counts(&trace)
    }

    #[test]
    fn w1_returns_a_ball_a_million_times() {
        let c = counted("w1");
        assert_eq!((c.delivered, c.lost, c.timers), (1_000_000, 0, 0));
    }

    /// Each of (nearly) 20,000 first hearings sends 10; the chance that one pair is never reached is
    /// about exp(-9.9), one pair in twenty thousand; 1 % of what is sent is lost.
    #[test]
    fn w2_reaches_nearly_everybody_with_everything() {
        let c = counted("w2");
        let sent = c.delivered + c.lost;
        assert!(sent > 199_900 && sent <= 200_000, "{sent}");
        let expected = 0.01 * sent as f64;
        assert!((c.lost as f64 - expected).abs() < 3.0 * expected.sqrt(), "{}", c.lost);
    }

    /// 1,000 * 182 beats, each heard by 10.
    #[test]
    fn w3_beats_for_everybody() {
        let c = counted("w3");
        assert_eq!((c.timers, c.delivered, c.lost), (182_000, 1_820_000, 0));
    }

    #[test]
    fn a_walk_jumps_about_in_the_past() {
        let run = long_raft(2_000, 5).unwrap();
        assert!(run.position() >= 2_000);
        let to: Vec<SimTime> = moments(&run, 50).collect();
        assert!(to.iter().all(|&t| t < run.time()));
        assert!(to.windows(2).any(|w| w[0] > w[1]));
    }
}
