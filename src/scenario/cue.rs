//! From what a scenario file does to a run to a list of edits: moments are waited for, words are looked
//! up, formulas are worked out.
//!
//! The rule that is easy to break: a moment is waited for in the very run that the edits before it have
//! made, so that `when` the second leader is there means just that; and what comes out is plain edits, so
//! that a link to a situation is a link to its run, whatever becomes of the file.

use super::cast;
use super::front::condition::FaultWord;
use super::front::stroke::{LieRule, MsgPick};
use super::front::{Amount, Condition, Deed, Moment, Prediction, Seek, Situation, Stroke};
use super::judge::{Judge, When};
use super::{Opening, open};
use crate::check::Checks;
use crate::kit::{Entry, Params, Value};
use crate::sim::history::Run;
use crate::sim::world::World;
use crate::sim::{ByzantineRule, Edit, Fault, MsgId, NodeId, Partition, Refusal, SimTime};

/// What a staged situation does, and the moment from which to watch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cue {
    /// The edits, in order of time.
    pub edits: Vec<Edit>,
    /// Where to begin watching, in microseconds. The point is made within ten seconds from here.
    pub seek_us: u64,
}

/// How long a moment is waited for, in microseconds of simulated time.
pub const PATIENCE_US: u64 = 10_000_000;

/// The edits of `situation` under the seed and the parameters of `opening`, whose own edits do not count.
///
/// # Errors
/// What opening it refuses; a moment that does not come; a word that names nobody.
pub fn cue(opening: &Opening, situation: &Situation) -> Result<Cue, Refusal> {
    let stage = Stage::of(opening, Vec::new())?;
    match &situation.search {
        None => {
            let edits = stage.edits(&situation.edits, 0)?;
            let seek_us = stage.seek(situation.seek.as_ref(), &edits)?;
            Ok(Cue { edits, seek_us })
        }
        Some(search) => {
            let us = |amount: &Amount| stage.us(amount);
            let (from, to) = (us(&search.from_ms)?, us(&search.to_ms)?);
            let (step, within) = (us(&search.step_ms)?.max(1_000), us(&search.within_ms)?);
            let shows = situation.shows.as_ref();
            let mut found = from;
            while found <= to {
                let edits = stage.edits(&situation.edits, found)?;
                if shows.is_none_or(|c| stage.comes_about(&edits, c, found + within)) {
                    let seek_us = stage.seek(situation.seek.as_ref(), &edits)?;
                    return Ok(Cue { edits, seek_us });
                }
                found += step;
            }
            Err(Refusal::new(
                "never-ready",
                format!(
                    "with these settings no moment from {} to {} brings about what '{}' shows: try others",
                    SimTime(from),
                    SimTime(to),
                    situation.label
                ),
            ))
        }
    }
}

/// The edits that `strokes` come to in the run of `opening`, whose own edits come before them.
///
/// # Errors
/// What opening it refuses; a moment that does not come; a word that names nobody.
pub fn edits(opening: &Opening, strokes: &[Stroke]) -> Result<Vec<Edit>, Refusal> {
    Stage::of(opening, opening.edits.clone())?.edits(strokes, 0)
}

/// The moment that `prediction` asks about in the run of `opening`, in microseconds.
///
/// # Errors
/// What opening it refuses; a moment that does not come.
pub fn asked_us(opening: &Opening, prediction: &Prediction) -> Result<u64, Refusal> {
    let stage = Stage::of(opening, opening.edits.clone())?;
    let us = |amount: &Option<Amount>| amount.as_ref().map_or(Ok(0), |a| stage.us(a));
    match &prediction.when {
        Some(when) => Ok(stage.wait(&stage.before, when, 0)? + us(&prediction.after_ms)?),
        None => us(&prediction.at_ms),
    }
}

/// What is needed to work an opening's edits out.
struct Stage<'a> {
    opening: &'a Opening,
    before: Vec<Edit>,
    entry: &'static Entry,
    params: Params,
}

impl<'a> Stage<'a> {
    fn of(opening: &'a Opening, before: Vec<Edit>) -> Result<Self, Refusal> {
        let def = opening.def()?;
        Ok(Stage { opening, before, entry: def.entry()?, params: def.params(&opening.params)? })
    }

    fn thousandths(&self, amount: &Amount) -> Result<i64, Refusal> {
        let param = |name: &str| match self.params.0.get(name) {
            Some(Value::Int(i)) => Some(*i),
            _ => None,
        };
        let value = amount.thousandths(&param);
        value.map_err(|why| Refusal::new("bad-amount", format!("'{amount}': {why}")))
    }

