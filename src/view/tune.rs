//! The settings of a protocol as they stand: what each means, what it may be, and the rule that is left out.
//!
//! The rule that is easy to break: it is the protocol's own table, in its own words. What is no parameter of it is not here.

use super::assumptions::capital;
use super::origin::Origin;
use crate::kit::{Choice, Param, ParamKind, Value, mutants};
use std::collections::BTreeMap;

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name in links: `heartbeat_ms`.
    pub id: &'static str,
    /// What it means.
    pub label: String,
    /// What it is.
    pub now: Dial,
    /// What the scenario has, where that is something else.
    pub usual: Option<String>,
}

/// What a setting is, and what it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dial {
    /// On or off.
    Switch(bool),
    /// A number with its unit, from the smallest to the largest.
    Number(i64, &'static str, i64, i64),
    /// A word among these: in links, and for people.
    Word(String, Vec<(&'static str, &'static str)>),
}

/// A rule that may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name in links; the first one leaves nothing out.
    pub id: &'static str,
    /// What the protocol does without it.
    pub label: &'static str,
    /// The rule, as the paper states it.
    pub rule: &'static str,
}

/// The settings of a protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The protocol's name.
    pub protocol: &'static str,
    /// All but the rule that is left out.
    pub all: Vec<Setting>,
    /// The rules that may be left out, none of them first; empty where the protocol knows of none.
    pub rules: Vec<Rule>,
    /// The one that is: its place among them.
    pub left_out: usize,
}

/// The settings under which `origin` runs.
pub fn settings(origin: &Origin) -> Settings {
    let def = &origin.def;
    let (Ok(entry), Ok(usual)) = (def.entry(), def.params(&BTreeMap::new())) else {
        return Settings::default();
    };
    let Ok(now) = def.params(&origin.opening.params) else {
        return Settings::default();
    };
    let one = |p: &Param| {
        let (value, before) = (now.0.get(p.id)?, usual.0.get(p.id)?);
        let usual = (value != before).then(|| text(p, before));
        Some(Setting { id: p.id, label: capital(p.label), now: dial(p, value), usual })
    };
    let rule = |c: &Choice| {
        let known = entry.mutants.iter().find(|m| m.id == c.id);
        Rule { id: c.id, label: c.label, rule: known.map_or("", |m| m.rule) }
    };
    let rules: Vec<Rule> = match entry.param(mutants::PARAM).map(|p| &p.kind) {
        Some(ParamKind::Choice(words)) => words.iter().map(rule).collect(),
        _ => Vec::new(),
    };
    let left_out = now.word(mutants::PARAM);
    Settings {
        protocol: entry.title,
        all: entry.params.iter().filter(|p| p.id != mutants::PARAM).filter_map(one).collect(),
        left_out: rules.iter().position(|r| r.id == left_out).unwrap_or(0),
        rules,
    }
}

fn dial(param: &Param, now: &Value) -> Dial {
    match (&param.kind, now) {
        (ParamKind::Int { min, max, unit, .. }, Value::Int(n)) => Dial::Number(*n, unit, *min, *max),
        (ParamKind::Choice(words), Value::Word(word)) => {
            Dial::Word(word.clone(), words.iter().map(|c| (c.id, c.label)).collect())
        }
        (_, Value::Bool(on)) => Dial::Switch(*on),
        // No table has a value of another kind than it says (Param::accept).
        _ => Dial::Switch(false),
    }
}

/// A value as people read it.
fn text(param: &Param, value: &Value) -> String {
    match (dial(param, value), value) {
        (Dial::Number(n, unit, ..), _) => format!("{n} {unit}").trim_end().to_owned(),
        (Dial::Word(word, all), _) => all.iter().find(|w| w.0 == word).map_or(word, |w| w.1.to_owned()),
        (Dial::Switch(on), _) => if on { "on" } else { "off" }.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(id: &str, params: &[(&str, &str)]) -> Settings {
        let params = params.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        settings(&Origin::named(id, None, &params).unwrap())
    }

    #[test]
    fn every_parameter_is_there_with_its_meaning_and_what_is_changed_says_what_is_usual() {
        let plain = of("raft-election", &[]);
        let heartbeat = |s: &Settings| s.all.iter().find(|p| p.id == "heartbeat_ms").cloned().unwrap();
        assert_eq!(heartbeat(&plain).now, Dial::Number(50, "ms", 1, 60_000));
        assert_eq!(heartbeat(&plain).usual, None);
        assert!(plain.all.iter().all(|p| !p.label.is_empty() && p.id != mutants::PARAM));
        let other = of("raft-election", &[("heartbeat_ms", "80"), ("prevote", "on")]);
        assert_eq!(heartbeat(&other).usual.as_deref(), Some("50 ms"));
        let prevote = other.all.iter().find(|p| p.id == "prevote").unwrap();
        assert_eq!((&prevote.now, prevote.usual.as_deref()), (&Dial::Switch(true), Some("off")));
    }

    #[test]
    fn the_rules_that_may_be_left_out_begin_with_none_and_say_what_they_are() {
        let plain = of("raft-election", &[]);
        assert_eq!((plain.left_out, plain.rules[0].rule), (0, ""));
        assert!(plain.rules.len() > 2 && plain.rules[1..].iter().all(|r| !r.rule.is_empty()));
        let id = plain.rules[2].id;
        assert_eq!(of("raft-election", &[("mutant", id)]).left_out, 2);
    }

    #[test]
    fn every_scenario_has_settings() {
        for brief in crate::scenario::index() {
            assert!(!of(brief.id, &[]).all.is_empty(), "{}", brief.id);
        }
    }
}
