//! A failure detector by heartbeats (Chandra and Toueg 1996; Chen, Toueg, Aguilera 2000).
//!
//! Each process sends a heartbeat to each other once a *period*, and suspects whom it has not heard from for too
//! long. From afar a slow process and a crashed one look the same, so a detector is judged by two promises:
//! *strong completeness*, whoever has crashed is suspected in the end by everyone, and *eventual strong
//! accuracy*, in the end nobody is suspected who runs. With both it is of class ◇P, eventually perfect. The first is
//! easy; the second needs some bound on delays.
//!
//! Four rules of patience, all of which allow a heartbeat to be late by `T`:
//!
//! - *fresh* (NFD-S of Chen et al.): heartbeat `i`, sent at `i` periods, is due `T` later, at its freshness
//!   point. If neither it nor a newer one is there, its sender is suspected until a fresh one comes. Clocks agree.
//! - *timeout*, the common way: suspect a process that has been silent for a period and `T`. It needs no
//!   common clock, but a heartbeat that was lucky makes its successor look late.
//! - *growing* (Chandra and Toueg, figure 10): a timeout that grows with each mistake. If there is a bound on
//!   delays, known or not, mistakes come to an end: that makes ◇P in a partially synchronous system.
//! - *doubling*: the same, and a mistake doubles the timeout `t`. A bound `B` is reached after at most
//!   `log2(B / t)` mistakes, rounded up, instead of `(B - t) / step`; a crash may then be noticed twice as late as needed.
//!
//! What `T` trades: with *fresh* a crash is noticed within a period and `T`, always, and half a period earlier in the
//! mean; and a heartbeat is late with the chance `p + (1-p) P(D > T)` for a loss `p` and a delay `D`: with exponential
//! delays of 50 ms in the mean, 13.5 % for T = 100 ms, 1.8 % for 200, 0.03 % for 400. No `T` is both quick and right
//! where delays have no bound. Where they have one, and `T` is above it, the detector is *perfect* (class P).
//!
//! What a process believes rests on the newest heartbeat that it has, so it is as old as the sending of that. Its mean
//! age (the age of information: Kaul, Yates, Gruteser 2012) is half a period and a delay, and more if some are lost.
//!
//! The rule that is easy to break: suspicion is an opinion and not a fact; whoever is heard from anew is trusted
//! again. But an old heartbeat that comes late is no news.

mod age;
mod judged;
mod quality;

#[cfg(test)]
mod tests;

use crate::kit::heartbeat::{Change, Detector, Patience, Pulse};
use crate::kit::prelude::*;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "heartbeat",
    title: "Heartbeat failure detector",
    source: "Chandra and Toueg 1996, figure 10; Chen, Toueg, Aguilera 2000",
    leaves_out: "gossip of suspicions, estimates of delay from what was heard, clocks that drift apart",
    params: &[
        Param::int("nodes", "Processes", 3, 2..=12),
        Param::ms("period_ms", "A heartbeat every", 500, 20..=10_000),
        Param::ms("timeout_ms", "How late one may be (T)", 200, 1..=10_000),
        Param::choice(
            "rule",
            "When silence becomes suspicion",
            &[
                Choice::new("fresh", "T after a heartbeat was to be sent (NFD-S)"),
                Choice::new("timeout", "a period and T after the last was heard"),
                Choice::new("growing", "the same, and T grows with each mistake"),
                Choice::new("doubling", "the same, and it doubles with each mistake"),
            ],
        ),
        Param::ms("step_ms", "What a mistake adds to T, if it grows", 50, 1..=10_000),
        Param::choice(
            "delays",
            "How long a heartbeat travels",
            &[
                Choice::new("exponential", "exponential: without a bound"),
                Choice::new("bounded", "half the mean to half as long again: bounded"),
            ],
        ),
        Param::ms("mean_ms", "In the mean", 50, 2..=2_000),
        Param::percent("loss_percent", "Heartbeats that are lost", 0),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    length: Span::secs(100),
    build,
    promises: judged::promises,
    gauges: quality::GAUGES,
    boards: Some(boards),
    absences: Some(absences),
    probes: age::PROBES,
    ..Entry::BLANK
};

mutants! {
    /// A detector with a rule left out.
    enum Mutant {
        NeverTrustAgain = "never-trust-again", "whoever was suspected once is suspected for ever" {
            rule: "who is heard from anew is trusted again (task 3)",
            breaks: "Trust",
        }
        StaleIsNews = "stale-is-news", "an old heartbeat that comes late counts like a new one" {
            rule: "a heartbeat says that its sender ran when it was sent, and no more",
            breaks: "Detection",
        }
        OneTimer = "one-timer", "a heartbeat from anyone counts for all" {
            rule: "each process is watched by itself",
            breaks: "Detection",
        }
        NeverLearn = "never-learn", "mistakes do not make it more patient" {
            rule: "each mistake lengthens the timeout (figure 10)",
            breaks: "Mistakes end",
            with: &["rule=growing", "delays=bounded", "timeout_ms=1", "mean_ms=400"],
        }
    }
    as it is: "as in the papers",
}