    /// Milliseconds as whole microseconds, never below zero.
    fn us(&self, ms: &Amount) -> Result<u64, Refusal> {
        Ok(self.thousandths(ms)?.max(0) as u64)
    }

    fn run(&self, edits: &[Edit]) -> Result<Run<Checks>, Refusal> {
        open(&Opening { edits: edits.to_vec(), ..self.opening.clone() })
    }

    fn edits(&self, strokes: &[Stroke], found_us: u64) -> Result<Vec<Edit>, Refusal> {
        let mut all = self.before.clone();
        let mut last = 0;
        for (i, stroke) in strokes.iter().enumerate() {
            let at_us = match &stroke.moment {
                Moment::At(ms) => self.us(ms)?,
                Moment::Later(ms) => last + self.us(ms)?,
                Moment::Found(ms) => found_us + self.us(ms)?,
                Moment::When(condition, after) => self.wait(&all, condition, last)? + self.us(after)?,
            };
            if at_us < last {
                return Err(Refusal::new(
                    "out-of-order",
                    format!("edit {} (at {}) stands after a later one", i + 1, SimTime(at_us)),
                ));
            }
            last = at_us;
            let mut run = self.run(&all)?;
            if names_a_moment(&stroke.deed) {
                run.run_until(SimTime(at_us));
            }
            let faults = self.faults(&run, &stroke.deed).map_err(|refusal| Refusal {
                message: format!("edit {} (at {}): {refusal}", i + 1, SimTime(at_us)),
                ..refusal
            })?;
            all.extend(faults.into_iter().map(|fault| Edit::at(at_us, fault)));
        }
        Ok(all)
    }

    /// When `condition` has first held, at `from_us` or later, in the run with `edits`.
    fn wait(&self, edits: &[Edit], condition: &Condition, from_us: u64) -> Result<u64, Refusal> {
        let mut run = self.run(edits)?;
        let end = SimTime(from_us + PATIENCE_US);
        if from_us > 0 {
            run.run_until(SimTime(from_us));
        }
        // What is remembered need not be asked about after every event.
        let stride = if condition.is_remembered() { 64 } else { 1 };
        let mut over = false;
        loop {
            match Judge::of(&run, self.entry, &self.params).when(condition, None) {
                When::At(event) => return Ok(run.trace().event(event).time.us().max(from_us)),
                When::Now => return Ok(run.time().us()),
                When::Never => {}
            }
            if over {
                return Err(Refusal::new(
                    "never-ready",
                    format!(
                        "with these settings the moment that this situation begins with did not come within {}",
                        SimTime(PATIENCE_US)
                    ),
                ));
            }
            over = run.advance(end, stride);
        }
    }

    /// Whether `condition` comes about by `until_us` in the run with `edits`.
    fn comes_about(&self, edits: &[Edit], condition: &Condition, until_us: u64) -> bool {
        let Ok(mut run) = self.run(edits) else {
            return false;
        };
        run.run_until(SimTime(until_us));
        Judge::of(&run, self.entry, &self.params).holds(condition)
    }

    fn seek(&self, seek: Option<&Seek>, edits: &[Edit]) -> Result<u64, Refusal> {
        let Some(seek) = seek else {
            return Ok(0);
        };
        match (&seek.at_ms, &seek.before_ms) {
            (Some(at), _) => self.us(at),
            (None, Some(before)) => {
                let nth = edits.get(seek.edit.unwrap_or(1) - 1);
                let at = nth.map_or(0, |e| e.at_us);
                Ok(at.saturating_sub(self.us(before)?))
            }
            (None, None) => Ok(0),
        }
    }

    // -------------------------------------------------------------- what a deed comes to

