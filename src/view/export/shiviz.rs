//! A run as a log for ShiViz (Beschastnikh et al. 2020, "Visualizing Distributed System Executions"),
//! which draws who could have known what. An event is its sentence, a line with host and clock, and
//! the sentence again: so both expressions in use read all of it, ShiViz's own default
//! (`(?<event>.*)\n(?<host>\S*) (?<clock>{.*})`, for a file whose first two lines are empty) and the
//! one of its Go library, with the sentence last (`(?<host>\S*) (?<clock>{.*})\n(?<event>.*)`).
//!
//! The rules that are easy to break: ShiViz believes the clocks. An event takes the maximum of what
//! precedes it (the event before at its host, and the one that brought it about, such as the sending
//! of the message), and counts itself: so a host's own number goes 1, 2, 3, ... without a gap. And a
//! sentence has no braces: it would pass for a clock.

use crate::check::Checks;
use crate::sim::history::Run;
use crate::sim::{Event, EventId, Refusal};
use crate::view::log;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The host of what happens to the network as a whole: losses, partitions.
const NETWORK: &str = "network";
/// Numbers in all clocks together: beyond them a log is larger than ShiViz or a page can hold.
const MOST: usize = 4_000_000;

/// A log under way: its events are asked for one after the other.
pub struct Log {
    hosts: Vec<String>,
    clocks: Clocks,
}

impl Log {
    /// The log of all that has happened so far in `run`.
    ///
    /// # Errors
    /// A run of so many events and nodes that no such log is of use.
    pub fn new(run: &Run<Checks>) -> Result<Self, Refusal> {
        let hosts = hosts(run);
        let (events, width) = (run.position() as usize, hosts.len());
        if events * width > MOST {
            return Err(Refusal::new(
                "too-large",
                format!(
                    "{events} events of {width} hosts are too many for ShiViz: take an earlier moment, \
                     such as the first {} events",
                    MOST / width
                ),
            ));
        }
        let clocks = Clocks::new(width, events);
        Ok(Log { hosts, clocks })
    }

    /// What stands first. A file's first two lines are for expressions; left empty, ShiViz takes its own.
    pub fn head(out: &mut String) {
        out.push_str("\n\n");
    }

    /// The three lines of event `id`, the one after that asked for before.
    pub fn event(&mut self, run: &Run<Checks>, id: EventId, out: &mut String) {
        let event = run.trace().event(id);
        let host = event.node.index().min(self.hosts.len() - 1);
        let clock = self.clocks.tick(id.index(), host, event);
        let sentence = one_line(log::line(run, id).text);
        out.push_str(&sentence);
        out.push('\n');
        out.push_str(&self.hosts[host]);
        let mut before = " {\"";
        for (name, count) in self.hosts.iter().zip(clock).filter(|(_, c)| **c > 0) {
            out.push_str(before);
            out.push_str(name);
            out.push_str("\":");
            // A text takes whatever is written to it.
            let _ = write!(out, "{count}");
            before = ",\"";
        }
        out.push_str("}\n");
        out.push_str(&sentence);
        out.push('\n');
    }
}

/// The clock of every event so far, one after the other.
struct Clocks {
    width: usize,
    all: Vec<u32>,
    // The last event of each host.
    last: Vec<Option<usize>>,
}

impl Clocks {
    fn new(width: usize, events: usize) -> Self {
        Clocks { width, all: Vec::with_capacity(width * events), last: vec![None; width] }
    }

    /// The clock of event number `i`, which is the next, at `host`.
    fn tick(&mut self, i: usize, host: usize, event: &Event) -> &[u32] {
        let start = self.all.len();
        self.all.resize(start + self.width, 0);
        let cause = event.cause.some().map(EventId::index);
        let (past, own) = self.all.split_at_mut(start);
        for before in [self.last[host], cause].into_iter().flatten() {
            let from = before * self.width;
            let earlier = past.get(from..from + self.width).unwrap_or_default();
            own.iter_mut().zip(earlier).for_each(|(o, e)| *o = (*o).max(*e));
        }
        own[host] += 1;
        self.last[host] = Some(i);
        own
    }
}

/// A name for every node without spaces, quotes or doubles; the network's is the last.
fn hosts(run: &Run<Checks>) -> Vec<String> {
    let world = run.world();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let names = world.node_ids().map(|n| world.name(n));
    let names = names.chain([NETWORK]).enumerate().map(|(i, name)| {
        let plain = |c: char| match c {
            '"' | '\\' | '{' | '}' => '_',
            c if c.is_whitespace() || c.is_control() => '_',
            c => c,
        };
        let mut name: String = name.chars().map(plain).collect();
        if !taken.insert(name.clone()) {
            name = format!("{name}#{i}");
            taken.insert(name.clone());
        }
        name
    });
    names.collect()
}

/// `text` without what ends a line in the expressions of JavaScript, and without braces.
fn one_line(text: String) -> String {
    let plain = |c: char| match c {
        '\n' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
        '{' => '(',
        '}' => ')',
        c => c,
    };
    match text.chars().all(|c| plain(c) == c) {
        true => text,
        false => text.chars().map(plain).collect(),
    }
}
