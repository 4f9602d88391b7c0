//! What is exported is what happened: every form of every scenario, read back.
#![cfg(not(target_arch = "wasm32"))]

mod link_kit;

use faultline::check::Checks;
use faultline::scenario::{self, Opening, file, link};
use faultline::sim::history::Run;
use faultline::sim::{Event, EventId, Fault, NodeId, SimTime, json};
use faultline::view::causality;
use faultline::view::export::{Export, Script, Writing, diagram, stage, title};
use faultline::view::reduce::reduce;
use faultline::view::{Action, App};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Every scenario and staged situation, some seconds in, and a run with every trouble at once.
fn runs() -> Vec<(String, Opening, Run<Checks>)> {
    let mut openings: Vec<(String, Opening)> = Vec::new();
    for def in scenario::all() {
        openings.push((def.id.to_owned(), def.opening()));
        for staged in &def.situations {
            let (opening, _) = scenario::stage(&def.opening(), &staged.id).unwrap();
            openings.push((format!("{} {}", def.id, staged.id), opening));
        }
    }
    let trouble = [
        r#"{"do":"links","set":{"model":"arbitrary","loss_ppm":250000,"duplicate_ppm":300000,"corrupt_ppm":200000,"reorder_ppm":200000,"reorder_us":20000,"layers":{"retransmit_us":40000,"dedupe":true}}}"#,
        r#"{"do":"link","from":0,"to":1,"set":{"cut":true}}"#,
        r#"{"do":"crash","node":3}"#,
        r#"{"do":"pause","node":2}"#,
        r#"{"do":"partition","groups":[[0,1],[2,3,4]]}"#,
        r#"{"do":"byzantine","node":1,"rules":[{"act":"lie"}]}"#,
        r#"{"do":"clock-jump","node":4,"by_us":300000}"#,
        r#"{"do":"request","node":5,"request":"set x 3"}"#,
    ];
    let edits = trouble.iter().zip(1..);
    let edits = edits.map(|(fault, i)| link_kit::cases::edit(250_000 + 20_000 * i, fault));
    openings.push(("trouble".to_owned(), Opening::of("raft-election").seed(7).and(edits)));
    let run = |(name, opening): (String, Opening)| {
        let mut run = scenario::open(&opening).unwrap();
        // Further than what is exported: the future that a run was taken back from stays out.
        run.run_until(SimTime(1_500_000));
        run.seek(SimTime(1_234_567));
        (name, opening, run)
    };
    openings.into_iter().map(run).collect()
}

/// One event of a ShiViz log.
struct Logged<'a> {
    host: &'a str,
    clock: BTreeMap<String, u64>,
}

/// Reads a log: two empty lines, then three an event. The sentence stands before and after its
/// clock, for the two expressions in use; `tests/browser/shiviz.test.mjs` puts both to a JavaScript
/// engine, as ShiViz does.
fn logged(text: &str) -> Vec<Logged<'_>> {
    let lines = text.strip_prefix("\n\n").expect("two empty lines");
    let lines: Vec<&str> = lines.split_terminator('\n').collect();
    assert_eq!(lines.len() % 3, 0, "three lines an event");
    let mut found = Vec::new();
    for three in lines.chunks(3) {
        let (host, clock) = three[1].split_once(' ').expect("host and clock");
        let bad = ['\r', '\u{2028}', '\u{2029}', '{', '}'];
        assert!(!host.is_empty() && !host.contains(char::is_whitespace), "{host}");
        assert!(clock.starts_with('{') && clock.ends_with('}'), "{clock}");
        assert!(!three[0].is_empty() && !three[0].contains(bad), "{}", three[0]);
        assert_eq!(three[0], three[2]);
        let clock = serde_json::from_str(clock).unwrap();
        found.push(Logged { host, clock });
    }
    found
}

/// Mattern 1989: an event's stamp counts, for every node, the events that happened before it or are
/// it. So a host's own number goes 1, 2, 3, ..., and a receiver knows all that its sender knew.
#[test]
fn a_shiviz_log_has_every_event_with_its_vector_stamp() {
    for (name, _, run) in runs() {
        let text = Script::shiviz(&run).unwrap().whole(&run);
        let log = logged(&text);
        assert_eq!(log.len(), run.position() as usize, "{name}");
        let world = run.world();
        let nodes = world.node_count();
        let mut own: BTreeMap<&str, u64> = BTreeMap::new();
        for (i, event) in log.iter().enumerate() {
            let count = own.entry(event.host).or_default();
            *count += 1;
            assert_eq!(event.clock[event.host], *count, "{name}, event {i}");
            let id = EventId(i as u32);
            let e = run.trace().event(id);
            if let Some(cause) = e.cause.some() {
                for (host, n) in &log[cause.index()].clock {
                    assert!(event.clock[host] >= *n, "{name}, event {i}, {host}");
                }
            }
            if e.node.index() < nodes && i % 7 == 0 {
                let stamp = causality::stamp(run.trace(), id, nodes);
                for node in world.node_ids() {
                    let n = event.clock.get(&world.name(node).replace(' ', "_")).copied().unwrap_or(0);
                    assert_eq!(n, u64::from(stamp[node.index()]), "{name}, event {i}");
                }
            }
        }
    }
}

