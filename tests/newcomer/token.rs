//! Mutual exclusion by a token (Le Lann 1977).
//!
//! One token goes round a ring. Who has it may go into the critical section; whoever leaves hands it to the next.
//! There is one token, so at most one process is inside; it goes round, so each comes to its turn: after `n` stays
//! and `n` hops at the latest.
//!
//! The rule that is easy to break: the token is handed on when its owner has *left*, and never made anew. A token that
//! is lost is lost: the ring then does nothing wrong, it does nothing at all.

use crate::kit::prelude::*;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "token",
    title: "Token on a ring",
    source: "Le Lann 1977",
    leaves_out: "finding out that the token is lost, and making a new one",
    params: &[
        Param::int("nodes", "Processes", 5, 2..=20),
        Param::ms("inside_ms", "How long one stays inside", 20, 1..=10_000),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    build,
    promises,
    gauges: GAUGES,
    ..Entry::BLANK
};

mutants! {
    /// What a process does with the token.
    enum Mutant {
        Hasty = "hasty", "hands the token on when it goes in" {
            rule: "the token is handed on by who has left", breaks: "Mutual exclusion",
        }
        Impatient = "impatient", "makes a token of its own if none comes for a while" {
            rule: "there is one token, and nobody makes another", breaks: "Mutual exclusion",
        }
    }
    as it is: "as in the paper",
}

messages! {
    /// The token, with the number of hops that it has made.
    enum Msg {
        Token { hops: u32 } = "token", Disc, Blue, "token, hop {hops}";
    }
}

facts! {
    /// What a process tells.
    enum Fact {
        /// It is inside, so long after it left.
        Entered { waited: Option<Span> } = "entered",
        /// It is outside again.
        Left = "left",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Timer {
    Leave,
    Miss,
}

#[derive(Clone, Hash)]
struct Process {
    nodes: u16,
    inside_for: Span,
    mutant: Mutant,
    inside: bool,
    hops: u32,
    left_us: Option<u64>,
}

impl Process {
    fn enter(&mut self, ctx: &mut Ctx<'_, Self>, hops: u32) {
        (self.inside, self.hops) = (true, hops);
        ctx.note("has the token, and goes in");
        ctx.fact(Fact::Entered { waited: self.left_us.map(|left| Span(ctx.now_us().saturating_sub(left))) });
        ctx.set_timer(Timer::Leave, self.inside_for);
        if self.mutant == Mutant::Hasty {
            self.hand_on(ctx);
        }
    }

    fn hand_on(&mut self, ctx: &mut Ctx<'_, Self>) {
        let next = NodeId((ctx.me().0 + 1) % self.nodes);
        ctx.send(next, Msg::Token { hops: self.hops + 1 });
        if self.mutant == Mutant::Impatient {
            ctx.set_timer(Timer::Miss, Span(self.inside_for.0 * 2));
        }
    }

    fn leave(&mut self, ctx: &mut Ctx<'_, Self>) {
        (self.inside, self.left_us) = (false, Some(ctx.now_us()));
        ctx.note("leaves");
        ctx.fact(Fact::Left);
        if self.mutant != Mutant::Hasty {
            self.hand_on(ctx);
        }
    }
}

impl Protocol for Process {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = ();

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        if ctx.me() == NodeId(0) {
            self.enter(ctx, 1);
        }
    }

    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        (self.inside, self.left_us) = (false, None);
        ctx.note("is back, without whatever it held");
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, _: NodeId, msg: &Msg) {
        let Msg::Token { hops } = *msg;
        // A copy of a token that was here is no token.
        if hops > self.hops && !self.inside {
            self.enter(ctx, hops);
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, timer: Timer) {
        match timer {
            Timer::Leave => self.leave(ctx),
            Timer::Miss if !self.inside => self.enter(ctx, self.hops + u32::from(self.nodes)),
            Timer::Miss => {}
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Leave => "until it leaves",
            Timer::Miss => "patience",
        }
    }

    fn inspect(&self) -> Inspect {
        let (role, glyph) = if self.inside { ("inside", Glyph::Crown) } else { ("outside", Glyph::None) };
        Inspect::of(role, glyph).prominent(self.inside).field("hops seen", self.hops)
    }
}

/// The time of a hop, in the mean.
const HOP_MS: u64 = 10;

fn build(p: &Params, seed: u64) -> Result<Setup, Refusal> {
    let nodes = p.int("nodes") as u16;
    let process = || Process {
        nodes,
        inside_for: p.ms("inside_ms"),
        mutant: Mutant::of(p),
        inside: false,
        hops: 0,
        left_us: None,
    };
    let delay = Delay::Uniform { min_us: HOP_MS * 500, max_us: HOP_MS * 1_500 };
    Ok(Setup {
        seed,
        link: Link::reliable(delay),
        nodes: (1..=nodes).map(|i| NodeSetup::server(format!("P{i}"), Host::boxed(process()))).collect(),
        layout: Layout::Ring,
        ..Setup::default()
    })
}

fn promises(p: &Params) -> Vec<Box<dyn Property>> {
    let moves = pick!(Fact::Entered { .. } => Move::Enter, Fact::Left => Move::Leave);
    let exclusion = mutual_exclusion("Mutual exclusion", "at most one process is inside", moves);
    let everyone = (0..p.int("nodes") as u16).map(NodeId);
    let turn = termination("Everybody's turn", "each process comes to its turn", everyone, |f: &Fact| {
        matches!(f, Fact::Entered { .. })
    });
    vec![
        exclusion.needs(&[Need::Correct]).boxed(),
        turn.needs(&[Need::NoLoss, Need::NoCrash, Need::NoPause, Need::Correct]).boxed(),
    ]
}

static GAUGES: &[GaugeDef] = &[GaugeDef::new("waited_ms", "from leaving to the next turn", "ms", |_| {
    gauges::mean_ms(pick!(Fact::Entered { waited: Some(waited) } => *waited))
})
.theory(|p| Some((number(p, "nodes") - 1.0) * number(p, "inside_ms") + number(p, "nodes") * HOP_MS as f64))];
