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
//! So `P(exactly one attacks) = p (1-p)^(k-1)`: at p = 0.3 that is 0.30 for k = 1, 0.072 for k = 5,
//! 0.017 for k = 9, and for no k is it 0. No other rule does better: take messengers away from the
//! end of a run in which both attack; at some point the first mind changes, and the loss of that one
//! messenger is a disagreement.
//!
//! The rule that is easy to break: time is not the trouble. The model is synchronous (delays, steps
//! and clocks have bounds, so that dawn is the same for both), and yet it cannot be done; the only
//! assumption that is missing is that nothing is lost. What a general received, sent and decided is
//! on disk, so a crash does not make him change his mind.

mod checks;

use crate::protocols::{Choice, Entry, Param, ParamKind, Params};
use crate::sim::world::Layout;
use crate::sim::{
    Cell, CellTone, Ctx, Delay, Glyph, Host, Inspect, Kind, Link, Message, NodeId, NodeSetup,
    Protocol, Refusal, Setup, Shape, Span, Timing, Tone,
};

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "two-generals",
    title: "Two Generals",
    chapter: "Agreement",
    source: "Gray 1978; Lynch 1996, section 5.1",
    leaves_out: "rules that decide by chance, which lower the risk and never remove it",
    params: PARAMS,
    build,
    properties: checks::properties,
    measures: checks::measures,
};

const PARAMS: &[Param] = &[
    Param {
        id: "k",
        label: "Messengers, the plan included",
        kind: ParamKind::Int {
            default: 5,
            min: 1,
            max: 20,
            unit: "",
        },
    },
    Param {
        id: "loss_percent",
        label: "Caught in the valley",
        kind: ParamKind::Int {
            default: 30,
            min: 0,
            max: 100,
            unit: "%",
        },
    },
    Param {
        id: "mutant",
        label: "Mutant",
        kind: ParamKind::Choice(&[
            Choice {
                id: "none",
                label: "attack after sending or receiving the last messenger",
            },
            Choice {
                id: "want-certainty",
                label: "attack only after receiving the last messenger",
            },
            Choice {
                id: "always-retreat",
                label: "never attack: always agreed, and of no use",
            },
        ]),
    },
];

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);

/// The longest way through the valley.
const VALLEY: Span = Span::ms(100);

/// Someone who carries a message through the valley.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Messenger {
    /// The first carries the plan, number `i` the acknowledgement of number `i - 1`.
    pub number: u8,
}

impl Message for Messenger {
    fn kind(&self) -> Kind {
        match self.number {
            1 => Kind {
                name: "plan",
                shape: Shape::Arrow,
                tone: Tone::Blue,
            },
            _ => Kind {
                name: "acknowledgement",
                shape: Shape::Tag,
                tone: Tone::Green,
            },
        }
    }

    fn label(&self) -> String {
        match self.number {
            1 => "plan".to_owned(),
            n => format!("ack {}", n - 1),
        }
    }
}

/// What a general does at dawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Down from the hill.
    Attack,
    /// Away from it.
    Retreat,
}

/// What a general has on paper, that is, on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Orders {
    /// The last messenger that came, or 0.
    received: u8,
    /// The last messenger that was sent, or 0.
    sent: u8,
    decision: Option<Decision>,
}

/// The only timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GeneralTimer {
    /// The moment of decision.
    Dawn,
}

/// What the general makes of the last messenger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Mutant {
    None,
    WantCertainty,
    AlwaysRetreat,
}

impl Mutant {
    fn of(params: &Params) -> Self {
        match params.word("mutant") {
            "want-certainty" => Mutant::WantCertainty,
            "always-retreat" => Mutant::AlwaysRetreat,
            _ => Mutant::None,
        }
    }
}

/// A general on a hill.
#[derive(Clone, Debug, Hash)]
pub struct General {
    me: NodeId,
    k: u8,
    dawn: Span,
    mutant: Mutant,
    orders: Orders,
}

impl General {
    /// What he has decided, if it is past dawn.
    pub fn decision(&self) -> Option<Decision> {
        self.orders.decision
    }

    fn other(&self) -> NodeId {
        if self.me == A { B } else { A }
    }

    /// The messenger he waits for: the plan, or the answer to what he sent last.
    fn awaits(&self) -> u8 {
        self.orders.sent + 1
    }

    /// Sends messenger `number`, having written down that he does.
    fn dispatch(&mut self, ctx: &mut Ctx<'_, Self>, number: u8) {
        self.orders.sent = number;
        ctx.persist(self.orders.clone());
        ctx.send(self.other(), Messenger { number });
    }

