//! A general: the commander, who speaks once, or a lieutenant, who listens, passes on, and obeys.
//!
//! The rule that is easy to break: what arrives after the end of its round is not counted, even if it is known; all that is said goes
//! by rounds, so that silence means the same to everyone.

use super::treason::{Strategy, Treason, Word};
use super::tree::{Heard, Tree, paths};
use super::{FIRST_MS, Fact, Msg, Mutant, Order, Path, ROUND_MS, Rules, Seal, name};
use crate::kit::prelude::*;
use crate::sim::{FieldKind, FormField};
use std::collections::BTreeMap;

/// A general.
#[derive(Clone, Hash)]
pub(super) struct General {
    pub id: u8,
    pub rules: Rules,
    pub order: Order,
    pub treason: Treason,
    /// The round that goes on; 0 before the first.
    pub round: u8,
    /// Oral: what was heard, by its way.
    pub heard: Heard,
    /// Signed: the orders that were seen, with the way of the first of each.
    pub seen: BTreeMap<Order, Path>,
    /// Signed: what is to be passed on when the round ends.
    fresh: Vec<Msg>,
    pub refused: u16,
    pub decided: Option<Order>,
}

type Cx<'a> = Ctx<'a, General>;

impl General {
    pub fn new(id: u8, rules: Rules, order: Order, treason: Treason) -> Self {
        General {
            id,
            rules,
            order,
            treason,
            round: 0,
            heard: Heard::new(),
            seen: BTreeMap::new(),
            fresh: Vec::new(),
            refused: 0,
            decided: None,
        }
    }