messages! {
    /// What processes send.
    enum Msg {
        /// "I run", for the so-many-th time.
        Heartbeat { number: i64 } = "heartbeat", Disc, Blue, "beat {number}";
    }
}

facts! {
    /// What a process tells.
    enum Fact {
        /// It has heard this heartbeat.
        Heard { whom: NodeId, number: i64 } = "heard" => Quiet,
        /// It suspects a process from now on.
        Suspects { whom: NodeId } = "suspects" => Decisive,
        /// It trusts it again.
        Trusts { whom: NodeId } = "trusts",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Timer {
    Beat,
    Silent(NodeId),
}

/// A process, which watches all others.
#[derive(Clone, Debug, Hash)]
struct Process {
    nodes: u16,
    pulse: Pulse,
    detector: Detector,
    mutant: Mutant,
}

type Cx<'a> = Ctx<'a, Process>;

impl Process {
    fn others(&self, me: NodeId) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes).map(NodeId).filter(move |n| *n != me)
    }

    fn hear(&mut self, ctx: &mut Cx<'_>, whom: NodeId, number: i64) {
        ctx.fact(Fact::Heard { whom, number });
        if self.mutant == Mutant::NeverTrustAgain && self.detector.suspects(whom) {
            return;
        }
        let number = match self.mutant {
            Mutant::StaleIsNews => self.pulse_of(whom).number(ctx.now_us()),
            _ => number,
        };
        let change = self.detector.heard(ctx, whom, number, Timer::Silent);
        Self::tell(ctx, whom, change);
    }

    fn pulse_of(&self, whom: NodeId) -> Pulse {
        Pulse::of(whom, self.nodes, self.pulse.period)
    }

    fn tell(ctx: &mut Cx<'_>, whom: NodeId, change: Option<Change>) {
        let name = format!("P{}", whom.0 + 1);
        match change {
            Some(Change::Suspects) => {
                ctx.note(format!("has not heard from {name} for too long, and suspects it"));
                ctx.fact(Fact::Suspects { whom });
            }
            Some(Change::Trusts) => {
                ctx.note(format!("hears from {name}, and trusts it again"));
                ctx.fact(Fact::Trusts { whom });
            }
            None => {}
        }
    }
}

impl Protocol for Process {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = ();

    fn start(&mut self, ctx: &mut Cx<'_>) {
        self.detector.start(ctx, Timer::Silent);
        ctx.set_timer(Timer::Beat, self.pulse.until_next(ctx.now_us()));
        if self.pulse.phase == Span::ZERO {
            self.on_timer(ctx, Timer::Beat);
        }
    }

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.detector.start(ctx, Timer::Silent);
        ctx.set_timer(Timer::Beat, self.pulse.until_next(ctx.now_us()));
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        let Msg::Heartbeat { number } = *msg;
        self.hear(ctx, from, number);
        if self.mutant == Mutant::OneTimer {
            for other in self.others(ctx.me()).filter(|n| *n != from) {
                self.detector.heard(ctx, other, number, Timer::Silent);
            }
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match timer {
            // Task 1.
            Timer::Beat => {
                let number = self.pulse.number(ctx.now_us());
                ctx.broadcast(self.others(ctx.me()), Msg::Heartbeat { number });
                ctx.set_timer(Timer::Beat, self.pulse.until_next(ctx.now_us()));
            }
            // Task 2.
            Timer::Silent(whom) => {
                let change = self.detector.silent(ctx, whom, Timer::Silent);
                Self::tell(ctx, whom, change);
            }
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Beat => "next heartbeat",
            Timer::Silent(_) => "patience",
        }
    }

    fn inspect(&self) -> Inspect {
        let suspects: Vec<String> = self.detector.suspected().map(|n| format!("P{}", n.0 + 1)).collect();
        let cell = |(node, newest, _): (NodeId, i64, Span)| {
            let (tone, what) = match self.detector.suspects(node) {
                true => (CellTone::Conflict, "suspected"),
                false => (CellTone::Firm, "trusted"),
            };
            let name = format!("P{}", node.0 + 1);
            Cell::new(&name, tone, format!("{name}: {what}, newest heartbeat {newest}"))
        };
        let calm = suspects.is_empty();
        Inspect {
            role: if calm { "trusts all" } else { "suspects" }.to_owned(),
            glyph: if calm { Glyph::None } else { Glyph::Question },
            badge: suspects.join(" "),
            cells: self.detector.peers().map(cell).collect(),
            ..Inspect::default()
        }
        .field("suspects", if calm { "nobody".to_owned() } else { suspects.join(", ") })
        .field("period", self.pulse.period)
    }
}

