//! A proposer, which is a learner, too: begins ballots, and finds out what is chosen (sections 2.2 to 2.4).
//!
//! The rule that is easy to break: with the promises of a majority in hand it is not free to propose what it
//! wants. And it never uses a number twice: the highest that it has used is on its disk (section 2.5).

use super::{Ballot, Fact, Last, Msg, Mutant, Proposal, Rules, Value};
use crate::kit::Quorum;
use crate::kit::prelude::*;

/// How far its ballot is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    /// It has not begun yet.
    Waits,
    /// Phase 1: it collects promises.
    Prepares(Quorum<Last>),
    /// Phase 2: it has asked for this value to be accepted.
    Proposes(Value),
    /// Its ballot has failed, outbid by this one if it knows, and it waits before it tries again.
    BacksOff(Option<Ballot>),
    /// It has begun as many ballots as it may.
    GivesUp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Timer {
    Begin,
    Patience,
}

/// What is on its disk: the highest round that it has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Kept {
    round: u32,
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Proposer {
    pub(super) rules: Rules,
    // From 1.
    number: u16,
    wants: Value,
    start: Span,
    patience: Span,
    backoff: Span,
    random: bool,
    // It begins no more ballots than this; 0: any number.
    most: u32,
    kept: Kept,
    // The highest round that it has heard of.
    seen: u32,
    pub(super) ballot: Ballot,
    pub(super) phase: Phase,
    // Who is known to have accepted in the newest ballot of which it has heard that somebody has.
    heard: Option<(Proposal, Quorum)>,
    begun: u32,
    failed: u32,
    pub(super) knows: Option<Value>,
}

type Cx<'a> = Ctx<'a, Proposer>;

impl Proposer {
    pub(super) fn new(rules: Rules, params: &Params, number: u16, start: Span) -> Self {
        Proposer {
            rules,
            number,
            wants: Value::of(u64::from(number) - 1),
            start,
            patience: params.ms("patience_ms"),
            backoff: params.ms("backoff_ms"),
            random: params.word("backoff") == "random",
            most: params.int("ballots_most") as u32,
            kept: Kept::default(),
            seen: 0,
            ballot: Ballot::NONE,
            phase: Phase::Waits,
            heard: None,
            begun: 0,
            failed: 0,
            knows: None,
        }
    }

    fn quorum<T>(&self) -> Quorum<T> {
        Quorum::of(self.rules.need(), usize::from(self.rules.acceptors))
    }

    /// Those who are known to have accepted in its own ballot.
    pub(super) fn accepted(&self) -> Quorum {
        let own = self.heard.as_ref().filter(|(proposal, _)| proposal.ballot == self.ballot);
        own.map_or_else(|| self.quorum(), |(_, quorum)| quorum.clone())
    }

    /// Whether a ballot of its own is under way.
    fn is_busy(&self) -> bool {
        self.knows.is_none() && matches!(self.phase, Phase::Prepares(_) | Phase::Proposes(_))
    }

    fn gives_up(&mut self, ctx: &mut Cx<'_>) -> bool {
        let up = self.most > 0 && self.begun >= self.most;
        if up {
            self.phase = Phase::GivesUp;
            ctx.note(format!("has begun {} ballots, and gives up", self.begun));
        }
        up
    }

    /// Phase 1a: a number that is higher than any it has used or heard of, on disk before it is used (section 2.5).
    fn begin(&mut self, ctx: &mut Cx<'_>) {
        if self.gives_up(ctx) {
            return;
        }
        let (round, value) = (self.kept.round.max(self.seen) + 1, self.wants);
        let proposer = match self.rules.mutant {
            Mutant::SameNumbers => 1,
            _ => self.number,
        };
        let ballot = Ballot { round, proposer };
        self.begun += 1;
        (self.kept.round, self.ballot) = (round, ballot);
        self.phase = Phase::Prepares(self.quorum());
        ctx.persist(self.kept);
        ctx.note(format!("begins ballot {ballot}, for it wants {value}: asks all acceptors to promise"));
        ctx.epoch(ballot.epoch(), format!("ballot {ballot}"));
        ctx.fact(Fact::Begins { ballot, value });
        ctx.broadcast(self.rules.acceptors(), Msg::Prepare { ballot });
        ctx.set_timer(Timer::Patience, self.patience);
    }

    fn promised(&mut self, ctx: &mut Cx<'_>, from: NodeId, ballot: Ballot, last: Last) {
        // What comes for another ballot, or when it has enough, comes late.
        if ballot == self.ballot
            && let Phase::Prepares(promises) = &mut self.phase
            && promises.yes(from, last)
        {
            let highest = promises.answers().filter_map(|(_, last)| last.0).max_by_key(|p| p.ballot);
            self.propose(ctx, highest);
        }
    }

    /// Phase 2a, the heart of the paper (P2c): the value of the highest ballot that the promises tell of; its own if
    /// they tell of none.
    fn propose(&mut self, ctx: &mut Cx<'_>, highest: Option<Proposal>) {
        let ballot = self.ballot;
        let highest = highest.filter(|_| self.rules.mutant != Mutant::OwnValue);
        let value = highest.map_or(self.wants, |p| p.value);
        match highest {
            Some(found) => {
                ctx.note(format!("has promises enough, and must propose {value}: it was told of {found}"));
            }
            None => ctx.note(format!("has promises enough, and proposes {value}, its own value")),
        }
        ctx.fact(Fact::Issues { ballot, value, found: highest.is_some() });
        self.phase = Phase::Proposes(value);
        ctx.broadcast(self.rules.acceptors(), Msg::Accept { ballot, value });
    }

