//! Two Generals (Akkoyunlu, Ekanadham, Huber 1975; with generals since Gray 1978; as the coordinated
//! attack problem: Lynch 1996, section 5.1).
//!
//! Two armies stand on two hills. Together they win, alone either is lost. Their generals agree by
//! messengers through the valley, where each messenger is caught with probability `p`. General A
//! sends the plan; B acknowledges it; A acknowledges the acknowledgement; and so on, each message
//! once. At dawn, which both know, each attacks or retreats.
//!
//! The rule here has a parameter, `k`, the number of messengers; the plan is the first of them, and
//! the others are acknowledgements: **a general attacks if he has received the k-th messenger, or
//! has sent him.** He who sends the k-th has received all the others, so he knows as much as can be
//! known, except whether this last one arrives.
//!
//! What comes of it: if one of the messengers 1 to k-1 is caught, the k-th is never sent, and both
//! retreat. If none is caught, both attack. If exactly the k-th is caught, his sender attacks alone.
//! So `P(exactly one attacks) = p (1-p)^(k-1)`, and for no k is it 0. No other rule does better: take
//! messengers away from the end of a run in which both attack; at some point the first mind changes,
//! and the loss of that one messenger is a disagreement.
//!
//! The rule that is easy to break: time is not the trouble. The model is synchronous (delays, steps
//! and clocks have bounds, so that dawn is the same for both), and yet it cannot be done; the only
//! assumption that is missing is that nothing is lost. What a general received, sent and decided is
//! on disk, so a crash does not make him change his mind.

use crate::kit::prelude::*;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "two-generals",
    title: "Two Generals",
    source: "Gray 1978; Lynch 1996, section 5.1",
    leaves_out: "rules that decide by chance, which lower the risk and never remove it",
    params: &[
        Param::int("k", "Messengers, the plan included", 5, 1..=20),
        Param::percent("loss_percent", "Caught in the valley", 30),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    build,
    promises,
    gauges: GAUGES,
    absences: Some(absences),
    ..Entry::BLANK
};

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);

/// The longest way through the valley.
const VALLEY_MS: u64 = 100;

mutants! {
    /// What the general makes of the last messenger.
    enum Mutant {
        WantCertainty = "want-certainty", "attack only after receiving the last messenger" {
            rule: "who has sent the last messenger attacks, though he cannot be certain",
            breaks: "Agreement", with: &["loss_percent=0"],
        }
        AlwaysRetreat = "always-retreat", "never attack: always agreed, and of no use" {
            rule: "a general attacks once he has sent or received the last messenger",
            breaks: "Validity", with: &["loss_percent=0"],
        }
    }
    as it is: "attack after sending or receiving the last messenger",
}

/// Someone who carries a message through the valley. (No `messages!` here: links made long ago hold the
/// hash of runs with this very struct.)
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Messenger {
    /// The first carries the plan, number `i` the acknowledgement of number `i - 1`.
    number: u8,
}

impl Message for Messenger {
    fn kind(&self) -> Kind {
        match self.number {
            1 => Kind::new("plan", Shape::Arrow, Tone::Blue),
            _ => Kind::new("acknowledgement", Shape::Tag, Tone::Green),
        }
    }

    fn label(&self) -> String {
        match self.number {
            1 => "plan".to_owned(),
            n => format!("ack {}", n - 1),
        }
    }
}

facts! {
    /// What a general tells those who watch.
    enum Fact {
        /// He has sent a messenger.
        Sent { number: u8 } = "sent",
        /// He attacks at dawn, or retreats.
        Decided { attack: bool } = "decided" => Decisive,
    }
}

/// What a general has on paper, that is, on disk.
#[derive(Clone, Debug, Default, Hash)]
struct Orders {
    /// The last messenger that came, or 0.
    received: u8,
    /// The last messenger that was sent, or 0.
    sent: u8,
    attack: Option<bool>,
}

/// A general on a hill.
#[derive(Clone, Default, Hash)]
struct General {
    me: NodeId,
    k: u8,
    dawn: Span,
    mutant: Mutant,
    orders: Orders,
}

impl General {
    /// The messenger he waits for: the plan, or the answer to what he sent last.
    fn awaits(&self) -> u8 {
        self.orders.sent + 1
    }

