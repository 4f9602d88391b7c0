//! `hash`: the trace hash of runs, sixteen digits each, as the page's `hash()` answers them.

use super::args::{Args, Next};
use super::subject::{Over, trouble};
use super::{Failure, Outcome};
use std::io::Write;

pub(super) fn hash(args: &mut Args, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (mut over, mut words) = (Over::default(), Vec::new());
    while let Some(next) = args.next()? {
        match next {
            Next::Option(o) => {
                if !over.take(args, &o)? {
                    return Err(args.unknown(&o));
                }
            }
            Next::Word(w) => words.push(w),
        }
    }
    if words.is_empty() {
        return Err(args.missing("a scenario, a file or a link"));
    }
    for word in words {
        let run = over.over(&word)?.run()?;
        trouble(&run)?;
        writeln!(out, "{}  {word}", run.hash_text())?;
    }
    Ok(Outcome::Fine)
}
