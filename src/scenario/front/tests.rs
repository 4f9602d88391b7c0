//! What the reader of scenario files takes and refuses, and where it says the mistake is.

use super::*;

const MINIMAL: &str = "+++\nid = \"mine\"\ntitle = \"Mine\"\nsummary = \"My own.\"\nprotocol = \"raft\"\n";

/// A minimal file with more lines in front (from line 6 on), and the text behind.
fn file(front: &str, prose: &str) -> String {
    format!("{MINIMAL}{front}\n+++\n{prose}")
}

#[test]
fn a_file_may_say_little() {
    let read = read(&file("", "Some *text* with `code`.\n")).unwrap();
    assert_eq!((read.front.seed, read.front.speed_ms, read.front.length_ms), (1, 100, 5_000));
    assert_eq!(
        read.prose,
        [Block::P(vec![
            Piece::T("Some ".to_owned()),
            Piece::Em("text".to_owned()),
            Piece::T(" with ".to_owned()),
            Piece::Code("code".to_owned()),
            Piece::T(".".to_owned()),
        ])]
    );
}

#[test]
fn line_breaks_and_marks_of_windows_are_no_trouble() {
    let text = file("seed = 7", "One\nline.\n\nTwo.\n");
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(read(&windows).unwrap(), read(&text).unwrap());
}

#[test]
fn prose_has_headings_lists_code_and_links() {
    let prose =
        "# Title\n\n- one\n- **two** and [a scenario](#/s/raft-nine)\n\n1. first\n\n```\nx = 1\ny\n```\n";
    let read = read(&file("", prose)).unwrap();
    let lines: Vec<Vec<String>> = read.prose.iter().map(Block::lines).collect();
    assert_eq!(lines, [vec!["Title"], vec!["one", "two and a scenario"], vec!["first"], vec!["x = 1", "y"]]);
    assert!(matches!(read.prose[1], Block::Ul(_)) && matches!(read.prose[2], Block::Ol(_)));
    let json = serde_json::to_string(&read).unwrap();
    assert_eq!(serde_json::from_str::<Scenario>(&json).unwrap(), read);
}

/// The line, the field, a part of the sentence; what stands in front from line 6 on, and the text.
const BAD: &[(usize, &str, &str, &str, &str)] = &[
    (6, "", "no TOML", "seed =", ""),
    (6, "", "duplicate key", "id = \"x\"", ""),
    (6, "sed", "there is no field 'sed'", "sed = 7", ""),
    (6, "seed", "a whole number from 0 to 18446744073709551615, not 'seven'", "seed = \"seven\"", ""),
    (6, "speed_ms", "1 to 1000000000", "speed_ms = 0", ""),
    (7, "layout", "there is no 'circel': there are 'circle'", "\nlayout = \"circel\"", ""),
    (6, "link.los_ppm", "there is no field 'los_ppm': there are 'model'", "link = { los_ppm = 3 }", ""),
    (6, "timing.model", "there is no 'wet': there are 'synchronous'", "timing = { model = \"wet\" }", ""),
    (
        9,
        "step[0].done.fact",
        "'name' is missing",
        "[[step]]\ntext = \"Do.\"\nhow = \"So.\"\ndone = { fact = {} }",
        "",
    ),
    (
        8,
        "step[0].done",
        "there is no 'fax': there are 'all', 'any'",
        "[[step]]\ntext = \"Do.\"\ndone = { fax = {} }",
        "",
    ),
    (
        8,
        "step[0].done",
        "one word",
        "[[step]]\ntext = \"Do.\"\ndone = { epoch = {}, fact = { name = \"x\" } }",
        "",
    ),
    (
        10,
        "step[0].done.all[1].fault.do",
        "there is no 'explode': there are 'crash'",
        "[[step]]\ntext = \"Do.\"\ndone = { all = [\n  { epoch = {} },\n  { fault = { do = \"explode\" } },\n] }",
        "",
    ),
    (
        8,
        "step[0].done",
        "'then'",
        "[[step]]\ntext = \"Do.\"\ndone = { then = [{ nodes = {} }, { epoch = {} }] }",
        "",
    ),
    (6, "step[0]", "'done' is missing", "[[step]]\ntext = \"Do.\"", ""),
    (
        13,
        "situation[0].edits[1]",
        "'node' is missing",
        "[[situation]]\nid = \"s\"\nlabel = \"L\"\nhint = \"H\"\nshows = { epoch = {} }\nedits = [\n  { at_ms = 1, do = \"heal\" }, # fine\n  { at_ms = 2, do = \"crash\" },\n]",
        "",
    ),
    (
        11,
        "situation[0].edits[0].by_ms",
        "three decimals",
        "[[situation]]\nid = \"s\"\nlabel = \"L\"\nhint = \"H\"\nshows = { epoch = {} }\nedits = [{ at_ms = 1, do = \"clock-jump\", node = \"S1\", by_ms = 0.00001 }]",
        "",
    ),
    (
        11,
        "situation[0].edits[0].later_ms",
        "nothing before it",
        "[[situation]]\nid = \"s\"\nlabel = \"L\"\nhint = \"H\"\nshows = { epoch = {} }\nedits = [{ later_ms = 1, do = \"heal\" }]",
        "",
    ),
    (7, "situation[0].id", "is no id", "[[situation]]\nid = \"S 1\"\nlabel = \"L\"\nhint = \"H\"", ""),
    (
        12,
        "step[0].shown_by.situation",
        "there is no situation 't': there are s",
        "[[situation]]\nid = \"s\"\nlabel = \"L\"\nhint = \"H\"\n[[step]]\ntext = \"Do.\"\nshown_by = { situation = \"t\" }\ndone = { epoch = {} }",
        "",
    ),
    (
        11,
        "prediction.option[0].if",
        "only the last",
        "[prediction]\nquestion = \"What?\"\nat_ms = 5\nbecause = \"So.\"\nexplains = 1\n[[prediction.option]]\ntext = \"A\"\n[[prediction.option]]\ntext = \"B\"",
        "",
    ),
    (8, "", "HTML", "", "<b>bold</b>"),
    (10, "", "pictures", "", "\n\nSee ![this](https://x.org/y.png)"),
    (9, "", "a link leads to", "", "\n[x](javascript:alert(1))"),
    (9, "", "cannot be seen", "", "\nturned \u{202e}round"),
];

