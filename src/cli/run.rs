//! `run`: runs a subject and prints what happened.
//!
//! The rule that is easy to break: the trace is printed even if an edit was refused or a limit
//! stopped the run; then that is told, and the exit is 2.

use super::args::{Args, Next, shown};
use super::subject::{Over, Subject, trouble};
use super::{Failure, Outcome};
use crate::check::{CheckLine, Checks, Verdict};
use crate::sim::history::Run;
use crate::sim::{EventId, EventKind};
use crate::view::log;
use serde_json::{Value as Json, json};
use std::io::Write;

/// How the trace is printed.
#[derive(Clone, Copy)]
enum Format {
    Text,
    Jsonl,
}

pub(super) fn run(args: &mut Args, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (mut over, mut word, mut format, mut all) = (Over::default(), None, Format::Text, false);
    while let Some(next) = args.next()? {
        match next {
            Next::Option(o) if o == "format" => format = read_format(&args.value(&o)?)?,
            Next::Option(o) if o == "all" => all = true,
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
        return Err(
            args.missing("a scenario, a file or a link: 'faultline list' shows the scenarios")
        );
    };
    let subject = over.over(&word)?;
    let run = subject.run()?;
    match format {
        Format::Text => text(&subject, &run, all, out)?,
        Format::Jsonl => jsonl(&subject, &run, out)?,
    }
    trouble(&run)?;
    Ok(match run.watcher().violation() {
        Some(_) => Outcome::Violated,
        None => Outcome::Fine,
    })
}

fn read_format(text: &str) -> Result<Format, Failure> {
    match text {
        "text" => Ok(Format::Text),
        "jsonl" => Ok(Format::Jsonl),
        "shiviz" | "svg" => Err(Failure::Input(format!(
            "--format {text} is not built yet: there are text and jsonl"
        ))),
        _ => Err(Failure::Input(format!(
            "there is no format '{}': there are text and jsonl",
            shown(text)
        ))),
    }
}

fn text(
    subject: &Subject,
    run: &Run<Checks>,
    all: bool,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    writeln!(out, "{}, until {}", subject.name(), subject.until)?;
    for i in 0..run.position() {
        let id = EventId(i);
        if all || log::tells(run.trace(), id) {
            let line = log::line(run, id);
            let at = run.trace().event(id).time;
            writeln!(out, "{:>16}  #{i:<6} {}", at.to_string(), line.text)?;
        }
    }
    writeln!(
        out,
        "{} events, {} messages",
        run.position(),
        run.world().messages()
    )?;
    for line in run.watcher().lines() {
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
        Verdict::Pending { why } => format!("pending   {name}: {why}"),
        Verdict::Unknown { why } => format!("unknown   {name}: {why}"),
        Verdict::Violated {
            witness,
            why,
            assumption,
        } => {
            let events: Vec<String> = witness.iter().map(|e| format!("#{e}")).collect();
            format!(
                "VIOLATED  {name}: {why} (events {}). Assumed: {assumption}",
                events.join(" ")
            )
        }
    }
}

fn jsonl(subject: &Subject, run: &Run<Checks>, out: &mut dyn Write) -> Result<(), Failure> {
    let nodes: Vec<&str> = run
        .world()
        .node_ids()
        .map(|n| run.world().name(n))
        .collect();
    let head = json!({
        "scenario": subject.opening.scenario, "seed": subject.seed()?,
        "until_us": subject.until.us(), "opening": subject.opening, "nodes": nodes,
    });
    writeln!(out, "{head}")?;
    for i in 0..run.position() {
        writeln!(out, "{}", event_json(run, EventId(i)))?;
    }
    let last = json!({
        "events": run.position(), "messages": run.world().messages(),
        "time_us": run.time().us(), "checks": run.watcher().lines(), "hash": run.hash_text(),
    });
    writeln!(out, "{last}")?;
    Ok(())
}

fn event_json(run: &Run<Checks>, id: EventId) -> Json {
    let trace = run.trace();
    let e = trace.event(id);
    let mut json = json!({ "event": id, "time_us": e.time.us(), "kind": e.kind });
    if e.node.index() < run.world().node_count() {
        json["node"] = json!(e.node);
    }
    if let Some(cause) = e.cause.some() {
        json["cause"] = json!(cause);
    }
    if let Some(msg) = e.msg() {
        let sent = trace.sent(msg);
        json["msg"] = json!(msg);
        json["from"] = json!(sent.from);
        json["to"] = json!(sent.to);
        json["sent_us"] = json!(trace.sent_at(msg).us());
        json["label"] = run.label(msg).into();
    }
    match e.kind {
        EventKind::Lost => json["loss"] = json!(e.loss),
        EventKind::Timer => json["timer"] = run.world().timer_name(e.node, e.data).into(),
        EventKind::Fault | EventKind::Request => {
            json["fault"] = json!(trace.faults().get(e.data as usize).map(|(_, f)| f));
        }
        _ => {}
    }
    let notes: Vec<&str> = trace.notes_of(id).map(|n| &**n).collect();
    if !notes.is_empty() {
        json["notes"] = json!(notes);
    }
    json
}
