//! Whether a scenario file keeps its word: its situations show what they say, its steps tick when done as
//! told and not otherwise, its question has an answer, its numbers come to what they must.
//!
//! The rule that is easy to break: the file brings its own proof. For each step it says a run that does
//! what the text says, and runs that nearly do; nothing here knows a scenario by name.

use super::cue::{self, PATIENCE_US};
use super::front::check::every_condition;
use super::front::{Amount, Condition, Doing, Scenario, Situation, Step, Target};
use super::judge::{Judge, When};
use super::{Opening, Own, open, reveal, stage};
use crate::check::Checks;
use crate::kit::{Entry, Params, Value, measures};
use crate::sim::data::Way;
use crate::sim::history::Run;
use crate::sim::{EventId, Refusal, SimTime};
use std::sync::Arc;

/// Something that is not as the file says: the way to the field, and what.
pub type Flaw = (Way, String);

/// What is tried with one scenario.
struct Proof {
    def: Arc<Scenario>,
    entry: &'static Entry,
    base: Opening,
    flaws: Vec<Flaw>,
}

/// The first thing in `scenario` that its protocol does not know, if there is one: told without a run.
pub fn unknown_name(scenario: &Arc<Scenario>) -> Option<Flaw> {
    let base = Opening::own(Own::of(scenario.clone()));
    let entry = match scenario.entry() {
        Ok(entry) => entry,
        Err(refusal) => return Some((top("protocol"), refusal.message)),
    };
    if let Err(refusal) = scenario.params(&base.params) {
        return Some((top("params"), refusal.message));
    }
    for (i, situation) in scenario.situations.iter().enumerate() {
        if let Err(refusal) = scenario.params(&situation.params) {
            return Some((top("situation").place(i).field("params"), refusal.message));
        }
    }
    let mut proof = Proof { def: scenario.clone(), entry, base, flaws: Vec::new() };
    proof.names();
    proof.flaws.into_iter().next()
}

/// Every flaw of `base`'s scenario but those of its targets.
///
/// # Errors
/// What opening it refuses.
pub fn flaws(base: &Opening) -> Result<Vec<Flaw>, Refusal> {
    let mut proof = Proof::of(base)?;
    proof.names();
    proof.run();
    let def = proof.def.clone();
    for (i, situation) in def.situations.iter().enumerate() {
        proof.situation(&top("situation").place(i), situation);
    }
    for (i, step) in def.steps.iter().enumerate() {
        proof.step(&top("step").place(i), step);
    }
    proof.prediction();
    Ok(proof.flaws)
}

/// The flaws that show only under other seeds: a situation whose edits cannot be made, or that shows what it
/// says too seldom; an explanation that explains too seldom what comes out. Luck may have it otherwise in
/// 3 of 20.
///
/// # Errors
/// What opening it refuses.
pub fn flaws_of_luck(base: &Opening) -> Result<Vec<Flaw>, Refusal> {
    const SEEDS: u64 = 20;
    const MISSES: usize = 3;
    let mut all = Proof::of(base)?;
    let def = all.def.clone();
    for (i, situation) in def.situations.iter().enumerate() {
        let way = top("situation").place(i);
        let (mut missed, shows) = (0, way.field("shows"));
        for seed in 0..SEEDS {
            let mut proof = Proof::of(&base.clone().seed(seed))?;
            proof.situation(&way, situation);
            missed += proof.flaws.iter().filter(|(way, _)| *way == shows).count();
            let others = proof.flaws.into_iter().filter(|(way, _)| *way != shows);
            all.flaws.extend(others.map(|(way, why)| (way, format!("with seed {seed}: {why}"))));
        }
        if missed > MISSES {
            all.add(&shows, format!("it does not come about under {missed} of {SEEDS} seeds"));
        }
    }
    if let Some(p) = &def.prediction {
        let explained = |seed: u64| reveal(&base.clone().seed(seed)).is_ok_and(|a| a + 1 == p.explains);
        let missed = (0..SEEDS).filter(|&seed| !explained(seed)).count();
        if missed > MISSES {
            let why = format!("another option is right under {missed} of {SEEDS} seeds");
            all.add(&top("prediction").field("explains"), why);
        }
    }
    Ok(all.flaws)
}

/// What a scenario says without a way to prove it, which a file of one's own may.
pub fn unproved(scenario: &Scenario) -> Vec<(Way, &'static str)> {
    let top = |name: &str, i: usize| Way::default().field(name).place(i);
    let mut found = Vec::new();
    for (i, step) in scenario.steps.iter().enumerate() {
        if step.shown_by.is_none() {
            found.push((top("step", i), "no 'shown_by' shows that it can be done"));
        }
        if step.not_by.is_empty() {
            found.push((top("step", i), "no 'not_by' shows what does not tick it"));
        }
    }
    for (i, situation) in scenario.situations.iter().enumerate() {
        if situation.shows.is_none() {
            found.push((top("situation", i), "no 'shows' says what comes about"));
        }
    }
    found
}