#[test]
fn a_mistake_is_told_with_line_field_and_what_is_accepted() {
    for (line, field, part, front, prose) in BAD {
        let text = file(front, prose);
        let mistake = read(&text).expect_err(&text);
        let told = (mistake.line, mistake.field.as_str());
        assert_eq!(told, (*line, *field), "{mistake}\n{text}");
        assert!(mistake.message.contains(part), "{part}: {mistake}\n{text}");
        assert!(mistake.to_string().len() < 700, "{mistake}");
    }
    for text in ["", "id = 1", "+++\nid = \"x\"\n", "hello\n+++\n+++\n"] {
        assert!(read(text).unwrap_err().message.contains("+++"), "{text}");
    }
    let long = file("", &"x".repeat(read::BYTES));
    assert!(read(&long).unwrap_err().message.contains("larger"));
}

/// However a file is damaged, the reader answers; and what it takes comes back from its JSON.
#[test]
fn a_damaged_file_is_refused_or_read_as_what_it_says() {
    let text = include_str!("../../../scenarios/links/link-stack.md");
    let (mut read_on, mut refused) = (0, 0);
    for case in 0..600_u64 {
        let place = |salt: u64| (crate::sim::hash::mix(case ^ salt << 40) % text.len() as u64) as usize;
        let (a, b) = (place(1).min(place(2)), place(1).max(place(2)));
        let b = b.min(a + 1 + (case % 24) as usize);
        let (Some(head), Some(piece), Some(tail)) = (text.get(..a), text.get(a..b), text.get(b..)) else {
            continue;
        };
        let damaged = match case % 3 {
            0 => format!("{head}{tail}"),
            1 => format!("{head}{piece}{piece}{tail}"),
            _ => format!("{head}7{tail}"),
        };
        match read(&damaged) {
            Ok(scenario) => {
                read_on += 1;
                let json = serde_json::to_string(&scenario).unwrap();
                assert_eq!(serde_json::from_str::<Scenario>(&json).unwrap(), scenario);
            }
            Err(mistake) => {
                refused += 1;
                assert!(mistake.line <= damaged.lines().count().max(1), "{mistake}");
            }
        }
    }
    assert!(read_on > 20 && refused > 100, "{read_on} {refused}");
}
