//! What is done when somebody is missed: the termination protocol (section 7.5), and the way back from a crash.
//!
//! The rule that is easy to break: who was down does not count. It may have been committable or not, and its word would be of
//! a time when it ran; so it neither coordinates nor reports, but as one that is in doubt.

use super::process::{Cx, Phase, Process, Record, Round, Timer};
use super::{COORDINATOR, Fact, Msg, Mutant, Stand, T, name};
use crate::kit::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

impl Process {
    /// It hears from `from` as from its coordinator, unless it has given that one up. Whoever it is, the lower ones are given up with
    /// that, and if it coordinates itself it does so no longer.
    pub(super) fn follow(&mut self, ctx: &mut Cx<'_>, from: NodeId, t: T) -> bool {
        let Some(open) = self.open.get_mut(&t) else {
            return false;
        };
        if from < open.coordinator {
            ctx.note(format!("has given up {}, and does not listen to it", name(from.0)));
            return false;
        }
        open.coordinator = from;
        open.up.retain(|&n| n >= from);
        open.round = None;
        ctx.cancel_timer(Timer::Answers(t));
        ctx.set_timer(Timer::Patience(t), self.rules.patience);
        true
    }

    /// It has waited too long: its coordinator has crashed. The lowest of those it has not given up is next, perhaps itself.
    pub(super) fn missed(&mut self, ctx: &mut Cx<'_>, t: T) {
        let (me, mutant) = (self.me, self.rules.mutant);
        let Some(open) = self.open.get_mut(&t) else {
            return;
        };
        let whom = open.coordinator.0;
        match mutant {
            Mutant::AbortsCommittable if open.committable => return self.decide(ctx, t, false, []),
            Mutant::ByItself => {
                let commit = open.committable;
                return self.decide(ctx, t, commit, []);
            }
            Mutant::OneBackup if open.coordinator != COORDINATOR => {
                ctx.note(format!("hears nothing of {t} from {}, and waits on", name(whom)));
                return ctx.set_timer(Timer::Patience(t), self.rules.patience);
            }
            _ => {}
        }
        let gone = open.coordinator;
        open.up.retain(|&n| n > gone);
        let next = open.up.first().copied().unwrap_or(me);
        open.coordinator = next;
        ctx.fact(Fact::Missed { t, bank: me.0, whom });
        if next == me {
            ctx.note(format!("hears nothing of {t} from {}, and takes over", name(whom)));
            return self.poll(ctx, t);
        }
        ctx.note(format!("hears nothing of {t} from {}, and turns to {}", name(whom), name(next.0)));
        ctx.send(next, Msg::Elected { t });
        ctx.set_timer(Timer::Patience(t), self.rules.patience);
    }

    /// Another has given up whoever was before it.
    pub(super) fn elected(&mut self, ctx: &mut Cx<'_>, from: NodeId, t: T) {
        let me = self.me;
        match self.open.get_mut(&t) {
            Some(open) if open.coordinator < me => {
                open.coordinator = me;
                open.up.retain(|&n| n >= me);
                ctx.note(format!("is told by {} to take over {t}", name(from.0)));
                self.poll(ctx, t);
            }
            // It coordinates already, or has given itself up for another.
            Some(_) => {}
            None if self.doubts.contains_key(&t) => {
                ctx.note(format!("is in doubt about {t} itself, and cannot take over"));
            }
            None => self.tell(ctx, from, t),
        }
    }

    /// The backup asks how all stand.
    fn poll(&mut self, ctx: &mut Cx<'_>, t: T) {
        let me = self.me;
        let Some(open) = self.open.get_mut(&t) else {
            return;
        };
        let whom: BTreeSet<NodeId> = open.up.iter().copied().filter(|&n| n != me).collect();
        open.round = Some(Round {
            phase: Phase::Polling,
            asked: whom.len(),
            waiting: whom.clone(),
            heard: BTreeMap::new(),
            audience: BTreeSet::new(),
        });
        ctx.cancel_timer(Timer::Patience(t));
        ctx.fact(Fact::TookOver { t, bank: me.0 });
        if whom.is_empty() {
            return self.apply_rules(ctx, t);
        }
        self.say(ctx, whom.into_iter().map(|n| (n, Msg::StateReq { t })));
        self.await_answers(ctx, t);
    }

    /// It says how it stands.
    pub(super) fn report(&mut self, ctx: &mut Cx<'_>, from: NodeId, t: T) {
        if self.open.contains_key(&t) && !self.follow(ctx, from, t) {
            return;
        }
        let stand = match self.open.get(&t) {
            Some(open) => open.stand(),
            None => self.stands(ctx, t),
        };
        ctx.send(from, Msg::State { t, stand });
    }