/// The flaws of its targets: each is tried with many runs.
///
/// # Errors
/// What opening it refuses.
pub fn target_flaws(base: &Opening) -> Result<Vec<Flaw>, Refusal> {
    let mut proof = Proof::of(base)?;
    let def = proof.def.clone();
    for (i, target) in def.targets.iter().enumerate() {
        let way = top("target").place(i);
        match proof.mean(target) {
            Ok((mean, error)) => {
                let off = (mean - target.mean).abs();
                if off > 3.0 * error + target.slack.unwrap_or(0.0) {
                    proof.add(
                        &way.field("mean"),
                        format!(
                            "{} is {mean:.4} (standard error {error:.4}), not {}",
                            target.gauge, target.mean
                        ),
                    );
                }
            }
            Err(why) => proof.add(&way, why),
        }
    }
    Ok(proof.flaws)
}

/// A way that is one name, for whoever adds a flaw of his own.
pub fn way(name: &str) -> Way {
    top(name)
}

fn top(name: &str) -> Way {
    Way::default().field(name)
}

impl Proof {
    fn of(base: &Opening) -> Result<Self, Refusal> {
        let def = base.def()?;
        let entry = def.entry()?;
        open(base)?;
        Ok(Proof { def, entry, base: base.clone(), flaws: Vec::new() })
    }

    fn add(&mut self, way: &Way, what: impl Into<String>) {
        self.flaws.push((way.clone(), what.into()));
    }

    /// Whatever `result` refuses is a flaw at `way`.
    fn good<T>(&mut self, way: &Way, result: Result<T, Refusal>) -> Option<T> {
        result.map_err(|refusal| self.add(way, refusal.message)).ok()
    }

    // -------------------------------------------------------------- names

    /// Names of facts, gauges, promises, probes and parameters that the protocol does not have.
    fn names(&mut self) {
        let def = self.def.clone();
        let Ok(params) = def.params(&self.base.params) else {
            return;
        };
        let promises = self.promises();
        let gauges: Vec<&str> = self.entry.gauges.iter().map(|g| g.id).collect();
        let probes: Vec<&str> = self.entry.probes.iter().map(|p| p.id).collect();
        let facts = self.entry.facts;
        let mut found = Vec::new();
        every_condition(&def.front, &mut |way, condition| {
            condition.walk(&mut |c| {
                let (kind, name, known): (_, &str, &[&str]) = match c {
                    Condition::Fact(c) => ("fact", &c.name, facts),
                    Condition::Gauge(c) => ("gauge", &c.id, &gauges),
                    Condition::Promise(c) => ("promise", &c.name, &promises),
                    Condition::Probe(c) => ("probe", &c.id, &probes),
                    _ => return,
                };
                found.extend(unknown(way, kind, name, known));
            });
        });
        for (i, target) in def.targets.iter().enumerate() {
            found.extend(unknown(&top("target").place(i).field("gauge"), "gauge", &target.gauge, &gauges));
        }
        // An amount stands in many places; by its text it is found in all of them.
        if let Ok(all) = serde_json::to_value(&def.front) {
            let numbers = |name: &str| matches!(params.0.get(name), Some(Value::Int(_)));
            formulas(&all, &mut Way::default(), &mut |way, amount| {
                let stray = amount.names().into_iter().find(|n| !numbers(n));
                found.extend(
                    stray.map(|name| (way.clone(), format!("there is no number parameter '{name}'"))),
                );
            });
        }
        self.flaws.extend(found);
    }