    pub fn tree(&self) -> Tree<'_> {
        Tree { heard: &self.heard, rules: &self.rules, me: self.id }
    }

    /// Tells `to`; or what a traitor makes of it.
    fn tell(&mut self, ctx: &mut Cx<'_>, to: u8, (order, path): (Order, Path), shown: &[Seal]) {
        let Word::Say(order) = self.treason.word(order, to, || ctx.random_below(3)) else {
            return;
        };
        let seals = self.rules.signed.then(|| self.treason.seals(order, path, shown));
        ctx.send(NodeId(u16::from(to)), Msg { order, path, seals });
    }

    /// The commander sends his order to every lieutenant (both algorithms, step 1).
    fn command(&mut self, ctx: &mut Cx<'_>) {
        ctx.note(format!("sends his order: {}", self.order));
        ctx.fact(Fact::Ordered { attack: self.order.is_attack() });
        for to in 1..self.rules.n {
            self.tell(ctx, to, (self.order, Path::FIRST), &[]);
        }
    }

    /// OM, step 2: he is the commander of all that he was told in this round, and tells it to all who have not passed it on.
    fn relay(&mut self, ctx: &mut Cx<'_>, ended: u8) {
        let (n, me) = (self.rules.n, self.id);
        for path in paths(n, ended, me) {
            let order = match self.heard.get(&path) {
                Some(&order) => order,
                None if self.rules.mutant == Mutant::CountsWhatCame => continue,
                None => Order::DEFAULT,
            };
            for to in path.onward(n, me) {
                self.tell(ctx, to, (order, path.then(me)), &[]);
            }
        }
    }

    /// SM, step 2 B: he signs what is new to him, and passes it on to all who have not signed.
    fn pass_on(&mut self, ctx: &mut Cx<'_>, ended: u8) {
        if ended == 1 && self.treason.invents() {
            let missing = Order::BOTH.into_iter().filter(|o| !self.fresh.iter().any(|m| m.order == *o));
            let invented: Vec<Msg> = missing.map(|o| self.invented(o)).collect();
            self.fresh.extend(invented);
        }
        let (n, me) = (self.rules.n, self.id);
        for Msg { order, path, seals } in std::mem::take(&mut self.fresh) {
            if path.len > self.rules.passed_on() {
                continue;
            }
            for to in path.onward(n, me) {
                self.tell(ctx, to, (order, path.then(me)), seals.as_deref().unwrap_or_default());
            }
        }
    }

    fn invented(&self, order: Order) -> Msg {
        Msg { order, path: Path::FIRST, seals: Some(self.treason.seals(order, Path::FIRST, &[])) }
    }

    /// All is said: he obeys (OM, step 3; SM, step 3).
    fn obey(&mut self, ctx: &mut Cx<'_>) {
        let order = if self.rules.signed { self.choice() } else { self.tree().result() };
        let why = self.why();
        self.decided = Some(order);
        ctx.persist(self.decided);
        ctx.note(format!("{order}s: {why}"));
        ctx.fact(Fact::Decided { attack: order.is_attack() });
    }

    /// SM: the only order that there is, else RETREAT.
    fn choice(&self) -> Order {
        match self.seen.len() {
            1 => self.seen.keys().next().copied().unwrap_or(Order::DEFAULT),
            _ => Order::DEFAULT,
        }
    }

    fn why(&self) -> String {
        if self.rules.signed {
            return match self.seen.len() {
                0 => "he has seen no order".to_owned(),
                1 => "he has seen no other order".to_owned(),
                _ => "he has seen both orders, signed by the commander, who is a traitor".to_owned(),
            };
        }
        let votes = self.tree().votes(Path::FIRST);
        let attack = votes.iter().filter(|v| v.is_attack()).count();
        format!("{attack} of the {} that he counts say attack", votes.len())
    }

    /// Whether a message can be what it says: from its sender, by a way that does not pass through him.
    fn is_sound(&self, from: NodeId, path: Path) -> bool {
        u16::from(path.last()) == from.0 && !path.has(self.id) && path.ids[0] == 0
    }

    fn hear(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        let (order, path) = (msg.order, msg.path);
        let genuine = match &msg.seals {
            None => !self.rules.signed,
            Some(seals) => self.rules.mutant == Mutant::BelievesAnySeal || is_genuine(msg, seals),
        };
        let told = if msg.seals.is_some() { "is shown" } else { "is told" };
        let first = match self.rules.signed {
            true => !self.seen.contains_key(&order),
            false => !self.heard.contains_key(&path),
        };
        if !genuine {
            self.refused += 1;
            ctx.note(format!("refuses {msg}: a signature is not genuine", msg = msg.label()));
            return ctx.fact(Fact::Refused { from: from.0, attack: order.is_attack() });
        }
        if !first {
            ctx.note(format!("{told} {} by {}, and has heard it before", msg.label(), name(path.last())));
        } else {
            ctx.note(format!("{told} {} by {}", msg.label(), name(path.last())));
            ctx.fact(Fact::Heard { from: from.0, attack: order.is_attack() });
            self.heard.insert(path, order);
            self.seen.insert(order, path);
        }
        // A traitor may make use of what he has seen before.
        if self.rules.signed && (first || self.treason.betrays()) {
            self.fresh.push(msg.clone());
        }
    }

    /// The number of the round at this moment of his clock, and how long until the next.
    fn now(&self, ctx: &Cx<'_>) -> (u8, Span) {
        let (first, round) = (FIRST_MS * 1_000, ROUND_MS * 1_000);
        match ctx.now_us().checked_sub(first) {
            None => (0, Span(first - ctx.now_us())),
            Some(us) => {
                ((1 + us / round).min(u64::from(self.rules.rounds()) + 1) as u8, Span(round - us % round))
            }
        }
    }
}

/// Whether each on the way has signed this, and what was on it before.
fn is_genuine(msg: &Msg, seals: &[Seal]) -> bool {
    let ids = msg.path.ids();
    let each = |(i, &id): (usize, &u8)| seals[i].is_genuine(id, msg.order, &seals[..i]);
    seals.len() == ids.len() && ids.iter().enumerate().all(each)
}

