//! Two futures side by side, in words: what may be compared with what is shown, where the two part, and
//! what differs now.
//!
//! The rule that is easy to break: one difference at a time. A second future that differs in two things
//! shows nobody which of them it was.

use super::app::sentence;
use super::compare::{Comparison, How, Parting};
use super::log;
use super::open::Open;
use super::origin::Origin;
use super::player::{group, time_text};
use super::spacetime::Camera;
use super::{Action, words};
use crate::check::{Checks, Verdict};
use crate::kit::{Param, ParamKind, Value, mutants};
use crate::scenario::Scenario;
use crate::sim::history::Run;
use crate::sim::{Edit, NodeId, limits};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Something to put beside what is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// In words: `Future B`, `Election timeout: 300 ms`.
    pub label: String,
    /// What does it.
    pub action: Action,
    /// It is there already: another future. Else it is run for the comparison.
    pub exists: bool,
}

/// What decides the list of [`choices`]. Time may run on without a change of it: the list need not be
/// made anew for every frame.
#[derive(Clone)]
pub struct Asked {
    // The other futures: number and name.
    others: Vec<(usize, String)>,
    // The edits of the run that is shown that were made last, in words.
    last_edit: Option<String>,
    def: Arc<Scenario>,
    params: BTreeMap<String, Value>,
}

impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        (Arc::ptr_eq(&self.def, &other.def) || self.def == other.def)
            && self.params == other.params
            && self.last_edit == other.last_edit
            && self.others == other.others
    }
}

impl Asked {
    /// As it is now.
    pub fn of(open: &Open) -> Self {
        let others = open.futures.iter().enumerate();
        let others = others.filter(|(i, _)| *i != open.current);
        let run = open.run().get();
        let made = run.last_made();
        let more = match made.len() {
            0 | 1 => String::new(),
            n => format!(", and {} more", n - 1),
        };
        let words = |e: &&Edit| format!("{}{more}", words::fault(run.world(), &e.fault));
        Asked {
            others: others.map(|(i, f)| (i, f.name.clone())).collect(),
            last_edit: made.first().map(words),
            def: open.origin.def.clone(),
            params: open.origin.opening.params.clone(),
        }
    }
}

/// All that can be put beside what is shown: the other futures, then the same run with one difference.
pub fn choices(asked: &Asked) -> Vec<Choice> {
    let others = asked.others.iter().map(|(i, name)| Choice {
        label: format!("Future {name}"),
        action: Action::Beside(Some(*i)),
        exists: true,
    });
    let mut list: Vec<Choice> = others.collect();
    if let Some(edit) = &asked.last_edit {
        list.push(Choice {
            label: format!("without: {edit}"),
            action: Action::WithoutLastEdit,
            exists: false,
        });
    }
    if let (Ok(entry), Ok(now)) = (asked.def.entry(), asked.def.params(&asked.params)) {
        // Words first: the planted bugs are among them.
        let words_first = |word: bool| {
            let is_word = move |p: &&Param| matches!(p.kind, ParamKind::Choice(_)) == word;
            entry.params.iter().filter(is_word)
        };
        for param in words_first(true).chain(words_first(false)) {
            if let Some(value) = now.0.get(param.id) {
                others_of(param, value, &mut list);
            }
        }
    }
    list
}

/// The other values of a parameter: each word, the other way of a switch, half and twice a number.
fn others_of(param: &Param, now: &Value, list: &mut Vec<Choice>) {
    let mut add = |value: &Value, text: String| {
        list.push(Choice {
            label: format!("{}: {}", param.label, shown(param, value)),
            action: Action::Vary(param.id.to_owned(), text),
            exists: false,
        });
    };
    match (&param.kind, now) {
        (ParamKind::Choice(all), Value::Word(now)) => {
            for choice in all.iter().filter(|c| c.id != now) {
                add(&Value::Word(choice.id.to_owned()), choice.id.to_owned());
            }
        }
        (ParamKind::Bool(_), Value::Bool(now)) => add(&Value::Bool(!now), (!now).to_string()),
        (ParamKind::Int { min, max, .. }, Value::Int(now)) => {
            for other in [now / 2, now.saturating_mul(2)] {
                let other = other.clamp(*min, *max);
                if other != *now {
                    add(&Value::Int(other), other.to_string());
                }
            }
        }
        _ => {}
    }
}

