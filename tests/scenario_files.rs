//! Every scenario file keeps its word, by its own proof: situations show what they say, steps tick when
//! done as told and not otherwise, predictions have an answer, numbers come to what they must.
#![cfg(not(target_arch = "wasm32"))]

use faultline::scenario::front::Block;
use faultline::scenario::front::check::is_slug;
use faultline::scenario::{self, Opening, Own, Scenario, front, proof};
use std::sync::Arc;

/// Runs `flaws` on every scenario and fails with all that is found, each with its file and field.
fn hold(flaws: fn(&Scenario) -> Vec<proof::Flaw>) {
    let mut found = Vec::new();
    for def in scenario::all() {
        let file = format!("scenarios/{}/{}.md", def.chapter, def.id);
        let told = flaws(&def).into_iter().map(|(way, why)| format!("{file}: {way}: {why}"));
        found.extend(told);
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn situations_steps_and_predictions_are_as_the_file_says() {
    hold(|def| proof::flaws(&def.opening()).unwrap());
}

#[test]
fn situations_and_explanations_hold_under_other_seeds_too() {
    hold(|def| proof::flaws_of_luck(&def.opening()).unwrap());
}

#[test]
fn numbers_come_to_what_the_file_says() {
    hold(|def| proof::target_flaws(&def.opening()).unwrap());
}

/// What a file of one's own may leave out, a built-in one may not.
#[test]
fn a_built_in_scenario_says_all_there_is_to_say() {
    hold(|def| {
        let missing = |way: &str| (proof::way(way), "a built-in scenario says this".to_owned());
        let mut found = Vec::new();
        let texts = [("assumes", &def.assumes), ("leaves_out", &def.leaves_out)];
        found.extend(texts.iter().filter(|(_, t)| t.is_empty()).map(|(way, _)| missing(way)));
        for (way, none) in [
            ("rows", def.rows.is_empty()),
            ("sources", def.sources.is_empty()),
            ("situation", def.situations.is_empty()),
            ("step", def.steps.is_empty()),
            ("prediction", def.prediction.is_none()),
        ] {
            found.extend(none.then(|| missing(way)));
        }
        let longest = def.prose.iter().flat_map(Block::lines).map(|l| l.chars().count()).max();
        if def.prose.len() > 6 || longest > Some(420) {
            found.push((proof::way("the text behind the front"), "a lesson is short".to_owned()));
        }
        found.extend(def.prose.is_empty().then(|| missing("the text behind the front")));
        for s in def.situations.iter().filter(|s| s.shows.is_none()) {
            found.push(missing(&format!("situation {}: shows", s.id)));
        }
        for (i, s) in def.steps.iter().enumerate() {
            let what = [
                ("how", s.how.is_empty()),
                ("shown_by", s.shown_by.is_none()),
                ("not_by", s.not_by.is_empty()),
            ];
            found.extend(what.iter().filter(|w| w.1).map(|w| missing(&format!("step[{i}].{}", w.0))));
        }
        found
    });
}

#[test]
fn ids_are_unique_and_the_index_says_what_the_files_say() {
    let all: Vec<_> = scenario::all().collect();
    assert_eq!(all.len(), scenario::index().len());
    for (def, brief) in all.iter().zip(scenario::index()) {
        assert!(is_slug(&def.id));
        assert_eq!(
            (
                def.id.as_str(),
                def.title.as_str(),
                def.chapter.as_str(),
                def.summary.as_str(),
                def.protocol.as_str()
            ),
            (brief.id, brief.title, brief.chapter, brief.summary, brief.protocol)
        );
        assert_eq!(def.rows, brief.rows);
        assert!(scenario::library::chapter_title(brief.chapter) != brief.chapter, "{}", brief.chapter);
    }
    assert!(scenario::find("test-panic").is_ok() && all.iter().all(|d| d.id != "test-panic"));
    // No word of it is in any id: those to start with are named.
    let none = scenario::find("such-none").unwrap_err();
    assert!(none.message.contains("raft-election"), "{none}");
}

/// A file's text, what is put for what in it, where the flaw is then, and what is said of it.
type Wrong<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

/// The text with the change has a flaw there, and it is said.
fn found_out((text, from, to, way, part): &Wrong<'_>) {
    assert_eq!(text.matches(&from.replace("\\n", "\n")).count(), 1, "{from}");
    let text = text.replace(&from.replace("\\n", "\n"), to);
    let scenario = front::read(&text).unwrap_or_else(|m| panic!("{m}"));
    let flaws = proof::flaws(&Opening::own(Own::of(Arc::new(scenario)))).unwrap();
    let found = flaws.iter().any(|(w, why)| w.to_string() == *way && why.contains(part));
    assert!(found, "{way} {part}: {flaws:?}");
}

/// The same files with a claim turned round: each is found out, at the field that is wrong.
#[test]
fn a_file_that_does_not_keep_its_word_is_found_out() {
    let election = include_str!("../scenarios/agreement/raft-election.md");
    let partition = include_str!("../scenarios/agreement/raft-partition.md");
    let ring = include_str!("../scenarios/agreement/ring-election.md");
    let wrong: &[Wrong<'_>] = &[
        (
            partition,
            r#"{ do = "partition", side_of = "leader", side = "minority" } }\nshown_by"#,
            "{ do = \"partition\" } }\nshown_by",
            "step[0].not_by[0]",
            "one follower alone",
        ),
        (
            election,
            r#"do = "crash", node = "leader" } }\nshown_by"#,
            "do = \"crash\" } }\nshown_by",
            "step[1].not_by[0]",
            "a follower crashes",
        ),
        (
            election,
            "shown_by = { until_ms = 1000 }",
            "shown_by = { until_ms = 100 }",
            "step[0].shown_by",
            "does not tick",
        ),
        (election, "explains = 2", "explains = 1", "prediction.explains", "option 2 is right"),
        (
            election,
            "{ epoch = { number = 1, at_most = 0 } }, { epoch = {} }",
            "{ epoch = { number = 1 } }",
            "situation[0].shows",
            "within 10 s",
        ),
        (
            election,
            "node = \"leader\" }]\nseek",
            "node = \"king\" }]\nseek",
            "situation[1].edits",
            "'king' names nobody",
        ),
        (
            election,
            "election_max_ms\" }]",
            "election_most_ms\" }]",
            "situation[0].edits[0].by_ms",
            "no number parameter",
        ),
        (
            ring,
            "name = \"swallowed\"",
            "name = \"eaten\"",
            "step[0].done",
            "there is no fact 'eaten': there are swallowed",
        ),
        (
            ring,
            "id = \"election_messages\", at_most = 9",
            "id = \"messages_of_all\", at_most = 9",
            "prediction.option[0].if",
            "there is no gauge",
        ),
    ];
    wrong.iter().for_each(found_out);
    let off = ring.replace("mean = 11.416666667", "mean = 9.0");
    let off = Arc::new(front::read(&off).unwrap());
    let flaws = proof::target_flaws(&Opening::own(Own::of(off))).unwrap();
    assert_eq!(flaws.len(), 1, "{flaws:?}");
    assert_eq!(flaws[0].0.to_string(), "target[0].mean");
}