    /// Sends messenger `number`, having written down that he does.
    fn dispatch(&mut self, ctx: &mut Ctx<'_, Self>, number: u8) {
        self.orders.sent = number;
        ctx.persist(self.orders.clone());
        ctx.send(if self.me == A { B } else { A }, Messenger { number });
        ctx.fact(Fact::Sent { number });
    }

    /// The rule of attack, and the reason in words.
    fn weigh(&self) -> (bool, String) {
        let k = self.k;
        let Orders { received, sent, .. } = self.orders;
        match self.mutant {
            Mutant::AlwaysRetreat => (false, "as always".to_owned()),
            _ if received == k => (true, format!("messenger {k}, the last, has reached him")),
            _ if sent == k => {
                let why = format!("he cannot know whether messenger {k}, the last, has arrived");
                (self.mutant != Mutant::WantCertainty, why)
            }
            _ => (false, format!("messenger {} has not come", self.awaits())),
        }
    }
}

impl Protocol for General {
    type Msg = Messenger;
    type Timer = ();
    type Stable = Orders;

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        ctx.set_timer((), self.dawn);
        if self.me == A {
            ctx.note("sends the plan: attack at dawn");
            self.dispatch(ctx, 1);
        }
    }

    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.orders = ctx.durable().clone();
        if self.orders.attack.is_none() {
            ctx.set_timer((), Span(self.dawn.0.saturating_sub(ctx.now_us())));
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, _: NodeId, msg: &Messenger) {
        let number = msg.number;
        if self.orders.attack.is_some() {
            ctx.note(format!("hears messenger {number} after dawn: too late"));
        } else if number != self.awaits() {
            ctx.note(format!("has heard messenger {number} before"));
        } else if number < self.k {
            self.orders.received = number;
            ctx.note(format!("hears messenger {number} and sends the next"));
            self.dispatch(ctx, number + 1);
        } else {
            self.orders.received = number;
            ctx.note(format!("hears messenger {number}, the last"));
            ctx.persist(self.orders.clone());
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, (): ()) {
        let (attack, reason) = self.weigh();
        self.orders.attack = Some(attack);
        ctx.persist(self.orders.clone());
        let does = if attack { "attacks" } else { "retreats" };
        ctx.note(format!("{does}: {reason}"));
        ctx.fact(Fact::Decided { attack });
    }

    fn timer_name((): ()) -> &'static str {
        "dawn"
    }

    fn inspect(&self) -> Inspect {
        let (role, glyph) = match self.orders.attack {
            Some(true) => ("attacks", Glyph::Check),
            Some(false) => ("retreats", Glyph::Cross),
            None => ("waits for dawn", Glyph::Question),
        };
        let Orders { received, sent, .. } = self.orders;
        let cell = |number: u8| {
            // A messenger is known to have arrived if he was received here, or was answered.
            let (tone, state) = match number {
                n if n <= received => (CellTone::Firm, "arrived"),
                n if n <= sent => (CellTone::Tentative, "sent, fate unknown"),
                _ => (CellTone::Empty, "not heard of"),
            };
            let what = Messenger { number }.label();
            Cell::new(number, tone, format!("{number} ({what}): {state}"))
        };
        Inspect::of(role, glyph)
            .prominent(self.orders.attack == Some(true))
            .badge(format!("knows {received}/{}", self.k))
            .cells((1..=self.k).map(cell))
            .field("last received", received)
            .field("last sent", sent)
            .field("k", self.k)
            .field("dawn", self.dawn)
            .field("decision", role)
    }
}

fn build(params: &Params, seed: u64) -> Result<Setup, Refusal> {
    let k = params.int("k") as u8;
    let delay = Delay::uniform_ms(VALLEY_MS * 3 / 5, VALLEY_MS);
    let link = Link::fair_loss(delay, params.ppm("loss_percent"));
    link.check()?;
    let general = |me, name| {
        let general = General {
            me,
            k,
            // All the messengers have had the time they may need, and one more for the clocks.
            dawn: Span::ms(VALLEY_MS * (u64::from(k) + 1)),
            mutant: Mutant::of(params),
            orders: Orders::default(),
        };
        NodeSetup::server(name, Host::boxed(general))
    };
    Ok(Setup {
        seed,
        timing: Timing::Synchronous { delay_us: VALLEY_MS * 1_000, step_us: 1_000, drift_ppm: 100 },
        link,
        nodes: vec![general(A, "General A"), general(B, "General B")],
        layout: Layout::TwoHills,
        ..Setup::default()
    })
}