/// What `origin` has otherwise than its scenario: the rule that it leaves out, and other settings.
pub fn unusual(origin: &Origin) -> Vec<String> {
    let def = &origin.def;
    let (Ok(entry), Ok(usual)) = (def.entry(), def.params(&BTreeMap::new())) else {
        return Vec::new();
    };
    let Ok(now) = def.params(&origin.opening.params) else {
        return Vec::new();
    };
    let differs = |p: &&Param| usual.0.get(p.id) != now.0.get(p.id);
    let say = |p: &Param| match (entry.mutant(&now), now.0.get(p.id)) {
        (Some(mutant), _) if p.id == mutants::PARAM => Some(format!("left out: {}", mutant.rule)),
        (_, value) => value.map(|v| in_a_name(p, v)),
    };
    // The rule first: where there is room for one alone, it is that one.
    let (rule, others): (Vec<&Param>, Vec<&Param>) =
        entry.params.iter().filter(differs).partition(|p| p.id == mutants::PARAM);
    rule.into_iter().chain(others).filter_map(say).collect()
}

/// A value of a parameter as it is shown: with its unit, or in its own words.
fn shown(param: &Param, value: &Value) -> String {
    match (&param.kind, value) {
        (ParamKind::Choice(all), Value::Word(word)) => {
            let choice = all.iter().find(|c| c.id == word);
            choice.map_or(&**word, |c| c.label).to_owned()
        }
        (ParamKind::Int { unit, .. }, Value::Int(n)) => format!("{n} {unit}").trim().to_owned(),
        (_, Value::Bool(true)) => "on".to_owned(),
        (_, Value::Bool(false)) => "off".to_owned(),
        (_, Value::Int(n)) => n.to_string(),
        (_, Value::Word(word)) => word.clone(),
    }
}

/// A parameter at a value as part of a name: `loss 20 %`, `pre-vote on`; of a long choice only what it
/// means.
pub fn in_a_name(param: &Param, value: &Value) -> String {
    let (label, value_text) = (words::lower(param.label), shown(param, value));
    let whole = match param.kind {
        ParamKind::Choice(_) => format!("{label}: {value_text}"),
        _ => format!("{label} {value_text}"),
    };
    match (whole.chars().count() > NAME_ROOM, &param.kind) {
        (false, _) => whole,
        (true, ParamKind::Choice(_)) => value_text,
        (true, _) => format!("{} {value_text}", param.id.replace('_', " ")),
    }
}

/// The most characters of a name after its letter.
const NAME_ROOM: usize = limits::NAME_CHARS - 3;

/// A name of a letter and what sets it apart, cut to a name's length.
pub fn name_of(letter: char, difference: &str) -> String {
    let cut = difference.chars().count() > NAME_ROOM;
    let kept = if cut { NAME_ROOM - 1 } else { NAME_ROOM };
    let mut name: String = format!("{letter}: ");
    name.extend(difference.chars().take(kept));
    if cut {
        name.truncate(name.trim_end().len());
        name.push('\u{2026}');
    }
    name
}

impl Open {
    /// Short names of two futures: of `B: loss 20 %` the letter, if that tells them apart.
    pub fn short_names(&self, two: [usize; 2]) -> [String; 2] {
        let whole = two.map(|i| &*self.futures[i].name);
        let short = whole.map(|name| match name.split_once(": ") {
            Some((letter, _)) if letter.chars().count() == 1 => letter,
            _ => name,
        });
        if short[0] == short[1] { whole } else { short }.map(ToOwned::to_owned)
    }
}

/// What the drawings mark: in both of the two, the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Apart {
    /// The nodes that differ now.
    pub nodes: Vec<NodeId>,
    /// When the two part, in microseconds.
    pub parting_us: Option<u64>,
    /// The stretch of time that both diagrams show, and how often it was set; nothing on a stage.
    pub window: Option<(u32, Camera)>,
}

impl Apart {
    /// What to mark of a comparison.
    pub fn of(c: &Comparison) -> Self {
        Apart {
            nodes: c.nodes.iter().map(|n| n.node).collect(),
            parting_us: c.parting.map(|p| p.time_us),
            window: None,
        }
    }
}

