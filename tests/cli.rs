//! The command-line tool as a script meets it: the built program, its output, its exit code.
//!
//! The rule that is easy to break: bad input is one line on stderr that names what and where, and
//! exit 2; exit 1 is for a violated safety property alone.
#![cfg(not(target_arch = "wasm32"))]

use faultline::scenario::{self, Opening, SharedRun, link};
use faultline::sim::SimTime;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

fn faultline(args: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_faultline");
    Command::new(program).args(args).output().expect("the tool starts")
}

/// What it printed, if all went well.
fn fine(args: &[&str]) -> String {
    let out = faultline(args);
    let told = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(0), "{args:?}: {told}");
    assert!(told.is_empty(), "{args:?}: {told}");
    String::from_utf8(out.stdout).unwrap()
}

/// The one line with which it refused.
fn refused(args: &[&str]) -> String {
    let out = faultline(args);
    let told = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(2), "{args:?}: {told}");
    assert_eq!(told.lines().count(), 1, "{args:?}: {told}");
    assert!(told.starts_with("faultline: "), "{told}");
    told
}

/// A file of its own for one test.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn list_names_every_scenario_and_parameter() {
    let text = fine(&["list"]);
    let json: Value = serde_json::from_str(&fine(&["list", "--json"])).unwrap();
    for def in scenario::all() {
        assert!(text.contains(&def.id));
        for staged in &def.situations {
            assert!(text.contains(&staged.id));
        }
    }
    let count = json["scenarios"].as_array().unwrap().len();
    assert_eq!(count, scenario::all().count());
    let raft = &json["protocols"].as_array().unwrap()[0];
    assert!(raft["params"].as_array().unwrap().len() > 5);
    assert!(!text.contains("test-panic"), "a hidden scenario is in no list");
}

#[test]
fn run_tells_the_telling_events_and_the_promises() {
    let text = fine(&["run", "raft-election", "--seed", "3", "--until", "1000"]);
    assert!(text.starts_with("raft-election, seed 3, until 1.000 s\n"));
    assert!(text.contains("leads term 1"));
    assert!(text.contains("holds     Election safety"));
    let all = fine(&["run", "raft-election", "--seed", "3", "--until", "1000", "--all"]);
    assert!(all.lines().count() > text.lines().count());
}

#[test]
fn jsonl_is_one_object_a_line_and_ends_with_the_hash() {
    let args = ["run", "raft-partition", "--stage", "leader-with-minority", "--format", "jsonl"];
    let text = fine(&args);
    let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let (head, last) = (&lines[0], &lines[lines.len() - 1]);
    assert_eq!(head["scenario"], "raft-partition");
    assert_eq!(last["events"].as_u64().unwrap() as usize, lines.len() - 2);
    assert!(lines.iter().any(|l| l["kind"] == "lost" && l["loss"] == "partition"));
    let (opening, _) = scenario::stage(&Opening::of("raft-partition"), "leader-with-minority").unwrap();
    let mut run = scenario::open(&opening).unwrap();
    run.run_until(SimTime(scenario::find("raft-partition").unwrap().length_us()));
    assert_eq!(last["hash"], run.hash_text());
}

#[test]
fn a_violated_safety_property_is_exit_1_and_is_named() {
    let out = faultline(&["run", "raft-recovery", "--stage", "forgotten-vote"]);
    assert_eq!(out.status.code(), Some(1));
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("VIOLATED  Election safety: two leaders in term 1"), "{text}");
    fine(&["run", "raft-recovery", "--stage", "remembered-vote"]);
}

/// An id with options, the same as a file, as a route and as a share link: one hash.
#[test]
fn an_id_a_file_a_route_and_a_link_are_one_run() {
    let options = ["--seed", "9", "--set", "servers=3", "--until", "2000"];
    let hash = |subject: &str, options: &[&str]| {
        let args = [&["hash", subject], options].concat();
        let text = fine(&args);
        text.split_whitespace().next().unwrap().to_owned()
    };
    let by_id = hash("raft-election", &options);
    let json = r#"{"scenario":"raft-election","seed":9,"params":{"servers":3}}"#;
    let path = file("one-run.json", json);
    assert_eq!(hash(path.to_str().unwrap(), &options[4..]), by_id);
    let route = "https://example.org/play/#/s/raft-election?seed=9&servers=3&speed=0.5";
    assert_eq!(hash(route, &options[4..]), by_id);
    let shared =
        SharedRun { opening: serde_json::from_str(json).unwrap(), at_us: 2_000_000, ..SharedRun::default() };
    let link = format!("http://127.0.0.1:8080/?embed=1#/x/{}", link::encode(&shared).unwrap());
    assert_eq!(hash(&link, &[]), by_id, "a link runs until the moment it shows");
    assert_eq!(by_id.len(), 16);
}