#[test]
fn json_lines_are_one_object_a_line_and_end_with_the_hash() {
    for (name, opening, run) in runs() {
        let shared = scenario::SharedRun::of(opening.clone());
        let text = Export::Jsonl.of(&shared, &run).unwrap().text;
        let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines.len(), run.position() as usize + 2, "{name}");
        // Whoever has the lines has the run.
        let again: Opening = serde_json::from_value(lines[0]["opening"].clone()).unwrap();
        assert_eq!(again, opening, "{name}");
        assert_eq!(lines.last().unwrap()["hash"], run.hash_text(), "{name}");
        for (i, line) in lines[1..lines.len() - 1].iter().enumerate() {
            assert_eq!(line["event"], i, "{name}");
            assert!(line["cause"].as_u64().is_none_or(|c| c < i as u64), "{name}");
            assert!(line["time_us"].as_u64().unwrap() <= run.time().us(), "{name}");
        }
    }
}

/// One line an event, in the order of the names in it, as everything in this program is written.
#[test]
fn a_line_is_written_as_its_value_would_be() {
    for (name, opening, run) in runs() {
        let text = Script::jsonl(&opening).whole(&run);
        for line in text.lines() {
            let value = json::read(line).expect("JSON");
            assert_eq!(line, json::text(&value), "{name}");
        }
    }
}

/// A page writes between frames, and whatever its pace may be, the file is the same. What it writes is the
/// run of the click: the run itself goes on, back, or another way meanwhile.
#[test]
fn what_is_written_in_pieces_is_what_is_written_at_once() {
    for (name, opening, mut run) in runs() {
        for export in [Export::Jsonl, Export::Shiviz] {
            let whole = match export {
                Export::Jsonl => Script::jsonl(&opening).whole(&run),
                _ => Script::shiviz(&run).unwrap().whole(&run),
            };
            for looks in [1, 2, 7, 1_000] {
                let mut writing = Writing::new(export, &opening, &run).unwrap().unwrap();
                run = stirred(run);
                let (mut text, mut piece, mut percent) = (String::new(), String::new(), 0);
                let mut left = looks;
                let mut enough = || {
                    left = if left == 0 { looks } else { left - 1 };
                    left == 0
                };
                while writing.more(&mut piece, &mut enough) {
                    text += &std::mem::take(&mut piece);
                    assert!((percent..100).contains(&writing.percent()), "{name}");
                    percent = writing.percent();
                }
                text += &piece;
                assert_eq!(writing.percent(), 100, "{name}");
                assert!(text == whole, "{name}: {export:?} in steps of {looks}");
            }
            for most in [1, 13, 4_000] {
                let mut script = match export {
                    Export::Jsonl => Script::jsonl(&opening),
                    _ => Script::shiviz(&run).unwrap(),
                };
                let mut text = String::new();
                while script.more(&run, most, &mut text) {}
                assert!(text == whole, "{name}: {export:?} by {most}");
            }
        }
    }
}

/// `run` after much that a page does to it; where it stood, as it was.
fn stirred(mut run: Run<Checks>) -> Run<Checks> {
    let (at, known) = (run.time(), run.hash_text());
    run.run_until(SimTime(2_500_000));
    run.seek(SimTime(100_000));
    let node = NodeId(0);
    let stop = false;
    if run.edit(Fault::Crash { node, stop }).is_ok() {
        run.run_until(SimTime(1_500_000));
        assert!(run.undo());
    }
    run.seek(at);
    assert_eq!(run.hash_text(), known);
    run
}

#[test]
fn a_text_of_events_has_a_bound_on_the_page_and_other_forms_are_no_such_text() {
    let (_, opening, run) = runs().remove(0);
    for export in Export::ALL {
        let long = matches!(export, Export::Jsonl | Export::Shiviz);
        let writing = Writing::new(export, &opening, &run).unwrap();
        assert_eq!(writing.is_some(), long, "{export:?}");
    }
    // Nine servers, a client and the network: eleven numbers in each clock, of which a log holds 4,000,000.
    let mut long = scenario::open(&Opening::of("raft-nine").seed(1)).unwrap();
    while long.position() * 11 <= 4_000_000 {
        long.run_until(SimTime(long.time().us() + 60_000_000));
    }
    let why = Writing::new(Export::Shiviz, &opening, &long).err().unwrap();
    assert_eq!(why.code, "too-large");
    assert!(Writing::new(Export::Jsonl, &opening, &long).is_ok());
    while long.position() <= 1_000_000 {
        long.run_until(SimTime(long.time().us() + 60_000_000));
    }
    let why = Writing::new(Export::Jsonl, &opening, &long).err().unwrap();
    assert_eq!(why.code, "too-large");
}

