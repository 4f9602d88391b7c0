//! Coordinator and banks, as long as nobody is missed: votes, pre-commit, decision. One kind of process, for a bank may come to
//! coordinate.
//!
//! The rule that is easy to break: who coordinates commits when nobody that runs is uncertain any more. An acknowledgement that is not
//! back within `T` comes from nobody: its sender has crashed, and will be in doubt.

use super::{BALANCE, COORDINATOR, Fact, Msg, Mutant, Rules, Stand, T, names, show};
use crate::kit::prelude::*;
use crate::sim::{FieldKind, FormField};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What the log says of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Record {
    /// The coordinator has begun it.
    Begun,
    /// The bank has promised.
    Yes,
    Committed,
    Aborted,
}

/// What is on disk: a bank's money, and the log, which is never cut.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Log {
    // Each boot of the coordinator has a thousand numbers of its own, so that none is given twice.
    boots: u32,
    pub(super) balance: i64,
    // What each transfer does to the balance, and how it stands.
    pub(super) lines: BTreeMap<T, (i64, Record)>,
}

impl Log {
    pub(super) fn opened(me: NodeId) -> Self {
        let balance = if me == COORDINATOR { 0 } else { BALANCE };
        Log { balance, ..Log::default() }
    }

    /// The transfer that locks the account: promised, and not decided.
    pub(super) fn lock(&self) -> Option<T> {
        let yes = self.lines.iter().find(|(_, line)| line.1 == Record::Yes);
        yes.map(|(t, _)| *t)
    }

    /// The newest lines, for people: `T1 Committed, T2 Yes`.
    pub(super) fn said(&self) -> String {
        let few = self.lines.len().saturating_sub(6);
        let all: Vec<String> = self.lines.iter().skip(few).map(|(t, l)| format!("{t} {:?}", l.1)).collect();
        if all.is_empty() { "empty".to_owned() } else { all.join(", ") }
    }
}

/// What who coordinates waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    /// The votes.
    Voting,
    /// How all stand: it is a backup.
    Polling,
    /// The acknowledgements of its pre-commit.
    Preparing,
}

/// A question that who coordinates has put to others.
#[derive(Clone, Debug, Hash)]
pub(super) struct Round {
    pub(super) phase: Phase,
    // Who was asked, and whose answer is missing.
    pub(super) asked: usize,
    pub(super) waiting: BTreeSet<NodeId>,
    // How those stand who have said so, and who is to be told the decision.
    pub(super) heard: BTreeMap<NodeId, Stand>,
    pub(super) audience: BTreeSet<NodeId>,
}

/// A transfer that is not decided here, and in which this process has taken part since it booted.
#[derive(Clone, Debug, Hash)]
pub(super) struct Open {
    pub(super) committable: bool,
    // Whom it follows; and whom it has not given up (the book's UP).
    pub(super) coordinator: NodeId,
    pub(super) up: BTreeSet<NodeId>,
    // If it coordinates itself.
    pub(super) round: Option<Round>,
}

