//! The run as the browser keeps it for a reader whose page was closed, reloaded, or broke.
//!
//! The rules that are easy to break: what comes out of a browser's storage may be torn, old, or
//! another program's, so a record is sealed, and a tab has two of them ([`super::tabs`]): the newest that
//! is whole counts. And nothing here decides for the reader: a kept run is offered, never opened unasked.

use super::player::time_text;
use super::{App, RunRef, export::Export};
use crate::scenario::futures::Saved;
use crate::scenario::{SharedRun, file, text};
use crate::sim::Refusal;
use crate::sim::hash::Fx;
use std::hash::Hasher;

/// The version of a record; another one is passed over, and written over.
const VERSION: &str = "faultline-run-1";
/// While time runs, a run is written at most this often, in milliseconds.
const EVERY_MS: u64 = 3_000;

/// A run as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Counts the records that were written: the higher is the newer.
    pub number: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// The run, as the text of a file.
    pub text: String,
}

/// What there is in the two slots of a tab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shelf {
    /// The newest record that is whole.
    pub newest: Option<Record>,
    /// The slot that it is in.
    slot: Option<usize>,
}

impl Record {
    /// It as it is stored: a line with version, number, time and check, then the text.
    pub fn seal(&self) -> String {
        let Record { number, at_ms, text } = self;
        format!("{VERSION} {number} {at_ms} {:016x}\n{text}", self.check_sum())
    }

    /// Reads what [`Record::seal`] wrote; `None` for anything else.
    pub fn read(stored: &str) -> Option<Record> {
        let (head, text) = stored.split_once('\n')?;
        let mut words = head.split(' ');
        if words.next()? != VERSION || text.len() > file::BYTES {
            return None;
        }
        let record = Record {
            number: words.next()?.parse().ok()?,
            at_ms: words.next()?.parse().ok()?,
            text: text.to_owned(),
        };
        let sum = u64::from_str_radix(words.next()?, 16).ok()?;
        (sum == record.check_sum() && words.next().is_none()).then_some(record)
    }

    fn check_sum(&self) -> u64 {
        let mut h = Fx::default();
        h.word(self.number);
        h.word(self.at_ms);
        h.write(self.text.as_bytes());
        h.word(self.text.len() as u64);
        h.finish()
    }
}

impl Shelf {
    /// Looks at what is stored in the slots.
    pub fn read(stored: [Option<String>; 2]) -> Shelf {
        let mut shelf = Shelf::default();
        for (slot, text) in stored.iter().enumerate() {
            let record = text.as_deref().and_then(Record::read);
            let newer = |r: &Record| shelf.newest.as_ref().is_none_or(|n| r.number > n.number);
            if let Some(record) = record.filter(newer) {
                shelf.newest = Some(record);
                shelf.slot = Some(slot);
            }
        }
        shelf
    }

    /// Where the next record goes, and its number: never over the newest that is whole.
    pub fn next(&self) -> (usize, u64) {
        let slot = self.slot.map_or(0, |slot| 1 - slot);
        let number = self.newest.as_ref().map_or(0, |n| n.number);
        (slot, number.saturating_add(1))
    }
}

/// What is said of a kept run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The run, for [`super::Action::OpenFile`].
    pub text: String,
    /// The title of its scenario.
    pub title: String,
    /// The rest: `seed 7, 3 edits, at 1.250 s; kept 5 minutes ago`.
    pub rest: String,
}

/// What to offer of `record` at `now_ms`; `None` where there is nothing to go back to: it is on screen already.
///
/// # Errors
/// What cannot be read, and a part that has to come first.
pub fn offer(app: &App, record: &Record, now_ms: u64) -> Result<Option<Offer>, Refusal> {
    let kept = text::filed(&record.text)?;
    let def = kept.opening.def()?;
    let shown = app.open.as_ref().map(|o| app.saved(o));
    if shown.is_some_and(|shown| holds(&shown, &kept)) {
        return Ok(None);
    }
    let edits = match kept.opening.edits.len() {
        0 => String::new(),
        1 => ", 1 edit".to_owned(),
        n => format!(", {n} edits"),
    };
    let futures = match kept.futures.len() {
        0 | 1 => String::new(),
        n => format!(", {n} futures"),
    };
    let seed = kept.opening.seed.unwrap_or(def.seed);
    let at = time_text(kept.at_us);
    let ago = ago(now_ms.saturating_sub(record.at_ms));
    Ok(Some(Offer {
        text: record.text.clone(),
        title: def.title.clone(),
        rest: format!("seed {seed}{edits}{futures}, at {at}; kept {ago}"),
    }))
}