    /// The rule of attack, and the reason in words.
    fn weigh(&self) -> (Decision, String) {
        let k = self.k;
        let Orders { received, sent, .. } = self.orders;
        match self.mutant {
            Mutant::AlwaysRetreat => (Decision::Retreat, "as always".to_owned()),
            _ if received == k => (
                Decision::Attack,
                format!("messenger {k}, the last, has reached him"),
            ),
            Mutant::WantCertainty if sent == k => (
                Decision::Retreat,
                format!("he does not know whether messenger {k} has arrived"),
            ),
            _ if sent == k => (
                Decision::Attack,
                format!("he has sent messenger {k}, the last, and cannot know whether he arrived"),
            ),
            _ => (
                Decision::Retreat,
                format!("messenger {} has not come", self.awaits()),
            ),
        }
    }

    fn decide(&mut self, ctx: &mut Ctx<'_, Self>) {
        let (decision, reason) = self.weigh();
        self.orders.decision = Some(decision);
        ctx.persist(self.orders.clone());
        let verb = match decision {
            Decision::Attack => "attacks",
            Decision::Retreat => "retreats",
        };
        ctx.note(format!("{verb}: {reason}"));
    }
}

impl Protocol for General {
    type Msg = Messenger;
    type Timer = GeneralTimer;
    type Stable = Orders;

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        ctx.set_timer(GeneralTimer::Dawn, self.dawn);
        if self.me == A {
            ctx.note("sends the plan: attack at dawn");
            self.dispatch(ctx, 1);
        }
    }

    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.orders = ctx.durable().clone();
        if self.orders.decision.is_some() {
            return;
        }
        let left = self.dawn.0.saturating_sub(ctx.now_us());
        ctx.set_timer(GeneralTimer::Dawn, Span(left));
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, _: NodeId, msg: &Messenger) {
        let number = msg.number;
        if self.orders.decision.is_some() {
            ctx.note(format!("hears messenger {number} after dawn: too late"));
        } else if number != self.awaits() {
            ctx.note(format!("has heard messenger {number} before"));
        } else if number < self.k {
            self.orders.received = number;
            let next = number + 1;
            ctx.note(format!(
                "hears messenger {number} and sends messenger {next}"
            ));
            self.dispatch(ctx, next);
        } else {
            self.orders.received = number;
            ctx.note(format!("hears messenger {number}, the last"));
            ctx.persist(self.orders.clone());
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, _: GeneralTimer) {
        self.decide(ctx);
    }

    fn timer_name(_: GeneralTimer) -> &'static str {
        "dawn"
    }

    fn inspect(&self) -> Inspect {
        let (role, glyph) = match self.orders.decision {
            Some(Decision::Attack) => ("attacks", Glyph::Check),
            Some(Decision::Retreat) => ("retreats", Glyph::Cross),
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
            Cell {
                text: number.to_string(),
                tone,
                title: format!(
                    "messenger {number} ({}): {state}",
                    Messenger { number }.label()
                ),
            }
        };
        Inspect {
            role: role.to_owned(),
            glyph,
            prominent: self.orders.decision == Some(Decision::Attack),
            badge: format!("knows {received}/{}", self.k),
            cells: (1..=self.k).map(cell).collect(),
            ..Inspect::default()
        }
        .field("last received", received)
        .field("last sent", sent)
        .field("k", self.k)
        .field("dawn", self.dawn)
        .field("decision", role)
    }
}

fn build(params: &Params, seed: u64) -> Result<Setup, Refusal> {
    let k = params.int("k") as u8;
    let longest = VALLEY.0;
    let delay = Delay::Uniform {
        min_us: longest * 3 / 5,
        max_us: longest,
    };
    let link = Link::fair_loss(delay, params.int("loss_percent") as u32 * 10_000);
    link.check()?;
    let general = |name, me| {
        let general = General {
            me,
            k,
            // All the messengers have had the time they may need, and one more for the clocks.
            dawn: Span(longest * (u64::from(k) + 1)),
            mutant: Mutant::of(params),
            orders: Orders::default(),
        };
        NodeSetup::server(name, Host::boxed(general))
    };
    Ok(Setup {
        seed,
        timing: Timing::Synchronous {
            delay_us: longest,
            step_us: 1_000,
            drift_ppm: 100,
        },
        link,
        nodes: vec![general("General A", A), general("General B", B)],
        layout: Layout::TwoHills,
        ..Setup::default()
    })
}

#[cfg(test)]
mod tests;
