//! Staged cases with a known cause: the answer names it, and the remedy brings about what had not happened.
//!
//! The rule that is easy to break: a case must be one in which what is asked about really has not happened, and for this
//! reason; and what the remedy changes must be the cause alone.

use super::*;
use crate::scenario::Opening;
use crate::scenario::opening::open;
use crate::sim::SimTime;

/// Who lacks what: the scenario with these settings, under these edits, asked at this millisecond.
struct Case {
    scenario: &'static str,
    settings: &'static [&'static str],
    seed: u64,
    edits: &'static [(u64, &'static str)],
    asked_ms: u64,
    lacking: Lacking,
    /// Part of what has not happened.
    what: &'static str,
    /// Parts of what stood in the way, all of them.
    causes: &'static [&'static str],
    /// Part of the remedy's label.
    remedy: &'static str,
}

const CASE: Case = Case {
    scenario: "",
    settings: &[],
    seed: 1,
    edits: &[],
    asked_ms: 3_000,
    lacking: Lacking::Leader,
    what: "",
    causes: &[],
    remedy: "",
};

const CASES: &[Case] = &[
    Case {
        scenario: "raft-election",
        settings: &["servers=3"],
        edits: &[(0, r#"{"do":"crash","node":1}"#), (0, r#"{"do":"crash","node":2}"#)],
        what: "not elected",
        causes: &["S2 is down", "S3 is down"],
        remedy: "S2 recovers",
        ..CASE
    },
    Case {
        scenario: "raft-election",
        settings: &["servers=3"],
        edits: &[(0, r#"{"do":"links","set":{"cut":true}}"#)],
        what: "not elected",
        causes: &["the link from S", "is cut"],
        remedy: "The network heals",
        ..CASE
    },
    Case {
        scenario: "raft-election",
        settings: &["servers=5"],
        edits: &[
            (0, r#"{"do":"pause","node":0}"#),
            (0, r#"{"do":"pause","node":1}"#),
            (0, r#"{"do":"pause","node":2}"#),
        ],
        what: "not elected",
        causes: &["S1 is paused", "S2 is paused", "S3 is paused"],
        remedy: "S1 resumes",
        ..CASE
    },
    Case {
        scenario: "raft-replication",
        settings: &["servers=3", "clients=1"],
        edits: &[(1_000, r#"{"do":"partition","groups":[[0],[1],[2]]}"#)],
        asked_ms: 2_000,
        lacking: Lacking::Decision,
        what: "is not committed",
        causes: &["a partition stands between"],
        remedy: "The network heals",
        ..CASE
    },
    Case {
        scenario: "raft-replication",
        settings: &["servers=3"],
        edits: &[
            (2_000, r#"{"do":"link","from":3,"to":0,"set":{"cut":true}}"#),
            (2_000, r#"{"do":"link","from":3,"to":1,"set":{"cut":true}}"#),
            (2_000, r#"{"do":"link","from":3,"to":2,"set":{"cut":true}}"#),
        ],
        asked_ms: 4_000,
        lacking: Lacking::Answer,
        what: "has no answer",
        causes: &["the link from C1 to", "is cut"],
        remedy: "restored",
        ..CASE
    },
    Case {
        scenario: "ring-election",
        edits: &[(0, r#"{"do":"pause","node":2}"#)],
        what: "no process is elected",
        causes: &["is paused"],
        remedy: "resumes",
        ..CASE
    },
    Case {
        scenario: "two-generals",
        settings: &["k=3", "loss_percent=0"],
        edits: &[(1, r#"{"do":"drop","msg":0}"#)],
        asked_ms: 500,
        lacking: Lacking::Decision,
        what: "General B does not attack",
        causes: &["plan"],
        remedy: "is not lost",
        ..CASE
    },
    Case {
        scenario: "link-stack",
        settings: &["count=3", "loss_percent=0", "duplicate_percent=0"],
        edits: &[(31, r#"{"do":"drop","msg":1}"#)],
        asked_ms: 1_000,
        lacking: Lacking::Delivery,
        what: "#2 B has not been delivered",
        causes: &["#2 B", "dropped by hand"],
        remedy: "is not lost",
        ..CASE
    },
    Case {
        scenario: "two-phase-commit",
        settings: &["transfers=1"],
        edits: &[(125, r#"{"do":"crash","node":0}"#)],
        asked_ms: 1_000,
        lacking: Lacking::Decision,
        what: "Bank A does not know what was decided on T1",
        causes: &["Coordinator is down"],
        remedy: "Coordinator recovers",
        ..CASE
    },
    Case {
        scenario: "gossip",
        settings: &["nodes=6", "loss_percent=0", "rewrite_ms=0"],
        edits: &[(0, r#"{"do":"crash","node":3}"#), (0, r#"{"do":"partition","groups":[[0,1,2,3],[4,5]]}"#)],
        lacking: Lacking::Convergence,
        what: "do not have version 1",
        causes: &["N4 is down", "a partition stands between"],
        remedy: "recovers from its disk; The network heals",
        ..CASE
    },
    Case {
        scenario: "quorum-register",
        settings: &["nodes=3", "r=2", "w=2"],
        edits: &[(0, r#"{"do":"crash","node":0}"#), (0, r#"{"do":"pause","node":1}"#)],
        asked_ms: 2_000,
        lacking: Lacking::Answer,
        what: "has no answer",
        causes: &["is down", "is paused"],
        remedy: "recovers",
        ..CASE
    },
    Case {
        scenario: "heartbeat",
        settings: &["loss_percent=0"],
        edits: &[(1_000, r#"{"do":"link","from":1,"to":0,"set":{"cut":true}}"#)],
        lacking: Lacking::Convergence,
        what: "does not trust",
        causes: &["the link from", "is cut"],
        remedy: "restored",
        ..CASE
    },
    Case {
        scenario: "clock-sync",
        edits: &[(0, r#"{"do":"pause","node":0}"#)],
        lacking: Lacking::Convergence,
        what: "was never corrected",
        causes: &["is paused"],
        remedy: "resumes",
        ..CASE
    },
    Case {
        scenario: "queue",
        settings: &["load_percent=50"],
        edits: &[(500, r#"{"do":"pause","node":0}"#)],
        lacking: Lacking::Answer,
        what: "have no answer",
        causes: &["is paused"],
        remedy: "resumes",
        ..CASE
    },
];

impl Case {
    fn opening(&self) -> Opening {
        let def = Opening::of(self.scenario).def().unwrap();
        let mut opening = Opening::of(self.scenario).seed(self.seed);
        for setting in self.settings {
            let (id, value) = setting.split_once('=').unwrap();
            opening = opening.param(id, def.parse_param(id, value).unwrap());
        }
        opening
    }

    fn run(&self) -> Run<Checks> {
        let mut run = open(&self.opening()).unwrap();
        for (ms, json) in self.edits {
            run.run_until(SimTime::from_ms(*ms));
            run.edit(serde_json::from_str(json).unwrap())
                .unwrap_or_else(|e| panic!("{}: {e:?}", self.scenario));
        }
        run.run_until(SimTime::from_ms(self.asked_ms));
        run
    }

    fn entry(&self) -> &'static Entry {
        self.opening().def().unwrap().entry().unwrap()
    }

    fn found(&self, run: &Run<Checks>) -> Option<Absence> {
        let is = |a: &Absence| a.lacking == self.lacking && a.what.contains(self.what);
        absences(run, self.entry()).into_iter().find(is)
    }
}

impl Case {
    /// What is wrong with the answer, if anything.
    fn check(&self) -> Result<(), String> {
        let mut run = self.run();
        let absence =
            self.found(&run).ok_or_else(|| format!("not among {:#?}", absences(&run, self.entry())))?;
        let found = why_not(&run, self.entry(), &absence);
        let wrong = |what: &str| Err(format!("{what}: {found:#?}"));
        let obstacles: Vec<&Obstacle> = found.conditions.iter().flat_map(|c| &c.obstacles).collect();
        let text = obstacles.iter().map(|o| o.text.as_str()).collect::<Vec<_>>().join("\n");
        if let Some(cause) = self.causes.iter().find(|c| !text.contains(**c)) {
            return wrong(&format!("'{cause}' is not named"));
        }
        let events: Vec<EventId> = obstacles.iter().filter_map(|o| o.event).collect();
        if events.is_empty() || events.len() > EVENTS || events.iter().any(|e| e.0 >= run.position()) {
            return wrong("too few or too many events");
        }
        let Some(remedy) = found.remedy.clone().filter(|r| r.label.contains(self.remedy)) else {
            return wrong("another remedy");
        };
        if !remedy.helps {
            return wrong("it is said not to help");
        }
        // With the remedy it happens; without it, it does not, as long as we care to wait.
        let until = SimTime::from_ms(self.asked_ms + 4_000);
        let mut as_it_is = run.clone();
        as_it_is.run_until(until);
        if self.found(&as_it_is).is_none() {
            return wrong("it happens by itself");
        }
        if let Some(after) = remedy.after {
            run.seek_event(after.0 + 1);
        }
        for fault in remedy.faults {
            run.edit(fault).map_err(|e| e.message)?;
        }
        run.run_until(until);
        match self.found(&run).filter(|now| now.what == absence.what) {
            Some(_) => wrong("the remedy did not help"),
            None => Ok(()),
        }
    }
}

#[test]
fn an_absence_names_its_cause_and_the_remedy_ends_it() {
    let wrong = CASES.iter().filter_map(|case| Some((case.scenario, case.what, case.check().err()?)));
    let wrong: Vec<String> = wrong.map(|(id, what, why)| format!("{id}, {what}: {why}")).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Whose id was lost at the hole has it back no more, for nobody sends it again: the remedy says that it does not help.
#[test]
fn a_remedy_that_does_not_help_says_so() {
    let case = Case {
        scenario: "ring-election",
        edits: &[(0, r#"{"do":"crash","node":2}"#)],
        asked_ms: 2_000,
        what: "no process is elected",
        ..CASE
    };
    let run = case.run();
    let absence = case.found(&run).unwrap();
    let remedy = why_not(&run, case.entry(), &absence).remedy.unwrap();
    let mut other = run.clone();
    other.edit_all(remedy.faults.clone()).unwrap();
    other.run_until(SimTime::from_ms(30_000));
    assert_eq!(remedy.helps, case.found(&other).is_none(), "{}", remedy.label);
    assert!(!remedy.helps, "{}", remedy.label);
}

/// At any moment of the scenarios' openings an answer is short, its events are of the past, and what is met lacks nothing; and
/// all five kinds occur.
#[test]
fn an_answer_is_short_and_of_the_past_at_any_moment() {
    let mut kinds = std::collections::BTreeSet::new();
    for def in crate::scenario::library::all() {
        let entry = def.entry().unwrap();
        let mut run = open(&Opening::of(&def.id)).unwrap();
        for ms in (0..3_000).step_by(97) {
            run.run_until(SimTime::from_ms(ms));
            for absence in absences(&run, entry) {
                kinds.insert(absence.lacking);
                let answer = why_not(&run, entry, &absence);
                let obstacles = || answer.conditions.iter().flat_map(|c| &c.obstacles);
                assert!(obstacles().filter(|o| o.event.is_some()).count() <= EVENTS);
                assert!(obstacles().filter_map(|o| o.event).all(|e| e.0 < run.position()), "{answer:#?}");
                let met = answer.conditions.iter().filter(|c| c.met);
                assert!(met.flat_map(|c| &c.obstacles).next().is_none(), "{answer:#?}");
                assert_eq!(answer.remedy.is_some(), answer.outlook.is_empty(), "{answer:#?}");
            }
        }
    }
    assert_eq!(kinds.len(), 5, "{kinds:?}");
}
