//! Every scenario file keeps its word, by its own proof: situations show what they say, steps tick when
//! done as told and not otherwise, predictions have an answer, numbers come to what they must.
#![cfg(not(target_arch = "wasm32"))]

use faultline::scenario::front::check::is_slug;
use faultline::scenario::{self, Scenario, proof};

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
        found.extend(def.prose.is_empty().then(|| missing("the text behind the front")));
        for s in def.situations.iter().filter(|s| s.shows.is_none()) {
            found.push(missing(&format!("situation {}: shows", s.id)));
        }
        for (i, s) in def.steps.iter().enumerate() {
            let what = [("how", s.how.is_empty()), ("shown_by", s.shown_by.is_none()), ("not_by", s.not_by.is_empty())];
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
            (def.id.as_str(), def.title.as_str(), def.chapter.as_str(), def.summary.as_str(), def.protocol.as_str()),
            (brief.id, brief.title, brief.chapter, brief.summary, brief.protocol)
        );
        assert_eq!(def.rows, brief.rows);
        assert!(scenario::chapter(brief.chapter).iter().any(|s| s.id == def.id));
        assert!(scenario::library::chapter_title(brief.chapter) != brief.chapter, "{}", brief.chapter);
    }
    assert!(scenario::find("test-panic").is_ok() && all.iter().all(|d| d.id != "test-panic"));
    let none = scenario::find("no-such").unwrap_err();
    assert!(none.message.contains("raft-election"), "{none}");
}