/// Tags that open and close in order, attributes in quotes, no reference that is none: what an XML
/// parser asks of a text with no entities of its own. Returns how many elements of each name.
fn elements(svg: &str) -> BTreeMap<String, usize> {
    let (mut open, mut count) = (Vec::new(), BTreeMap::new());
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        let words = &rest[..start];
        assert!(!words.contains('>') && references_are_known(words), "{words}");
        let end = start + rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "</{name}>");
            continue;
        }
        let name = tag.trim_end_matches('/').split(' ').next().unwrap();
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        assert!(references_are_known(tag) && !tag.contains("NaN"), "{tag}");
        *count.entry(name.to_owned()).or_default() += 1;
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert_eq!((open.len(), rest.trim()), (0, ""));
    count
}

fn references_are_known(text: &str) -> bool {
    let known = ["&amp;", "&lt;", "&gt;", "&quot;"];
    let mut all = text.match_indices('&');
    all.all(|(at, _)| known.iter().any(|k| text[at..].starts_with(k)))
}

#[test]
fn a_picture_stands_alone_and_shows_every_node() {
    for (name, opening, run) in runs() {
        let title = title(&opening, &run);
        let frame = diagram::Frame::whole(&run);
        let pictures = [
            diagram::svg(&run, &title, frame),
            stage::svg(&run, &title, 810.0, 560.0),
            stage::svg(&run, &title, 320.0, 300.0),
        ];
        for svg in pictures {
            let count = elements(&svg);
            assert!(count["path"] > 0, "{name}: {count:?}");
            assert!(!count.contains_key("script") && !count.contains_key("image"), "{name}");
            // Nothing is fetched: the only address is the name of the format.
            assert_eq!(svg.matches("://").count(), 1, "{name}");
            assert!(svg.contains(&format!("<title>{title}</title>")), "{name}");
            for node in run.world().node_ids() {
                assert!(svg.contains(run.world().name(node)), "{name}: {node}");
            }
        }
    }
}

/// What the page shows in the same moment: crosses for losses, hatching for what is down, a bar for
/// the wall; on the stage every message that is under way.
#[test]
fn a_picture_shows_the_trouble() {
    let (_, opening, run) = runs().pop().unwrap();
    let title = title(&opening, &run);
    let svg = diagram::svg(&run, &title, diagram::Frame::whole(&run));
    for part in [">crashed<", ">paused<", "class=\"bar\"", "class=\"flag\""] {
        assert!(svg.contains(part), "{part}");
    }
    let svg = stage::svg(&run, &title, 810.0, 560.0);
    for part in [">crashed<", ">paused<", "class=\"wall\"", "class=\"cut\"", "liar", "clock +"] {
        assert!(svg.contains(part), "{part}");
    }
    let under_way = svg.matches("class=\"m ").count();
    assert!(under_way >= run.world().in_flight_count().min(1));
}

