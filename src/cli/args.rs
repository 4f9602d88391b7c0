//! Reading arguments: options by name in any order, everything else by place.
//!
//! The rule that is easy to break: an argument that a command does not know is refused, never
//! passed over; and every refusal names the argument as it was typed.

use super::Failure;
use lexopt::{Arg, ValueExt};
use std::ffi::OsString;

/// A command's arguments.
pub(super) struct Args {
    command: &'static str,
    parser: lexopt::Parser,
}

/// One argument.
pub(super) enum Next {
    /// `--name`, without its dashes.
    Option(String),
    /// Anything else.
    Word(String),
}

/// At most the first sixty characters of something that somebody typed.
pub(super) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
}

impl Args {
    pub(super) fn new(command: &'static str, args: impl Iterator<Item = OsString>) -> Self {
        let args: Vec<OsString> = args.collect();
        Args { command, parser: lexopt::Parser::from_args(args) }
    }

    /// The next argument, if there is one.
    pub(super) fn next(&mut self) -> Result<Option<Next>, Failure> {
        let complaint = |e| Failure::Input(format!("{}: {e}", self.command));
        let next = match self.parser.next().map_err(complaint)? {
            None => return Ok(None),
            Some(Arg::Long(name)) => Next::Option(name.to_owned()),
            Some(Arg::Short(letter)) => Next::Option(letter.to_string()),
            Some(Arg::Value(word)) => Next::Word(word.string().map_err(complaint)?),
        };
        Ok(Some(next))
    }

    /// The value of the option that was just read.
    pub(super) fn value(&mut self, option: &str) -> Result<String, Failure> {
        let value = self.parser.value().and_then(ValueExt::string);
        value.map_err(|e| Failure::Input(format!("{} --{option}: {e}", self.command)))
    }

    /// The whole number, `low` to `high`, of the option that was just read.
    pub(super) fn number(&mut self, option: &str, low: u64, high: u64) -> Result<u64, Failure> {
        let text = self.value(option)?;
        match text.parse() {
            Ok(n) if (low..=high).contains(&n) => Ok(n),
            _ => Err(Failure::Input(format!(
                "--{option} must be a whole number from {low} to {high}, not '{}'",
                shown(&text)
            ))),
        }
    }

    /// Refuses an option that the command does not have.
    pub(super) fn unknown(&self, option: &str) -> Failure {
        let dashes = if option.chars().count() == 1 { "-" } else { "--" };
        Failure::Input(format!(
            "{} has no option '{dashes}{}': 'faultline help' shows what it has",
            self.command,
            shown(option)
        ))
    }

    /// Refuses a word too many.
    pub(super) fn surplus(&self, word: &str) -> Failure {
        Failure::Input(format!("{} does not know what to do with '{}'", self.command, shown(word)))
    }

    /// Refuses a subject that is missing.
    pub(super) fn missing(&self, what: &str) -> Failure {
        Failure::Input(format!("{} needs {what}", self.command))
    }
}