impl Protocol for General {
    type Msg = Msg;
    type Timer = ();
    type Stable = Option<Order>;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        if self.treason.betrays() {
            ctx.note("is a traitor");
            ctx.fact(Fact::Betrays);
        }
        ctx.set_timer((), Span::ms(FIRST_MS));
    }

    /// What he had heard is gone; what he has done is done.
    fn restart(&mut self, ctx: &mut Cx<'_>) {
        *self = General {
            treason: self.treason.clone(),
            decided: *ctx.durable(),
            ..General::new(self.id, self.rules.clone(), self.order, Treason::new(Strategy::Loyal, Vec::new()))
        };
        let (round, left) = self.now(ctx);
        self.round = round;
        if self.round <= self.rules.rounds() {
            ctx.set_timer((), left);
        } else if self.id > 0 && self.decided.is_none() {
            self.obey(ctx);
        }
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        if !self.is_sound(from, msg.path) {
            ctx.note(format!("cannot have been sent {} by {}", msg.label(), name(from.0 as u8)));
        } else if msg.path.len < self.round {
            ctx.note(format!("hears {} after the end of round {}, too late", msg.label(), msg.path.len));
            ctx.fact(Fact::Late { from: from.0 });
        } else {
            self.hear(ctx, from, msg);
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, (): ()) {
        let ended = self.round;
        self.round += 1;
        let last = self.rules.rounds();
        if self.round <= last {
            ctx.set_timer((), Span::ms(ROUND_MS));
        }
        match (self.id, ended) {
            (0, ended) => {
                if self.round <= last {
                    ctx.epoch(u64::from(self.round), format!("round {}", self.round));
                }
                if ended == 0 {
                    self.command(ctx);
                }
            }
            (_, 0) => {}
            (_, ended) if ended >= last => self.obey(ctx),
            (_, ended) if self.rules.signed => self.pass_on(ctx, ended),
            (_, ended) => self.relay(ctx, ended),
        }
    }

    fn timer_name((): ()) -> &'static str {
        "end of the round"
    }

    fn requests(&self) -> &'static [Form] {
        const {
            &[Form {
                id: "tell",
                label: "Make him tell",
                fields: &[
                    FormField { label: "whom", kind: FieldKind::Node },
                    FormField {
                        label: "what",
                        kind: FieldKind::Word(&["attack", "retreat", "nothing", "truth"]),
                    },
                ],
            }]
        }
    }

    fn accepts(&self, asked: &Asked) -> Result<(), String> {
        let to = asked.node(0).0;
        match to {
            0 => Err("nobody tells the commander anything: choose a lieutenant".to_owned()),
            _ if to >= u16::from(self.rules.n) => Err(format!("there is no L{to} to be told anything")),
            _ if to == u16::from(self.id) => {
                Err("he tells himself nothing: choose another lieutenant".to_owned())
            }
            _ if self.round > if self.id == 0 { 0 } else { self.rules.m } => {
                Err("all is said: whoever wants to lie does it earlier".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// He is bribed: from now on he tells this lieutenant this, whatever he should.
    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        let to = asked.node(0).0 as u8;
        let was = self.treason.betrays();
        let word = match asked.word(1) {
            "attack" => Some(Word::Say(Order::Attack)),
            "retreat" => Some(Word::Say(Order::Retreat)),
            "nothing" => Some(Word::Nothing),
            _ => None,
        };
        ctx.note(format!("is to tell {} {} from now on", name(to), asked.word(1)));
        match word {
            Some(word) => self.treason.told.insert(to, word),
            None => self.treason.told.remove(&to),
        };
        if !was && self.treason.betrays() {
            ctx.fact(Fact::Betrays);
        }
    }

    /// The opposite; under signatures, his own is genuine, and others' only if he has their keys.
    fn lie(&self, msg: &Msg, _: NodeId, _: u64) -> Option<Msg> {
        Some(self.treason.altered(msg, msg.order.other()))
    }

    fn inspect(&self) -> Inspect {
        super::show::inspect(self)
    }
}