    /// The promises of every run that the file speaks of: some are made only under some parameters.
    fn promises(&self) -> Vec<&'static str> {
        let def = &self.def;
        let doings = def.steps.iter().flat_map(|s| s.shown_by.iter().chain(&s.not_by));
        let settings = def.situations.iter().map(|s| &s.params).chain(doings.map(|d| &d.params));
        let given = settings.map(|s| s.clone().into_iter().chain(self.base.params.clone()).collect());
        let mut all = Vec::new();
        for given in given.chain([self.base.params.clone()]) {
            let Ok(params) = def.params(&given) else {
                continue;
            };
            let lines = self.entry.checks(&params).lines().into_iter().map(|l| l.name);
            all.extend(lines.filter(|name| !all.contains(name)).collect::<Vec<_>>());
        }
        all
    }

    // -------------------------------------------------------------- runs

    fn run(&mut self) {
        let length = SimTime(self.def.length_us());
        if let Some(mut run) = self.good(&top("protocol"), open(&self.base)) {
            run.run_until(length);
            if let Some(stop) = run.world().stopped() {
                self.add(&top("length_ms"), format!("the run is stopped at {}: {stop}", run.time()));
            }
            self.unbidden(&top("summary"), &run);
        }
    }

    /// A promise that is broken where no mutant is chosen and nothing was done is a flaw of the scenario.
    fn unbidden(&mut self, way: &Way, run: &Run<Checks>) {
        let def = self.def.clone();
        let mutant = def.params(&self.base.params).is_ok_and(|p| self.entry.mutant(&p).is_some());
        if let (Some(line), false) = (run.watcher().violation(), mutant) {
            self.add(way, format!("left to itself, the run breaks '{}'", line.name));
        }
    }

    fn situation(&mut self, way: &Way, situation: &Situation) {
        let Some((opening, seek_us)) = self.good(&way.field("edits"), stage(&self.base, &situation.id))
        else {
            return;
        };
        let Some(mut run) = self.good(&way.field("params"), open(&opening)) else {
            return;
        };
        if seek_us > 0 {
            run.run_until(SimTime(seek_us));
        }
        match &situation.shows {
            Some(shows) => {
                let end = SimTime(seek_us + PATIENCE_US);
                if self.first(&opening, &mut run, shows, end).is_none() {
                    self.add(&way.field("shows"), "it did not come about within 10 s of where to watch");
                }
            }
            None => run.run_until(SimTime(seek_us + PATIENCE_US)),
        }
        self.refused(&way.field("edits"), &run);
    }

    /// An edit that could not be made.
    fn refused(&mut self, way: &Way, run: &Run<Checks>) {
        if let Some((place, refusal)) = run.refused().iter().next() {
            self.add(way, format!("edit {} could not be made: {refusal}", place + 1));
        }
    }

    /// The moment from which `condition` holds, as `run` goes on to `end`; looked for after every event.
    fn first(
        &self,
        opening: &Opening,
        run: &mut Run<Checks>,
        condition: &Condition,
        end: SimTime,
    ) -> Option<SimTime> {
        let params = self.def.params(&opening.params).ok()?;
        if self.when(run, &params, condition) == When::Now {
            return Some(run.time());
        }
        let stride = if condition.is_remembered() { 64 } else { 1 };
        loop {
            let over = run.advance(end, stride);
            match self.when(run, &params, condition) {
                When::At(event) => return Some(run.trace().event(event).time),
                When::Now => return Some(run.time()),
                When::Never if over => return None,
                When::Never => {}
            }
        }
    }

    fn when(&self, run: &Run<Checks>, params: &Params, condition: &Condition) -> When {
        let found = Judge::of(run, self.entry, params).when(condition, None);
        match found {
            // Nothing has happened yet: it is so from the start.
            When::At(event) if event == EventId(0) && run.position() == 0 => When::Now,
            other => other,
        }
    }

    // -------------------------------------------------------------- steps

    fn step(&mut self, way: &Way, step: &Step) {
        if let Some(doing) = &step.shown_by {
            let way = way.field("shown_by");
            if let Some((ticked, first_edit)) = self.tried(&way, step, doing) {
                match ticked {
                    None => self.add(&way, "the step does not tick, though it was done"),
                    Some(at) if first_edit.is_some_and(|e| at < e) => {
                        self.add(&way, format!("the step ticks at {at}, before anything was done"));
                    }
                    Some(_) => {}
                }
            }
        }
        for (i, near) in step.not_by.iter().enumerate() {
            let way = way.field("not_by").place(i);
            if let Some((Some(at), _)) = self.tried(&way, step, near) {
                self.add(&way, format!("the step ticks at {at}, though {}", near.why));
            }
        }
    }

    /// When `step` ticks in a run that does `doing`, and when that run's own edits begin.
    fn tried(&mut self, way: &Way, step: &Step, doing: &Doing) -> Option<(Option<SimTime>, Option<SimTime>)> {
        let mut opening = self.base.clone();
        opening.seed = doing.seed.or(opening.seed);
        let params = doing.params.iter().map(|(k, v)| (k.clone(), v.clone()));
        opening.params.extend(params);
        if let Some(id) = &doing.situation {
            let given = opening.params.clone();
            opening = self.good(&way.field("situation"), stage(&opening, id))?.0;
            // What is said here comes last.
            opening.params.extend(given.into_iter().filter(|(k, _)| doing.params.contains_key(k)));
        }
        let before = opening.edits.len();
        opening.edits = self.good(&way.field("edits"), cue::edits(&opening, &doing.edits))?;
        let first_edit = opening.edits.get(before).map(|e| SimTime(e.at_us));
        let mut run = self.good(way, open(&opening))?;
        let length = Amount::whole(self.def.length_ms as i64);
        let until = doing.until_ms.as_ref().unwrap_or(&length);
        let until = until.thousandths(&|_| None).unwrap_or_default();
        let end = SimTime(until.max(0) as u64);
        let ticked = self.first(&opening, &mut run, &step.done, end);
        run.run_until(end);
        self.refused(&way.field("edits"), &run);
        Some((ticked, first_edit))
    }

    // -------------------------------------------------------------- the question, the numbers

    fn prediction(&mut self) {
        let def = self.def.clone();
        let Some(p) = &def.prediction else {
            return;
        };
        let way = top("prediction");
        let Some(answer) = self.good(&way, reveal(&self.base)) else {
            return;
        };
        if answer + 1 != p.explains {
            self.add(&way.field("explains"), format!("option {} is right in the run", answer + 1));
        }
        // Only where the last option is right might no condition have held.
        let otherwise = p.options.last().is_some_and(|o| o.right.is_none());
        if answer + 1 == p.options.len() && !otherwise {
            let opening = match &p.situation {
                Some(id) => self.good(&way, stage(&self.base, id)).map(|s| s.0),
                None => Some(self.base.clone()),
            };
            let run = opening.and_then(|o| Some((self.asked(&o)?, o)));
            let holds = run.is_some_and(|(run, o)| {
                let right = p.options.last().and_then(|o| o.right.as_ref());
                let params = self.def.params(&o.params);
                params
                    .is_ok_and(|params| right.is_some_and(|c| Judge::of(&run, self.entry, &params).holds(c)))
            });
            if !holds {
                self.add(&way.field("option"), "no option is right: leave the last one's 'if' out");
            }
        }
    }

    fn asked(&self, opening: &Opening) -> Option<Run<Checks>> {
        let p = self.def.prediction.as_ref()?;
        let mut run = open(opening).ok()?;
        run.run_until(SimTime(cue::asked_us(opening, p).ok()?));
        Some(run)
    }

    /// The mean of a target's gauge over its runs, and the standard error.
    fn mean(&self, target: &Target) -> Result<(f64, f64), String> {
        let mut opening = self.base.clone();
        let settings = target.settings.iter().map(|(k, v)| (k.clone(), v.clone()));
        opening.params.extend(settings);
        let length = Amount::whole(self.def.length_ms as i64);
        let until = target.until_ms.as_ref().unwrap_or(&length);
        let until = until.thousandths(&|_| None)?;
        let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for seed in 0..target.runs.unwrap_or(400) {
            let mut run = open(&opening.clone().seed(seed)).map_err(|r| r.message)?;
            run.run_until(SimTime(until.max(0) as u64));
            let all = measures(run.watcher(), run.world());
            let value = all.iter().find(|m| m.name == target.gauge).and_then(|m| m.value);
            if let Some(value) = value {
                count += 1.0;
                sum += value;
                squares += value * value;
            }
        }
        if count < 2.0 {
            return Err(format!("{} shows nothing in these runs", target.gauge));
        }
        let mean: f64 = sum / count;
        let variance = (squares - count * mean * mean).max(0.0) / (count - 1.0);
        Ok((mean, (variance / count).sqrt()))
    }
}