impl Open {
    pub(super) fn stand(&self) -> Stand {
        if self.committable { Stand::Committable } else { Stand::Uncertain }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Timer {
    Next,
    Pace,
    Answers(T),
    Patience(T),
    Ask(T),
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Process {
    pub(super) rules: Rules,
    pub(super) me: NodeId,
    transfers: u64,
    gap: Span,
    amount: i64,
    pub(super) log: Log,
    pub(super) open: BTreeMap<T, Open>,
    // What it does not know the outcome of since it crashed; and who else does not.
    pub(super) doubts: BTreeMap<T, BTreeSet<NodeId>>,
    // What is to be sent, one after the other.
    outbox: VecDeque<(NodeId, Msg)>,
    // It says No to the next that is asked of it.
    refuses: bool,
    last: T,
}

/// When the first transfer begins.
const FIRST: Span = Span::ms(100);

pub(super) type Cx<'a> = Ctx<'a, Process>;

impl Process {
    pub(super) fn new(rules: Rules, me: NodeId, p: &Params) -> Self {
        Process {
            rules,
            me,
            transfers: if me == COORDINATOR { p.int("transfers") as u64 } else { 0 },
            gap: p.ms("gap_ms"),
            amount: p.int("amount"),
            log: Log::opened(me),
            open: BTreeMap::new(),
            doubts: BTreeMap::new(),
            outbox: VecDeque::new(),
            refuses: false,
            last: T(0),
        }
    }

    pub(super) fn record(&self, t: T) -> Option<Record> {
        self.log.lines.get(&t).map(|line| line.1)
    }

    /// What it coordinates of `t`, if that is in this phase.
    pub(super) fn round(&mut self, t: T, phase: Phase) -> Option<&mut Round> {
        let round = self.open.get_mut(&t)?.round.as_mut()?;
        Some(round).filter(|r| r.phase == phase)
    }

    pub(super) fn force(&mut self, ctx: &mut Cx<'_>, t: T, line: (i64, Record)) {
        self.log.lines.insert(t, line);
        ctx.persist(self.log.clone());
        ctx.fact(Fact::Forced);
    }

    /// Sends these, one after the other: a crash in between leaves some untold.
    pub(super) fn say(&mut self, ctx: &mut Cx<'_>, what: impl IntoIterator<Item = (NodeId, Msg)>) {
        let idle = self.outbox.is_empty();
        self.outbox.extend(what);
        if idle {
            self.send_next(ctx);
        }
    }

    fn send_next(&mut self, ctx: &mut Cx<'_>) {
        while let Some((to, msg)) = self.outbox.pop_front() {
            ctx.send(to, msg);
            if self.rules.pace > Span::ZERO && !self.outbox.is_empty() {
                return ctx.set_timer(Timer::Pace, self.rules.pace);
            }
        }
    }

    /// Waits for answers for `T` after the last of what is to be sent.
    pub(super) fn await_answers(&self, ctx: &mut Cx<'_>, t: T) {
        let sending = self.rules.pace.0 * self.outbox.len() as u64;
        ctx.set_timer(Timer::Answers(t), Span(self.rules.answer.0 + sending));
    }

    // ------------------------------------------------------------------ who coordinates

    /// Transfer `k` is due at `FIRST + k * gap`: so a crash moves none of those that follow.
    fn schedule(&self, ctx: &mut Cx<'_>) {
        let now = ctx.now_us();
        let k = (now + self.gap.0).saturating_sub(FIRST.0) / self.gap.0;
        if k < self.transfers {
            ctx.set_timer(Timer::Next, Span(FIRST.0 + k * self.gap.0 - now));
        }
    }

    fn begin(&mut self, ctx: &mut Cx<'_>, amount: i64) {
        self.last.0 += 1;
        let t = self.last;
        ctx.note(format!("begins {t}: £{amount} from Bank A to each other bank"));
        self.force(ctx, t, (0, Record::Begun));
        ctx.fact(Fact::Begun { t });
        let banks: BTreeSet<NodeId> = self.rules.banks().collect();
        let round = Round {
            phase: Phase::Voting,
            asked: banks.len(),
            waiting: banks.clone(),
            heard: BTreeMap::new(),
            audience: banks,
        };
        self.take_part(t, Some(round));
        let rules = self.rules.clone();
        self.say(ctx, rules.banks().map(|b| (b, Msg::VoteReq { t, delta: rules.delta(b, amount) })));
        self.await_answers(ctx, t);
    }

    pub(super) fn take_part(&mut self, t: T, round: Option<Round>) {
        let up = self.rules.all().collect();
        self.open.insert(t, Open { committable: false, coordinator: COORDINATOR, up, round });
    }

    fn heard_yes(&mut self, ctx: &mut Cx<'_>, from: NodeId, t: T) {
        let Some(round) = self.round(t, Phase::Voting) else {
            return;
        };
        let all = round.waiting.remove(&from) && round.waiting.is_empty();
        let whom = round.audience.clone();
        match self.rules.mutant {
            Mutant::SkipPreCommit if all => self.decide(ctx, t, true, whom),
            Mutant::FirstVote => self.pre_commit(ctx, t, whom),
            _ if all => self.pre_commit(ctx, t, whom),
            _ => {}
        }
    }

    fn heard_no(&mut self, ctx: &mut Cx<'_>, from: NodeId, t: T) {
        if let Some(round) = self.round(t, Phase::Voting) {
            let mut audience = std::mem::take(&mut round.audience);
            // Who has voted No has aborted already.
            audience.remove(&from);
            self.decide(ctx, t, false, audience);
        }
    }

    /// All have voted Yes, and are told so (section 7.5); a backup tells those who do not know it yet.
    pub(super) fn pre_commit(&mut self, ctx: &mut Cx<'_>, t: T, whom: BTreeSet<NodeId>) {
        let Some(open) = self.open.get_mut(&t) else {
            return;
        };
        let news = !std::mem::replace(&mut open.committable, true);
        if let Some(round) = &mut open.round {
            (round.phase, round.asked, round.waiting) = (Phase::Preparing, whom.len(), whom.clone());
        }
        if news && self.me != COORDINATOR {
            ctx.fact(Fact::Committable { t, bank: self.me.0 });
        }
        if whom.is_empty() {
            return self.commit(ctx, t);
        }
        ctx.note(format!("pre-commits {t}: tells {}", names(&whom)));
        self.say(ctx, whom.into_iter().map(|n| (n, Msg::PreCommit { t })));
        self.await_answers(ctx, t);
    }

    fn heard_ack(&mut self, ctx: &mut Cx<'_>, from: NodeId, t: T) {
        if let Some(round) = self.round(t, Phase::Preparing)
            && round.waiting.remove(&from)
            && round.waiting.is_empty()
        {
            self.commit(ctx, t);
        }
    }

    fn commit(&mut self, ctx: &mut Cx<'_>, t: T) {
        let round = self.open.get_mut(&t).and_then(|o| o.round.as_mut());
        let audience = round.map(|r| std::mem::take(&mut r.audience)).unwrap_or_default();
        self.decide(ctx, t, true, audience);
    }

    /// Who has not answered within `T` has crashed.
    fn answers_are_due(&mut self, ctx: &mut Cx<'_>, t: T) {
        let Some(round) = self.open.get_mut(&t).and_then(|o| o.round.as_mut()) else {
            return;
        };
        let silent = names(&round.waiting);
        match round.phase {
            Phase::Voting => {
                let audience = std::mem::take(&mut round.audience);
                ctx.note(format!("has no vote on {t} from {silent}"));
                self.decide(ctx, t, false, audience);
            }
            Phase::Polling => {
                ctx.note(format!("takes {silent} for crashed"));
                self.apply_rules(ctx, t);
            }
            Phase::Preparing => {
                ctx.note(format!("takes {silent} for crashed"));
                self.commit(ctx, t);
            }
        }
    }

    // ------------------------------------------------------------------ everybody

    /// The record of a decision is on disk before anybody is told.
    pub(super) fn decide(
        &mut self,
        ctx: &mut Cx<'_>,
        t: T,
        commit: bool,
        tell: impl IntoIterator<Item = NodeId>,
    ) {
        let bank = self.me.0;
        let delta = self.log.lines.get(&t).map_or(0, |line| line.0);
        let record = if commit { Record::Committed } else { Record::Aborted };
        let moves = commit && self.me != COORDINATOR;
        if moves {
            self.log.balance += delta;
        }
        self.open.remove(&t);
        self.doubts.remove(&t);
        for timer in [Timer::Answers(t), Timer::Patience(t), Timer::Ask(t)] {
            ctx.cancel_timer(timer);
        }
        self.force(ctx, t, (delta, record));
        ctx.note(format!("{} {t}", if commit { "commits" } else { "aborts" }));
        ctx.fact(Fact::Decided { t, bank, commit });
        if moves {
            ctx.fact(Fact::Moved { t, delta });
        }
        let msg = if commit { Msg::Commit { t } } else { Msg::Abort { t } };
        self.say(ctx, tell.into_iter().map(|n| (n, msg)));
    }

    /// Somebody has decided.
    fn learn(&mut self, ctx: &mut Cx<'_>, t: T, commit: bool) {
        match self.record(t) {
            Some(Record::Begun | Record::Yes) => self.decide(ctx, t, commit, []),
            // Who has never heard of it has not voted, or has forgotten that it has: it cannot do it.
            None => self.decide(ctx, t, false, []),
            Some(Record::Committed | Record::Aborted) => {}
        }
    }

    /// Why it cannot do this now, if it cannot.
    fn objection(&mut self, delta: i64) -> Option<String> {
        let balance = self.log.balance;
        if std::mem::take(&mut self.refuses) {
            return Some("it was told to".to_owned());
        } else if let Some(t) = self.log.lock() {
            return Some(format!("its account is locked by {t}"));
        }
        (balance + delta < 0).then(|| format!("£{balance} is too little"))
    }

    /// A Yes is on disk before it is sent, as in two-phase commit.
    fn vote(&mut self, ctx: &mut Cx<'_>, t: T, delta: i64) {
        match self.record(t) {
            None => {}
            Some(Record::Aborted) => return ctx.send(COORDINATOR, Msg::No { t }),
            Some(_) => return,
        }
        if let Some(why) = self.objection(delta) {
            ctx.note(format!("votes No on {t}: {why}"));
            self.decide(ctx, t, false, []);
            return ctx.send(COORDINATOR, Msg::No { t });
        }
        if self.rules.mutant == Mutant::ForgetYes {
            self.log.lines.insert(t, (delta, Record::Yes));
            ctx.write(self.log.clone());
        } else {
            self.force(ctx, t, (delta, Record::Yes));
        }
        self.take_part(t, None);
        ctx.note(format!("votes Yes on {t}, and locks its account"));
        ctx.fact(Fact::Promised { t, bank: self.me.0 });
        ctx.send(COORDINATOR, Msg::Yes { t });
        ctx.set_timer(Timer::Patience(t), self.rules.patience);
    }

    /// Whoever coordinates says that all have voted Yes. Whom it has given up it does not listen to.
    fn prepare(&mut self, ctx: &mut Cx<'_>, from: NodeId, t: T) {
        if !self.follow(ctx, from, t) {
            return;
        }
        let Some(open) = self.open.get_mut(&t) else {
            return;
        };
        if !std::mem::replace(&mut open.committable, true) {
            ctx.note(format!("knows that all have voted Yes on {t}: it is committable"));
            ctx.fact(Fact::Committable { t, bank: self.me.0 });
        }
        ctx.send(from, Msg::Ack { t });
    }
}

impl Protocol for Process {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = Log;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        self.schedule(ctx);
    }

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.log = ctx.durable().clone();
        self.open.clear();
        self.doubts.clear();
        self.outbox.clear();
        self.refuses = false;
        if self.me == COORDINATOR {
            self.log.boots += 1;
            self.last = T(self.log.boots * 1_000);
            ctx.persist(self.log.clone());
        }
        self.come_back(ctx);
        self.schedule(ctx);
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        match *msg {
            Msg::VoteReq { t, delta } => self.vote(ctx, t, delta),
            Msg::Yes { t } => self.heard_yes(ctx, from, t),
            Msg::No { t } => self.heard_no(ctx, from, t),
            Msg::PreCommit { t } => self.prepare(ctx, from, t),
            Msg::Ack { t } => self.heard_ack(ctx, from, t),
            Msg::Commit { t } => self.learn(ctx, t, true),
            Msg::Abort { t } => self.learn(ctx, t, false),
            Msg::Elected { t } => self.elected(ctx, from, t),
            Msg::StateReq { t } => self.report(ctx, from, t),
            Msg::State { t, stand } => self.heard_state(ctx, from, (t, stand)),
            Msg::Ask { t } => self.asked(ctx, from, t),
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Next => {
                self.begin(ctx, self.amount);
                self.schedule(ctx);
            }
            Timer::Pace => self.send_next(ctx),
            Timer::Answers(t) => self.answers_are_due(ctx, t),
            Timer::Patience(t) => self.missed(ctx, t),
            Timer::Ask(t) => self.ask(ctx, t),
        }
    }

    fn requests(&self) -> &'static [Form] {
        const AMOUNT: FormField = FormField {
            label: "what each bank but A gets",
            kind: FieldKind::Int { default: 10, min: 1, max: 100 },
        };
        static TRANSFER: [Form; 1] = [Form { id: "transfer", label: "Transfer money", fields: &[AMOUNT] }];
        match self.me {
            COORDINATOR => &TRANSFER,
            _ => const { &[Form::bare("refuse", "Say No to the next transfer")] },
        }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        if self.me == COORDINATOR {
            return self.begin(ctx, asked.int(0));
        }
        self.refuses = true;
        ctx.note("will say No to the next transfer");
    }

    /// A liar tells the contrary of what it has decided.
    fn lie(&self, msg: &Msg, _: NodeId, _: u64) -> Option<Msg> {
        match *msg {
            Msg::Commit { t } => Some(Msg::Abort { t }),
            Msg::Abort { t } => Some(Msg::Commit { t }),
            _ => None,
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Next => "next transfer",
            Timer::Pace => "next send",
            Timer::Answers(_) => "time for answers T",
            Timer::Patience(_) => "patience with the coordinator T'",
            Timer::Ask(_) => "asks again",
        }
    }

    fn inspect(&self) -> Inspect {
        show::inspect(self)
    }
}