/// Where the two part, in sentences: when, and what happens in each.
pub fn parting(runs: [&Run<Checks>; 2], names: [&str; 2], parting: Option<Parting>) -> Vec<String> {
    let Some(p) = parting else {
        return vec!["As far as both have been, they are alike.".to_owned()];
    };
    let number = group(u64::from(p.event.0) + 1);
    let at = time_text(p.time_us);
    let happens = |run: &Run<Checks>| {
        let known = run.trace().get(p.event).is_some();
        known.then(|| log::line(run, p.event))
    };
    match (p.how, happens(runs[0])) {
        (How::Outcome, Some(line)) => vec![
            format!("They part at {at}, in event {number}."),
            format!("In both: {}", line.text),
            "What the node makes of it differs.".to_owned(),
        ],
        (_, here) => {
            let mut said = vec![format!("They part at {at}, with event {number}.")];
            let lines = [here, happens(runs[1])].into_iter().zip(runs);
            for (name, (line, run)) in names.into_iter().zip(lines) {
                said.push(match line {
                    Some(l) if l.time_us == p.time_us => format!("{name}: {}", l.text),
                    Some(l) => format!("{name}: {} At {}.", l.text, time_text(l.time_us)),
                    None if run.is_over() => format!("{name}: nothing more happens."),
                    None => format!("{name}: nothing happens at that moment."),
                });
            }
            said
        }
    }
}

/// How many of all differ now, in a sentence.
pub fn count(differ: usize, what: &str, more: &str) -> String {
    match differ {
        0 => format!("No {what} differs at this moment."),
        1 => format!("1 {what} differs at this moment."),
        n => format!("{n} {more} differ at this moment."),
    }
}

