//! A bank: a participant of two-phase commit, and whoever carries out an order in the other ways.
//!
//! The rule that is easy to break: what is in the book is on disk before anyone hears of it. And a bank that
//! has voted Yes decides nothing alone; one that has not voted may always abort.

use super::{BALANCE, COORDINATOR, Fact, Msg, Mutant, Rules, T, Way, said};
use crate::kit::prelude::*;
use std::collections::BTreeMap;

/// How a transfer stands at a bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum State {
    // Promised, and not decided: the bank is uncertain.
    Yes,
    Committed,
    Aborted,
    // Without two phases.
    Done,
}

/// What a bank has on disk: its money and its log. The log is never cut, so that a message that comes
/// late or twice finds what it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Book {
    pub(super) balance: i64,
    // What each transfer does to the balance, and how it stands.
    pub(super) lines: BTreeMap<T, (i64, State)>,
}

impl Book {
    pub(super) fn opened() -> Self {
        Book { balance: BALANCE, lines: BTreeMap::new() }
    }

    /// The transfer that locks the account: promised, and not decided.
    pub(super) fn lock(&self) -> Option<T> {
        let yes = self.lines.iter().find(|(_, line)| line.1 == State::Yes);
        yes.map(|(t, _)| *t)
    }

    /// The newest lines, for people: `T1 Committed, T2 Yes`.
    pub(super) fn said(&self) -> String {
        let few = self.lines.len().saturating_sub(6);
        said(self.lines.iter().skip(few).map(|(t, line)| (*t, line.1)))
    }
}

/// It has waited long enough for the decision on this transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Patience(T);

#[derive(Clone, Debug, Hash)]
pub(super) struct Bank {
    rules: Rules,
    book: Book,
    // It says No to the next that is asked of it.
    refuses: bool,
}

type Cx<'a> = Ctx<'a, Bank>;

impl Bank {
    pub(super) fn new(rules: Rules) -> Self {
        Bank { rules, book: Book::opened(), refuses: false }
    }

    fn state(&self, t: T) -> Option<State> {
        self.book.lines.get(&t).map(|line| line.1)
    }

    fn write(&mut self, ctx: &mut Cx<'_>, t: T, delta: i64, state: State, force: bool) {
        self.book.lines.insert(t, (delta, state));
        ctx.write(self.book.clone());
        if force {
            ctx.sync();
            ctx.fact(Fact::Forced);
        }
    }

    /// Puts `delta` into the balance, for good.
    fn apply(&mut self, ctx: &mut Cx<'_>, t: T, delta: i64, state: State) {
        self.book.balance += delta;
        self.write(ctx, t, delta, state, true);
        ctx.note(format!("{t}: {delta:+} makes £{}", self.book.balance));
        ctx.fact(Fact::Moved { t, delta });
    }

    /// Why it cannot do this now, if it cannot.
    fn objection(&mut self, delta: i64) -> Option<String> {
        let balance = self.book.balance;
        if std::mem::take(&mut self.refuses) {
            return Some("it was told to".to_owned());
        } else if let Some(t) = self.book.lock() {
            return Some(format!("its account is locked by {t}"));
        }
        (balance + delta < 0).then(|| format!("£{balance} is too little"))
    }

    /// Section 7.4: a Yes is forced before it is sent. A No is an abort; it is forced as well, which the
    /// book leaves open, because here a link may double the VOTE-REQ.
    fn vote(&mut self, ctx: &mut Cx<'_>, t: T, delta: i64) {
        let bank = ctx.me().0;
        match self.state(t) {
            Some(State::Yes) => return ctx.send(COORDINATOR, Msg::Yes { t }),
            Some(State::Aborted) => return ctx.send(COORDINATOR, Msg::No { t }),
            Some(_) => return,
            None => {}
        }
        if let Some(why) = self.objection(delta) {
            ctx.note(format!("votes No on {t}: {why}"));
            self.abort(ctx, t, true);
            ctx.send(COORDINATOR, Msg::No { t });
        } else {
            let force = self.rules.mutant != Mutant::ForgetYes;
            self.write(ctx, t, delta, State::Yes, force);
            ctx.note(format!("votes Yes on {t}, and locks its account"));
            ctx.fact(Fact::Promised { t, bank });
            ctx.send(COORDINATOR, Msg::Yes { t });
            ctx.set_timer(Patience(t), self.rules.patience);
        }
    }

    fn abort(&mut self, ctx: &mut Cx<'_>, t: T, force: bool) {
        self.write(ctx, t, 0, State::Aborted, force);
        ctx.note(format!("aborts {t}"));
        self.tell(ctx, t, false);
    }

    fn tell(&self, ctx: &mut Cx<'_>, t: T, commit: bool) {
        let bank = ctx.me().0;
        ctx.fact(Fact::Decided { t, bank, commit });
        ctx.cancel_timer(Patience(t));
    }

