//! The coordinator: asks for votes, decides, and tells until all know; or, in the other ways, orders.
//!
//! The rule that is easy to break: after a crash a transfer goes on as the log says, and by nothing else. One
//! that has begun and is not decided there is aborted (section 7.4, recovery).

use super::{A, COORDINATOR, Fact, Msg, Mutant, Rules, T, Way, said};
use crate::kit::prelude::*;
use crate::sim::{FieldKind, FormField};
use std::collections::{BTreeMap, BTreeSet};

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Voting,
    Commit,
    Abort,
    // Without two phases.
    Debit,
    Credit,
}

/// A transfer that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Open {
    amount: i64,
    pub(super) phase: Phase,
    // Whose answer is missing.
    pub(super) waiting: BTreeSet<NodeId>,
}

/// The log: in memory what is so, on disk what was so when it was forced last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Log {
    // Each boot has a thousand numbers of its own, so that none is given twice.
    boots: u32,
    pub(super) open: BTreeMap<T, Open>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Timer {
    Next,
    Patience(T),
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Coordinator {
    rules: Rules,
    transfers: u64,
    gap: Span,
    amount: i64,
    pub(super) log: Log,
    last: T,
}

/// When the first transfer begins.
pub(super) const FIRST: Span = Span::ms(100);

type Cx<'a> = Ctx<'a, Coordinator>;

impl Coordinator {
    pub(super) fn new(rules: Rules, params: &Params) -> Self {
        Coordinator {
            rules,
            transfers: params.int("transfers") as u64,
            gap: params.ms("gap_ms"),
            amount: params.int("amount"),
            log: Log::default(),
            last: T(0),
        }
    }

    /// The answers that have come, of those it waits for.
    fn tally(&self, open: &Open) -> String {
        let banks = usize::from(self.rules.banks);
        let have = banks.saturating_sub(open.waiting.len());
        match open.phase {
            Phase::Voting => format!("yes {have} of {banks}"),
            Phase::Commit | Phase::Abort => format!("acks {have} of {banks}"),
            Phase::Debit | Phase::Credit => String::new(),
        }
    }

    fn phase(&self, t: T) -> Option<Phase> {
        self.log.open.get(&t).map(|o| o.phase)
    }

    /// Transfer `k` is due at `FIRST + k * gap`: so a crash moves none of those that follow.
    fn schedule(&self, ctx: &mut Cx<'_>) {
        let now = ctx.now_us();
        let k = (now + self.gap.0).saturating_sub(FIRST.0) / self.gap.0;
        if k < self.transfers {
            ctx.set_timer(Timer::Next, Span(FIRST.0 + k * self.gap.0 - now));
        }
    }

    fn force(&self, ctx: &mut Cx<'_>) {
        ctx.persist(self.log.clone());
        ctx.fact(Fact::Forced);
    }

    fn begin(&mut self, ctx: &mut Cx<'_>, amount: i64) {
        self.last.0 += 1;
        let t = self.last;
        ctx.note(format!("begins {t}: £{amount} from Bank A to each other bank"));
        ctx.fact(Fact::Begun { t });
        match self.rules.way {
            Way::TwoPhase => self.enter(t, amount, Phase::Voting, self.rules.all().collect()),
            _ => self.enter(t, amount, Phase::Debit, BTreeSet::from([A])),
        }
        // Who presumes abort need not know what has begun; who is naive writes nothing down.
        if self.rules.way != Way::Naive && !self.rules.presume_abort {
            self.force(ctx);
        }
        self.say(ctx, t);
    }

    fn enter(&mut self, t: T, amount: i64, phase: Phase, waiting: BTreeSet<NodeId>) {
        let open = Open { amount, phase, waiting };
        self.log.open.insert(t, open);
    }

    /// Says what is to be said in this phase to all whose answer is missing, and waits.
    fn say(&self, ctx: &mut Cx<'_>, t: T) {
        let Some(open) = self.log.open.get(&t) else {
            return;
        };
        for &bank in &open.waiting {
            let delta = self.rules.delta(bank, open.amount);
            let msg = match open.phase {
                Phase::Voting => Msg::VoteReq { t, delta },
                Phase::Commit => Msg::Commit { t },
                Phase::Abort => Msg::Abort { t },
                Phase::Debit | Phase::Credit => Msg::Order { t, delta },
            };
            ctx.send(bank, msg);
        }
        ctx.set_timer(Timer::Patience(t), self.rules.patience);
    }

    /// An answer that was awaited has come. True if it was the last.
    fn answered(&mut self, t: T, bank: NodeId) -> bool {
        let open = self.log.open.get_mut(&t);
        open.is_some_and(|o| o.waiting.remove(&bank) && o.waiting.is_empty())
    }

    /// Section 7.4: the record of the decision is forced before anyone is told. An abort needs none where
    /// it is presumed. `but` has voted No, and so has aborted already.
    fn decide(&mut self, ctx: &mut Cx<'_>, t: T, commit: bool, but: Option<NodeId>) {
        let phase = if commit { Phase::Commit } else { Phase::Abort };
        self.enter(t, 0, phase, self.rules.all().filter(|b| Some(*b) != but).collect());
        let presumed = !commit && self.rules.presume_abort;
        if self.rules.mutant == Mutant::UnforcedCommit {
            ctx.write(self.log.clone());
        } else if !presumed {
            self.force(ctx);
        }
        ctx.note(format!("{} {t}", if commit { "commits" } else { "aborts" }));
        let bank = COORDINATOR.0;
        ctx.fact(Fact::Decided { t, bank, commit });
        self.say(ctx, t);
        if presumed || self.rules.mutant == Mutant::ForgetEarly {
            self.close(ctx, t, commit);
        }
    }

    /// Nothing is left to do. That it is over need not be forced: at worst it is told once more.
    fn close(&mut self, ctx: &mut Cx<'_>, t: T, done: bool) {
        self.log.open.remove(&t);
        ctx.write(self.log.clone());
        ctx.cancel_timer(Timer::Patience(t));
        ctx.fact(Fact::Over { t, done });
    }

    /// An uncertain bank asks. If it is not decided yet the bank must wait; if it is over, with records
    /// for all that is not, the bank has been told since.
    fn answer(&self, ctx: &mut Cx<'_>, bank: NodeId, t: T) {
        match self.phase(t) {
            Some(Phase::Commit) => ctx.send(bank, Msg::Commit { t }),
            Some(Phase::Abort) => ctx.send(bank, Msg::Abort { t }),
            None if self.rules.presume_abort => {
                ctx.note(format!("has no record of {t}: it must have been aborted"));
                ctx.send(bank, Msg::Abort { t });
            }
            _ => {}
        }
    }
}

impl Protocol for Coordinator {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = Log;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        self.schedule(ctx);
    }

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.log = ctx.durable().clone();
        self.log.boots += 1;
        self.last = T(self.log.boots * 1_000);
        ctx.persist(self.log.clone());
        for t in self.log.open.keys().copied().collect::<Vec<T>>() {
            match self.phase(t) {
                Some(Phase::Voting) => self.decide(ctx, t, false, None),
                _ => self.say(ctx, t),
            }
        }
        self.schedule(ctx);
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        match (*msg, self.phase(msg.transfer())) {
            (Msg::Ask { t }, _) => self.answer(ctx, from, t),
            (Msg::Yes { t }, Some(Phase::Voting))
                if self.answered(t, from) || self.rules.mutant == Mutant::FirstVote =>
            {
                self.decide(ctx, t, true, None);
            }
            (Msg::No { t }, Some(Phase::Voting)) => self.decide(ctx, t, false, Some(from)),
            (Msg::No { t }, Some(Phase::Debit)) => self.close(ctx, t, false),
            (Msg::Ack { t }, Some(phase)) if phase != Phase::Voting && self.answered(t, from) => {
                if phase != Phase::Debit {
                    return self.close(ctx, t, phase != Phase::Abort);
                }
                let others = self.rules.all().filter(|b| *b != A).collect();
                let amount = self.log.open[&t].amount;
                self.enter(t, amount, Phase::Credit, others);
                self.say(ctx, t);
            }
            // An answer that comes late or twice. A credit that is refused is ordered again, or given up.
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        let Timer::Patience(t) = timer else {
            self.begin(ctx, self.amount);
            return self.schedule(ctx);
        };
        match self.phase(t) {
            Some(Phase::Voting) => {
                ctx.note(format!("has waited long enough for the votes on {t}"));
                self.decide(ctx, t, false, None);
            }
            Some(Phase::Debit | Phase::Credit) if self.rules.way == Way::Naive => {
                ctx.note(format!("hears nothing of {t}, and gives it up"));
                self.close(ctx, t, false);
            }
            _ => self.say(ctx, t),
        }
    }

    fn requests(&self) -> &'static [Form] {
        const AMOUNT: FormField = FormField {
            label: "what each bank but A gets",
            kind: FieldKind::Int { default: 10, min: 1, max: 100 },
        };
        static FORMS: [Form; 1] = [Form { id: "transfer", label: "Transfer money", fields: &[AMOUNT] }];
        &FORMS
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        self.begin(ctx, asked.int(0));
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Next => "next transfer",
            Timer::Patience(_) => "patience",
        }
    }

    fn inspect(&self) -> Inspect {
        let newest = self.log.open.iter().next_back();
        let (role, glyph) = match newest.map(|(_, o)| o.phase) {
            None => ("at rest", Glyph::None),
            Some(Phase::Voting) => ("collects votes", Glyph::Question),
            Some(Phase::Commit) => ("has committed", Glyph::Check),
            Some(Phase::Abort) => ("has aborted", Glyph::Cross),
            Some(Phase::Debit | Phase::Credit) => ("orders", Glyph::Question),
        };
        let badge = newest.map(|(t, _)| t.to_string());
        Inspect {
            role: role.to_owned(),
            glyph,
            prominent: matches!(glyph, Glyph::Check | Glyph::Cross),
            badge: badge.unwrap_or_default(),
            tally: newest.map_or_else(String::new, |(_, o)| self.tally(o)),
            ..Inspect::default()
        }
        .field("open", self.log.said())
    }
}

impl Log {
    /// What is open, for people: `T1 Commit`.
    pub(super) fn said(&self) -> String {
        said(self.open.iter().map(|(t, o)| (*t, o.phase)))
    }
}