/// What the page shows of a run too long for single events: every event and every loss is in a bar, and no
/// bar stands where nothing happened.
#[test]
fn a_picture_of_a_long_run_shows_sums() {
    let opening = Opening::of("raft-nine").seed(3);
    let mut run = scenario::open(&opening).unwrap();
    let faults = [r#"{"do":"links","set":{"loss_ppm":60000}}"#, r#"{"do":"crash","node":3}"#];
    for fault in faults {
        run.edit(link_kit::cases::edit(0, fault).fault).unwrap();
    }
    run.run_until(SimTime(1_000_000));
    run.edit(link_kit::cases::edit(0, r#"{"do":"recover","node":3}"#).fault).unwrap();
    run.run_until(SimTime(20_000_000));
    let frame = diagram::Frame::whole(&run);
    let svg = diagram::svg(&run, &title(&opening, &run), frame);
    elements(&svg);
    let bars = |class: &str| {
        let start = svg.split_once(&format!("<path class=\"{class}\" d=\"")).unwrap().1;
        start.split_once('"').unwrap().0.matches('M').count()
    };
    // Columns stand at powers of two of a microsecond, and are three to six pixels wide.
    let step = 65_536;
    let (mut events, mut losses) = (BTreeSet::new(), BTreeSet::new());
    for (_, e) in run.trace().events_from(EventId(0)) {
        let at = e.time.us() / step;
        if e.node.index() < run.world().node_count() {
            events.insert((at, e.node));
        } else if let Some(msg) = e.msg() {
            losses.insert((at, run.trace().sent(msg).to));
        }
    }
    assert!(events.len() > 1_000 && losses.len() > 100);
    assert_eq!((bars("sum"), bars("fall")), (events.len(), losses.len()));
    for part in ["bars are sums", "bars up: events, at most ", "class=\"span crashed\""] {
        assert!(svg.contains(part), "{part}");
    }
    assert!(!svg.contains("class=\"dot\"") && !svg.contains("class=\"arrows\"><path"));
    // And a picture of a part of it that is not too full has every event in it.
    let from_us = 19_800_000;
    let part = diagram::svg(&run, "", diagram::Frame { from_us, ..frame });
    let inside = run.trace().events_from(EventId(0));
    let inside = inside.filter(|(_, e)| e.time.us() >= from_us && e.node != Event::NOBODY);
    let dots = part.matches("<path class=\"dot\"").count();
    assert!(dots > 30 && dots == inside.count(), "{dots}");
}

/// Colours are named in `static/style.css`; a picture that stands alone has them by value.
#[test]
fn a_picture_has_the_colours_of_the_page() {
    let css = include_str!("../static/style.css").to_owned() + include_str!("../static/stage.css");
    let (_, opening, run) = runs().pop().unwrap();
    let title = title(&opening, &run);
    let frame = diagram::Frame::whole(&run);
    for svg in [diagram::svg(&run, &title, frame), stage::svg(&run, &title, 810.0, 560.0)] {
        let mut colours: Vec<&str> = svg
            .match_indices('#')
            .filter_map(|(at, _)| svg.get(at..at + 7))
            .filter(|c| c[1..].bytes().all(|b| b.is_ascii_hexdigit()))
            .collect();
        colours.dedup();
        assert!(colours.len() > 10);
        for colour in colours {
            assert!(css.contains(&format!("light-dark({colour}, ")), "{colour}");
        }
    }
}

/// A run that was taken back is exported as far as it stands.
#[test]
fn a_future_that_was_taken_back_is_in_no_export() {
    let opening = Opening::of("raft-election").seed(7);
    let mut plain = scenario::open(&opening).unwrap();
    plain.run_until(SimTime(400_000));
    let mut back = scenario::open(&opening).unwrap();
    back.run_until(SimTime(3_000_000));
    back.seek(SimTime(400_000));
    let shared = scenario::SharedRun::of(opening);
    for export in Export::ALL {
        assert_eq!(export.of(&shared, &back), export.of(&shared, &plain), "{export:?}");
    }
}

/// The page keeps a run as a file; whoever opens it sees the same, and a bad file changes nothing.
#[test]
fn a_file_that_the_page_keeps_opens_the_run_again() {
    let mut app = App::default();
    assert_eq!(app.keep(Export::Scenario).unwrap_err().code, "nothing-open");
    for def in scenario::all() {
        let hash = format!("#/s/{}?seed=3", def.id);
        reduce(&mut app, Action::Route(String::new(), hash));
        reduce(&mut app, Action::Stage(def.situations[0].id.clone()));
        reduce(&mut app, Action::Step(25));
        let kept = app.keep(Export::Scenario).unwrap();
        assert_eq!(kept.name, format!("{}-3.json", def.id));
        assert_eq!(kept.media, "application/json");
        let mut other = App::default();
        reduce(&mut other, Action::OpenFile(kept.text.clone()));
        while other.is_moving() {
            reduce(&mut other, Action::Frame(16_000));
        }
        assert_eq!(other.error, None);
        assert_eq!(other.keep(Export::Scenario), Ok(kept), "{}", def.id);
        let state = |app: &App| app.open.as_ref().unwrap().run().get().hash_text();
        assert_eq!(state(&other), state(&app), "{}", def.id);
        let before = other.clone();
        for bad in ["", "{}", r#"{"scenario":"nowhere"}"#, r#"{"faultline":9}"#] {
            reduce(&mut other, Action::OpenFile(bad.to_owned()));
            assert!(other.error.take().is_some_and(|e| e.ends_with('.')), "{bad}");
            other.code = before.code;
            other.say.clone_from(&before.say);
            assert!(other == before, "{bad} changed the page");
        }
    }
}

/// A file, its link, and the run before: one hash.
#[test]
fn a_file_and_a_link_are_one_run() {
    for (name, run) in link_kit::cases::all() {
        let text = file::text(&run).unwrap();
        let as_file = file::read(&text).unwrap();
        let as_link = link::decode(&link::encode(&run).unwrap()).unwrap();
        assert_eq!(as_file, as_link, "{name}");
    }
}