/// A verdict in a word or two, and why where there is more to say.
pub fn verdict(v: Option<&Verdict>) -> String {
    match v {
        None => "not watched".to_owned(),
        Some(Verdict::Holding) => "holds".to_owned(),
        Some(Verdict::InProgress { why }) => format!("in progress: {why}"),
        Some(Verdict::Pending { why }) => format!("pending: {why}"),
        Some(Verdict::Unknown { why }) => format!("unknown: {why}"),
        Some(Verdict::Violated { why, .. }) => format!("broken: {}", sentence(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Fault, SimTime};
    use crate::view::App;
    use crate::view::reduce::reduce;

    fn raft() -> App {
        let mut app = App::default();
        let hash = "#/s/raft-replication?seed=7".to_owned();
        reduce(&mut app, Action::Route(String::new(), hash));
        reduce(&mut app, Action::Seek(1_500_000));
        app
    }

    /// A phone has room for one chip or two.
    #[test]
    fn of_what_is_unusual_the_rule_that_is_left_out_comes_first() {
        let of = |hash: &str| {
            let mut app = App::default();
            reduce(&mut app, Action::Route(String::new(), hash.to_owned()));
            unusual(&app.open.unwrap().origin)
        };
        assert!(of("#/s/raft-election").is_empty());
        let all = of("#/s/raft-election?servers=3&clients=0&mutant=forget-vote");
        assert!(all.len() == 3 && all[0].starts_with("left out: "), "{all:?}");
    }

    /// Each choice is another run of the same seed, or refused in words: none is the same run again under
    /// another name, and none changes the one that is shown.
    #[test]
    fn every_choice_puts_something_beside_and_changes_nothing_that_is_shown() {
        let mut app = raft();
        let node = NodeId(1);
        reduce(&mut app, Action::Edit(Fault::Crash { node, stop: false }));
        reduce(&mut app, Action::Seek(2_500_000));
        let list = choices(&Asked::of(app.open.as_ref().unwrap()));
        let hash = |app: &App| app.open.as_ref().unwrap().run().get().hash_text();
        let shown = hash(&app);
        assert!(list.len() > 8 && list.iter().all(|c| !c.exists));
        assert_eq!(list[0].action, Action::WithoutLastEdit);
        assert!(list[0].label.contains("crashes"), "{}", list[0].label);
        let mut parted = 0;
        for choice in list {
            let mut other = raft();
            reduce(&mut other, Action::Edit(Fault::Crash { node, stop: false }));
            reduce(&mut other, Action::Seek(2_500_000));
            reduce(&mut other, choice.action);
            assert_eq!(hash(&other), shown, "{}", choice.label);
            let o = other.open.unwrap();
            match (o.comparison(), &other.error) {
                (Some(c), None) => {
                    let there = o.run_beside().unwrap().get();
                    assert_eq!(there.world().seed(), 7, "{}", choice.label);
                    parted += usize::from(c.parting.is_some());
                }
                (None, Some(why)) => assert!(why.len() > 10, "{}: {why}", choice.label),
                odd => panic!("{}: {odd:?}", choice.label),
            }
        }
        assert!(parted > 4, "{parted}");
        let open = app.open.as_mut().unwrap();
        open.futures[0].name = "first".to_owned();
        reduce(&mut app, Action::Fork);
        let list = choices(&Asked::of(app.open.as_ref().unwrap()));
        assert_eq!((&*list[0].label, list[0].exists), ("Future first", true));
    }

    /// Without the crash at 1.5 s the two part there, with the event of the crash itself.
    #[test]
    fn the_parting_is_said_with_what_happens_in_each_and_leaving_brings_back_the_run() {
        let mut app = raft();
        let node = NodeId(1);
        reduce(&mut app, Action::Edit(Fault::Crash { node, stop: false }));
        reduce(&mut app, Action::Seek(2_000_000));
        let here = |app: &App| {
            let run = app.open.as_ref().unwrap().run().get();
            (run.hash_text(), run.position(), run.time())
        };
        let before = here(&app);
        reduce(&mut app, Action::WithoutLastEdit);
        reduce(&mut app, Action::Seek(3_000_000));
        let o = app.open.as_ref().unwrap();
        let c = o.comparison().unwrap();
        let (a, b) = (o.run().get(), o.run_beside().unwrap().get());
        let said = parting([&a, &b], ["A", "B"], c.parting);
        assert_eq!(c.parting.unwrap().time_us, 1_500_000);
        assert!(said[0].starts_with("They part at 1.500 s"), "{said:?}");
        assert!(said[1].starts_with("A: ") && said[1].contains("crashes"), "{said:?}");
        assert!(said[2].starts_with("B: ") && !said[2].contains("crashes"), "{said:?}");
        assert!(Apart::of(&c).nodes.contains(&node));
        drop((a, b));
        reduce(&mut app, Action::Future(1));
        assert_ne!(here(&app), before);
        reduce(&mut app, Action::Beside(None));
        assert_eq!(here(&app), before, "the run is not as it was");
        assert_eq!(app.player.now_us, SimTime(2_000_000).us());
    }

    /// Right where the edit was made the other one has only not gone on yet; two generals do fall silent.
    #[test]
    fn nothing_more_is_said_to_happen_only_where_it_is_so() {
        let other = |app: &mut App| {
            let node = NodeId(1);
            reduce(app, Action::Edit(Fault::Crash { node, stop: false }));
            reduce(app, Action::WithoutLastEdit);
            let o = app.open.as_ref().unwrap();
            let (a, b) = (o.run().get(), o.run_beside().unwrap().get());
            parting([&a, &b], ["A", "B"], o.parting()).pop().unwrap()
        };
        assert_eq!(other(&mut raft()), "B: nothing happens at that moment.");
        let mut over = App::default();
        let hash = "#/s/two-generals?seed=3".to_owned();
        reduce(&mut over, Action::Route(String::new(), hash));
        reduce(&mut over, Action::Seek(600_000_000));
        assert_eq!(other(&mut over), "B: nothing more happens.");
    }

    #[test]
    fn runs_that_are_alike_are_said_to_be_and_verdicts_have_words() {
        let mut app = raft();
        reduce(&mut app, Action::Fork);
        reduce(&mut app, Action::Beside(Some(0)));
        let o = app.open.as_ref().unwrap();
        let (a, b) = (o.run().get(), o.run_beside().unwrap().get());
        let said = parting([&a, &b], ["B", "A"], o.parting());
        assert_eq!(said, ["As far as both have been, they are alike."]);
        assert_eq!(count(0, "node", "nodes"), "No node differs at this moment.");
        assert_eq!(count(3, "node", "nodes"), "3 nodes differ at this moment.");
        assert_eq!(verdict(Some(&Verdict::Holding)), "holds");
    }
}