    /// Section 2.3: a value is chosen when a majority has accepted it in one ballot, this proposer's or another's.
    fn accepted_by(&mut self, ctx: &mut Cx<'_>, from: NodeId, proposal: Proposal) {
        if self.heard.as_ref().is_none_or(|(known, _)| known.ballot < proposal.ballot) {
            self.heard = Some((proposal, self.quorum()));
        }
        if let Some((known, quorum)) = &mut self.heard
            && *known == proposal
            && quorum.yes(from, ())
            && self.knows.is_none()
        {
            let (Proposal { ballot, value }, proposer) = (proposal, self.number);
            self.knows = Some(value);
            ctx.cancel_timer(Timer::Patience);
            ctx.cancel_timer(Timer::Begin);
            ctx.note(format!("knows that {value} is chosen: a majority has accepted it in ballot {ballot}"));
            ctx.fact(Fact::Learnt { ballot, value, proposer });
        }
    }

    /// The end of section 2.2: it abandons its ballot when it hears of a higher one.
    fn outbid(&mut self, ctx: &mut Cx<'_>, ballot: Ballot, by: Ballot) {
        self.seen = self.seen.max(by.round);
        if ballot == self.ballot && self.is_busy() {
            ctx.note(format!("is outbid: {ballot} is below {by}"));
            ctx.fact(Fact::Outbid { ballot, by });
            self.back_off(ctx, Some(by));
        }
    }

    /// How long it waits decides whether two of them get out of each other's way (section 2.4).
    fn back_off(&mut self, ctx: &mut Cx<'_>, by: Option<Ballot>) {
        ctx.cancel_timer(Timer::Patience);
        if self.gives_up(ctx) {
            return;
        }
        let wait = match self.random {
            true => ctx.random_span(Span::ZERO, Span(self.backoff.0 << self.failed.min(6))),
            false => self.backoff,
        };
        self.failed += 1;
        self.phase = Phase::BacksOff(by);
        ctx.note(format!("tries again after {wait}"));
        ctx.set_timer(Timer::Begin, wait);
    }
}

impl Protocol for Proposer {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = Kept;

    fn start(&mut self, ctx: &mut Cx<'_>) {
        ctx.set_timer(Timer::Begin, self.start);
    }

    /// It has forgotten its ballot and what it knew, and asks anew, with a higher number.
    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.kept = *ctx.durable();
        (self.seen, self.ballot, self.phase) = (0, Ballot::NONE, Phase::Waits);
        (self.heard, self.knows) = (None, None);
        (self.begun, self.failed) = (0, 0);
        ctx.set_timer(Timer::Begin, Span::ZERO);
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        match *msg {
            Msg::Promise { ballot, last } => self.promised(ctx, from, ballot, last),
            Msg::Accepted { ballot, value } => self.accepted_by(ctx, from, Proposal { ballot, value }),
            Msg::Nack { ballot, promised } => self.outbid(ctx, ballot, promised),
            Msg::Prepare { .. } | Msg::Accept { .. } => ctx.note("is no acceptor, and ignores this"),
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        let ballot = self.ballot;
        match timer {
            Timer::Begin => self.begin(ctx),
            Timer::Patience => {
                ctx.note(format!("has waited long enough for ballot {ballot}"));
                ctx.fact(Fact::RanOut { ballot });
                self.back_off(ctx, None);
            }
        }
    }

    fn requests(&self) -> &'static [Form] {
        const { &[Form::bare("begin", "Begin a ballot")] }
    }

    fn accepts(&self, _: &Asked) -> Result<(), String> {
        match self.knows {
            Some(value) => Err(format!("it knows that {value} is chosen, and has nothing to propose")),
            None => Ok(()),
        }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, _: &Asked) {
        ctx.cancel_timer(Timer::Begin);
        self.begin(ctx);
    }

    /// A liar asks each acceptor to accept another value in the same ballot.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        match *msg {
            Msg::Accept { ballot, .. } => Some(Msg::Accept { ballot, value: Value::of(draw) }),
            _ => None,
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Begin => "next ballot",
            Timer::Patience => "patience",
        }
    }

    fn inspect(&self) -> Inspect {
        let (role, glyph, tally) = match (&self.phase, self.knows) {
            (_, Some(_)) => ("knows the value", Glyph::Check, String::new()),
            (Phase::Waits, _) => ("waits", Glyph::None, String::new()),
            (Phase::Prepares(promises), _) => ("prepares", Glyph::Question, promises.tally("promises")),
            (Phase::Proposes(_), _) => ("proposes", Glyph::Question, self.accepted().tally("accepted")),
            (Phase::BacksOff(_), _) => ("backs off", Glyph::None, String::new()),
            (Phase::GivesUp, _) => ("gives up", Glyph::Cross, String::new()),
        };
        let cell = match (self.knows, &self.phase) {
            (Some(value), _) => Cell::new(value, CellTone::Firm, format!("{value} is chosen")),
            (None, Phase::Proposes(value)) => {
                Cell::new(value, CellTone::Tentative, format!("proposes {value}"))
            }
            (None, _) => Cell::new(self.wants, CellTone::Empty, format!("wants {}", self.wants)),
        };
        let begun = self.ballot != Ballot::NONE;
        let shown = Inspect::of(role, glyph)
            .prominent(self.knows.is_some())
            .badge(if begun { format!("ballot {}", self.ballot) } else { format!("wants {}", self.wants) })
            .tally(tally)
            .cells([cell])
            .field("wants", self.wants)
            .field("ballot", self.ballot)
            .field("highest round heard of", self.seen.max(self.kept.round))
            .field("ballots that failed", self.failed)
            .field("chosen", self.knows.map_or("not known".to_owned(), |v| v.to_string()));
        Inspect { epoch: begun.then(|| self.ballot.epoch()), ..shown }
    }
}
