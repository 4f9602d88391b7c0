//! A panic in a protocol, told as one line: what, where in the source, in which run.
//!
//! The rule that is easy to break: the hook belongs to the process. It is set for the time of one
//! command, and the one before it is put back.

use super::{Failure, Outcome};
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

thread_local! {
    static DOING: RefCell<String> = const { RefCell::new(String::new()) };
    static SEEN: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Says what is being run from now on, for the message of a panic: `raft-election, seed 7`.
pub(super) fn doing(what: String) {
    DOING.with(|d| *d.borrow_mut() = what);
}

/// Runs `command`; a panic becomes a failure that says where it happened.
pub(super) fn caught(command: impl FnOnce() -> Result<Outcome, Failure>) -> Result<Outcome, Failure> {
    doing(String::new());
    let before = panic::take_hook();
    panic::set_hook(Box::new(note));
    let done = panic::catch_unwind(AssertUnwindSafe(command));
    panic::set_hook(before);
    done.unwrap_or_else(|_| {
        let what = SEEN.with(|s| s.borrow_mut().take());
        let within = DOING.with(|d| d.borrow().clone());
        let within = if within.is_empty() { within } else { format!(" (in {within})") };
        Err(Failure::Input(format!("a bug: the code panicked{}{within}", what.unwrap_or_default())))
    })
}

fn note(info: &PanicHookInfo<'_>) {
    let place = info.location().map_or(String::new(), |l| format!(" at {}:{}", l.file(), l.line()));
    let text = info.payload_as_str().unwrap_or("without a message");
    SEEN.with(|s| *s.borrow_mut() = Some(format!("{place}: {text}")));
}