/// Whether `shown` is the run of `kept`, as far or farther, with all its futures.
fn holds(shown: &SharedRun, kept: &SharedRun) -> bool {
    let opening = |s: &Saved| s.other.as_ref().map(|o| o.opening.clone());
    let there = |k: &Saved| {
        let mut all = shown.futures.iter();
        all.any(|s| s.name == k.name && opening(s) == opening(k))
    };
    if !kept.futures.iter().all(there) {
        return false;
    }
    let far = |run: &SharedRun| (run.at_us, run.events.unwrap_or(u32::MAX));
    shown.opening == kept.opening && far(shown) >= far(kept)
}

fn ago(ms: u64) -> String {
    let many = |n: u64, unit: &str| match n {
        1 => format!("1 {unit} ago"),
        n => format!("{n} {unit}s ago"),
    };
    match ms / 60_000 {
        0 => "just now".to_owned(),
        m @ 1..=59 => many(m, "minute"),
        m @ 60..=1_439 => many(m / 60, "hour"),
        m => many(m / 1_440, "day"),
    }
}

/// Decides when the run on screen is written down.
#[derive(Default)]
pub struct Keeper {
    /// The run that was written last, at which version, and what its futures were called.
    written: Option<(RunRef, Vec<String>)>,
    /// With how many edits.
    edits: usize,
    /// When, in milliseconds.
    at_ms: u64,
}

impl Keeper {
    /// The run's text, if it is time to write it down: at once where time stands still or an edit was
    /// made, else every [`EVERY_MS`]; with `leaving`, whatever has changed.
    pub fn due(&mut self, app: &App, now_ms: u64, leaving: bool) -> Option<String> {
        let open = app.open.as_ref()?;
        let run = open.run();
        let names = open.futures.iter().map(|f| f.name.clone());
        let now = Some((run.clone(), names.collect::<Vec<_>>()));
        let work = open.futures.len() > 1 || is_work(run);
        if self.written == now || app.journey.is_some() || !work {
            return None;
        }
        let edits = run.get().edits().len();
        let still = !app.player.playing || edits != self.edits;
        if !(leaving || still || now_ms.saturating_sub(self.at_ms) >= EVERY_MS) {
            return None;
        }
        self.written = now;
        (self.edits, self.at_ms) = (edits, now_ms);
        app.keep(Export::Scenario).ok().map(|kept| kept.text)
    }
}