    /// How it stands about what it does not take part in. Who has not voted may abort.
    fn stands(&mut self, ctx: &mut Cx<'_>, t: T) -> Stand {
        if self.record(t).is_none() {
            ctx.note(format!("has not voted on {t}, and need not"));
            self.decide(ctx, t, false, []);
        }
        match self.record(t) {
            Some(Record::Committed) => Stand::Committed,
            Some(Record::Aborted) => Stand::Aborted,
            _ => Stand::InDoubt,
        }
    }

    /// Tells `to` what was decided, if that is known here.
    fn tell(&mut self, ctx: &mut Cx<'_>, to: NodeId, t: T) {
        match self.stands(ctx, t) {
            Stand::Committed => ctx.send(to, Msg::Commit { t }),
            Stand::Aborted => ctx.send(to, Msg::Abort { t }),
            _ => {}
        }
    }

    /// An answer has come, to the backup or to one that is in doubt.
    pub(super) fn heard_state(&mut self, ctx: &mut Cx<'_>, from: NodeId, (t, stand): (T, Stand)) {
        if let Some(round) = self.round(t, Phase::Polling) {
            if round.waiting.remove(&from) {
                round.heard.insert(from, stand);
                round.audience.insert(from);
            }
            if round.waiting.is_empty() {
                self.apply_rules(ctx, t);
            }
        } else if stand == Stand::InDoubt {
            self.another_doubts(ctx, from, t);
        }
    }

    /// The termination rules (section 7.5, TR1 to TR4), for those who run: itself, and who has answered.
    pub(super) fn apply_rules(&mut self, ctx: &mut Cx<'_>, t: T) {
        let Some(open) = self.open.get_mut(&t) else {
            return;
        };
        let own = open.stand();
        let Some(round) = &mut open.round else {
            return;
        };
        let any = |stand| own == stand || round.heard.values().any(|&s| s == stand);
        let (aborted, committed) = (any(Stand::Aborted), any(Stand::Committed));
        let committable = any(Stand::Committable);
        let uncertain =
            round.heard.iter().filter(|(_, s)| **s == Stand::Uncertain).map(|(n, _)| *n).collect();
        let audience = round.audience.clone();
        let (why, commit) = match () {
            () if aborted => ("somebody has aborted", false),
            () if committed => ("somebody has committed", true),
            () if !committable => ("all who run are uncertain: nobody can have committed", false),
            () => {
                ctx.note(format!("finds {t} committable: nobody can have aborted"));
                return self.pre_commit(ctx, t, uncertain);
            }
        };
        ctx.note(format!("finds that of {t} {why}"));
        self.decide(ctx, t, commit, audience);
    }

    // ------------------------------------------------------------------ back from a crash

    /// What its disk says is begun or promised, and not decided, may have been decided by the others.
    pub(super) fn come_back(&mut self, ctx: &mut Cx<'_>) {
        let undecided = self.log.lines.iter().filter(|(_, l)| matches!(l.1, Record::Begun | Record::Yes));
        for t in undecided.map(|(t, _)| *t).collect::<Vec<T>>() {
            if self.rules.mutant == Mutant::BackAsBefore && self.me != COORDINATOR {
                self.take_part(t, None);
                ctx.set_timer(Timer::Patience(t), Span::ZERO);
                continue;
            }
            self.doubts.insert(t, BTreeSet::new());
            ctx.fact(Fact::InDoubt { t, bank: self.me.0 });
            self.ask(ctx, t);
        }
    }

    /// Asks all, and again after a while.
    pub(super) fn ask(&mut self, ctx: &mut Cx<'_>, t: T) {
        if self.doubts.contains_key(&t) {
            ctx.note(format!("does not know what was decided on {t}, and asks"));
            let me = self.me;
            ctx.broadcast(self.rules.all().filter(|&n| n != me), Msg::Ask { t });
            ctx.set_timer(Timer::Ask(t), self.rules.patience);
        }
    }

    /// Another is in doubt, and asks.
    pub(super) fn asked(&mut self, ctx: &mut Cx<'_>, from: NodeId, t: T) {
        if self.open.contains_key(&t) {
            ctx.note(format!("has not decided on {t} yet: {} has to ask again", name(from.0)));
        } else if self.doubts.contains_key(&t) {
            ctx.send(from, Msg::State { t, stand: Stand::InDoubt });
            self.another_doubts(ctx, from, t);
        } else {
            self.tell(ctx, from, t);
        }
    }

    /// If all are in doubt nobody has a decision on disk, and nobody takes part any more who could make one.
    fn another_doubts(&mut self, ctx: &mut Cx<'_>, from: NodeId, t: T) {
        let (me, all) = (self.me, self.rules.all());
        if let Some(others) = self.doubts.get_mut(&t) {
            others.insert(from);
            if all.into_iter().all(|n| n == me || others.contains(&n)) {
                let others = std::mem::take(others);
                ctx.note(format!("finds that all were down, and nobody has decided on {t}"));
                self.decide(ctx, t, false, others);
            }
        }
    }
}