    fn faults(&self, run: &Run<Checks>, deed: &Deed) -> Result<Vec<Fault>, Refusal> {
        let world = run.world();
        let mut named = cast::Named::default();
        let mut each = |side, fault: &dyn Fn(NodeId) -> Fault| -> Result<Vec<Fault>, Refusal> {
            let nodes = cast::many(world, side, &mut named)?;
            Ok(nodes.into_iter().map(fault).collect())
        };
        match deed {
            Deed::Power { word, node, stop } => each(node, &|node| power(*word, node, *stop)),
            Deed::Node { node, set } => each(node, &|node| Fault::Node { node, set: set.clone() }),
            Deed::ClockJump { node, by } => {
                let by_us = self.thousandths(by)?;
                each(node, &|node| Fault::ClockJump { node, by_us })
            }
            Deed::Request { node, request } => {
                each(node, &|node| Fault::Request { node, request: request.clone() })
            }
            Deed::Byzantine { node, rules } => {
                let rules = rules.iter().map(|r| rule(world, r)).collect::<Result<Vec<_>, _>>()?;
                each(node, &|node| Fault::Byzantine { node, rules: rules.clone() })
            }
            Deed::Link { from, to, both, set } => {
                let from = cast::many(world, from, &mut named)?;
                let to = cast::many(world, to, &mut named)?;
                let link = |from, to| Fault::Link { from, to, set: set.clone() };
                let pairs = from.iter().flat_map(|&a| to.iter().map(move |&b| (a, b)));
                let mut faults = Vec::new();
                for (a, b) in pairs.filter(|(a, b)| a != b) {
                    faults.push(link(a, b));
                    faults.extend(both.then(|| link(b, a)));
                }
                Ok(faults)
            }
            Deed::Links { set } => Ok(vec![Fault::Links { set: set.clone() }]),
            Deed::Partition { groups, one_way, up, down } => {
                let groups = groups.iter().map(|g| cast::many(world, g, &mut named));
                Ok(vec![Fault::Partition(Partition {
                    groups: groups.collect::<Result<Vec<_>, _>>()?,
                    one_way: *one_way,
                    up_us: self.us(up)?,
                    down_us: self.us(down)?,
                })])
            }
            Deed::Heal => Ok(vec![Fault::Heal]),
            Deed::Timing { timing } => Ok(vec![Fault::Timing { timing: *timing }]),
            Deed::Hand { word, msg } => Ok(vec![hand(*word, self.message(run, msg)?)]),
        }
    }

    /// The message that `pick` means.
    fn message(&self, run: &Run<Checks>, pick: &MsgPick) -> Result<MsgId, Refusal> {
        let (world, trace) = (run.world(), run.trace());
        let node = |who: &Option<_>| who.as_ref().map(|w| cast::one(world, w)).transpose();
        let (from, to) = (node(&pick.from)?, node(&pick.to)?);
        let fits = |&msg: &MsgId| {
            let sent = trace.sent(msg);
            let ends = from.is_none_or(|n| n == sent.from) && to.is_none_or(|n| n == sent.to);
            ends && pick.kind.as_ref().is_none_or(|kind| trace.kind(msg).name == kind)
        };
        let mut all = (0..world.messages()).map(MsgId).filter(fits);
        let found = match &pick.nth {
            Some(nth) => {
                let nth = self.thousandths(nth)?.div_euclid(1_000);
                usize::try_from(nth - 1).ok().and_then(|n| all.nth(n))
            }
            None => all.rev().find(|&m| trace.fate(m).is_none_or(|e| e.0 >= world.events())),
        };
        found.ok_or_else(|| {
            Refusal::new("no-message", format!("there is no such message on its way at {}", world.now()))
        })
    }
}

/// Whether a deed depends on the moment at which it is done: a word in it is no node's name for good.
fn names_a_moment(deed: &Deed) -> bool {
    !matches!(deed, Deed::Links { .. } | Deed::Heal | Deed::Timing { .. })
}

fn power(word: FaultWord, node: NodeId, stop: bool) -> Fault {
    match word {
        FaultWord::Recover => Fault::Recover { node },
        FaultWord::Pause => Fault::Pause { node },
        FaultWord::Resume => Fault::Resume { node },
        _ => Fault::Crash { node, stop },
    }
}

fn hand(word: FaultWord, msg: MsgId) -> Fault {
    match word {
        FaultWord::Hold => Fault::Hold { msg },
        FaultWord::Release => Fault::Release { msg },
        FaultWord::Duplicate => Fault::Duplicate { msg },
        FaultWord::Corrupt => Fault::Corrupt { msg },
        FaultWord::DeliverNow => Fault::DeliverNow { msg },
        _ => Fault::Drop { msg },
    }
}

fn rule(world: &World, rule: &LieRule) -> Result<ByzantineRule, Refusal> {
    let to = rule.to.as_ref().map(|who| cast::one(world, who)).transpose()?;
    Ok(ByzantineRule { to, act: rule.act })
}