/// Whether something was done to `run` that would be lost: it moved, or was edited.
fn is_work(run: &RunRef) -> bool {
    let run = run.get();
    run.position() > 0 || !run.edits().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Fault, NodeId};
    use crate::view::Action;
    use crate::view::reduce::reduce;

    fn record(number: u64, text: &str) -> Record {
        Record { number, at_ms: 1_790_000_000_000, text: text.to_owned() }
    }

    fn crash() -> Fault {
        Fault::Crash { node: NodeId(1), stop: false }
    }

    fn app() -> App {
        let mut app = App::default();
        reduce(&mut app, Action::Route(String::new(), "#/s/raft-election?seed=7".to_owned()));
        app
    }

    #[test]
    fn whatever_is_cut_off_or_changed_of_the_newest_the_one_before_counts() {
        let old = record(8, "{\"faultline\": 1}\n").seal();
        let new = record(9, "{\"faultline\": 1, \"scenario\": \"raft-nine\"}\n").seal();
        let both = |new: &str| Shelf::read([Some(new.to_owned()), Some(old.clone())]);
        let whole = both(&new);
        assert_eq!(whole.newest.as_ref().map(|n| n.number), Some(9));
        assert_eq!(whole.next(), (1, 10), "the older is written over, not the newer");
        for length in 0..new.len() {
            let torn = both(&new[..length]);
            assert_eq!(torn.newest, Record::read(&old), "cut at {length}");
            assert_eq!(torn.next(), (0, 9), "and the torn one is written over");
        }
        for at in 0..new.len() {
            let mut bytes = new.clone().into_bytes();
            bytes[at] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(both(&changed).newest, Record::read(&old), "byte {at}: {changed}");
        }
        assert_eq!(Shelf::read([None, Some("{}".to_owned())]), Shelf::default());
        assert_eq!(Shelf::default().next(), (0, 1));
    }

    #[test]
    fn a_run_is_written_when_it_stands_still_or_is_edited_and_else_every_three_seconds() {
        let (mut app, mut keeper) = (app(), Keeper::default());
        assert_eq!(keeper.due(&app, 0, true), None, "nothing was done to it yet");
        reduce(&mut app, Action::Play);
        let mut written = vec![];
        for ms in (0..10_000).step_by(500) {
            reduce(&mut app, Action::Frame(500_000));
            if ms == 5_000 {
                reduce(&mut app, Action::Edit(crash()));
            }
            if keeper.due(&app, ms, false).is_some() {
                written.push(ms);
            }
        }
        assert_eq!(written, [3_000, 5_000, 8_000], "3 s after the start, the edit, 3 s after that");
        reduce(&mut app, Action::Frame(500_000));
        assert_eq!(keeper.due(&app, 10_000, false), None);
        assert!(keeper.due(&app, 10_000, true).is_some(), "the page is being left");
        assert_eq!(keeper.due(&app, 10_000, true), None, "nothing new");
        reduce(&mut app, Action::Step(1));
        reduce(&mut app, Action::Pause);
        assert!(keeper.due(&app, 10_001, false).is_some(), "it stands still");
    }

    #[test]
    fn what_was_kept_is_offered_until_it_is_on_screen_and_opens_to_the_bit() {
        let mut app = app();
        reduce(&mut app, Action::Seek(700_000));
        reduce(&mut app, Action::Edit(crash()));
        let text = Keeper::default().due(&app, 0, false).unwrap();
        let kept = record(1, &text);
        let later = kept.at_ms + 5 * 60_000;
        assert_eq!(offer(&app, &kept, later), Ok(None), "this very run is on screen");
        let hash = |app: &App| app.open.as_ref().unwrap().run().get().hash_text();
        let mine = hash(&app);
        let mut other = self::app();
        let offered = offer(&other, &kept, later).unwrap().unwrap();
        assert_eq!(offered.rest, "seed 7, 1 edit, at 0.700 s; kept 5 minutes ago");
        reduce(&mut other, Action::OpenFile(offered.text));
        assert_eq!(hash(&other), mine);
        assert_eq!(offer(&other, &kept, later), Ok(None));
        assert!(offer(&App::default(), &kept, later).unwrap().is_some(), "in the gallery");
        let foreign = record(2, "{\"scenario\": \"of another program\"}");
        assert!(offer(&other, &foreign, later).is_err());
    }

    #[test]
    fn a_tree_is_kept_whole_and_offered_though_one_of_its_futures_is_on_screen() {
        let (mut app, mut keeper) = (app(), Keeper::default());
        reduce(&mut app, Action::Seek(700_000));
        reduce(&mut app, Action::Fork);
        let text = keeper.due(&app, 0, false).unwrap();
        assert_eq!(keeper.due(&app, 1, true), None);
        reduce(&mut app, Action::Rename(1, "mine".to_owned()));
        assert_ne!(keeper.due(&app, 2, false).unwrap(), text, "a name is work, too");
        let kept = record(1, &text);
        assert!(offer(&app, &kept, kept.at_ms).unwrap().is_some(), "its name was another");
        reduce(&mut app, Action::Rename(1, "B".to_owned()));
        assert_eq!(offer(&app, &kept, kept.at_ms), Ok(None));
        let mut alone = self::app();
        reduce(&mut alone, Action::Seek(700_000));
        let offered = offer(&alone, &kept, kept.at_ms).unwrap().unwrap();
        assert_eq!(offered.rest, "seed 7, 2 futures, at 0.700 s; kept just now");
    }

    #[test]
    fn time_passed_is_said_in_the_largest_unit_that_fits() {
        let said = [0, 59_999, 60_000, 3_600_000, 7_200_000, 86_400_000].map(ago);
        let expected = ["just now", "just now", "1 minute ago", "1 hour ago", "2 hours ago", "1 day ago"];
        assert_eq!(said, expected);
    }
}