    /// The decision has come, from the coordinator or from a bank that knows it. Where abort is presumed
    /// its record need not be forced: who has lost it asks, and is told again.
    fn learn(&mut self, ctx: &mut Cx<'_>, from: NodeId, t: T, commit: bool) {
        let acknowledged = commit || !self.rules.presume_abort;
        match self.state(t) {
            Some(State::Yes) if commit => {
                let (delta, _) = self.book.lines[&t];
                self.apply(ctx, t, delta, State::Committed);
                self.tell(ctx, t, true);
            }
            // Who has never heard of it has not voted, or has forgotten that it has.
            None | Some(State::Yes) => self.abort(ctx, t, acknowledged),
            Some(_) => {}
        }
        if from == COORDINATOR && acknowledged {
            ctx.send(COORDINATOR, Msg::Ack { t });
        }
    }

    /// The cooperative termination protocol (section 7.4): another bank is uncertain, and asks.
    fn answer(&mut self, ctx: &mut Cx<'_>, from: NodeId, t: T) {
        match self.state(t) {
            Some(State::Yes) => return ctx.note(format!("is uncertain about {t} itself")),
            None => self.abort(ctx, t, true),
            Some(_) => {}
        }
        let committed = self.state(t) == Some(State::Committed);
        ctx.send(from, if committed { Msg::Commit { t } } else { Msg::Abort { t } });
    }

    /// It is uncertain, and has waited long enough.
    fn ask(&mut self, ctx: &mut Cx<'_>, t: T) {
        let me = ctx.me();
        ctx.note(format!("is uncertain about {t}, and asks"));
        ctx.fact(Fact::Uncertain { t, bank: me.0 });
        ctx.send(COORDINATOR, Msg::Ask { t });
        if self.rules.ask_everyone {
            ctx.broadcast(self.rules.all().filter(|b| *b != me), Msg::Ask { t });
        }
        ctx.set_timer(Patience(t), self.rules.patience);
    }

    /// Without two phases: what is ordered is done at once. Only who keeps ids knows that it has done it.
    fn order(&mut self, ctx: &mut Cx<'_>, t: T, delta: i64) {
        if self.rules.way == Way::RetryIds && self.state(t).is_some() {
            ctx.note(format!("has done {t} already, and says so"));
        } else if let Some(why) = self.objection(delta) {
            ctx.note(format!("refuses: {why}"));
            return ctx.send(COORDINATOR, Msg::No { t });
        } else {
            self.apply(ctx, t, delta, State::Done);
        }
        ctx.send(COORDINATOR, Msg::Ack { t });
    }
}

impl Protocol for Bank {
    type Msg = Msg;
    type Timer = Patience;
    type Stable = Book;

    fn start(&mut self, _: &mut Cx<'_>) {}

    /// Section 7.4, recovery: who finds a Yes and no decision is uncertain still.
    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.book = ctx.durable().clone();
        self.refuses = false;
        if let Some(t) = self.book.lock() {
            ctx.set_timer(Patience(t), Span::ZERO);
        }
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        match *msg {
            Msg::VoteReq { t, delta } => self.vote(ctx, t, delta),
            Msg::Commit { t } => self.learn(ctx, from, t, true),
            Msg::Abort { t } => self.learn(ctx, from, t, false),
            Msg::Ask { t } => self.answer(ctx, from, t),
            Msg::Order { t, delta } => self.order(ctx, t, delta),
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, Patience(t): Patience) {
        match (self.state(t), self.rules.mutant) {
            (Some(State::Yes), Mutant::Impatient) => self.abort(ctx, t, true),
            (Some(State::Yes), _) => self.ask(ctx, t),
            _ => {}
        }
    }

    fn requests(&self) -> &'static [Form] {
        const { &[Form::bare("refuse", "Say No to the next transfer")] }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, _: &Asked) {
        self.refuses = true;
        ctx.note("will say No to the next transfer");
    }

    fn timer_name(_: Patience) -> &'static str {
        "patience"
    }

    fn inspect(&self) -> Inspect {
        let lock = self.book.lock();
        let cell = |(t, (delta, state)): (&T, &(i64, State))| {
            let tone = match state {
                State::Yes => CellTone::Tentative,
                State::Aborted => CellTone::Empty,
                State::Committed | State::Done => CellTone::Firm,
            };
            Cell::new(t.0 % 1_000, tone, format!("{t}, {delta:+}: {state:?}"))
        };
        let uncertain = ("uncertain", Glyph::Question);
        let (role, glyph) = lock.map_or(("bank", Glyph::None), |_| uncertain);
        Inspect {
            role: role.to_owned(),
            glyph,
            prominent: lock.is_some(),
            badge: format!("£{}", self.book.balance),
            cells: self.book.lines.iter().map(cell).collect(),
            ..Inspect::default()
        }
        .field("balance", format!("£{}", self.book.balance))
        .field("locked by", lock.map_or("nothing".to_owned(), |t| t.to_string()))
        .field("log", self.book.said())
    }
}
