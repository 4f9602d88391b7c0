//! The command-line tool: the same scenarios, runs and hashes as the page, for scripts and tests.
//! Natively it stands where the page stands in wasm: it may use every layer, and none uses it.
//!
//! The rules that are easy to break: bad input is one line on stderr that names what and where, and
//! exit 2; a violated safety property is exit 1; nothing is ever overwritten. And a panic in a
//! protocol is told like bad input, with its place in the source.

mod args;
mod bench;
mod check_scenario;
mod clock;
mod growth;
mod hash;
mod history;
mod list;
mod measure;
mod memory;
mod models;
mod panics;
mod run;
mod search;
mod subject;
mod sweep;

use crate::sim::Refusal;
use args::Args;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

/// How a command ended that did what it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// As it should.
    Fine,
    /// A safety property is violated.
    Violated,
}

/// Why a command did not do what it was asked to.
#[derive(Debug)]
enum Failure {
    /// The input is bad, in a sentence.
    Input(String),
    /// The output could not be written.
    Output(io::Error),
}

impl Failure {
    fn input(message: impl fmt::Display) -> Self {
        Failure::Input(message.to_string())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure::Input(refusal.message)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}

/// A command: its arguments, and where it writes.
type Command = fn(&mut Args, &mut dyn Write) -> Result<Outcome, Failure>;

/// The commands, in the order of the help.
const COMMANDS: &[(&str, Command)] = &[
    ("list", list::list),
    ("run", run::run),
    ("hash", hash::hash),
    ("measure", measure::measure),
    ("sweep", sweep::sweep),
    ("models", models::models),
    ("search", search::search),
    ("check-history", history::check_history),
    ("check-scenario", check_scenario::check_scenario),
    ("bench", bench::bench),
];

const HELP: &str = "\
Faultline: distributed systems, really simulated, that you break.

usage: faultline COMMAND ...

  list [--json]                        scenarios and protocols with their parameters
  run SUBJECT [OPTIONS]                runs and prints the trace; exit 1 if a safety property is violated
      --format text|jsonl|shiviz|svg   for people (default), for programs, for ShiViz, as a picture
      --picture diagram|stage          svg: the space-time diagram (default), or the stage at the end
      --from MS                        svg: the diagram begins here
      --all                            text: every event, not only the telling ones
  hash SUBJECT... [OPTIONS]            the trace hash, as the page prints it
  measure SUBJECT --runs N [OPTIONS]   the scenario's measures over seeds 0 to N-1 [--json|--csv]
  sweep SCENARIO... --seeds N [OPTIONS]
      --mix none|lossy|partition|crash|timing|all
                                       many seeds under faults; violations, shrunk, as links [--json]
  models SUBJECT... [--seeds N] [--crashes N] [--loss PERCENT] [--json] [OPTIONS]
                                       each under four timing models: violations, decisions, median times
  search SUBJECT [--max-states N] [--max-depth N] [--crashes N] [--losses N] [--copies N] [OPTIONS]
                                       every order of events: the shortest way to a broken promise
  check-history FILE --model register|cas-register|kv --level linearizable|sequential
                                       whether one correct copy could have done this [--max-states N]
  check-scenario FILE...               mistakes of a scenario file, with line and field; its steps and
                                       situations proved (docs/scenarios.md)
  bench [--quick]                      the engine's workloads, nanoseconds an event
  bench growth [SUBJECT...] [--mix MIX]... [--events N]
                                       events against time, and whether it grows faster than they

SUBJECT is the id of a scenario or of a protocol, a file that the page has saved, a scenario file, or a
share link.

  --seed N        all that is random follows from it
  --set K=V       a parameter of the protocol; may be repeated
  --stage ID      begin with a staged situation
  --until MS      run so many simulated milliseconds

Exit: 0 fine, 1 a safety property is violated, 2 bad input.
";

/// Runs the tool with the arguments of the process.
pub fn main() -> ExitCode {
    let args = std::env::args_os().skip(1);
    let (mut out, mut err) = (io::BufWriter::new(io::stdout()), io::stderr());
    ExitCode::from(run_with(args.collect(), &mut out, &mut err))
}

/// Runs the tool with `args` (without the program's name), and answers with its exit code.
pub fn run_with(args: Vec<OsString>, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let done = panics::caught(|| {
        let outcome = dispatch(args, out)?;
        out.flush()?;
        Ok(outcome)
    });
    match done {
        Ok(Outcome::Fine) => 0,
        Ok(Outcome::Violated) => 1,
        // Whoever reads us has read enough.
        Err(Failure::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => 0,
        Err(Failure::Output(e)) => tell(out, err, &format!("cannot write the output: {e}")),
        Err(Failure::Input(message)) => tell(out, err, &message),
    }
}

fn tell(out: &mut dyn Write, err: &mut dyn Write, message: &str) -> u8 {
    // What was printed before the trouble began is worth having; and one line stays one line.
    let _ = out.flush();
    let line = message.replace(['\n', '\r'], " ");
    let _ = writeln!(err, "faultline: {line}");
    2
}

fn dispatch(args: Vec<OsString>, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let mut args = args.into_iter();
    let Some(first) = args.next() else {
        return Err(Failure::input("which command? 'faultline help' shows them all"));
    };
    let name = first.to_string_lossy();
    if matches!(&*name, "help" | "-h" | "--help") {
        out.write_all(HELP.as_bytes())?;
        return Ok(Outcome::Fine);
    }
    if matches!(&*name, "-V" | "--version") {
        writeln!(out, "faultline {}", env!("CARGO_PKG_VERSION"))?;
        return Ok(Outcome::Fine);
    }
    match COMMANDS.iter().find(|(n, _)| *n == name) {
        Some((name, command)) => command(&mut Args::new(name, args), out),
        None => {
            let known: Vec<_> = COMMANDS.iter().map(|(n, _)| *n).collect();
            Err(Failure::input(format!(
                "there is no command '{}': there are {}",
                args::shown(&name),
                known.join(", ")
            )))
        }
    }
}
