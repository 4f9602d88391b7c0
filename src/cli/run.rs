//! `run`: runs a subject and prints what happened.
//!
//! The rule that is easy to break: the trace is printed even if an edit was refused or a limit
//! stopped the run; then that is told, and the exit is 2.

use super::args::{Args, Next, shown};
use super::subject::{Over, Subject, trouble};
use super::{Failure, Outcome};
use crate::check::{CheckLine, Checks, Verdict, verdicts};
use crate::sim::history::Run;
use crate::sim::{EventId, limits};
use crate::view::export::{self, Script};
use crate::view::log;
use std::io::Write;

/// Events written between two writes to the shell.
const PIECE: u32 = 512;

/// How the trace is printed.
#[derive(Clone, Copy)]
enum Format {
    Text,
    Jsonl,
    Shiviz,
    Svg,
}

/// What a picture shows.
#[derive(Clone, Copy)]
enum Picture {
    Diagram,
    Stage,
}

pub(super) fn run(args: &mut Args, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (mut over, mut word, mut format, mut all) = (Over::default(), None, Format::Text, false);
    let (mut picture, mut from_us) = (Picture::Diagram, 0);
    while let Some(next) = args.next()? {
        match next {
            Next::Option(o) if o == "format" => format = read_format(&args.value(&o)?)?,
            Next::Option(o) if o == "all" => all = true,
            Next::Option(o) if o == "from" => {
                from_us = args.number(&o, 0, limits::RUN_US / 1_000)? * 1_000;
            }
            Next::Option(o) if o == "picture" => picture = read_picture(&args.value(&o)?)?,
            Next::Option(o) => {
                if !over.take(args, &o)? {
                    return Err(args.unknown(&o));
                }
            }
            Next::Word(w) if word.is_none() => word = Some(w),
            Next::Word(w) => return Err(args.surplus(&w)),
        }
    }
    let Some(word) = word else {
        return Err(args.missing("a scenario, a file or a link: 'faultline list' shows the scenarios"));
    };
    let subject = over.over(&word)?;
    let run = subject.run()?;
    match format {
        Format::Text => text(&subject, &run, all, out)?,
        Format::Jsonl => events(Script::jsonl(&subject.opening), &run, out)?,
        Format::Shiviz => events(Script::shiviz(&run)?, &run, out)?,
        Format::Svg => svg(&subject, &run, picture, from_us, out)?,
    }
    trouble(&run)?;
    Ok(match run.watcher().violation() {
        Some(_) => Outcome::Violated,
        None => Outcome::Fine,
    })
}

/// Prints `script` as it comes: it need not fit into memory.
fn events(mut script: Script, run: &Run<Checks>, out: &mut dyn Write) -> Result<(), Failure> {
    let mut piece = String::new();
    loop {
        let more = script.more(run, PIECE, &mut piece);
        out.write_all(piece.as_bytes())?;
        piece.clear();
        if !more {
            return Ok(());
        }
    }
}

fn read_format(text: &str) -> Result<Format, Failure> {
    match text {
        "text" => Ok(Format::Text),
        "jsonl" => Ok(Format::Jsonl),
        "shiviz" => Ok(Format::Shiviz),
        "svg" => Ok(Format::Svg),
        _ => Err(Failure::Input(format!(
            "there is no format '{}': there are text, jsonl, shiviz, svg",
            shown(text)
        ))),
    }
}

fn read_picture(text: &str) -> Result<Picture, Failure> {
    match text {
        "diagram" => Ok(Picture::Diagram),
        "stage" => Ok(Picture::Stage),
        _ => {
            Err(Failure::Input(format!("there is no picture '{}': there are diagram and stage", shown(text))))
        }
    }
}

fn svg(
    subject: &Subject,
    run: &Run<Checks>,
    picture: Picture,
    from_us: u64,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let title = export::title(&subject.opening, run);
    let svg = match picture {
        Picture::Diagram => {
            let whole = export::diagram::Frame::whole(run);
            export::diagram::svg(run, &title, export::diagram::Frame { from_us, ..whole })
        }
        Picture::Stage => export::stage::svg(run, &title, export::STAGE.0, export::STAGE.1),
    };
    Ok(out.write_all(svg.as_bytes())?)
}

fn text(subject: &Subject, run: &Run<Checks>, all: bool, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "{}, until {}", subject.name(), subject.until)?;
    for i in 0..run.position() {
        let id = EventId(i);
        if all || log::tells(run.trace(), id) {
            let line = log::line(run, id);
            let at = run.trace().event(id).time;
            writeln!(out, "{:>16}  #{i:<6} {}", at.to_string(), line.text)?;
        }
    }
    writeln!(out, "{} events, {} messages", run.position(), run.world().messages())?;
    for line in verdicts(run) {
        writeln!(out, "{}", verdict(&line))?;
    }
    writeln!(out, "hash {}", run.hash_text())?;
    Ok(())
}

/// A promise and what became of it, in a line.
pub(super) fn verdict(line: &CheckLine) -> String {
    let name = line.name;
    match &line.verdict {
        Verdict::Holding => format!("holds     {name}: {}", line.claim),
        Verdict::InProgress { why } => format!("in progress  {name}: {why}"),
        Verdict::Pending { why } => format!("pending   {name}: {why}"),
        Verdict::Unknown { why } => format!("unknown   {name}: {why}"),
        Verdict::Violated { witness, why, assumption } => {
            let events: Vec<String> = witness.iter().map(|e| format!("#{e}")).collect();
            format!("VIOLATED  {name}: {why} (events {}). Assumed: {assumption}", events.join(" "))
        }
    }
}