/// A general who does not attack, though he should once enough is known.
fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let waits = [(A, B), (B, A)].into_iter().filter_map(|(me, other)| {
        let general = world.node_as::<General>(me)?;
        if general.orders.attack == Some(true) {
            return None;
        }
        let number = general.awaits().min(general.k);
        let knows = general.orders.sent == general.k || general.orders.received == general.k;
        let says = match general.orders.sent {
            sent if sent == general.k => format!("messenger {sent}, the last of {sent}, has left him"),
            _ => format!("messenger {number} of {} has reached him before dawn", general.k),
        };
        let dawn =
            Condition::of("at dawn he has decided", general.orders.attack.is_some()).lacks([Lack::Time(me)]);
        // The one before must have reached the other, or he has nothing to answer.
        let heard = Condition::of(says, knows).lacks([Lack::Way(other, me, &[]), Lack::Way(me, other, &[])]);
        Some(Absence::of(Lacking::Decision, format!("{} does not attack", world.name(me)), vec![heard, dawn]))
    });
    waits.collect()
}

const DECIDED: fn(&Fact) -> Option<(Only, &'static str)> = pick!(
    Fact::Decided { attack: true } => (Only, "attacks"),
    Fact::Decided { .. } => (Only, "retreats"),
);

fn promises(_: &Params) -> Vec<Box<dyn Property>> {
    let claim = "both generals attack, or neither does";
    let agreement = agreement("Agreement", claim, "", DECIDED)
        .needs(&[Need::NoLoss, Need::NoPause, Need::Correct, Need::Clocks])
        .rests_on("every messenger arrives before dawn, which is the same for both");
    // Agreement alone is cheap, for who always retreats always agrees.
    let claim = "if no messenger is lost and nothing else goes wrong, both attack";
    let retreats = pick!(Fact::Decided { attack: false } =>
        "a general retreats, though every messenger arrived".to_owned());
    let validity = never("Validity", claim, retreats).while_calm();
    let claim = "at dawn each general decides";
    let termination = termination("Termination", claim, [A, B], |f| DECIDED(f).is_some()).needs(&[
        Need::AllUp,
        Need::NoPause,
        Need::Correct,
        Need::Onward,
    ]);
    vec![agreement.boxed(), validity.boxed(), termination.boxed()]
}

static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("attack_a", "General A attacks", "", |_| attacks(A)),
    GaugeDef::new("attack_b", "General B attacks", "", |_| attacks(B)),
    // 1 or 0, so its mean over runs is the probability that exactly one attacks.
    GaugeDef::new("disagree", "exactly one attacks", "", |_| {
        gauges::reading(|w| Some(f64::from(u8::from(attack(w, A)? != attack(w, B)?))))
    })
    .theory(|p| {
        let arrives = 1.0 - number(p, "loss_percent") / 100.0;
        let both_ways = std::iter::repeat_n(arrives, p.int("k") as usize - 1);
        Some(both_ways.product::<f64>() * (1.0 - arrives))
    })
    .published(&[
        Published::of(&["k=1"], 0.3, "p (1-p)^(k-1)"),
        Published::of(&["k=2"], 0.21, "p (1-p)^(k-1)"),
        Published::of(&["k=5"], 0.072_03, "p (1-p)^(k-1)"),
        Published::of(&["k=9"], 0.017_294, "p (1-p)^(k-1)"),
        Published::of(&["k=4", "loss_percent=10"], 0.072_9, "p (1-p)^(k-1)"),
        Published::of(&["k=3", "loss_percent=50"], 0.125, "p (1-p)^(k-1)"),
        Published::of(&["k=2", "loss_percent=90"], 0.09, "p (1-p)^(k-1)"),
        Published::of(&["k=20", "loss_percent=5"], 0.018_868, "p (1-p)^(k-1)"),
    ]),
    GaugeDef::new("messengers", "messengers sent", "", |_| gauges::sent(&["plan", "acknowledgement"])),
    GaugeDef::new("lost", "messengers caught", "", gauges::losses),
];

fn attack(world: &World, node: NodeId) -> Option<bool> {
    world.node_as::<General>(node)?.orders.attack
}

fn attacks(node: NodeId) -> Box<dyn Gauge> {
    gauges::reading(move |w| Some(f64::from(u8::from(attack(w, node)?))))
}

#[cfg(test)]
mod tests;