/// The shortest and the longest way of a heartbeat, where there is a longest.
fn bounds(p: &Params) -> Option<(Span, Span)> {
    let mean = p.ms("mean_ms").0;
    let bounded = p.word("delays") == "bounded";
    bounded.then(|| (Span(mean / 2), Span(mean + mean / 2)))
}

fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let delay = match bounds(p) {
        Some((min, max)) => Delay::Uniform { min_us: min.0, max_us: max.0 },
        None => Delay::Exponential { min_us: 0, mean_us: p.ms("mean_ms").0 },
    };
    let link = Link::fair_loss(delay, p.ppm("loss_percent"));
    link.check()?;
    let timing = bounds(p).map_or(Timing::Asynchronous, |(_, max)| Timing::Synchronous {
        delay_us: max.0,
        step_us: 1_000,
        drift_ppm: 100,
    });
    let (nodes, period, late) = (p.int("nodes") as u16, p.ms("period_ms"), p.ms("timeout_ms"));
    let silence = Span(period.0 + late.0);
    let mutant = Mutant::of(p);
    let patience = match p.word("rule") {
        "timeout" => Patience::Fixed(silence),
        "growing" | "doubling" if mutant == Mutant::NeverLearn => Patience::Fixed(silence),
        "growing" => Patience::Growing { first: silence, step: p.ms("step_ms") },
        "doubling" => Patience::Doubling(silence),
        _ => Patience::Fresh(late),
    };
    let process = |me: NodeId| {
        let others = (0..nodes).map(NodeId).filter(|n| *n != me);
        let pulses = others.map(|n| (n, Pulse::of(n, nodes, period)));
        let process = Process {
            nodes,
            pulse: Pulse::of(me, nodes, period),
            detector: Detector::new(patience, pulses),
            mutant,
        };
        NodeSetup::server(format!("P{}", me.0 + 1), Host::boxed(process))
    };
    Ok(Setup { seed, timing, link, nodes: (0..nodes).map(NodeId).map(process).collect(), ..Setup::default() })
}

/// Who suspects whom, as only a god sees it: what is right, what is wrong, what is not noticed yet.
/// Who is down and trusted, and who runs and is suspected.
fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let mut all = Vec::new();
    for (p, q) in world.node_ids().flat_map(|p| world.node_ids().map(move |q| (p, q))).filter(|(p, q)| p != q)
    {
        let Some(watcher) = world.node_as::<Process>(p).filter(|_| world.is_up(p)) else {
            continue;
        };
        let (me, whom) = (world.name(p), world.name(q));
        match (watcher.detector.suspects(q), judged::down(world, q)) {
            (false, true) => {
                let patience = watcher.detector.patience(q).unwrap_or_default();
                let silence =
                    format!("the silence of {whom} has lasted longer than {me} is patient, {patience}");
                let conditions = vec![Condition::of(silence, false).lacks([Lack::Time(p)])];
                let what = format!("{me} does not suspect {whom}, which is down");
                all.push(Absence::of(Lacking::Convergence, what, conditions));
            }
            (true, false) => {
                let news = format!("a heartbeat of {whom} has come in time since");
                let conditions = vec![Condition::of(news, false).lacks([Lack::Way(q, p, &["heartbeat"])])];
                let what = format!("{me} does not trust {whom}, which has not crashed");
                all.push(Absence::of(Lacking::Convergence, what, conditions));
            }
            _ => {}
        }
    }
    all
}

fn boards(_: &Params, world: &World) -> Vec<Board> {
    let nodes: Vec<NodeId> = world.node_ids().collect();
    let cell = |p: NodeId, q: NodeId| {
        let suspects = world.node_as::<Process>(p).is_some_and(|w| w.detector.suspects(q));
        match (suspects, judged::down(world, q)) {
            _ if p == q || judged::down(world, p) => Field::of("-"),
            (true, true) => Field::of("suspects").mood(Mood::Good),
            (true, false) => Field::of("suspects").mood(Mood::Bad),
            (false, true) => Field::of("trusts").mood(Mood::Waiting),
            (false, false) => Field::of("trusts"),
        }
    };
    let opinions = Board::Matrix {
        title: "Who suspects whom".to_owned(),
        names: nodes.iter().map(|&n| world.name(n).to_owned()).collect(),
        cells: nodes.iter().map(|&p| nodes.iter().map(|&q| cell(p, q)).collect()).collect(),
    };
    vec![opinions, age::board(world)]
}