#[test]
fn hash_takes_several_and_agrees_with_the_golden_file() {
    let args = ["hash", "raft-nine", "two-generals", "--seed", "7", "--until", "5000"];
    let golden = include_str!("golden/hashes.txt");
    for line in fine(&args).lines() {
        let (hash, id) = line.split_once("  ").unwrap();
        assert!(golden.contains(&format!("{id} seed 7 {hash}\n")), "{line}");
    }
}

/// What the page saves is a subject, and goes to the very event that it shows.
#[test]
fn a_file_that_the_page_has_saved_is_run_to_its_very_event() {
    let shared =
        SharedRun { at_us: 300_000, events: Some(31), ..SharedRun::of(Opening::of("raft-election").seed(9)) };
    let path = file("saved.json", &scenario::file::text(&shared).unwrap());
    let saved = path.to_str().unwrap();
    let link = format!("#/x/{}", link::encode(&shared).unwrap());
    let mut run = scenario::open(&shared.opening).unwrap();
    run.seek_event(31);
    for subject in [saved, &link] {
        let line = fine(&["hash", subject]);
        assert!(line.starts_with(&run.hash_text()), "{line}");
        let later = fine(&["hash", subject, "--until", "2000"]);
        assert_ne!(later, line, "another moment was asked for");
    }
    let newer = file("newer.json", r#"{"faultline":2,"scenario":"raft-election"}"#);
    assert!(refused(&["run", newer.to_str().unwrap()]).contains("version 2"));
}

#[test]
fn a_run_is_printed_for_shiviz_and_as_pictures() {
    let run = |more: &[&str]| fine(&[&["run", "raft-nine", "--until", "900"], more].concat());
    let log = run(&["--format", "shiviz"]);
    assert!(log.starts_with("\n\nS1 starts.\nS1 {\"S1\":1}\nS1 starts.\n"));
    let diagram = run(&["--format", "svg"]);
    let later = run(&["--format", "svg", "--from", "800"]);
    let stage = run(&["--format", "svg", "--picture", "stage"]);
    for svg in [&diagram, &later, &stage] {
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert!(svg.contains("<title>raft-nine, seed "), "{}", &svg[..200]);
    }
    assert!(diagram.len() > later.len());
    // A violated promise is exit 1, in whatever form the run is printed.
    let args = ["run", "raft-recovery", "--stage", "forgotten-vote", "--format", "svg"];
    assert_eq!(faultline(&args).status.code(), Some(1));
}

#[test]
fn measures_are_printed_as_a_table_for_spreadsheets() {
    let text = fine(&["measure", "ring-election", "--runs", "3", "--seed", "5", "--csv"]);
    let rows: Vec<Vec<&str>> = text.lines().map(|l| l.split(',').collect()).collect();
    assert_eq!(rows.len(), 4);
    assert_eq!((rows[0][0], rows[1][0], rows[3][0]), ("seed", "5", "7"));
    let messages = rows[0].iter().position(|n| *n == "election_messages").unwrap();
    let n: u32 = rows[1][messages].parse().unwrap();
    assert!((9..=15).contains(&n), "2n - 1 to n(n + 1) / 2");
    assert!(rows.iter().all(|r| r.len() == rows[0].len()));
}

/// Chang and Roberts: n * H_n = 11.42 election messages in the mean, n announcements.
#[test]
fn measure_gives_means_with_their_errors() {
    let json = fine(&["measure", "ring-election", "--runs", "400", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let messages = &json["measures"]["election_messages"];
    let of = |name: &str| messages[name].as_f64().unwrap();
    let n_h_n: f64 = (1..=5).map(|k| 5.0 / f64::from(k)).sum();
    assert!((of("mean") - n_h_n).abs() < 3.5 * of("standard_error"), "{messages}");
    assert!(of("p50") >= 9.0 && of("p50") <= of("p90") && of("p99") <= 15.0);
    let table = fine(&["measure", "ring-election", "--runs", "5", "--set", "order=ascending"]);
    let row = table.lines().find(|l| l.starts_with("election_messages")).unwrap();
    assert!(row.contains(" 9.000 "), "{row}");
}

/// Every link that a sweep prints opens a run that violates what was said, with fewer edits.
#[test]
fn sweep_shrinks_what_it_finds_to_a_link_that_shows_it() {
    let args = [
        "sweep",
        "raft-election",
        "--seeds",
        "6",
        "--mix",
        "all",
        "--set",
        "mutant=half-is-enough",
        "--json",
    ];
    let out = faultline(&args);
    assert_eq!(out.status.code(), Some(1));
    let text = String::from_utf8(out.stdout).unwrap();
    let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let (end, found) = lines.split_last().unwrap();
    assert_eq!(end["violated"].as_u64().unwrap() as usize, found.len());
    assert!(!found.is_empty());
    for violation in found {
        let shown = faultline(&["run", violation["link"].as_str().unwrap()]);
        assert_eq!(shown.status.code(), Some(1));
        let text = String::from_utf8(shown.stdout).unwrap();
        let name = violation["check"]["name"].as_str().unwrap();
        assert!(text.contains(&format!("VIOLATED  {name}")), "{text}");
        let left = violation["opening"]["edits"].as_array().map_or(0, Vec::len);
        assert!(left < violation["edits_before"].as_u64().unwrap() as usize);
    }
}

#[test]
fn a_correct_raft_survives_every_mix() {
    for mix in ["none", "lossy", "partition", "crash", "timing", "all"] {
        let text = fine(&["sweep", "raft-election", "--seeds", "3", "--mix", mix]);
        assert!(text.contains("3 seeds from 0, 0 with a violation"), "{text}");
    }
}

/// What a mix did is said in counts; where it did nothing, and where there would be too many faults, in words.
#[test]
fn a_sweep_says_what_its_faults_did() {
    let text = fine(&["sweep", "ring-election", "--seeds", "4", "--mix", "crash"]);
    assert!(text.contains("it made a difference in") && text.contains("crashes"), "{text}");
    let text = fine(&["sweep", "raft-election", "--seeds", "1", "--mix", "none"]);
    assert!(!text.contains("difference"), "{text}");
    let text = fine(&["sweep", "gossip", "--seeds", "1", "--mix", "partition", "--until", "1", "--json"]);
    assert!(text.contains("\"did\":{") && text.contains("\"did_nothing\":"), "{text}");
    let month = (30 * 86_400_000_u64).to_string();
    let out = faultline(&["sweep", "raft-election", "--seeds", "1", "--until", &month]);
    assert_eq!(out.status.code(), Some(2));
    let why = String::from_utf8(out.stderr).unwrap();
    assert!(why.contains("10000 edits that a run takes"), "{why}");
}

#[test]
fn bench_growth_shows_points_and_exponents() {
    let text = fine(&["bench", "growth", "gossip", "ring-election", "--mix", "none", "--events", "60000"]);
    assert!(text.contains("growth gossip, mix none: 1000 "), "{text}");
    assert!(text.contains("exponent ") && text.contains("over too soon for an exponent"), "{text}");
}

#[test]
fn bench_prints_its_lines() {
    let text = fine(&["bench", "--quick", "w1", "idle-raft", "travel", "million"]);
    let lines = ["w1 ", "idle-raft ", "seek p50 ", "back p50 ", "million-seek p50 "];
    for start in lines {
        assert!(text.lines().any(|l| l.starts_with(start)), "{text}");
    }
    assert!(text.contains("delivered 1000000, lost 0, timers 0"));
}

#[test]
fn help_and_version_are_there() {
    assert!(fine(&["help"]).contains("measure SUBJECT --runs N"));
    assert!(fine(&["--version"]).starts_with("faultline "));
}

/// Links that name no run, and commands without what they need.
const BAD: &[(&[&str], &str)] = &[
    (&["run", "#/nowhere"], "no place"),
    (&["run", "#/"], "gallery"),
    (&["run", "#/x/3AAAA"], "version 3"),
    (&["run", "#/x/1AAAA"], "cut short"),
    (&["run", "#/s/raft-election?seed=x"], "seed"),
    (&["hash"], "needs a scenario"),
    (&["measure", "raft-election"], "--runs"),
    (&["measure", "raft-election", "--runs", "0"], "from 1"),
    (&["sweep", "raft-election"], "--seeds"),
    (&["sweep", "raft-election", "--seeds", "1", "--mix", "salad"], "'salad'"),
    (&["bench", "w9"], "'w9'"),
    (&["list", "everything"], "'everything'"),
];

#[test]
fn bad_input_is_one_line_that_names_what_and_where() {
    let broken = file("broken.json", "{\"scenario\":\n 7}");
    let broken = broken.to_str().unwrap();
    let cut_short = file("cut-short.json", "{\"scenario\":\n");
    let cut_short = cut_short.to_str().unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&[], "which command"),
        (&["dance"], "'dance'"),
        (&["search"], "needs a scenario"),
        (&["run"], "needs a scenario"),
        (&["run", "nowhere"], "'nowhere'"),
        (&["run", "nowhere.json"], "nowhere.json: cannot be read"),
        (&["run", broken], "broken.json: is no scenario"),
        (&["run", broken], "scenario: this must be a text, not 7"),
        (&["run", cut_short], "line 2"),
        (&["run", "raft-election", "two-generals"], "'two-generals'"),
        (&["run", "raft-election", "--loud"], "'--loud'"),
        (&["run", "raft-election", "-x"], "'-x'"),
        (&["run", "raft-election", "--seed"], "--seed"),
        (&["run", "raft-election", "--seed", "-1"], "'-1'"),
        (&["run", "raft-election", "--until", "1e9"], "'1e9'"),
        (&["run", "raft-election", "--until", "99999999999"], "--until"),
        (&["run", "raft-election", "--set", "servers"], "name=value"),
        (&["run", "raft-election", "--set", "servers=99999"], "3 to 199"),
        (&["run", "raft-election", "--set", "mutant=nice"], "forget-vote"),
        (&["run", "raft-election", "--set", "colour=red"], "'colour'"),
        (&["run", "raft-election", "--stage", "hamlet"], "split-vote"),
        (&["run", "raft-election", "--format", "svg", "--picture", "cat"], "'cat'"),
        (&["measure", "two-generals", "--runs", "2", "--json", "--csv"], "not both"),
        (&["run", "raft-election", "--format", "xml"], "'xml'"),
        (&["run", "two-generals", "--set", "loss_percent=100"], "cut"),
    ];
    for (args, part) in cases.iter().chain(BAD) {
        let told = refused(args);
        assert!(told.contains(part), "{args:?}: {told}");
    }
}

#[test]
fn a_file_with_a_bad_edit_is_refused_with_the_edits_number() {
    let cases = [
        ("crash\",\"node\":77", "edit 2 (at 0.001 s): there is no node 77"),
        ("sing\",\"node\":7", "do: there is no 'sing': there are 'crash'"),
        ("links\",\"set\":{\"loss_ppm\":1000001", "edit 2 (at 0.001 s)"),
        ("recover\",\"node\":0", "edit 2 (S1 recovers from its disk at 0.001 s) was refused"),
    ];
    for (i, (fault, part)) in cases.iter().enumerate() {
        let braces = if fault.contains("set") { "}}" } else { "}" };
        let json = format!(
            r#"{{"scenario":"raft-election","edits":[{{"at_us":1,"do":"heal"}},{{"at_us":1000,"do":"{fault}{braces}]}}"#
        );
        let path = file(&format!("edit-{i}.json"), &json);
        let told = refused(&["run", path.to_str().unwrap()]);
        assert!(told.contains(part), "{json}: {told}");
    }
}

/// A reliable or a synchronous world says why an edit is outside its contract, when it comes to it.
#[test]
fn an_edit_outside_the_timing_contract_is_refused_with_the_reason() {
    let json = r#"{"scenario":"two-generals","edits":[{"at_us":1000,"do":"pause","node":0}]}"#;
    let path = file("contract.json", json);
    let told = refused(&["run", path.to_str().unwrap()]);
    assert!(told.contains("synchronous timing promises"), "{told}");
}

#[test]
fn a_panic_in_a_protocol_is_told_with_its_place_and_its_run() {
    let json = r#"{"scenario":"test-panic","seed":5,"edits":[{"at_us":1000,"do":"request","node":0,"request":"panic"}]}"#;
    let path = file("panic.json", json);
    for command in ["run", "hash"] {
        let told = refused(&[command, path.to_str().unwrap()]);
        assert!(told.contains("hidden/panic.rs:"), "{told}");
        assert!(told.contains("test-panic, seed 5"), "{told}");
        assert!(told.contains("a bug on purpose"), "{told}");
    }
}

/// `run ... | head` is no error.
#[test]
fn a_reader_who_stops_reading_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_faultline"))
        .args(["run", "raft-nine", "--all", "--until", "20000"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(0));
    assert!(out.stderr.is_empty());
}