fn unknown(way: &Way, kind: &str, name: &str, known: &[&str]) -> Option<Flaw> {
    let stray = !known.contains(&name);
    let list = match known.is_empty() {
        true => "the protocol has none".to_owned(),
        false => format!("there are {}", known.join(", ")),
    };
    stray.then(|| (way.clone(), format!("there is no {kind} '{name}': {list}")))
}

/// The fields that hold an amount.
const AMOUNTS: [&str; 16] = [
    "at_ms",
    "after_ms",
    "later_ms",
    "found_ms",
    "by_ms",
    "up_ms",
    "down_ms",
    "before_ms",
    "from_ms",
    "to_ms",
    "step_ms",
    "within_ms",
    "at_least",
    "at_most",
    "exactly",
    "nth",
];

/// Shows `each` every formula in a front, with the way to it.
fn formulas(value: &serde_json::Value, way: &mut Way, each: &mut dyn FnMut(&Way, &Amount)) {
    match value {
        serde_json::Value::Object(map) => {
            for (name, value) in map {
                let mut here = way.field(name);
                match (value, AMOUNTS.contains(&name.as_str())) {
                    (serde_json::Value::String(text), true) => {
                        each(&here, &Amount::Formula(text.clone()));
                    }
                    _ => formulas(value, &mut here, each),
                }
            }
        }
        serde_json::Value::Array(list) => {
            for (i, value) in list.iter().enumerate() {
                formulas(value, &mut way.place(i), each);
            }
        }
        _ => {}
    }
}
